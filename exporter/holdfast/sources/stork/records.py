"""What is kept of Stork's objects beyond runs and restores: schedules with their history, policies, sizes."""

from typing import NamedTuple

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    REPLICATION,
    SCHEDULE,
    TOUCH_ALL,
    TOUCH_NAMESPACE,
    TOUCH_SOURCE,
    ClaimRef,
    ObjectRef,
    ReplicationKey,
    ScheduleKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.model.protection import Placement
from holdfast.sources.runs.records import Outcome
from holdfast.sources.selection import Selector
from holdfast.sources.stork.policies import KINDS, Rhythm

NAME = "stork"
GROUP = "stork.libopenstorage.org"


class Past(NamedTuple):
    """One run as its schedule remembers it."""

    kind: str
    created: float
    finished: float | None
    outcome: Outcome


class Scheduled(Fact, frozen=True, kw_only=True, gc=False):
    """An ApplicationBackupSchedule. Each plan of its policy is a schedule of ours, named after both."""

    namespace: str
    name: str
    uid: str
    created: float
    policy: str
    suspended: bool
    namespaces: tuple[str, ...]
    selector: Selector
    history: tuple[Past, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("namespace", each) for each in self.namespaces)

    def touches(self) -> tuple[Touch, ...]:
        reached = (Touch(TOUCH_NAMESPACE, (each,)) for each in self.namespaces)
        return (*reached, *(touch(SCHEDULE, *schedule_of(self.namespace, self.name, kind)) for kind in KINDS))


def schedule_of(namespace: str, name: str, kind: str) -> ScheduleKey:
    return ScheduleKey(NAME, namespace, f"{name}/{kind.lower()}")


class Policy(Fact, frozen=True, kw_only=True, gc=False):
    """``namespace`` is empty for those of the whole cluster."""

    namespace: str
    name: str
    rhythms: tuple[Rhythm, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_ALL), Touch(TOUCH_SOURCE, (NAME,)))


class Volume(NamedTuple):
    claim: ClaimRef
    claim_uid: str
    size: int | None
    placement: Placement


class Volumes(Fact, frozen=True, kw_only=True, gc=False):
    """What a backup says of each volume that it saved; the claims themselves stand in its run."""

    ref: ObjectRef
    volumes: tuple[Volume, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def touches(self) -> tuple[Touch, ...]:
        return tuple(touch_claim(volume.claim) for volume in self.volumes)


class Migrating(Fact, frozen=True, kw_only=True, gc=False):
    """A MigrationSchedule that takes volumes along."""

    namespace: str
    name: str
    created: float
    policy: str
    suspended: bool
    history: tuple[Past, ...]
    strange: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return replication_of(self.namespace, self.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(REPLICATION, *self.key),)

    def strange_word(self) -> str:
        return self.strange


def replication_of(namespace: str, name: str) -> ReplicationKey:
    """Of no single claim: one migration takes all of its namespaces along."""
    return ReplicationKey(NAME, namespace, name, "")
