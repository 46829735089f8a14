"""The rancher-backup source: recurring backups of Rancher's state in, schedules out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.rancher_backup import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, fixture, laid, number, survives
from tests.world import World

BACKUPS = fixture(SOURCE, "backups")
SUCCESS = "backup_schedule_last_success_timestamp_seconds"


@pytest.mark.tells("rancher-backup", "schedule", "result")
def test_recurring_backup() -> None:
    """Only the end of a run is told: it began at the planned start before it."""
    world = World(BACKUPS["nightly"])
    assert number(world, SUCCESS, source="rancher-backup", namespace="", schedule="nightly") == at("02:00:00")
    assert number(world, "backup_schedule_last_result", schedule="nightly", result="success") == 1
    assert number(world, "backup_schedule_missed_runs", schedule="nightly") == 0
    assert number(world, "backup_schedule_next_run_timestamp_seconds", schedule="nightly") == at(
        "2026-11-22T02:00:00Z"
    )


def test_failing_backup() -> None:
    """A run that fails is being reconciled, though the object stays ready from the success before."""
    world = World(BACKUPS["failing"])
    assert number(world, SUCCESS, schedule="failing") == at("2026-11-19T00:00:00Z")
    assert number(world, "backup_schedule_last_result", schedule="failing", result="failure") == 1
    assert number(world, "backup_schedule_last_attempt_timestamp_seconds", schedule="failing") == at(
        "2026-11-20T00:00:20Z"
    )
    assert number(world, "backup_schedule_missed_runs", schedule="failing") == 2


def test_failure_of_an_older_operator() -> None:
    """An older one says True and no reason: that the condition is there is what tells."""
    older = {"type": "Reconciling", "status": "True", "lastUpdateTime": "2026-11-20T00:00:20Z"}
    world = World(laid(BACKUPS["failing"], status={"conditions": [older, older]}))
    assert number(world, "backup_schedule_last_result", schedule="failing", result="failure") == 1


def test_failure_without_a_time() -> None:
    """A failure whose time is not told still is newer than the success."""
    backup = laid(BACKUPS["failing"], status={"conditions": [{"type": "Reconciling", "status": "True"}]})
    assert number(World(backup), "backup_schedule_last_result", schedule="failing", result="failure") == 1


def test_first_run() -> None:
    """The first run is not planned: it begins when the object is made."""
    assert number(World(BACKUPS["made-at-noon"]), SUCCESS, schedule="made-at-noon") == at("11:00:00")


def test_backup_that_runs_once() -> None:
    """A backup that is to run once is no schedule."""
    assert World(BACKUPS["once"]).rows("backup_schedule_info") == []


def test_cron_that_cannot_be_read() -> None:
    """A schedule that cannot be read has no next run, and nothing has succeeded."""
    world = World(BACKUPS["not-looked-at-yet"])
    assert number(world, "backup_schedule_info", schedule="not-looked-at-yet") == 1
    assert world.rows(SUCCESS, "backup_schedule_next_run_timestamp_seconds") == []


def test_backup_being_deleted() -> None:
    """A backup that is being deleted makes no more copies."""
    going = laid(BACKUPS["nightly"], metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert World(going).rows("backup_schedule_info") == []


def test_what_is_not_read_is_not_decoded() -> None:
    """Messages and names of credentials are not decoded."""
    for obj in BACKUPS.values():
        assert "not-for-us" not in repr(
            msgspec.json.decode(msgspec.json.encode(obj), type=SOURCE.feeds[0].shape)
        )


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
