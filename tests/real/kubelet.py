"""Kubelets on loopback: HTTPS that demands a token and serves metric text; they hang, die, lie and return on demand.

Here belongs what stands in for a node. What is asked of it, and expected, belongs to the tests.
"""

import asyncio
import ssl
import threading
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from holdfast.model.identity import ClaimRef
from holdfast.model.usage import NodeAddress

Mood = Literal["well", "hangs", "stalls", "dead", "cut", "page", "empty", "endless", "forbids", "moves"]
"""``stalls`` in the middle of the body, ``cut`` there by the end of the connection; ``moves`` is a redirection."""

_METRICS = {
    "capacity": ("kubelet_volume_stats_capacity_bytes", "Capacity in bytes of the volume"),
    "available": ("kubelet_volume_stats_available_bytes", "Number of available bytes in the volume"),
    "used": ("kubelet_volume_stats_used_bytes", "Number of used bytes in the volume"),
    "inodes": ("kubelet_volume_stats_inodes", "Maximum number of inodes in the volume"),
    "inodes_free": ("kubelet_volume_stats_inodes_free", "Number of free inodes in the volume"),
    "inodes_used": ("kubelet_volume_stats_inodes_used", "Number of used inodes in the volume"),
}
_OTHERS = """# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 412
# HELP kubelet_running_pods [ALPHA] Number of pods that have a running pod sandbox
# TYPE kubelet_running_pods gauge
kubelet_running_pods 31
# HELP kubelet_http_requests_duration_seconds [ALPHA] Duration in seconds to serve http requests
# TYPE kubelet_http_requests_duration_seconds histogram
kubelet_http_requests_duration_seconds_bucket{long_running="false",method="GET",path="metrics",server_type="readwrite",le="0.005"} 1
kubelet_http_requests_duration_seconds_bucket{long_running="false",method="GET",path="metrics",server_type="readwrite",le="+Inf"} 402
kubelet_http_requests_duration_seconds_sum{long_running="false",method="GET",path="metrics",server_type="readwrite"} 16.2
kubelet_http_requests_duration_seconds_count{long_running="false",method="GET",path="metrics",server_type="readwrite"} 402
"""
_MOVED = b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/metrics\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nConnection: close\r\n\r\n"


def exposition(claims: Mapping[ClaimRef, Mapping[str, float]]) -> bytes:
    """The body of ``/metrics`` in the kubelet's order and spelling, with volume statistics by claim."""
    lines = [_OTHERS.rstrip("\n")]
    for stat, (metric, help_) in sorted(_METRICS.items(), key=lambda item: item[1]):
        told = {claim: stats[stat] for claim, stats in sorted(claims.items()) if stat in stats}
        if told:
            lines += [f"# HELP {metric} [ALPHA] {help_}", f"# TYPE {metric} gauge"]
            lines += [
                f'{metric}{{namespace="{claim.namespace}",persistentvolumeclaim="{claim.name}"}} {_number(value)}'
                for claim, value in told.items()
            ]
    return ("\n".join(lines) + "\n").encode()


def _number(value: float) -> str:
    return "NaN" if value != value else f"{value:.12g}" if value < 1e6 else f"{value!r}"  # noqa: PLR0124 - NaN


@dataclass
class Node:
    """One kubelet. What it serves and how it feels may be changed while it runs."""

    name: str
    token: str
    port: int = 0
    text: bytes = field(default_factory=lambda: exposition({}))
    mood: Mood = "well"
    asked: int = 0

    @property
    def address(self) -> NodeAddress:
        return NodeAddress(self.name, "127.0.0.1", self.port)


class Kubelets:
    """Nodes inside a `with` block, served by one thread. ``token`` is what opens them."""

    def __init__(self, names: Iterable[str], certificate: tuple[Path, Path], token: str) -> None:
        self.nodes = {name: Node(name, token) for name in names}
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="kubelets", daemon=True)
        self._servers: dict[str, asyncio.Server] = {}
        self._open: set[asyncio.Task[None]] = set()

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __enter__(self) -> Self:
        self._thread.start()
        with ExitStack() as stack:
            stack.callback(self._end)
            for node in self.nodes.values():
                self._run(self._listen(node))
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        for node in self.nodes.values():
            self._run(self._close(node))
        self._run(self._drop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def addresses(self) -> list[NodeAddress]:
        return [node.address for node in self.nodes.values()]

    def becomes(self, name: str, mood: Mood) -> None:
        """From now on; a dead node is one on whose port nothing listens."""
        node = self.nodes[name]
        node.mood = mood
        self._run(self._close(node) if mood == "dead" else self._listen(node))

    def _run(self, work: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self, node: Node) -> None:
        if node.name not in self._servers:

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                task = asyncio.current_task()
                assert task is not None
                self._open.add(task)
                try:
                    await _answer(node, reader, writer)
                except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                    pass  # the client has left, or the test is over
                finally:
                    self._open.discard(task)
                    writer.transport.abort()

            server = await asyncio.start_server(serve, "127.0.0.1", node.port, ssl=self._context)
            self._servers[node.name] = server
            node.port = server.sockets[0].getsockname()[1]  # who returns listens where it did

    async def _close(self, node: Node) -> None:
        server = self._servers.pop(node.name, None)
        if server is not None:
            server.close()

    async def _drop(self) -> None:
        tasks = list(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _answer(node: Node, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    node.asked += 1
    if node.mood == "hangs":
        await asyncio.sleep(3600)
    writer.write(_response(node, head))
    await writer.drain()
    if node.mood == "stalls":
        await asyncio.sleep(3600)
    while node.mood == "endless" and not writer.transport.is_closing():
        writer.write(b"x" * 65536)
        await writer.drain()
        await asyncio.sleep(0.001)
    writer.close()
    await writer.wait_closed()


def _response(node: Node, head: str) -> bytes:
    request, *fields = head.split("\r\n")
    if not request.startswith("GET /metrics "):
        return _reply(b"404 page not found", 404)
    if f"Authorization: Bearer {node.token}" not in fields:
        return _reply(b"Unauthorized", 401)
    instead = {
        "forbids": _reply(b"Forbidden (user=u, verb=get, resource=nodes, subresource=metrics)", 403),
        "moves": _MOVED,
        "page": _reply(b"<html>Sign in</html>", 200, "text/html; charset=utf-8"),
        "empty": _reply(b"", 200),
        "endless": _ENDLESS + node.text,
    }
    whole = _reply(node.text, 200)
    if node.mood in ("stalls", "cut"):
        return whole[: len(whole) - len(node.text) // 2]
    return instead.get(node.mood, whole)


def _reply(body: bytes, status: int, kind: str = "text/plain; version=0.0.4; charset=utf-8") -> bytes:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
