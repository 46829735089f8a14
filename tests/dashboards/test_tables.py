"""What the rows of tables are about, and where links lead: each thing once, with a way on that keeps what is chosen."""

import json
import re
from collections import Counter
from typing import Any

import pytest

from dashboards.source import protection_signals, risk_signals
from tests.dashboards.boards import DASHBOARDS, PANELS, asked, each_dashboard
from tests.real.prometheus import Prometheus, Sample

TABLES = {name: panel for name, panel in PANELS.items() if panel["type"] == "table"}
each_table = pytest.mark.parametrize("panel", TABLES.values(), ids=TABLES.keys())


def by_claim(answer: list[Sample]) -> dict[tuple[str, str], float]:
    return {
        (sample.labels["namespace"], sample.labels["persistentvolumeclaim"]): round(sample.value, 1)
        for sample in answer
    }


def columns(panel: dict[str, Any]) -> dict[str, str]:
    """By label or value, the name of its column."""
    organize = next(each["options"] for each in panel["transformations"] if each["id"] == "organize")
    names: dict[str, str] = organize["renameByName"]
    return names


# ---- rows


@pytest.mark.real
@each_table
def test_a_row_is_one_thing(prometheus: Prometheus, panel: dict[str, Any]) -> None:
    """Grafana joins the answers on the labels that all of them have: of one answer, no two rows may have the same."""
    answers = [prometheus.query(asked(query["expr"], cluster="eu")) for query in panel["targets"]]
    shared = set.intersection(*({name for sample in answer for name in sample.labels} for answer in answers))
    assert shared
    for answer in answers:
        keys = Counter(tuple(sample.labels.get(label, "") for label in sorted(shared)) for sample in answer)
        assert set(keys.values()) <= {1}


@pytest.mark.real
@each_table
def test_each_label_has_a_column_with_a_name(prometheus: Prometheus, panel: dict[str, Any]) -> None:
    """A label that nobody thought of would stand there as Prometheus spells it."""
    named = columns(panel)
    for query in panel["targets"]:
        for sample in prometheus.query(asked(query["expr"])):
            assert set(sample.labels) <= set(named)


@pytest.mark.real
@each_table
def test_what_is_least_first_is_known_of_every_row(prometheus: Prometheus, panel: dict[str, Any]) -> None:
    """Grafana takes a cell that is empty for the least of all, so that it would stand before what matters."""
    (order,) = panel["options"]["sortBy"]
    (column,) = [key for key, name in columns(panel).items() if name == order["displayName"]][:1]
    if order["desc"] or not column.startswith("Value #"):
        return
    answers = {
        f"Value #{query['refId']}": prometheus.query(asked(query["expr"])) for query in panel["targets"]
    }
    assert len(answers[column]) == max(map(len, answers.values()))


@pytest.mark.real
@each_table
def test_a_date_is_in_milliseconds_as_grafana_wants_it(prometheus: Prometheus, panel: dict[str, Any]) -> None:
    """Seconds would read as a day of January 1970."""
    names = columns(panel)
    dates = {
        override["matcher"]["options"]
        for override in panel["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "unit" and each["value"].startswith("dateTime")
    }
    for query in panel["targets"]:
        if names.get(f"Value #{query['refId']}") in dates:
            assert all(sample.value > 1e12 for sample in prometheus.query(asked(query["expr"])))


@each_table
def test_a_table_is_sorted_by_a_column_that_it_has(panel: dict[str, Any]) -> None:
    """Grafana says nothing of a column that is not there, and sorts by none."""
    (order,) = panel["options"]["sortBy"]
    assert order["displayName"] in columns(panel).values()


@pytest.mark.real
def test_a_claim_worth_a_page_comes_before_all_others(prometheus: Prometheus) -> None:
    """Both are not safe, not proven, not kept up with, and full soon; one of them is worth a page.

    A third is worth a page and at no risk: it has no place among them.
    """
    answer = prometheus.query(asked(risk_signals.RANK.expression, cluster="eu"))
    assert by_claim(answer) == {("db", "data"): 14, ("web", "data"): 4}


@pytest.mark.real
def test_a_claim_that_is_not_safe_stands_with_its_state_and_each_reason(prometheus: Prometheus) -> None:
    """One that is safe, but not for long, is not among them."""
    answer = prometheus.query(asked(protection_signals.WHY_STATE.expression, cluster="eu"))
    assert {
        (sample.labels["namespace"], sample.labels["state"], sample.labels["reason"]) for sample in answer
    } == {("db", "late", "run-failed"), ("web", "unprotected", "no-schedule")}


@pytest.mark.real
def test_a_protected_claim_of_a_paused_schedule_counts_down_to_late(prometheus: Prometheus) -> None:
    """Its copy is a minute old, and may be an hour."""
    answer = prometheus.query(asked(protection_signals.FADING_LEFT.expression, cluster="eu"))
    assert by_claim(answer) == {("db", "good"): 3540}


@pytest.mark.real
def test_a_schedule_counts_the_claims_of_the_chosen_namespaces(prometheus: Prometheus) -> None:
    """It stands with its own namespace, so that the column meets the others of its row."""

    def counted(namespace: str) -> dict[tuple[str, str], float]:
        question = protection_signals.SCHEDULE_CLAIMS.expression
        answer = prometheus.query(asked(question, cluster="eu", namespace=namespace))
        return {(sample.labels["namespace"], sample.labels["schedule"]): sample.value for sample in answer}

    assert counted(".*") == {("velero", "daily"): 2, ("velero", "monthly"): 1}
    assert counted("web") == {("velero", "monthly"): 1}


# ---- links


@each_dashboard
def test_a_link_leads_to_a_dashboard_and_carries_what_is_chosen(board: dict[str, Any]) -> None:
    """Data source, cluster and namespace go along, and nothing that the other page has no choice for."""
    for uid, parameters in re.findall(r'"/d/(holdfast-\w+)\?([^"]*)"', json.dumps(board)):
        there = {choice["name"] for choice in DASHBOARDS[f"{uid}.json"]["templating"]["list"]}
        carried = {
            one or other for one, other in re.findall(r"var-(\w+)=|\${(?!__)(\w+):queryparam}", parameters)
        }
        assert {"datasource", "namespace"} <= carried <= there
        assert carried >= {"cluster"}


@each_table
def test_a_link_in_a_row_reads_columns_that_the_row_has(panel: dict[str, Any]) -> None:
    read = set(re.findall(r"__data\.fields\.(\w+)", json.dumps(panel["fieldConfig"])))
    assert read <= set(columns(panel).values())


@each_dashboard
def test_all_dashboards_are_one_click_away(board: dict[str, Any]) -> None:
    """By a menu that keeps the choices."""
    (menu,) = board["links"]
    assert (menu["type"], menu["tags"], menu["includeVars"]) == ("dashboards", ["holdfast"], True)


@each_dashboard
def test_where_the_span_reaches_ahead_tables_and_numbers_still_tell_of_now(board: dict[str, Any]) -> None:
    """Grafana asks an instant query about the end of the span, and of what is to come there is no sample.

    The menu then leaves the span behind, for the other dashboards tell of its end.
    """
    ahead = "+" in board["time"]["to"]
    assert board["links"][0]["keepTime"] is not ahead
    for panel in board["panels"]:
        if panel["type"] in ("stat", "table", "bargauge"):
            assert panel.get("timeFrom") == ("24h" if ahead else None)
