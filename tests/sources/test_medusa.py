"""The medusa source: K8ssandra's backup objects in, copies, plans and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.medusa import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, JOBS = fixture(SOURCE, "backups"), fixture(SOURCE, "jobs")
SCHEDULES, RESTORES = fixture(SOURCE, "schedules"), fixture(SOURCE, "restores")
NIGHTLY, JOB = BACKUPS["nightly-1795226400"], JOBS["nightly-1795226400"]
FAILED = JOBS["nightly-1795248000"]
SCHEDULE = SCHEDULES["nightly"]
LABELS = {"cassandra.datastax.com/cluster": "Orders", "cassandra.datastax.com/datacenter": "orders"}
CLAIM = claim(LABELS, "server-data-orders-default-sts-0")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/server-data-orders-default-sts-0", metadata={"labels": LABELS}), *objects)


@pytest.mark.tells("medusa", "age", "size")
def test_backup() -> None:
    """A backup is an offsite copy of its whole datacenter as of its start; the operator's GB are of 1024."""
    shop = world(SCHEDULE, NIGHTLY, JOB)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:01")
    assert number(shop, "pvc_backup_size_bytes") == 3 * 2**29
    assert number(shop, "pvc_recovery_points") == 1


def test_job_without_its_backup() -> None:
    """A job that ended well has no copy until its backup is there to be restored."""
    coverage = covered(SOURCE, CLAIM, JOB)
    assert (coverage.copies, coverage.misses) == ((), ())


@pytest.mark.tells("medusa", "schedule", "result")
def test_schedule() -> None:
    """A schedule knows its jobs by their name. One that failed on a node has a finish time as well."""
    shop = world(SCHEDULE, NIGHTLY, JOB, FAILED)
    family = "backup_schedule_last_success_timestamp_seconds"
    assert number(shop, family, schedule="nightly") == at("02:00:01")
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="failure") == 1
    assert [miss.time for miss in covered(SOURCE, CLAIM, FAILED).misses] == [at("08:00:01")]


def test_job_at_work() -> None:
    """A job without a finish time is at work, and no failure."""
    shop = world(SCHEDULE, JOBS["nightly-1795262100"])
    assert number(shop, "backup_running_seconds", schedule="nightly") == 299
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="none") == 1


def test_schedules_that_make_nothing() -> None:
    """A disabled schedule is paused, and its last execution was none; a purge is no backup."""
    shop = world(*SCHEDULES.values())
    assert number(shop, "backup_schedule_paused", schedule="switched-off") == 1
    assert number(shop, "backup_schedule_last_attempt_timestamp_seconds", schedule="switched-off") is None
    assert number(shop, "backup_schedule_last_attempt_timestamp_seconds", schedule="nightly") == at(
        "02:00:00"
    )
    assert number(shop, "backup_schedule_info", schedule="purge") is None


def test_backup_by_an_older_operator() -> None:
    """Older operators wrote no status, and made a backup on success only."""
    (copy,) = covered(SOURCE, CLAIM, BACKUPS["by-an-older-operator"]).copies
    assert (copy.captured, copy.size, copy.schedule) == (at("2026-11-19T09:00:00Z"), None, None)


def test_backup_without_all_nodes() -> None:
    """A backup that misses a node cannot be restored."""
    assert [copy.ready for copy in covered(SOURCE, CLAIM, BACKUPS["a-node-is-missing"]).copies] == [False]


def test_backup_of_which_no_nodes_are_told() -> None:
    """Older operators told none. What has not finished ends in 1970 with them, and is no copy."""
    older = laid(BACKUPS["by-an-older-operator"], status={"totalNodes": None, "finishedNodes": None})
    assert [copy.ready for copy in covered(SOURCE, CLAIM, older).copies] == [True]
    assert [
        copy.ready for copy in covered(SOURCE, CLAIM, laid(older, status={"status": "SUCCESS"})).copies
    ] == [False]
    unfinished = laid(older, status={"finishTime": "1970-01-01T00:00:00Z"})
    assert covered(SOURCE, CLAIM, unfinished).copies == ()


def test_backup_that_does_not_tell_its_start() -> None:
    """Its object may be made long after its data was read: the end is told, and without it there is no copy."""
    made_anew = laid(
        NIGHTLY, metadata={"creationTimestamp": "2026-11-21T11:00:00Z"}, status={"startTime": None}
    )
    assert [copy.captured for copy in covered(SOURCE, CLAIM, made_anew).copies] == [at("02:31:00")]
    assert covered(SOURCE, CLAIM, laid(made_anew, status={"finishTime": None})).copies == ()


@pytest.mark.parametrize("name", ["of-a-later-operator", "not-filled-in-yet"])
def test_no_copy(name: str) -> None:
    """A backup in no state, or in one that we do not know, is no copy and no failure."""
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_unknown_state() -> None:
    """A state that we do not know is told as such."""
    words = [read(SOURCE, backup)[0].strange_word() for backup in BACKUPS.values()]
    assert words == ["", "", "", "VERIFYING", ""]


def test_other_claims() -> None:
    """A further volume of a node, and a claim of another datacenter, are not backed up."""
    others = (
        claim(LABELS, "server-logs-orders-default-sts-0"),
        claim({}, "server-data-orders-default-sts-0"),
    )
    assert [covered(SOURCE, other, NIGHTLY).copies for other in others] == [(), ()]


@pytest.mark.tells("medusa", "drill")
def test_restores() -> None:
    """A restore proves the datacenter that was backed up, wherever it went; a message tells that it failed."""
    coverage = covered(SOURCE, CLAIM, NIGHTLY, *RESTORES.values())
    told = {drill.evidence.name: (drill.success, drill.started, drill.point) for drill in coverage.drills}
    assert told == {
        "proof": (True, at("08:00:05"), at("02:00:01")),
        "refused": (False, at("09:00:00"), at("02:00:01")),
    }


def test_backup_being_deleted() -> None:
    """A backup that is being deleted is no copy any more."""
    going = laid(NIGHTLY, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, going).copies == ()


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
    survives(SOURCE, CLAIM, put(place, garbage))


def test_messages_are_no_records() -> None:
    """What a message says reaches no record."""
    assert "not-for-us" not in msgspec.json.encode([read(SOURCE, obj) for obj in all_of(SOURCE)]).decode()
