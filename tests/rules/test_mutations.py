"""What counts as a small break of a rule, and that the cases notice.

All breaks take half an hour: ``python -m tests.rules.mutate``. Here a fixed part of them is tried.
"""

import re

import promql_parser
import pytest

from tests.rules import pack
from tests.rules.equivalent import ONES, TABLE
from tests.rules.mutant_trial import Area, Verdict, all_mutants
from tests.rules.mutate import report, run, score
from tests.rules.mutations import Mutant, changes, mutants

PROVEN = (
    "capacity",
    "checks",
    "cost",
    "ephemeral",
    "exporter",
    "hygiene",
    "levels",
    "lifecycle",
    "pools",
    "protection",
    "replication",
    "restore",
    "schedules",
    "usage",
)
"""Areas of which nothing survives; of the others the command tells what does."""

ONE_IN = 12


def broken(expression: str) -> list[str]:
    """Every break of an expression, with the parentheses that keep its place left out."""
    return [change.now for change in changes(promql_parser.parse(expression))]


# ---- what is broken


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("a > b", ["a{} >= b{}", "a{} <= b{}", "a{}"], id="a comparison: its edge, its direction, itself"),
        pytest.param("a and on (x, y) b", ["a{}", "a{} unless on (x, y) b{}", "a{} and on (y) b{}", "a{} and on (x) b{}"], id="a join: its side, its sense, each label"),
        pytest.param("a or b", ["a{}", "b{}"], id="two arms: each alone"),
        pytest.param("max by (x, y) (a)", ["min by (x, y)(a{})", "max by (y)(a{})", "max by (x)(a{})"], id="an aggregation: its kind and each label"),
        pytest.param('a{s="1"}', ["a{}", 'a{s!="1"}'], id="a matcher: itself and its sense"),
        pytest.param('a{s=~"1|2"}', ["a{}", 'a{s!~"1|2"}', 'a{s=~"2"}', 'a{s=~"1"}'], id="a choice: each word of it"),
        pytest.param('a{s=~"x(1|2)y"}', ["a{}", 'a{s!~"x(1|2)y"}', 'a{s=~"x(2)y"}', 'a{s=~"x(1)y"}'], id="a choice in brackets"),
        pytest.param("a offset 1d", ["a{}"], id="an offset: itself"),
        pytest.param("last_over_time(a[1h] offset 1d)", ["a{} offset 1d", "a{}[1800000ms] offset 1d", "a{}[1h]"], id="a look back: its length and its offset"),
        pytest.param("a * 7200", ["a{} / 7200", "7920.000000000001", "6480.0"], id="a sum: its sign, and a bound by a tenth"),
        pytest.param("a == 1", ["a{} != 1", "a{}", "2", "0"], id="a small number: one more, one less"),
    ],
)  # fmt: skip
def test_what_is_broken(expression: str, expected: list[str]) -> None:
    assert broken(expression) == expected


def test_what_is_broken_deep_inside_keeps_what_is_around_it() -> None:
    """Parentheses hold its place, so that no operator binds otherwise than before."""
    whole = [
        change.whole
        for change in changes(promql_parser.parse('count by (x) (a unless on (x) b{s="1"} == 1)'))
    ]
    assert "count by (x)(a{} unless on (x) (b{}) == 1)" in whole
    assert 'count by (x)(a{} unless on (x) (b{s="1"}))' in whole


def test_waiting_times_are_dropped_and_halved() -> None:
    rule = {"alert": "A", "expr": "a", "for": "1h", "keep_firing_for": "15m"}
    found = [{key: mutant.rule.get(key) for key in ("for", "keep_firing_for")} for mutant in mutants(rule)]
    assert found == [
        {"for": None, "keep_firing_for": "15m"},
        {"for": "1800000ms", "keep_firing_for": "15m"},
        {"for": "1h", "keep_firing_for": None},
        {"for": "1h", "keep_firing_for": "450000ms"},
    ]


@pytest.mark.parametrize("area", pack.areas())
def test_every_mutant_of_the_pack_is_an_expression_and_another_one(area: str) -> None:
    """Else it would be noticed for the wrong reason, or never."""
    for rule in Area.read(area).rules:
        before = str(promql_parser.parse(rule["expr"]))
        for mutant in mutants(rule):
            after = str(promql_parser.parse(mutant.rule["expr"]))
            assert (
                after != before or mutant.rule.keys() != rule.keys() or mutant.was.partition(":")[0] in rule
            )


# ---- what no case can notice


def test_every_line_of_the_table_is_about_a_mutant_that_there_is() -> None:
    """A reason that is about nothing any more goes."""
    everything = [mutant for area in pack.areas() for mutant in all_mutants(Area.read(area))]
    assert [line.reason for line in TABLE if not any(map(line.fits, everything))] == []


def test_the_families_of_ones_hold_nothing_but_ones() -> None:
    """As the demo cluster publishes them."""
    text = (pack.ROOT / "tests" / "dashboards" / "fleet.prom").read_text()
    for name in ONES:
        assert set(re.findall(rf"^{name}{{.*}} (\S+)$", text, re.MULTILINE)) == {"1"}, name


# ---- what is told


def test_the_score_is_the_share_that_was_noticed_of_what_can_be() -> None:
    mutant = Mutant(was="a", now="b", rule={"alert": "A", "expr": "b"})
    found = [
        Verdict(area="x", mutant=mutant, fate=fate)
        for fate in ("contract", "cases", "cases", "equivalent", "survived", "untried")
    ]
    assert score(found) == 0.75
    assert list(report(found))[-1].split() == ["all", "6", "1", "2", "1", "1", "1", "75.0%"]


# ---- the trial itself


@pytest.mark.real_long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("area", sorted(PROVEN))
def test_the_cases_notice_what_is_broken(area: str) -> None:
    """One in twelve of the area's mutants, the same ones each time."""
    found = run([area], one_in=ONE_IN, limit=1500)
    assert not any(each.fate == "untried" for each in found)
    assert [f"{each.mutant.name}: {each.mutant.change}" for each in found if each.fate == "survived"] == []
