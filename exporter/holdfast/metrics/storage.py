"""Families about volumes, snapshots and attachments."""

from collections.abc import Iterable

from holdfast.metrics.family import Family, Row
from holdfast.model.judgement import (
    ATTACHMENT_DANGLING_REASONS,
    CONTENT_ORPHAN_REASONS,
    SNAPSHOT_ORPHAN_REASONS,
    VOLUME_ORPHAN_REASONS,
    AttachmentJudgement,
    SnapshotJudgement,
    VolumeJudgement,
)


def _volume_info(volume: VolumeJudgement) -> Iterable[Row]:
    namespace, name = volume.claim or ("", "")
    return (((volume.storage_class, volume.csi_driver, volume.reclaim_policy, namespace, name), 1),)


def _phase(volume: VolumeJudgement) -> Iterable[Row]:
    return (((volume.storage_class, volume.phase), 1),) if volume.phase else ()


def _attach_pending(volume: VolumeJudgement) -> Iterable[Row]:
    namespace, name = volume.claim or ("", "")
    return [((node, volume.csi_driver, namespace, name), since) for node, since in volume.attach_pending]


def _volume_orphaned(volume: VolumeJudgement) -> Iterable[Row]:
    return (((volume.storage_class, volume.orphaned), 1),) if volume.orphaned else ()


def _released(volume: VolumeJudgement) -> Iterable[Row]:
    return () if volume.released_since is None else (((volume.storage_class,), volume.released_since),)


def _dangling(attachment: AttachmentJudgement) -> Iterable[Row]:
    return (((attachment.volume, attachment.node, attachment.dangling), 1),) if attachment.dangling else ()


def _unready(snapshot: SnapshotJudgement) -> Iterable[Row]:
    return () if snapshot.unready_since is None else (((), snapshot.unready_since),)


STORAGE_FAMILIES = (
    Family(
        name="holdfast_pv_info",
        help="What the volume is, and whose data it holds or held.",
        noun="volume",
        further=("storageclass", "csi_driver", "reclaim_policy", "claim_namespace", "name"),
        rows=_volume_info,
    ),
    Family(
        name="holdfast_pv_phase",
        help="1 for the phase in force.",
        noun="volume",
        further=("storageclass", "phase"),
        rows=_phase,
        vocabulary={"phase": ("Pending", "Available", "Bound", "Released", "Failed")},
    ),
    Family(
        name="holdfast_pv_released_seconds",
        help="How long ago the volume's claim went, where the volume stayed.",
        noun="volume",
        further=("storageclass",),
        rows=_released,
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_pv_orphaned",
        help="1: no living claim holds the volume.",
        noun="volume",
        further=("storageclass", "reason"),
        rows=_volume_orphaned,
        vocabulary={"reason": tuple(VOLUME_ORPHAN_REASONS)},
    ),
    Family(
        name="holdfast_volume_attach_pending_seconds",
        help="How long the volume has been waiting to be attached to the node, and whose data it holds.",
        noun="volume",
        further=("node", "csi_driver", "claim_namespace", "name"),
        rows=_attach_pending,
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_volumesnapshot_unready_seconds",
        help="How long the snapshot has not been ready to use.",
        noun="snapshot",
        rows=_unready,
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_volumesnapshot_orphaned",
        help="1: what the snapshot stands on is gone.",
        noun="snapshot",
        further=("reason",),
        rows=lambda snapshot: (((snapshot.orphaned,), 1),) if snapshot.orphaned else (),
        vocabulary={"reason": tuple(SNAPSHOT_ORPHAN_REASONS)},
    ),
    Family(
        name="holdfast_volumesnapshotcontent_orphaned",
        help="1: no snapshot owns the content any more.",
        noun="content",
        further=("reason",),
        rows=lambda content: (((content.orphaned,), 1),) if content.orphaned else (),
        vocabulary={"reason": tuple(CONTENT_ORPHAN_REASONS)},
    ),
    Family(
        name="holdfast_volumeattachment_dangling",
        help="1: the attachment has outlived its volume or node, or does not come off.",
        noun="attachment",
        further=("persistentvolume", "node", "reason"),
        rows=_dangling,
        vocabulary={"reason": tuple(ATTACHMENT_DANGLING_REASONS)},
    ),
)
