"""The dashboards ask what the exporter answers, count nothing twice, and are what their source says."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models import units
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.source import (
    capacity_signals,
    compliance_signals,
    exporter_signals,
    filling_signals,
    hygiene_signals,
    protection_signals,
    recovery_signals,
    risk_signals,
    signals,
)
from dashboards.source.files import FOLDER, rendered
from dashboards.source.panels import COLOURS, RUNBOOKS
from holdfast.model.judgement import DRILL_STATES, REPLICATION_STATES
from tests.dashboards.boards import (
    CATALOGUE,
    DASHBOARDS,
    OF_THE_DATA,
    RECORDING,
    Question,
    asked,
    each_dashboard,
    each_panel,
)
from tests.real.prometheus import Prometheus, Sample
from tests.rules import pack
from tests.rules.catalogue import exported
from tests.rules.promql import Reading

ROOT = Path(__file__).parents[2]
UNITS = {value for name, value in vars(units).items() if not name.startswith("_") and isinstance(value, str)}

ALERTS = (
    signals.ALERT_OF_STATE,
    recovery_signals.ALERT_OF_DRILL,
    recovery_signals.ALERT_OF_REPLICATION,
)
"""By state, the runbooks that tables link to."""


FEW = re.compile(r"holdfast_pvc_(protection_reason|orphaned|dormant)\b")
"""Families of claims of which something is wrong: few have one."""


def costly(expression: str) -> bool:
    return signals.of_every_claim(FEW.sub("", expression))


# ---- the files


def test_the_committed_files_are_those_that_the_source_gives() -> None:
    """dashboards/*.json is never edited by hand."""
    committed = {path.name: path.read_text() for path in FOLDER.glob("*.json")}
    assert committed == rendered(), "dashboards/*.json and dashboards/source differ: run `make generate`"


@each_dashboard
def test_grafana_understands_every_key(board: dict[str, Any]) -> None:
    """Read and written again by Grafana's own model, nothing is lost: a misspelt key would be."""
    register_default_plugins()
    again = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))
    assert again == board


def test_a_selector_is_typed_once() -> None:
    """What is meant by the chosen clusters and namespaces stands in one place."""
    text = "".join(path.read_text() for path in (FOLDER / "source").glob("*.py"))
    assert len(re.findall(r"cluster=~", text)) == 1
    assert len(re.findall(r"namespace=~", text)) == 1


def test_what_is_read_as_recorded_is_recorded_with_these_labels() -> None:
    """By the rules that a chart or `holdfast rules` brings along."""
    recorded: dict[str, frozenset[str]] = {}
    for area in RECORDING:
        for rule, known in pack.rules(area.stem, exported()):
            if "record" in rule:
                recorded[rule["record"]] = Reading(rule["expr"], known).labels | rule.get("labels", {}).keys()
    for name, labels in signals.RECORDED.items():
        assert recorded[name] == {"cluster", *labels}


@each_panel
def test_no_graph_reads_every_claim_for_each_of_its_points(panel: dict[str, Any]) -> None:
    """With tens of thousands of claims that takes minutes: it is asked of now alone, or of what is recorded."""
    for query in panel["targets"]:
        assert query.get("instant") or not costly(query["expr"]) or panel.get("interval")


# ---- the frame


@each_dashboard
def test_the_frame_is_what_users_rely_on(board: dict[str, Any]) -> None:
    """A name that links can hold, no edits that an upgrade would lose, no refresh that nobody needs."""
    assert re.fullmatch(r"holdfast-[a-z-]{1,31}", board["uid"])
    assert f"{board['uid']}.json" in DASHBOARDS
    assert board["editable"] is False
    assert board["tags"] == ["holdfast"]
    assert board["refresh"] == "1m"


@each_dashboard
def test_the_choices_are_data_source_cluster_and_namespace(board: dict[str, Any]) -> None:
    """They are read again when the time range changes, and All includes series that bear no such label."""
    choices = board["templating"]["list"]
    assert [choice["name"] for choice in choices[:3]] == ["datasource", "cluster", "namespace"]
    for choice in choices[1:3]:
        assert (choice["multi"], choice["includeAll"], choice["allValue"]) == (True, True, ".*")
    for choice in choices[1:]:
        assert choice["refresh"] == 2
        assert choice["datasource"]["uid"] == "${datasource}"
        selector = re.fullmatch(r"label_values\((.*), (\w+)\)", choice["query"])
        assert selector
        assert selector[2] == {"claim": "persistentvolumeclaim"}.get(choice["name"], choice["name"])
        assert Question(selector[1]).problems == []


def test_only_the_page_of_one_claim_asks_for_a_claim() -> None:
    """One and not all: a graph of every claim's fan would show nothing."""
    asking = {
        name: board["templating"]["list"][3:]
        for name, board in DASHBOARDS.items()
        if len(board["templating"]["list"]) > 3
    }
    assert list(asking) == ["holdfast-claim.json"]
    (choice,) = asking["holdfast-claim.json"]
    assert (choice["name"], choice["multi"], choice["includeAll"]) == ("claim", False, False)


@each_dashboard
def test_a_panel_keeps_its_number_and_its_place(board: dict[str, Any]) -> None:
    """Ids are given and unique; nothing overlaps."""
    ids = [panel["id"] for panel in board["panels"]]
    assert all(ids)
    assert len(set(ids)) == len(ids)
    places = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in board["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]
    assert len(set(places)) == len(places)
    assert all(x < 24 for x, _ in places)


@each_panel
def test_a_panel_explains_itself(panel: dict[str, Any]) -> None:
    """Title, description, a unit that Grafana knows, and the chosen data source."""
    assert panel["title"]
    assert panel["description"].endswith(".")
    given = [panel["fieldConfig"]["defaults"]["unit"]]
    for override in panel["fieldConfig"]["overrides"]:
        given += [each["value"] for each in override["properties"] if each["id"] == "unit"]
    assert set(given) <= UNITS
    assert panel["targets"]
    assert {each["datasource"]["uid"] for each in (panel, *panel["targets"])} == {"${datasource}"}


def test_links_lead_to_runbooks_that_exist() -> None:
    """A click on what is wrong opens what to do."""
    there = {path.stem for path in (ROOT / "docs" / "runbooks").glob("*.md")}
    text = "".join(rendered().values())
    linked = set(re.findall(rf"{re.escape(RUNBOOKS)}(\w+)", text))
    for alerts in ALERTS:
        linked |= set(alerts.values())
    assert len(linked) > 10
    assert linked <= there


def test_values_that_speak_are_those_of_the_catalogue() -> None:
    """A colour or a runbook for a state that does not exist would never be seen."""
    closed = {
        value for series in CATALOGUE.values() for values in series.vocabulary.values() for value in values
    }
    assert COLOURS.keys() <= closed
    assert "|".join(signals.ALERT_OF_STATE) == signals.UNSAFE_STATES
    assert {*recovery_signals.ALERT_OF_DRILL, "passed", "unknown"} == set(DRILL_STATES)
    assert {*recovery_signals.ALERT_OF_REPLICATION, "healthy"} == set(REPLICATION_STATES)


# ---- the queries


@each_panel
def test_a_query_asks_what_the_exporter_answers(panel: dict[str, Any]) -> None:
    """Every series, label and closed value exists, and no replica counts twice."""
    for query in panel["targets"]:
        reading = Question(query["expr"])
        assert reading.problems == []
        if "instance" in query["expr"]:
            assert not reading.names & OF_THE_DATA
        assert set(re.findall(r"{{(\w+)}}", query.get("legendFormat", ""))) <= reading.labels


@pytest.mark.real
@each_panel
def test_a_panel_shows_something(prometheus: Prometheus, panel: dict[str, Any]) -> None:
    """Every query runs, finds the sick cluster, and is not a multiple of it."""
    for query in panel["targets"]:
        answer = prometheus.query(asked(query["expr"]))
        assert answer, query["expr"]
        labels = [tuple(sorted(sample.labels.items())) for sample in answer]
        assert len(set(labels)) == len(labels)
        assert not any(math.isnan(sample.value) for sample in answer)


@pytest.mark.real
@each_dashboard
def test_a_choice_has_something_to_choose(prometheus: Prometheus, board: dict[str, Any]) -> None:
    """Grafana asks for the values of a label; of cluster, namespace and claim there are several."""
    for choice in board["templating"]["list"][1:]:
        asks = re.fullmatch(r"label_values\((.*), (\w+)\)", choice["query"])
        assert asks
        answer = prometheus.query(f"group by ({asks[2]}) ({asked(asks[1])})")
        assert len({sample.labels[asks[2]] for sample in answer} - {""}) > 1


@pytest.mark.real
def test_a_copy_that_shrank_stands_first(prometheus: Prometheus) -> None:
    """Nine tenths are gone of the one, and the other grew; what grew has shrunk by less than nothing."""
    answer = prometheus.query(asked(recovery_signals.SIZE_SHRUNK.expression, cluster="eu"))
    assert {sample.labels["persistentvolumeclaim"]: round(sample.value, 2) for sample in answer} == {
        "data": 0.9,
        "good": -0.1,
    }


@pytest.mark.real
@pytest.mark.parametrize(
    ("signal", "all_clusters", "one_namespace"),
    [
        (signals.PROTECTED_RATIO, 1 / 3, 0.5),
        (signals.PAGES, 2, 1),
        (signals.UNSAFE, 4, 1),
        (signals.SCHEDULES_BEHIND, 2, 1),
        (signals.TARGETS_AWAY, 2, 1),
        (signals.BLIND_KINDS, 2, 1),
        (signals.ORPHANED_BYTES, 2 * 1024**3, 0),
        (signals.ORPHANED_CLAIMS, 2, 0),
        (recovery_signals.PROVEN_RATIO, 1 / 3, 1 / 2),
        (recovery_signals.DRILLS_FAILED, 0, 0),
        (recovery_signals.DRILLS_OVERDUE, 2, 0),
        (recovery_signals.DRILLS_SLOW, 2, 1),
        (recovery_signals.REPLICAS_BROKEN, 2, 0),
        (recovery_signals.REPLICAS_LAGGING, 2, 1),
        (recovery_signals.REPLICAS_HEALTHY, 2, 1),
        (filling_signals.FULL_NOW, 2, 1),
        (filling_signals.FULL_SOON, 4, 1),
        (filling_signals.FULL_PERHAPS, 4, 1),
        (filling_signals.NOT_FORETOLD, 2, 0),
        (filling_signals.NOT_MEASURED, 4, 0),
        (filling_signals.WITHIN_DAY, 2, 0),
        (filling_signals.WITHIN_WEEK, 2, 1),
        (filling_signals.NOT_IN_SIGHT, 2, 1),
        (capacity_signals.QUOTAS_NEAR, 2, 1),
        (protection_signals.LATE, 2, 1),
        (protection_signals.UNPROTECTED, 2, 0),
        (protection_signals.EXEMPT, 2, 0),
        (protection_signals.SCHEDULES_FAILED, 4, 2),
        (protection_signals.SCHEDULES_PAUSED, 2, 1),
        (protection_signals.SCHEDULES_RUNNING, 2, 1),
        (protection_signals.POINTS_SHORT, 2, 1),
        (compliance_signals.KEPT, 1 / 2, 1 / 2),
        (compliance_signals.IN_STEP, 1 / 3, 1 / 2),
        (compliance_signals.DECLARED, 2 / 3, 1),
        (hygiene_signals.ORPHANED, 2, 0),
        (hygiene_signals.DORMANT_BYTES, 4000, 0),
        (hygiene_signals.VOLUMES, 2, 1),
        (hygiene_signals.SNAPSHOTS, 4, 2),
        (hygiene_signals.ATTACHMENTS, 2, 1),
        (hygiene_signals.CRITICAL, 0, 0),
        (hygiene_signals.WARNINGS, 2, 1),
        (hygiene_signals.INFOS, 2, 0),
        (risk_signals.NOT_PROVEN, 4, 1),
        (risk_signals.NOT_IN_STEP, 4, 1),
        (exporter_signals.REPLICAS, 4, 2),
        (exporter_signals.CONFIGURATIONS, 1, 1),
        (exporter_signals.VERSIONS, 1, 1),
        (exporter_signals.DISAGREED, 0, 0),
        (exporter_signals.STATES_UNKNOWN, 4, 2),
    ],
    ids=lambda value: value.name if isinstance(value, signals.Signal) else "",
)
def test_a_number_counts_each_thing_once(
    prometheus: Prometheus, signal: signals.Signal, all_clusters: float, one_namespace: float
) -> None:
    """Two clusters of two replicas are two of each thing; one cluster and namespace chosen are those alone."""

    def value(answer: list[Sample]) -> float:
        assert len(answer) == 1
        return answer[0].value

    assert value(prometheus.query(asked(signal.expression))) == pytest.approx(all_clusters)
    chosen = prometheus.query(asked(signal.expression, cluster="eu", namespace="db"))
    assert value(chosen) == pytest.approx(one_namespace)


@pytest.mark.real
def test_nothing_known_is_not_nothing_wrong(prometheus: Prometheus) -> None:
    """For a cluster that no exporter watches, a count of what is wrong is not 0 but missing."""
    for signal in (
        signals.PAGES,
        signals.UNSAFE,
        signals.SCHEDULES_BEHIND,
        signals.BLIND_KINDS,
        recovery_signals.PROVEN_RATIO,
        recovery_signals.DRILLS_FAILED,
        recovery_signals.REPLICAS_BROKEN,
        filling_signals.FULL_SOON,
        filling_signals.NOT_FORETOLD,
        capacity_signals.QUOTAS_NEAR,
        protection_signals.LATE,
        protection_signals.SCHEDULES_FAILED,
        protection_signals.POINTS_SHORT,
        compliance_signals.KEPT,
        compliance_signals.IN_STEP,
        compliance_signals.DECLARED,
        hygiene_signals.ORPHANED,
        hygiene_signals.VOLUMES,
        hygiene_signals.SNAPSHOTS,
        hygiene_signals.ATTACHMENTS,
        hygiene_signals.WARNINGS,
        risk_signals.NOT_PROVEN,
        risk_signals.NOT_IN_STEP,
        exporter_signals.REPLICAS,
        exporter_signals.DISAGREED,
    ):
        assert prometheus.query(asked(signal.expression, cluster="nowhere")) == []
