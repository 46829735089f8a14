"""What one kubelet tells: the text of ``/metrics`` in, in chunks that end anywhere, samples out."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from holdfast.model.identity import ClaimRef
from holdfast.model.usage import Stat, UsageSample, sample_of
from holdfast.usage.kubelet import Body, Told
from holdfast.usage.volume_stats import STAT_OF, LineError
from tests.real.kubelet import exposition

NOW = 1_800_000_000.0
DATA = ClaimRef("shop", "data-orders-db-0")
TEXT = exposition(
    {DATA: {"used": 3.5e9, "capacity": 1e10, "available": 6.5e9, "inodes_used": 16, "inodes": 655360}}
)


def told(*chunks: bytes) -> Told:
    body = Body("node-1", NOW)
    for chunk in chunks:
        body.feed(chunk)
    return body.end()


def test_a_mounted_claim_is_one_sample_as_of_now() -> None:
    sample = UsageSample(
        claim=DATA,
        time=NOW,
        used=3.5e9,
        capacity=1e10,
        available=6.5e9,
        inodes_used=16.0,
        inodes=655360.0,
        origin="node-1",
    )
    assert told(TEXT) == Told((sample,), 0)


def test_a_node_without_claims_tells_of_none() -> None:
    assert told(exposition({})) == Told((), 0)


@given(st.lists(st.integers(0, len(TEXT)), max_size=8))
def test_chunks_may_end_anywhere(cuts: list[int]) -> None:
    ends = [0, *sorted(cuts), len(TEXT)]
    assert told(*(TEXT[one:other] for one, other in pairwise(ends))) == told(TEXT)


@given(
    st.dictionaries(
        st.builds(ClaimRef, st.sampled_from(["a", "b"]), st.sampled_from(["x", "y.z", "w-0"])),
        st.dictionaries(st.sampled_from(sorted(STAT_OF.values())), st.floats(0, 1e15) | st.just(math.nan)),
        max_size=5,
    )
)
def test_it_tells_what_the_reference_parser_reads(claims: dict[ClaimRef, dict[str, float]]) -> None:
    text = exposition(claims)
    expected: dict[ClaimRef, dict[Stat, float]] = {}
    for family in text_string_to_metric_families(text.decode()):
        for one in family.samples:
            if one.name in STAT_OF:
                claim = ClaimRef(one.labels["namespace"], one.labels["persistentvolumeclaim"])
                expected.setdefault(claim, {})[STAT_OF[one.name]] = one.value
    samples = (sample_of(claim, NOW, stats, "node-1") for claim, stats in expected.items())
    assert set(told(text).samples) == {sample for sample in samples if sample}


def test_a_damaged_line_is_counted_and_the_rest_is_used() -> None:
    text = TEXT + b'kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="x"} much\n'
    assert told(text) == Told(told(TEXT).samples, 1)


def test_a_number_that_may_be_cut_is_not_used() -> None:
    """The body ended within 12345: 123 would be believed."""
    text = exposition({}) + b'kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="x"} 123'
    assert told(text) == Told((), 1)


def test_a_claim_that_stands_twice_counts_as_the_fuller() -> None:
    line = b'kubelet_volume_stats_%s{namespace="shop",persistentvolumeclaim="x"} %d\n'
    numbers = {b"used_bytes": (5, 7, 6), b"available_bytes": (4, 2, 3), b"capacity_bytes": (9, 90)}
    (sample,) = told(b"".join(line % (stat, each) for stat, told in numbers.items() for each in told)).samples
    assert (sample.used, sample.available, sample.capacity) == (7.0, 2.0, 9.0)


def test_a_line_without_end_is_left() -> None:
    body = Body("node-1", NOW)
    body.feed(b"x" * 65536)
    with pytest.raises(LineError, match="no end"):
        body.feed(b"x")


def test_a_timestamp_of_the_kubelets_own_counts() -> None:
    text = b'kubelet_volume_stats_used_bytes{namespace="shop",persistentvolumeclaim="x"} 5 1799999990500\n'
    assert told(text).samples[0].time == 1_799_999_990.5


def test_a_line_that_names_no_claim_is_damaged() -> None:
    text = TEXT + b'kubelet_volume_stats_used_bytes{namespace="shop"} 5\n'
    assert told(text) == Told(told(TEXT).samples, 1)
