"""What must hold between keys, and between keys and the tables of names: each rule one function.

Rules look at the tree and not at the models, so that they speak even where another key is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from holdfast.settings.document import Path, Scalar
from holdfast.settings.generic import generic_faults
from holdfast.settings.models import ALWAYS_ON, Known
from holdfast.settings.words import refuse

Fault = tuple[Path, str]

_NO_NAMESPACES = (
    "needs Namespace objects, which are out of reach while `namespaces` is set; match by namespaces, or remove "
    "the top-level `namespaces`"
)


def faults(tree: Mapping[str, Any], known: Known) -> Iterator[Fault]:
    yield from _sources(_keys(tree, "sources"), known)
    yield from generic_faults(_list(tree, "genericSources"), known.sources)
    yield from _tier_names(_list(tree, "tiers"))
    yield from _out_of_reach(_list(tree, "namespaces"), _list(tree, "tiers"))
    yield from _checks(_keys(tree, "checks"), known)
    yield from _families(_list(_keys(tree, "metrics"), "deny"), known)


def _sources(sources: Mapping[str, Any], known: Known) -> Iterator[Fault]:
    for name in sources:
        if name not in known.sources:
            yield ("sources", name), refuse("unknown source", name, known.sources, "sources")
        elif name == ALWAYS_ON and _is_off(_keys(sources, name).get("enabled")):
            yield (
                ("sources", name, "enabled"),
                f"{name} cannot be off: every judgement begins with its claims; remove it",
            )


def _tier_names(tiers: list[Any]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, tier in enumerate(tiers):
        name = tier.get("name") if isinstance(tier, dict) else None
        if not isinstance(name, Scalar):
            continue
        if name in first:
            yield (
                ("tiers", index, "name"),
                f"{str(name)!r} is already the name of tiers[{first[name]}]; choose another",
            )
        first.setdefault(str(name), index)


def _out_of_reach(namespaces: list[Any], tiers: list[Any]) -> Iterator[Fault]:
    """With ``namespaces`` set only Roles are granted, and no Role reaches Namespace objects."""
    if not namespaces:
        return
    for index, tier in enumerate(tiers):
        if isinstance(tier, dict) and "namespaceLabels" in _keys(tier, "match"):
            yield ("tiers", index, "match", "namespaceLabels"), _NO_NAMESPACES


def _checks(checks: Mapping[str, Any], known: Known) -> Iterator[Fault]:
    for name, check in checks.items():
        if name not in known.checks:
            yield ("checks", name), refuse("unknown check", name, known.checks, "checks")
        elif isinstance(check, dict) and name not in known.limits:
            place = ("checks", name, "limit") if "limit" in check else ("checks", name)
            yield place, f"{name} has no limit; write {name}: off, or remove it"


def _families(denied: list[Any], known: Known) -> Iterator[Fault]:
    for index, name in enumerate(denied):
        if isinstance(name, Scalar) and name.kind != "null" and name not in known.families:
            fact = f"{str(name)!r} is no metric family that can be switched off"
            yield ("metrics", "deny", index), refuse(fact, name, known.families, "families")


def _is_off(value: Any) -> bool:
    return isinstance(value, Scalar) and value.kind == "bool" and value.lower() in ("no", "false", "off")


def _keys(section: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = section.get(key)
    return value if isinstance(value, dict) else {}


def _list(section: Mapping[str, Any], key: str) -> list[Any]:
    value = section.get(key)
    return value if isinstance(value, list) else []
