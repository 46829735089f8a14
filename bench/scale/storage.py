"""What the cluster's storage looks like: namespaces, nodes, classes, claims with their volumes, attachments.

Shapes are those that provisioners and kubelets write, with the fields that no one reads here but every list
carries.
"""

from collections.abc import Iterator

from bench.scale.fleet import CLASSES, DRIVERS, TIERS, ZONES, Body, ClaimPlan, Fleet, Made, uid

_ZONE = "topology.kubernetes.io/zone"


def namespaces(fleet: Fleet) -> Iterator[Made]:
    for number in range(fleet.namespaces):
        name = fleet.namespace(number)
        labels = {"tier": TIERS[number % len(TIERS)], "pod-security.kubernetes.io/enforce": "baseline"}
        metadata = {"name": name, "labels": labels, "annotations": {"holdfast.dev/owner": f"team {number}"}}
        yield Made(collection="/api/v1/namespaces", body=_object("v1", "Namespace", metadata))


def nodes(fleet: Fleet) -> Iterator[Made]:
    for number in range(fleet.nodes):
        name = fleet.node(number)
        labels = {
            _ZONE: f"zone-{number % ZONES}",
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": "linux",
        }
        conditions = [
            {"type": kind, "status": "True" if kind == "Ready" else "False", "reason": f"Kubelet{kind}"}
            for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
        ]
        yield Made(
            collection="/api/v1/nodes",
            body=_object("v1", "Node", {"name": name, "labels": labels}),
            status={"conditions": conditions, "capacity": {"cpu": "16", "memory": "64Gi", "pods": "110"}},
        )


def classes() -> Iterator[Made]:
    for name, driver in zip(CLASSES, DRIVERS, strict=True):
        body = _object("storage.k8s.io/v1", "StorageClass", {"name": name})
        settings: Body = {"provisioner": driver, "allowVolumeExpansion": True}
        settings["reclaimPolicy"] = "Retain" if name == "archive" else "Delete"
        settings["volumeBindingMode"] = "Immediate" if name == "shared" else "WaitForFirstConsumer"
        yield Made(collection="/apis/storage.k8s.io/v1/storageclasses", body=body | settings)


def claims(fleet: Fleet) -> Iterator[Made]:
    """Every claim, and after each the volume that refers to it by its uid."""
    for plan in fleet.plans:
        yield _claim(plan)


def attachments(fleet: Fleet) -> Iterator[Made]:
    for number, plan in enumerate(fleet.mounted):
        if plan.bound:
            spec = {"attacher": DRIVERS[plan.class_number], "nodeName": fleet.node(number)}
            name = f"csi-{uid('attachment', plan.number).replace('-', '')}"
            body = _object("storage.k8s.io/v1", "VolumeAttachment", {"name": name})
            yield Made(
                collection="/apis/storage.k8s.io/v1/volumeattachments",
                body=body | {"spec": spec | {"source": {"persistentVolumeName": plan.volume}}},
                status={"attached": True, "attachmentMetadata": {"devicePath": f"/dev/xvd{number % 26}"}},
            )


def requested(gib: int) -> Body:
    return {"requests": {"storage": f"{gib}Gi"}}


def _object(version: str, kind: str, metadata: Body) -> Body:
    return {"apiVersion": version, "kind": kind, "metadata": metadata}


def _claim(plan: ClaimPlan) -> Made:
    labels = {"app.kubernetes.io/name": "store", "app.kubernetes.io/instance": plan.app.name}
    annotations = {"volume.kubernetes.io/storage-provisioner": DRIVERS[plan.class_number]}
    spec: Body = {
        "accessModes": _modes(plan),
        "resources": requested(plan.gib),
        "storageClassName": CLASSES[plan.class_number],
        "volumeMode": "Filesystem",
    }
    if plan.bound:
        spec["volumeName"] = plan.volume
        annotations["pv.kubernetes.io/bind-completed"] = "yes"
        annotations["pv.kubernetes.io/bound-by-controller"] = "yes"
    metadata = {"name": plan.name, "namespace": plan.namespace, "labels": labels, "annotations": annotations}
    granted = {"phase": "Bound", "accessModes": _modes(plan), "capacity": {"storage": f"{plan.gib}Gi"}}
    return Made(
        collection=f"/api/v1/namespaces/{plan.namespace}/persistentvolumeclaims",
        body=_object("v1", "PersistentVolumeClaim", metadata) | {"spec": spec},
        status=granted if plan.bound else {"phase": "Pending"},
        then=lambda claim_uid: _volume(plan, claim_uid),
    )


def _modes(plan: ClaimPlan) -> list[str]:
    return ["ReadWriteMany" if CLASSES[plan.class_number] == "shared" else "ReadWriteOnce"]


def _volume(plan: ClaimPlan, claim_uid: str) -> Made:
    driver = DRIVERS[plan.class_number]
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": plan.namespace}
    if plan.bound:
        claim |= {"name": plan.name, "uid": claim_uid}
    else:
        claim |= {"name": f"data-gone-{plan.number}", "uid": uid("gone claim", plan.number)}
    zone = {"key": _ZONE, "operator": "In", "values": [f"zone-{plan.number % ZONES}"]}
    spec: Body = {
        "accessModes": _modes(plan),
        "capacity": {"storage": f"{plan.gib}Gi"},
        "claimRef": claim,
        "csi": {
            "driver": driver,
            "fsType": "ext4",
            "volumeHandle": f"vol-{plan.number:017x}",
            "volumeAttributes": {
                "storage.kubernetes.io/csiProvisionerIdentity": f"1760000000000-8081-{driver}"
            },
        },
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}},
        "persistentVolumeReclaimPolicy": "Retain" if CLASSES[plan.class_number] == "archive" else "Delete",
        "storageClassName": CLASSES[plan.class_number],
        "volumeMode": "Filesystem",
    }
    metadata = {"name": plan.volume, "annotations": {"pv.kubernetes.io/provisioned-by": driver}}
    return Made(
        collection="/api/v1/persistentvolumes",
        body=_object("v1", "PersistentVolume", metadata) | {"spec": spec},
        status={"phase": "Bound" if plan.bound else "Released"},
    )
