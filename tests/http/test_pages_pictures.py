"""The two pictures of a claim's page: where things lie in them, and what they say in words."""

import re
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from holdfast.http.pages.axis import DAY, HOUR, Axis
from holdfast.http.pages.fan import HIGH, WIDE, Fan, draw_fan
from holdfast.http.pages.timeline import draw_timeline
from holdfast.http.pages.words import size
from holdfast.http.views import HistoryPart, TimelineCopy, TimelinePart, TimelineSource, UsePoint
from holdfast.model.account.filling import ForecastPart
from tests.http.filling import NOW

GIB = 1 << 30


def copy(
    days: float, *, counts: bool = True, restorable: bool = True, placement: str = "offsite"
) -> TimelineCopy:
    return TimelineCopy(
        captured=NOW - timedelta(days=days),
        expires=None,
        placement=placement,
        consistency="crash",
        counts=counts,
        restorable=restorable,
        schedule="nightly",
        target="s3",
        size_bytes=None,
        kind="Backup",
        object="b",
    )


def timeline(*copies: TimelineCopy, allowed: timedelta | None = timedelta(days=1)) -> TimelinePart:
    return TimelinePart(
        first=copies[-1].captured if copies else None,
        allowed_since=None if allowed is None else NOW - allowed,
        total=len(copies),
        sources=(TimelineSource(source="velero", total=len(copies), copies=copies),) if copies else (),
    )


def test_each_copy_is_a_dot_from_the_oldest_to_now() -> None:
    drawn = draw_timeline(timeline(copy(0), copy(5), copy(10)), NOW)
    assert drawn is not None
    assert [dot.x for dot in drawn.lines[0].dots] == ["100.00%", "50.98%", "1.96%"]
    assert drawn.lines[0].label == "velero, offsite: 3 copies"


def test_a_dot_tells_whether_the_copy_counts_and_can_be_restored() -> None:
    drawn = draw_timeline(timeline(copy(1), copy(2, counts=False), copy(3, restorable=False)), NOW)
    assert drawn is not None
    assert [dot.look for dot in drawn.lines[0].dots] == ["counts", "other", "gone"]
    assert (
        drawn.lines[0].dots[1].title
        == "2026-11-20 03:00:00 UTC: restorable, does not count for the objective"
    )


def test_each_place_has_a_line_of_its_own() -> None:
    drawn = draw_timeline(timeline(copy(1), copy(2, placement="local")), NOW)
    assert drawn is not None
    assert [line.label for line in drawn.lines] == ["velero, local: 1 copy", "velero, offsite: 1 copy"]


def test_the_band_is_as_long_as_a_copy_may_be_old() -> None:
    drawn = draw_timeline(timeline(copy(0), copy(9.8), allowed=timedelta(days=1)), NOW)
    assert drawn is not None
    assert drawn.band == ("90.00%", "10.00%")
    assert drawn.summary == "2 copies are known; the newest that counts is 0s old, and 24h is allowed."
    free = draw_timeline(timeline(copy(1), allowed=None), NOW)
    assert free is not None
    assert free.band is None


def test_what_is_older_than_shown_is_said() -> None:
    drawn = draw_timeline(timeline(copy(1), copy(400)), NOW)
    assert drawn is not None
    assert drawn.lines[0].label == "velero, offsite: 2 copies, 1 of them older"
    assert len(drawn.lines[0].dots) == 1


def test_without_a_copy_there_is_no_time_line_and_without_one_that_counts_that_is_said() -> None:
    assert draw_timeline(timeline(), NOW) is None
    drawn = draw_timeline(timeline(copy(1, restorable=False)), NOW)
    assert drawn is not None
    assert drawn.summary == "1 copy is known, and none that counts for the objective can be restored now."


@given(st.floats(HOUR, 4000 * DAY), st.floats(0, 4000 * DAY))
def test_ticks_are_few_told_apart_and_inside(past: float, ahead: float) -> None:
    now = NOW.timestamp()
    ticks = Axis(start=now - past, end=now + ahead, now=now).ticks()
    assert 1 <= len(ticks) <= 9
    assert "now" in [tick.label for tick in ticks]
    assert len({tick.label for tick in ticks}) == len(ticks)
    assert all(0 <= float(tick.x.rstrip("%")) <= 100 for tick in ticks)


def history(*used: float, forecast: ForecastPart | None = None, capacity: float = 10.0) -> HistoryPart:
    days = len(used)
    return HistoryPart(
        points=tuple(
            UsePoint(time=NOW - timedelta(days=days - place), used=each * GIB, capacity=capacity * GIB)
            for place, each in enumerate(used)
        ),
        forecast=forecast,
    )


def fills(full: float | None, early: float | None = None, late: float | None = None) -> ForecastPart:
    """In days."""
    return ForecastPart(
        fills=full is not None,
        reason="",
        full=at(full),
        full_early=at(early),
        full_late=at(late),
        full_chance=None,
        growth_per_second=None,
    )


def at(days: float | None) -> datetime | None:
    return None if days is None else NOW + timedelta(days=days)


def drawn(part: HistoryPart) -> Fan:
    fan = draw_fan(part, NOW, size)
    assert fan is not None
    return fan


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+) (-?[\d.]+)", path)]


def test_the_fan_opens_now_and_ends_where_it_is_full() -> None:
    fan = drawn(history(1, 2, 3, 4, forecast=fills(4, early=3, late=6)))
    here, early, late = points(fan.area)
    full = points(fan.capacity)[-1][1]
    assert here == points(fan.used)[-1]
    assert early[1] == late[1] == full
    assert here[0] < early[0] < points(fan.central)[1][0] < late[0] < WIDE
    assert fan.summary == "4 GiB of 10 GiB used (40 %); most likely full in 4d, between 3d and 6d."


def test_a_fan_without_a_late_end_stays_open() -> None:
    fan = drawn(history(1, 2, 3, 4, forecast=fills(4, early=3)))
    assert points(fan.area)[-1][1] == points(fan.used)[-1][1]
    assert fan.summary.endswith("most likely full in 4d, at the earliest in 3d.")


def test_what_does_not_fill_goes_on_as_it_is() -> None:
    fan = drawn(history(4, 4, 4, forecast=fills(None, early=100)))
    assert len({y for _, y in points(fan.central)}) == 1
    assert (
        fan.summary == "4 GiB of 10 GiB used (40 %); it is not expected to fill, at the earliest in 3 months."
    )


def test_an_unknown_end_is_neither_drawn_nor_told_as_none() -> None:
    unknown = ForecastPart(
        fills=None,
        reason="stale",
        full=None,
        full_early=None,
        full_late=None,
        full_chance=None,
        growth_per_second=None,
    )
    for forecast in (None, unknown):
        fan = drawn(history(1, 2, forecast=forecast))
        assert (fan.area, fan.central) == ("", "")
        assert fan.summary == "2 GiB of 10 GiB used (20 %); when it is full is not known."


def test_what_is_full_is_said_to_be_full() -> None:
    assert (
        drawn(history(9, 10, forecast=fills(-1, early=-1))).summary
        == "10 GiB of 10 GiB used (100 %); it is full."
    )


def test_a_size_that_grew_is_a_step() -> None:
    part = history(1, 1, 1)
    grown = HistoryPart(points=(*history(1, 1, 1, capacity=5).points[:2], part.points[-1]), forecast=None)
    steps = points(drawn(grown).capacity)
    assert steps[1][1] == steps[0][1] > steps[3][1]
    assert steps[2][0] == steps[3][0]


def test_one_reading_or_no_size_is_no_picture() -> None:
    assert draw_fan(history(1), NOW, size) is None
    assert draw_fan(history(0, 0, capacity=0), NOW, size) is None


@given(
    st.lists(st.floats(0, 1e6), min_size=2, max_size=30),
    st.tuples(*[st.none() | st.floats(-400, 400)] * 3),
    st.floats(1e-3, 1e6),
)
def test_any_history_and_forecast_can_be_drawn(
    used: list[float], ends: tuple[float | None, float | None, float | None], capacity: float
) -> None:
    fan = drawn(history(*used, forecast=fills(*ends), capacity=capacity))
    assert all(0 <= y <= HIGH for _, y in points(fan.used + fan.capacity))
    assert all(0 <= float(level.y.rstrip("%")) <= 100 for level in fan.levels)
