"""VolSync: backups by restic, kopia and rclone. Objects in, exposition text out."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.sources.volsync import SOURCE
from holdfast.sources.volsync.shapes import Status, read_syncs
from tests.sources.facts import read
from tests.sources.situations import situation
from tests.world import World, claim

HOUR = 3600.0
TWO = 1_795_226_400.0  # 2026-11-21 02:00 UTC


def volsync(name: str, **changes: Any) -> dict[str, Any]:
    return situation("volsync", name, **changes)


def world(*names: str, **fields: Any) -> World:
    return World(claim(**fields), *(volsync(name) for name in names))


def told(world: World, *families: str) -> dict[str, str]:
    """The value of each family's one sample."""
    values = {}
    for family in families:
        rows = world.rows(family)
        assert len(rows) <= 1, rows
        values[family] = rows[0].split()[-1] if rows else ""
    return values


@pytest.mark.tells("volsync", "age")
def test_a_backup_is_as_old_as_the_start_of_its_sync() -> None:
    """VolSync tells when the sync ended and how long it took: its data was read at its start.

    It took half a second more than three minutes, and the end is told in whole seconds.
    """
    assert world("restic").rows("pvc_backup_timestamp_seconds", "pvc_recovery_points") == [
        (
            'pvc_backup_timestamp_seconds{namespace="shop",persistentvolumeclaim="data",source="volsync",'
            f'placement="offsite",consistency="crash"}} {TWO:.0f}'
        ),
        'pvc_recovery_points{namespace="shop",persistentvolumeclaim="data",source="volsync"} 1',
    ]


@given(st.integers(0, 2**31), st.integers(0, 10**7 * 10**6))
def test_the_start_of_a_sync_is_found_to_the_second(began: int, microseconds: int) -> None:
    """VolSync starts in whole seconds, counts the duration exactly, and cuts the end to whole seconds."""
    end = datetime.fromtimestamp(began + microseconds // 10**6, tz=UTC)
    syncs = read_syncs(
        Status(
            last_sync_time=end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            last_sync_duration=f"{microseconds // 10**6}.{microseconds % 10**6:06}s",
        )
    )
    assert syncs.began == began


def test_a_backup_without_a_duration_is_as_old_as_its_planned_start() -> None:
    rows = world("restic-old").rows("pvc_backup_timestamp_seconds")
    assert [float(row.split()[-1]) for row in rows] == [TWO]


def test_a_backup_on_demand_without_a_duration_is_as_old_as_its_end() -> None:
    """Where nothing else is told there is no plan to go by."""
    obj = volsync("restic-manual", status={"lastSyncDuration": None})
    rows = World(claim(), obj).rows("pvc_backup_timestamp_seconds")
    assert [float(row.split()[-1]) for row in rows] == [TWO + 180]


@pytest.mark.tells("volsync", "schedule")
def test_a_backup_tells_its_plan() -> None:
    """The plan covers the claim, and its next run is that of its cron."""
    found = world("restic")
    assert found.rows("backup_schedule_info", "pvc_schedule_info") == [
        (
            'pvc_schedule_info{namespace="shop",persistentvolumeclaim="data",source="volsync",'
            'schedule_namespace="shop",schedule="data",target=""} 1'
        ),
        'backup_schedule_info{source="volsync",namespace="shop",schedule="data",cron="0 2 * * *",target=""} 1',
    ]
    assert told(found, "backup_schedule_next_run_timestamp_seconds", "backup_schedule_missed_runs") == {
        "backup_schedule_next_run_timestamp_seconds": f"{TWO + 24 * HOUR:.0f}",
        "backup_schedule_missed_runs": "0",
    }


@pytest.mark.tells("volsync", "result")
def test_a_mover_that_fails_is_a_failed_run() -> None:
    """It is tried again and again, and is not in progress: the run that was due is missed."""
    found = world("restic-failing")
    assert found.rows("backup_schedule_last_result") == [
        'backup_schedule_last_result{source="volsync",namespace="shop",schedule="data",result="failure"} 1'
    ]
    families = ("backup_schedule_missed_runs", "backup_running_seconds", "pvc_backup_age_seconds")
    assert told(found, *families) == {
        "backup_schedule_missed_runs": "1",
        "backup_running_seconds": "",
        "pvc_backup_age_seconds": f"{34 * HOUR:.0f}",
    }


def test_a_sync_in_progress_leaves_the_last_result_as_it_was() -> None:
    found = world("restic-running")
    assert 'result="success"' in found.rows("backup_schedule_last_result")[0]
    assert told(found, "backup_running_seconds") == {"backup_running_seconds": f"{10 * HOUR:.0f}"}


def test_a_held_sync_is_paused_and_not_in_progress() -> None:
    """VolSync keeps saying that it synchronizes."""
    found = world("restic-paused")
    assert told(found, "backup_running_seconds", "backup_schedule_paused") == {
        "backup_running_seconds": "",
        "backup_schedule_paused": "1",
    }


def test_a_backup_that_never_ran_protects_nothing() -> None:
    found = world("restic-new")
    assert 'state="never"' in found.rows("pvc_protection_state")[0]
    assert not found.rows("pvc_backup_timestamp_seconds")


def test_a_backup_on_demand_has_no_schedule() -> None:
    """Its copy counts; no other will be made by itself, whatever cron stands beside."""
    found = world("restic-manual")
    assert not found.rows("backup_schedule", "pvc_schedule_info")
    assert 'state="protected"' in found.rows("pvc_protection_state")[0]


def test_a_backup_without_a_trigger_runs_back_to_back() -> None:
    """It has a plan without a cron, and no run of it is ever due."""
    obj = volsync("restic", spec={"trigger": None})
    found = World(claim(), obj)
    assert 'cron=""' in found.rows("backup_schedule_info")[0]
    assert not found.rows("backup_schedule_missed_runs", "backup_schedule_next_run_timestamp_seconds")
    assert 'state="protected"' in found.rows("pvc_protection_state")[0]


def test_a_cron_that_cannot_be_read_makes_no_copies() -> None:
    found = World(claim(), volsync("restic", spec={"trigger": {"schedule": "0 2 * *"}}))
    assert not found.rows("backup_schedule_next_run_timestamp_seconds")
    reasons = found.rows("pvc_protection_reason")
    assert ["invalid" in row for row in reasons] == [True]


def test_an_interval_that_is_kept_has_missed_nothing() -> None:
    """It counts from the end of a sync, which took an hour: the end itself is no run that was due after its start."""
    obj = volsync("restic", spec={"trigger": {"schedule": "@every 6h"}})
    obj["status"] = {"lastSyncTime": "2026-11-21T11:00:00Z", "lastSyncDuration": "1h0m0s"}
    found = World(claim(), obj)
    ended = TWO + 9 * HOUR
    assert told(
        found,
        "backup_schedule_missed_runs",
        "backup_schedule_next_run_timestamp_seconds",
        "pvc_backup_age_seconds",
    ) == {
        "backup_schedule_missed_runs": "0",
        "backup_schedule_next_run_timestamp_seconds": f"{ended + 6 * HOUR:.0f}",
        "pvc_backup_age_seconds": f"{2 * HOUR:.0f}",
    }
    found.judge(ended + 6 * HOUR + 1)
    assert told(found, "backup_schedule_missed_runs") == {"backup_schedule_missed_runs": "1"}


def test_a_word_that_nobody_knows_is_neither_success_nor_failure() -> None:
    """The copy of the run before stands."""
    found = world("restic-strange")
    assert 'result="success"' in found.rows("backup_schedule_last_result")[0]
    assert told(found, "pvc_recovery_points") == {"pvc_recovery_points": "1"}


@pytest.mark.parametrize("since", ["2026-11-21T02:00:00Z", None])
def test_a_word_that_nobody_knows_is_told(since: str | None) -> None:
    """Whether or not a sync is in progress."""
    obj = volsync("restic-strange", status={"lastSyncStartTime": since})
    assert (
        ""
        != obj["status"]["latestMoverStatus"]["result"]
        in [record.strange_word() for record in read(SOURCE, obj)]
    )


@pytest.mark.parametrize("name", ["rclone", "kopia"])
def test_every_backup_mover_makes_offsite_copies(name: str) -> None:
    obj = volsync(name)
    found = World(claim(f"shop/{obj['spec']['sourcePVC']}"), obj)
    assert 'placement="offsite",consistency="crash"' in found.rows("pvc_backup_timestamp_seconds")[0]


def test_a_copy_of_an_earlier_claim_does_not_count() -> None:
    """The claim was made anew after the last sync began."""
    found = world("restic", metadata={"creationTimestamp": "2026-11-21T02:01:00Z"})
    assert not found.rows("pvc_backup_age_seconds")


def test_a_source_that_goes_makes_no_copies() -> None:
    obj = volsync("restic", metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert 'state="unprotected"' in World(claim(), obj).rows("pvc_protection_state")[0]


def test_a_backup_and_a_replication_of_one_claim_stand_side_by_side() -> None:
    """The backup is no replication and the replication no backup."""
    found = world("restic", "rsync-tls")
    assert len(found.rows("pvc_recovery_points")) == 1
    assert found.rows("backup_schedule_info")[0].count('schedule="data",') == 1
    assert found.rows("replication_state") == [
        (
            'replication_state{source="volsync",namespace="shop",replication="data-away",'
            'persistentvolumeclaim="data",state="healthy"} 1'
        )
    ]


def test_a_replication_is_no_backup() -> None:
    assert 'state="unprotected"' in world("rsync-tls").rows("pvc_protection_state")[0]
