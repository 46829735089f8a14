"""A Prometheus over a small sick fleet, for the questions that the dashboards ask."""

import itertools
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from dashboards.source.signals import RECORDED
from tests.dashboards.boards import RECORDING
from tests.real.prometheus import Prometheus, target


@pytest.fixture(scope="session")
def prometheus() -> Iterator[Prometheus]:
    """A Prometheus that scrapes two clusters of two replicas each, all of them serving fleet.prom."""
    text = (Path(__file__).parent / "fleet.prom").read_text()
    count = itertools.count()

    class Replica(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            number = str(next(count))
            body = re.sub(r"ago\((-?\d+)\)", lambda found: f"{time.time() - int(found[1]):.3f}", text)
            body = body.replace("rising()", number)
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args: Any) -> None:
            pass  # the test's output is no access log

    with ThreadingHTTPServer(("127.0.0.1", 0), Replica) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_address[1]
        scrape = []
        for cluster in ("eu", "us"):
            entry = target(cluster, f"127.0.0.1:{port}", f"localhost:{port}", honor_labels=True)
            entry["static_configs"][0]["labels"] = {"cluster": cluster}
            scrape.append(entry)
        with Prometheus(scrape, rules=RECORDING, hold="1s") as started:
            started.wait_for(
                "count(holdfast_build_info)", lambda answer: bool(answer) and answer[0].value == 4
            )
            started.wait_for("count(rate(holdfast_source_errors_total[5s]) > 0)", bool)
            started.wait_for(f"count({{__name__=~'{'|'.join(RECORDED)}'}})", bool)
            yield started
        server.shutdown()
