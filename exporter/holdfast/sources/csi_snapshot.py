"""CSI snapshots: VolumeSnapshots, their contents and classes, and the copies that plain snapshots are.

A snapshot that another tool cut and removes again is that tool's evidence, and no copy here. Plain snapshots
have no plan: whatever cuts them regularly is not seen, so there are copies and no schedules.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectKey
from holdfast.model.protection import Copy, Coverage
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.shapes import Annotation, Metadata, Shape, shared
from holdfast.sources.values import parse_quantity, parse_time

NAME = "csi-snapshot"
VELERO_BACKUP = "velero.io/backup-name"


class SnapshotSource(Shape):
    persistent_volume_claim_name: str | None = None
    volume_snapshot_content_name: str | None = None


class SnapshotSpec(Shape):
    source: SnapshotSource | None = None
    volume_snapshot_class_name: str | None = None


class SnapshotError(Shape):
    """Its message is free text from the driver and stays unread."""

    time: str | None = None


class SnapshotStatus(Shape):
    bound_volume_snapshot_content_name: str | None = None
    creation_time: str | None = None
    ready_to_use: bool | None = None
    restore_size: int | float | str | None = None
    error: SnapshotError | None = None
    volume_group_snapshot_name: str | None = None


class SnapshotObject(Shape):
    metadata: Metadata
    spec: SnapshotSpec | None = None
    status: SnapshotStatus | None = None


def read_snapshot(snapshot: SnapshotObject) -> tuple[Fact, ...]:
    metadata, spec = snapshot.metadata, snapshot.spec or SnapshotSpec()
    status, source = snapshot.status or SnapshotStatus(), spec.source or SnapshotSource()
    return (
        Snapshot(
            namespace=metadata.namespace,
            name=metadata.name,
            uid=metadata.uid,
            created=metadata.created,
            source_claim=shared(source.persistent_volume_claim_name),
            source_content=source.volume_snapshot_content_name or "",
            content=shared(status.bound_volume_snapshot_content_name),
            snapshot_class=shared(spec.volume_snapshot_class_name),
            ready=status.ready_to_use,
            captured=parse_time(status.creation_time),
            size=parse_quantity(status.restore_size),
            error=status.error is not None,
            error_since=parse_time(status.error.time) if status.error else None,
            group=shared(status.volume_group_snapshot_name),
            velero_backup=shared(metadata.label(VELERO_BACKUP)),
            created_by=shared(metadata.label("app.kubernetes.io/created-by")),
            owner=metadata.owner,
            deleting_since=metadata.deleting_since,
        ),
    )


class SnapshotReference(Shape):
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class ContentSource(Shape):
    volume_handle: str | None = None


class ContentSpec(Shape):
    driver: str | None = None
    deletion_policy: str | None = None
    source: ContentSource | None = None
    volume_snapshot_class_name: str | None = None
    volume_snapshot_ref: SnapshotReference | None = None


class ContentStatus(Shape):
    creation_time: int | None = None  # nanoseconds since the epoch, beyond what a float holds exactly
    ready_to_use: bool | None = None
    restore_size: int | float | str | None = None


class ContentObject(Shape):
    metadata: Metadata
    spec: ContentSpec | None = None
    status: ContentStatus | None = None


def read_content(content: ContentObject) -> tuple[Fact, ...]:
    metadata, spec, status = (
        content.metadata,
        content.spec or ContentSpec(),
        content.status or ContentStatus(),
    )
    source, snapshot = spec.source or ContentSource(), spec.volume_snapshot_ref or SnapshotReference()
    key = ObjectKey(shared(snapshot.namespace), shared(snapshot.name)) if snapshot.name else None
    return (
        SnapshotContent(
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            driver=shared(spec.driver),
            snapshot_class=shared(spec.volume_snapshot_class_name),
            deletion_policy=shared(spec.deletion_policy),
            snapshot=key,
            snapshot_uid=snapshot.uid or "",
            volume_handle=source.volume_handle or "",
            ready=status.ready_to_use,
            captured=_seconds(status.creation_time),
            size=parse_quantity(status.restore_size),
            velero_backup=shared(metadata.label(VELERO_BACKUP)),
            deleting_since=metadata.deleting_since,
        ),
    )


def _seconds(nanoseconds: int | None) -> float | None:
    """Division of whole numbers rounds once, a detour over a float would round twice. Zero means unknown."""
    return nanoseconds / 1_000_000_000 if nanoseconds and 0 < nanoseconds < 2**63 else None


class DefaultAnnotation(Shape):
    is_default: Annotation = msgspec.field(
        default=None, name="snapshot.storage.kubernetes.io/is-default-class"
    )


class ClassMetadata(Metadata):
    annotations: DefaultAnnotation | None = None


class ClassObject(Shape):
    """A VolumeSnapshotClass has no spec. ``parameters`` may name secrets and stay unread."""

    metadata: ClassMetadata
    driver: str | None = None
    deletion_policy: str | None = None


def read_class(snapshot_class: ClassObject) -> tuple[Fact, ...]:
    annotations = snapshot_class.metadata.annotations or DefaultAnnotation()
    return (
        SnapshotClass(
            name=shared(snapshot_class.metadata.name),
            driver=shared(snapshot_class.driver),
            deletion_policy=shared(snapshot_class.deletion_policy),
            is_default=annotations.is_default == "true",
        ),
    )


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:  # noqa: ARG001 - the contract's signature
    """The plain snapshots of a claim of this name; whether of this very claim is told by their age."""
    snapshots = facts.linked(Snapshot, "claim", *claim.ref)
    copies = (_copy(claim, snapshot, facts) for snapshot in snapshots if not _of_another_tool(snapshot))
    return Coverage(source=NAME, copies=tuple(copy for copy in copies if copy))


def _of_another_tool(snapshot: Snapshot) -> bool:
    """Velero deletes its snapshots when the backup ends, VolSync when it has copied them away."""
    return bool(snapshot.velero_backup) or snapshot.created_by == "volsync"


def _copy(claim: Claim, snapshot: Snapshot, facts: Facts) -> Copy | None:
    """None until the driver told when the data was captured. The restore size is that of a volume."""
    if snapshot.captured is None:
        return None
    return Copy(
        source=NAME,
        claim=claim.ref,
        captured=snapshot.captured,
        placement="local",
        consistency="crash",
        evidence=snapshot.ref,
        ready=_restorable(snapshot, facts),
    )


def _restorable(snapshot: Snapshot, facts: Facts) -> bool:
    """A content that is known to be gone takes the snapshot with it; one that stands must be ready and point back.

    https://pkg.go.dev/github.com/kubernetes-csi/external-snapshotter/client/v8/apis/volumesnapshot/v1#VolumeSnapshotStatus
    """
    if snapshot.ready is not True or snapshot.deleting_since is not None:
        return False
    if not snapshot.content:
        return True
    content = facts.get(SnapshotContent, snapshot.content)
    if content is None:
        return not facts.sees(SnapshotContent)
    points_back = content.snapshot == (snapshot.namespace, snapshot.name) and content.snapshot_uid in (
        "",
        snapshot.uid,
    )
    return points_back and content.ready is not False and content.deleting_since is None


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(
        group="snapshot.storage.k8s.io",
        versions=("v1", "v1beta1"),
        plural=plural,
        kind=kind,
        namespaced=kind == "VolumeSnapshot",
    )
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    feeds=(
        _feed("volumesnapshots", "VolumeSnapshot", SnapshotObject, read_snapshot),
        _feed("volumesnapshotcontents", "VolumeSnapshotContent", ContentObject, read_content),
        _feed("volumesnapshotclasses", "VolumeSnapshotClass", ClassObject, read_class),
    ),
    cover=cover,
)
