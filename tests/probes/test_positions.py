"""From positions to seconds: what is certain of a lag, from a primary's positions as they were seen."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from holdfast.probes.positions import Memory, Track

# what a primary wrote: steps of seconds and of bytes
HISTORY = st.lists(st.tuples(st.floats(0.1, 100), st.integers(0, 50)), min_size=2, max_size=700)


def track(*seen: tuple[float, int]) -> Track:
    made = Track()
    for at, position in seen:
        made.saw(position, at)
    return made


def test_a_replica_lags_at_least_since_a_newer_position_was_seen_and_at_most_since_its_own_was() -> None:
    assert track((0, 100), (30, 200), (60, 300)).bounds(150, 70) == (40, 70)


def test_a_position_that_stood_still_counts_until_it_was_last_seen() -> None:
    assert track((0, 100), (600, 100), (630, 200)).bounds(100, 640) == (10, 40)


def test_what_the_server_tells_is_held_between_the_bounds() -> None:
    seen = track((0, 100), (30, 200), (60, 300))
    assert seen.lag(150, 70, told=50.0, late=900) == 50.0
    assert seen.lag(150, 70, told=0.2, late=900) == 40.0  # frozen: more is certain
    assert seen.lag(150, 70, told=86400.0, late=900) == 70.0  # of an idle primary's last commit


def test_a_replica_that_was_behind_before_the_first_look_is_unknown_until_it_is_late_for_certain() -> None:
    seen = track((0, 100), (30, 200))
    assert seen.lag(50, 60, told=None, late=900) is None
    assert seen.lag(50, 60, told=3.0, late=900) is None  # the server's own word has stood still
    assert seen.lag(50, 901, told=None, late=900) == 901


def test_at_the_first_look_the_servers_own_word_counts() -> None:
    assert track((0, 100)).lag(50, 0, told=12.0, late=900) == 12.0


def test_another_server_behind_the_same_name_starts_anew() -> None:
    assert track((0, 500), (30, 600), (60, 100)).bounds(50, 70) == (10, None)


def test_a_memory_keeps_the_tracks_of_those_that_are_still_there() -> None:
    memory = Memory()
    memory.track("north").saw(1, 0)
    memory.track("south").saw(1, 0)
    memory.keep({"north"})
    assert memory.track("north").bounds(1, 5) == (0, 5)
    assert memory.track("south").bounds(1, 5) == (0, None)


@given(HISTORY, st.data())
def test_the_true_lag_of_a_replica_is_always_within_the_bounds(
    history: list[tuple[float, int]], data: st.DataObject
) -> None:
    at, position = 0.0, 0
    seen: list[tuple[float, int]] = []
    for seconds, written in history:
        at, position = at + seconds, position + written
        seen.append((at, position))
    applied = data.draw(st.integers(0, position))
    least, most = track(*seen).bounds(applied, at)
    newer = [(before, after) for before, after in pairwise([(0.0, 0), *seen]) if after[1] > applied]
    if not newer:
        assert least == 0
        return
    earliest, latest = newer[0]  # the first byte that is missing was written between these looks
    assert least <= at - earliest[0] + 1e-6
    assert most is None or most >= at - latest[0] - 1e-6


@given(HISTORY)
def test_a_track_is_bounded(history: list[tuple[float, int]]) -> None:
    made = track(*((float(index), index) for index in range(len(history) * 3)))
    assert len(made._marks) <= 513
