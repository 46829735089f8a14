"""Objects in, facts out: VolumeSnapshots and their groups, the contents of both, and the classes of snapshots.

Here belong the fields that are read and what they mean. Error messages and parameters are free text and stay undecoded.
"""

from collections.abc import Iterable

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectKey
from holdfast.model.snapshots import (
    GroupMember,
    Snapshot,
    SnapshotClass,
    SnapshotContent,
    SnapshotGroup,
    SnapshotGroupContent,
)
from holdfast.sources.annotated import read_annotated
from holdfast.sources.shapes import AnnotatedMetadata, Metadata, Shape, given, shared
from holdfast.sources.values import parse_quantity, parse_time

VELERO_BACKUP = "velero.io/backup-name"
DEFAULT_CLASS = "snapshot.storage.kubernetes.io/is-default-class"
GROUP_LABEL = "volumeGroupSnapshotName"  # on members that external-snapshotter 6.3 to 8.1 made


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
            captured=parse_time(status.creation_time)
            or None,  # 1970 is what a driver without a time comes to
            size=parse_quantity(status.restore_size),
            error=status.error is not None,
            error_since=parse_time(status.error.time) if status.error else None,
            group=shared(status.volume_group_snapshot_name or metadata.label(GROUP_LABEL)),
            velero_backup=shared(metadata.label(VELERO_BACKUP)),
            created_by=shared(metadata.label("app.kubernetes.io/created-by")),
            owner=metadata.owner,
            owned_by=shared(_owner(metadata)),
            deleting_since=metadata.deleting_since,
        ),
    )


def _owner(metadata: Metadata) -> str:
    """Kind and name; of several owners the controlling one."""
    owners = sorted(given(metadata.owner_references), key=lambda owner: not owner.controller)
    return f"{owners[0].kind or 'an object'} {owners[0].name or ''}".strip() if owners else ""


class Reference(Shape):
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class ContentSource(Shape):
    volume_handle: str | None = None
    snapshot_handle: str | None = None


class ContentSpec(Shape):
    driver: str | None = None
    deletion_policy: str | None = None
    source: ContentSource | None = None
    volume_snapshot_class_name: str | None = None
    volume_snapshot_ref: Reference | None = None


class ContentStatus(Shape):
    creation_time: int | None = None  # nanoseconds since the epoch, beyond what a float holds exactly
    ready_to_use: bool | None = None
    restore_size: int | float | str | None = None
    snapshot_handle: str | None = None
    volume_group_snapshot_handle: str | None = None


class ContentObject(Shape):
    metadata: Metadata
    spec: ContentSpec | None = None
    status: ContentStatus | None = None


def read_content(content: ContentObject) -> tuple[Fact, ...]:
    metadata, spec = content.metadata, content.spec or ContentSpec()
    status, source = content.status or ContentStatus(), spec.source or ContentSource()
    snapshot = spec.volume_snapshot_ref or Reference()
    return (
        SnapshotContent(
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            driver=shared(spec.driver),
            snapshot_class=shared(spec.volume_snapshot_class_name),
            deletion_policy=shared(spec.deletion_policy),
            snapshot=_key(snapshot),
            snapshot_uid=snapshot.uid or "",
            volume_handle=source.volume_handle or "",
            ready=status.ready_to_use,
            captured=_seconds(status.creation_time),
            size=parse_quantity(status.restore_size),
            grouped=bool(status.volume_group_snapshot_handle),
            velero_backup=shared(metadata.label(VELERO_BACKUP)),
            snapshot_handle=status.snapshot_handle or source.snapshot_handle or "",
            deleting_since=metadata.deleting_since,
        ),
    )


def _key(reference: Reference) -> ObjectKey | None:
    return ObjectKey(shared(reference.namespace), shared(reference.name)) if reference.name else None


def _seconds(nanoseconds: int | None) -> float | None:
    """Division of whole numbers rounds once, a detour over a float would round twice. Zero means unknown."""
    return nanoseconds / 1_000_000_000 if nanoseconds and 0 < nanoseconds < 2**63 else None


class ClassObject(Shape):
    """A VolumeSnapshotClass has no spec. ``parameters`` may name secrets and stay unread."""

    metadata: AnnotatedMetadata
    driver: str | None = None
    deletion_policy: str | None = None


def read_class(snapshot_class: ClassObject) -> tuple[Fact, ...]:
    metadata = snapshot_class.metadata
    return (
        SnapshotClass(
            name=shared(metadata.name),
            driver=shared(snapshot_class.driver),
            deletion_policy=shared(snapshot_class.deletion_policy),
            is_default=metadata.annotation(DEFAULT_CLASS) == "true",
        ),
        *read_annotated("VolumeSnapshotClass", metadata),
    )


class MemberPair(Shape):
    persistent_volume_claim_ref: Reference | None = None
    volume_snapshot_ref: Reference | None = None


class GroupStatus(Shape):
    bound_volume_group_snapshot_content_name: str | None = None
    creation_time: str | None = None
    ready_to_use: bool | None = None
    error: SnapshotError | None = None
    pvc_volume_snapshot_ref_list: list[MemberPair | None] | None = None  # v1alpha1


class GroupObject(Shape):
    metadata: Metadata
    status: GroupStatus | None = None


def read_group(group: GroupObject) -> tuple[Fact, ...]:
    metadata, status = group.metadata, group.status or GroupStatus()
    return (
        SnapshotGroup(
            namespace=metadata.namespace,
            name=metadata.name,
            uid=metadata.uid,
            created=metadata.created,
            content=shared(status.bound_volume_group_snapshot_content_name),
            ready=status.ready_to_use,
            captured=parse_time(status.creation_time) or None,
            error=status.error is not None,
            members=tuple(_members(given(status.pvc_volume_snapshot_ref_list))),
            deleting_since=metadata.deleting_since,
        ),
    )


def _members(pairs: Iterable[MemberPair]) -> Iterable[GroupMember]:
    for pair in pairs:
        claim, snapshot = pair.persistent_volume_claim_ref, pair.volume_snapshot_ref
        if claim and claim.name and snapshot and snapshot.name:
            yield GroupMember(claim=shared(claim.name), snapshot=shared(snapshot.name))


class GroupContentSource(Shape):
    volume_handles: list[str | None] | None = None


class GroupContentSpec(Shape):
    driver: str | None = None
    source: GroupContentSource | None = None
    volume_group_snapshot_ref: Reference | None = None


class GroupContentStatus(Shape):
    creation_time: int | str | None = None  # a time, but whole nanoseconds in v1alpha1
    ready_to_use: bool | None = None
    error: SnapshotError | None = None


class GroupContentObject(Shape):
    metadata: Metadata
    spec: GroupContentSpec | None = None
    status: GroupContentStatus | None = None


def read_group_content(content: GroupContentObject) -> tuple[Fact, ...]:
    metadata, spec = content.metadata, content.spec or GroupContentSpec()
    status, source = content.status or GroupContentStatus(), spec.source or GroupContentSource()
    group = spec.volume_group_snapshot_ref or Reference()
    return (
        SnapshotGroupContent(
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            driver=shared(spec.driver),
            group=_key(group),
            group_uid=group.uid or "",
            volume_handles=tuple(handle for handle in given(source.volume_handles) if handle),
            ready=status.ready_to_use,
            captured=_either(status.creation_time),
            error=status.error is not None,
            deleting_since=metadata.deleting_since,
        ),
    )


def _either(time: int | str | None) -> float | None:
    """The field is int64 nanoseconds in v1alpha1 of the group API and an RFC 3339 time since v1beta1.

    https://github.com/kubernetes-csi/external-snapshotter/blob/v8.1.0/client/apis/volumegroupsnapshot/v1alpha1/types.go
    """
    if isinstance(time, str):
        return parse_time(time) or None
    return _seconds(time)
