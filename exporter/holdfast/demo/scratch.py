"""What the kubelets tell of what ends with its pod: layers, logs and emptyDirs, and the disks of the nodes they lie on.

Drawn from the pods' names, but for the few that ``_FULL`` names.
"""

from collections.abc import Iterator
from typing import Any

from holdfast.demo.amounts import bytes_of
from holdfast.demo.cluster import Cluster, Object, name_of, namespace_of, uid
from holdfast.demo.names import chance
from holdfast.demo.usage import answering
from holdfast.model.ephemeral import Filesystem, NodeDisk, NodeSummary, PodScratch

_MIB, _GIB = 2**20, 2**30
_LAG = 25.0  # seconds since the kubelets looked
_DISK = 200 * _GIB
_INODES = 13_107_200
_BUSY = "worker-5"  # its disk is nearly full, and images have one of their own

_FULL = {
    # pod, or what its name begins with: how much of each emptyDir's limit is taken
    "analytics/trainer": 0.93,
    "media/library": 0.35,
}
_UNLIMITED = 900 * _MIB  # what stands in an emptyDir that may fill the node


def summaries_of(cluster: Cluster) -> Iterator[NodeSummary]:
    """Of every node whose kubelet answers."""
    time = cluster.clock.now - _LAG
    running = [pod for pod in cluster.all("Pod") if pod["status"]["phase"] == "Running"]
    for node in sorted(answering(cluster)):
        own = {uid(pod): _scratch(pod, time) for pod in running if pod["spec"]["nodeName"] == node}
        yield NodeSummary(node=node, disks=tuple(_disks(node, time)), pods=own, layers_count=node != _BUSY)


def _disks(node: str, time: float) -> Iterator[NodeDisk]:
    yield _disk("nodefs", time, 0.87 if node == _BUSY else 0.35 + 0.2 * chance(node, "disk"))
    if node == _BUSY:
        yield _disk("imagefs", time, 0.52)
        yield _disk("containerfs", time, 0.11)


def _disk(filesystem: Filesystem, time: float, share: float) -> NodeDisk:
    used, inodes = int(_DISK * share), int(_INODES * share / 5)
    return NodeDisk(
        filesystem=filesystem,
        time=time,
        used=used,
        capacity=_DISK,
        available=_DISK - used,
        inodes_used=inodes,
        inodes=_INODES,
    )


def _scratch(pod: Object, time: float) -> PodScratch:
    named = f"{namespace_of(pod)}/{name_of(pod)}"
    volumes = tuple(_volumes(pod, named))
    containers = tuple(
        (
            container["name"],
            float(_drawn(20, 400, named, container["name"], "layer")),
            float(_drawn(2, 80, named, container["name"], "logs")),
        )
        for container in pod["spec"]["containers"]
    )
    filled = sum(used for _, used in volumes) + sum(layer + logs for _, layer, logs in containers)
    return PodScratch(
        namespace=namespace_of(pod),
        pod=name_of(pod),
        time=time,
        used=filled,
        volumes=volumes,
        containers=containers,
    )


def _volumes(pod: Object, named: str) -> Iterator[tuple[str, float]]:
    for volume in pod["spec"].get("volumes", []):
        if "emptyDir" in volume:
            yield volume["name"], float(_filled(volume["emptyDir"], named))


def _filled(empty_dir: dict[str, Any], named: str) -> int:
    if "sizeLimit" not in empty_dir:
        return _UNLIMITED
    share = next((share for start, share in _FULL.items() if named.startswith(start)), 0.2)
    return int(bytes_of(empty_dir["sizeLimit"]) * share)


def _drawn(least: int, most: int, *of: str) -> int:
    """Mebibytes."""
    return int(least + (most - least) * chance(*of)) * _MIB
