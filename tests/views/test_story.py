"""The story of a claim: what the pictures are drawn from, beside the report's entry and the explanation."""

from typing import Any

import msgspec
import pytest

from holdfast.app.account.document import report_document
from holdfast.app.account.views.story import MOST_COPIES, MOST_POINTS, _spread
from tests.report.scenery import (
    LAST_NIGHT,
    NOW,
    backup,
    claim,
    copied,
    engine_of,
    explanation_of,
    file_copy,
    gauged,
    location,
    pod,
    snapshot,
    usage,
    volume,
)
from tests.views.asking import view


def story(engine: Any, of: str = "shop/orders") -> Any:
    return view(engine, f"claims/{of}")


def test_an_unknown_claim_has_none() -> None:
    assert story(engine_of(*copied()), "shop/none") is None


def test_it_holds_the_entry_of_the_report_and_the_explanation() -> None:
    engine = engine_of(*copied(), location())
    told = story(engine)
    assert told.claim == report_document(engine, NOW).claims[0]
    assert told.explanation == explanation_of(engine)
    assert told.headline == "A copy protects it: the newest that counts is 9h old, and 26h are allowed"
    assert (told.why, told.siblings, told.monthly_cost, told.backend) == ((), 1, None, None)


def test_copies_lie_on_a_time_line_by_source() -> None:
    engine = engine_of(*copied(), snapshot("shop/keep", "orders", "2026-11-01T06:00:00Z"))
    line = story(engine).timeline
    assert [(source.source, source.total, len(source.copies)) for source in line.sources] == [
        ("csi-snapshot", 1, 1),
        ("velero", 1, 1),
    ]
    copy = line.sources[1].copies[0]
    assert (f"{copy.captured:%H:%M}", copy.placement, copy.kind, copy.object, copy.schedule) == (
        "03:00",
        "offsite",
        "PodVolumeBackup.velero.io",
        "velero/n1-orders",
        "nightly",
    )
    assert (copy.counts, copy.restorable, copy.size_bytes) == (
        True,
        False,
        5 * 2**30,
    )  # its location is not there
    assert line.first == copy.captured
    assert f"{line.allowed_since:%d %H:%M}" == "31 10:00"


def test_of_very_many_copies_the_newest_are_told_and_all_are_counted() -> None:
    runs = [
        (f"n{number}", f"2026-10-{1 + number // 24:02}T{number % 24:02}:00:00Z")
        for number in range(MOST_COPIES + 30)
    ]
    engine = engine_of(
        claim("shop/orders"),
        *(backup(name, started, ["shop"]) for name, started in runs),
        *(file_copy("shop/orders", name, started) for name, started in runs),
    )
    told = story(engine)
    assert (told.timeline.total, told.timeline.sources[0].total) == (MOST_COPIES + 30, MOST_COPIES + 30)
    shown = told.timeline.sources[0].copies
    assert len(shown) == len(told.explanation.copies) == MOST_COPIES
    assert shown[0].captured.isoformat().startswith("2026-10-10T13")
    assert told.timeline.first == shown[-1].captured


def test_an_exempt_claim_has_no_copies_that_are_too_old() -> None:
    engine = engine_of(claim("shop/orders", annotations={"exempt": "built anew"}))
    told = story(engine)
    assert (told.timeline.allowed_since, told.headline) == (None, "It is exempt: built anew")


def test_use_is_told_over_time_with_its_forecast() -> None:
    engine = gauged(
        engine_of(claim("shop/orders"), volume("shop/orders"), pod("shop/web", "orders")),
        *usage(now=80.0, daily=4.0, inodes_used=1000.0, inodes=10_000.0),
    )
    told = story(engine)
    times = [point.time for point in told.bytes.points]
    assert times == sorted(times)
    assert 160 <= len(times) <= MOST_POINTS
    assert told.bytes.points[-1].used == 0.8 * 10 * 2**30
    assert told.bytes.points[-1].capacity == 10 * 2**30
    assert told.bytes.forecast == told.claim.filling.bytes_forecast
    assert told.bytes.forecast.full is not None
    assert told.inodes.points[-1].used == 1000.0
    assert told.full_within_seconds == 2 * 4 * 86400.0  # nothing lets it grow, so its owner is told earlier


def test_what_was_never_measured_has_no_history() -> None:
    told = story(engine_of(*copied()))
    assert (told.bytes.points, told.bytes.forecast, told.inodes.points) == ((), None, ())


@pytest.mark.parametrize("count", [0, 1, MOST_POINTS, MOST_POINTS + 1, 5000])
def test_a_long_history_is_thinned_evenly_and_keeps_its_ends(count: int) -> None:
    places = _spread(count, MOST_POINTS)
    assert len(places) == len(set(places)) == min(count, MOST_POINTS)
    if count:
        assert (places[0], places[-1]) == (0, count - 1)


def test_a_claim_that_owes_a_proof_says_when() -> None:
    asked = {"restore-drill-every": "90d"}
    told = story(engine_of(claim("shop/orders", annotations=asked)))
    assert f"{told.drill_due:%Y-%m-%d}" == "2026-12-30"  # it was made on the first of October
    assert told.restores == ()


def test_findings_come_with_what_can_be_done() -> None:
    told = story(engine_of(claim("shop/orders", annotations={"rpo": "soon"})))
    (finding,) = (each for each in told.findings if each.check == "invalid-annotation")
    assert (finding.severity, bool(finding.why and finding.title and finding.matters and finding.remedy)) == (
        "warning",
        True,
    )


def test_a_copy_of_the_far_future_and_one_of_the_beginning_of_time_are_told() -> None:
    engine = engine_of(
        claim("shop/orders"),
        backup("old", "1970-01-02T00:00:00Z", ["shop"]),
        file_copy("shop/orders", "old", "1970-01-02T00:00:00Z"),
        backup("new", "9998-01-01T00:00:00Z", ["shop"]),
        file_copy("shop/orders", "new", "9998-01-01T00:00:00Z"),
        backup("n1", LAST_NIGHT, ["shop"]),
        file_copy("shop/orders", "n1", LAST_NIGHT),
    )
    assert b'"timeline"' in msgspec.json.encode(story(engine))
