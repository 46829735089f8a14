"""The paths and what each answers with: the words of the site put into HTTP.

Listening and letting in are not known here.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import Executor

import msgspec
from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from holdfast.http.api import CSV, DOCUMENTS, OPENAPI, ROOT, VIEWS, Endpoint
from holdfast.http.body import collect, send
from holdfast.http.measures import Measures
from holdfast.http.negotiation import choose_format
from holdfast.http.openapi import openapi_text
from holdfast.http.pages import add_pages
from holdfast.http.queries import QueryError, read_query, shortened, shown
from holdfast.http.site import Site
from holdfast.http.table import compliance_csv
from holdfast.http.turnstile import AGAIN, CROWDED, CrowdedError, Turnstile
from holdfast.http.views import ComplianceView, Problem

_JSON = "application/json; charset=utf-8"
_CSV = "text/csv; charset=utf-8; header=present"
_TEXT = "text/plain"


class Routes:
    def __init__(self, site: Site, measures: Measures, compressor: Executor) -> None:
        self._site = site
        self._measures = measures
        self._compressor = compressor
        self._turnstile = Turnstile()

    def add_health(self, router: web.UrlDispatcher) -> None:
        router.add_get("/healthz", self._live, name="health-healthz")
        router.add_get("/livez", self._live, name="health-livez")
        router.add_get("/readyz", self._ready, name="health-readyz")

    def add_all(self, router: web.UrlDispatcher) -> None:
        self.add_health(router)
        router.add_get("/metrics", self._metrics, name="metrics")
        self.add_api(router)
        add_pages(router, self._site, self._compressor, self._turnstile)

    def add_api(self, router: web.UrlDispatcher) -> None:
        """What ``ENDPOINTS`` lists, and an answer in JSON for every other path below the root."""
        for endpoint in VIEWS:
            router.add_get(_pattern(endpoint), self._view(endpoint), name=f"api-{endpoint.name}")
        for endpoint in DOCUMENTS:
            router.add_get(_pattern(endpoint), self._document(endpoint), name=f"api-{endpoint.name}")
        router.add_get(CSV.path, self._compliance_csv, name=f"api-{CSV.name}")
        router.add_get(OPENAPI.path, self._openapi, name=f"api-{OPENAPI.name}")
        router.add_get(f"{ROOT}{{rest:(/.*)?}}", _unknown, name="api-unknown")

    async def _live(self, request: web.Request) -> web.StreamResponse:
        del request
        if self._site.live():
            return web.Response(text="ok\n", content_type=_TEXT)
        return web.Response(status=503, text="not alive: only a restart can help\n", content_type=_TEXT)

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        del request
        ready, waiting = self._site.ready()
        if ready:
            return web.Response(text="ready\n", content_type=_TEXT)
        return web.Response(status=503, text=_list_waiting(waiting), content_type=_TEXT)

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        chosen = choose_format(",".join(request.headers.getall(hdrs.ACCEPT, ())))
        pieces = self._site.exposition(chosen.openmetrics)
        response, size = await send(request, pieces, chosen.content_type, self._compressor)
        if request.method != hdrs.METH_HEAD:
            self._measures.scraped(time.perf_counter() - began, size)
        return response

    def _view(self, endpoint: Endpoint) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                query = read_query(endpoint.form, request.query)
            except QueryError as error:
                return _problem(400, str(error))
            if unready := self._unready():
                return unready
            try:
                async with self._turnstile.let_in():
                    view = await self._site.view(_asked(endpoint, request), query)
                    text = b"" if view is None else msgspec.json.encode(view)
            except CrowdedError:
                return _crowded()
            if view is None:
                return _no_claim(request)
            return await self._send(request, (text,), _JSON)

        return answer

    def _document(self, endpoint: Endpoint) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            if unready := self._unready():
                return unready
            document = self._site.api(_asked(endpoint, request))
            if document is None:
                return _no_claim(request)
            return await self._send(request, await collect(document), _JSON)

        return answer

    async def _compliance_csv(self, request: web.Request) -> web.StreamResponse:
        try:
            query = read_query(CSV.form, request.query)
        except QueryError as error:
            return _problem(400, str(error))
        if unready := self._unready():
            return unready
        try:
            async with self._turnstile.let_in():
                view = await self._site.view(("compliance",), msgspec.structs.replace(query, page=1, per=0))
                rows = view.rows if isinstance(view, ComplianceView) else ()
                pieces = await collect(compliance_csv(rows))
        except CrowdedError:
            return _crowded()
        return await self._send(request, pieces, _CSV)

    async def _openapi(self, request: web.Request) -> web.StreamResponse:
        text = await asyncio.get_running_loop().run_in_executor(self._compressor, openapi_text)
        return await self._send(request, (text,), _JSON)

    def _unready(self) -> web.Response | None:
        ready, waiting = self._site.ready()
        if ready:
            return None
        first = ", ".join(waiting[:3]) + (f" and {len(waiting) - 3} more" if len(waiting) > 3 else "")
        return _problem(503, f"nothing is judged yet: waiting for {first}", {hdrs.RETRY_AFTER: AGAIN})

    async def _send(
        self, request: web.Request, pieces: Sequence[bytes], content_type: str
    ) -> web.StreamResponse:
        response, _ = await send(request, pieces, content_type, self._compressor)
        return response


def _pattern(endpoint: Endpoint) -> str:
    """Words in braces take any name, also one with braces of its own."""
    return endpoint.path.replace("}", ":[^/]+}")


def _asked(endpoint: Endpoint, request: web.Request) -> tuple[str, ...]:
    """The path as the site is asked for it: words in braces as they came, percent-decoded."""
    return tuple(
        request.match_info[segment[1:-1]] if segment.startswith("{") else segment
        for segment in endpoint.segments
    )


def _no_claim(request: web.Request) -> web.Response:
    namespace, name = request.match_info.get("namespace", ""), request.match_info.get("name", "")
    return _problem(404, f"no claim {shortened(f'{namespace}/{name}')} is known")


def _crowded() -> web.Response:
    return _problem(503, CROWDED, {hdrs.RETRY_AFTER: AGAIN})


async def _unknown(request: web.Request) -> web.Response:
    return _problem(404, f"nothing stands at {shown(request.path)}; {OPENAPI.path} lists what there is")


def _problem(status: int, why: str, headers: dict[str, str] | None = None) -> web.Response:
    body = msgspec.json.encode(Problem(error=why))
    return web.Response(status=status, body=body, headers={"Content-Type": _JSON} | (headers or {}))


def _list_waiting(waiting: Sequence[str]) -> str:
    return "not ready, waiting for:\n" + "".join(f"- {reason}\n" for reason in waiting)
