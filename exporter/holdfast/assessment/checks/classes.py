"""Checks on StorageClasses: what a claim of the class gets, and whether people can tell the classes apart."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from holdfast.assessment.checks.contract import BREATH, Found, Grouping, Scene, Why, portions
from holdfast.assessment.checks.drivers import NO_PROVISIONER, SUCCESSORS, is_encrypted, is_zonal
from holdfast.assessment.checks.naming import counted, listed
from holdfast.assessment.checks.nodes import Nodes, zones_of
from holdfast.model.capacity import Quota
from holdfast.model.check import CHECKS
from holdfast.model.facts import Claim, Facts, StorageClass, Volume, Workload
from holdfast.model.identity import ObjectRef
from holdfast.model.surroundings import Node

_CLUSTER = ObjectRef("Cluster", "", "cluster")
_NAMING = ("StatefulSet", "ResourceQuota")  # kinds that may name a class which nothing else uses


def no_expansion(scene: Scene) -> Iterator[Found]:
    """Volumes that are made by hand are as large as they were made."""
    classes = _classes(scene.setting.facts)
    claims = yield from _claims_by_class(scene.setting.facts, classes)
    for each in classes:
        held = claims.get(each.name, ())
        why = ""
        if held and not each.allows_expansion and each.provisioner != NO_PROVISIONER:
            why = f"{counted(len(held), 'claim')} cannot grow, for allowVolumeExpansion is not true: {listed(held)}"
        yield _on(each), why


def in_tree_provisioner(scene: Scene) -> Iterator[Found]:
    for each in _classes(scene.setting.facts):
        successor = SUCCESSORS.get(each.provisioner)
        yield _on(each), f"{successor} has taken over from {each.provisioner}" if successor else ""


def immediate_binding(scene: Scene) -> Iterator[Found]:
    facts = scene.setting.facts
    nodes = Nodes(facts.all(Node))
    several = nodes.lie_in_several_zones()
    volumes = yield from _volumes_by_class(facts)
    zones = listed(node.zone for node in nodes.every if node.zone)
    for each in _classes(facts):
        if each.binding_mode != "Immediate" or several is False:
            yield _on(each), ""
            continue
        bound = yield from _is_bound_to_a_zone(each, volumes.get(each.name, ()), nodes)
        why: Why = None if bound is None else ""
        if bound:
            why = f"a volume that can be used in one zone only is bound before its pod has a node; nodes lie in {zones}"
        yield _on(each), None if several is None and why else why


def _volumes_by_class(facts: Facts) -> Grouping[Mapping[str, Sequence[Volume]]]:
    volumes = defaultdict(list)
    for some in portions(facts.all(Volume)):
        yield BREATH
        for volume in some:
            volumes[volume.storage_class].append(volume)
    return volumes


def _is_bound_to_a_zone(each: StorageClass, volumes: Sequence[Volume], nodes: Nodes) -> Grouping[bool | None]:
    """What its volumes show speaks before what is known of the driver: there are discs that span zones.

    Local volumes are made by hand, and each is bound to its node.
    https://kubernetes.io/docs/concepts/storage/storage-classes/#local
    """
    unknown = False
    for some in portions(volumes):
        yield BREATH
        for volume in some:
            zones = zones_of(volume, nodes)
            if zones is not None and len(zones) == 1:
                return True
            unknown |= zones is None
    if volumes and not unknown:
        return False
    if each.provisioner == NO_PROVISIONER:
        return None if volumes else False
    return is_zonal(each.provisioner) or None


def no_default_class(scene: Scene) -> Iterator[Found]:
    classes = _classes(scene.setting.facts)
    why = ""
    if classes and not any(each.is_default for each in classes):
        none = "none is" if len(classes) > 1 else "it is not"
        why = f"{_there_are(classes)}, and {none} the default: {listed(_names(classes))}"
    yield _CLUSTER, why


def too_many_classes(scene: Scene) -> Iterator[Found]:
    check = CHECKS["too-many-classes"]
    most = scene.setting.policy.check_limits.get(check.id, check.limit)
    classes = _classes(scene.setting.facts)
    why = ""
    if most is not None and len(classes) > most:
        allowed = f"{most} is" if most == 1 else f"{most} are"
        why = f"{_there_are(classes)}, and {allowed} allowed: {listed(_names(classes))}"
    yield _CLUSTER, why


def _there_are(classes: Sequence[StorageClass]) -> str:
    return "there is 1 StorageClass" if len(classes) == 1 else f"there are {len(classes)} StorageClasses"


def many_default_classes(scene: Scene) -> Iterator[Found]:
    classes = _classes(scene.setting.facts)
    defaults = [each.name for each in classes if each.is_default]
    for each in classes:
        others = [name for name in defaults if name != each.name]
        yield (
            _on(each),
            f"it is the default together with {listed(others)}" if each.is_default and others else "",
        )


def duplicate_classes(scene: Scene) -> Iterator[Found]:
    """Classes of volumes that are made by hand mean what their volumes are: there the name is all that they say."""
    classes = _classes(scene.setting.facts)
    alike = defaultdict(list)
    for each in classes:
        alike[_meaning(each)].append(each.name)
    for each in classes:
        if not each.provisioner:
            yield _on(each), None
            continue
        others = [name for name in alike[_meaning(each)] if name != each.name]
        same = others and each.provisioner != NO_PROVISIONER
        why = f"all that a volume is made by is the same as in {listed(others)}"
        yield _on(each), why if same else ""


def _meaning(each: StorageClass) -> tuple[object, ...]:
    return (
        each.provisioner,
        each.parameters_hash,
        each.binding_mode,
        each.reclaim_policy,
        each.allows_expansion,
        tuple(sorted(each.topologies)),
    )


def unused_class(scene: Scene) -> Iterator[Found]:
    """The default is there for whoever names none; whether there should be one is another check."""
    facts = scene.setting.facts
    classes = _classes(facts)
    used = {each.name for each in classes if each.is_default}
    used.update((yield from _claims_by_class(facts, classes)))
    used.update((yield from _volumes_by_class(facts)))
    for workloads in portions(facts.all(Workload)):
        yield BREATH
        used.update(name for workload in workloads for name in workload.template_classes)
    for quotas in portions(facts.all(Quota)):
        yield BREATH
        used.update(limit.storage_class for quota in quotas for limit in quota.limits)
    hidden = any(kind in scene.setting.sight.unseen for kind in _NAMING)
    for each in classes:
        why: Why = None if hidden else "no claim, volume, template or quota names it"
        yield _on(each), "" if each.name in used else why


def unencrypted(scene: Scene) -> Iterator[Found]:
    for each in _classes(scene.setting.facts):
        encrypted = is_encrypted(each.provisioner, each.encryption)
        why: Why = None if encrypted is None else ""
        if encrypted is False:
            said = f"says {each.encryption!r}" if each.encryption else "is not set"
            why = f"the parameter that tells {each.provisioner} to encrypt {said}"
        yield _on(each), why


def _classes(facts: Facts) -> Sequence[StorageClass]:
    return sorted(facts.all(StorageClass), key=lambda each: each.name)


def _names(classes: Iterable[StorageClass]) -> list[str]:
    return [each.name for each in classes]


def _on(each: StorageClass) -> ObjectRef:
    return ObjectRef("StorageClass", "", each.name)


def _claims_by_class(facts: Facts, classes: Iterable[StorageClass]) -> Grouping[Mapping[str, Sequence[str]]]:
    """A claim that names none waits for the default; one that is bound has got its volume without a class."""
    defaults = [each.name for each in classes if each.is_default]
    held = defaultdict(list)
    for some in portions(facts.all(Claim)):
        yield BREATH
        for claim in some:
            if claim.storage_class:
                held[claim.storage_class].append(str(claim.ref))
            elif not claim.static and not claim.volume and len(defaults) == 1:
                held[defaults[0]].append(str(claim.ref))
    return held
