"""The exporter as it is measured: CPU time and memory of its process, what a scrape of it brings and takes.

Read from outside only: the operating system's figures and /metrics. Starting and ending it belongs to the
harness.
"""

import math
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import aiohttp
import msgspec
import psutil

from bench.scale.api import BenchError

LOOP_FAMILY = "holdfast_loop_held_seconds"
"""A histogram of how long the exporter's event loop was held; read where the exporter publishes it."""

_BUCKET = re.compile(rf'^{LOOP_FAMILY}_bucket{{le="([^"]+)"}} (\S+)$'.encode(), re.MULTILINE)
_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)

LONG = 0.05
"""Seconds: nothing should hold the event loop longer."""

Holds = Mapping[float, float]
"""How often the loop was held for at most so many seconds, by that bound, since the exporter began."""


class Scrape(NamedTuple):
    seconds: float
    body: bytes


class LoopHold(msgspec.Struct, frozen=True, kw_only=True):
    """The longest hold of the event loop in a phase: above ``above`` and ``at_most`` so many seconds.

    ``at_most`` is None where it went beyond the last bucket. ``long`` of all ``looks`` found it held longer
    than LONG.
    """

    at_most: float | None
    above: float
    long: int
    looks: int


class Subject:
    """A running exporter: its process and its address."""

    def __init__(self, pid: int, session: aiohttp.ClientSession) -> None:
        self._process = psutil.Process(pid)
        self._session = session
        self._highest = 0

    def cpu(self) -> float:
        """Seconds of CPU that the process has used since it began, kernel included."""
        times = self._process.cpu_times()
        return float(times.user + times.system)

    def resident(self) -> int:
        """Bytes now."""
        resident = int(self._process.memory_info().rss)
        self._highest = max(self._highest, resident)
        return resident

    def resident_peak(self) -> int:
        """Bytes at the highest: as the kernel counted, or where it does not tell, as ``resident`` saw."""
        status = Path(f"/proc/{self._process.pid}/status")
        found = _PEAK.search(status.read_text()) if status.exists() else None
        return max(self._highest, int(found[1]) * 1024 if found else 0)

    async def ready(self) -> bool | None:
        """None while nothing listens yet. Raises BenchError when the process has ended."""
        if not self._process.is_running() or self._process.status() == psutil.STATUS_ZOMBIE:
            raise BenchError("the exporter ended while it was measured")
        try:
            async with self._session.get("/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientConnectionError:
            return None

    async def scrape(self, *, gzip: bool = False) -> Scrape:
        """The body stays as it was sent: compressed when that was asked for. Raises BenchError."""
        headers = {"Accept-Encoding": "gzip" if gzip else "identity", "Accept": "text/plain;version=0.0.4"}
        began = time.perf_counter()
        async with self._session.get("/metrics", headers=headers) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise BenchError(f"/metrics answered {answer.status}")
        return Scrape(time.perf_counter() - began, body)


def rows(body: bytes, family: str) -> int:
    """How many samples the family has."""
    start = f"{family}{{".encode()
    return body.count(b"\n" + start) + body.startswith(start)


def samples(body: bytes) -> int:
    return body.count(b"\n") - body.count(b"\n#") - body.startswith(b"#")


def loop_holds(body: bytes) -> Holds | None:
    """None where the exporter does not publish them."""
    found = {float(bound): float(count) for bound, count in _BUCKET.findall(body)}
    return found or None


def holds_between(before: Holds | None, after: Holds | None) -> LoopHold | None:
    """None where the exporter does not publish them; ``before`` is None at its beginning."""
    if after is None:
        return None
    counts = {bound: count - (before or {}).get(bound, 0.0) for bound, count in sorted(after.items())}
    looks = counts.get(math.inf, 0.0)
    reached = next((bound for bound, count in counts.items() if count >= looks), math.inf)
    return LoopHold(
        at_most=None if math.isinf(reached) else reached,
        above=max((bound for bound in counts if bound < reached), default=0.0),
        long=round(looks - max((count for bound, count in counts.items() if bound <= LONG), default=0.0)),
        looks=round(looks),
    )
