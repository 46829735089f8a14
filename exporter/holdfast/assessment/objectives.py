"""What is asked of a claim: annotations of the claim, its workloads and its namespace, then tiers, then defaults.

Each field is taken from the first layer that sets it. A value that does not parse is a finding on the object that
carries it, and counts as not set.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from holdfast.model.annotation import (
    PREFIX,
    URGENCIES,
    AnnotationError,
    Exempt,
    Ignored,
    Mute,
    parse_choice,
    parse_duration,
    parse_exempt,
    parse_ignore,
    parse_mute,
    parse_protects,
)
from holdfast.model.check import CHECKS
from holdfast.model.facts import NO_ANNOTATIONS, Annotations, Claim, Workload
from holdfast.model.objective import Objective, Origin
from holdfast.model.policy import BUILTIN_FULL_WITHIN, Match, ObjectiveSpec, Policy, Retention, Tier
from holdfast.model.protection import CONSISTENCIES, PLACEMENTS
from holdfast.model.surroundings import Namespace

_T = TypeVar("_T")


class Layer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The annotations of one object, read. ``problems`` are (annotation, why it does not parse)."""

    rpo: float | None = None
    rto: float | None = None
    replication_lag: float | None = None
    restore_drill_every: float | None = None
    urgency: str | None = None
    owner: str | None = None
    tier: str | None = None
    mute: Mute | None = None
    exempt: Exempt | None = None
    ignore: Ignored | None = None
    problems: tuple[tuple[str, str], ...] = ()


_DURATIONS = ("rpo", "rto", "replication_lag", "restore_drill_every")
_NOTHING = Layer()


@lru_cache(maxsize=65536)
def read_annotations(annotations: Annotations) -> Layer:
    """The layer of one object's annotations."""
    if annotations == NO_ANNOTATIONS:
        return _NOTHING
    problems: list[tuple[str, str]] = [
        (name, f"{name} is no annotation of Holdfast's") for name in annotations.unknown
    ]
    values: dict[str, Any] = {name: _read(annotations, name, parse_duration, problems) for name in _DURATIONS}
    values["urgency"] = _read(annotations, "urgency", lambda text: parse_choice(text, URGENCIES), problems)
    values["exempt"] = _read(annotations, "exempt", parse_exempt, problems)
    values["owner"] = annotations.owner or None
    values["tier"] = annotations.tier
    mute = _read(annotations, "mute", parse_mute, problems)
    if mute:
        values["mute"] = mute[0]
        problems += [(PREFIX + "mute", problem) for problem in mute[1]]
    ignore = _read(annotations, "ignore", lambda text: parse_ignore(text, CHECKS), problems)
    if ignore:
        values["ignore"] = ignore[0]
        problems += [(PREFIX + "ignore", problem) for problem in ignore[1]]
    _read(annotations, "placement", lambda text: parse_choice(text, PLACEMENTS), problems)
    _read(annotations, "consistency", lambda text: parse_choice(text, CONSISTENCIES), problems)
    for name in ("protects", "drills"):
        listed = _read(annotations, name, lambda text: parse_protects(text, ""), problems)
        problems += [(PREFIX + name, problem) for problem in (listed[1] if listed else ())]
    return Layer(**values, problems=tuple(problems))


def _read(
    annotations: Annotations, field: str, parse: Callable[[str], _T], problems: list[tuple[str, str]]
) -> _T | None:
    text = getattr(annotations, field)
    if text is None:
        return None
    try:
        return parse(text)
    except AnnotationError as error:
        problems.append((PREFIX + field.replace("_", "-"), str(error)))
        return None


class Asked(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An objective, and the instant at which the clock alone would change it."""

    objective: Objective
    until: float | None


class Rung(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One place that may say what is asked of a claim: annotations, a tier (``name`` is its), or the defaults."""

    origin: Origin
    said: Layer | ObjectiveSpec
    name: str = ""
    exempt: Exempt | None = None


class Ladder(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All rungs that apply to one claim, the first to be heard first.

    ``tier`` is the first tier, empty where there is none; ``tier_named_by`` whose annotation chose it, None where it
    matches by itself.
    """

    rungs: tuple[Rung, ...]
    tier: str
    tier_named_by: Origin | None

    def setter(self, field: str) -> Rung | None:
        """The first rung that says something of this field; a rung that does not know it says nothing."""
        for rung in self.rungs:
            if getattr(rung.said, field, None) is not None:
                return rung
        return None

    def first(self, field: str) -> Any:
        """What that rung says; None where none does."""
        rung = self.setter(field)
        return None if rung is None else getattr(rung.said, field)

    def exempting(self, now: float) -> Rung | None:
        """The first rung whose exemption is in force."""
        return next((rung for rung in self.rungs if rung.exempt and _end(rung.exempt) > now), None)

    def once_exempting(self, now: float) -> Rung | None:
        """The first rung whose exemption has ended."""
        return next((rung for rung in self.rungs if rung.exempt and _end(rung.exempt) <= now), None)


def ladder_of(
    claim: Claim, workloads: Sequence[Workload], namespace: Namespace | None, policy: Policy
) -> Ladder:
    """Who is heard about this claim, in order."""
    layers: tuple[tuple[Origin, Layer], ...] = (
        ("annotation", read_annotations(claim.annotations)),
        ("workload", _strictest([read_annotations(workload.annotations) for workload in workloads])),
        ("namespace", read_annotations(namespace.annotations) if namespace else _NOTHING),
    )
    tiers, named_by = _tiers(claim, namespace, layers, policy)
    ends: Origin = "builtin" if policy.builtin_defaults else "defaults"
    return Ladder(
        rungs=(
            *(Rung(origin=origin, said=layer, exempt=layer.exempt) for origin, layer in layers),
            *(Rung(origin="tier", said=t.objective, name=t.name, exempt=_tier_exempt(t)) for t in tiers),
            Rung(origin=ends, said=policy.defaults),
            Rung(origin="builtin", said=_ALWAYS_ASKED),
        ),
        tier=tiers[0].name if tiers else "",
        tier_named_by=named_by,
    )


_ALWAYS_ASKED = ObjectiveSpec(full_within=BUILTIN_FULL_WITHIN)  # also of whom defaults of one's own leave out


def resolve_objective(
    claim: Claim, workloads: Sequence[Workload], namespace: Namespace | None, policy: Policy, now: float
) -> Asked:
    """What is asked of this claim now."""
    ladder = ladder_of(claim, workloads, namespace, policy)
    first = ladder.first
    rpo, mute, retention = ladder.setter("rpo"), first("mute"), first("retention") or Retention()
    exempting, ended = ladder.exempting(now), ladder.once_exempting(now)
    exempt = exempting.exempt if exempting else None
    objective = Objective(
        rpo=rpo.said.rpo if rpo else None,
        rpo_origin=rpo.origin if rpo else None,
        rto=first("rto"),
        replication_lag=first("replication_lag"),
        restore_drill_every=first("restore_drill_every"),
        urgency=first("urgency") or "ticket",
        offsite=bool(first("offsite")),
        application=first("consistency") == "application",
        locations=first("locations"),
        daily=retention.daily or 0,
        weekly=retention.weekly or 0,
        monthly=retention.monthly or 0,
        reclaim_policy=first("reclaim_policy") or "",
        full_within=first("full_within"),
        unused_for=first("unused_for"),
        tier=ladder.tier,
        owner=first("owner") or "",
        muted=mute.areas if mute and _end(mute) > now else (),
        exempt=exempt,
        exempt_expired=ended.exempt if ended else None,
    )
    ends = [end.until for end in (exempt, mute) if end and end.until is not None and end.until > now]
    return Asked(objective=objective, until=min(ends, default=None))


def _tier_exempt(tier: Tier) -> Exempt | None:
    return Exempt(reason=tier.exempt.reason, until=tier.exempt.until) if tier.exempt else None


def _strictest(layers: Sequence[Layer]) -> Layer:
    """Several workloads on one claim: the strictest objective counts, an exemption only if all are exempt."""
    if len(layers) < 2:
        return layers[0] if layers else _NOTHING
    values: dict[str, Any] = {}
    for field in _DURATIONS:
        values[field] = min((v for layer in layers if (v := getattr(layer, field)) is not None), default=None)
    urgencies = [layer.urgency for layer in layers if layer.urgency]
    values["urgency"] = min(urgencies, key=URGENCIES.index, default=None)
    for field in ("owner", "tier"):
        values[field] = next((v for layer in layers if (v := getattr(layer, field))), None)
    if all(layer.exempt for layer in layers):
        values["exempt"] = min((layer.exempt for layer in layers if layer.exempt), key=_end)
    mutes = [layer.mute for layer in layers if layer.mute]
    if len(mutes) == len(layers):
        shared = set(mutes[0].areas).intersection(*(mute.areas for mute in mutes))
        values["mute"] = Mute(areas=tuple(sorted(shared)), until=min(mutes, key=_end).until)
    return Layer(**values)


def _end(limited: Exempt | Mute) -> float:
    return float("inf") if limited.until is None else limited.until


def _tiers(
    claim: Claim, namespace: Namespace | None, layers: Iterable[tuple[Origin, Layer]], policy: Policy
) -> tuple[tuple[Tier, ...], Origin | None]:
    """The tiers that apply, in order, and whose annotation named them. One that is named stands alone."""
    for origin, layer in layers:
        if layer.tier is not None:
            named = tuple(tier for tier in policy.tiers if tier.name == layer.tier)
            if named:
                return named, origin
    return tuple(tier for tier in policy.tiers if tier.match and matches(tier.match, claim, namespace)), None


def matches(match: Match, claim: Claim, namespace: Namespace | None) -> bool:
    """Whether all keys that the match gives hold for the claim."""
    if match.namespaces and not any(fnmatchcase(claim.ref.namespace, glob) for glob in match.namespaces):
        return False
    if match.names and not any(fnmatchcase(claim.ref.name, glob) for glob in match.names):
        return False
    if match.storage_classes and claim.storage_class not in match.storage_classes:
        return False
    if not _labels_hold(match.labels, claim.labels):
        return False
    return _labels_hold(match.namespace_labels, namespace.labels if namespace else {})


def _labels_hold(wanted: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) in values for key, values in wanted.items())
