"""The go-live checklist of one namespace: what is known of it in, the state of each item and its reasons out."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assessment.checklist import judge_namespace
from holdfast.model.check import CHECKS
from holdfast.model.checklist import ITEMS, ItemJudgement
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectRef
from holdfast.model.objective import Objective
from tests.assessment.checklist_cases import (
    CLUSTER,
    FAST,
    ON,
    SHOP,
    SLOW,
    WEB,
    case,
    claim,
    found,
    judged,
)

# ---- the whole


def test_a_namespace_in_which_all_is_well_passes_every_item() -> None:
    assert {item: (each.state, each.reasons) for item, each in judged(case()).items()} == dict.fromkeys(
        ITEMS, ("pass", ())
    )


def test_a_namespace_without_claims_is_asked_nothing() -> None:
    """Not even by findings and by checks that are off."""
    empty = msgspec.structs.replace(
        case(), claims=(), findings=found("pod-bare-data", WEB), unseen={"one-zone": "off"}
    )
    reasons = ("the namespace has no claims",)
    assert tuple(judge_namespace(empty)) == tuple(
        ItemJudgement(item=item, state="not_applicable", reasons=reasons) for item in ITEMS
    )


@pytest.mark.parametrize(
    "sight", [Sight(claims=False), Sight(unseen=frozenset({"PersistentVolumeClaim"}))], ids=["dark", "absent"]
)
def test_where_claims_cannot_be_seen_nobody_says_that_there_are_none(sight: Sight) -> None:
    empty = msgspec.structs.replace(case(), claims=(), sight=sight)
    assert {each.state for each in judge_namespace(empty)} == {"unknown"}


@pytest.mark.parametrize("item", [item.id for item in ITEMS.values() if not item.checks])
def test_where_further_claims_may_be_unseen_nothing_passes(item: str) -> None:
    told = judged(case(sight=Sight(claims=False)))[item]
    assert (told.state, told.reasons) == ("unknown", ("not all claims can be seen",))


# ---- items of findings

OF_CHECKS = [(item.id, check) for item in ITEMS.values() for check in item.checks]


def standing(check: str) -> ObjectRef:
    """An object of this namespace, or one that bears on it, as the check finds it."""
    kind = CHECKS[check].on[0]
    return {"StorageClass": FAST, "Cluster": CLUSTER, "Namespace": SHOP}.get(
        kind, ObjectRef(kind, "shop", "x")
    )


@pytest.mark.parametrize(("item", "check"), OF_CHECKS)
def test_a_finding_fails_its_item_with_its_reason_and_object(item: str, check: str) -> None:
    on = standing(check)
    told = judged(case(findings=found(check, on)))[item]
    assert (told.state, told.reasons, told.objects) == ("fail", (f"{check}: {on}: it is so",), (on,))


@pytest.mark.parametrize(("item", "check"), OF_CHECKS)
def test_a_check_that_was_not_judged_makes_its_item_unknown(item: str, check: str) -> None:
    told = judged(case(unseen={check: "the configuration turns it off"}))[item]
    assert (told.state, told.reasons) == ("unknown", (f"{check}: the configuration turns it off",))


@pytest.mark.parametrize(("item", "check"), OF_CHECKS)
def test_an_object_that_could_not_be_judged_makes_the_item_unknown(item: str, check: str) -> None:
    on = standing(check)
    told = judged(case(unjudged={check: [on]}))[item]
    assert (told.state, told.reasons, told.objects) == (
        "unknown",
        (f"{check}: {on} could not be judged",),
        (on,),
    )


@pytest.mark.parametrize(("item", "check"), OF_CHECKS)
def test_fail_outweighs_unknown_and_its_reasons_alone_are_told(item: str, check: str) -> None:
    told = judged(case(findings=found(check, standing(check)), unseen=dict.fromkeys(CHECKS, "off")))[item]
    assert told.state == "fail"
    assert told.reasons == (f"{check}: {standing(check)}: it is so",)


@pytest.mark.parametrize("check", ["no-owner", "attach-limit", "retention-too-short"])
def test_a_finding_of_no_item_changes_nothing(check: str) -> None:
    assert judged(case(findings=found(check, ON))) == judged(case())


@pytest.mark.parametrize(
    ("check", "on", "failing"),
    [
        ("immediate-binding", FAST, {"class-fits", "topology"}),
        ("immediate-binding", SLOW, set()),
        ("unencrypted", SLOW, set()),
        ("in-tree-provisioner", FAST, {"class-fits", "classes-standardised"}),
        ("in-tree-provisioner", SLOW, {"classes-standardised"}),
        ("unused-class", SLOW, {"classes-standardised"}),
        ("no-default-class", CLUSTER, {"classes-standardised", "self-service"}),
        ("no-storage-quota", SHOP, {"self-service"}),
        ("no-storage-quota", ObjectRef("Namespace", "", "docs"), set()),
        ("reclaim-delete", ObjectRef("PersistentVolume", "", "pv-9"), set()),
        ("reclaim-delete", ON, {"reclaim-retain"}),
        ("deployment-rwo", WEB, {"access-mode", "statefulset"}),
        ("deployment-rwo", ObjectRef("Deployment", "docs", "web"), set()),
    ],
    ids=lambda value: str(value) if isinstance(value, ObjectRef | str) else "",
)
def test_a_finding_fails_the_items_on_which_its_object_bears(
    check: str, on: ObjectRef, failing: set[str]
) -> None:
    """Classes of other namespaces' claims, other namespaces and volumes without a claim are no fault of this one."""
    told = judged(case(findings=found(check, on)))
    assert {item for item, each in told.items() if each.state == "fail"} == failing
    unsure = judged(case(unjudged={check: [on]}))
    assert {item for item, each in unsure.items() if each.state == "unknown"} == failing


# ---- reasons


def test_ten_reasons_are_told_and_the_rest_is_counted() -> None:
    many = [claim(f"shop/data-{number:02}", storage_class="") for number in range(13)]
    told = judged(case(*many))["self-service"]
    assert told.reasons[0] == "shop/data-00: it names no class"
    assert told.reasons[9:] == ("shop/data-09: it names no class", "and 3 more")
    assert len(told.objects) == 10


@given(st.permutations(range(6)))
def test_the_order_in_which_things_are_told_does_not_show(order: list[int]) -> None:
    def build(numbers: Iterable[int]) -> tuple[ItemJudgement, ...]:
        numbers = list(numbers)
        objects = [ObjectRef("Deployment", "shop", f"web-{number}") for number in numbers]
        return tuple(
            judge_namespace(
                case(
                    *(
                        claim(f"shop/data-{number}", storage_class="", objective=Objective())
                        for number in numbers
                    ),
                    findings=found("deployment-rwo", *objects),
                    unjudged={"one-zone": objects},
                    moves={},
                )
            )
        )

    assert build(order) == build(range(6))
