"""A list and watch that never ends: one resource, in one namespace or everywhere, for all feeds that want it.

Where a feed asks for it, a list every so often takes the place of the watch.

Here belongs what is done about each error, and when contact counts as lost. What was read is kept until the
server says that it is gone: a complete list without it, or a DELETED event.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence

import aiohttp

from holdfast.cluster.connect import Connection
from holdfast.cluster.decode import Lines, Page, decode_error, decode_event, decode_page, shapes_of
from holdfast.cluster.errors import ApiError, TooLongError, status_error
from holdfast.cluster.holdings import Holdings
from holdfast.cluster.listing import Listing
from holdfast.cluster.standing import Stand, Standing
from holdfast.cluster.timing import Backoff, Timing, Turns
from holdfast.model.feed import Feed, FeedState, Resource, Sink

log = logging.getLogger("holdfast.cluster")

PAGES_AT_ONCE = 4
POLLED_AT_ONCE = 2


class Road:
    """What the lanes of one cluster share."""

    def __init__(
        self, connection: Connection, sink: Sink, timing: Timing, chance: Callable[[], float]
    ) -> None:
        self.connection = connection
        self.sink = sink
        self.timing = timing
        self.chance = chance
        self.standing = Standing(sink)
        self.turns = Turns(timing.slice)
        self.pages = asyncio.Semaphore(PAGES_AT_ONCE)
        # their own: an API server behind the API server may hang, and must not hold up what is watched
        self.polled_pages = asyncio.Semaphore(POLLED_AT_ONCE)
        self.doubt = asyncio.Event()  # set by a lane whose path is not found: discovery should look again


def path_of(resource: Resource, version: str, namespace: str) -> str:
    root = f"/apis/{resource.group}/{version}" if resource.group else f"/api/{version}"
    return f"{root}/namespaces/{namespace}/{resource.plural}" if namespace else f"{root}/{resource.plural}"


def poll_of(feeds: Iterable[Feed]) -> float | None:
    """How often a resource is listed, for all of its feeds; None where it is watched."""
    return min((feed.poll for feed in feeds if feed.poll is not None), default=None)


class Lane:
    """``namespace`` is empty for everywhere. What is held outlives a run: there may be one at another version."""

    def __init__(self, resource: Resource, namespace: str, feeds: Sequence[Feed], road: Road) -> None:
        self._resource = resource
        self._namespace = namespace
        self._road = road
        self._timing = road.timing
        self.feeds = tuple(feeds)
        self._holdings = Holdings(shapes_of(feeds), road.sink)
        self._poll = poll_of(feeds)
        slots = road.pages if self._poll is None else road.polled_pages
        self._listing = Listing(road.connection, slots, self._decode)
        self._backoff = Backoff(road.timing, road.chance)
        self._path = ""
        self._version: str | None = None  # the resourceVersion to watch from; None asks for a new list
        self._state: FeedState = "starting"
        self._looked = False  # the first list was completed
        self._steady: bool | None = None  # bookmarks come in time; None until one came, False once none did
        self._linked = False  # the watch that runs, or ran last, was answered
        self._lively = False  # and it brought a line or lived for a while
        self._deadline: asyncio.TimerHandle | None = None
        self._trouble = "no answer yet"
        self.missing = False  # the last answer was that there is no such path

    async def run(self, version: str) -> None:
        """Until cancelled."""
        self._path = path_of(self._resource, version, self._namespace)
        self._version = None
        self.missing = False
        self._give_time()
        try:
            while True:
                await self._try()
        finally:
            self._take_time()

    async def clear(self) -> None:
        """Drops all that it holds: the resource is no longer served."""
        await self._road.turns.spread(self._holdings.keys(), self._holdings.drop)

    async def _try(self) -> None:
        self._linked = self._lively = False
        try:
            if self._version is None:
                await self._list()
            if self._poll is None:
                await self._watch()
            else:
                await self._rest(self._poll)
        except ApiError as error:
            await self._after(error)
        except Exception as error:  # a fault of ours must show, and must not take the other lanes along
            log.exception("source %s: %s: a fault in Holdfast", self._names, self._resource.kind)
            self._version, self._linked = None, False
            await self._after(ApiError("decode", f"a fault in Holdfast: {error!r}"))

    # -- listing

    async def _list(self) -> None:
        while True:
            try:
                self._version = await self._list_once()
                break
            except TooLongError:
                self._listing.shrink()
        withheld = self._looked and self._state == "failing" and self._backoff.failures > 0
        self._looked = True
        self._take_time()
        if not withheld:  # else the state would flap where lists end well and watches never do
            self._enter("up")

    async def _list_once(self) -> str:
        self._holdings.begin_list()
        version = ""
        async with contextlib.aclosing(self._listing.pages(self._path)) as pages:
            async for page in pages:
                version = page.version
                self._progress(page)
                await self._road.turns.spread(self._holdings.each(page), self._holdings.take)
        await self._road.turns.spread(self._holdings.end_list(), self._holdings.drop)
        return version

    async def _rest(self, seconds: float) -> None:
        """Where nothing is watched a complete list is the proof of contact."""
        self._version = None
        self._prove()
        await asyncio.sleep(self._timing.jittered(seconds, self._road.chance))

    async def _decode(self, body: bytes) -> Page:
        return await self._road.turns.once(lambda: decode_page(body, self._holdings.shapes))

    # -- watching

    async def _watch(self) -> None:
        """Returns when the server ends the watch, as it does every few minutes."""
        lines = Lines()
        loop = asyncio.get_running_loop()
        async with self._road.connection.stream(self._path, self._watch_query()) as chunks:
            self._linked = True
            settled = loop.call_later(self._timing.settle, self._prove)
            try:
                async for chunk in chunks:
                    await self._receive(lines.split(chunk))
            except (aiohttp.ClientError, OSError) as error:
                if isinstance(error, TimeoutError) or not lines.pending:
                    raise
                raise ApiError("cut", f"the watch was cut in the middle of an object: {error!r}") from error
            finally:
                settled.cancel()
        if lines.pending:
            raise ApiError("cut", "the watch ended in the middle of an object")
        if not self._lively:
            raise ApiError("connection", "the server ends every watch at once")

    def _watch_query(self) -> list[tuple[str, str]]:
        seconds = self._timing.watch if self._steady else self._timing.watch_unmarked
        return [
            ("watch", "1"),
            ("allowWatchBookmarks", "true"),
            ("resourceVersion", self._version or ""),
            ("timeoutSeconds", str(max(1, round(self._timing.jittered(seconds, self._road.chance))))),
        ]

    async def _receive(self, lines: list[bytes]) -> None:
        if lines:
            await self._road.turns.spread(lines, self._event)
            self._prove()
            self._holdings.alive()

    def _event(self, line: bytes) -> None:
        event = decode_event(line)
        if event.type == "ERROR":
            raise status_error(decode_error(line))
        if event.type == "BOOKMARK":
            self._steady = self._steady is not False
        elif event.type == "DELETED":
            self._holdings.drop(event.key)
        else:
            for shape in self._holdings.shapes:
                self._holdings.put(shape, event.key, shape.event(line, event.key))
        self._version = event.version or self._version

    # -- states

    def _prove(self) -> None:
        """The watch, or the list in its place, is a real one: contact stands, or stands again."""
        if self._lively and self._state == "up":
            return
        self._lively = True
        self.missing = False
        self._backoff.reset()
        if self._looked:
            self._enter("up")

    async def _after(self, error: ApiError) -> None:
        """Says what the error means for the state, and waits before the next try."""
        for feed in self.feeds:
            self._road.sink.error(feed, error.reason)
        self._trouble = error.message
        if error.reason == "gone" or (self._linked and error.reason not in ("cut", "connection")):
            self._version = None  # what came last is in doubt, and a new list settles it
        if self._linked and error.reason == "timeout":
            self._steady = False
        if self._is_lapse(error):
            pass  # the watch is resumed or the list done anew; only if that fails, contact is lost
        elif error.reason == "forbidden":
            self._enter("forbidden", error.message)
        elif error.status == 404 and not self.missing:
            self.missing, self._version = True, None
            self._road.doubt.set()
        else:
            self._fail(error)
        await asyncio.sleep(self._backoff.delay(error))

    def _is_lapse(self, error: ApiError) -> bool:
        """The server ended a watch in its own way, or the connection broke for once: contact is not lost yet.

        Never a second one before a watch has proved itself: lists that always end in 410 would leave old facts
        standing as if they were current.
        """
        if self._backoff.failures:
            return False
        return error.reason == "gone" or (self._linked and error.reason != "timeout")

    def _fail(self, error: ApiError) -> None:
        if self._state != "starting":
            self._enter("failing", error.message)

    def _enter(self, state: FeedState, message: str = "") -> None:
        self._state = state
        for feed in self.feeds:
            self._road.standing.part(feed, self._namespace, Stand(state, message))

    # -- the time that a first look may take

    def _give_time(self) -> None:
        if not self._looked:
            self._take_time()
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(self._timing.first_look, self._overdue)

    def _take_time(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _progress(self, page: Page) -> None:
        """Pages keep coming: a big cluster is no failing one. After a failure only a list's last page says so."""
        if not self._backoff.failures:
            self._give_time()
        if not (self._backoff.failures and page.more):
            self._holdings.alive()

    def _overdue(self) -> None:
        if self._state == "starting":
            self._enter("failing", self._trouble)

    @property
    def _names(self) -> str:
        return ", ".join(feed.source for feed in self.feeds)
