"""What is kept of KubeStash's objects beyond runs, plans, restores and places: where each snapshot belongs."""

from holdfast.model.facts import Fact
from holdfast.model.identity import TOUCH_ALL, TOUCH_NAMESPACE, ObjectRef, ScheduleKey, TargetKey, Touch
from holdfast.sources.runs.records import Saved, in_place

NAME = "kubestash"
CORE = "core.kubestash.com"
STORAGE = "storage.kubestash.com"


def in_repository(namespace: str, name: str) -> Saved:
    """Whatever is saved in this repository, be its target in another namespace."""
    return in_place(NAME, namespace, name)


class Shot(Fact, frozen=True, kw_only=True, gc=False):
    """A snapshot's schedule and repository."""

    ref: ObjectRef
    schedule: ScheduleKey | None
    repository: str

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def touches(self) -> tuple[Touch, ...]:
        return ()  # its run touches the claims


class Repository(Fact, frozen=True, kw_only=True, gc=False):
    """One target's snapshots in one storage."""

    namespace: str
    name: str
    of: tuple[Saved, ...]
    storage: TargetKey | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple((NAME, *saved) for saved in self.of)

    def touches(self) -> tuple[Touch, ...]:
        return tuple(
            dict.fromkeys((Touch(TOUCH_NAMESPACE, (self.namespace,)), *(saved.touch() for saved in self.of)))
        )


class Storage(Fact, frozen=True, kw_only=True, gc=False):
    """A storage serves any namespace. ``local``: it is some volume of the cluster."""

    target: TargetKey
    local: bool

    @property
    def key(self) -> tuple[str, ...]:
        return self.target

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_ALL),)
