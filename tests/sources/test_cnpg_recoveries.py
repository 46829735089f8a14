"""The cnpg source: archived logs, clusters that were recovered, and replicas."""

from typing import Any

import msgspec
import pytest

from holdfast.model.protection import NOBODY, Coverage
from holdfast.model.replication import Replication
from holdfast.sources import csi_snapshot
from holdfast.sources.cnpg import SOURCE
from tests.sources.facts import NoRolls, TableFacts, read
from tests.sources.operator_cases import at, claim, covered, fixture, laid, number
from tests.world import NOW, World
from tests.world import claim as claim_object

CLUSTERS, BACKUPS = fixture(SOURCE, "clusters"), fixture(SOURCE, "backups")
PLANS, STORES = fixture(SOURCE, "schedules"), fixture(SOURCE, "stores")
RECOVERIES, REPLACED = fixture(SOURCE, "recoveries"), fixture(SOURCE, "replaced")["ledger"]
NIGHTLY = BACKUPS["orders-20261121020000"]
YOUNG = "2026-11-21T06:01:00Z"


def of(cluster: str, name: str = "") -> Any:
    return claim({"cnpg.io/cluster": cluster}, name or f"{cluster}-1")


def condition(kind: str, status: str, since: str) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": "x", "message": "", "lastTransitionTime": since}


def logs(coverage: Coverage) -> list[tuple[str, str, float]]:
    return [(copy.log, copy.placement, copy.captured) for copy in coverage.copies if copy.log]


def with_conditions(cluster: dict[str, Any], *conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    return laid(cluster, status={"conditions": list(conditions), **status})


def test_archived_logs_make_the_copy_current() -> None:
    labels = {"cnpg.io/cluster": "orders"}
    shop = World(claim_object("shop/orders-1", metadata={"labels": labels}), CLUSTERS["orders"], NIGHTLY)
    assert number(shop, "pvc_backup_timestamp_seconds") == NOW
    assert number(shop, "pvc_recovery_points") == 1


def test_logs_without_a_base_are_no_copy() -> None:
    bare = laid(
        CLUSTERS["orders"], status={"lastSuccessfulBackupByMethod": None, "lastSuccessfulBackup": None}
    )
    assert covered(SOURCE, of("orders"), bare).copies == ()


def test_logs_that_go_nowhere() -> None:
    """Without a place to archive to the condition is true all the same."""
    assert logs(covered(SOURCE, of("scratch"), CLUSTERS["scratch"], BACKUPS["cut"])) == []


def test_logs_by_a_plugin_that_only_takes_backups() -> None:
    plugin = laid(CLUSTERS["ledger"]["spec"]["plugins"][0], isWALArchiver=None)
    ledger = laid(CLUSTERS["ledger"], spec={"plugins": [plugin]})
    assert logs(covered(SOURCE, of("ledger"), ledger, STORES["bucket"])) == []


def test_broken_archiving() -> None:
    """The copy holds up to the moment at which archiving broke."""
    broken = with_conditions(
        CLUSTERS["orders"], condition("ContinuousArchiving", "False", "2026-11-21T09:00:00Z")
    )
    found = covered(SOURCE, of("orders"), broken, NIGHTLY)
    assert logs(found) == [("broken", "offsite", at("09:00:00"))]


def test_archiving_that_broke_before_the_base() -> None:
    broken = with_conditions(
        CLUSTERS["orders"], condition("ContinuousArchiving", "False", "2026-11-20T09:00:00Z")
    )
    assert logs(covered(SOURCE, of("orders"), broken, NIGHTLY)) == []


def test_archiving_needs_an_instance_that_is_ready() -> None:
    """The condition stays as it was when the last instance went: it holds up to that moment."""
    down = with_conditions(
        CLUSTERS["orders"],
        condition("ContinuousArchiving", "True", "2026-11-01T00:04:00Z"),
        condition("Ready", "False", "2026-11-21T10:00:00Z"),
        readyInstances=0,
    )
    assert logs(covered(SOURCE, of("orders"), down, NIGHTLY)) == [("broken", "offsite", at("10:00:00"))]


@pytest.mark.parametrize("status", ["Unknown", "", "Maybe"])
def test_archiving_of_which_nothing_is_known(status: str) -> None:
    odd = with_conditions(
        CLUSTERS["orders"], condition("ContinuousArchiving", status, "2026-11-21T09:00:00Z")
    )
    assert logs(covered(SOURCE, of("orders"), odd, NIGHTLY)) == []


def test_each_placement_has_its_own_base() -> None:
    """A younger snapshot on the same storage does not hide that the offsite copy is current as well."""
    facts = TableFacts()
    for obj in (CLUSTERS["orders"], NIGHTLY, laid(BACKUPS["cut"], spec={"cluster": {"name": "orders"}})):
        facts.put(SOURCE, obj)
    for name in ("cut", "cut-wal"):
        metadata = {"namespace": "shop", "name": name}
        snapshot = {"kind": "VolumeSnapshot", "metadata": metadata, "status": {"readyToUse": True}}
        facts.put(csi_snapshot.SOURCE, snapshot)
    assert SOURCE.cover
    assert [log[:2] for log in logs(SOURCE.cover(of("orders"), facts, NoRolls()))] == [
        ("running", "local"),
        ("running", "offsite"),
    ]


def test_plugin_logs_over_the_base_in_their_object_store() -> None:
    found = logs(covered(SOURCE, of("ledger"), CLUSTERS["ledger"], STORES["bucket"], PLANS["ledger"]))
    assert found == [("running", "offsite", at("04:00:00"))]


def test_plugin_logs_in_an_object_store_without_a_base() -> None:
    """A Backup tells of a base elsewhere: with logs that lie apart from it nothing can be restored up to now."""
    window = {"ledger": {"lastFailedBackupTime": "2026-11-21T05:00:00Z"}}
    empty = laid(STORES["bucket"], status={"serverRecoveryWindow": None})
    empty = laid(empty, status={"serverRecoveryWindow": window})
    backup = BACKUPS["ledger-20261121040000"]
    assert logs(covered(SOURCE, of("ledger"), CLUSTERS["ledger"], empty, backup)) == []


@pytest.mark.tells("cnpg", "drill")
def test_recovery_from_a_backup() -> None:
    """A cluster that was filled from a Backup and came up proves the restore of the backed-up cluster's claims."""
    labels = {"cnpg.io/cluster": "orders"}
    drilled = claim_object(
        "shop/orders-1",
        metadata={"labels": labels, "annotations": {"holdfast.dev/restore-drill-every": "30d"}},
    )
    shop = World(drilled, CLUSTERS["orders"], NIGHTLY, RECOVERIES["from-backup"])
    assert number(shop, "pvc_restore_drill_state", state="passed") == 1
    assert number(shop, "pvc_restore_drill_age_seconds", source="cnpg") == NOW - at("09:11:00")
    assert number(shop, "pvc_restore_drill_duration_seconds") == 660
    assert number(shop, "pvc_restore_drill_point_age_seconds") == at("09:11:00") - at("02:00:05")


def test_recovery_that_goes_on() -> None:
    assert (
        covered(SOURCE, of("orders"), CLUSTERS["orders"], NIGHTLY, RECOVERIES["still-recovering"]).drills
        == ()
    )


def test_recovery_from_an_archive_in_another_namespace() -> None:
    """The same place in the object store and the same server: whose data it is is told by these."""
    (drill,) = covered(SOURCE, of("orders"), CLUSTERS["orders"], RECOVERIES["from-archive"]).drills
    assert (drill.started, drill.ended, drill.point) == (at("09:00:00"), at("09:20:00"), at("08:30:00"))


@pytest.mark.parametrize("change", ["destinationPath", "endpointURL", "serverName"])
def test_recovery_from_another_archive(change: str) -> None:
    store = RECOVERIES["from-archive"]["spec"]["externalClusters"][0]["barmanObjectStore"]
    other = [{"name": "orders", "barmanObjectStore": {**store, change: "https://elsewhere"}}]
    recovery = laid(RECOVERIES["from-archive"], spec={"externalClusters": other})
    assert covered(SOURCE, of("orders"), CLUSTERS["orders"], recovery).drills == ()


def test_recovery_by_the_plugin_in_another_namespace() -> None:
    """Two ObjectStores name one place. Up to when logs were replayed is not told."""
    objects = (CLUSTERS["ledger"], STORES["bucket"], STORES["shop-bucket"], RECOVERIES["from-store"])
    (drill,) = covered(SOURCE, of("ledger"), *objects).drills
    assert (drill.ended, drill.point) == (at("09:20:00"), None)


def test_recovery_from_volume_snapshots() -> None:
    """A Backup names its snapshots, and so tells of which cluster they are."""
    facts = TableFacts()
    for obj in (CLUSTERS["scratch"], BACKUPS["cut"], RECOVERIES["from-snapshots"]):
        facts.put(SOURCE, obj)
    facts.put(
        csi_snapshot.SOURCE,
        {
            "kind": "VolumeSnapshot",
            "metadata": {"namespace": "shop", "name": "cut"},
            "status": {"readyToUse": True, "creationTime": "2026-11-21T03:00:12Z"},
        },
    )
    assert SOURCE.cover
    (drill,) = SOURCE.cover(of("scratch"), facts, NoRolls()).drills
    assert (drill.ended, drill.point) == (at("09:05:00"), at("03:00:12"))


def test_a_recovered_cluster_is_no_drill_of_its_own_claims() -> None:
    assert covered(SOURCE, of("from-backup"), NIGHTLY, RECOVERIES["from-backup"]).drills == ()


def test_a_cluster_made_again_under_its_name_inherits() -> None:
    """Its claims have the backups of the one it replaces, and the restore counts; its logs have no base yet."""
    young = msgspec.structs.replace(of("ledger"), created=at(YOUNG))
    found = covered(SOURCE, young, REPLACED, STORES["bucket"], BACKUPS["ledger-20261121040000"])
    assert [(copy.captured, copy.claim_uid, copy.log) for copy in found.copies] == [
        (at("04:00:01"), "uid-ledger-1", "")
    ]
    assert [drill.ended for drill in found.drills] == [at("06:20:00")]


def test_a_cluster_made_again_from_a_backup_inherits() -> None:
    bootstrap = {"recovery": {"backup": {"name": "ledger-20261121040000"}, "source": None}}
    again = laid(REPLACED, spec={"bootstrap": bootstrap})
    young = msgspec.structs.replace(of("ledger"), created=at(YOUNG))
    (copy,) = covered(SOURCE, young, again, STORES["bucket"], BACKUPS["ledger-20261121040000"]).copies
    assert copy.claim_uid == "uid-ledger-1"


def test_a_cluster_recovered_from_another_inherits_nothing() -> None:
    """A backup under its name from before is of an earlier cluster."""
    bootstrap = {"recovery": {"backup": {"name": "orders-20261121020000"}, "source": None}}
    again = laid(REPLACED, spec={"bootstrap": bootstrap})
    young = msgspec.structs.replace(of("ledger"), created=at(YOUNG))
    copies = covered(SOURCE, young, again, NIGHTLY, BACKUPS["ledger-20261121040000"]).copies
    assert [copy.claim_uid for copy in copies] == [NOBODY]


def replication(cluster: dict[str, Any]) -> list[tuple[str, str]]:
    found = [record for record in read(SOURCE, cluster) if isinstance(record, Replication)]
    assert all(each.lag is None and each.point is None for each in found)
    return [(each.id.name, each.health) for each in found]


@pytest.mark.tells("cnpg", "replication")
def test_replicas() -> None:
    """How far a replica is behind is in no object; whether all instances are ready is."""
    shop = World(CLUSTERS["orders"], CLUSTERS["ledger"])
    assert number(shop, "replication_state", replication="orders", state="healthy") == 1
    assert number(shop, "replication_state", replication="ledger", state="degraded") == 1
    assert shop.rows("replication_lag_seconds") == []


@pytest.mark.parametrize(
    ("status", "health"), [({"readyInstances": 0}, "broken"), ({"readyInstances": None}, "unknown")]
)
def test_replicas_without_an_instance(status: dict[str, Any], health: str) -> None:
    assert replication(laid(CLUSTERS["orders"], status=status)) == [("orders", health)]


def test_a_hibernated_cluster_replicates_nothing_on_purpose() -> None:
    assert replication(CLUSTERS["asleep"]) == [("asleep", "paused")]


def test_a_single_instance_replicates_nothing() -> None:
    assert replication(CLUSTERS["scratch"]) == []


def test_a_replica_cluster() -> None:
    """That it is up does not tell that it follows its source."""
    assert replication(CLUSTERS["orders-west"]) == [("orders-west/orders", "unknown")]
    down = laid(CLUSTERS["orders-west"], status={"readyInstances": 0})
    assert replication(down) == [("orders-west/orders", "broken")]


@pytest.mark.parametrize("change", [{"enabled": False}, {"primary": "orders-west"}, {"primary": None}])
def test_a_replica_cluster_that_leads(change: dict[str, Any]) -> None:
    assert replication(laid(CLUSTERS["orders-west"], spec={"replica": change})) == []
