"""Histories for the tests of forecasts, drawn by hand: one reading an hour, in shares of a volume of 100 GiB."""

import numpy as np
from numpy.typing import NDArray

from holdfast.assessment.forecast import Forecast, forecast

HOUR, DAY = 3600.0, 86400.0
NOW = 1_750_000_000.0
SIZE = 100.0 * 1024**3

Floats = NDArray[np.float64]


def ago(hours: float) -> Floats:
    """The hours before now, oldest first, down to now itself."""
    return np.arange(hours, -0.5, -1.0)


def told(shares: Floats, hours: Floats, *, size: float = SIZE, now: float = NOW) -> Forecast:
    """The forecast for one volume that had these shares of its capacity used so many hours ago."""
    times = now - np.asarray(hours) * HOUR
    return forecast(
        times[None], np.asarray(shares)[None] * size, np.full((1, len(times)), size), np.array([now])
    )


def days(seconds: Floats) -> float:
    return float(seconds[0]) / DAY
