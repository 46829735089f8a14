"""Test feeds, and a sink that remembers everything and can be waited on. What is expected belongs to the tests."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from holdfast.model.feed import Feed, FeedError, FeedState, Resource
from holdfast.model.identity import ObjectKey

PATIENCE = 30.0


class Meta(msgspec.Struct):
    name: str | None = None
    namespace: str | None = None


class Thing(msgspec.Struct):
    metadata: Meta
    size: int = 0


class Note(msgspec.Struct):
    """Another view of the same objects."""

    metadata: Meta
    text: str = ""


PODS = Resource(group="", versions=("v1",), plural="pods", kind="Pod")
NODES = Resource(group="", versions=("v1",), plural="nodes", kind="Node", namespaced=False)
BACKUPS = Resource(group="velero.io", versions=("v2", "v1"), plural="backups", kind="Backup")


def feed(source: str, resource: Resource, shape: type[Any] = Thing) -> Feed:
    return Feed(source=source, resource=resource, shape=shape, read=lambda _: ())


class Recorder:
    """Keeps what stands, what was said, and in which order states came."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[ObjectKey, Any]] = {}
        self.states: dict[str, list[FeedState]] = {}
        self.messages: dict[str, str] = {}
        self.errors: Counter[tuple[str, FeedError]] = Counter()
        self.alives: Counter[str] = Counter()
        self.odd: dict[str, dict[ObjectKey, str]] = {}
        self.calls: list[tuple[str, str, str]] = []
        self._changed = asyncio.Event()

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        self._note("put", feed, key.name)
        self.objects.setdefault(feed.source, {})[key] = obj
        self.odd.get(feed.source, {}).pop(key, None)

    def drop(self, feed: Feed, key: ObjectKey) -> None:
        self._note("drop", feed, key.name)
        self.objects.get(feed.source, {}).pop(key, None)
        self.odd.get(feed.source, {}).pop(key, None)

    def undecodable(self, feed: Feed, key: ObjectKey, error: str) -> None:
        self._note("undecodable", feed, key.name)
        self.odd.setdefault(feed.source, {})[key] = error

    def alive(self, feed: Feed) -> None:
        self.alives[feed.source] += 1
        self._changed.set()

    def state(self, feed: Feed, state: FeedState, message: str = "") -> None:
        self._note("state", feed, state)
        self.states.setdefault(feed.source, []).append(state)
        self.messages[feed.source] = message

    def error(self, feed: Feed, reason: FeedError) -> None:
        self.errors[(feed.source, reason)] += 1
        self._changed.set()

    def _note(self, call: str, feed: Feed, what: str) -> None:
        self.calls.append((call, feed.source, what))
        self._changed.set()

    def names(self, source: str) -> list[str]:
        return sorted("/".join(part for part in key if part) for key in self.objects.get(source, {}))

    def now(self, source: str) -> str:
        return self.states.get(source, [""])[-1]

    async def until(self, holds: Callable[[], object]) -> None:
        """Waits for something to be true of this sink, or of the server; both move often enough."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self._changed.clear()
                try:
                    async with asyncio.timeout(0.01):
                        await self._changed.wait()
                except TimeoutError:
                    continue
