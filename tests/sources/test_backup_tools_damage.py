"""Damaged objects of backup tools among whole ones: whatever they touch can still be judged."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ReplicationKey, ScheduleKey, TargetKey
from holdfast.sources import k8up, kasten, kubestash, stash, stork
from holdfast.sources.contract import Source
from tests.sources.damage import GARBAGE, places, put
from tests.sources.facts import NoRolls, TableFacts
from tests.sources.operator_cases import all_of, claim

TOOLS = [k8up.SOURCE, kasten.SOURCE, stash.SOURCE, kubestash.SOURCE, stork.SOURCE]
WHOLE = {source.name: all_of(source) for source in TOOLS}
PLACES = [(source, place) for source in TOOLS for place in places(WHOLE[source.name])]
LABELS = {"app": "web", "app.kubernetes.io/instance": "orders", "app.kubernetes.io/managed-by": "kubedb.com"}
CLAIM = claim(LABELS, "data")


def judged(source: Source, damaged: Any) -> set[str]:
    """Everything that the objects touch is asked for; returns the nouns of what was found."""
    facts = TableFacts([CLAIM])
    for obj in (*WHOLE[source.name], damaged):
        facts.put(source, obj)
    assert source.cover
    found = {"claim"} if source.cover(CLAIM, facts, NoRolls()).copies else set()
    for touched in facts.touched:
        noun, key = touched.key[0] if touched.key else "", touched.key[1:]
        if noun == "schedule" and source.schedule and source.schedule(ScheduleKey(*key), facts):
            found.add(noun)
        if noun == "target" and source.target and source.target(TargetKey(*key), facts):
            found.add(noun)
        if noun == "replication" and source.replication and source.replication(ReplicationKey(*key), facts):
            found.add(noun)
    return found


@pytest.mark.parametrize("source", TOOLS, ids=lambda source: source.name)
def test_everything_is_asked_for(source: Source) -> None:
    """The whole fixtures of a tool have a copy, a schedule, and what else it tells."""
    wanted = {"claim", "schedule"} | {"target", "replication"}.intersection(source.tells)
    assert judged(source, WHOLE[source.name][0]) == wanted


@settings(deadline=None, max_examples=300)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_damage_stays_with_its_object(place: Any, garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be judged beside the others."""
    source, where = place
    try:
        judged(source, put(where, garbage))
    except msgspec.ValidationError:
        return
