"""What a sample says, and which of several counts: numbers in, samples out."""

import math
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.identity import ClaimRef
from holdfast.model.usage import STATS, Stat, UsageSample, fuller, is_own, later, newest, sample_of

CLAIM = ClaimRef("shop", "data-0")
NOW = 1_800_000_000.0
GIB = 2.0**30

NUMBERS = st.none() | st.floats(0, 2**62)
SAMPLES = st.builds(
    UsageSample,
    claim=st.sampled_from([CLAIM, ClaimRef("shop", "data-1")]),
    time=st.sampled_from([NOW, NOW + 1, NOW + 2]),
    used=NUMBERS,
    capacity=NUMBERS,
    origin=st.sampled_from(["a", "b"]),
)


def test_all_that_the_kubelet_tells_is_one_sample() -> None:
    stats: dict[Stat, float] = {
        "used": 3.0,
        "capacity": 10.0,
        "available": 7.0,
        "inodes_used": 5.0,
        "inodes": 9.0,
    }
    sample = sample_of(CLAIM, NOW, stats, "node-1")
    assert sample == UsageSample(claim=CLAIM, time=NOW, origin="node-1", **stats)


@pytest.mark.parametrize("bad", [math.nan, -1.0, 2.0**64 - 4096, math.inf, -math.inf])
def test_a_number_that_cannot_be_is_unknown(bad: float) -> None:
    """NaN, less than nothing, and what a driver's subtraction without a sign makes of less than nothing."""
    assert sample_of(CLAIM, NOW, {"used": bad, "capacity": 10.0}) is None
    assert sample_of(CLAIM, NOW, {"used": 5.0, "capacity": bad}) == UsageSample(
        claim=CLAIM, time=NOW, used=5.0
    )


@pytest.mark.parametrize(
    ("stat", "one", "other", "counts"),
    [
        ("used", 5.0, 7.0, 7.0),
        ("inodes_used", 5.0, 7.0, 7.0),
        ("available", 5.0, 7.0, 5.0),
        ("capacity", 5.0, 7.0, 5.0),
        ("capacity", 0.0, 7.0, 7.0),
        ("inodes", 0.0, 7.0, 7.0),
        ("available", 0.0, 7.0, 0.0),
        ("capacity", -1.0, 7.0, 7.0),
        ("used", math.nan, 7.0, 7.0),
        ("used", 2.0**63, 7.0, 7.0),
    ],
)
def test_of_two_numbers_for_one_instant_the_fuller_counts_if_it_says_anything(
    stat: Stat, one: float, other: float, counts: float
) -> None:
    assert fuller(stat, one, other) == fuller(stat, other, one) == counts


def test_a_file_system_of_no_size_is_unknown() -> None:
    assert sample_of(CLAIM, NOW, {"used": 0.0, "capacity": 0.0, "available": 0.0}) is None


def test_the_zeros_of_a_block_claim_are_unknown() -> None:
    stats: dict[Stat, float] = dict.fromkeys(STATS, 0.0)
    assert sample_of(CLAIM, NOW, {**stats, "capacity": GIB}) is None


def test_a_full_file_system_is_known() -> None:
    sample = sample_of(CLAIM, NOW, {"capacity": GIB, "used": GIB, "available": 0.0})
    assert sample is not None
    assert (sample.used, sample.available) == (GIB, 0.0)


def test_no_inodes_of_none_are_unknown() -> None:
    """Of btrfs and some servers; the bytes stay."""
    sample = sample_of(CLAIM, NOW, {"used": 1.0, "capacity": 2.0, "inodes": 0.0, "inodes_used": 0.0})
    assert sample == UsageSample(claim=CLAIM, time=NOW, used=1.0, capacity=2.0)


@pytest.mark.parametrize(
    ("used", "available", "offered"),
    [
        (40.0, 55.0, 95.0),  # ext4 keeps 5 back for root
        (40.0, 60.0, 100.0),
        (1.0, 55.0, 100.0),  # others have filled 44 of it: it is not smaller for that
        (None, 55.0, 100.0),
        (40.0, None, 100.0),
        (60.0, 60.0, 100.0),
    ],
)
def test_a_file_system_offers_what_root_does_not_keep_back(
    used: float | None, available: float | None, offered: float
) -> None:
    sample = UsageSample(claim=CLAIM, time=NOW, used=used, available=available, capacity=100.0)
    assert sample.offered == offered


def test_the_newer_of_two_nodes_counts_and_the_larger_where_none_is() -> None:
    old, small, large = (
        UsageSample(claim=CLAIM, time=time, used=used)
        for time, used in ((NOW, 9.0), (NOW + 1, 1.0), (NOW + 1, 2.0))
    )
    for order in permutations((old, small, large)):
        assert newest(order) == {CLAIM: large}


@given(st.lists(SAMPLES, max_size=6), st.randoms(use_true_random=False))
def test_which_sample_counts_depends_on_no_order(samples: list[UsageSample], random: Random) -> None:
    shuffled = random.sample(samples, len(samples))
    assert newest(samples) == newest(shuffled)


@given(SAMPLES, SAMPLES)
def test_no_newer_sample_yields_to_an_older_one(one: UsageSample, other: UsageSample) -> None:
    assert later(one, other).time == max(one.time, other.time)


@pytest.mark.parametrize(
    ("time", "own"), [(NOW - 101, False), (NOW - 100, True), (NOW + 60, True), (NOW + 61, False)]
)
def test_a_sample_is_of_the_claim_that_lives_and_not_of_the_future(time: float, own: bool) -> None:
    assert is_own(UsageSample(claim=CLAIM, time=time, used=1.0), NOW - 100, NOW) is own


@given(st.dictionaries(st.sampled_from(STATS), st.floats()))
def test_whatever_the_numbers_are_a_sample_holds_none_that_cannot_be(stats: dict[Stat, float]) -> None:
    sample = sample_of(CLAIM, NOW, stats)
    if sample is not None:
        held = [number for stat in STATS if (number := getattr(sample, stat)) is not None]
        assert all(0 <= number < 2**63 for number in held)
        assert sample.capacity != 0
        assert sample.inodes != 0
        assert sample.used is not None or sample.inodes_used is not None
