"""The compliance report tells what was asked, what was met over the period, and since when it is not."""

from pathlib import Path

import pytest

from dashboards.source import compliance_signals
from tests.dashboards.boards import DASHBOARDS, asked
from tests.dashboards.trial import answers
from tests.real.prometheus import Prometheus

TALLY = 'holdfast_protection_claims{namespace="db",tier="gold"'


def tally(**values: str) -> dict[str, str]:
    """How many claims of one group were in each state, in promtool's notation; 0 where nothing is said."""
    states = dict.fromkeys(("protected", "late", "never", "unprotected", "unknown", "exempt"), "0x60")
    return {f'{TALLY},state="{state}"}}': value for state, value in (states | values).items()}


@pytest.mark.real
def test_not_met_since_is_when_the_newest_copy_grew_too_old(prometheus: Prometheus) -> None:
    """Two hours old, where one is allowed; or never copied in 10 days and 20 hours, where 26 hours are allowed."""
    question = f"time() - ({compliance_signals.OUT_SINCE.expression}) / 1000"
    answer = prometheus.query(asked(question, cluster="eu"))
    assert {sample.labels["namespace"]: round(sample.value / 60) * 60 for sample in answer} == {
        "db": 3600,
        "web": 936000 - 93600,
    }


@pytest.mark.real
def test_a_group_is_out_of_its_objective_since_its_worst_claim_is(prometheus: Prometheus) -> None:
    question = f"time() - ({compliance_signals.GROUP_SINCE.expression}) / 1000"
    answer = prometheus.query(asked(question, cluster="eu", namespace="db"))
    assert [(sample.labels["tier"], round(sample.value / 60)) for sample in answer] == [("gold", 60)]


def test_the_share_over_the_period_is_its_average(tmp_path: Path) -> None:
    """Of four claims all were protected for half of an hour, then none."""
    known = tally(protected="4x29 0x29", late="0x29 4x29")
    expected = {'{namespace="db", tier="gold"}': 0.5}
    question = compliance_signals.GROUP_PERIOD.expression
    assert answers(tmp_path, f"round({question}, 0.1)", known, at="59m") == expected


def test_a_group_of_exempt_claims_has_no_share(tmp_path: Path) -> None:
    """Nothing was asked, so that nothing was met: neither 0 % nor all of it."""
    known = tally(exempt="4x60")
    assert answers(tmp_path, compliance_signals.GROUP_PERIOD.expression, known, at="59m") == {}
    assert answers(tmp_path, compliance_signals.GROUP_RATIO.expression, known, at="59m") == {}


def test_what_is_unknown_is_not_met(tmp_path: Path) -> None:
    known = tally(protected="3x60", unknown="1x60")
    answer = answers(tmp_path, compliance_signals.GROUP_RATIO.expression, known, at="59m")
    assert list(answer.values()) == [0.75]


def test_a_new_claim_is_not_out_of_its_objective_yet(tmp_path: Path) -> None:
    """Its first copy is not due: it was made five minutes ago, and an hour is allowed."""
    claim = '{namespace="db",persistentvolumeclaim="data"'
    known = {
        f'holdfast_pvc_protection_state{claim},state="never"}}': "1x60",
        f"holdfast_pvc_created_timestamp_seconds{claim}}}": "3240x60",
        f"holdfast_pvc_rpo_seconds{claim}}}": "3600x60",
    }
    assert answers(tmp_path, compliance_signals.OUT_SINCE.expression, known, at="59m") == {}


def test_the_report_can_be_printed_and_put_on_file() -> None:
    """Its tables say how to download them, and lead to a page without menus of the same days."""
    tables = [
        panel
        for panel in DASHBOARDS["holdfast-compliance.json"]["panels"]
        if panel["type"] == "table" and panel.get("links")
    ]
    assert len(tables) == 3
    for table in tables:
        assert "CSV" in table["description"]
        assert all(part in table["links"][0]["url"] for part in ("kiosk", "from=${__from}", "to=${__to}"))
