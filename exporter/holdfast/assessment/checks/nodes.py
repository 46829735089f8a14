"""Where nodes lie, and which of them can use a volume. Whether that is well chosen is judged elsewhere."""

from collections.abc import Iterable, Mapping, Sequence

from holdfast.assessment.checks.drivers import IN_TREE, is_zonal
from holdfast.model.facts import Volume
from holdfast.model.selector import NodeTerm
from holdfast.model.surroundings import Node

EVERYWHERE: frozenset[str] = frozenset()
"""As the zones of a volume that is bound to none."""

_ON_A_NODE = ("local", "hostPath")


class Nodes:
    """The nodes in sight, by name and by label: thousands of volumes ask for few of them."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.every = tuple(sorted(nodes, key=lambda node: node.name))
        self._named = {node.name: node for node in self.every}
        self._labelled: dict[str, Mapping[str, Sequence[Node]]] = {}
        self._takers: dict[tuple[NodeTerm, ...], tuple[Node, ...]] = {}
        self._zones: dict[tuple[NodeTerm, ...], frozenset[str] | None] = {}

    def lie_in_several_zones(self) -> bool | None:
        """None where there are none, or where too few of them tell their zone. Where nobody tells one there are none."""
        zones = {node.zone for node in self.every}
        if len(zones - {""}) > 1:
            return True
        return False if len(zones) == 1 else None

    def zone(self, name: str) -> str:
        """Empty where the node is not there or does not tell."""
        node = self._named.get(name)
        return node.zone if node else ""

    def get(self, name: str) -> Node | None:
        return self._named.get(name)

    def takers(self, terms: tuple[NodeTerm, ...]) -> tuple[Node, ...]:
        """The nodes that meet one of the terms, ready or not, in order of their names."""
        found = self._takers.get(terms)
        if found is None:
            met = {node.name: node for term in terms for node in self._taken(term)}
            found = self._takers[terms] = tuple(met[name] for name in sorted(met))
        return found

    def zones(self, terms: tuple[NodeTerm, ...]) -> frozenset[str] | None:
        """Of the nodes that meet one of the terms; None where it is not known of enough of them."""
        if terms not in self._zones:
            zones = frozenset(taker.zone for taker in self.takers(terms))
            known = zones - {""}
            self._zones[terms] = known if known and (known == zones or len(known) > 1) else None
        return self._zones[terms]

    def _taken(self, term: NodeTerm) -> Iterable[Node]:
        candidates = self._candidates(term)
        if len(term.labels) + len(term.fields) == 1 and candidates is not self.every:
            return candidates  # they were found by all that it asks for
        return [node for node in candidates if term.takes(node.name, node.labels)]

    def _candidates(self, term: NodeTerm) -> Iterable[Node]:
        """Those that may meet it. Most terms name their nodes by one label, or by name."""
        for requirement in term.fields:
            if requirement.operator == "In" and requirement.key == "metadata.name":
                return [node for name in requirement.values if (node := self._named.get(name))]
        for requirement in term.labels:
            if requirement.operator == "In":
                labelled = self._by_label(requirement.key)
                return [node for value in set(requirement.values) for node in labelled.get(value, ())]
        return self.every

    def _by_label(self, key: str) -> Mapping[str, Sequence[Node]]:
        if key not in self._labelled:
            labelled: dict[str, list[Node]] = {}
            for node in self.every:
                if key in node.labels:
                    labelled.setdefault(node.labels[key], []).append(node)
            self._labelled[key] = labelled
        return self._labelled[key]


def zones_of(volume: Volume, nodes: Nodes, node: str = "") -> frozenset[str] | None:
    """The zones in which the volume can be used, ``EVERYWHERE`` where it is bound to none; None where that is unknown.

    ``node`` is one on which it is used now. What has no node affinity can be used on all nodes, but for volumes of old
    kinds and of drivers that do not write one.
    https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity
    """
    if volume.zone:
        return frozenset({volume.zone})
    if volume.node_terms:
        return nodes.zones(volume.node_terms)
    bound = volume.backing in _ON_A_NODE or volume.backing in IN_TREE or is_zonal(volume.csi_driver)
    if bound or not volume.backing:
        zone = nodes.zone(node)
        return frozenset({zone}) if zone else None
    return EVERYWHERE
