"""Noticing that a stream has fallen silent, at no cost per chunk."""

import asyncio
from collections.abc import AsyncIterator


class Silence:
    """Ends ``limit`` with TimeoutError after so many seconds without a chunk.

    The HTTP client can do this too, but moves its timer three times for each event of a watch, which costs more than
    to decode it.
    """

    def __init__(self, quiet: float) -> None:
        self.limit = asyncio.timeout(None)
        self._quiet = quiet
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    async def heard(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The same chunks."""
        self._last = self._loop.time()
        self._look()
        async for chunk in chunks:
            self._last = self._loop.time()
            yield chunk

    def over(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        end = self._last + self._quiet
        if self._loop.time() >= end:
            self.limit.reschedule(end)
        else:
            self._timer = self._loop.call_at(end, self._look)
