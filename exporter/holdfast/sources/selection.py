"""A Kubernetes label selector: as the API spells it, compiled, and whether labels meet it.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from fnmatch import translate
from typing import NamedTuple

from holdfast.model.facts import Labels
from holdfast.sources.shapes import Shape, given, shared


class Expression(Shape):
    key: str | None = None
    operator: str | None = None
    values: list[str | None] | None = None


class SelectorShape(Shape):
    match_labels: dict[str, str | None] | None = None
    match_expressions: list[Expression | None] | None = None


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


def read_selector(selector: SelectorShape | None) -> Selector:
    if selector is None:
        return Selector()
    exact = (
        Requirement(shared(key), "In", (shared(value),))
        for key, value in sorted((selector.match_labels or {}).items())
    )
    expressions = (
        Requirement(
            shared(each.key), shared(each.operator), tuple(shared(value) for value in given(each.values))
        )
        for each in given(selector.match_expressions)
    )
    return Selector((*exact, *expressions))


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
