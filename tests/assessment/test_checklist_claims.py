"""Items of the go-live checklist that look at claims, as a decision table: what is known of a claim in, the state out."""

from typing import Any

import msgspec
import pytest

from holdfast.assessment.checklist import NamespaceCase
from holdfast.model.annotation import Exempt
from holdfast.model.filling import UNMEASURED_REASONS
from holdfast.model.health import Sight
from holdfast.model.judgement import (
    CopyClock,
    Protection,
    RestoreProof,
    Usage,
)
from holdfast.model.objective import Objective
from tests.assessment.checklist_cases import COPIED, DIM, GOLD, REF, case, claim, filling, judged

Row = tuple[str, str, NamespaceCase, str, str]


def proof(state: Any, ended: float | None = 1.0, duration: float | None = 60.0) -> RestoreProof:
    return RestoreProof(state=state, ended=ended, duration=duration)


def asked(**fields: Any) -> Objective:
    return msgspec.structs.replace(GOLD, **fields)


def copied(state: Any = "late", consistency: Any = "crash", **fields: Any) -> Protection:
    """Copies that are known of, and none that could be restored now."""
    clocks = (CopyClock(source="velero", placement="offsite", consistency=consistency, captured=1.0),)
    return Protection(state=state, **{"clocks": clocks, "captured": 1.0, **fields})


EXEMPT = claim(
    protection=Protection(state="exempt"),
    objective=Objective(exempt=Exempt(reason="cache", until=None)),
    proof=RestoreProof(),
)
BLOCK = claim(volume_mode="Block")
IDLE = claim(usage=Usage(state="orphaned"))
BLIND = Sight(blind=frozenset({"velero"}))

TABLE: list[Row] = [
    ("reattach-timed", "quick", case(), "pass", ""),
    ("reattach-timed", "not watched", case(moves={}), "unknown", "no move to another node was watched"),
    ("reattach-timed", "slow", case(moves={REF: [900.0]}), "fail", "moved in 900 s, and the rto is 600 s"),
    ("reattach-timed", "no less than the rto", case(moves={REF: [600.0]}), "fail", "the rto is 600 s"),
    ("reattach-timed", "the newest is quick", case(moves={REF: [900.0, 30.0]}), "pass", ""),
    ("reattach-timed", "the newest is slow", case(moves={REF: [30.0, 900.0]}), "fail", "moved in 900 s"),
    ("reattach-timed", "no rto", case(claim(objective=Objective())), "unknown", "no rto is declared"),
    ("reattach-timed", "objective unseen", case(claim(protection=DIM)), "unknown", "what is asked of it"),
    ("reattach-timed", "exempt claims count", case(EXEMPT, moves={}), "unknown", "no move"),
    ("backup-consistency", "nothing demanded", case(), "pass", ""),
    (
        "backup-consistency",
        "demanded and had",
        case(claim(objective=asked(application=True), protection=copied("late", places=COPIED.places))),
        "pass",
        "",
    ),
    (
        "backup-consistency",
        "demanded and not had",
        case(claim(objective=asked(application=True), protection=copied("unprotected"))),
        "fail",
        "shop/data: no copy is application-consistent",
    ),
    (
        "backup-consistency",
        "had, and expired",
        case(claim(objective=asked(application=True), protection=copied("late", "application"))),
        "fail",
        "no copy that counts could be restored now",
    ),
    (
        "backup-consistency",
        "only on the same storage",
        case(claim(objective=asked(offsite=True), protection=copied("unprotected"))),
        "fail",
        "no copy that counts",
    ),
    (
        "backup-consistency",
        "no copy",
        case(claim(protection=Protection(state="never"))),
        "fail",
        "there is no copy",
    ),
    (
        "backup-consistency",
        "blind",
        case(claim(protection=Protection(state="unknown", reasons=("source-blind",)))),
        "unknown",
        "cannot be seen or reached",
    ),
    (
        "backup-consistency",
        "objective unseen",
        case(claim(protection=DIM)),
        "unknown",
        "what is asked of it cannot all be seen",
    ),
    ("backup-consistency", "exempt", case(EXEMPT), "not_applicable", "all claims are exempt"),
    ("rpo-rto", "declared and met", case(), "pass", ""),
    (
        "rpo-rto",
        "built in",
        case(claim(objective=asked(rpo_origin="builtin"))),
        "fail",
        "shop/data: no rpo is declared",
    ),
    ("rpo-rto", "own defaults", case(claim(objective=asked(rpo_origin="defaults"))), "pass", ""),
    ("rpo-rto", "no rto", case(claim(objective=asked(rto=None))), "fail", "no rto is declared"),
    ("rpo-rto", "neither", case(claim(objective=Objective())), "fail", "no rpo and no rto is declared"),
    (
        "rpo-rto",
        "objective unseen",
        case(claim(objective=Objective(), protection=DIM)),
        "unknown",
        "what is asked of it cannot all be seen",
    ),
    *(
        ("rpo-rto", state, case(claim(protection=Protection(state=state))), "fail", f"is not met: {state}")
        for state in ("late", "never", "unprotected")
    ),
    (
        "rpo-rto",
        "blind",
        case(claim(protection=Protection(state="unknown"))),
        "unknown",
        "whether the rpo is met cannot be seen",
    ),
    ("rpo-rto", "drill slow", case(claim(proof=proof("slow", duration=900.0))), "fail", "took 900 s"),
    ("rpo-rto", "drill just in time", case(claim(proof=proof("passed", duration=600.0))), "pass", ""),
    ("rpo-rto", "drill overdue", case(claim(proof=proof("overdue"))), "pass", ""),
    (
        "rpo-rto",
        "overdue and slow",
        case(claim(proof=proof("overdue", duration=900.0))),
        "fail",
        "the last drill took 900 s",
    ),
    (
        "rpo-rto",
        "drill failed",
        case(claim(proof=proof("failed"))),
        "fail",
        "the newest restore of it failed",
    ),
    ("rpo-rto", "never", case(claim(proof=proof("never", None, None))), "fail", "no restore of it"),
    (
        "rpo-rto",
        "none yet",
        case(claim(proof=proof("unknown", None, None))),
        "unknown",
        "no restore is known",
    ),
    ("rpo-rto", "no duration", case(claim(proof=proof("unknown", 1.0, None))), "unknown", "how long it took"),
    (
        "rpo-rto",
        "a newer drill may be unseen",
        case(claim(proof=proof("unknown", duration=900.0)), sight=BLIND),
        "unknown",
        "cannot be seen",
    ),
    ("rpo-rto", "exempt", case(EXEMPT), "not_applicable", "all claims are exempt"),
    ("restore-drill", "passed", case(), "pass", ""),
    ("restore-drill", "slow", case(claim(proof=proof("slow", duration=900.0))), "pass", ""),
    ("restore-drill", "no duration", case(claim(proof=proof("unknown", 1.0, None))), "pass", ""),
    (
        "restore-drill",
        "no duration, and blind",
        case(claim(proof=proof("unknown", 1.0, None)), sight=Sight(unproven=True)),
        "unknown",
        "cannot be seen",
    ),
    (
        "restore-drill",
        "failed",
        case(claim(proof=proof("failed"))),
        "fail",
        "the newest restore of it failed",
    ),
    ("restore-drill", "overdue", case(claim(proof=proof("overdue"))), "fail", "older than the interval"),
    ("restore-drill", "never", case(claim(proof=proof("never", None, None))), "fail", "no restore of it"),
    ("restore-drill", "none yet", case(claim(proof=proof("unknown", None, None))), "unknown", "none is due"),
    (
        "restore-drill",
        "no interval",
        case(claim(objective=Objective(), proof=RestoreProof())),
        "fail",
        "shop/data: no interval of restore drills is declared",
    ),
    (
        "restore-drill",
        "no interval, and a restore within the rto",
        case(claim(objective=asked(restore_drill_every=None))),
        "fail",
        "no interval of restore drills is declared",
    ),
    (
        "restore-drill",
        "objective unseen",
        case(claim(objective=Objective(), protection=DIM, proof=RestoreProof())),
        "unknown",
        "what is asked of it cannot all be seen",
    ),
    ("restore-drill", "exempt", case(EXEMPT), "not_applicable", "all claims are exempt"),
    ("capacity-monitored", "measured", case(), "pass", ""),
    ("capacity-monitored", "stale", case(fillings={REF: filling("stale")}), "fail", "newest sample is stale"),
    *(
        (
            "capacity-monitored",
            reason,
            case(fillings={REF: filling("unmeasured", reason)}),
            state,
            UNMEASURED_REASONS[reason],
        )
        for reason, state in (
            ("node-silent", "fail"),
            ("driver-silent", "fail"),
            ("not-scraped", "fail"),
            ("just-started", "unknown"),
            ("not-asked", "unknown"),
        )
    ),
    (
        "capacity-monitored",
        "nobody looked",
        case(fillings={REF: filling(None)}),
        "unknown",
        "nobody has looked",
    ),
    (
        "capacity-monitored",
        "pods unseen",
        case(claim(usage=Usage(state=None)), fillings={REF: filling(None)}, sight=Sight(pods=False)),
        "unknown",
        "which claims are mounted cannot be seen",
    ),
    (
        "capacity-monitored",
        "not mounted",
        case(IDLE, fillings={REF: filling(None)}),
        "not_applicable",
        "no filesystem claim is mounted",
    ),
    (
        "capacity-monitored",
        "block device",
        case(BLOCK, fillings={REF: filling(None, "block-mode")}),
        "not_applicable",
        "no filesystem claim is mounted",
    ),
    ("capacity-monitored", "exempt claims count", case(EXEMPT, fillings={REF: filling("stale")}), "fail", ""),
    ("self-service", "by a class", case(), "pass", ""),
    ("self-service", "no class", case(claim(storage_class="")), "fail", "shop/data: it names no class"),
    (
        "self-service",
        "by hand",
        case(by_hand={REF: "its class 'local' provisions nothing"}),
        "fail",
        "shop/data: its class 'local' provisions nothing",
    ),
]


@pytest.mark.parametrize(
    ("item", "named", "given_case", "state", "why"),
    TABLE,
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_the_decision_table_of_items_that_look_at_claims(
    item: str, named: str, given_case: NamespaceCase, state: str, why: str
) -> None:
    told = judged(given_case)[item]
    assert told.state == state
    assert why in "; ".join(told.reasons)
    assert bool(told.reasons) == (state != "pass")


def test_the_table_shows_every_state_of_every_item_that_looks_at_claims() -> None:
    """A drill that was never asked for, and classes, are never unknown by themselves."""
    shown: dict[str, set[str]] = {}
    for item, _, _, state, _ in TABLE:
        shown.setdefault(item, set()).add(state)
    assert shown == {
        "reattach-timed": {"pass", "fail", "unknown"},
        "backup-consistency": {"pass", "fail", "unknown", "not_applicable"},
        "rpo-rto": {"pass", "fail", "unknown", "not_applicable"},
        "restore-drill": {"pass", "fail", "unknown", "not_applicable"},
        "capacity-monitored": {"pass", "fail", "unknown", "not_applicable"},
        "self-service": {"pass", "fail"},
    }


@pytest.mark.parametrize("item", ["backup-consistency", "rpo-rto", "restore-drill"])
def test_exempt_claims_do_not_speak_for_the_others(item: str) -> None:
    other = claim("shop/other", protection=Protection(state="never"), proof=proof("never", None, None))
    told = judged(case(EXEMPT, other))[item]
    assert told.state == "fail"
    assert {on.name for on in told.objects} == {"other"}


def test_a_claim_that_fails_both_objectives_says_both() -> None:
    both = claim(protection=Protection(state="late"), proof=proof("slow", duration=900.0))
    assert judged(case(both))["rpo-rto"].reasons == (
        "shop/data: the rpo is not met: late",
        "shop/data: the last drill took 900 s, and the rto is 600 s",
    )
