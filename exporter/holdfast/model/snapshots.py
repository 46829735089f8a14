"""Snapshots of volumes, their contents, their classes and their groups, as the cluster holds them. Facts only, no judgement."""

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    CONTENT,
    DISK,
    SNAPSHOT,
    TOUCH_ALL,
    TOUCH_NAMESPACE,
    ClaimRef,
    ObjectKey,
    ObjectRef,
    Owner,
    Touch,
    touch,
    touch_claim,
)


class Snapshot(Fact, frozen=True, kw_only=True, gc=False):
    """A VolumeSnapshot. ``captured`` is the point in time of its data, None until the driver told it."""

    namespace: str
    name: str
    uid: str
    created: float
    source_claim: str  # "" where it was not cut from a claim
    source_content: str
    content: str
    snapshot_class: str
    ready: bool | None
    captured: float | None
    size: int | None
    error: bool
    error_since: float | None = None
    group: str = ""
    velero_backup: str = ""  # label velero.io/backup-name
    created_by: str = ""  # label app.kubernetes.io/created-by; VolSync marks with it what it removes again
    owner: Owner | None = None
    owned_by: str = ""  # kind and name of an owner, of the controlling one where there is one
    deleting_since: float | None = None

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("VolumeSnapshot", self.namespace, self.name)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        links: list[tuple[str, ...]] = [("home", self.namespace)]
        if self.source_content:
            links.append(("source-content", self.source_content))
        if self.source_claim:
            links.append(("claim", self.namespace, self.source_claim))
        if self.content:
            links.append(("content", self.content))
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        touched = [touch(SNAPSHOT, self.namespace, self.name)]
        if self.source_claim:
            touched.append(touch_claim(ClaimRef(self.namespace, self.source_claim)))
        elif self.group:  # which claim it is of stands in the group
            touched.append(Touch(TOUCH_NAMESPACE, (self.namespace,)))
        if self.content:
            touched.append(touch(CONTENT, self.content))
        return tuple(touched)


class SnapshotContent(Fact, frozen=True, kw_only=True, gc=False):
    """A VolumeSnapshotContent. ``captured`` comes from integer nanoseconds in the API.

    ``volume_handle`` is the volume it was cut from, by the driver's name for it; "" where it was brought in by hand.
    ``snapshot_handle`` is what it stands for on the storage; several contents may name the same.
    """

    name: str
    uid: str
    created: float
    driver: str
    snapshot_class: str
    deletion_policy: str
    snapshot: ObjectKey | None  # spec.volumeSnapshotRef
    snapshot_uid: str
    volume_handle: str
    ready: bool | None
    captured: float | None
    size: int | None
    grouped: bool = False  # its snapshot is one of a group
    velero_backup: str = ""
    snapshot_handle: str = ""
    deleting_since: float | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def disks(self) -> tuple[tuple[str, ...], ...]:
        """As of a volume."""
        known = self.driver and self.snapshot_handle
        return (("handle", self.driver, self.snapshot_handle),) if known else ()

    def links(self) -> tuple[tuple[str, ...], ...]:
        links = [("disk", *disk) for disk in self.disks]
        if self.snapshot:
            links += [("snapshot", *self.snapshot), ("home", self.snapshot.namespace)]
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        own = (touch(CONTENT, self.name), *(touch(DISK, *disk) for disk in self.disks))
        if self.snapshot is None:
            return own
        bound = (*own, touch(SNAPSHOT, *self.snapshot))
        nameless = self.grouped and not self.volume_handle  # its snapshot names no claim
        return (*bound, Touch(TOUCH_NAMESPACE, (self.snapshot.namespace,))) if nameless else bound


class SnapshotClass(Fact, frozen=True, kw_only=True, gc=False):
    name: str
    driver: str
    deletion_policy: str
    is_default: bool

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_ALL),)


class GroupMember(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One snapshot of a group, and the claim it was cut from. Both are of the group's namespace."""

    claim: str
    snapshot: str


class SnapshotGroup(Fact, frozen=True, kw_only=True, gc=False):
    """A VolumeGroupSnapshot: snapshots of several claims at one instant.

    ``ready`` is that of the whole set. ``members`` are named by v1alpha1 alone; later the snapshots name their group.
    """

    namespace: str
    name: str
    uid: str
    created: float
    content: str
    ready: bool | None
    captured: float | None
    error: bool
    members: tuple[GroupMember, ...] = ()
    deleting_since: float | None = None

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("VolumeGroupSnapshot", self.namespace, self.name)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("claim", self.namespace, member.claim) for member in self.members)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.namespace,)),)


class SnapshotGroupContent(Fact, frozen=True, kw_only=True, gc=False):
    """A VolumeGroupSnapshotContent. ``volume_handles`` are the volumes that were chosen when the group was made."""

    name: str
    uid: str
    created: float
    driver: str
    group: ObjectKey | None  # spec.volumeGroupSnapshotRef
    group_uid: str
    volume_handles: tuple[str, ...]
    ready: bool | None
    captured: float | None
    error: bool
    deleting_since: float | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("handle", self.driver, handle) for handle in self.volume_handles)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.group.namespace,)),) if self.group else ()
