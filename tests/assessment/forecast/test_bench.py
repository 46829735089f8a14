"""The bench hands over what was known, and scores by what was true."""

from pathlib import Path

import numpy as np
import pytest

from bench.forecast.looks import handed
from bench.forecast.readings_file import read_csv
from bench.forecast.rivals import line, mixin
from bench.forecast.scoring import Tally
from bench.forecast.volumes import KINDS, make

HOUR, DAY = 3600.0, 86400.0
TIMES = np.arange(0.0, 10 * DAY, 600.0)
SIZE = np.full(len(TIMES), 100.0)
NONE = np.full(5, np.nan)


def test_a_look_sees_the_highest_of_each_hour_past_and_the_newest() -> None:
    used = (np.arange(len(TIMES)) % 6).astype(np.float64)
    times, seen, _ = handed(TIMES, used, SIZE, np.array([3 * HOUR + 1200.0]))
    assert seen[0][~np.isnan(seen[0])].tolist() == [5.0, 5.0, 5.0, 2.0]
    assert times[0, -1] == 3 * HOUR + 1200.0


def test_a_look_sees_nothing_of_what_comes_later() -> None:
    look = np.array([5 * DAY])
    spoilt = np.where(look[0] < TIMES, 99.0, 1.0)
    np.testing.assert_array_equal(
        handed(TIMES, spoilt, SIZE, look)[1], handed(TIMES, np.ones(len(TIMES)), SIZE, look)[1]
    )


def test_a_line_through_six_hours_ends_when_it_ends() -> None:
    free = 100.0 - 5.0 * TIMES / DAY
    assert line(TIMES, free, np.array([9 * DAY]), 6.0)[0] == pytest.approx(11 * DAY, rel=1e-6)


def test_the_mixin_warns_below_fifteen_percent_free_only() -> None:
    used = 50.0 + 5.0 * TIMES / DAY  # 15 % free after seven days, then three days to go
    _, alarm = mixin(TIMES, used, SIZE, np.array([6.5 * DAY, 7.2 * DAY]))
    assert alarm.tolist() == [False, True]


def test_an_alarm_is_false_where_full_is_more_than_six_days_off() -> None:
    tally = Tally()
    truth = np.array([9.0, 8.0, 7.0, 6.5, 6.4]) * DAY
    tally.add(truth, truth, (truth, NONE, NONE), np.array([False, True, True, False, False]))
    assert (tally.alarms, tally.false_alarms, tally.false_looks) == (1, 1, 2)


def test_a_full_that_no_alarm_announced_is_missed() -> None:
    tally = Tally()
    truth = np.arange(72.0, 0.0, -1.0) * HOUR
    nothing = np.full(72, np.nan)
    tally.add(truth, truth, (truth, nothing, nothing), np.zeros(72, bool))
    assert tally.figures()["missed"] == 1.0


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_volume_is_the_same_each_time_and_true_to_its_end(kind: str) -> None:
    once, again = make(kind, 3), make(kind, 3)
    np.testing.assert_array_equal(once.used, again.used)
    assert len(once.looks) == len(once.truth) == len(once.foreseen)
    assert (once.truth > 0.0).all()


def test_a_csv_from_prometheus_is_read_with_its_heading(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("time,used,capacity\n2025-01-01T01:00:00Z,2,10\n1735689600,1,10\n")
    times, used, _ = read_csv(file)
    assert times.tolist() == [1735689600.0, 1735693200.0]
    assert used.tolist() == [1.0, 2.0]


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "own.csv"
    file.write_text("time,used,capacity\n0,1,10\n600,one,10\n")
    with pytest.raises(ValueError, match="line 3"):
        read_csv(file)
