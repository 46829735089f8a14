"""The list of claims: objects and a query string in, rows in their order out."""

import pytest

from holdfast.model.policy import Match, ObjectiveSpec, Policy, Tier
from tests.report.scenery import claim, engine_of, gauged, pod, shop, usage, volume
from tests.views.asking import facet, names, view

GOLD = Policy(
    tiers=(Tier(name="gold", match=Match(namespaces=("shop",)), objective=ObjectiveSpec(rpo=3600.0 * 26)),)
)


def test_the_worst_come_first() -> None:
    """By state; of one state what a page is wanted for, then what is in use."""
    engine = engine_of(
        *shop(),
        claim("dev/zzz", annotations={"urgency": "page"}),
        pod("dev/p", "zzz"),
        pod("dev/q", "aaa"),
        claim("dev/aaa"),
    )
    assert names(view(engine, "claims")) == [
        "dev/zzz",
        "dev/aaa",
        "dev/data-db-0",  # scaled to zero
        "shop/cache",
        "docs/media",
        "shop/data-postgres-0",
        "dev/old-but-copied",
        "dev/scratch",
    ]


def test_a_row_says_what_a_list_goes_by() -> None:
    engine = gauged(engine_of(*shop(), policy=GOLD), *usage("shop/data-postgres-0", now=80.0, daily=4.0))
    (row,) = view(engine, "claims?state=protected&tier=gold").rows
    assert (row.namespace, row.name, row.state, row.source) == (
        "shop",
        "data-postgres-0",
        "protected",
        "velero",
    )
    assert (row.age_seconds, row.rpo_seconds, row.tier, row.urgency) == (
        9 * 3600.0,
        26 * 3600.0,
        "gold",
        "page",
    )
    assert (row.owner, row.storage_class, row.workload_kind, row.workload) == (
        "payments",
        "fast",
        "StatefulSet",
        "postgres",
    )
    assert (row.use, row.capacity_bytes, row.monthly_cost, row.drill) == ("in-use", 10 * 2**30, None, None)
    assert row.used_ratio == 0.8
    assert row.filling in ("full-soon", "filling")
    assert 2 * 86400 < row.full_seconds < 10 * 86400
    assert row.unknown == {"monthlyCost": "no prices are configured"}


def test_what_is_not_known_is_null_and_says_why() -> None:
    (row,) = view(
        engine_of(claim("shop/new", status={"phase": "Pending"}, spec={"volumeName": ""})), "claims"
    ).rows
    assert (row.age_seconds, row.used_ratio, row.full_seconds, row.capacity_bytes) == (None, None, None, None)
    assert row.unknown == {
        "ageSeconds": "no copy counts",
        "usedRatio": "its use is not known",
        "full": "nothing is foretold of it",
        "capacityBytes": "it has no volume yet",
        "monthlyCost": "no prices are configured",
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("namespace=docs", ["docs/media"]),
        ("namespace=docs&namespace=shop&state=late&state=never", ["shop/cache", "docs/media"]),
        ("reason=run-failed", ["docs/media"]),
        ("drill=not-asked&use=orphaned", ["dev/old-but-copied"]),
        ("use=dormant", ["dev/data-db-0"]),
        ("owner=payments", ["shop/data-postgres-0"]),
        ("finding=invalid-annotation", ["dev/scratch"]),
        ("class=fast&search=DEV%20data", ["dev/data-db-0"]),
        ("search=shop/c", ["shop/cache"]),
        ("tier=none-such", []),
        ("filling=full-soon", []),
    ],
)
def test_filters_all_hold_and_of_one_filter_any(query: str, found: list[str]) -> None:
    engine = engine_of(*shop())
    answer = view(engine, f"claims?{query}")
    assert (names(answer), answer.total, answer.everything) == (found, len(found), 6)


def test_a_facet_counts_what_each_value_would_leave() -> None:
    """All other filters hold; what the key itself has chosen does not narrow it."""
    answer = view(engine_of(*shop()), "claims?namespace=shop&state=late")
    assert facet(answer, "state") == {"never": 1, "late": 0, "protected": 1}
    assert facet(answer, "namespace") == {"docs": 1, "shop": 0}
    assert facet(answer, "owner") == {}
    assert [value.value for each in answer.facets for value in each.values if value.chosen] == [
        "shop",
        "late",
    ]


def test_many_values_of_a_facet_are_cut_and_counted() -> None:
    """But never one that was chosen."""
    engine = engine_of(*(claim(f"team-{number:03}/data") for number in range(103)))
    (found,) = (each for each in view(engine, "claims?namespace=team-102").facets if each.key == "namespace")
    assert (len(found.values), found.more) == (101, 2)
    assert found.values[-1].value == "team-102"


@pytest.mark.parametrize("sort", ["worst", "name", "age", "full", "used", "findings", "capacity", "cost"])
def test_every_order_has_a_reverse_and_what_is_unknown_stays_last(sort: str) -> None:
    engine = gauged(
        engine_of(*shop()), *usage("docs/media", now=90.0), *usage("shop/cache", now=40.0, days=0)
    )
    forward, backward = (names(view(engine, f"claims?sort={way}{sort}")) for way in ("", "-"))
    assert sorted(forward) == sorted(backward)
    if sort == "used":
        assert forward[:2] == ["docs/media", "shop/cache"]
        assert backward[:2] == ["shop/cache", "docs/media"]
        assert forward[2:] == backward[2:]
    if sort == "age":
        assert forward[:3] == ["docs/media", "shop/data-postgres-0", "dev/old-but-copied"]
        assert backward[:3] == forward[2::-1]
    if sort in ("worst", "name"):
        assert backward == forward[::-1]


def test_pages_share_out_all_rows_once() -> None:
    engine = engine_of(*shop())
    pages = [view(engine, f"claims?per=4&page={page}") for page in (1, 2)]
    assert [(page.page, page.pages, page.per, len(page.rows)) for page in pages] == [
        (1, 2, 4, 4),
        (2, 2, 4, 2),
    ]
    assert [name for page in pages for name in names(page)] == names(view(engine, "claims"))
    assert view(engine, "claims?per=4&page=99") == pages[1]


def test_nothing_is_one_empty_page() -> None:
    answer = view(engine_of(), "claims")
    assert (answer.rows, answer.total, answer.page, answer.pages) == ((), 0, 1, 1)


@pytest.mark.parametrize(
    ("now", "daily", "state"),
    [(99.5, 0.0, "full-soon"), (80.0, 10.0, "full-soon"), (50.0, 1.0, "filling"), (50.0, 0.0, "steady")],
)
def test_how_a_claim_fills_in_a_word(now: float, daily: float, state: str) -> None:
    objects = claim("shop/orders"), volume("shop/orders"), pod("shop/web", "orders")
    engine = gauged(engine_of(*objects), *usage(now=now, daily=daily))
    (row,) = view(engine, "claims").rows
    assert row.filling == state


def test_a_claim_that_nobody_measures_is_told_apart_from_one_that_needs_no_measure() -> None:
    engine = engine_of(
        claim("shop/orders"), volume("shop/orders"), pod("shop/web", "orders"), claim("shop/idle")
    )
    assert [(row.name, row.filling) for row in view(engine, "claims?sort=name").rows] == [
        ("idle", "not-mounted"),
        ("orders", "unmeasured"),
    ]
