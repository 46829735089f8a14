"""The longhorn source: backups, jobs, targets and restores in, what they say of a claim out."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ScheduleKey
from holdfast.sources.longhorn import SOURCE
from holdfast.sources.longhorn.account import schedule
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import TableFacts, read
from tests.sources.longhorn_cases import (
    BACKUPS,
    CLAIM,
    JOB,
    JOBS,
    NIGHTLY,
    OLDER,
    PV,
    SYSTEM_BACKUPS,
    TARGET,
    TARGETS,
    VOLUME,
    VOLUMES,
    shop,
)
from tests.sources.operator_cases import all_of, at, claim, laid, number, survives
from tests.world import World

AGE = "pvc_backup_timestamp_seconds"
SUCCESS = "backup_schedule_last_success_timestamp_seconds"


@pytest.mark.tells("longhorn", "age", "size")
def test_backup() -> None:
    """A completed backup is an offsite copy of the claim on its volume, as of its snapshot."""
    world = shop(NIGHTLY)
    assert number(world, AGE, source="longhorn", placement="offsite", consistency="crash") == at("02:00:05")
    assert number(world, "pvc_backup_size_bytes", source="longhorn") == 3 * 2**30


def test_backup_by_an_older_longhorn() -> None:
    """Before v1.8 there was one target, which no backup named."""
    assert number(shop(OLDER), AGE, source="longhorn") == at("2026-11-18T02:00:05Z")


@pytest.mark.parametrize(
    "name",
    [
        "backup-running",
        "backup-without-a-time",
        "backup-of-a-later-longhorn",
        "backup-going",
        "backup-not-looked-at-yet",
        "backup-bbbb",
    ],
)
def test_no_copy(name: str) -> None:
    """Not done, of unknown time, in a state that we do not know, being deleted, or of another volume: no copy."""
    assert shop(BACKUPS[name]).rows(AGE) == []


def test_unknown_state() -> None:
    """A state that we do not know is told as such; Longhorn's own word for unknown is none."""
    later = BACKUPS["backup-of-a-later-longhorn"]
    assert read(SOURCE, later)[0].strange_word() == "Verifying"
    assert read(SOURCE, laid(later, status={"state": "Unknown"}))[0].strange_word() == ""


def test_failed_backup() -> None:
    """A failed backup is a miss of its volume's claim, before it tells more than a label."""
    failed = laid(BACKUPS["backup-bbbb"], metadata={"labels": {"backup-volume": "pvc-11111111"}})
    assert number(shop(JOB, failed), "pvc_protection_reason", reason="run-failed") == 1


def test_another_cluster_on_the_target() -> None:
    """A backup of another cluster is no copy of a claim of that name, and no success of a job of that name."""
    world = shop(JOB, BACKUPS["backup-of-another-cluster"])
    assert world.rows(AGE, SUCCESS) == []


def test_volume_that_was_the_claims() -> None:
    """What Longhorn still notes of a claim that has gone is history: the volume that is bound now counts."""
    backup = laid(NIGHTLY, status={"volumeName": "pvc-history"})
    assert shop(VOLUMES["pvc-history"], backup).rows(AGE) == []


def test_claim_on_other_storage() -> None:
    """A volume of another driver is not looked up, whatever its handle."""
    other = laid(PV, spec={"csi": {"driver": "ebs.csi.aws.com"}})
    assert World(CLAIM, other, VOLUME, TARGET, JOB, NIGHTLY).rows(AGE, "pvc_schedule_info") == []


def test_claim_that_took_over_a_volume() -> None:
    """A younger claim bound to the same volume has the backups of that volume."""
    young = laid(CLAIM, metadata={"creationTimestamp": "2026-11-21T11:00:00Z"})
    assert number(World(young, PV, VOLUME, TARGET, NIGHTLY), AGE) == at("02:00:05")


def test_volume_younger_than_the_backup() -> None:
    """A backup of an earlier volume of that name is none of this one, even where the claim is older than both."""
    young = laid(VOLUME, metadata={"creationTimestamp": "2026-11-21T11:00:00Z"})
    claim_of_today = laid(CLAIM, metadata={"creationTimestamp": "2026-11-21T11:00:00Z"})
    assert World(claim_of_today, PV, young, TARGET, NIGHTLY).rows(AGE) == []
    assert World(CLAIM, PV, young, TARGET, NIGHTLY).rows(AGE) == []


def test_volume_that_was_made_of_a_backup_of_its_own_name() -> None:
    """It carries on the one that it replaces, and has its backups."""
    again = laid(
        VOLUME,
        metadata={"creationTimestamp": "2026-11-21T11:00:00Z"},
        spec={"fromBackup": "s3://bucket@region/?backup=backup-aaaa&volume=pvc-11111111"},
    )
    assert number(World(CLAIM, PV, again, TARGET, NIGHTLY), AGE) == at("02:00:05")


def test_order_of_arrival() -> None:
    """A claim is judged again by a backup, a job or a target that comes later, though none is in its namespace."""
    world = World(CLAIM, PV, VOLUME)
    assert number(world, "pvc_protection_state", state="unprotected") == 1
    world.put(JOB)
    world.judge()
    assert number(world, "pvc_protection_state", state="never") == 1
    world.put(TARGET, NIGHTLY)
    world.judge()
    assert number(world, AGE) == at("02:00:05")
    world.put(laid(TARGET, status={"available": False}))
    world.judge()
    assert number(world, "pvc_recovery_points") == 0
    world.drop(NIGHTLY)
    world.judge()
    assert world.rows(AGE) == []


@pytest.mark.tells("longhorn", "schedule", "result")
def test_recurring_job() -> None:
    """A job covers the volumes of its groups; its success is the beginning of a run that saved all of them."""
    world = shop(JOB, NIGHTLY)
    assert number(world, "pvc_schedule_info", schedule="nightly") == 1
    assert number(world, SUCCESS, namespace="longhorn-system", schedule="nightly") == at("02:00:06")
    assert number(world, "backup_schedule_last_result", schedule="nightly", result="success") == 1
    assert number(world, "backup_schedule_missed_runs", schedule="nightly") == 0


def test_run_that_failed_for_one_volume() -> None:
    """A run that saved one volume and not the other is partial, and no success."""
    world = shop(JOB, NIGHTLY, BACKUPS["backup-bbbb"])
    assert number(world, "backup_schedule_last_result", schedule="nightly", result="partial") == 1
    assert number(world, SUCCESS, schedule="nightly") is None


def test_run_that_goes_on() -> None:
    """As long as one volume is being saved, the result is that of the run before."""
    before = laid(
        NIGHTLY,
        metadata={"name": "backup-before", "uid": "b", "creationTimestamp": "2026-11-20T02:00:06Z"},
        status={"snapshotCreatedAt": "2026-11-20T02:00:05Z", "backupCreatedAt": "2026-11-20T02:05:06Z"},
    )
    going = laid(BACKUPS["backup-bbbb"], status={"state": "InProgress"})
    world = shop(JOB, before, NIGHTLY, going)
    assert number(world, SUCCESS, schedule="nightly") == at("2026-11-20T02:00:06Z")
    assert number(world, "backup_schedule_last_duration_seconds", schedule="nightly") == 300
    assert number(world, "backup_running_seconds", schedule="nightly") == 36_000 - 7


def test_job_without_volumes() -> None:
    """A job that no volume is under has nothing to do, and misses nothing, whatever backups are left of earlier ones."""
    old = laid(NIGHTLY, metadata={"creationTimestamp": "2026-11-01T02:00:05Z"})
    world = World(JOB, old)
    assert world.rows("backup_schedule_info", "backup_schedule_missed_runs") == []
    world.put(VOLUME)
    world.judge()
    assert number(world, "backup_schedule_missed_runs", schedule="nightly") == 20
    world.drop(VOLUME)
    world.judge()
    assert world.rows("backup_schedule_info") == []


@settings(deadline=None)  # a busy machine is no failure
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.sampled_from(["Completed", "Error", "InProgress"])), max_size=12
    )
)
def test_result_of_any_rounds(runs: list[tuple[int, str]]) -> None:
    """A run is of the tick before it, whatever became of the others: told as if each round were looked at by itself."""
    backups, rounds = [], dict[int, set[str]]()
    for serial, (hours, state) in enumerate(runs):
        made = datetime.fromtimestamp(at("2026-11-18T02:00:00Z") + hours * 3600, tz=UTC)
        backups.append(
            laid(
                NIGHTLY,
                metadata={"name": f"b{serial}", "creationTimestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ")},
                status={"state": state},
            )
        )
        rounds.setdefault(hours // 24, set()).add(state)
    facts = TableFacts()
    for obj in (VOLUME, JOB, *backups):
        facts.put(SOURCE, obj)
    told = schedule(ScheduleKey("longhorn", "longhorn-system", "nightly"), facts) if runs else None
    ended = {day: states for day, states in rounds.items() if "InProgress" not in states}
    good = [day for day, states in ended.items() if states == {"Completed"}]
    last = ended.get(max(ended, default=0), set())
    results = {"Completed": "success", "Error": "failure"}
    assert (told.last_result if told else "none") == (
        "partial" if len(last) == 2 else results[next(iter(last))] if last else "none"
    )
    success = min((hours for hours, _ in runs if good and hours // 24 == max(good)), default=None)
    assert (told.last_success if told else None) == (
        None if success is None else at("2026-11-18T02:00:00Z") + success * 3600
    )


@pytest.mark.parametrize(
    ("label", "value", "jobs"),
    [
        ("recurring-job-group.longhorn.io/orders", "enabled", {"hourly"}),
        ("recurring-job.longhorn.io/hourly", "enabled", {"hourly"}),
        ("recurring-job.longhorn.io/hourly", "disabled", set()),
        ("recurring-job-group.longhorn.io/default", "enabled", {"nightly"}),
    ],
)
def test_labels_of_a_volume(label: str, value: str, jobs: set[str]) -> None:
    """Labels put a volume under jobs, by name or by group; the default group is one like any other."""
    volume = {**VOLUME, "metadata": {**VOLUME["metadata"], "labels": {label: value}}}
    world = World(CLAIM, PV, volume, TARGET, *JOBS.values())
    covering = {name for name in JOBS if number(world, "pvc_schedule_info", schedule=name)}
    assert covering == jobs


def test_job_that_cuts_snapshots() -> None:
    """A snapshot lives and dies with its volume: a job that only cuts some is no plan."""
    assert number(shop(*JOBS.values()), "backup_schedule_info", schedule="cut") is None


def test_system_backup() -> None:
    """Longhorn's own state has a schedule of no claim; a system backup that came from elsewhere is none of its runs."""
    world = shop(JOBS["state"], *SYSTEM_BACKUPS.values())
    assert number(world, SUCCESS, schedule="state") == at("01:30:04")
    assert world.rows("pvc_schedule_info") == []


@pytest.mark.tells("longhorn", "target")
def test_targets() -> None:
    """A target tells whether it can be reached and when that was seen; one that was never set up tells nothing."""
    world = World(*TARGETS.values())
    assert number(world, "backup_target_available", target="default") == 1
    assert number(world, "backup_target_checked_timestamp_seconds", target="default") == at("11:58:00")
    assert number(world, "backup_target_available", target="far") == 0
    assert number(world, "backup_target_available", target="never-set-up") is None


@pytest.mark.tells("longhorn", "drill")
def test_restored_volume() -> None:
    """A volume made of a backup proves the claim that was backed up, whatever Longhorn notes of that claim."""
    judged = shop(NIGHTLY, VOLUMES["trial"])
    assert number(judged, "pvc_restore_drill_age_seconds", persistentvolumeclaim="data") == 13_200
    assert number(judged, "pvc_restore_drill_duration_seconds") == 1200
    assert number(judged, "pvc_restore_drill_point_age_seconds") == 22_795


@pytest.mark.parametrize(
    ("name", "outcomes"),
    [
        ("trial", ["success"]),
        ("trial-failed", ["failure"]),
        ("trial-at-work", ["running"]),
        ("pvc-11111111", []),
        ("standby", []),
        ("not-looked-at-yet", []),
    ],
)
def test_outcome_of_a_restore(name: str, outcomes: list[str]) -> None:
    """Only a volume that was made of a backup is a restore, and a standby is none until it takes over."""
    restores = [record for record in read(SOURCE, VOLUMES[name]) if type(record).__name__ == "Restore"]
    assert [getattr(restore, "outcome", "") for restore in restores] == outcomes


@given(st.text())
def test_any_address_of_a_backup(url: str) -> None:
    """Whatever stands for a backup's address, the volume is read."""
    assert read(SOURCE, laid(VOLUMES["trial"], spec={"fromBackup": url}))


def test_what_is_not_read_is_not_decoded() -> None:
    """Messages, other labels and names of credentials are not decoded."""
    for obj in all_of(SOURCE):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


PLACES = places(all_of(SOURCE))


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            read(SOURCE, put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Any, garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be read and judged."""
    survives(SOURCE, claim({}), put(place, garbage))
