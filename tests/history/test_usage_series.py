"""Readings into slots: what stands for an hour, in whatever order they come, and which arrays come out."""

import math
from itertools import permutations
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.history.series import EMPTY, READING, Keep, Ring, packed, reduce, unpacked
from holdfast.history.usage import SLOTS, STEP, UsageHistory
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample, later

NOW = 1_800_000_000.0  # a full hour
DATA = ClaimRef("shop", "data-0")
KEEPS: list[Keep] = ["last", "max"]
KEEP = st.sampled_from(KEEPS)

NUMBERS = st.none() | st.integers(0, 2**20).map(float)
SAMPLES = st.builds(
    UsageSample,
    claim=st.just(DATA),
    time=st.integers(-5 * STEP, 60).map(lambda age: NOW + age),
    used=NUMBERS,
    capacity=NUMBERS,
    inodes_used=NUMBERS,
    inodes=NUMBERS,
)
BATCH = st.lists(st.tuples(st.sampled_from(["uid-1", "uid-2"]), SAMPLES), max_size=30)
Batch = list[tuple[str, UsageSample]]


def sample(age: float, used: float | None = 5.0, capacity: float | None = 10.0) -> UsageSample:
    return UsageSample(claim=DATA, time=NOW - age, used=used, capacity=capacity)


def history(*samples: UsageSample, keep: Keep = "last") -> UsageHistory:
    held = UsageHistory(keep=keep)
    held.take([("uid-1", one) for one in samples], NOW)
    return held


def points(held: UsageHistory, now: float = NOW) -> list[tuple[float, float, float]]:
    """Age, used and capacity, oldest first."""
    times, used, capacity = held.window(["uid-1"], now)
    return [
        (NOW - time, use, size)
        for time, use, size in zip(times[0], used[0], capacity[0], strict=True)
        if not math.isnan(time)
    ]


def test_of_an_hour_the_last_reading_stands() -> None:
    held = history(sample(3 * STEP, 1), sample(3 * STEP - 1800, 9), sample(3 * STEP - 3599, 2), sample(0))
    assert points(held) == [(2 * STEP + 1, 2, 10), (0, 5, 10)]


def test_of_an_hour_the_most_used_stands_where_that_is_asked_for() -> None:
    held = history(
        sample(3 * STEP, 1), sample(3 * STEP - 1800, 9), sample(3 * STEP - 3599, 2), sample(0), keep="max"
    )
    assert points(held) == [(2 * STEP + 1800, 9, 10), (0, 5, 10)]


def test_of_an_hour_the_most_inodes_stand_though_bytes_were_fullest_at_another_time() -> None:
    """In whatever order, and with the number of inodes that there were then."""
    rows = [(0, 9.0, 10.0, 3.0, 30.0), (60, 5.0, 20.0, 8.0, 40.0), (90, 6.0, 10.0, 2.0, 50.0)]
    samples = [
        UsageSample(claim=DATA, time=NOW - 2 * STEP + at, used=a, capacity=b, inodes_used=c, inodes=d)
        for at, a, b, c, d in rows
    ]
    for order in permutations(samples):
        whole, single = history(*order, sample(0), keep="max"), UsageHistory(keep="max")
        for each in (*order, sample(0)):
            single.take([("uid-1", each)], NOW)
        for held in (whole, single):
            assert points(held) == [(2 * STEP, 9, 10), (0, 5, 10)]
            _, used, inodes = held.window(["uid-1"], NOW, "inodes")
            assert (used.tolist(), inodes.tolist()) == ([[8.0]], [[40.0]])


def test_the_newest_sample_stands_as_it_was_measured() -> None:
    """Not rounded to the second, nor to the four bytes in which the rest is kept."""
    odd = sample(0.25, 2.0**40 + 1, 2.0**41 + 3)
    assert points(history(sample(STEP), odd))[-1] == (0.25, 2.0**40 + 1, 2.0**41 + 3)


def test_a_resize_is_seen_in_the_hour_it_happened() -> None:
    held = history(
        sample(3 * STEP),
        sample(2 * STEP, capacity=20.0),
        sample(STEP, capacity=20.0),
        sample(0, capacity=20.0),
    )
    assert [size for _, _, size in points(held)] == [10, 20, 20, 20]


def test_what_root_keeps_back_is_not_offered() -> None:
    reserved = UsageSample(claim=DATA, time=NOW, used=50.0, available=45.0, capacity=100.0)
    assert points(history(reserved)) == [(0, 50, 95)]


def test_inodes_are_a_series_of_their_own() -> None:
    held = history(
        UsageSample(claim=DATA, time=NOW - STEP, inodes_used=3.0, inodes=9.0),
        UsageSample(claim=DATA, time=NOW, used=5.0, capacity=10.0, inodes_used=4.0, inodes=9.0),
    )
    assert points(held) == [(0, 5, 10)]
    assert held.window(["uid-1"], NOW, "inodes").used.tolist() == [[3.0, 4.0]]


def test_a_gap_leaves_nothing_of_the_hours_sixteen_days_before() -> None:
    """The ring comes round: what stood in its places is of another time."""
    held = UsageHistory()
    for age in (17 * 24 * STEP, 16 * 24 * STEP + STEP, 0):
        held.take([("uid-1", sample(age))], NOW - age)
    assert points(held) == [(0, 5, 10)]


def test_sixteen_days_are_kept_and_no_more() -> None:
    held = history(*(sample(age * STEP, age) for age in range(450)))
    ages = [age / STEP for age, _, _ in points(held)]
    assert ages == list(range(SLOTS - 1, -1, -1))


def test_what_is_old_leaves_the_window_though_nothing_new_came() -> None:
    """As after a restart, when the store has let go of it."""
    held = history(*(sample(age * STEP) for age in range(SLOTS)))
    assert len(points(held, NOW + 100 * STEP)) == SLOTS - 100
    assert held.newest("uid-1") == sample(0)


def test_the_future_is_ignored_but_for_a_minute() -> None:
    assert points(history(sample(-61))) == []
    assert points(history(sample(-60))) == [(-60, 5, 10)]


def test_a_clock_that_was_ahead_blocks_nothing() -> None:
    held = UsageHistory()
    held.take([("uid-1", sample(STEP))], NOW)
    held.take([("uid-1", sample(-86400, 9))], NOW + 86400)
    held.take([("uid-1", sample(0))], NOW)
    assert points(held) == [(STEP, 5, 10), (0, 5, 10)]
    assert held.newest("uid-1") == sample(0)


def test_arrays_have_nan_in_front_and_the_order_that_was_asked_for() -> None:
    held = history(sample(STEP, 1), sample(0, 2))
    held.take([("uid-2", UsageSample(claim=DATA, time=NOW, used=7.0, capacity=9.0))], NOW)
    times, used, capacity = held.window(["uid-2", "none", "uid-1"], NOW)
    assert np.array_equal(used, [[np.nan, 7], [np.nan, np.nan], [1.0, 2.0]], equal_nan=True)
    assert np.array_equal(times, [[np.nan, NOW], [np.nan, np.nan], [NOW - STEP, NOW]], equal_nan=True)
    assert np.array_equal(capacity, [[np.nan, 9], [np.nan, np.nan], [10.0, 10.0]], equal_nan=True)


def test_of_no_claims_the_arrays_are_empty() -> None:
    assert [array.shape for array in UsageHistory().window([], NOW)] == [(0, 0)] * 3


def test_who_is_forgotten_is_gone_and_leaves_nothing_to_who_comes_after() -> None:
    held = history(sample(STEP), sample(0))
    held.forget(["uid-1", "unknown"])
    assert (len(held), held.newest("uid-1"), points(held)) == (0, None, [])
    held.take([("uid-9", sample(0, 1))], NOW)
    assert held.window(["uid-9"], NOW).used.tolist() == [[1.0]]


def test_a_claim_costs_no_more_than_seven_kibibytes() -> None:
    """Bytes and inodes."""
    assert Ring(SLOTS, "last").row_bytes <= 7168


@pytest.mark.parametrize("keep", KEEPS)
def test_who_knows_nothing_of_bytes_does_not_hide_who_does(keep: Keep) -> None:
    known = sample(2 * STEP, 5)
    for order in permutations(
        (known, sample(2 * STEP - 60, None), sample(2 * STEP - 90, 6, None), sample(0))
    ):
        assert points(history(*order, keep=keep))[0] == (2 * STEP, 5, 10)


@given(BATCH, KEEP, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(batch: Batch, keep: Keep, random: Random) -> None:
    one, other = UsageHistory(keep=keep), UsageHistory(keep=keep)
    one.take(batch, NOW)
    for item in random.sample(batch, len(batch)):
        other.take([item], NOW)
    for resource in ("bytes", "inodes"):
        mine, theirs = (held.window(["uid-1", "uid-2"], NOW, resource) for held in (one, other))
        for ours, others in zip(mine, theirs, strict=True):
            assert np.array_equal(ours, others, equal_nan=True)


@given(BATCH, KEEP)
def test_the_same_again_changes_nothing(batch: Batch, keep: Keep) -> None:
    held = UsageHistory(keep=keep)
    held.take(batch, NOW)
    held.unsaved(NOW, 1000)
    held.take(batch, NOW)
    assert held.unsaved(NOW, 1000) is None


@given(BATCH, KEEP)
def test_the_newest_is_the_newest(batch: Batch, keep: Keep) -> None:
    held = UsageHistory(keep=keep)
    held.take(batch, NOW)
    for uid in ("uid-1", "uid-2"):
        mine = [one for key, one in batch if key == uid]
        newest = held.newest(uid)
        assert (newest is None) == (not mine)
        if newest:
            assert all(later(newest, one) == newest for one in mine)


@given(BATCH, KEEP)
def test_every_point_was_measured_and_times_rise(batch: Batch, keep: Keep) -> None:
    held = UsageHistory(keep=keep)
    held.take(batch, NOW)
    measured = {(one.time, one.filled, one.offered) for uid, one in batch if uid == "uid-1"}
    found = points(held)
    assert {(NOW - age, use, size) for age, use, size in found} <= measured
    assert [age for age, _, _ in found] == sorted({age for age, _, _ in found}, reverse=True)


@given(BATCH)
def test_the_most_used_of_an_hour_is_never_more_than_was_measured_and_never_less_than_the_last(
    batch: Batch,
) -> None:
    last, most = UsageHistory(keep="last"), UsageHistory(keep="max")
    for held in (last, most):
        held.take(batch, NOW)
    hours = {int((NOW - age) // STEP): use for age, use, _ in points(most)}
    for age, use, _ in points(last)[:-1]:
        assert hours[int((NOW - age) // STEP)] >= use


@given(
    st.integers(0, 2**20),
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3599), st.floats(0, 2.0**40, width=32)), max_size=9),
)
def test_a_packed_slot_reads_as_it_was(slot: int, cells: list[tuple[int, int, float]]) -> None:
    slab = np.array(
        [(row, slot, offset, used, used, np.nan, np.nan) for row, offset, used in cells], dtype=READING
    )
    assert unpacked(slot, packed(slab)).tobytes() == slab.tobytes()


@given(st.binary(max_size=60))
def test_what_was_not_packed_is_refused_or_reads_as_readings(data: bytes) -> None:
    try:
        found = unpacked(1, data)
    except ValueError:
        return
    assert packed(found) == data


def test_one_bit_that_flips_is_noticed() -> None:
    data = bytearray(packed(np.array([(1, 5, 7, 1, 2, 3, 4)], dtype=READING)))
    data[12] ^= 1
    with pytest.raises(ValueError, match="sum"):
        unpacked(5, bytes(data))


@given(BATCH, KEEP)
def test_reduction_leaves_one_reading_a_slot_that_nothing_outranks(batch: Batch, keep: Keep) -> None:
    cells = [
        (0, int(one.time // STEP), int(one.time % STEP), one.used or 0, one.capacity or 0, 0, 0)
        for _, one in batch
    ]
    readings = np.array(cells, dtype=READING)
    found = reduce(readings, keep)
    by = "offset" if keep == "last" else "used"
    assert found["slot"].tolist() == sorted(set(readings["slot"].tolist()))
    for one in found:
        assert one[by] == readings[by][readings["slot"] == one["slot"]].max()
    assert EMPTY not in found["offset"]
