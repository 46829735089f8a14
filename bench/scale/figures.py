"""What a run found, as a table for people and as JSON: each figure beside its relation to another of the run.

Nothing is measured here.
"""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from rich import box
from rich.table import Table

from bench.scale.measuring import Measured
from bench.scale.subject import LONG, LoopHold


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The cluster's size, the machine, what the bare client and the exporter took. Seconds and bytes.

    ``load`` is the mean number of busy processes in the run's last minute: far above ``cores``, times are
    mostly those of waiting.
    """

    version: str
    python: str
    cores: int
    load: float
    claims: int
    pods: int
    seed: int
    objects: int
    filled: float
    listed_bytes: int
    listed: tuple[float, ...]
    measured: Measured

    @property
    def bare(self) -> float:
        """The floor: the fastest of the bare client's rounds."""
        return min(self.listed)


class Line(NamedTuple):
    """One figure, with its unit, and what it means in relation to another of the same run."""

    name: str
    value: str
    relation: str = ""


def lines(run: Run) -> Iterator[Line]:
    yield from _beginning(run)
    yield from _scraping(run)
    yield from _standing(run)


def table(run: Run) -> Table:
    title = f"{run.claims:,} claims, {run.pods:,} pods, {run.objects:,} objects in all"
    machine = f"Python {run.python}, {run.cores} cores, load {run.load:.1f}"
    caption = f"Holdfast {run.version}, {machine}, seed {run.seed}"
    shown = Table(title=title, caption=caption, box=box.SIMPLE_HEAD)
    shown.add_column("figure", overflow="fold")
    shown.add_column("value", justify="right", no_wrap=True)
    shown.add_column("in relation", overflow="fold")
    for line in lines(run):
        shown.add_row(*line)
    return shown


def document(run: Run) -> bytes:
    """The run and its ratios as JSON, indented."""
    return msgspec.json.format(msgspec.json.encode({"run": run, "ratios": ratios(run)}), indent=2) + b"\n"


def ratios(run: Run) -> dict[str, float | None]:
    """What can be compared between runs and machines better than absolute figures can."""
    measured, scrapes = run.measured, run.measured.scrapes
    return {
        "complete_to_bare_list": _share(measured.start.complete, run.bare),
        "complete_since_answering_to_bare_list": _share(
            measured.start.complete - measured.start.answers, run.bare
        ),
        "start_cpu_seconds_per_object": _share(measured.start.cpu, run.objects),
        "samples_per_claim": _share(scrapes.samples, run.claims),
        "bytes_per_sample": _share(scrapes.plain_bytes, scrapes.samples),
        "gzip_bytes_per_sample": _share(scrapes.gzip_bytes, scrapes.samples),
        "plain_scrape_seconds_per_sample": _share(scrapes.plain, scrapes.samples),
        "gzip_scrape_seconds_per_sample": _share(scrapes.gzip, scrapes.samples),
        "gzip_scrape_to_plain_scrape": _share(scrapes.gzip, scrapes.plain),
        "resident_bytes_per_claim": _share(measured.resident, run.claims),
        "resident_to_listed_bytes": _share(measured.resident, run.listed_bytes),
        "resident_peak_to_now": _share(measured.resident_peak, measured.resident),
    }


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _beginning(run: Run) -> Iterator[Line]:
    start = run.measured.start
    rounds = " and ".join(f"{seconds:.2f}" for seconds in run.listed)
    yield Line(
        "bare client lists all",
        f"{run.bare:.2f} s",
        f"{_bytes(run.listed_bytes)} as JSON; rounds of {rounds} s",
    )
    yield Line("answers after", f"{start.answers:.2f} s", "not ready yet: its code is loaded")
    yield Line("ready after", f"{start.ready:.2f} s", _times(start.ready, run.bare, "the bare list"))
    yield Line("complete after", f"{start.complete:.2f} s", _times(start.complete, run.bare, "the bare list"))
    yield Line("CPU until complete", f"{start.cpu:.2f} s", _each(start.cpu, run.objects, "object"))


def _scraping(run: Run) -> Iterator[Line]:
    scrapes = run.measured.scrapes
    count = scrapes.samples
    yield Line("samples", f"{count:,}", f"{count / run.claims:.1f} a claim")
    yield Line("plain", _bytes(scrapes.plain_bytes), f"{scrapes.plain_bytes / count:.1f} bytes a sample")
    yield Line("gzip", _bytes(scrapes.gzip_bytes), f"{scrapes.gzip_bytes / count:.1f} bytes a sample")
    yield Line("plain scrape, median", _milliseconds(scrapes.plain), _each(scrapes.plain, count, "sample"))
    yield Line("gzip scrape, median", _milliseconds(scrapes.gzip), _each(scrapes.gzip, count, "sample"))
    yield Line(
        "CPU a plain scrape", _milliseconds(scrapes.plain_cpu), _each(scrapes.plain_cpu, count, "sample")
    )
    yield Line("CPU a gzip scrape", _milliseconds(scrapes.gzip_cpu), _each(scrapes.gzip_cpu, count, "sample"))


def _standing(run: Run) -> Iterator[Line]:
    measured = run.measured
    resident, peak = measured.resident, measured.resident_peak
    yield Line("resident now", _bytes(resident), _times(resident, run.listed_bytes, "the listed JSON"))
    yield Line("resident peak", _bytes(peak), _times(peak, resident, "now"))
    yield Line("CPU when idle", f"{measured.idle * 100:.2f} %", "of one core, unscraped")
    yield from _changing(measured)
    holds = measured.holds
    for phase, hold in (("start", holds.start), ("scrapes", holds.scrapes), ("churn", holds.churn)):
        yield _hold(f"event loop held, {phase}", hold)


def _changing(measured: Measured) -> Iterator[Line]:
    if churn := measured.churn:
        rate = f"{churn.events:,} events, {churn.events / churn.took:.0f} a second"
        yield Line("CPU an event", f"{churn.cpu * 1000:.2f} ms", rate)
    if latency := measured.latency:
        lost = f"{latency.lost} not seen in time; " if latency.lost else ""
        yield Line("event to metric, p50", f"{latency.p50:.2f} s", f"{lost}a whole plain scrape included")
        yield Line("event to metric, p95", f"{latency.p95:.2f} s", lost.removesuffix("; "))


def _hold(name: str, hold: LoopHold | None) -> Line:
    if hold is None:
        return Line(name, "not known")
    bound = f"> {hold.above * 1000:g} ms" if hold.at_most is None else f"≤ {hold.at_most * 1000:g} ms"
    return Line(name, bound, f"{hold.long} of {hold.looks:,} looks above {LONG * 1000:g} ms")


def _bytes(count: float) -> str:
    return f"{count / 1e6:,.2f} MB" if count < 1e8 else f"{count / 1e6:,.0f} MB"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:,.1f} ms"


def _times(part: float, whole: float, name: str) -> str:
    return f"{part / whole:.2f} × {name}" if whole else ""


def _each(seconds: float, count: int, noun: str) -> str:
    return f"{seconds / count * 1e6:.2f} µs {'an' if noun[0] in 'aeo' else 'a'} {noun}" if count else ""
