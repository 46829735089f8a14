"""The cnpg source: what CloudNativePG's objects say of the copies and the plans of a cluster's claims."""

from collections.abc import Collection
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.facts import Fact
from holdfast.model.feed import FeedState
from holdfast.model.identity import Owner
from holdfast.model.protection import Copy
from holdfast.model.snapshots import Snapshot
from holdfast.sources import csi_snapshot
from holdfast.sources.cnpg import SOURCE
from holdfast.sources.cnpg.read import read_six_fields
from holdfast.sources.runs.records import Run
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import NoRolls, TableFacts, read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

CLUSTERS, BACKUPS = fixture(SOURCE, "clusters"), fixture(SOURCE, "backups")
PLANS, STORES = fixture(SOURCE, "schedules"), fixture(SOURCE, "stores")
NIGHTLY = BACKUPS["orders-20261121020000"]


def labels(cluster: str, role: str = "PG_DATA") -> dict[str, str]:
    return {"cnpg.io/cluster": cluster, "cnpg.io/pvcRole": role}


def of(cluster: str) -> Any:
    return claim(labels(cluster), f"{cluster}-1")


def world(cluster: str, *objects: dict[str, Any]) -> World:
    return World(claim_object(f"shop/{cluster}-1", metadata={"labels": labels(cluster)}), *objects)


def without_logs(cluster: dict[str, Any]) -> dict[str, Any]:
    return laid(cluster, status={"conditions": None})


def no_copies_of(name: str) -> list[str]:
    """The causes of the misses where a backup is no copy."""
    coverage = covered(SOURCE, of("orders"), BACKUPS[name])
    assert coverage.copies == ()
    return [miss.cause for miss in coverage.misses]


@pytest.mark.tells("cnpg", "age", "schedule", "result")
def test_backup_of_a_schedule() -> None:
    """A completed Backup is an offsite copy as of its start, and a success of its ScheduledBackup."""
    shop = world("orders", without_logs(CLUSTERS["orders"]), NIGHTLY, PLANS["orders"])
    assert shop.rows("pvc_backup_timestamp_seconds", "pvc_recovery_points", "pvc_schedule_info") == [
        (
            'pvc_schedule_info{namespace="shop",persistentvolumeclaim="orders-1",source="cnpg",'
            'schedule_namespace="shop",schedule="orders",target=""} 1'
        ),
        (
            'pvc_backup_timestamp_seconds{namespace="shop",persistentvolumeclaim="orders-1",source="cnpg",'
            f'placement="offsite",consistency="application"}} {at("02:00:05"):.0f}'
        ),
        'pvc_recovery_points{namespace="shop",persistentvolumeclaim="orders-1",source="cnpg"} 1',
    ]
    assert number(shop, "backup_schedule_last_duration_seconds", schedule="orders") == 595
    assert number(shop, "backup_schedule_last_result", schedule="orders", result="success") == 1


def test_six_fields() -> None:
    """Seconds come first, so that this runs once a day."""
    shop = world("orders", CLUSTERS["orders"], NIGHTLY, PLANS["orders"])
    assert number(shop, "backup_schedule_next_run_timestamp_seconds") == at("2026-11-22T02:00:00Z")
    assert number(shop, "backup_schedule_missed_runs") == 0


def test_five_fields() -> None:
    """Of five fields the day of the week was left out: second 0 of minute 2 of every hour."""
    shop = world("orders", CLUSTERS["orders"], PLANS["five-fields"])
    assert number(shop, "backup_schedule_next_run_timestamp_seconds") == at("12:02:00")


@pytest.mark.parametrize(
    ("written", "text", "timezone", "valid"),
    [
        ("0 0 2 * * *", "0 0 2 * * *", "", True),
        ("TZ=Europe/Berlin 0 0 2 * * 1", "0 0 2 * * 1", "Europe/Berlin", True),
        ("@daily", "@daily", "", True),
        ("@every 6h", "@every 6h", "", True),
        ("0 2 * *", "0 2 * *", "", False),
        ("", "", "", False),
        ("TZ=Nowhere/Land 0 0 2 * * *", "0 0 2 * * *", "Nowhere/Land", False),
    ],
)
def test_crons_of_the_operator(written: str, text: str, timezone: str, valid: bool) -> None:
    assert read_six_fields(written) == (text, timezone, valid)


@given(st.text(max_size=40))
def test_any_text_is_a_cron_or_none(written: str) -> None:
    cron = read_six_fields(written)
    assert not cron.valid or cron.text.startswith("@") or len(cron.text.split()) == 6


@pytest.mark.parametrize(("plan", "gap"), [("suspended", "paused"), ("no-cron", "invalid")])
def test_plans_that_make_nothing(plan: str, gap: str) -> None:
    cluster = PLANS[plan]["spec"]["cluster"]["name"]
    assert [cover.gap for cover in covered(SOURCE, of(cluster), PLANS[plan]).covers] == [gap]


@pytest.mark.parametrize("name", ["failed", "invalid"])
def test_failures(name: str) -> None:
    assert no_copies_of(name) == ["failed"]


@pytest.mark.parametrize(
    "name",
    ["running", "waiting-for-the-archive", "not-looked-at-yet", "of-a-later-operator", "being-deleted"],
)
def test_neither_copy_nor_failure(name: str) -> None:
    """A backup that is under way, unknown to us or going is no copy, and nothing has failed."""
    assert no_copies_of(name) == []


def test_unknown_phase() -> None:
    """A phase that is not known is told as it is written, cut to a bounded length."""
    (run,) = read(SOURCE, laid(BACKUPS["of-a-later-operator"], status={"phase": "v" * 100}))
    assert isinstance(run, Run)
    assert (run.outcome, run.strange_word()) == ("unknown", "v" * 60)


def test_a_running_backup_leaves_the_last_result() -> None:
    shop = world("orders", CLUSTERS["orders"], NIGHTLY, BACKUPS["running"], PLANS["orders"])
    assert number(shop, "backup_schedule_last_result", schedule="orders", result="success") == 1
    assert number(shop, "backup_running_seconds", schedule="orders") == 3598


def test_an_older_operator_tells_the_same() -> None:
    (copy,) = covered(SOURCE, of("orders"), BACKUPS["by-an-older-operator"]).copies
    assert (copy.captured, copy.placement) == (at("2026-11-20T02:00:05Z"), "offsite")


@pytest.mark.parametrize("role", ["PG_DATA", "PG_WAL", "PG_TABLESPACE"])
def test_every_claim_of_the_cluster_is_in_its_backup(role: str) -> None:
    """Also that of a replica which was made after the backup: the backup is the cluster's."""
    new = msgspec.structs.replace(claim(labels("orders", role), "orders-9"), created=at("10:00:00"))
    (copy,) = covered(SOURCE, new, without_logs(CLUSTERS["orders"]), NIGHTLY, PLANS["orders"]).copies
    assert copy.claim_uid == "uid-orders-9"


def test_a_backup_of_an_earlier_cluster_of_that_name_does_not_count() -> None:
    new = laid(without_logs(CLUSTERS["orders"]), metadata={"creationTimestamp": "2026-11-21T06:00:00Z"})
    claims = claim_object(
        "shop/orders-1", metadata={"labels": labels("orders"), "creationTimestamp": "2026-11-21T06:01:00Z"}
    )
    shop = World(claims, laid(new, status={"lastSuccessfulBackupByMethod": None}), NIGHTLY)
    assert shop.rows("pvc_backup_timestamp_seconds") == []


def test_a_claim_that_is_older_than_its_cluster_does_not_have_the_backups_of_an_earlier_one() -> None:
    """Not those of which a Backup tells, nor those that the cluster remembers."""
    new = laid(CLUSTERS["orders"], metadata={"creationTimestamp": "2026-11-21T06:00:00Z"})
    shop = world("orders", new, NIGHTLY, PLANS["orders"])
    assert shop.rows("pvc_backup_timestamp_seconds") == []
    assert shop.claim("shop/orders-1").protection.state != "protected"
    remembering = world("orders", new, PLANS["orders"])
    assert remembering.rows("pvc_backup_timestamp_seconds") == []


def test_a_claim_that_its_cluster_has_adopted_brings_its_backups() -> None:
    """It outlived an earlier cluster, and the new one owns it now, with its data."""
    metadata = {"creationTimestamp": "2026-11-21T06:00:00Z", "uid": "uid-again"}
    new = laid(without_logs(CLUSTERS["orders"]), metadata=metadata)
    owner = Owner("postgresql.cnpg.io/v1", "Cluster", "orders", "uid-again")
    adopted = msgspec.structs.replace(of("orders"), owner=owner)
    assert [copy.claim_uid for copy in covered(SOURCE, adopted, new, NIGHTLY).copies] == [adopted.uid]


def test_a_success_that_no_backup_tells_of_any_more() -> None:
    """The cluster remembers when it ended: its data is as old as the planned start before that."""
    orders = without_logs(CLUSTERS["orders"])
    (copy,) = covered(SOURCE, of("orders"), orders, PLANS["orders"]).copies
    assert (copy.captured, copy.evidence.kind) == (at("02:00:00"), "Cluster.postgresql.cnpg.io")
    (planless,) = covered(SOURCE, of("orders"), orders).copies
    assert planless.captured == at("02:10:00")


def test_a_success_is_counted_once() -> None:
    """The cluster remembers what a Backup still tells."""
    copies = covered(SOURCE, of("orders"), without_logs(CLUSTERS["orders"]), NIGHTLY, PLANS["orders"]).copies
    assert [copy.evidence.name for copy in copies] == ["orders-20261121020000"]


def test_one_time_for_all_methods() -> None:
    """What 1.21 wrote is read as well."""
    (copy,) = covered(SOURCE, of("elderly"), CLUSTERS["elderly"]).copies
    assert (copy.captured, copy.placement) == (at("02:10:00"), "offsite")


def snapshot_copies(*snapshots: str, unseen: Collection[type[Fact]] = ()) -> list[Copy]:
    """The copies of a cluster that is backed up by snapshots, with those of that name still there."""
    facts = TableFacts(unseen=unseen)
    facts.put(SOURCE, BACKUPS["cut"])
    facts.put(SOURCE, CLUSTERS["scratch"])
    for name in snapshots:
        metadata = {"namespace": "shop", "name": name}
        snapshot = {"kind": "VolumeSnapshot", "metadata": metadata, "status": {"readyToUse": True}}
        facts.put(csi_snapshot.SOURCE, snapshot)
    assert SOURCE.cover
    return list(SOURCE.cover(of("scratch"), facts, NoRolls()).copies)


def test_volume_snapshots_are_local() -> None:
    (copy,) = snapshot_copies("cut", "cut-wal")
    assert (copy.placement, copy.consistency, copy.ready) == ("local", "application", True)


def test_a_remembered_snapshot_is_no_copy() -> None:
    """The cluster remembers the success for ever; without its Backup nobody knows whether the snapshots are still there."""
    assert covered(SOURCE, of("scratch"), CLUSTERS["scratch"]).copies == ()


def test_a_snapshot_backup_that_names_no_snapshot() -> None:
    """Nothing is known from which it could be restored."""
    bare = laid(BACKUPS["cut"], status={"snapshotBackupStatus": None})
    (copy,) = covered(SOURCE, of("scratch"), CLUSTERS["scratch"], bare).copies
    assert not copy.ready


def test_a_backup_whose_snapshots_somebody_deleted() -> None:
    """The Backup stays completed, and can no longer be restored."""
    assert [copy.ready for copy in snapshot_copies("cut")] == [False]


def test_a_backup_whose_snapshots_cannot_be_seen() -> None:
    """That they are still there is then told by nothing, and no log over them is either."""
    assert [(copy.ready, copy.log) for copy in snapshot_copies(unseen=[Snapshot])] == [(False, "")]
    seen = snapshot_copies("cut", "cut-wal", unseen=[Snapshot])
    assert [copy.ready for copy in seen] == [True]


@pytest.mark.parametrize(("feeds", "state"), [("out_of_scope", "late"), ("forbidden", "unknown")])
def test_a_backup_whose_snapshots_cannot_be_seen_protects_nothing(feeds: FeedState, state: str) -> None:
    """Whether a folder holds no snapshots, or nobody may look at those of a cluster."""
    states = {feed.id: feeds for feed in csi_snapshot.SOURCE.feeds}
    made = claim_object("shop/scratch-1", metadata={"labels": labels("scratch")})
    shop = World(made, CLUSTERS["scratch"], BACKUPS["cut"], states=states)
    assert shop.claim("shop/scratch-1").protection.state == state


@pytest.mark.tells("cnpg", "target")
def test_plugin_backups_lie_in_an_object_store() -> None:
    """The plugin's copies and plans name the ObjectStore of their cluster, whose availability nobody checks."""
    ledger, store = without_logs(CLUSTERS["ledger"]), STORES["bucket"]
    shop = world("ledger", ledger, store, BACKUPS["ledger-20261121040000"], PLANS["ledger"])
    assert number(shop, "pvc_schedule_info", schedule="ledger", target="bucket") == 1
    assert number(shop, "backup_schedule_info", schedule="ledger", target="bucket") == 1
    copies = covered(SOURCE, of("ledger"), ledger, store, BACKUPS["ledger-20261121040000"]).copies
    assert [copy.target for copy in copies] == [("cnpg", "shop", "bucket")]
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("04:00:01")


def test_an_object_store_remembers_what_its_clusters_do_not() -> None:
    """No Backup is left, and the cluster itself is never told of the plugin's."""
    ledger = without_logs(CLUSTERS["ledger"])
    (copy,) = covered(SOURCE, of("ledger"), ledger, STORES["bucket"], PLANS["ledger"]).copies
    assert (copy.captured, copy.placement, copy.target) == (
        at("04:00:00"),
        "offsite",
        ("cnpg", "shop", "bucket"),
    )


def test_an_object_store_that_learns_of_a_backup() -> None:
    """Nothing else of it changes, and the claims of its clusters are judged again."""
    empty = laid(STORES["bucket"], status={"serverRecoveryWindow": {"ledger": None}})
    shop = world("ledger", without_logs(CLUSTERS["ledger"]), empty, PLANS["ledger"])
    assert shop.rows("pvc_backup_timestamp_seconds") == []
    shop.put(STORES["bucket"])
    shop.judge()
    assert number(shop, "pvc_backup_timestamp_seconds") == at("04:00:00")


def test_an_object_store_of_several_clusters() -> None:
    """Each has a window of its own, by the server's name; a failure alone is no copy."""
    parameters = {"barmanObjectName": "bucket", "serverName": "stock"}
    plugin = {"name": "barman-cloud.cloudnative-pg.io", "parameters": parameters}
    stock = laid(without_logs(CLUSTERS["ledger"]), spec={"plugins": [plugin]})
    assert covered(SOURCE, of("ledger"), stock, STORES["bucket"]).copies == ()


def test_the_plugin_that_is_switched_off_is_not_asked() -> None:
    plugin = laid(CLUSTERS["ledger"]["spec"]["plugins"][0], enabled=False)
    off = laid(CLUSTERS["ledger"], spec={"plugins": [plugin]})
    assert covered(SOURCE, of("ledger"), off, STORES["bucket"]).copies == ()


def test_an_object_store_that_is_gone_holds_no_copy() -> None:
    """Its cluster still names it: what lay there cannot be restored by way of it."""
    shop = world("ledger", without_logs(CLUSTERS["ledger"]), BACKUPS["ledger-20261121040000"])
    assert shop.claim("shop/ledger-1").protection.state != "protected"


def test_where_an_unknown_plugin_puts_things_may_be_near() -> None:
    (copy,) = covered(SOURCE, of("ledger"), BACKUPS["by-another-plugin"]).copies
    assert copy.placement == "local"


def test_a_claim_of_no_cluster() -> None:
    coverage = covered(SOURCE, claim({}), CLUSTERS["orders"], NIGHTLY, PLANS["orders"])
    assert (coverage.copies, coverage.covers, coverage.misses) == ((), (), ())


def test_nothing_that_is_not_for_us() -> None:
    """Neither secrets nor messages are read."""
    for obj in all_of(SOURCE):
        assert b"not-for-us" not in msgspec.json.encode(read(SOURCE, obj))


OBJECTS = all_of(SOURCE)
RECORDS = [record for obj in OBJECTS for record in read(SOURCE, obj)]


def endures(obj: Any) -> None:
    """Beside all the others, the object is refused when decoded, or read, and what it says of claims is told."""
    survives(SOURCE, of("orders"), obj)
    try:
        records = read(SOURCE, obj)
    except msgspec.ValidationError:
        return
    facts = TableFacts([*RECORDS, *records])
    assert SOURCE.cover
    for each in (of("orders"), of("ledger"), of("scratch")):
        assert SOURCE.cover(each, facts, NoRolls()).source == "cnpg"


def test_null_anywhere() -> None:
    for where in places(OBJECTS):
        if where[1] not in NEEDED:
            endures(put(where, None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(places(OBJECTS)), GARBAGE)
def test_garbage_is_read_or_refused(where: Any, garbage: Any) -> None:
    endures(put(where, garbage))
