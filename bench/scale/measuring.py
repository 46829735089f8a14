"""The phases of one run on a filled server: start until complete, scrapes, rest, churn, one event at a time.

Every loop ends by a count or by a time. How figures are shown belongs to figures.py.
"""

import asyncio
import math
import random
import statistics
import time
from collections.abc import Iterator

import msgspec

from bench.scale.api import Api, BenchError
from bench.scale.filling import Tell
from bench.scale.fleet import ClaimPlan, Fleet
from bench.scale.subject import (
    Holds,
    LoopHold,
    Subject,
    holds_between,
    loop_holds,
    rows,
    samples,
)

RATE = 50  # changes a second under churn
_START = 300.0  # seconds for the exporter to become complete
_SCRAPES = 15
_IDLE = 20.0  # seconds
_FOLLOWED = 40  # events whose way to /metrics is timed
_LOST = 20.0  # seconds after which a followed event counts as lost, with this time
_SETTLE = 1.0  # seconds for the last changes of the churn to be judged
_LARGEST = 200 * 1024  # MiB; more than any claim of the fleet asks for, for claims can only grow


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the start of the process, and the CPU time that it used until it was complete.

    It ``answers`` as soon as it listens: until then it loaded its code and knew nothing of the cluster.
    """

    answers: float
    ready: float
    complete: float
    cpu: float


class Scrapes(msgspec.Struct, frozen=True, kw_only=True):
    """Medians in seconds; CPU seconds a scrape; bytes of one body."""

    samples: int
    plain_bytes: int
    gzip_bytes: int
    plain: float
    gzip: float
    plain_cpu: float
    gzip_cpu: float


class Churn(msgspec.Struct, frozen=True, kw_only=True):
    """CPU seconds an event, all that the process used; ``took`` seconds for this many events."""

    events: int
    took: float
    cpu: float


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the API server's answer to a change until a whole scrape with the new value was read."""

    p50: float
    p95: float
    lost: int


class LoopHolds(msgspec.Struct, frozen=True, kw_only=True):
    """By phase, until complete first; None where the exporter does not tell, and of a phase that was not."""

    start: LoopHold | None
    scrapes: LoopHold | None
    churn: LoopHold | None


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one run found out about the exporter. ``idle`` is CPU seconds a second; memory is in bytes."""

    start: Start
    scrapes: Scrapes
    idle: float
    resident: int
    resident_peak: int
    churn: Churn | None
    latency: Latency | None
    holds: LoopHolds


class Changes:
    """Resizes of bound claims, each to a size that no claim had before."""

    def __init__(self, fleet: Fleet) -> None:
        if not fleet.bound:
            raise BenchError(f"no claim is bound among {fleet.claims}; ask for more claims")
        self._plans = fleet.bound
        self._chance = random.Random(f"{fleet.seed} changes")
        self._sizes = iter(range(_LARGEST, _LARGEST * 1000))

    def take(self, count: int) -> Iterator[tuple[ClaimPlan, int]]:
        """So many claims, no one twice where there are enough, each with its new size in MiB."""
        few = min(count, len(self._plans))
        chosen = [*self._chance.sample(self._plans, few), *self._chance.choices(self._plans, k=count - few)]
        yield from zip(chosen, self._sizes, strict=False)


async def measure(
    subject: Subject, api: Api, fleet: Fleet, *, began: float, churn: float, tell: Tell
) -> Measured:
    """All phases. ``began`` is when the process started, on perf_counter's clock; ``churn`` is in seconds."""
    start, first = await _start(subject, fleet, began)
    tell(f"complete after {start.complete:.1f} s")
    scrapes, after_scrapes = await _scrapes(subject)
    tell(f"scraped {2 * _SCRAPES} times")
    cpu = subject.cpu()
    await asyncio.sleep(_IDLE)
    idle = (subject.cpu() - cpu) / _IDLE
    resident = subject.resident()
    changes = Changes(fleet)
    churned = await _churn(subject, api, changes, churn) if churn > 0 else None
    latency = await _latency(subject, api, changes) if churn > 0 else None
    if churned:
        tell(f"changed {churned.events} claims in {churned.took:.0f} s, then followed {_FOLLOWED} changes")
    last = loop_holds((await subject.scrape()).body)
    subject.resident()
    return Measured(
        start=start,
        scrapes=scrapes,
        idle=idle,
        resident=resident,
        resident_peak=subject.resident_peak(),
        churn=churned,
        latency=latency,
        holds=LoopHolds(
            start=holds_between(None, first),
            scrapes=holds_between(first, after_scrapes),
            churn=holds_between(after_scrapes, last) if churned else None,
        ),
    )


async def _start(subject: Subject, fleet: Fleet, began: float) -> tuple[Start, Holds | None]:
    answers, ready = await _until_ready(subject, began)
    while True:
        body = (await subject.scrape()).body
        served = rows(body, "holdfast_pvc_info")
        complete = time.perf_counter() - began
        if served >= fleet.claims:
            start = Start(answers=answers, ready=ready, complete=complete, cpu=subject.cpu())
            return start, loop_holds(body)
        if complete > _START:
            raise BenchError(f"after {complete:.0f} s the exporter serves {served} of {fleet.claims} claims")
        await asyncio.sleep(0.2)


async def _until_ready(subject: Subject, began: float) -> tuple[float, float]:
    """Seconds until the first answer, and until ready."""
    answers: float | None = None
    while (passed := time.perf_counter() - began) < _START:
        ready = await subject.ready()
        if ready is not None and answers is None:
            answers = passed
        if ready:
            return answers or passed, time.perf_counter() - began
        subject.resident()
        await asyncio.sleep(0.05)
    raise BenchError(f"the exporter was not ready after {passed:.0f} s")


async def _scrapes(subject: Subject) -> tuple[Scrapes, Holds | None]:
    plain, plain_bytes, plain_cpu = await _scrape_often(subject, gzip=False)
    gzip, gzip_bytes, gzip_cpu = await _scrape_often(subject, gzip=True)
    body = (await subject.scrape()).body
    return Scrapes(
        samples=samples(body),
        plain_bytes=plain_bytes,
        gzip_bytes=gzip_bytes,
        plain=plain,
        gzip=gzip,
        plain_cpu=plain_cpu,
        gzip_cpu=gzip_cpu,
    ), loop_holds(body)


async def _scrape_often(subject: Subject, *, gzip: bool) -> tuple[float, int, float]:
    """The median of the times in seconds, the bytes of the last body, and CPU seconds for each."""
    times, size, cpu = [], 0, subject.cpu()
    for _ in range(_SCRAPES):
        scrape = await subject.scrape(gzip=gzip)
        times.append(scrape.seconds)
        size = len(scrape.body)
    return statistics.median(times), size, (subject.cpu() - cpu) / _SCRAPES


async def _churn(subject: Subject, api: Api, changes: Changes, seconds: float) -> Churn:
    """Changes claims at RATE, or as fast as the API server answers; nobody scrapes meanwhile."""
    cpu, began, events = subject.cpu(), time.perf_counter(), 0
    while (second := time.perf_counter()) - began < seconds:
        async with asyncio.TaskGroup() as group:
            for plan, size in changes.take(RATE):
                group.create_task(api.resize(plan.namespace, plan.name, size))
        events += RATE
        await asyncio.sleep(max(0.0, 1.0 - (time.perf_counter() - second)))
    await asyncio.sleep(_SETTLE)
    return Churn(events=events, took=time.perf_counter() - began, cpu=(subject.cpu() - cpu) / events)


async def _latency(subject: Subject, api: Api, changes: Changes) -> Latency:
    times = sorted([await _followed(subject, api, plan, size) for plan, size in changes.take(_FOLLOWED)])
    return Latency(
        p50=statistics.median(times),
        p95=times[math.ceil(len(times) * 0.95) - 1],
        lost=sum(1 for seconds in times if seconds >= _LOST),
    )


async def _followed(subject: Subject, api: Api, plan: ClaimPlan, mebibytes: int) -> float:
    labels = f'namespace="{plan.namespace}",persistentvolumeclaim="{plan.name}"'
    row = f"\nholdfast_pvc_requested_bytes{{{labels}}} {mebibytes << 20}\n".encode()
    await api.resize(plan.namespace, plan.name, mebibytes)
    answered = time.perf_counter()
    while (waited := time.perf_counter() - answered) < _LOST:
        if row in (await subject.scrape()).body:
            return time.perf_counter() - answered
    return waited
