"""What costs and serves nobody: objects, instants and samples in, what could be saved out."""

from typing import Any

import pytest
from msgspec.structs import replace

from holdfast.assessment.sharing import Candidate, Scope
from holdfast.assessment.waste import Use, Verdict, _judge_space, waste_of
from holdfast.model.cost import GIB, CostJudgement, Prices, Waste
from holdfast.model.identity import CLAIM_COST, ClaimRef, Subject
from holdfast.model.usage import UsageSample
from tests.assessment.test_cost import content, home, snapshot, volume, world
from tests.world import NOW, World, claim, pod, policy

DAY = 86400.0
HOUR = 3600.0


def wasted(judged: World) -> list[str]:
    return [row.removeprefix("waste_") for row in judged.rows("waste_objects", "waste_monthly_cost")]


def stateful_set(replicas: int) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"namespace": "shop", "name": "db", "uid": "sts"},
        "spec": {"replicas": replicas, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]},
    }


def annotated(**annotations: str) -> dict[str, Any]:
    return {"annotations": {f"holdfast.dev/{key}": value for key, value in annotations.items()}}


# ---- claims that nothing uses


def test_an_orphan_is_waste_at_once_unless_it_was_made_today() -> None:
    """What will use a new claim may come yet."""
    judged = world(claim(metadata={"creationTimestamp": "2026-11-21T12:00:00Z"}), volume())
    assert wasted(judged) == []
    judged.judge(NOW + DAY - 1)
    assert wasted(judged) == []
    judged.judge(NOW + DAY)
    assert wasted(judged) == [
        'objects{namespace="shop",reason="orphaned"} 1',
        'monthly_cost{namespace="shop",reason="orphaned",currency="EUR"} 1',
    ]


def test_what_may_come_back_is_waste_after_thirty_days() -> None:
    judged = world(claim("shop/data-db-0"), volume("shop/data-db-0"), stateful_set(0))
    judged.judge(NOW + 30 * DAY - 1)
    assert wasted(judged) == []
    judged.judge(NOW + 30 * DAY)
    assert wasted(judged)[0] == 'objects{namespace="shop",reason="dormant"} 1'


@pytest.mark.parametrize(
    "made",
    [[claim(), volume()], [claim("shop/data-db-0"), volume("shop/data-db-0"), stateful_set(0)]],
    ids=["orphan", "dormant"],
)
def test_an_objective_of_ones_own_decides_how_long_is_long(made: Any, tmp_path: Any) -> None:
    asked = policy(
        "tiers: [{name: dev, match: {}, unusedFor: 2d}]\nprices: {currency: EUR, default: 0.1}", tmp_path
    )
    judged = World(*made, policy=asked)
    judged.judge(NOW + 2 * DAY - 1)
    assert wasted(judged) == []
    judged.judge(NOW + 2 * DAY)
    assert len(wasted(judged)) > 0


@pytest.mark.parametrize(
    "made",
    [
        [claim(), volume(), pod("shop/web", "data")],
        [claim(metadata=annotated(mute="hygiene")), volume()],
        [claim(metadata={"deletionTimestamp": "2026-11-20T00:00:00Z"}), volume()],
    ],
    ids=["in use", "muted by its owner", "on its way out"],
)
def test_what_is_no_waste(made: list[dict[str, Any]]) -> None:
    judged = world(*made)
    judged.judge(NOW + 100 * DAY)
    assert wasted(judged) == []


def test_a_mute_that_ends_makes_waste_of_an_orphan() -> None:
    judged = world(claim(metadata=annotated(mute="hygiene,until=2026-12-01")), volume())
    judged.judge(NOW + 8 * DAY)
    assert wasted(judged) == []
    judged.judge(NOW + 12 * DAY)
    assert len(wasted(judged)) == 2


def test_where_pods_cannot_be_seen_nothing_is_called_waste() -> None:
    judged = world(claim(), volume(), states={("core", "Pod"): "out_of_scope"})
    judged.judge(NOW + 100 * DAY)
    assert wasted(judged) == []


def test_a_claim_that_is_used_again_is_no_waste_at_once() -> None:
    judged = world(claim(), volume())
    judged.judge(NOW + 10 * DAY)
    assert len(wasted(judged)) == 2
    judged.put(pod("shop/web", "data"))
    judged.judge()
    assert wasted(judged) == []


def test_a_claim_that_has_no_disk_wastes_none() -> None:
    judged = world(claim(spec={"volumeName": None}, status={"phase": "Pending", "capacity": None}))
    judged.judge(NOW + 100 * DAY)
    assert wasted(judged) == []


def test_waste_without_a_price_is_counted_and_has_no_amount() -> None:
    judged = world(claim(), volume(), prices=Prices(currency="EUR"))
    judged.judge(NOW + 10 * DAY)
    assert wasted(judged) == ['objects{namespace="shop",reason="orphaned"} 1']


# ---- volumes, snapshots, contents


def test_a_released_volume_is_waste_at_once_unless_it_is_about_to_be_deleted() -> None:
    now = "2026-11-21T12:00:00Z"
    released: dict[str, Any] = {"phase": "Released", "lastPhaseTransitionTime": now}
    kept = world(volume(status=released, spec={"persistentVolumeReclaimPolicy": "Retain"}))
    assert wasted(kept)[0] == 'objects{namespace="",reason="volume-released"} 1'
    leaving = world(volume(status=released))
    assert wasted(leaving) == []
    leaving.judge(NOW + HOUR)
    assert wasted(leaving)[0] == 'objects{namespace="",reason="volume-released"} 1'


@pytest.mark.parametrize("phase", ["Failed", "Bound"])
def test_a_volume_whose_reclamation_failed_or_whose_claim_is_gone_is_waste(phase: str) -> None:
    assert (
        wasted(world(home(), volume(status={"phase": phase})))[0]
        == 'objects{namespace="",reason="volume-orphaned"} 1'
    )


def test_a_volume_that_waits_for_a_claim_is_none() -> None:
    assert wasted(world(volume(status={"phase": "Available"}, spec={"claimRef": None}))) == []


def test_a_snapshot_of_a_claim_that_is_gone_is_waste() -> None:
    assert wasted(world(home(), snapshot(), content())) == [
        'objects{namespace="shop",reason="snapshot-orphaned"} 1',
        'monthly_cost{namespace="shop",reason="snapshot-orphaned",currency="EUR"} 1',
    ]


def test_a_snapshot_of_a_living_claim_is_none() -> None:
    judged = world(claim(), volume(), pod("shop/web", "data"), snapshot(), content())
    assert wasted(judged) == []


def test_a_content_whose_snapshot_is_gone_is_waste_unless_velero_keeps_it() -> None:
    assert wasted(world(home(), content()))[0] == 'objects{namespace="",reason="content-orphaned"} 1'
    kept = content(metadata={"labels": {"velero.io/backup-name": "nightly"}})
    assert wasted(world(home(), kept)) == []


# ---- space that was never used


def used(share: float, days: float = 8) -> list[UsageSample]:
    ref = ClaimRef("shop", "data")
    return [
        UsageSample(claim=ref, time=NOW - 60 - HOUR * hour, used=share * 10 * GIB, capacity=10.0 * GIB)
        for hour in range(int(days * 24))
    ]


def changed(samples: list[UsageSample], **fields: float) -> list[UsageSample]:
    return [replace(sample, **fields) for sample in samples]


def looked_at(samples: list[UsageSample], *documents: dict[str, Any]) -> World:
    judged = world(*(documents or (claim(), volume())), pod("shop/web", "data"))
    judged.engine.take_usage(samples, NOW)
    judged.judge()
    return judged


def test_space_that_was_never_used_is_a_hint_with_its_saving() -> None:
    judged = looked_at(used(0.2))
    assert wasted(judged) == [
        'objects{namespace="shop",reason="unused-space"} 1',
        'monthly_cost{namespace="shop",reason="unused-space",currency="EUR"} 0.8',
    ]
    cost = judged.engine.judgement(Subject(CLAIM_COST, ("shop", "data")))
    assert isinstance(cost, CostJudgement)
    assert cost.waste is not None
    assert cost.waste.size == 8 * GIB


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (used(0.5), "half of it was used"),
        ([*used(0.1), *used(0.6, 1)], "it was fuller once"),
        (used(0.1, 6.9), "too little is known"),
        ([used(0.1)[0], used(0.1)[-1]], "two readings are no week"),
        (changed(used(0.4), capacity=4.1 * GIB), "the file system is smaller than its volume, and full"),
        (changed(used(0.1), inodes=1000.0, inodes_used=950.0), "a smaller one would have fewer inodes"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_little_use_is_not_enough(samples: list[UsageSample], why: str) -> None:
    assert wasted(looked_at(samples)) == [], why


def test_a_hint_stands_for_a_day_after_the_newest_sample() -> None:
    judged = looked_at(used(0.2))
    judged.judge(NOW + DAY - 61)
    assert len(wasted(judged)) == 2
    judged.judge(NOW + DAY)
    assert wasted(judged) == []


def test_the_use_of_a_space_that_others_share_tells_nothing_of_a_claim() -> None:
    by_nfs = volume(spec={"csi": None, "nfs": {"server": "nas", "path": "/export"}})
    assert wasted(looked_at(used(0.2), claim(), by_nfs)) == []


def test_the_hint_is_looked_at_again_with_every_hour_of_use() -> None:
    judged = looked_at(used(0.2))
    full = UsageSample(claim=ClaimRef("shop", "data"), time=NOW + HOUR, used=9.0 * GIB, capacity=10.0 * GIB)
    judged.engine.take_usage([full], NOW + HOUR)
    judged.judge(NOW + HOUR)
    assert wasted(judged) == []


def test_the_hint_ends_at_once_when_the_space_is_found_to_be_shared() -> None:
    """The use of one tells of all who share it; no sample need come first."""
    judged = looked_at(used(0.2), claim(), volume(), claim("shop/b"), volume("shop/b"), pod("shop/b", "b"))
    assert len(wasted(judged)) == 2
    refs = {Candidate(f"uid-shop-{name}", Scope("nas")): ClaimRef("shop", name) for name in ("data", "b")}
    judged.engine.regroup(refs, dict.fromkeys(("uid-shop-data", "uid-shop-b"), "nas"))
    judged.judge()
    assert wasted(judged) == []


@pytest.mark.parametrize("size", [None, 0])
def test_a_size_that_is_not_known_gives_no_hint(size: int | None) -> None:
    use = Use(first=NOW - 10 * DAY, newest=NOW, readings=240, highest=1.0, fullest=0.1)
    assert not _judge_space(use, size, NOW).reason


def test_nothing_is_saved_of_what_is_not_known() -> None:
    assert waste_of(Verdict(reason="orphaned"), None, None) == Waste(
        reason="orphaned", since=None, size=None, amount=None
    )
    assert waste_of(Verdict(), 5, 5) is None
