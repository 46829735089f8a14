"""What each path answers, seen by a client of a real server on loopback."""

import asyncio
import gzip
import json
import logging
import time

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from holdfast.http import Address, HttpOptions, Measures, serve_http
from tests.http.stand import CannedSite, Serve, until

BIG = b"".join(
    b'holdfast_pvc_requested_bytes{namespace="n",persistentvolumeclaim="c-%d"} 1\n' % i for i in range(2000)
)


async def test_metrics_come_as_text_by_default(serve: Serve, site: CannedSite) -> None:
    served = await serve()
    async with served.client.get(served.url("/metrics")) as answer:
        assert (answer.status, await answer.read()) == (200, b"".join(site.text))
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert answer.headers["Content-Length"] == str(len(b"".join(site.text)))
        assert answer.headers["Vary"] == "Accept, Accept-Encoding"
        assert "Content-Encoding" not in answer.headers


async def test_metrics_come_as_openmetrics_on_request(serve: Serve, site: CannedSite) -> None:
    served = await serve()
    accept = {"Accept": "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"}
    async with served.client.get(served.url("/metrics"), headers=accept) as answer:
        assert await answer.read() == b"".join(site.openmetrics)
        assert answer.headers["Content-Type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8"


async def test_accept_headers_on_several_lines_are_one(serve: Serve) -> None:
    served = await serve()
    accept = [("Accept", "text/plain;q=0.5"), ("Accept", "application/openmetrics-text")]
    async with served.client.get(served.url("/metrics"), headers=accept) as answer:
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text")


async def test_gzip_is_one_member_of_the_whole_body(serve: Serve, site: CannedSite) -> None:
    site.text = [BIG[start : start + 1000] for start in range(0, len(BIG), 1000)] + [b"", b"last 1\n"]
    served = await serve()
    async with served.client.get(served.url("/metrics"), headers={"Accept-Encoding": "gzip"}) as answer:
        body = await answer.read()
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Content-Length"] == str(len(body))
    assert gzip.decompress(body) == b"".join(site.text)
    assert len(body) < len(BIG) / 5
    assert body.count(b"\x1f\x8b\x08") == 1


@pytest.mark.parametrize("refused", ["gzip;q=0", "identity"])
async def test_gzip_is_not_forced_on_who_refuses_it(serve: Serve, site: CannedSite, refused: str) -> None:
    site.text = [BIG]
    served = await serve()
    async with served.client.get(served.url("/metrics"), headers={"Accept-Encoding": refused}) as answer:
        assert "Content-Encoding" not in answer.headers
        assert await answer.read() == BIG


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_a_large_body_never_holds_the_loop(serve: Serve, site: CannedSite, coding: str) -> None:
    site.text = [BIG] * 300  # 45 MB
    served = await serve()
    longest = 0.0

    async def beat() -> None:
        """The processor time of one turn of the loop, which no other program can lengthen."""
        nonlocal longest
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest = max(longest, time.thread_time() - before)

    beating = asyncio.create_task(beat())
    async with served.client.get(served.url("/metrics"), headers={"Accept-Encoding": coding}) as answer:
        size = 0
        async for part in answer.content.iter_any():
            size += len(part)
    beating.cancel()
    assert size == int(answer.headers["Content-Length"])
    assert longest < 0.05


@pytest.mark.parametrize("path", ["/metrics", "/livez", "/readyz", "/healthz"])
async def test_head_tells_the_headers_of_get_and_no_body(serve: Serve, site: CannedSite, path: str) -> None:
    site.text = [BIG]
    served = await serve()
    async with served.client.get(served.url(path)) as got, served.client.head(served.url(path)) as head:
        assert head.status == got.status == 200
        assert head.headers["Content-Length"] == got.headers["Content-Length"]
        assert head.headers["Content-Type"] == got.headers["Content-Type"]
        assert await head.read() == b""
    async with served.client.get(served.url("/livez")) as after:
        assert await after.text() == "ok\n"  # the connection is still in step


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", ["/metrics", "/", "/readyz", "/api/v1/report"])
async def test_other_methods_are_not_allowed(serve: Serve, method: str, path: str) -> None:
    served = await serve()
    async with served.client.request(method, served.url(path)) as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD")


@pytest.mark.parametrize(
    "path", ["/metric", "/api/v1", "/api/v1/explain", "/api/v1/explain/pvc/a", "/-/reload"]
)
async def test_other_paths_are_not_found(serve: Serve, path: str) -> None:
    served = await serve()
    async with served.client.get(served.url(path)) as answer:
        assert answer.status == 404


async def test_readiness_lists_what_it_waits_for(serve: Serve, site: CannedSite) -> None:
    site.waiting = ["velero: Backup has not been listed", "core: Pod is starting"]
    served = await serve()
    for url in (served.url("/readyz"), served.probe_url("/readyz")):
        async with served.client.get(url) as answer:
            assert (answer.status, await answer.text()) == (
                503,
                "not ready, waiting for:\n- velero: Backup has not been listed\n- core: Pod is starting\n",
            )
    site.waiting = []
    async with served.client.get(served.url("/readyz")) as answer:
        assert (answer.status, await answer.text()) == (200, "ready\n")


@pytest.mark.parametrize("path", ["/livez", "/healthz"])
async def test_life_does_not_wait_for_readiness(serve: Serve, site: CannedSite, path: str) -> None:
    site.waiting = ["everything"]
    served = await serve()
    async with served.client.get(served.probe_url(path)) as answer:
        assert (answer.status, await answer.text()) == (200, "ok\n")
    site.alive = False
    async with served.client.get(served.probe_url(path)) as answer:
        assert answer.status == 503


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/report"])
async def test_the_probe_address_serves_health_alone(serve: Serve, path: str) -> None:
    served = await serve()
    async with served.client.get(served.probe_url(path)) as answer:
        assert answer.status == 404


async def test_the_api_hands_out_what_the_site_knows(serve: Serve, site: CannedSite) -> None:
    site.answers = {
        ("report",): b'{"claims":[]}',
        ("explain", "pvc", "shop", "data-db-0"): iter([b'{"a"', b":1}"]),
    }
    served = await serve()
    async with served.client.get(served.url("/api/v1/report")) as answer:
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
        assert await answer.json() == {"claims": []}
    async with served.client.get(served.url("/api/v1/explain/pvc/shop/data-db-0")) as answer:
        assert await answer.json() == {"a": 1}


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/api/v1/explain/pvc/shop/none", "no claim shop/none is known"),
        ('/api/v1/explain/pvc/shop/"%2F<b>', 'no claim shop/"/<b> is known'),
        ("/api/v1/claims/shop/none", "no claim shop/none is known"),
        (f"/api/v1/claims/shop/{'x' * 300}", f"no claim shop/{'x' * 52}... is known"),
        ("/api/v1/nothing", "nothing stands at '/api/v1/nothing'; /api/v1/openapi.json lists what there is"),
    ],
)
async def test_what_the_site_does_not_know_is_not_found_in_json(serve: Serve, path: str, error: str) -> None:
    served = await serve()
    async with served.client.get(served.url(path)) as answer:
        assert (answer.status, json.loads(await answer.read())) == (404, {"error": error})
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("path", ["/metrics", "/", "/nowhere", "/readyz"])
async def test_every_answer_is_marked(serve: Serve, path: str) -> None:
    served = await serve()
    async with served.client.get(served.url(path)) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Server"] == "holdfast"


async def test_a_failing_site_is_a_500_that_is_logged_once_until_it_works_again(
    serve: Serve, site: CannedSite, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "holdfast.http")
    served = await serve()
    site.failure = RuntimeError("boom")
    for _ in range(3):
        async with served.client.get(served.url("/metrics")) as answer:
            assert answer.status == 500
            assert "boom" not in await answer.text()
    site.failure = None
    async with served.client.get(served.url("/metrics")) as answer:
        assert answer.status == 200
    assert [record.getMessage() for record in caplog.records] == [
        "http: metrics cannot be answered; said once until it works again",
        "http: metrics is answered again",
    ]


async def test_it_counts_its_own_work(serve: Serve, registry: CollectorRegistry, site: CannedSite) -> None:
    served = await serve()
    for method, path in (
        ("GET", "/metrics"),
        ("HEAD", "/metrics"),
        ("GET", "/x"),
        ("POST", "/"),
        ("GET", "/livez"),
    ):
        async with served.client.request(method, served.url(path)) as answer:
            await answer.read()
    told = generate_latest(registry).decode()
    size = float(sum(map(len, site.text)))
    for line in (
        'holdfast_http_requests_total{code="200",handler="metrics"} 2.0',
        'holdfast_http_requests_total{code="200",handler="health"} 1.0',
        'holdfast_http_requests_total{code="404",handler="other"} 1.0',
        'holdfast_http_requests_total{code="405",handler="other"} 1.0',
        'holdfast_http_requests_total{code="200",handler="api"} 0.0',
        f"holdfast_http_scrape_bytes_total {size}",
        "holdfast_http_scrape_duration_seconds_count 1.0",
    ):
        assert f"{line}\n" in told


async def test_a_client_that_leaves_is_no_failure_of_ours(
    serve: Serve, site: CannedSite, registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    site.text = [BIG] * 100
    served = await serve()
    reader, writer = await asyncio.open_connection("127.0.0.1", served.bound.listen[0].port)
    writer.write(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    await reader.readexactly(1000)
    writer.transport.abort()

    async def counted() -> bool:
        return b'holdfast_http_requests_total{code="499",handler="metrics"} 1.0' in generate_latest(registry)

    await until(counted)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_bytes_that_are_no_http_are_refused_and_not_logged(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    served = await serve()
    for garbage in (b"BREW / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"GET / HTTP/9\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", served.bound.listen[0].port)
        writer.write(garbage)
        assert (await reader.readline()).startswith(b"HTTP/1.0 400 ")
        writer.close()
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


async def test_an_answer_under_way_ends_before_the_server_does(site: CannedSite, measures: Measures) -> None:
    site.text = [BIG] * 20
    options = HttpOptions(listen=(Address("127.0.0.1", 0),))
    async with aiohttp.ClientSession() as client:
        async with serve_http(site, options, measures) as bound:
            url = f"http://{bound.listen[0]}/metrics"
            answer = await client.get(url)
        assert await answer.read() == b"".join(site.text)
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.get(url)


async def test_it_listens_on_each_address_it_is_given(site: CannedSite, measures: Measures) -> None:
    options = HttpOptions(listen=(Address("127.0.0.1", 0), Address("localhost", 0)))
    async with serve_http(site, options, measures) as bound, aiohttp.ClientSession() as client:
        assert (len(bound.listen), bound.probe) == (2, None)
        for address in bound.listen:
            async with client.get(f"http://{address}/livez") as answer:
                assert answer.status == 200
