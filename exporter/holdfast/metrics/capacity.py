"""Families about room that is given out: quotas, pools, classes, and claims that cannot grow."""

from collections.abc import Callable, Iterable
from typing import Literal

from holdfast.metrics.family import Family, Row
from holdfast.metrics.rows import left, optional
from holdfast.model.capacity import (
    CLAIMS,
    NOT_EXPANDABLE_REASONS,
    QUOTA_BYTES,
    ExpansionJudgement,
    PoolJudgement,
    QuotaJudgement,
)

_Side = Literal["hard", "used"]


def _bytes(side: _Side) -> Callable[[QuotaJudgement], Iterable[Row]]:
    def rows(quota: QuotaJudgement) -> Iterable[Row]:
        return [
            ((limit.resource, limit.storage_class), amount)
            for limit in quota.limits
            if limit.resource in QUOTA_BYTES and (amount := getattr(limit, side)) is not None
        ]

    return rows


def _quota_left(quota: QuotaJudgement) -> Iterable[Row]:
    return [
        ((limit.resource, limit.storage_class), left(prospect.central))
        for limit, prospect in quota.prospects
        if prospect is not None and prospect.central is not None
    ]


def _pool_left(bound: Literal["central", "early"]) -> Callable[[PoolJudgement], Iterable[Row]]:
    def rows(pool: PoolJudgement) -> Iterable[Row]:
        instant = getattr(pool.prospect, bound) if pool.prospect else None
        return () if instant is None else (((), left(instant)),)

    return rows


def _claims(side: _Side) -> Callable[[QuotaJudgement], Iterable[Row]]:
    def rows(quota: QuotaJudgement) -> Iterable[Row]:
        return [
            ((limit.storage_class,), amount)
            for limit in quota.limits
            if limit.resource == CLAIMS and (amount := getattr(limit, side)) is not None
        ]

    return rows


def _not_expandable(expansion: ExpansionJudgement) -> Iterable[Row]:
    return (((expansion.reason,), 1),) if expansion.reason else ()


CAPACITY_FAMILIES = (
    Family(
        name="holdfast_pvc_not_expandable",
        help="1: the claim cannot grow, so that its owner must know earlier that it fills.",
        noun="expansion",
        further=("reason",),
        rows=_not_expandable,
        vocabulary={"reason": tuple(NOT_EXPANDABLE_REASONS)},
    ),
    Family(
        name="holdfast_quota_hard_bytes",
        help="Bytes that the quota allows, of one class or, where storageclass is empty, in all.",
        noun="quota",
        further=("resource", "storageclass"),
        rows=_bytes("hard"),
        vocabulary={"resource": QUOTA_BYTES},
    ),
    Family(
        name="holdfast_quota_used_bytes",
        help="Bytes of the quota that are taken, by what is asked for and not by what is stored.",
        noun="quota",
        further=("resource", "storageclass"),
        rows=_bytes("used"),
        vocabulary={"resource": QUOTA_BYTES},
    ),
    Family(
        name="holdfast_quota_time_to_full_seconds",
        help="Most likely time until the quota is used up; +Inf where it does not fill.",
        noun="quota",
        further=("resource", "storageclass"),
        rows=_quota_left,
        clock=True,
        countdown=True,
        aggregation="min",
        vocabulary={"resource": QUOTA_BYTES},
    ),
    Family(
        name="holdfast_quota_hard_claims",
        help="Claims that the quota allows, of one class or, where storageclass is empty, in all.",
        noun="quota",
        further=("storageclass",),
        rows=_claims("hard"),
    ),
    Family(
        name="holdfast_quota_used_claims",
        help="Claims that count against the quota.",
        noun="quota",
        further=("storageclass",),
        rows=_claims("used"),
    ),
    Family(
        name="holdfast_pool_available_bytes",
        help="Space left for new volumes of the class on the nodes of the topology (empty: on all); absent where the driver tells none.",
        noun="pool",
        rows=lambda pool: optional(pool.available),
    ),
    Family(
        name="holdfast_pool_maximum_volume_bytes",
        help="The largest volume of the class that can be made now on the nodes of the topology.",
        noun="pool",
        rows=lambda pool: optional(pool.maximum),
    ),
    Family(
        name="holdfast_pool_time_to_full_seconds",
        help="Most likely time until the pool has no space left; +Inf where it does not fill.",
        noun="pool",
        rows=_pool_left("central"),
        clock=True,
        countdown=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_pool_time_to_full_early_seconds",
        help="Earliest time until the pool has no space left that must be reckoned with.",
        noun="pool",
        rows=_pool_left("early"),
        clock=True,
        countdown=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_class_expandable",
        help="Whether the class allows its volumes to grow.",
        noun="class",
        rows=lambda judged: optional(None if judged.expandable is None else int(judged.expandable)),
    ),
    Family(
        name="holdfast_class_claims",
        help="Claims of the class in the namespace; storageclass is empty for those of none.",
        noun="provision",
        rows=lambda provision: (((), provision.claims),),
    ),
    Family(
        name="holdfast_class_requested_bytes",
        help="Bytes that the claims of the class in the namespace ask for together.",
        noun="provision",
        rows=lambda provision: (((), provision.requested),),
    ),
    Family(
        name="holdfast_class_capacity_bytes",
        help="Bytes that the claims of the class in the namespace were given together.",
        noun="provision",
        rows=lambda provision: (((), provision.capacity),),
    ),
    Family(
        name="holdfast_class_largest_claim_bytes",
        help="Bytes that the largest claim of the class in the namespace was given; absent where none was given any.",
        noun="provision",
        rows=lambda provision: optional(provision.largest or None),
    ),
    Family(
        name="holdfast_class_used_bytes",
        help="Bytes that those claims of the class in the namespace use together whose use is known; absent where none is.",
        noun="provision",
        rows=lambda provision: optional(provision.used if provision.measured else None),
    ),
    Family(
        name="holdfast_class_measured_bytes",
        help="Bytes that those claims were given together whose use is known: what the used bytes are part of.",
        noun="provision",
        rows=lambda provision: (((), provision.measured),),
    ),
)
