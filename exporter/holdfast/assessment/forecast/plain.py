"""Volumes for which a line is enough: nothing in two weeks went at a pace that fills them soon, or they fill along a straight line."""

from dataclasses import dataclass

import numpy as np

from holdfast.assessment.forecast.readings import HOUR, Flags, Floats, Readings, Singles
from holdfast.assessment.forecast.signs import FULL

_KNOWN = 7 * 24 * HOUR
_FAR = np.float32(45 * 24.0)  # hours that the fastest pace must leave
_DAYS = 14
_NEVER = np.float32(
    0.1
)  # share of the room: what has moved by less in all the time that is known does not fill
_LATE = np.float32(4.0)  # times the central time
_SPANS = (168, 72)
"""Hours over which a volume must fill straight: a week, or three days where less than a week is known."""
_BENT = np.float32(0.02)  # of what it rose is the most that a straight line may be missed by
_SURE = np.float32(1.1)  # times, and one over, the central time: its bounds
_EVEN, _STEEP = 0.8, 6.0
"""Of the horizon: where full is as likely as not, since lines end without a sign; and how fast that turns."""


@dataclass(frozen=True, kw_only=True)
class Plain:
    """Which volumes are ``far`` and which fill ``straight``, [volumes], and hours to full as [early, central, late].

    The hours hold only there; they are infinite where nothing grows.
    """

    far: Flags
    straight: Flags
    hours: Singles


def plain(readings: Readings) -> Plain:
    """The paces are those of the last hours, and of the daily highs over days, one week and two."""
    levels = readings.levels
    highs = levels[1 : _DAYS * 24 + 1].reshape(_DAYS, 24, -1).max(axis=1)
    left = np.maximum(FULL - np.maximum(highs[:7].max(axis=0), levels[0]), np.float32(0.0))
    slow = np.maximum((highs[0] - highs[6]) / 144, (highs[0] - highs[13]) / 312)
    quick = np.maximum((levels[0] - levels[6]) / 6, (levels[0] - levels[24]) / 24)
    fastest = np.maximum(np.maximum(slow, quick), (highs[0] - highs[3]) / 72)
    still = np.ptp(levels, axis=0) < _NEVER * (FULL - levels[0])
    far: Flags = (readings.span >= _KNOWN) & (left > 0.0) & (still | (left > _FAR * fastest))
    central = np.where(still | (slow <= 0.0), np.inf, left / np.maximum(slow, np.float32(1e-9)))
    early = np.where(fastest > 0.0, left / np.maximum(fastest, np.float32(1e-9)), np.inf)
    hours = np.stack((np.minimum(early, central), central, _LATE * central))
    straight, pace, missed = _straight(readings)
    straight &= ~far & (levels[0] < FULL)
    if straight.any():
        line, off = (FULL - levels[0, straight]) / pace[straight], missed[straight] / pace[straight]
        hours[:, straight] = np.stack((np.maximum(line / _SURE - off, 0.0), line, line * _SURE + off))
    return Plain(far=far, straight=straight, hours=hours.astype(np.float32))


def chance_of(line: Singles, hours: Floats) -> Floats:
    """How likely what fills straight is full by then."""
    chance: Floats = 1.0 / (1.0 + (line / (_EVEN * hours)) ** _STEEP)
    return chance


def _straight(readings: Readings) -> tuple[Flags, Singles, Singles]:
    """Which volumes have filled along one line for long, how much an hour, and by how much the line is missed at most."""
    levels = readings.levels
    found = np.zeros(levels.shape[1], bool)
    pace, missed = np.zeros(levels.shape[1], np.float32), np.zeros(levels.shape[1], np.float32)
    undecided = readings.count * (2.0 * HOUR) >= readings.span  # bridges are straight by themselves
    for span in _SPANS:
        told = np.flatnonzero(undecided & (readings.span >= span * HOUR))
        undecided[told] = False
        told = told[levels[0, told] > levels[span, told]]
        away = (
            np.float32(span / 2) - np.arange(span + 1, dtype=np.float32)[:, None]
        )  # hours from their middle
        course = levels[: span + 1, told] - levels[0, told]
        middle = course.mean(axis=0)
        pace[told] = (course * away).sum(axis=0) / (away * away).sum()
        missed[told] = np.abs(course - middle - pace[told] * away).max(axis=0)
        found[told] = missed[told] <= _BENT * span * pace[told]
    return found, pace, missed
