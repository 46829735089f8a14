"""Every source's fixtures as one cluster: whatever came before and in whatever order, what stands decides the text."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import hypothesis.strategies as st
from hypothesis import given, settings

from holdfast.sources.runs.records import Plan, Run, Saved
from tests.sources.facts import documents
from tests.world import World, claim, decode

FIXTURES = Path(__file__).parent.parent / "sources" / "fixtures"
READ = {(feed.resource.group, feed.kind) for feed in World.feeds()}
Identity = tuple[str, str, str, str]


def identity(document: dict[str, Any]) -> Identity:
    group = document["apiVersion"].rpartition("/")[0]
    metadata = document["metadata"]
    return group, document["kind"], metadata.get("namespace", ""), metadata["name"]


@cache
def read_versions() -> dict[Identity, list[dict[str, Any]]]:
    """Each object of the fixtures with all the forms in which it stands there."""
    versions: dict[Identity, list[dict[str, Any]]] = {}
    for path in sorted(FIXTURES.rglob("*.yaml")):
        for document in documents(path):
            kind = (document.get("apiVersion", "").rpartition("/")[0], document.get("kind"))
            if kind in READ and "damaged" not in path.name:
                versions.setdefault(identity(document), []).append(document)
    for document in claims_of(versions):
        versions.setdefault(identity(document), []).append(document)
    return versions


def claims_of(versions: dict[Identity, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """A claim for everything that a run or a plan is about."""
    meant: set[Saved] = set()
    for forms in versions.values():
        for feed, _, obj in (found for form in forms for found in decode(form)):
            records = [record for record in feed.read(obj) if isinstance(record, (Run, Plan))]
            meant.update(saved for record in records for saved in record.of)
    for number, saved in enumerate(sorted(meant)):
        name = f"claim-{number}"
        if saved.what == "claim":
            yield claim(f"{saved.namespace}/{saved.name}")
        elif saved.what == "label":
            yield claim(f"{saved.namespace}/{name}", metadata={"labels": {saved.key: saved.name}})
        elif saved.what == "owner":
            kind, _, group = saved.key.partition(".")
            owner = {
                "apiVersion": f"{group}/v1",
                "kind": kind,
                "name": saved.name,
                "uid": "o",
                "controller": True,
            }
            yield claim(f"{saved.namespace}/{name}", metadata={"ownerReferences": [owner]})


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_what_stands_decides_the_text(seed: int) -> None:
    """Objects come in other forms first, go and come back, and are judged in between. What is remembered of them is
    left out: it is meant to outlive them.
    """
    chance, versions = Random(seed), read_versions()
    last = {key: chance.choice(forms) for key, forms in versions.items() if chance.random() < 0.8}
    world = World()
    world.engine.note = lambda observation: None  # type: ignore[method-assign] # nothing is remembered
    order = list(versions)
    chance.shuffle(order)
    for key in order:
        for form in chance.sample(versions[key], chance.randint(0, len(versions[key]))):
            world.put(form)
            if chance.random() < 0.02:
                world.judge()
            if chance.random() < 0.2:
                world.drop(form)
    chance.shuffle(order)
    for key in order:
        if key in last:
            world.put(last[key])
        else:
            world.drop(versions[key][0])
        if chance.random() < 0.02:
            world.judge()
    world.judge()
    sole = World(*last.values())
    assert rows(world) == rows(sole)


def rows(world: World) -> list[str]:
    """Rolls keep claims that went, for the runs of their time: what Velero's counters prove may differ by that."""
    return [row for row in world.text().splitlines() if 'source="velero"' not in row]


def test_every_source_of_the_table_has_fixtures() -> None:
    kinds = {key[:2] for key in read_versions()}
    read = {feed.source for feed in World.feeds() if (feed.resource.group, feed.kind) in kinds}
    assert {feed.source for feed in World.feeds()} == read
