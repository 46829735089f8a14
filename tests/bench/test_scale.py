"""The scale bench: our feeds read the objects that it makes, and what it finds is shown. Nothing is timed."""

import io
from collections import Counter
from typing import Any

import msgspec
from rich.console import Console

from bench.scale import figures, filling, listing, measuring, subject
from bench.scale.fleet import Fleet, Made
from holdfast.model.facts import Claim, Fact, Pod, Volume
from holdfast.sources.table import SOURCES

FLEET = Fleet(claims=300, pods=700, seed=7)
FEEDS = [feed for source in SOURCES for feed in source.feeds]


def objects(fleet: Fleet) -> list[dict[str, Any]]:
    """All objects as the API server would hold them, status included."""
    found = []
    for _, made in filling.kinds(fleet):
        for one in made:
            following: Made | None = one
            while following is not None:
                status = {"status": following.status} if following.status else {}
                found.append(following.body | status)
                following = following.then("a-uid") if following.then else None
    return found


def facts(fleet: Fleet) -> list[Fact]:
    read: list[Fact] = []
    for obj in objects(fleet):
        feeds = [feed for feed in FEEDS if feed.kind == obj["kind"]]
        assert feeds, f"no source reads {obj['kind']}"
        for feed in feeds:
            read.extend(feed.read(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape)))
    return read


def test_every_object_is_read_by_a_feed() -> None:
    """As many claims and volumes as asked for; of the pods, those that name a claim."""
    counts = Counter(type(fact) for fact in facts(FLEET))
    assert (counts[Claim], counts[Volume], counts[Pod]) == (300, 300, len(FLEET.mounted))
    assert Counter(obj["kind"] for obj in objects(FLEET))["Pod"] == 700


def test_no_two_objects_share_a_name() -> None:
    names = Counter(
        (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"]) for obj in objects(FLEET)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_the_same_seed_makes_the_same_fleet() -> None:
    again, other = Fleet(claims=300, pods=700, seed=7), Fleet(claims=300, pods=700, seed=8)
    assert again.plans == FLEET.plans
    assert other.plans != FLEET.plans


def test_every_fate_of_a_claim_is_there() -> None:
    """Running, scaled to zero, and left behind; bound and still waiting."""
    assert {plan.app.fate for plan in FLEET.plans} == {"running", "asleep", "left"}
    assert {plan.bound for plan in FLEET.plans} == {True, False}


def test_the_bare_client_lists_what_the_exporter_reads() -> None:
    paths = list(listing.paths())
    assert len(paths) == len(set(paths))
    assert {"/api/v1/pods", "/apis/batch/v1/cronjobs", "/apis/velero.io/v1/backups"} <= set(paths)


def test_holds_of_the_event_loop_are_told_by_phase() -> None:
    """Between two scrapes one look in 0.01…0.1 s came: the hold lay above 10 ms, and was one above 50 ms."""
    before = (
        b'holdfast_loop_held_seconds_bucket{le="0.01"} 5\nholdfast_loop_held_seconds_bucket{le="+Inf"} 5\n'
    )
    after = (
        b'holdfast_loop_held_seconds_bucket{le="0.01"} 7.0\n'
        b'holdfast_loop_held_seconds_bucket{le="0.1"} 8.0\n'
        b'holdfast_loop_held_seconds_bucket{le="+Inf"} 8.0\n'
    )
    hold = subject.holds_between(subject.loop_holds(before), subject.loop_holds(after))
    assert hold == subject.LoopHold(at_most=0.1, above=0.01, long=1, looks=3)


def test_without_the_family_no_hold_is_told() -> None:
    assert subject.loop_holds(b"up 1\n") is None
    assert subject.holds_between(None, None) is None


def test_samples_and_rows_of_an_exposition_are_counted() -> None:
    body = b'# HELP a A.\n# TYPE a gauge\na{b="1"} 1\na{b="2"} 2\n# HELP ab B.\nab 1\n'
    assert (subject.samples(body), subject.rows(body, "a"), subject.rows(b"a{} 1\n", "a")) == (3, 2, 1)


def run(**changed: Any) -> figures.Run:
    measured = measuring.Measured(
        start=measuring.Start(answers=1.0, ready=2.0, complete=3.0, cpu=1.5),
        scrapes=measuring.Scrapes(
            samples=1000,
            plain_bytes=100_000,
            gzip_bytes=8_000,
            plain=0.004,
            gzip=0.002,
            plain_cpu=0.003,
            gzip_cpu=0.003,
        ),
        idle=0.004,
        resident=90_000_000,
        resident_peak=99_000_000,
        churn=measuring.Churn(events=500, took=10.0, cpu=0.0006),
        latency=measuring.Latency(p50=0.15, p95=0.3, lost=0),
        holds=measuring.LoopHolds(
            start=subject.LoopHold(at_most=None, above=1.0, long=1, looks=1200), scrapes=None, churn=None
        ),
    )
    size: dict[str, Any] = {"claims": 100, "pods": 300, "seed": 1, "objects": 700, "filled": 9.0}
    machine: dict[str, Any] = {"version": "1.2.3", "python": "3.11", "cores": 2, "load": 0.5}
    bare: dict[str, Any] = {"listed_bytes": 30_000_000, "listed": (2.8, 2.5)}
    return figures.Run(**(size | machine | bare | {"measured": measured} | changed))


def shown(of: figures.Run, width: int) -> str:
    text = io.StringIO()
    Console(file=text, width=width).print(figures.table(of))
    return text.getvalue()


def test_the_table_shows_each_figure_beside_its_relation() -> None:
    text = shown(run(), 120)
    for line in (
        ("complete after", "3.00 s", "1.20 × the bare list"),
        ("plain scrape, median", "4.0 ms", "4.00 µs a sample"),
        ("gzip", "0.01 MB", "8.0 bytes a sample"),
        ("CPU an event", "0.60 ms", "500 events, 50 a second"),
        ("event loop held, start", "> 1000 ms", "1 of 1,200 looks above 50 ms"),
        ("event loop held, churn", "not known", ""),
    ):
        assert any(all(part in row for part in line) for row in text.splitlines()), line


def test_a_narrow_table_keeps_its_values_whole() -> None:
    assert "99.00 MB" in shown(run(), 60)


def test_the_document_holds_the_run_and_its_ratios() -> None:
    document = msgspec.json.decode(figures.document(run()))
    assert document["ratios"]["complete_to_bare_list"] == 1.2
    assert document["ratios"]["gzip_scrape_to_plain_scrape"] == 0.5
    assert msgspec.convert(document["run"], figures.Run) == run()
