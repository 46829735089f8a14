"""An API on loopback that answers as a test says and keeps what it was asked.

What a test expects belongs to the test.
"""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from holdfast.model.asking import PrometheusSpec
from holdfast.usage.prometheus import Prometheus

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]

UP = {"metric": {"__name__": "up", "job": "a"}, "value": [1000.0, "1"]}


def success(*elements: dict[str, Any], kind: str = "vector", **more: Any) -> dict[str, Any]:
    """A body of the API as it documents it."""
    return {"status": "success", "data": {"resultType": kind, "result": list(elements)}, **more}


def refusal(kind: str, words: str) -> dict[str, Any]:
    return {"status": "error", "errorType": kind, "error": words}


@dataclass
class Asked:
    method: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]


@dataclass
class Api:
    url: str = ""
    asked: list[Asked] = field(default_factory=list)


def answering(body: Any, status: int = 200, **headers: str) -> Answering:
    """Always the same: JSON of a mapping, or text."""

    async def answer(_: web.Request) -> web.StreamResponse:
        if isinstance(body, str):
            return web.Response(text=body, status=status, headers=headers)
        return web.json_response(body, status=status, headers=headers)

    return answer


@asynccontextmanager
async def api(answer: Answering, tls: ssl.SSLContext | None = None) -> AsyncIterator[Api]:
    """Serves ``answer`` at any path below a prefix, on a free port of loopback."""
    stand = Api()

    async def handle(request: web.Request) -> web.StreamResponse:
        form = dict(await request.post()) if request.method == "POST" else dict(request.query)
        stand.asked.append(
            Asked(request.method, request.path, {k: str(v) for k, v in form.items()}, dict(request.headers))
        )
        return await answer(request)

    app = web.Application(client_max_size=2**22)
    app.router.add_route("*", "/{rest:.*}", handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    stand.url = f"http{'s' if tls else ''}://127.0.0.1:{port}/prometheus"
    try:
        yield stand
    finally:
        await runner.cleanup()


def client(stand: Api, **spec: Any) -> Prometheus:
    return Prometheus(PrometheusSpec(url=stand.url, **spec))
