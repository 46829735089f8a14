"""Checks on workloads that keep data: whether they survive being deleted, a drained node, a lost node and a lost zone."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from holdfast.assessment.checks.claims import asks_for_copies
from holdfast.assessment.checks.contract import BREATH, Found, Grouping, Scene, Why, portions
from holdfast.assessment.checks.namespaces import is_system
from holdfast.assessment.checks.naming import counted, listed
from holdfast.assessment.checks.nodes import EVERYWHERE, Nodes, zones_of
from holdfast.assessment.setting import Setting
from holdfast.model.ephemeral import Controlled, Controller, ScratchPod
from holdfast.model.facts import Claim, Facts, Pod, Volume, Workload
from holdfast.model.health import Sight
from holdfast.model.identity import BETWEEN, ClaimRef
from holdfast.model.setup import DisruptionBudget
from holdfast.model.surroundings import Node

_BATCH = ("Job", "CronJob")  # their pods are no replicas of each other
_NO_DATA = (
    "/dev",
    "/proc",
    "/run",
    "/sys",
    "/var/run",
)  # devices, sockets and what the kernel shows; all in memory


def statefulset_retention_delete(scene: Scene) -> Iterator[Found]:
    facts, sight = scene.setting.facts, scene.setting.sight
    claims: dict[str, Mapping[str, Sequence[ClaimRef]]] = {}
    for workload in list(facts.all(Workload)):
        if workload.kind != "StatefulSet":
            yield BREATH
            continue
        if not workload.claim_templates or not workload.deletes_claims:
            yield workload.ref, ""
            continue
        namespace = workload.namespace
        if namespace not in claims:
            claims[namespace] = yield from _claims_of_sets(namespace, facts)
        found, unknown = [], not (sight.namespaces and sight.workload_objectives)
        for ref in claims[namespace].get(workload.name, ()):
            judgement = scene.judged(ref)
            if judgement is None:
                unknown = True
            elif asks_for_copies(judgement.objective):
                found.append(ref.name)
        why: Why = None if unknown else ""
        if found:
            when = " and ".join(workload.deletes_claims)
            why = f"{when}: Delete, and {counted(len(found), 'claim')} with an objective: {listed(found)}"
        yield workload.ref, why


def _claims_of_sets(namespace: str, facts: Facts) -> Grouping[Mapping[str, Sequence[ClaimRef]]]:
    """The claims that templates of StatefulSets have made, by the name of the StatefulSet."""
    sets = facts.linked(Workload, "claim-templates", namespace)
    stems = {
        f"{template}-{each.name}": each.name for each in reversed(sets) for template in each.claim_templates
    }
    found = defaultdict(list)
    for some in portions(facts.linked(Claim, "namespace", namespace)):
        yield BREATH
        for claim in some:
            stem, _, ordinal = claim.ref.name.rpartition("-")
            if stem in stems and ordinal.isdecimal():
                found[stems[stem]].append(claim.ref)
    return found


def pod_bare_data(scene: Scene) -> Iterator[Found]:
    """The claim of a generic ephemeral volume goes with its pod. A static pod is kept by its node."""
    facts, policy = scene.setting.facts, scene.setting.policy
    for pod in list(facts.all(Pod)):
        if pod.finished or is_system(pod.namespace, policy):
            yield BREATH
            continue
        claims = _claims(pod)
        bare = claims and pod.owner is None
        yield pod.ref, f"nothing would make it anew, and it uses {listed(claims)}" if bare else ""


def hostpath_data(scene: Scene) -> Iterator[Found]:
    setting = scene.setting
    written = yield from _written(setting)
    groups = yield from _running(setting.facts)
    while written:
        controller, paths = written.popitem()
        names = sorted({name for pod in groups.pop(controller, ()) for name in _written_claims(pod)})
        backings = {name: _backing(controller.namespace, name, setting) for name in names}
        claims = [name for name, backing in backings.items() if backing == "hostPath"]
        parts = []
        if paths:
            parts.append(f"its pods can write to {listed(paths)} of their node")
        if claims:
            parts.append(f"its claims are hostPath volumes: {listed(claims)}")
        why: Why = None if None in backings.values() else ""
        yield _judged(controller, "; ".join(parts) or why, setting.sight)


def _written(setting: Setting) -> Grouping[dict[Controller, frozenset[str]]]:
    """The paths by topmost controller, without those of the system's own. Pods without any are counted in.

    Finished pods speak for a CronJob: else what is found would come and go with its runs.
    """
    facts, policy = setting.facts, setting.policy
    found: dict[Controller, frozenset[str]] = {}
    for some in portions(facts.all(ScratchPod)):
        yield BREATH
        for scratch in some:
            controller = _upper(scratch.controller, facts)
            speaks = not scratch.finished or controller.kind == "CronJob"
            if speaks and not is_system(controller.namespace, policy):
                paths = [path for path in scratch.host_paths if not _is_in_memory(path)]
                before = found.setdefault(controller, frozenset())
                if paths:
                    found[controller] = before.union(paths)
    return found


def _is_in_memory(path: str) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in _NO_DATA)


def _backing(namespace: str, name: str, setting: Setting) -> str | None:
    """Empty where there is no volume; None where that cannot be seen."""
    facts, unseen = setting.facts, setting.sight.unseen
    claim = facts.get(Claim, namespace, name)
    if claim is None or not claim.volume:
        return None if claim is None and "PersistentVolumeClaim" in unseen else ""
    volume = facts.get(Volume, claim.volume)
    if volume is None:
        return None if "PersistentVolume" in unseen else ""
    return volume.backing


def one_zone(scene: Scene) -> Iterator[Found]:
    facts, sight = scene.setting.facts, scene.setting.sight
    nodes = Nodes(facts.all(Node))
    several = nodes.lie_in_several_zones()
    groups = yield from _running(facts)
    while groups:
        controller, pods = groups.popitem()  # to let all of them go at once at the end takes long
        spared = several is False or controller.kind in _BATCH
        why = "" if spared else _together(pods, facts, nodes)
        yield _judged(controller, None if several is None and why else why, sight)


def _together(pods: Sequence[Pod], facts: Facts, nodes: Nodes) -> Why:
    """One volume or one pod is no replica. A volume that can be used in several zones ties nobody to one."""
    if len(pods) < 2:
        return ""
    held: dict[str, tuple[str, str]] = {}  # a node, where one of its pods has one, and the claim
    keepers = set()
    for pod in pods:
        for name in _claims(pod):
            claim = facts.get(Claim, pod.namespace, name)
            if claim is not None and claim.volume:
                keepers.add(pod.name)
                held[claim.volume] = max((pod.node, name), held.get(claim.volume, ("", "")))
    if len(held) < 2 or len(keepers) < 2:
        return ""
    found = [
        zones_of(volume, nodes, node) if (volume := facts.get(Volume, each)) else None
        for each, (node, _) in held.items()
    ]
    known = [zones for zones in found if zones is not None]
    union = frozenset[str]().union(*known)
    if EVERYWHERE in known or len(union) > 1:
        return ""
    if len(known) < len(found):
        return None
    names = listed(name for _, name in held.values())
    return f"all {len(held)} volumes lie in zone {listed(union)}: {names}"


def drain_unsafe(scene: Scene) -> Iterator[Found]:
    """Judged by the replicas that are wanted; for pods of operators, by those that run with a claim.

    Draining leaves the pods of a DaemonSet where they are.
    """
    facts, sight, policy = scene.setting.facts, scene.setting.sight, scene.setting.policy
    told = set()
    for workload in list(facts.all(Workload)):
        kept = workload.claims or workload.claim_templates
        if not kept or not _is_replicated(workload) or is_system(workload.namespace, policy):
            yield BREATH
            continue
        told.add(workload.key)
        wanted = 1 if workload.replicas is None else workload.replicas
        yield workload.ref, _undrained(workload.namespace, [(workload.pod_labels, wanted)], "replica", facts)
    groups = yield from _running(facts)
    while groups:
        controller, pods = groups.popitem()
        left = controller.kind in ("DaemonSet", *_BATCH) or is_system(controller.namespace, policy)
        if left or controller.ref in told:
            yield BREATH
            continue
        keepers = [(pod.labels, 1) for pod in pods if _claims(pod)]
        yield _judged(controller, _undrained(controller.namespace, keepers, "pod", facts), sight)


def _is_replicated(workload: Workload) -> bool:
    """A ReplicaSet that something else controls is judged by its pods, on whatever that is."""
    alone = workload.kind == "ReplicaSet" and workload.owner is None
    return alone or workload.kind in ("StatefulSet", "Deployment")


def _undrained(namespace: str, pods: Sequence[tuple[Mapping[str, str], int]], noun: str, facts: Facts) -> str:
    """``pods`` by their labels, and how many there are. Each must be selected by some budget: operators have one for the
    primary and one for the others. A budget that would let all that it selects of them go at once is none.
    """
    number = sum(many for _, many in pods)
    if number < 2:
        return ""
    kept, idle = set[int](), []
    for budget in facts.linked(DisruptionBudget, "namespace", namespace):
        selector = budget.selector
        if selector is None:
            continue
        selected = [place for place, (labels, _) in enumerate(pods) if selector.selects(labels)]
        if selected and budget.lets_all_go(sum(pods[place][1] for place in selected)):
            idle.append(budget.name)
        else:
            kept.update(selected)
    if len(kept) == len(pods):
        return ""
    why = f"{counted(number, noun)} with data, and no PodDisruptionBudget selects them all"
    return f"{why} but such as let all of them go at once: {listed(idle)}" if idle else why


def _claims(pod: Pod) -> list[str]:
    """Those that outlive it."""
    return [mount.claim for mount in pod.mounts if not mount.ephemeral]


def _written_claims(pod: Pod) -> list[str]:
    return [mount.claim for mount in pod.mounts if not mount.ephemeral and not mount.read_only]


def _running(facts: Facts) -> Grouping[dict[Controller, list[Pod]]]:
    """The pods with claims that are not finished, by their topmost controller."""
    groups = defaultdict(list)
    for some in portions(facts.all(Pod)):
        yield BREATH
        for pod in some:
            scratch = None if pod.finished else facts.get(ScratchPod, *pod.key)  # every pod has one
            if scratch is not None:
                groups[_upper(scratch.controller, facts)].append(pod)
    return groups


def _upper(controller: Controller, facts: Facts) -> Controller:
    held = facts.get(Controlled, *controller.key)
    return controller if held is None else held.upper


def _judged(controller: Controller, why: Why, sight: Sight) -> Found:
    """What is found on a ReplicaSet or Job stands on whatever controls it, if anything that can be seen does."""
    hidden = controller.kind in BETWEEN and controller.kind in sight.unseen
    return controller.ref, None if hidden and why else why
