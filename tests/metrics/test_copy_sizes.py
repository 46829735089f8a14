"""What is told of the sizes of the newest two copies: nothing where they are as they should be."""

from collections.abc import Iterable

import msgspec
import pytest

from holdfast.metrics.protection import PROTECTION_FAMILIES
from holdfast.model.judgement import SourceTally
from tests.world import World, claim


def told(family: str, size: int | None, previous: int | None) -> Iterable[object]:
    """The rows of a claim of which one source holds such copies."""
    judged = World(claim()).claim()
    tally = SourceTally(source="velero", points=2, size=size, previous_size=previous)
    protection = msgspec.structs.replace(judged.protection, tallies=(tally,))
    (rows,) = (each.rows for each in PROTECTION_FAMILIES if each.name == family)
    return list(rows(msgspec.structs.replace(judged, protection=protection)))


@pytest.mark.parametrize(
    ("size", "previous", "ratio"),
    [(49, 100, 0.49), (0, 100, 0.0), (50, 100, None), (200, 100, None), (0, 0, None), (0, None, None), (None, 100, None)],
)  # fmt: skip
def test_a_copy_of_less_than_half_the_one_before_has_shrunk(
    size: int | None, previous: int | None, ratio: float | None
) -> None:
    expected = [] if ratio is None else [(("velero",), ratio)]
    assert told("holdfast_pvc_backup_shrunk_ratio", size, previous) == expected


@pytest.mark.parametrize(
    ("size", "previous", "empty"),
    [(0, 0, True), (0, None, True), (0, 100, False), (1, 0, False), (None, None, False), (None, 0, False)],
)
def test_a_copy_of_nothing_after_none_or_nothing_is_empty(
    size: int | None, previous: int | None, empty: bool
) -> None:
    assert told("holdfast_pvc_backup_empty", size, previous) == ([(("velero",), 1)] if empty else [])
