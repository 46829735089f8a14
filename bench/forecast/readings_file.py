"""One's own volume: a CSV of (time, used, capacity) as exported from Prometheus, with or without a heading."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.forecast.scene import Series


def read_csv(path: Path) -> tuple[Series, Series, Series]:
    """Times in epoch seconds, ascending, used and capacity. Raises ValueError with the line that cannot be read."""
    rows = []
    with path.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file), 1):
            if not row or row[0].startswith("#") or (number <= 2 and not _is_time(row[0])):
                continue
            try:
                rows.append((_time(row[0]), float(row[1] or "nan"), float(row[2] or "nan")))
            except (ValueError, IndexError) as error:
                message = f"{path}, line {number}: expected time,used,capacity (epoch seconds or RFC 3339, bytes, bytes)"
                raise ValueError(message) from error
    if not rows:
        raise ValueError(f"{path}: no reading in it")
    times, used, capacity = np.array(sorted(rows)).T
    return times, used, capacity


def _is_time(text: str) -> bool:
    try:
        _time(text)
    except ValueError:
        return False
    return True


def _time(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        told = datetime.fromisoformat(text)
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()
