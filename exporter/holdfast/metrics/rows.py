"""Rows that many families share."""

from holdfast.metrics.family import Row


def optional(value: float | None) -> tuple[Row, ...]:
    """One row without further labels; none where the value is not known."""
    return () if value is None else (((), value),)
