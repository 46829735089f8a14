"""What is kept of Stash's objects beyond plans, runs, restores and places: repositories, and who writes to them."""

from holdfast.model.facts import Fact
from holdfast.model.identity import TOUCH_NAMESPACE, ScheduleKey, TargetKey, Touch
from holdfast.model.protection import Placement
from holdfast.sources.runs.records import Saved, in_place

NAME = "stash"
GROUP = "stash.appscode.com"


def in_repository(repository: TargetKey) -> Saved:
    """Whatever is saved in this repository, which serves other namespaces too."""
    return in_place(NAME, repository.namespace, repository.name)


class Writer(Fact, frozen=True, kw_only=True, gc=False):
    """A configuration: the repository that it writes to, and how. ``single``: it saves one target."""

    schedule: ScheduleKey
    repository: TargetKey | None
    placement: Placement
    single: bool

    @property
    def key(self) -> tuple[str, ...]:
        return self.schedule

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("repository", *self.repository),) if self.repository else ()

    def touches(self) -> tuple[Touch, ...]:
        """Also what others save there: it is told apart only while nobody else does."""
        own = Touch(TOUCH_NAMESPACE, (self.schedule.namespace,))
        return (own, in_repository(self.repository).touch()) if self.repository else (own,)


class Stored(Fact, frozen=True, kw_only=True, gc=False):
    """A repository: when something was last saved in it, by how many, and whether it is some volume of the cluster."""

    target: TargetKey
    last_backup: float | None
    users: int | None
    local: bool

    @property
    def key(self) -> tuple[str, ...]:
        return self.target

    def touches(self) -> tuple[Touch, ...]:
        return (in_repository(self.target).touch(),)
