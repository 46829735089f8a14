"""The go-live checklist over all layers: objects of a cluster in, ``holdfast_checklist_state`` out, and what changes it."""

from pathlib import Path
from typing import Any

import pytest

from holdfast.history.memory import Memory
from holdfast.model.checklist import ITEMS, ItemState
from holdfast.model.observation import Observation
from holdfast.model.policy import Policy
from tests.world import NOW, World, claim, laid_over, pod, policy

Object = dict[str, Any]


def named(kind: str, api: str, name: str, **fields: Any) -> Object:
    namespace, slash, short = name.rpartition("/")
    metadata = {"name": short, "uid": f"uid-{kind}-{name}", "creationTimestamp": "2026-11-01T00:00:00Z"}
    made = {
        "apiVersion": api,
        "kind": kind,
        "metadata": metadata | ({"namespace": namespace} if slash else {}),
    }
    return laid_over(made, fields)


def storage_class(name: str = "fast", **fields: Any) -> Object:
    """The default class, in whose use nothing is found."""
    marked = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    made = {
        "metadata": marked,
        "provisioner": "disks.example.com",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }
    return named("StorageClass", "storage.k8s.io/v1", name, **laid_over(made, fields))


def deployment(name: str = "shop/web", **fields: Any) -> Object:
    """Two replicas of one ReadWriteOnce claim."""
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    made = {"spec": {"replicas": 2, "template": {"spec": {"volumes": volumes}}}}
    return named("Deployment", "apps/v1", name, **laid_over(made, fields))


def quota(namespace: str = "shop") -> Object:
    hard = {"requests.storage": "100Gi"}
    return named(
        "ResourceQuota", "v1", f"{namespace}/all", spec={"hard": hard}, status={"hard": hard, "used": {}}
    )


def ignoring(*checks: str) -> Object:
    return {"metadata": {"annotations": {"holdfast.dev/ignore": ",".join(checks)}}}


def states(world: World, namespace: str = "shop") -> dict[str, ItemState]:
    told: dict[str, ItemState] = {}
    for name, checklist in world.engine.surveys.checklists.judged.items():
        if name == namespace:
            told = {item.item: item.state for item in checklist.items}
    rows = {
        f'checklist_state{{namespace="{namespace}",item="{item}",state="{state}"}} 1'
        for item, state in told.items()
    }
    published = {row for row in world.rows("checklist_state") if f'namespace="{namespace}"' in row}
    assert published == rows, "what is published is what was judged, and nothing else"
    return told


def test_each_item_of_a_namespace_publishes_the_state_in_force_alone() -> None:
    world = World(claim(), storage_class(), quota())
    assert states(world) == {
        "storage-approach": "pass",
        "class-fits": "unknown",  # whether disks of this driver are encrypted is not known
        "access-mode": "pass",
        "statefulset": "pass",
        "reclaim-retain": "pass",
        "reattach-timed": "unknown",
        "topology": "unknown",  # nor its volume
        "backup-consistency": "fail",
        "rpo-rto": "fail",
        "restore-drill": "fail",
        "capacity-monitored": "not_applicable",
        "classes-standardised": "pass",
        "self-service": "pass",
    }


def test_a_namespace_without_claims_is_not_applicable_until_its_first_claim_comes() -> None:
    world = World(named("Namespace", "v1", "docs"), claim(), storage_class())
    assert states(world, "docs") == dict.fromkeys(ITEMS, "not_applicable")
    world.put(claim("docs/data"))
    world.judge()
    assert "not_applicable" not in {*states(world, "docs").values()} - {
        states(world, "docs")["capacity-monitored"]
    }
    world.drop(claim("docs/data"))
    world.judge()
    assert states(world, "docs") == dict.fromkeys(ITEMS, "not_applicable")


def test_a_namespace_that_goes_takes_its_rows_with_it() -> None:
    world = World(named("Namespace", "v1", "docs"), claim(), storage_class())
    world.drop(named("Namespace", "v1", "docs"))
    world.judge()
    assert states(world, "docs") == {}


def test_a_finding_fails_its_items_until_it_is_gone() -> None:
    world = World(claim(), storage_class(), deployment())
    assert (states(world)["access-mode"], states(world)["statefulset"]) == ("fail", "fail")
    world.put(deployment(spec={"replicas": 1, "strategy": {"type": "Recreate"}}))
    world.judge()
    assert (states(world)["access-mode"], states(world)["statefulset"]) == ("pass", "pass")


def test_an_ignored_finding_does_not_fail_its_item() -> None:
    world = World(claim(), storage_class(), deployment(**ignoring("deployment-rwo")))
    assert states(world)["access-mode"] == "pass"


def test_a_check_that_is_off_makes_its_item_unknown() -> None:
    off = Policy(checks_off=frozenset({"deployment-rwo"}))
    world = World(claim(), storage_class(), deployment(), policy=off)
    assert states(world)["access-mode"] == "unknown"


def test_a_kind_out_of_sight_makes_the_items_that_read_it_unknown() -> None:
    world = World(claim(), storage_class(), states={("core", "Deployment"): "forbidden"})
    assert (states(world)["access-mode"], states(world)["statefulset"]) == ("unknown", "unknown")


def test_a_namespace_without_a_quota_is_no_fault_of_another() -> None:
    world = World(claim(), claim("docs/data"), storage_class(), quota("docs"))
    assert (states(world)["self-service"], states(world, "docs")["self-service"]) == ("fail", "pass")


def test_a_class_fails_the_namespaces_whose_claims_it_has() -> None:
    """That there are two defaults is everybody's business."""
    world = World(
        claim(),
        claim("docs/data", spec={"storageClassName": "rigid"}),
        storage_class(),
        storage_class("rigid", allowVolumeExpansion=False),
    )
    assert (states(world)["class-fits"], states(world, "docs")["class-fits"]) == ("unknown", "fail")
    assert {states(world, name)["classes-standardised"] for name in ("shop", "docs")} == {"fail"}


def test_a_volume_that_nobody_claims_fails_no_namespace(tmp_path: Path) -> None:
    """Its finding stands on the volume, which is of no namespace."""
    kept = policy(
        "tiers: [{name: gold, match: {storageClasses: [fast]}, rpo: 1h, reclaimPolicy: Retain}]\n", tmp_path
    )
    spec = {
        "storageClassName": "fast",
        "capacity": {"storage": "1Gi"},
        "persistentVolumeReclaimPolicy": "Delete",
        "csi": {"driver": "disks.example.com", "volumeHandle": "h"},
        "claimRef": {"namespace": "docs", "name": "lost", "uid": "uid-lost"},
    }
    left = named("PersistentVolume", "v1", "pv-left", spec=spec, status={"phase": "Released"})
    plain = named(
        "PersistentVolume",
        "v1",
        "pv-shop-data",
        spec=spec
        | {
            "persistentVolumeReclaimPolicy": "Retain",
            "claimRef": {"namespace": "shop", "name": "data", "uid": "uid-shop-data"},
        },
        status={"phase": "Bound"},
    )
    world = World(claim(), plain, left, storage_class(), policy=kept)
    assert any('check="reclaim-delete",kind="PersistentVolume"' in row for row in world.rows("finding"))
    assert states(world)["reclaim-retain"] == "pass"


@pytest.mark.parametrize(("seconds", "state"), [("30.000", "pass"), ("900.000", "fail")])
def test_a_move_that_was_watched_is_held_against_the_rto(seconds: str, state: str) -> None:
    """Remembered by the claim's uid: one that is made anew has not moved."""
    memory = Memory([Observation("reattach", "uid-shop-data", NOW - 3600, seconds)])
    asked: dict[str, Any] = {"metadata": {"annotations": {"holdfast.dev/rto": "10m"}}}
    world = World(claim(**asked), storage_class(), memory=memory)
    assert states(world)["reattach-timed"] == state
    anew = {"metadata": {"uid": "uid-anew", "creationTimestamp": "2026-11-21T11:00:00Z"}}
    world.put(claim(**laid_over(asked, anew)))
    world.judge()
    assert states(world)["reattach-timed"] == "unknown"


def test_exempt_claims_are_asked_for_no_copy() -> None:
    kept: dict[str, Any] = {"metadata": {"annotations": {"holdfast.dev/exempt": "rebuilt from source"}}}
    told = states(World(claim(**kept), storage_class(), pod("shop/web-0", "data")))
    assert {told[item] for item in ("backup-consistency", "rpo-rto", "restore-drill")} == {"not_applicable"}
    assert told["storage-approach"] == "fail"  # a bare pod is one all the same
