"""Is anyone using the claim? In use, dormant or orphaned, each with the first reason that holds."""

import re
from collections.abc import Sequence

import msgspec

from holdfast.model.facts import Claim, Facts, Pod, Workload
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectRef, Owner
from holdfast.model.judgement import Usage
from holdfast.model.observation import Observation

GAP_BRIDGED = 15 * 60.0  # seconds of our own absence over which idle time is carried on
USED = "used"

UNSEEN_REASONS = {
    "pods-unseen": "pods cannot be seen",
    "references-unseen": "no pod that can be seen uses it, but a kind that could refer to it cannot be seen",
}
"""Why the use of a claim is unknown."""

_ORDINAL = re.compile(r"(.*)-(\d+)")


def assess_usage(claim: Claim, pods: Sequence[Pod], facts: Facts, sight: Sight) -> Usage:
    """Use without its duration; ``unused_since`` is added by ``idle_since``."""
    if not sight.pods:
        return Usage(state=None, reason="pods-unseen")
    if any(not pod.finished for pod in pods):
        return Usage(state="in-use")
    reason, _ = may_come_back(claim, facts)
    if reason:
        return Usage(state="dormant", reason=reason)
    if not sight.references:
        return Usage(state=None, reason="references-unseen")
    return Usage(state="orphaned", reason=_orphan_reason(claim, pods, facts))


def _orphan_reason(claim: Claim, pods: Sequence[Pod], facts: Facts) -> str:
    jobs = facts.linked(Workload, "claim", *claim.ref)
    if pods or jobs:
        return "finished-only"
    return "owner-gone" if claim.owner else "unreferenced"


def may_come_back(claim: Claim, facts: Facts) -> tuple[str, ObjectRef | None]:
    """The decision table of what may come back to a claim: the first reason that holds, and the object behind it."""
    owner = claim.owner
    if owner and _operates(owner):
        return "operator-owned", owner_ref(owner, claim.ref.namespace)
    stateful = stateful_set(claim, facts)
    if stateful:
        return _ordinal_reason(*stateful), stateful[0].ref
    for workload in facts.linked(Workload, "claim", *claim.ref):
        reason = _workload_reason(workload)
        if reason:
            return reason, workload.ref
    for clone in facts.linked(Claim, "cloned-from", *claim.ref):
        return "clone-source", ObjectRef("PersistentVolumeClaim", *clone.ref)
    return "", None


def _ordinal_reason(workload: Workload, ordinal: int) -> str:
    wanted = 1 if workload.replicas is None else workload.replicas
    if wanted == 0:
        return "statefulset-zero"
    runs = workload.first_ordinal <= ordinal < workload.first_ordinal + wanted
    return "waiting-pods" if runs else "leftover-ordinal"


def _workload_reason(workload: Workload) -> str:
    if workload.kind == "CronJob":
        return "suspended" if workload.suspended else "cronjob-idle"
    if workload.kind == "Job":
        if workload.finished:
            return ""
        return "suspended" if workload.suspended else "waiting-pods"
    if workload.kind == "ReplicaSet" and workload.owner is not None:
        return ""  # an old revision refers to what its Deployment once did; the Deployment speaks for itself
    if workload.replicas == 0:
        return "statefulset-zero" if workload.kind == "StatefulSet" else "workload-zero"
    return "waiting-pods"


def _operates(owner: Owner) -> bool:
    """Owners that we do not read are taken to stand: the garbage collector would have taken the claim with them.

    A retention policy makes the StatefulSet the owner of its claims; there its templates decide.
    """
    return owner.kind not in ("Pod", "StatefulSet", "PersistentVolumeClaim")


def owner_ref(owner: Owner, namespace: str) -> ObjectRef:
    """The owner of something in this namespace, as a person would look it up."""
    kind = owner.kind if owner.group in ("", "apps") else f"{owner.kind}.{owner.group}"
    return ObjectRef(kind, namespace, owner.name)


def stateful_set(claim: Claim, facts: Facts) -> tuple[Workload, int] | None:
    """The StatefulSet whose template makes a claim of this name, and the claim's ordinal."""
    match = _ORDINAL.fullmatch(claim.ref.name)
    if not match:
        return None
    stem, ordinal = match[1], int(match[2])
    for workload in facts.linked(Workload, "claim-templates", claim.ref.namespace):
        for template in workload.claim_templates:
            if stem == f"{template}-{workload.name}":
                return workload, ordinal
    return None


class Idle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Since when nothing has run on a claim, a lower bound, and what that rests on.

    ``carried`` is the beginning that was remembered and may be carried on, ``proven`` the one that the claim's own
    condition tells; where both are None it is only known that nothing runs now.
    """

    since: float
    carried: float | None
    proven: float | None


def weigh_idle(claim: Claim, facts: Facts, now: float) -> Idle:
    """Since when a claim that is idle now has been so."""
    last, proven = _remembered(claim, facts), _proven_by_condition(claim)
    carried = last if last is not None and _covered(last, proven, facts) else None
    since = min([now, *(time for time in (carried, proven) if time is not None)])
    return Idle(since=max(since, claim.created), carried=carried, proven=proven)


def idle_since(claim: Claim, usage: Usage, facts: Facts, now: float) -> tuple[Usage, tuple[Observation, ...]]:
    """The use with its idle time, and what is to be remembered of it."""
    last = _remembered(claim, facts)
    if usage.state is None or usage.state == "in-use":  # while nobody looks, somebody may use it
        return usage, (Observation("unused_since", claim.uid, now, USED),) if last is not None else ()
    since = weigh_idle(claim, facts, now).since
    told = () if last == since else (Observation("unused_since", claim.uid, since),)
    return msgspec.structs.replace(usage, unused_since=since), told


def _remembered(claim: Claim, facts: Facts) -> float | None:
    """Since when the claim was idle as last noted; None if it was in use then, or never noted."""
    notes = facts.remembered("unused_since", claim.uid)
    return notes[-1].time if notes and notes[-1].value != USED else None


def _proven_by_condition(claim: Claim) -> float | None:
    for condition in claim.conditions:
        if condition.type == "Unused" and condition.status == "True":
            return condition.since
    return None


def _covered(last: float, proven: float | None, facts: Facts) -> bool:
    """Whether idle time noted before this process began may be carried on: someone must have watched since."""
    watches = facts.remembered("alive", "")
    if len(watches) < 2:
        return True
    ended, began = watches[0].time, watches[1].time
    if last > ended or began - ended <= GAP_BRIDGED:
        return True
    return proven is not None and proven <= ended
