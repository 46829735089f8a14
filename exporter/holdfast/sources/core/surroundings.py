"""What claims and volumes live in: namespaces and nodes."""

from holdfast.model.facts import Fact, Namespace, Node
from holdfast.sources.shapes import AnnotatedMetadata, Metadata, Shape, given, shared


class NamespaceObject(Shape):
    metadata: AnnotatedMetadata


def read_namespace(namespace: NamespaceObject) -> tuple[Fact, ...]:
    metadata = namespace.metadata
    return (Namespace(name=shared(metadata.name), labels=metadata.labels, annotations=metadata.annotations),)


class NodeCondition(Shape):
    """Heartbeat times stay unread: the object changes every few minutes, what it says does not."""

    type: str | None = None
    status: str | None = None


class NodeStatus(Shape):
    conditions: list[NodeCondition | None] | None = None


class NodeObject(Shape):
    metadata: Metadata
    status: NodeStatus | None = None


_READY = {
    "True": True,
    "False": False,
}  # "Unknown" is what the control plane writes when the node fell silent


def read_node(node: NodeObject) -> tuple[Fact, ...]:
    conditions = given(node.status.conditions if node.status else None)
    ready = next((condition.status for condition in conditions if condition.type == "Ready"), None)
    return (Node(name=shared(node.metadata.name), ready=_READY.get(ready or "")),)
