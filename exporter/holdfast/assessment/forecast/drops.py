"""The large drops of a volume: when they were, from where and to where. Clean-ups, rotations and collections show there.

Levels are shares of the room left: 0 is now, 1 is full. Time runs backwards: index 0 is the newest hour.
"""

from dataclasses import dataclass

import numpy as np

from holdfast.assessment.forecast.courses import within
from holdfast.assessment.forecast.readings import HOURS, Singles

NEWEST = 4
"""How many drops are told, the newest first."""

_SPAN, _APART = 4, 8  # hours within which a drop ends, and between two that are two
_LARGE = np.float32(0.5)  # share of the largest
_SEEN = HOURS + 1 - _SPAN
_PLACE = np.arange(_SEEN, dtype=np.int16)[:, None]


@dataclass(frozen=True, kw_only=True)
class Drops:
    """Large drops, newest first: [NEWEST, volumes]; ages in hours, infinite where there is none; levels are then 0."""

    ages: Singles
    low: Singles
    high: Singles
    size: Singles  # of the largest, [volumes]
    often: Singles  # how many there were, [volumes]


def drops(levels: Singles) -> Drops:
    """What fell within four hours by half of the largest such fall or more."""
    top = np.maximum(levels[1:-1], levels[2:])
    top = np.maximum(top[:-2], top[2:])  # the highest of the four hours before each
    fall = top - levels[:_SEEN]
    size = fall.max(axis=0)
    near = np.maximum(fall[:-1], fall[1:])
    near = np.maximum(near[:-2], near[2:])
    near = np.maximum(near[:-4], near[4:])  # the largest of eight hours from each on
    large = fall >= np.maximum(_LARGE * size, np.float32(1e-4))
    large[_APART:] &= fall[_APART:] > near[: _SEEN - _APART]
    large[: len(near) - 1] &= fall[: len(near) - 1] >= near[1:]
    place = ((large.view(np.int8) - np.int8(1)).astype(np.int16) | _PLACE).view(
        np.uint16
    )  # beyond all where none is
    ages, low, high = [], [], []
    column, newest = np.arange(levels.shape[1]), place.min(axis=0)
    for _ in range(NEWEST):
        there = newest < _SEEN
        at = np.where(there, newest, 0)
        ages.append(np.where(there, at, np.inf))
        low.append(np.where(there, levels[at, column], 0.0))
        high.append(np.where(there, top[at, column], 0.0))
        after = at + np.uint16(1)
        newest = np.where(
            there, (place - after).min(axis=0) + after, _SEEN
        )  # what is newer goes round the top
    return Drops(
        ages=np.stack(ages).astype(np.float32),
        low=np.stack(low),
        high=np.stack(high),
        size=size,
        often=np.count_nonzero(large, axis=0).astype(np.float32),
    )


def past_drops(told: Drops) -> tuple[Singles, Singles]:
    """Hours to full by ways that know of drops, [3, volumes], and what the cycle between them says, [4, volumes].

    The ways: on as since the newest drop; the line through the highs before the last two; and as since the newest, but
    only until the next drop is due.
    """
    never = np.float32(np.inf)
    age = told.ages[0] + np.float32(1.0)
    rise = np.where(age >= 3.0, -told.low[0] / age, 0.0)
    wait = np.where(rise > 0.0, 1.0 / rise, never)
    cycle = told.ages[1] - told.ages[0]
    cycle_before = told.ages[2] - told.ages[1]
    gain = (told.high[0] - told.high[1]) / cycle
    by_highs = np.where(gain > 0.0, (1.0 - told.high[0]) / gain - age, never)
    left = np.nan_to_num(cycle - age, nan=np.inf)
    ahead = np.clip(rise * np.where(left > 0.0, np.minimum(left, 400.0), 0.0), 0.0, 50.0)
    in_time = np.where(wait <= left, wait, never)
    phase = np.where(np.isfinite(cycle), age / cycle, 0.0)
    known = np.where(np.isfinite(cycle), np.log(np.maximum(cycle, 1.0)), 7.0)
    even = np.where(np.isfinite(cycle_before), np.log(np.maximum(cycle_before, 1.0)), 7.0) - known
    ways = within(np.stack((wait, by_highs, in_time)).astype(np.float32))
    return ways, np.stack((np.minimum(phase, 3.0), known, even, ahead)).astype(np.float32)
