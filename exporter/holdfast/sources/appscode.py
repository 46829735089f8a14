"""What Stash and KubeStash, both by AppsCode, save: claims, the volumes of workloads, and databases of KubeDB.

A workload's backup is taken pod by pod, and only of the volumes that its configuration mounts. A database's claims bear
the labels that KubeDB gives them; what merely shares its name is not taken for it.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from holdfast.model.facts import Claim, Fact, Facts, Pod, Workload
from holdfast.model.identity import TOUCH_NAMESPACE, ScheduleKey, Touch
from holdfast.model.protection import Coverage
from holdfast.sources.belonging import is_templated
from holdfast.sources.runs.records import Plan, Saved, claim_named, labelled
from holdfast.sources.runs.tool import Tool

INSTANCE = "app.kubernetes.io/instance"
EVERY_POD = "*"
_MANAGED_BY = "app.kubernetes.io/managed-by"
_KUBEDB = "kubedb.com"
_WORKLOADS = ("StatefulSet", "Deployment", "DaemonSet")


def is_database(group: str, kind: str) -> bool:
    """A database, named itself or by its AppBinding."""
    return kind == "AppBinding" or group == _KUBEDB


def saved_by(
    group: str, kind: str, namespace: str, name: str, pods: Iterable[str] = (EVERY_POD,)
) -> tuple[Saved, ...]:
    """The reach of a backup of this target. ``pods`` are the ordinals of a StatefulSet's pods that were saved."""
    if not namespace or not name:
        return ()
    if kind == "PersistentVolumeClaim":
        return (claim_named(namespace, name),)
    if kind in _WORKLOADS:
        return tuple(_pods_of(namespace, kind, name, pod) for pod in sorted(set(pods)))
    return (labelled(namespace, INSTANCE, name),) if is_database(group, kind) else ()


def _pods_of(namespace: str, kind: str, name: str, pod: str) -> Saved:
    return Saved("namespace", namespace, f"{kind}/{name}", pod)


class Mounted(Fact, frozen=True, kw_only=True, gc=False):
    """Which volumes of a workload in ``namespace`` a plan saves; all of them where it names none."""

    schedule: ScheduleKey
    namespace: str
    kind: str
    name: str
    volumes: tuple[str, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (*self.schedule, self.namespace, self.kind, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return ((self.schedule.source, self.namespace, self.kind, self.name),)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.namespace,)),)


class Use(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A workload that a claim belongs to. ``volume`` is empty where the claim is the only one it could be."""

    kind: str
    name: str
    volume: str
    pod: str


class AppsTool(Tool, frozen=True, kw_only=True):
    """A tool that saves what AppsCode's tools save."""

    def reach(self, claim: Claim, facts: Facts) -> tuple[Saved, ...]:
        managed = claim.labels.get(_MANAGED_BY) == _KUBEDB
        known = claim if managed else msgspec.structs.replace(claim, labels={})
        reach = [*super().reach(known, facts)]
        for use in uses(claim, facts):
            if any(_takes(each, use) for each in self._mounted(use, claim, facts)):
                reach.extend(
                    _pods_of(claim.ref.namespace, use.kind, use.name, pod) for pod in (use.pod, EVERY_POD)
                )
        return tuple(dict.fromkeys(reach))

    def mounting(self, claim: Claim, told: Coverage, facts: Facts) -> Coverage:
        """Without the plans that mount other volumes of the claim's workload, and without what these made."""
        others = self.of_other_volumes(claim, facts)
        return msgspec.structs.replace(
            told,
            copies=tuple(copy for copy in told.copies if copy.schedule not in others),
            covers=tuple(cover for cover in told.covers if cover.schedule not in others),
            misses=tuple(miss for miss in told.misses if miss.schedule not in others),
        )

    def of_other_volumes(self, claim: Claim, facts: Facts) -> set[ScheduleKey]:
        """The plans that save of the claim's workload what is not the claim."""
        pairs = [(each, use) for use in uses(claim, facts) for each in self._mounted(use, claim, facts)]
        taking = {each.schedule for each, use in pairs if _takes(each, use)}
        taking.update(plan.schedule for plan in facts.linked(Plan, self.name, *claim_named(*claim.ref)))
        return {each.schedule for each, _ in pairs} - taking

    def _mounted(self, use: Use, claim: Claim, facts: Facts) -> Sequence[Mounted]:
        return facts.linked(Mounted, self.name, claim.ref.namespace, use.kind, use.name)


def _takes(mounted: Mounted, use: Use) -> bool:
    return not use.volume or not mounted.volumes or use.volume in mounted.volumes


def uses(claim: Claim, facts: Facts) -> list[Use]:
    """The workloads that the claim belongs to, by their templates, by pods, and where there are none by name."""
    namespace, name = claim.ref
    found: dict[tuple[str, str, str], Use] = {}
    for maker in facts.linked(Workload, "claim-templates", namespace):
        if is_templated(claim, maker):
            template, _, ordinal = name.rpartition("-")
            volume = template.removesuffix(f"-{maker.name}")
            return [Use(kind="StatefulSet", name=maker.name, volume=volume, pod=ordinal)]
    for use in (*_by_pods(claim, facts), *_by_name(claim, facts)):
        found.setdefault((use.kind, use.name, use.volume), use)
    named = {(use.kind, use.name) for use in found.values() if use.volume}
    return [use for use in found.values() if use.volume or (use.kind, use.name) not in named]


def _by_pods(claim: Claim, facts: Facts) -> Iterator[Use]:
    for pod in facts.linked(Pod, "claim", *claim.ref):
        owner = pod.owner
        above = facts.get(Workload, "ReplicaSet", pod.namespace, owner.name) if owner else None
        if owner is not None and owner.kind == "ReplicaSet" and above is not None:
            owner = above.owner
        if owner is None or owner.kind not in _WORKLOADS:
            continue
        for mount in pod.mounts:
            if mount.claim == claim.ref.name:
                yield Use(kind=owner.kind, name=owner.name, volume=mount.volume, pod="0")


def _by_name(claim: Claim, facts: Facts) -> Iterator[Use]:
    """A workload at rest has no pods that would tell by which volume it mounts the claim: it must be its only one."""
    for workload in facts.linked(Workload, "claim", *claim.ref):
        if (
            workload.kind in _WORKLOADS
            and workload.claims == (claim.ref.name,)
            and not workload.claim_templates
        ):
            yield Use(kind=workload.kind, name=workload.name, volume="", pod="0")
