"""The embedded example as a living cluster: dated anew from time to time, what changed is put, what went is dropped."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import msgspec

from holdfast.demo import demo_objects
from holdfast.model.feed import Feed, Sink
from holdfast.model.identity import ObjectKey

_EVERY = 30.0  # seconds between two looks at what the example's controllers have done

_Standing = dict[tuple[str, str, ObjectKey], bytes]


async def demonstrate(feeds: tuple[Feed, ...], sink: Sink, clock: Callable[[], float] = time.time) -> None:
    """Plays the example to the sink until cancelled: backups come round, old things keep their dates."""
    told = clock()
    by_kind: dict[tuple[str, str], list[Feed]] = {}
    for feed in feeds:
        by_kind.setdefault((feed.resource.group, feed.kind), []).append(feed)
    standing: _Standing = {}
    while True:
        objects = await asyncio.to_thread(_written, clock(), told)
        for (group, kind, key), text in objects.items():
            if standing.get((group, kind, key)) != text:
                for feed in by_kind.get((group, kind), ()):
                    sink.put(feed, key, msgspec.json.decode(text, type=feed.shape))
        for group, kind, key in standing.keys() - objects.keys():
            for feed in by_kind.get((group, kind), ()):
                sink.drop(feed, key)
        for feed in feeds:
            if not standing:
                sink.state(feed, "up")
            sink.alive(feed)
        standing = objects
        await asyncio.sleep(_EVERY)


def _written(now: float, told: float) -> _Standing:
    return {_identity(obj): msgspec.json.encode(obj) for obj in demo_objects(now, told=told)}


def _identity(obj: dict[str, Any]) -> tuple[str, str, ObjectKey]:
    group, slash, _ = obj["apiVersion"].rpartition("/")
    metadata = obj["metadata"]
    return (group if slash else "", obj["kind"], ObjectKey(metadata.get("namespace", ""), metadata["name"]))
