"""Who runs on a claim: the topmost controllers of its pods, or of the templates that name it."""

from collections.abc import Sequence

from holdfast.assessment.usage import stateful_set
from holdfast.model.facts import Claim, Facts, Pod, Workload
from holdfast.model.identity import BETWEEN, Owner


def workloads_of(
    claim: Claim, pods: Sequence[Pod], facts: Facts
) -> tuple[tuple[tuple[str, str], ...], list[Workload]]:
    """The (kind, name) of every topmost controller, sorted, and those of them that we hold as records.

    Running pods speak first; without any, templates that name the claim do.
    """
    namespace = claim.ref.namespace
    running = [pod for pod in pods if not pod.finished] or pods
    named = {_topmost(pod.owner, namespace, facts) or ("Pod", pod.name) for pod in running}
    if not named:
        named = _named_by_templates(claim, facts)
    ordered = tuple(sorted(named))
    found = (facts.get(Workload, kind, namespace, name) for kind, name in ordered)
    return ordered, [workload for workload in found if workload is not None]


def _named_by_templates(claim: Claim, facts: Facts) -> set[tuple[str, str]]:
    named = set()
    for workload in facts.linked(Workload, "claim", *claim.ref):
        named.add(_topmost(workload.owner, workload.namespace, facts) or (workload.kind, workload.name))
    owning = stateful_set(claim, facts)
    if owning:
        named.add((owning[0].kind, owning[0].name))
    if not named and claim.owner and claim.owner.kind != "Pod":
        named.add((claim.owner.kind, claim.owner.name))
    return named


def _topmost(owner: Owner | None, namespace: str, facts: Facts) -> tuple[str, str] | None:
    """A ReplicaSet's Deployment and a Job's CronJob; other owners speak for themselves."""
    if owner is None:
        return None
    if owner.kind in BETWEEN:
        held = facts.get(Workload, owner.kind, namespace, owner.name)
        if held is not None and held.owner is not None:
            return held.owner.kind, held.owner.name
    return owner.kind, owner.name
