"""What the JSON API answers, seen by a client of a real server on loopback that renders a canned site."""

import json
from datetime import UTC, datetime

import pytest

from holdfast.http.api import CSV, ENDPOINTS, VIEWS, Endpoint
from holdfast.http.parts import ComplianceSum
from holdfast.http.queries import Query
from holdfast.http.views import ChecklistView, ComplianceView
from tests.http.stand import CannedSite, Serve

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CHECKLIST = ChecklistView(
    now=NOW,
    cluster="prod",
    search="",
    sort="worst",
    total=1,
    everything=1,
    page=1,
    pages=1,
    per=20,
    facets=(),
    judged=True,
    chosen=(),
    namespaces=("shop",),
    states=(),
    standings=(),
    rows=(),
)
NOBODY = ComplianceSum(name="", claims=0, met=0, unmet=0, unknown=0, exempt=0, drills=0, drills_met=0)
COMPLIANCE = ComplianceView(
    now=NOW,
    cluster="",
    search="",
    sort="name",
    total=0,
    everything=0,
    page=1,
    pages=1,
    per=500,
    facets=(),
    sum=NOBODY,
    by_namespace=(),
    by_tier=(),
    rows=(),
)


def path_of(endpoint: Endpoint) -> str:
    return endpoint.path.format(namespace="shop", name="orders")


async def test_a_view_is_its_struct_in_json(serve: Serve, site: CannedSite) -> None:
    site.views[("checklist",)] = CHECKLIST
    served = await serve()
    async with served.client.get(served.url("/api/v1/checklist")) as answer:
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert await answer.json() == {
            "now": "2026-11-01T12:00:00Z",
            "cluster": "prod",
            "search": "",
            "sort": "worst",
            "total": 1,
            "everything": 1,
            "page": 1,
            "pages": 1,
            "per": 20,
            "facets": [],
            "judged": True,
            "chosen": [],
            "namespaces": ["shop"],
            "states": [],
            "standings": [],
            "rows": [],
        }


async def test_the_site_is_asked_what_the_query_string_says(serve: Serve, site: CannedSite) -> None:
    served = await serve()
    path = "/api/v1/claims?state=late&state=never&search=%20orders%20%20db&sort=-age&page=3&per=20&owner="
    async with served.client.get(served.url(path)):
        pass
    assert site.asked == [
        (
            ("claims",),
            Query(chosen={"state": ("late", "never")}, search="orders db", sort="-age", page=3, per=20),
        )
    ]


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("shop/orders", ("claims", "shop", "orders")),
        ("shop/or%20ders", ("claims", "shop", "or ders")),
        ("shop/%2e%2e", ("claims", "shop", "..")),
        ("a%2Fb/c", ("claims", "a/b", "c")),
        ("shop/{x}", ("claims", "shop", "{x}")),
        ("%3Cscript%3E/%E2%80%AE", ("claims", "<script>", "\u202e")),
        ("shop/%00", ("claims", "shop", "\x00")),
        ("shop/%FF", ("claims", "shop", "%FF")),  # no text, and so no name
    ],
)
async def test_names_in_a_path_are_percent_decoded_once(
    serve: Serve, site: CannedSite, given: str, asked: tuple[str, ...]
) -> None:
    import yarl

    served = await serve()
    async with served.client.get(yarl.URL(served.url(f"/api/v1/claims/{given}"), encoded=True)) as answer:
        if ".." in asked:  # a client or server may take it for a step back
            assert answer.status == 404
            return
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json; charset=utf-8")
        assert "error" in json.loads(await answer.read())
    assert [path for path, _ in site.asked] == [asked]


@pytest.mark.parametrize(
    ("query", "error"),
    [
        (
            "stat=late",
            (
                "'stat' is no key of this view; state is near; choose one of namespace, state, reason, drill, use, "
                "filling, tier, owner, class, finding, search, sort, page, per"
            ),
        ),
        (
            "state=lat",
            "state='lat' is not known; late is near; choose one of protected, late, never, unprotected, unknown, exempt",
        ),
        ("page=0", "page='0' is not a whole number from 1 to 1000000"),
        ("per=501", "per='501' is not a whole number from 1 to 500"),
        ("per=%D9%A3", "per='٣' is not a whole number from 1 to 500"),
        ("page=1&page=2", "page is given 2 times; give it once"),
        (
            "sort=size",
            (
                "sort='size' is not known; choose one of worst, name, age, full, used, findings, capacity, cost, "
                "or one of them after `-` for the reverse"
            ),
        ),
    ],
)
async def test_a_bad_query_string_is_a_400_that_names_key_value_and_choices(
    serve: Serve, site: CannedSite, query: str, error: str
) -> None:
    served = await serve()
    async with served.client.get(served.url(f"/api/v1/claims?{query}")) as answer:
        assert (answer.status, await answer.json()) == (400, {"error": error})
    assert site.asked == []


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.name != "openapi"], ids=lambda each: each.name
)
async def test_nothing_is_answered_before_the_first_judgement(
    serve: Serve, site: CannedSite, endpoint: Endpoint
) -> None:
    site.waiting = ["core Pod: first look not ended"]
    served = await serve()
    async with served.client.get(served.url(path_of(endpoint))) as answer:
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert await answer.json() == {
            "error": "nothing is judged yet: waiting for core Pod: first look not ended"
        }


async def test_the_document_of_the_api_needs_no_judgement(serve: Serve, site: CannedSite) -> None:
    site.waiting = ["core Pod: first look not ended"]
    served = await serve()
    async with served.client.get(served.url("/api/v1/openapi.json")) as answer:
        assert (answer.status, (await answer.json())["openapi"]) == (200, "3.1.0")


@pytest.mark.parametrize(
    "path", ["/api/v1", "/api/v1/", "/api/v1/claims/shop", "/api/v1/claims/a/b/c", "/api/v1/x/y"]
)
async def test_a_path_that_the_api_lacks_is_a_404_in_json(serve: Serve, path: str) -> None:
    served = await serve()
    async with served.client.get(served.url(path)) as answer:
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/json; charset=utf-8")
        assert (await answer.json())["error"].endswith("; /api/v1/openapi.json lists what there is")


@pytest.mark.parametrize("endpoint", VIEWS, ids=lambda each: each.name)
async def test_a_failing_view_shows_no_trace(serve: Serve, site: CannedSite, endpoint: Endpoint) -> None:
    site.failure = RuntimeError("boom")
    served = await serve()
    async with served.client.get(served.url(path_of(endpoint))) as answer:
        assert answer.status == 500
        assert await answer.text() == "500: see the log of this program\n"


@pytest.mark.parametrize(
    "path", ["/api/v1/checklist", "/api/v1/openapi.json", "/compliance.csv", "/api/v1/none"]
)
async def test_head_tells_what_get_would(serve: Serve, site: CannedSite, path: str) -> None:
    site.views = {("checklist",): CHECKLIST, ("compliance",): COMPLIANCE}
    served = await serve()
    async with served.client.get(served.url(path)) as got, served.client.head(served.url(path)) as head:
        assert head.status == got.status
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert await head.read() == b""


async def test_the_table_asks_for_all_rows_that_pass(serve: Serve, site: CannedSite) -> None:
    site.views[("compliance",)] = COMPLIANCE
    served = await serve()
    async with served.client.get(served.url(f"{CSV.path}?tier=gold&page=7&per=5")) as answer:
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
        text = await answer.text()
    assert text.startswith("namespace,name,tier,owner,storageClass,state,met,why,")
    assert text.endswith(",exemptReason,exemptUntil\r\n")
    assert site.asked == [(("compliance",), Query(chosen={"tier": ("gold",)}, sort="name", page=1, per=0))]
