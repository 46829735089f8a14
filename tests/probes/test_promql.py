"""What the answer of a query says of replications: series in, records out."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.asking import Answer, AskError, QuerySpec, Series
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Replication
from holdfast.probes.promql import ask, replications

NOW = 1_800_000_000.0
SPEC = QuerySpec(name="mirror", query="lag", replication_label="topic", objective=300.0)
STAMP = QuerySpec(name="mirror", query="time", means="timestamp")


def series(value: float, *, at: float = NOW, **labels: str) -> Series:
    return Series(labels=labels, points=((at, value),))


def read(*found: Series, spec: QuerySpec = SPEC) -> tuple[Replication, ...]:
    return replications(spec, Answer(series=found), NOW)


def only(*found: Series, spec: QuerySpec = SPEC) -> Replication:
    (one,) = read(*found, spec=spec)
    return one


def told(one: Replication) -> tuple[str, float | None, str]:
    return one.health, one.lag, one.why


async def answer_of(answer: Answer) -> Answer:
    return answer


# identity


def test_labels_of_the_series_say_which_replication_it_is() -> None:
    one = only(series(12.5, topic="orders", namespace="shop", persistentvolumeclaim="data-0", pod="x"))
    assert one == Replication(
        id=ReplicationKey("promql", "shop", "mirror/orders", "data-0"),
        health="healthy",
        lag=12.5,
        measured=NOW,
        objective=300.0,
    )


def test_without_labels_the_query_names_it() -> None:
    assert only(series(1)).id == ReplicationKey("promql", "", "mirror", "")


def test_labels_of_other_names_can_be_told() -> None:
    spec = QuerySpec(name="m", query="q", namespace_label="exported_namespace", claim_label="pvc")
    one = only(series(1, exported_namespace="shop", pvc="data-0", namespace="monitoring"), spec=spec)
    assert one.id == ReplicationKey("promql", "shop", "m", "data-0")


def test_each_series_of_another_name_is_a_replication_of_its_own() -> None:
    assert [one.id.name for one in read(series(1, topic="a"), series(2, topic="b"))] == [
        "mirror/a",
        "mirror/b",
    ]


def test_two_queries_that_tell_of_one_topic_are_two_replications() -> None:
    other = QuerySpec(name="copy", query="lag", replication_label="topic")
    assert only(series(1, topic="a")).id != only(series(900, topic="a"), spec=other).id


@pytest.mark.parametrize(
    "name",
    ["x" * 254, "orders\u202e", "a\nb", "a\u2028b", "\u200borders"],
    ids=["long", "turned", "two lines", "separated", "hidden"],
)
@pytest.mark.parametrize("label", ["topic", "namespace", "persistentvolumeclaim"])
def test_a_name_that_cannot_be_shown_is_never_published_and_the_query_is_unknown(
    name: str, label: str
) -> None:
    odd = Series(labels={label: name}, points=((NOW, 2.0),))
    found = {one.id: one for one in read(series(1, topic="a"), odd)}
    assert [key.name for key in found] == ["mirror/a", "mirror"]
    assert told(found[ReplicationKey("promql", "", "mirror", "")]) == (
        "unknown",
        None,
        "1 of its series bear a name that is too long or holds characters that are not shown",
    )


def test_names_that_differ_only_at_their_end_stay_apart() -> None:
    """Cut short they would be one, and the later would hide behind the other."""
    long = "t" * 200
    assert [one.lag for one in read(series(1, topic=f"{long}1"), series(900, topic=f"{long}2"))] == [1, 900]


# values as a lag


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, ("healthy", 0.0, "")),
        (900.0, ("healthy", 900.0, "")),  # too far behind is judged elsewhere
        (-0.3, ("healthy", 0.0, "")),  # clocks differ
        (-61.0, ("unknown", None, "its lag is negative; is it upside down?")),
        (math.nan, ("unknown", None, "its value is no number")),
        (math.inf, ("unknown", None, "its value is infinite")),
        (-math.inf, ("unknown", None, "its value is infinite")),
    ],
)
def test_a_value_is_seconds_behind_or_unknown(value: float, expected: tuple[str, float | None, str]) -> None:
    assert told(only(series(value))) == expected


# values as a time


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOW - 40, ("healthy", 40.0, "")),
        (NOW + 2, ("healthy", 0.0, "")),  # clocks differ
        (NOW + 61, ("unknown", None, "its last point lies in the future; is it in milliseconds?")),
        (NOW * 1000, ("unknown", None, "its last point lies in the future; is it in milliseconds?")),
        (0.0, ("unknown", None, "it has no time of a last point yet")),
        (-5.0, ("unknown", None, "it has no time of a last point yet")),
        (math.nan, ("unknown", None, "its value is no number")),
    ],
)
def test_a_time_is_as_far_behind_as_it_is_past(value: float, expected: tuple[str, float | None, str]) -> None:
    assert told(only(series(value), spec=STAMP)) == expected


def test_a_time_is_measured_by_the_clock_of_the_api() -> None:
    """Ours may be an hour off, and the replica is no later for it."""
    one = only(series(NOW - 3600 - 5, at=NOW - 3600), spec=STAMP)
    assert (one.lag, one.measured) == (5.0, NOW)


# two series of one


def test_of_two_series_of_one_replication_the_larger_lag_counts() -> None:
    one = only(series(3, topic="a", partition="0"), series(7, topic="a", partition="1"))
    assert told(one) == ("healthy", 7.0, "2 series tell of it, the largest lag counts")


def test_one_unknown_among_known_lags_leaves_the_least_that_it_is() -> None:
    one = only(series(900, topic="a"), series(math.nan, topic="a"))
    assert told(one) == (
        "unknown",
        900.0,
        "its value is no number; 2 series tell of it, the largest lag counts",
    )


# the whole question


async def test_nothing_returned_is_an_error_and_not_the_end_of_all_replications() -> None:
    with pytest.raises(AskError) as caught:
        await ask(SPEC, lambda _: answer_of(Answer(series=())), lambda: NOW)
    assert caught.value.reason == "empty"
    assert caught.value.text == "query 'mirror' returns nothing; see whether its series still exist"


async def test_more_series_than_anybody_has_replications_are_refused() -> None:
    many = Answer(series=tuple(series(1, topic=str(n)) for n in range(2001)))
    with pytest.raises(AskError) as caught:
        await ask(SPEC, lambda _: answer_of(many), lambda: NOW)
    assert (caught.value.reason, caught.value.text) == (
        "too_large",
        "query 'mirror' returns 2,001 series, 2,000 are the most; aggregate in it",
    )


async def test_a_partial_answer_is_told_as_such() -> None:
    answer = Answer(series=(series(1),), complete=False)
    assert not (await ask(SPEC, lambda _: answer_of(answer), lambda: NOW)).complete


async def test_the_query_is_sent_as_it_is_written() -> None:
    sent = []

    async def query(expression: str) -> Answer:
        sent.append(expression)
        return Answer(series=(series(1),))

    await ask(SPEC, query, lambda: NOW)
    assert sent == ["lag"]


NUMBERS = st.floats() | st.sampled_from([0.0, NOW, NOW - 60, NOW * 1000])
ANY_SERIES = st.builds(
    Series,
    labels=st.dictionaries(
        st.sampled_from(["topic", "namespace", "persistentvolumeclaim"]), st.text(max_size=3)
    ),
    points=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=2).map(tuple),
)


@given(st.lists(ANY_SERIES, max_size=6), st.sampled_from([SPEC, STAMP]))
def test_whatever_is_answered_no_lag_is_negative_and_only_a_known_one_is_healthy(
    found: list[Series], spec: QuerySpec
) -> None:
    read_ = replications(spec, Answer(series=tuple(found)), NOW)
    assert len({one.id for one in read_}) == len(read_)
    for one in read_:
        assert one.lag is None or (math.isfinite(one.lag) and one.lag >= 0)
        assert one.lag is not None or one.health == "unknown"
