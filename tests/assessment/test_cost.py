"""What storage costs: objects and prices in, exposition text out. Each disk is billed once, and unknown stays unknown."""

from pathlib import Path
from typing import Any

import pytest

from holdfast.assessment.cost import Kindred, rate_of, regions_of_zones
from holdfast.inventory import Inventory
from holdfast.model.cost import GIB, Price, PriceQuery, Prices, PricesTold, VolumePrice
from holdfast.model.identity import ObjectKey
from holdfast.model.surroundings import Node
from tests.world import NOW, World, claim, laid_over, pod, policy

EUR = Prices(currency="EUR", default=0.1, snapshot_default=0.05)
COSTS = (
    "pvc_monthly_cost",
    "pv_monthly_cost",
    "volumesnapshot_monthly_cost",
    "volumesnapshotcontent_monthly_cost",
)


def home(name: str = "shop", **fields: Any) -> dict[str, Any]:
    return laid_over({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, fields)


def volume(name: str = "shop/data", size: str | None = "10Gi", **fields: Any) -> dict[str, Any]:
    """The volume of that claim."""
    namespace, _, short = name.partition("/")
    spec: dict[str, Any] = {
        "csi": {"driver": "disk.example", "volumeHandle": f"h-{namespace}-{short}"},
        "storageClassName": "fast",
        "persistentVolumeReclaimPolicy": "Delete",
        "claimRef": {"namespace": namespace, "name": short, "uid": f"uid-{namespace}-{short}"},
    }
    if size:
        spec["capacity"] = {"storage": size}
    made = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pv-{namespace}-{short}", "uid": f"pv-{short}"},
        "spec": spec,
        "status": {"phase": "Bound", "lastPhaseTransitionTime": "2026-11-01T00:00:00Z"},
    }
    return laid_over(made, fields)


def snapshot(
    name: str = "shop/snap", of: str = "data", size: str | None = "20Gi", **fields: Any
) -> dict[str, Any]:
    namespace, _, short = name.partition("/")
    made = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {
            "namespace": namespace,
            "name": short,
            "uid": f"snap-{short}",
            "creationTimestamp": "2026-11-10T00:00:00Z",
        },
        "spec": {"source": {"persistentVolumeClaimName": of}, "volumeSnapshotClassName": "daily"},
        "status": {
            "readyToUse": True,
            "boundVolumeSnapshotContentName": f"content-{short}",
            "restoreSize": size,
        },
    }
    return laid_over(made, fields)


def content(of: str = "shop/snap", size: int | None = 20 * GIB, **fields: Any) -> dict[str, Any]:
    namespace, _, short = of.partition("/")
    made = {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshotContent",
        "metadata": {"name": f"content-{short}", "creationTimestamp": "2026-11-10T00:00:00Z"},
        "spec": {
            "driver": "disk.example",
            "deletionPolicy": "Delete",
            "volumeSnapshotRef": {"namespace": namespace, "name": short, "uid": f"snap-{short}"},
        },
        "status": {"readyToUse": True, "restoreSize": size},
    }
    return laid_over(made, fields)


def world(*documents: dict[str, Any], prices: Prices = EUR, **more: Any) -> World:
    from holdfast.model.policy import Policy

    return World(*documents, policy=Policy(prices=prices), **more)


def unpriced(judged: World) -> dict[str, int]:
    """Reasons and how many, over all kinds."""
    found: dict[str, int] = {}
    for row in judged.rows("unpriced_objects"):
        reason = row.split('reason="')[1].split('"')[0]
        found[reason] = found.get(reason, 0) + int(row.rpartition(" ")[2])
    return found


def test_without_prices_nothing_is_said() -> None:
    judged = World(claim(), volume(), snapshot(), content())
    assert (
        judged.rows("pvc_monthly", "pv_monthly", "volumesnapshot_monthly", "unpriced", "waste", "prices")
        == []
    )


def test_a_claim_costs_the_size_of_its_volume() -> None:
    """The claim asked for 10 GiB, and was given 16."""
    judged = world(claim(), volume(size="16Gi"), pod("shop/web", "data"))
    assert judged.rows(*COSTS) == [
        'pvc_monthly_cost{namespace="shop",persistentvolumeclaim="data",currency="EUR"} 1.6'
    ]
    assert set(unpriced(judged).values()) == {0}


def test_a_generic_ephemeral_claim_costs_as_any_other() -> None:
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "web", "uid": "u", "controller": True}
    made = claim("shop/web-scratch", metadata={"ownerReferences": [owner]})
    assert len(world(made, volume("shop/web-scratch")).rows("pvc_monthly_cost")) == 1


def test_a_volume_that_no_living_claim_holds_is_billed_by_itself() -> None:
    judged = world(volume(status={"phase": "Released"}))
    assert judged.rows(*COSTS) == [
        'pv_monthly_cost{namespace="",persistentvolume="pv-shop-data",currency="EUR"} 1'
    ]


def test_a_claim_made_anew_does_not_bear_the_cost_of_the_volume_before() -> None:
    other = claim(metadata={"uid": "another"}, spec={"volumeName": "pv-new"})
    judged = world(
        other,
        volume(),
        laid_over(volume(), {"metadata": {"name": "pv-new"}, "spec": {"claimRef": {"uid": "another"}}}),
    )
    assert [row.split("{")[0] for row in judged.rows(*COSTS)] == ["pvc_monthly_cost", "pv_monthly_cost"]


def test_a_snapshot_costs_what_it_would_be_restored_to_and_its_content_nothing_besides() -> None:
    judged = world(claim(), volume(), snapshot(), content())
    assert judged.rows("volumesnapshot_monthly_cost", "volumesnapshotcontent_monthly_cost") == [
        'volumesnapshot_monthly_cost{namespace="shop",volumesnapshot="snap",currency="EUR"} 1'
    ]


def test_a_content_that_no_snapshot_owns_is_billed_by_itself() -> None:
    assert world(content()).rows(*COSTS) == [
        'volumesnapshotcontent_monthly_cost{namespace="",volumesnapshotcontent="content-snap",currency="EUR"} 1'
    ]


def test_a_snapshot_whose_content_is_gone_costs_nothing_that_is_known() -> None:
    judged = world(snapshot())
    assert judged.rows(*COSTS) == []
    assert unpriced(judged) == {}


@pytest.mark.parametrize(
    ("documents", "prices", "reason"),
    [
        ([claim(), volume()], Prices(currency="EUR"), "no-price"),
        ([claim(status={"capacity": None}), volume(size=None)], EUR, "no-size"),
        (
            [volume(status={"phase": "Available"}, spec={"claimRef": None})],
            Prices(currency="EUR"),
            "no-price",
        ),
        ([snapshot(size=None), content(size=None)], EUR, "no-size"),
    ],
    ids=["no price", "no size", "a volume without a price", "a snapshot without a size"],
)
def test_what_is_not_known_has_no_series_and_is_counted(documents: Any, prices: Prices, reason: str) -> None:
    judged = world(*documents, prices=prices)
    assert judged.rows(*COSTS) == []
    assert unpriced(judged)[reason] == 1


def test_a_claim_that_waits_for_its_volume_costs_nothing_and_is_no_gap_in_the_prices() -> None:
    judged = world(claim(spec={"volumeName": None}, status={"phase": "Pending", "capacity": None}))
    assert judged.rows(*COSTS, "unpriced_objects") == []


def test_where_volumes_cannot_be_seen_a_claim_is_billed_by_its_own_size() -> None:
    judged = world(claim(), states={("core", "PersistentVolume"): "out_of_scope"})
    assert len(judged.rows("pvc_monthly_cost")) == 1
    assert judged.rows("pv_monthly_cost") == []


@pytest.mark.parametrize(
    "spec",
    [
        {"csi": None, "nfs": {"server": "nas", "path": "/export"}},
        {"csi": None, "hostPath": {"path": "/data"}},
        {"csi": None, "local": {"path": "/data"}},
        {"csi": {"driver": "nfs.csi.example", "volumeAttributes": {"server": "nas", "share": "/export"}}},
    ],
    ids=["nfs", "hostPath", "local", "nfs by csi"],
)
def test_what_was_made_by_hand_has_a_price_only_where_an_entry_names_it(spec: dict[str, Any]) -> None:
    """Its size is a number that somebody wrote: the default and a price of a region are not meant for it."""
    made = [claim(), volume(spec=spec)]
    general = Prices(
        currency="EUR", default=0.1, volumes=(Price(per_gib=1.0, zone=""), Price(per_gib=1.0, region=""))
    )
    assert world(*made, prices=general).rows("pvc_monthly_cost") == []
    named = Prices(currency="EUR", volumes=(Price(per_gib=0.2, storage_class="fast"),))
    assert world(*made, prices=named).rows("pvc_monthly_cost") == [
        'pvc_monthly_cost{namespace="shop",persistentvolumeclaim="data",currency="EUR"} 2'
    ]


# ---- which price


PRICES_YAML = """
tiers: [{name: gold, match: {}}]
prices:
  currency: EUR
  default: 1
  classes:
    - {region: eu, price: 2}
    - {zone: eu-a, price: 3}
    - {tier: gold, price: 4}
    - {csiDriver: disk, price: 5}
    - {csiDriver: disk, region: eu, price: 6}
    - {storageClass: fast, price: 7}
    - {storageClass: fast, region: eu, price: 8}
    - {storageClass: fast, zone: eu-a, price: 9}
    - {storageClass: fast, csiDriver: disk, price: 10}
"""


@pytest.mark.parametrize(
    ("what", "price"),
    [
        ({}, 1),
        ({"region": "us"}, 1),
        ({"region": "eu"}, 2),
        ({"region": "eu", "zone": "eu-a"}, 3),
        ({"region": "eu", "zone": "eu-a", "tier": "gold"}, 4),
        ({"tier": "gold", "csi_driver": "disk"}, 5),
        ({"tier": "gold", "csi_driver": "disk", "region": "eu"}, 6),
        ({"csi_driver": "other", "storage_class": "fast"}, 7),
        ({"storage_class": "fast", "region": "eu"}, 8),
        ({"storage_class": "fast", "region": "eu", "zone": "eu-a"}, 9),
        ({"storage_class": "fast", "csi_driver": "disk", "region": "eu", "zone": "eu-a"}, 10),
        ({"storage_class": "slow", "csi_driver": "disk"}, 5),
    ],
)
def test_the_most_specific_price_wins(what: dict[str, Any], price: float, tmp_path: Path) -> None:
    """Class before driver before tier before zone before region; an unknown region matches no price that names one."""
    prices = policy(PRICES_YAML, tmp_path).prices
    assert prices is not None
    assert rate_of(Kindred(**what), prices, Inventory(lambda *_: ()), NOW).monthly == price


def test_a_tier_has_its_price(tmp_path: Path) -> None:
    gold = policy(
        "tiers: [{name: gold, match: {namespaces: [shop]}}]\n"
        "prices: {currency: EUR, default: 0.1, classes: [{tier: gold, price: 0.3}]}",
        tmp_path,
    )
    judged = World(claim(), volume(), claim("dev/data"), volume("dev/data"), policy=gold)
    assert [row.rpartition(" ")[2] for row in judged.rows("pvc_monthly_cost")] == ["1", "3"]


def test_a_zone_lies_where_its_nodes_say() -> None:
    """Nodes of one zone that tell several regions tell none."""

    def node(name: str, zone: str, region: str) -> Node:
        labels = {"topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": region}
        return Node(name=name, ready=True, labels={key: value for key, value in labels.items() if value})

    nodes = [
        node("1", "a", "eu"),
        node("2", "a", "eu"),
        node("3", "b", "eu"),
        node("4", "b", "us"),
        node("5", "c", ""),
    ]
    assert regions_of_zones(nodes) == {"a": "eu", "b": ""}
    assert regions_of_zones([*nodes, node("6", "b", "eu")]) == {"a": "eu", "b": ""}


# ---- prices that a query tells

ASKED = Prices(currency="USD", query=PriceQuery(holds=3600.0))
HELD = ("prometheus", "prices")


def told(judged: World, *prices: VolumePrice, at: float = NOW) -> World:
    facts = judged.engine.facts
    for price in prices:
        judged.engine._touch(facts.put(HELD, ObjectKey("", price.volume), (price,)))
    judged.engine._touch(facts.put(HELD, ObjectKey("", ""), (PricesTold(at=at),)))
    judged.judge()
    return judged


def test_a_query_tells_the_price_of_a_volume_by_size_or_as_a_whole() -> None:
    judged = world(claim(), volume(), claim("shop/b"), volume("shop/b"), prices=ASKED)
    told(
        judged,
        VolumePrice(volume="pv-shop-data", monthly=0.2),
        VolumePrice(volume="pv-shop-b", monthly=7.5, whole=True),
    )
    assert [row.rpartition(" ")[2] for row in judged.rows("pvc_monthly_cost")] == ["7.5", "2"]


def test_an_answer_that_is_too_old_is_dropped_and_comes_back_with_the_next() -> None:
    judged = told(world(claim(), volume(), prices=ASKED), VolumePrice(volume="pv-shop-data", monthly=0.2))
    assert judged.rows("prices_age_seconds") == ['prices_age_seconds{currency="USD"} 0']
    judged.judge(NOW + 3599)
    assert len(judged.rows("pvc_monthly_cost")) == 1
    judged.judge(NOW + 3600)
    assert judged.rows("pvc_monthly_cost") == []
    assert unpriced(judged) == {"no-price": 0, "price-stale": 1, "no-size": 0}
    assert judged.rows("prices_age_seconds") == ['prices_age_seconds{currency="USD"} 3600']
    told(judged, VolumePrice(volume="pv-shop-data", monthly=0.2), at=NOW + 3600)
    assert len(judged.rows("pvc_monthly_cost")) == 1, "the answer is the same, and it is fresh"


def test_what_an_owner_wrote_goes_before_a_query_and_a_query_before_the_default() -> None:
    asked = Prices(
        currency="USD", query=PriceQuery(), default=9.0, volumes=(Price(per_gib=5.0, storage_class="slow"),)
    )
    slow = volume("shop/b", spec={"storageClassName": "slow"})
    judged = world(claim(), volume(), claim("shop/b"), slow, claim("shop/c"), volume("shop/c"), prices=asked)
    told(
        judged, VolumePrice(volume="pv-shop-data", monthly=1.0), VolumePrice(volume="pv-shop-b", monthly=1.0)
    )
    assert [row.rpartition(" ")[2] for row in judged.rows("pvc_monthly_cost")] == ["50", "90", "10"]


def test_a_volume_is_where_its_zone_is_and_a_node_that_comes_tells_where_that_is() -> None:
    zone = {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["eu-a"]}
    affinity = {"required": {"nodeSelectorTerms": [{"matchExpressions": [zone]}]}}
    european = Prices(currency="EUR", volumes=(Price(per_gib=0.5, region="eu"),))
    judged = world(claim(), volume(spec={"nodeAffinity": affinity}), prices=european)
    assert judged.rows("pvc_monthly_cost") == []
    labels = {"topology.kubernetes.io/zone": "eu-a", "topology.kubernetes.io/region": "eu"}
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-1", "labels": labels}}
    judged.put(node)
    judged.judge()
    assert judged.rows("pvc_monthly_cost")[0].endswith(" 5")
    judged.drop(node)
    judged.judge()
    assert judged.rows("pvc_monthly_cost") == []
