"""The product's forecaster as the bench asks it: one volume, many looks, in slices."""

from dataclasses import fields

import numpy as np
from numpy.typing import NDArray

from bench.forecast.adapter import fires
from bench.forecast.looks import handed
from bench.forecast.scene import Series
from holdfast.assessment.forecast import Forecast, forecast

_SLICE = 512


def ask(times: Series, used: Series, capacity: Series, looks: Series) -> tuple[Forecast, NDArray[np.bool_]]:
    """What is foretold at each look, and whether the shipped rule fires."""
    slices = [looks[at : at + _SLICE] for at in range(0, len(looks), _SLICE)] or [looks]
    parts = [forecast(*handed(times, used, capacity, some), some) for some in slices]
    told = Forecast(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts], -1)
            for field in fields(Forecast)
        }
    )
    return told, fires(told)
