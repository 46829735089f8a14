"""Checks on StorageClasses: records in, what is said of each class out."""

from collections.abc import Sequence
from typing import Any

import pytest

from holdfast.model.capacity import Limit, Quota
from holdfast.model.facts import Claim, Fact, Volume
from holdfast.model.policy import Policy
from holdfast.model.surroundings import Node
from tests.assessment.checks.survey_cases import (
    claim,
    in_zones,
    look,
    node,
    on_nodes,
    storage_class,
    volume,
    workload,
)

FAST, CLUSTER = "StorageClass fast", "Cluster cluster"
TWO_ZONES = (node("node-1", "a"), node("node-2", "b"))
EBS = "ebs.csi.aws.com"
BY_HAND = "kubernetes.io/no-provisioner"


@pytest.mark.parametrize(
    ("fields", "claims", "why"),
    [
        (
            {"allows_expansion": False},
            [claim()],
            "1 claim cannot grow, for allowVolumeExpansion is not true: shop/data",
        ),
        ({"allows_expansion": True}, [claim()], ""),
        ({"allows_expansion": False}, [], ""),
        ({"allows_expansion": False}, [claim(storage_class="slow")], ""),
        ({"allows_expansion": False, "provisioner": BY_HAND}, [claim()], ""),
    ],
    ids=["fixed", "may-grow", "no-claims", "claims-of-another", "made-by-hand"],
)
def test_no_expansion__claims_of_a_class_that_does_not_allow_it(
    fields: dict[str, Any], claims: list[Claim], why: str
) -> None:
    """A class with claims whose volumes cannot grow; volumes that are made by hand never could."""
    assert look("no-expansion", storage_class(**fields), claims) == {FAST: why}


def test_no_expansion__a_claim_that_names_none_waits_for_the_only_default() -> None:
    """A pending claim without a class will be of the default; one that was bound without a class never is."""
    default = storage_class(is_default=True, allows_expansion=False)
    waiting = claim(storage_class="", volume="")
    assert look("no-expansion", default, waiting)[FAST]
    assert look("no-expansion", default, claim(storage_class="", volume="", static=True))[FAST] == ""
    assert look("no-expansion", default, claim(storage_class=""))[FAST] == ""
    assert look("no-expansion", default, storage_class("other", is_default=True), waiting)[FAST] == ""


def test_no_expansion__many_claims_are_cut() -> None:
    """The reason counts all claims and names some."""
    claims = [claim(f"shop/data-{number:02}") for number in range(17)]
    why = look("no-expansion", storage_class(allows_expansion=False), claims)[FAST]
    assert why is not None
    assert why.startswith("17 claims cannot grow")
    assert why.endswith("shop/data-00, shop/data-01, shop/data-02, shop/data-03, shop/data-04 and 12 more")


@pytest.mark.parametrize(
    ("provisioner", "why"),
    [
        ("kubernetes.io/aws-ebs", "ebs.csi.aws.com has taken over from kubernetes.io/aws-ebs"),
        (
            "kubernetes.io/vsphere-volume",
            "csi.vsphere.vmware.com has taken over from kubernetes.io/vsphere-volume",
        ),
        (EBS, ""),
        (BY_HAND, ""),
        ("", ""),
    ],
)
def test_in_tree_provisioner__has_a_successor(provisioner: str, why: str) -> None:
    """Provisioners that were part of Kubernetes, and no others under that prefix."""
    assert look("in-tree-provisioner", storage_class(provisioner=provisioner)) == {FAST: why}


@pytest.mark.parametrize(
    ("provisioner", "mode", "nodes", "volumes", "found"),
    [
        (EBS, "Immediate", TWO_ZONES, [], True),
        (EBS, "WaitForFirstConsumer", TWO_ZONES, [], False),
        (EBS, "Immediate", [node("node-1", "a"), node("node-2", "a")], [], False),
        (EBS, "Immediate", [node("node-1"), node("node-2")], [], False),
        (EBS, "Immediate", [node("node-1", "a"), node("node-2")], [], None),
        (EBS, "Immediate", [], [], None),
        ("kubernetes.io/gce-pd", "Immediate", TWO_ZONES, [], True),
        ("disks.example.com", "Immediate", TWO_ZONES, [], None),
        ("disks.example.com", "Immediate", TWO_ZONES, [volume()], False),
        ("disks.example.com", "Immediate", TWO_ZONES, [volume(zone="a")], True),
        ("disks.example.com", "Immediate", TWO_ZONES, [volume(node_terms=in_zones("a"))], True),
        (EBS, "Immediate", TWO_ZONES, [volume(csi_driver=EBS, node_terms=in_zones("a", "b"))], False),
        (EBS, "Immediate", TWO_ZONES, [volume(csi_driver=EBS, node_terms=in_zones("gone"))], True),
        (BY_HAND, "Immediate", TWO_ZONES, [], False),
        (
            BY_HAND,
            "Immediate",
            TWO_ZONES,
            [volume(backing="local", csi_driver="", node_terms=on_nodes("node-1"))],
            True,
        ),
        (BY_HAND, "Immediate", TWO_ZONES, [volume(backing="nfs", csi_driver="")], False),
        (BY_HAND, "Immediate", TWO_ZONES, [volume(backing="local", csi_driver="")], None),
    ],
)
def test_immediate_binding__where_nodes_lie_in_several_zones(
    provisioner: str, mode: str, nodes: Sequence[Node], volumes: list[Volume], found: bool | None
) -> None:
    """Volumes that are made before their pod has a node, for one of several zones. What volumes show speaks first."""
    cluster = (storage_class(provisioner=provisioner, binding_mode=mode), nodes, volumes)
    why = look("immediate-binding", *cluster)[FAST]
    assert (None if why is None else bool(why)) is found


def test_immediate_binding__names_the_zones() -> None:
    """Those in which the volume may turn out to be."""
    why = look("immediate-binding", storage_class(provisioner=EBS, binding_mode="Immediate"), TWO_ZONES)[FAST]
    assert why == (
        "a volume that can be used in one zone only is bound before its pod has a node; nodes lie in a, b"
    )


def test_no_default_class__classes_and_no_default() -> None:
    """Found on the cluster as soon as there is a class and none is the default."""
    assert look("no-default-class") == {CLUSTER: ""}
    assert look("no-default-class", storage_class(is_default=True)) == {CLUSTER: ""}
    assert look("no-default-class", storage_class(), storage_class("slow")) == {
        CLUSTER: "there are 2 StorageClasses, and none is the default: fast, slow"
    }
    assert look("no-default-class", storage_class()) == {
        CLUSTER: "there is 1 StorageClass, and it is not the default: fast"
    }


@pytest.mark.parametrize(
    ("classes", "limit", "found"), [(12, None, False), (13, None, True), (2, 2, False), (3, 2, True)]
)
def test_too_many_classes__more_than_the_limit(classes: int, limit: int | None, found: bool) -> None:
    """Twelve are allowed, or as many as the configuration says."""
    policy = Policy(check_limits={} if limit is None else {"too-many-classes": limit})
    cluster = [storage_class(f"class-{number}") for number in range(classes)]
    assert bool(look("too-many-classes", cluster, policy=policy)[CLUSTER]) is found


def test_many_default_classes__each_of_several() -> None:
    """Every default names the others; one alone is as it should be."""
    slow, cold = storage_class("slow", is_default=True), storage_class("cold")
    assert look("many-default-classes", slow, cold) == {"StorageClass slow": "", "StorageClass cold": ""}
    assert look("many-default-classes", storage_class(is_default=True), slow, cold) == {
        FAST: "it is the default together with slow",
        "StorageClass slow": "it is the default together with fast",
        "StorageClass cold": "",
    }


SAME = {"parameters_hash": "1"}


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ({}, {}, True),
        ({}, {"is_default": True}, True),
        ({"topologies": ("a=1", "b=2")}, {"topologies": ("b=2", "a=1")}, True),
        ({}, {"parameters_hash": "2"}, False),
        ({}, {"binding_mode": "Immediate"}, False),
        ({}, {"reclaim_policy": "Retain"}, False),
        ({}, {"allows_expansion": False}, False),
        ({}, {"provisioner": EBS}, False),
        ({}, {"topologies": ("a=1",)}, False),
        ({"provisioner": BY_HAND}, {"provisioner": BY_HAND}, False),
        ({"provisioner": ""}, {"provisioner": ""}, None),
    ],
)
def test_duplicate_classes__mean_the_same(
    first: dict[str, Any], second: dict[str, Any], found: bool | None
) -> None:
    """All that a volume is made by is equal; of classes by hand only the name tells what they are for."""
    cluster = (storage_class(**SAME | first), storage_class("swift", **SAME | second))
    told = look("duplicate-classes", *cluster)
    expected = "all that a volume is made by is the same as in "
    if found:
        assert told == {FAST: f"{expected}swift", "StorageClass swift": f"{expected}fast"}
    else:
        assert set(told.values()) == {None if found is None else ""}


def quota(of: str = "", *, scoped: bool = False) -> Quota:
    limit = Limit(resource="requests.storage", storage_class=of, hard=10, used=0)
    return Quota(namespace="shop", name="room", limits=(limit,), scoped=scoped)


UNUSED = "no claim, volume, template or quota names it"


@pytest.mark.parametrize(
    ("users", "why"),
    [
        ([], UNUSED),
        ([claim()], ""),
        ([claim(storage_class="slow"), volume(storage_class="slow")], UNUSED),
        ([volume(phase="Released")], ""),
        ([workload(claim_templates=("data",), template_classes=("fast",), replicas=0)], ""),
        ([workload(claim_templates=("data",), template_classes=("",))], UNUSED),
        ([quota(of="fast")], ""),
        ([quota(of="fast", scoped=True)], ""),
        ([quota()], UNUSED),
    ],
    ids=[
        "nobody",
        "claim",
        "of-another",
        "volume",
        "template",
        "template-of-default",
        "quota",
        "scoped",
        "total",
    ],
)
def test_unused_class__nothing_names_it(users: list[Fact], why: str) -> None:
    """A claim, a volume, a template that may run again or a quota that names the class uses it."""
    assert look("unused-class", storage_class(), users) == {FAST: why}


def test_unused_class__the_default_is_for_whoever_names_none() -> None:
    """A default that nobody has needed yet is no class too many."""
    assert look("unused-class", storage_class(is_default=True)) == {FAST: ""}


@pytest.mark.parametrize("kind", ["StatefulSet", "ResourceQuota"])
def test_unused_class__cannot_be_judged_while_a_kind_that_may_name_it_is_hidden(kind: str) -> None:
    """What is used is used; of the others nothing is said."""
    told = look("unused-class", storage_class(), storage_class("slow"), claim(), unseen=[kind])
    assert told == {FAST: "", "StorageClass slow": None}


@pytest.mark.parametrize(
    ("provisioner", "said", "found"),
    [
        (EBS, "true", False),
        (EBS, "True", True),
        (EBS, "yes", True),
        (EBS, "false", True),
        (EBS, None, None),
        ("driver.longhorn.io", "perhaps", None),
        ("kubernetes.io/aws-ebs", "false", True),
        ("rbd.csi.ceph.com", None, True),
        ("rook-ceph.rbd.csi.ceph.com", None, True),
        ("rook-ceph.cephfs.csi.ceph.com", "true", False),
        ("driver.longhorn.io", None, True),
        ("driver.longhorn.io", "", True),
        ("pxd.portworx.com", None, None),
        ("pd.csi.storage.gke.io", None, False),
        ("disk.csi.azure.com", None, False),
        ("storage.csi.upcloud.com", "data-at-rest", False),
        ("disks.example.com", None, None),
        ("disks.example.com", "false", None),
    ],
)
def test_unencrypted__by_the_parameter_or_the_documentation(
    provisioner: str, said: str | None, found: bool | None
) -> None:
    """An absent parameter tells only where that is documented whatever the account is set to."""
    why = look("unencrypted", storage_class(provisioner=provisioner, encryption=said))[FAST]
    assert (None if why is None else bool(why)) is found


def test_unencrypted__says_what_the_parameter_says() -> None:
    """The reason tells a parameter that says no from one that is not set."""
    told = look(
        "unencrypted",
        storage_class(provisioner=EBS, encryption="false"),
        storage_class("slow", provisioner="driver.longhorn.io"),
    )
    assert told == {
        FAST: "the parameter that tells ebs.csi.aws.com to encrypt says 'false'",
        "StorageClass slow": "the parameter that tells driver.longhorn.io to encrypt is not set",
    }
