"""Ways in which a volume may go on: each carries one reading of the past into the future and tells when that is full.

None of them is right for all volumes; which one to believe is weighed elsewhere. Levels are shares of the room left:
0 is now, 1 is full. Time runs backwards in all arrays: index 0 is the newest hour.
"""

import numpy as np

from holdfast.assessment.forecast.products import product, small_product
from holdfast.assessment.forecast.readings import HOURS, Singles

SOONEST, LATEST = 0.5, 4320.0  # hours
WINDOWS = (1, 2, 3, 6, 12, 24, 48, 96, 168, 336)
_DAYS = 14
_PEAK_DAYS = (4, 7, 14)
_COARSE = 4  # hours between the levels of two weeks that are lived again


def _fit(samples: int, width: int) -> Singles:
    """Least squares as one row: times the newest values it gives the rise from one to the next."""
    row, ago = np.zeros(width, np.float32), np.arange(samples, dtype=np.float64)
    row[:samples] = (ago.mean() - ago) / ((ago - ago.mean()) ** 2).sum()
    return row


def _mean(samples: int, width: int) -> Singles:
    return (np.arange(width) < samples).astype(np.float32) / np.float32(samples)


_SLOPES = np.stack([_fit(hours + 1, HOURS + 1) for hours in WINDOWS])
_PEAK_RISE = np.stack([_fit(days, _DAYS) for days in _PEAK_DAYS])
_PEAK_NOW = np.stack([_mean(days, _DAYS) + _fit(days, _DAYS) * (days - 1) / 2 for days in _PEAK_DAYS]).astype(
    np.float32
)


def slopes(levels: Singles) -> Singles:
    """The rise an hour over the newest WINDOWS hours each."""
    return product(_SLOPES, levels)


def courses(levels: Singles, rises: Singles) -> Singles:
    """Hours to full by each way on, [ways, volumes]; ``rises`` are the slopes."""
    volumes = levels.shape[1]
    nets = levels[0 : _DAYS * 24 : 24] - levels[24 : _DAYS * 24 + 1 : 24]
    peaks = levels[1 : _DAYS * 24 + 1].reshape(_DAYS, 24, volumes).max(axis=1)
    middle = _middle(nets[:7]), _middle(nets)
    weeks = np.empty((168, 2, volumes), np.float32)
    np.subtract(levels[:168], levels[168], out=weeks[:, 0])
    np.subtract(levels[168:336], levels[336], out=weeks[:, 1])
    weeks[:, 1] += weeks[:, 0]
    weeks[:, 1] *= np.float32(0.5)
    now = np.maximum(small_product(_PEAK_NOW, peaks), peaks[0])
    rise = np.concatenate(
        (
            rises,
            np.stack((middle[0], middle[1])) / np.float32(24.0),
            small_product(_PEAK_RISE, peaks) / np.float32(24.0),
        )
    )
    room = np.concatenate((np.ones((len(rises) + 2, volumes), np.float32), np.maximum(1.0 - now, 0.0)))
    return np.concatenate(
        (
            _line(rise, room),
            _first(_days(levels, nets, middle)),
            _first(weeks),
            _first((levels[:336:_COARSE] - levels[336])[:, None], _COARSE),
            np.stack([_faster(levels, 48), _faster(levels, 168)]),
        )
    )


def _middle(days: Singles) -> Singles:
    """The median, without the ceremony of ``numpy.median``."""
    half, ordered = len(days) // 2, np.sort(days, axis=0)
    middle: Singles = (
        ordered[half] if len(days) % 2 else np.float32(0.5) * (ordered[half - 1] + ordered[half])
    )
    return middle


def _days(levels: Singles, nets: Singles, middle: tuple[Singles, Singles]) -> Singles:
    """Days that may come again, hour by hour from their beginnings, [24, days, volumes].

    The last one, the mean of the last two, four, seven and fourteen, and of seven and fourteen without the unlike.
    """
    paths = levels[: _DAYS * 24].reshape(_DAYS, 24, -1) - levels[24 : _DAYS * 24 + 1 : 24, None]
    days = np.empty((24, 7, levels.shape[1]), np.float32)
    total = paths[0].copy()
    days[:, 0] = total
    for day in range(1, _DAYS):
        total += paths[day]
        if day + 1 in (2, 4, 7, 14):
            np.multiply(total, np.float32(1.0 / (day + 1)), out=days[:, (2, 4, 7, 14).index(day + 1) + 1])
    for place, count, usual in ((5, 7, middle[0]), (6, 14, middle[1])):
        days[:, place] = _usual(paths[:count], nets[:count], usual)
    return days


def _usual(paths: Singles, nets: Singles, middle: Singles) -> Singles:
    """The mean day without those days whose net change is unlike the rest."""
    off = np.abs(nets - middle)
    like = (off <= np.float32(4.0) * _middle(off) + np.float32(1e-6)).astype(np.float32)
    like /= np.maximum(like.sum(axis=0), 1.0)
    usual: Singles = np.einsum("dhv,dv->hv", paths, like)
    return usual


def _line(rise: Singles, room: Singles) -> Singles:
    with np.errstate(divide="ignore", invalid="ignore"):
        wait: Singles = np.where(rise > 0.0, room / rise, np.float32(LATEST))
    return within(wait)


def within(wait: Singles) -> Singles:
    """Kept to what can be told from one another."""
    kept: Singles = np.minimum(np.maximum(wait, np.float32(SOONEST)), np.float32(LATEST))
    return kept


def _faster(levels: Singles, hours: int) -> Singles:
    """Growth that itself grows, at the rate between the two halves of these hours."""
    half = hours // 2
    least = np.float32(1e-9)
    late = np.maximum(levels[0] - levels[half], least) / np.float32(half)
    early = np.maximum(levels[half] - levels[hours], least) / np.float32(half)
    rate = np.clip(np.log(late / early) / np.float32(half), np.float32(-0.05), np.float32(0.2))
    rate = np.where(np.abs(rate) < 1e-6, np.float32(1e-6), rate)
    pace = late * np.exp(rate * np.float32(half / 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        wait = np.log(np.float32(1.0) + rate / pace) / rate
    return within(np.where(np.isfinite(wait) & (late > 1e-8), wait, np.float32(LATEST)))


def _first(paths: Singles, step: int = 1) -> Singles:
    """Hours until paths [steps, paths, volumes] come to 1 if each is gone again and again from where it led.

    The last step of a path stands first, so that path[0] is where it leads; ``step`` is in hours.
    """
    hours, drift, top = len(paths), paths[0], paths.max(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        rounds = np.where(
            top >= 1.0, np.float32(0.0), np.where(drift > 1e-7, np.ceil((1.0 - top) / drift), np.inf)
        )
    ends = rounds < LATEST
    rounds = np.where(ends, rounds, 0.0).astype(np.float32)
    there = paths >= 1.0 - rounds * drift - np.float32(1e-5)
    narrow = np.uint8 if hours < 256 else np.uint16
    last = (there.astype(narrow) * np.arange(1, hours + 1, dtype=narrow)[:, None, None]).max(axis=0)
    wait = (rounds + np.float32(1.0)) * np.float32(hours) - last.astype(np.float32) + np.float32(1.0)
    wait *= np.float32(step)
    return within(np.where(ends, wait, np.float32(LATEST)))
