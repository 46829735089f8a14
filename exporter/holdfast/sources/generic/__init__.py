"""A source made of what its owner says of a custom resource. It gives the same records as one that is built in.

Nothing in here knows a product; where facts stand in an object is told by ``model.generic``.
"""

from holdfast.model.feed import Feed, Resource
from holdfast.model.generic import ClaimsSpec, GenericSpec, KindSpec
from holdfast.sources.contract import Source
from holdfast.sources.generic.read import reading_of
from holdfast.sources.generic.shape import records_of, shape_of, wanted_of
from holdfast.sources.runs.tool import Tool


def build_generic(spec: GenericSpec) -> Source:
    """The source. The specification must be one that settings accept: its expressions are read here.

    Raises:
        ExpressionError: one of them is none.
    """
    claims = [each for kind in spec.kinds for each in _claims(kind)]
    tool = Tool(
        name=spec.name,
        owners=frozenset(each.owner for each in claims if each.owner),
        labels=tuple(sorted({each.label for each in claims if each.label})),
        namespaces=any(each.way == "namespace" for each in claims),
    )
    protects = any(kind.run or kind.plan for kind in spec.kinds)
    return Source(
        name=spec.name,
        protects=protects,
        needs=frozenset({"StatefulSet"}) if tool.owners else frozenset(),
        feeds=tuple(_feed(spec, kind) for kind in spec.kinds),
        cover=tool.cover,
        schedule=tool.schedule,
        target=tool.target,
    )


def _claims(kind: KindSpec) -> list[ClaimsSpec]:
    return [each.claims for each in (kind.run, kind.plan, kind.restore) if each and each.claims]


def _feed(spec: GenericSpec, kind: KindSpec) -> Feed:
    reading = reading_of(spec, kind)
    resource = Resource(
        group=kind.group,
        versions=kind.versions,
        plural=kind.resource,
        kind=kind.kind,
        namespaced=kind.namespaced,
        declared=f"genericSources, {spec.name}",
    )
    shape = shape_of(kind.kind, wanted_of(reading.paths), reading.read)
    return Feed(source=spec.name, resource=resource, shape=shape, read=records_of)
