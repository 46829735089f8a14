"""How a kubelet's ``/stats/summary`` reads: the disks of its node, and what each pod fills. Pure; asking belongs to ``kubelet``.

https://github.com/kubernetes/kubelet/blob/v0.34.0/pkg/apis/stats/v1alpha1/types.go
"""

import sys
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated, Final, TypeVar

import msgspec

from holdfast.model.ephemeral import Filesystem, NodeDisk, NodeSummary, PodScratch
from holdfast.model.usage import CLOCK_DIFFERENCE

_MOST = 2.0**63  # bytes; the kubelet subtracts without a sign: what is larger was less than nothing
_LONGEST_TIME = 100  # characters
_TOKENS = (
    "kube-api-access-"  # a service account's token, in every pod under another name, and never an emptyDir
)

_T = TypeVar("_T")


class SummaryError(Exception):
    """The body is no summary of this node. The text goes behind the name of the kubelet."""


class _Shape(msgspec.Struct, frozen=True, rename="camel", gc=False):
    """Base: every field may be absent or null."""


class _Used(_Shape, frozen=True, gc=False):
    used_bytes: float | None = None


class _Disk(_Shape, frozen=True, gc=False):
    time: str | None = None
    used_bytes: float | None = None
    capacity_bytes: float | None = None
    available_bytes: float | None = None
    inodes: float | None = None
    inodes_free: float | None = None
    inodes_used: float | None = None


class _Together(_Used, frozen=True, gc=False):
    time: str | None = None


class _Claim(_Shape, frozen=True, gc=False):
    """Of a volume that is a claim only that matters."""


class _Volume(_Used, frozen=True, gc=False):
    name: str | None = None
    pvc_ref: _Claim | None = None


class _Container(_Shape, frozen=True, gc=False):
    name: str | None = None
    rootfs: _Used | None = None
    logs: _Used | None = None


class _PodRef(_Shape, frozen=True, gc=False):
    name: str | None = None
    namespace: str | None = None
    uid: str | None = None


class _Pod(_Shape, frozen=True, gc=False):
    pod_ref: _PodRef | None = None
    containers: list[_Container | None] | None = None
    volume: list[_Volume | None] | None = None
    ephemeral_storage: _Together | None = msgspec.field(default=None, name="ephemeral-storage")


class _Runtime(_Shape, frozen=True, gc=False):
    image_fs: _Disk | None = None
    container_fs: _Disk | None = None


class _Node(_Shape, frozen=True, gc=False):
    node_name: str | None = None
    fs: _Disk | None = None
    runtime: _Runtime | None = None


class _Summary(_Shape, frozen=True, gc=False):
    node: _Node | None = None
    pods: list[msgspec.Raw] | None = None


_SUMMARY: Final = msgspec.json.Decoder(_Summary)
_POD: Final = msgspec.json.Decoder(_Pod)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_TIME: Final = msgspec.json.Decoder(Annotated[datetime, msgspec.Meta(tz=True)])


def read_summary(body: bytes, node: str, now: float) -> NodeSummary:
    """What the node's kubelet told at ``now``. What it gives no time for is as of now.

    Raises:
        SummaryError: it is no summary, or that of another node.
    """
    try:
        summary = _SUMMARY.decode(body)
    except _UNREADABLE:
        raise SummaryError("does not answer as a kubelet; see who listens there") from None
    told = summary.node
    if told is None or not told.node_name:
        raise SummaryError("does not answer as a kubelet; see who listens there")
    if told.node_name != node:
        raise SummaryError("answers for another node; see whether the node's address is its own")
    pods: dict[str, PodScratch] = {}
    read = [_pod(pod) for pod in summary.pods or ()]
    for uid, scratch in _scratches(_given(read), now):
        held = pods.get(uid)
        if held is None or held.time <= scratch.time:
            pods[uid] = scratch
    disks = {disk.filesystem: disk for disk in _disks(told, now)}
    own, images = disks.get("nodefs"), disks.get("imagefs")
    return NodeSummary(
        node=sys.intern(node),
        disks=tuple(disks.values()),
        pods=pods,
        layers_count=own is None or images is None or own.is_same(images),
        damaged=read.count(None),
    )


def _disks(node: _Node, now: float) -> Iterator[NodeDisk]:
    """Layers are told of apart only where they lie elsewhere than the images."""
    runtime = node.runtime or _Runtime()
    layers = runtime.container_fs if runtime.container_fs != runtime.image_fs else None
    found: tuple[tuple[Filesystem, _Disk | None], ...] = (
        ("nodefs", node.fs),
        ("imagefs", runtime.image_fs),
        ("containerfs", layers),
    )
    for filesystem, told in found:
        if told is not None and (disk := _disk(filesystem, told, now)) is not None:
            yield disk


def _disk(filesystem: Filesystem, told: _Disk, now: float) -> NodeDisk | None:
    """None where nothing of it can be believed."""
    capacity, inodes = _positive(told.capacity_bytes), _positive(told.inodes)
    free, taken = _within(told.inodes_free, inodes), _within(told.inodes_used, inodes)
    time = _time(told.time, now)
    disk = NodeDisk(
        filesystem=filesystem,
        time=now if time is None else time,
        used=_within(told.used_bytes, capacity),
        capacity=capacity,
        available=_within(told.available_bytes, capacity),
        inodes_used=inodes - free if inodes is not None and free is not None else taken,
        inodes=inodes,
    )
    return None if time is None or (capacity is None and inodes is None) else disk


def _pod(told: msgspec.Raw) -> _Pod | None:
    """None where it cannot be decoded: what spoils one pod says nothing of the others."""
    try:
        return _POD.decode(told)
    except _UNREADABLE:
        return None


def _scratches(pods: Iterable[_Pod], now: float) -> Iterator[tuple[str, PodScratch]]:
    for pod in pods:
        ref = pod.pod_ref
        together = pod.ephemeral_storage or _Together()
        time = _time(together.time, now)
        if ref is None or not ref.uid or not ref.name or not ref.namespace or time is None:
            continue
        yield (
            ref.uid,
            PodScratch(
                namespace=sys.intern(ref.namespace),
                pod=ref.name,
                time=time,
                used=_amount(together.used_bytes),
                volumes=tuple(_volumes(pod)),
                containers=tuple(_containers(pod)),
            ),
        )


def _volumes(pod: _Pod) -> Iterator[tuple[str, float]]:
    """Those that may be emptyDirs: which of them are, the pod itself tells."""
    for volume in _given(pod.volume):
        used = _amount(volume.used_bytes)
        if (
            volume.name
            and volume.pvc_ref is None
            and used is not None
            and not volume.name.startswith(_TOKENS)
        ):
            yield sys.intern(volume.name), used


def _containers(pod: _Pod) -> Iterator[tuple[str, float | None, float | None]]:
    for container in _given(pod.containers):
        if container.name:
            layer, logs = container.rootfs or _Used(), container.logs or _Used()
            yield sys.intern(container.name), _amount(layer.used_bytes), _amount(logs.used_bytes)


def _given(items: Iterable[_T | None] | None) -> Iterator[_T]:
    return (item for item in items or () if item is not None)


def _amount(told: float | None) -> float | None:
    return told if told is not None and 0 <= told < _MOST else None


def _positive(told: float | None) -> float | None:
    """A disk of no size is one of which nothing is known."""
    return _amount(told) or None


def _within(told: float | None, whole: float | None) -> float | None:
    """A part of the whole; where the whole is not known, or smaller, the part is not either."""
    amount = _amount(told)
    return amount if amount is not None and whole is not None and amount <= whole else None


def _time(told: str | None, now: float) -> float | None:
    """As of now where no time is told; None where it is none, or one that is still to come."""
    if not told:
        return now
    if len(told) > _LONGEST_TIME or "\\" in told:
        return None
    try:
        moment = _TIME.decode(f'"{told}"')
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    time = moment.timestamp()
    return min(time, now) if time <= now + CLOCK_DIFFERENCE else None
