"""As much of a Kubernetes API server as a watcher can see, on loopback, with faults on request.

Here belongs what a server does. It keeps every change, so that a watch from any version sees what came after.
"""

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
VERBS = ["get", "list", "watch"]

Json = dict[str, Any]
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Change:
    version: int
    path: str  # of the collection, over all namespaces
    namespace: str
    line: bytes


@dataclass
class Fault:
    """Answers in place of the server for requests of a verb (list, watch, discovery) below a path."""

    verb: str
    path: str
    answer: Answer
    times: float = 1


def status(
    code: int, message: str = "told to", *, headers: Mapping[str, str] | None = None, **extra: Any
) -> Answer:
    """A refusal as the API writes it."""

    async def answer(_: web.Request) -> web.StreamResponse:
        body = {"kind": "Status", "apiVersion": "v1", "code": code, "message": message, **extra}
        return web.json_response(body, status=code, headers=headers)

    return answer


def raw(body: bytes, *, then: str = "end") -> Answer:
    """These bytes with a 200; then the answer ends, is ``cut``, or ``hangs``."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        if body:
            await response.write(body)
        if then == "cut" and request.transport is not None:
            request.transport.abort()
        if then == "hangs":
            await asyncio.sleep(60)
        return response

    return answer


async def hang(_: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.sleep(60)
    raise AssertionError


def obj(name: str, namespace: str = "", **fields: Any) -> Json:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"metadata": metadata, **fields}


@dataclass
class FakeApi:
    aggregated: bool = True
    token: str = ""
    page: int = 500
    resources: dict[tuple[str, str], list[str]] = field(default_factory=dict)  # (group, version) -> plurals
    stale: set[tuple[str, str]] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # "verb path" of every request
    queries: list[Mapping[str, str]] = field(default_factory=list)  # beside it
    headers: list[Mapping[str, str]] = field(default_factory=list)
    etag: str = ""
    url: str = ""
    version: int = 100
    compacted: int = 0
    objects: dict[str, dict[tuple[str, str], Json]] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    watching: int = 0

    def __post_init__(self) -> None:
        self.moved = asyncio.Condition()
        self.closing = 0

    # -- what tests do to it

    def serve(self, group: str, version: str, *plurals: str) -> None:
        self.resources[(group, version)] = list(plurals)
        self.etag = f'"{len(self.asked)}-{self.version}-{sorted(self.resources)}"'

    def withdraw(self, group: str, version: str) -> None:
        """The API group goes, and its objects with it."""
        for plural in self.resources.pop((group, version)):
            self.objects.pop(_collection(group, version, plural), None)
        self.etag = f'"{len(self.asked)}-{self.version}-{sorted(self.resources)}"'

    async def put(self, path: str, thing: Json) -> None:
        key = (thing["metadata"].get("namespace", ""), thing["metadata"]["name"])
        kind = "MODIFIED" if key in self.objects.setdefault(path, {}) else "ADDED"
        await self._change(path, kind, thing)
        self.objects[path][key] = thing

    async def delete(self, path: str, name: str, namespace: str = "") -> None:
        await self._change(path, "DELETED", self.objects[path].pop((namespace, name)))

    async def bookmark(self, path: str) -> None:
        await self._change(path, "BOOKMARK", {"metadata": {}})

    async def _change(self, path: str, kind: str, thing: Json) -> None:
        self.version += 1
        thing["metadata"]["resourceVersion"] = str(self.version)
        line = json.dumps({"type": kind, "object": thing}).encode() + b"\n"
        namespace = thing["metadata"].get("namespace", "")
        async with self.moved:
            self.changes.append(Change(self.version, path, namespace, line))
            self.moved.notify_all()

    def compact(self) -> None:
        """Nothing before now can be watched from."""
        self.compacted = self.version

    async def end_watches(self) -> None:
        """As the server does when their time is up."""
        async with self.moved:
            self.closing += 1
            self.moved.notify_all()

    def fail(self, verb: str, path: str, answer: Answer, times: float = 1) -> None:
        self.faults.append(Fault(verb, path, answer, times))

    def mend(self) -> None:
        self.faults.clear()

    def count(self, asked: str) -> int:
        return self.asked.count(asked)

    def queries_of(self, asked: str) -> list[Mapping[str, str]]:
        return [query for query, each in zip(self.queries, self.asked, strict=True) if each == asked]

    # -- what it answers

    async def handle(self, request: web.Request) -> web.StreamResponse:
        verb = self._verb(request)
        self.asked.append(f"{verb} {request.path}")
        self.queries.append(dict(request.query))
        self.headers.append(dict(request.headers))
        if self.token and request.headers.get("Authorization", "").lower() != f"bearer {self.token}":
            return await status(401, "Unauthorized")(request)
        for fault in self.faults:
            if fault.verb == verb and request.path.startswith(fault.path) and fault.times > 0:
                fault.times -= 1
                return await fault.answer(request)
        if verb == "discovery":
            return await self._discovery(request)
        path, namespace = _split(request.path)
        if not any(
            path == _collection(*pair, plural) for pair, names in self.resources.items() for plural in names
        ):
            return await status(404, "the server could not find the requested resource")(request)
        return await (self._watch if verb == "watch" else self._list)(request, path, namespace)

    def _verb(self, request: web.Request) -> str:
        parts = request.path.strip("/").split("/")
        if (parts[0] == "api" and len(parts) < 3) or (parts[0] == "apis" and len(parts) < 4):
            return "discovery"
        return "watch" if request.query.get("watch") else "list"

    async def _discovery(self, request: web.Request) -> web.StreamResponse:
        parts = request.path.strip("/").split("/")
        if len(parts) > 1:
            group, version = ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])
            return await self._one_version(request, group, version)
        core = parts[0] == "api"
        pairs = [pair for pair in self.resources if (pair[0] == "") == core]
        if self.aggregated and "APIGroupDiscoveryList" in request.headers["Accept"]:
            if self.etag and request.headers.get("If-None-Match") == self.etag:
                return web.Response(status=304)
            body = {"kind": "APIGroupDiscoveryList", "items": [self._aggregate(*pair) for pair in pairs]}
            return web.json_response(body, content_type="application/json", headers={"ETag": self.etag})
        if core:
            return web.json_response({"kind": "APIVersions", "versions": [version for _, version in pairs]})
        groups = [
            {"name": group, "versions": [{"groupVersion": f"{group}/{version}", "version": version}]}
            for group, version in pairs
        ]
        return web.json_response({"kind": "APIGroupList", "groups": groups})

    def _aggregate(self, group: str, version: str) -> Json:
        resources = [{"resource": plural, "verbs": VERBS} for plural in self.resources[(group, version)]]
        freshness = "Stale" if (group, version) in self.stale else "Current"
        shown = [] if freshness == "Stale" else resources
        return {
            "metadata": {"name": group} if group else {},
            "versions": [{"version": version, "resources": shown, "freshness": freshness}],
        }

    async def _one_version(self, request: web.Request, group: str, version: str) -> web.StreamResponse:
        if (group, version) in self.stale:
            return await status(503, "the server is currently unable to handle the request")(request)
        if (group, version) not in self.resources:
            return await status(404)(request)
        names = self.resources[(group, version)]
        entries = [{"name": name, "verbs": VERBS} for name in names]
        entries += [{"name": f"{name}/status", "verbs": ["get"]} for name in names]
        return web.json_response({"kind": "APIResourceList", "resources": entries})

    async def _list(self, request: web.Request, path: str, namespace: str) -> web.StreamResponse:
        things = [
            thing for key, thing in sorted(self.objects.get(path, {}).items()) if namespace in ("", key[0])
        ]
        begin = int(request.query.get("continue", "0"))
        end = begin + min(self.page, int(request.query["limit"]))
        metadata: Json = {"resourceVersion": str(self.version)}
        if end < len(things):
            metadata["continue"] = str(end)
        return web.json_response({"kind": "ThingList", "metadata": metadata, "items": things[begin:end]})

    async def _watch(self, request: web.Request, path: str, namespace: str) -> web.StreamResponse:
        after = int(request.query["resourceVersion"])
        if after < self.compacted:
            return await status(410, "too old resource version")(request)
        response = web.StreamResponse()
        response.enable_chunked_encoding()
        await response.prepare(request)
        closing = self.closing
        self.watching += 1
        try:
            while self.closing == closing:
                for change in self.changes:
                    seen = change.path == path and (not namespace or change.namespace in (namespace, ""))
                    if change.version > after and seen:
                        await response.write(change.line)
                    after = max(after, change.version)
                async with self.moved:
                    if self.closing == closing and (not self.changes or self.changes[-1].version <= after):
                        await self.moved.wait()
        except (ConnectionError, RuntimeError):
            pass  # the watcher left
        finally:
            self.watching -= 1
        return response


def _collection(group: str, version: str, plural: str) -> str:
    return f"/apis/{group}/{version}/{plural}" if group else f"/api/{version}/{plural}"


def _split(path: str) -> tuple[str, str]:
    """The collection over all namespaces, and the namespace or ``""``."""
    before, marker, after = path.partition("/namespaces/")
    if not marker:
        return path, ""
    namespace, _, plural = after.partition("/")
    return f"{before}/{plural}", namespace


async def started(api: FakeApi, tls: ssl.SSLContext | None = None) -> web.AppRunner:
    """Clean it up when done. Sets ``api.url``."""
    app = web.Application()
    app.router.add_route("GET", "/{tail:.*}", api.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    api.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    return runner
