"""Families about claims, other than protection: identity, objectives, life cycle and use."""

from collections.abc import Iterable

from holdfast.metrics.family import Family, Row
from holdfast.metrics.rows import optional
from holdfast.model.annotation import AREAS, URGENCIES
from holdfast.model.judgement import (
    DORMANT_REASONS,
    ORPHAN_REASONS,
    PENDING_REASONS,
    RESIZE_STAGES,
    TERMINATING_REASONS,
    UNUSED_STATES,
    ClaimJudgement,
    Waiting,
)
from holdfast.model.objective import ORIGINS

_LABEL_LIMIT = 100  # characters of a label value that comes from an annotation


def _info(claim: ClaimJudgement) -> Iterable[Row]:
    objective = claim.objective
    labels = (
        claim.volume,
        claim.storage_class,
        claim.csi_driver,
        claim.volume_mode,
        claim.access_modes,
        claim.reclaim_policy,
        claim.workload_kind,
        claim.workload,
        objective.tier,
        objective.urgency,
        objective.owner[:_LABEL_LIMIT],
    )
    return ((labels, 1),)


def _unused(claim: ClaimJudgement) -> Iterable[Row]:
    state = claim.usage.state
    return [((state,), claim.capacity)] if state in UNUSED_STATES and claim.capacity is not None else ()


def _waiting(waiting: Waiting | None) -> tuple[Row, ...]:
    return () if waiting is None else (((waiting.reason,), waiting.since),)


def _unless_exempt(claim: ClaimJudgement, value: float | None) -> tuple[Row, ...]:
    return () if claim.objective.exempt or claim.protection.state == "exempt" else optional(value)


def _origin(claim: ClaimJudgement) -> Iterable[Row]:
    objective = claim.objective
    if objective.rpo_origin is None or claim.protection.state == "exempt":
        return ()
    return (((objective.rpo_origin,), 1),)


CLAIM_FAMILIES = (
    Family(
        name="holdfast_pvc_info",
        help="What the claim is and who uses it. Moving facts stand here, so that identity labels never move.",
        noun="claim",
        further=(
            "persistentvolume",
            "storageclass",
            "csi_driver",
            "volumemode",
            "access_modes",
            "reclaim_policy",
            "workload_kind",
            "workload",
            "tier",
            "urgency",
            "claim_owner",
        ),
        rows=_info,
        vocabulary={"urgency": URGENCIES},
    ),
    Family(
        name="holdfast_pvc_muted",
        help="1: alerts of this area are muted for the claim by annotation.",
        noun="claim",
        further=("area",),
        rows=lambda claim: [((area,), 1) for area in claim.objective.muted],
        vocabulary={"area": AREAS},
    ),
    Family(
        name="holdfast_pvc_requested_bytes",
        help="Size that the claim asks for.",
        noun="claim",
        rows=lambda claim: optional(claim.requested),
    ),
    Family(
        name="holdfast_pvc_capacity_bytes",
        help="Size that the claim was given.",
        noun="claim",
        rows=lambda claim: optional(claim.capacity),
    ),
    Family(
        name="holdfast_pvc_phase",
        help="1 for the phase in force.",
        noun="claim",
        further=("phase",),
        rows=lambda claim: (((claim.phase,), 1),) if claim.phase else (),
        vocabulary={"phase": ("Pending", "Bound", "Lost")},
    ),
    Family(
        name="holdfast_pvc_created_timestamp_seconds",
        help="When the claim was made.",
        noun="claim",
        rows=lambda claim: optional(claim.created),
    ),
    Family(
        name="holdfast_pvc_rpo_seconds",
        help="Objective: the newest restorable copy may be this old.",
        noun="claim",
        rows=lambda claim: _unless_exempt(claim, claim.objective.rpo),
    ),
    Family(
        name="holdfast_pvc_rto_seconds",
        help="Objective: a restore drill must finish within this.",
        noun="claim",
        rows=lambda claim: _unless_exempt(claim, claim.objective.rto),
    ),
    Family(
        name="holdfast_pvc_restore_drill_interval_seconds",
        help="Objective: a restore must be proven this often.",
        noun="claim",
        rows=lambda claim: _unless_exempt(claim, claim.objective.restore_drill_every),
    ),
    Family(
        name="holdfast_pvc_objective_info",
        help="Where the recovery point objective comes from.",
        noun="claim",
        further=("origin",),
        rows=_origin,
        vocabulary={"origin": ORIGINS},
    ),
    Family(
        name="holdfast_pvc_time_to_full_objective_seconds",
        help="Objective: warn when full is this near.",
        noun="claim",
        rows=lambda claim: optional(claim.objective.full_within),
    ),
    Family(
        name="holdfast_pvc_unused_objective_seconds",
        help="Objective: idle for this long is waste.",
        noun="claim",
        rows=lambda claim: optional(claim.objective.unused_for),
    ),
    Family(
        name="holdfast_pvc_orphaned",
        help="1: nothing runs on the claim and nothing may come back to it.",
        noun="claim",
        further=("reason",),
        rows=lambda claim: (((claim.usage.reason,), 1),) if claim.usage.state == "orphaned" else (),
        vocabulary={"reason": tuple(ORPHAN_REASONS)},
    ),
    Family(
        name="holdfast_pvc_dormant",
        help="1: nothing runs on the claim, but something may come back to it.",
        noun="claim",
        further=("reason",),
        rows=lambda claim: (((claim.usage.reason,), 1),) if claim.usage.state == "dormant" else (),
        vocabulary={"reason": tuple(DORMANT_REASONS)},
    ),
    Family(
        name="holdfast_pvc_unused_seconds",
        help="How long nothing has run on the claim, as a lower bound.",
        noun="claim",
        rows=lambda claim: optional(claim.usage.unused_since),
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_pvc_unused_bytes",
        help="Size of a claim on which nothing runs, as it was given.",
        noun="claim",
        further=("state",),
        rows=_unused,
        vocabulary={"state": UNUSED_STATES},
    ),
    Family(
        name="holdfast_pvc_pending_seconds",
        help="How long the claim has been waiting for a volume, and why.",
        noun="claim",
        further=("reason",),
        rows=lambda claim: _waiting(claim.pending),
        clock=True,
        aggregation="min",
        vocabulary={"reason": tuple(PENDING_REASONS)},
    ),
    Family(
        name="holdfast_pvc_terminating_seconds",
        help="How long the claim has been waiting to be deleted, and why.",
        noun="claim",
        further=("reason",),
        rows=lambda claim: _waiting(claim.terminating),
        clock=True,
        aggregation="min",
        vocabulary={"reason": tuple(TERMINATING_REASONS)},
    ),
    Family(
        name="holdfast_pvc_resize_pending_seconds",
        help="How long a resize of the claim has been going, and at which stage it is.",
        noun="claim",
        further=("stage",),
        rows=lambda claim: _waiting(claim.resize),
        clock=True,
        aggregation="min",
        vocabulary={"stage": RESIZE_STAGES},
    ),
)
