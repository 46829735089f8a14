"""A real Prometheus that holds the scene: it scrapes the pages, has a past where rules look at it, and evaluates what it is told.

Here belong serving, importing, starting and asking. What is served belongs to ours.py and others.py.
"""

import json
import subprocess
import threading
import time
import urllib.parse
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import psutil
import yaml

from bench.rules.mixin import Look, alike
from tests import tools
from tests.real.process import Process, free_port
from tests.real.web import call

SLOT = 7200.0  # a block of Prometheus
STEP = 60.0  # between two samples of the past
NEVER = "1h"  # nothing is evaluated beside what is asked, and what was recorded stays
EVERY = "20s"  # a round of all groups: shorter than users have it, for a run in minutes
SOON, SELDOM = "45s", "9m"  # between scrapes: until all is there, and then
ASKED = 4.0  # between two looks at what was evaluated: the answer names every alert, and costs
PATIENCE = 300.0
STARTED = 120.0


_LOOPBACK = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class HoldingError(Exception):
    """The Prometheus does not hold what it should, or does not evaluate it."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one evaluation of every group took: seconds by (group, rule's place, rule's name), as the server tells, and of CPU."""

    seconds: Mapping[tuple[str, int, str], float]
    groups: Mapping[str, float]


Pages = Mapping[str, Callable[[], bytes]]


@contextmanager
def served(pages: Pages) -> Iterator[str]:
    """These pages on loopback; yields host:port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages[self.path]()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass  # the bench prints one table

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


class Holding:
    """A Prometheus inside a `with` block. Once it is told what to evaluate it scrapes hardly ever, so that rounds are rounds alone."""

    def __init__(self, folder: Path, address: str, pages: Iterable[str], data: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._folder = folder
        self._address = address
        self._pages = list(pages)
        self._data = data
        self._stack = ExitStack()
        self._process: Process | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._configure({"groups": []}, SOON)
            command: list[str | Path] = [
                tools.path("prometheus"),
                f"--config.file={self._folder / 'prometheus.yaml'}",
                f"--storage.tsdb.path={self._data}",
                "--storage.tsdb.retention.time=60d",
                "--storage.tsdb.min-block-duration=2h",  # what was imported stays as it is: no compaction
                "--storage.tsdb.max-block-duration=2h",  # beside what is measured
                "--query.lookback-delta=20m",  # a scrape holds until the next
                "--web.enable-lifecycle",
                f"--web.listen-address={self.url.removeprefix('http://')}",
            ]
            process = Process("prometheus", command, log=self._folder / f"{self._data.name}.log")
            self._process = stack.enter_context(process)
            process.wait_until_ready(lambda: bool(call(f"{self.url}/-/ready")), STARTED)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def evaluate(self, document: dict[str, Any], every: str = EVERY) -> None:
        """These rules from now on, and no others."""
        self._configure(document, SELDOM, every)
        # answered when what is being evaluated has ended
        _LOOPBACK.open(
            urllib.request.Request(f"{self.url}/-/reload", method="POST"), timeout=PATIENCE
        ).close()

    def wait_until_scraped(self, limit: float = 400.0) -> int:
        """The number of series, once every page has been scraped. Raises HoldingError."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            targets = self._api("targets?state=active")["activeTargets"]
            broken = [target["lastError"] for target in targets if target["lastError"]]
            if broken:
                raise HoldingError(f"a page was not scraped: {broken[0]}")
            held = self.ask("scrape_samples_scraped")
            if len(held) == len(self._pages):
                return sum(int(each["value"][1]) for each in held)
            time.sleep(0.5)
        raise HoldingError(f"not every page was scraped within {limit:.0f} s")

    def ask(self, query: str, at: float | None = None) -> list[Any]:
        """The instant vector of a query, as of now where no time is given."""
        asked = {"query": query, "timeout": "120s"} | ({} if at is None else {"time": f"{at:.3f}"})
        result: list[Any] = self._api(f"query?{urllib.parse.urlencode(asked)}")["result"]
        return result

    def ask_over(self, query: str, start: float, end: float, step: float) -> list[Any]:
        """The series of a graph."""
        asked = {"query": query, "start": start, "end": end, "step": step, "timeout": "120s"}
        result: list[Any] = self._api(f"query_range?{urllib.parse.urlencode(asked)}")["result"]
        return result

    def rounds(self, count: int, limit: float = 900.0) -> Iterator[Round]:
        """So many rounds, each when every group has been evaluated again. Raises HoldingError."""
        seen: dict[str, str] = {}
        until = time.monotonic() + limit
        while count:
            if time.monotonic() > until:
                raise HoldingError(f"the rules were not evaluated within {limit:.0f} s")
            groups = self._api("rules")["groups"]
            now = {f"{group['file']} {group['name']}": group["lastEvaluation"] for group in groups}
            ready = groups and all(
                not at.startswith("0001-") and seen.get(name) != at for name, at in now.items()
            )
            if ready:
                seen = now
                count -= 1
                yield _round(groups)
            time.sleep(ASKED)

    def cpu(self) -> float:
        """Seconds of CPU that the process has used."""
        assert self._process is not None
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    def resident(self) -> int:
        assert self._process is not None
        return int(psutil.Process(self._process.pid).memory_info().rss)

    def _api(self, what: str) -> Any:
        """An answer may be megabytes, from a server that is busy with what is measured."""
        with _LOOPBACK.open(f"{self.url}/api/v1/{what}", timeout=PATIENCE) as answer:
            return json.load(answer)["data"]

    def _configure(self, document: dict[str, Any], scrape: str, every: str = EVERY) -> None:
        rules = self._folder / "rules.yaml"
        rules.write_text(yaml.dump(alike(document), Dumper=yaml.CSafeDumper))
        config = {
            "global": {"scrape_interval": scrape, "scrape_timeout": scrape, "evaluation_interval": every},
            "scrape_configs": [
                {
                    "job_name": page.strip("/"),
                    "metrics_path": page,
                    "honor_labels": True,
                    "static_configs": [{"targets": [self._address]}],
                }
                for page in self._pages
            ],
            "rule_files": [str(rules)],
        }
        (self._folder / "prometheus.yaml").write_text(yaml.safe_dump(config))


def _round(groups: Iterable[Mapping[str, Any]]) -> Round:
    seconds: dict[tuple[str, int, str], float] = {}
    totals: dict[str, float] = defaultdict(float)
    for group in groups:
        totals[group["name"]] += group["evaluationTime"]
        for place, rule in enumerate(group["rules"]):
            if rule["health"] != "ok":
                raise HoldingError(
                    f"{group['name']}: {rule['name']}: {rule.get('lastError') or rule['health']}"
                )
            seconds[group["name"], place, rule["name"]] = rule["evaluationTime"]
    return Round(seconds=seconds, groups=dict(totals))


# ---- the past


def import_past(
    folder: Path, data: Path, present: Mapping[str, list[Any]], looks: Iterable[Look], now: float
) -> int:
    """Writes what rules look back at as blocks, as it is now; the number of samples. ``present``: series by name."""
    spans: dict[int, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for look in looks:
        first, last = now - look.offset - look.span, now - look.offset
        for slot in range(int(first // SLOT), int(last // SLOT) + 1):
            part = max(first, slot * SLOT), min(last, (slot + 1) * SLOT - 1)
            spans[slot][look.name].append(part)
    samples = 0
    for slot in sorted(spans):
        text = folder / "past.om"
        with text.open("w") as opened:
            for name, parts in spans[slot].items():
                times = sorted({round(at / STEP) * STEP for part in parts for at in _times(*part)})
                samples += len(times) * len(present.get(name, ()))
                opened.writelines(_past(name, present.get(name, ()), times))
            opened.write("# EOF\n")
        command: list[str | Path] = [
            tools.path("promtool"),
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            text,
            data,
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=1200)
        text.unlink()
    return samples


def _times(first: float, last: float) -> Iterator[float]:
    at = first
    while at <= last:
        yield at
        at += STEP


def _past(name: str, series: Iterable[Any], times: list[float]) -> Iterator[str]:
    yield f"# TYPE {name} unknown\n"
    for each in series:
        labels = ",".join(
            f"{label}={json.dumps(value)}" for label, value in each["metric"].items() if label != "__name__"
        )
        value = each["value"][1]
        yield "".join(f"{name}{{{labels}}} {value} {at:.0f}\n" for at in times)
