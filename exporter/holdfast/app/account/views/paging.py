"""Pages and filters of lists that are short enough to be filtered as they are."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from holdfast.app.account.views.selecting import facet
from holdfast.app.account.views.turns import FEW, Turns
from holdfast.http.queries import Query
from holdfast.http.views import FacetPart

_T = TypeVar("_T")


class Page(NamedTuple):
    """The page that is asked for, or the last there is; ``begin`` and ``end`` are places in the list of ``total``."""

    total: int
    number: int
    pages: int
    per: int
    begin: int
    end: int


class Kept(NamedTuple):
    """The places of the rows that pass, in their order, and what may be filtered by."""

    places: tuple[int, ...]
    facets: tuple[FacetPart, ...]


def page_of(total: int, query: Query) -> Page:
    """A ``per`` of 0 is all."""
    per = query.per or max(total, 1)
    pages = max(1, math.ceil(total / per))
    number = min(query.page, pages)
    begin = (number - 1) * per
    return Page(total=total, number=number, pages=pages, per=per, begin=begin, end=min(begin + per, total))


def keep(
    rows: Sequence[_T], query: Query, values: Mapping[str, Callable[[_T], str]], text: Callable[[_T], str]
) -> Turns[Kept]:
    """The rows that pass; ``values`` gives by key what each row has, ``text`` what is searched."""
    words = query.search.casefold().split()
    counts: dict[str, Counter[str]] = {key: Counter() for key in values}
    places = []
    for place, row in enumerate(rows):
        if place % FEW == FEW - 1:
            yield
        if words and not _has(text(row), words):
            continue
        had = {key: value(row) for key, value in values.items()}
        failed = [key for key, wanted in query.chosen.items() if had[key] not in wanted]
        if not failed:
            places.append(place)
        for key, value in had.items():
            if not failed or failed == [key]:
                counts[key][value] += 1
    told = (facet(key, counts[key].items(), query, ranked=True) for key in values)
    return Kept(tuple(places), tuple(told))


def _has(text: str, words: Sequence[str]) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)
