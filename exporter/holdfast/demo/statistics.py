"""Usage as a file: OpenMetrics with timestamps, as ``promtool tsdb dump-openmetrics`` writes what kubelets told."""

from collections.abc import Iterable
from pathlib import Path

from holdfast.model.usage import STATS, Stat, UsageSample

_METRICS: dict[Stat, str] = {
    "used": "kubelet_volume_stats_used_bytes",
    "capacity": "kubelet_volume_stats_capacity_bytes",
    "available": "kubelet_volume_stats_available_bytes",
    "inodes_used": "kubelet_volume_stats_inodes_used",
    "inodes": "kubelet_volume_stats_inodes",
}
_END = "# EOF\n"


def write_statistics(path: Path, samples: Iterable[UsageSample]) -> None:
    """Family by family, of each claim the oldest first. Numbers and times of the example are whole."""
    told = sorted(samples, key=lambda sample: (sample.claim, sample.time))
    lines = []
    for stat in STATS:
        lines.append(f"# TYPE {_METRICS[stat]} gauge\n")
        for sample in told:
            value = getattr(sample, stat)
            if value is not None:
                lines.append(f"{_METRICS[stat]}{{{_labels(sample)}}} {value:.0f} {sample.time:.0f}\n")
    path.write_text("".join([*lines, _END]), "utf-8")


def _labels(sample: UsageSample) -> str:
    claim = sample.claim
    node = f'node="{sample.origin}",' if sample.origin else ""
    return f'{node}namespace="{claim.namespace}",persistentvolumeclaim="{claim.name}"'
