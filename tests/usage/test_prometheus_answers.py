"""What a body of the API says: JSON in, series or a refusal out."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.asking import Answer, Series
from holdfast.usage.answer import AnswerError, read_answer, read_refusal
from tests.usage.stand import UP, refusal, success


def body(reply: Any) -> bytes:
    return json.dumps(reply).encode()


def test_a_vector_is_one_point_a_series() -> None:
    answer = read_answer(body(success(UP)), "instant")
    assert answer == Answer(
        series=(Series(labels={"__name__": "up", "job": "a"}, points=((1000.0, 1.0),)),), complete=True
    )


def test_a_scalar_is_one_series_without_labels() -> None:
    reply = {"status": "success", "data": {"resultType": "scalar", "result": [5, "2.5"]}}
    assert read_answer(body(reply), "instant").series == (Series(labels={}, points=((5.0, 2.5),)),)


def test_a_range_is_all_points_in_order() -> None:
    matrix = success({"metric": {}, "values": [[1, "1"], [2.5, "2e3"]]}, kind="matrix")
    assert read_answer(body(matrix), "range").series[0].points == ((1.0, 1.0), (2.5, 2000.0))


def test_no_series_are_no_error() -> None:
    assert read_answer(body(success()), "instant").series == ()


@pytest.mark.parametrize(("written", "value"), [("+Inf", math.inf), ("-Inf", -math.inf), ("-0.5", -0.5)])
def test_values_are_read_as_go_writes_them(written: str, value: float) -> None:
    reply = success({"metric": {}, "value": [1, written]})
    assert read_answer(body(reply), "instant").series[0].points == ((1.0, value),)


def test_a_native_histogram_stands_as_no_number() -> None:
    """Left out, a replication that it tells of would seem gone."""
    reply = success({"metric": {"a": "b"}, "histogram": [1, {"count": "1", "sum": "2", "buckets": []}]})
    (series,) = read_answer(body(reply), "instant").series
    assert series.labels == {"a": "b"}
    assert math.isnan(series.points[0][1])


@pytest.mark.parametrize("said", [{"warnings": ["no StoreAPIs matched"]}, {"isPartial": True}])
def test_a_partial_answer_says_so(said: dict[str, Any]) -> None:
    """Thanos and Mimir warn, VictoriaMetrics has a word of its own."""
    assert not read_answer(body(success(UP, **said)), "instant").complete


@pytest.mark.parametrize(
    "said", [{"warnings": []}, {"isPartial": False}, {"infos": ["might not be a counter"]}]
)
def test_an_answer_with_nothing_missing_is_complete(said: dict[str, Any]) -> None:
    assert read_answer(body(success(UP, **said)), "instant").complete


@pytest.mark.parametrize(
    ("kind", "reason", "words"),
    [
        ("matrix", "query", "write a query that gives one value a series"),
        ("string", "query", "write a query that gives numbers"),
        ("streams", "bad_answer", "a type of result that we do not know"),
    ],
)
def test_another_type_of_result_is_refused(kind: str, reason: str, words: str) -> None:
    with pytest.raises(AnswerError, match=words) as caught:
        read_answer(body(success(kind=kind)), "instant")
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        {"status": "success"},
        {"status": "success", "data": None},
        {"status": "error", "errorType": "internal", "error": "x"},
        {"status": "success", "data": {"resultType": "vector", "result": None}},
        success({"metric": None, "value": [1, "1"]}),
        success({"metric": {}, "value": [1, "one"]}),
        success({"metric": {}, "value": [1]}),
        success({"metric": {}, "value": [1, 1]}),
    ],
    ids=json.dumps,
)
def test_what_is_no_answer_is_a_bad_answer(reply: Any) -> None:
    with pytest.raises(AnswerError) as caught:
        read_answer(body(reply), "instant")
    assert caught.value.reason == "bad_answer"


@pytest.mark.parametrize(("kind", "read"), [("bad_data", "bad_data"), ("s3cret", "unknown"), ("", "unknown")])
def test_of_a_refusal_only_a_kind_that_we_know_is_read(kind: str, read: str) -> None:
    assert read_refusal(body(refusal(kind, "parse error"))) == read


def test_a_page_of_a_proxy_is_no_refusal_of_the_api() -> None:
    assert read_refusal(b"<html>502 Bad Gateway</html>") == ""


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["success", "vector", "1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["status", "data", "resultType", "result", "metric", "value", "values", "warnings"]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(raw=JSON.map(body) | st.binary(max_size=60))
def test_any_body_is_an_answer_or_an_error_of_ours(raw: bytes) -> None:
    read_refusal(raw)
    try:
        answer = read_answer(raw, "instant")
    except AnswerError:
        return
    assert isinstance(answer, Answer)


@given(st.lists(st.tuples(st.dictionaries(st.text(max_size=4), st.text(max_size=4)), st.floats())))
def test_what_was_written_is_what_is_read(series: list[tuple[dict[str, str], float]]) -> None:
    reply = success(*({"metric": labels, "value": [7, repr(value)]} for labels, value in series))
    read = read_answer(body(reply), "instant").series
    assert [(dict(one.labels), repr(one.points[0][1])) for one in read] == [
        (labels, repr(value)) for labels, value in series
    ]
