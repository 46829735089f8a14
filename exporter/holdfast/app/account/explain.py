"""Why a claim is judged as it is: every figure, the rule that decided it, and the objects that it came from.

No rule stands here: the assessment's own functions are asked again, with the same facts, for what they saw.
"""

from collections.abc import Iterator

from holdfast.app.account.explain_case import Case, told_by
from holdfast.app.account.explain_cost import explain_cost
from holdfast.app.account.explain_filling import explain_filling, gauged
from holdfast.app.account.explain_objective import explain_objective
from holdfast.app.account.explain_proof import explain_drill, explain_replications
from holdfast.app.account.explain_protection import evidence_of, explain_protection, explain_table
from holdfast.app.account.explain_use import explain_findings, explain_identity, explain_use, explain_waiting
from holdfast.app.engine import Engine
from holdfast.assessment.claim import Protectors, assess_claim, evidence_on
from holdfast.assessment.copies import COPY_FAULTS, CopyVerdict, appraise, faults
from holdfast.assessment.drills import gather_trials
from holdfast.assessment.objectives import ladder_of
from holdfast.assessment.protection import miss_reason, misses_since, would_count
from holdfast.assessment.sight import makes_blind
from holdfast.assessment.workloads import workloads_of
from holdfast.model.account.explanation import (
    BlindPart,
    CopyVerdictPart,
    CoveringPart,
    Explanation,
    FaultPart,
    MissPart,
)
from holdfast.model.account.telling import elapsed, moment, moment_if
from holdfast.model.facts import Claim, Pod
from holdfast.model.health import FeedHealth
from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey, Subject, TargetKey
from holdfast.model.judgement import PROTECTION_REASONS, ClaimJudgement, ScheduleJudgement, TargetJudgement
from holdfast.model.protection import Cover
from holdfast.model.surroundings import Namespace

__all__ = ["Explanation", "explain_claim"]

API_VERSION = "holdfast.dev/explanation/v1"

_GAPS = {
    "": "it runs",
    "paused": "it is paused",
    "invalid": "its tool refuses it",
    "excluded": "it reaches the namespace but leaves the claim out",
}


def explain_claim(engine: Engine, ref: ClaimRef, now: float) -> Explanation | None:
    """None where no such claim is known, or nothing was judged yet."""
    claim = engine.facts.get(Claim, *ref)
    if claim is None or not engine.complete:
        return None
    case = _case(engine, claim, now)
    figures = (
        *explain_identity(case),
        *explain_objective(case),
        *explain_protection(case),
        *explain_drill(case),
        *explain_replications(case),
        *explain_use(case),
        *explain_filling(case),
        *explain_cost(case, engine.judging.costs),
        *explain_waiting(case),
        *explain_findings(case),
    )
    return Explanation(
        api_version=API_VERSION,
        now=moment(now),
        cluster=engine.policy.cluster,
        namespace=ref.namespace,
        name=ref.name,
        uid=claim.uid,
        state=case.judgement.protection.state,
        figures=figures,
        table=tuple(explain_table(case)),
        copies=tuple(_copy(verdict, case) for verdict in reversed(case.appraisal.verdicts)),
        misses=tuple(_misses(case)),
        schedules=tuple(_covering(cover, case) for cover in case.judgement.protection.covers),
        blind=tuple(_blind(health) for health in case.blind),
    )


def _case(engine: Engine, claim: Claim, now: float) -> Case:
    setting, facts = engine.setting(now), engine.facts
    protectors = engine.judging.protectors(claim)
    judgement, _ = assess_claim(claim, protectors, setting)
    pods = facts.linked(Pod, "claim", *claim.ref)
    named, workloads = workloads_of(claim, pods, facts)
    namespace = facts.get(Namespace, claim.ref.namespace)
    evidence = evidence_on(claim, judgement.objective, protectors, setting)
    surveyed, ignored = engine.surveys.on(ObjectRef("PersistentVolumeClaim", *claim.ref))
    return Case(
        claim=claim,
        judgement=judgement,
        setting=setting,
        pods=tuple(pods),
        named=named,
        workloads=tuple(workloads),
        namespace=namespace,
        ladder=ladder_of(claim, workloads, namespace, engine.policy),
        appraisal=appraise(evidence, now),
        trials=gather_trials(
            claim, judgement.objective, protectors.coverages, setting, restored=evidence.restored
        ),
        replications=tuple(engine.replications_of(claim.ref)),
        schedules=dict(_schedules(engine, protectors)),
        targets=dict(_targets(engine, judgement)),
        blind=tuple(_blind_kinds(engine, now)),
        gauged=gauged(engine, claim, now),
        findings=(*judgement.findings, *surveyed),
        ignored=(*judgement.ignored, *ignored),
    )


def _schedules(engine: Engine, protectors: Protectors) -> Iterator[tuple[ScheduleKey, ScheduleJudgement]]:
    for key in protectors.schedules:
        judged = engine.judgement(Subject("schedule", key))
        if isinstance(judged, ScheduleJudgement):
            yield key, judged


def _targets(engine: Engine, claim: ClaimJudgement) -> Iterator[tuple[TargetKey, TargetJudgement]]:
    for key in {_target_key(cover) for cover in claim.protection.covers}:
        judged = engine.judgement(Subject("target", tuple(key)))
        if isinstance(judged, TargetJudgement):
            yield key, judged


def _target_key(cover: Cover) -> TargetKey:
    """Where the schedule sends its copies."""
    return TargetKey(cover.schedule.source, cover.schedule.namespace, cover.target)


def _blind_kinds(engine: Engine, now: float) -> Iterator[FeedHealth]:
    """The feeds for which sources that could hold copies cannot vouch."""
    for health in sorted(engine.feeds, key=lambda health: (health.source, health.kind)):
        if health.source in engine.sight.blind and makes_blind(health, engine.policy.blind_after, now):
            yield health


def _copy(verdict: CopyVerdict, case: Case) -> CopyVerdictPart:
    copy, objective = verdict.copy, case.judgement.objective
    return CopyVerdictPart(
        source=copy.source,
        captured=moment(copy.captured),
        age_seconds=elapsed(copy.captured, case.setting.now),
        placement=copy.placement,
        consistency=copy.consistency,
        size_bytes=copy.size,
        expires=moment_if(copy.expires),
        target=copy.target.name if copy.target else "",
        schedule=copy.schedule.name if copy.schedule else "",
        inferred=copy.inferred,
        counts=verdict.own and verdict.made and verdict.accepted,
        restorable=verdict.restorable,
        faults=tuple(FaultPart(fault=fault, why=COPY_FAULTS[fault]) for fault in faults(verdict, objective)),
        evidence=evidence_of(copy),
    )


def _misses(case: Case) -> Iterator[MissPart]:
    bearing = set(misses_since(case.appraisal))
    told = (miss for coverage in case.appraisal.evidence.coverages for miss in coverage.misses)
    for miss in sorted(told, key=lambda miss: (-miss.time, miss.evidence)):
        reason = miss_reason(miss)
        yield MissPart(
            schedule=miss.schedule.name if miss.schedule else "",
            time=moment(miss.time),
            reason=reason,
            why=PROTECTION_REASONS[reason],
            bears=miss in bearing,
            evidence=told_by(miss.evidence, ran=miss.time),
        )


def _covering(cover: Cover, case: Case) -> CoveringPart:
    key, judged = cover.schedule, case.schedules.get(cover.schedule)
    target = case.targets.get(_target_key(cover))
    return CoveringPart(
        source=key.source,
        namespace=key.namespace,
        name=key.name,
        gap=cover.gap,
        why=_GAPS[cover.gap],
        counts=would_count(cover, case.judgement.objective),
        placement=cover.placement,
        consistency=cover.consistency,
        target=cover.target,
        target_available=target.available if target else None,
        cron=judged.cron if judged else "",
        timezone=_timezone(case, key),
        last_result=judged.last_result if judged else "none",
        last_success=moment_if(judged.last_success) if judged else None,
        last_due=moment_if(judged.due) if judged else None,
        next_run=moment_if(judged.next_run) if judged else None,
        running_since=moment_if(judged.running_since) if judged else None,
        missed_runs=judged.missed if judged else None,
    )


def _timezone(case: Case, key: ScheduleKey) -> str:
    schedule = case.appraisal.evidence.schedules.get(key)
    return schedule.timezone if schedule else ""


def _blind(health: FeedHealth) -> BlindPart:
    return BlindPart(
        source=health.source,
        kind=health.kind,
        state=health.state,
        message=health.message,
        undecodable=health.undecodable,
        lost_since=moment_if(health.lost_since),
    )
