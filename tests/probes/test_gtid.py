"""Transaction identifiers as counts: text as the servers write it in, numbers out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.probes.gtid import counts, read_newest, read_set

A = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
B = "4f22fa47-71ca-11e1-9e33-c80aa9429563"
NUMBERS = st.dictionaries(st.sampled_from([A, B]), st.sets(st.integers(1, 60), min_size=1))


def spelled(numbers: dict[str, set[int]]) -> str:
    return ",\n".join(f"{server}:{':'.join(map(str, found))}" for server, found in numbers.items())


def test_received_and_applied_of_these() -> None:
    received = read_set(f"{A}:101-200")
    applied = read_set(f"{A}:1-150:160,{B}:1-9")
    assert received is not None
    assert applied is not None
    assert counts(received, applied) == (100, 51)


def test_tags_of_newer_servers_are_counted_apart() -> None:
    received, applied = read_set(f"{A}:1-3:nightly:1-5"), read_set(f"{A.upper()}:1-3:nightly:1-2")
    assert received is not None
    assert applied is not None
    assert counts(received, applied) == (8, 5)


@pytest.mark.parametrize("text", ["", "nonsense", ",", A])
def test_what_is_no_set_counts_nothing_or_is_none(text: str) -> None:
    found = read_set(text)
    assert found is None or counts(found, found) == (0, 0)


def test_newest_numbers_of_mariadb_by_domain() -> None:
    assert read_newest("0-1-270,7-2-12") == {"0": 270, "7": 12}
    assert read_newest("0-1") is None


@given(NUMBERS, NUMBERS)
def test_counts_are_those_of_sets(received: dict[str, set[int]], applied: dict[str, set[int]]) -> None:
    first, second = read_set(spelled(received)), read_set(spelled(applied))
    assert first is not None
    assert second is not None
    common = sum(len(numbers & applied.get(server, set())) for server, numbers in received.items())
    assert counts(first, second) == (sum(map(len, received.values())), common)


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    for found in (read_set(text), read_newest(text)):
        assert found is None or isinstance(found, dict)
