"""Volumes that fill along a straight line. Of these the line is believed, for as long on as it has been one."""

from dataclasses import dataclass

import numpy as np

from holdfast.assessment.forecast.readings import HOUR, Flags, Floats, Readings, Singles
from holdfast.assessment.forecast.signs import FULL
from holdfast.assessment.forecast.steadying import LIKELY

_SPANS = (168, 72)
"""Hours over which a volume must have filled straight: a week; three days where less than a week is known."""

_BENT = np.float32(0.02)  # times what it rose: by more no level may miss the line
_MEASURED = 0.5  # share of these hours that must have been measured, for bridges are straight by themselves
_BOUND = np.float32(1.1)  # the bounds are the central time times this, and over it

_NEAR, _STEEP = 2.0 / 3.0, 6.0
"""From so near on (of the horizon) full is called likely, for lines end without a sign, and from no farther than it has been
a line for; and how fast that turns."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """Which volumes fill ``straight`` and, only there, hours to full [early, central, late] and hours for which that is known."""

    straight: Flags
    hours: Singles
    proven: Singles


def straight(readings: Readings, asked: Flags) -> Line:
    """Of the volumes that are asked for; the longest span that is known decides."""
    count = readings.levels.shape[1]
    line = Line(
        straight=np.zeros(count, bool),
        hours=np.full((3, count), np.inf, np.float32),
        proven=np.zeros(count, np.float32),
    )
    undecided = asked
    for span in _SPANS:
        known = undecided & (readings.span >= span * HOUR)
        undecided = undecided & ~known
        rising = readings.levels[0] > readings.levels[span]
        columns = np.flatnonzero(known & rising & (readings.levels[0] < FULL))
        columns = columns[readings.measured[: span + 1, columns].mean(axis=0) >= _MEASURED]
        fits, hours = _fitted(readings.levels[: span + 1, columns])
        line.straight[columns] = fits
        line.hours[:, columns] = hours
        line.proven[columns] = span
    return line


def _fitted(levels: Singles) -> tuple[Flags, Singles]:
    """Whether a line fits these levels, and the hours until it is full, with bounds that hold how far it is missed."""
    span = len(levels) - 1
    since = np.float32(span / 2) - np.arange(span + 1, dtype=np.float32)[:, None]  # hours since their middle
    course = levels - levels[0]
    middle = course.mean(axis=0)
    pace = (course * since).sum(axis=0) / (since * since).sum()
    missed = np.abs(course - middle - pace * since).max(axis=0)
    fits: Flags = missed <= _BENT * span * pace
    central, off = (FULL - levels[0]) / pace, missed / pace
    return fits, np.stack((np.maximum(central / _BOUND - off, 0.0), central, central * _BOUND + off))


def likely_by(line: Line, age: Floats, horizon: Floats) -> Floats:
    """How likely full is within the horizon (hours) at the least, by readings of that age (hours); 0 where nothing fills straight."""
    left = np.maximum(line.hours[1] - age, 0.0)
    near = np.minimum(_NEAR * horizon, line.proven)
    odds = LIKELY / (1.0 - LIKELY)
    likely: Floats = np.where(line.straight, odds / (odds + (left / near) ** _STEEP), 0.0)
    return likely
