"""A TCP proxy in the test's own event loop, for connections that must fail in the ways that networks do.

Here belongs what passes bytes or does not. The servers on both sides belong to their own modules.
"""

import asyncio
from typing import Self

from tests.real.process import free_port


class Proxy:
    """A TCP proxy in the test's own event loop, that can stall what passes, or cut it and refuse more."""

    def __init__(self, port: int) -> None:
        self.port = free_port()
        self._to = port
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    def stall(self) -> None:
        """Connections stay, and nothing passes."""
        self._open.clear()

    def flow(self) -> None:
        self._open.set()

    async def cut(self) -> None:
        """All connections end, and none is taken."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._server = None

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
            self._writers.add(far_writer)
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            for one in (writer, *([far_writer] if "far_writer" in locals() else [])):
                one.transport.abort()
                self._writers.discard(one)
            self._tasks.discard(task)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            await self._open.wait()
            writer.write(data)
            await writer.drain()
        writer.transport.abort()
