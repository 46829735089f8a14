"""What a claim is, who uses it and what it waits for: each figure, the rule that decided it, and its objects."""

from collections.abc import Iterator

from holdfast.app.account.explain_case import Case, figure, told_by
from holdfast.assessment.usage import UNSEEN_REASONS, may_come_back, owner_ref, stateful_set, weigh_idle
from holdfast.model.account.explanation import FigurePart, ObjectPart
from holdfast.model.account.telling import UNTOLD, elapsed, moment_text
from holdfast.model.check import CHECKS
from holdfast.model.facts import Claim, Pod, StorageClass, Volume, Workload
from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import (
    DORMANT_REASONS,
    ORPHAN_REASONS,
    PENDING_REASONS,
    TERMINATING_REASONS,
    Waiting,
)


def explain_identity(case: Case) -> Iterator[FigurePart]:
    claim, judged, facts = case.claim, case.judgement, case.setting.facts
    own = told_by(case.ref, created=claim.created)
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    held = [_volume(volume)] if volume else []
    yield figure("phase", judged.phase, "status.phase of the claim", own)
    yield figure("volume", judged.volume, "spec.volumeName of the claim", own, *held)
    yield figure("storageClass", judged.storage_class, "the class that the claim names", own)
    if volume:
        yield figure("csiDriver", judged.csi_driver, "spec.csi.driver of its volume", *held)
        yield figure("reclaimPolicy", judged.reclaim_policy, "that of its volume", *held)
    elif judged.reclaim_policy:
        rule = "that of its class, for it has no volume that can be seen"
        yield figure("reclaimPolicy", judged.reclaim_policy, rule, *_class(case))
    for name, value, rule in (
        ("requestedBytes", judged.requested, "what the claim's spec asks for"),
        ("capacityBytes", judged.capacity, "what the claim's status says it was given"),
    ):
        yield figure(name, value, rule if value is not None else UNTOLD, own, unit="bytes")
    yield _workload(case)


def _volume(volume: Volume) -> ObjectPart:
    ref = ObjectRef("PersistentVolume", "", volume.name)
    return told_by(ref, volume.phase, created=volume.created, phaseSince=volume.phase_since)


def _class(case: Case) -> list[ObjectPart]:
    found = case.setting.facts.get(StorageClass, case.claim.storage_class)
    if found is None:
        return []
    return [
        told_by(ObjectRef("StorageClass", "", found.name), f"{found.provisioner}, binds {found.binding_mode}")
    ]


def _workload(case: Case) -> FigurePart:
    judged = case.judgement
    value = f"{judged.workload_kind}/{judged.workload}" if judged.workload else None
    if not case.named:
        return figure("workload", value, "no pod and no template names the claim")
    rule = "the topmost controller of the pods that name it"
    if not case.pods:
        rule = "the workload whose template names it, or else its owner: it has no pod"
    if len(case.named) > 1:
        rule += ", of several the first by kind and name"
    created: dict[tuple[str, str], float] = {("Pod", pod.name): pod.created for pod in case.pods}
    created |= {(workload.kind, workload.name): workload.created for workload in case.workloads}
    namespace = case.claim.ref.namespace
    objects = (
        told_by(ObjectRef(kind, namespace, name), created=created.get((kind, name)))
        for kind, name in case.named
    )
    return figure("workload", value, rule, *objects)


def explain_use(case: Case) -> Iterator[FigurePart]:
    usage, facts = case.judgement.usage, case.setting.facts
    busy = [pod for pod in case.pods if not pod.finished]
    if usage.state is None:
        yield figure("usage.state", None, UNSEEN_REASONS[usage.reason])
    elif usage.state == "in-use":
        yield figure("usage.state", "in-use", "a pod that is not finished names it", *map(_pod, busy))
    elif usage.state == "dormant":
        _, decisive = may_come_back(case.claim, facts)
        yield _unused(case, DORMANT_REASONS[usage.reason], decisive)
    else:
        yield _unused(case, ORPHAN_REASONS[usage.reason], None)
    if usage.unused_since is not None:
        yield _idle(case)


def _unused(case: Case, rule: str, decisive: ObjectRef | None) -> FigurePart:
    """With everything that refers to the claim, what decided first."""
    usage = case.judgement.usage
    found = sorted(_references(case), key=lambda part: (part.kind, part.namespace, part.name) != decisive)
    return figure("usage.state", usage.state, f"{usage.reason}: {rule}", *found)


def _references(case: Case) -> Iterator[ObjectPart]:
    claim, facts = case.claim, case.setting.facts
    yield from map(_pod, case.pods)
    makers = [stateful[0]] if (stateful := stateful_set(claim, facts)) else []
    for workload in makers:
        yield told_by(
            workload.ref, f"its claim template makes it{_scale(workload)}", created=workload.created
        )
    for workload in facts.linked(Workload, "claim", *claim.ref):
        yield told_by(workload.ref, f"its pod template names it{_scale(workload)}", created=workload.created)
    if claim.owner:
        yield told_by(owner_ref(claim.owner, claim.ref.namespace), "owns it")
    for clone in facts.linked(Claim, "cloned-from", *claim.ref):
        yield told_by(
            ObjectRef("PersistentVolumeClaim", *clone.ref), "was cloned from it", created=clone.created
        )


def _pod(pod: Pod) -> ObjectPart:
    return told_by(pod.ref, f"{pod.phase or 'no phase'}, names it", created=pod.created)


def _scale(workload: Workload) -> str:
    if workload.suspended:
        return ", suspended"
    if workload.finished:
        return ", finished"
    return "" if workload.replicas is None else f", replicas {workload.replicas}"


def _idle(case: Case) -> FigurePart:
    claim, now = case.claim, case.setting.now
    since = case.judgement.usage.unused_since or now
    idle = weigh_idle(claim, case.setting.facts, now)
    objects = []
    if since == claim.created:
        rule = "never since the claim was made"
        objects = [told_by(case.ref, created=claim.created)]
    elif idle.proven is not None and idle.proven == since:
        rule = "the claim's condition Unused tells since when"
        objects = [told_by(case.ref, "condition Unused", unused=idle.proven)]
    elif since < now:
        rule = f"a lower bound: first seen idle at {moment_text(since)}, and remembered since"
    else:
        rule = "a lower bound: seen idle for the first time now, and nothing proves an earlier time"
    return figure("usage.unusedSeconds", elapsed(since, now), rule, *objects, unit="seconds")


def explain_waiting(case: Case) -> Iterator[FigurePart]:
    judged = case.judgement
    own = told_by(case.ref, created=case.claim.created, deleted=case.claim.deleting_since)
    if judged.pending:
        pods = map(_pod, (pod for pod in case.pods if not pod.finished))
        rule = PENDING_REASONS[judged.pending.reason]
        yield _waiting(case, "pending", judged.pending, rule, own, *_class(case), *pods)
    if judged.terminating:
        busy = map(_pod, (pod for pod in case.pods if not pod.finished))
        says = ", ".join(case.claim.finalizers)
        held = told_by(case.ref, f"finalizers: {says}" if says else "", deleted=case.claim.deleting_since)
        rule = TERMINATING_REASONS[judged.terminating.reason]
        yield _waiting(case, "terminating", judged.terminating, rule, held, *busy)
    if judged.resize:
        conditions = [c for c in case.claim.conditions if c.status == "True" and c.since is not None]
        told = (told_by(case.ref, f"condition {c.type}", since=c.since) for c in conditions)
        yield _waiting(case, "resize", judged.resize, "the stage that the claim's status tells", *told)


def _waiting(case: Case, name: str, waiting: Waiting, rule: str, *objects: ObjectPart) -> FigurePart:
    value = elapsed(waiting.since, case.setting.now)
    return figure(f"{name}.seconds", value, f"{waiting.reason}: {rule}", *objects, unit="seconds")


def explain_findings(case: Case) -> Iterator[FigurePart]:
    carrier = told_by(case.ref, created=case.claim.created)
    for finding in case.findings:
        check = CHECKS[finding.check]
        rule = f"{check.severity}: {check.title}. {check.why} {check.remedy}"
        yield figure(f"findings.{finding.check}", finding.why, rule, carrier)
    for finding in case.ignored:
        yield figure(
            f"findings.{finding.check}", finding.why, "ignored, as holdfast.dev/ignore says", carrier
        )
