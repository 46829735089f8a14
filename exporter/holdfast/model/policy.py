"""What the owner of the cluster asks for: tiers, defaults and switches, as one frozen model.

Settings build it, the assessment reads it. Which claim gets what of it is judgement and stands there.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

from holdfast.model.cost import Prices

Urgency = Literal["page", "ticket", "know"]
ReclaimPolicy = Literal["Retain", "Delete"]

BUILTIN_RPO = 26 * 3600.0  # a daily schedule with two hours to spare; in force until the owner says otherwise
BUILTIN_FULL_WITHIN = 4 * 86400.0  # over a long weekend
BLIND_AFTER = 600.0  # a source out of contact for longer no longer vouches for anything
SYSTEM_NAMESPACES = ("kube-*",)


class Retention(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Restore points to keep per window; None where the window is not asked for."""

    daily: int | None = None
    weekly: int | None = None
    monthly: int | None = None


class ObjectiveSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One layer of objectives (annotations, a tier or the defaults). None: this layer does not say.

    Durations are seconds. ``offsite`` False and ``consistency`` crash withdraw what a lower layer demands.
    """

    rpo: float | None = None
    rto: float | None = None
    urgency: Urgency | None = None
    replication_lag: float | None = None
    restore_drill_every: float | None = None
    offsite: bool | None = None
    consistency: Literal["crash", "application"] | None = None
    locations: int | None = None
    retention: Retention | None = None
    reclaim_policy: ReclaimPolicy | None = None
    full_within: float | None = None
    unused_for: float | None = None


class Exemption(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``until`` is the first instant after the last day in UTC, None where open-ended."""

    reason: str
    until: float | None = None


class Match(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which claims a tier takes: all keys given must hold, any value of one may.

    An empty tuple or mapping is a key not given. ``namespaces`` and ``names`` are globs (fnmatchcase).
    """

    namespaces: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    namespace_labels: Mapping[str, tuple[str, ...]] = {}
    labels: Mapping[str, tuple[str, ...]] = {}
    storage_classes: tuple[str, ...] = ()


class Tier(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``match`` None takes no claim by itself: only the annotation ``holdfast.dev/tier`` chooses the tier."""

    name: str
    match: Match | None = None
    objective: ObjectiveSpec = ObjectiveSpec()
    exempt: Exemption | None = None


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """``builtin_defaults`` tells that ``defaults`` are ours and nobody declared them.

    ``checks_off`` and ``check_limits`` are by check id, ``deny`` are names of metric families,
    ``system_namespaces`` are globs. Without ``prices`` nothing is said of cost.
    """

    cluster: str = ""
    tiers: tuple[Tier, ...] = ()
    defaults: ObjectiveSpec = ObjectiveSpec(rpo=BUILTIN_RPO)
    builtin_defaults: bool = True
    blind_after: float = BLIND_AFTER
    checks_off: frozenset[str] = frozenset()
    check_limits: Mapping[str, int] = {}
    deny: frozenset[str] = frozenset()
    system_namespaces: tuple[str, ...] = SYSTEM_NAMESPACES
    prices: Prices | None = None
