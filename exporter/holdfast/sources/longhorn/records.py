"""What Longhorn's objects become beyond plans, runs and places: its volumes, and what bears on claims elsewhere."""

from typing import Final

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    REPLICATION,
    TOUCH_SOURCE,
    VOLUME,
    ClaimRef,
    ObjectRef,
    ReplicationKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.model.replication import Health
from holdfast.sources.runs.records import Saved, owned_by

NAME: Final = "longhorn"
GROUP: Final = "longhorn.io"
DRIVER: Final = "driver.longhorn.io"
DEFAULT_TARGET: Final = "default"


def kind(name: str) -> str:
    return f"{name}.{GROUP}"


def of_volume(namespace: str, name: str) -> Saved:
    """All that is backed up of one of Longhorn's volumes, whichever claim it is bound to."""
    return owned_by(namespace, kind("Volume"), name)


class LonghornVolume(Fact, frozen=True, kw_only=True, gc=False):
    """A volume. ``jobs`` are the labels that put it under recurring jobs, by name or by group.

    ``claim`` is the one that it is bound to now; ``last_backup`` changes with every backup that Longhorn learns of.
    """

    namespace: str
    name: str
    claim: ClaimRef | None
    persistent_volume: str
    jobs: tuple[Saved, ...]
    last_backup: str

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        own = touch(VOLUME, self.persistent_volume)
        return (own, touch_claim(self.claim)) if self.claim else (own,)


class Membership(Fact, frozen=True, kw_only=True, gc=False):
    """The jobs that a volume is under, apart from it since they hardly ever change and every job goes by them."""

    volume: str
    jobs: tuple[Saved, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (self.volume,)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("job", *job) for job in self.jobs)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_SOURCE, (NAME,)),)


class Bearing(Fact, frozen=True, kw_only=True, gc=False):
    """Another record, and what else must be judged again when it changes: claims live in other namespaces than it."""

    fact: Fact
    on: tuple[Touch, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (type(self.fact).__name__, *self.fact.key)

    def touches(self) -> tuple[Touch, ...]:
        return self.on


class Mirror(Fact, frozen=True, kw_only=True, gc=False):
    """How the copies of a volume's data in this cluster keep up with each other, or a standby with its source.

    ``source`` is the volume in another cluster that a standby follows by way of the target ``target``.
    """

    id: ReplicationKey
    evidence: ObjectRef
    health: Health
    why: str
    source: str = ""
    target: str = ""
    strange: str = ""

    @property
    def key(self) -> tuple[str, ...]:
        return self.id

    def touches(self) -> tuple[Touch, ...]:
        return (touch(REPLICATION, *self.id),)

    def strange_word(self) -> str:
        return self.strange


def standby_key(namespace: str, volume: str) -> ReplicationKey:
    """A standby has no claim until it takes over."""
    return ReplicationKey(NAME, namespace, volume, "")


class Restored(Fact, frozen=True, kw_only=True, gc=False):
    """The backup that an engine has restored last."""

    namespace: str
    engine: str
    volume: str
    backup: str

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.engine)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("volume", self.namespace, self.volume),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(REPLICATION, *standby_key(self.namespace, self.volume)),)


class FarPlan(Fact, frozen=True, kw_only=True, gc=False):
    """The crons by which a volume is backed up, as its backup volume tells them to other clusters."""

    namespace: str
    name: str
    volume: str
    target: str
    crons: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("volume", self.namespace, self.volume, self.target),)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_SOURCE, (NAME,)),)
