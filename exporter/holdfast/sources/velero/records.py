"""What is kept of Velero's objects. Facts only; which claim they protect is worked out in ``coverage``.

One object may leave two records: what claims rest on, and what only its schedule or location shows.
A change of the second judges no claim.
"""

import hashlib
from collections.abc import Iterable
from typing import Literal

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    SCHEDULE,
    TARGET,
    TOUCH_ALL,
    TOUCH_NAMESPACE,
    TOUCH_SOURCE,
    ClaimRef,
    ObjectRef,
    ScheduleKey,
    TargetKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.sources.velero.scope import Scope

NAME = "velero"
LONGEST_LABEL = 63

Outcome = Literal["completed", "partial", "failed"]

_QUALIFIED = {"PodVolumeBackup": "PodVolumeBackup.velero.io", "DataUpload": "DataUpload.velero.io"}


def valid_label(name: str) -> str:
    """A name as Velero writes it into a label.

    https://github.com/vmware-tanzu/velero/blob/v1.18.1/pkg/label/label.go
    """
    if len(name) <= LONGEST_LABEL:
        return name
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()
    return name[: LONGEST_LABEL - 6] + digest[:6]


def _reach_touches(scope: Scope) -> Iterable[Touch]:
    return (Touch(TOUCH_ALL) if name == "*" else Touch(TOUCH_NAMESPACE, (name,)) for name in scope.reach)


class Backup(Fact, frozen=True, kw_only=True, gc=False):
    """A Backup that came to its end, and is not being deleted: what it may have copied and how it fared.

    ``time`` is its start, its creation where it never started. ``label`` is its name as labels hold it.
    ``home``: it was made in this cluster, not found in a bucket. ``hooked``: hooks ran in it and none failed.
    ``countable``: its counters could prove copies that no object names.
    """

    namespace: str
    name: str
    uid: str
    label: str
    outcome: Outcome
    time: float
    started: float | None
    ended: float | None
    expires: float | None
    home: bool
    hooked: bool
    csi_attempted: int
    csi_completed: int
    native_attempted: int
    native_completed: int
    countable: bool
    scope: Scope
    ref: ObjectRef
    target: TargetKey | None
    schedule: ScheduleKey | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        links: list[tuple[str, ...]] = [("reach", name) for name in self.scope.reach]
        links.append(("label", self.namespace, self.label))
        if self.uid:
            links.append(("uid", self.uid))
        if self.schedule:
            links.append(("schedule", *self.schedule))
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        return tuple(_reach_touches(self.scope))


class Run(Fact, frozen=True, kw_only=True, gc=False):
    """A Backup made in this cluster by a schedule, as the schedule sees it."""

    namespace: str
    name: str
    schedule: ScheduleKey
    stage: Literal["running", "completed", "partial", "failed", "deleting"]
    created: float
    started: float | None
    ended: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    @property
    def time(self) -> float:
        return self.created if self.started is None else self.started

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("schedule", *self.schedule),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule),)


class VolumeCopy(Fact, frozen=True, kw_only=True, gc=False):
    """An ended PodVolumeBackup or DataUpload of a claim. ``captured`` is when its data was read."""

    kind: Literal["PodVolumeBackup", "DataUpload"]
    namespace: str
    name: str
    claim: ClaimRef
    claim_uid: str
    backup_uid: str
    backup_label: str
    whole: bool
    captured: float | None
    size: int | None
    pod: str = ""
    volume: str = ""  # as the pod names it

    @property
    def key(self) -> tuple[str, ...]:
        return (self.kind, self.namespace, self.name)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(_QUALIFIED[self.kind], self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("claim", *self.claim),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch_claim(self.claim),)


class Plan(Fact, frozen=True, kw_only=True, gc=False):
    """A Schedule: when it should run, and what its runs would take. ``target`` is empty for the default."""

    schedule: ScheduleKey
    uid: str
    created: float
    cron: str
    timezone: str
    valid: bool
    paused: bool
    target: str
    scope: Scope

    @property
    def key(self) -> tuple[str, ...]:
        return (self.schedule.namespace, self.schedule.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("reach", name) for name in self.scope.reach)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule), *_reach_touches(self.scope))


class PlanClock(Fact, frozen=True, kw_only=True, gc=False):
    """From when a Schedule counts its next run; moves with each of them."""

    schedule: ScheduleKey
    anchor: float

    @property
    def key(self) -> tuple[str, ...]:
        return (self.schedule.namespace, self.schedule.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule),)


class Restore(Fact, frozen=True, kw_only=True, gc=False):
    """A Restore that came to its end. ``mapping`` is from the namespaces of the backup to those restored into.

    ``namespaces`` are those of the backup that it takes, all where none is named; patterns are taken for all.
    ``narrow``: it was asked for a choice of objects, so that it may never have meant to bring a volume back.
    """

    namespace: str
    name: str
    label: str
    backup: str
    success: bool
    started: float | None
    ended: float
    mapping: tuple[tuple[str, str], ...]
    namespaces: tuple[str, ...]
    narrow: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("Restore.velero.io", self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("backup", self.namespace, self.backup), ("label", self.label))

    def touches(self) -> tuple[Touch, ...]:
        """The claims that were backed up, and those that it made in other namespaces."""
        if not self.namespaces:
            return (Touch(TOUCH_ALL),)
        names = dict.fromkeys((*self.namespaces, *(into for _, into in self.mapping)))
        return tuple(Touch(TOUCH_NAMESPACE, (name,)) for name in names)


class VolumeRestore(Fact, frozen=True, kw_only=True, gc=False):
    """An ended PodVolumeRestore or DataDownload. A DataDownload names the claim, the other a volume of a pod.

    ``origin`` is the namespace that was backed up.
    """

    kind: Literal["PodVolumeRestore", "DataDownload"]
    namespace: str
    name: str
    restore: str  # the label of its Restore
    origin: str
    claim: str
    pod: str
    volume: str
    whole: bool

    @property
    def key(self) -> tuple[str, ...]:
        return (self.kind, self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("restore", self.namespace, self.restore),)

    def touches(self) -> tuple[Touch, ...]:
        if self.claim:
            return (touch_claim(ClaimRef(self.origin, self.claim)),)
        return (Touch(TOUCH_NAMESPACE, (self.origin,)),)


class Location(Fact, frozen=True, kw_only=True, gc=False):
    """Whether a BackupStorageLocation can be used. ``available`` is None until Velero has looked."""

    target: TargetKey
    available: bool | None
    default: bool
    region: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return (self.target.namespace, self.target.name)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_ALL), Touch(TOUCH_SOURCE, (NAME,)), touch(TARGET, *self.target))


class Place(Fact, frozen=True, kw_only=True, gc=False):
    """A repository or a snapshot location: shown as a target, and no claim's state rests on it."""

    target: TargetKey
    available: bool | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.target.namespace, self.target.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(TARGET, *self.target),)


class LocationCheck(Fact, frozen=True, kw_only=True, gc=False):
    """When a BackupStorageLocation was last looked at: once a minute."""

    target: TargetKey
    checked: float

    @property
    def key(self) -> tuple[str, ...]:
        return (self.target.namespace, self.target.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(TARGET, *self.target),)
