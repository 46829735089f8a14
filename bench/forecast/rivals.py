"""What others foretell, on the same readings: the two rules everybody runs, and a line through a week.

Written from what the rules of kubernetes-mixin (storage_alerts) and Prometheus' ``predict_linear`` are documented to do.
"""

import numpy as np
from numpy.typing import NDArray

from bench.forecast.scene import Series

Flags = NDArray[np.bool_]
_HOUR, _DAY = 3600.0, 86400.0


def line(times: Series, free: Series, looks: Series, hours: float) -> Series:
    """Seconds until a least-squares line through so many hours of free space comes to nothing; infinite if it does not."""
    if not len(looks) or not len(times):
        return np.full(len(looks), np.inf)
    good = np.isfinite(free)
    x, y = times[good] - times[0], free[good]
    first, last = (
        np.searchsorted(x + times[0], looks - hours * _HOUR, "right"),
        np.searchsorted(x + times[0], looks, "right"),
    )
    sums = [np.concatenate(([0.0], np.cumsum(values))) for values in (np.ones_like(x), x, y, x * x, x * y)]
    count, sx, sy, sxx, sxy = (total[last] - total[first] for total in sums)
    with np.errstate(all="ignore"):
        slope = (count * sxy - sx * sy) / (count * sxx - sx * sx)
        level = (sy - slope * sx) / count + slope * (looks - times[0])
        wait = np.where((slope < 0.0) & (count > 1.0), np.maximum(-level / slope, 0.0), np.inf)
    return np.asarray(wait)


def mixin(times: Series, used: Series, capacity: Series, looks: Series) -> tuple[Series, Flags]:
    """KubePersistentVolumeFillingUp: under 3 % free, or under 15 % with a line of six hours that ends within four days.

    The second must have held for an hour. The time to full is the line's, told while it warns.
    """
    free = capacity - used
    warned = np.ones(len(looks), np.bool_)
    for minutes in range(0, 61, 10):
        at = looks - minutes * 60.0
        warned &= (_share(times, free / capacity, at) < 0.15) & (line(times, free, at, 6.0) < 4.0 * _DAY)
    short = _share(times, free / capacity, looks) < 0.03
    wait = np.where(warned, line(times, free, looks, 6.0), np.where(short, 4.0 * _DAY, np.inf))
    return wait, warned | short


def _share(times: Series, share: Series, looks: Series) -> Series:
    """The newest good value not older than some ten minutes; 1 where there is none."""
    good = np.isfinite(share)
    if not good.any():
        return np.ones(len(looks))
    place = np.searchsorted(times[good], looks, "right") - 1
    fresh = (place >= 0) & (looks - times[good][np.maximum(place, 0)] < 700.0)
    return np.where(fresh, share[good][np.maximum(place, 0)], 1.0)
