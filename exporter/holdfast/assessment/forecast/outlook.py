"""From readings to what is said of each volume: time to full with its bounds, growth, and why nothing is said.

Pure: what is known and ``now`` go in. How many volumes go through at once is decided here, for the caches' sake.
"""

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from holdfast.assessment.forecast.readings import HOUR, HOURS, Flags, Floats, Readings, Singles, read
from holdfast.assessment.forecast.signs import FULL, signs
from holdfast.assessment.forecast.steadying import EVERY, LOOKS, REMEMBERED, steadied
from holdfast.assessment.forecast.weighing import SIGHT, load, weigh

Reason = Literal["", "no-readings", "short-history", "stale"]
REASONS: tuple[Reason, ...] = ("", "no-readings", "short-history", "stale")
"""Why there is no forecast; the first stands where there is one."""

FEWEST, SHORTEST = 4, 3 * HOUR
"""Readings, and seconds between the first and the newest, below which nothing is foretold."""

STALE_AFTER = 24 * HOUR
HORIZON = 180 * 24 * HOUR

_SOON, _PERHAPS = np.float32(np.log(8 * 24.0)), np.float32(np.log(4 * 24.0))
_SURE = np.float32(np.log(1.5 * 24.0))
"""Log hours. One look is enough where central and early are beyond the first two, and where late is below the third."""

_BELIEVED = 0.5  # share of the belief that makes far into never
_ATONCE = 384

_NETWORKS = load()


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One value a volume, volumes last. Seconds to full are NaN where unknown.

    ``central`` is infinite and ``late`` NaN where a volume does not fill. ``early`` and ``late`` are meant to hold nine
    in ten of those that do. ``before`` is what was said at the looks of the last hours, each from its own time on:
    [looks, (central, late), volumes], infinite where none was needed. ``growth`` is in bytes (or inodes) a second.
    """

    central: Floats
    early: Floats
    late: Floats
    before: Floats
    growth: Floats
    reasons: NDArray[np.int8]  # places in REASONS


def forecast(times: Floats, used: Floats, capacity: Floats, now: Floats) -> Forecast:
    """Foretells when each volume is full.

    ``times``, ``used`` and ``capacity`` are [volumes, samples], in ascending order of time, padded with NaN in front;
    ``now`` is [volumes]. Times are epoch seconds. The highest reading of each hour and the newest are what is wanted; more
    than sixteen days are not looked at.
    """
    if not times.shape[1]:
        times = used = capacity = np.full((len(now), 1), np.nan)
    slices = [slice(at, at + _ATONCE) for at in range(0, len(now), _ATONCE)] or [slice(0, 0)]
    with np.errstate(all="ignore"):
        parts = [_some(times[some], used[some], capacity[some], now[some]) for some in slices]
    return Forecast(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts], -1)
            for field in fields(Forecast)
        }
    )


def _some(times: Floats, used: Floats, capacity: Floats, now: Floats) -> Forecast:
    readings = read(times, used, capacity, now)
    reasons = _reasons(readings)
    known = reasons == REASONS.index("")
    (early, central, late), before = _wait(readings, now, known)
    age = readings.age
    full = known & (readings.used >= FULL * readings.capacity)
    never = ~full & (central >= HORIZON)
    return Forecast(
        central=np.where(full, 0.0, np.where(never, np.inf, np.maximum(central - age, 0.0))),
        early=np.where(full, 0.0, np.maximum(early - age, 0.0)),
        late=np.where(full, 0.0, np.where(never, np.nan, np.maximum(late - age, 0.0))),
        before=before,
        growth=np.where(known, _growth(readings), np.nan),
        reasons=reasons,
    )


def _reasons(readings: Readings) -> NDArray[np.int8]:
    short = (readings.count < FEWEST) | (readings.span < SHORTEST)
    told = [
        (readings.count == 0, "no-readings"),
        (readings.age > STALE_AFTER, "stale"),
        (short, "short-history"),
    ]
    places = [np.int8(REASONS.index(reason)) for _, reason in told]
    return np.select([found for found, _ in told], places, np.int8(0))


def _wait(readings: Readings, now: Floats, known: Flags) -> tuple[Floats, Floats]:
    """Seconds from the newest reading to full: early, central and late, and what was said before; NaN where not known."""
    said = np.full((3, len(known)), np.nan)
    before = np.full((REMEMBERED, 2, len(known)), np.inf)
    levels, hours = readings.levels[:, known], (readings.span[known] / HOUR).astype(np.float32)
    first = _look(levels, hours)
    open_still = np.flatnonzero(((first[1] < _SOON) | (first[0] < _PERHAPS)) & (first[2] > _SURE))
    if len(open_still):
        newest = ((now - readings.age)[known] // HOUR).astype(np.int64)[open_still]
        looks, ages, order = _looks_before(levels[:, open_still], hours[open_still], newest)
        open_still = open_still[order]
        first[:, open_still], was = steadied(first[:, open_still], looks, ages)
        place = np.flatnonzero(known)[open_still]
        before[:, :, place] = np.nan_to_num(np.exp(was[:, 1:].astype(np.float64)) * HOUR, nan=np.inf)
    said[:, known] = np.exp(first.astype(np.float64)) * HOUR
    return said, before


def _look(levels: Singles, hours: Singles) -> Singles:
    """Log hours to full from the newest level: early, central and late."""
    early, central, late, never = weigh(*signs(levels, hours), _NETWORKS)
    central = np.where((never > _BELIEVED) & (central > SIGHT), np.float32(np.inf), central)
    return np.stack((early, central, np.where(late > SIGHT, np.float32(np.inf), late)))


def _looks_before(
    levels: Singles, hours: Singles, newest: NDArray[np.int64]
) -> tuple[Singles, Singles, NDArray[np.intp]]:
    """What looks at fixed hours before said from where they stood [looks, 3, volumes], and how many hours ago each was.

    Volumes are put in the order that is told last, in which those at one distance from the fixed hours stand together.
    """
    nearest = (newest - 1) % EVERY + 1
    order = np.argsort(nearest, kind="stable")
    levels, hours, nearest = levels[:, order], hours[order], nearest[order]
    ages = nearest + EVERY * np.arange(LOOKS)[:, None]
    edges = np.searchsorted(nearest, np.arange(1, EVERY + 2)).tolist()
    then = np.empty((HOURS + 1, LOOKS, len(hours)), np.float32)
    for first, (begin, end) in enumerate(pairwise(edges), 1):
        for look in range(LOOKS):
            ago = first + EVERY * look
            then[: HOURS + 1 - ago, look, begin:end] = levels[ago:, begin:end]
            then[HOURS + 1 - ago :, look, begin:end] = levels[-1, begin:end]
    told = _look(then.reshape(HOURS + 1, -1), np.maximum(hours - ages, 1.0).astype(np.float32).ravel())
    taken = (hours - ages >= SHORTEST / HOUR)[:, None]
    looks = np.where(taken, told.reshape(3, LOOKS, -1).transpose(1, 0, 2), np.float32(np.nan))
    return looks, ages.astype(np.float32), order


def _growth(readings: Readings) -> Floats:
    """The middle of the net changes of a week's days; over less than a week the plain rise."""
    levels, hours = readings.levels, np.maximum(np.nan_to_num(readings.span / HOUR), 1.0)
    days = levels[0:168:24] - levels[24:169:24]
    oldest = np.minimum(np.ceil(hours).astype(np.intp), HOURS)
    plain = (levels[0] - levels[oldest, np.arange(len(hours))]) / hours
    rise = np.where(hours >= 168, np.sort(days, axis=0)[3] / 24.0, plain)
    growth: Floats = rise * readings.capacity / HOUR
    return growth
