"""The exporter's own page tells replicas apart, and whether they agree."""

from pathlib import Path

import pytest
import yaml

from dashboards.source import exporter_signals
from tests.dashboards.boards import DASHBOARDS, asked
from tests.dashboards.trial import answers
from tests.real.prometheus import Prometheus

ROOT = Path(__file__).parents[2]
CLAIM = 'namespace="db",persistentvolumeclaim="data"'


def judged(**states: str) -> dict[str, str]:
    """By replica, the state that it judges the claim to be in."""
    return {
        f'holdfast_pvc_protection_state{{{CLAIM},state="{state}",instance="{instance}"}}': "1x10"
        for instance, state in states.items()
    } | {
        f'holdfast_protection_claims{{namespace="db",tier="",state="{state}"}}': f"{count}x10"
        for state, count in ({"protected": 0} | dict.fromkeys(states.values(), 1)).items()
    }


def test_replicas_that_judge_alike_agree(tmp_path: Path) -> None:
    known = judged(one="late", other="late")
    assert answers(tmp_path, exporter_signals.DISAGREED.expression, known, at="5m") == {"{}": 0}


def test_replicas_that_judge_differently_do_not(tmp_path: Path) -> None:
    """The claim is counted once."""
    known = judged(one="late", other="protected")
    assert answers(tmp_path, exporter_signals.DISAGREED.expression, known, at="5m") == {"{}": 1}


def test_replicas_of_one_cluster_must_have_one_configuration(tmp_path: Path) -> None:
    """Clusters may each have their own: the cluster that has most counts."""
    known = {
        f'holdfast_config_info{{cluster="{cluster}",instance="{instance}",hash="{mark}"}}': "1x10"
        for cluster, instance, mark in (
            ("eu", "1", "a"),
            ("eu", "2", "a"),
            ("us", "3", "b"),
            ("us", "4", "c"),
        )
    }
    question = exporter_signals.CONFIGURATIONS.expression
    assert answers(tmp_path, question, known, at="5m") == {"{}": 2}
    eu = {name: values for name, values in known.items() if '"eu"' in name}
    assert answers(tmp_path, question, eu, at="5m") == {"{}": 1}


@pytest.mark.real
def test_each_replica_has_its_row(prometheus: Prometheus) -> None:
    """Two clusters of two replicas; what Prometheus counts of their scrapes stands with them, and that of nobody else."""
    for signal in (exporter_signals.REPLICA_VERSION, exporter_signals.REPLICA_SERIES):
        answer = prometheus.query(asked(signal.expression))
        assert len({(sample.labels["cluster"], sample.labels["instance"]) for sample in answer}) == 4
        assert len(answer) == 4


@pytest.mark.real
def test_what_is_blind_says_since_when(prometheus: Prometheus) -> None:
    """What is seen does not."""
    question = f"time() - ({exporter_signals.SEEN_BLIND.expression}) / 1000"
    answer = prometheus.query(asked(question, cluster="eu"))
    assert [(sample.labels["kind"], round(sample.value / 60)) for sample in answer] == [("DataUpload", 15)]


def test_a_judgement_stands_still_when_its_alert_says_so() -> None:
    """The number turns red at the bound of the rule."""
    groups = yaml.safe_load((ROOT / "rules" / "exporter.yaml").read_text())["groups"]
    (rule,) = (
        rule
        for group in groups
        for rule in group["rules"]
        if rule.get("alert") == "HoldfastAssessmentStalled"
    )
    assert f"> {exporter_signals.STALLED}" in rule["expr"]
    (number,) = (panel for panel in DASHBOARDS["holdfast-exporter.json"]["panels"] if panel["id"] == 3)
    steps = number["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps[-1] == {"color": "red", "value": exporter_signals.STALLED}
