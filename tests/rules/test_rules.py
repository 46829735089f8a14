"""The rule pack keeps its promises: to the exporter's catalogue, to Alertmanager, to the reader at 3 a.m.

The cases that prove each alert are the `*.test.yaml` files beside this one; promtool runs them.
"""

import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from holdfast.assessment.forecast import LIKELY
from holdfast.metrics.catalogue import FAMILIES
from holdfast.metrics.process import GENERATION_NOW
from tests import tools
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.foreign import TABLE, foreign
from tests.rules.promql import TARGET_LABELS, Reading, quoted_queries

CATALOGUE = {**exported(), **foreign()}
ALERTS = pack.alerts(CATALOGUE)
LOOKS = pack.looks()
SEVERITIES = {"critical", "warning", "info"}

OF_THE_EXPORTER = {"cost", "exporter", "usage"}
"""Areas about what the exporter sees, whole clusters included."""

OF_NO_NAMESPACE = {"backend", "check", "csi_driver", "driver_name", "node", "storageclass", "volume_plugin"}
"""Labels of what namespaces share: an alert about it has none to carry."""

OF_CLAIMS = {
    family.name for family in FAMILIES if getattr(family, "noun", "") in ("claim", "filling", "expansion")
}

MUTED_BY = {"checks": "hygiene", "exporter": "protection", "usage": "capacity"}
"""Areas that are none to mute, and the one that their alerts about claims have part in."""

OF_NO_CLAIM = {
    "HoldfastAbsent",  # that nobody looks is told whatever is muted
    "HoldfastAbsentPage",
    "HoldfastReplicasDisagree",
    "HoldfastLabelClash",
    "HoldfastUsageNotAsked",
    "HoldfastPoolTooSmall",  # the largest claim of a class is what its pool is measured by, muted or not
}
"""Alerts that read series of claims and are about something else."""

each_area = pytest.mark.parametrize("area", pack.areas())
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
each_promtool = pytest.mark.parametrize(
    "promtool", ["promtool", pytest.param("promtool3", marks=pytest.mark.real_long)], indirect=True
)


@pytest.fixture
def promtool(request: pytest.FixtureRequest) -> Path:
    return tools.path(request.param)


def run(promtool: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)


# ---- promtool


@each_promtool
@each_area
def test_the_grammar_is_that_of_the_oldest_promtool(promtool: Path, area: str) -> None:
    """Every file passes the strictest check, duplicates included."""
    answer = run(promtool, "check", "rules", "--lint=all", "--lint-fatal", pack.RULES / f"{area}.yaml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.timeout(1800)  # three minutes of one quiet core, for weeks at a step of a minute
@each_promtool
@each_area
def test_the_cases_pass(promtool: Path, area: str) -> None:
    """Every case of tests/rules/<area>.test.yaml holds."""
    answer = run(promtool, "test", "rules", pack.CASES / f"{area}.test.yaml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_area_has_its_cases_and_no_case_file_is_left_over() -> None:
    """rules/<area>.yaml and tests/rules/<area>.test.yaml go together."""
    assert pack.areas() == sorted(
        path.name.removesuffix(".test.yaml") for path in pack.CASES.glob("*.test.yaml")
    )


# ---- the contract with the exporter


@each_area
def test_an_expression_uses_what_the_exporter_publishes(area: str) -> None:
    """Every series, label and closed value exists; every join and aggregation keeps clusters and claims apart, and
    counts a replica's series once."""
    problems = [
        f"{rule.get('alert') or rule['record']}: {problem}"
        for rule, catalogue in pack.rules(area, CATALOGUE)
        for problem in Reading(rule["expr"], catalogue).problems
    ]
    assert problems == []


def test_the_table_of_foreign_series_holds_what_rules_read_and_no_more() -> None:
    """Each row of foreign.py is read by some rule: what nobody reads nobody keeps up to date."""
    read = {
        name
        for area in pack.areas()
        for rule, catalogue in pack.rules(area, CATALOGUE)
        for name in Reading(rule["expr"], catalogue).names
    }
    assert [metric.name for metric in TABLE if not any(name in read for name, _ in metric.series())] == []


@each_area
def test_what_is_recorded_has_no_replica_left_in_it(area: str) -> None:
    """A recorded series is one for all replicas, and keeps its cluster."""
    for rule, catalogue in pack.rules(area, CATALOGUE):
        if "record" in rule:
            labels = Reading(rule["expr"], catalogue).labels
            assert labels & TARGET_LABELS == {"cluster"}, rule["record"]


@each_area
def test_a_group_is_evaluated_before_its_samples_are_gone(area: str) -> None:
    """What is recorded is looked up for five minutes and no longer; and no alert waits for less than a round."""
    for group in yaml.safe_load((pack.RULES / f"{area}.yaml").read_text())["groups"]:
        interval = pack.seconds(group.get("interval", "1m"))
        assert 60 <= interval <= 240, group["name"]
        assert all(pack.seconds(rule["for"]) >= interval for rule in group["rules"] if "alert" in rule)


@each_alert
def test_an_alert_keeps_its_cluster_and_loses_its_replica(alert: pack.Alert) -> None:
    """What fires is one alert for all replicas, in the cluster where it is true."""
    labels = Reading(alert.expression, alert.catalogue).labels
    assert labels & TARGET_LABELS == {"cluster"}


@each_alert
def test_an_alert_says_only_what_its_expression_kept(alert: pack.Alert) -> None:
    """Labels that an annotation names survive the aggregation, in its own text and in the queries that it asks."""
    labels = Reading(alert.expression, alert.catalogue).labels
    for name, text in alert.annotations.items():
        missing = set(re.findall(r"\$labels\.(\w+)", text)) - labels
        assert not missing, f"{name} names {sorted(missing)}"
        queries = [Reading(query, alert.catalogue) for query in quoted_queries(text)]
        assert [problem for query in queries for problem in query.problems] == []
        told = frozenset().union(*(query.labels for query in queries))
        missing = set(re.findall(r"(?<!\$)\.Labels\.(\w+)", text)) - told
        assert not missing, f"{name} names {sorted(missing)} of what its query returns"


@each_alert
def test_an_alert_lists_what_it_names_in_an_order(alert: pack.Alert) -> None:
    """By value, or by every label in which two of them differ, the first that is told first: a query has no order of its own."""
    for words, query in _asked(alert):
        if not re.match(r"sort(_desc)?\(", query):
            fixed = set(re.findall(r'(\w+)="', query))
            sorted_by = re.findall(r'sortByLabel "(\w+)"', words)[::-1]
            assert set(sorted_by) == Reading(query, alert.catalogue).labels - fixed, query
            told = [label for label in re.findall(r"\.Labels\.(\w+)", words) if label not in fixed]
            assert sorted_by[:1] == told[:1]


@each_alert
def test_an_alert_lists_no_more_than_it_counts(alert: pack.Alert) -> None:
    """What an expression reads of the past, or to leave something out, the query of its words reads too: what is well is not named."""
    counted = alert.expression.partition("\nor on (cluster)\n")[0]
    queries = [query for _, query in _asked(alert)]
    if counted.startswith("count ") and queries:
        assert _series_read(counted) <= _series_read(" ".join(queries))


def _series_read(text: str) -> Counter[str]:
    """How often each series is read of each time."""
    bare = re.sub(r"\{[^}]*\}", "", text)
    return Counter(re.findall(r"\b(?:holdfast|node|storage)[_:][\w:]+(?:\[\w+\])?(?: offset \w+)?", bare))


@each_alert
def test_what_the_words_of_an_alert_ask_is_of_its_own_cluster(alert: pack.Alert) -> None:
    """Each series of a query is that of the alert's cluster, and each label gets the value of that name."""
    for words, query in _asked(alert):
        selectors = re.findall(r"\bholdfast[\w:]*(?:\{[^}]*\})?", query)
        assert [each for each in selectors if 'cluster="' not in each] == []
        held, _, given = words.partition("` ")
        assert re.findall(r"(\w+)=%q", held) == re.findall(r"\$labels\.(\w+)", given.partition(")")[0])


def _asked(alert: pack.Alert) -> Iterator[tuple[str, str]]:
    """Each query of an alert's description, and the words from it to the next."""
    words = re.split(r"(?=\bquery \()", alert.annotations["description"])[1:]
    assert not any("query (" in text for name, text in alert.annotations.items() if name != "description")
    return zip(words, quoted_queries(alert.annotations["description"]), strict=True)


@each_alert
def test_a_page_needs_a_claim_that_asks_for_one(alert: pack.Alert) -> None:
    """Critical means that a claim with `urgency: page` is concerned, and the name says so."""
    asks = re.search(r'worth="page"|and on \(cluster\) \S*holdfast:page_claims:count', alert.expression)
    assert bool(asks) == (alert.labels["severity"] == "critical") == alert.name.endswith("Page")


def _muted_areas(alert: pack.Alert) -> tuple[set[str], set[str]]:
    """The claim families that an alert rests on, through what its file records, and the areas whose mutes it spares."""
    recorded: dict[str, list[str]] = {}
    for rule, _ in pack.rules(alert.area, CATALOGUE):
        recorded.setdefault(rule.get("record", ""), []).append(rule["expr"])
    families, seen, waiting = set[str](), set[str](), [alert.expression]
    muted = set[str]()
    while waiting:
        expression = waiting.pop()
        muted |= set(re.findall(r'holdfast_pvc_muted\{area="(\w+)"\}', expression))
        names = Reading(expression, alert.catalogue).names - seen
        seen |= names
        families |= names & OF_CLAIMS
        waiting += [each for name in names for each in recorded.get(name, ())]
    return families, muted


@each_alert
def test_an_alert_about_claims_spares_what_is_muted_in_its_area(alert: pack.Alert) -> None:
    """`holdfast.dev/mute` names the area that the alert bears, or the one that its area has part in."""
    families, muted = _muted_areas(alert)
    if families and alert.name not in OF_NO_CLAIM:
        assert muted == {MUTED_BY.get(alert.area, alert.area)}
    else:
        assert not muted or alert.name in OF_NO_CLAIM


# ---- the contract with Alertmanager and the reader


@each_alert
def test_an_alert_is_complete(alert: pack.Alert) -> None:
    """Name, severity, area, words and a waiting time."""
    assert re.fullmatch(r"Holdfast[A-Z][A-Za-z]+", alert.name)
    assert alert.labels.keys() == {"severity", "area"}
    assert alert.labels["severity"] in SEVERITIES
    assert alert.labels["area"] == alert.area
    assert alert.annotations.keys() == {"summary", "description", "runbook_url"}
    assert pack.seconds(alert.wait) >= 240, "shorter than a restart of the exporter"


@each_alert
def test_a_scrape_that_fails_does_not_resolve_an_alert(alert: pack.Alert) -> None:
    """What fires on a scraped state goes on firing over a gap; what fires on an absence has none."""
    if not alert.name.startswith("HoldfastAbsent"):
        assert pack.seconds(alert.rule["keep_firing_for"]) >= 300


def test_an_alert_name_stands_once() -> None:
    """Stock inhibition compares names: one name at two severities would hide other claims' warnings."""
    names = [alert.name for alert in ALERTS]
    assert sorted(set(names)) == sorted(names)


@each_alert
def test_an_alert_about_claims_or_schedules_carries_their_namespace(alert: pack.Alert) -> None:
    """Alertmanagers group and route by `namespace`. What namespaces share carries its own name instead."""
    reading = Reading(alert.expression, alert.catalogue)
    if alert.area not in OF_THE_EXPORTER and not reading.names <= foreign().keys():
        assert reading.labels & {"namespace", *OF_NO_NAMESPACE}


@each_alert
def test_no_alert_hangs_on_a_reason(alert: pack.Alert) -> None:
    """A reason that changes would begin `for` again."""
    assert "reason" not in Reading(alert.expression, alert.catalogue).labels


@each_alert
def test_an_alert_has_its_runbook(alert: pack.Alert) -> None:
    """docs/runbooks/<AlertName>.md, with its four headings, its waiting time, and a command to type."""
    assert alert.annotations["runbook_url"] == pack.RUNBOOK_BASE + alert.name
    text = (pack.RUNBOOKS / f"{alert.name}.md").read_text()
    assert re.findall(r"^#+ .*$", text, re.MULTILINE) == [
        f"# {alert.name}",
        "## Meaning",
        "## Impact",
        "## Diagnosis",
        "## Mitigation",
    ]
    meaning = text.partition("## Meaning")[2].partition("##")[0]
    assert f"`{alert.wait}`" in meaning, f"Meaning does not say that the alert waits for `{alert.wait}`"
    assert "```" in text.partition("## Diagnosis")[2]
    assert all(
        section.strip() for section in re.split(r"^#+ .*$", text, flags=re.MULTILINE)[1:] if section != "\n\n"
    )


@each_alert
def test_a_runbook_speaks_of_what_there_is(alert: pack.Alert) -> None:
    """The series, the reasons and the other alerts that it names exist."""
    text = (pack.RUNBOOKS / f"{alert.name}.md").read_text()
    closed = {
        value for series in CATALOGUE.values() for values in series.vocabulary.values() for value in values
    }
    assert set(re.findall(r"\bholdfast_[a-z_]+", text)) <= CATALOGUE.keys()
    assert set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text)) <= closed
    assert set(re.findall(r"`(Holdfast[A-Za-z]+)`", text)) <= {each.name for each in ALERTS}


def test_every_runbook_has_its_alert() -> None:
    """No page is left of an alert that is gone."""
    assert sorted(path.stem for path in pack.RUNBOOKS.glob("*.md")) == sorted(alert.name for alert in ALERTS)


# ---- the cases


def _is_known(series: str) -> bool:
    """Whether it is of those that rules read, the exporter's or another's."""
    return series.partition("{")[0] in CATALOGUE


@each_alert
def test_an_alert_is_proven_to_fire_and_every_word_of_it(alert: pack.Alert) -> None:
    """At least one case compares what is delivered."""
    assert any(look.firing and look.words for look in LOOKS if look.alert == alert.name)


@each_alert
def test_an_alert_is_proven_at_its_boundary(alert: pack.Alert) -> None:
    """In one case it is silent at one evaluation and fires at the next."""
    mine = [look for look in LOOKS if look.alert == alert.name]
    assert any(
        not before.firing and after.firing and 0 < after.at - before.at <= before.step
        for before in mine
        for after in mine
        if before.case == after.case
    )


@each_alert
def test_an_alert_is_proven_to_stay_silent(alert: pack.Alert) -> None:
    """Series of its kind are there, long enough, and it does not fire."""
    wait = pack.seconds(alert.wait)
    assert any(
        not look.firing and look.at > wait and any(_is_known(series) for series in look.input)
        for look in LOOKS
        if look.alert == alert.name
    )


@each_alert
def test_an_alert_is_proven_without_data(alert: pack.Alert) -> None:
    """Nothing is scraped: it is silent, unless it is the one that says so."""
    bare = [
        look
        for look in LOOKS
        if look.alert == alert.name
        and look.at > pack.seconds(alert.wait)
        and not any(_is_known(series) for series in look.input)
    ]
    assert bare
    assert all(bool(look.firing) == (alert.name == "HoldfastAbsent") for look in bare)


@each_alert
def test_an_alert_is_proven_with_two_replicas(alert: pack.Alert) -> None:
    """It fires once where two instances of the exporter are scraped."""
    assert any(
        look.firing and look.words and len(look.values("instance")) > 1
        for look in LOOKS
        if look.alert == alert.name
    )


@each_alert
def test_an_alert_is_proven_with_two_clusters_and_with_namesakes(alert: pack.Alert) -> None:
    """It fires in the right one of two clusters, and for the right one of two things of one name."""
    mine = [look for look in LOOKS if look.alert == alert.name and look.firing]
    assert any(len(look.values("cluster")) > 1 for look in mine)
    if "namespace" in Reading(alert.expression, alert.catalogue).labels and "Schedule" not in alert.name:
        assert any(len(look.values("cluster")) > 1 and look.namesakes for look in mine)


def test_no_look_falls_on_the_grid() -> None:
    """Range selectors are closed on the left before Prometheus 3 and open since: on the grid the two differ."""
    assert [look.case for look in LOOKS if look.at % look.step == 0] == []


def test_every_case_names_one_truth_and_a_known_alert() -> None:
    """A case is read in a failing run: no two share a name, and none tests an alert that is not there."""
    for path in pack.CASES.glob("*.test.yaml"):
        names = [case["name"] for case in yaml.safe_load(path.read_text())["tests"]]
        assert sorted(set(names)) == sorted(names)
    assert {look.alert for look in LOOKS} == {alert.name for alert in ALERTS}


def test_full_soon_is_the_condition_that_the_forecaster_is_measured_by() -> None:
    """``bench/forecast`` judges alarms at ``LIKELY``; the shipped rule fires at the same chance."""
    (rule,) = (
        rule
        for group in yaml.safe_load((pack.RULES / "capacity.yaml").read_text())["groups"]
        for rule in group["rules"]
        if rule.get("record") == "holdfast:pvc_full_likely:ratio"
    )
    assert re.findall(r"holdfast_pvc_full_chance_ratio >= ([\d.]+)", rule["expr"]) == [f"{LIKELY:g}"]


def test_the_rules_ask_for_the_generation_of_series_that_this_version_tells() -> None:
    (alert,) = (alert for alert in ALERTS if alert.name == "HoldfastOutdated")
    assert f"holdfast_metrics_generation >= {GENERATION_NOW}" in alert.expression


@each_area
def test_every_group_is_evaluated_every_four_minutes(area: str) -> None:
    """Less than the five for which what it records is looked up; more often would cost and help nobody."""
    for group in yaml.safe_load((pack.RULES / f"{area}.yaml").read_text())["groups"]:
        assert group.get("interval") == "4m", group["name"]
