"""What one lane has handed to the sink: puts, drops, and which objects must go after a new list.

Here belongs the keeping of keys and the naming of bad objects; nothing that waits.
"""

import logging
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from holdfast.cluster.decode import Bad, Page, Shape, key_of
from holdfast.model.feed import Feed, Sink
from holdfast.model.identity import ObjectKey

log = logging.getLogger("holdfast.cluster")


class Listed(NamedTuple):
    """One decoded object of a page, for one shape."""

    shape: Shape
    object: Any


class Holdings:
    def __init__(self, shapes: Sequence[Shape], sink: Sink) -> None:
        self.shapes = shapes
        self._sink = sink
        self._known: dict[
            ObjectKey, ObjectKey
        ] = {}  # key to itself: a new list re-uses the key that is held already
        self._listed: set[ObjectKey] = set()
        self._bad: set[tuple[ObjectKey, tuple[str, str]]] = set()

    @property
    def feeds(self) -> Iterator[Feed]:
        return (feed for shape in self.shapes for feed in shape.feeds)

    def alive(self) -> None:
        for feed in self.feeds:
            self._sink.alive(feed)

    def begin_list(self) -> None:
        """What stands is kept until the new list is complete."""
        self._listed = set()

    def each(self, page: Page) -> Iterator[Listed]:
        return (Listed(shape, obj) for shape, objects in page.objects for obj in objects)

    def take(self, listed: Listed) -> None:
        obj = listed.object
        key = obj.key if isinstance(obj, Bad) else key_of(obj.metadata)
        # known at once: if this list is never completed, the next one must still miss what is gone by then
        self._listed.add(self.put(listed.shape, key, obj))

    def end_list(self) -> list[ObjectKey]:
        """The list is complete: returns what it no longer had. Each of these is to be given to ``drop``."""
        missing = [key for key in self._known if key not in self._listed]
        self._listed = set()
        return missing

    def put(self, shape: Shape, key: ObjectKey, obj: Any) -> ObjectKey:
        key = self._known.setdefault(key, key)
        for feed in shape.feeds:
            if isinstance(obj, Bad):
                self._undecodable(feed, key, obj.error)
            else:
                self._bad.discard((key, feed.id))
                self._sink.put(feed, key, obj)
        return key

    def drop(self, key: ObjectKey) -> None:
        self._known.pop(key, None)
        for feed in self.feeds:
            self._bad.discard((key, feed.id))
            self._sink.drop(feed, key)

    def keys(self) -> list[ObjectKey]:
        return list(self._known)

    def _undecodable(self, feed: Feed, key: ObjectKey, error: str) -> None:
        self._sink.error(feed, "decode")
        self._sink.undecodable(feed, key, error)
        if (key, feed.id) not in self._bad:
            self._bad.add((key, feed.id))
            place = "/".join(filter(None, key))
            log.warning("source %s: %s %s cannot be decoded: %s", feed.source, feed.kind, place, error)
