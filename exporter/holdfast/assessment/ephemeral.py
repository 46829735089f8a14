"""What pods fill of their nodes' disks: sums and the nearest limit by controller, the disks by node, and who has no limit.

A figure holds for ``SAMPLE_STANDS``; an older one is none. Whether a limit is well chosen is not judged.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence

from holdfast.assessment.checks.ignoring import annotations_of, heed
from holdfast.assessment.checks.naming import first_of
from holdfast.assessment.setting import Setting
from holdfast.model.ephemeral import (
    Controlled,
    Controller,
    EphemeralJudgement,
    LimitKind,
    LimitUse,
    NodeDisksJudgement,
    NodeSummary,
    PodScratch,
    ScratchLimits,
    ScratchPod,
)
from holdfast.model.facts import Facts
from holdfast.model.health import Sight
from holdfast.model.identity import BETWEEN, ObjectRef
from holdfast.model.judgement import Finding
from holdfast.model.policy import Policy
from holdfast.model.surroundings import Node
from holdfast.model.usage import SAMPLE_STANDS

_ENDS = ("Pod", "Job")  # once their pods are finished nothing of them comes back
_MOST_NAMES = 5
_Limit = tuple[LimitKind, str]


def topmost(namespace: str, kind: str, name: str, facts: Facts) -> tuple[str, str, str]:
    """A CronJob for its Jobs; other controllers speak for themselves."""
    held = facts.get(Controlled, namespace, kind, name)
    return (namespace, kind, name) if held is None else held.upper.key


def assess_ephemeral(namespace: str, kind: str, name: str, setting: Setting) -> EphemeralJudgement | None:
    """None where no pod is below it, or where another controller speaks for its pods."""
    facts, now = setting.facts, setting.now
    if facts.get(Controlled, namespace, kind, name) is not None:
        return None
    links = facts.linked(Controlled, "upper", namespace, kind, name)
    own = facts.linked(ScratchPod, "controller", namespace, kind, name)
    pods = [*own, *(pod for link in links for pod in _of(link.lower, facts))]
    if not pods:
        return None
    controller = links[0].upper if links else own[0].controller
    measured = _measured(pods, facts, now)
    used = [scratch.used for _, scratch, _ in measured if scratch.used is not None]
    fullest: dict[_Limit, float] = {}
    for limits, scratch, layers in measured:
        if limits.pod is not None or limits.empty_dirs:
            for limit, ratio in _ratios(limits, scratch, layers=layers):
                fullest[limit] = max(ratio, fullest.get(limit, ratio))
    known = _is_known(controller, setting.sight)
    found = _findings(controller, pods, setting.policy) if known else ()
    heeded = heed(found, annotations_of(controller.ref, setting.facts), setting.now)
    ends = [*(scratch.time + SAMPLE_STANDS for _, scratch, _ in measured), heeded.until]
    return EphemeralJudgement(
        controller=controller,
        used=sum(used) if used else None,
        measured=len(used),
        limits=tuple(
            LimitUse(kind=of, name=what, ratio=ratio) for (of, what), ratio in sorted(fullest.items())
        ),
        findings=heeded.open,
        until=min((end for end in ends if end is not None), default=None),
    )


def assess_node_disks(node: str, setting: Setting) -> NodeDisksJudgement | None:
    """None where its kubelet has told nothing so far, or where the node is gone."""
    summary = setting.facts.get(NodeSummary, node)
    if summary is None or (setting.sight.nodes and setting.facts.get(Node, node) is None):
        return None
    fresh = tuple(disk for disk in summary.disks if setting.now < disk.time + SAMPLE_STANDS)
    return NodeDisksJudgement(
        node=node,
        disks=fresh,
        measured=next((disk.time for disk in summary.disks if disk.filesystem == "nodefs"), None),
        until=min((disk.time + SAMPLE_STANDS for disk in fresh), default=None),
    )


def _of(controller: Controller, facts: Facts) -> Sequence[ScratchPod]:
    return facts.linked(ScratchPod, "controller", *controller.key)


def _measured(
    pods: Iterable[ScratchPod], facts: Facts, now: float
) -> list[tuple[ScratchLimits, PodScratch, bool]]:
    """What each pod that is not finished may fill and fills, and whether layers count against its containers' limits."""
    found = []
    for pod in pods:
        if pod.finished or (summary := facts.get(NodeSummary, pod.node)) is None:
            continue
        scratch = summary.pods.get(pod.uid)
        if scratch is not None and now < scratch.time + SAMPLE_STANDS:
            found.append((pod.limits, scratch, summary.layers_count))
    return found


def _ratios(limits: ScratchLimits, scratch: PodScratch, *, layers: bool) -> Iterator[tuple[_Limit, float]]:
    for volume in limits.empty_dirs:
        if volume.limit is not None and (used := scratch.volume_used(volume.name)) is not None:
            yield ("emptydir", volume.name), used / volume.limit
    for name, limit in limits.containers:
        if (used := scratch.container_used(name, layers=layers)) is not None:
            yield ("container", name), used / limit
    if limits.pod is not None and scratch.used is not None:
        yield ("pod", ""), scratch.used / limits.pod


def _is_known(controller: Controller, sight: Sight) -> bool:
    """Whether it is the topmost for certain, and all of its pods are in sight."""
    return sight.pods and (sight.references or controller.kind not in BETWEEN)


def _findings(controller: Controller, pods: Sequence[ScratchPod], policy: Policy) -> tuple[Finding, ...]:
    """Pods that are finished speak where none runs and more will come: else a CronJob's findings would come and go."""
    speaking = [pod for pod in pods if not pod.finished]
    if not speaking and controller.kind not in _ENDS:
        speaking = list(pods)
    dirs = {
        f"{volume.name} (in memory)" if volume.memory else volume.name
        for pod in speaking
        for volume in pod.limits.empty_dirs
        if volume.limit is None
    }
    containers = {name for pod in speaking for name in pod.limits.unlimited}
    found = (
        _finding("emptydir-without-limit", controller.ref, "emptyDir", dirs, "sizeLimit"),
        _finding("no-ephemeral-limit", controller.ref, "container", containers, "limits.ephemeral-storage"),
    )
    return tuple(finding for finding in found if finding and finding.check not in policy.checks_off)


def _finding(check: str, on: ObjectRef, what: str, names: set[str], remedy: str) -> Finding | None:
    if not names:
        return None
    shown = first_of(sorted(names), _MOST_NAMES)
    # thousands of controllers give the same reason
    return Finding(check=check, on=on, why=sys.intern(f"no {remedy} on {what} {shown}; set one"))
