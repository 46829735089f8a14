"""What other exporters publish of the same scene: the kubelets, kube-state-metrics, and what our own rules read of others.

Here belong their spelling and how many series there are of each. What we publish belongs to ours.py.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product

from bench.rules.scene import Claim, Scene
from tests.rules.foreign import TABLE

LE = ("0.1", "0.25", "0.5", "1", "2.5", "5", "10", "15", "25", "50", "120", "300", "600", "+Inf")

VALUES: dict[str, tuple[str, ...]] = {
    "driver_name": ("ebs.csi.aws.com", "cephfs.csi.ceph.com"),
    "volume_plugin": ("kubernetes.io/csi:ebs.csi.aws.com", "kubernetes.io/configmap"),
    "method_name": (
        "/csi.v1.Node/NodePublishVolume",
        "/csi.v1.Node/NodeStageVolume",
        "/csi.v1.Node/NodeGetVolumeStats",
    ),
    "operation_name": ("volume_mount", "volume_unmount", "verify_controller_attached_volume"),
    "grpc_status_code": ("OK", "DeadlineExceeded"),
    "status": ("success", "fail-unknown"),
    "device": ("nvme0n1", "nvme1n1", "nvme2n1"),
    "mountpoint": ("/",),
    "fstype": ("ext4",),
    "le": LE,
}
"""The values of a label of others, as many as a cluster has of them; of a label that is not here all that it can have, or one."""

STATS: Mapping[str, Callable[[Claim], float]] = {
    "kubelet_volume_stats_available_bytes": lambda c: c.size * (1 - c.used),
    "kubelet_volume_stats_capacity_bytes": lambda c: c.size,
    "kubelet_volume_stats_used_bytes": lambda c: c.size * c.used,
    "kubelet_volume_stats_inodes_free": lambda _: 2_990_000,
    "kubelet_volume_stats_inodes": lambda _: 3_000_000,
    "kubelet_volume_stats_inodes_used": lambda _: 10_000,
}
_KNOWN = {metric.name: metric for metric in TABLE}
PHASES = ("Pending", "Available", "Bound", "Released", "Failed")


def claims_text(scene: Scene) -> str:
    """What kubernetes-mixin's storage rules read."""
    return "".join(_claims(scene))


def read_text(scene: Scene, names: set[str], scrape: int) -> str:
    """What our rules read of others, once for each node. Counters have grown with each scrape."""
    return "".join(line for name in sorted(names) for line in _read(scene, name, scrape))


def _claims(scene: Scene) -> Iterator[str]:
    for name, value in STATS.items():
        yield f"# TYPE {name} gauge\n"
        for claim in scene.all:
            node = scene.nodes[claim.number % len(scene.nodes)]
            yield (
                f'{name}{{job="kubelet",node="{node}",namespace="{claim.namespace}",'
                f'persistentvolumeclaim="{claim.name}"}} {value(claim):.0f}\n'
            )
    for claim in scene.all:
        yield (
            f'kube_persistentvolumeclaim_access_mode{{job="kube-state-metrics",namespace="{claim.namespace}",'
            f'persistentvolumeclaim="{claim.name}",access_mode="ReadWriteOnce"}} 1\n'
        )
        for phase in PHASES:
            yield (
                f'kube_persistentvolume_status_phase{{job="kube-state-metrics",persistentvolume="{claim.volume}",'
                f'phase="{phase}"}} {int(phase == "Bound")}\n'
            )


def _read(scene: Scene, name: str, scrape: int) -> Iterator[str]:
    suffix = next((end for end in ("_bucket", "_sum", "_count") if name.endswith(end)), "")
    metric = _KNOWN[name if name in _KNOWN else name.removesuffix(suffix)]
    labels = (*metric.labels, *(("le",) if suffix == "_bucket" else ()))
    closed = dict(metric.vocabulary)
    nodes = scene.nodes if metric.exporter.startswith(("kubelet", "node")) else scene.nodes[:1]
    rows = list(product(*(VALUES.get(label) or closed.get(label, ("some",)) for label in labels)))
    for node in nodes:
        for values in rows:
            pairs = "".join(f',{label}="{value}"' for label, value in zip(labels, values, strict=True))
            yield f'{name}{{job="other",instance="{node}",node="{node}"{pairs}}} {100 + 7 * scrape}\n'
