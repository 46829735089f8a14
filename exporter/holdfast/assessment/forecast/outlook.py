"""From readings to what is said of each volume: time to full with its bounds, how likely, growth, and why nothing is said.

Pure: what is known and ``now`` go in. How many volumes go through at once is decided here, for the caches' sake.
"""

from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from holdfast.assessment.forecast.looking import Standing, look, together
from holdfast.assessment.forecast.plain import Plain, plain
from holdfast.assessment.forecast.readings import HOUR, HOURS, Flags, Floats, Readings, read
from holdfast.assessment.forecast.signs import FULL
from holdfast.assessment.forecast.steadying import Said, first_told, steadied
from holdfast.assessment.forecast.straight import Line, likely_by, straight
from holdfast.model.filling import EARLY

Reason = Literal["", "no-readings", "short-history", "stale"]
REASONS: tuple[Reason, ...] = ("", "no-readings", "short-history", "stale")
"""Why there is no forecast; the first stands where there is one."""

FEWEST, SHORTEST = 4, 3 * HOUR
"""Readings, and seconds between the first and the newest, below which nothing is foretold."""

FORECAST_STANDS = 24 * HOUR
"""Seconds after the newest reading for which what it foretells stands."""

HORIZON = 180 * 24 * HOUR

FULL_WITHIN = 4 * 24 * HOUR
"""How near full is called near unless the owner says otherwise."""

_ATONCE = 384


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One value a volume, volumes last. Seconds to full are NaN where unknown.

    ``central`` is infinite and ``late`` NaN where a volume does not fill. ``early`` and ``late`` are meant to hold nine
    in ten of those that do. ``chance`` is how likely full is within half as long again as ``within``. ``growth`` is in
    bytes (or inodes) a second.
    """

    central: Floats
    early: Floats
    late: Floats
    chance: Floats
    growth: Floats
    reasons: NDArray[np.int8]  # places in REASONS


def forecast(
    times: Floats, used: Floats, capacity: Floats, now: Floats, within: Floats | float = FULL_WITHIN
) -> Forecast:
    """Foretells when each volume is full.

    ``times``, ``used`` and ``capacity`` are [volumes, samples], in ascending order of time, padded with NaN in front;
    ``now`` is [volumes], ``within`` too or the same for all. Times are epoch seconds, spans seconds. The highest reading of each
    hour and the newest are what is wanted; more than sixteen days are not looked at.
    """
    if not times.shape[1]:
        times = used = capacity = np.full((len(now), 1), np.nan)
    slices = [slice(at, at + _ATONCE) for at in range(0, len(now), _ATONCE)] or [slice(0, 0)]
    span = np.broadcast_to(np.asarray(within, float), now.shape)
    with np.errstate(all="ignore"):
        looks = [_first(times[some], used[some], capacity[some], now[some], span[some]) for some in slices]
        told = Forecast(
            **{
                field.name: np.concatenate([getattr(look.told, field.name) for look in looks], -1)
                for field in fields(Forecast)
            }
        )
        more = np.flatnonzero(np.concatenate([look.more for look in looks]))
        if not len(more):
            return told
        chance = told.chance.copy()
        floor = np.concatenate([look.floor for look in looks])[more]
        chance[more] = np.maximum(steadied(together([look.at for look in looks]), chance[more]), floor)
    return replace(told, chance=chance)


@dataclass(frozen=True, kw_only=True)
class _First:
    """What the look of now says, how likely full is at the least, for which volumes more looks are needed, and where those stand."""

    told: Forecast
    floor: Floats
    more: Flags
    at: Standing


def _first(times: Floats, used: Floats, capacity: Floats, now: Floats, within: Floats) -> _First:
    readings = read(times, used, capacity, now)
    reasons = _reasons(readings)
    known = reasons == REASONS.index("")
    at = Standing(
        levels=readings.levels,
        hours=(readings.span / HOUR).astype(np.float32),
        newest=now - readings.age,
        horizon=EARLY * within / HOUR,
    )
    case = plain(readings)
    line = straight(readings, known & ~case.far)
    floor = likely_by(line, readings.age / HOUR, at.horizon)
    early, central, late, chance = _told(at, known, case, line)
    chance = np.maximum(chance, floor)
    full = known & (readings.used >= FULL * readings.capacity)
    never, age = ~full & (central >= HORIZON), readings.age
    central = np.where(full, 0.0, np.where(never, np.inf, np.maximum(central - age, 0.0)))
    chance, more = first_told(
        Said(chance=np.where(full, 1.0, chance)[None], hours=central[None] / HOUR, known=at.hours[None])
    )
    more &= known & ~full
    told = Forecast(
        central=_where(known, central),
        early=_where(known, np.where(full, 0.0, np.maximum(early - age, 0.0))),
        late=_where(known & ~never, np.where(full, 0.0, np.maximum(late - age, 0.0))),
        chance=_where(known, chance),
        growth=_where(known, _growth(readings)),
        reasons=reasons,
    )
    return _First(told=told, floor=floor, more=more, at=at.of(np.flatnonzero(more)))


def _where(known: Flags, values: Floats) -> Floats:
    return np.where(known, values, np.nan)


def _reasons(readings: Readings) -> NDArray[np.int8]:
    short = (readings.count < FEWEST) | (readings.span < SHORTEST)
    told = [
        (readings.count == 0, "no-readings"),
        (readings.age > FORECAST_STANDS, "stale"),
        (short, "short-history"),
    ]
    places = [np.int8(REASONS.index(reason)) for _, reason in told]
    return np.select([found for found, _ in told], places, np.int8(0))


def _told(at: Standing, known: Flags, case: Plain, line: Line) -> Floats:
    """Seconds from the newest reading to full as early, central and late, and the chance, where known."""
    told = np.zeros((4, len(known)))
    told[:3] = case.hours * HOUR
    asked = np.flatnonzero(known & ~case.far)
    if len(asked):
        belief, chance = look(at if len(asked) == len(known) else at.of(asked))
        logs = np.stack((belief.early, belief.central, belief.late))
        told[:3, asked] = np.exp(logs.astype(np.float64)) * HOUR
        told[3, asked] = chance
    told[:3] = np.where(line.straight, line.hours * HOUR, told[:3])
    return told


def _growth(readings: Readings) -> Floats:
    """The middle of the net changes of a week's days; over less than a week the plain rise."""
    levels, hours = readings.levels, np.maximum(np.nan_to_num(readings.span / HOUR), 1.0)
    days = levels[0:168:24] - levels[24:169:24]
    oldest = np.minimum(np.ceil(hours).astype(np.intp), HOURS)
    plain = (levels[0] - levels[oldest, np.arange(len(hours))]) / hours
    rise = np.where(hours >= 168, np.sort(days, axis=0)[3] / 24.0, plain)
    growth: Floats = rise * readings.capacity / HOUR
    return growth
