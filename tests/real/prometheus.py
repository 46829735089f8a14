"""A real Prometheus and Alertmanager with intervals of a second, and a receiver that keeps the pages they deliver.

Here belongs what starts and asks them. Which rules are tested, and what must page, belongs to the tests.
"""

import json
import tempfile
import threading
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from tests import tools
from tests.real.process import Process, free_port, wait_for
from tests.real.web import JsonObject, call, call_json

_START_TIMEOUT = 60.0  # seconds; 1 on an idle machine


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One element of an instant query's answer; `at` is Unix seconds."""

    labels: Mapping[str, str]
    value: float
    at: float


@dataclass(frozen=True, kw_only=True)
class Page:
    """One alert of one delivery, as the receiver got it; `status` is firing or resolved."""

    status: str
    alert: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


class Receiver:
    """A webhook on loopback, inside a `with` block, that keeps every page in the order of arrival."""

    def __init__(self) -> None:
        self._pages: list[Page] = []
        self._arrived = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver._keep(json.loads(body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass  # the test's output is no access log

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)

    @property
    def pages(self) -> list[Page]:
        """What has arrived until now."""
        with self._arrived:
            return list(self._pages)

    def wait_for_page(self, alert: str, status: str = "firing", timeout: float = 60.0, **labels: str) -> Page:
        """The first page of this alert and status that has these labels, waited for. Raises TimeoutError."""

        def wanted(page: Page) -> bool:
            return (page.alert, page.status) == (alert, status) and labels.items() <= page.labels.items()

        with self._arrived:
            self._arrived.wait_for(lambda: any(map(wanted, self._pages)), timeout)
            for page in self._pages:
                if wanted(page):
                    return page
            got = ", ".join(f"{page.alert} {page.status} {dict(page.labels)}" for page in self._pages)
        raise TimeoutError(
            f"no {status} page of {alert} with {labels} within {timeout:.0f} s. Got: {got or 'none'}"
        )

    def _keep(self, delivery: JsonObject) -> None:
        pages = [
            Page(
                status=alert["status"],
                alert=alert["labels"]["alertname"],
                labels=alert["labels"],
                annotations=alert["annotations"],
            )
            for alert in delivery["alerts"]
        ]
        with self._arrived:
            self._pages += pages
            self._arrived.notify_all()


class Alertmanager:
    """An Alertmanager inside a `with` block that delivers every alert, and its end, to one webhook within seconds."""

    def __init__(self, receiver: Receiver) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self._receiver = receiver
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-alertmanager-")))
            self._start(stack, folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack, folder: Path) -> None:
        route = {
            "receiver": "test",
            "group_by": ["..."],  # every alert is its own page
            "group_wait": "100ms",
            "group_interval": "1s",
            "repeat_interval": "1h",
        }
        hook = {"url": self._receiver.url, "send_resolved": True}
        config = folder / "alertmanager.yaml"
        config.write_text(
            yaml.safe_dump({"route": route, "receivers": [{"name": "test", "webhook_configs": [hook]}]})
        )
        command: list[str | Path] = [
            tools.path("alertmanager"),
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address={self.address}",
            "--cluster.listen-address=",  # alone: no gossip, and no port for it
        ]
        process = stack.enter_context(Process("alertmanager", command, log=folder / "alertmanager.log"))
        process.wait_until_ready(lambda: bool(call(f"http://{self.address}/-/ready")), _START_TIMEOUT)


class Prometheus:
    """A Prometheus inside a `with` block that scrapes and evaluates each second.

    `scrape` are entries of scrape_configs as Prometheus documents them (see `target`); `rules` are rule files. `hold` cuts each
    rule's `for` and `keep_firing_for` to that duration and each group's interval to the common one, so that a page comes in test
    time; expressions are never touched.
    """

    def __init__(
        self,
        scrape: Sequence[Mapping[str, Any]],
        *,
        rules: Sequence[Path] = (),
        alertmanager: Alertmanager | None = None,
        hold: str | None = None,
        interval: str = "1s",
    ) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        self._scrape = [dict(entry) for entry in scrape]
        self._rules = rules
        self._alertmanager = alertmanager
        self._hold = hold
        self._interval = interval
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-prometheus-")))
            self._start(stack, folder)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def query(self, expression: str) -> list[Sample]:
        """The instant vector that the expression gives now. Raises web.Refused for PromQL that does not parse."""
        data = self._api("query", {"query": expression})
        if data["resultType"] != "vector":
            raise ValueError(f"{expression} gives a {data['resultType']}, not a vector")
        return [
            Sample(labels=one["metric"], at=float(one["value"][0]), value=float(one["value"][1]))
            for one in data["result"]
        ]

    def alerts(self) -> list[JsonObject]:
        """The pending and firing alerts, as /api/v1/alerts gives them."""
        found: list[JsonObject] = self._api("alerts", {})["alerts"]
        return found

    def targets(self) -> list[JsonObject]:
        """The active targets, as /api/v1/targets gives them: `health` and `lastError` say how the last scrape went."""
        found: list[JsonObject] = self._api("targets", {"state": "active"})["activeTargets"]
        return found

    def wait_for(
        self, expression: str, accept: Callable[[list[Sample]], bool] = bool, timeout: float = 60.0
    ) -> list[Sample]:
        """Queries until `accept` is true of the answer (when not given: until there is one). Raises TimeoutError."""
        return wait_for(expression, lambda: self.query(expression), accept, timeout)

    def _api(self, what: str, parameters: Mapping[str, str]) -> JsonObject:
        data: JsonObject = call_json(f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}")["data"]
        return data

    def _start(self, stack: ExitStack, folder: Path) -> None:
        config = folder / "prometheus.yaml"
        config.write_text(yaml.safe_dump(self._config(folder)))
        command: list[str | Path] = [
            tools.path("prometheus"),
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address={self.url.removeprefix('http://')}",
            "--rules.alert.resend-delay=1s",
        ]
        process = stack.enter_context(Process("prometheus", command, log=folder / "prometheus.log"))
        process.wait_until_ready(lambda: bool(call(f"{self.url}/-/ready")), _START_TIMEOUT)

    def _config(self, folder: Path) -> JsonObject:
        files = []
        for number, path in enumerate(self._rules):
            copy = folder / f"{number}-{path.name}"
            copy.write_text(path.read_text() if self._hold is None else hurried(path.read_text(), self._hold))
            files.append(str(copy))
        config: JsonObject = {
            "global": {
                "scrape_interval": self._interval,
                "scrape_timeout": self._interval,
                "evaluation_interval": self._interval,
            },
            "scrape_configs": self._scrape,
            "rule_files": files,
        }
        if self._alertmanager is not None:
            config["alerting"] = {
                "alertmanagers": [{"static_configs": [{"targets": [self._alertmanager.address]}]}]
            }
        return config


def target(job: str, *addresses: str, **settings: Any) -> JsonObject:
    """A scrape_configs entry for host:port addresses; `settings` are its other keys (authorization, honor_labels...)."""
    return {"job_name": job, "static_configs": [{"targets": list(addresses)}], **settings}


def hurried(rules: str, hold: str) -> str:
    """The rule file with every `for`, `keep_firing_for` and group interval at test speed."""
    content = yaml.safe_load(rules)
    for group in content["groups"]:
        group.pop("interval", None)
        for rule in group["rules"]:
            rule |= {key: hold for key in ("for", "keep_firing_for") if key in rule}
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
