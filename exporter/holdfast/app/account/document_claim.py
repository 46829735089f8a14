"""The report document's entry of one claim: its judgement in the document's shapes. Nothing is judged here."""

from holdfast.app.account.document_cost import monthly_cost
from holdfast.app.account.document_filling import filling_part
from holdfast.app.engine import Engine
from holdfast.model.account.report import (
    ClaimPart,
    CopyPart,
    CoverPart,
    DrillPart,
    ExemptPart,
    FindingPart,
    HoldingPart,
    ObjectivePart,
    ProtectionPart,
    RetentionPart,
    UsagePart,
    WaitingPart,
    WorkloadPart,
)
from holdfast.model.account.telling import UNTOLD, Unknown, elapsed, elapsed_if, moment, moment_if, why_null
from holdfast.model.check import CHECKS
from holdfast.model.facts import Claim, Volume
from holdfast.model.identity import CLAIM_COST, ObjectRef
from holdfast.model.judgement import ClaimJudgement, Finding, RestoreProof, SourceTally, Waiting
from holdfast.model.protection import Cover

_EPHEMERAL = "a generic ephemeral volume: it lives and dies with its pod"


def claim_part(claim: ClaimJudgement, engine: Engine, now: float) -> ClaimPart:
    record = engine.facts.get(Claim, *claim.ref)
    volume_seen = _volume_seen(claim, engine)
    cost, why_costless = monthly_cost(CLAIM_COST, claim.ref, engine)
    surveyed, _ = engine.surveys.on(ObjectRef("PersistentVolumeClaim", *claim.ref))
    return ClaimPart(
        namespace=claim.ref.namespace,
        name=claim.ref.name,
        uid=record.uid if record else "",
        created=moment(claim.created) if claim.created else None,
        phase=claim.phase,
        volume=claim.volume,
        storage_class=claim.storage_class,
        csi_driver=claim.csi_driver if volume_seen else None,
        volume_mode=claim.volume_mode,
        access_modes=tuple(claim.access_modes.split(",")) if claim.access_modes else (),
        reclaim_policy=claim.reclaim_policy if volume_seen or claim.reclaim_policy else None,
        requested_bytes=claim.requested,
        capacity_bytes=claim.capacity,
        workload=WorkloadPart(kind=claim.workload_kind, name=claim.workload) if claim.workload else None,
        tier=claim.objective.tier,
        urgency=claim.objective.urgency,
        owner=claim.objective.owner,
        muted=claim.objective.muted,
        exempt=exempt_part(claim),
        objective=objective_part(claim),
        protection=_protection(claim, now),
        drill=_drill(claim.proof, now),
        usage=_usage(claim, now),
        filling=filling_part(claim.ref, engine, now),
        pending=_waiting(claim.pending, now),
        terminating=_waiting(claim.terminating, now),
        resize=_waiting(claim.resize, now),
        findings=tuple(finding_part(finding) for finding in (*claim.findings, *surveyed)),
        monthly_cost=cost,
        unknown=_unknown(claim, engine, why_costless),
    )


def _volume_seen(claim: ClaimJudgement, engine: Engine) -> bool:
    return not claim.volume or engine.facts.get(Volume, claim.volume) is not None


def _unknown(claim: ClaimJudgement, engine: Engine, why_costless: str) -> Unknown:
    volume_seen = _volume_seen(claim, engine)
    unseen = "there is no such volume" if engine.sight.volumes else "volumes cannot be seen"
    unsized = "it has no volume yet" if claim.phase == "Pending" else UNTOLD
    return why_null(
        {
            "created": "" if claim.created else UNTOLD,
            "csiDriver": "" if volume_seen else unseen,
            "reclaimPolicy": "" if volume_seen or claim.reclaim_policy else unseen,
            "requestedBytes": UNTOLD if claim.requested is None else "",
            "capacityBytes": unsized if claim.capacity is None else "",
            "protection.ageSeconds": "no copy counts" if claim.protection.captured is None else "",
            "usage.state": claim.usage.reason if claim.usage.state is None else "",
            "monthlyCost": why_costless,
        }
    )


def exempt_part(claim: ClaimJudgement) -> ExemptPart | None:
    exempt = claim.objective.exempt
    if exempt is not None:
        return ExemptPart(reason=exempt.reason, until=moment_if(exempt.until))
    return ExemptPart(reason=_EPHEMERAL, until=None) if claim.protection.state == "exempt" else None


def objective_part(claim: ClaimJudgement) -> ObjectivePart:
    asked = claim.objective
    copies_asked = claim.protection.state != "exempt"
    return ObjectivePart(
        rpo_seconds=asked.rpo if copies_asked else None,
        rpo_origin=asked.rpo_origin if copies_asked else None,
        rto_seconds=asked.rto if copies_asked else None,
        replication_lag_seconds=asked.replication_lag,
        restore_drill_every_seconds=asked.restore_drill_every if copies_asked else None,
        offsite=asked.offsite,
        consistency="application" if asked.application else None,
        locations=asked.locations,
        reclaim_policy=asked.reclaim_policy or None,
        full_within_seconds=asked.full_within,
        unused_for_seconds=asked.unused_for,
    )


def _protection(claim: ClaimJudgement, now: float) -> ProtectionPart:
    protection = claim.protection
    captured = None if protection.captured is None else min(protection.captured, now)  # ALWAYS is now
    return ProtectionPart(
        state=protection.state,
        reasons=protection.reasons,
        captured=moment_if(captured),
        age_seconds=elapsed_if(captured, now),
        copies=tuple(
            CopyPart(
                source=clock.source,
                placement=clock.placement,
                consistency=clock.consistency,
                captured=moment(min(clock.captured, now)),
                age_seconds=elapsed(clock.captured, now),
            )
            for clock in protection.clocks
        ),
        sources=tuple(_holding(tally) for tally in protection.tallies),
        schedules=tuple(_cover(cover) for cover in protection.covers if cover.gap != "excluded"),
        retention=_retention(claim),
    )


def _holding(tally: SourceTally) -> HoldingPart:
    return HoldingPart(
        source=tally.source,
        recovery_points=tally.points,
        size_bytes=tally.size,
        previous_size_bytes=tally.previous_size,
        inferred=tally.inferred,
        unknown=why_null(
            {
                "sizeBytes": "no copy tells its size" if tally.size is None else "",
                "previousSizeBytes": "no copy before the newest tells its size"
                if tally.previous_size is None
                else "",
            }
        ),
    )


def _cover(cover: Cover) -> CoverPart:
    return CoverPart(
        source=cover.schedule.source,
        namespace=cover.schedule.namespace,
        name=cover.schedule.name,
        target=cover.target,
        placement=cover.placement,
        consistency=cover.consistency,
        gap=cover.gap,
    )


def _retention(claim: ClaimJudgement) -> tuple[RetentionPart, ...]:
    if claim.protection.state == "exempt":
        return ()
    missing = dict(claim.protection.retention_missing)
    return tuple(
        RetentionPart(
            window=window,
            points=points,
            missing=missing.get(window),
            reason="" if window in missing else "source-blind",
        )
        for window, points in claim.objective.keeps
    )


def _drill(proof: RestoreProof, now: float) -> DrillPart:
    none = "no restore of it has succeeded" if proof.ended is None else ""
    untold = none or UNTOLD
    return DrillPart(
        state=proof.state,
        source=proof.source,
        ended=moment_if(proof.ended),
        age_seconds=elapsed_if(proof.ended, now),
        duration_seconds=proof.duration,
        point_age_seconds=proof.point_age,
        unknown=why_null(
            {
                "state": "no proof is asked for" if proof.state is None else "",
                "ended": none,
                "ageSeconds": none,
                "durationSeconds": untold if proof.duration is None else "",
                "pointAgeSeconds": untold if proof.point_age is None else "",
            }
        ),
    )


def _usage(claim: ClaimJudgement, now: float) -> UsagePart:
    usage = claim.usage
    return UsagePart(
        state=usage.state,
        reason=usage.reason,
        unused_since=moment_if(usage.unused_since),
        unused_seconds=elapsed_if(usage.unused_since, now),
    )


def _waiting(waiting: Waiting | None, now: float) -> WaitingPart | None:
    if waiting is None:
        return None
    return WaitingPart(
        reason=waiting.reason, since=moment(waiting.since), seconds=elapsed(waiting.since, now)
    )


def finding_part(finding: Finding) -> FindingPart:
    return FindingPart(
        check=finding.check,
        severity=CHECKS[finding.check].severity,
        kind=finding.on.kind,
        namespace=finding.on.namespace,
        name=finding.on.name,
        why=finding.why,
    )
