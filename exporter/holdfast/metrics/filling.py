"""Families about how claims fill: use, what measures it, days to full, and space that several claims share."""

import math
from collections.abc import Callable, Iterable

from holdfast.metrics.family import Family, Row
from holdfast.metrics.rows import left, optional
from holdfast.model.filling import (
    COVERAGE_STATES,
    FORECAST_UNKNOWN_REASONS,
    INODES,
    RESOURCES,
    UNMEASURED_REASONS,
    UNTOLD,
    BackendJudgement,
    CoverageTally,
    FillingJudgement,
    Prospect,
)
from holdfast.model.usage import UsageSample

_HARDLY = 0.1  # of the inodes: most volumes never use more, and nobody asks
_UNLIKELY = 0.05
_OF_INODES = "Of inodes only where a tenth is taken or they may run out."


def _own(field: str) -> Callable[[FillingJudgement], Iterable[Row]]:
    """A figure of the newest sample, where it is the claim's own."""

    def rows(filling: FillingJudgement) -> Iterable[Row]:
        own = filling.sample is not None and not filling.backend
        return optional(getattr(filling.sample, field)) if own else ()

    return rows


def _inodes(field: str) -> Callable[[FillingJudgement], Iterable[Row]]:
    """Those of a shared space are told by each of its claims: they fill as well, and nothing else tells it."""
    return lambda filling: optional(getattr(filling.sample, field) if filling.sample else None)


def _ratios(sample: UsageSample) -> Iterable[Row]:
    told = zip(RESOURCES, (sample.bytes_ratio, sample.inodes_ratio), strict=True)
    return [((resource,), ratio) for resource, ratio in told if ratio is not None]


def _own_ratios(filling: FillingJudgement) -> Iterable[Row]:
    if filling.sample is None or filling.backend:
        return ()
    return [row for row in _ratios(filling.sample) if row[0] != (INODES,) or _inodes_matter(filling)]


def _inodes_matter(filling: FillingJudgement) -> bool:
    """Whether they may run out some day, or more than next to none are taken."""
    taken = filling.sample.inodes_ratio if filling.sample else None
    prospect = filling.inodes or UNTOLD
    may_end = prospect.early is not None or (prospect.central is not None and math.isfinite(prospect.central))
    return may_end or (taken is not None and taken >= _HARDLY)


def _age(filling: FillingJudgement) -> Iterable[Row]:
    return optional(filling.sample.time if filling.sample else None)


def _prospects(filling: FillingJudgement) -> list[tuple[str, Prospect]]:
    told = zip(RESOURCES, (filling.bytes, filling.inodes), strict=True)
    return [(resource, prospect) for resource, prospect in told if prospect is not None]


def _foretold(filling: FillingJudgement) -> Iterable[tuple[str, Prospect]]:
    return [told for told in _prospects(filling) if told[0] != INODES or _inodes_matter(filling)]


def _bound(field: str) -> Callable[[FillingJudgement], Iterable[Row]]:
    def rows(filling: FillingJudgement) -> Iterable[Row]:
        return [
            ((resource,), left(instant))
            for resource, prospect in _foretold(filling)
            if (instant := getattr(prospect, field)) is not None
        ]

    return rows


def _chances(filling: FillingJudgement) -> Iterable[Row]:
    told = ((resource, prospect.chance) for resource, prospect in _foretold(filling))
    return [((resource,), chance) for resource, chance in told if chance is not None and chance >= _UNLIKELY]


def _unknown(filling: FillingJudgement) -> Iterable[Row]:
    return [((resource, prospect.reason), 1) for resource, prospect in _prospects(filling) if prospect.reason]


def _tally(tally: CoverageTally) -> Iterable[Row]:
    return [((state,), count) for state, count in zip(COVERAGE_STATES, tally.counts, strict=True)]


def _backend_left(field: str) -> Callable[[BackendJudgement], Iterable[Row]]:
    def rows(backend: BackendJudgement) -> Iterable[Row]:
        instant = getattr(backend.bytes, field)
        return () if instant is None else (((), left(instant)),)

    return rows


def _of_backend(field: str) -> Callable[[BackendJudgement], Iterable[Row]]:
    def rows(backend: BackendJudgement) -> Iterable[Row]:
        sample: UsageSample = backend.sample
        return optional(getattr(sample, field))

    return rows


FILLING_FAMILIES = (
    Family(
        name="holdfast_pvc_used_bytes",
        help="Bytes in use on the claim's file system, as last measured.",
        noun="filling",
        rows=_own("used"),
    ),
    Family(
        name="holdfast_pvc_filesystem_bytes",
        help="Size of the claim's file system.",
        noun="filling",
        rows=_own("capacity"),
    ),
    Family(
        name="holdfast_pvc_available_bytes",
        help="Bytes that whoever is not root can still write.",
        noun="filling",
        rows=_own("available"),
    ),
    Family(
        name="holdfast_pvc_inodes_used",
        help="Inodes in use on the claim's file system, as last measured.",
        noun="filling",
        rows=_inodes("inodes_used"),
    ),
    Family(
        name="holdfast_pvc_inodes",
        help="Inodes that the claim's file system offers.",
        noun="filling",
        rows=_inodes("inodes"),
    ),
    Family(
        name="holdfast_pvc_used_ratio",
        help="Share of what the claim's file system offers that is taken, 0 to 1; without what is kept back for root. "
        + _OF_INODES,
        noun="filling",
        further=("resource",),
        rows=_own_ratios,
        vocabulary={"resource": RESOURCES},
    ),
    Family(
        name="holdfast_pvc_usage_age_seconds",
        help="Age of the last known usage of the claim.",
        noun="filling",
        rows=_age,
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_pvc_usage_unmeasured",
        help="1: the claim is mounted, but nothing measures it.",
        noun="filling",
        further=("reason",),
        rows=lambda filling: (((filling.reason,), 1),) if filling.reason else (),
        vocabulary={"reason": tuple(UNMEASURED_REASONS)},
    ),
    Family(
        name="holdfast_pvc_backend_info",
        help="1: the claim shares its space with others, and has no use of its own.",
        noun="filling",
        further=("backend",),
        rows=lambda filling: (((filling.backend,), 1),) if filling.backend else (),
    ),
    Family(
        name="holdfast_pvc_time_to_full_seconds",
        help="Most likely time until the claim is full (99 % of what it offers); +Inf where it does not fill. "
        + _OF_INODES,
        noun="filling",
        further=("resource",),
        rows=_bound("central"),
        clock=True,
        countdown=True,
        aggregation="min",
        vocabulary={"resource": RESOURCES},
    ),
    Family(
        name="holdfast_pvc_time_to_full_early_seconds",
        help="Earliest time until full that must be reckoned with. " + _OF_INODES,
        noun="filling",
        further=("resource",),
        rows=_bound("early"),
        clock=True,
        countdown=True,
        aggregation="min",
        vocabulary={"resource": RESOURCES},
    ),
    Family(
        name="holdfast_pvc_time_to_full_late_seconds",
        help="Latest time until full that must be reckoned with; absent where it may never be. " + _OF_INODES,
        noun="filling",
        further=("resource",),
        rows=_bound("late"),
        clock=True,
        countdown=True,
        aggregation="min",
        vocabulary={"resource": RESOURCES},
    ),
    Family(
        name="holdfast_pvc_full_chance_ratio",
        help="How likely the claim is full within 1.5 times its objective (twice that where it cannot grow), 0 to 1. "
        "Absent below 0.05; shared spaces, quotas and pools have none.",
        noun="filling",
        further=("resource",),
        rows=_chances,
        vocabulary={"resource": RESOURCES},
    ),
    Family(
        name="holdfast_pvc_forecast_unknown",
        help="1: too little is known of the claim for a forecast.",
        noun="filling",
        further=("resource", "reason"),
        rows=_unknown,
        vocabulary={"resource": RESOURCES, "reason": tuple(FORECAST_UNKNOWN_REASONS)},
    ),
    Family(
        name="holdfast_pvc_growth_bytes_per_second",
        help="Robust growth of the bytes in use: the middle one of a week's daily changes.",
        noun="filling",
        rows=lambda filling: optional(filling.bytes.growth if filling.bytes else None),
    ),
    Family(
        name="holdfast_backend_used_bytes",
        help="Bytes in use in a space that several claims share.",
        noun="backend",
        rows=_of_backend("used"),
    ),
    Family(
        name="holdfast_backend_capacity_bytes",
        help="Size of a space that several claims share.",
        noun="backend",
        rows=_of_backend("capacity"),
    ),
    Family(
        name="holdfast_backend_used_ratio",
        help="Share of the bytes and inodes of a space that several claims share that is taken, 0 to 1.",
        noun="backend",
        further=("resource",),
        rows=lambda backend: _ratios(backend.sample),
        vocabulary={"resource": RESOURCES},
    ),
    Family(
        name="holdfast_backend_time_to_full_seconds",
        help="Most likely time until the shared space is full; +Inf where it does not fill.",
        noun="backend",
        rows=_backend_left("central"),
        clock=True,
        countdown=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_backend_time_to_full_early_seconds",
        help="Earliest time until the shared space is full that must be reckoned with.",
        noun="backend",
        rows=_backend_left("early"),
        clock=True,
        countdown=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_usage_coverage_claims",
        help="Mounted claims with a file system, by what is known of their usage.",
        noun="coverage",
        further=("state",),
        rows=_tally,
        vocabulary={"state": COVERAGE_STATES},
    ),
)
