"""The engine: any order of events ends in the text of one full computation; nothing is served before it is whole."""

from random import Random
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from holdfast.app.engine import Engine
from holdfast.demo import demo_objects
from holdfast.model.policy import Policy
from holdfast.sources.table import SOURCES
from tests.world import NOW, World, claim, decode, laid_over

DEMO = list(demo_objects(NOW))
READ = {(feed.resource.group, feed.kind) for feed in World.feeds()}
EVENTS = [
    document for document in DEMO if (document["apiVersion"].rpartition("/")[0], document["kind"]) in READ
]


def altered(document: dict[str, Any]) -> dict[str, Any]:
    """The object as it might have been before: younger in status, or without labels."""
    return laid_over(document, {"status": None, "metadata": {"labels": None}})


histories = st.lists(
    st.tuples(st.integers(0, len(EVENTS) - 1), st.sampled_from(["put", "put", "drop", "altered", "judge"])),
    max_size=80,
)


@pytest.fixture(scope="module")
def whole() -> str:
    return World(*EVENTS).text()


CLOCKS = ("lastValidationTime", "lastBackup", "lastScheduleTime")


def looked_at_again(document: dict[str, Any]) -> dict[str, Any]:
    """The object after its controller looked at it again: only a time in its status moved."""
    status = document.get("status") or {}
    return laid_over(
        document, {"status": {name: "2026-11-20T00:00:00Z" for name in CLOCKS if name in status}}
    )


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32), share=st.floats(0.2, 0.98))
def test_what_is_gone_leaves_no_trace(seed: int, share: float) -> None:
    """Objects that came, changed in part and went are as if they had never been."""
    order = Random(seed)
    world, rest = World(), list(range(len(EVENTS)))
    standing = {index for index in rest if order.random() < share}
    order.shuffle(rest)
    for index in rest:
        world.put(EVENTS[index])
        if order.random() < 0.3:
            world.put(looked_at_again(EVENTS[index]))
    for index in rest:
        if index not in standing:
            world.drop(EVENTS[index])
        else:
            world.put(EVENTS[index])
    world.judge()
    assert world.text() == World(*(EVENTS[index] for index in sorted(standing))).text()


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories, order=st.randoms(use_true_random=False))
def test_any_order_of_events_ends_in_the_same_text(
    whole: str, history: list[tuple[int, str]], order: Any
) -> None:
    """Objects come, change, go and come back in any order; what stands in the end decides alone."""
    world = World()
    for index, step in history:
        if step == "put":
            world.put(EVENTS[index])
        elif step == "altered":
            world.put(altered(EVENTS[index]))
        elif step == "drop":
            world.drop(EVENTS[index])
        else:
            world.judge()
    rest = list(EVENTS)
    order.shuffle(rest)
    for document in rest:
        world.put(document)
    world.judge()
    assert world.text() == whole


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(0, 90 * 86400), max_size=5))
def test_time_passes_in_any_steps(whole: str, steps: list[float]) -> None:
    """Judging on the way makes no difference to what is said in the end, but for idle time, which is remembered."""
    end = NOW + 90 * 86400
    world, leaping = World(*EVENTS), World(*EVENTS)
    for step in sorted(steps):
        world.judge(NOW + step)
    world.judge(end)
    leaping.judge(end)
    assert world.text() == leaping.text()


def test_slices_end_where_one_stroke_does(whole: str) -> None:
    """Judging one subject at a time gives the same text."""
    engine = Engine(SOURCES, Policy())
    for document in EVENTS:
        for feed, key, decoded in decode(document):
            engine.put(feed, key, decoded)
    for feed in World.feeds():
        engine.state(feed, "up", "", NOW)
    rounds = 0
    while not engine.judge(NOW, lambda: False):
        rounds += 1
        assert engine.text(NOW) == [], "nothing is served before everything was judged once"
    assert rounds > len(EVENTS) / 4
    assert b"".join(engine.text(NOW)).decode() == whole


def test_nothing_is_served_before_every_first_look_has_ended() -> None:
    """Families that join sources appear when all have looked, in success or in a named state."""
    engine = Engine(SOURCES, Policy())
    for feed, key, decoded in decode(claim()):
        engine.put(feed, key, decoded)
    feeds = World.feeds()
    for feed in feeds[:-1]:
        engine.state(feed, "up", "", NOW)
    assert engine.judge(NOW) is False
    assert engine.text(NOW) == []
    assert b'holdfast_source_up{source="core",kind="Pod"} 1\n' in b"".join(engine.watching_text(NOW))
    engine.state(feeds[-1], "forbidden", "", NOW)
    assert engine.judge(NOW) is True
    assert engine.text(NOW) != []


def test_a_source_that_starts_anew_does_not_take_back_what_is_served() -> None:
    """An API group that appears later is picked up; what was served goes on being served."""
    world = World(claim(), states={("velero", "Backup"): "not_installed"})
    backups = next(feed for feed in World.feeds() if feed.id == ("velero", "Backup"))
    world.engine.state(backups, "starting", "", NOW)
    world.judge()
    assert "holdfast_pvc_info{" in world.text()


def test_only_what_an_event_touches_is_judged() -> None:
    """A change of one claim judges that claim and its neighbours, not the cluster."""
    world = World(*(claim(f"shop/data-{number}") for number in range(200)))
    before = world.engine.judged
    world.put(claim("shop/data-7", status={"capacity": {"storage": "20Gi"}}))
    world.judge()
    assert world.engine.judged - before <= 5


def test_an_equal_object_is_no_change() -> None:
    world = World(claim())
    before = world.engine.judged
    world.put(claim(metadata={"resourceVersion": "77", "managedFields": [{"manager": "kubelet"}]}))
    world.judge()
    assert world.engine.judged == before
