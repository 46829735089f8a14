"""What a pod's spec says of ephemeral storage: its emptyDirs, its limits, and the controller that it belongs to.

Clusters have many pods and few different specs: what equal pods say is held once.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

import msgspec

from holdfast.model.ephemeral import Controlled, Controller, EmptyDir, ScratchLimits
from holdfast.sources.shapes import Metadata, Shape, given, shared
from holdfast.sources.values import parse_quantity

_KEPT = 4096  # pods of one controller come one after another in a list
_HASH = "pod-template-hash"


class EmptyDirSource(Shape):
    medium: str | None = None
    size_limit: int | float | str | None = None


class Amounts(Shape):
    """A resource list, of which only ephemeral storage is read."""

    ephemeral_storage: int | float | str | None = msgspec.field(default=None, name="ephemeral-storage")


class ContainerResources(Shape):
    limits: Amounts | None = None


class VolumeMount(Shape):
    name: str | None = None
    read_only: bool | None = None


class Container(Shape):
    name: str | None = None
    restart_policy: str | None = None
    resources: ContainerResources | None = None
    volume_mounts: list[VolumeMount | None] | None = None

    @property
    def limit(self) -> int | None:
        """In bytes. A limit of nothing is none: the kubelet does not look at it."""
        resources = self.resources
        if resources is None or resources.limits is None:
            return None
        return parse_limit(resources.limits.ephemeral_storage)

    @property
    def is_sidecar(self) -> bool:
        """Among the init containers: it runs for as long as the pod does."""
        return self.restart_policy == "Always"


def parse_limit(written: str | float | None) -> int | None:
    if written is None:
        return None
    limit = parse_quantity(written)
    return limit if limit is not None and limit > 0 else None


def read_limits(
    empty_dirs: Iterable[tuple[str, EmptyDirSource]],
    containers: Iterable[Container | None] | None,
    first: Iterable[Container | None] | None,
    overhead: Amounts | None,
) -> ScratchLimits:
    """``first`` are the init containers, the sidecars among them. Without containers nothing is known to be unlimited."""
    running = [(shared(container.name), container.limit) for container in given(containers)]
    starting = [(shared(one.name), one.limit, one.is_sidecar) for one in given(first)] if first else []
    sidecars = [(name, limit) for name, limit, stays in starting if stays]
    whole = pod_limit([limit for _, limit in running], [(limit, stays) for _, limit, stays in starting])
    extra = parse_limit(overhead.ephemeral_storage) if overhead else None
    return _once(
        ScratchLimits(
            empty_dirs=tuple(
                [
                    EmptyDir(shared(name), parse_limit(source.size_limit), bool(source.medium))
                    for name, source in empty_dirs
                ]
            ),
            containers=tuple([(name, limit) for name, limit in running if limit is not None]),
            unlimited=tuple([name for name, limit in running + sidecars if limit is None]),
            pod=whole if whole is None or extra is None else whole + extra,
        )
    )


def pod_limit(running: Iterable[int | None], starting: Iterable[tuple[int | None, bool]]) -> int | None:
    """What the kubelet evicts the pod for: the sum of the limits that there are, or the most that starting it may take.

    ``starting`` tells of each init container whether it is a sidecar, which stays. A container without a limit adds
    nothing, and what it fills counts against the limits of the others.
    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#ephemeral-storage-consumption-management
    """
    staying, most = 0, 0
    for limit, stays in starting:
        if stays:
            staying += limit or 0
        most = max(most, staying if stays else staying + (limit or 0))
    return max(most, staying + sum([limit or 0 for limit in running])) or None


def read_controller(metadata: Metadata) -> Controller:
    """Whom the pod belongs to. A static pod is named after its node, which controls nothing.

    A Deployment names its ReplicaSets after the hash that it writes on their pods. So the many revisions that it keeps
    need not be held to find it.
    """
    owner, namespace = metadata.owner, metadata.namespace
    if owner is None or owner.kind in ("", "Node") or not owner.name:
        return Controller(namespace=namespace, kind="Pod", name=metadata.name)
    if owner.kind == "ReplicaSet":
        stem, dash, end = owner.name.rpartition("-")
        if dash and stem and end == metadata.label(_HASH):
            return _controller(namespace, "Deployment", shared(stem), owner.group)
    return _controller(namespace, owner.kind, owner.name, owner.group)


def read_controlled(kind: str, metadata: Metadata) -> Iterator[Controlled]:
    """A Job or ReplicaSet of something else. Those of a Deployment are told by their pods."""
    owner = metadata.owner
    if owner is None or not owner.name or owner.kind in ("", kind, "Deployment"):
        return
    yield Controlled(
        lower=Controller(namespace=metadata.namespace, kind=kind, name=shared(metadata.name)),
        upper=Controller(
            namespace=metadata.namespace, kind=owner.kind, name=owner.name, group=shared(owner.group)
        ),
    )


@lru_cache(maxsize=_KEPT)
def _once(limits: ScratchLimits) -> ScratchLimits:
    return limits


@lru_cache(maxsize=_KEPT)
def _controller(namespace: str, kind: str, name: str, group: str) -> Controller:
    return Controller(namespace=namespace, kind=kind, name=name, group=shared(group))
