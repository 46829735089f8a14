"""The paths and what each answers with: the words of the site put into HTTP.

Listening and letting in are not known here.
"""

import time
from collections.abc import Sequence
from concurrent.futures import Executor

import msgspec
from aiohttp import hdrs, web

from holdfast.http import landing
from holdfast.http.body import collect, send
from holdfast.http.measures import Measures
from holdfast.http.negotiation import choose_format
from holdfast.http.site import Site

_JSON = "application/json; charset=utf-8"
_TEXT = "text/plain"


class Routes:
    def __init__(self, site: Site, measures: Measures, compressor: Executor) -> None:
        self._site = site
        self._measures = measures
        self._compressor = compressor

    def add_health(self, router: web.UrlDispatcher) -> None:
        router.add_get("/healthz", self._live, name="health-healthz")
        router.add_get("/livez", self._live, name="health-livez")
        router.add_get("/readyz", self._ready, name="health-readyz")

    def add_all(self, router: web.UrlDispatcher) -> None:
        self.add_health(router)
        router.add_get("/", self._landing, name="landing")
        router.add_get("/metrics", self._metrics, name="metrics")
        router.add_get("/api/v1/report", self._report, name="api-report")
        router.add_get("/api/v1/explain/pvc/{namespace}/{claim}", self._explain, name="api-explain")

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

    async def _landing(self, request: web.Request) -> web.StreamResponse:
        del request
        ready, waiting = self._site.ready()
        return web.Response(
            text=landing.render(self._site.landing(), ready, tuple(waiting)),
            content_type="text/html",
            headers={
                "Content-Security-Policy": landing.CONTENT_SECURITY_POLICY,
                "Referrer-Policy": "no-referrer",
            },
        )

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        chosen = choose_format(",".join(request.headers.getall(hdrs.ACCEPT, ())))
        pieces = self._site.exposition(chosen.openmetrics)
        response, size = await send(request, pieces, chosen.content_type, self._compressor)
        if request.method != hdrs.METH_HEAD:
            self._measures.scraped(time.perf_counter() - began, size)
        return response

    async def _report(self, request: web.Request) -> web.StreamResponse:
        return await self._api(request, ("report",), "there is no report yet")

    async def _explain(self, request: web.Request) -> web.StreamResponse:
        namespace, claim = request.match_info["namespace"], request.match_info["claim"]
        return await self._api(
            request, ("explain", "pvc", namespace, claim), f"no claim {namespace}/{claim} is known"
        )

    async def _api(self, request: web.Request, path: tuple[str, ...], otherwise: str) -> web.StreamResponse:
        answer = self._site.api(path)
        if answer is None:
            return web.Response(
                status=404, body=msgspec.json.encode({"error": otherwise}), headers={"Content-Type": _JSON}
            )
        response, _ = await send(request, await collect(answer), _JSON, self._compressor)
        return response


def _list_waiting(waiting: Sequence[str]) -> str:
    return "not ready, waiting for:\n" + "".join(f"- {reason}\n" for reason in waiting)
