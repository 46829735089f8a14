"""Databases and queries are asked on their own clocks: one task each, a few at once, and what comes of it to a sink.

How one is asked belongs to ``probes``; what an answer means for the cluster, to the engine behind the sink.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from holdfast.model.asking import Answer, AskError, AskReason, ProbeSpec, QuerySpec
from holdfast.model.identity import ReplicationKey
from holdfast.model.replication import Replication
from holdfast.probes import promql, record
from holdfast.probes.promql import Told
from holdfast.probes.target import Memory, probe
from holdfast.settings import Settings
from holdfast.usage.prometheus import Prometheus

_LOG = logging.getLogger("holdfast")
_FIRST_WITHIN = 30.0  # seconds over which the first round is spread at the most
_GRACE = 1.0  # seconds for a probe to end by its own time-out, which says more than ours
_HOLD_ROUNDS = 3  # a measurement outlives two rounds that failed
_HOLD_LEAST = 120.0  # seconds
_KEPT = 86400.0  # seconds that a replication is kept which only incomplete answers leave out


class ProbeSink(Protocol):
    """What comes of probing. ``source`` and ``target`` name who was asked; calls come from the event loop."""

    def measured(self, source: str, target: str, replications: Sequence[Replication]) -> None:
        """These are all replications of the target: one that it told of before and does not now is gone."""

    def unanswered(self, source: str, target: str, replication: Replication) -> None:
        """This stands for a target that has not answered yet; its failure is told right after."""

    def failed(self, source: str, target: str, reason: AskReason, text: str) -> None:
        """Nothing was learnt. What the target told of stays, and becomes unknown when its ``holds`` is over."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One who is asked. Seconds; ``timeout`` is when the loop gives up, a little after ``ask`` should have.

    ``unanswered`` stands for the target from its first failure until it answers for the first time.
    """

    source: str
    name: str
    interval: float
    timeout: float
    ask: Callable[[], Awaitable[Told]]
    unanswered: Replication

    @property
    def holds(self) -> float:
        return max(_HOLD_ROUNDS * self.interval, _HOLD_LEAST)

    @property
    def offset(self) -> float:
        """When it is first asked: always the same for one name, spread over those of many."""
        digest = hashlib.sha256(f"{self.source}/{self.name}".encode()).digest()
        return int.from_bytes(digest[:4]) / 2**32 * min(self.interval, _FIRST_WITHIN)


def probe_targets(specs: Sequence[ProbeSpec], clock: Callable[[], float]) -> Iterator[Target]:
    for spec in specs:
        yield Target(
            source=spec.kind,
            name=spec.name,
            interval=spec.interval,
            timeout=spec.timeout + _GRACE,
            ask=_asking_database(spec, clock),
            unanswered=record.unanswered(spec),
        )


def query_targets(
    specs: Sequence[QuerySpec],
    query: Callable[[str], Awaitable[Answer]],
    timeout: float,
    clock: Callable[[], float],
) -> Iterator[Target]:
    """``timeout`` is that of the API, in seconds."""
    for spec in specs:
        yield Target(
            source=promql.SOURCE,
            name=spec.name,
            interval=spec.interval,
            timeout=timeout + _GRACE,
            ask=_asking_query(spec, query, clock),
            unanswered=promql.unanswered(spec),
        )


def _asking_database(spec: ProbeSpec, clock: Callable[[], float]) -> Callable[[], Awaitable[Told]]:
    memory = Memory()

    async def ask() -> Told:
        return Told(tuple(await probe(spec, clock, memory)))

    return ask


def _asking_query(
    spec: QuerySpec, query: Callable[[str], Awaitable[Answer]], clock: Callable[[], float]
) -> Callable[[], Awaitable[Told]]:
    return lambda: promql.ask(spec, query, clock)


async def keep_probing(
    settings: Settings, prometheus: Prometheus | None, sink: ProbeSink, clock: Callable[[], float]
) -> None:
    """Asks whom these settings name, until cancelled; returns at once where they name nobody.

    ``prometheus`` is the open client of the API that they name, None where they name none.
    """
    asked = settings.replication
    targets = list(probe_targets(asked.probe_specs(), clock))
    if prometheus is not None:
        targets += query_targets(asked.query_specs(), prometheus.query, prometheus.spec.timeout, clock)
    await Probing(targets, sink, concurrency=asked.concurrency, clock=clock).run()


def say_unasked(settings: Settings) -> None:
    """For whoever reads a folder or a demonstration: says once that nobody is asked there, where somebody is named."""
    asked = settings.replication
    if asked.probes or asked.queries:
        _LOG.warning(
            "replication: %d probes and %d queries are configured and not asked here; only a running cluster's are",
            len(asked.probes),
            len(asked.queries),
        )


class Probing:
    """Asks every target for as long as ``run`` does. ``concurrency`` is how many are asked at the same time."""

    def __init__(
        self,
        targets: Sequence[Target],
        sink: ProbeSink,
        *,
        concurrency: int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._targets = targets
        self._sink = sink
        self._turns = asyncio.Semaphore(concurrency)
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for target in self._targets:
                group.create_task(self._keep_asking(target), name=f"probe {target.source} {target.name}")

    async def _keep_asking(self, target: Target) -> None:
        """One round after another on a grid of the interval: a round that took longer leaves the next ones out."""
        loop = asyncio.get_running_loop()
        asked = _Asked(target, self._sink, self._clock)
        due = loop.time() + target.offset
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            async with self._turns:
                await asked.once()
            late = max(0.0, loop.time() - due)
            due += target.interval * (1 + late // target.interval)


class _Asked:
    """One target and how it fares."""

    def __init__(self, target: Target, sink: ProbeSink, clock: Callable[[], float]) -> None:
        self._target = target
        self._sink = sink
        self._clock = clock
        self._broken = False
        self._told_of = False
        self._known: dict[ReplicationKey, Replication] = {}

    async def once(self) -> None:
        target = self._target
        try:
            async with asyncio.timeout(target.timeout):
                told = await target.ask()
        except AskError as error:
            self._failed(error.reason, error.text)
        except TimeoutError:
            self._failed("timeout", f"no answer within {target.timeout:g} s; see whether it hangs")
        except Exception as error:  # noqa: BLE001 - a fault in one probe must not blind us for the cluster
            # its words may quote what the database said; its kind and place do not
            self._failed("bad_answer", f"our probe failed at {_place(error)}; please report it")
        else:
            self._measured(told)

    def _failed(self, reason: AskReason, text: str) -> None:
        if not self._broken:
            _LOG.warning("probe %s %s broke: %s: %s", self._target.source, self._target.name, reason, text)
        self._broken = True
        if not self._told_of:
            self._sink.unanswered(self._target.source, self._target.name, self._target.unanswered)
        self._told_of = True
        self._sink.failed(self._target.source, self._target.name, reason, text)

    def _measured(self, told: Told) -> None:
        now = self._clock()
        fresh = {one.id: self._held(one, now) for one in told.replications}
        kept = {} if told.complete else {key: one for key, one in self._known.items() if _recent(one, now)}
        self._known = {**kept, **fresh}
        self._told_of = True
        if self._broken:
            _LOG.info("probe %s %s recovered", self._target.source, self._target.name)
        self._broken = False
        self._sink.measured(self._target.source, self._target.name, tuple(self._known.values()))

    def _held(self, one: Replication, now: float) -> Replication:
        measured = now if one.measured is None else one.measured
        return msgspec.structs.replace(one, measured=measured, holds=self._target.holds)


def _recent(one: Replication, now: float) -> bool:
    return one.measured is not None and now - one.measured <= _KEPT


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "nowhere"
    return f"{where} ({type(error).__name__})"
