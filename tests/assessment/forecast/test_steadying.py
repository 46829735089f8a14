"""What looks at different hours agree on, one truth a test."""

import numpy as np
import pytest

from holdfast.assessment.forecast import FULL_WITHIN, LIKELY, forecast
from holdfast.assessment.forecast.looking import Standing
from holdfast.assessment.forecast.readings import read
from holdfast.assessment.forecast.steadying import Said, agreed
from tests.assessment.forecast.drawn import DAY, HOUR, NOW, SIZE, ago, told

FAR = 5 * 24.0


def by_looks(*chances: float, hours: float = FAR) -> float:
    """What is said after looks that said this, the newest first and eight hours apart."""
    column = np.array([*chances, np.nan, np.nan, np.nan])[:, None]
    known = np.full(column.shape, 400.0, np.float32)
    return float(
        agreed(Said(chance=column, hours=np.full_like(column, hours), known=known), len(chances))[0][0]
    )


def standing(now: float) -> Standing:
    """Where a volume stands that is known by the hour for three weeks and grows by night."""
    times = np.arange(NOW - 21 * DAY, now + 1.0, HOUR)
    used = np.cumsum((times / HOUR % 24 < 9.0) * 0.002)[None] * SIZE
    readings = read(times[None], used, np.full_like(used, 2 * SIZE), np.array([now]))
    return Standing(
        levels=readings.levels,
        hours=(readings.span / HOUR).astype(np.float32),
        newest=now - readings.age,
        horizon=np.array([144.0]),
    )


def test_one_look_alone_does_not_make_full_likely() -> None:
    assert by_looks(0.95, 0.2, 0.2, 0.2) < LIKELY


def test_looks_of_a_day_that_agree_make_full_likely() -> None:
    assert by_looks(0.8, 0.8, 0.8, 0.8, 0.8, 0.8) >= LIKELY


def test_what_is_full_within_a_day_is_not_waited_for() -> None:
    assert by_looks(0.95, 0.05, 0.05, 0.05, hours=8.0) == pytest.approx(0.95)


def test_what_was_likely_stays_so_while_it_is_not_unlikely() -> None:
    assert by_looks(0.6, 0.6, 0.6, 0.6, 0.9, 0.9, 0.9, 0.9) >= LIKELY


def test_what_has_fallen_since_is_forgotten() -> None:
    assert by_looks(0.6, 0.2, 0.1, 0.1, 0.1, 0.95, 0.95, 0.95) < LIKELY


def test_what_one_look_no_longer_sees_is_no_longer_likely() -> None:
    assert by_looks(0.2, 0.95, 0.95, 0.95, 0.95) < LIKELY


def test_what_was_likely_four_looks_ago_and_neither_since_is_likely_still() -> None:
    assert by_looks(0.55, 0.6, 0.7, 0.9, 0.9, 0.9, 0.9) >= LIKELY


def test_a_look_that_could_not_be_taken_says_nothing() -> None:
    assert by_looks(0.8, 0.8, np.nan, np.nan) == pytest.approx(0.8)


def test_two_forecasts_an_hour_apart_rest_on_the_same_looks() -> None:
    volume, hours = np.array([0]), np.array([13])
    now, later = standing(NOW).before(volume, hours), standing(NOW + HOUR).before(volume, hours + 1)
    np.testing.assert_allclose(now.levels, later.levels, rtol=1e-6)
    assert (now.newest[0], now.hours[0]) == (later.newest[0], later.hours[0])


def test_of_a_new_volume_full_is_not_likely_before_there_is_a_look_before() -> None:
    hours = ago(4)
    assert told(0.8 - 0.01 * hours, hours).chance[0] < LIKELY


def test_steady_growth_that_ends_in_three_days_is_likely_full() -> None:
    hours = ago(384)
    assert told(0.93 - 0.02 * hours / 24, hours).chance[0] >= LIKELY


def test_steady_growth_that_ends_in_a_month_is_not() -> None:
    hours = ago(384)
    assert told(0.39 - 0.02 * hours / 24, hours).chance[0] < 0.1


def test_what_is_full_is_full_for_certain() -> None:
    assert told(np.append(np.full(384, 0.98), 0.995), ago(384)).chance[0] == 1.0


def test_who_asks_for_more_days_is_told_of_more() -> None:
    hours = ago(384)
    used = (0.79 - 0.02 * hours / 24)[None] * SIZE  # ten days to go
    asked = ((NOW - hours * HOUR)[None], used, np.full_like(used, SIZE), np.array([NOW]))
    near, far = forecast(*asked, within=FULL_WITHIN), forecast(*asked, within=np.array([14 * DAY]))
    assert near.chance[0] < 0.3
    assert far.chance[0] >= LIKELY


def test_a_burst_on_a_volume_known_for_long_is_likely_at_once() -> None:
    used = np.full(385, 0.4)
    used[-5:] = [0.5, 0.6, 0.7, 0.8, 0.9]
    assert told(used, ago(384)).chance[0] >= LIKELY


def test_a_look_before_does_not_stand_on_the_top_of_an_hour_that_ended_lower() -> None:
    at = standing(NOW)
    at.levels[5], at.levels[4] = 0.9, 0.3
    assert at.before(np.array([0]), np.array([5])).levels[0, 0] == pytest.approx(0.3)
