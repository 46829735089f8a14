"""``python -m bench.views``: fills an engine with the fleet of ``bench.scale``, asks for every view, tells milliseconds and bytes."""

import argparse
import gc
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec
from rich.console import Console
from rich.table import Table

from bench.scale.filling import kinds
from bench.scale.fleet import Fleet, Made
from bench.views.copies import REGION, copies
from holdfast.app.account.views.answering import Views
from holdfast.app.account.views.register import Register
from holdfast.app.engine import Engine
from holdfast.http.queries import read_query
from holdfast.http.table import compliance_csv
from holdfast.http.views import ComplianceView, View
from holdfast.model.cost import Prices
from holdfast.model.feed import Feed
from holdfast.model.identity import ClaimRef, ObjectKey
from holdfast.model.policy import BUILTIN_RPO, Match, ObjectiveSpec, Policy, Tier
from holdfast.model.usage import UsageSample
from holdfast.sources.table import SOURCES

_TIERS = (("gold", 3600.0), ("silver", 6 * 3600.0), ("bronze", BUILTIN_RPO))
_HOURS = 24  # of usage
_ROUNDS = 5


class Asked(NamedTuple):
    """What is asked: a name for people, the name of the form, the path and the query string."""

    name: str
    form: str
    path: tuple[str, ...]
    query: tuple[tuple[str, str], ...] = ()


class Took(NamedTuple):
    """Seconds of processor time of all turns together and of the longest, which no other program can lengthen; and bytes."""

    whole: float
    longest: float
    size: int


class Pairs(dict[str, str]):
    """A query string without repetition."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.views", description=__doc__)
    parser.add_argument("--claims", type=int, default=20_000)
    asked = parser.parse_args()
    console = Console()
    fleet = Fleet(claims=asked.claims, pods=asked.claims * 11 // 10)
    engine, now = _filled(fleet)
    gc.collect()
    gc.freeze()
    views = Views(engine)
    engine.changed = views.changed
    table = Table(
        "view", "first ms", "again ms", "longest turn ms", "bytes", title=f"{asked.claims:,} claims"
    )
    for each in _asks(fleet):
        first, *others = [_measure(views, each, now) for _ in range(_ROUNDS)]
        again = min(took.whole for took in others)
        longest = sorted(took.longest for took in others)[len(others) // 2]
        table.add_row(
            each.name,
            f"{1e3 * first.whole:.1f}",
            f"{1e3 * again:.1f}",
            f"{1e3 * longest:.1f}",
            f"{first.size:,}",
        )
    console.print(table)
    found = sum(finding.check == "one-location" for finding in engine.surveys.findings)
    console.print(f"{found:,} findings of one-location")
    console.print(f"{_kept(engine) / asked.claims:.0f} bytes a claim are kept for all views")
    return 0


def _kept(engine: Engine) -> int:
    """Bytes that a register of all claims takes, by what Python was asked for."""
    tracemalloc.start()
    register = Register(engine)
    for _ in register.catch_up():
        pass
    register.ranks()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return size


def _filled(fleet: Fleet) -> tuple[Engine, float]:
    tiers = tuple(
        Tier(name=name, match=Match(namespace_labels={"tier": (name,)}), objective=ObjectiveSpec(rpo=rpo))
        for name, rpo in _TIERS
    )
    engine = Engine(SOURCES, Policy(tiers=tiers, prices=Prices(currency="EUR", default=0.1)))
    feeds: dict[tuple[str, str], list[Feed]] = {}
    for source in SOURCES:
        for feed in source.feeds:
            feeds.setdefault((feed.resource.group, feed.kind), []).append(feed)
    now = time.time() + 60
    ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - 600))
    for _, objects in (*kinds(fleet), ("copies", copies(fleet, ended))):
        for made in objects:
            if made.body["kind"] == "Node":
                made.body["metadata"]["labels"] |= REGION
            _put(engine, feeds, made)
    for feed in (feed for source in SOURCES for feed in source.feeds):
        engine.state(feed, "up", "", now)
    engine.judge(now)
    for hour in range(_HOURS, -1, -1):
        engine.take_usage(_samples(fleet, now - 60 - 3600 * hour, hour), now)
    while engine.foretell(now):
        pass
    engine.judge(now)
    return engine, now


def _samples(fleet: Fleet, time_: float, hour: int) -> Iterator[UsageSample]:
    for plan in fleet.mounted:
        size = float(plan.gib << 30)
        used = size * (0.95 - 0.01 * (plan.number % 7) * hour / 24 - 0.01 * (plan.number % 60))
        yield UsageSample(
            claim=ClaimRef(plan.namespace, plan.name),
            time=time_,
            used=used,
            capacity=size,
            available=size - used,
            origin="node",
        )


def _put(engine: Engine, feeds: dict[tuple[str, str], list[Feed]], made: Made) -> None:
    if made.body["kind"] == "Job":
        return  # of the copies that Jobs make no object tells the place, and then one-location is not judged
    body: dict[str, Any] = {**made.body, "status": made.status or {}}
    metadata: dict[str, Any] = dict(body["metadata"])
    metadata.setdefault("uid", f"{made.name}-uid-{metadata.get('namespace', '')}")
    metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
    body["metadata"] = metadata
    group = body["apiVersion"].rpartition("/")[0]
    text = msgspec.json.encode(body)
    for feed in feeds.get((group, body["kind"]), ()):
        key = ObjectKey(metadata.get("namespace", ""), metadata["name"])
        engine.put(feed, key, msgspec.json.decode(text, type=feed.shape))
    if made.then is not None:
        _put(engine, feeds, made.then(metadata["uid"]))


def _asks(fleet: Fleet) -> Iterator[Asked]:
    plan = fleet.plans[0]
    yield Asked("claims", "claims", ("claims",))
    yield Asked("claims, the last page", "claims", ("claims",), (("page", "1000000"),))
    yield Asked(
        "claims, searched", "claims", ("claims",), (("search", f"{plan.namespace} store"), ("sort", "full"))
    )
    yield Asked(
        "claims, filtered", "claims", ("claims",), (("state", "never"), ("tier", "gold"), ("sort", "-used"))
    )
    yield Asked("a claim", "claim", ("claims", plan.namespace, plan.name))
    for name in ("overview", "schedules", "sources", "findings", "checklist", "compliance", "waste"):
        yield Asked(name, name, (name,))
    yield Asked("compliance, 5000 rows", "compliance", ("compliance",), (("per", "5000"),))
    yield Asked("compliance.csv", "compliance", ("compliance",), (("csv", ""),))


def _measure(views: Views, asked: Asked, now: float) -> Took:
    pairs = Pairs(pair for pair in asked.query if pair[0] != "csv")
    query = read_query(asked.form, pairs)
    whole_table = ("csv", "") in asked.query
    if whole_table:
        query = msgspec.structs.replace(query, per=0)
    turns = views.answer(asked.path, query, now)
    whole = longest = 0.0
    while True:
        began = time.thread_time()
        try:
            next(turns)
        except StopIteration as end:
            view: View = end.value
            if not whole_table:
                size = len(msgspec.json.encode(view))
            took = time.thread_time() - began
            break
        took = time.thread_time() - began
        whole, longest = whole + took, max(longest, took)
    whole, longest = whole + took, max(longest, took)
    if whole_table and isinstance(view, ComplianceView):
        pieces, size = compliance_csv(view.rows), 0
        while piece := _timed(lambda: next(pieces, b"")):
            size, whole, longest = size + len(piece[0]), whole + piece[1], max(longest, piece[1])
            if not piece[0]:
                break
    return Took(whole, longest, size)


def _timed(work: Callable[[], bytes]) -> tuple[bytes, float]:
    began = time.thread_time()
    return work(), time.thread_time() - began


if __name__ == "__main__":
    sys.exit(main())
