"""Checks that are judged with the claim: what is asked of it against what is done for it."""

from typing import Any

import pytest

from holdfast.model.check import CHECKS
from holdfast.model.policy import ObjectiveSpec, Policy, Tier
from tests.assessment.test_retention import copies, schedule
from tests.world import World, claim, pod

HOUR = 3600.0
ASKED = Policy(defaults=ObjectiveSpec(rpo=26 * HOUR), builtin_defaults=False)


def asked(**fields: Any) -> Policy:
    return Policy(defaults=ObjectiveSpec(rpo=26 * HOUR, **fields), builtin_defaults=False)


def volume(policy: str = "Delete") -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv-shop-data", "uid": "pv"},
        "spec": {
            "persistentVolumeReclaimPolicy": policy,
            "claimRef": {"namespace": "shop", "name": "data", "uid": "uid-shop-data"},
        },
        "status": {"phase": "Bound"},
    }


def why(world: World, check: str, name: str = "shop/data") -> str:
    return next((finding.why for finding in world.claim(name).findings if finding.check == check), "")


def unjudged(world: World, check: str) -> bool:
    return check in world.claim().unjudged


BLIND = {("velero", "Backup"): "failing"}


def test_reclaim_delete__without_an_offsite_copy_is_found() -> None:
    world = World(claim(), volume(), policy=ASKED)
    assert why(world, "reclaim-delete") == (
        "volume pv-shop-data has reclaim policy Delete, and no offsite copy could be restored now"
    )
    assert 'finding{check="reclaim-delete",kind="PersistentVolumeClaim",namespace="shop",name="data"} 1' in (
        world.rows("finding")
    )


def test_reclaim_delete__with_an_offsite_copy_is_not() -> None:
    assert not why(World(claim(), volume(), *copies(1, ttl_days=9), policy=ASKED), "reclaim-delete")


def test_reclaim_delete__a_copy_that_has_expired_is_none() -> None:
    assert why(World(claim(), volume(), *copies(1, ttl_days=0.1), policy=ASKED), "reclaim-delete")


def test_reclaim_delete__retained_volumes_stay() -> None:
    assert not why(World(claim(), volume("Retain"), policy=ASKED), "reclaim-delete")


def test_reclaim_delete__an_objective_that_nobody_declared_demands_nothing() -> None:
    assert not why(World(claim(), volume()), "reclaim-delete")


def test_reclaim_delete__the_tier_demands_it_whatever_is_copied() -> None:
    gold = Policy(tiers=(Tier(name="gold", objective=ObjectiveSpec(reclaim_policy="Retain")),))
    tagged = claim(metadata={"annotations": {"holdfast.dev/tier": "gold"}})
    world = World(tagged, volume(), *copies(1, ttl_days=9), policy=gold)
    assert why(world, "reclaim-delete") == (
        "volume pv-shop-data has reclaim policy Delete, and tier gold demands Retain"
    )


def test_reclaim_delete__while_a_source_is_blind_nobody_can_tell() -> None:
    world = World(claim(), volume(), policy=ASKED, states={("velero", "PodVolumeBackup"): "forbidden"})
    assert unjudged(world, "reclaim-delete")
    assert not why(world, "reclaim-delete")


def test_objective_without_schedule__is_found_where_nothing_runs() -> None:
    world = World(claim(), policy=ASKED)
    assert why(world, "objective-without-schedule") == "no schedule that runs covers it"


def test_objective_without_schedule__a_paused_schedule_does_not_run() -> None:
    paused = schedule()
    paused["spec"]["paused"] = True
    world = World(claim(), pod("shop/web-0", "data"), paused, policy=ASKED)
    assert why(world, "objective-without-schedule") == "no schedule that runs covers it (paused)"


def test_objective_without_schedule__a_schedule_that_covers_it_is_enough() -> None:
    assert not why(
        World(claim(), pod("shop/web-0", "data"), schedule(), policy=ASKED), "objective-without-schedule"
    )


def test_objective_without_schedule__copies_that_do_not_count_are_none() -> None:
    world = World(claim(), pod("shop/web-0", "data"), schedule(), policy=asked(consistency="application"))
    assert why(world, "objective-without-schedule") == (
        "the objective asks for application-consistent copies, and velero velero/nightly makes no such copy"
    )


@pytest.mark.parametrize(
    "policy", [Policy(), Policy(defaults=ObjectiveSpec(), builtin_defaults=False)], ids=["built-in", "none"]
)
def test_objective_without_schedule__needs_an_objective_that_is_declared(policy: Policy) -> None:
    assert not why(World(claim(), policy=policy), "objective-without-schedule")


def test_objective_without_schedule__an_exempt_claim_has_none() -> None:
    exempt = claim(metadata={"annotations": {"holdfast.dev/exempt": "a cache"}})
    assert not why(World(exempt, policy=ASKED), "objective-without-schedule")


def test_objective_without_schedule__snapshots_that_somebody_cuts_cannot_be_judged() -> None:
    snapshot = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {
            "namespace": "shop",
            "name": "s",
            "uid": "s",
            "creationTimestamp": "2026-11-21T11:00:00Z",
        },
        "spec": {"source": {"persistentVolumeClaimName": "data"}},
        "status": {"readyToUse": True, "creationTime": "2026-11-21T11:00:00Z"},
    }
    world = World(claim(), snapshot, policy=ASKED)
    assert not why(world, "objective-without-schedule")
    assert unjudged(world, "objective-without-schedule")


@pytest.mark.parametrize(
    ("cron", "found"),
    [
        ("0 2 * * *", ""),
        ("0 */12 * * *", ""),
        ("0 2 * * 1-5", "up to 72 h pass between two runs of velero velero/nightly, and the rpo is 26 h"),
        ("0 2 * * 0", "up to 168 h pass between two runs of velero velero/nightly, and the rpo is 26 h"),
    ],
)
def test_schedule_too_rare__goes_by_the_longest_gap(cron: str, found: str) -> None:
    world = World(claim(), pod("shop/web-0", "data"), schedule(cron), policy=ASKED)
    assert why(world, "schedule-too-rare") == found


def test_schedule_too_rare__several_schedules_count_together() -> None:
    weekdays, weekend = schedule("0 2 * * 1-5"), schedule("0 2 * * 0,6")
    weekend["metadata"] = {**weekend["metadata"], "name": "weekend", "uid": "weekend"}
    mounted = pod("shop/web-0", "data")
    assert why(World(claim(), mounted, weekdays, policy=ASKED), "schedule-too-rare")
    assert not why(World(claim(), mounted, weekdays, weekend, policy=ASKED), "schedule-too-rare")


def test_resources_not_backed_up__snapshots_alone_leave_the_objects_out() -> None:
    ready = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {
            "namespace": "shop",
            "name": "s",
            "uid": "s",
            "creationTimestamp": "2026-11-21T11:00:00Z",
        },
        "spec": {"source": {"persistentVolumeClaimName": "data"}},
        "status": {"readyToUse": True, "creationTime": "2026-11-21T11:00:00Z"},
    }
    assert why(World(claim(), ready), "resources-not-backed-up") == (
        "csi-snapshot copies the volume, and nothing copies the objects of shop"
    )
    assert not why(World(claim(), ready, schedule()), "resources-not-backed-up")
    volumes_only = schedule()
    volumes_only["spec"]["template"]["includedResources"] = [
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
    ]
    assert why(World(claim(), ready, volumes_only), "resources-not-backed-up")


def test_hooks_missing__a_file_copy_without_hooks_is_found() -> None:
    world = World(claim(), *copies(1, ttl_days=9), policy=asked(consistency="application"))
    assert why(world, "hooks-missing") == (
        "application-consistent copies are asked for; no hook runs and no database operator copies it"
    )
    assert not why(World(claim(), *copies(1, ttl_days=9), policy=ASKED), "hooks-missing")
    assert not why(World(claim(), policy=asked(consistency="application")), "hooks-missing")


def test_no_owner__anybody_named_above_the_claim_will_do() -> None:
    named = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "annotations": {"holdfast.dev/owner": "team-shop"}},
    }
    assert why(World(claim()), "no-owner") == "nobody is named by holdfast.dev/owner"
    assert not why(World(claim(), named), "no-owner")


@pytest.mark.parametrize(
    ("current", "condition", "found", "unknown"),
    [
        ("gold", "", "", False),
        ("silver", "", "VolumeAttributesClass gold is asked for, and silver is in force", False),
        ("silver", "ModifyingVolume", "", False),
        (
            "silver",
            "ModifyVolumeError",
            "VolumeAttributesClass gold is asked for, and changing the volume to it failed",
            False,
        ),
        (None, "", "", True),
    ],
)
def test_volume_attributes_drift(current: str | None, condition: str, found: str, unknown: bool) -> None:
    status: dict[str, Any] = {"conditions": [{"type": condition, "status": "True"}] if condition else []}
    if current:
        status["currentVolumeAttributesClassName"] = current
    world = World(claim(spec={"volumeAttributesClassName": "gold"}, status=status))
    assert why(world, "volume-attributes-drift") == found
    assert unjudged(world, "volume-attributes-drift") == unknown


def test_a_claim_that_goes_with_its_pod_is_not_judged() -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "web-0", "uid": "p", "controller": True}
    world = World(claim("shop/web-0-scratch", metadata={"ownerReferences": [owner]}), policy=ASKED)
    assert world.claim("shop/web-0-scratch").findings == ()


def test_a_check_that_is_off_says_nothing() -> None:
    world = World(claim(), policy=Policy(checks_off=frozenset({"no-owner"})))
    assert not why(world, "no-owner")
    assert 'check_info{check="no-owner",severity="info",judged="off"} 1' in world.rows("check_info")


def test_every_check_is_declared_with_words_for_a_person() -> None:
    for check in CHECKS.values():
        assert check.title
        assert check.why.endswith(".")
        assert check.remedy.endswith(".")
        assert check.on
        assert check.reads


def test_what_cannot_be_judged_of_some_claims_is_judged_partly() -> None:
    drifting = claim("shop/other", spec={"volumeAttributesClassName": "gold"})
    rows = World(claim(), drifting).rows("check_info")
    assert 'check_info{check="volume-attributes-drift",severity="warning",judged="partly"} 1' in rows
    alone = World(drifting).rows("check_info")
    assert 'check_info{check="volume-attributes-drift",severity="warning",judged="no"} 1' in alone


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("Pending", ""),
        ("InProgress", ""),
        ("Infeasible", "VolumeAttributesClass gold is asked for, and the volume cannot be changed to it"),
        ("", "VolumeAttributesClass gold is asked for, and silver is in force"),
    ],
)
def test_volume_attributes_drift__a_change_on_its_way_is_none_yet(state: str, found: str) -> None:
    status = {"currentVolumeAttributesClassName": "silver", "modifyVolumeStatus": {"status": state}}
    world = World(claim(spec={"volumeAttributesClassName": "gold", "volumeName": "pv-1"}, status=status))
    assert why(world, "volume-attributes-drift") == found
