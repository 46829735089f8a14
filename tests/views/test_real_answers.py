"""Every answer of the running example, over HTTP, against the committed OpenAPI document; and what holds the loop."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import jsonschema
import pytest

from holdfast.app.live import Live
from holdfast.http import Address, HttpOptions, serve_http
from tests.demo.living import lived
from tests.report.scenery import claim, engine_of

NOW = 1_795_262_400.0
DOCUMENT = json.loads((Path(__file__).resolve().parents[2] / "docs" / "openapi.json").read_bytes())
HOSTILE = "<script>alert('1')<\\script>\u202e\"" + "x" * 220

ASKED = {
    "/api/v1/overview": [""],
    "/api/v1/claims": [
        "",
        "?state=late&state=never&sort=-age&per=3",
        "?search=db&filling=steady&sort=full",
        "?finding=no-owner&owner=-",
        "?namespace=none",
    ],
    "/api/v1/schedules": ["", "?state=failed&source=velero&sort=age"],
    "/api/v1/sources": [""],
    "/api/v1/findings": ["", "?severity=critical", "?search=payments&page=2&per=1"],
    "/api/v1/checklist": ["", "?namespace=shop"],
    "/api/v1/compliance": ["", "?tier=gold&sort=worst", "?per=5000"],
    "/api/v1/waste": ["", "?sort=age"],
    "/api/v1/report": [""],
}


@pytest.fixture(scope="module")
def live() -> Live:
    return Live(lived(NOW).engine, config_hash="0", clock=lambda: NOW)


@pytest.fixture
async def get(live: Live) -> AsyncIterator[Any]:
    async with serve_http(live, HttpOptions(listen=(Address("127.0.0.1", 0),)), live.measures) as bound:
        base = f"http://127.0.0.1:{bound.listen[0].port}"
        async with aiohttp.ClientSession() as session:

            async def ask(path: str) -> tuple[int, str, bytes]:
                async with session.get(base + path) as answer:
                    return answer.status, answer.headers["Content-Type"], await answer.read()

            yield ask


@cache
def validator(path: str, status: str) -> jsonschema.Draft202012Validator:
    told = DOCUMENT["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]
    schema = {"$ref": told["$ref"], "components": DOCUMENT["components"]}
    return jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def hold(path: str, status: int, body: bytes) -> None:
    """The body against the schema of this path and status."""
    validator(path, str(status)).validate(json.loads(body))


@pytest.mark.parametrize("path", sorted(ASKED))
async def test_answers_are_what_the_document_says(get: Any, path: str) -> None:
    for query in ASKED[path]:
        status, content_type, body = await get(path + query)
        assert (status, content_type) == (200, "application/json; charset=utf-8")
        hold(path, status, body)


async def test_the_story_and_explanation_of_every_claim_are_what_the_document_says(get: Any) -> None:
    _, _, body = await get("/api/v1/claims?per=500")
    rows = json.loads(body)["rows"]
    assert len(rows) > 80
    for row in rows:
        place = f"{quote(row['namespace'], safe='')}/{quote(row['name'], safe='')}"
        for path in ("/api/v1/claims/{namespace}/{name}", "/api/v1/explain/pvc/{namespace}/{name}"):
            status, _, body = await get(path.replace("{namespace}/{name}", place))
            assert status == 200
            hold(path, status, body)


@pytest.mark.parametrize("path", [path for path in sorted(ASKED) if path != "/api/v1/report"])
async def test_refusals_are_what_the_document_says(get: Any, path: str) -> None:
    status, _, body = await get(f"{path}?nonsense=1")
    assert status == 400
    hold(path, status, body)


@pytest.mark.parametrize(
    "path", ["/api/v1/claims/{namespace}/{name}", "/api/v1/explain/pvc/{namespace}/{name}"]
)
async def test_unknown_claims_are_what_the_document_says(get: Any, path: str) -> None:
    status, _, body = await get(path.format(namespace="shop", name="none"))
    assert status == 404
    hold(path, status, body)


def test_every_path_of_the_document_is_asked_here() -> None:
    others = {path for path in DOCUMENT["paths"] if "{" in path} | {"/compliance.csv", "/api/v1/openapi.json"}
    assert set(ASKED) | others == set(DOCUMENT["paths"])


async def test_the_table_has_a_line_for_every_claim(get: Any) -> None:
    _, _, body = await get("/api/v1/compliance?per=1")
    _, content_type, text = await get("/compliance.csv")
    assert content_type.startswith("text/csv")
    assert text.count(b"\r\n") == json.loads(body)["total"] + 1


@pytest.mark.parametrize("path", ["claims", "overview", "findings", "compliance", "checklist", "report"])
async def test_hostile_names_come_through_as_they_are(path: str) -> None:
    """Nothing is escaped in JSON but what JSON escapes; that is for whoever makes a page of it."""
    live = Live(
        engine_of(claim(f"shop/{HOSTILE}", annotations={"rpo": HOSTILE})), config_hash="0", clock=lambda: NOW
    )
    async with serve_http(live, HttpOptions(listen=(Address("127.0.0.1", 0),)), live.measures) as bound:
        base = f"http://127.0.0.1:{bound.listen[0].port}/api/v1"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{base}/{path}") as answer:
                hold(f"/api/v1/{path}", answer.status, await answer.read())
            if path == "claims":
                from yarl import URL

                url = URL(f"{base}/claims/shop/{quote(HOSTILE, safe='')}", encoded=True)
                async with session.get(url) as answer:
                    assert (answer.status, (await answer.json())["claim"]["name"]) == (200, HOSTILE)


def many(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        yield claim(
            f"team-{number % 40:02}/data-{number:05}",
            annotations={"owner": f"o-{number % 9}", "rpo": "x" * (number % 2)},
        )


async def test_no_view_of_many_claims_holds_the_loop() -> None:
    """Measured by the processor time of one turn of the loop, which no other program can lengthen."""
    live = Live(engine_of(*many(1500)), config_hash="0", clock=lambda: NOW)
    longest = 0.0

    async def beat() -> None:
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    from holdfast.http.queries import read_query

    beating = asyncio.create_task(beat())
    for name in ("claims", "overview", "schedules", "findings", "checklist", "compliance", "waste"):
        assert await live.view((name,), read_query(name, {})) is not None
    beating.cancel()
    assert longest < 0.05
