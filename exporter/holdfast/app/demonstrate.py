"""The embedded example as a living cluster: dated anew from time to time, what changed is put, what went is dropped,
and its kubelets are asked."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from holdfast.app.engine import Engine
from holdfast.app.live import Live
from holdfast.app.measuring import KUBELETS
from holdfast.app.scratches import SUMMARIES
from holdfast.assessment.capacity import assess_quota
from holdfast.demo import Example
from holdfast.model.capacity import Pool, PoolJudgement, Quota
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.feed import Feed, Sink
from holdfast.model.identity import POOL, QUOTA, ObjectKey, Subject
from holdfast.model.judgement import Judgement
from holdfast.model.usage import UsageSample

_EVERY = 30.0  # seconds between two looks at what the example's controllers have done
_SLICE = 500  # samples taken in at once: some milliseconds
_PAST, _STEP = 14 * 24, 3  # hours of the room that quotas and pools left, and from one look to the next

_Standing = dict[tuple[str, str, ObjectKey], bytes]
_ByKind = dict[tuple[str, str], list[Feed]]


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The example at one instant, and what is told of it. ``first`` brings the weeks before along."""

    now: float
    first: bool
    example: Example
    standing: _Standing
    samples: Sequence[UsageSample]
    summaries: Sequence[NodeSummary]


async def demonstrate(feeds: tuple[Feed, ...], live: Live, clock: Callable[[], float]) -> None:
    """Plays the example until cancelled: backups come round, claims fill, old things keep their dates."""
    told = clock()
    by_kind: _ByKind = {}
    for feed in feeds:
        by_kind.setdefault((feed.resource.group, feed.kind), []).append(feed)
    standing: _Standing = {}
    while True:
        turn = await asyncio.to_thread(turn_of, clock(), told, first=not standing)
        _put(turn.standing, standing, by_kind, live)
        for _ in measured(live.engine, feeds, turn):
            await asyncio.sleep(0)
        answering = len(turn.summaries)
        live.answering(answering, sum(kind == "Node" for _, kind, _ in turn.standing) - answering)
        for asked in (KUBELETS, SUMMARIES):
            live.fared(asked, "")
        for feed in feeds:
            if turn.first:
                live.state(feed, "up")  # last: what is judged now has its history
            live.alive(feed)
        standing = turn.standing
        await asyncio.sleep(_EVERY)


def _put(standing: _Standing, before: _Standing, by_kind: _ByKind, sink: Sink) -> None:
    """What is another than it was, and what is no more."""
    for (group, kind, key), text in standing.items():
        if before.get((group, kind, key)) != text:
            for feed in by_kind.get((group, kind), ()):
                sink.put(feed, key, msgspec.json.decode(text, type=feed.shape))
    for group, kind, key in before.keys() - standing.keys():
        for feed in by_kind.get((group, kind), ()):
            sink.drop(feed, key)


def turn_of(now: float, told: float, *, first: bool) -> Turn:
    """Takes some tenths of a second when it is the first."""
    example = Example(now, told=told)
    return Turn(
        now=now,
        first=first,
        example=example,
        standing={_identity(obj): msgspec.json.encode(obj) for obj in example.objects()},
        samples=list(example.usage(past=first)),
        summaries=list(example.summaries()),
    )


def measured(engine: Engine, feeds: Sequence[Feed], turn: Turn) -> Iterator[None]:
    """Hands to the engine what the example's kubelets tell, a slice at a time; its objects stand there already."""
    for hour in range(
        _PAST if turn.first else 0, 0, -_STEP
    ):  # first: the history lets go of what is after its now
        instant = turn.now - 3600.0 * hour
        rooms = [_room(obj, feeds) for obj in turn.example.rooms(instant)]
        engine.judging.capacities.measure([room for room in rooms if room], instant)
        yield
    for start in range(0, len(turn.samples), _SLICE):
        engine.take_usage(turn.samples[start : start + _SLICE], turn.now)
        yield
    for summary in turn.summaries:
        engine.summarised(summary)
    asked = engine.gauges.asked
    asked.kubelets, asked.looked, asked.answering = True, True, set(turn.example.answering())
    engine.reconsider_unmeasured()


def _room(obj: dict[str, Any], feeds: Sequence[Feed]) -> tuple[Subject, Judgement] | None:
    """A quota or pool of another time, judged as it was."""
    feed = next(feed for feed in feeds if feed.kind == obj["kind"])
    for fact in feed.read(msgspec.convert(obj, feed.shape)):
        if isinstance(fact, Quota):
            return Subject(QUOTA, fact.key), assess_quota(fact, lambda _: None)
        if isinstance(fact, Pool):
            pool = PoolJudgement(
                storage_class=fact.storage_class,
                topology=fact.topology,
                available=fact.available,
                maximum=fact.maximum,
            )
            return Subject(POOL, (fact.storage_class, fact.topology)), pool
    return None


def _identity(obj: dict[str, Any]) -> tuple[str, str, ObjectKey]:
    group, slash, _ = obj["apiVersion"].rpartition("/")
    metadata = obj["metadata"]
    return (group if slash else "", obj["kind"], ObjectKey(metadata.get("namespace", ""), metadata["name"]))
