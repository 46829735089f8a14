"""Whether labels meet a selector: of labels, and of nodes, which know more operators. How the API spells them is not here.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Mapping
from fnmatch import translate
from typing import NamedTuple

Labels = Mapping[str, str]


class Requirement(NamedTuple):
    key: str
    operator: str
    values: tuple[str, ...]


class Selector(NamedTuple):
    """All requirements must be met; without any it selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def selects(self, labels: Labels, *, patterns: bool = False) -> bool:
        """``patterns``: ``*`` in a value stands for any text."""
        return all(_met(requirement, labels, patterns) for requirement in self.requirements)


class NodeTerm(NamedTuple):
    """One way in which a volume can be reached: all requirements must be met, those on fields by the node's name.

    A term without any requirement matches no node.
    https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/persistent-volume-v1/#VolumeNodeAffinity
    """

    labels: tuple[Requirement, ...] = ()
    fields: tuple[Requirement, ...] = ()

    def takes(self, name: str, labels: Labels) -> bool:
        if not self.labels and not self.fields:
            return False
        of_node = {"metadata.name": name}
        return all(_node_met(each, labels) for each in self.labels) and all(
            _node_met(each, of_node) for each in self.fields
        )


def _met(requirement: Requirement, labels: Labels, patterns: bool) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value is not None and _listed(value, requirement.values, patterns)
        case "NotIn":
            return value is None or not _listed(value, requirement.values, patterns)
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
    return False  # the API knows no other, and a tool that meets one selects nothing


def _listed(value: str, values: tuple[str, ...], patterns: bool) -> bool:
    if value in values:
        return True
    return patterns and any("*" in each and re.fullmatch(translate(each), value) for each in values)


def _node_met(requirement: Requirement, labels: Labels) -> bool:
    if requirement.operator not in ("Gt", "Lt"):
        return _met(requirement, labels, patterns=False)
    try:
        value, bound = int(labels[requirement.key]), int(requirement.values[0])
    except (KeyError, ValueError, IndexError):
        return False
    return value > bound if requirement.operator == "Gt" else value < bound
