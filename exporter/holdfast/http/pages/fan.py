"""The picture of how a claim fills: its use, its size, and the fan in which it is expected to go on.

Geometry alone; the template draws it. Instants are Unix seconds.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from holdfast.http.pages.axis import DAY, Axis, Tick
from holdfast.http.pages.words import coarse, share
from holdfast.http.views import HistoryPart
from holdfast.model.account.filling import ForecastPart

WIDE: Final = 1000  # of the drawing's own units, stretched to the width of the window
HIGH: Final = 200
_LEAST_AHEAD: Final = 2 * DAY
_HEADROOM: Final = 1.12
_NEAR: Final = 0.5
_PAST: Final = 3  # times as far back as ahead: what comes is what is asked


class Level(msgspec.Struct, frozen=True, kw_only=True):
    y: str
    label: str


class Fan(msgspec.Struct, frozen=True, kw_only=True):
    """Paths are in a box of WIDE by HIGH, places of words in percents of the picture.

    ``near``: half of it is taken, or it is expected to fill: worth a look.
    """

    used: str
    capacity: str
    area: str
    central: str
    now: str
    ticks: tuple[Tick, ...]
    levels: tuple[Level, ...]
    summary: str
    near: bool


class _Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """When it is full: most likely, and between when; None where there is no such finite time."""

    known: bool
    central: float | None
    early: float | None
    late: float | None


def draw_fan(history: HistoryPart, told: datetime, says: Callable[[float], str]) -> Fan | None:
    """None where there is too little to draw: less than two readings, or no size. ``says`` writes an amount."""
    now = told.timestamp()
    used = [(point.time.timestamp(), point.used) for point in history.points]
    sizes = [(point.time.timestamp(), point.capacity) for point in history.points]
    if len(used) < 2 or sizes[-1][1] <= 0:
        return None
    capacity, outlook = sizes[-1][1], _outlook(history.forecast)
    ahead = _ahead(now - used[0][0], outlook, now)
    axis = Axis(start=max(used[0][0], now - _PAST * ahead), end=now + ahead, now=now)
    top = _HEADROOM * max(capacity, *(value for _, value in used), *(value for _, value in sizes))
    canvas = _Canvas(axis=axis, top=top)
    here = (now, used[-1][1])
    return Fan(
        used=canvas.path([*used, here]),
        capacity=canvas.path([*_steps(sizes), (axis.end, capacity)]),
        area=canvas.path(_area(here, capacity, outlook, axis.end)) + "Z" if outlook.known else "",
        central=canvas.path(_course(here, capacity, outlook, axis.end)) if outlook.known else "",
        now=axis.at(now),
        ticks=axis.ticks(),
        levels=tuple(
            Level(y=f"{100 - 100 * capacity * part / top:.2f}%", label=_level(part, says(capacity)))
            for part in (0.25, 0.5, 0.75, 1.0)
        ),
        summary=f"{says(here[1])} of {says(capacity)} used ({share(here[1] / capacity)}){_outcome(outlook, now)}",
        near=here[1] / capacity >= _NEAR or outlook.central is not None,
    )


def _outlook(forecast: ForecastPart | None) -> _Outlook:
    if forecast is None or forecast.fills is None:
        return _Outlook(known=False, central=None, early=None, late=None)
    central, early, late = (
        None if moment is None else moment.timestamp()
        for moment in (forecast.full, forecast.full_early, forecast.full_late)
    )
    return _Outlook(known=True, central=central, early=early, late=late)


class _Canvas(msgspec.Struct, frozen=True, kw_only=True):
    axis: Axis
    top: float

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """Straight lines from point to point; what lies outside is cut off by the box it is drawn in."""
        held = (
            f"{WIDE / 100 * self.axis.place(instant):.1f} {HIGH - HIGH * value / self.top:.1f}"
            for instant, value in points
        )
        return "M" + "L".join(held)


def _ahead(past: float, outlook: _Outlook, now: float) -> float:
    """How far ahead to look: to the fan's end where that is near enough to be worth the room."""
    ends = [end - now for end in (outlook.early, outlook.central, outlook.late) if end is not None]
    wanted = 1.15 * max(ends) if ends else past
    return min(max(wanted, _LEAST_AHEAD), max(3 * past, 7 * DAY))


def _steps(sizes: Sequence[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    """A size holds until another is told."""
    before = sizes[0][1]
    for instant, value in sizes:
        if value != before:
            yield instant, before
        yield instant, value
        before = value


def _area(
    here: tuple[float, float], capacity: float, outlook: _Outlook, end: float
) -> list[tuple[float, float]]:
    """Between the early and the late course; without a finite late one it may stay as it is for ever."""
    early = outlook.early if outlook.early is not None else outlook.central
    if early is None:
        return [here, (end, here[1])]
    if outlook.late is not None:
        return [here, (early, capacity), (outlook.late, capacity)]
    return [here, (early, capacity), (max(end, early), capacity), (max(end, early), here[1])]


def _course(
    here: tuple[float, float], capacity: float, outlook: _Outlook, end: float
) -> list[tuple[float, float]]:
    if outlook.central is None:
        return [here, (end, here[1])]
    return [here, (outlook.central, capacity)]


def _level(part: float, capacity: str) -> str:
    return f"full: {capacity}" if part == 1 else share(part)


def _outcome(outlook: _Outlook, now: float) -> str:
    """The end of the sentence."""
    central, early = outlook.central, outlook.early
    if not outlook.known:
        return "; when it is full is not known."
    if central is None:
        bound = f", at the earliest in {coarse(early - now)}" if early is not None else ""
        return f"; it is not expected to fill{bound}."
    if central <= now:
        return "; it is full."
    bounds = ""
    if early is not None and outlook.late is not None:
        bounds = f", between {coarse(max(0.0, early - now))} and {coarse(outlook.late - now)}"
    elif early is not None:
        bounds = f", at the earliest in {coarse(max(0.0, early - now))}"
    return f"; most likely full in {coarse(central - now)}{bounds}."
