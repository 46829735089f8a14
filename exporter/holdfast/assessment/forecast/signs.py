"""What the past hours of a volume say, in numbers that do not depend on its size.

Every level is told as a share of the room that is left: 0 is now, 1 is full.
"""

import numpy as np

from holdfast.assessment.forecast.courses import courses, slopes
from holdfast.assessment.forecast.drops import drops, past_drops
from holdfast.assessment.forecast.readings import HOUR, HOURS, Floats, Singles

FULL = 0.99
DAYS = HOURS // 24
PICTURE = np.r_[1:25, 27:73:3, 78:169:6, 180:385:12]
"""Hours ago whose levels are told as they are: each of the last day, then ever fewer."""

_MONDAY = 72.0  # hours from a Monday's beginning to that of the first of January 1970
_SOON = 12  # hours of which each rise is told
_TURNS = np.float32(2.0 * np.pi) / np.array([[24.0], [168.0], [84.0]], np.float32)


def clock(times: Floats) -> Singles:
    """Hours since Monday began (UTC), of epoch seconds."""
    return ((times / HOUR + _MONDAY) % 168.0).astype(np.float32)


def room(levels: Singles) -> Singles:
    """What is left until full, as a share of the capacity."""
    left: Singles = np.maximum(FULL - levels[0], np.float32(1e-5))
    return left


def signs(raw: Singles, hours: Singles, clock: Singles) -> tuple[Singles, Singles]:
    """The signs [signs, volumes] and the log hours to full by each way on [ways, volumes].

    ``hours`` is how long the volume is known, ``clock`` the hours since Monday began (UTC).
    """
    left = room(raw)
    levels = raw - raw[0]
    levels *= 1.0 / left
    moves = levels[:-1] - levels[1:]
    rises = slopes(levels)
    fallen = drops(levels)
    by_drops, cycle = past_drops(fallen)
    ways = np.log(np.concatenate((courses(levels, rises), by_drops)))
    shapes = np.concatenate(
        [levels[PICTURE], *_days(levels, moves), fallen.low, fallen.high, fallen.size[None], cycle[3:]]
    )
    turn = clock * _TURNS
    parts = [
        _folded(shapes, 20.0),
        _folded(np.concatenate((rises, moves[:_SOON])), 2000.0),
        ways,
        np.log(np.minimum(fallen.ages, np.float32(2 * HOURS)) + np.float32(1.0)),
        np.log1p(fallen.often)[None],
        cycle[:3],
        _likeness(levels, moves),
        np.stack((np.log(np.maximum(hours, 1.0)), np.minimum(hours, HOURS) / 24.0, np.log(left), raw[0])),
        np.stack((raw[:25].max(axis=0), raw[:169].max(axis=0), raw.max(axis=0), raw.min(axis=0))),
        np.sin(turn),
        np.cos(turn),
    ]
    return np.concatenate(parts).astype(np.float32, copy=False), ways


def _days(levels: Singles, moves: Singles) -> list[Singles]:
    """Of each day its highest and lowest level, how much moved, and the largest fall and rise of an hour."""
    days = levels[1:].reshape(DAYS, 24, -1)
    daily = moves.reshape(DAYS, 24, -1)
    return [
        days.max(axis=1),
        days.min(axis=1),
        np.abs(daily).sum(axis=1),
        daily.min(axis=1),
        daily.max(axis=1),
    ]


def _likeness(levels: Singles, moves: Singles) -> Singles:
    """How like the last week is to itself a day before and to the week before, and how often nothing moves."""
    apart = []
    for lag in (24, 168):
        change = levels[:168] - levels[lag : 168 + lag]
        change -= change.mean(axis=0)
        apart.append(np.log(np.abs(change).mean(axis=0) + np.float32(1e-4)))
    still = (moves[:168] == 0.0).mean(axis=0, dtype=np.float32)
    return np.stack((*apart, still))


def _folded(values: Singles, knee: float) -> Singles:
    """Linear near zero, by orders of magnitude beyond 1 / knee, with the sign kept."""
    folded: Singles = np.copysign(np.log(np.abs(values) * np.float32(knee) + np.float32(1.0)), values)
    return folded
