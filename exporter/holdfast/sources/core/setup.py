"""What drains, drivers and nodes are set up to do: PodDisruptionBudgets, CSIDrivers and CSINodes. Only checks look at these."""

import re

from holdfast.model.facts import Fact
from holdfast.model.setup import DisruptionBudget, Driver, DriverOnNode, NodeDrivers, PodCount
from holdfast.sources.annotated import read_annotated
from holdfast.sources.selection import SelectorShape, read_selector
from holdfast.sources.shapes import AnnotatedMetadata, Metadata, Shape, given, shared

_PODS = re.compile(r"([0-9]{1,9})(%?)")


class BudgetSpec(Shape):
    selector: SelectorShape | None = None
    min_available: int | float | str | None = None
    max_unavailable: int | float | str | None = None


class BudgetObject(Shape):
    metadata: Metadata
    spec: BudgetSpec | None = None


def read_budget(budget: BudgetObject) -> tuple[Fact, ...]:
    """An empty selector selects every pod of the namespace, an absent one none.

    https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/pod-disruption-budget-v1/
    """
    spec = budget.spec or BudgetSpec()
    selector = spec.selector
    return (
        DisruptionBudget(
            namespace=budget.metadata.namespace,
            name=shared(budget.metadata.name),
            selector=None if selector is None else read_selector(selector),
            min_available=_pods(spec.min_available),
            max_unavailable=_pods(spec.max_unavailable),
        ),
    )


def _pods(written: float | str | None) -> PodCount | None:
    """None for what is no number of pods, which no server accepts."""
    found = _PODS.fullmatch(str(written))
    return PodCount(int(found[1]), percent=bool(found[2])) if found else None


class Allocatable(Shape):
    count: int | None = None


class NodeDriver(Shape):
    name: str | None = None
    allocatable: Allocatable | None = None


class CsiNodeSpec(Shape):
    drivers: list[NodeDriver | None] | None = None


class CsiNodeObject(Shape):
    """It is named after its node."""

    metadata: Metadata
    spec: CsiNodeSpec | None = None


def read_csi_node(csi_node: CsiNodeObject) -> tuple[Fact, ...]:
    spec = csi_node.spec or CsiNodeSpec()
    told = {shared(driver.name): _most(driver.allocatable) for driver in given(spec.drivers) if driver.name}
    drivers = tuple([DriverOnNode(driver=name, most=most) for name, most in sorted(told.items())])
    return (NodeDrivers(node=shared(csi_node.metadata.name), drivers=drivers),)


def _most(allocatable: Allocatable | None) -> int | None:
    """None where the driver sets no limit. A limit of nothing is one: the scheduler goes by it."""
    count = allocatable.count if allocatable else None
    return count if count is not None and count >= 0 else None


class DriverSpec(Shape):
    attach_required: bool | None = None


class DriverObject(Shape):
    metadata: AnnotatedMetadata
    spec: DriverSpec | None = None


def read_driver(driver: DriverObject) -> tuple[Fact, ...]:
    spec = driver.spec or DriverSpec()
    return (
        Driver(name=shared(driver.metadata.name), attaches=spec.attach_required is not False),
        *read_annotated("CSIDriver", driver.metadata),
    )
