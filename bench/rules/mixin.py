"""kubernetes-mixin's storage rules as a rule file, and the expressions of ours: what is measured.

Here belongs which rules, and what of the past they look at. Running them belongs to holding.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

RULES = Path(__file__).parents[2] / "rules"

_EXEMPT = (
    'unless on (cluster, namespace, persistentvolumeclaim) kube_persistentvolumeclaim_access_mode{access_mode="ReadOnlyMany"} == 1 '
    'unless on (cluster, namespace, persistentvolumeclaim) kube_persistentvolumeclaim_labels{label_excluded_from_alerts="true"} == 1'
)


def _filling(free: str, size: str, used: str, below: str, ahead: str = "") -> str:
    return (
        f'(kubelet_volume_stats_{free}{{job="kubelet"}} / kubelet_volume_stats_{size}{{job="kubelet"}}) < {below} '
        f'and kubelet_volume_stats_{used}{{job="kubelet"}} > 0 {ahead} {_EXEMPT}'
    )


def _ahead(free: str) -> str:
    return f'and predict_linear(kubelet_volume_stats_{free}{{job="kubelet"}}[6h], 4 * 24 * 3600) < 0'


_BYTES = ("available_bytes", "capacity_bytes", "used_bytes")
_INODES = ("inodes_free", "inodes", "inodes_used")

MIXIN: dict[str, Any] = {
    "groups": [
        {
            "name": "kubernetes-storage",
            "rules": [
                {"alert": "KubePersistentVolumeFillingUp", "expr": _filling(*_BYTES, "0.03"), "for": "1m"},
                {
                    "alert": "KubePersistentVolumeFillingUp",
                    "expr": _filling(*_BYTES, "0.15", _ahead("available_bytes")),
                    "for": "1h",
                },
                {
                    "alert": "KubePersistentVolumeInodesFillingUp",
                    "expr": _filling(*_INODES, "0.03"),
                    "for": "1m",
                },
                {
                    "alert": "KubePersistentVolumeInodesFillingUp",
                    "expr": _filling(*_INODES, "0.15", _ahead("inodes_free")),
                    "for": "1h",
                },
                {
                    "alert": "KubePersistentVolumeErrors",
                    "expr": 'kube_persistentvolume_status_phase{phase=~"Failed|Pending", job="kube-state-metrics"} > 0',
                    "for": "5m",
                },
            ],
        }
    ]
}
"""The storage alerts as published in August 2026, without their words:
https://github.com/kubernetes-monitoring/kubernetes-mixin/blob/master/alerts/storage_alerts.libsonnet"""


def ours() -> dict[str, Any]:
    """The whole pack as one document."""
    files = [yaml.safe_load(path.read_text()) for path in sorted(RULES.glob("*.yaml"))]
    return {"groups": [group for file in files for group in file["groups"]]}


def intervals(document: dict[str, Any]) -> dict[str, float]:
    """Seconds between two evaluations of each group, where users take the usual minute."""
    return {
        group["name"]: promql_parser.parse_duration(group.get("interval", "1m")).total_seconds()
        for group in document["groups"]
    }


def alike(document: dict[str, Any]) -> dict[str, Any]:
    """The same with one interval for all groups, so that a round evaluates each once."""
    groups = [
        {key: value for key, value in group.items() if key != "interval"} for group in document["groups"]
    ]
    return {"groups": groups}


@dataclass(frozen=True, kw_only=True)
class Look:
    """A rule looks at ``name`` as it was from ``offset + span`` to ``offset`` seconds ago."""

    name: str
    span: float
    offset: float


def looks(document: dict[str, Any]) -> set[Look]:
    """Every look at the past."""
    found: set[Look] = set()

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.MatrixSelector):
            selector = node.vector_selector
            offset = selector.offset.total_seconds() if selector.offset else 0.0
            found.add(Look(name=selector.name or "", span=node.range.total_seconds(), offset=offset))

    for expression in expressions(document):
        promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def names(document: dict[str, Any]) -> set[str]:
    """Every series that is read."""
    found: set[str] = set()

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.add(node.name or "")

    for expression in expressions(document):
        promql_parser.walk(promql_parser.parse(expression), visit)
    return found


def expressions(document: dict[str, Any]) -> Iterator[str]:
    groups: Sequence[Any] = document["groups"]
    yield from (rule["expr"] for group in groups for rule in group["rules"])
