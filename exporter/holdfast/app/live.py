"""The engine under a running clock: takes what the cluster says, judges in slices, answers http. One event loop."""

import asyncio
import gc
import logging
import platform
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from holdfast import __version__
from holdfast.app.account.document import report_pieces
from holdfast.app.account.explain import explain_claim
from holdfast.app.account.views.answering import Views
from holdfast.app.engine import Engine
from holdfast.app.sharers import keep_sharers
from holdfast.app.transitions import Transitions
from holdfast.http.measures import Measures
from holdfast.http.queries import Query
from holdfast.http.site import About, SourceLine
from holdfast.http.views import View
from holdfast.metrics.process import Collectors
from holdfast.model.asking import ASK_REASONS, AskReason
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.facts import Attachment, Claim
from holdfast.model.feed import FEED_ERRORS, Feed, FeedError, FeedState
from holdfast.model.identity import ClaimRef, ObjectKey
from holdfast.model.replication import Replication
from holdfast.model.usage import UsageSample
from holdfast.sources.contract import Source

_SILENT: tuple[FeedState, ...] = ("starting", "not_installed", "disabled", "out_of_scope")
_LOG = logging.getLogger("holdfast")
_SLICE = 0.010  # seconds of judging before the loop is let go
_COALESCE = 0.1  # seconds in which changes are gathered before they are judged
_TICK = 1.0  # seconds at the most between two looks at what the clock has changed
_SURVEY = 60.0  # seconds at the least between two looks at how the whole cluster is set up
_REGROUP = 300.0  # seconds between two looks at who shares a space, and at quotas and pools
_STALLED = 120.0  # seconds without a finished look after which only a restart can help


class Live:
    """Implements ``Sink`` towards the cluster, ``ProbeSink`` and ``UsageSink`` towards who is asked, ``Site`` towards http."""

    def __init__(
        self,
        engine: Engine,
        *,
        config_hash: str,
        revision: str = "",
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.engine = engine
        engine.surveys.pause = _SURVEY if clock is time.time else 0.0  # a fixed clock would never end a pause
        self.clock = clock
        disable_created_metrics()  # type: ignore[no-untyped-call]  # untyped upstream
        self.registry = CollectorRegistry()
        self._counts = Collectors(self.registry)
        self.measures = Measures(
            requests=self._counts.http_requests,
            duration=self._counts.http_duration,
            sent=self._counts.http_sent,
        )
        self._wake = asyncio.Event()
        self._off: dict[str, Source] = {}
        self._counting: set[tuple[str, str]] = set()
        self._looked = time.monotonic()
        self._regrouping = 0.0
        self._transitions = Transitions(
            provision=_observe(self._counts.provision),
            attach=_observe(self._counts.attach),
            reattach=_observe(self._counts.reattach),
            remember=engine.note,
        )
        engine.lookout.puzzled = _say_puzzled
        self._views = Views(engine)
        engine.changed = self._views.changed
        self._counts.config.labels(config_hash).set(1)
        self._counts.build.labels(__version__, revision, platform.python_version()).set(1)

    def loop_held(self, seconds: float) -> None:
        """The event loop was held for this long by one round of callbacks."""
        self._counts.held.observe(seconds)

    # Sink

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        now = self.clock()
        before = self._record(feed, key)
        self.engine.put(feed, key, obj)
        self._see(feed, before, self._record(feed, key), now)
        self._wake.set()

    def drop(self, feed: Feed, key: ObjectKey) -> None:
        now = self.clock()
        before = self._record(feed, key)
        self.engine.drop(feed, key)
        self._see(feed, before, None, now)
        self._wake.set()

    def undecodable(self, feed: Feed, key: ObjectKey, error: str) -> None:  # noqa: ARG002 - cluster has logged it
        self.engine.undecodable(feed, key)
        self._wake.set()

    def alive(self, feed: Feed) -> None:
        self.engine.alive(feed, self.clock())

    def state(self, feed: Feed, state: FeedState, message: str = "") -> None:
        self.engine.state(feed, state, message, self.clock())
        if state not in _SILENT:
            self._begin_counting(feed.id, FEED_ERRORS)
        self._wake.set()

    def error(self, feed: Feed, reason: FeedError) -> None:
        self._begin_counting(feed.id, FEED_ERRORS)
        self._counts.source_errors.labels(*feed.id, reason).inc()

    # ProbeSink

    def measured(self, source: str, target: str, replications: Sequence[Replication]) -> None:
        self._begin_counting((source, target), ASK_REASONS)
        self.engine.measured((source, target), replications, self.clock())
        self._wake.set()

    def unanswered(self, source: str, target: str, replication: Replication) -> None:
        self.engine.expect((source, target), (replication,))
        self._wake.set()

    def failed(self, source: str, target: str, reason: AskReason, text: str) -> None:
        self._begin_counting((source, target), ASK_REASONS)
        self._counts.source_errors.labels(source, target, reason).inc()
        self.engine.unmeasured((source, target), text, self.clock())
        self._wake.set()

    def _begin_counting(self, feed: tuple[str, str], reasons: Sequence[str]) -> None:
        """Zeros, so that the first error is an increase; not for the many tools that a cluster does not have."""
        if feed not in self._counting:
            self._counting.add(feed)
            for reason in reasons:
                self._counts.source_errors.labels(*feed, reason)

    # UsageSink

    def used(self, samples: Sequence[UsageSample]) -> None:
        self.engine.take_usage(samples, self.clock())
        self._wake.set()

    def fared(self, asked: tuple[str, str], fault: str) -> None:
        self._begin_counting(asked, ASK_REASONS)
        self.engine.asked(asked, fault, self.clock())
        self._wake.set()

    def missed(self, asked: tuple[str, str], reason: AskReason) -> None:
        self._begin_counting(asked, ASK_REASONS)
        self._counts.source_errors.labels(*asked, reason).inc()

    def answering(self, nodes: int, silent: int) -> None:
        self._counts.kubelets.labels("answering").set(nodes)
        self._counts.kubelets.labels("silent").set(silent)

    def summarised(self, summary: NodeSummary) -> None:
        self.engine.summarised(summary)
        self._wake.set()

    def keep_summaries(self, nodes: Collection[str]) -> None:
        self.engine.keep_summaries(nodes)
        self._wake.set()

    def reconsider(self, *, looked: bool) -> None:
        """Who answers is another, or everybody was asked for the first time."""
        self.engine.gauges.asked.looked = looked
        self.engine.reconsider_unmeasured()
        self._wake.set()

    def remind(self) -> None:
        """Much was read at once: all forecasts are due, and who shares a space is to be found anew."""
        self.engine.remind()
        self._regrouping = 0.0

    async def keep_foretelling(self) -> None:
        """Makes the forecasts that are due, and looks who shares a space, until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            if not self.engine.complete:
                continue
            while self.engine.foretell(self.clock()):
                self._wake.set()
                await asyncio.sleep(0)
            if time.monotonic() >= self._regrouping:
                self._regrouping = time.monotonic() + _REGROUP
                self.engine.take_rooms(self.clock())
                await keep_sharers(self.engine, self.clock())
                self._wake.set()

    # what both bring

    def _record(self, feed: Feed, key: ObjectKey) -> Claim | Attachment | None:
        """The record before a change, of the kinds whose transitions are timed; only once a first list is over."""
        if not self.engine.complete:
            return None
        if feed.kind == "PersistentVolumeClaim":
            return self.engine.facts.get(Claim, *key)
        return self.engine.facts.get(Attachment, key.name) if feed.kind == "VolumeAttachment" else None

    def _see(self, feed: Feed, before: Any, after: Any, now: float) -> None:
        if not self.engine.complete:
            return
        if feed.kind == "PersistentVolumeClaim":
            self._transitions.claim(before, after, self.engine.facts, now)
        elif feed.kind == "VolumeAttachment":
            self._transitions.attachment(before, after, self.engine.facts, now)

    def switched_off(self, source: Source) -> None:
        self.engine.switched_off(source)
        self._off[source.name] = source

    def offered(self, groups: frozenset[str]) -> None:
        """The API groups that the server offers now: says once which source is off though its group is there."""
        for name, source in list(self._off.items()):
            here = sorted({feed.resource.group for feed in source.feeds} & groups)
            if here:
                _LOG.warning(
                    "source %s is off by configuration, and the cluster offers %s", name, ", ".join(here)
                )
                del self._off[name]

    # judging

    async def keep_judged(self) -> None:
        """Judges what changed and what the clock has made due, until cancelled."""
        while True:
            if await self._judge():
                self._counts.assessed.set(self.clock())
            self._looked = time.monotonic()
            try:
                await asyncio.wait_for(self._wake.wait(), _TICK)
                await asyncio.sleep(_COALESCE)
            except TimeoutError:
                pass
            self._wake.clear()

    async def _judge(self) -> bool:
        """One round in slices; False while first looks are still going on."""
        first, judged = not self.engine.complete, self.engine.judged
        while True:
            done = self.engine.judge(self.clock(), _slice())
            self._looked = time.monotonic()
            if done or (not self.engine.complete and self.engine.waiting_for):
                break
            await asyncio.sleep(0)
        self._counts.judged.inc(self.engine.judged - judged)
        if first and done:
            gc.freeze()  # what stands now will mostly stay; a full collection over it would hold the loop
            gc.enable()
        return done

    # Site

    def exposition(self, openmetrics: bool) -> Sequence[bytes]:
        now = self.clock()
        text = [*self.engine.text(now), *self.engine.watching_text(now)]
        if openmetrics:
            return [*text, generate_openmetrics(self.registry)]  # type: ignore[no-untyped-call]  # untyped upstream
        return [*text, generate_latest(self.registry)]

    def ready(self) -> tuple[bool, Sequence[str]]:
        if self.engine.complete:
            return True, ()
        waiting = [
            f"{health.source} {health.kind}: first look not ended" for health in self.engine.waiting_for
        ]
        return False, waiting or ["first judgement not ended"]

    def live(self) -> bool:
        return time.monotonic() - self._looked < _STALLED

    def about(self) -> About:
        lines = [
            SourceLine(source=health.source, kind=health.kind, state=health.state, detail=health.message)
            for health in self.engine.feeds
        ]
        return About(version=__version__, cluster=self.engine.policy.cluster, sources=lines)

    def api(self, path: tuple[str, ...]) -> bytes | Iterable[bytes] | None:
        if not self.engine.complete:
            return None
        if path == ("report",):
            return report_pieces(self.engine, self.clock())
        if path[:2] == ("explain", "pvc") and len(path) == 4:
            explanation = explain_claim(self.engine, ClaimRef(*path[2:]), self.clock())
            return None if explanation is None else msgspec.json.encode(explanation)
        return None

    async def view(self, path: tuple[str, ...], query: Query) -> View | None:
        turns = self._views.answer(path, query, self.clock())
        while True:
            try:
                next(turns)
            except StopIteration as end:
                view: View | None = end.value
                return view
            await asyncio.sleep(0)

    def wrote(self, instant: float | None, *, persistent: bool) -> None:
        """What is shown of the local store."""
        self._counts.persistent.set(int(persistent))
        if instant is not None:
            self._counts.written.set(instant)


def _say_puzzled(feed: tuple[str, str], word: str) -> None:
    _LOG.warning("source %s: %s is in state %r, which this version does not know", *feed, word)


def _slice() -> Callable[[], bool]:
    """Whether there is time left in the slice that begins now."""
    end = time.monotonic() + _SLICE
    return lambda: time.monotonic() < end


def _observe(histogram: Histogram) -> Callable[[str, float], None]:
    return lambda label, seconds: histogram.labels(label).observe(seconds)
