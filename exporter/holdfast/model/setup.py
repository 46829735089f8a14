"""How nodes, drivers and disruption are set up, and annotations of objects that are of no other interest. Facts only.

Nothing but checks looks at these: what they touch is judged by ``app.surveying``.
"""

import msgspec

from holdfast.model.facts import Annotations, Fact
from holdfast.model.identity import ANNOTATED, ObjectRef, Touch, touch
from holdfast.model.selector import Selector

_SURVEYED = touch("survey")
_OF_CEPH = ("rbd.csi.ceph.com", "cephfs.csi.ceph.com")


def plain_name(driver: str) -> str:
    """The name by which a driver is documented: Rook puts its namespace and a dot before those of Ceph."""
    return next((name for name in _OF_CEPH if driver.endswith(f".{name}")), driver)


class Annotated(Fact, frozen=True, kw_only=True, gc=False):
    """An object that carries ``holdfast.dev/`` annotations, of a kind whose records do not hold them."""

    on: ObjectRef
    annotations: Annotations

    @property
    def key(self) -> tuple[str, ...]:
        return tuple(self.on)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(ANNOTATED, *self.on),)


class DriverOnNode(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``most``: how many of its volumes can be attached there; None where the driver does not tell."""

    driver: str
    most: int | None = None


class NodeDrivers(Fact, frozen=True, kw_only=True, gc=False):
    """A CSINode: the drivers that are registered on one node."""

    node: str
    drivers: tuple[DriverOnNode, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        return (self.node,)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("driver", each.driver) for each in self.drivers)

    def touches(self) -> tuple[Touch, ...]:
        return (_SURVEYED,)


class Driver(Fact, frozen=True, kw_only=True, gc=False):
    """A CSIDriver. ``attaches``: its volumes are attached to nodes, as by default."""

    name: str
    attaches: bool = True

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        return (_SURVEYED,)


class PodCount(msgspec.Struct, frozen=True, gc=False):
    """A number of pods, or a share of those that are selected, in percent."""

    number: int
    percent: bool = False

    def of(self, pods: int) -> int:
        """Shares round up. https://kubernetes.io/docs/tasks/run-application/configure-pdb/#rounding-logic-when-specifying-percentages"""
        return -(-pods * self.number // 100) if self.percent else self.number


class DisruptionBudget(Fact, frozen=True, kw_only=True, gc=False):
    """A PodDisruptionBudget. ``selector`` None selects no pod. Amounts are None where the object does not tell."""

    namespace: str
    name: str
    selector: Selector | None
    min_available: PodCount | None = None
    max_unavailable: PodCount | None = None

    def lets_all_go(self, pods: int) -> bool:
        """Whether it would allow that of this many pods, all selected, none is left."""
        if self.max_unavailable is not None:
            return self.max_unavailable.of(pods) >= pods
        return self.min_available is not None and self.min_available.number == 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("namespace", self.namespace),)

    def touches(self) -> tuple[Touch, ...]:
        return (_SURVEYED,)
