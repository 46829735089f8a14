"""What both pictures share: an instant to a place on the line, and ticks a person can read.

Places are percents of the width, so that a picture grows and shrinks with its window while its words keep their size.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from holdfast.model.account.telling import humane

HOUR: Final = 3600.0
DAY: Final = 86400.0
_STEPS: Final = (
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    30 * DAY,
    90 * DAY,
    365 * DAY,
)
_MOST_TICKS: Final = 7


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """``minor`` ones lose their words where there is little room."""

    x: str
    label: str
    anchor: str
    minor: bool


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """From ``start`` to ``end``, Unix seconds; ``now`` lies between them."""

    start: float
    end: float
    now: float

    def place(self, instant: float) -> float:
        """0 to 100, not held within."""
        return 100 * (instant - self.start) / max(self.end - self.start, 1.0)

    def at(self, instant: float) -> str:
        """As an attribute, held within the picture."""
        return f"{min(max(self.place(instant), 0.0), 100.0):.2f}%"

    def ticks(self) -> tuple[Tick, ...]:
        return tuple(self._ticks())

    def _ticks(self) -> Iterator[Tick]:
        step = next((step for step in _STEPS if (self.end - self.start) / step <= _MOST_TICKS), None)
        step = step or (self.end - self.start) / _MOST_TICKS
        first = -int((self.now - self.start) / step)
        last = int((self.end - self.now) / step)
        for number in range(first, last + 1):
            place = self.place(self.now + number * step)
            yield Tick(
                x=f"{place:.2f}%",
                label=_label(number, step),
                minor=number % 2 != 0,
                anchor="start" if place < 5 else "end" if place > 95 else "middle",
            )


def _label(number: int, step: float) -> str:
    if number == 0:
        return "now"
    far = humane(abs(number) * step)
    return f"{far} ago" if number < 0 else f"in {far}"
