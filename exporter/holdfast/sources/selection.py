"""A Kubernetes label selector as the API spells it, and read. Whether labels meet it: ``model.selector``.

https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

from collections.abc import Iterable

from holdfast.model.selector import Requirement, Selector
from holdfast.sources.shapes import Shape, given, shared

__all__ = ["Expression", "Requirement", "Selector", "SelectorShape", "read_requirements", "read_selector"]


class Expression(Shape):
    key: str | None = None
    operator: str | None = None
    values: list[str | None] | None = None


class SelectorShape(Shape):
    match_labels: dict[str, str | None] | None = None
    match_expressions: list[Expression | None] | None = None


def read_selector(selector: SelectorShape | None) -> Selector:
    if selector is None:
        return Selector()
    exact = (
        Requirement(shared(key), "In", (shared(value),))
        for key, value in sorted((selector.match_labels or {}).items())
    )
    return Selector((*exact, *read_requirements(selector.match_expressions)))


def read_requirements(expressions: Iterable[Expression | None] | None) -> tuple[Requirement, ...]:
    return tuple(
        [
            Requirement(
                shared(each.key),
                shared(each.operator),
                tuple([shared(value) for value in given(each.values)]),
            )
            for each in given(expressions)
        ]
    )
