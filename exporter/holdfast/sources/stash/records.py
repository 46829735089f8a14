"""What is kept of Stash's objects beyond plans, runs, restores and places: repositories, and who writes to them."""

from pathlib import PurePosixPath

from holdfast.model.facts import Fact
from holdfast.model.identity import TOUCH_NAMESPACE, ObjectRef, ScheduleKey, TargetKey, Touch
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


def holds(paths: tuple[str, ...], place: str) -> bool:
    """Whether one of the paths is this place or lies above it."""
    return any(PurePosixPath(place).is_relative_to(path) for path in paths if path.startswith("/"))


class Extent(Fact, frozen=True, kw_only=True, gc=False):
    """How much of a target a configuration saves.

    ``places`` is where each of the target's volumes is mounted for it, empty where that is not told; a claim's only
    volume has no name. ``paths`` are those that it saves. ``all``: it saves the target by other means than files.
    """

    schedule: ScheduleKey
    namespace: str
    kind: str
    name: str
    places: tuple[tuple[str, str], ...] = ()
    paths: tuple[str, ...] = ()
    excludes: bool = False
    all: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (*self.schedule, self.namespace, self.kind, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return ((NAME, self.namespace, self.kind, self.name),)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.namespace,)),)

    def takes_whole(self, volume: str, paths: tuple[str, ...] | None = None) -> bool:
        """The volume from its root on, and these paths too where they are told. Without its name all volumes."""
        if self.all:
            return paths is None
        found = [place for name, place in self.places if not volume or name == volume]
        saved = all(place and holds(self.paths, place) for place in found)
        return (
            bool(found)
            and saved
            and not self.excludes
            and (paths is None or all(holds(paths, place) for place in found))
        )


class Chosen(Fact, frozen=True, kw_only=True, gc=False):
    """The paths that the rules of a restore name, for each rule that names any."""

    ref: ObjectRef
    repository: TargetKey
    paths: tuple[tuple[str, ...], ...]

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def touches(self) -> tuple[Touch, ...]:
        return (in_repository(self.repository).touch(),)


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
