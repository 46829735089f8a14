"""The records of a large cluster in which every survey has much to look at. Records only: no object is read.

The same size gives the same cluster.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from holdfast.model.capacity import Limit, Quota
from holdfast.model.ephemeral import Controlled, Controller, ScratchLimits, ScratchPod
from holdfast.model.facts import (
    NO_ANNOTATIONS,
    Attachment,
    Claim,
    Fact,
    Mount,
    Pod,
    StorageClass,
    Volume,
    Workload,
)
from holdfast.model.identity import ClaimRef, ObjectKey, ObjectRef, Owner, Subject
from holdfast.model.judgement import ClaimJudgement, Finding, Place, Protection, Usage
from holdfast.model.objective import Objective
from holdfast.model.selector import NodeTerm, Requirement, Selector
from holdfast.model.setup import DisruptionBudget, DriverOnNode, NodeDrivers
from holdfast.model.snapshots import Snapshot, SnapshotClass, SnapshotContent
from holdfast.model.surroundings import REGION, ZONE, Namespace, Node

NOW = 1_800_000_000.0
_DAY = 86400.0
_DRIVERS = ("ebs.csi.aws.com", "disks.example.com", "kubernetes.io/aws-ebs")
_KINDS: tuple[Literal["StatefulSet", "Deployment", "DaemonSet", "CronJob"], ...] = (
    "StatefulSet",
    "Deployment",
    "Deployment",
    "StatefulSet",
    "Deployment",
    "CronJob",
    "DaemonSet",
)
_LOWER: Mapping[str, Literal["ReplicaSet", "Job"]] = {"Deployment": "ReplicaSet", "CronJob": "Job"}
_OBJECTIVE = Objective(rpo=3600.0, rpo_origin="annotation", locations=2)


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """``controllers`` have a pod each, and the first of them one more until there are ``pods``."""

    claims: int
    nodes: int
    pods: int
    controllers: int
    namespaces: int
    classes: int

    def records(self) -> Iterator[Fact]:
        yield from self._places()
        yield from self._classes()
        for number in range(self.claims):
            yield from self._claim(number)
        for number in range(self.controllers):
            yield from self._workload(number)
        for number in range(self.pods):
            yield from self._pod(number)

    @cached_property
    def judgements(self) -> Mapping[Subject, ClaimJudgement]:
        """Of each claim: nobody owns it, and its copies lie in one place."""
        refs = [self._ref(number) for number in range(self.claims)]
        return {Subject("claim", ref): _judged(ref) for ref in refs}

    def _namespace(self, number: int) -> str:
        return f"team-{number % self.namespaces:04d}"

    def _ref(self, number: int) -> ClaimRef:
        return ClaimRef(self._namespace(number), f"data-app-{number:06d}-0")

    def _places(self) -> Iterator[Fact]:
        for number in range(self.namespaces):
            name = f"team-{number:04d}"
            yield Namespace(name=name, labels={}, annotations=NO_ANNOTATIONS)
            if number % 2:
                limit = Limit(resource="requests.storage", storage_class="", hard=1 << 40, used=0)
                yield Quota(namespace=name, name="all", limits=(limit,), scoped=False)
                some = Selector((Requirement("app", "In", (f"app-{number:06d}",)),))
                yield DisruptionBudget(namespace=name, name="some", selector=some)
        for number in range(self.nodes):
            name = f"node-{number:05d}"
            labels = {"kubernetes.io/hostname": name, ZONE: f"zone-{number % 3}", REGION: "north"}
            yield Node(name=name, ready=number % 50 != 0, labels=labels)
            most = DriverOnNode(driver=_DRIVERS[0], most=4)
            yield NodeDrivers(node=name, drivers=(most, DriverOnNode(driver=_DRIVERS[1])))

    def _classes(self) -> Iterator[Fact]:
        for number in range(self.classes):
            yield StorageClass(
                name=f"class-{number:04d}",
                provisioner=_DRIVERS[number % 3],
                binding_mode="Immediate",
                reclaim_policy="Delete",
                allows_expansion=False,
                is_default=number % 2 == 0,
                parameters_hash=str(number % 20),
            )
        for driver in _DRIVERS[:2]:
            yield SnapshotClass(
                name=f"snaps-{driver}", driver=driver, deletion_policy="Delete", is_default=False
            )

    def _claim(self, number: int) -> Iterator[Fact]:
        ref, volume = self._ref(number), f"pvc-{number:08d}"
        of_class, node = f"class-{number % self.classes:04d}", f"node-{number % self.nodes:05d}"
        yield Claim(
            ref=ref,
            uid=f"claim-{number}",
            created=NOW - 9 * _DAY,
            labels={},
            annotations=NO_ANNOTATIONS,
            storage_class=of_class,
            volume=volume,
            volume_mode="Filesystem",
            access_modes=("ReadWriteOnce",),
            requested=1,
            capacity=1,
            phase="Bound",
        )
        for name in (volume, f"old-{volume}"):
            yield Volume(
                name=name,
                uid=f"uid-{name}",
                created=NOW - 9 * _DAY,
                phase="Bound",
                phase_since=None,
                reclaim_policy="Delete",
                storage_class=of_class,
                capacity=1,
                backing="csi",
                csi_driver=_DRIVERS[number % 2],
                claim=ref if name == volume else ClaimRef(ref.namespace, "gone"),
                zone="" if number % 2 else f"zone-{number % 3}",
                node_terms=_only_on(node) if number % 2 else _in_zone(f"zone-{number % 3}"),
            )
        yield Attachment(
            name=f"attached-{number}",
            uid=f"attached-{number}",
            created=NOW - _DAY,
            driver=_DRIVERS[number % 2],
            node=node,
            volume=volume,
            attached=True,
        )
        yield from _snapshot(number, ref)

    def _workload(self, number: int) -> Iterator[Fact]:
        namespace, name = self._namespace(number), f"app-{number:06d}"
        kind = _KINDS[number % len(_KINDS)]
        yield Workload(
            kind=kind,
            namespace=namespace,
            name=name,
            uid=f"workload-{number}",
            created=NOW - 9 * _DAY,
            annotations=NO_ANNOTATIONS,
            claims=() if kind == "StatefulSet" else (self._ref(number % self.claims).name,),
            claim_templates=("data",) if kind == "StatefulSet" else (),
            replicas=2,
            deletes_claims=("whenDeleted",) if kind == "StatefulSet" else (),
            surges=True,
            pod_labels={"app": name},
        )
        if kind in _LOWER:
            upper = Controller(namespace=namespace, kind=kind, name=name)
            yield Controlled(lower=self._controller(number), upper=upper)

    def _controller(self, number: int) -> Controller:
        kind = _KINDS[number % len(_KINDS)]
        lower = _LOWER.get(kind)
        name = f"app-{number:06d}" + ("-1" if lower else "")
        return Controller(namespace=self._namespace(number), kind=lower or kind, name=name)

    def _pod(self, number: int) -> Iterator[Fact]:
        of = number % self.controllers
        controller, place = self._controller(of), ObjectKey(self._namespace(of), f"pod-{number:07d}")
        claim = self._ref(of % self.claims)
        node = f"node-{number % self.nodes:05d}"
        finished = controller.kind == "Job" and number % 2 == 0
        yield Pod(
            namespace=place.namespace,
            name=place.name,
            uid=f"pod-{number}",
            created=NOW - _DAY,
            phase="Succeeded" if finished else "Running",
            node=node,
            mounts=(Mount(volume="data", claim=claim.name),),
            labels={"app": f"app-{of:06d}"},
            owner=Owner("apps/v1", controller.kind, controller.name, "uid"),
        )
        yield ScratchPod(
            place=place,
            uid=f"pod-{number}",
            node=node,
            finished=finished,
            controller=controller,
            limits=ScratchLimits(),
            host_paths=("/data",) if number % 3 == 0 else (),
        )


def _snapshot(number: int, ref: ClaimRef) -> Iterator[Fact]:
    name = f"snap-{number:06d}"
    yield Snapshot(
        namespace=ref.namespace,
        name=name,
        uid=name,
        created=NOW - _DAY,
        source_claim=ref.name,
        source_content="",
        content=f"content-{number}",
        snapshot_class=f"snaps-{_DRIVERS[number % 2]}",
        ready=True,
        captured=NOW - _DAY,
        size=1,
        error=False,
    )
    yield SnapshotContent(
        name=f"content-{number}",
        uid=name,
        created=NOW - _DAY,
        driver=_DRIVERS[number % 2],
        snapshot_class=f"snaps-{_DRIVERS[number % 2]}",
        deletion_policy="Delete",
        snapshot=ObjectKey(ref.namespace, name),
        snapshot_uid=name,
        volume_handle=name,
        ready=True,
        captured=None,
        size=1,
    )


def _only_on(node: str) -> tuple[NodeTerm, ...]:
    return (NodeTerm(labels=(Requirement("kubernetes.io/hostname", "In", (node,)),)),)


def _in_zone(zone: str) -> tuple[NodeTerm, ...]:
    return (NodeTerm(labels=(Requirement(ZONE, "In", (zone,)),)),)


def _judged(ref: ClaimRef) -> ClaimJudgement:
    on = ObjectRef("PersistentVolumeClaim", *ref)
    return ClaimJudgement(
        ref=ref,
        volume="",
        storage_class="",
        csi_driver="",
        volume_mode="Filesystem",
        access_modes="",
        reclaim_policy="",
        workload_kind="",
        workload="",
        requested=None,
        capacity=None,
        phase="Bound",
        created=0.0,
        objective=_OBJECTIVE,
        protection=Protection(state="never", places=(Place("velero/default", "north"),)),
        usage=Usage(state="in-use"),
        findings=(Finding(check="no-owner", on=on, why="nobody is named by holdfast.dev/owner"),),
        unjudged=("hooks-missing",),
    )
