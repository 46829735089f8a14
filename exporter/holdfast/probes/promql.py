"""Replications that a PromQL query tells of: which series is which replication, and what its value says.

Sending the query is handed in. How far behind is too far is judged elsewhere.
"""

import math
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from holdfast.model.asking import Answer, AskError, QuerySpec, Series
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Replication

SOURCE = "promql"

_SKEW = 60.0  # seconds that clocks may be apart before a value from the future says nothing
_MOST_SERIES = 2_000  # each is a subject of its own; more is a query that forgot to aggregate


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
    """One replication for each identity among the series; of two series of one, the larger lag counts."""
    found: dict[ReplicationKey, list[_Lag]] = {}
    for series in answer.series:
        found.setdefault(_key(spec, series.labels), []).append(_lag(spec, series))
    return tuple(_replication(spec, key, lags, now) for key, lags in found.items())


def _key(spec: QuerySpec, labels: Mapping[str, str]) -> ReplicationKey:
    name = labels.get(spec.replication_label, "") if spec.replication_label else ""
    return ReplicationKey(
        SOURCE, labels.get(spec.namespace_label, ""), name or spec.name, labels.get(spec.claim_label, "")
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
