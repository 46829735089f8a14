"""Families about ephemeral storage: what the pods of a workload fill, how near they are to eviction, and the nodes' disks."""

from collections.abc import Callable, Iterable

from holdfast.metrics.family import Family, Row
from holdfast.model.ephemeral import (
    FILESYSTEMS,
    LIMIT_KINDS,
    EphemeralJudgement,
    NodeDisk,
    NodeDisksJudgement,
)

_DISKS = {"filesystem": FILESYSTEMS}

_LITTLE = 0.1
"""Less than this share of a limit is far from it, and nearly all workloads use less."""


def _used(workload: EphemeralJudgement) -> Iterable[Row]:
    return () if workload.used is None else (((), workload.used),)


def _measured(workload: EphemeralJudgement) -> Iterable[Row]:
    return () if workload.used is None else (((), workload.measured),)


def _limits(workload: EphemeralJudgement) -> Iterable[Row]:
    return [((limit.kind, limit.name), limit.ratio) for limit in workload.limits if limit.ratio >= _LITTLE]


def _of_each(figure: Callable[[NodeDisk], float | None]) -> Callable[[NodeDisksJudgement], Iterable[Row]]:
    """One row a disk of which the figure is known."""

    def rows(node: NodeDisksJudgement) -> Iterable[Row]:
        told = ((disk.filesystem, figure(disk)) for disk in node.disks)
        return [((filesystem,), value) for filesystem, value in told if value is not None]

    return rows


def _age(node: NodeDisksJudgement) -> Iterable[Row]:
    return () if node.measured is None else (((), node.measured),)


EPHEMERAL_FAMILIES = (
    Family(
        name="holdfast_ephemeral_used_bytes",
        help="What the measured pods of the workload fill of their nodes' disks: emptyDirs that lie there, writable layers and logs.",
        noun="ephemeral",
        rows=_used,
    ),
    Family(
        name="holdfast_ephemeral_measured_pods",
        help="How many pods the used bytes are the sum of; the others' use is not known.",
        noun="ephemeral",
        rows=_measured,
    ),
    Family(
        name="holdfast_ephemeral_limit_used_ratio",
        help="How much of a limit the fullest pod of the workload uses; above 1 the kubelet evicts it. Absent below 0.1.",
        noun="ephemeral",
        further=("kind", "name"),
        rows=_limits,
        vocabulary={"kind": LIMIT_KINDS},
    ),
    Family(
        name="holdfast_node_filesystem_capacity_bytes",
        help="Size of the node's file system.",
        noun="node-disk",
        further=("filesystem",),
        rows=_of_each(lambda disk: disk.capacity),
        vocabulary=_DISKS,
    ),
    Family(
        name="holdfast_node_filesystem_available_bytes",
        help="Free space of the node's file system, by which the kubelet begins to evict pods.",
        noun="node-disk",
        further=("filesystem",),
        rows=_of_each(lambda disk: disk.available),
        vocabulary=_DISKS,
    ),
    Family(
        name="holdfast_node_filesystem_used_bytes",
        help="Used space of nodefs; of imagefs and containerfs what images and layers use.",
        noun="node-disk",
        further=("filesystem",),
        rows=_of_each(lambda disk: disk.used),
        vocabulary=_DISKS,
    ),
    Family(
        name="holdfast_node_filesystem_inodes",
        help="Inodes of the node's file system.",
        noun="node-disk",
        further=("filesystem",),
        rows=_of_each(lambda disk: disk.inodes),
        vocabulary=_DISKS,
    ),
    Family(
        name="holdfast_node_filesystem_inodes_used",
        help="Inodes of the node's file system that are taken.",
        noun="node-disk",
        further=("filesystem",),
        rows=_of_each(lambda disk: disk.inodes_used),
        vocabulary=_DISKS,
    ),
    Family(
        name="holdfast_node_filesystem_age_seconds",
        help="How old the newest figures of the node's own disk are; after 15 minutes the figures themselves are left out.",
        noun="node-disk",
        rows=_age,
        clock=True,
        aggregation="min",
    ),
)
