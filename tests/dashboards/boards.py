"""The committed dashboards as the tests read them, and their questions as Grafana sends them. What is demanded of them is not here."""

import json
from typing import Any

import promql_parser
import pytest

from dashboards.source.files import FOLDER
from dashboards.source.signals import FOREIGN, RECORDED
from holdfast.metrics.catalogue import FAMILIES
from tests.rules.catalogue import exported
from tests.rules.pack import RULES
from tests.rules.promql import REPLICA, Reading, Series

CATALOGUE = (
    exported()
    | {
        name: Series(labels=frozenset(labels), vocabulary={}, fold=frozenset(), apart=True)
        for name, labels in FOREIGN.items()
    }
    | {
        name: Series(labels=frozenset({*labels, "cluster"}), vocabulary={}, fold=frozenset(), folded=True)
        for name, labels in RECORDED.items()
    }
)
RECORDING = [RULES / "levels.yaml", RULES / "cost.yaml"]
"""What records the series that are read over time."""
OF_THE_DATA = {family.name for family in FAMILIES if family.origin == "objects"}
"""What every replica tells alike, so that no panel may tell replicas apart by it."""

DASHBOARDS: dict[str, dict[str, Any]] = {
    path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")
}
PANELS = {
    f"{name}-{panel['id']}": panel
    for name, board in sorted(DASHBOARDS.items())
    for panel in board["panels"]
    if panel["type"] != "row"
}
each_dashboard = pytest.mark.parametrize("board", DASHBOARDS.values(), ids=DASHBOARDS.keys())
each_panel = pytest.mark.parametrize("panel", PANELS.values(), ids=PANELS.keys())


class Question(Reading):
    """A panel's expression against all that may be asked; totals over clusters are in order.

    Where replicas stand side by side, each under its `instance`, none counts for another.
    """

    def __init__(self, expression: str) -> None:
        super().__init__(asked(expression), CATALOGUE, totals=True)

    def _aggregated(self, node: promql_parser.AggregateExpr) -> frozenset[str]:
        kept = super()._aggregated(node)
        return kept - {REPLICA} if "instance" in kept else kept


def asked(
    expression: str,
    cluster: str = ".*",
    namespace: str = ".*",
    *,
    claim: str = "data",
    over: tuple[str, str] = ("10m", "1s"),
) -> str:
    """The expression as Grafana sends it for a graph: `over` is its span and the distance of its points."""
    span, step = over
    choices = {"$cluster": cluster, "$namespace": namespace, "$claim": claim}
    for name, value in (choices | {"$__rate_interval": "5s", "$__range": span, "$__interval": step}).items():
        expression = expression.replace(name, value)
    return expression
