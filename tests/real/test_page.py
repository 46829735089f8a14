"""The page in a real Chromium: every view is reached by clicking, and is readable by everyone, on every window.

Pictures of all that is looked at go to the folder that HOLDFAST_PICTURES names.
"""

import json
import os
import sys
import time
import urllib.parse
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from bench.scale.filling import kinds
from bench.scale.fleet import Fleet, Made
from tests.real.browser import Scheme, Tab, browsing
from tests.real.process import Process, free_port
from tests.real.web import Refused, call

pytestmark = pytest.mark.real_long

STORY = "/claims/payments/data-ledger-db-0"
PAGES = {
    "overview": "/",
    "claims": "/claims",
    "filtered": "/claims?state=late&state=unprotected&sort=-name&search=a",
    "story": STORY,
    "unprotected": "/claims/payments/audit-log",
    "schedules": "/schedules",
    "sources": "/sources",
    "findings": "/findings",
    "checklist": "/checklist",
    "namespace": "/checklist?namespace=payments",
    "compliance": "/compliance",
    "waste": "/waste",
    "refused": "/claims?state=lost",
    "unknown": "/claims/payments/nothing",
}
LOOKS: dict[str, tuple[int, Scheme]] = {
    "light": (1280, "light"),
    "dark": (1280, "dark"),
    "middle": (1060, "light"),
    "narrow": (360, "light"),
}
HOSTILE = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror=alert(1)>',
    "'+alert(1)+'",
    "{{ 7*7 }}",
    "\u202egnp.exe\u2066",
    "\u05e2\u05d1\u05e8\u05d9\u05ea",
    "a" * 253,
    "../../metrics",
)
SLOWEST = 2.0  # seconds for a page of the large fleet; a tenth of it is usual
LARGEST = 400_000  # bytes of its HTML


class Server:
    """The installed program on loopback, inside a `with` block, ready when it is entered."""

    def __init__(self, folder: Path, *words: str | Path, ready_within: float = 60.0) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        command = [sys.executable, "-m", "holdfast", *words, "--web.listen-address", self.address]
        self._process = Process("holdfast", command, log=folder / "log")
        self._ready_within = ready_within

    def __enter__(self) -> Self:
        self._process.__enter__()
        try:
            self._process.wait_until_ready(self._ready, self._ready_within)
        except BaseException:
            self._process.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._process.end()

    def _ready(self) -> bool:
        try:
            return bool(call(f"{self.url}/readyz"))
        except Refused:
            return False


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with Server(tmp_path_factory.mktemp("demo"), "demo") as server:
        yield server.url


def written(folder: Path, objects: Iterable[dict[str, Any]]) -> Path:
    """A folder of dumped objects."""
    folder.mkdir(exist_ok=True)
    (folder / "objects.json").write_text(
        json.dumps({"kind": "List", "apiVersion": "v1", "items": list(objects)})
    )
    return folder


def claim(namespace: str, name: str, **annotations: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "namespace": namespace,
            "name": name,
            "uid": f"{namespace}/{name}",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {f"holdfast.dev/{key}": value for key, value in annotations.items()},
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": name,
        },
        "status": {"phase": "Bound", "capacity": {"storage": "1Gi"}},
    }


@asynccontextmanager
async def tab_on(url: str, *, faults: bool = False) -> AsyncIterator[Tab]:
    """A browser that is to ask this address alone and to say nothing; ``faults`` where some are wanted."""
    async with browsing() as tab:
        await tab.look(width=1280)
        yield tab
        hosts = {
            urllib.parse.urlsplit(one).netloc
            for one in tab.seen.requests
            if not one.startswith(("data:", "about:"))
        }
        assert hosts == {urllib.parse.urlsplit(url).netloc}
        assert faults or tab.seen.faults == []


async def pictured(tab: Tab, name: str) -> None:
    """Keeps a picture, where pictures are asked for."""
    if os.environ.get("HOLDFAST_PICTURES"):
        keep(name, await tab.picture())


def keep(name: str, picture: bytes) -> None:
    folder = Path(os.environ["HOLDFAST_PICTURES"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.png").write_bytes(picture)


async def headline(tab: Tab) -> str:
    return str(await tab.run("document.querySelector('h1').innerText"))


async def test_every_view_is_reached_by_clicking(demo: str) -> None:
    async with tab_on(demo) as tab:
        await tab.open(demo)
        assert "Is the data safe?" in await headline(tab)
        for label, heading in (
            ("Claims", "Claims"),
            ("Schedules", "Schedules"),
            ("Sources", "Sources"),
            ("Findings", "Findings"),
            ("Checklist", "Go-live checklist"),
            ("Compliance", "Compliance report: demo"),
            ("Waste", "Waste"),
            ("Overview", "Is the data safe?"),
        ):
            place = "/" if label == "Overview" else f"/{label.lower()}"
            await tab.click(f"nav.main a[href='{place}']")
            assert await headline(tab) == heading
            assert await tab.run("document.querySelector('nav.main [aria-current=page]').innerText") == label


async def test_what_to_do_first_leads_to_the_claim_and_its_story(demo: str) -> None:
    async with tab_on(demo) as tab:
        await tab.open(demo)
        first = await tab.run("document.querySelector('.todo li a').innerText")
        await tab.click(".todo li a")
        assert first.split("/")[1] in await headline(tab)
        told = await tab.text()
        for heading in (
            "What is asked of it",
            "Copies",
            "Restore drill",
            "Room",
            "Findings",
            "Why it is judged so",
        ):
            assert heading in told


async def test_every_link_of_todo_leads_somewhere(demo: str) -> None:
    async with tab_on(demo) as tab:
        await tab.open(demo)
        links = await tab.run("[...new Set([...document.querySelectorAll('main a')].map(one => one.href))]")
        assert len(links) > 20
        for link in links:
            await tab.open(link)
            assert await headline(tab) not in {"", "There is no such page", "That cannot be asked"}


async def test_claims_are_searched_filtered_sorted_and_turned_over(demo: str) -> None:
    async with tab_on(demo) as tab:
        await tab.open(demo + "/claims")
        everything = await rows(tab)
        await tab.click(".pager a[rel=next]")
        assert not set(await rows(tab)) & set(everything)
        await tab.click("nav.main a[href='/claims']")
        await tab.type("#search", "ledger")
        await tab.press_enter()
        assert await rows(tab) == ["data-ledger-db-0", "data-ledger-db-1"]
        await tab.click("form.filter a[href='/claims']")
        await tab.click(".chips a[href='/claims?state=late']")
        assert {state for state in await column(tab, ".badge") if state} >= {"late"}
        await tab.click("thead a[href='/claims?state=late&sort=name']")
        names = await rows(tab)
        assert (
            await tab.run("document.querySelector('th[aria-sort]').getAttribute('aria-sort')") == "ascending"
        )
        await tab.click("thead a[href='/claims?state=late&sort=-name']")
        assert await rows(tab) == names[::-1]


async def rows(tab: Tab) -> list[str]:
    return await column(tab, "th a")


async def column(tab: Tab, selector: str) -> list[str]:
    found = await tab.run(
        f"[...document.querySelectorAll('tbody tr')].map(row => row.querySelector('{selector}')?.innerText)"
    )
    return list(found)


@pytest.mark.parametrize("look", LOOKS)
async def test_every_page_is_readable_by_everyone(demo: str, look: str) -> None:
    """By axe-core no serious or critical fault; nothing is wider than the window."""
    width, scheme = LOOKS[look]
    async with tab_on(demo, faults=True) as tab:
        await tab.look(width=width, scheme=scheme)
        for name, path in PAGES.items():
            await tab.open(demo + path)
            await tab.run("document.querySelectorAll('details').forEach(one => one.open = true)")
            await pictured(tab, f"{name}-{look}")
            assert await tab.accessibility_faults() == [], name
            assert await tab.run("document.documentElement.scrollWidth") <= width, name
        refusals = [fault for fault in tab.seen.faults if "status of 40" not in fault]
        assert refusals == []  # a browser calls an answer of 400 or 404 a fault


async def test_the_keyboard_is_enough(demo: str) -> None:
    """The first key leads past the menu, what has the focus is seen, and a form is sent by Enter."""
    async with tab_on(demo) as tab:
        await tab.open(demo + "/claims")
        await tab.press("Tab", 9)
        assert await tab.run("document.activeElement.innerText") == "To the content"
        assert await tab.run("document.activeElement.getBoundingClientRect().top") >= 0
        for _ in range(3):
            await tab.press("Tab", 9)
        assert await tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await tab.type("#search", "audit")
        await tab.press_enter()
        assert await rows(tab) == ["audit-log"]


async def test_the_compliance_report_prints_black_on_white_without_the_menu(demo: str) -> None:
    async with tab_on(demo) as tab:
        await tab.look(width=1280, scheme="dark", media="print")
        await tab.open(demo + "/compliance")
        assert await tab.run("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert await tab.run("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
        for hidden in ("nav.main", "form.filter", "footer", ".skip"):
            assert await tab.run(f"getComputedStyle(document.querySelector('{hidden}')).display") == "none"
        assert (
            await tab.run("getComputedStyle(document.querySelector('table thead')).display")
            == "table-header-group"
        )
        await pictured(tab, "compliance-print")
        assert (await tab.printed()).startswith(b"%PDF-")


async def test_names_that_are_no_names_do_no_harm(tmp_path: Path) -> None:
    folder = written(
        tmp_path / "dump",
        [claim(name, other, owner=other, exempt=other) for name in HOSTILE for other in HOSTILE],
    )
    with Server(tmp_path, "serve", "--from", folder, "--web.probe-address", "") as server:
        async with tab_on(server.url) as tab:
            for look, (width, scheme) in LOOKS.items():
                await tab.look(width=width, scheme=scheme)
                for path in (
                    "/",
                    "/claims",
                    "/claims?per=100&sort=-name",
                    "/findings",
                    "/checklist",
                    "/compliance",
                ):
                    await tab.open(server.url + path)
                    assert "Holdfast" in await tab.run("document.title")
                    assert (
                        await tab.run("document.querySelectorAll('script, img, main [onerror]').length") == 0
                    )
                    assert await tab.run("document.documentElement.scrollWidth") <= width, (path, look)
                await pictured(tab, f"hostile-{look}")
            for name in HOSTILE:
                await tab.open(f"{server.url}/claims/{quoted(name)}/{quoted(name)}")
                assert await tab.run("document.querySelector('h1 bdi').textContent") == name
                assert await tab.accessibility_faults() == []
            await tab.open(server.url + "/claims")
            first = (await rows(tab))[0]
            await tab.click("tbody th a")
            assert first in await headline(tab)


def quoted(name: str) -> str:
    return urllib.parse.quote(name, safe="")


async def test_pages_stay_quick_and_small_at_20_000_claims(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fleet = Fleet(claims=20_000, pods=20_000)
    folder = written(tmp_path / "dump", dumped(fleet))
    name = fleet.plans[0]
    paths = {**PAGES, "story": f"/claims/{name.namespace}/{name.name}", "report": "/compliance?per=5000"}
    for gone in ("unprotected", "refused", "unknown"):
        del paths[gone]
    paths["namespace"] = f"/checklist?namespace={name.namespace}"
    with Server(tmp_path, "serve", "--from", folder, "--web.probe-address", "", ready_within=300.0) as server:
        told = {page: timed(server.url + path) for page, path in paths.items()}
        with capsys.disabled():
            for page, (seconds, size) in told.items():
                print(f"{page:12}{1000 * seconds:8.0f} ms{size / 1024:10.0f} KiB")
        report = told.pop("report")
        assert max(seconds for seconds, _ in told.values()) < SLOWEST
        assert max(size for _, size in told.values()) < LARGEST
        assert report[0] < 5 * SLOWEST
        async with tab_on(server.url) as tab:
            await tab.open(server.url + "/claims")
            assert "20 000 claims, page 1 of 400" in await tab.text()
            await tab.click(".pager a[rel=next]")
            assert "page 2 of 400" in await tab.text()


def timed(url: str) -> tuple[float, int]:
    """Seconds of the second answer, for the first builds what is kept, and its bytes."""
    call(url)
    began = time.perf_counter()
    page = call(url)
    return time.perf_counter() - began, len(page)


def dumped(fleet: Fleet) -> Iterator[dict[str, Any]]:
    """The fleet as a cluster would show it."""
    for _, objects in kinds(fleet):
        for one in objects:
            made: Made | None = one
            while made is not None:
                uid = made.body["metadata"].setdefault("uid", made.name)
                yield {**made.body, **({"status": made.status} if made.status else {})}
                made = made.then(uid) if made.then else None


async def test_a_fault_and_a_strange_host_would_be_noticed() -> None:
    """What the tests above find nothing of."""
    page = "<html lang=en><title>x</title><main><h1>x</h1><img src='http://elsewhere.invalid/a.png'></main></html>"
    async with browsing() as tab:
        await tab.look(width=360)
        await tab.open("data:text/html," + urllib.parse.quote(page))
        assert [fault.split()[0] for fault in await tab.accessibility_faults()] == ["image-alt"]
        assert "http://elsewhere.invalid/a.png" in tab.seen.requests
        assert any("elsewhere.invalid" in fault for fault in tab.seen.faults)
