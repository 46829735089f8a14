"""`holdfast serve --from` in a process: what it serves is what `report` prints, and it ends when asked to."""

import gzip
import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from holdfast.demo import demo_config, write_demo
from holdfast.history.store import Store
from holdfast.model.observation import Observation
from tests.real.process import free_port, wait_for
from tests.world import NOW, claim, pod

AT = "2026-11-21T12:00:00Z"
DAY = 86400.0


class Served:
    def __init__(self, process: subprocess.Popen[str], url: str, folder: Path) -> None:
        self.process, self.url, self.folder = process, url, folder

    def get(self, path: str, **headers: str) -> tuple[bytes, dict[str, str]]:
        request = urllib.request.Request(self.url + path, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.read(), dict(answer.headers)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, NOW)
    with serving(folder) as running:
        yield running


@contextmanager
def serving(folder: Path, *more: str | Path) -> Iterator[Served]:
    port = free_port()
    words = [*("serve", "--from", folder, "--config", demo_config(), "--now", AT), *more]
    words += ["--web.probe-address", ""]
    process = subprocess.Popen(
        [sys.executable, "-m", "holdfast", *words, "--web.listen-address", f"127.0.0.1:{port}"],
        stderr=subprocess.PIPE,
        text=True,
    )
    running = Served(process, f"http://127.0.0.1:{port}", folder)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                running.get("/readyz")
                break
            except OSError:
                assert process.poll() is None, process.stderr.read() if process.stderr else ""
                assert time.monotonic() < deadline, "never ready"
                time.sleep(0.2)
        yield running
    finally:
        process.terminate()
        process.wait(15)


def test_metrics_hold_what_report_prints_byte_for_byte(served: Served) -> None:
    """The same objects, samples, configuration and instant give the same text, once all forecasts are made."""
    printed, deadline = reported(served.folder), time.monotonic() + 60
    body, headers = served.get("/metrics")
    while not body.startswith(printed):
        assert time.monotonic() < deadline, "never the same"
        time.sleep(0.3)
        body, headers = served.get("/metrics")
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")


def reported(folder: Path, *more: str | Path) -> bytes:
    words = [
        *("report", "--from", folder, "--config", demo_config(), "--now", AT, "--format", "prometheus"),
        *more,
    ]
    printed = subprocess.run(
        [sys.executable, "-m", "holdfast", *words], capture_output=True, check=True, timeout=60
    )
    return printed.stdout


@pytest.mark.parametrize(("watched_until", "unused"), [(NOW - 2 * DAY, 0), (NOW - 60, 9 * DAY)])
def test_with_one_store_both_say_the_same_of_idle_time(
    tmp_path: Path, watched_until: float, unused: float
) -> None:
    """Idle for nine days as far as was noted; where nobody watched for the last two, both count anew."""
    folder, store = tmp_path / "objects", Store(tmp_path / "history.sqlite")
    folder.mkdir()
    (folder / "objects.json").write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [claim(), pod()]})
    )
    store.add(Observation("unused_since", "uid-shop-data", NOW - 9 * DAY))
    store.add(Observation("alive", "", watched_until))
    store.close()
    printed = reported(folder, "--history", store.path)
    with serving(folder, "--history", store.path) as running:
        body, _ = running.get("/metrics")
    assert body.startswith(printed)
    row = f'holdfast_pvc_unused_seconds{{namespace="shop",persistentvolumeclaim="data"}} {unused:.0f}\n'
    assert row.encode() in printed


def test_both_formats_hold_the_same_rows(served: Served) -> None:
    """Rows about objects are the same bytes in both formats; OpenMetrics ends with its mark, once."""
    plain, _ = served.get("/metrics")
    marked, headers = served.get("/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert marked.endswith(b"# EOF\n")
    assert marked.count(b"# EOF") == 1
    rows = [line for line in plain.splitlines() if line.startswith((b"holdfast_pv", b"holdfast_backup_"))]
    assert rows
    assert set(rows) <= set(marked.splitlines())


def test_gzip(served: Served) -> None:
    body, headers = served.get("/metrics", **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert b"holdfast_pvc_info{" in gzip.decompress(body)


def test_the_exposition_passes_promtool(served: Served) -> None:
    """Names, help and types as promtool wants them."""
    from tests import tools

    body, _ = served.get("/metrics")
    checked = subprocess.run(
        [tools.path("promtool"), "check", "metrics"], input=body, capture_output=True, check=False, timeout=60
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


def test_explain_asks_a_running_exporter(served: Served) -> None:
    words = ["explain", "pvc", "shop/orders-db-0", "--server", served.url]
    printed = subprocess.run(
        [sys.executable, "-m", "holdfast", *words], capture_output=True, check=True, timeout=60
    )
    assert b"orders-db-0" in printed.stdout


def test_it_ends_when_asked_to(tmp_path: Path) -> None:
    """SIGTERM ends it at once and in order, without a trace."""
    write_demo(tmp_path, NOW)
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "holdfast", "serve", "--from", str(tmp_path)),
            *("--web.listen-address", f"127.0.0.1:{port}", "--web.probe-address", ""),
        ],
        stderr=subprocess.PIPE,
        text=True,
    )
    running = Served(process, f"http://127.0.0.1:{port}", tmp_path)
    wait_for("an answer", lambda: answers(running), bool, 60)
    process.send_signal(signal.SIGTERM)
    _, log = process.communicate(timeout=30)
    assert process.returncode == 0, log
    assert "Traceback" not in log
    assert f"listening on 127.0.0.1:{port}\n" in log


def answers(running: Served) -> bool:
    try:
        return bool(running.get("/livez"))
    except OSError:
        return False
