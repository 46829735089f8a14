"""When volumes are full: a pure function of what was read of them, for all volumes at once."""

from holdfast.assessment.forecast.outlook import (
    FORECAST_STANDS,
    FULL_WITHIN,
    HORIZON,
    REASONS,
    Forecast,
    Reason,
    forecast,
)
from holdfast.assessment.forecast.steadying import LIKELY

__all__ = ["FORECAST_STANDS", "FULL_WITHIN", "HORIZON", "LIKELY", "REASONS", "Forecast", "Reason", "forecast"]
