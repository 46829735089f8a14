"""Expressions of an owner's own: what they find, what is refused, and that they read only the places that they name."""

from typing import Any

import jmespath
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.expression import EvaluationError, ExpressionError, read_expression
from holdfast.sources.generic.shape import picked, wanted_of

OBJECT = {
    "spec": {"claims": [{"name": "a", "kind": "pvc"}, {"name": "b"}], "app-name": "web", "n": 3},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "phase": None},
}


@pytest.mark.parametrize(
    ("text", "found", "paths"),
    [
        ("spec.n", 3, {("spec", "n")}),
        ('spec."app-name"', "web", {("spec", "app-name")}),
        ("spec.claims[*].name", ["a", "b"], {("spec", "claims")}),
        ("spec.claims[?kind == 'pvc'].name | [0]", "a", {("spec", "claims")}),
        ("status.conditions[?type == 'Ready'].status | [0]", "True", {("status", "conditions")}),
        ("status.phase || spec.n", 3, {("status", "phase"), ("spec", "n")}),
        ("{name: spec.n, namespace: status.a.b}", {"name": 3, "namespace": None}, {("spec", "n"), ("status", "a", "b")}),
        ("sort_by(spec.claims, &name)[-1].name", "b", {("spec", "claims")}),
        ("spec.absent.deep", None, {("spec", "absent", "deep")}),
        ("'always'", "always", set()),
        ("length(spec)", 3, {("spec",)}),
    ],
)  # fmt: skip  # a row a line
def test_what_it_finds_and_which_places_it_reads(text: str, found: Any, paths: set[tuple[str, ...]]) -> None:
    expression = read_expression(text)
    assert expression.find(OBJECT) == found
    assert expression.paths == paths


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("spec.[", "it ends too early"),
        ("spec.a b", "'b' in column 8 cannot stand there"),
        ("spec.app-name", "column 9 cannot be read; a name with other signs than letters, digits and _ stands"),
        ("", "is empty"),
        ("lenght(spec.a)", "calls the unknown function lenght; did you mean length?"),
        ("zzz(spec.a)", "calls the unknown function zzz; there are abs, avg,"),
        ("spec.a[?starts_with(@)]", "calls starts_with with 1 arguments; give it 2"),
        ("not_null()", "calls not_null with 0 arguments; give it at least 1"),
        ("@", "reads the whole object"),
        ("*.name", "reads the whole object"),
        ("keys(@)", "reads the whole object"),
        ("a" * 1001, "is longer than 1000 characters"),
        ("(" * 900, "is no JMESPath"),
        ("!" * 100 + "spec.a", "is nested too deeply"),
    ],
)  # fmt: skip  # a row a line
def test_what_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ExpressionError) as refusal:
        read_expression(text)
    assert fault in str(refusal.value)


def test_a_failure_says_nothing_of_the_object() -> None:
    with pytest.raises(EvaluationError) as failure:
        read_expression("length(spec.n)").find({"spec": {"n": 12345}})
    assert "12345" not in str(failure.value)


EXPRESSIONS = [
    "spec.a",
    "spec.a.b",
    "spec.a[*].b",
    "spec.a[].b | [0]",
    "spec.*.b",
    "spec.a[?b == `1`].c",
    "spec.a || status.b",
    "spec.a && spec.b.c",
    "!spec.a",
    "status.a[0].b[-1]",
    "[spec.a, status.*]",
    "{a: spec.a.b, b: {c: status}}",
    "not_null(spec.a.b, status.c, 'x')",
    "(spec.a || spec.b).c",
    "spec | a | b",
    "spec.a[1:].b",
    "to_string(spec.a.b)",
    "map(&b, not_null(spec.a, `[]`))",
    "spec.a == status.a",
]
KEYS = st.sampled_from(["a", "b", "c"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


def outcome(text: str, document: Any) -> Any:
    try:
        return jmespath.search(text, document)
    except jmespath.exceptions.JMESPathError:
        return "fails"


@given(
    st.sampled_from(EXPRESSIONS), st.fixed_dictionaries({"spec": VALUES, "status": VALUES, "data": VALUES})
)
def test_the_named_places_alone_tell_the_same_as_the_whole_object(text: str, document: Any) -> None:
    """What is not decoded would have changed nothing."""
    raw = msgspec.Raw(msgspec.json.encode(document))
    assert outcome(text, picked(raw, wanted_of(read_expression(text).paths))) == outcome(text, document)
