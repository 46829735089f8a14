"""When volumes are full: a pure function of what was read of them, for all volumes at once."""

from holdfast.assessment.forecast.outlook import REASONS, Forecast, Reason, forecast

__all__ = ["REASONS", "Forecast", "Reason", "forecast"]
