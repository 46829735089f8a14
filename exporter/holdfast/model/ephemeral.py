"""Storage that ends with its pod: what a pod may fill, what it fills, and the disks of the node that it fills.

Writable layers, logs and emptyDir volumes belong here. Claims do not, those of generic ephemeral volumes included.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import EPHEMERAL, NODE_DISK, POD, ObjectKey, ObjectRef, Touch, touch
from holdfast.model.judgement import Finding, Judgement

Filesystem = Literal["nodefs", "imagefs", "containerfs"]
FILESYSTEMS: tuple[Filesystem, ...] = get_args(Filesystem)

LimitKind = Literal["emptydir", "container", "pod"]
LIMIT_KINDS: tuple[LimitKind, ...] = get_args(LimitKind)

_SAME = 0.01  # of a disk's size that two looks at its free space may differ by
_OWN_GROUPS = frozenset({"", "apps", "batch"})


class Controller(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a pod belongs to. A pod that belongs to nothing is its own: kind ``Pod`` and its name."""

    namespace: str
    kind: str
    name: str
    group: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        return self.namespace, self.kind, self.name

    @property
    def ref(self) -> ObjectRef:
        kind = self.kind if self.group in _OWN_GROUPS else f"{self.kind}.{self.group}"
        return ObjectRef(kind, self.namespace, self.name)


class EmptyDir(msgspec.Struct, frozen=True, gc=False):
    """``limit`` in bytes, None without one. ``memory``: it lies in memory and on no disk."""

    name: str
    limit: int | None = None
    memory: bool = False


class ScratchLimits(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The limits at which the kubelet evicts a pod, in bytes.

    ``containers`` are those with a limit of their own; ``unlimited`` names the containers and sidecars without one.
    ``pod`` is the limit for everything together, None as long as no container has one.
    """

    empty_dirs: tuple[EmptyDir, ...] = ()
    containers: tuple[tuple[str, int], ...] = ()
    unlimited: tuple[str, ...] = ()
    pod: int | None = None


class ScratchPod(Fact, frozen=True, kw_only=True, gc=False):
    """A pod as far as it fills the disks of its node. ``uid`` is the one by which the kubelet knows it."""

    place: ObjectKey  # one tuple under which it is held everywhere: there are many pods
    uid: str
    node: str
    finished: bool
    controller: Controller
    limits: ScratchLimits
    host_paths: tuple[str, ...] = ()  # directories of its node that it may write to

    @property
    def key(self) -> tuple[str, ...]:
        return self.place

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("controller", *self.controller.key),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(EPHEMERAL, *self.controller.key),)


class Controlled(Fact, frozen=True, kw_only=True, gc=False):
    """A controller of pods that something else controls: a CronJob's Job, a rollout's ReplicaSet."""

    lower: Controller
    upper: Controller

    @property
    def key(self) -> tuple[str, ...]:
        return self.lower.key

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("upper", *self.upper.key),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(EPHEMERAL, *self.lower.key), touch(EPHEMERAL, *self.upper.key))


class NodeDisk(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One file system of a node at ``time``, Unix seconds; bytes and inodes, None where unknown.

    ``used`` is, for nodefs, all that is used there, and for the others what images and layers take of it.
    ``inodes_used`` is all that are taken, by whomever.
    """

    filesystem: Filesystem
    time: float
    used: float | None = None
    capacity: float | None = None
    available: float | None = None
    inodes_used: float | None = None
    inodes: float | None = None

    def is_same(self, other: "NodeDisk") -> bool:
        """Whether the two are one file system, as far as their figures tell; two alike are taken for one."""
        if self.capacity != other.capacity or self.inodes != other.inodes:
            return False
        if self.capacity is None or self.available is None or other.available is None:
            return True
        return abs(self.available - other.available) <= _SAME * self.capacity


class PodScratch(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a pod fills at ``time``, in bytes; None where unknown.

    ``used`` is all of it on disk, as the kubelet adds it up. ``volumes`` are (name, used) of those that may be emptyDirs,
    ``containers`` are (name, layer, logs).
    """

    namespace: str
    pod: str
    time: float
    used: float | None = None
    volumes: tuple[tuple[str, float], ...] = ()
    containers: tuple[tuple[str, float | None, float | None], ...] = ()

    def volume_used(self, name: str) -> float | None:
        return next((used for volume, used in self.volumes if volume == name), None)

    def container_used(self, name: str, *, layers: bool) -> float | None:
        """Logs and, with ``layers``, the writable layer: what the kubelet holds against a container's limit.

        Of the two that which is not told counts as nothing, as it does for the kubelet.
        """
        for container, layer, logs in self.containers:
            if container == name:
                if layer is None or not layers:
                    return logs
                return layer if logs is None else layer + logs
        return None


class NodeSummary(Fact, frozen=True, kw_only=True, gc=False):
    """What the kubelet of one node told of its disks and pods. ``pods`` are by uid; ``damaged`` counts those that cannot be read.

    ``layers_count``: writable layers lie on the node's own disk; only then they count against a container's limit.
    """

    node: str
    disks: tuple[NodeDisk, ...] = ()
    pods: Mapping[str, PodScratch] = {}
    layers_count: bool = True
    damaged: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.node,)

    def touches(self) -> tuple[Touch, ...]:
        return (
            touch(NODE_DISK, self.node),
            *(touch(POD, scratch.namespace, scratch.pod) for scratch in self.pods.values()),
        )


class LimitUse(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How much of a limit the fullest pod has used, as a ratio. ``name`` is empty for the pod's own limit."""

    kind: LimitKind
    name: str
    ratio: float


class EphemeralJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """What the pods of one controller fill. ``used`` is the sum over the ``measured`` pods, None where there are none."""

    controller: Controller
    used: float | None = None
    measured: int = 0
    limits: tuple[LimitUse, ...] = ()
    findings: tuple[Finding, ...] = ()


class NodeDisksJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """The disks whose figures are fresh, and when those of the node's own disk are from; None where unknown."""

    node: str
    disks: tuple[NodeDisk, ...] = ()
    measured: float | None = None
