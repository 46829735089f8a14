"""Which objects a backup's spec selects, compiled once a spec. Not how it takes their volumes.

It follows what Velero 1.18 does, older filters included.
https://github.com/vmware-tanzu/velero/blob/v1.18.1/pkg/util/collections/includes_excludes.go
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import msgspec

from holdfast.model.selector import Labels
from holdfast.sources.shapes import given
from holdfast.sources.velero.shapes import HookShape, ScopeShape, SelectorShape

CLAIMS = "persistentvolumeclaims"
PODS = "pods"
VOLUMES = "persistentvolumes"
WORKLOADS = ("statefulsets", "deployments", "daemonsets", "cronjobs")

# Velero asks the API server how a resource may be spelled; these are the spellings of those that matter here.
_SPELLINGS = {
    **dict.fromkeys(("pvc", "persistentvolumeclaim"), CLAIMS),
    **dict.fromkeys(("po", "pod"), PODS),
    **dict.fromkeys(("pv", "persistentvolume"), VOLUMES),
    **dict.fromkeys(("sts", "statefulset", "statefulsets.apps"), "statefulsets"),
    **dict.fromkeys(("deploy", "deployment", "deployments.apps"), "deployments"),
    **dict.fromkeys(("ds", "daemonset", "daemonsets.apps"), "daemonsets"),
    **dict.fromkeys(("cj", "cronjob", "cronjobs.batch"), "cronjobs"),
}


class Names(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A list of names and patterns."""

    literal: frozenset[str] = frozenset()
    patterns: tuple[re.Pattern[str], ...] = ()

    def hold(self, name: str) -> bool:
        return name in self.literal or any(pattern.fullmatch(name) for pattern in self.patterns)


class Filter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Everything included that is not excluded; no inclusion at all means everything."""

    everything: bool
    included: Names
    excluded: Names

    def takes(self, name: str) -> bool:
        return not self.excluded.hold(name) and (self.everything or self.included.hold(name))


class Requirement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    key: str
    operator: str
    values: frozenset[str]

    def met(self, labels: Labels) -> bool:
        value = labels.get(self.key)
        match self.operator:
            case "In":
                return value is not None and value in self.values
            case "NotIn":
                return value is None or value not in self.values
            case "Exists":
                return value is not None
            case "DoesNotExist":
                return value is None
        return False  # Velero cannot list with such a selector either


class Hook(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Pods on which a spec runs a command before their volumes are read."""

    namespaces: Filter
    labels: tuple[Requirement, ...]

    def covers(self, namespace: str, labels: Labels) -> bool:
        return self.namespaces.takes(namespace) and all(need.met(labels) for need in self.labels)


class Scope(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one spec selects. ``signature`` tells two scopes apart.

    ``selectors``: any may hold; none means every object. ``pods``, ``claims``, ``volumes``: whether that kind
    passes the resource filters; ``workloads``: one of the kinds that make pods does. ``files`` and ``move`` are None where the server's own default decides.
    ``policy``: a ConfigMap that we do not read decides volume by volume.
    """

    signature: str
    namespaces: Filter
    selectors: tuple[tuple[Requirement, ...], ...]
    pods: bool
    claims: bool
    volumes: bool
    workloads: bool
    snapshots: bool
    move: bool | None
    files: bool | None
    policy: bool
    hooks: tuple[Hook, ...]

    @property
    def reach(self) -> tuple[str, ...]:
        """The namespaces that it can reach, ``*`` where only matching can tell."""
        if self.namespaces.everything or self.namespaces.included.patterns:
            return ("*",)
        return tuple(name for name in sorted(self.namespaces.included.literal) if self.namespaces.takes(name))

    def selects(self, labels: Labels) -> bool:
        return not self.selectors or any(all(need.met(labels) for need in needs) for needs in self.selectors)


def compile_scope(spec: ScopeShape) -> Scope:
    """The scope of a spec; equal specs share one."""
    own = ScopeShape(**{field: getattr(spec, field) for field in ScopeShape.__struct_fields__})
    return _compiled(msgspec.json.encode(own, order="deterministic"))


@lru_cache(maxsize=1024)
def _compiled(text: bytes) -> Scope:
    spec = msgspec.json.decode(text, type=ScopeShape)
    kinds = _kinds(spec)
    files = spec.default_volumes_to_fs_backup
    return Scope(
        signature=hashlib.sha256(text).hexdigest()[:16],
        namespaces=_filter(spec.included_namespaces, spec.excluded_namespaces),
        selectors=tuple(_requirements(selector) for selector in _selectors(spec)),
        pods=kinds.takes(PODS),
        claims=kinds.takes(CLAIMS),
        volumes=_volumes_pass(spec, kinds),
        workloads=any(kinds.takes(name) for name in WORKLOADS),
        snapshots=spec.snapshot_volumes is not False,
        move=spec.snapshot_move_data,
        files=spec.default_volumes_to_restic if files is None else files,
        policy=spec.resource_policy is not None,
        hooks=tuple(_hooks(given(spec.hooks.resources if spec.hooks else None))),
    )


def _selectors(spec: ScopeShape) -> list[SelectorShape]:
    alternatives = list(given(spec.or_label_selectors))
    return alternatives or ([spec.label_selector] if spec.label_selector else [])


def _requirements(selector: SelectorShape | None) -> tuple[Requirement, ...]:
    if selector is None:
        return ()
    equal = [
        Requirement(key=key, operator="In", values=frozenset((value or "",)))
        for key, value in (selector.match_labels or {}).items()
    ]
    wider = [
        Requirement(key=need.key or "", operator=need.operator or "", values=frozenset(given(need.values)))
        for need in given(selector.match_expressions)
    ]
    return (*equal, *wider)


def _kinds(spec: ScopeShape) -> Filter:
    """The filter of kinds within namespaces. There are two families of resource filters."""
    if _is_wide(spec):
        some = [
            name for name in given(spec.excluded_resources) if name != "*"
        ]  # Velero ignores that one here
        return _filter(spec.included_resources, some, spell=True)
    inside, outside = spec.included_namespace_scoped_resources, spec.excluded_namespace_scoped_resources
    return _filter(inside, outside, spell=True)


def _is_wide(spec: ScopeShape) -> bool:
    wide = spec.include_cluster_resources
    return bool(wide is not None or spec.included_resources or spec.excluded_resources)


def _volumes_pass(spec: ScopeShape, kinds: Filter) -> bool:
    """By the newer filters a volume comes with its claim, unless its kind is ruled out."""
    if _is_wide(spec):
        wide = spec.include_cluster_resources
        return not kinds.excluded.hold(VOLUMES) if wide else wide is None and kinds.takes(VOLUMES)
    return _filter((), spec.excluded_cluster_scoped_resources, spell=True).takes(VOLUMES)


def _hooks(hooks: Iterable[HookShape]) -> Iterable[Hook]:
    for hook in hooks:
        kinds = _filter(hook.included_resources, hook.excluded_resources, spell=True)
        if kinds.takes(PODS) and any(given(hook.pre)):
            yield Hook(
                namespaces=_filter(hook.included_namespaces, hook.excluded_namespaces),
                labels=_requirements(hook.label_selector),
            )


def takes_claims(included: Sequence[str | None] | None, excluded: Sequence[str | None] | None) -> bool:
    """Whether claims pass a filter of kinds, however these are spelled."""
    return _filter(included, excluded, spell=True).takes(CLAIMS)


def _filter(
    included: Sequence[str | None] | None, excluded: Sequence[str | None] | None, *, spell: bool = False
) -> Filter:
    inside, outside = list(given(included)), list(given(excluded))
    if spell:
        inside, outside = ([_spelled(name) for name in names] for names in (inside, outside))
    return Filter(everything=not inside or "*" in inside, included=_names(inside), excluded=_names(outside))


def _spelled(resource: str) -> str:
    resource = resource.lower()
    return _SPELLINGS.get(resource, resource)


def _names(names: Iterable[str]) -> Names:
    literal, patterns = set(), []
    for name in sorted(set(names)):
        if any(sign in name for sign in "*?[{"):
            patterns.append(_pattern(name))
        else:
            literal.add(name)
    return Names(literal=frozenset(literal), patterns=tuple(pattern for pattern in patterns if pattern))


_GLOB = re.compile(r"\*+|\?|\[!?[^\]]+\]|[{},]|\\.|.", re.DOTALL)


def _pattern(glob: str) -> re.Pattern[str] | None:
    """A glob of ``*``, ``?``, ``[abc]``, ``[!abc]``, ``{a,b}``; None where malformed: it matches nothing."""
    parts, depth = [], 0
    for piece in _GLOB.findall(glob):
        if piece.startswith("*"):
            parts.append(".*")
        elif piece == "?":
            parts.append(".")
        elif piece.startswith("[") and len(piece) > 1:
            parts.append(_one_of(piece))
        elif piece == "{":
            parts.append("(?:")
            depth += 1
        elif piece == "}" and depth:
            parts.append(")")
            depth -= 1
        elif piece == "," and depth:
            parts.append("|")
        else:
            parts.append(re.escape(piece[-1]))
    try:
        return re.compile("".join(parts), re.DOTALL)
    except (re.error, RecursionError, OverflowError):
        return None


def _one_of(piece: str) -> str:
    negated = piece.startswith("[!")
    inner = piece[2 if negated else 1 : -1]
    return f"[{'^' if negated else ''}{''.join(c if c == '-' else re.escape(c) for c in inner)}]"
