"""What the report's table says of space: how much of it is measured, what is full soon, and what is nearly full. It counts and
sorts, no more.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from holdfast.cli.paint import COLOURS, QUIET, Part
from holdfast.model.account.filling import BackendPart, FillingPart, ForecastPart, LimitPart, PoolPart
from holdfast.model.account.report import ClaimPart, Report
from holdfast.model.account.telling import humane, likelihood
from holdfast.model.capacity import FIXED_FACTOR, POOL_FULL_WITHIN
from holdfast.model.filling import EARLY
from holdfast.model.identity import ClaimRef
from holdfast.model.policy import BUILTIN_FULL_WITHIN
from holdfast.model.usage import UsageSample, share

_FULL, _SOON = COLOURS["unprotected"], COLOURS["late"]
_NEARLY = 0.9  # of what can be filled
_MOST = 20  # that are told of for that alone


class Fullness(NamedTuple):
    """Something that fills: when it is full, how near that is told of, why it cannot grow, and how likely it is full by ``EARLY``."""

    full: datetime
    name: str
    early: datetime | None
    within: float
    confined: str = ""
    chance: float | None = None


class Level(NamedTuple):
    """Something of which much is taken: which share, how old that is where it may be another now, and what is foretold.

    ``meant``: it may be meant so, as of a quota that was made for what it holds; these stand last.
    """

    share: float
    name: str
    stale: float | None
    forecast: ForecastPart | None
    confined: str = ""
    meant: bool = False


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


def filling_up(report: Report) -> Iterator[tuple[Part, ...]]:
    """What is full within the time in which its owner wants to be told, the nearest first; then the fullest of the rest."""
    soon = [found for found in sorted(_filling(report)) if _left(found, report.now) <= found.within]
    yield from _full_soon(soon, report.now)
    yield from _nearly_full(report, {found.name for found in soon})


def _left(found: Fullness, now: datetime) -> float:
    return (found.full - now).total_seconds()


def _full_soon(soon: Iterable[Fullness], now: datetime) -> Iterator[tuple[Part, ...]]:
    for found in soon:
        left = _left(found, now)
        when = f"full in {humane(left)}" if left >= 1 else "full"
        yield f"{found.name}: ", (when, _SOON if left >= 1 else _FULL), "".join(_besides(found, now))


def _besides(found: Fullness, now: datetime) -> Iterator[str]:
    yield f" / {humane(found.within)}"
    early = (found.early - now).total_seconds() if found.early else 0.0
    if early >= 1 and found.early != found.full:
        yield f", at the earliest in {humane(early)}"
    if found.chance is not None and _left(found, now) >= 1:
        yield f", {likelihood(found.chance, EARLY * found.within)}"
    if found.confined:
        yield f"; cannot grow: {found.confined.replace('-', ' ')}"


def _nearly_full(report: Report, told: Collection[str]) -> Iterator[tuple[Part, ...]]:
    """Where nothing is foretold, or nothing so soon, somebody may want to look all the same."""
    high = [level for level in _levels(report) if level.share >= _NEARLY and level.name not in told]
    high.sort(key=lambda level: level.share)
    fullest = {level.name: level for level in high}  # several claims may tell of one space
    levels = sorted(fullest.values(), key=lambda level: (level.meant, -level.share, level.name))
    for level in levels[:_MOST]:
        besides = "".join(f"; {each}" for each in _beside_level(level, report.now))
        yield f"{level.name}: ", (f"{100 * level.share:.3g} % used", _SOON), besides
    if len(levels) > _MOST:
        yield ((f"and {len(levels) - _MOST} more of which {100 * _NEARLY:g} % or more is used", QUIET),)


def _beside_level(level: Level, now: datetime) -> Iterator[str]:
    if level.stale is not None:
        yield f"{humane(level.stale)} ago"
    forecast = level.forecast
    if forecast is not None and forecast.full is not None:
        yield f"full in {humane((forecast.full - now).total_seconds())}"
    elif forecast is not None and forecast.fills is False:
        yield "does not fill"
    elif forecast is not None:
        yield f"nothing foretold: {forecast.reason.replace('-', ' ')}"
    if level.confined:
        yield f"cannot grow: {level.confined.replace('-', ' ')}"


def _levels(report: Report) -> Iterator[Level]:
    for claim in report.claims:
        filling = claim.filling
        name, sample = f"{claim.namespace}/{claim.name}", _sample(filling)
        stale = None if filling.state == "measured" else filling.age_seconds
        for told, taken, forecast in (
            (name, sample.bytes_ratio, filling.bytes_forecast),
            (f"{filling.backend or name} inodes", sample.inodes_ratio, filling.inodes_forecast),
        ):
            if taken is not None:
                yield Level(taken, told, stale, forecast, filling.not_expandable)
    for backend in report.backends:
        taken = share(backend.used_bytes, backend.capacity_bytes)
        if taken is not None:
            yield Level(taken, _backend_name(backend), None, backend.forecast)
    for name, limit in _limits(report):
        taken = share(limit.used, limit.hard)
        if taken is not None:
            yield Level(taken, name, None, limit.forecast, meant=True)


def _sample(filling: FillingPart) -> UsageSample:
    """The sample that these figures are of, which knows how they add up."""
    return UsageSample(
        claim=ClaimRef("", ""),
        time=0.0,
        used=filling.used_bytes,
        capacity=filling.filesystem_bytes,
        available=filling.available_bytes,
        inodes_used=filling.inodes_used,
        inodes=filling.inodes,
    )


def _backend_name(backend: BackendPart) -> str:
    return f"{backend.name} of {len(backend.claims)} claims"


def _filling(report: Report) -> Iterator[Fullness]:
    for claim in report.claims:
        yield from _of_claim(claim)
    within = {(claim.namespace, claim.name): _within(claim) for claim in report.claims}
    for backend in report.backends:
        asked = [within.get((claim.namespace, claim.name), BUILTIN_FULL_WITHIN) for claim in backend.claims]
        yield from _told(_backend_name(backend), backend.forecast, min(asked, default=BUILTIN_FULL_WITHIN))
    for name, limit in _limits(report):
        yield from _told(name, limit.forecast, BUILTIN_FULL_WITHIN)
    for pool in report.pools:
        yield from _told(_pool_name(pool), pool.forecast, POOL_FULL_WITHIN)


def _of_claim(claim: ClaimPart) -> Iterator[Fullness]:
    """One that cannot grow is told of earlier, as the alert does."""
    name, confined = f"{claim.namespace}/{claim.name}", claim.filling.not_expandable
    within = _within(claim) * (FIXED_FACTOR if confined else 1.0)
    yield from _told(name, claim.filling.bytes_forecast, within, confined)
    yield from _told(f"{name} inodes", claim.filling.inodes_forecast, within, confined)


def _limits(report: Report) -> Iterator[tuple[str, LimitPart]]:
    for quota in report.quotas:
        for limit in quota.limits:
            of_class = f" of {limit.storage_class}" if limit.storage_class else ""
            yield f"ResourceQuota {quota.namespace}/{quota.name} {limit.resource}{of_class}", limit


def _within(claim: ClaimPart) -> float:
    asked = claim.objective.full_within_seconds
    return BUILTIN_FULL_WITHIN if asked is None else asked


def _pool_name(pool: PoolPart) -> str:
    return f"pool of {pool.storage_class}" + (f" on {pool.topology}" if pool.topology else "")


def _told(name: str, forecast: ForecastPart | None, within: float, confined: str = "") -> Iterator[Fullness]:
    if forecast is not None and forecast.full is not None:
        yield Fullness(forecast.full, name, forecast.full_early, within, confined, forecast.full_chance)
