"""What an owner says of a custom resource that no source of ours knows: where in its objects the facts stand.

Expressions are kept as text and are those of ``model.expression``; an empty one is not given.
"""

from typing import Literal

import msgspec

from holdfast.model.protection import Consistency, Placement

METADATA: tuple[str, ...] = (
    "name",
    "namespace",
    "uid",
    "labels",
    "annotations",
    "creationTimestamp",
    "deletionTimestamp",
    "ownerReferences",
)
"""What of ``metadata`` an expression may read."""


class ClaimsSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Which claims an object is about. One of four ways: ``names`` yields a name, ``{namespace, name}`` or a list of
    these; ``label`` is a label of claims and ``value`` yields its value; ``owner`` is a ``Kind.group`` and ``name``
    yields its name; or ``namespace`` alone, for all of its claims. ``namespace`` is the object's own where not given.
    """

    names: str = ""
    label: str = ""
    value: str = ""
    owner: str = ""
    name: str = ""
    namespace: str = ""

    @property
    def way(self) -> Literal["names", "label", "owner", "namespace"]:
        if self.names:
            return "names"
        if self.label:
            return "label"
        return "owner" if self.owner else "namespace"


class ResultSpec(msgspec.Struct, frozen=True, kw_only=True):
    """``at`` yields the word for how it went. A word in no list is unknown; "" stands for its absence."""

    at: str
    success: tuple[str, ...]
    partial: tuple[str, ...] = ()
    failure: tuple[str, ...] = ()
    running: tuple[str, ...] = ()


class NameSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Another object. ``namespace`` is the object's own where not given, none for a kind without namespaces."""

    name: str
    namespace: str = ""


class RunSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is one run. ``when`` yields whether it is one at all; ``ready`` whether it can be restored now."""

    claims: ClaimsSpec
    result: ResultSpec
    when: str = ""
    captured: str = ""
    started: str = ""
    ended: str = ""
    size: str = ""
    expires: str = ""
    kept_for: str = ""
    ready: str = ""
    schedule: NameSpec | None = None
    target: NameSpec | None = None
    placement: Placement | None = None
    consistency: Consistency | None = None


class PlanSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is a recurring plan: by ``cron`` or ``every``."""

    claims: ClaimsSpec
    when: str = ""
    cron: str = ""
    every: str = ""
    timezone: str = ""
    paused: str = ""
    target: str = ""
    last_success: str = ""
    last_attempt: str = ""
    placement: Placement | None = None
    consistency: Consistency | None = None


class PlaceSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is a place where copies go. ``available`` yields true, false, or nothing while nobody knows."""

    when: str = ""
    available: str = ""
    checked: str = ""


class RestoreSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An object that is a restore: of these claims, or of the run that it names."""

    result: ResultSpec
    when: str = ""
    claims: ClaimsSpec | None = None
    run: NameSpec | None = None
    started: str = ""
    ended: str = ""
    point: str = ""


class KindSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One custom resource, and what its objects are: each may be several things."""

    group: str
    versions: tuple[str, ...]
    resource: str
    kind: str
    namespaced: bool = True
    run: RunSpec | None = None
    plan: PlanSpec | None = None
    place: PlaceSpec | None = None
    restore: RestoreSpec | None = None

    @property
    def qualified(self) -> str:
        return f"{self.kind}.{self.group}"


class GenericSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One source. ``namespaces`` are where its objects stand, beyond those of the configuration."""

    name: str
    kinds: tuple[KindSpec, ...]
    placement: Placement = "local"
    consistency: Consistency = "unknown"
    namespaces: tuple[str, ...] = ()

    @property
    def run_kind(self) -> KindSpec | None:
        """The one kind that is runs; None where there is none, or several."""
        found = [kind for kind in self.kinds if kind.run]
        return found[0] if len(found) == 1 else None

    @property
    def place_kind(self) -> KindSpec | None:
        found = [kind for kind in self.kinds if kind.place]
        return found[0] if len(found) == 1 else None

    @property
    def plan_kind(self) -> KindSpec | None:
        found = [kind for kind in self.kinds if kind.plan]
        return found[0] if len(found) == 1 else None
