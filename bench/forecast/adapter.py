"""Presents the product's forecaster to a bench that calls batches: a function of arrays with what the bench asks of it.

``alert`` is the condition of the shipped rule with the ``fullWithin`` that ships: full is likely within half as long again.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "exporter"))

from holdfast.assessment import forecast as product

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def fires(told: product.Forecast) -> Flags:
    """Whether the shipped rule fires."""
    firing: Flags = told.chance >= product.LIKELY
    return firing


def forecast(
    times: Floats, used: Floats, capacity: Floats, now: Floats
) -> tuple[Floats, Floats, Floats, Flags]:
    told = product.forecast(times, used, capacity, now)
    return told.central, told.early, told.late, fires(told)


forecast.batch = True  # type: ignore[attr-defined] # what the bench looks for
forecast.history_s = 16 * 86400.0  # type: ignore[attr-defined] # the same
forecast.history_step_s = 3600  # type: ignore[attr-defined] # the same
forecast.reduce = "max"  # type: ignore[attr-defined] # the same
