"""What the past hours of a volume say, in numbers that do not depend on its size.

Every level is told as a share of the room that is left: 0 is now, 1 is full.
"""

import numpy as np

from holdfast.assessment.forecast.courses import courses, slopes
from holdfast.assessment.forecast.readings import HOURS, Singles

FULL = 0.99
DAYS = HOURS // 24
LAGS = (1, 2, 3, 4, 6, 8, 12, 16, 20)


_NEWER = np.arange(336, 0, -1, dtype=np.uint16)[:, None]


def room(levels: Singles) -> Singles:
    """What is left until full, as a share of the capacity."""
    left: Singles = np.maximum(FULL - levels[0], np.float32(1e-5))
    return left


def signs(raw: Singles, hours: Singles) -> tuple[Singles, Singles]:
    """The signs [signs, volumes] and the log hours to full by each way on [ways, volumes]."""
    left = room(raw)
    levels = raw - raw[0]
    levels *= 1.0 / left
    moves = levels[:-1] - levels[1:]
    rises = slopes(levels)
    since, told = _largest_drop(levels, moves)
    ways = np.log(courses(levels, rises, since))
    days = levels[1:].reshape(DAYS, 24, -1)
    daily = moves.reshape(DAYS, 24, -1)
    peak, trough = days.max(axis=1), days.min(axis=1)
    moved, fell, rose = np.abs(daily).sum(axis=1), daily.min(axis=1), daily.max(axis=1)
    shapes = np.concatenate(
        [
            levels[list(LAGS)],
            levels[24::24],
            peak,
            trough,
            moved,
            fell,
            rose,
            peak.max(axis=0)[None],
            told[:3],
        ]
    )
    parts = [
        _folded(shapes, 20.0),
        _folded(rises, 2000.0),
        ways,
        np.log(np.maximum(hours, 1.0))[None],
        np.log(left)[None],
        told[3:],
    ]
    return np.concatenate(parts), ways


def _folded(values: Singles, knee: float) -> Singles:
    """Linear near zero, by orders of magnitude beyond 1 / knee, with the sign kept."""
    folded: Singles = np.copysign(np.log(np.abs(values) * np.float32(knee) + np.float32(1.0)), values)
    return folded


def _largest_drop(levels: Singles, moves: Singles) -> tuple[Singles, Singles]:
    """The rise an hour since the largest drop of two weeks, and what is to be said of that drop."""
    fall = moves[:336]
    size = fall.min(axis=0)
    at = 336 - ((fall <= size).astype(np.uint16) * _NEWER).max(axis=0).astype(np.intp)
    column = np.arange(fall.shape[1])
    low, high = levels[at, column], levels[at + 1, column]
    hours = np.maximum(at, 1).astype(np.float32)
    often = (fall < 0.5 * size - 1e-6).sum(axis=0).astype(np.float32)
    since = np.where((at >= 3) & (size < 0.0), -low / hours, 0.0).astype(np.float32)
    return since, np.stack([size, low, high, np.log(hours), np.log1p(often)]).astype(np.float32)
