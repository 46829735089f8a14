"""How things fill, in the document's shapes: claims, the spaces that they share, quotas and pools. Nothing is judged here."""

import math
from datetime import datetime

from holdfast.app.engine import Engine
from holdfast.model.account.filling import (
    BackendPart,
    FillingPart,
    ForecastPart,
    LimitPart,
    MemberPart,
    PoolPart,
    QuotaPart,
)
from holdfast.model.account.telling import UNTOLD, elapsed, elapsed_if, moment, moment_if, why_null
from holdfast.model.capacity import CLAIMS, ExpansionJudgement, Limit, PoolJudgement, QuotaJudgement
from holdfast.model.facts import Pod
from holdfast.model.filling import UNMEASURED_REASONS, BackendJudgement, FillingJudgement, Prospect
from holdfast.model.identity import EXPANSION, FILLING, ClaimRef, Subject
from holdfast.model.usage import UsageSample

NEVER_MEASURED = "nothing has ever measured it"
_SHARED = "it shares its space with others: see its backend"
_NOT_TOLD = "whoever measured it does not tell"
_NOT_COUNTED = "whoever measured it counts no inodes"
_NOTHING_YET = "too little is known of it so far"
_NUMBERED = "of a number of claims nothing is foretold"


def filling_part(ref: ClaimRef, engine: Engine, now: float) -> FillingPart:
    filling, expansion = engine.judgement(Subject(FILLING, ref)), engine.judgement(Subject(EXPANSION, ref))
    judged = filling if isinstance(filling, FillingJudgement) else None
    sample = judged.sample if judged else None
    own = sample if judged and not judged.backend else None
    never = NEVER_MEASURED if sample is None else ""
    foreign = never or ("" if own else _SHARED)
    figures = {
        name: _whole(sample if field in _SHARED_TOO else own, field) for name, field in _FIELDS.items()
    }
    return FillingPart(
        state=judged.state if judged else None,
        reason=judged.reason if judged else "",
        measured=moment_if(sample.time if sample else None),
        age_seconds=elapsed_if(sample.time if sample else None, now),
        origin=sample.origin if sample else "",
        backend=judged.backend if judged else "",
        used_bytes=figures["usedBytes"],
        filesystem_bytes=figures["filesystemBytes"],
        available_bytes=figures["availableBytes"],
        inodes_used=figures["inodesUsed"],
        inodes=figures["inodes"],
        bytes_forecast=claim_forecast_part(judged.bytes if judged else None),
        inodes_forecast=claim_forecast_part(judged.inodes if judged else None),
        not_expandable=expansion.reason if isinstance(expansion, ExpansionJudgement) else "",
        unknown=why_null(
            {
                "state": "" if judged and judged.state else _why_stateless(judged, ref, engine),
                "measured": never,
                "ageSeconds": never,
                **{name: foreign or _NOT_TOLD if value is None else "" for name, value in figures.items()},
                "bytesForecast": foreign,
                "inodesForecast": foreign or ("" if judged and judged.inodes else _NOT_COUNTED),
            }
        ),
    )


def _why_stateless(judged: FillingJudgement | None, ref: ClaimRef, engine: Engine) -> str:
    """Why it is neither measured nor unmeasured."""
    if judged and judged.reason:
        return UNMEASURED_REASONS[judged.reason]
    if not engine.sight.pods:
        return "pods cannot be seen, so nobody knows whether it is mounted"
    running = any(pod.phase == "Running" for pod in engine.facts.linked(Pod, "claim", *ref))
    return "nobody has looked yet" if running else "no running pod mounts it"


_SHARED_TOO = ("inodes_used", "inodes")  # told by each of the claims that share them
_FIELDS = {
    "usedBytes": "used",
    "filesystemBytes": "capacity",
    "availableBytes": "available",
    "inodesUsed": "inodes_used",
    "inodes": "inodes",
}


def _whole(sample: UsageSample | None, field: str) -> int | None:
    value = getattr(sample, field) if sample else None
    return None if value is None else round(value)


def forecast_part(prospect: Prospect, chance: float | None = None) -> ForecastPart:
    central = prospect.central
    finite = central is not None and math.isfinite(central)
    return ForecastPart(
        fills=None if central is None else finite,
        reason=prospect.reason,
        full=_second(central) if finite else None,
        full_early=_second(prospect.early),
        full_late=_second(prospect.late),
        full_chance=chance,
        growth_per_second=prospect.growth,
    )


def claim_forecast_part(prospect: Prospect | None) -> ForecastPart | None:
    """Only of claims is it judged how likely they are full."""
    return None if prospect is None else forecast_part(prospect, prospect.chance)


def _second(instant: float | None) -> datetime | None:
    """Nobody can foretell it better."""
    return None if instant is None else moment(round(instant))


def backend_part(backend: BackendJudgement, now: float) -> BackendPart:
    sample: UsageSample = backend.sample
    used, capacity = _whole(sample, "used"), _whole(sample, "capacity")
    return BackendPart(
        name=backend.name,
        claims=tuple(MemberPart(namespace=ref.namespace, name=ref.name) for ref in backend.members),
        measured=moment(sample.time),
        age_seconds=elapsed(sample.time, now),
        used_bytes=used,
        capacity_bytes=capacity,
        forecast=forecast_part(backend.bytes),
        unknown=why_null(
            {
                "usedBytes": _NOT_TOLD if used is None else "",
                "capacityBytes": _NOT_TOLD if capacity is None else "",
            }
        ),
    )


def quota_part(quota: QuotaJudgement) -> QuotaPart:
    prospects = dict(quota.prospects)
    return QuotaPart(
        namespace=quota.namespace,
        name=quota.name,
        scoped=quota.scoped,
        limits=tuple(_limit(limit, prospects.get(limit)) for limit in quota.limits),
    )


def _limit(limit: Limit, prospect: Prospect | None) -> LimitPart:
    return LimitPart(
        resource=limit.resource,
        storage_class=limit.storage_class,
        hard=limit.hard,
        used=limit.used,
        forecast=forecast_part(prospect) if prospect else None,
        unknown=why_null(
            {
                "hard": UNTOLD if limit.hard is None else "",
                "used": UNTOLD if limit.used is None else "",
                "forecast": "" if prospect else _NUMBERED if limit.resource == CLAIMS else _NOTHING_YET,
            }
        ),
    )


def pool_part(pool: PoolJudgement) -> PoolPart:
    return PoolPart(
        storage_class=pool.storage_class,
        topology=pool.topology,
        available_bytes=pool.available,
        maximum_volume_bytes=pool.maximum,
        forecast=forecast_part(pool.prospect) if pool.prospect else None,
        unknown=why_null(
            {
                "availableBytes": UNTOLD if pool.available is None else "",
                "maximumVolumeBytes": UNTOLD if pool.maximum is None else "",
                "forecast": "" if pool.prospect else _NOTHING_YET,
            }
        ),
    )
