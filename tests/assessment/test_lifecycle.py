"""What waits, what is stuck, and what has lost what it stood on."""

from typing import Any

import pytest

from tests.world import NOW, World, claim, labelled, laid_over, pod

MADE = "2026-11-21T11:00:00Z"


def pending(**spec: Any) -> dict[str, Any]:
    return claim(
        metadata={"creationTimestamp": MADE},
        spec={"volumeName": None, **spec},
        status={"phase": "Pending", "capacity": None},
    )


def storage_class(
    name: str = "fast", mode: str = "Immediate", provisioner: str = "ebs.csi.aws.com"
) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": provisioner,
        "volumeBindingMode": mode,
    }


def volume(
    name: str = "pv-shop-data", phase: str = "Bound", claim: str = "data", **fields: Any
) -> dict[str, Any]:
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "uid": name, "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {
            "capacity": {"storage": "10Gi"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "fast",
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"},
            "claimRef": {"namespace": "shop", "name": claim, "uid": f"uid-shop-{claim}"},
        },
        "status": {"phase": phase, "lastPhaseTransitionTime": "2026-11-20T12:00:00Z"},
    }
    return laid_over(made, fields)


@pytest.mark.parametrize(
    ("waiting", "others", "reason"),
    [
        (pending(), [storage_class()], "waiting-for-provisioner"),
        (pending(), [storage_class(mode="WaitForFirstConsumer")], "waiting-for-first-consumer"),
        (
            pending(),
            [storage_class(mode="WaitForFirstConsumer"), pod("shop/web-0", "data", phase="Pending")],
            "waiting-for-provisioner",
        ),
        (pending(), [storage_class("other")], "class-missing"),
        (pending(storageClassName=None), [storage_class()], "no-class"),
        (pending(volumeName="pv-1"), [volume("pv-2")], "volume-missing"),
        (pending(), [storage_class(provisioner="kubernetes.io/no-provisioner")], "waiting-for-volume"),
    ],
)
def test_why_a_claim_is_pending(waiting: dict[str, Any], others: list[dict[str, Any]], reason: str) -> None:
    """Waiting for a first consumer without one is its own reason, and no alarm."""
    rows = World(waiting, *others).rows("pvc_pending_seconds")
    assert rows == [
        f'pvc_pending_seconds{{namespace="shop",persistentvolumeclaim="data",reason="{reason}"}} 3600'
    ]


def test_a_class_that_cannot_be_seen_is_not_missing() -> None:
    """Where classes are denied to us, nothing is said of them."""
    world = World(pending(), states={("core", "StorageClass"): "forbidden"})
    assert labelled(world.rows("pvc_pending_seconds"), "reason") == ["waiting-for-provisioner"]


@pytest.mark.parametrize(
    ("finalizers", "pods", "reason"),
    [
        (["kubernetes.io/pvc-protection"], [pod("shop/web-0", "data")], "in-use"),
        (["snapshot.storage.kubernetes.io/pvc-as-source-protection"], [], "snapshot-in-progress"),
        (["example.com/keep"], [], "finalizer"),
    ],
)
def test_why_a_claim_does_not_go(finalizers: list[str], pods: list[dict[str, Any]], reason: str) -> None:
    going = claim(metadata={"deletionTimestamp": MADE, "finalizers": finalizers})
    assert World(going, *pods).rows("pvc_terminating_seconds") == [
        f'pvc_terminating_seconds{{namespace="shop",persistentvolumeclaim="data",reason="{reason}"}} 3600'
    ]


@pytest.mark.parametrize(
    ("status", "condition", "stage"),
    [
        ("ControllerResizeInProgress", "Resizing", "controller"),
        ("ControllerResizeInfeasible", "ControllerResizeError", "controller-failed"),
        ("NodeResizePending", "FileSystemResizePending", "node-pending"),
        ("NodeResizeFailed", "NodeResizeError", "node-failed"),
        ("", "FileSystemResizePending", "node-pending"),
    ],
)
def test_the_stage_of_a_resize(status: str, condition: str, stage: str) -> None:
    """The stage stands in the allocated resources' status, since when in the condition."""
    told: dict[str, Any] = {"conditions": [{"type": condition, "status": "True", "lastTransitionTime": MADE}]}
    if status:
        told["allocatedResourceStatuses"] = {"storage": status}
    assert World(claim(status=told)).rows("pvc_resize_pending_seconds") == [
        f'pvc_resize_pending_seconds{{namespace="shop",persistentvolumeclaim="data",stage="{stage}"}} 3600'
    ]


@pytest.mark.parametrize(
    ("status", "conditions", "stage"),
    [
        ("ControllerResizeInProgress", ["Resizing", "ControllerResizeError"], "controller-failed"),
        ("ControllerResizeInProgress", ["Resizing", "NodeResizeError"], "controller"),
        ("NodeResizeInProgress", ["FileSystemResizePending", "NodeResizeError"], "node-failed"),
        ("NodeResizePending", ["FileSystemResizePending", "NodeResizeError"], "node-failed"),
        ("NodeResizePending", ["FileSystemResizePending", "ControllerResizeError"], "node-pending"),
    ],
)
def test_an_error_of_its_own_side_makes_a_stage_one_that_failed(
    status: str, conditions: list[str], stage: str
) -> None:
    """Only where the size itself is refused the status says so; an error of the driver stays when the node's turn has come."""
    told: dict[str, Any] = {
        "allocatedResourceStatuses": {"storage": status},
        "conditions": [{"type": name, "status": "True", "lastTransitionTime": MADE} for name in conditions],
    }
    assert World(claim(status=told)).rows("pvc_resize_pending_seconds") == [
        f'pvc_resize_pending_seconds{{namespace="shop",persistentvolumeclaim="data",stage="{stage}"}} 3600'
    ]


def test_a_lost_claim() -> None:
    assert World(claim(status={"phase": "Lost"})).rows("pvc_phase") == [
        'pvc_phase{namespace="shop",persistentvolumeclaim="data",phase="Lost"} 1'
    ]


def test_a_released_volume() -> None:
    """Whose data it held, since when it is released, and that nobody holds it."""
    assert World(volume(phase="Released")).rows(
        "pv_info", "pv_phase", "pv_released_seconds", "pv_orphaned"
    ) == [
        (
            'pv_info{namespace="",persistentvolume="pv-shop-data",storageclass="fast",csi_driver="ebs.csi.aws.com",'
            'reclaim_policy="Retain",claim_namespace="shop",name="data"} 1'
        ),
        'pv_phase{namespace="",persistentvolume="pv-shop-data",storageclass="fast",phase="Released"} 1',
        'pv_released_seconds{namespace="",persistentvolume="pv-shop-data",storageclass="fast"} 86400',
        'pv_orphaned{namespace="",persistentvolume="pv-shop-data",storageclass="fast",reason="released"} 1',
    ]


@pytest.mark.parametrize(
    ("phase", "claims", "reason"),
    [
        ("Bound", [], ["claim-gone"]),
        ("Bound", [claim(metadata={"uid": "another"})], ["claim-replaced"]),
        ("Bound", [claim()], []),
        ("Failed", [], ["failed"]),
        ("Available", [], []),
    ],
)
def test_volumes_without_a_living_claim(phase: str, claims: list[dict[str, Any]], reason: list[str]) -> None:
    """A claim made anew under the old name is not the one whose data the volume holds."""
    assert labelled(World(volume(phase=phase), *claims).rows("pv_orphaned"), "reason") == reason


def test_volumes_are_no_orphans_where_claims_are_denied() -> None:
    world = World(volume(), states={("core", "PersistentVolumeClaim"): "forbidden"})
    assert world.rows("pv_orphaned") == []


def test_a_volume_whose_claim_comes_and_goes_is_judged_again() -> None:
    world = World(volume(), claim())
    assert world.rows("pv_orphaned") == []
    world.drop(claim())
    world.judge()
    assert labelled(world.rows("pv_orphaned"), "reason") == ["claim-gone"]


def attachment(*, attached: bool = True, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": {"name": "csi-1", "uid": "csi-1", "creationTimestamp": MADE},
        "spec": {
            "attacher": "ebs.csi.aws.com",
            "nodeName": "node-1",
            "source": {"persistentVolumeName": "pv-shop-data"},
        },
        "status": {"attached": attached},
    }
    return laid_over(made, fields)


NODE = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1"}}


def test_an_attachment_on_its_way() -> None:
    """Since when, to which node, whose driver does it, and whose data waits."""
    assert World(volume(), NODE, attachment(attached=False)).rows("volume_attach_pending_seconds") == [
        (
            'volume_attach_pending_seconds{namespace="",persistentvolume="pv-shop-data",node="node-1",'
            'csi_driver="ebs.csi.aws.com",claim_namespace="shop",name="data"} 3600'
        ),
    ]


def test_an_attachment_of_a_volume_that_no_claim_holds() -> None:
    waiting = World(volume(spec={"claimRef": None}), NODE, attachment(attached=False))
    assert waiting.rows("volume_attach_pending_seconds") == [
        (
            'volume_attach_pending_seconds{namespace="",persistentvolume="pv-shop-data",node="node-1",'
            'csi_driver="ebs.csi.aws.com",claim_namespace="",name=""} 3600'
        ),
    ]


@pytest.mark.parametrize(
    ("others", "reason"), [([NODE], ["volume-gone"]), ([volume()], ["node-gone"]), ([NODE, volume()], [])]
)
def test_dangling_attachments(others: list[dict[str, Any]], reason: list[str]) -> None:
    assert labelled(World(attachment(), *others).rows("volumeattachment_dangling"), "reason") == reason


def test_an_attachment_is_judged_again_when_its_node_goes() -> None:
    world = World(attachment(), NODE, volume())
    world.drop(NODE)
    world.judge()
    assert labelled(world.rows("volumeattachment_dangling"), "reason") == ["node-gone"]


def test_a_detach_that_does_not_end_is_dangling_after_six_minutes() -> None:
    going = attachment(metadata={"deletionTimestamp": "2026-11-21T11:55:00Z"})
    world = World(going, NODE, volume())
    assert world.rows("volumeattachment_dangling") == []
    world.judge(NOW + 60)
    assert labelled(world.rows("volumeattachment_dangling"), "reason") == ["stuck-detaching"]
