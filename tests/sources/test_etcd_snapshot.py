"""The etcd-snapshot source: the snapshots of k3s and RKE2 in, the age of the cluster's state out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.etcd_snapshot import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, fixture, laid, number, survives
from tests.world import World

SNAPSHOTS = fixture(SOURCE, "snapshots")
LOCAL = SNAPSHOTS["local-etcd-snapshot-server-1-1795219200-0f3c2a"]
FAILED = SNAPSHOTS["s3-etcd-snapshot-server-1-1795219200-77aa01"]
SUCCESS = "backup_schedule_last_success_timestamp_seconds"


@pytest.mark.tells("etcd-snapshot", "schedule", "result")
def test_state_of_the_cluster() -> None:
    """The state has an age on the servers and one in the bucket; there the newest snapshot failed."""
    world = World(*SNAPSHOTS.values())
    assert number(world, SUCCESS, source="etcd-snapshot", namespace="", schedule="local") == at("00:00:02")
    assert number(world, SUCCESS, source="etcd-snapshot", namespace="", schedule="s3") == at(
        "2026-11-20T12:00:02Z"
    )
    assert number(world, "backup_schedule_last_result", schedule="local", result="success") == 1
    assert number(world, "backup_schedule_last_result", schedule="s3", result="failure") == 1


def test_no_plan() -> None:
    """No object tells when snapshots are due: none is missed, and none is expected."""
    world = World(LOCAL)
    assert number(world, "backup_schedule_info", schedule="local", cron="") == 1
    assert world.rows("backup_schedule_missed_runs", "backup_schedule_next_run_timestamp_seconds") == []
    assert world.rows("finding") == []


def test_place_without_snapshots() -> None:
    """A place without snapshots is not told of; nor is one whose snapshots are gone."""
    world = World(LOCAL)
    assert number(world, SUCCESS, schedule="s3") is None
    world.drop(LOCAL)
    world.judge()
    assert world.rows("backup_schedule_info") == []


def test_snapshot_that_failed_first() -> None:
    """An error that a retry has not cleared is a failure, whatever else is told."""
    world = World(laid(LOCAL, status={"error": {"message": "not-for-us"}}))
    assert number(world, SUCCESS, schedule="local") is None
    assert number(world, "backup_schedule_last_result", schedule="local", result="failure") == 1


def test_snapshot_without_a_status() -> None:
    """A snapshot of which nothing is told is neither success nor failure."""
    world = World(SNAPSHOTS["local-not-looked-at-yet"])
    assert number(world, SUCCESS, schedule="local") is None
    assert number(world, "backup_schedule_last_result", schedule="local", result="none") == 1


def test_success_without_a_time() -> None:
    """The object of a snapshot may be younger than its data: without a time the state's age is unknown."""
    assert number(World(laid(LOCAL, status={"creationTime": None})), SUCCESS, schedule="local") is None


def test_snapshot_being_deleted() -> None:
    """A snapshot that is being deleted is no success any more."""
    world = World(laid(LOCAL, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"}))
    assert world.rows(SUCCESS) == []


def test_what_is_not_read_is_not_decoded() -> None:
    """Messages and the metadata that users add are not decoded."""
    feed = SOURCE.feeds[0]
    for obj in (LOCAL, FAILED):
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
