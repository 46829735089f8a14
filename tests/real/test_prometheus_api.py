"""Our client against a real Prometheus: what it answers, refuses and hides behind TLS and a password.

The exporter of replications that it scrapes is a file that the test writes.
"""

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import bcrypt
import pytest
import yaml

from holdfast.app.probing import Probing, query_targets
from holdfast.model.asking import AskReason, PrometheusSpec, QuerySpec, TlsSpec
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Replication
from holdfast.usage.prometheus import Prometheus as Client
from holdfast.usage.prometheus import PrometheusError, selector
from tests import tools
from tests.http.stand import Authority
from tests.real.process import Process, free_port
from tests.real.prometheus import Prometheus, target

pytestmark = pytest.mark.real

MIRROR = QuerySpec(
    name="mirror",
    query="max by (namespace, topic) (mirror_lag_seconds)",
    replication_label="topic",
    interval=0.2,
)
LAG = """# TYPE mirror_lag_seconds gauge
mirror_lag_seconds{namespace="shop",topic="orders",partition="0"} 3
mirror_lag_seconds{namespace="shop",topic="orders",partition="1"} 7
mirror_lag_seconds{namespace="shop",topic="users",partition="0"} NaN
mirror_last_point_seconds{namespace="shop"} 1000
"""


class Exposed:
    """Serves ``text`` to whoever scrapes."""

    def __init__(self) -> None:
        self.text = LAG
        exposed = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = exposed.text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass  # the test's output is no access log

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture(scope="module")
def exposed() -> Iterator[Exposed]:
    exposed = Exposed()
    thread = threading.Thread(target=exposed.server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    yield exposed
    exposed.server.shutdown()
    exposed.server.server_close()
    thread.join(10)


@pytest.fixture(scope="module")
def prometheus(exposed: Exposed) -> Iterator[Prometheus]:
    # the series' own namespace stays, as with every exporter that tells of others
    with Prometheus([target("mirror", exposed.address, honor_labels=True)]) as server:
        server.wait_for("mirror_lag_seconds", lambda samples: len(samples) == 3)
        yield server


class Sink:
    def __init__(self) -> None:
        self.known: dict[ReplicationKey, Replication] = {}
        self.lost: list[tuple[AskReason, str]] = []

    def measured(self, source: str, target: str, replications: Sequence[Replication]) -> None:
        assert (source, target) == ("promql", "mirror")
        self.known = {one.id: one for one in replications}

    def unanswered(self, source: str, target: str, replication: Replication) -> None:
        self.known = {replication.id: replication}

    def failed(self, source: str, target: str, reason: AskReason, text: str) -> None:
        assert (source, target) == ("promql", "mirror")
        self.lost.append((reason, text))


async def test_a_selector_finds_what_it_names(prometheus: Prometheus) -> None:
    async with Client(PrometheusSpec(url=prometheus.url)) as client:
        answer = await client.query(selector("mirror_lag_seconds", {"partition": "1"}, {"topic": "orders"}))
    (series,) = answer.series
    assert (series.labels["namespace"], series.points[0][1], answer.complete) == ("shop", 7.0, True)


async def test_a_range_is_answered_from_end_to_end(prometheus: Prometheus) -> None:
    now = time.time()
    async with Client(PrometheusSpec(url=prometheus.url)) as client:
        answer = await client.query_range("vector(2)", start=now - 60, end=now, step=20)
    (series,) = answer.series
    assert [value for _, value in series.points] == [2.0] * 4
    assert series.points[-1][0] == pytest.approx(now, abs=0.01)


async def test_a_scalar_is_answered(prometheus: Prometheus) -> None:
    async with Client(PrometheusSpec(url=prometheus.url)) as client:
        assert (await client.query("1 + 1", at=5.0)).series[0].points == ((5.0, 2.0),)


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("sum(", "refuses the query with 400 (bad_data); "),
        ("up[5m]", "was asked for a range of points; write a query that gives one value a series"),
        ('"text"', "was asked for a text; write a query that gives numbers"),
        # many to one, which only its evaluation shows
        (
            "mirror_lag_seconds + on (namespace) mirror_lag_seconds",
            "refuses the query with 422 (execution); ",
        ),
    ],
)
async def test_a_query_that_cannot_be_answered_is_told_so(
    expression: str, words: str, prometheus: Prometheus
) -> None:
    async with Client(PrometheusSpec(url=prometheus.url)) as client:
        with pytest.raises(PrometheusError) as caught:
            await client.query(expression)
    assert caught.value.reason == "query"
    assert caught.value.text.startswith(f"{prometheus.url}: {words}")


async def test_more_points_than_prometheus_gives_are_refused_by_it(prometheus: Prometheus) -> None:
    async with Client(PrometheusSpec(url=prometheus.url)) as client:
        with pytest.raises(PrometheusError, match=r"refuses the query with 400 \(bad_data\)"):
            await client.query_range("up", start=0, end=20_000, step=1)


async def test_an_answer_beyond_the_limit_is_left(prometheus: Prometheus) -> None:
    async with Client(PrometheusSpec(url=prometheus.url), most_bytes=2000) as client:
        with pytest.raises(PrometheusError) as caught:
            await client.query_range("vector(1)", start=0, end=10_000, step=1)
    assert caught.value.reason == "too_large"


async def test_a_path_that_leads_elsewhere_is_told_so(prometheus: Prometheus) -> None:
    async with Client(PrometheusSpec(url=f"{prometheus.url}/grafana")) as client:
        with pytest.raises(PrometheusError) as caught:
            await client.query("up")
    assert caught.value.reason == "bad_answer"


async def test_replications_live_and_die_with_their_series(exposed: Exposed, prometheus: Prometheus) -> None:
    """Measured, then one gone, then the whole of it silent: what is known stays and will turn unknown by itself."""
    sink = Sink()
    orders = ReplicationKey("promql", "shop", "mirror/orders", "")
    users = ReplicationKey("promql", "shop", "mirror/users", "")
    async with Client(PrometheusSpec(url=prometheus.url, timeout=5.0)) as client:
        targets = tuple(query_targets([MIRROR], client.query, 5.0, time.time))
        task = asyncio.create_task(Probing(targets, sink, concurrency=1).run())
        try:
            await until(lambda: len(sink.known) == 2)
            assert (sink.known[orders].health, sink.known[orders].lag) == ("healthy", 7.0)
            assert (sink.known[users].health, sink.known[users].lag) == ("unknown", None)
            assert sink.known[orders].holds == 120.0
            exposed.text = "\n".join(line for line in LAG.splitlines() if "users" not in line) + "\n"
            await until(lambda: set(sink.known) == {orders})
            exposed.text = "# nothing\n"
            await until(lambda: sink.lost)
            assert sink.lost[0] == (
                "empty",
                "query 'mirror' returns nothing; see whether its series still exist",
            )
            assert set(sink.known) == {orders}
            exposed.text = LAG
            await until(lambda: len(sink.known) == 2)
        finally:
            exposed.text = LAG
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[str, Path]]:
    """A Prometheus with TLS, client certificates and a password, and the folder of what opens it."""
    with tempfile.TemporaryDirectory(prefix="holdfast-guarded-") as name:
        folder = Path(name)
        authority = Authority(folder, "authority")
        certificate, key = authority.issue_server()
        authority.issue("holdfast")
        (folder / "password").write_text("right\n")
        web = {
            "tls_server_config": {
                "cert_file": str(certificate),
                "key_file": str(key),
                "client_ca_file": str(authority.file),
                "client_auth_type": "RequireAndVerifyClientCert",
            },
            "basic_auth_users": {"u": bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode()},
        }
        (folder / "web.yaml").write_text(yaml.safe_dump(web))
        (folder / "prometheus.yaml").write_text("{}")
        address = f"127.0.0.1:{free_port()}"
        command: list[str | Path] = [
            tools.path("prometheus"),
            f"--config.file={folder / 'prometheus.yaml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.config.file={folder / 'web.yaml'}",
            f"--web.listen-address={address}",
        ]
        with Process("prometheus", command, log=folder / "prometheus.log") as process:
            log = folder / "prometheus.log"
            process.wait_until_ready(lambda: "Server is ready to receive web requests" in log.read_text())
            yield f"https://{address}", folder


def opened(
    guarded: tuple[str, Path], password: str = "password", certificate: str = "holdfast"
) -> PrometheusSpec:
    url, folder = guarded
    return PrometheusSpec(
        url=url,
        username="u",
        password_file=folder / password,
        tls=TlsSpec(
            ca_file=folder / "authority.crt",
            cert_file=folder / f"{certificate}.crt",
            key_file=folder / f"{certificate}.key",
        ),
    )


async def test_certificate_and_password_open_a_guarded_prometheus(guarded: tuple[str, Path]) -> None:
    async with Client(opened(guarded)) as client:
        assert (await client.query("vector(1)")).series[0].points[0][1] == 1.0


async def test_a_wrong_password_is_refused_and_a_corrected_one_is_not(guarded: tuple[str, Path]) -> None:
    url, folder = guarded
    (folder / "changing").write_text("wrong")
    async with Client(opened(guarded, password="changing")) as client:
        with pytest.raises(PrometheusError) as caught:
            await client.query("vector(1)")
        assert caught.value.reason == "unauthorized"
        assert caught.value.text == (
            f"{url}: answers 401; see whether {folder / 'changing'} holds the password of user 'u'"
        )
        (folder / "changing").write_text("right")
        assert (await client.query("vector(1)")).series


async def test_without_a_client_certificate_it_stays_shut(guarded: tuple[str, Path]) -> None:
    url, folder = guarded
    async with Client(PrometheusSpec(url=url, tls=TlsSpec(ca_file=folder / "authority.crt"))) as client:
        with pytest.raises(PrometheusError) as caught:
            await client.query("vector(1)")
    assert caught.value.reason in ("tls", "connection")
