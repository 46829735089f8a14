"""What claims and volumes live in: namespaces and nodes."""

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.surroundings import Namespace, Node
from holdfast.sources.annotated import read_annotated
from holdfast.sources.shapes import AnnotatedMetadata, Shape, given, shared


class NamespaceObject(Shape):
    metadata: AnnotatedMetadata


def read_namespace(namespace: NamespaceObject) -> tuple[Fact, ...]:
    metadata = namespace.metadata
    return (Namespace(name=shared(metadata.name), labels=metadata.labels, annotations=metadata.annotations),)


class NodeCondition(Shape):
    """Heartbeat times stay unread: the object changes every few minutes, what it says does not."""

    type: str | None = None
    status: str | None = None


class NodeAddress(Shape):
    type: str | None = None
    address: str | None = None


class KubeletEndpoint(Shape):
    port: int | None = msgspec.field(default=None, name="Port")  # a field of old, with its own spelling


class DaemonEndpoints(Shape):
    kubelet_endpoint: KubeletEndpoint | None = None


class NodeSpec(Shape):
    unschedulable: bool | None = None


class NodeStatus(Shape):
    conditions: list[NodeCondition | None] | None = None
    addresses: list[NodeAddress | None] | None = None
    daemon_endpoints: DaemonEndpoints | None = None


class NodeObject(Shape):
    metadata: AnnotatedMetadata
    spec: NodeSpec | None = None
    status: NodeStatus | None = None


_READY = {
    "True": True,
    "False": False,
}  # "Unknown" is what the control plane writes when the node fell silent


_REACHED_BY = ("InternalIP", "Hostname", "InternalDNS", "ExternalIP")  # the first that is there


def read_node(node: NodeObject) -> tuple[Fact, ...]:
    metadata, spec, status = node.metadata, node.spec or NodeSpec(), node.status or NodeStatus()
    conditions = given(status.conditions)
    ready = next((condition.status for condition in conditions if condition.type == "Ready"), None)
    endpoint = status.daemon_endpoints.kubelet_endpoint if status.daemon_endpoints else None
    port = endpoint.port if endpoint else None
    return (
        Node(
            name=shared(metadata.name),
            ready=_READY.get(ready or ""),
            silent=ready == "Unknown",
            address=_address(status),
            port=port if port and 0 < port < 65536 else None,
            unschedulable=bool(spec.unschedulable),
            labels=metadata.labels,
        ),
        *read_annotated("Node", metadata),
    )


def _address(status: NodeStatus) -> str:
    told: dict[str | None, str] = {}
    for address in given(status.addresses):
        if address.address:
            told.setdefault(address.type, address.address)
    return next((told[kind] for kind in _REACHED_BY if kind in told), "")
