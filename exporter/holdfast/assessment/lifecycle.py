"""Life cycle of claims and volumes: what waits, for what reason, and since when."""

from collections.abc import Sequence

from holdfast.model.facts import Attachment, Claim, Condition, Facts, Pod, StorageClass, Volume
from holdfast.model.health import Sight
from holdfast.model.judgement import AttachmentJudgement, VolumeJudgement, Waiting
from holdfast.model.surroundings import Node

STUCK_DETACH = 6 * 60.0  # seconds; the attach-detach controller's own patience before it forces a detach

_RESIZE_STAGES = {
    "ControllerResizeInProgress": "controller",
    "ControllerResizeInfeasible": "controller-failed",
    "ControllerResizeFailed": "controller-failed",
    "NodeResizePending": "node-pending",
    "NodeResizeInProgress": "node",
    "NodeResizeInfeasible": "node-failed",
    "NodeResizeFailed": "node-failed",
}
_RESIZE_ERRORS = {
    "controller": ("ControllerResizeError", "controller-failed"),
    "node-pending": ("NodeResizeError", "node-failed"),
    "node": ("NodeResizeError", "node-failed"),
}
_RESIZE_CONDITIONS = (
    ("ControllerResizeError", "controller-failed"),
    ("NodeResizeError", "node-failed"),
    ("FileSystemResizePending", "node-pending"),
    ("Resizing", "controller"),
)
_PVC_PROTECTION = "kubernetes.io/pvc-protection"
_SNAPSHOT_SOURCE = "snapshot.storage.kubernetes.io/pvc-as-source-protection"


def assess_pending(claim: Claim, pods: Sequence[Pod], facts: Facts, sight: Sight) -> Waiting | None:
    """Why a Pending claim has no volume. Where the class cannot be seen, the provisioner is named."""
    if claim.phase != "Pending":
        return None
    return Waiting(reason=_pending_reason(claim, pods, facts, sight), since=claim.created)


def _pending_reason(  # noqa: PLR0911 - a decision table, one row a return
    claim: Claim, pods: Sequence[Pod], facts: Facts, sight: Sight
) -> str:
    if claim.volume:
        missing = sight.volumes and facts.get(Volume, claim.volume) is None
        return "volume-missing" if missing else "waiting-for-volume"
    if claim.static:
        return "waiting-for-volume"
    if not claim.storage_class:
        any_default = any(storage_class.is_default for storage_class in facts.all(StorageClass))
        return "waiting-for-volume" if any_default or not sight.classes else "no-class"
    storage_class = facts.get(StorageClass, claim.storage_class)
    if storage_class is None:
        return "class-missing" if sight.classes else "waiting-for-provisioner"
    if storage_class.binding_mode == "WaitForFirstConsumer":
        needed = claim.selected_node or any(not pod.finished for pod in pods)
        if not needed:
            return "waiting-for-first-consumer"
    if storage_class.provisioner == "kubernetes.io/no-provisioner":
        return "waiting-for-volume"
    return "waiting-for-provisioner"


def assess_terminating(claim: Claim, pods: Sequence[Pod]) -> Waiting | None:
    if claim.deleting_since is None:
        return None
    if any(not pod.finished for pod in pods):
        reason = "in-use"
    elif _SNAPSHOT_SOURCE in claim.finalizers:
        reason = "snapshot-in-progress"
    else:
        others = [finalizer for finalizer in claim.finalizers if finalizer != _PVC_PROTECTION]
        reason = "finalizer" if others or not claim.finalizers else "in-use"
    return Waiting(reason=reason, since=claim.deleting_since)


def assess_resize(claim: Claim) -> Waiting | None:
    """The stage of a resize that is under way; absent where no condition tells since when.

    The resizer writes the time anew with each attempt, some minutes apart.
    https://github.com/kubernetes-csi/external-resizer/blob/master/pkg/controller/resize_status.go
    """
    stage = resize_stage(claim)
    if not stage:
        return None
    conditions = _conditions(claim)
    starts = [conditions[name].since for name, _ in _RESIZE_CONDITIONS if name in conditions]
    since = min((start for start in starts if start is not None), default=None)
    return Waiting(reason=stage, since=since) if since is not None else None


def resize_stage(claim: Claim) -> str:
    """How far a resize has come, one of ``RESIZE_STAGES``; empty where none is under way.

    Where the storage refuses for another reason than the size, the status stays in progress and a condition tells. That of
    the controller stays when the node's turn has come.
    """
    if claim.requested is None or claim.capacity is None or claim.phase != "Bound":
        return ""
    conditions = _conditions(claim)
    stage = _RESIZE_STAGES.get(claim.resize_status, "")
    if not stage:
        return next((stage for name, stage in _RESIZE_CONDITIONS if name in conditions), "")
    error, failed = _RESIZE_ERRORS.get(stage, ("", stage))
    return failed if error in conditions else stage


def _conditions(claim: Claim) -> dict[str, Condition]:
    return {condition.type: condition for condition in claim.conditions if condition.status == "True"}


def assess_volume(volume: Volume, facts: Facts, sight: Sight) -> VolumeJudgement:
    """A volume with its orphan's reason and what waits to be attached."""
    return VolumeJudgement(
        name=volume.name,
        storage_class=volume.storage_class,
        csi_driver=volume.csi_driver,
        reclaim_policy=volume.reclaim_policy,
        claim=volume.claim,
        phase=volume.phase,
        released_since=_released_since(volume),
        orphaned=_volume_orphan_reason(volume, facts, sight),
        attach_pending=_attach_pending(volume, facts),
    )


def _attach_pending(volume: Volume, facts: Facts) -> tuple[tuple[str, float], ...]:
    """Since when it has been on its way to each node; of two attachments to one node the older tells."""
    since: dict[str, float] = {}
    for attachment in facts.linked(Attachment, "volume", volume.name):
        if not attachment.attached and attachment.deleting_since is None:
            created = attachment.created
            since[attachment.node] = min(created, since.get(attachment.node, created))
    return tuple(sorted(since.items()))


def _released_since(volume: Volume) -> float | None:
    """Absent where the API does not tell since when, as on volumes that have not moved since an upgrade."""
    return volume.phase_since if volume.phase == "Released" else None


def _volume_orphan_reason(volume: Volume, facts: Facts, sight: Sight) -> str:
    if volume.phase == "Failed":
        return "failed"
    if volume.phase == "Released":
        return "released"
    if volume.phase != "Bound" or volume.claim is None or not sight.claims:
        return ""
    claim = facts.get(Claim, *volume.claim)
    if claim is None:
        return "claim-gone"
    if volume.claim_uid and claim.uid != volume.claim_uid:
        return "claim-replaced"
    return ""


def assess_attachment(attachment: Attachment, facts: Facts, sight: Sight, now: float) -> AttachmentJudgement:
    dangling, until = "", None
    deleting = attachment.deleting_since
    if sight.volumes and attachment.volume and facts.get(Volume, attachment.volume) is None:
        dangling = "volume-gone"
    elif sight.nodes and facts.get(Node, attachment.node) is None:
        dangling = "node-gone"
    elif deleting is not None and attachment.attached:
        if now - deleting >= STUCK_DETACH:
            dangling = "stuck-detaching"
        else:
            until = deleting + STUCK_DETACH
    return AttachmentJudgement(
        name=attachment.name, volume=attachment.volume, node=attachment.node, dangling=dangling, until=until
    )
