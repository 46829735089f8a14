"""Every page as a browser gets it: valid, closed to everything else, harmless whatever objects are called."""

import asyncio
import base64
import functools
import hashlib
import re
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any
from xml.etree.ElementTree import Element

import aiohttp
import html5lib
import msgspec
import pytest
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from holdfast.http import About, Measures, SourceLine
from holdfast.http.gate import open_gate
from holdfast.http.pages import add_pages
from holdfast.http.queries import Query
from holdfast.http.turnstile import Turnstile
from holdfast.http.views import (
    ChecklistView,
    ClaimsView,
    ComplianceView,
    FindingsView,
    OverviewView,
    SchedulesView,
    SourcesView,
    StoryView,
    View,
    WasteView,
)
from holdfast.metrics.process import Collectors
from tests.http.filling import HOSTILE, LONG, fill
from tests.http.stand import CannedSite

VIEWS: dict[tuple[str, ...], type[View]] = {
    ("overview",): OverviewView,
    ("claims",): ClaimsView,
    ("claims", "shop", "data"): StoryView,
    ("schedules",): SchedulesView,
    ("sources",): SourcesView,
    ("findings",): FindingsView,
    ("checklist",): ChecklistView,
    ("compliance",): ComplianceView,
    ("waste",): WasteView,
}
PATHS = {path: "/" if path == ("overview",) else "/" + "/".join(path) for path in VIEWS}
every_page = pytest.mark.parametrize("path", VIEWS, ids=PATHS.get)


class Site(CannedSite):
    """Answers with views filled by their types, and notes what was asked."""

    def __init__(self, text: str = HOSTILE, *, full: bool = True, **canned: Any) -> None:
        super().__init__(**canned)
        self.words, self.full = text, full
        self.asked: list[tuple[tuple[str, ...], Query]] = []

    async def view(self, path: tuple[str, ...], query: Query) -> View | None:
        self.asked.append((path, query))
        if path not in VIEWS:
            return None
        view: View = fill(VIEWS[path], text=self.words, full=self.full)
        return msgspec.structs.replace(view, judged=True) if hasattr(view, "judged") else view


@asynccontextmanager
async def served(site: CannedSite) -> AsyncIterator[Any]:
    counts = Collectors(CollectorRegistry())
    app = open_gate(
        Measures(requests=counts.http_requests, duration=counts.http_duration, sent=counts.http_sent)
    )
    with ThreadPoolExecutor(1) as compressor:
        add_pages(app.router, site, compressor, Turnstile())
        async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as client:
            yield client


async def get(site: CannedSite, path: str, status: int = 200) -> str:
    async with served(site) as client:
        return str(await fetched(client, path, status))


async def fetched(client: Any, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        return str(await answer.text())


@functools.cache
def pages(text: str = HOSTILE, *, full: bool = True) -> dict[tuple[str, ...], str]:
    """Every page, filled with this text."""

    async def fetch() -> dict[tuple[str, ...], str]:
        async with served(Site(text, full=full)) as client:
            return {path: await fetched(client, PATHS[path]) for path in VIEWS}

    return asyncio.run(fetch())


def parsed(page: str) -> Element:
    """The document. A page that is not valid HTML fails here."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    document: Element = parser.parse(page)
    return document


@every_page
@pytest.mark.parametrize("full", [True, False], ids=["full", "empty"])
def test_every_page_is_valid_html(path: tuple[str, ...], full: bool) -> None:
    document = parsed(pages(full=full)[path])
    assert document.findtext("head/title", "").endswith(f"– Holdfast ({HOSTILE})" if full else "– Holdfast")
    assert [one.get("id") for one in document.iter("main")] == ["main"]
    assert len(list(document.iter("h1"))) == 1
    ids = [one.get("id") for one in document.iter() if one.get("id")]
    assert len(ids) == len(set(ids))


@every_page
def test_no_text_of_an_object_becomes_markup(path: tuple[str, ...]) -> None:
    page = pages()[path]
    assert HOSTILE in "".join(parsed(page).itertext())
    assert "<script" not in page
    for one in parsed(page).iter():
        assert not {name for name in one.attrib if name.startswith("on") or name == "style"}
        for name in ("href", "src", "action", "{http://www.w3.org/1999/xlink}href"):
            assert not (one.get(name) or "").lower().startswith(("javascript:", "http", "//"))


async def test_every_page_is_closed_to_all_but_its_own_style() -> None:
    async with served(Site()) as client:
        for path in PATHS.values():
            async with client.get(path) as answer:
                page = await answer.text()
                style = re.search("<style>(.*?)</style>", page, re.DOTALL)
                assert style
                digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
                assert answer.headers["Content-Security-Policy"] == (
                    f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
                    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
                )
                assert answer.headers["Referrer-Policy"] == "no-referrer"
                assert answer.headers["Cache-Control"] == "no-store"
                assert not re.search(r"url\(|@import", style[1])


@every_page
def test_pages_ask_nobody_else_for_anything(path: tuple[str, ...]) -> None:
    document = parsed(pages()[path])
    assert [one.get("rel") for one in document.iter("link")] == ["icon"]
    fetching = {"script", "img", "iframe", "object", "embed", "base", "audio", "video", "use", "image"}
    assert {one.tag for one in document.iter()} & fetching == set()


@every_page
def test_every_link_of_a_page_leads_back_to_this_program(path: tuple[str, ...]) -> None:
    """Names become one segment of a path, whatever they hold."""
    document = parsed(pages()[path])
    links = {one.get("href") for one in document.iter("a")}
    ours = re.compile(
        r"/$|#[a-z]|/metrics$|/api/v1/|/compliance\.csv|/claims/[^/?]+/[^/?]+$|"
        r"/(claims|schedules|sources|findings|checklist|compliance|waste)(\?|$)"
    )
    told = {
        HOSTILE,
        *(link for link in links if link and link.startswith("#check-")),
    }  # links that views hold
    assert {link for link in links - told if not ours.match(link or "")} == set()


@every_page
def test_names_of_253_characters_are_shown_whole(path: tuple[str, ...]) -> None:
    assert LONG in pages(LONG)[path]


async def test_a_claims_address_may_hold_anything() -> None:
    site = Site()
    page = await get(site, "/claims/%22%2F%3Cb%3E/%2e%2e%2fx", status=404)
    assert site.asked[0][0] == ("claims", '"/<b>', "../x")
    assert "No claim &#34;/&lt;b&gt;/../x is known." in page


async def test_a_query_that_cannot_be_answered_is_said_in_a_sentence() -> None:
    page = await get(Site(), "/claims?state=lat<b>", status=400)
    assert "That cannot be asked" in page
    assert "state=&#39;lat&lt;b&gt;&#39; is not known; late is near; choose one of protected, late" in page
    parsed(page)


async def test_before_the_first_judgement_the_overview_says_what_is_waited_for() -> None:
    site = Site(
        waiting=["velero Backup: first look not ended"],
        page=About(
            version="1.2.3",
            sources=[
                SourceLine(source="velero", kind="Backup", state="starting", detail="<b>"),
                SourceLine(source="k8up", kind="Schedule", state="not_installed"),
            ],
        ),
    )
    for path, status in (("/", 200), ("/claims", 503), ("/claims/shop/data", 503)):
        page = await get(site, path, status)
        words = " ".join(" ".join(parsed(page).itertext()).split())
        assert "The first look has not ended" in words
        assert "velero Backup: first look not ended" in words
        assert "velero Backup starting <b>" in words
        assert "Not in this cluster: k8up." in words
    assert site.asked == []


async def test_pages_show_at_most_a_hundred_rows_unless_more_are_asked_for() -> None:
    site = Site()
    for path in ("/claims", "/schedules", "/findings", "/compliance", "/waste", "/compliance?per=2000"):
        await get(site, path)
    pers = [query.per for _, query in site.asked]
    assert max(pers[:-1]) <= 100
    assert pers[-1] == 2000


async def test_of_all_checklists_the_page_asks_for_sums_and_of_one_for_every_item() -> None:
    site = Site()
    for path in ("/checklist", "/checklist?page=2&per=30", "/checklist?namespace=shop"):
        await get(site, path)
    assert [(query.sums, query.page, query.per) for _, query in site.asked] == [
        (True, 1, 100),
        (True, 2, 30),
        (False, 1, 20),
    ]


async def test_filters_order_and_page_stand_in_the_address() -> None:
    """A link changes one thing and keeps the rest; another filter begins at the first page."""
    page = await get(Site(), "/claims?state=late&search=db&sort=-age&page=2")
    links = {one.get("href") for one in parsed(page).iter("a")}
    assert "/claims?state=late&search=db&sort=-age&page=3" in links
    assert "/claims?state=late&search=db&sort=name" in links
    assert "/api/v1/claims?state=late&search=db&sort=-age&page=2" in links


async def test_an_address_that_is_none_has_a_page_that_says_so() -> None:
    page = await get(Site(), "/nowhere/%3Cb%3E", status=404)
    assert "There is no such page" in page
    parsed(page)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_head_tells_the_headers_of_get_and_no_body(coding: str) -> None:
    asked = {"Accept-Encoding": coding}
    async with (
        served(Site()) as client,
        client.get("/sources", headers=asked) as got,
        client.head("/sources", headers=asked) as head,
    ):
        assert (head.status, await head.read()) == (200, b"")
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert head.headers.get("Content-Encoding") == got.headers.get("Content-Encoding")
        assert got.headers.get("Content-Encoding", "identity") == coding
        assert got.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", sorted(pages()))
def test_no_page_holds_a_control_character(path: tuple[str, ...]) -> None:
    page = pages("orders\0\x1b[2J\x85")[path]
    assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", page)
    assert path not in {("claims",), ("waste",)} or r"orders\x00\x1b[2J\x85" in page
