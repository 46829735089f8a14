"""The example cluster, judged by all real layers: whenever it is started, every story comes out as told."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from holdfast.metrics.catalogue import RENDERED
from holdfast.model.checklist import ITEM_STATES, ITEMS
from holdfast.model.identity import ReplicationKey
from holdfast.model.judgement import ALWAYS
from tests.demo.findings import FINDINGS, UNSHOWN_STATES
from tests.demo.living import lived
from tests.demo.stories import (
    DRILLS,
    REPLICATIONS,
    SCHEDULES,
    STORIES,
    UNSEEN,
    WAITING,
    Story,
)
from tests.world import World

NOWS = {
    "weekday": "2026-03-11T10:17:23+00:00",
    "weekend": "2026-11-21T15:40:59+00:00",
    "just after midnight, New Year": "2027-01-01T00:00:07+00:00",
    "on the second of a nightly run": "2026-07-01T02:00:00+00:00",
    "during nightly runs": "2026-07-01T02:33:08+00:00",
    "clocks go forward": "2026-03-29T01:02:00+00:00",
    "the day after they went forward": "2026-03-30T00:29:00+00:00",
    "the hour that clocks repeat": "2026-10-25T01:10:00+00:00",
    "the day after it": "2026-10-26T01:29:00+00:00",
    "leap day": "2028-02-29T23:59:59+00:00",
}
"""In UTC; the clocks are those of Berlin, where one of the schedules runs."""


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def judged(now: str) -> World:
    return lived(at(now))


def told_name(key: ReplicationKey) -> str:
    """Longhorn names a replication by its volume, which bears a uid: the claim tells more."""
    return key.claim if key.source == "longhorn" else key.name


def settled(told: Story, reasons: frozenset[str]) -> frozenset[str]:
    """The reasons when no run is going: while one is, it is named in place of what the clock says of its
    schedule."""
    if "run-in-progress" in reasons and "run-in-progress" not in told.reasons:
        return reasons - {"run-in-progress"} | (told.reasons & {"overdue", "first-run-pending"})
    return reasons


@pytest.mark.parametrize("told", STORIES, ids=lambda told: told.claim)
def test_a_story_comes_out_as_told_at_any_time(told: Story) -> None:
    for when, now in NOWS.items():
        claim = judged(now).claim(told.claim)
        reasons = settled(told, frozenset(claim.protection.reasons))
        use = "" if claim.usage.state == "in-use" else f"{claim.usage.state} {claim.usage.reason}"
        assert Story(told.claim, claim.protection.state, reasons, use) == told, when


@pytest.mark.parametrize("now", NOWS.values(), ids=NOWS.keys())
class TestAtAnyTime:
    def test_every_claim_has_its_story(self, now: str) -> None:
        claims: list[Any] = judged(now).engine.judgements("claim")
        assert {str(claim.ref) for claim in claims} == {told.claim for told in STORIES}

    def test_what_waits_says_for_what(self, now: str) -> None:
        waiting = {
            told.claim: (way, found.reason)
            for told in STORIES
            for way in ("pending", "terminating", "resize")
            if (found := getattr(judged(now).claim(told.claim), way))
        }
        assert waiting == WAITING

    def test_schedules_went_as_told(self, now: str) -> None:
        schedules: list[Any] = judged(now).engine.judgements("schedule")
        found = {s.key.name: (s.last_result, bool(s.missed), s.paused) for s in schedules}
        assert found == SCHEDULES

    def test_restores_are_proven_as_told(self, now: str) -> None:
        claims: list[Any] = judged(now).engine.judgements("claim")
        found = {
            str(claim.ref): (claim.proof.state, claim.proof.source) for claim in claims if claim.proof.state
        }
        assert found == DRILLS

    def test_replications_keep_up_as_told(self, now: str) -> None:
        replications: list[Any] = judged(now).engine.judgements("replication")
        found = {
            f"{r.key.namespace}/{told_name(r.key)}": (r.state, r.objective is not None) for r in replications
        }
        assert found == REPLICATIONS

    def test_findings_are_those_told(self, now: str) -> None:
        found: dict[str, set[str]] = {}
        for row in samples(judged(now), "holdfast_finding"):
            name = "/".join(filter(None, (row["namespace"], row["name"])))
            found.setdefault(row["check"], set()).add(f"{row['kind']} {name}")
        assert found == FINDINGS

    def test_every_state_of_every_item_of_the_checklist_is_shown(self, now: str) -> None:
        rows = samples(judged(now), "holdfast_checklist_state")
        shown = {(row["item"], row["state"]) for row in rows}
        assert {(item, state) for item in ITEMS for state in ITEM_STATES} - shown == set(UNSHOWN_STATES)

    def test_every_family_and_every_word_of_its_vocabularies_is_shown(self, now: str) -> None:
        missing = set(unseen(judged(now)))
        assert missing == set(UNSEEN)


def samples(world: World, family: str) -> list[dict[str, str]]:
    return [sample.labels for sample in _families(world).get(family, [])]


def _families(world: World) -> dict[str, list[Any]]:
    return {family.name: family.samples for family in text_string_to_metric_families(world.text())}


def unseen(world: World) -> Iterator[tuple[str, str, str]]:
    """Families about objects, and words of their closed labels, of which there is no row."""
    shown = _families(world)
    for family in RENDERED:
        if family.origin == "objects":
            rows = [sample.labels for sample in shown.get(family.name, [])]
            if not rows:
                yield family.name, "", ""
            for label, words in family.vocabulary.items():
                present = {row[label] for row in rows}
                yield from ((family.name, label, word) for word in words if rows and word not in present)


def test_what_stands_beside_the_states_is_shown_too() -> None:
    world = judged(NOWS["weekday"])
    assert world.claim("shop/uploads").objective.rpo_origin == "workload"
    assert world.claim("shop/uploads").objective.rpo == 30 * 3600  # the stricter of two workloads
    assert world.claim("platform/runner-cache").workload_kind == "DaemonSet"
    assert world.claim("analytics/data-clickhouse-1").objective.muted == (
        "capacity",
        "hygiene",
        "lifecycle",
        "protection",
        "replication",
        "restore",
    )
    assert [tally.inferred for tally in world.claim("crm/attachments").protection.tallies] == [True]
    assert world.claim("archive/faxes").phase == "Lost"
    assert world.claim("analytics/warehouse").volume_mode == "Block"
    released = [row["persistentvolume"] for row in samples(world, "holdfast_pv_released_seconds")]
    assert len(released) == 1
    available = {(row["target"]) for row in samples(world, "holdfast_backup_target_available")}
    assert available == {
        "offsite",
        "second-site",
        "cold-store",
        "vendor",
        "campus",
        "lake-store",
        "repository/shop-offsite-kopia",
        "lab",
        "default",
    }  # nobody looked at archive-test, and of dunning-store no object tells
    shrunk = world.claim("content/gallery").protection.tallies[0]
    assert shrunk.previous_size is not None
    assert shrunk.size == 4096 < shrunk.previous_size / 1000


def test_copies_of_an_earlier_claim_are_inherited_by_a_restore_and_by_nothing_else() -> None:
    world = judged(NOWS["weekday"])
    restored, remade = world.claim("shop/data-cart-redis-0"), world.claim("content/forum")
    assert [tally.points for tally in restored.protection.tallies] == [10]
    assert [tally.points for tally in remade.protection.tallies] == [0]


def test_a_cluster_that_lives_keeps_its_promises() -> None:
    told = at(NOWS["weekday"])
    later = told + 5 * 3600
    world = lived(later, told)
    for name in ("payments/data-ledger-db-0", "payments/data-vault-0", "shop/orders-db-0"):
        assert world.claim(name).protection.state == "protected"
    assert world.claim("analytics/warehouse").protection.state == "never"
    assert world.claim("billing/invoices-1").protection.captured == ALWAYS  # the log runs
    replications: list[Any] = world.engine.judgements("replication")
    states = {r.key.name: r.state for r in replications}
    assert (states["ledger-db-0"], states["scans-away"]) == ("healthy", "lagging")
