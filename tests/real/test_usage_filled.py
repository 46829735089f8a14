"""The exporter as users run it, beside a Prometheus that holds weeks of two clusters, and with no kubelet to ask.

Claims are as old as their series: what was measured before a claim was made is not its own.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from holdfast.model.identity import ClaimRef
from tests.real.apiserver import ApiServer
from tests.real.exporter import Exporter
from tests.real.mounted import keep_since
from tests.real.process import wait_for
from tests.real.weeks import DAY, GIB, HOUR, Course, Numbers, blocks, course, serving

pytestmark = pytest.mark.real

ORDERS, IDLE = ClaimRef("shop", "orders"), ClaimRef("shop", "idle")
FLEET = [ClaimRef(f"fleet-{number % 2}", f"data-{number:03}") for number in range(400)]
SIZE = 10 * GIB


def when(days: float, now: float) -> Numbers:
    """Each full hour, and every few minutes around now: also what comes while the tests run."""
    hours = np.arange(now // HOUR * HOUR - days * DAY, now - 900, HOUR)
    return np.concatenate((hours, np.arange(now - 840, now + 1800, 240.0)))


def courses(now: float) -> list[Course]:
    weeks, week = when(14, now), when(7, now)

    def used(at: Numbers, upto: float, per_day: float) -> Numbers:
        return upto * GIB - (now - at) / DAY * per_day * GIB

    return [
        course(ORDERS, weeks, used(weeks, 9, 0.5), SIZE, cluster="east", node="n1"),
        course(IDLE, weeks, used(weeks, 3, 0), SIZE, cluster="east", node="n1"),
        course(ORDERS, weeks, used(weeks, 1, 0), SIZE, cluster="west", node="n1"),
        *(course(claim, week, used(week, 7, 0.25), SIZE, cluster="east", node="n2") for claim in FLEET),
    ]


@dataclass
class Stage:
    api: ApiServer
    url: str
    folder: Path

    @contextmanager
    def exporter(self, prometheus: str, usage: str = "") -> Iterator[Exporter]:
        """One that asks this Prometheus, with these further keys of ``prometheus`` and ``usage``."""
        config = f"prometheus: {{url: '{self.url}', {prometheus}}}\nusage: {{kubelet: {{enabled: false}}, {usage}}}\n"
        with Exporter(self.api.kubeconfig(self.folder / "kubeconfig"), config=config) as running:
            yield running


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with tempfile.TemporaryDirectory(prefix="holdfast-filled-") as name, ApiServer() as api:
        folder, now = Path(name), time.time()
        for namespace in ("shop", "fleet-0", "fleet-1"):
            api.namespace(namespace)
        keep_since(api, [ORDERS, IDLE, *FLEET], now - 30 * DAY)
        with serving(folder, blocks(courses(now), folder)) as url:
            yield Stage(api, url, folder)


def value(rows: list[str]) -> float:
    (row,) = rows
    return float(row.rpartition(" ")[2])


FULL, USED = "holdfast_pvc_time_to_full_seconds", "holdfast_pvc_used_bytes"
OF_ORDERS = 'namespace="shop",persistentvolumeclaim="orders"'
EAST = "matchers: {cluster: east}"


def test_forecasts_are_there_at_once_out_of_the_weeks_before(stage: Stage) -> None:
    """Of a store that is empty, within seconds of the start."""
    with stage.exporter(EAST) as running:
        left = running.wait_for_row(FULL, OF_ORDERS, 'resource="bytes"', timeout=15)
        assert value(left) / DAY == pytest.approx(1.8, abs=0.5)  # 0.9 GiB of half a GiB a day
        assert running.wait_for_row(FULL, '"idle"', timeout=15)[0].endswith(" +Inf")
        assert value(running.rows(USED, OF_ORDERS)) / GIB == pytest.approx(9, abs=0.05)
        age = value(running.rows("holdfast_pvc_usage_age_seconds", OF_ORDERS))
        assert 0 <= age < 300, "the age is that of the scrape"
        for kind in ("usage", "usage history"):
            running.wait_for_row("holdfast_source_up", 'source="prometheus"', f'kind="{kind}"', " 1")


def test_a_fleet_is_served_without_a_kubelet(stage: Stage) -> None:
    """More claims than one query asks the past of, each with its use and its forecast."""
    with stage.exporter(EAST) as running:
        wait_for("use of all", lambda: len(running.rows(USED, '"fleet-')), lambda it: it == len(FLEET), 30)
        left = wait_for(
            "forecasts of all", lambda: running.rows(FULL, '"fleet-'), lambda it: len(it) == 400, 30
        )
        days = [float(row.rpartition(" ")[2]) / DAY for row in left]
        assert np.median(days) == pytest.approx(11.6, abs=3)  # 2.9 GiB of a quarter a day
        assert not running.rows("holdfast_kubelets")


def test_the_matcher_says_whose_figures_are_ours(stage: Stage) -> None:
    with stage.exporter("matchers: {cluster: west}") as running:
        assert running.wait_for_row(FULL, OF_ORDERS, timeout=15)[0].endswith(" +Inf")
        assert value(running.rows(USED, OF_ORDERS)) == GIB
        assert not running.rows(USED, '"idle"'), "that one is in the east alone"


def test_figures_of_several_clusters_are_not_used_and_said_to_be_several(stage: Stage) -> None:
    """Claims of one name cannot be told apart."""
    with stage.exporter("") as running:
        running.wait_for_row("holdfast_source_up", 'source="prometheus"', 'kind="usage"', " 0")
        assert running.rows(USED, '"shop"') == []
        assert running.process is not None
        assert "cluster" in running.process.log_tail(50)


def test_who_asks_for_no_past_begins_with_the_present(stage: Stage) -> None:
    with stage.exporter(EAST, "history: {backfill: false}") as running:
        running.wait_for_row(USED, OF_ORDERS)
        running.wait_for_row("holdfast_pvc_forecast_unknown", OF_ORDERS, 'reason="short-history"')
        assert running.rows(FULL, OF_ORDERS) == []
