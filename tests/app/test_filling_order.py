"""Claims, volumes, pods and samples that come and go in any order end in the same text as one computation from scratch."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.app.test_filling import GI, HOUR, MANY, nfs, sample, served, volume
from tests.world import NOW, World, claim, labelled, pod

NAMES = ("shop/a", "shop/b", "shop/c")


def parts() -> list[dict[str, Any]]:
    """Every object in two forms, so that putting one over another is a change."""
    made: list[dict[str, Any]] = []
    for name in NAMES:
        short = name.partition("/")[2]
        made += [claim(name), claim(name, **MANY), claim(name, metadata={"uid": f"new-{short}"})]
        made += [volume(name), nfs(name), nfs(name, f"/export/{short}")]
        made += [pod(f"shop/{short}-pod", short), pod(f"shop/{short}-pod", short, phase="Pending")]
    return made


def identity(document: dict[str, Any]) -> tuple[str, str]:
    return document["kind"], document["metadata"]["name"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_any_order_ends_in_the_same_text(seed: int, steps: int) -> None:
    rng = Random(seed)
    world = World()
    standing: dict[tuple[str, str], dict[str, Any]] = {}
    world.engine.gauges.asked.queries = True
    samples = [
        sample(name, time=NOW - hour * HOUR, used=GI * (5 - hour / 8)) for name in NAMES for hour in range(6)
    ]
    for _ in range(steps):
        document = rng.choice(parts())
        if rng.random() < 0.3:
            world.drop(document)
            standing.pop(identity(document), None)
        else:
            world.put(document)
            standing[identity(document)] = document
        if rng.random() < 0.5:
            world.engine.take_usage(rng.sample(samples, 3), NOW)
        if rng.random() < 0.3:
            served(world)
    served(world, samples)
    afresh = World(*standing.values())
    afresh.engine.gauges.asked.queries = True
    served(afresh, samples)
    world.engine.remind()
    afresh.engine.remind()
    assert served(world).text() == served(afresh).text()
    shared = set(labelled(world.rows("pvc_backend_info"), "backend"))
    assert shared == set(labelled(world.rows("backend_used_bytes"), "backend")), "what is shared is shown"
