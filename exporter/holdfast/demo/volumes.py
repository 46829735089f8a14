"""The volume controllers: from claims to volumes, from pods to attachments, from snapshots to their
contents.

Hints on a StorageClass: ``attached: true`` where its volumes are attached to nodes, ``handles: names`` where
the driver knows them by their names, ``zone`` where they can be used in that one only, ``deleted: true`` where the class
is gone and its volumes stayed. Others:
``snapshots`` (``schedule``, ``keeps`` and ``class``) on a claim of which snapshots are cut, ``content: none`` on a
snapshot whose content is gone, ``earlier: true`` on a claim whose name another one bore before, ``size`` on a snapshot
whose claim is gone.
"""

import hashlib

from holdfast.demo.cluster import Cluster, Object, created, fill, name_of, namespace_of, uid
from holdfast.demo.instants import rfc3339, stamp
from holdfast.demo.names import uid_of
from holdfast.demo.runs import runs_of

_SNAPSHOTS = "snapshot.storage.k8s.io"
_CUT = 4.0  # seconds until a snapshot is ready
_BY_HAND = "kubernetes.io/no-provisioner"
_ZONE = "topology.kubernetes.io/zone"


def bind_claims(cluster: Cluster) -> None:
    """Every claim is bound of which the story tells no other phase."""
    for claim in cluster.all("PersistentVolumeClaim"):
        spec, metadata = claim["spec"], claim["metadata"]
        fill(claim, {"spec": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Filesystem"}})
        metadata.setdefault("finalizers", ["kubernetes.io/pvc-protection"])
        if "phase" in claim.get("status", {}):
            continue
        requested = spec["resources"]["requests"]["storage"]
        spec.setdefault("volumeName", f"pvc-{uid(claim)}")
        status = {"accessModes": spec["accessModes"], "capacity": {"storage": requested}, "phase": "Bound"}
        fill(claim, {"status": status})
        bound = {f"pv.kubernetes.io/{what}": "yes" for what in ("bind-completed", "bound-by-controller")}
        fill(claim, {"metadata": {"annotations": bound}})
        _add_volume(cluster, claim)


def _add_volume(cluster: Cluster, claim: Object) -> None:
    held = cluster.get("StorageClass", "", claim["spec"].get("storageClassName", ""))
    if held is None or held["provisioner"] == _BY_HAND:  # written in the story
        return
    driver, made = held["provisioner"], rfc3339(created(claim) + 3)
    by_name = cluster.hints(held).get("handles") == "names"
    handle = claim["spec"]["volumeName"] if by_name else f"0001-0009-rook-ceph-{uid(claim)}"
    provisioner = {"volume.kubernetes.io/storage-provisioner": driver}
    fill(claim, {"metadata": {"annotations": provisioner}})
    volume: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": claim["spec"]["volumeName"],
            "creationTimestamp": made,
            "annotations": {"pv.kubernetes.io/provisioned-by": driver},
            "finalizers": ["kubernetes.io/pv-protection"],
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["status"]["capacity"]["storage"]},
            "claimRef": _reference(claim),
            "csi": {"driver": driver, "volumeHandle": handle},
            "persistentVolumeReclaimPolicy": held["reclaimPolicy"],
            "storageClassName": name_of(held),
            "volumeMode": claim["spec"]["volumeMode"],
        },
        "status": {"phase": "Bound", "lastPhaseTransitionTime": made},
    }
    if zone := cluster.hints(held).get("zone"):
        within = {"matchExpressions": [{"key": _ZONE, "operator": "In", "values": [zone]}]}
        volume["spec"] |= {"nodeAffinity": {"required": {"nodeSelectorTerms": [within]}}}
    cluster.add(volume)


def _reference(obj: Object) -> Object:
    return {
        "apiVersion": obj["apiVersion"],
        "kind": obj["kind"],
        "name": name_of(obj),
        "namespace": namespace_of(obj),
        "uid": uid(obj),
    }


def attach_volumes(cluster: Cluster) -> None:
    """One attachment a volume and node on which a running pod mounts it."""
    for pod in cluster.all("Pod"):
        if pod["status"]["phase"] != "Running":
            continue
        for claim in mounted(cluster, pod):
            held = cluster.get("StorageClass", "", claim["spec"].get("storageClassName", ""))
            if held is not None and cluster.hints(held).get("attached"):
                _attach(cluster, pod, claim, held["provisioner"])


def mounted(cluster: Cluster, pod: Object) -> list[Object]:
    names = []
    for volume in pod["spec"].get("volumes", []):
        if "persistentVolumeClaim" in volume:
            names.append(volume["persistentVolumeClaim"]["claimName"])
        elif "ephemeral" in volume:
            names.append(f"{name_of(pod)}-{volume['name']}")
    claims = (cluster.get("PersistentVolumeClaim", namespace_of(pod), name) for name in names)
    return [claim for claim in claims if claim is not None and claim["status"]["phase"] == "Bound"]


def _attach(cluster: Cluster, pod: Object, claim: Object, driver: str) -> None:
    volume, node = claim["spec"]["volumeName"], pod["spec"]["nodeName"]
    digest = hashlib.sha256(f"{volume}{driver}{node}".encode()).hexdigest()
    cluster.add(
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "VolumeAttachment",
            "metadata": {"name": f"csi-{digest}", "creationTimestamp": rfc3339(created(pod) + 2)},
            "spec": {"attacher": driver, "nodeName": node, "source": {"persistentVolumeName": volume}},
            "status": {"attached": True},
        }
    )


def retire_classes(cluster: Cluster) -> None:
    """Once its volumes are made."""
    for held in cluster.all("StorageClass"):
        if cluster.hints(held).get("deleted"):
            cluster.remove(held)


def cut_snapshots(cluster: Cluster) -> None:
    """The snapshots that claims ask for, and what the driver makes of every snapshot."""
    for claim in cluster.all("PersistentVolumeClaim"):
        if plan := cluster.hints(claim).get("snapshots"):
            for run in runs_of(plan["schedule"], created(claim), {"takes": "4s", **plan}, cluster.clock):
                cluster.add(_snapshot(claim, plan["class"], run.due))
    for snapshot in cluster.all("VolumeSnapshot"):
        if "status" not in snapshot and created(snapshot) + _CUT <= cluster.clock.now:
            _take(cluster, snapshot)


def _snapshot(claim: Object, snapshot_class: str, due: float) -> Object:
    made = rfc3339(due)
    return {
        "apiVersion": f"{_SNAPSHOTS}/v1",
        "kind": "VolumeSnapshot",
        "metadata": {
            "name": f"{name_of(claim)}-{stamp(due)}",
            "namespace": namespace_of(claim),
            "creationTimestamp": made,
            "finalizers": ["snapshot.storage.kubernetes.io/volumesnapshot-bound-protection"],
        },
        "spec": {
            "source": {"persistentVolumeClaimName": name_of(claim)},
            "volumeSnapshotClassName": snapshot_class,
        },
    }


def _take(cluster: Cluster, snapshot: Object) -> None:
    hints = cluster.hints(snapshot)
    source = snapshot["spec"]["source"]["persistentVolumeClaimName"]
    claim = cluster.get("PersistentVolumeClaim", namespace_of(snapshot), source)
    size = claim["spec"]["resources"]["requests"]["storage"] if claim else hints["size"]
    content = f"snapcontent-{uid(snapshot)}"
    snapshot["status"] = {
        "boundVolumeSnapshotContentName": content,
        "creationTime": snapshot["metadata"]["creationTimestamp"],
        "readyToUse": True,
        "restoreSize": size,
    }
    if hints.get("content") != "none":
        cluster.add(_content(cluster, snapshot, content))


def _content(cluster: Cluster, snapshot: Object, name: str) -> Object:
    held = cluster.get("VolumeSnapshotClass", "", snapshot["spec"]["volumeSnapshotClassName"])
    if held is None:
        raise ValueError(f"{name_of(snapshot)} names no VolumeSnapshotClass of the stories")
    source = snapshot["spec"]["source"]["persistentVolumeClaimName"]
    cut_from = uid_of("PersistentVolumeClaim", namespace_of(snapshot), source)
    return {
        "apiVersion": f"{_SNAPSHOTS}/v1",
        "kind": "VolumeSnapshotContent",
        "metadata": {"name": name, "creationTimestamp": snapshot["metadata"]["creationTimestamp"]},
        "spec": {
            "deletionPolicy": held["deletionPolicy"],
            "driver": held["driver"],
            "source": {"volumeHandle": f"0001-0009-rook-ceph-{cut_from}"},
            "volumeSnapshotClassName": name_of(held),
            "volumeSnapshotRef": _reference(snapshot),
        },
        "status": {
            "creationTime": int(created(snapshot)) * 1_000_000_000,
            "readyToUse": True,
            "snapshotHandle": f"0001-0009-rook-ceph-snap-{uid(snapshot)}",
        },
    }
