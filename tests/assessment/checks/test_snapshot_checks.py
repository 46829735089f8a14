"""Checks on snapshot classes and storage quotas: records in, what is said of each class, driver and namespace out."""

from typing import Any

import msgspec
import pytest

from holdfast.model.annotation import Exempt
from holdfast.model.capacity import Limit, Quota, QuotaResource
from holdfast.model.facts import DataSource, Fact
from holdfast.model.objective import Objective
from holdfast.model.policy import Policy
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent
from tests.assessment.checks.survey_cases import BUILTIN, DECLARED, claim, look, storage_class, volume
from tests.world import NOW

CLASS = "VolumeSnapshotClass daily"
DRIVER = "disks.example.com"
EXEMPT = msgspec.structs.replace(DECLARED, exempt=Exempt(reason="cache", until=None))


def snapshot(name: str = "shop/first", **fields: Any) -> Snapshot:
    namespace, _, short = name.partition("/")
    made = {
        "uid": f"uid-{name}",
        "created": NOW - 3600.0,
        "source_claim": "data",
        "source_content": "",
        "content": "content-1",
        "snapshot_class": "daily",
        "ready": True,
        "captured": NOW - 3600.0,
        "size": None,
        "error": False,
    }
    return Snapshot(namespace=namespace, name=short, **{**made, **fields})


def snapshot_class(policy: str = "Delete", driver: str = DRIVER) -> SnapshotClass:
    return SnapshotClass(name="daily", driver=driver, deletion_policy=policy, is_default=False)


def content(driver: str = DRIVER) -> SnapshotContent:
    return SnapshotContent(
        name="content-1",
        uid="",
        created=0.0,
        driver=driver,
        snapshot_class="daily",
        deletion_policy="Delete",
        snapshot=None,
        snapshot_uid="",
        volume_handle="",
        ready=True,
        captured=None,
        size=None,
    )


COUNTS = "deletionPolicy is Delete, and copies that count were cut through it: shop/first"
RESTORED = DataSource(group="snapshot.storage.k8s.io", kind="VolumeSnapshot", namespace="shop", name="first")


@pytest.mark.parametrize(
    ("facts", "objective", "why"),
    [
        ([snapshot()], DECLARED, COUNTS),
        ([snapshot()], BUILTIN, COUNTS),
        ([snapshot()], Objective(offsite=True), ""),
        ([snapshot()], Objective(application=True), ""),
        ([snapshot()], EXEMPT, ""),
        ([snapshot()], None, None),
        ([], DECLARED, ""),
        ([snapshot(snapshot_class=""), content()], DECLARED, COUNTS),
        ([snapshot(snapshot_class="")], DECLARED, ""),
        ([snapshot(snapshot_class="other")], DECLARED, ""),
        ([snapshot(ready=False)], DECLARED, ""),
        ([snapshot(ready=None)], DECLARED, ""),
        ([snapshot(deleting_since=NOW)], DECLARED, ""),
        ([snapshot(velero_backup="nightly")], DECLARED, ""),
        ([snapshot(created_by="volsync")], DECLARED, ""),
        ([snapshot(source_claim="")], DECLARED, ""),
        ([snapshot(source_claim="gone")], DECLARED, ""),
        ([snapshot(captured=NOW - 9e6)], DECLARED, ""),
        ([snapshot(captured=None)], DECLARED, COUNTS),
    ],
)
def test_snapshot_class_delete__copies_that_count_were_cut_through_it(
    facts: list[Fact], objective: Objective | None, why: str | None
) -> None:
    """Snapshots of the live claim that its objective accepts; what another tool removes again is no copy."""
    objectives = {"shop/data": objective} if objective else {}
    assert look("snapshot-class-delete", snapshot_class(), claim(), facts, objectives=objectives) == {
        CLASS: why
    }


def test_snapshot_class_delete__a_restored_claim_inherits_older_snapshots() -> None:
    """A claim that was made from the snapshot carries on the claim that it was cut from."""
    older = snapshot(captured=NOW - 9e6, created=NOW - 9e6)
    inherited = claim(data_source=RESTORED)
    told = look(
        "snapshot-class-delete", snapshot_class(), inherited, older, objectives={"shop/data": DECLARED}
    )
    assert told == {CLASS: COUNTS}


def test_snapshot_class_delete__retain_is_as_it_should_be() -> None:
    """Whether its claims were judged or not."""
    assert look("snapshot-class-delete", snapshot_class("Retain"), claim(), snapshot()) == {CLASS: ""}


def test_snapshot_class_delete__one_claim_that_was_not_judged_hides_no_other() -> None:
    """What is found is found."""
    facts = claim(), claim("shop/log"), snapshot(), snapshot("shop/second", source_claim="log")
    told = look("snapshot-class-delete", snapshot_class(), *facts, objectives={"shop/data": DECLARED})
    assert told == {CLASS: COUNTS}


@pytest.mark.parametrize(
    ("driver", "others", "found"),
    [
        ("ebs.csi.aws.com", [], True),
        ("ebs.csi.aws.com", [snapshot_class(driver="ebs.csi.aws.com")], False),
        ("ebs.csi.aws.com", [snapshot_class()], True),
        ("rook-ceph.rbd.csi.ceph.com", [], True),
        ("efs.csi.aws.com", [], False),
        (DRIVER, [], None),
        (DRIVER, [content()], True),
        (DRIVER, [content(), snapshot_class()], False),
        (DRIVER, [snapshot_class()], False),
        (DRIVER, [content("ebs.csi.aws.com")], None),
        ("efs.csi.aws.com", [content("efs.csi.aws.com")], True),
    ],
)
def test_no_snapshot_class__a_driver_that_can_snapshot(
    driver: str, others: list[Fact], found: bool | None
) -> None:
    """By a table, or because it has done so; of a driver that is in no table and never has, nothing is known."""
    why = look("no-snapshot-class", claim(), volume(csi_driver=driver), others)[f"CSIDriver {driver}"]
    assert (None if why is None else bool(why)) is found


def test_no_snapshot_class__names_the_claims() -> None:
    """Only drivers with claims are looked at."""
    cluster = claim(), volume(csi_driver="ebs.csi.aws.com"), claim("shop/log", volume="")
    unclaimed = (
        volume("pv-2", csi_driver="pd.csi.storage.gke.io"),
        volume("pv-3", csi_driver="", backing="nfs"),
    )
    assert look("no-snapshot-class", *cluster, *unclaimed, claim("shop/nfs", volume="pv-3")) == {
        "CSIDriver ebs.csi.aws.com": "it can snapshot and has no VolumeSnapshotClass; 1 claim of it: shop/data"
    }


SHOP = "Namespace shop"
NONE = "1 claim, and no ResourceQuota limits requests.storage"


def quota(
    resource: QuotaResource = "requests.storage", of: str = "", hard: int | None = 10, **fields: Any
) -> Quota:
    limit = Limit(resource=resource, storage_class=of, hard=hard, used=0)
    return Quota(**{"namespace": "shop", "name": "room", "limits": (limit,), **fields})


@pytest.mark.parametrize(
    ("quotas", "why"),
    [
        ([], NONE),
        ([quota()], ""),
        ([quota(of="fast")], ""),
        ([quota(of="slow")], f"{NONE} but of classes that none of them is of: slow"),
        ([quota(of="slow"), quota(of="fast", name="other")], ""),
        ([quota(hard=0)], ""),
        ([quota(hard=None)], None),
        ([quota(hard=None), quota(name="other")], ""),
        ([quota("persistentvolumeclaims")], NONE),
        ([quota("requests.ephemeral-storage")], NONE),
        ([quota(scoped=True)], NONE),
        ([quota(namespace="other")], NONE),
    ],
)
def test_no_storage_quota__neither_a_total_nor_one_of_a_class(quotas: list[Quota], why: str | None) -> None:
    """A limit on the number of claims limits no storage, and a scoped quota holds for some objects only."""
    assert look("no-storage-quota", claim(), quotas) == {SHOP: why}


def test_no_storage_quota__only_namespaces_with_claims_that_are_not_the_systems() -> None:
    """By the globs of the configuration."""
    claims = claim("kube-system/a"), claim("shop/a"), claim("shop/b")
    assert look("no-storage-quota", *claims) == {SHOP: NONE.replace("1 claim", "2 claims")}
    assert list(look("no-storage-quota", *claims, policy=Policy(system_namespaces=()))) == [
        "Namespace kube-system",
        SHOP,
    ]


def test_no_storage_quota__a_claim_that_waits_for_the_default_is_of_its_class() -> None:
    waits = claim(storage_class="", volume="")
    told = look("no-storage-quota", waits, storage_class(is_default=True), quota(of="fast"))
    assert told == {SHOP: ""}
