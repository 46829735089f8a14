"""Kubelets on loopback: HTTPS that demands a token and serves metric text and summaries; they hang, die, lie and return on demand.

Here belongs what stands in for a node. What is asked of it, and expected, belongs to the tests.
"""

import asyncio
import json
import ssl
import threading
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

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
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN = b"text/plain; version=0.0.4"
_ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Type: " + _PLAIN + b"\r\nConnection: close\r\n\r\n"


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


Stats = dict[str, Any]
_GIB = 2**30
_TIME = "2026-11-21T11:59:40Z"
_CPU = {"time": _TIME, "usageNanoCores": 1234567, "usageCoreNanoSeconds": 987654321000}
_MEMORY = {"time": _TIME, "usageBytes": 71303168, "workingSetBytes": 58720256, "rssBytes": 41943040}


def filesystem(used: float, *, time: str = _TIME, **others: Any) -> Stats:
    """One ``FsStats``: a disk of 100 GiB unless ``others`` say more. None takes a field away."""
    whole = {
        "time": time,
        "availableBytes": 60 * _GIB,
        "capacityBytes": 100 * _GIB,
        "usedBytes": used,
        "inodesFree": 6_000_000,
        "inodes": 6_553_600,
        "inodesUsed": 553_600,
    }
    return {key: value for key, value in {**whole, **others}.items() if value is not None}


def pod_stats(
    name: str = "shop/web-0",
    *,
    used: float | None = None,
    volumes: Mapping[str, float] | None = None,
    containers: Mapping[str, tuple[float, float]] | None = None,
    uid: str = "",
    time: str = _TIME,
) -> Stats:
    """One ``PodStats``: bytes of emptyDirs by volume, and of (layer, logs) by container. ``used`` is their sum unless given.

    A service account's token and a claim are always mounted besides, as in most pods.
    """
    namespace, _, name = name.partition("/")
    dirs, parts = volumes or {}, {"main": (0.0, 0.0)} if containers is None else containers
    together = sum(dirs.values()) + sum(map(sum, parts.values())) if used is None else used
    claim = {"pvcRef": {"name": "data", "namespace": namespace}}
    return {
        "podRef": {"name": name, "namespace": namespace, "uid": uid or f"pod-{namespace}-{name}"},
        "startTime": "2026-11-20T09:00:00Z",
        "containers": [
            {
                "name": container,
                "startTime": "2026-11-20T09:00:03Z",
                "cpu": _CPU,
                "memory": _MEMORY,
                "rootfs": filesystem(layer, inodesUsed=31),
                "logs": filesystem(logs, inodesUsed=2),
            }
            for container, (layer, logs) in parts.items()
        ],
        "cpu": _CPU,
        "memory": _MEMORY,
        "network": {"time": _TIME, "name": "eth0", "rxBytes": 1, "rxErrors": 0, "interfaces": []},
        "volume": [
            *(filesystem(size, time=time) | {"name": volume} for volume, size in dirs.items()),
            filesystem(12288, time=time) | {"name": "kube-api-access-x7k2p"},
            filesystem(5 * _GIB, time=time) | {"name": "data"} | claim,
        ],
        "ephemeral-storage": filesystem(together, time=time),
        "process_stats": {"process_count": 3},
    }


def summary(
    node: str,
    *pods: Stats,
    disk: Stats | None = None,
    images: Stats | None = None,
    layers: Stats | None = None,
) -> bytes:
    """The body of ``/stats/summary``: one disk for everything unless told otherwise."""
    whole = filesystem(40 * _GIB) if disk is None else disk
    image_fs = whole | {"usedBytes": 9 * _GIB, "inodesUsed": 70_000} if images is None else images
    return json.dumps(
        {
            "node": {
                "nodeName": node,
                "systemContainers": [{"name": "kubelet", "startTime": _TIME, "cpu": _CPU, "memory": _MEMORY}],
                "startTime": "2026-11-01T00:00:00Z",
                "cpu": _CPU,
                "memory": _MEMORY | {"availableBytes": 8 * _GIB},
                "network": {"time": _TIME, "name": "eth0", "rxBytes": 1, "txBytes": 2, "interfaces": []},
                "fs": whole,
                "runtime": {"imageFs": image_fs, "containerFs": image_fs if layers is None else layers},
                "rlimit": {"time": _TIME, "maxpid": 4194304, "curproc": 811},
            },
            "pods": _listed(pods),
        }
    ).encode()


def _listed(pods: Sequence[Stats]) -> list[Stats] | None:
    """Go writes an empty list as null."""
    return list(pods) or None


def _number(value: float) -> str:
    return "NaN" if value != value else f"{value:.12g}" if value < 1e6 else f"{value!r}"  # noqa: PLR0124 - NaN


@dataclass
class Node:
    """One kubelet. What it serves and how it feels may be changed while it runs."""

    name: str
    token: str
    port: int = 0
    text: bytes = field(default_factory=lambda: exposition({}))
    stats: bytes = b""
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
    path = request.removeprefix("GET ").partition(" ")[0]
    pages = {
        "/metrics": ("metrics", node.text, _TEXT),
        "/stats/summary": ("stats", node.stats or summary(node.name), "application/json"),
    }
    if path not in pages:
        return _reply(b"404 page not found", 404)
    right, body, kind = pages[path]
    if f"Authorization: Bearer {node.token}" not in fields:
        return _reply(b"Unauthorized", 401)
    instead = {
        "forbids": _reply(f"Forbidden (user=u, verb=get, resource=nodes, subresource={right})".encode(), 403),
        "moves": _MOVED,
        "page": _reply(b"<html>Sign in</html>", 200, "text/html; charset=utf-8"),
        "empty": _reply(b"", 200, kind),
        "endless": _ENDLESS.replace(_PLAIN, kind.encode()) + body,
    }
    whole = _reply(body, 200, kind)
    if node.mood in ("stalls", "cut"):
        return whole[: len(whole) - len(body) // 2]
    return instead.get(node.mood, whole)


def _reply(body: bytes, status: int, kind: str = _TEXT) -> bytes:
    head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body
