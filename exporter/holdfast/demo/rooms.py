"""The controllers of room: what of its quotas a namespace has taken, and what drivers tell of their pools.

Hints: on a CSIStorageCapacity ``available``, and how much of it goes ``daily``; on a ResourceQuota, by limit, how much
more is taken ``daily``. Both came to what they are over the weeks before.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy

from holdfast.demo.amounts import amount, bytes_of
from holdfast.demo.cluster import Cluster, Object, namespace_of

QUOTA, POOL = "ResourceQuota", "CSIStorageCapacity"

_DAY = 86400.0
_GIB = 2**30
_CLAIMS = "persistentvolumeclaims"
_STORAGE = "requests.storage"
_OF_A_CLASS = ".storageclass.storage.k8s.io/"
_GONE = ("Succeeded", "Failed")


def fill_rooms(cluster: Cluster) -> None:
    for quota in cluster.all(QUOTA):
        quota["status"] = {"hard": dict(quota["spec"]["hard"]), "used": _used(cluster, quota)}
    for pool in cluster.all(POOL):
        pool["capacity"] = _left(cluster, pool, cluster.clock.now)


def rooms_at(cluster: Cluster, instant: float) -> Iterator[Object]:
    """The same objects as they stood then."""
    for quota in cluster.all(QUOTA):
        yield _earlier(cluster, quota, instant)
    for pool in cluster.all(POOL):
        yield pool | {"capacity": _left(cluster, pool, instant)}


def _used(cluster: Cluster, quota: Object) -> dict[str, str]:
    """In the order in which the quota names its limits."""
    namespace = namespace_of(quota)
    claims = [c for c in cluster.all("PersistentVolumeClaim") if namespace_of(c) == namespace]
    pods = [
        pod
        for pod in cluster.all("Pod")
        if namespace_of(pod) == namespace and pod["status"]["phase"] not in _GONE
    ]
    scratch = sum(map(_scratch, pods))
    whole = {
        "pods": str(len(pods)),
        "requests.ephemeral-storage": amount(scratch),
        "limits.ephemeral-storage": amount(scratch),
    }
    return {limit: whole.get(limit) or _of_claims(limit, claims) for limit in quota["spec"]["hard"]}


def _of_claims(limit: str, claims: list[Object]) -> str:
    storage_class, mark, what = limit.rpartition(_OF_A_CLASS)
    counted = [c for c in claims if not mark or c["spec"].get("storageClassName") == storage_class]
    if what == _CLAIMS:
        return str(len(counted))
    return amount(sum(bytes_of(claim["spec"]["resources"]["requests"]["storage"]) for claim in counted))


def _scratch(pod: Object) -> int:
    limits = (container.get("resources", {}).get("limits", {}) for container in pod["spec"]["containers"])
    return sum(bytes_of(limit.get("ephemeral-storage", "0")) for limit in limits)


def _left(cluster: Cluster, pool: Object, instant: float) -> str:
    """In whole gibibytes, as little as nothing."""
    told = cluster.hints(pool)
    gone = bytes_of(told["daily"]) * (instant - cluster.clock.told) / _DAY
    return f"{max(0, int(bytes_of(told['available']) - gone) // _GIB)}Gi"


def _earlier(cluster: Cluster, quota: Object, instant: float) -> Object:
    daily: Mapping[str, str] = cluster.hints(quota).get("daily", {})
    held = deepcopy(quota)
    used = held["status"]["used"]
    for limit, more in daily.items():
        since = bytes_of(more) * max(0.0, cluster.clock.told - instant) / _DAY
        used[limit] = f"{max(0, int(bytes_of(used[limit]) - since) // _GIB)}Gi"
    return held
