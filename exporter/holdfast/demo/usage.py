"""What the kubelets tell of the claims, now and over two weeks: which of them answer, and how full each claim was.

How full stands in ``usage.yaml``, claim by claim. Beside the forms of ``courses`` a line there may say ``inodes`` and
``inodesDaily``, ``until`` (for how long nothing has mounted the claim), ``size: false`` where its driver tells no size,
``none`` where it tells nothing, and ``space``, of which the claim is a part.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, NamedTuple

import yaml

from holdfast.demo.amounts import bytes_of
from holdfast.demo.cluster import Cluster, Object, created, name_of, namespace_of
from holdfast.demo.courses import Course, course, inode_course
from holdfast.demo.instants import duration, seconds_of
from holdfast.demo.volumes import mounted
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample, sample_of

STEP = 3600.0
_LOOKS = 14 * 24
_LAG = 20.0  # seconds since the kubelets were asked
_SETTLING = 150.0  # seconds until a kubelet tells of a claim that was just mounted
_BLOCK = 4096


class Filesystem(NamedTuple):
    """One claim's, as its node sees it. ``first`` and ``last`` are the instants between which somebody looked."""

    claim: ClaimRef
    node: str
    capacity: int
    inodes: int
    bytes: Course
    files: Course
    sized: bool
    first: float
    last: float

    def sample(self, instant: float, told: float) -> UsageSample | None:
        used = round(self.capacity * self.bytes.at(instant, told))
        stats: dict[Any, float] = {"used": used}
        if self.sized:
            stats |= {"capacity": self.capacity, "available": self.capacity - used}
        if self.inodes:
            files = round(self.inodes * self.files.at(instant, told))
            stats |= {"inodes_used": files, "inodes": self.inodes}
        return sample_of(self.claim, instant, stats, self.node)


def usage_of(cluster: Cluster, *, past: bool) -> Iterator[UsageSample]:
    """The newest sample of every claim; with ``past`` also those of the two weeks before, one an hour."""
    told, now = cluster.clock
    for held in _filesystems(cluster):
        for look in range(_LOOKS if past else 1):
            instant = held.last - look * STEP
            if instant < max(held.first, now - _LOOKS * STEP) and (look or instant < held.first):
                break
            sample = held.sample(instant, told)
            if sample is not None:
                yield sample


def answering(cluster: Cluster) -> frozenset[str]:
    """The nodes whose kubelets do."""
    return frozenset(name_of(node) for node in cluster.all("Node") if silent_since(node) is None)


def silent_since(node: Object) -> float | None:
    """None while it answers."""
    ready = next(met for met in node["status"]["conditions"] if met["type"] == "Ready")
    return None if ready["status"] == "True" else seconds_of(ready["lastTransitionTime"])


def _filesystems(cluster: Cluster) -> Iterator[Filesystem]:
    table = _table()
    looked = _looked_at(cluster)
    for claim in cluster.all("PersistentVolumeClaim"):
        ref = ClaimRef(namespace_of(claim), name_of(claim))
        line = table["claims"].get(str(ref))
        if line is None or "none" in line:
            continue
        node, last = looked.get(ref, ("worker-1", None))
        if "until" in line:
            last = float(int(cluster.clock.told - duration(line["until"])))
        if last is not None:
            yield _filesystem(cluster, claim, line, node, last)


def _filesystem(
    cluster: Cluster, claim: Object, line: Mapping[str, Any], node: str, last: float
) -> Filesystem:
    table = _table()
    name = line.get("space") or f"{namespace_of(claim)}/{name_of(claim)}"
    if "space" in line:
        line = form = table["spaces"][name]
        size = bytes_of(line["size"])
    else:
        form = table["filesystems"][_driver(cluster, claim)]
        size = bytes_of(claim["status"]["capacity"]["storage"])
    share = 1 - form.get("overhead", 0.0) / 100
    return Filesystem(
        claim=ClaimRef(namespace_of(claim), name_of(claim)),
        node=node,
        capacity=int(size * share) // _BLOCK * _BLOCK,
        inodes=size // form["inode"] if "inode" in form else 0,
        bytes=course(name, line),
        files=inode_course(name, line),
        sized=line.get("size") is not False,
        first=created(claim) + _SETTLING,
        last=last,
    )


def _driver(cluster: Cluster, claim: Object) -> str:
    volume = cluster.get("PersistentVolume", "", claim["spec"]["volumeName"])
    return str(volume["spec"]["csi"]["driver"] if "csi" in volume["spec"] else "local") if volume else ""


def _looked_at(cluster: Cluster) -> dict[ClaimRef, tuple[str, float]]:
    """For each claim that a running pod mounts, who told of it last, and when."""
    asked = {name_of(node): _last_answer(node, cluster.clock.now) for node in cluster.all("Node")}
    found: dict[ClaimRef, tuple[str, float]] = {}
    for pod in _running(cluster.all("Pod")):
        node = pod["spec"]["nodeName"]
        for claim in mounted(cluster, pod):
            ref = ClaimRef(namespace_of(claim), name_of(claim))
            if ref not in found or asked[node] > found[ref][1]:
                found[ref] = node, asked[node]
    return found


def _last_answer(node: Object, now: float) -> float:
    """Whole seconds, as files have them."""
    return float(int(silent_since(node) or now)) - _LAG


def _running(pods: Iterable[Object]) -> Iterator[Object]:
    return (pod for pod in pods if pod["status"]["phase"] == "Running")


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Any]:
    text = (resources.files("holdfast.demo") / "usage.yaml").read_text("utf-8")
    table: Mapping[str, Any] = yaml.safe_load(text)
    return table
