"""The mariadb source: mariadb-operator's objects and what they own in, copies, plans, drills and replicas out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.protection import Coverage
from holdfast.sources import core
from holdfast.sources.mariadb import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import NoRolls, TableFacts, read
from tests.sources.operator_cases import all_of, at, claim, fixture, laid, number, survives
from tests.world import NOW, World
from tests.world import claim as claim_object

SERVERS, BACKUPS, PHYSICAL = (fixture(SOURCE, file) for file in ("servers", "backups", "physical"))
RESTORES = fixture(SOURCE, "restores")
OBJECTS = all_of(SOURCE)
OWNED = {
    (obj["kind"], obj["metadata"]["name"]): obj
    for obj in OBJECTS
    if obj["kind"] in ("CronJob", "Job", "VolumeSnapshot")
}
ORDERS, NIGHTLY, CRON_JOB = SERVERS["orders"], BACKUPS["nightly"], OWNED["CronJob", "nightly"]
WEEKLY = OWNED["Job", "weekly-20261121040000"]
CLAIM = claim({"app.kubernetes.io/instance": "orders"}, "storage-orders-0")
RECORDS = [record for obj in OBJECTS for record in read(SOURCE, obj)]


def stateful_set(name: str = "orders") -> dict[str, Any]:
    """By it the claims of a server are known to be its own."""
    owner = {"apiVersion": "k8s.mariadb.com/v1alpha1", "kind": "MariaDB", "name": name, "controller": True}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"namespace": "shop", "name": name, "ownerReferences": [{**owner, "uid": "1"}]},
        "spec": {"volumeClaimTemplates": [{"metadata": {"name": "storage"}}]},
    }


def covered(*objects: dict[str, Any], of: Any = CLAIM, server: str = "orders") -> Coverage:
    facts = TableFacts([of])
    facts.put(core.SOURCE, stateful_set(server))
    for obj in objects:
        facts.put(SOURCE, obj)
    assert SOURCE.cover
    return SOURCE.cover(of, facts, NoRolls())


def world(*objects: dict[str, Any], **metadata: Any) -> World:
    made = claim_object("shop/storage-orders-0", metadata=metadata)
    return World(made, stateful_set(), *objects)


@pytest.mark.tells("mariadb", "age", "schedule", "result")
def test_scheduled_backup() -> None:
    """The CronJob of a Backup remembers its last success: a copy as of the planned start, where the Backup sends it."""
    shop = world(ORDERS, NIGHTLY, CRON_JOB)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite", consistency="application") == at(
        "01:00:00"
    )
    assert number(shop, "pvc_schedule_info", schedule="nightly") == 1
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="success") == 1
    family = "backup_schedule_next_run_timestamp_seconds"
    assert number(shop, family, schedule="nightly") == at("2026-11-22T01:00:00Z")


def test_scheduled_backup_that_failed() -> None:
    """No success since the last run was made, and no Job at work: the operator says so in words alone."""
    failed = laid(CRON_JOB, status={"lastSuccessfulTime": "2026-11-20T01:09:00Z"})
    shop = world(ORDERS, NIGHTLY, failed)
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="failure") == 1
    assert number(shop, "pvc_backup_timestamp_seconds") == at("2026-11-20T01:00:00Z")
    assert [miss.cause for miss in covered(ORDERS, NIGHTLY, failed).misses] == ["failed"]


def test_scheduled_backup_that_runs() -> None:
    status = {"lastSuccessfulTime": "2026-11-20T01:09:00Z", "active": [{"name": "nightly-1"}]}
    shop = world(ORDERS, NIGHTLY, laid(CRON_JOB, status=status))
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="success") == 1
    assert number(shop, "backup_running_seconds", schedule="nightly") == NOW - at("01:00:00")


def test_backup_that_runs_once() -> None:
    """It tells itself how it went, and goes to a volume, which is near."""
    (copy,) = covered(ORDERS, BACKUPS["once"]).copies
    assert (copy.captured, copy.placement, copy.schedule) == (at("06:00:00"), "local", None)


def test_failed_backup() -> None:
    """Its condition is as true as that of a success: it has ended."""
    coverage = covered(ORDERS, BACKUPS["failed"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])


@pytest.mark.parametrize("name", ["running", "of-a-later-operator", "not-looked-at-yet", "outside"])
def test_no_copy(name: str) -> None:
    coverage = covered(ORDERS, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_backup_being_deleted() -> None:
    """What it saved may lie in a claim that goes with it."""
    going = laid(BACKUPS["once"], metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(ORDERS, going).copies == ()


def test_unknown_reason() -> None:
    assert "JobVerified" in [record.strange_word() for record in read(SOURCE, BACKUPS["of-a-later-operator"])]


def test_dump_of_some_databases() -> None:
    """It cannot be told what else lies on the claim: it is no copy of it."""
    coverage = covered(ORDERS, BACKUPS["some-databases"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["not-captured"])


def test_suspended_backup() -> None:
    assert [cover.gap for cover in covered(ORDERS, BACKUPS["paused"]).covers] == ["paused"]


def test_cron_jobs_of_others() -> None:
    assert read(SOURCE, OWNED["CronJob", "of-somebody-else"]) == ()


def test_physical_backups() -> None:
    """Its Jobs tell how they went; a Backup may bear the same name, so its schedule is told apart."""
    jobs = (OWNED["Job", "weekly-20261121040000"], OWNED["Job", "weekly-20261114040000"])
    coverage = covered(ORDERS, PHYSICAL["weekly"], *jobs)
    (copy,), (miss,) = coverage.copies, coverage.misses
    assert (copy.captured, copy.placement, copy.consistency) == (at("04:00:02"), "offsite", "application")
    assert (miss.cause, miss.time) == ("failed", at("2026-11-14T04:00:02Z"))
    shop = world(ORDERS, PHYSICAL["weekly"], *jobs)
    assert number(shop, "backup_schedule_last_result", schedule="weekly/physical", result="success") == 1


def test_snapshots_of_a_physical_backup() -> None:
    """One that is ready is a local copy, one with an error a failure, one without a word is not done."""
    snapshots = [obj for (kind, _), obj in OWNED.items() if kind == "VolumeSnapshot"]
    coverage = covered(ORDERS, PHYSICAL["cut"], *snapshots)
    assert [(copy.captured, copy.placement, copy.schedule) for copy in coverage.copies] == [
        (at("05:00:03"), "local", None)
    ]
    assert [miss.evidence.name for miss in coverage.misses] == ["cut-failed"]


def test_snapshots_of_others() -> None:
    snapshot = laid(OWNED["VolumeSnapshot", "cut-failed"], metadata={"labels": None})
    assert read(SOURCE, snapshot) == ()


def test_archived_binary_logs() -> None:
    """Over a physical backup they are a copy as of the last time that can be recovered, and no point of their own."""
    objects = (ORDERS, PHYSICAL["weekly"], WEEKLY, PHYSICAL["binlogs"], PHYSICAL["nothing-yet"])
    assert [(copy.captured, copy.placement, copy.log) for copy in covered(*objects).copies] == [
        (at("04:00:02"), "offsite", ""),
        (at("11:58:00"), "offsite", "broken"),
    ]
    shop = world(*objects)
    assert number(shop, "pvc_backup_timestamp_seconds") == at("11:58:00")
    assert number(shop, "pvc_recovery_points") == 1


@pytest.mark.parametrize("ended", ["Failed", None])
def test_binary_logs_without_a_base(ended: str | None) -> None:
    """Logs alone restore nothing: where the physical backup has not succeeded there is no copy."""
    failed = laid(WEEKLY, status={"conditions": [{"type": ended, "status": "True"}]}) if ended else None
    objects = [obj for obj in (ORDERS, PHYSICAL["weekly"], failed, PHYSICAL["binlogs"]) if obj]
    assert covered(*objects).copies == ()
    assert world(*objects).claim("shop/storage-orders-0").protection.state != "protected"


def test_binary_logs_over_the_base_of_another_backup() -> None:
    """They follow the physical backup that they name, not a dump that lies beside it."""
    coverage = covered(ORDERS, NIGHTLY, CRON_JOB, PHYSICAL["weekly"], PHYSICAL["binlogs"])
    assert [copy.log for copy in coverage.copies] == [""]


def test_binary_logs_over_the_base_of_an_earlier_server() -> None:
    """The base is not the live claim's, and so no log over it is."""
    again = laid(ORDERS, metadata={"creationTimestamp": "2026-11-21T09:00:00Z"})
    young = msgspec.structs.replace(CLAIM, created=at("09:01:00"))
    coverage = covered(again, PHYSICAL["weekly"], WEEKLY, PHYSICAL["binlogs"], of=young)
    assert [copy.log for copy in coverage.copies] == [""]


def test_binary_logs_that_end_before_the_base() -> None:
    early = laid(PHYSICAL["binlogs"], status={"lastRecoverableTime": "2026-11-21T03:00:00Z"})
    assert [copy.log for copy in covered(ORDERS, PHYSICAL["weekly"], WEEKLY, early).copies] == [""]


def test_claims_that_only_bear_the_labels() -> None:
    """The label that the operator sets is anybody's: a claim is the server's by way of its StatefulSet."""
    other = claim({"app.kubernetes.io/instance": "orders", "app.kubernetes.io/name": "mariadb"}, "uploads")
    coverage = covered(ORDERS, NIGHTLY, CRON_JOB, of=other)
    assert (coverage.copies, coverage.covers) == ((), ())


def test_backups_of_an_earlier_server_of_that_name() -> None:
    again = laid(ORDERS, metadata={"creationTimestamp": "2026-11-21T09:00:00Z"})
    young = msgspec.structs.replace(CLAIM, created=at("09:01:00"))
    assert [copy.claim_uid for copy in covered(again, BACKUPS["once"], of=young).copies] == [""]


def test_a_server_made_again_from_its_own_backup_inherits() -> None:
    again = laid(
        ORDERS,
        metadata={"creationTimestamp": "2026-11-21T09:00:00Z"},
        spec={"bootstrapFrom": {"backupRef": {"name": "once"}}},
    )
    young = msgspec.structs.replace(CLAIM, created=at("09:01:00"))
    assert [copy.claim_uid for copy in covered(again, BACKUPS["once"], of=young).copies] == [CLAIM.uid]


@pytest.mark.tells("mariadb", "drill")
def test_restore() -> None:
    """A Restore of a Backup proves the claims of the server that was backed up, not of the one that was filled."""
    drilled = {"annotations": {"holdfast.dev/restore-drill-every": "30d"}}
    shop = world(ORDERS, NIGHTLY, RESTORES["drill"], **drilled)
    assert number(shop, "pvc_restore_drill_age_seconds", source="mariadb") == NOW - at("10:05:00")
    assert number(shop, "pvc_restore_drill_point_age_seconds") == at("10:05:00") - at("09:00:00")
    scratch = claim({}, "storage-scratch-0")
    assert covered(NIGHTLY, RESTORES["drill"], of=scratch, server="scratch").drills == ()


def test_restore_that_failed() -> None:
    (drill,) = covered(ORDERS, BACKUPS["once"], RESTORES["failed-drill"]).drills
    assert (drill.success, drill.ended) == (False, at("10:35:00"))


@pytest.mark.parametrize("name", ["one-database", "running-drill"])
def test_restores_that_prove_nothing(name: str) -> None:
    """Of one database alone, or not done."""
    assert covered(ORDERS, NIGHTLY, RESTORES[name]).drills == ()


def test_restore_of_some_databases() -> None:
    """A backup that holds a part of the server brings no more back."""
    part = laid(RESTORES["drill"], spec={"backupRef": {"name": "some-databases"}})
    assert covered(ORDERS, BACKUPS["some-databases"], part).drills == ()


def test_server_that_was_filled_from_a_backup() -> None:
    (drill,) = covered(ORDERS, NIGHTLY, SERVERS["filled"]).drills
    assert (drill.started, drill.ended, drill.point) == (at("09:00:00"), at("09:20:00"), at("08:00:00"))


def test_server_that_was_filled_from_binary_logs() -> None:
    """The logs lead to the physical backup, and that to the server."""
    condition = {"type": "BackupRestored", "status": "True", "lastTransitionTime": "2026-11-21T11:20:00Z"}
    full = laid(SERVERS["filling"], status={"conditions": [condition]})
    assert covered(ORDERS, PHYSICAL["weekly"], PHYSICAL["binlogs"], SERVERS["filling"]).drills == ()
    (drill,) = covered(ORDERS, PHYSICAL["weekly"], PHYSICAL["binlogs"], full).drills
    assert (drill.ended, drill.point) == (at("11:20:00"), None)


def test_server_that_was_filled_from_afar() -> None:
    assert covered(ORDERS, NIGHTLY, SERVERS["from-afar"]).drills == ()


@pytest.mark.tells("mariadb", "replication")
def test_replicas() -> None:
    """The lag stands in the object. A replica with a stopped thread makes no progress, and tells no lag."""
    shop = World(ORDERS)
    assert shop.rows("replication_lag_seconds") == [
        (
            'replication_lag_seconds{source="mariadb",namespace="shop",replication="orders-1",'
            'persistentvolumeclaim=""} 3'
        )
    ]
    assert number(shop, "replication_state", replication="orders-1", state="healthy") == 1
    assert number(shop, "replication_state", replication="orders-2", state="broken") == 1
    assert number(shop, "replication_state", replication="orders-3", state="broken") == 1


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"secondsBehindMaster": 901}, "lagging"),
        ({"secondsBehindMaster": None}, "unknown"),
        ({"secondsBehindMaster": -1}, "unknown"),
        ({"secondsBehindMaster": 10**400}, "unknown"),
        ({"slaveIORunning": None}, "unknown"),
    ],
)
def test_state_of_a_replica(change: dict[str, Any], state: str) -> None:
    """Without a lag nobody knows that it is well; without an objective a quarter of an hour is borne."""
    shop = World(laid(ORDERS, status={"replication": {"replicas": {"orders-1": change}}}))
    assert number(shop, "replication_state", replication="orders-1", state=state) == 1


def test_a_suspended_operator_measures_nothing() -> None:
    """What stands in the object is of before: it would look well for ever."""
    shop = World(laid(ORDERS, spec={"suspend": True}))
    assert number(shop, "replication_state", replication="orders-1", state="unknown") == 1
    assert shop.rows("replication_lag_seconds") == []


def test_roles_alone_say_nothing() -> None:
    assert World(SERVERS["elderly"]).rows("replication_state") == []


def test_nothing_that_is_not_for_us() -> None:
    for obj in OBJECTS:
        assert b"not-for-us" not in msgspec.json.encode(read(SOURCE, obj))


def endures(obj: Any) -> None:
    """Beside all the others, the object is refused when decoded, or read, and what it says of claims is told."""
    survives(SOURCE, CLAIM, obj)
    try:
        records = read(SOURCE, obj)
    except msgspec.ValidationError:
        return
    facts = TableFacts([*RECORDS, *records])
    facts.put(core.SOURCE, stateful_set())
    assert SOURCE.cover
    for each in (CLAIM,):
        assert SOURCE.cover(each, facts, NoRolls()).source == "mariadb"


def test_null_anywhere() -> None:
    for where in places(OBJECTS):
        if where[1] not in NEEDED:
            endures(put(where, None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(places(OBJECTS)), GARBAGE)
def test_garbage_is_read_or_refused(where: Any, garbage: Any) -> None:
    endures(put(where, garbage))
