"""Schedules, sources, findings, checklist, compliance and waste as views: objects and a query string in, rows out."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from holdfast.app.account.views.answering import Views
from holdfast.app.account.views.schedules import BEGUN, CLOCKS, SETTLED
from holdfast.app.account.views.turns import all_at_once
from holdfast.http.queries import read_query
from holdfast.model.account.report import MoneyPart
from holdfast.model.check import CHECKS
from holdfast.model.checklist import ITEMS
from holdfast.model.cost import Prices
from holdfast.model.feed import FeedState
from holdfast.model.policy import Match, ObjectiveSpec, Policy, Tier
from tests.report.scenery import (
    NOW,
    Object,
    backup,
    claim,
    copied,
    engine_of,
    location,
    namespace,
    pod,
    shop,
    velero_schedule,
    volume,
)
from tests.views.asking import facet, names, view

GOLD = Policy(
    tiers=(
        Tier(
            name="gold",
            match=Match(namespaces=("shop",)),
            objective=ObjectiveSpec(
                rpo=26 * 3600.0, offsite=True, consistency="application", restore_drill_every=8.64e6
            ),
        ),
    )
)

DUE = "0 3 * * *"


def doing(*runs: Object, cron: str = DUE, **spec: Any) -> tuple[str, str]:
    """The state of one schedule, and the sentence."""
    (row,) = view(engine_of(velero_schedule("nightly", ["shop"], cron=cron, **spec), *runs), "schedules").rows
    return row.state, row.why


@pytest.mark.parametrize(
    ("phase", "started", "state"),
    [
        ("Completed", "2026-11-01T03:00:00Z", "succeeded"),
        ("Failed", "2026-11-01T03:00:00Z", "failed"),
        ("PartiallyFailed", "2026-11-01T03:00:00Z", "partial"),
        ("Completed", "2026-10-28T03:00:00Z", "not-started"),
        ("InProgress", "2026-11-01T11:30:00Z", "missed"),  # of thirty days none succeeded
    ],
)
def test_how_a_schedule_does_in_a_word(phase: str, started: str, state: str) -> None:
    assert doing(backup("n1", started, ["shop"], phase=phase))[0] == state


def test_a_schedule_that_is_refused_and_one_that_is_paused_are_no_failures() -> None:
    assert doing(cron="0 25 * * *")[0] in ("invalid", "unknown")
    assert doing(backup("n1", "2026-11-01T03:00:00Z", ["shop"], phase="Failed"), paused=True)[0] == "paused"


def test_a_run_that_was_due_a_moment_ago_alarms_nobody() -> None:
    runs = backup("n1", "2026-11-01T11:00:00Z", ["shop"])
    assert doing(runs, cron="0 * * * *") == (
        "succeeded",
        "The newest run succeeded; the last success began 1h ago",
    )


def test_schedules_are_filtered_and_say_whom_they_cover() -> None:
    engine = engine_of(*shop())
    answer = view(engine, "schedules?source=velero&search=DOC")
    assert [(row.name, row.claims, row.target) for row in answer.rows] == [("docs", 1, "s3")]
    assert facet(answer, "source") == {"velero": 1}
    assert [row.name for row in view(engine, "schedules?sort=claims").rows] == ["nightly", "docs"]
    assert [row.name for row in view(engine, "schedules?sort=-name").rows] == ["nightly", "docs"]
    assert [target.name for target in answer.targets] == ["s3"]


def test_sources_out_of_sight_come_first_and_say_what_follows() -> None:
    engine = engine_of(
        *copied(), states={("velero", "Backup"): "failing", ("k8up", "Backup"): "not_installed"}
    )
    answer = view(engine, "sources")
    first = answer.sources[0]
    assert (first.source, first.state, first.blind) == ("velero", "failing", True)
    assert (
        first.why
        == "Backup cannot be read: as the test wants it. Whether its copies protect claims is unknown"
    )
    assert [kind.kind for kind in first.kinds] == sorted(kind.kind for kind in first.kinds)
    assert all(group.why == "" for group in answer.sources[1:])


def test_a_tool_that_the_cluster_does_not_have_is_no_source_that_fails() -> None:
    from holdfast.sources.table import SOURCES

    states: dict[tuple[str, str], FeedState] = {
        feed.id: "not_installed" for source in SOURCES if source.name == "k8up" for feed in source.feeds
    }
    answer = view(engine_of(*copied(), states=states), "sources")
    assert answer.not_installed == ("k8up",)
    assert "k8up" not in [group.source for group in answer.sources]


def test_findings_come_most_severe_first_with_every_check_beside_them() -> None:
    engine = engine_of(*shop(), namespace("bad", annotations={"rpo": "soon"}))
    answer = view(engine, "findings?per=500")
    ranks = [("critical", "warning", "info").index(row.severity) for row in answer.rows]
    assert ranks == sorted(ranks)
    assert {check.check for check in answer.checks} == set(CHECKS)
    assert sum(check.found for check in answer.checks) == answer.everything == len(answer.rows)
    (row,) = view(engine, "findings?kind=Namespace&check=invalid-annotation").rows
    assert (row.check, row.name, row.claim, row.severity) == ("invalid-annotation", "bad", False, "warning")


def test_findings_are_filtered_and_counted() -> None:
    engine = engine_of(*shop())
    answer = view(engine, "findings?check=invalid-annotation&namespace=dev")
    assert names(answer) == ["dev/scratch"]
    assert facet(answer, "check")["invalid-annotation"] == 1
    assert names(view(engine, "findings?search=scratch&check=invalid-annotation&severity=info")) == []
    forward, backward = (names(view(engine, f"findings?sort={way}name&per=500")) for way in ("", "-"))
    assert forward == backward[::-1]


def test_the_checklist_has_every_item_of_every_namespace() -> None:
    engine = engine_of(*shop())
    answer = view(engine, "checklist?sort=name")
    assert answer.judged
    assert answer.namespaces == ("dev", "docs", "shop")
    assert [(row.namespace, row.item) for row in answer.rows] == [
        (name, item) for name in answer.namespaces for item in ITEMS
    ]
    assert sum(each.count for each in answer.states) == len(answer.rows)
    only = view(engine, "checklist?namespace=docs&namespace=none")
    assert (only.chosen, {row.namespace for row in only.rows}) == (("docs", "none"), {"docs"})


def test_checklists_come_in_pages_of_namespaces_worst_first() -> None:
    engine = engine_of(*shop())
    every = view(engine, "checklist").standings
    assert [len(each.fails) for each in every] == sorted((len(each.fails) for each in every), reverse=True)
    answer = view(engine, "checklist?per=1&page=2")
    assert (answer.total, answer.pages, answer.standings) == (3, 3, every[1:2])
    assert [(row.namespace, row.item) for row in answer.rows] == [
        (every[1].namespace, item) for item in ITEMS
    ]
    assert sum(each.count for each in answer.states) == 3 * len(ITEMS)


def test_sums_of_checklists_are_made_without_a_reason() -> None:
    """What the page shows of all namespaces: the same lines, and no row."""
    engine = engine_of(*shop())
    query = msgspec.structs.replace(read_query("checklist", {}), sums=True)
    answer: Any = all_at_once(Views(engine).answer(("checklist",), query, NOW))
    whole = view(engine, "checklist")
    assert (answer.rows, answer.standings, answer.states) == ((), whole.standings, whole.states)


def test_compliance_tells_what_is_asked_and_what_is_met() -> None:
    engine = engine_of(*copied(), location(), policy=GOLD)
    (row,) = view(engine, "compliance").rows
    assert (row.state, row.met, row.tier, row.rpo_seconds, row.rpo_origin) == (
        "unprotected",
        False,
        "gold",
        93600.0,
        "tier",
    )
    assert (row.consistency_asked, row.consistency_met, row.offsite_asked, row.offsite_met) == (
        "application",
        False,
        True,
        False,
    )
    assert (row.drill, row.drill_every_seconds, row.drill_met) == ("unknown", 8.64e6, None)
    assert row.why.startswith("Nothing that runs makes copies of it that count")


def test_an_exempt_claim_is_neither_met_nor_unmet_and_says_why() -> None:
    row = next(row for row in view(engine_of(*shop()), "compliance").rows if row.name == "scratch")
    assert (row.state, row.met, row.rpo_seconds, row.why) == ("exempt", None, None, "")
    assert (row.exempt.reason, f"{row.exempt.until:%Y-%m-%d}") == ("rebuilt from source", "2027-07-01")


def test_what_cannot_be_seen_is_not_held_against_anybody() -> None:
    """A blind source makes the state unknown, and the answer as well."""
    engine = engine_of(claim("shop/orders"), states={("velero", "Backup"): "forbidden"}, policy=GOLD)
    answer = view(engine, "compliance")
    (row,) = answer.rows
    assert (row.state, row.met, row.consistency_met, row.offsite_met) == ("unknown", None, None, None)
    assert (answer.sum.met, answer.sum.unmet, answer.sum.unknown) == (0, 0, 1)


def test_sums_are_over_all_that_passes_and_add_up() -> None:
    engine = engine_of(*shop(), policy=GOLD)
    answer = view(engine, "compliance?per=1")
    assert (len(answer.rows), answer.total, answer.sum.claims) == (1, 6, 6)
    for sums in (answer.by_namespace, answer.by_tier):
        assert sum(each.claims for each in sums) == 6
        assert all(each.claims == each.met + each.unmet + each.unknown + each.exempt for each in sums)
    assert [each.name for each in answer.by_tier] == ["-", "gold"]
    assert [(each.name, each.claims, each.exempt) for each in answer.by_namespace] == [
        ("dev", 3, 1),
        ("docs", 1, 0),
        ("shop", 2, 0),
    ]
    assert view(engine, "compliance?tier=gold").sum.drills == 2


def test_no_claims_no_sums() -> None:
    answer = view(engine_of(), "compliance")
    assert (answer.rows, answer.by_namespace, answer.sum.claims) == ((), (), 0)


def test_waste_that_nobody_judges_is_no_absence_of_waste() -> None:
    answer = view(engine_of(*shop()), "waste")
    assert (answer.judged, answer.priced, answer.monthly_cost, answer.rows) == (False, False, None, ())


def test_looking_for_waste_lets_go_where_little_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims that are no waste are looked at as well."""
    monkeypatch.setattr("holdfast.app.account.views.waste.FEW", 4)
    used = ((claim(name), volume(name), pod(f"{name}-pod", name.removeprefix("shop/"))) for name in MANY)
    engine = engine_of(*(each for three in used for each in three), policy=PRICED)
    assert view(engine, "waste").rows == ()
    turns = [*Views(engine).answer(("waste",), read_query("waste", {}), NOW)]
    few = [*Views(engine_of(policy=PRICED)).answer(("waste",), read_query("waste", {}), NOW)]
    assert len(turns) >= len(few) + 2 * len(MANY) // 4


def test_a_schedule_is_late_for_the_page_when_it_is_for_the_alerts() -> None:
    """One threshold stands in the rules and in the view."""
    groups = yaml.safe_load((RULES / "schedules.yaml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    records = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
    due = r"holdfast_backup_schedule_last_due_timestamp_seconds\) > (\d+)"
    overdue = re.findall(due, records["holdfast:backup_schedule_overdue:runs"])
    not_started = records["holdfast:backup_schedule_not_started:seconds"]
    clocks = re.findall(r"last_attempt_timestamp_seconds\) \+ (\d+)", not_started)
    assert [float(each) for each in overdue] == [SETTLED]
    assert [float(each) for each in re.findall(due, not_started)] == [BEGUN]
    assert [float(each) for each in clocks] == [CLOCKS]


MANY = [f"shop/data-{number}" for number in range(12)]
RULES = Path(__file__).resolve().parents[2] / "rules"
PRICED = Policy(prices=Prices(currency="EUR", default=0.1))


def test_waste_comes_dearest_first_with_its_sums() -> None:
    """A released volume and an orphaned claim of 10 GiB each; their order is that of their names."""
    answer = view(engine_of(*shop(), policy=PRICED), "waste")
    assert [(row.kind, row.name, row.reason) for row in answer.rows] == [
        ("PersistentVolume", "pv-dev-gone", "volume-released"),
    ]
    assert (answer.judged, answer.unpriced, answer.monthly_cost) == (
        True,
        0,
        MoneyPart(amount=1.0, currency="EUR"),
    )
    assert [(each.name, each.objects) for each in answer.by_namespace] == [("-", 1)]
    assert view(engine_of(*shop(), policy=PRICED), "waste?kind=VolumeSnapshot").rows == ()
    for sort in ("cost", "name", "age", "-age"):
        assert len(view(engine_of(*shop(), policy=PRICED), f"waste?sort={sort}").rows) == 1


def test_what_a_claim_costs_is_told_where_it_is_known() -> None:
    engine = engine_of(*shop(), policy=PRICED)
    rows = view(engine, "claims?namespace=shop&sort=cost").rows
    assert [(row.name, row.monthly_cost and row.monthly_cost.amount) for row in rows] == [
        ("data-postgres-0", 1.0),
        ("cache", None),
    ]
    assert rows[1].unknown["monthlyCost"] == "it has no volume"
