"""The example for Alertmanager routes every alert of the pack, and silences none that could matter by itself.

amtool judges the routes. Which notifications a real Alertmanager then sends belongs to tests/real/test_alertmanager.py.
"""

import subprocess

import pytest

from tests import tools
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.foreign import foreign
from tests.rules.promql import Reading
from tests.rules.routing import EXAMPLE, Inhibition, example, inhibitions

ALERTS = pack.alerts({**exported(), **foreign()})
RECEIVER = {"critical": "page", "warning": "ticket", "info": "know"}
RANK = ["info", "warning", "critical"]
STOCK = inhibitions()[:3]
OURS = inhibitions()[3:]

FOREIGN = {
    "KubePersistentVolumeFillingUp": {"namespace", "persistentvolumeclaim"},
    "KubePersistentVolumeInodesFillingUp": {"namespace", "persistentvolumeclaim"},
}
"""Alerts of kubernetes-mixin that the example names, with the labels that it relies on."""

each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
each_inhibition = pytest.mark.parametrize("rule", OURS, ids=lambda rule: rule.words)


def labels_of(alert: pack.Alert) -> dict[str, str]:
    """The labels that it is delivered with; those of its expression have some value."""
    read = Reading(alert.expression, alert.catalogue).labels
    return {**dict.fromkeys(read, "some"), **alert.labels, "alertname": alert.name}


def amtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tools.path("amtool"), *arguments], capture_output=True, text=True, check=False)


def names(rule: Inhibition) -> set[str]:
    """The alerts that one of our rules names outright, on both sides."""
    return {
        name
        for matcher in (*rule.source, *rule.target)
        if matcher.label == "alertname" and "+" not in matcher.value
        for name in expanded(matcher.value)
    }


def expanded(pattern: str) -> list[str]:
    """The names in a pattern of alternatives, of which one may have alternative endings."""
    stem, bracket, endings = pattern.partition("(")
    return [stem + end for end in endings.rstrip(")").split("|")] if bracket else pattern.split("|")


# ---- routes


def test_amtool_accepts_the_example() -> None:
    answer = amtool("check-config", str(EXAMPLE))
    assert answer.returncode == 0, answer.stdout + answer.stderr


@each_alert
def test_every_alert_reaches_the_receiver_of_its_severity(alert: pack.Alert) -> None:
    """A page wakes somebody, a ticket waits for the day, and the rest is to know."""
    labels = [f"{label}={value}" for label, value in labels_of(alert).items()]
    receiver = RECEIVER[alert.labels["severity"]]
    answer = amtool(
        "config", "routes", "test", f"--config.file={EXAMPLE}", f"--verify.receivers={receiver}", *labels
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_other_alerts_go_where_they_went_before() -> None:
    answer = amtool(
        "config", "routes", "test", f"--config.file={EXAMPLE}", "alertname=Other", "severity=critical"
    )
    assert answer.stdout == "default\n"


def test_a_severity_that_is_not_known_is_a_ticket() -> None:
    answer = amtool(
        "config", "routes", "test", f"--config.file={EXAMPLE}", "alertname=HoldfastX", "severity=none"
    )
    assert answer.stdout == "ticket\n"


# ---- inhibition


def test_the_stock_rules_come_first() -> None:
    """What kube-prometheus ships, so that the example may be read beside it."""
    assert [(rule.words, rule.equal) for rule in STOCK] == [
        ("critical silences warning|info", ("namespace", "alertname")),
        ("warning silences info", ("namespace", "alertname")),
        ("InfoInhibitor silences info", ("namespace",)),
    ]


def test_the_stock_rules_silence_nothing_between_our_alerts() -> None:
    """They compare names, and no name of ours stands at two severities."""
    assert len({alert.name for alert in ALERTS}) == len(ALERTS)


@each_inhibition
def test_a_rule_names_alerts_that_there_are(rule: Inhibition) -> None:
    assert names(rule) <= {alert.name for alert in ALERTS} | FOREIGN.keys()


@each_inhibition
def test_what_must_be_equal_is_there_on_both_sides(rule: Inhibition) -> None:
    """Two labels that are missing count as equal: one claim would then silence another. `cluster` is the exception,
    for a single cluster has none."""
    for alert in ALERTS:
        labels = labels_of(alert)
        if rule.silences(labels) or rule.silenced(labels):
            assert set(rule.equal) - labels.keys() <= {"cluster"}, alert.name
    for name, labels_there in FOREIGN.items():
        if name in names(rule):
            assert set(rule.equal) - labels_there == {"cluster"}


@each_inhibition
def test_nothing_silences_what_is_more_severe(rule: Inhibition) -> None:
    """A ticket never hides a page. Of what a rule names the mildest source and the most severe target are compared."""
    sources = [alert for alert in ALERTS if rule.silences({**labels_of(alert), **asked(rule)})]
    targets = [alert.labels["severity"] for alert in ALERTS if rule.silenced(labels_of(alert))]
    targets += [
        matcher.value
        for matcher in rule.target
        if matcher.label == "severity" and "~" not in matcher.operator
    ]
    assert sources
    assert targets
    mildest = min(RANK.index(alert.labels["severity"]) for alert in sources)
    assert max(map(RANK.index, targets)) <= mildest


def asked(rule: Inhibition) -> dict[str, str]:
    """Values that a rule asks of its source's own labels."""
    return {
        matcher.label: expanded(matcher.value)[0]
        for matcher in rule.source
        if matcher.label in ("resource", "source") and not matcher.operator.startswith("!")
    }


@each_alert
def test_no_alert_silences_itself_in_another_place(alert: pack.Alert) -> None:
    """Of one alert in two namespaces both are told."""
    labels = labels_of(alert)
    assert not any(rule.silences(labels) and rule.silenced(labels) for rule in OURS)


def test_the_page_speaks_of_every_route_and_rule() -> None:
    """docs/alertmanager.md shows who silences whom; every name in the rules stands in it."""
    page = EXAMPLE.with_suffix(".md").read_text()
    told = {name for rule in OURS for name in names(rule)}
    assert [name for name in sorted(told) if f"`{name}`" not in page] == []
    assert all(f"`{receiver['name']}`" in page for receiver in example()["receivers"])
