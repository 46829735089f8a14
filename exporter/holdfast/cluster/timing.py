"""Every interval of the cluster layer, how long to wait after a failure, and how work shares the event loop.

Numbers stand here and nowhere else in this folder, so that a test can make an hour pass in milliseconds.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Iterator
from time import perf_counter
from typing import TypeVar

import msgspec

from holdfast.cluster.errors import ApiError

T = TypeVar("T")


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds, all of them.

    Contact with a server that hangs is lost after ``quiet``: servers send a bookmark about once a minute.
    ``watch`` is how long a watch lasts where they do, ``watch_unmarked`` where no bookmark was seen yet:
    these watches end, and so prove life, before ``quiet`` is over.
    """

    connect: float = 10.0  # TCP and TLS
    answer: float = 30.0  # to the head of a watch: the server answers before anything happened
    page: float = 65.0  # to the head of any other answer, and within its body: servers give up after a minute
    credentials: float = 60.0  # an exec plugin's run
    renew: float = 10.0  # credentials are not renewed more often than this

    quiet: float = 90.0
    watch: float = 290.0
    watch_unmarked: float = 60.0
    settle: float = 1.0  # a watch that lived this long, or brought a line, was a real one

    first_look: float = 60.0
    discover: float = 30.0
    group: float = 20.0  # to describe one API group, which may be served by a server of its own
    confirm: float = 10.0  # between the two looks that must agree before a resource counts as gone

    backoff: float = 0.5
    backoff_most: float = 30.0
    retry_after_most: float = 300.0
    denied: float = 60.0

    slice: float = 0.01  # of work between two breaths of the event loop

    def jittered(self, seconds: float, chance: Callable[[], float]) -> float:
        """``seconds`` less up to a fifth, so that what was started together does not end together."""
        return seconds * (1.0 - 0.2 * chance())


class Backoff:
    """Full jitter: anything between nothing and a ceiling that doubles up to a cap."""

    def __init__(self, timing: Timing, chance: Callable[[], float] = random.random) -> None:
        self._timing = timing
        self._chance = chance
        self.failures = 0

    def reset(self) -> None:
        self.failures = 0

    def delay(self, error: ApiError) -> float:
        """Counts the failure and returns the seconds to wait; what the server asked for is the least."""
        ceiling = min(self._timing.backoff_most, self._timing.backoff * 2.0 ** min(self.failures, 30))
        first = self.failures == 0
        self.failures += 1
        if error.reason == "forbidden":
            return self._timing.jittered(self._timing.denied, self._chance)
        if error.reason == "gone" and first:
            return 0.0
        asked = min(error.retry_after or 0.0, self._timing.retry_after_most)
        return asked + ceiling * self._chance()


class Turns:
    """Lets the lanes of a cluster work one slice at a time, with a breath of the event loop between two.

    Each lane pausing by itself would not do: with twenty of them ready, one turn of the loop is twenty
    slices long.
    """

    def __init__(self, slice_: float) -> None:
        self._slice = slice_
        self._lock = asyncio.Lock()

    async def once(self, work: Callable[[], T]) -> T:
        """One piece of work that cannot be divided."""
        async with self._lock:
            begun = perf_counter()
            result = work()
            await self._breathe(begun)
            return result

    async def spread(self, items: Iterable[T], work: Callable[[T], object]) -> None:
        """``work`` for each of the items, in order, in as many slices as it takes."""
        rest = iter(items)
        more = True
        while more:
            async with self._lock:
                begun = perf_counter()
                more = self._work(rest, work, begun + self._slice)
                await self._breathe(begun)

    def _work(self, rest: Iterator[T], work: Callable[[T], object], until: float) -> bool:
        for item in rest:
            work(item)
            if perf_counter() > until:
                return True
        return False

    async def _breathe(self, begun: float) -> None:
        # held across the pause: released first, the next lane would work in the same turn of the loop
        if perf_counter() - begun > self._slice / 10:
            await asyncio.sleep(0)
