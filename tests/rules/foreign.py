"""The series of others that rules read: which exporter gives them, and with which labels.

Here belongs what others document of their own metrics. A series that is not in this table can stand in no rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.rules.promql import Series


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """One metric of another exporter. What it counts, each of its instances counts for itself: they add up."""

    name: str
    exporter: str
    labels: tuple[str, ...]
    gauge: bool = False
    histogram: bool = False  # `_bucket` (with `le`), `_sum` and `_count`
    vocabulary: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def series(self) -> Iterator[tuple[str, Series]]:
        suffixes = ("_bucket", "_sum", "_count") if self.histogram else ("",)
        for suffix in suffixes:
            further = {"le"} if suffix == "_bucket" else set()
            yield (
                self.name + suffix,
                Series(
                    # `node` is what a scrape adds that knows the node: the operator's monitors of kubelet and node exporter do.
                    labels=frozenset({*self.labels, *further, "node"}),
                    vocabulary=dict(self.vocabulary),
                    fold=frozenset(),
                    apart=True,
                    gauge=self.gauge,
                ),
            )


_DISK = "node exporter, collector diskstats"
_CODES = (
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
    "unknown-non-grpc",
)

TABLE: tuple[Foreign, ...] = (
    # csi-lib-utils, metrics/metrics.go. A sidecar serves them where `--http-endpoint` is given and something scrapes it.
    Foreign(
        name="csi_sidecar_operations_seconds",
        exporter="CSI sidecars: provisioner, attacher, resizer, snapshotter",
        labels=("driver_name", "method_name", "grpc_status_code", "migrated"),
        histogram=True,
        vocabulary=(("grpc_status_code", _CODES),),
    ),
    # kubernetes, pkg/volume/util/metrics.go
    Foreign(
        name="csi_operations_seconds",
        exporter="kubelet",
        labels=("driver_name", "method_name", "grpc_status_code", "migrated"),
        histogram=True,
        vocabulary=(("grpc_status_code", _CODES),),
    ),
    Foreign(
        name="storage_operation_duration_seconds",
        exporter="kubelet, kube-controller-manager",
        labels=("volume_plugin", "operation_name", "status", "migrated"),
        histogram=True,
        vocabulary=(("status", ("success", "fail-unknown")),),
    ),
    # kubernetes, pkg/controller/volume/attachdetach/metrics/metrics.go
    Foreign(
        name="attach_detach_controller_attachdetach_controller_forced_detaches",
        exporter="kube-controller-manager",
        labels=("reason",),
    ),
    # client_golang, prometheus/process_collector.go
    Foreign(name="process_start_time_seconds", exporter="kube-controller-manager", labels=(), gauge=True),
    # node_exporter, collector/diskstats_common.go, diskstats_linux.go and filesystem_common.go
    Foreign(name="node_disk_reads_completed_total", exporter=_DISK, labels=("device",)),
    Foreign(name="node_disk_writes_completed_total", exporter=_DISK, labels=("device",)),
    Foreign(name="node_disk_read_time_seconds_total", exporter=_DISK, labels=("device",)),
    Foreign(name="node_disk_write_time_seconds_total", exporter=_DISK, labels=("device",)),
    Foreign(name="node_disk_io_time_seconds_total", exporter=_DISK, labels=("device",)),
    Foreign(name="node_disk_io_time_weighted_seconds_total", exporter=_DISK, labels=("device",)),
    Foreign(
        name="node_filesystem_readonly",
        exporter="node exporter, collector filesystem",
        labels=("device", "mountpoint", "fstype"),
        gauge=True,
    ),
)


def foreign() -> dict[str, Series]:
    """Every series of the table, by name."""
    return dict(pair for metric in TABLE for pair in metric.series())
