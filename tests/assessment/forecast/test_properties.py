"""What holds for every history, whatever stands in it."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.assessment.forecast import REASONS, Forecast, forecast
from tests.assessment.forecast.drawn import DAY, HOUR, NOW, SIZE, Floats

ANY = st.one_of(
    st.floats(0.0, 1.0),
    st.sampled_from([np.nan, np.inf, -np.inf, -1.0, 0.0, 2.0, 1e300, 1e-300]),
)
SHARES = st.lists(st.floats(0.01, 0.98), min_size=5, max_size=420)


def hourly(
    shares: list[float], size: float = SIZE, now: float = NOW
) -> tuple[Floats, Floats, Floats, Floats]:
    used = np.array(shares, float)[None] * size
    times = now - HOUR * np.arange(len(shares) - 1, -1, -1.0)[None]
    return times, used, np.full_like(used, size), np.array([now])


def fields(told: Forecast) -> Floats:
    return np.array([told.central[0], told.early[0], told.late[0]])


@settings(deadline=None, max_examples=80)
@given(SHARES)
def test_early_is_not_after_central_nor_late_before_it(shares: list[float]) -> None:
    early_to_late = forecast(*hourly(shares))
    assert 0.0 <= early_to_late.early[0] <= early_to_late.central[0]
    assert np.isnan(early_to_late.late[0]) == np.isposinf(early_to_late.central[0])
    assert np.isnan(early_to_late.late[0]) or early_to_late.late[0] >= early_to_late.central[0]


@settings(deadline=None, max_examples=60)
@given(SHARES, st.integers(-12, 12))
def test_size_does_not_matter(shares: list[float], power: int) -> None:
    small, large = forecast(*hourly(shares)), forecast(*hourly(shares, SIZE * 2.0**power))
    np.testing.assert_allclose(fields(small), fields(large), rtol=1e-3)


@settings(deadline=None, max_examples=40)
@given(SHARES, st.integers(-150, 150))
def test_which_week_it_is_does_not_matter(shares: list[float], weeks: int) -> None:
    then = NOW + weeks * 7 * DAY
    np.testing.assert_allclose(
        fields(forecast(*hourly(shares))), fields(forecast(*hourly(shares, now=then))), rtol=1e-3
    )


@settings(deadline=None, max_examples=60)
@given(SHARES, st.lists(st.floats(0.0, 1.0), min_size=1, max_size=5))
def test_what_is_said_to_come_from_the_future_is_not_looked_at(
    shares: list[float], later: list[float]
) -> None:
    times, used, capacity, now = hourly(shares)
    ahead = NOW + HOUR * np.arange(1, len(later) + 1)[None]
    with_later = forecast(
        np.hstack((times, ahead)),
        np.hstack((used, np.array(later)[None] * SIZE)),
        np.hstack((capacity, np.full_like(ahead, SIZE))),
        now,
    )
    np.testing.assert_allclose(fields(with_later), fields(forecast(times, used, capacity, now)), rtol=1e-3)


@settings(deadline=None, max_examples=60)
@given(SHARES, st.integers(1, 40))
def test_padding_says_nothing(shares: list[float], width: int) -> None:
    *readings, now = hourly(shares)
    times, used, capacity = (np.hstack((np.full((1, width), np.nan), array)) for array in readings)
    padded, plain = forecast(times, used, capacity, now), forecast(*hourly(shares))
    np.testing.assert_allclose(fields(padded), fields(plain), rtol=1e-3)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.floats(-500.0, 5.0), ANY, ANY), max_size=60))
def test_no_reading_is_too_odd(rows: list[tuple[float, float, float]]) -> None:
    rows = sorted(rows)
    times = np.array([[NOW + hours * HOUR for hours, _, _ in rows]]).reshape(1, -1)
    used, capacity = (np.array([[row[n] * SIZE for row in rows]]).reshape(1, -1) for n in (1, 2))
    told = forecast(times, used, capacity, np.array([NOW]))
    known = REASONS[int(told.reasons[0])] == ""
    assert known != np.isnan(told.central[0])
    assert known != np.isnan(told.chance[0])
    assert not any(bound[0] < 0.0 for bound in (told.central, told.early, told.late, told.chance))


@settings(deadline=None, max_examples=30)
@given(st.lists(SHARES, min_size=2, max_size=6))
def test_volumes_do_not_know_each_other(histories: list[list[float]]) -> None:
    width = max(len(shares) for shares in histories)
    together = [np.full((len(histories), width), np.nan) for _ in range(3)]
    for place, shares in enumerate(histories):
        for array, one in zip(together, hourly(shares)[:3], strict=True):
            array[place, width - len(shares) :] = one[0]
    times, used, capacity = together
    all_at_once = forecast(times, used, capacity, np.full(len(histories), NOW))
    for place, shares in enumerate(histories):
        alone = forecast(*hourly(shares))
        np.testing.assert_allclose(all_at_once.central[place], alone.central[0], rtol=1e-3)


def test_a_forecast_is_the_same_whoever_is_foretold_beside_it() -> None:
    """Bit for bit: what is served does not depend on how claims were gathered into slices."""
    chance = np.random.default_rng(7)
    hours = np.arange(14 * 24) * 3600.0
    times = np.tile(1.7e9 + hours, (150, 1))
    used = np.cumsum(chance.normal(4e7, 9e7, times.shape), axis=1) + chance.uniform(2e10, 8e10, (150, 1))
    capacity, now = np.full_like(times, 1e11), np.full(150, times[0, -1] + 60.0)
    whole = forecast(times, used, capacity, now)
    for some in (slice(0, 1), slice(3, 5), slice(40, 149)):
        part = forecast(times[some], used[some], capacity[some], now[some])
        for name in ("early", "central", "late", "chance"):
            assert np.array_equal(getattr(part, name), getattr(whole, name)[some], equal_nan=True)
