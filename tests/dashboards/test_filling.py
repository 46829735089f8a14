"""What the dashboards say of claims that fill: each once, nearest first, with a way to its page."""

import json
import math
import re
from typing import Any

import pytest

from dashboards.source import capacity_signals, claim_signals, filling_signals
from tests.dashboards.boards import DASHBOARDS, asked, each_panel
from tests.real.prometheus import Prometheus, Sample


def by_claim(answer: list[Sample]) -> dict[tuple[str, str], tuple[str, float]]:
    return {
        (sample.labels["namespace"], sample.labels["persistentvolumeclaim"]): (
            sample.labels["resource"],
            round(sample.value, 3),
        )
        for sample in answer
    }


def test_the_claim_that_is_full_first_stands_first() -> None:
    """The table is sorted by the most likely time, least first, and tells the bounds beside it."""
    (table,) = [panel for panel in DASHBOARDS["holdfast-capacity.json"]["panels"] if panel["id"] == 20]
    assert table["options"]["sortBy"] == [{"displayName": "Full in", "desc": False}]
    organize = next(each["options"] for each in table["transformations"] if each["id"] == "organize")
    assert {"Full in", "Earliest", "Latest", "Used", "Growth a day", "Class", "Cannot grow"} <= set(
        organize["renameByName"].values()
    )


@pytest.mark.real
@each_panel
def test_what_never_comes_is_told_in_words_and_not_drawn(
    prometheus: Prometheus, panel: dict[str, Any]
) -> None:
    """+Inf reads as such in a number or a table; a graph that reaches for it has no scale."""
    for query in panel["targets"]:
        if any(math.isinf(sample.value) for sample in prometheus.query(asked(query["expr"]))):
            assert panel["type"] in ("stat", "table")
            assert '"Infinity": {"index": 0, "text": "not in sight"}' in json.dumps(panel["fieldConfig"])


@pytest.mark.real
def test_a_claim_stands_once_with_whatever_is_full_first(prometheus: Prometheus) -> None:
    """Inodes in an hour come before bytes in a hundred days; a claim of which full is not in sight is left out."""
    answer = prometheus.query(asked(filling_signals.FIRST_LEFT.expression, cluster="eu"))
    assert by_claim(answer) == {("db", "data"): ("bytes", 172800), ("web", "data"): ("inodes", 3600)}


@pytest.mark.real
def test_columns_of_a_claim_tell_of_the_same_resource(prometheus: Prometheus) -> None:
    """The share in use and the bounds belong to what is full first; else a row would mix bytes and inodes."""
    for signal, bytes_of_one, inodes_of_other in (
        (filling_signals.FIRST_USED, 0.5, 0.98),
        (filling_signals.FIRST_EARLY, 86400, 1800),
        (filling_signals.FIRST_LATE, 345600, 5400),
    ):
        assert by_claim(prometheus.query(asked(signal.expression, cluster="eu"))) == {
            ("db", "data"): ("bytes", bytes_of_one),
            ("web", "data"): ("inodes", inodes_of_other),
        }


@pytest.mark.real
def test_what_is_kept_back_is_not_offered(prometheus: Prometheus) -> None:
    """ext4 keeps 50 of 1000. What others wrote is no such reserve: the whole size counts."""
    question = claim_signals.SIZE.expression
    offered = {
        (sample.labels["namespace"], sample.value)
        for claim in ("data", "good")
        for sample in prometheus.query(asked(question, cluster="eu", claim=claim))
    }
    assert offered == {("db", 1000), ("db", 950), ("web", 1000)}


@pytest.mark.real
def test_the_fullest_stand_once_by_the_fuller_of_the_two(prometheus: Prometheus) -> None:
    answer = prometheus.query(asked(filling_signals.FULLEST_RATIO.expression, cluster="eu"))
    assert by_claim(answer) == {
        ("db", "data"): ("bytes", 0.5),
        ("db", "good"): ("bytes", 0.995),
        ("web", "data"): ("inodes", 0.98),
    }


@pytest.mark.real
def test_a_shared_space_counts_its_claims(prometheus: Prometheus) -> None:
    """Two claims, of two replicas each, lie in it; of one namespace one."""
    question = filling_signals.SPACE_CLAIMS.expression
    assert [sample.value for sample in prometheus.query(asked(question))] == [2, 2]
    assert [sample.value for sample in prometheus.query(asked(question, namespace="db"))] == [1, 1]


@pytest.mark.real
def test_what_is_promised_is_set_against_all_pools_of_the_class(prometheus: Prometheus) -> None:
    """1500 of 3000 bytes are not written yet, and two pools have 400 left."""
    (sample,) = prometheus.query(asked(capacity_signals.CLASS_PROMISED.expression, cluster="eu"))
    assert (sample.labels["storageclass"], sample.value) == ("gold", 3.75)


# ---- from a row to its claim


def test_a_claim_in_a_table_leads_to_its_page() -> None:
    """The page exists and the link sets choices that it has; columns it reads are columns of the table."""
    choices = {choice["name"] for choice in DASHBOARDS["holdfast-claim.json"]["templating"]["list"]}
    found = 0
    for board in DASHBOARDS.values():
        for panel in board["panels"]:
            text = json.dumps(panel)
            for link in re.findall(r'/d/holdfast-claim[^"]*', text):
                found += 1
                assert set(re.findall(r"var-(\w+)=|\${(\w+):queryparam}", link)) <= {
                    pair for name in choices for pair in ((name, ""), ("", name))
                }
                for column in re.findall(r"__data\.fields\.(\w+)", link):
                    organize = next(
                        each["options"] for each in panel["transformations"] if each["id"] == "organize"
                    )
                    assert column in organize["renameByName"].values()
    assert found > 4
