"""The current records of all sources, by type, key and link, and the health of each feed. Holds facts, judges nothing.

Every change is answered with what it touches; a record equal to the one before is no change.
"""

from collections.abc import Callable, Collection, Sequence
from typing import TypeVar, cast

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectKey, Touch
from holdfast.model.observation import Observation, ObservationKind

_F = TypeVar("_F", bound=Fact)
FeedId = tuple[str, str]
Remembered = Callable[[ObservationKind, str], Sequence[Observation]]


class _Several:
    """The records under one link, put in order when they are asked for and kept so until one of them changes."""

    __slots__ = ("_ordered", "records")

    def __init__(self, *records: Fact) -> None:
        self.records = {record.key: record for record in records}
        self._ordered: tuple[Fact, ...] | None = None

    def changed(self) -> None:
        self._ordered = None

    def ordered(self) -> tuple[Fact, ...]:
        if self._ordered is None:
            self._ordered = tuple([self.records[key] for key in sorted(self.records)])
        return self._ordered


_Held = Fact | _Several
"""What stands under a link: most links lead to one record, which then stands there by itself."""


class Inventory:
    """Implements ``holdfast.model.facts.Facts``. ``remembered`` answers from the local store."""

    def __init__(self, remembered: Remembered) -> None:
        self._remembered = remembered
        self._unseen: frozenset[type[Fact]] = frozenset()
        self._objects: dict[FeedId, dict[ObjectKey, tuple[Fact, ...]]] = {}
        self._speaking: dict[str, int] = {}  # objects that left a record, by source
        self._records: dict[type[Fact], dict[tuple[str, ...], Fact]] = {}
        self._links: dict[type[Fact], dict[tuple[str, ...], _Held]] = {}

    def put(self, feed: FeedId, key: ObjectKey, records: Sequence[Fact]) -> set[Touch]:
        """The object stands, and these are its records. Returns what changed with it."""
        objects = self._objects.setdefault(feed, {})
        before = objects.get(key, ())
        # an equal record keeps its first instance: removal goes by identity
        after = tuple([next((old for old in before if old == new), new) for new in records])
        if before == after:
            objects.setdefault(key, after)
            return set()
        objects[key] = after
        self._count(feed[0], bool(after) - bool(before))
        touched: set[Touch] = set()
        for old in before:
            if old not in after:
                self._remove(old)
                touched.update(old.touches())
        for new in after:
            if new not in before:
                self._add(new)
                touched.update(new.touches())
        return touched

    def drop(self, feed: FeedId, key: ObjectKey) -> set[Touch]:
        """The object is gone. Returns what changed with it."""
        touched: set[Touch] = set()
        gone = self._objects.get(feed, {}).pop(key, ())
        self._count(feed[0], -bool(gone))
        for old in gone:
            self._remove(old)
            touched.update(old.touches())
        return touched

    def speaks(self, source: str) -> bool:
        """Whether any record of the source stands."""
        return bool(self._speaking.get(source))

    def _count(self, source: str, step: int) -> None:
        if step:
            self._speaking[source] = self._speaking.get(source, 0) + step

    def objects(self, feed: FeedId) -> int:
        """How many objects of the feed are held."""
        return len(self._objects.get(feed, ()))

    def get(self, kind: type[_F], *key: str) -> _F | None:
        return cast("_F | None", self._records.get(kind, {}).get(key))

    def all(self, kind: type[_F]) -> Collection[_F]:
        return cast("Collection[_F]", self._records.get(kind, {}).values())

    def linked(self, kind: type[_F], *link: str) -> Sequence[_F]:
        held = self._links.get(kind, {}).get(link)
        if held is None:
            return ()
        if isinstance(held, _Several):
            return cast("Sequence[_F]", held.ordered())
        return (cast("_F", held),)

    def sees(self, kind: type[_F]) -> bool:
        return kind not in self._unseen

    def overlook(self, kinds: Collection[type[Fact]]) -> None:
        """From now on these types, and no others, are held incompletely."""
        self._unseen = frozenset(kinds)

    def remembered(self, kind: ObservationKind, uid: str) -> Sequence[Observation]:
        if not uid and kind != "alive":
            return ()  # objects of a dump may have none: what was remembered of one would be said of all
        return self._remembered(kind, uid)

    def _add(self, record: Fact) -> None:
        self._records.setdefault(type(record), {})[record.key] = record
        links = self._links.setdefault(type(record), {})
        for link in record.links():
            held = links.get(link)
            if held is None:
                links[link] = record
            elif isinstance(held, _Several):
                held.records[record.key] = record
                held.changed()
            else:
                links[link] = _Several(held, record)

    def _remove(self, record: Fact) -> None:
        key = record.key
        records = self._records[type(record)]
        if records.get(key) is record:
            del records[key]
        links = self._links[type(record)]
        for link in record.links():
            held = links.get(link)
            if isinstance(held, _Several):
                if held.records.get(key) is record:
                    del held.records[key]
                    held.changed()
                if not held.records:
                    del links[link]
            elif held is record:
                del links[link]
