"""The overview: counts, and what to do first; objects in, sentences and links out."""

import re
from collections.abc import Sequence
from typing import Any

import pytest

from holdfast.model.policy import Match, ObjectiveSpec, Policy, Tier
from tests.assessment.test_capacity import quota
from tests.assessment.test_capacity_forecasts import TOTAL, filling
from tests.report.scenery import (
    Object,
    backup,
    claim,
    copied,
    engine_of,
    file_copy,
    gauged,
    location,
    pod,
    shop,
    usage,
    velero_schedule,
    volume,
)
from tests.views.asking import view
from tests.world import NOW as WORLD_NOW


def todo(answer: Any) -> dict[str, Any]:
    return {group.kind: group for group in answer.todo}


def said(*objects: Object, kind: str, **engine: Any) -> list[tuple[str, str]]:
    group = todo(view(engine_of(*objects, **engine), "overview")).get(kind)
    return [(item.name, item.sentence) for item in group.items] if group else []


def test_every_state_is_counted_worst_first() -> None:
    answer = view(engine_of(*shop(), policy=Policy(cluster="prod")), "overview")
    assert (answer.cluster, answer.claims) == ("prod", 6)
    assert [(each.state, each.count) for each in answer.states] == [
        ("unprotected", 1),
        ("never", 1),
        ("late", 1),
        ("unknown", 0),
        ("protected", 2),
        ("exempt", 1),
    ]
    assert {each.state: each.count for each in answer.filling}["not-mounted"] == 2  # no pod runs on them
    assert sum(each.count for each in answer.drills) == 6


def test_where_all_is_well_there_is_nothing_to_do() -> None:
    answer = view(engine_of(*copied(), location()), "overview")
    assert [group.kind for group in answer.todo if group.kind != "checklist"] == []


def test_claims_at_risk_are_told_in_a_sentence() -> None:
    group = todo(view(engine_of(*shop()), "overview"))["claims"]
    assert (group.total, group.link) == (3, "/claims?state=unprotected&state=never&state=late&state=unknown")
    assert [(item.name, item.state, item.sentence, item.link) for item in group.items] == [
        (
            "data-db-0",
            "unprotected",
            "Nothing that runs makes copies of it that count",
            "/claims/dev/data-db-0",
        ),
        (
            "cache",
            "never",
            (
                "It has no copy that counts, though a schedule would make one; a schedule covers it and has not come "
                "round yet"
            ),
            "/claims/shop/cache",
        ),
        (
            "media",
            "late",
            (
                "No copy protects it now: the newest that counts is 3d 9h old, and 26h are allowed; the newest run that "
                "should have copied it failed"
            ),
            "/claims/docs/media",
        ),
    ]


def test_of_many_the_worst_ten_are_told_with_the_total() -> None:
    group = todo(view(engine_of(*(claim(f"shop/c-{number:02}") for number in range(12))), "overview"))[
        "claims"
    ]
    assert (group.total, [item.name for item in group.items]) == (
        12,
        [f"c-{number:02}" for number in range(10)],
    )


def test_what_is_muted_in_the_area_is_counted_and_not_told() -> None:
    answer = view(engine_of(claim("shop/a", annotations={"mute": "protection"})), "overview")
    assert answer.states[0].count == 1
    assert "claims" not in todo(answer)


@pytest.mark.parametrize("muted", [(), ("capacity",)])
def test_what_is_full_soon_is_told_with_when(muted: Sequence[str]) -> None:
    annotations = {"mute": ",".join(muted)} if muted else {}
    objects = claim("shop/orders", annotations=annotations), volume("shop/orders"), pod("shop/web", "orders")
    engine = gauged(engine_of(*objects), *usage(now=100.0))
    answer = view(engine, "overview")
    told = todo(answer).get("full-soon")
    assert [(item.name, item.sentence.split(";")[0]) for item in (told.items if told else ())] == (
        [] if muted else [("orders", "Full")]
    )


def test_quotas_and_pools_of_which_nothing_is_left_soon_are_told() -> None:
    """Of 100 GiB each ten were taken, and a GiB more is every hour. Of a quota whose pace is not known nothing is told."""
    world = filling(hours=80)
    now = WORLD_NOW + 3600.0 * 80
    world.put(quota({TOTAL: "1Gi"}, {TOTAL: "1Gi"}, "shop/closed"))
    world.judge(now)
    groups = todo(view(world.engine, "overview", now=now))
    told = [
        (item.kind, item.namespace, item.name, re.sub(r" in \d.*?(,|;)", r" …\1", item.sentence))
        for kind in ("quotas", "pools")
        for item in groups[kind].items
    ]
    assert told == [
        (
            "ResourceQuota",
            "shop",
            "team",
            "Full …, at the earliest …; 90 % of requests.storage are taken",
        ),
        ("pool", "", "fast on zone=a", "Full …, at the earliest …; then no volume can be made of it"),
    ]


def test_broken_schedules_are_told_worst_first() -> None:
    failing = [
        velero_schedule("docs", ["docs"], cron="30 2 * * *"),
        backup("docs-2", "2026-11-01T02:30:00Z", ["docs"], phase="Failed", schedule="docs"),
        velero_schedule("bad", ["docs"], cron="90 2 * * *"),
        velero_schedule("idle", ["docs"], paused=True),
    ]
    told = said(*failing, kind="schedules")
    assert told[-1] == ("docs", "The newest run failed; no success is known")
    assert "idle" not in [name for name, _ in told]


def test_a_place_that_cannot_be_reached_is_told() -> None:
    assert said(location(phase="Unavailable"), kind="targets") == [
        ("s3", "Its tool cannot reach it: copies there cannot be restored now")
    ]


def test_a_source_out_of_sight_is_told_with_what_follows() -> None:
    told = said(*copied(), kind="sources", states={("velero", "Backup"): "forbidden"})
    assert [name for name, _ in told] == ["velero"]
    assert told[0][1].startswith("Backup may not be read")
    assert told[0][1].endswith(". Whether its copies protect claims is unknown")


def test_a_restore_that_is_not_proven_is_told() -> None:
    policy = Policy(
        tiers=(
            Tier(
                name="gold",
                match=Match(namespaces=("shop",)),
                objective=ObjectiveSpec(restore_drill_every=86400.0),
            ),
        )
    )
    assert said(*copied(), kind="drills", policy=policy) == [
        ("orders", "An interval after the claim was made no restore of it has succeeded")
    ]


def test_names_in_links_are_percent_encoded() -> None:
    engine = engine_of(claim("shop/a?b#c&d"))
    (item,) = todo(view(engine, "overview"))["claims"].items
    assert item.link == "/claims/shop/a%3Fb%23c%26d"


def test_findings_are_counted_by_severity() -> None:
    engine = engine_of(*shop())
    counted = {each.state: each.count for each in view(engine, "overview").findings}
    rows = view(engine, "findings?per=500").rows
    assert counted == {
        word: sum(row.severity == word for row in rows) for word in ("critical", "warning", "info")
    }
    assert sum(counted.values()) == len(rows) > 0


def test_copies_of_another_time_do_not_disturb() -> None:
    """A copy far in the future is no copy yet, and no sentence tells of a negative age."""
    future = "2027-01-01T00:00:00Z"
    objects = claim("shop/orders"), backup("n9", future, ["shop"]), file_copy("shop/orders", "n9", future)
    assert all("-" not in sentence for _, sentence in said(*objects, kind="claims"))
