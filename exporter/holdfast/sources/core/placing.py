"""Where the pods of a template may run: on which nodes, and beside which other pods. What is only preferred is not read.

https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/
"""

from holdfast.model.selector import NodeTerm, Requirement, Selector
from holdfast.sources.core.topology import Affinity, Terms, read_terms
from holdfast.sources.selection import SelectorShape, read_selector
from holdfast.sources.shapes import Present, Shape, given, shared

_NODE = "kubernetes.io/hostname"


class NodeAffinity(Shape):
    required_during_scheduling_ignored_during_execution: Terms | None = None


class PodAffinityTerm(Shape):
    label_selector: SelectorShape | None = None
    namespace_selector: Present | None = None
    namespaces: list[str | None] | None = None
    topology_key: str | None = None


class PodAffinity(Shape):
    required_during_scheduling_ignored_during_execution: list[PodAffinityTerm | None] | None = None


class Affinities(Shape):
    node_affinity: NodeAffinity | None = None
    pod_affinity: PodAffinity | None = None


class Placing(Shape):
    """What of a pod's spec says where it may run."""

    affinity: Affinities | None = None
    node_name: str | None = None
    node_selector: dict[str, str | None] | None = None


def read_nodes(spec: Placing | None) -> tuple[NodeTerm, ...]:
    """A node must meet one of these terms; without any all nodes will do. A term without requirements matches no node."""
    spec = spec or Placing()
    labels = tuple(
        Requirement(shared(key), "In", (shared(value),))
        for key, value in sorted((spec.node_selector or {}).items())
    )
    fields = (Requirement("metadata.name", "In", (shared(spec.node_name),)),) if spec.node_name else ()
    affinity = spec.affinity.node_affinity if spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    if required is None:
        return (NodeTerm(labels, fields),) if labels or fields else ()
    terms = [term for term in read_terms(Affinity(required=required)) if term.labels or term.fields]
    return tuple(NodeTerm(labels + term.labels, fields + term.fields) for term in terms) or (NodeTerm(),)


def read_beside(spec: Placing | None, namespace: str) -> tuple[Selector, ...]:
    """Of which pods of its own namespace one must run on the same node; all of these must be met."""
    affinity = spec.affinity.pod_affinity if spec and spec.affinity else None
    required = affinity.required_during_scheduling_ignored_during_execution if affinity else None
    return tuple(
        read_selector(term.label_selector)
        for term in given(required)
        if term.topology_key == _NODE and term.label_selector is not None and _is_of(term, namespace)
    )


def _is_of(term: PodAffinityTerm, namespace: str) -> bool:
    if not term.namespaces:
        return term.namespace_selector is None
    return namespace in term.namespaces
