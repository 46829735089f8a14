"""How many views are made at once: each holds a share of the one event loop, and many together would starve the scrape.

What a view is, and how one is told that there are too many, is not known here.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE: Final = 2
MOST_WAITING: Final = 16
CROWDED: Final = (
    f"{AT_ONCE} answers are being made and {MOST_WAITING} requests wait already; ask again in a few seconds"
)
AGAIN: Final = "5"  # seconds


class CrowdedError(Exception):
    """So many wait already that no other may."""


class Turnstile:
    """One for all that asks the site for views. Those who wait are let in as they came."""

    def __init__(self) -> None:
        self._making = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @asynccontextmanager
    async def let_in(self) -> AsyncIterator[None]:
        """As long as the view and its text are made; sending it, which the client may delay, is not part of that.

        Raises:
            CrowdedError: without waiting.
        """
        if self._making.locked() and self._waiting >= MOST_WAITING:
            raise CrowdedError
        self._waiting += 1
        try:
            await self._making.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._making.release()
