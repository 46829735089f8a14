"""Selectors that callers build: whatever a value holds, it stays a value."""

from hypothesis import given
from hypothesis import strategies as st
from promql_parser import VectorSelector, parse

from holdfast.usage.prometheus import selector

LABELS = st.from_regex(r"[a-z_][a-z0-9_]{0,6}", fullmatch=True)


def test_matchers_of_the_owner_stand_beside_those_of_the_caller() -> None:
    asked = selector("kubelet_volume_stats_used_bytes", {"cluster": "a"}, {"namespace": "shop"})
    assert asked == 'kubelet_volume_stats_used_bytes{cluster="a",namespace="shop"}'


def test_without_matchers_it_is_the_name() -> None:
    assert selector("up", {}, {}) == "up"


@given(st.dictionaries(LABELS, st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1))
def test_no_value_breaks_out_of_its_quotes(labels: dict[str, str]) -> None:
    parsed = parse(selector("up", labels))
    assert isinstance(parsed, VectorSelector)
    assert {matcher.name: matcher.value for matcher in parsed.matchers.matchers} == labels
