"""Which path shows which page, and what is shown where there is nothing to show.

The gate in front of it lets people in; what a page looks like belongs to the templates.
"""

from collections.abc import Mapping
from concurrent.futures import Executor
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec
from aiohttp import hdrs, web

from holdfast.http.pages.fan import draw_fan
from holdfast.http.pages.links import Link, claim_path
from holdfast.http.pages.render import CONTENT_SECURITY_POLICY, Renderer
from holdfast.http.pages.telling import number
from holdfast.http.pages.timeline import draw_timeline
from holdfast.http.pages.words import size
from holdfast.http.queries import FORMS, Query, QueryError, read_query
from holdfast.http.site import Site
from holdfast.http.turnstile import AGAIN, CROWDED, CrowdedError, Turnstile
from holdfast.http.views import ClaimsView, StoryView, View

LISTS: Final = ("claims", "schedules", "sources", "findings", "checklist", "compliance", "waste")
_PER_PAGE: Final = 100  # rows where nobody asked for another number
_SHOWN_COPIES: Final = 12  # of a claim, before the rest is folded away
_ABSENT: Final = "not_installed"
_COMPRESSED_APART: Final = 1 << 12  # bytes of a body that are worth a thread
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}
_TITLES: Final = {
    400: "That cannot be asked",
    404: "There is no such page",
    503: "Too many ask at once",
}


class Pages:
    """Answers for the paths of the pages."""

    def __init__(self, site: Site, compressor: Executor, turnstile: Turnstile) -> None:
        self._site = site
        self._turnstile = turnstile
        self._compressor = compressor
        self._renderer = Renderer()

    def add_all(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self._overview, name="landing")
        for name in LISTS:
            router.add_get(f"/{name}", self._list, name=f"landing-{name}")
        router.add_get("/claims/{namespace:[^/]+}/{claim:[^/]+}", self._story, name="landing-claim")
        router.add_get("/{nowhere:.*}", self._nowhere, name="nowhere")

    async def _overview(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, "overview", ("overview",))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        name = request.path.strip("/")
        return await self._answer(request, name, (name,))

    async def _story(self, request: web.Request) -> web.StreamResponse:
        namespace, claim = request.match_info["namespace"], request.match_info["claim"]
        return await self._answer(request, "claim", ("claims", namespace, claim))

    async def _nowhere(self, request: web.Request) -> web.StreamResponse:
        link = Link(quote(request.path))
        return await self._refuse(link, HTTPStatus.NOT_FOUND, "Nothing is known under this address.")

    async def _answer(self, request: web.Request, form: str, path: tuple[str, ...]) -> web.StreamResponse:
        link = Link(_page_path(path), tuple(request.query.items()))
        try:
            query = _bounded(read_query(form, request.query), form, request.query)
        except QueryError as error:
            return await self._refuse(link, HTTPStatus.BAD_REQUEST, str(error))
        ready, waiting = self._site.ready()
        if not ready:
            return await self._wait(link, tuple(waiting))
        try:
            async with self._turnstile.let_in():
                view = await self._site.view(path, query)
                if view is not None:
                    return await self._show("story" if form == "claim" else form, link, view)
        except CrowdedError:
            response = await self._refuse(link, HTTPStatus.SERVICE_UNAVAILABLE, CROWDED)
            response.headers[hdrs.RETRY_AFTER] = AGAIN
            return response
        return await self._refuse(link, HTTPStatus.NOT_FOUND, _missing(path))

    async def _show(self, name: str, link: Link, view: View) -> web.Response:
        text = await self._renderer.page(
            name,
            link,
            view=view,
            now=view.now,
            cluster=view.cluster,
            version=self._site.about().version,
            json=Link("/api/v1" + (link.path if link.path != "/" else "/overview"), link.pairs),
            **_extras(view),
        )
        return self._html(text)

    async def _wait(self, link: Link, waiting: tuple[str, ...]) -> web.Response:
        """Before the first judgement: what is waited for. The overview is a page at any time, the others are not there yet."""
        about = self._site.about()
        here = {line.source for line in about.sources if line.state != _ABSENT}
        text = await self._renderer.page(
            "waiting",
            link,
            waiting=waiting,
            sources=[line for line in about.sources if line.source in here],
            absent=list(dict.fromkeys(line.source for line in about.sources if line.source not in here)),
            **self._bare(),
        )
        return self._html(text, HTTPStatus.OK if link.path == "/" else HTTPStatus.SERVICE_UNAVAILABLE)

    async def _refuse(self, link: Link, status: HTTPStatus, sentence: str) -> web.Response:
        text = await self._renderer.page(
            "error", link, title=_TITLES[status], sentence=sentence, **self._bare()
        )
        return self._html(text, status)

    def _html(self, text: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
        response = web.Response(
            text=text,
            status=status,
            content_type="text/html",
            headers=_HEADERS,
            zlib_executor=self._compressor,
            zlib_executor_size=_COMPRESSED_APART,
        )
        response.enable_compression()
        return response

    def _bare(self) -> dict[str, Any]:
        """What every page is handed, where there is no view."""
        about = self._site.about()
        return {"now": None, "cluster": about.cluster, "version": about.version, "json": ""}


def add_pages(router: web.UrlDispatcher, site: Site, compressor: Executor, turnstile: Turnstile) -> None:
    """Adds every page; compiles the templates, which takes some tenths of a second."""
    Pages(site, compressor, turnstile).add_all(router)


def _bounded(query: Query, form: str, asked: Mapping[str, str]) -> Query:
    """With fewer rows than the API gives where nobody asked for a number: a page is read, not parsed.

    Of many checklists only the sums are shown, and more of them fit.
    """
    if form == "checklist" and not query.chosen:
        per = query.per if asked.get("per") else _PER_PAGE
        return msgspec.structs.replace(query, sums=True, per=per)
    if FORMS[form].per > _PER_PAGE and not asked.get("per"):
        return msgspec.structs.replace(query, per=_PER_PAGE)
    return query


def _extras(view: View) -> dict[str, Any]:
    """What some templates are handed besides their view."""
    if isinstance(view, StoryView):
        return {
            "picture": draw_timeline(view.timeline, view.now),
            "fans": (draw_fan(view.bytes, view.now, size), draw_fan(view.inodes, view.now, _count)),
            "shown": _SHOWN_COPIES,
        }
    if isinstance(view, ClaimsView):
        return {"costed": any(row.monthly_cost for row in view.rows)}
    return {"most": FORMS["compliance"].most}


def _page_path(path: tuple[str, ...]) -> str:
    if len(path) == 3:
        return claim_path(path[1], path[2])
    return "/" if path == ("overview",) else f"/{path[0]}"


def _count(inodes: float) -> str:
    return f"{number(round(inodes))} inodes"


def _missing(path: tuple[str, ...]) -> str:
    return (
        f"No claim {path[1]}/{path[2]} is known."
        if len(path) == 3
        else "Nothing is known under this address."
    )
