"""What the questions of our dashboards cost the same Prometheus: each asked alone, as Grafana sends it.

Here belong which questions, and over what time. Holding the series belongs to holding.py, tables to figures.py.
"""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any
from urllib.error import HTTPError

import msgspec
from promql_parser import parse_duration

from bench.rules.holding import Holding
from bench.rules.scene import Scene

DASHBOARDS = Path(__file__).parents[2] / "dashboards"
POINTS = 60  # of a graph, for each of the 24 columns that it is wide: as many as it has pixels
SPAN = 900.0  # seconds over which they lie here: a sample holds for longer, so that each point finds every series
TIMES = 3  # each is asked so often, and the median counts


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One question: where it stands, how many points its graph has (0: asked of now alone), seconds (without an end:
    it was refused), and series that came back."""

    board: str
    panel: int
    title: str
    query: str
    points: int
    seconds: float
    series: int


def asked(holding: Holding, scene: Scene) -> Iterator[Asked]:
    """Every question of every dashboard, with all clusters and namespaces chosen. Equal ones are asked once."""
    at, known = time.time(), dict[tuple[str, int], tuple[float, int]]()
    for board, panel, target in _targets():
        question = _filled(target["expr"], scene)
        points = 0 if target.get("instant") else _points(board, panel)
        if (question, points) not in known:
            known[question, points] = _took(holding, question, at, points)
        seconds, series = known[question, points]
        yield Asked(
            board=board["uid"],
            panel=panel["id"],
            title=panel["title"],
            query=target["refId"],
            points=points,
            seconds=seconds,
            series=series,
        )


def _took(holding: Holding, question: str, at: float, points: int) -> tuple[float, int]:
    """The median of a few times; of what takes long, the first."""
    taken: list[float] = []
    series = 0
    while len(taken) < TIMES and sum(taken) < 5:
        began = time.perf_counter()
        try:
            if points:
                series = len(holding.ask_over(question, at, at + SPAN, SPAN / points))
            else:
                series = len(holding.ask(question, at))
        except HTTPError:  # too many samples, or too long
            return math.inf, 0
        taken.append(time.perf_counter() - began)
    return median(taken), series


def _points(board: dict[str, Any], panel: dict[str, Any]) -> int:
    """As many as the graph is wide, or as its steps allow over the time that the dashboard shows at first."""
    wide: int = POINTS * panel["gridPos"]["w"]
    if "interval" not in panel:
        return wide
    shown = parse_duration(board["time"]["from"].removeprefix("now-")) / parse_duration(panel["interval"])
    return min(wide, round(shown))


def _targets() -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for path in sorted(DASHBOARDS.glob("*.json")):
        board = json.loads(path.read_text())
        for panel in board["panels"]:
            for target in panel.get("targets", ()):
                yield board, panel, target


def _filled(question: str, scene: Scene) -> str:
    """With every choice at All, one claim, and what a day on a wide graph gives."""
    choices = {
        "$cluster": ".*",
        "$namespace": ".*",
        "$claim": scene.all[0].name,
        "$__rate_interval": "20m",
        "$__range": "1d",
        "$__interval": "2m",
    }
    for name, value in choices.items():
        question = question.replace(name, value)
    return question
