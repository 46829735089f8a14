"""Replications that a PromQL query tells of: which series is which replication, and what its value says.

Sending the query is handed in. How far behind is too far is judged elsewhere.
"""

import math
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from holdfast.model.asking import Answer, AskError, QuerySpec, Series
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Replication

SOURCE = "promql"

_SKEW = 60.0  # seconds that clocks may be apart before a value from the future says nothing
_MOST_SERIES = 2_000  # each is a subject of its own; more is a query that forgot to aggregate
_LONGEST = 253  # characters of a label's value; cut, two replications could become one
_UNSHOWN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})  # characters that make one name look like another


class Told(NamedTuple):
    """``complete`` False: the API warned, so there may be more replications than these."""

    replications: tuple[Replication, ...]
    complete: bool = True


class _Lag(NamedTuple):
    """``seconds`` None: not known, for the reason ``why``."""

    seconds: float | None
    why: str = ""


async def ask(spec: QuerySpec, query: Callable[[str], Awaitable[Answer]], now: Callable[[], float]) -> Told:
    """The replications of this query.

    Raises:
        AskError: the query failed, or returned nothing: that nothing replicates any more cannot be told from it.
    """
    answer = await query(spec.query)
    if not answer.series:
        raise AskError("empty", f"query {spec.name!r} returns nothing; see whether its series still exist")
    if len(answer.series) > _MOST_SERIES:
        raise AskError(
            "too_large",
            f"query {spec.name!r} returns {len(answer.series):,} series, {_MOST_SERIES:,} are the most; aggregate in it",
        )
    return Told(replications(spec, answer, now()), answer.complete)


def replications(spec: QuerySpec, answer: Answer, now: float) -> tuple[Replication, ...]:
    """One replication for each identity among the series; of two series of one, the larger lag counts.

    Series that cannot be named are told of together, by the query's name.
    """
    found: dict[ReplicationKey, list[_Lag]] = {}
    nameless = 0
    for series in answer.series:
        key = _key(spec, series.labels)
        if _nameable(key):
            found.setdefault(key, []).append(_lag(spec, series))
        else:
            nameless += 1
    if nameless:
        why = f"{nameless} of its series bear a name that is too long or holds characters that are not shown"
        found.setdefault(_whole(spec), []).append(_Lag(None, why))
    return tuple(_replication(spec, key, lags, now) for key, lags in found.items())


def unanswered(spec: QuerySpec) -> Replication:
    """What stands for the query until it is answered for the first time."""
    return Replication(
        id=_whole(spec), health="unknown", why="it has not answered yet", objective=spec.objective
    )


def _key(spec: QuerySpec, labels: Mapping[str, str]) -> ReplicationKey:
    """The query's name stands in each: two queries may tell of one topic."""
    part = labels.get(spec.replication_label, "") if spec.replication_label else ""
    name = f"{spec.name}/{part}" if part else spec.name
    return ReplicationKey(
        SOURCE, labels.get(spec.namespace_label, ""), name, labels.get(spec.claim_label, "")
    )


def _whole(spec: QuerySpec) -> ReplicationKey:
    return ReplicationKey(SOURCE, "", spec.name, "")


def _nameable(key: ReplicationKey) -> bool:
    return all(
        len(part) <= _LONGEST and not any(unicodedata.category(letter) in _UNSHOWN for letter in part)
        for part in key
    )


def _replication(spec: QuerySpec, key: ReplicationKey, lags: list[_Lag], now: float) -> Replication:
    """A lag that is not known may be any: the largest known one is then the least that it is."""
    known = [lag.seconds for lag in lags if lag.seconds is not None]
    whys = dict.fromkeys(lag.why for lag in lags if lag.seconds is None)
    if len(lags) > 1:
        whys[f"{len(lags)} series tell of it, the largest lag counts"] = None
    return Replication(
        id=key,
        health="healthy" if len(known) == len(lags) else "unknown",
        why="; ".join(whys),
        lag=max(known, default=None),
        measured=now,
        objective=spec.objective,
    )


def _lag(spec: QuerySpec, series: Series) -> _Lag:
    at, value = series.points[-1] if series.points else (math.nan, math.nan)
    if not math.isfinite(value):
        return _Lag(None, "its value is no number" if math.isnan(value) else "its value is infinite")
    if spec.means == "lag":
        return _clamped(value, "its lag is negative; is it upside down?")
    if value <= 0:
        return _Lag(None, "it has no time of a last point yet")
    if not math.isfinite(at):
        return _Lag(None, "its value has no time")
    # by the clock of the API, which stamped the value: ours may differ
    return _clamped(at - value, "its last point lies in the future; is it in milliseconds?")


def _clamped(seconds: float, why: str) -> _Lag:
    return _Lag(None, why) if seconds < -_SKEW else _Lag(max(0.0, seconds))
