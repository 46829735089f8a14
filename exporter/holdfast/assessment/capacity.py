"""Quotas, pools and classes: what room they leave, and which claims cannot grow. Forecasts of them are not made here."""

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.assessment.lifecycle import resize_stage
from holdfast.model.capacity import (
    POOL_FULL_WITHIN,
    QUOTA_BYTES,
    QUOTA_TAKEN,
    ClassJudgement,
    ExpansionJudgement,
    Limit,
    Measure,
    Pool,
    PoolJudgement,
    Quota,
    QuotaJudgement,
    SizeLimit,
)
from holdfast.model.facts import Claim, Facts, StorageClass
from holdfast.model.filling import Prospect
from holdfast.model.health import Sight
from holdfast.model.identity import joined
from holdfast.model.judgement import FAILED_RESIZES
from holdfast.model.policy import BUILTIN_FULL_WITHIN
from holdfast.model.usage import share

STEP = 10
"""A quota that leaves less than this part of a claim's size leaves no room: what is added to a volume that fills is
seldom less, and the person who adds it needs the quota raised first."""

Foretold = Callable[[str], Prospect | None]
"""What is foretold of the measure under a key."""

QUOTA_KEYS, POOL_KEYS = "quota/", "pool/"

Floats = NDArray[np.float64]

_DAY = 24 * 3600.0
_SAME = 0.02  # share by which the size of a pool must differ to be another one
_STILL = 0.01  # share by which free space must have shrunk to be shrinking
_SHRUNK = 0.98  # of what was free before, where less is free by more than chance
_AMPLE = 2**30  # free space that is no rounding, however large the pool
_LEAST = 1.0  # a use of zero reads as a file system that was not there, and is no reading


class Outlook(NamedTuple):
    """What bears on a pool besides its figures: of what is kept under a key, what is foretold, whether it did not shrink
    lately, and whether less is free than a day or a week ago."""

    foretold: Foretold
    steady: Callable[[str], bool]
    shrank: Callable[[str], bool]
    now: float


def assess_quota(quota: Quota, foretold: Foretold) -> QuotaJudgement:
    """A forecast of figures that are told no more is none of these."""
    told = [
        (limit, foretold(_quota_key(quota.namespace, quota.name, limit)) if _fills(limit) else None)
        for limit in quota.limits
    ]
    return QuotaJudgement(
        namespace=quota.namespace,
        name=quota.name,
        limits=quota.limits,
        scoped=quota.scoped,
        prospects=tuple([(limit, prospect) for limit, prospect in told if limit.resource in QUOTA_BYTES]),
    )


def assess_pool(storage_class: str, topology: str, facts: Facts, outlook: Outlook) -> PoolJudgement | None:
    """Several objects may describe one pool, above all while its driver is replaced: the one with most room counts.

    The scheduler goes by any that suffices, so that this is what can be had. Added up, one space would count twice.
    https://kubernetes.io/docs/concepts/storage/storage-capacity/#scheduling
    """
    pools = facts.linked(Pool, "pool", storage_class, topology)
    if not pools:
        return None
    available = _most(pool.available for pool in pools)
    key = pool_key(storage_class, topology)
    prospect = _of_pool(key, available, outlook)
    fills = prospect is not None and prospect.central is not None and prospect.central < math.inf
    return PoolJudgement(
        storage_class=storage_class,
        topology=topology,
        available=available,
        maximum=_most(pool.maximum for pool in pools),
        prospect=prospect,
        shrank=fills and outlook.shrank(key),
    )


def _of_pool(key: str, available: int | None, outlook: Outlook) -> Prospect | None:
    """The forecast as far as it can be of a pool with this much free.

    It takes a pool for full of which a hundredth is left. What is left of a large one may be plenty, and stay so.
    """
    if available is None:
        return None
    if available == 0:
        return Prospect(central=outlook.now, early=outlook.now)
    prospect = outlook.foretold(key)
    if prospect is None or prospect.central is None or prospect.central > outlook.now:
        return prospect
    return Prospect(central=math.inf) if available >= _AMPLE and outlook.steady(key) else prospect


def quota_full_soon(limit: Limit, prospect: Prospect | None, now: float) -> float | None:
    """When it is used up, where that is to be told. One that is used up already is meant to be, as far as anybody knows."""
    full = prospect.central if prospect is not None else None
    taken = share(limit.used, limit.hard)
    near = full is not None and 0 < full - now <= BUILTIN_FULL_WITHIN
    return full if near and taken is not None and taken >= QUOTA_TAKEN else None


def pool_full_soon(pool: PoolJudgement, now: float) -> float | None:
    """When it is full, where that is to be told. Of many zones nothing was ever free: they have no storage."""
    full = pool.prospect.central if pool.prospect is not None else None
    return full if full is not None and pool.shrank and full - now <= POOL_FULL_WITHIN else None


def assess_class(name: str, largest: int | None, facts: Facts) -> ClassJudgement | None:
    """``largest`` as ``largest_volume`` tells."""
    storage_class = facts.get(StorageClass, name)
    if storage_class is None and largest is None:
        return None
    expandable = storage_class.allows_expansion if storage_class else None
    return ClassJudgement(name=name, expandable=expandable, largest=largest)


def largest_volume(storage_class: str, facts: Facts) -> int | None:
    """The largest volume that any pool of the class can make; None where none tells.

    Where on the pools a claim's volume lies is not asked: what one of them can make, its driver can.
    """
    return _most(limit.size for limit in facts.linked(SizeLimit, "class", storage_class))


def assess_expansion(claim: Claim, largest: int | None, facts: Facts, sight: Sight) -> ExpansionJudgement:
    """Whether something is known to keep the claim from growing. One without a volume has nothing to grow."""
    bound = claim.phase == "Bound" and claim.deleting_since is None
    return ExpansionJudgement(ref=claim.ref, reason=_obstacle(claim, largest, facts, sight) if bound else "")


def _obstacle(  # noqa: PLR0911 - a decision table, one row a return
    claim: Claim, largest: int | None, facts: Facts, sight: Sight
) -> str:
    """The first reason that holds."""
    if not claim.storage_class:
        return "no-class"
    storage_class = facts.get(StorageClass, claim.storage_class)
    if storage_class is None and sight.classes:
        return "class-missing"
    if storage_class is not None and not storage_class.allows_expansion:
        return "class-forbids"
    if resize_stage(claim) in FAILED_RESIZES:
        return "resize-failed"
    size = claim.requested if claim.requested is not None else claim.capacity
    if size is None:
        return ""
    if largest is not None and size >= largest:
        return "maximum-size"
    return "quota" if _quota_leaves_no_room(claim, size, facts) else ""


def _quota_leaves_no_room(claim: Claim, size: int, facts: Facts) -> bool:
    """A scoped quota is passed over: whether it holds for the claim cannot be told."""
    rooms = (
        limit.room
        for quota in facts.linked(Quota, "namespace", claim.ref.namespace)
        if not quota.scoped
        for limit in quota.limits
        if limit.resource == "requests.storage" and limit.storage_class in ("", claim.storage_class)
    )
    return any(room is not None and room * STEP < size for room in rooms)


def measure_quota(quota: QuotaJudgement) -> tuple[Measure, ...]:
    """What is used of each of its byte limits. A limit of nothing forbids, and does not fill."""
    return tuple(
        Measure(
            key=_quota_key(quota.namespace, quota.name, limit),
            used=min(max(float(limit.used), _LEAST), float(limit.hard)),
            capacity=float(limit.hard),
        )
        for limit in quota.limits
        if _fills(limit) and limit.hard and limit.used is not None
    )


def _fills(limit: Limit) -> bool:
    return limit.resource in QUOTA_BYTES and bool(limit.hard) and limit.used is not None


def measure_pool(pool: PoolJudgement, seen: float, last: float | None) -> Measure | None:
    """What is used of the pool, which is as large as the most that was lately ``seen`` free of it, or is free now.

    ``last`` is how large it was taken to be before, and stays so while that is about right. The sizes of the volumes
    are not added: in a thin pool they say nothing of its size, and its shrinking space would show as a pool that
    shrinks and does not fill.
    """
    if pool.available is None:
        return None
    most = max(float(pool.available), seen)
    capacity = last if last is not None and abs(last - most) <= _SAME * most else most
    if capacity < _LEAST:
        return None
    used = min(max(capacity - pool.available, _LEAST), capacity)
    return Measure(key=pool_key(pool.storage_class, pool.topology), used=used, capacity=capacity)


def free_space(used: Floats, capacity: Floats) -> Floats:
    """What was free when it was measured like this."""
    free: Floats = np.where(used > _LEAST, capacity - used, capacity)
    return free


def most_seen(free: Floats) -> Floats:
    """For each row the most that was free but once, which may have been a wrong reading; 0 where nothing was."""
    if free.shape[1] < 2:
        return np.zeros(len(free))
    most: Floats = np.sort(np.nan_to_num(free), axis=1)[:, -2]
    return most


def used_of(free: Floats, capacity: float) -> Floats:
    """The same free space in a pool that is taken to be as large as this.

    All that is kept of a pool has one size: else a size that follows its space would hide that the space shrinks.
    """
    used: Floats = np.clip(capacity - free, _LEAST, capacity)
    return used


def is_steady(times: Floats, free: Floats, now: float) -> bool:
    """Whether no less is free than between two days and half a day ago; False where that is not known.

    Space that comes and goes every day does so in that time; a few wrong readings do not count.
    """
    before = free[(times > now - 2 * _DAY) & (times <= now - _DAY / 2)]
    return len(before) > 0 and bool(free[-1] >= (1 - _STILL) * np.quantile(before, 0.1))


def is_shrunk(times: Floats, free: Floats, now: float) -> bool:
    """Whether less is free than a day or a week ago, as the alert of pools asks; False where that is not known."""
    ago = [free[times <= now - age] for age in (_DAY, 7 * _DAY)]
    return any(len(before) > 0 and bool(free[-1] < _SHRUNK * before[-1]) for before in ago)


def _quota_key(namespace: str, name: str, limit: Limit) -> str:
    return QUOTA_KEYS + joined(namespace, name, limit.storage_class, limit.resource)


def pool_key(storage_class: str, topology: str) -> str:
    return f"{POOL_KEYS}{joined(storage_class)}/{topology}"


def _most(amounts: Iterable[int | None]) -> int | None:
    return max((amount for amount in amounts if amount is not None), default=None)
