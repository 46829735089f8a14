"""The rule pack as it stands in `rules/`, and the cases that prove it, as plain records.

Here belongs reading the files. What is demanded of them belongs to test_rules.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser
import yaml

from tests.rules.promql import Reading, Series

ROOT = Path(__file__).parents[2]
RULES = ROOT / "rules"
RUNBOOKS = ROOT / "docs" / "runbooks"
CASES = Path(__file__).parent
RUNBOOK_BASE = "https://holdfast.dev/runbooks/"

NAMED = ("persistentvolumeclaim", "schedule", "target", "resourcequota", "workload", "volumesnapshot")
"""Labels that name a thing of a namespace; the first that a series has is what it is about."""

_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alerting rule, with the file it stands in and every series that this file may use."""

    name: str
    area: str
    rule: dict[str, Any]
    catalogue: dict[str, Series]

    @property
    def expression(self) -> str:
        return str(self.rule["expr"])

    @property
    def wait(self) -> str:
        return str(self.rule.get("for", ""))

    @property
    def labels(self) -> dict[str, str]:
        return dict(self.rule.get("labels", {}))

    @property
    def annotations(self) -> dict[str, str]:
        return dict(self.rule.get("annotations", {}))


@dataclass(frozen=True, kw_only=True)
class Look:
    """One look of a test case at one alert: when, and how many of it are expected to fire."""

    alert: str
    case: str
    at: float  # seconds
    firing: int
    words: bool  # whether the annotations are compared as well
    input: tuple[str, ...]  # the names of the series, with their labels
    step: float  # seconds between two samples, and between two evaluations

    def values(self, label: str) -> set[str]:
        return {value for series in self.input for name, value in _LABEL.findall(series) if name == label}

    @property
    def namesakes(self) -> bool:
        """Whether two claims, schedules, locations, quotas or workloads of one name take part, in one cluster."""
        named: dict[tuple[str, ...], set[str]] = {}
        for series in self.input:
            labels = dict(_LABEL.findall(series))
            identity = next(
                (labels[noun] for noun in NAMED if noun in labels),
                "",
            )
            if identity:
                named.setdefault((identity, labels.get("cluster", "")), set()).add(
                    labels.get("namespace", "")
                )
        return any(len(namespaces) > 1 for namespaces in named.values())


def areas() -> list[str]:
    return sorted(path.stem for path in RULES.glob("*.yaml"))


def rules(area: str, exported: dict[str, Series]) -> Iterator[tuple[dict[str, Any], dict[str, Series]]]:
    """Each rule of the file, with the catalogue as it is where the rule stands: what rules before it record included."""
    catalogue = dict(exported)
    for group in yaml.safe_load((RULES / f"{area}.yaml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule, dict(catalogue)
            if "record" in rule:
                labels = dict(rule.get("labels", {}))
                known = catalogue.get(rule["record"])
                vocabulary = dict(known.vocabulary) if known else {}
                for label, value in labels.items():
                    vocabulary[label] = (*vocabulary.get(label, ()), value)
                catalogue[rule["record"]] = Series(
                    labels=Reading(rule["expr"], catalogue).labels | labels.keys(),
                    vocabulary=vocabulary,
                    fold=frozenset(),
                    folded=True,
                )


def alerts(exported: dict[str, Series]) -> list[Alert]:
    return [
        Alert(name=rule["alert"], area=area, rule=rule, catalogue=catalogue)
        for area in areas()
        for rule, catalogue in rules(area, exported)
        if "alert" in rule
    ]


def looks() -> list[Look]:
    """Every look of every test case."""
    return [
        look
        for path in sorted(CASES.glob("*.test.yaml"))
        for look in _looks(yaml.safe_load(path.read_text()))
    ]


def _looks(file: dict[str, Any]) -> Iterator[Look]:
    step = seconds(file["evaluation_interval"])
    for case in file["tests"]:
        input_series = tuple(each["series"] for each in case["input_series"])
        common = {"case": case["name"], "input": input_series, "step": step}
        for test in case.get("alert_rule_test", []):
            yield Look(
                alert=test["alertname"],
                at=seconds(test["eval_time"]),
                firing=len(test["exp_alerts"]),
                words=any("exp_annotations" in each for each in test["exp_alerts"]),
                **common,
            )
        for test in case.get("promql_expr_test", []):
            selector: Any = promql_parser.parse(test["expr"])
            if getattr(selector, "name", None) != "ALERTS":
                continue  # what a rule records
            yield Look(
                alert=next(each.value for each in selector.matchers.matchers if each.name == "alertname"),
                at=seconds(test["eval_time"]),
                firing=len(test["exp_samples"]),
                words=False,
                **common,
            )


def seconds(duration: str) -> float:
    return promql_parser.parse_duration(duration).total_seconds()
