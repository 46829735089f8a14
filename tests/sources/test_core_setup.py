"""The core source: budgets, drivers, and the annotations of kinds that only checks look at."""

from typing import Any

import pytest

from holdfast.model.facts import Annotations, Pod
from holdfast.model.identity import ObjectRef
from holdfast.model.selector import Requirement, Selector
from holdfast.model.setup import Annotated, DisruptionBudget, Driver, DriverOnNode, NodeDrivers, PodCount
from tests.sources.core_cases import FEEDS, fixture, minimal, read, read_one
from tests.world import World

CONTROLLED = [{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "db", "uid": "o", "controller": True}]


def test_disruption_budget() -> None:
    """A budget tells which pods it is for, by labels and by expressions."""
    assert read_one(fixture("disruption-budget")) == DisruptionBudget(
        namespace="shop",
        name="postgres",
        selector=Selector(
            (
                Requirement("app.kubernetes.io/name", "In", ("postgres",)),
                Requirement("tier", "In", ("gold", "silver")),
            )
        ),
        max_unavailable=PodCount(1),
    )


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (None, None),
        (0, PodCount(0)),
        ("2", PodCount(2)),
        ("100%", PodCount(100, percent=True)),
        ("most", None),
        (-1, None),
        (1.5, None),
    ],
)
def test_how_many_pods_a_budget_keeps(written: Any, told: PodCount | None) -> None:
    """A number of pods or a share of them; what is neither is not known."""
    found = read_one(
        minimal("PodDisruptionBudget", spec={"minAvailable": written, "maxUnavailable": written})
    )
    assert (found.min_available, found.max_unavailable) == (told, told)


def test_an_empty_selector_is_for_all_pods_and_an_absent_one_for_none() -> None:
    empty = read_one(minimal("PodDisruptionBudget", spec={"selector": {}}))
    assert empty.selector.selects({"any": "pod"})
    for spec in (None, {}, {"selector": None}):
        assert read_one(minimal("PodDisruptionBudget", spec=spec)).selector is None


def test_csi_node() -> None:
    """A node tells which drivers are registered on it, and how many volumes each can attach there."""
    assert read_one(fixture("csi-node")) == NodeDrivers(
        node="node-7",
        drivers=(DriverOnNode(driver="ebs.csi.aws.com", most=25), DriverOnNode(driver="efs.csi.aws.com")),
    )


@pytest.mark.parametrize(
    ("allocatable", "most"),
    [(None, None), ({}, None), ({"count": None}, None), ({"count": -1}, None), ({"count": 0}, 0)],
)
def test_a_limit_that_is_not_told_is_none(allocatable: Any, most: int | None) -> None:
    """A limit of nothing is one: nothing can be attached there."""
    drivers = [{"name": "d", "allocatable": allocatable}, None, {"name": ""}, {}]
    assert read_one(minimal("CSINode", spec={"drivers": drivers})).drivers == (
        DriverOnNode(driver="d", most=most),
    )


def test_a_node_without_drivers() -> None:
    specs: list[Any] = [None, {}, {"drivers": None}, {"drivers": []}]
    for spec in specs:
        assert read_one(minimal("CSINode", spec=spec)) == NodeDrivers(node="x")


def test_csi_driver() -> None:
    assert read(fixture("csi-driver"))[0] == Driver(name="efs.csi.aws.com", attaches=False)


@pytest.mark.parametrize("spec", [None, {}, {"attachRequired": None}, {"attachRequired": True}])
def test_volumes_of_a_driver_are_attached_unless_it_says_other(spec: Any) -> None:
    assert read_one(minimal("CSIDriver", spec=spec)) == Driver(name="x", attaches=True)


def test_what_only_checks_read_is_needed_for_no_copy() -> None:
    assert [feed.kind for feed in FEEDS.values() if not feed.copies] == [
        "PodDisruptionBudget",
        "CSINode",
        "CSIDriver",
    ]


def carried(obj: Any) -> list[Annotated]:
    return [record for record in read(obj) if isinstance(record, Annotated)]


@pytest.mark.parametrize("kind", ["StorageClass", "PersistentVolume", "Node", "CSIDriver"])
def test_annotations_of_what_belongs_to_no_namespace(kind: str) -> None:
    """They are read alike; an object without any leaves no record of them."""
    written = {"holdfast.dev/ignore": "unused-class", "holdfast.dev/ignored": "x", "other/rpo": "2h"}
    (found,) = carried(minimal(kind, metadata={"name": "x", "annotations": written}))
    assert found == Annotated(
        on=ObjectRef(kind, "", "x"), annotations=Annotations(ignore="unused-class", unknown=("ignored",))
    )
    for annotations in (None, {}, {"other/rpo": "2h"}):
        assert carried(minimal(kind, metadata={"name": "x", "annotations": annotations})) == []


def test_a_bare_pod_says_what_is_to_be_ignored_and_nothing_else() -> None:
    """For all others their controller speaks, and objectives stand on claims."""
    annotations = {"holdfast.dev/ignore": "pod-bare-data", "holdfast.dev/rpo": "1h"}
    metadata = {"name": "x", "namespace": "shop", "annotations": annotations}
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]
    bare = minimal("Pod", metadata=metadata, spec={"volumes": volumes})
    (found,) = carried(bare)
    assert found == Annotated(
        on=ObjectRef("Pod", "shop", "x"), annotations=Annotations(ignore="pod-bare-data")
    )
    assert any(isinstance(record, Pod) for record in read(bare))
    assert carried(minimal("Pod", metadata=metadata | {"ownerReferences": CONTROLLED})) == []


@pytest.mark.parametrize("written", [None, 7, ["hostpath-data"]])
def test_what_is_no_text_is_ignored_on_a_bare_pod(written: Any) -> None:
    metadata = {"name": "x", "namespace": "shop", "annotations": {"holdfast.dev/ignore": written}}
    assert carried(minimal("Pod", metadata=metadata)) == []


def test_a_bad_annotation_is_found_on_the_object_that_carries_it() -> None:
    """Whatever its kind; it goes with the annotation."""
    node = minimal("Node", apiVersion="v1", metadata={"name": "n1", "annotations": {"holdfast.dev/rpo": "x"}})
    world = World(node)
    assert world.rows("finding") == [
        'finding{check="invalid-annotation",kind="Node",namespace="",name="n1"} 1'
    ]
    world.put(node | {"metadata": {"name": "n1"}})
    world.judge()
    assert world.rows("finding") == []
