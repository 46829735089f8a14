"""What the report's table says of space: how much of it is measured, and what is full soon. It counts and sorts, no more."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from holdfast.cli.paint import COLOURS, QUIET, Part
from holdfast.model.account.filling import ForecastPart, PoolPart
from holdfast.model.account.report import ClaimPart, Report
from holdfast.model.account.telling import humane
from holdfast.model.capacity import FIXED_FACTOR
from holdfast.model.policy import BUILTIN_FULL_WITHIN

_FULL, _SOON = COLOURS["unprotected"], COLOURS["late"]


class Fullness(NamedTuple):
    """Something that fills: when it is full, how near that is told of, and why it cannot grow."""

    full: datetime
    name: str
    early: datetime | None
    within: float
    confined: str = ""


def coverage(report: Report) -> tuple[Part, ...]:
    """How many of the claims that pods mount are measured; nothing where none is mounted, or nobody has looked yet."""
    states = Counter(claim.filling.state for claim in report.claims if claim.filling.state)
    if not states:
        return ()
    reasons = Counter(claim.filling.reason for claim in report.claims if claim.filling.state == "unmeasured")
    why = ", ".join(f"{reason.replace('-', ' ')} {count}" for reason, count in sorted(reasons.items()))
    said = f"usage: {states['measured']} of {states.total()} mounted claims measured"
    said += f", {states['stale']} stale" if states["stale"] else ""
    said += f", {states['unmeasured']} unmeasured ({why})" if why else ""
    return ((said, QUIET),)


def full_soon(report: Report) -> Iterator[tuple[Part, ...]]:
    """What is full within the time in which its owner wants to be told; the nearest first."""
    for found in sorted(_filling(report)):
        left = (found.full - report.now).total_seconds()
        if left > found.within:
            continue
        when = f"full in {humane(left)}" if left >= 1 else "full"
        yield f"{found.name}: ", (when, _SOON if left >= 1 else _FULL), "".join(_besides(found, report.now))


def _besides(found: Fullness, now: datetime) -> Iterator[str]:
    yield f" / {humane(found.within)}"
    early = (found.early - now).total_seconds() if found.early else 0.0
    if early >= 1 and found.early != found.full:
        yield f", at the earliest in {humane(early)}"
    if found.confined:
        yield f"; cannot grow: {found.confined.replace('-', ' ')}"


def _filling(report: Report) -> Iterator[Fullness]:
    for claim in report.claims:
        yield from _of_claim(claim)
    within = {(claim.namespace, claim.name): _within(claim) for claim in report.claims}
    for backend in report.backends:
        asked = [within.get((claim.namespace, claim.name), BUILTIN_FULL_WITHIN) for claim in backend.claims]
        name = f"{backend.name} of {len(backend.claims)} claims"
        yield from _told(name, backend.forecast, min(asked, default=BUILTIN_FULL_WITHIN))
    for quota in report.quotas:
        for limit in quota.limits:
            of_class = f" of {limit.storage_class}" if limit.storage_class else ""
            name = f"ResourceQuota {quota.namespace}/{quota.name} {limit.resource}{of_class}"
            yield from _told(name, limit.forecast, BUILTIN_FULL_WITHIN)
    for pool in report.pools:
        yield from _told(_pool_name(pool), pool.forecast, BUILTIN_FULL_WITHIN)


def _of_claim(claim: ClaimPart) -> Iterator[Fullness]:
    """One that cannot grow is told of earlier, as the alert does."""
    name, confined = f"{claim.namespace}/{claim.name}", claim.filling.not_expandable
    within = _within(claim) * (FIXED_FACTOR if confined else 1.0)
    yield from _told(name, claim.filling.bytes_forecast, within, confined)
    yield from _told(f"{name} inodes", claim.filling.inodes_forecast, within, confined)


def _within(claim: ClaimPart) -> float:
    asked = claim.objective.full_within_seconds
    return BUILTIN_FULL_WITHIN if asked is None else asked


def _pool_name(pool: PoolPart) -> str:
    return f"pool of {pool.storage_class}" + (f" on {pool.topology}" if pool.topology else "")


def _told(name: str, forecast: ForecastPart | None, within: float, confined: str = "") -> Iterator[Fullness]:
    if forecast is not None and forecast.full is not None:
        yield Fullness(forecast.full, name, forecast.full_early, within, confined)
