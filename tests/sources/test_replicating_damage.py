"""Whatever stands in an object of volsync, csi-addons, ramen or rook, no source and no judgement comes down with it."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import REPLICATION, ReplicationKey, ScheduleKey
from holdfast.model.replication import Replication
from holdfast.sources import csi_addons, ramen, rook, volsync
from holdfast.sources.contract import Source
from tests.sources.damage import GARBAGE, NEEDED, Place, places, put
from tests.sources.facts import NoRolls, TableFacts, read
from tests.sources.situations import situations
from tests.sources.velero_cases import CLAIM

SOURCES = {
    "volsync": volsync.SOURCE,
    "csi_addons": csi_addons.SOURCE,
    "ramen": ramen.SOURCE,
    "rook": rook.SOURCE,
}
PLACES = {name: places(situations(name)) for name in SOURCES}
ALL = [(source, place) for source in SOURCES for place in PLACES[source]]


def judged(source: Source, obj: Any) -> None:
    """The object is read, and all that a source says of it is asked for."""
    facts = TableFacts()
    for record in facts.put(source, obj):
        record.links()
        assert len(record.strange_word()) <= 60
        for touch in record.touches():
            if source.schedule and touch.key[:1] == ("schedule",):
                source.schedule(ScheduleKey(*touch.key[1:]), facts)
            if source.replication and touch.key[:1] == (REPLICATION,):
                assert source.replication(ReplicationKey(*touch.key[1:]), facts)
    if source.cover:
        source.cover(CLAIM, facts, NoRolls())


@pytest.mark.parametrize("name", SOURCES)
def test_null_anywhere(name: str) -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES[name]:
        if path not in NEEDED:
            judged(SOURCES[name], put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(ALL), GARBAGE)
def test_garbage_is_read_or_refused(place: tuple[str, Place], garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be read and judged."""
    source, where = place
    try:
        judged(SOURCES[source], put(where, garbage))
    except msgspec.ValidationError:
        return


@pytest.mark.parametrize("name", SOURCES)
def test_an_object_without_a_status_is_never_healthy(name: str) -> None:
    """Nobody has looked yet."""
    for obj in situations(name):
        bare = {key: value for key, value in obj.items() if key != "status"}
        for record in read(SOURCES[name], bare):
            told = record if isinstance(record, Replication) else getattr(record, "replication", None)
            assert told is None or told.health != "healthy"
