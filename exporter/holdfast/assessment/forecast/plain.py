"""Volumes that are plainly far from full: nothing in two weeks went at a pace that fills them soon. A line is enough for them."""

from dataclasses import dataclass

import numpy as np

from holdfast.assessment.forecast.readings import HOUR, Flags, Readings, Singles
from holdfast.assessment.forecast.signs import FULL

_KNOWN = 7 * 24 * HOUR
_FAR = np.float32(45 * 24.0)  # hours that the fastest pace must leave
_DAYS = 14
_NEVER = np.float32(
    0.1
)  # share of the room: what has moved by less in all the time that is known does not fill
_LATE = np.float32(4.0)  # times the central time


@dataclass(frozen=True, kw_only=True)
class Plain:
    """``far`` [volumes], and hours to full as [early, central, late], that hold only there; infinite where nothing grows."""

    far: Flags
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
    return Plain(
        far=far, hours=np.stack((np.minimum(early, central), central, _LATE * central)).astype(np.float32)
    )
