"""Objects of the cluster's own kinds and what the core source reads from them, for its tests."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import yaml

from holdfast.model.facts import Fact
from holdfast.sources.core import SOURCE
from holdfast.sources.values import parse_time

FIXTURES = Path(__file__).parent / "fixtures" / "core"
FEEDS = {feed.kind: feed for feed in SOURCE.feeds}
SITUATIONS = {path.stem: yaml.safe_load(path.read_text()) for path in sorted(FIXTURES.glob("*.yaml"))}
OBJECTS = list(SITUATIONS.values())


def at(text: str) -> float:
    seconds = parse_time(text)
    assert seconds is not None
    return seconds


def fixture(name: str) -> Any:
    return copy.deepcopy(SITUATIONS[name])


def read(obj: Any) -> list[Fact]:
    """What becomes of an object on its way in: encoded as the API server would, decoded, read."""
    feed = FEEDS[obj["kind"]]
    return list(feed.read(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape)))


def read_one(obj: Any) -> Any:
    (record,) = read(obj)
    return record


def minimal(kind: str, **rest: Any) -> Any:
    return {"kind": kind, "metadata": {"name": "x", "namespace": "shop"}} | rest


def annotated(kind: str, annotations: Any) -> Any:
    metadata = {"name": "x", "namespace": "shop", "annotations": annotations}
    return read_one(minimal(kind, metadata=metadata)).annotations
