"""What looks at different hours agree on, one truth a test."""

import numpy as np
import pytest

from holdfast.assessment.forecast import FULL_WITHIN, LIKELY, forecast
from holdfast.assessment.forecast.steadying import EVERY, Said, agreed
from tests.assessment.forecast.drawn import DAY, HOUR, NOW, SIZE, ago, told

FAR = 5 * 24.0


def by_looks(*chances: float, hours: float = FAR) -> float:
    """What is said after looks that said this, the newest first and six hours apart."""
    column = np.array(chances)[:, None]
    ages = EVERY * np.arange(len(chances), dtype=float)[:, None]
    return float(agreed(Said(chance=column, hours=np.full_like(column, hours), ages=ages))[0])


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


def test_a_look_that_could_not_be_taken_says_nothing() -> None:
    assert by_looks(0.8, 0.8, np.nan, np.nan) == pytest.approx(0.8)


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
