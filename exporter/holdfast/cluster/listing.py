"""The complete, paged list of one path: the next page is fetched while this one is worked on.

Here belongs the paging; what becomes of the objects is the caller's.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from holdfast.cluster.connect import Connection
from holdfast.cluster.decode import Page

PAGE_OBJECTS = 500
PAGE_BYTES = 16 * 1024 * 1024  # more would hold the event loop while it is decoded, and stand in memory twice

Decode = Callable[[bytes], Awaitable[Page]]


class Listing:
    """The lists of one lane."""

    def __init__(self, connection: Connection, slots: asyncio.Semaphore, decode: Decode) -> None:
        self._connection = connection
        self._slots = slots
        self._decode = decode
        self._limit = PAGE_OBJECTS

    def shrink(self) -> None:
        """After TooLongError: fewer objects a page from now on. A token holds for its limit: list anew."""
        self._limit = max(1, self._limit // 4)

    async def pages(self, path: str) -> AsyncGenerator[Page, None]:
        """Close it. Raises ApiError, ``gone`` where the token of a page ran out, and TooLongError."""
        ahead = asyncio.create_task(self._page(path, ""))
        try:
            while True:
                page = await self._decode(await ahead)
                if page.more:
                    ahead = asyncio.create_task(self._page(path, page.more))
                yield page
                if not page.more:
                    return
        finally:
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)

    async def _page(self, path: str, more: str) -> bytes:
        query = [("limit", str(self._limit))]
        if more:
            query.append(("continue", more))
        most = PAGE_BYTES if self._limit > 1 else None
        # one slot a page and not a list: the small lists get their turn between the pages of a big one
        async with self._slots:
            return (await self._connection.get(path, query, most=most)).body
