"""The live cluster: which resources are served, and a lane for each of them in each namespace.

Here belongs starting and stopping; how a lane lives is ``lane``, what the server offers is ``discovery``.
"""

import asyncio
import contextlib
import random
from collections.abc import Callable, Collection, Mapping, Sequence

from holdfast.cluster.connect import Connection
from holdfast.cluster.discovery import Catalog, Choice, Discovery
from holdfast.cluster.errors import ApiError
from holdfast.cluster.lane import Lane, Road, poll_of
from holdfast.cluster.scope import Scope
from holdfast.cluster.timing import Backoff, Timing
from holdfast.model.feed import Feed, FeedState, Resource, Sink


class _Running:
    """The lanes of one resource, and the version they read."""

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.version = ""
        self.lanes = lanes
        self.tasks: list[asyncio.Task[None]] = []
        self.doubted = False  # the last look did not have it

    def start(self, group: asyncio.TaskGroup, version: str) -> None:
        self.version = version
        self.tasks = [group.create_task(lane.run(version)) for lane in self.lanes]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    @property
    def missing(self) -> bool:
        """Whether every path of it was not found, the last time it was asked."""
        return all(lane.missing for lane in self.lanes)


class Cluster:
    """Reads all feeds from the API until cancelled. Does not close the connection.

    ``namespaces`` None reads the whole cluster; ``source_namespaces`` are a source's own (see ``Scope``).
    ``discovered`` is told the API groups that the server offers, whenever they change.
    """

    def __init__(  # noqa: PLR0913 - by keyword after the three it works with
        self,
        connection: Connection,
        feeds: Collection[Feed],
        sink: Sink,
        *,
        namespaces: Collection[str] | None = None,
        source_namespaces: Mapping[str, Collection[str]] | None = None,
        discovered: Callable[[frozenset[str]], None] | None = None,
        timing: Timing | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._timing = timing or Timing()
        self._road = Road(connection, sink, self._timing, chance)
        self._sink = sink
        self._chance = chance
        self._scope = Scope(namespaces, source_namespaces)
        self._discovery = Discovery(connection, self._timing)
        self._backoff = Backoff(self._timing, chance)
        self._discovered = discovered
        self._groups: frozenset[str] | None = None
        self._feeds: dict[Resource, list[Feed]] = {}
        for feed in sorted(feeds, key=lambda feed: (feed.resource.group, feed.resource.plural, feed.source)):
            self._feeds.setdefault(feed.resource, []).append(feed)
        self._running: dict[Resource, _Running] = {}
        self._trouble = ApiError("timeout", "no answer from API discovery yet")
        self._deaf: asyncio.TimerHandle | None = None

    async def run(self) -> None:
        """Owns every task it starts; all of them have ended when it does."""
        self._announce()
        async with asyncio.TaskGroup() as group:
            self._listen()
            try:
                while True:
                    await self._pause(await self._look(group))
            finally:
                self._stop_listening()
                for running in self._running.values():
                    await running.stop()

    def _announce(self) -> None:
        for feed in self._all_feeds():
            if self._scope.of(feed):
                self._road.standing.whole(feed, "starting")
            else:
                self._road.standing.whole(
                    feed, "out_of_scope", "it has no namespace, and only namespaces are read"
                )
        in_scope = {
            resource: [feed for feed in feeds if self._scope.of(feed)]
            for resource, feeds in self._feeds.items()
        }
        self._feeds = {resource: feeds for resource, feeds in in_scope.items() if feeds}

    def _all_feeds(self) -> list[Feed]:
        return [feed for feeds in self._feeds.values() for feed in feeds]

    # -- looking at what is served

    async def _look(self, group: asyncio.TaskGroup) -> float:
        """Starts and stops lanes by what is served now; returns the seconds until the next look."""
        self._road.doubt.clear()
        try:
            catalog = await self._discovery.look(self._feeds)
        except ApiError as error:
            return self._unheard(error)
        self._backoff.reset()
        self._listen()
        if self._discovered is not None and catalog.groups != self._groups:
            self._discovered(catalog.groups)
        self._groups = catalog.groups
        for resource in self._feeds:
            await self._reconcile(group, resource, catalog)
        again = self._timing.confirm if self._in_doubt() else self._timing.discover
        return self._timing.jittered(again, self._chance)

    def _in_doubt(self) -> bool:
        return any(running.doubted or running.missing for running in self._running.values())

    async def _pause(self, seconds: float) -> None:
        """Until the next look is due, or a lane found nothing at its path."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._road.doubt.wait()

    async def _reconcile(self, group: asyncio.TaskGroup, resource: Resource, catalog: Catalog) -> None:
        running = self._running.get(resource)
        polled = poll_of(self._feeds[resource]) is not None
        choice = catalog.choose(resource, running.version if running else "", polled=polled)
        if choice.kind == "served":
            await self._serve(group, resource, choice.version)
        elif running is None:
            self._rest(resource, choice)
        elif choice.kind == "absent":
            await self._doubt(resource, running)
        # unclear, or no longer in a version that we read: the lanes go on and say themselves how they fare

    async def _serve(self, group: asyncio.TaskGroup, resource: Resource, version: str) -> None:
        running = self._running.get(resource)
        if running is None:
            running = self._running[resource] = _Running(self._lanes(resource))
        running.doubted = False
        if running.version != version:
            await running.stop()
            running.start(group, version)

    def _lanes(self, resource: Resource) -> list[Lane]:
        parts = {feed.id: self._scope.of(feed) for feed in self._feeds[resource]}
        for feed in self._feeds[resource]:
            self._road.standing.divide(feed, parts[feed.id])
        return [
            Lane(
                resource, part, [feed for feed in self._feeds[resource] if part in parts[feed.id]], self._road
            )
            for part in sorted({part for of_feed in parts.values() for part in of_feed})
        ]

    async def _doubt(self, resource: Resource, running: _Running) -> None:
        """Two looks must agree, or a look and the path: a server just started may not know all it has."""
        if not running.doubted and not running.missing:
            running.doubted = True
            return
        await running.stop()
        for lane in running.lanes:
            await lane.clear()
        del self._running[resource]
        self._rest(resource, Choice("absent"))

    def _rest(self, resource: Resource, choice: Choice) -> None:
        """The state of a resource without lanes."""
        for feed in self._feeds[resource]:
            if choice.kind == "absent":
                self._road.standing.whole(feed, "not_installed")
                continue
            self._sink.error(feed, "server_error")
            message = "its API group is registered and does not answer"
            if choice.kind == "foreign":
                message = choice.message
            self._road.standing.whole(feed, "failing", message)

    # -- when discovery itself fails

    def _unheard(self, error: ApiError) -> float:
        """Lanes go on by themselves; nothing can be said about the rest. Returns the seconds to wait."""
        self._trouble = error
        for feed in self._resting():
            self._sink.error(feed, error.reason)
            if error.reason == "forbidden" and self._road.standing.state(feed) == "starting":
                self._road.standing.whole(feed, "forbidden", self._message())
        return self._backoff.delay(error)

    def _deafened(self) -> None:
        """No look succeeded for long: a group that was absent may be there by now."""
        state: FeedState = "forbidden" if self._trouble.reason == "forbidden" else "failing"
        for feed in self._resting():
            self._road.standing.whole(feed, state, self._message())

    def _message(self) -> str:
        return f"API discovery: {self._trouble.message}"

    def _resting(self) -> list[Feed]:
        return [
            feed for resource, feeds in self._feeds.items() if resource not in self._running for feed in feeds
        ]

    def _listen(self) -> None:
        self._stop_listening()
        self._deaf = asyncio.get_running_loop().call_later(self._timing.first_look, self._deafened)

    def _stop_listening(self) -> None:
        if self._deaf is not None:
            self._deaf.cancel()
