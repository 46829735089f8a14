"""Reading query strings: pairs in, a query or a sentence out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import MultiDict

from holdfast.http.queries import FORMS, Query, QueryError, read_query

WORDS = st.sampled_from(
    ["", "state", "late", "search", "page", "per", "sort", "-age", "1", "namespace", "-", "finding"]
)


def read(view: str, *pairs: tuple[str, str]) -> Query:
    return read_query(view, MultiDict(pairs))


@pytest.mark.parametrize(
    ("view", "per"), [("claims", 50), ("findings", 100), ("compliance", 500), ("overview", 0)]
)
def test_what_nobody_asks_for_is_the_first_page_in_the_usual_order(view: str, per: int) -> None:
    sort = FORMS[view].sorts[0] if FORMS[view].sorts else ""
    assert read(view) == Query(sort=sort, per=per)


def test_what_forms_send_empty_was_not_given() -> None:
    assert read("claims", ("state", ""), ("page", ""), ("search", " ")) == read("claims")


def test_a_value_given_twice_counts_once() -> None:
    assert read("claims", ("tier", "gold"), ("tier", "gold"), ("tier", "-")).chosen == {"tier": ("gold", "-")}


def test_a_view_without_keys_says_so() -> None:
    with pytest.raises(QueryError, match=r"^'page' is no key of this view; it takes none$"):
        read("sources", ("page", "1"))


def test_a_value_that_no_name_can_have_is_refused() -> None:
    with pytest.raises(QueryError, match=r"is 321 characters long; at most 320 are read$"):
        read("claims", ("namespace", "n" * 321))


def test_of_many_choices_the_nearest_is_named() -> None:
    with pytest.raises(
        QueryError, match=r"^finding='no-onwer' is not known; no-owner is near; choose one of .* more$"
    ):
        read("claims", ("finding", "no-onwer"))


def test_what_is_said_of_a_value_has_no_control_characters() -> None:
    with pytest.raises(QueryError) as raised:
        read("claims", ("state", "\x1b[31m\n\u202e"))
    assert str(raised.value).startswith("state='\\x1b[31m\\n\\u202e' is not known")


@given(st.sampled_from(sorted(FORMS)), st.lists(st.tuples(WORDS | st.text(), WORDS | st.text())))
def test_any_query_string_is_read_or_refused_in_one_sentence(view: str, pairs: list[tuple[str, str]]) -> None:
    try:
        query = read(view, *pairs)
    except QueryError as error:
        refused = str(error)
    else:
        refused = ""
        assert query.page >= 1
        assert all(query.chosen.values())
    assert "\n" not in refused


def test_bytes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(QueryError, match=r"^search='\ufffd' is no UTF-8; encode it so"):
        read_query("claims", {"search": "\ufffd"})
