"""One claim judged as a whole: what is asked of it, whether it is safe, who uses it, and what it waits for."""

import msgspec

from holdfast.assessment.checks.claims import judge_claim
from holdfast.assessment.checks.contract import ClaimCase
from holdfast.assessment.checks.ignoring import heed
from holdfast.assessment.copies import Evidence
from holdfast.assessment.drills import assess_drills, gather_trials, worth_noting
from holdfast.assessment.findings import annotation_findings, exemption_findings
from holdfast.assessment.lifecycle import assess_pending, assess_resize, assess_terminating
from holdfast.assessment.objectives import resolve_objective
from holdfast.assessment.protection import assess_protection
from holdfast.assessment.retention import retention_findings
from holdfast.assessment.setting import Setting
from holdfast.assessment.snapshots import restored
from holdfast.assessment.usage import assess_usage, idle_since
from holdfast.assessment.workloads import workloads_of
from holdfast.model.facts import Claim, Facts, Pod, StorageClass, Volume
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.judgement import ClaimJudgement, Finding
from holdfast.model.objective import Objective
from holdfast.model.observation import Observation
from holdfast.model.policy import Policy
from holdfast.model.protection import Coverage, Schedule, Target
from holdfast.model.snapshots import Snapshot
from holdfast.model.surroundings import Namespace


class Protectors(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What backup sources say of one claim, with the plans and places that they speak of (None where gone)."""

    coverages: tuple[Coverage, ...] = ()
    schedules: dict[ScheduleKey, Schedule | None] = {}
    targets: dict[TargetKey, Target | None] = {}


def assess_claim(
    claim: Claim, protectors: Protectors, setting: Setting
) -> tuple[ClaimJudgement, tuple[Observation, ...]]:
    """The claim's judgement, and what is to be remembered of it."""
    facts, policy, sight, now = setting.facts, setting.policy, setting.sight, setting.now
    pods = facts.linked(Pod, "claim", *claim.ref)
    named, workloads = workloads_of(claim, pods, facts)
    asked = resolve_objective(claim, workloads, facts.get(Namespace, claim.ref.namespace), policy, now)
    evidence = evidence_on(claim, asked.objective, protectors, setting)
    ruling = assess_protection(evidence, now)
    trials = gather_trials(claim, asked.objective, protectors.coverages, setting, restored=evidence.restored)
    proof, proof_until = assess_drills(trials, now)
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    found = _findings(ClaimCase(volume=volume, appraisal=ruling.appraisal), policy, now)
    usage, told = idle_since(claim, assess_usage(claim, pods, facts, sight), facts, now)
    told += (*_snapshots_seen(claim, facts), *worth_noting(trials, facts))
    kind, workload = named[0] if named else ("", "")
    exempt = ruling.protection.state == "exempt"
    ends = (asked.until, ruling.until, proof_until, found.until)
    judgement = ClaimJudgement(
        ref=claim.ref,
        volume=claim.volume,
        storage_class=claim.storage_class,
        csi_driver=volume.csi_driver if volume else "",
        volume_mode=claim.volume_mode,
        access_modes=",".join(sorted(claim.access_modes)),
        reclaim_policy=volume.reclaim_policy if volume else _class_policy(claim, facts),
        workload_kind=kind,
        workload=workload,
        requested=claim.requested,
        capacity=claim.capacity,
        phase=claim.phase,
        created=claim.created,
        objective=asked.objective,
        protection=ruling.protection,
        proof=msgspec.structs.replace(proof, state=None) if exempt else proof,
        usage=usage,
        pending=assess_pending(claim, pods, facts, sight),
        terminating=assess_terminating(claim, pods),
        resize=assess_resize(claim),
        findings=found.open,
        ignored=found.ignored,
        unjudged=found.unjudged,
        until=min((end for end in ends if end is not None), default=None),
    )
    return judgement, told


class _Found(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``unjudged`` are checks. ``until`` is the instant at which the clock alone would change the findings."""

    open: tuple[Finding, ...]
    ignored: tuple[Finding, ...]
    unjudged: tuple[str, ...]
    until: float | None


def _findings(case: ClaimCase, policy: Policy, now: float) -> _Found:
    """All that stand on the claim itself, parted by what its owner wants to be told."""
    on, annotations = ObjectRef("PersistentVolumeClaim", *case.claim.ref), case.claim.annotations
    kept, kept_until = retention_findings(case.appraisal, policy)
    checked, unjudged = judge_claim(case, policy)
    told = annotation_findings(annotations, on, policy)
    heeded = heed((*told, *exemption_findings(case.objective, on, policy), *kept, *checked), annotations, now)
    ends = [end for end in (kept_until, heeded.until) if end is not None]
    return _Found(open=heeded.open, ignored=heeded.ignored, unjudged=unjudged, until=min(ends, default=None))


def evidence_on(claim: Claim, objective: Objective, protectors: Protectors, setting: Setting) -> Evidence:
    """All that bears on the claim's protection, gathered."""
    return Evidence(
        claim=claim,
        objective=objective,
        coverages=protectors.coverages,
        schedules=protectors.schedules,
        targets=protectors.targets,
        sight=setting.sight,
        generic_ephemeral=is_generic_ephemeral(claim),
        restored=restored(claim, setting.facts) and not any(each.stranger for each in protectors.coverages),
        objective_known=_objective_known(claim, setting),
    )


def _class_policy(claim: Claim, facts: Facts) -> str:
    storage_class = facts.get(StorageClass, claim.storage_class) if claim.storage_class else None
    return storage_class.reclaim_policy if storage_class else ""


def is_generic_ephemeral(claim: Claim) -> bool:
    """Such a claim is ``<pod>-<volume>`` and owned by that pod; a StatefulSet's retention policy, too, can make a pod
    the owner of a claim, whose name then does not begin with the pod's."""
    owner = claim.owner
    return owner is not None and owner.kind == "Pod" and claim.ref.name.startswith(owner.name + "-")


def _objective_known(claim: Claim, setting: Setting) -> bool:
    """Whether everything that could ask something of the claim can be seen.

    A dump without namespaces is enough as long as no tier goes by their labels.
    """
    if not setting.sight.workload_objectives:
        return False
    if setting.facts.get(Namespace, claim.ref.namespace) is not None:
        return True
    by_label = any(tier.match and tier.match.namespace_labels for tier in setting.policy.tiers)
    return setting.sight.namespaces and not by_label


def _snapshots_seen(claim: Claim, facts: Facts) -> tuple[Observation, ...]:
    """Snapshots cut by a Velero run go when it ends; what was seen of them is kept."""
    known = {(note.time, note.value) for note in facts.remembered("snapshot_seen", claim.uid)}
    seen = {
        (snapshot.captured, f"velero/{snapshot.velero_backup}")
        for snapshot in facts.linked(Snapshot, "claim", *claim.ref)
        if snapshot.velero_backup and snapshot.ready and snapshot.captured is not None
    }
    return tuple(Observation("snapshot_seen", claim.uid, time, value) for time, value in sorted(seen - known))
