"""Checks on whether nodes can use volumes: records in, what is said of each claim, volume and node out."""

from typing import Any

import pytest

from holdfast.model.facts import Annotations, Attachment, Claim, Fact
from holdfast.model.identity import ClaimRef
from holdfast.model.policy import Exemption, Match, ObjectiveSpec, Policy, Tier
from holdfast.model.selector import NodeTerm, Requirement
from holdfast.model.setup import DriverOnNode, NodeDrivers
from holdfast.model.surroundings import Namespace, Node
from tests.assessment.checks.survey_cases import claim, in_zones, look, node, on_nodes, pod, volume
from tests.world import NOW

DATA = "PersistentVolumeClaim shop/data"
ONLY = "volume pv-data: no node can use it but "
TIED = volume(node_terms=on_nodes("node-1"))


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([node("node-1")], ""),
        ([node("node-1", unschedulable=True), node("node-2")], f"{ONLY}node-1 (cordoned)"),
        ([node("node-1", ready=False), node("node-2")], f"{ONLY}node-1 (not ready)"),
        ([node("node-1", ready=None, silent=True), node("node-2")], f"{ONLY}node-1 (not ready)"),
        ([node("node-1", ready=None)], None),
        ([node("node-1", ready=None, unschedulable=True)], f"{ONLY}node-1 (cordoned)"),
        (
            [node("node-2")],
            "volume pv-data: no node meets its node affinity, kubernetes.io/hostname In node-1",
        ),
        ([], None),
    ],
    ids=["there", "cordoned", "not-ready", "silent", "unknown", "cordoned-anyway", "gone", "no-nodes"],
)
def test_stranded_volume__no_schedulable_node_can_use_it(nodes: list[Node], why: str | None) -> None:
    """Gone, cordoned or not ready, whether a pod uses the claim now or not."""
    assert look("stranded-volume", claim(), TIED, nodes) == {DATA: why}


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ([node("node-1", "a", ready=False), node("node-2", "a")], False),
        ([node("node-1", "a", ready=False), node("node-2", "a", unschedulable=True)], True),
        ([node("node-1", "a", ready=False), node("node-2", "a", ready=None)], None),
        ([node("node-1", "a", ready=None), node("node-2", "a")], False),
        ([node("node-1", "b"), node("node-2", "c")], True),
    ],
)
def test_stranded_volume__one_node_of_its_zone_is_enough(nodes: list[Node], found: bool | None) -> None:
    """A node of which nothing is known only matters where no other will do."""
    why = look("stranded-volume", claim(), volume(node_terms=in_zones("a")), nodes)[DATA]
    assert (None if why is None else bool(why)) is found


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ([claim(), volume()], ""),
        ([claim(volume="")], ""),
        ([claim()], None),
    ],
    ids=["no-affinity", "not-bound", "volume-not-there"],
)
def test_stranded_volume__without_a_volume_or_an_affinity(facts: list[Fact], why: str | None) -> None:
    """All nodes can use a volume without an affinity; one that is not there cannot be judged."""
    assert look("stranded-volume", facts, node("node-1", unschedulable=True)) == {DATA: why}


def test_stranded_volume__an_affinity_is_put_in_words() -> None:
    """Each way in which a node would do, and an empty one, which none meets."""
    terms = (
        NodeTerm(
            labels=(Requirement("disk", "Exists", ()), Requirement("zone", "In", ("a", "b"))),
            fields=(Requirement("metadata.name", "NotIn", ("x",)),),
        ),
        NodeTerm(),
    )
    told = look("stranded-volume", claim(), volume(node_terms=terms), node("node-1"))
    assert told == {
        DATA: "volume pv-data: no node meets its node affinity, "
        "disk Exists and zone In a|b and metadata.name NotIn x or nothing at all"
    }


def test_stranded_volume__by_the_name_of_the_node() -> None:
    """Terms may be on fields."""
    terms = (NodeTerm(fields=(Requirement("metadata.name", "In", ("node-1", "gone")),)),)
    assert look("stranded-volume", claim(), volume(node_terms=terms), node("node-1")) == {DATA: ""}
    assert look("stranded-volume", claim(), volume(node_terms=terms), node("node-2"))[DATA]


DRIVER = "disks.example.com"


def registered(name: str, *drivers: str) -> NodeDrivers:
    return NodeDrivers(node=name, drivers=tuple(DriverOnNode(driver=driver) for driver in drivers))


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([], None),
        ([registered("node-1", DRIVER)], ""),
        (
            [registered("node-1", "other"), registered("node-2", DRIVER)],
            f"{DRIVER} is not registered on node-1 (pod web-0)",
        ),
        ([registered("node-1", "other")], f"{DRIVER} is registered on no node"),
        ([registered("node-2", DRIVER)], None),
        ([registered("node-2", DRIVER), node("node-1", ready=False)], None),
        (
            [registered("node-2", DRIVER), node("node-1")],
            f"{DRIVER} is not registered on node-1 (pod web-0)",
        ),
        ([registered("node-1"), node("node-1", ready=False), registered("node-2", DRIVER)], None),
        ([registered("node-1"), node("node-1", ready=None), registered("node-2", DRIVER)], None),
        ([registered("node-1"), registered("node-2", DRIVER)], None),
        (
            [registered("node-1"), node("node-1"), registered("node-2", DRIVER)],
            f"{DRIVER} is not registered on node-1 (pod web-0)",
        ),
    ],
)
def test_driver_missing__on_the_node_of_its_pod_or_on_all(nodes: list[Fact], why: str | None) -> None:
    """A node whose drivers are not told, or that is just coming up, is not judged."""
    assert look("driver-missing", claim(), volume(), pod("shop/web-0", "data"), nodes) == {DATA: why}


@pytest.mark.parametrize(
    ("pods", "why"),
    [
        ([], ""),
        ([pod("shop/web-0", "data", on="")], ""),
        ([pod("shop/web-0", "data", phase="Failed")], ""),
        ([pod("shop/web-0", "data", on="node-2")], ""),
        ([pod("shop/web-0", "data"), pod("shop/web-1", "data", on="gone")], "node-1 (pod web-0)"),
        ([pod("shop/web-0", "data", on="node-2"), pod("shop/web-1", "data", on="gone")], None),
    ],
)
def test_driver_missing__only_pods_that_are_on_a_node_need_it_there(
    pods: list[tuple[Fact, ...]], why: str | None
) -> None:
    """A claim that no pod uses needs its driver on some node."""
    nodes = registered("node-1", "other"), registered("node-2", DRIVER)
    told = look("driver-missing", claim(), volume(), nodes, *pods)
    assert told == {DATA: f"{DRIVER} is not registered on {why}" if why else why}


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ([claim(), volume(backing="awsElasticBlockStore", csi_driver="")], ""),
        ([claim(), volume(backing="nfs", csi_driver="")], ""),
        ([claim(volume="")], ""),
        ([claim()], None),
    ],
    ids=["in-tree", "nfs", "not-bound", "volume-not-there"],
)
def test_driver_missing__only_volumes_of_csi_drivers(facts: list[Fact], why: str | None) -> None:
    """Volumes of in-tree kinds are served by a driver that is not written on them."""
    assert look("driver-missing", facts, registered("node-1", "other")) == {DATA: why}


def test_driver_missing__cannot_be_judged_while_pods_are_hidden() -> None:
    """But a driver that is nowhere is missing whatever pods there are."""
    cluster = claim(), volume(), registered("node-1", DRIVER)
    assert look("driver-missing", *cluster, unseen=["Pod"]) == {DATA: None}
    assert look("driver-missing", claim(), volume(), registered("node-1", "other"), unseen=["Pod"])[DATA]


def attachments(
    number: int, driver: str = DRIVER, on: str = "node-1", *, attached: bool = True
) -> list[Attachment]:
    return [
        Attachment(
            name=f"{driver}-{on}-{attached}-{each}",
            uid="",
            created=0.0,
            driver=driver,
            node=on,
            volume=f"pv-{each}",
            attached=attached,
        )
        for each in range(number)
    ]


FULL = f"as many volumes are attached as can be: {DRIVER} "


@pytest.mark.parametrize(
    ("most", "attached", "why"),
    [
        (3, attachments(2), ""),
        (3, attachments(3), f"{FULL}(3 of 3)"),
        (3, attachments(4), f"{FULL}(4 of 3)"),
        (3, attachments(2) + attachments(1, attached=False), ""),
        (3, attachments(2) + attachments(1, "other"), ""),
        (3, attachments(2) + attachments(1, on="node-2"), ""),
        (3, [], ""),
        (None, attachments(99), None),
        (0, attachments(1), None),
    ],
)
def test_attach_limit__attachments_reach_what_the_driver_can(
    most: int | None, attached: list[Attachment], why: str | None
) -> None:
    """Of one driver on one node; a driver that gives no count is not judged."""
    held = NodeDrivers(node="node-1", drivers=(DriverOnNode(driver=DRIVER, most=most),))
    assert look("attach-limit", held, attached) == {"Node node-1": why}


def test_attach_limit__drivers_of_one_node_speak_together() -> None:
    """One that gives no count hides no other, and a node without drivers attaches nothing."""
    drivers = tuple(
        DriverOnNode(driver=name, most=most) for name, most in (("b", 1), ("a", 2), ("c", None), ("d", 5))
    )
    told = look(
        "attach-limit",
        NodeDrivers(node="node-1", drivers=drivers),
        NodeDrivers(node="node-2"),
        attachments(2, "a") + attachments(1, "b") + attachments(9, "c"),
    )
    assert told == {
        "Node node-1": "as many volumes are attached as can be: a (2 of 2), b (1 of 1)",
        "Node node-2": "",
    }


GOLD = Tier(
    name="gold",
    match=Match(storage_classes=("fast",)),
    objective=ObjectiveSpec(rpo=3600.0, reclaim_policy="Retain"),
)
SILVER = Tier(name="silver", match=Match(namespaces=("shop",)), objective=ObjectiveSpec(rpo=3600.0))
CACHE = Tier(name="cache", match=Match(namespaces=("shop",)), exempt=Exemption(reason="cache"))
LABELLED = Tier(name="x", match=Match(labels={"a": ("b",)}), objective=ObjectiveSpec(reclaim_policy="Retain"))
DEMANDED = "volume pv-data has reclaim policy Delete, and tier gold demands Retain"
SHOP = ClaimRef("shop", "data")


@pytest.mark.parametrize(
    ("fields", "tiers", "why"),
    [
        ({}, (GOLD,), DEMANDED),
        ({"claim": SHOP, "phase": "Released"}, (GOLD,), DEMANDED),
        ({"reclaim_policy": "Retain"}, (GOLD,), ""),
        ({"storage_class": "slow"}, (GOLD,), ""),
        ({}, (), ""),
        ({}, (LABELLED,), ""),
        ({"claim": SHOP}, (SILVER,), None),
        ({}, (SILVER,), ""),
        ({"claim": SHOP}, (CACHE, GOLD), ""),
    ],
)
def test_reclaim_delete__of_a_volume_without_a_claim(
    fields: dict[str, Any], tiers: tuple[Tier, ...], why: str | None
) -> None:
    """What its class, and the namespace that it was made for or came from, ask; of copies nothing is known any more."""
    told = look("reclaim-delete", volume(**fields), policy=Policy(tiers=tiers))
    assert told == {"PersistentVolume pv-data": why}


@pytest.mark.parametrize(
    ("held", "looked_at"),
    [
        (claim(), False),
        (claim(volume=""), False),
        (claim(volume="pv-other"), True),
        (claim("shop/other", volume=""), True),
    ],
    ids=["bound", "being-bound", "bound-to-another", "another"],
)
def test_reclaim_delete__a_claimed_volume_is_judged_with_its_claim(held: Claim, looked_at: bool) -> None:
    """One that a claim is bound to, or is just being bound to, does not stand for itself."""
    told = look("reclaim-delete", volume(claim=SHOP), held, policy=Policy(tiers=(GOLD,)))
    assert told == ({"PersistentVolume pv-data": DEMANDED} if looked_at else {})


def test_reclaim_delete__an_exemption_of_its_namespace_holds() -> None:
    """Annotations of the namespace that it was made for speak for it."""
    shop = Namespace(name="shop", labels={}, annotations=Annotations(exempt="cache until=2027-01-01"))
    policy = Policy(tiers=(GOLD,))
    assert look("reclaim-delete", volume(claim=SHOP), shop, policy=policy) == {"PersistentVolume pv-data": ""}
    assert NOW < 1_798_761_600.0  # 2027-01-01
