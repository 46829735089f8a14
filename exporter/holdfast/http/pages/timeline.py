"""The picture of a claim's copies: one line a source and place, one dot a copy, the objective as a band before now.

Geometry alone; the template draws it.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from holdfast.http.pages.axis import DAY, Axis, Tick
from holdfast.http.pages.words import exact, plural
from holdfast.http.views import TimelineCopy, TimelinePart
from holdfast.model.account.telling import humane

ROW: Final = 40
TOP: Final = 24
_SHORTEST: Final = 2 * DAY
_LONGEST: Final = 30 * DAY
_SAYS: Final = {
    "counts": "restorable, counts",
    "other": "restorable, does not count for the objective",
    "gone": "cannot be restored now",
}


class Dot(msgspec.Struct, frozen=True, kw_only=True):
    """``look``: counts, other (restorable, and not what the objective asks for) or gone (not restorable)."""

    x: str
    look: str
    title: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    y: int
    dots: tuple[Dot, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """``band`` is where the objective's time begins, and how wide it is; None where nothing is asked."""

    height: int
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    band: tuple[str, str] | None
    summary: str


def draw_timeline(part: TimelinePart, now: datetime) -> Timeline | None:
    """None where there is no copy to show."""
    copies = [copy for source in part.sources for copy in source.copies]
    if not copies:
        return None
    instant = now.timestamp()
    allowed = None if part.allowed_since is None else instant - part.allowed_since.timestamp()
    axis = Axis(start=_start(copies, allowed, instant), end=instant, now=instant)
    lines = tuple(
        Line(label=label, y=TOP + ROW * row, dots=tuple(_dots(held, axis)))
        for row, (label, held) in enumerate(_lines(part, axis))
    )
    band = None
    if allowed is not None:
        begin = max(0.0, axis.place(instant - allowed))
        band = (f"{begin:.2f}%", f"{100 - begin:.2f}%")
    return Timeline(
        height=TOP + ROW * len(lines) + 26,
        lines=lines,
        ticks=axis.ticks(),
        band=band,
        summary=_summary(part, copies, allowed, instant),
    )


def _lines(part: TimelinePart, axis: Axis) -> Iterator[tuple[str, Sequence[TimelineCopy]]]:
    """A line for each source and place, with its words."""
    for source in part.sources:
        for placement in sorted({copy.placement for copy in source.copies}):
            held = [copy for copy in source.copies if copy.placement == placement]
            older = sum(copy.captured.timestamp() < axis.start for copy in held)
            number = plural(len(held), "copy", "copies")
            yield (
                f"{source.source}, {placement}: {number}" + (f", {older} of them older" if older else ""),
                held,
            )


def _start(copies: Iterable[TimelineCopy], allowed: float | None, now: float) -> float:
    """So far back that the last weeks and ten times the objective are seen, and no further than the oldest copy."""
    oldest = now - min(copy.captured.timestamp() for copy in copies)
    longest = max(_LONGEST, 10 * (allowed or 0.0))
    shortest = max(_SHORTEST, 1.5 * (allowed or 0.0))
    return now - min(max(oldest * 1.02, shortest), longest)


def _dots(held: Iterable[TimelineCopy], axis: Axis) -> Iterator[Dot]:
    for copy in held:
        captured = copy.captured.timestamp()
        if captured >= axis.start:
            look = "gone" if not copy.restorable else "counts" if copy.counts else "other"
            yield Dot(x=axis.at(captured), look=look, title=f"{exact(copy.captured)}: {_SAYS[look]}")


def _summary(part: TimelinePart, copies: Sequence[TimelineCopy], allowed: float | None, now: float) -> str:
    newest = max(
        (copy.captured.timestamp() for copy in copies if copy.counts and copy.restorable), default=None
    )
    number = plural(part.total, "copy is known", "copies are known")
    asked = "" if allowed is None else f", and {humane(allowed)} is allowed"
    if newest is None:
        return f"{number}, and none that counts for the objective can be restored now."
    return f"{number}; the newest that counts is {humane(now - newest)} old{asked}."
