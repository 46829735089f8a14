"""Whoever is woken by an alert reads in its runbook at what number it decides: rule and page agree on each."""

import re
from typing import Any

import pytest

from holdfast.assessment.filling import GROWS
from holdfast.model.capacity import POOL_FULL_WITHIN, QUOTA_TAKEN
from holdfast.model.policy import BUILTIN_FULL_WITHIN
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.foreign import foreign
from tests.rules.thresholds import Kind, Threshold, thresholds

CATALOGUE = {**exported(), **foreign()}
ALERTS = pack.alerts(CATALOGUE)
RULES = {area: [rule for rule, _ in pack.rules(area, CATALOGUE)] for area in pack.areas()}

LOOKED_UP = {
    "holdfast:pvc_filling:urgency": "the urgency of whatever fills or is full; who reads it has decided already",
    "holdfast:pvc_waiting:urgency": "the urgency of whatever waits, goes, grows or is lost",
    "holdfast:pvc_full_foretold:seconds": "the time until full of whatever is likely full or nearly so",
}
"""Series that only tell something of what other rules have picked, each with what it tells."""

UNSAID = {
    ("HoldfastFull", "holdfast:pvc_nearly_full:ratio", 0.9): "of what is nearly full it takes what is full",
    (
        "HoldfastFullPage",
        "holdfast:pvc_nearly_full:ratio",
        0.9,
    ): "of what is nearly full it takes what is full",
    (
        "HoldfastSharedFullPage",
        "holdfast:backend_full_soon:seconds",
        0.9,
    ): "without a forecast it takes what is full",
    ("*", "holdfast:pvc_nearly_full:ratio", 900): "which of two replicas has lost sight of a claim",
}
"""Numbers that decide nothing a reader would ask about: alert or all, rule, number."""


def thresholds_of(alert: pack.Alert) -> set[Threshold]:
    return thresholds(alert, RULES[alert.area], frozenset(LOOKED_UP))


def unsaid(alert: pack.Alert) -> list[Threshold]:
    page = (pack.RUNBOOKS / f"{alert.name}.md").read_text()
    meaning = page.partition("## Meaning")[2].partition("\n## ")[0]
    return [each for each in thresholds_of(alert) if not each.said_in(meaning)]


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_runbook_says_at_what_its_alert_decides(alert: pack.Alert) -> None:
    """Each number that its expression compares with, and each of what it reads that its file records."""
    assert [
        f"{each.value:g} ({each.kind}) of {each.rule}"
        for each in unsaid(alert)
        if not {(name, each.rule, each.value) for name in (alert.name, "*")} & UNSAID.keys()
    ] == []


def test_no_line_of_what_need_not_be_said_is_left_over() -> None:
    left = {
        (name, each.rule, each.value)
        for alert in ALERTS
        for each in unsaid(alert)
        for name in (alert.name, "*")
    }
    assert UNSAID.keys() - left == set()
    assert LOOKED_UP.keys() <= {rule.get("record") for rules in RULES.values() for rule in rules}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_a_command_of_a_runbook_picks_what_its_alert_counts(alert: pack.Alert) -> None:
    """By the same number, and in the same state: else it lists others, and leaves out what it was typed for."""
    page = (pack.RUNBOOKS / f"{alert.name}.md").read_text()
    commands = "\n".join(re.findall(r"\| jq '(.*)'$", page, re.MULTILINE))
    numbers = {float(each) for each in re.findall(r"[<>]=? ([\d.]+)", commands)} - {0}
    assert numbers <= {each.value for each in thresholds_of(alert)}
    states = set(re.findall(r'\bstate="(\w+)"', alert.expression))
    if commands and states:
        assert set(re.findall(r'select\(\.state == "(\w+)"\)', commands)) == states


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("HoldfastQuotaFullSoon", {BUILTIN_FULL_WITHIN, QUOTA_TAKEN}),
        ("HoldfastPoolFullSoon", {POOL_FULL_WITHIN}),
        ("HoldfastResizeStuck", {GROWS}),
    ],
)
def test_what_is_judged_by_the_exporter_too_is_judged_at_the_same_number(name: str, told: set[float]) -> None:
    (alert,) = (each for each in ALERTS if each.name == name)
    assert told <= {each.value for each in thresholds_of(alert)}


# ---- which numbers decide


def found(expression: str, **recorded: str) -> set[tuple[float, Kind]]:
    """In an alert of this expression, beside what its file records."""
    alert = pack.Alert(name="A", area="x", rule={"alert": "A", "expr": expression}, catalogue={})
    rules: list[dict[str, Any]] = [
        {"record": f"x:{name}:ratio", "expr": expr, "labels": {"worth": name}}
        for name, expr in recorded.items()
    ]
    rules += [
        {"record": "x:either:ratio", "expr": expr, "labels": {"worth": n}} for n, expr in recorded.items()
    ]
    return {(each.value, each.kind) for each in thresholds(alert, rules, frozenset({"x:looked:ratio"}))}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("a_seconds > 600", {(600, "seconds")}, id="a duration"),
        pytest.param("time() - max by (cluster) (a_timestamp_seconds) > 7200", {(7200, "seconds")}, id="an age"),
        pytest.param("0.8 <= a_ratio", {(0.8, "share")}, id="a share, on the left"),
        pytest.param("a_bytes < 100 * 2^30", {(107374182400, "bytes")}, id="a size that is reckoned"),
        pytest.param("count by (cluster) (a_seconds) >= 3", {(3, "count")}, id="how many"),
        pytest.param("increase(a_seconds_count[6h]) >= 5", {(5, "count")}, id="how many there were"),
        pytest.param("histogram_quantile(0.95, rate(a_seconds_bucket[6h])) > 60", {(60, "seconds")}, id="a percentile"),
        pytest.param("a > on (cluster) 2 * b", {(2, "factor")}, id="how much more than something else"),
        pytest.param("100 * a / on (cluster) b >= 5", {(5, "share")}, id="a percentage"),
        pytest.param("a_seconds{x='y'} > 0 and on (cluster) b == 1", set(), id="whether there is any"),
        pytest.param("x:here:ratio unless on (cluster) b_ratio >= 0.7", {(0.7, "share"), (0.5, "share")}, id="what is recorded, and what is taken away"),
        pytest.param("b unless on (cluster) x:here:ratio", set(), id="what is taken away and recorded is another alert's"),
        pytest.param("x:either:ratio{worth='here'}", {(0.5, "share")}, id="what is recorded in two ways, one of them asked for"),
        pytest.param("x:either:ratio{worth=~'here|there'}", {(0.5, "share"), (0.25, "share")}, id="both asked for"),
        pytest.param("b and on (cluster) x:looked:ratio", set(), id="what is only looked up"),
    ],
)  # fmt: skip
def test_the_numbers_that_decide(expression: str, expected: set[tuple[float, Kind]]) -> None:
    recorded = {"here": "a_ratio > 0.5", "there": "a_ratio > 0.25", "looked": "a_ratio > 0.1"}
    assert found(expression, **recorded) == expected


# ---- how they are said


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (0.9, "share", ["90 %", "nine tenths", "0.9"]),
        (0.75, "share", ["75 %", "three quarters"]),
        (0.5, "share", ["more than half", "50 %"]),
        (0.1, "share", ["a tenth of them"]),
        (5, "share", ["5 %", "a twentieth"]),
        (0.9, "factor", ["nine tenths", "a tenth fewer", "10 %"]),
        (2, "factor", ["twice as long", "double", "two times"]),
        (3, "factor", ["three times"]),
        (0.1, "seconds", ["a tenth of a second", "100 ms"]),
        (30, "seconds", ["half a minute", "half of one", "30 seconds", "thirty seconds"]),
        (3000, "seconds", ["50 minutes", "fifty minutes"]),
        (3600, "seconds", ["an hour", "1 h", "60 minutes", "within the last hour"]),
        (86400, "seconds", ["a day", "24 h", "24 hours"]),
        (604800, "seconds", ["a week", "7 days", "seven days"]),
        (2592000, "seconds", ["30\ndays"]),
        (2**30, "bytes", ["1 GiB", "a GiB"]),
        (100 * 2**30, "bytes", ["100 GiB"]),
        (20, "count", ["twenty", "20"]),
    ],
)  # fmt: skip
def test_how_a_number_may_be_said(value: float, kind: Kind, words: list[str]) -> None:
    assert [each for each in words if not Threshold(value, kind, "").said_in(f"It is {each}.")] == []


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (0.9, "share", ["99 %", "190 %", "0.95", "9 tenths"]),
        (0.99, "share", ["90 %", "99 of them"]),
        (0.5, "share", ["half an hour", "50 of them"]),
        (0.1, "share", ["a tenth of a second", "1 %"]),
        (3600, "seconds", ["half an hour", "a quarter of an hour", "`1h`", "an hourly run", "1 hundred", "6 minutes"]),
        (86400, "seconds", ["two days", "half a day", "`1d`", "daily"]),
        (600, "seconds", ["fifty minutes", "110 minutes", "`10m`", "10 of them"]),
        (2**30, "bytes", ["100 GiB", "1 MiB"]),
        (10, "count", ["10 minutes", "10 %", "110", "10.5"]),
        (2, "factor", ["two of them", "2 %"]),
    ],
)  # fmt: skip
def test_what_is_near_by_does_not_pass_for_it(value: float, kind: Kind, words: list[str]) -> None:
    assert [each for each in words if Threshold(value, kind, "").said_in(f"It is {each}.")] == []
