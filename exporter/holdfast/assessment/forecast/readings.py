"""From raw readings to one level an hour for each volume, newest first, as shares of the capacity it has now.

Readings that are no readings go out here. Nothing is foretold here.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

HOUR = 3600.0
HOURS = 384
"""How far back a forecast looks: sixteen days, so that two weeks can be laid over each other with room to spare."""

_AHEAD = 60.0  # seconds by which clocks may differ
_ZEROS, _EMPTIED = (
    6,
    6 * HOUR,
)  # so many readings, and so long, a volume must be empty before that is believed
_OTHER = 0.02  # share by which a capacity, or a level, must differ to be another one


@dataclass(frozen=True, kw_only=True)
class Readings:
    """What is known of each volume. ``levels`` has shape [hours + 1, volumes], all others [volumes].

    Row 0 is the newest reading, row n the newest of the n-th hour before it; rows before the first reading repeat it.
    """

    levels: Singles
    measured: Flags  # [hours + 1, volumes]: which levels were read, and not bridged or repeated
    count: NDArray[np.intp]
    span: Floats  # seconds between the first reading used and the newest
    age: Floats  # seconds between the newest and now
    used: Floats
    capacity: Floats


def read(times: Floats, used: Floats, capacity: Floats, now: Floats) -> Readings:
    """Takes arrays [volumes, samples] in ascending order of time, padded with NaN in front."""
    good = _sound(times, used, capacity, now)
    rows = np.arange(len(now))
    count = np.count_nonzero(good, axis=1)
    newest, before = _last_two(good)
    some = count > 0
    first, last = np.argmax(good, axis=1), times[rows, newest]
    size = np.where(some, capacity[rows, newest], np.nan)
    hours = _hours(times, newest, before)
    levels, measured = _by_hour(hours, (used * (1.0 / size)[:, None]).astype(np.float32), good, newest)
    return Readings(
        levels=levels,
        measured=measured,
        count=count,
        span=np.where(some, np.minimum(last - times[rows, first], HOURS * HOUR), np.nan),
        age=np.where(some, np.maximum(now - last, 0.0), np.nan),
        used=np.where(some, used[rows, newest], np.nan),
        capacity=size,
    )


def _sound(times: Floats, used: Floats, capacity: Floats, now: Floats) -> Flags:
    """Which readings are to be believed; most volumes are beyond doubt."""
    size = capacity[:, -1:]
    good: Flags = capacity == size
    good &= used > 0.0
    good &= used <= size * (1.0 + _OTHER)
    told = np.count_nonzero(times == times, axis=1)  # noqa: PLR0124 (NaN is not itself)
    plain = (np.count_nonzero(good, axis=1) == told) & (times[:, -1] <= now + _AHEAD) & (size[:, 0] < np.inf)
    odd = np.flatnonzero(~plain)
    if len(odd):
        good[odd] = _doubted(times[odd], used[odd], capacity[odd], now[odd])
    return good


def _last_two(good: Flags) -> tuple[Places, Places]:
    """Where the newest reading stands and the one before it; the same twice where there is one only."""
    rows, width = np.arange(len(good)), good.shape[1]
    newest = width - 1 - np.argmax(good[:, ::-1], axis=1)
    before = np.maximum(newest - 1, 0)
    gap = ~good[rows, before]
    if gap.any():
        rest = good[gap]
        rest[np.arange(len(rest)), newest[gap]] = False
        found = width - 1 - np.argmax(rest[:, ::-1], axis=1)
        before[gap] = np.where(rest.any(axis=1), found, newest[gap])
    return newest, before


def _hours(times: Floats, newest: Places, before: Places) -> Singles:
    """The hour in which each reading belongs, counted from the one before the newest.

    Readings come at a steady step but for the newest, which may follow at once.
    """
    rows = np.arange(len(times))
    mark = times[rows, before]
    offset = np.maximum(np.rint((times[rows, newest] - mark) / HOUR), 1.0)
    hours = ((mark + offset * HOUR)[:, None] - times).astype(np.float32)
    hours *= np.float32(1.0 / HOUR)
    np.rint(hours, out=hours)
    return hours


def _by_hour(hours: Singles, share: Singles, good: Flags, newest: Places) -> tuple[Singles, Flags]:
    """Levels [hours + 1, volumes] and which were measured. Most volumes come hour by hour without a gap and are only turned."""
    width, rows = share.shape[1], np.arange(len(share))
    count = min(width, HOURS + 1)
    first = np.argmax(good, axis=1)
    levels = np.empty((HOURS + 1, len(share)), np.float32)
    levels[:count] = np.where(good, share, share[rows, first][:, None])[:, : -count - 1 : -1].T
    levels[count:] = levels[count - 1]
    measured = np.zeros(levels.shape, bool)
    measured[:count] = good[:, : -count - 1 : -1].T
    astray = hours != np.arange(width - 1, -1, -1, dtype=np.float32)
    astray[:, -1] = False  # the newest stands first whatever its hour
    astray &= good
    gaps = np.count_nonzero(good, axis=1) != width - first
    odd = np.flatnonzero(astray.any(axis=1) | gaps)
    if len(odd):
        scattered = _scattered(hours[odd], share[odd], good[odd], newest[odd])
        measured[:, odd] = ~np.isnan(scattered)
        levels[:, odd] = _bridged(scattered)
    return levels, measured


def _scattered(hours: Singles, share: Singles, good: Flags, newest: Places) -> Singles:
    """Each reading in its hour, the newest first; NaN where there is none."""
    rows = np.arange(len(share))
    levels = np.full((HOURS + 2, len(share)), np.nan, np.float32)
    there = good & (hours <= HOURS) & (hours >= 1.0)
    place = np.where(there, hours, HOURS + 1).astype(np.intp)
    place[rows, newest] = HOURS + 1
    levels[place, rows[:, None]] = share
    levels[0] = share[rows, newest]
    return levels[: HOURS + 1]


def _bridged(levels: Singles) -> Singles:
    """Straight lines over hours without a reading, and the first reading before it."""
    missing = np.isnan(levels)
    place = np.arange(len(levels), dtype=np.int16)[:, None]
    newer = np.maximum.accumulate(np.where(missing, np.int16(0), place), axis=0)
    older = np.minimum.accumulate(np.where(missing, np.int16(len(levels)), place)[::-1], axis=0)[::-1]
    column = np.arange(levels.shape[1])
    high = levels[newer, column]
    low = levels[np.minimum(older, len(levels) - 1), column]
    low = np.where(older < len(levels), low, high)
    part = (place - newer) / np.maximum(older - newer, 1)
    filled: Singles = (high + (low - high) * part).astype(np.float32)
    return filled


def _doubted(times: Floats, used: Floats, capacity: Floats, now: Floats) -> Flags:
    good: Flags = (times <= now[:, None] + _AHEAD) & (capacity > 0.0) & (capacity < np.inf)
    good &= (used >= 0.0) & (used <= capacity * (1.0 + _OTHER))
    zero = good & (used == 0.0)
    mixed = np.flatnonzero(zero.any(axis=1) & (good & ~zero).any(axis=1))
    good[mixed] &= ~zero[mixed] | _emptied(times[mixed], zero[mixed])
    other = np.abs(capacity[:, 1:] - capacity[:, :-1]) > _OTHER * capacity[:, :-1]
    good[:, 1:-1] &= ~(other[:, :-1] & other[:, 1:])  # a capacity unlike those on both sides
    if times.shape[1] >= 4:
        good[:, -2:] &= ~_unsettled(good, used, capacity)
    return good


def _emptied(times: Floats, zero: Flags) -> Flags:
    """Which zeros stand in a row of enough over hours; fewer among others are a file system that was not there."""
    place, width = np.arange(times.shape[1]), times.shape[1]
    before = np.maximum.accumulate(np.where(zero, -1, place), axis=1)
    after = np.minimum.accumulate(np.where(zero, width, place)[:, ::-1], axis=1)[:, ::-1]
    first, last = np.minimum(before + 1, width - 1), np.maximum(after - 1, 0)
    lasted = np.take_along_axis(times, last, axis=1) - np.take_along_axis(times, first, axis=1)
    emptied: Flags = zero & (last - first + 1 >= _ZEROS) & (lasted >= _EMPTIED)
    return emptied


def _unsettled(good: Flags, used: Floats, capacity: Floats) -> Flags:
    """The newest readings with another capacity and another level are not believed until a third agrees."""
    limit = _OTHER * capacity[:, -3:-2]
    another = (np.abs(capacity[:, -2:] - capacity[:, -3:-2]) > limit) & (
        np.abs(used[:, -2:] - used[:, -3:-2]) > limit
    )
    unsettled: Flags = another & good[:, -3:-2]
    return unsettled
