"""Checks on whether the nodes can use the volumes of claims, and on volumes that no claim speaks for."""

from collections.abc import Iterator

from holdfast.assessment.checks.claims import asks_for_copies
from holdfast.assessment.checks.contract import BREATH, Found, Scene, Why, portions
from holdfast.assessment.checks.naming import listed, shortened
from holdfast.assessment.checks.nodes import Nodes
from holdfast.assessment.objectives import resolve_objective
from holdfast.assessment.setting import Setting
from holdfast.model.facts import NO_ANNOTATIONS, Attachment, Claim, Facts, Pod, Volume
from holdfast.model.identity import ClaimRef, ObjectRef
from holdfast.model.selector import NodeTerm, Requirement
from holdfast.model.setup import NodeDrivers
from holdfast.model.surroundings import Namespace, Node


def stranded_volume(scene: Scene) -> Iterator[Found]:
    """Judged whether a pod uses the claim now or not: one may have to tomorrow."""
    facts = scene.setting.facts
    nodes = Nodes(facts.all(Node))
    told: dict[tuple[NodeTerm, ...], Why] = {}  # thousands of volumes ask for the nodes of one zone
    for claim in list(facts.all(Claim)):
        volume = facts.get(Volume, claim.volume) if claim.volume else None
        why: Why = None if claim.volume and volume is None else ""
        if volume is not None and volume.node_terms:
            if volume.node_terms not in told:
                told[volume.node_terms] = _stranded(volume.node_terms, nodes)
            why = told[volume.node_terms]
            why = f"volume {shortened(volume.name, 63)}: {why}" if why else why
        yield _on(claim), why


def _stranded(terms: tuple[NodeTerm, ...], nodes: Nodes) -> Why:
    if not nodes.every:
        return None
    takers = nodes.takers(terms)
    if not takers:
        return f"no node meets its node affinity, {shortened(' or '.join(map(_words, terms)), 160)}"
    if any(_out_of_service(node) == "" for node in takers):
        return ""
    states = [(node.name, _out_of_service(node)) for node in takers]
    if any(state is None for _, state in states):
        return None
    return f"no node can use it but {listed(f'{name} ({state})' for name, state in states)}"


def _out_of_service(node: Node) -> str | None:
    """Why it takes no pods now; empty where it does, None where that is unknown."""
    if node.silent or node.ready is False:
        return "not ready"
    if node.unschedulable:
        return "cordoned"
    return None if node.ready is None else ""


def _words(term: NodeTerm) -> str:
    return " and ".join(map(_requirement, (*term.labels, *term.fields))) or "nothing at all"


def _requirement(each: Requirement) -> str:
    return f"{each.key} {each.operator} {'|'.join(each.values)}".rstrip()


def driver_missing(scene: Scene) -> Iterator[Found]:
    """Volumes of old kinds are left out: which driver serves them is not written on them."""
    facts, unseen = scene.setting.facts, scene.setting.sight.unseen
    drivers = bool(facts.all(NodeDrivers))
    for claim in list(facts.all(Claim)):
        volume = facts.get(Volume, claim.volume) if claim.volume else None
        why: Why = None if claim.volume and volume is None else ""
        if volume is not None and volume.csi_driver:
            why = _missing(volume.csi_driver, claim, facts) if drivers else None
            if why == "" and "Pod" in unseen:
                why = None
        yield _on(claim), why


def _missing(driver: str, claim: Claim, facts: Facts) -> Why:
    if not facts.linked(NodeDrivers, "driver", driver):
        return f"{driver} is registered on no node"
    lacking, unknown = [], False
    for pod in facts.linked(Pod, "claim", *claim.ref):
        if pod.finished or not pod.node:
            continue
        registered = _is_registered(driver, pod.node, facts)
        unknown |= registered is None
        if registered is False:
            lacking.append(f"{pod.node} (pod {pod.name})")
    if lacking:
        return f"{driver} is not registered on {listed(lacking)}"
    return None if unknown else ""


def _is_registered(driver: str, name: str, facts: Facts) -> bool | None:
    """Drivers of a node that comes up register one after another, the first of them with the CSINode."""
    held = facts.get(NodeDrivers, name)
    if held is None:
        node = facts.get(Node, name)
        return False if node is not None and node.ready else None
    if any(each.driver == driver for each in held.drivers):
        return True
    node = facts.get(Node, name)
    ready = node is not None and node.ready is True
    return False if held.drivers or ready else None


def attach_limit(scene: Scene) -> Iterator[Found]:
    """A driver without a count is not judged, and neither is a node that has no other."""
    facts = scene.setting.facts
    for held in list(facts.all(NodeDrivers)):
        attached: dict[str, int] = {}
        for each in facts.linked(Attachment, "node", held.node):
            if each.attached:
                attached[each.driver] = attached.get(each.driver, 0) + 1
        counts = {each.driver: each.most for each in held.drivers if each.most is not None and each.most > 0}
        full = [
            f"{driver} ({attached[driver]} of {most})"
            for driver, most in counts.items()
            if attached.get(driver, 0) >= most
        ]
        why: Why = "" if counts or not held.drivers else None
        if full:
            why = f"as many volumes are attached as can be: {listed(full)}"
        yield ObjectRef("Node", "", held.node), why


def unclaimed_reclaim_delete(scene: Scene) -> Iterator[Found]:
    """``reclaim-delete`` of volumes that no claim is bound to; the others are judged with their claim.

    What is asked of one is what would be asked of a claim of its class and of the name that it was made for or had.
    """
    setting = scene.setting
    for some in portions(setting.facts.all(Volume)):
        yield BREATH
        for volume in some:
            if not _is_claimed(volume, setting.facts):
                yield ObjectRef("PersistentVolume", "", volume.name), _goes(volume, setting)


def _goes(volume: Volume, setting: Setting) -> Why:
    """One that never had a claim holds nothing yet. What copies there are of a claim that is gone is not known."""
    if volume.reclaim_policy != "Delete":
        return ""
    ref = volume.claim or ClaimRef("", "")
    namespace = setting.facts.get(Namespace, ref.namespace)
    objective = resolve_objective(
        _claim_of(volume, ref), (), namespace, setting.policy, setting.now
    ).objective
    if objective.exempt:
        return ""
    if objective.reclaim_policy == "Retain":
        tier = f"tier {objective.tier}" if objective.tier else "its objective"
        return f"volume {volume.name} has reclaim policy Delete, and {tier} demands Retain"
    return None if volume.claim and asks_for_copies(objective) else ""


def _claim_of(volume: Volume, ref: ClaimRef) -> Claim:
    return Claim(
        ref=ref,
        uid="",
        created=volume.created,
        labels={},
        annotations=NO_ANNOTATIONS,
        storage_class=volume.storage_class,
        volume=volume.name,
        volume_mode="",
        access_modes=(),
        requested=None,
        capacity=None,
        phase="",
    )


def _is_claimed(volume: Volume, facts: Facts) -> bool:
    """A claim that is just being bound names no volume yet."""
    if facts.linked(Claim, "volume", volume.name):
        return True
    claim = facts.get(Claim, *volume.claim) if volume.claim else None
    return claim is not None and not claim.volume


def _on(claim: Claim) -> ObjectRef:
    return ObjectRef("PersistentVolumeClaim", *claim.ref)
