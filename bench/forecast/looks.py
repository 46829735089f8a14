"""What a forecaster is handed at each look: the highest reading of every hour past, and the newest."""

import numpy as np

from bench.forecast.scene import Series

HOURS = 384


def handed(times: Series, used: Series, capacity: Series, looks: Series) -> tuple[Series, Series, Series]:
    """Times, used and capacity as [looks, HOURS + 1], padded with NaN in front. ``times`` ascend."""
    good = np.isfinite(used) & np.isfinite(capacity)
    times, used, capacity = times[good], used[good], capacity[good]
    if not len(times):
        nothing = np.full((len(looks), 1), np.nan)
        return nothing, nothing.copy(), nothing.copy()
    hour = np.floor(times / 3600.0)
    first = np.flatnonzero(np.concatenate(([True], hour[1:] != hour[:-1])))
    last = np.concatenate((first[1:], [len(times)])) - 1
    tops = np.maximum.reduceat(used, first)
    newest = np.searchsorted(times, looks, "right") - 1
    whole = np.searchsorted(last, newest, "left")  # hours whose last reading is older than the newest
    place = whole[:, None] - HOURS + np.arange(HOURS)
    there = (place >= 0) & (newest >= 0)[:, None]
    place = np.clip(place, 0, len(last) - 1)
    kept = last[place]
    there &= times[kept] >= (looks - HOURS * 3600.0)[:, None]

    def column(hourly: Series, single: Series) -> Series:
        now = np.where(newest >= 0, single[np.maximum(newest, 0)], np.nan)
        return np.column_stack((np.where(there, hourly, np.nan), now))

    return column(times[kept], times), column(tops[place], used), column(capacity[kept], capacity)
