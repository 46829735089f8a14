"""The percona-mongodb source: objects of the operator in, copies, plans and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ScheduleKey
from holdfast.model.protection import Drill
from holdfast.sources.percona_mongodb import NAME, SOURCE
from holdfast.sources.runs.records import Plan
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, RESTORES = fixture(SOURCE, "backups"), fixture(SOURCE, "restores")
CLUSTER = fixture(SOURCE, "cluster")["orders"]
NIGHTLY = BACKUPS["cron-orders-20261121020000-x7k2p"]
LABELS = {
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/part-of": "percona-server-mongodb",
    "app.kubernetes.io/component": "mongod",
}
CLAIM = claim(LABELS, "mongod-data-orders-rs0-0")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/mongod-data-orders-rs0-0", metadata={"labels": LABELS}), *objects)


@pytest.mark.tells("percona-mongodb", "age", "size")
def test_ready_backup() -> None:
    """``ready`` means done: the claims of the cluster have a copy as of its start. PBM's GB are of 1024."""
    shop = world(CLUSTER, NIGHTLY)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:22")
    assert number(shop, "pvc_backup_size_bytes") == 3 * 2**29


@pytest.mark.tells("percona-mongodb", "schedule", "result")
def test_task() -> None:
    """A task is a schedule of its cluster, and knows its backups by their label."""
    shop = world(CLUSTER, NIGHTLY, BACKUPS["cron-orders-20261120020000-b2c3d"])
    family = "backup_schedule_last_success_timestamp_seconds"
    assert number(shop, family, schedule="orders/nightly") == at("02:00:22")
    assert number(shop, "backup_schedule_last_result", schedule="orders/nightly", result="success") == 1
    assert number(shop, "backup_schedule_missed_runs", schedule="orders/nightly") == 0


def test_failed_backup_of_an_older_operator() -> None:
    """A failed run is no copy; its schedule stands in a label without a prefix."""
    shop = world(CLUSTER, BACKUPS["cron-orders-20261120020000-b2c3d"])
    assert number(shop, "pvc_backup_timestamp_seconds") is None
    assert number(shop, "backup_schedule_last_result", schedule="orders/nightly", result="failure") == 1
    assert number(shop, "pvc_protection_reason", reason="run-failed") == 1


def test_tasks_that_make_nothing() -> None:
    """A disabled task is paused, and one whose storage the cluster does not define cannot work."""
    plans = {
        record.schedule.name: (record.paused, record.valid)
        for record in read(SOURCE, CLUSTER)
        if isinstance(record, Plan)
    }
    assert plans == {
        "orders/nightly": (False, True),
        "orders/weekly": (True, True),
        "orders/nowhere": (False, False),
    }


def test_paused_cluster() -> None:
    """Nothing is backed up while the cluster is paused."""
    covers = covered(SOURCE, CLAIM, laid(CLUSTER, spec={"pause": True})).covers
    assert {cover.gap for cover in covers} == {"paused", "invalid"}


def test_task_younger_than_its_cluster() -> None:
    """No run is missed from before the cluster's specification was last written; its status counts for nothing."""
    written = [
        {"manager": "kubectl", "operation": "Update", "time": "2026-11-20T12:00:00Z"},
        {
            "manager": "operator",
            "operation": "Update",
            "time": "2026-11-21T11:59:00Z",
            "subresource": "status",
        },
    ]
    shop = world(laid(CLUSTER, metadata={"managedFields": written}))
    assert number(shop, "backup_schedule_missed_runs", schedule="orders/nightly") == 1
    assert number(world(CLUSTER), "backup_schedule_missed_runs", schedule="orders/nightly") == 21


def test_copy_on_a_file_system() -> None:
    """A directory that the pods mount may lie on the same storage: the copy counts as local."""
    (shelf,) = covered(SOURCE, CLAIM, BACKUPS["by-hand-on-the-shelf"]).copies
    assert (shelf.placement, shelf.consistency, shelf.schedule) == ("local", "application", None)


@pytest.mark.parametrize("name", ["running", "of-a-later-operator", "not-looked-at-yet"])
def test_no_copy(name: str) -> None:
    """A backup that is not done, or in a state that we do not know, is no copy and no failure."""
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_unknown_state() -> None:
    """A state that we do not know is told as such."""
    (run,) = read(SOURCE, BACKUPS["of-a-later-operator"])
    assert run.strange_word() == "verifying"


def test_backup_being_deleted() -> None:
    """A backup that is being deleted is no copy any more."""
    going = laid(NIGHTLY, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, going).copies == ()


def test_other_claims() -> None:
    """Another cluster's claim, and one of no database, have no copy."""
    for labels in (
        {**LABELS, "app.kubernetes.io/instance": "carts"},
        {"app.kubernetes.io/instance": "orders"},
    ):
        assert covered(SOURCE, claim(labels), NIGHTLY).copies == ()


def test_new_replica() -> None:
    """A replica's new claim has the backups that its cluster made before."""
    young = msgspec.structs.replace(CLAIM, created=at("11:00:00"))
    (inherited,) = covered(SOURCE, young, CLUSTER, NIGHTLY).copies
    assert inherited.claim_uid == young.uid


def test_oplog_over_a_backup() -> None:
    """The newest instant that can be restored is a copy too, but no recovery point of its own."""
    followed = laid(NIGHTLY, status={"latestRestorableTime": "2026-11-21T11:58:00Z"})
    shop = world(CLUSTER, followed)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("11:58:00")
    assert number(shop, "pvc_recovery_points") == 1


@pytest.mark.tells("percona-mongodb", "drill")
def test_restore() -> None:
    """A restore of a backup proves the claims of the cluster that was backed up."""
    (drill,) = covered(SOURCE, CLAIM, NIGHTLY, RESTORES["proof"]).drills
    assert drill == Drill(
        source=NAME,
        claim=CLAIM.ref,
        success=True,
        started=at("08:00:00"),
        ended=at("08:20:00"),
        point=at("02:00:22"),
        evidence=drill.evidence,
    )


def test_restore_to_an_instant() -> None:
    """The instant asked for is the restored point; without an end, how long it took is unknown."""
    (drill,) = covered(SOURCE, CLAIM, NIGHTLY, RESTORES["to-an-instant"]).drills
    assert (drill.success, drill.point, drill.started, drill.ended) == (
        False,
        at("07:30:00"),
        None,
        at("09:00:00"),
    )


@pytest.mark.parametrize("name", ["refused", "one-collection", "from-elsewhere"])
def test_no_drill(name: str) -> None:
    """A restore that never ran, of a part, or of what we know nothing of, proves nothing either way."""
    assert covered(SOURCE, CLAIM, NIGHTLY, RESTORES[name]).drills == ()


def test_what_is_not_read_is_not_decoded() -> None:
    """Errors, messages and names of credentials are not decoded."""
    for obj in all_of(SOURCE):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


def test_schedule_of_a_cluster_that_is_gone() -> None:
    """With the cluster its tasks are gone, whatever backups are left."""
    shop = world(NIGHTLY)
    assert shop.rows("backup_schedule_info") == []
    assert covered(SOURCE, CLAIM, NIGHTLY).copies[0].schedule == ScheduleKey(NAME, "shop", "orders/nightly")


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
