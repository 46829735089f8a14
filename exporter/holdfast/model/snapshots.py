"""Snapshots of volumes, their contents and their classes, as the cluster holds them. Facts only, no judgement."""

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    CONTENT,
    SNAPSHOT,
    TOUCH_ALL,
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
    deleting_since: float | None = None

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("VolumeSnapshot", self.namespace, self.name)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("claim", self.namespace, self.source_claim),) if self.source_claim else ()

    def touches(self) -> tuple[Touch, ...]:
        touched = [touch(SNAPSHOT, self.namespace, self.name)]
        if self.source_claim:
            touched.append(touch_claim(ClaimRef(self.namespace, self.source_claim)))
        if self.content:
            touched.append(touch(CONTENT, self.content))
        return tuple(touched)


class SnapshotContent(Fact, frozen=True, kw_only=True, gc=False):
    """A VolumeSnapshotContent. ``captured`` comes from integer nanoseconds in the API."""

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
    velero_backup: str = ""
    deleting_since: float | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("snapshot", *self.snapshot),) if self.snapshot else ()

    def touches(self) -> tuple[Touch, ...]:
        own = touch(CONTENT, self.name)
        return (own, touch(SNAPSHOT, *self.snapshot)) if self.snapshot else (own,)


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
