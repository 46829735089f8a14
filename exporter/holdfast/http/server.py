"""The listeners: sockets, threads and the watch over the web configuration, opened and closed together.

What is answered belongs to the routes.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import msgspec
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from holdfast.http.addresses import Address, listen
from holdfast.http.auth import BasicAuth
from holdfast.http.gate import open_gate
from holdfast.http.measures import Measures
from holdfast.http.routes import Routes
from holdfast.http.site import Site
from holdfast.http.tls import rotating_context
from holdfast.http.web import WebFile, WebWatch


class HttpOptions(msgspec.Struct, frozen=True, kw_only=True):
    """``probe`` None: no second listener. Every ``poll`` seconds changed files are looked for;
    what two looks find alike is taken."""

    listen: tuple[Address, ...]
    probe: Address | None = None
    web: WebFile | None = None
    poll: float = 3.0
    shutdown_timeout: float = 10.0


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """Where is really listened, for the log and for ports that were 0."""

    listen: tuple[Address, ...]
    probe: Address | None


@asynccontextmanager
async def serve_http(site: Site, options: HttpOptions, measures: Measures) -> AsyncIterator[Bound]:
    """Serves until the block ends, then lets running answers end.

    Raises AddressError where an address cannot be had, ValueError where the web configuration cannot serve.
    """
    async with AsyncExitStack() as stack:
        watch = WebWatch(options.web, _threads(stack, "holdfast-files", 1))
        await watch.start()
        measures.prepare()
        routes = Routes(site, measures, _threads(stack, "holdfast-gzip", 2))
        main = open_gate(measures, watch, BasicAuth(_threads(stack, "holdfast-bcrypt", 1)))
        routes.add_all(main.router)
        health = open_gate(measures)
        routes.add_health(health.router)
        # Opened first and so closed last: whoever probes sees the answers under way come to their end.
        probe = await _open(stack, health, options, addresses=(options.probe,) if options.probe else ())
        bound = await _open(stack, main, options, addresses=options.listen, tls=_tls(watch))
        await stack.enter_async_context(_running(watch.watch(options.poll)))
        yield Bound(listen=bound, probe=probe[0] if probe else None)


def _tls(watch: WebWatch) -> ssl.SSLContext | None:
    """Whether there is TLS is settled at the start; with which files, by each new connection."""
    first = watch.current.tls
    return rotating_context(lambda: watch.current.tls or first) if first else None


async def _open(
    stack: AsyncExitStack,
    app: web.Application,
    options: HttpOptions,
    *,
    addresses: tuple[Address, ...],
    tls: ssl.SSLContext | None = None,
) -> tuple[Address, ...]:
    """Runs the application on these addresses until the stack unwinds; returns the real ones."""
    runner = web.AppRunner(
        app, access_log=None, logger=_protocol_log(), shutdown_timeout=options.shutdown_timeout
    )
    await runner.setup()
    stack.push_async_callback(runner.cleanup)
    bound = []
    for address in addresses:
        sock = listen(address)
        host, port = sock.getsockname()[:2]
        await web.SockSite(runner, sock, ssl_context=tls).start()
        bound.append(Address(host, port))
    return tuple(bound)


def _protocol_log() -> logging.Logger:
    """For what aiohttp meets before and after our routes."""
    log = logging.getLogger(f"{__name__}.protocol")
    log.addFilter(_is_ours)
    return log


def _is_ours(record: logging.LogRecord) -> bool:
    """Not the fault of a client: anyone can make those, as often as he likes."""
    fault = record.exc_info[1] if record.exc_info else None
    return not isinstance(fault, ConnectionError | HttpProcessingError)


@asynccontextmanager
async def _running(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _threads(stack: AsyncExitStack, name: str, count: int) -> ThreadPoolExecutor:
    executor = ThreadPoolExecutor(count, thread_name_prefix=name)
    stack.callback(executor.shutdown, wait=False, cancel_futures=True)
    return executor
