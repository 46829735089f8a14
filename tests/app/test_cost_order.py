"""Claims, volumes, snapshots, nodes and prices that come and go in any order end in the same text as one computation
from scratch; and whatever stands, no disk is billed twice and no cost is made up."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.cost import GIB, Price, PriceQuery, Prices, PricesTold, VolumePrice
from holdfast.model.identity import ObjectKey
from holdfast.model.policy import Policy
from tests.assessment.test_cost import HELD, content, home, snapshot, volume
from tests.world import NOW, World, claim, pod

NAMES = ("shop/a", "shop/b")
SECONDS = ("a-second", "second")  # contents of one snapshot, before and after its own in the order of names
UNBOUND = {"boundVolumeSnapshotContentName": None, "readyToUse": False, "restoreSize": None}
PRICES = Prices(
    currency="EUR",
    volumes=(
        Price(per_gib=0.3, storage_class="fast", region="eu"),
        Price(per_gib=0.7, storage_class="slow"),
    ),
    query=PriceQuery(),
    snapshot_default=0.05,
)
PRICED = Policy(prices=Prices(currency="EUR", default=0.1, snapshot_default=0.1))
IDLE = {"conditions": [{"type": "Unused", "status": "True", "lastTransitionTime": "2026-11-02T00:00:00Z"}]}


def node(name: str, region: str) -> dict[str, Any]:
    labels = {"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": region}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}}


SAME_DISK = {"csi": {"driver": "disk.example", "volumeHandle": "h-1"}}
IN_ZONE = {
    "required": {
        "nodeSelectorTerms": [
            {"matchExpressions": [{"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["z"]}]}
        ]
    }
}


def parts() -> list[dict[str, Any]]:
    """Every object in several forms, so that putting one over another is a change."""
    made = [node("one", "eu"), node("one", "us"), node("two", "eu"), home()]
    for name in NAMES:
        short = name.partition("/")[2]
        other = "pv-shop-b" if short == "a" else "pv-shop-a"
        made += [claim(name), claim(name, status=IDLE), claim(name, metadata={"uid": f"new-{short}"})]
        made += [
            claim(name, spec={"volumeName": other}),
            claim(name, spec={"volumeName": None}, status={"phase": "Pending"}),
        ]
        made += [volume(name), volume(name, size="16Gi"), volume(name, size=None)]
        made += [volume(name, spec=SAME_DISK), content(f"shop/s-{short}", status={"snapshotHandle": "cut-1"})]
        made += [
            volume(name, spec={"nodeAffinity": IN_ZONE}),
            volume(name, spec={"storageClassName": "slow"}),
        ]
        made += [volume(name, status={"phase": "Released"}), volume(name, spec={"claimRef": None})]
        made += [snapshot(f"shop/s-{short}", short), snapshot(f"shop/s-{short}", short, size=None)]
        made += [snapshot(f"shop/s-{short}", short, metadata={"uid": "another"})]
        made += [content(f"shop/s-{short}"), content(f"shop/s-{short}", size=None)]
        made += [content(f"shop/s-{short}", metadata={"name": f"{second}-{short}"}) for second in SECONDS]
        made += [snapshot(f"shop/s-{short}", short, status=UNBOUND)]
        made += [pod(f"shop/pod-{short}", short)]
    return made


def identity(document: dict[str, Any]) -> tuple[str, str]:
    return document["kind"], document["metadata"]["name"]


def shake(world: World, rng: Random, steps: int, *, asked: bool = False) -> list[dict[str, Any]]:
    """Objects come, change and go; returns those that stand in the end."""
    standing: dict[tuple[str, str], dict[str, Any]] = {}
    for _ in range(steps):
        document = rng.choice(parts())
        if rng.random() < 0.25:
            world.drop(document)
            standing.pop(identity(document), None)
        else:
            world.put(document)
            standing[identity(document)] = document
        if asked and rng.random() < 0.2:
            tell(world, rng.choice([None, 0.2, 0.4]))
        if rng.random() < 0.4:
            world.judge()
    return list(standing.values())


def tell(world: World, monthly: float | None) -> None:
    """The query told this of one volume; None: nothing."""
    facts, key = world.engine.facts, ObjectKey("", "pv-shop-a")
    records = () if monthly is None else (VolumePrice(volume="pv-shop-a", monthly=monthly),)
    world.engine._touch(facts.put(HELD, key, records))
    world.engine._touch(facts.put(HELD, ObjectKey("", ""), (PricesTold(at=NOW),)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60), st.sampled_from([None, 0.2]))
def test_any_order_ends_in_the_same_text(seed: int, steps: int, monthly: float | None) -> None:
    world = World(policy=Policy(prices=PRICES))
    world.engine.note = lambda observation: None  # type: ignore[method-assign] # nothing is remembered
    standing = shake(world, Random(seed), steps, asked=True)
    afresh = World(*standing, policy=Policy(prices=PRICES))
    for each in (world, afresh):
        tell(each, monthly)
        each.judge()
    assert world.text() == afresh.text()


def amounts(world: World, family: str) -> float:
    return sum(float(row.rpartition(" ")[2]) for row in world.rows(family))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_no_disk_is_billed_twice(seed: int, steps: int) -> None:
    """With one price for all, the sum of all costs is that of the disks and snapshots that there are."""
    world = World(policy=PRICED)
    standing = shake(world, Random(seed), steps)
    world.judge()
    volumes = [each["spec"].get("capacity") for each in standing if each["kind"] == "PersistentVolume"]
    disks = sum(int(size["storage"].removesuffix("Gi")) for size in volumes if size)
    claims = amounts(world, "pvc_monthly_cost")
    by_own_size = sum(
        10 for each in standing if each["kind"] == "PersistentVolumeClaim" and unsized(each, standing)
    )
    total = claims + amounts(world, "pv_monthly_cost")
    assert round(total, 6) == round((disks + by_own_size) / 10, 6)
    handles = {
        identity(each)[1].removeprefix("content-")
        for each in standing
        if each["kind"] == "VolumeSnapshotContent"
    }
    cut = amounts(world, "volumesnapshot_monthly_cost") + amounts(world, "volumesnapshotcontent_monthly_cost")
    assert round(cut, 6) <= round(len(handles) * 20 / 10, 6)


def unsized(claim: dict[str, Any], standing: list[dict[str, Any]]) -> bool:
    """It holds a volume that does not tell its size, and so is billed by its own."""
    name, uid = claim["metadata"]["name"], claim["metadata"]["uid"]
    for each in standing:
        if each["kind"] != "PersistentVolume" or "capacity" in each["spec"]:
            continue
        ref = each["spec"].get("claimRef") or {}
        if (ref.get("name"), ref.get("uid")) == (name, uid):
            return bool(claim["spec"].get("volumeName") == each["metadata"]["name"])
    return False


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60))
def test_without_a_price_there_is_no_amount(seed: int, steps: int) -> None:
    world = World(policy=Policy(prices=Prices(currency="EUR")))
    shake(world, Random(seed), steps)
    world.judge()
    assert (
        world.rows(
            "pvc_monthly",
            "pv_monthly",
            "volumesnapshot_monthly",
            "volumesnapshotcontent_monthly",
            "waste_monthly",
        )
        == []
    )


def borne(world: World) -> list[str]:
    rows = world.rows("volumesnapshot_monthly_cost", "volumesnapshotcontent_monthly_cost")
    return [row.split('",currency')[0].rpartition('"')[2] for row in rows]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_contents_of_a_snapshot_the_first_by_name_is_its_own_and_the_other_follows(order: int) -> None:
    unbound = snapshot("shop/s-a", status=UNBOUND)
    first, other = (
        content("shop/s-a", metadata={"name": "c-1"}),
        content("shop/s-a", metadata={"name": "c-2"}),
    )
    world = World(unbound, *[first, other][::order], policy=PRICED)
    assert borne(world) == ["s-a", "c-2"]
    world.drop(first)
    world.judge()
    assert borne(world) == ["s-a"], "the other is its own now"
    world.put(first)
    world.judge()
    assert borne(world) == ["s-a", "c-2"]


def test_what_stands_is_billed_in_whole_gibibytes() -> None:
    """The check of the property above is worth something: one claim, one volume of 10 GiB."""
    world = World(claim(), volume(), policy=PRICED)
    assert amounts(world, "pvc_monthly_cost") == 10 * GIB / GIB * 0.1
