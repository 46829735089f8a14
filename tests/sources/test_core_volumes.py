"""The core source: from where a volume can be reached, by its node affinity and its labels."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.facts import Volume
from holdfast.model.selector import NodeTerm, Requirement
from tests.sources.core_cases import fixture, minimal, read_one

ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"
BETA_ZONE = "failure-domain.beta.kubernetes.io/zone"
EBS_ZONE = "topology.ebs.csi.aws.com/zone"


def within(key: str, *values: Any) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


def term(*expressions: Any) -> dict[str, Any]:
    return {"matchExpressions": list(expressions)}


def volume(*terms: Any, labels: Any = None, **spec: Any) -> Volume:
    affinity = {"required": {"nodeSelectorTerms": list(terms)}} if terms else None
    metadata = {"name": "pv-1", "labels": labels}
    found = read_one(minimal("PersistentVolume", metadata=metadata, spec={"nodeAffinity": affinity, **spec}))
    assert isinstance(found, Volume)
    return found


def test_zonal_volume() -> None:
    """A volume tells which nodes can reach it; where it lies follows from that before its own labels count."""
    found = read_one(fixture("zonal-volume"))
    assert found.node_terms == (
        NodeTerm(
            labels=(Requirement(EBS_ZONE, "In", ("eu-west-1a",)),),
            fields=(Requirement("metadata.name", "NotIn", ("node-9",)),),
        ),
    )
    assert (found.zone, found.region) == ("eu-west-1a", "eu-west-1")
    assert found.node_terms[0].takes("node-7", {EBS_ZONE: "eu-west-1a"})
    assert not found.node_terms[0].takes("node-9", {EBS_ZONE: "eu-west-1a"})


@pytest.mark.parametrize(
    "affinity",
    [
        None,
        {},
        {"required": None},
    ],
)
def test_a_volume_for_all_nodes(affinity: Any) -> None:
    found = read_one(minimal("PersistentVolume", spec={"nodeAffinity": affinity}))
    assert (found.node_terms, found.zone, found.region, found.place) == ((), "", "", "")


def test_a_term_without_requirements_stays_one() -> None:
    """It matches no node, which is another thing than all of them."""
    found = volume({"matchExpressions": [None], "matchFields": None}, {})
    assert found.node_terms == (NodeTerm(), NodeTerm())


@pytest.mark.parametrize(
    "key",
    [
        ZONE,
        BETA_ZONE,
        EBS_ZONE,
        "topology.gke.io/zone",
        "topology.disk.csi.azure.com/zone",
        "topology.cinder.csi.openstack.org/zone",
        "topology.csi.vmware.com/k8s-zone",
        "topology.diskplugin.csi.alibabacloud.com/zone",
        "topology.com.tencent.cloud.csi.cbs/zone",
        "topology.csi.scaleway.com/zone",
    ],
)
def test_every_driver_names_zones_in_its_own_way(key: str) -> None:
    assert volume(term(within(key, "a"))).zone == "a"


@pytest.mark.parametrize(
    "key",
    [
        REGION,
        "failure-domain.beta.kubernetes.io/region",
        "topology.csi.vmware.com/k8s-region",
        "topology.linode.com/region",
        "csi.hetzner.cloud/location",
    ],
)
def test_every_driver_names_regions_in_its_own_way(key: str) -> None:
    assert (volume(term(within(key, "eu"))).region, volume(term(within(key, "eu"))).zone) == ("eu", "")


@pytest.mark.parametrize(
    ("terms", "zone"),
    [
        ([term(within(ZONE, "a")), term(within(ZONE, "a"))], "a"),
        ([term(within(ZONE, "a"), within(EBS_ZONE, "b"))], "a"),  # the standard label counts
        ([term(within(ZONE, "a", "b"), within(ZONE, "b", "c"))], "b"),
        ([term(within(ZONE, "a")), {}], "a"),  # the empty term matches no node
        ([term(within(ZONE, "a", "b"))], ""),
        ([term(within(ZONE, "a")), term(within(EBS_ZONE, "b"))], ""),
        ([term(within(ZONE, "a")), term(within("rack", "7"))], ""),
        ([term(within(ZONE, "a"), within(ZONE, "b"))], ""),
        ([term(within(ZONE))], ""),
        ([term(within("topology.disk.csi.azure.com/zone", ""))], ""),  # how Azure spells: in no zone
    ],
)
def test_a_volume_is_in_a_zone_only_if_every_term_says_the_same(terms: Any, zone: str) -> None:
    """A volume in several zones has none, whatever its label says."""
    assert volume(*terms, labels={ZONE: "z"}).zone == zone


@pytest.mark.parametrize(
    ("labels", "zone", "region"),
    [
        ({ZONE: "a", REGION: "eu"}, "a", "eu"),
        ({BETA_ZONE: "a", "failure-domain.beta.kubernetes.io/region": "eu"}, "a", "eu"),
        ({BETA_ZONE: "b", ZONE: "a"}, "a", ""),
        ({BETA_ZONE: "eu-b__eu-c"}, "", ""),  # a disk that is replicated to two zones
        ({ZONE: None}, "", ""),
        (None, "", ""),
    ],
)
def test_labels_count_where_the_affinity_does_not_tell(labels: Any, zone: str, region: str) -> None:
    for terms in ([], [term(within("kubernetes.io/hostname", "node-1"))]):
        found = volume(*terms, labels=labels)
        assert (found.zone, found.region) == (zone, region)


@pytest.mark.parametrize(
    ("terms", "place"),
    [
        ([term(within("kubernetes.io/hostname", "n1"))], "node:n1:/data"),
        ([{"matchFields": [within("metadata.name", "n1")]}], "node:n1:/data"),
        ([term(within("kubernetes.io/hostname", "n1", "n2"))], ""),
        ([term(within("kubernetes.io/hostname", "n1")), term(within(ZONE, "a"))], ""),
        ([term({"key": "kubernetes.io/hostname", "operator": "NotIn", "values": ["n1"]})], ""),
    ],
)
def test_a_local_volume_lies_on_the_one_node_that_can_reach_it(terms: Any, place: str) -> None:
    assert volume(*terms, local={"path": "/data"}).place == place


def test_volumes_of_one_zone_hold_their_terms_once() -> None:
    one, two = (volume(term(within(EBS_ZONE, "a"))) for _ in range(2))
    assert one.node_terms is two.node_terms


EXPRESSIONS = st.builds(
    lambda key, operator, values: {"key": key, "operator": operator, "values": values},
    st.sampled_from([ZONE, EBS_ZONE, "rack", None]),
    st.sampled_from(["In", "NotIn", "Exists", "Near", None]),
    st.none() | st.lists(st.sampled_from(["a", "b", None]), max_size=3),
)


@given(st.lists(st.lists(EXPRESSIONS, max_size=3), max_size=3), st.sampled_from("ab"))
def test_a_node_of_another_zone_cannot_reach_a_volume_of_a_zone(terms: Any, other: str) -> None:
    """What is said of the zone and what of the nodes never contradict each other."""
    found = volume(*(term(*expressions) for expressions in terms))
    if found.zone and found.zone != other:
        node = {ZONE: other, EBS_ZONE: other}
        assert not any(each.takes("n", node) for each in found.node_terms)


@pytest.mark.parametrize("terms", [None, [], [None]])
def test_a_volume_for_no_node(terms: Any) -> None:
    """An affinity is required, and there is no way to meet it."""
    affinity = {"required": {"nodeSelectorTerms": terms}}
    found = read_one(minimal("PersistentVolume", spec={"nodeAffinity": affinity}))
    assert [term.takes("node-1", {"any": "label"}) for term in found.node_terms] == [False]
    assert (found.zone, found.region, found.place) == ("", "", "")
