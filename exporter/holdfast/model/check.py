"""The checks on how storage is set up: one declaration each. How each is judged is not here.

What each means and stands on: docs/checks.md, which is generated from this table.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from holdfast.model.identity import BETWEEN

Severity = Literal["critical", "warning", "info"]
Judged = Literal["yes", "partly", "no", "off"]
JUDGED: Mapping[str, str] = {
    "yes": "all that it reads is in sight",
    "partly": "some objects could not be judged",
    "no": "a kind that it reads is out of sight, or nothing could be judged",
    "off": "the configuration turns it off",
}


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """``on`` are the kinds that a finding stands on, ``reads`` those without which nothing can be judged.

    ``helped_by`` are kinds without which only a part can be judged. ``limit`` is the number that holds where the
    configuration sets no other; None for a check that takes none.
    """

    id: str
    title: str
    severity: Severity
    why: str
    remedy: str
    on: tuple[str, ...]
    reads: tuple[str, ...]
    helped_by: tuple[str, ...] = ()
    limit: int | None = None


_CLAIM = "PersistentVolumeClaim"
_VOLUME = "PersistentVolume"
_CLASS = "StorageClass"
_CONTROLLERS = ("StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob", "Pod")

_TABLE = (
    Check(
        id="reclaim-delete",
        title="the volume goes with its claim",
        severity="warning",
        why="Whoever deletes the claim, or its namespace, deletes the data with it, and no copy elsewhere is left.",
        remedy="Set persistentVolumeReclaimPolicy: Retain on the volume and reclaimPolicy: Retain on a class for such data.",
        on=(_CLAIM, _VOLUME),
        reads=(_CLAIM, _VOLUME),
        helped_by=("Namespace",),
    ),
    Check(
        id="statefulset-retention-delete",
        title="a StatefulSet deletes claims that have an objective",
        severity="warning",
        why="Scaling it down or deleting it deletes the claims, and with reclaim policy Delete the data.",
        remedy="Set persistentVolumeClaimRetentionPolicy to Retain for whenDeleted and whenScaled.",
        on=("StatefulSet",),
        reads=(_CLAIM, "StatefulSet"),
    ),
    Check(
        id="deployment-rwo",
        title="a ReadWriteOnce claim would be needed on two nodes",
        severity="warning",
        why="A second pod on another node waits for a volume that the first still holds: the rollout, the replica or the job hangs.",
        remedy="Use a StatefulSet with claim templates, or strategy Recreate and one replica; "
        "tie workloads that share a claim to one node by pod affinity.",
        on=_CONTROLLERS[:-1],
        reads=(_CLAIM, "Deployment"),
        helped_by=("StatefulSet", "ReplicaSet", "DaemonSet", "Job", "CronJob", _VOLUME, "Node"),
    ),
    Check(
        id="pod-bare-data",
        title="a pod without a controller uses a claim",
        severity="warning",
        why="Nobody makes the pod anew when its node goes, so the data are there and nobody serves them.",
        remedy="Run it by a StatefulSet, Deployment or Job.",
        on=("Pod",),
        reads=("Pod",),
    ),
    Check(
        id="hostpath-data",
        title="data lie on a path of a node",
        severity="warning",
        why="They are lost with the node, follow no pod to another one, and no snapshot or quota knows of them.",
        remedy="Use a claim of a CSI driver; for local disks a local volume with node affinity.",
        on=_CONTROLLERS,
        reads=("Pod",),
        helped_by=(*BETWEEN, _CLAIM, _VOLUME),
    ),
    Check(
        id="no-expansion",
        title="claims of the class cannot grow",
        severity="info",
        why="A volume that fills must be copied to a larger one, in the night in which it is full.",
        remedy="Set allowVolumeExpansion: true, if the driver can expand.",
        on=(_CLASS,),
        reads=(_CLAIM, _CLASS),
    ),
    Check(
        id="in-tree-provisioner",
        title="the class uses a provisioner that Kubernetes has dropped",
        severity="warning",
        why="In-tree volume plugins were removed; volumes live on by migration only and get no snapshots.",
        remedy="Make a class of the CSI driver that replaces it, and move the claims.",
        on=(_CLASS,),
        reads=(_CLASS,),
    ),
    Check(
        id="immediate-binding",
        title="volumes are made before their pod has a node, where zones matter",
        severity="warning",
        why="The volume may be made in a zone in which its pod cannot run: the pod stays pending.",
        remedy="Set volumeBindingMode: WaitForFirstConsumer on a class that replaces it.",
        on=(_CLASS,),
        reads=(_CLASS, "Node"),
        helped_by=(_VOLUME,),
    ),
    Check(
        id="no-default-class",
        title="no StorageClass is the default",
        severity="info",
        why="A claim that names no class waits for ever.",
        remedy='Mark one class with storageclass.kubernetes.io/is-default-class: "true".',
        on=("Cluster",),
        reads=(_CLASS,),
    ),
    Check(
        id="too-many-classes",
        title="there are more StorageClasses than anybody can tell apart",
        severity="info",
        why="Teams choose by guess, and nobody knows which classes are backed up and how.",
        remedy="Offer a few classes that stand for a service level, and remove those that nothing uses.",
        on=("Cluster",),
        reads=(_CLASS,),
        limit=12,
    ),
    Check(
        id="many-default-classes",
        title="several StorageClasses are the default",
        severity="warning",
        why="Which of them a claim gets depends on which was made last.",
        remedy="Leave the mark on one of them.",
        on=(_CLASS,),
        reads=(_CLASS,),
    ),
    Check(
        id="duplicate-classes",
        title="several StorageClasses mean the same",
        severity="info",
        why="Policies, quotas and tiers that name one of them miss the claims of the other.",
        remedy="Keep one of them, and move new claims to it.",
        on=(_CLASS,),
        reads=(_CLASS,),
    ),
    Check(
        id="unused-class",
        title="nothing uses the class",
        severity="info",
        why="It is one more to choose wrongly.",
        remedy="Delete it, or say by holdfast.dev/ignore why it stays.",
        on=(_CLASS,),
        reads=(_CLAIM, _VOLUME, _CLASS),
        helped_by=("StatefulSet", "ResourceQuota"),
    ),
    Check(
        id="volume-attributes-drift",
        title="the volume does not have the attributes that its claim asks for",
        severity="warning",
        why="The speed or the class of disk that somebody asked for is not in force.",
        remedy="Look at the claim's ModifyVolumeError condition and events.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="one-zone",
        title="all volumes of a replicated workload lie in one zone",
        severity="warning",
        why="The replicas share the zone's fate: replication does not help when it goes.",
        remedy="Spread the pods by topologySpreadConstraints over zones, and bind volumes when the first pod needs them.",
        on=_CONTROLLERS,
        reads=(_CLAIM, _VOLUME, "Pod", "Node"),
        helped_by=BETWEEN,
    ),
    Check(
        id="stranded-volume",
        title="no node that takes pods can use the volume",
        severity="critical",
        why="Its pod cannot run anywhere until such a node comes back.",
        remedy="Bring back the node or zone, uncordon it, or restore the claim elsewhere.",
        on=(_CLAIM,),
        reads=(_CLAIM, _VOLUME, "Node"),
    ),
    Check(
        id="driver-missing",
        title="the claim's CSI driver is not registered where it is needed",
        severity="critical",
        why="The volume cannot be mounted: a pod that restarts does not come back.",
        remedy="Look at the driver's node plugin (DaemonSet) on that node.",
        on=(_CLAIM,),
        reads=(_CLAIM, _VOLUME, "CSINode"),
        helped_by=("Pod", "Node"),
    ),
    Check(
        id="attach-limit",
        title="the node holds as many volumes of a driver as it can attach",
        severity="warning",
        why="The next pod with a volume of that driver waits, or the scheduler leaves the node out.",
        remedy="Spread the pods, add nodes, or use node types that attach more.",
        on=("Node",),
        reads=("Node", "CSINode", "VolumeAttachment"),
    ),
    Check(
        id="unencrypted",
        title="volumes of the class are not encrypted at rest",
        severity="warning",
        why="Whoever gets the disk or its snapshot reads the data.",
        remedy="Set the driver's encryption parameter on a new class, and move the claims.",
        on=(_CLASS,),
        reads=(_CLASS,),
    ),
    Check(
        id="objective-without-schedule",
        title="an objective is declared, and nothing that runs makes copies that count",
        severity="critical",
        why="The recovery point objective will be missed, or is missed already.",
        remedy="Bring the claim under a backup schedule, or declare holdfast.dev/exempt with a reason.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="schedule-too-rare",
        title="the schedules' longest gap exceeds the recovery point objective",
        severity="warning",
        why="Even if every run succeeds, the newest copy will at times be older than is allowed.",
        remedy="Run the schedule more often, or declare the objective that is really meant.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="retention-too-short",
        title="plan and expiry cannot keep the recovery points that are asked for",
        severity="warning",
        why="Damage that is found late can no longer be undone.",
        remedy="Raise the ttl or retention of the schedule.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="retention-too-long",
        title="many times more recovery points are kept than are asked for",
        severity="info",
        why="They cost money, and data that should be gone are still there.",
        remedy="Lower the ttl or retention of the schedule.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
        limit=10,
    ),
    Check(
        id="expiry-before-next-run",
        title="the last copy expires before the next run is due",
        severity="warning",
        why="For that time nothing can be restored.",
        remedy="Raise the ttl beyond the longest gap of the schedule.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="one-location",
        title="copies lie in fewer places than asked for, or all where the nodes are",
        severity="warning",
        why="What takes the region takes the data and their copies together.",
        remedy="Add a backup location in another region, or replicate the bucket.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
        helped_by=("Node",),
    ),
    Check(
        id="snapshot-class-delete",
        title="copies that count go with their VolumeSnapshot",
        severity="warning",
        why="Whoever deletes the snapshot object, or its namespace, deletes the copy on the storage.",
        remedy="Set deletionPolicy: Retain on the class.",
        on=("VolumeSnapshotClass",),
        reads=(_CLAIM, "VolumeSnapshot", "VolumeSnapshotContent", "VolumeSnapshotClass"),
    ),
    Check(
        id="no-snapshot-class",
        title="the driver can snapshot, and no class lets anybody",
        severity="info",
        why="Snapshots, and the backup tools that use them, leave its claims out.",
        remedy="Make a VolumeSnapshotClass of the driver.",
        on=("CSIDriver",),
        reads=(_CLAIM, _VOLUME, "VolumeSnapshotClass"),
        helped_by=("VolumeSnapshotContent",),
    ),
    Check(
        id="resources-not-backed-up",
        title="the volume is copied, the objects that use it are not",
        severity="warning",
        why="After a restore there are data and nothing that serves them.",
        remedy="Include the namespace's resources in the backup, or keep them in version control and say so by holdfast.dev/ignore.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="hooks-missing",
        title="application consistency is demanded, and nothing makes the application stand still",
        severity="warning",
        why="The copy is what the disk held at that instant; a database may not come up from it.",
        remedy="Add backup hooks to the pods, or back the database up by its operator.",
        on=(_CLAIM,),
        reads=(_CLAIM, "Pod"),
    ),
    Check(
        id="no-owner",
        title="nobody is named as the owner of the data",
        severity="info",
        why="When it fills or fails, nobody knows whom to ask.",
        remedy="Set holdfast.dev/owner on the claim, its workload or its namespace.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
        helped_by=("Namespace",),
    ),
    Check(
        id="exempt-without-reason",
        title="an exemption gives no reason",
        severity="info",
        why="Nobody can tell later whether it still holds.",
        remedy="Write why the data need no copy.",
        on=(_CLAIM, "Namespace", *_CONTROLLERS[:-1]),
        reads=(_CLAIM,),
    ),
    Check(
        id="exempt-expired",
        title="an exemption has ended",
        severity="warning",
        why="The claim is judged again, and perhaps nobody has thought of its backup.",
        remedy="Renew the exemption with a new until=, or remove it.",
        on=(_CLAIM,),
        reads=(_CLAIM,),
    ),
    Check(
        id="emptydir-without-limit",
        title="an emptyDir has no sizeLimit: it may fill the node",
        severity="info",
        why="One pod that writes too much has others evicted from its node.",
        remedy="Set sizeLimit on the emptyDir.",
        on=_CONTROLLERS,
        reads=("Pod",),
        helped_by=BETWEEN,
    ),
    Check(
        id="no-ephemeral-limit",
        title="a container has no ephemeral-storage limit: it may fill the node",
        severity="info",
        why="One pod that writes too much has others evicted from its node.",
        remedy="Set resources.limits.ephemeral-storage on the container, or a LimitRange in the namespace.",
        on=_CONTROLLERS,
        reads=("Pod",),
        helped_by=BETWEEN,
    ),
    Check(
        id="no-storage-quota",
        title="a namespace with claims has no storage quota",
        severity="info",
        why="One team can take all the storage there is.",
        remedy="Set requests.storage, in all or per class, by a ResourceQuota.",
        on=("Namespace",),
        reads=(_CLAIM, "ResourceQuota"),
    ),
    Check(
        id="drain-unsafe",
        title="a replicated stateful workload has no disruption budget",
        severity="warning",
        why="Draining nodes may take down so many replicas at once that it loses its quorum.",
        remedy="Add a PodDisruptionBudget that selects its pods.",
        on=_CONTROLLERS,
        reads=("StatefulSet", "PodDisruptionBudget"),
        helped_by=("Deployment", "Pod", *BETWEEN),
    ),
    Check(
        id="invalid-annotation",
        title="a holdfast.dev/ annotation does not parse",
        severity="warning",
        why="What somebody meant to ask for is not in force.",
        remedy="Write it as docs/configuration.md says.",
        on=(_CLAIM, "Namespace", *_CONTROLLERS, _CLASS, _VOLUME, "Node", "VolumeSnapshotClass", "CSIDriver"),
        reads=(_CLAIM,),
    ),
)

CHECKS: dict[str, Check] = {check.id: check for check in _TABLE}
"""By id, in the order of docs/checks.md."""
