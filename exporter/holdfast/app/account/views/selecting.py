"""Which claims pass a query, how many each value of a filter would leave, and in which order they come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.app.account.views.register import (
    STATES_WORST_FIRST,
    UNCOVERED,
    Register,
)
from holdfast.http.queries import DRILLS, FILLINGS, FORMS, USES, Query
from holdfast.http.views import FacetPart, FacetValue
from holdfast.model.check import CHECKS
from holdfast.model.filling import COVERAGE_STATES
from holdfast.model.identity import ClaimRef
from holdfast.model.judgement import PROTECTION_REASONS

MOST_VALUES = 100
"""Values of one facet that are told; those that were chosen are told besides."""

_CODED: Mapping[str, tuple[str, ...]] = {
    "state": STATES_WORST_FIRST,
    "drill": DRILLS,
    "use": USES,
    "filling": FILLINGS,
}
_BITS: Mapping[str, tuple[str, ...]] = {"reason": tuple(PROTECTION_REASONS), "finding": tuple(CHECKS)}

_IDLE = np.array([{"dormant": 1, "orphaned": 2}.get(use, 0) for use in USES], dtype=np.int8)
"""What nobody uses comes after what may be in use."""

Mask = NDArray[np.bool_]
Rows = NDArray[np.int64]
Floats = NDArray[np.float64]


class Selection(NamedTuple):
    """``rows`` of the register that pass, in no order."""

    rows: Rows
    facets: tuple[FacetPart, ...]


class Clerk:
    """Answers one query from the register as it stands at ``now``; to be used up without letting the loop go."""

    def __init__(self, register: Register, query: Query, view: str, now: float) -> None:
        self._register = register
        self._query = query
        self._keys = [key.name for key in FORMS[view].keys]
        self._now = now
        self._table = register.table[: len(register.refs)]
        self._filling = filling_codes(register, now) if "filling" in self._keys else None

    def select(self) -> Selection:
        passing = self._table["alive"] & self._matches_search()
        masks = {key: self._mask(key, values) for key, values in self._query.chosen.items()}
        failed = sum((~mask for mask in masks.values()), np.zeros(len(self._table), dtype=np.int8))
        facets = []
        for key in self._keys:
            others = failed - ~masks[key] if key in masks else failed
            facets.append(self._facet(key, passing & (others == 0)))
        return Selection(np.flatnonzero(passing & (failed == 0)), tuple(facets))

    def sort(self, rows: Rows) -> Rows:
        """The rows in the order that is asked for; what is not known comes last, forward and in reverse."""
        name, reverse = self._query.sort.removeprefix("-"), self._query.sort.startswith("-")
        ranks = self._register.ranks()[rows]
        if name == "name":
            return rows[np.argsort(-ranks if reverse else ranks)]
        if name == "worst":
            order = np.lexsort((ranks, *self._badness(rows)))
            return rows[order[::-1] if reverse else order]
        values = self._values(name, rows)
        unknown = np.isnan(values)
        ordered = np.where(unknown, 0.0, -values if reverse else values)
        return rows[np.lexsort((ranks, ordered, unknown))]

    def refs(self, rows: Rows) -> list[ClaimRef]:
        found = (self._register.refs[row] for row in rows.tolist())
        return [ref for ref in found if ref is not None]

    def _badness(self, rows: Rows) -> tuple[NDArray[np.float64] | NDArray[np.int8], ...]:
        """By state, what a broken objective is worth, use, and how far beyond its objective the claim is; the last first."""
        table = self._table[rows]
        with np.errstate(divide="ignore", invalid="ignore"):
            late = (self._now - table["captured"]) / table["rpo"]
        late = np.where(np.isnan(late), 0.0, late)
        return -late, _IDLE[table["use"]], table["urgency"], table["state"]

    def _values(self, name: str, rows: Rows) -> Floats:
        """What is sorted by, the least first."""
        table = self._table[rows]
        if name == "findings":
            return -(table["findings"] + table["surveyed"].astype(np.float64))
        if name == "full":
            return np.asarray(table["full"], dtype=np.float64)
        if name == "age":
            return np.asarray(table["captured"], dtype=np.float64)
        column = {"used": "used", "capacity": "capacity", "cost": "cost"}[name]
        return -table[column].astype(np.float64)

    def _matches_search(self) -> Mask:
        words = self._query.search.casefold().split()
        if not words:
            return np.ones(len(self._table), dtype=np.bool_)
        texts = self._register.texts
        return np.array([all(word in text for word in words) for text in texts], dtype=np.bool_)

    def _mask(self, key: str, values: Sequence[str]) -> Mask:
        """The rows that have one of the values."""
        if key in _BITS:
            words = _BITS[key]
            wanted = np.uint64(sum(1 << words.index(value) for value in values))
            return np.asarray(self._bits(key) & wanted, dtype=np.bool_)
        if key in _CODED:
            codes = [_CODED[key].index(value) for value in values]
        else:
            codes = self._register.words[key].numbers(values)
        return np.isin(self._codes(key), codes)

    def _codes(self, key: str) -> NDArray[np.int32] | NDArray[np.int8]:
        if key == "filling" and self._filling is not None:
            return self._filling
        return self._table[key]

    def _bits(self, key: str) -> NDArray[np.uint64]:
        if key == "finding":
            return np.asarray(self._table["check"] | self._table["surveyed_check"], dtype=np.uint64)
        return self._table[key].astype(np.uint64)

    def _facet(self, key: str, mask: Mask) -> FacetPart:
        if key in _BITS:
            words = _BITS[key]
            bits = self._bits(key)[mask]
            counts = [
                (word, int(np.count_nonzero(bits & np.uint64(1 << place))))
                for place, word in enumerate(words)
            ]
            return facet(key, counts, self._query, ranked=True)
        codes = self._codes(key)[mask]
        if key in _CODED:
            words = _CODED[key]
            found = np.bincount(codes, minlength=len(words)).tolist()
            return facet(key, zip(words, found, strict=True), self._query, ranked=False)
        vocabulary = self._register.words[key]
        found = np.bincount(codes, minlength=len(vocabulary)).tolist()
        named = ((vocabulary.word(code), count) for code, count in enumerate(found) if count)
        return facet(key, named, self._query, ranked=True)


def facet(key: str, counts: Iterable[tuple[str, int]], query: Query, *, ranked: bool) -> FacetPart:
    """Values that some row has, and those chosen; ``ranked``: the most frequent first, else in the order given."""
    chosen = query.chosen.get(key, ())
    known = dict(counts) | {}
    values = [(value, count) for value, count in known.items() if count or value in chosen]
    values += [(value, 0) for value in chosen if value not in known]
    if ranked:
        values.sort(key=lambda each: (-each[1], each[0]))
    told = values[:MOST_VALUES] + [each for each in values[MOST_VALUES:] if each[0] in chosen]
    return FacetPart(
        key=key,
        values=tuple(FacetValue(value=value, count=count, chosen=value in chosen) for value, count in told),
        more=len(values) - len(told),
    )


def filling_codes(register: Register, now: float) -> NDArray[np.int8]:
    """By row, the place in ``FILLINGS``: what is full or will be comes before how well it is measured."""
    table = register.table[: len(register.refs)]
    full, coverage = table["full"], table["coverage"]
    place = {state: np.int8(number) for number, state in enumerate(FILLINGS)}
    fills = np.isfinite(full)
    return np.select(
        [
            fills & (full - now <= table["near"]),
            fills,
            coverage == COVERAGE_STATES.index("stale"),
            coverage == COVERAGE_STATES.index("unmeasured"),
            np.isinf(full),
            coverage == UNCOVERED,
        ],
        [place[state] for state in ("full-soon", "filling", "stale", "unmeasured", "steady", "not-mounted")],
        place["unforetold"],
    )
