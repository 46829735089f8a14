"""What claims and volumes live in: namespaces and nodes, as their objects say. Facts only, no judgement."""

from collections.abc import Mapping

from holdfast.model.facts import Annotations, Fact
from holdfast.model.identity import ANNOTATED, TOUCH_NAMESPACE, Touch, touch

ZONE, REGION = "topology.kubernetes.io/zone", "topology.kubernetes.io/region"


class Namespace(Fact, frozen=True, kw_only=True, gc=False):
    name: str
    labels: Mapping[str, str]
    annotations: Annotations

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.name,)), touch(ANNOTATED, "Namespace", "", self.name))


class Node(Fact, frozen=True, kw_only=True, gc=False):
    """``address`` and ``port`` are where its kubelet listens; "" and None where the object tells neither."""

    name: str
    ready: bool | None
    address: str = ""
    port: int | None = None
    unschedulable: bool = False  # spec.unschedulable: it was cordoned
    silent: bool = False  # the control plane has lost it: its readiness is Unknown, and kubectl says NotReady
    labels: Mapping[str, str] = {}

    @property
    def zone(self) -> str:
        """Empty where the node does not tell."""
        return self.labels.get(ZONE, "") or self.labels.get("failure-domain.beta.kubernetes.io/zone", "")

    @property
    def region(self) -> str:
        return self.labels.get(REGION, "") or self.labels.get("failure-domain.beta.kubernetes.io/region", "")

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        return (touch("node", self.name),)
