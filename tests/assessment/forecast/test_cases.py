"""Known histories and what is foretold of them, one truth a test."""

import numpy as np
import pytest

from holdfast.assessment.forecast import LIKELY, REASONS, Forecast, forecast
from holdfast.assessment.forecast.readings import read
from tests.assessment.forecast.drawn import DAY, HOUR, NOW, SIZE, ago, days, told

FORTNIGHT = ago(384)


def reason(told_of: Forecast) -> str:
    return REASONS[int(told_of.reasons[0])]


def test_even_growth_is_full_when_its_line_says_so() -> None:
    volume = told(0.90 - 0.02 * FORTNIGHT / 24, FORTNIGHT)  # 2 % a day, 9 % left
    assert days(volume.central) == pytest.approx(4.5, rel=0.15)
    assert volume.early[0] < 4.5 * DAY < volume.late[0]


@pytest.mark.parametrize("percent", [0.5, 1.0, 2.0, 4.0])
@pytest.mark.parametrize("known", [7, 9, 17])
@pytest.mark.parametrize("grain", [0.0, 1e-4, 1e-3])
def test_a_clean_line_is_announced_as_it_nears_and_until_it_ends(
    percent: float, known: int, grain: float
) -> None:
    """At whatever hour of the week, and told to a thousandth of the volume or finer."""
    for left in range(84 if known > 14 else 66, 0, -6):
        hours = ago(min(known * 24 - left, 384))
        used = 0.99 - percent / 100 * (hours + left) / 24
        used = used if not grain else np.floor(used / grain) * grain
        assert told(used, hours, now=NOW - left * HOUR).chance[0] >= LIKELY


def test_the_bounds_of_a_clean_line_are_near_and_hold_it() -> None:
    volume = told(0.93 - 0.02 * FORTNIGHT / 24, FORTNIGHT)
    assert 0.85 * 3 * DAY < volume.early[0] < 3 * DAY < volume.late[0] < 1.15 * 3 * DAY


def test_a_line_that_is_a_week_off_is_not_announced() -> None:
    assert told(0.85 - 0.02 * FORTNIGHT / 24, FORTNIGHT).chance[0] < 0.3


def test_a_line_is_announced_however_late_it_was_measured() -> None:
    used = 0.91 - 0.02 * FORTNIGHT / 24  # four days to go
    for late in (0, 8, 16, 23):
        times, one = NOW - (FORTNIGHT + late) * HOUR, np.full((1, 385), SIZE)
        assert forecast(times[None], used[None] * SIZE, one, np.array([NOW])).chance[0] >= LIKELY


def test_a_line_of_three_days_is_carried_on_for_no_longer() -> None:
    """Asked for a month, a week of it says more than three days do."""
    hours, wanted = ago(74), np.array([30 * DAY])
    used = (0.7 - 0.01 * hours / 24)[None] * SIZE  # 29 days to go
    asked = ((NOW - hours * HOUR)[None], used, np.full_like(used, SIZE), np.array([NOW]))
    assert forecast(*asked, within=wanted).chance[0] < LIKELY


@pytest.mark.parametrize("turn", ["stopped", "cleaned", "enlarged"])
def test_a_line_that_ends_is_announced_no_more(turn: str) -> None:
    """Growth that stopped half a day ago, a tenth that was deleted three hours ago, a volume of twice the size since."""
    used, size = 0.95 - 0.02 * FORTNIGHT / 24, np.full(385, SIZE)
    if turn == "stopped":
        used = np.where(FORTNIGHT < 12, used[-13], used)
    elif turn == "cleaned":
        used = np.where(FORTNIGHT <= 3, used - 0.1, used)
    else:
        size = np.where(FORTNIGHT <= 3, 2 * SIZE, SIZE)
    told_of = forecast((NOW - FORTNIGHT * HOUR)[None], (used * SIZE)[None], size[None], np.array([NOW]))
    before = told(0.95 - 0.02 * FORTNIGHT / 24, FORTNIGHT)
    assert before.chance[0] >= LIKELY
    assert told_of.late[0] > 1.5 * before.late[0] or np.isnan(told_of.late[0])
    if turn != "stopped":
        assert told_of.chance[0] < LIKELY


def test_a_line_of_less_than_three_days_may_be_a_load_that_ends() -> None:
    hours = ago(48)
    volume = told(0.9 - 0.2 * hours / 24, hours)  # half a day to go
    assert volume.late[0] > 1.5 * volume.central[0]


@pytest.mark.parametrize("before", [3, 200])
def test_what_is_bridged_is_straight_by_itself_and_proves_nothing(before: int) -> None:
    """A week without readings between two levels, however many stood at the first."""
    hours = np.append(np.arange(168.0 + before, 167.5, -1.0), [2.0, 1.0, 0.0])
    volume = told(np.where(hours > 3, 0.5, 0.93), hours)
    assert volume.late[0] > 1.5 * volume.central[0]


def test_one_reading_of_long_ago_takes_nothing_from_a_line() -> None:
    hours = np.append(384.0, ago(168))
    assert told(0.92 - 0.02 * hours / 24, hours).chance[0] >= LIKELY


def test_even_growth_is_told_in_bytes_a_second() -> None:
    volume = told(0.90 - 0.02 * FORTNIGHT / 24, FORTNIGHT)
    assert volume.growth[0] == pytest.approx(0.02 * SIZE / DAY, rel=0.02)


def test_a_volume_that_does_not_grow_never_fills() -> None:
    volume = told(np.full(385, 0.5), FORTNIGHT)
    assert np.isposinf(volume.central[0])
    assert np.isnan(volume.late[0])
    assert volume.growth[0] == 0.0


def test_nearly_full_and_still_is_not_filling() -> None:
    noise = np.random.default_rng(1).normal(0.0, 0.0003, 385)
    assert days(told(0.96 + noise, FORTNIGHT).central) > 30.0


def test_a_shrinking_volume_never_fills() -> None:
    assert np.isposinf(told(0.4 + 0.01 * FORTNIGHT / 24, FORTNIGHT).central[0])


def test_ninety_nine_of_a_hundred_is_full_now() -> None:
    volume = told(np.append(np.full(384, 0.98), 0.99), FORTNIGHT)
    assert (volume.central[0], volume.early[0], volume.late[0]) == (0.0, 0.0, 0.0)


def test_a_daily_job_that_gives_its_room_back_is_no_growth() -> None:
    hour = (FORTNIGHT % 24).astype(int)
    used = 0.4 + np.where((hour >= 2) & (hour < 8), 0.4, 0.0)
    assert days(told(used, FORTNIGHT).central) > 14.0


def test_under_a_saw_tooth_it_is_the_teeth_that_fill_the_volume() -> None:
    teeth = 0.1 * ((-FORTNIGHT) % 6) / 5  # up to 10 % each six hours
    volume = told(0.80 - 0.02 * FORTNIGHT / 24 + teeth, FORTNIGHT)
    assert days(volume.central) == pytest.approx(4.5, rel=0.35)


def test_a_week_with_quiet_days_is_carried_on_as_a_week() -> None:
    worked = np.where((FORTNIGHT // 24) % 7 >= 2, 1.0, 0.0)  # two days of seven are quiet
    grown = np.cumsum(worked) * 0.04 / 24
    volume = told(
        0.93 - grown[-1] + grown, FORTNIGHT
    )  # 4 % a working day, the last two were quiet: 1.5 days to go
    assert days(volume.central) == pytest.approx(1.5, abs=0.7)


def test_a_weekly_clean_up_below_the_brim_is_no_alarm() -> None:
    hours = FORTNIGHT + 20
    used = 0.85 - 0.5 * (hours % 168) / 168
    assert days(told(used, FORTNIGHT).central) > 7.0


def test_one_clean_up_does_not_hide_that_it_grows() -> None:
    grown = 0.97 - 0.03 * FORTNIGHT / 24
    volume = told(np.where(FORTNIGHT > 120, grown, grown - 0.15), FORTNIGHT)  # 82 % now, 3 % a day
    assert days(volume.central) == pytest.approx(5.7, rel=0.45)


def test_after_an_expansion_the_bytes_go_on_as_before() -> None:
    used = (90.0 - 2.0 * FORTNIGHT / 24) * 1e9
    capacity = np.where(FORTNIGHT > 100, 95e9, 190e9)
    volume = forecast((NOW - FORTNIGHT * HOUR)[None], used[None], capacity[None], np.array([NOW]))
    assert days(volume.central) == pytest.approx(49.0, rel=0.5)


def test_a_burst_is_foretold_within_hours() -> None:
    used = np.full(385, 0.4)
    used[-5:] = [0.5, 0.6, 0.7, 0.8, 0.9]
    assert told(used, FORTNIGHT).central[0] < 12 * HOUR


def test_readings_of_another_file_system_are_left_out() -> None:
    used, capacity = np.full(385, 0.5 * SIZE), np.full(385, SIZE)
    used[200], capacity[200] = 7 * SIZE, 8 * SIZE
    volume = forecast((NOW - FORTNIGHT * HOUR)[None], used[None], capacity[None], np.array([NOW]))
    assert np.isposinf(volume.central[0])


def test_a_newest_reading_of_another_file_system_is_not_believed_at_once() -> None:
    used, capacity = np.full(385, 0.5 * SIZE), np.full(385, SIZE)
    used[-1], capacity[-1] = 2.99 * SIZE, 3 * SIZE
    volume = forecast((NOW - FORTNIGHT * HOUR)[None], used[None], capacity[None], np.array([NOW]))
    assert np.isposinf(volume.central[0])


def test_zero_among_others_is_no_reading() -> None:
    used = 0.90 - 0.02 * FORTNIGHT / 24
    used[[50, 150, 380]] = 0.0
    assert days(told(used, FORTNIGHT).central) == pytest.approx(4.5, rel=0.25)


FILLING = 0.90 - 0.02 * FORTNIGHT / 24


@pytest.mark.parametrize("hours", [3, 5, 6, 7, 24, 200])
def test_a_volume_that_was_emptied_is_empty_once_it_has_been_for_six_hours(hours: int) -> None:
    """Before, it may be a file system that was not there."""
    used = FILLING.copy()
    used[-hours - 1 :] = 0.0
    volume = told(used, FORTNIGHT)
    assert volume.reasons[0] == REASONS.index("")
    if hours < 6:
        assert days(volume.central) == pytest.approx(4.5, rel=0.25)
    else:
        assert days(volume.central) > 6.0


def test_two_zeros_with_nothing_told_between_them_are_no_empty_hours() -> None:
    """The node was away: whether the volume was empty meanwhile nobody knows."""
    used = FILLING.copy()
    used[[-10, -1]] = 0.0
    told_of = (FORTNIGHT > 9) | (FORTNIGHT == 0)
    assert days(told(used[told_of], FORTNIGHT[told_of]).central) == pytest.approx(4.5, rel=0.25)


def test_zeros_with_others_between_them_are_no_empty_hours() -> None:
    used = FILLING.copy()
    used[-12::2] = 0.0
    assert days(told(used, FORTNIGHT).central) == pytest.approx(4.5, rel=0.25)


def test_what_was_empty_for_a_day_was_not_half_full() -> None:
    """No bridge is built over it, from before to after."""
    used = FILLING.copy() * SIZE
    used[-72:-48] = 0.0
    readings = read((NOW - FORTNIGHT * HOUR)[None], used[None], np.full((1, 385), SIZE), np.array([NOW]))
    assert readings.levels[48:72, 0].max() == 0.0
    assert readings.measured.all()


def test_a_gap_is_bridged() -> None:
    kept = (FORTNIGHT < 100) | (FORTNIGHT > 160)
    volume = told((0.90 - 0.02 * FORTNIGHT / 24)[kept], FORTNIGHT[kept])
    assert days(volume.central) == pytest.approx(4.5, rel=0.25)


def test_the_time_since_the_newest_reading_has_passed() -> None:
    fresh = told(0.90 - 0.02 * FORTNIGHT / 24, FORTNIGHT)
    older = told(0.90 - 0.02 * FORTNIGHT / 24, FORTNIGHT + 10)
    assert older.central[0] == pytest.approx(fresh.central[0] - 10 * HOUR, rel=0.1)


def test_without_a_reading_nothing_is_foretold() -> None:
    nothing = np.full((1, 5), np.nan)
    volume = forecast(nothing, nothing, nothing, np.array([NOW]))
    assert reason(volume) == "no-readings"
    assert np.isnan([volume.central[0], volume.early[0], volume.late[0], volume.growth[0]]).all()


def test_two_hours_are_too_little_to_foretell() -> None:
    volume = told(np.array([0.5, 0.6, 0.7]), ago(2))
    assert reason(volume) == "short-history"
    assert np.isnan(volume.central[0])


def test_a_day_after_the_newest_reading_it_is_stale() -> None:
    volume = told(np.full(385, 0.5), FORTNIGHT + 25)
    assert reason(volume) == "stale"
    assert np.isnan(volume.central[0])


def test_no_volumes_no_forecasts() -> None:
    nothing = np.empty((0, 4))
    assert forecast(nothing, nothing, nothing, np.empty(0)).central.shape == (0,)
