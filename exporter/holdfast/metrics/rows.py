"""Rows that many families share."""

import math

from holdfast.metrics.family import Row, Still


def optional(value: float | None) -> tuple[Row, ...]:
    """One row without further labels; none where the value is not known."""
    return () if value is None else (((), value),)


def left(instant: float) -> float:
    """An instant of a countdown: what never comes does not come nearer."""
    return Still(instant) if math.isinf(instant) else instant
