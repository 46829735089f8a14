"""Over the example that `holdfast demo` plays, a single cluster without a name, the panels are not empty."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dashboards.source import (
    cost_signals,
    exporter_signals,
    hygiene_signals,
    recovery_signals,
    signals,
)
from tests.dashboards.boards import RECORDING, asked, each_panel
from tests.real.process import Process, free_port, wait_for
from tests.real.prometheus import Prometheus, target
from tests.real.web import Refused, call

CLAIMS = (
    *("loki-chunks", "session-store", "orders-db-0", "posters", "press-kit", "feature-1437-db"),
    *("data-vault-0", "attachments", "intranet", "qa-uploads", "data-demo-db-0", "data-clickhouse-1"),
)
"""Bytes or inodes fill, there are copies, space is shared, nothing is foretold or measured; a replica and a slow restore,
an inferred copy and a resize, a dormant and exempt one, an orphan without a class, one that is being deleted, a muted one:
what a page of all of these lacks no page has."""

EMPTY: dict[signals.Signal, str] = {
    signals.SOURCE_ERRORS: "the example reads without errors",
    recovery_signals.DRILL_POINT_AGE: "no drill that falls short restored a point whose age is known",
    exporter_signals.SEEN_ERRORS: "the example reads without errors",
    exporter_signals.SEEN_BLIND: "the example sees everything",
    exporter_signals.SEEN_STRANGE: "the example has no state that is not known",
    exporter_signals.REPLICA_WRITTEN: "the example keeps its history in memory",
    exporter_signals.MEMORY: "the example runs in no cluster, so that no kubelet measures it",
    exporter_signals.CPU: "the example runs in no cluster, so that no kubelet measures it",
    hygiene_signals.ORPHAN_OBJECTIVE: "of no orphaned claim is it declared how long it may be idle",
    cost_signals.PRICES_AGE: "its prices are written down, and no query is asked for them",
}
"""What has nothing to show here, and why."""


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    address = f"127.0.0.1:{free_port()}"
    program = Path(sys.executable).with_name("holdfast")
    command: list[str | Path] = [program, "demo", "--web.listen-address", address]

    def ready() -> bool:
        try:
            return bool(call(f"http://{address}/readyz"))
        except Refused:
            return False

    with Process("holdfast", command, log=tmp_path_factory.mktemp("demo") / "log") as process:
        process.wait_until_ready(ready, 90)
        with Prometheus([target("demo", address, honor_labels=True)], rules=RECORDING, hold="1s") as started:
            started.wait_for("count(rate(holdfast_assessment_subjects_total[5s]))")
            started.wait_for("holdfast_pvc_time_to_full_late_seconds")
            started.wait_for("namespace:holdfast_pvc_time_to_full_claims:count")
            started.wait_for("namespace:holdfast_waste_monthly_cost:sum")
            yield started


def shown(example: Prometheus, expression: str) -> bool:
    questions = dict.fromkeys(asked(expression, claim=claim) for claim in CLAIMS)
    return any(example.query(question) for question in questions)


@pytest.mark.real
@each_panel
def test_a_panel_shows_the_example(example: Prometheus, panel: dict[str, Any]) -> None:
    """Every query of every panel has an answer, but for those that are named above.

    On a busy machine a scrape may come too late, and with it all series are gone until the next.
    """
    empty = {signal.expression for signal in EMPTY}
    for expression in {query["expr"] for query in panel["targets"]} - empty:
        wait_for(expression, partial(shown, example, expression), accept=bool)


@pytest.mark.real
@pytest.mark.parametrize("signal", EMPTY, ids=lambda signal: signal.name)
def test_what_is_excused_is_empty(example: Prometheus, signal: signals.Signal) -> None:
    """An excuse ends when the example has something to show."""
    assert not shown(example, signal.expression)
