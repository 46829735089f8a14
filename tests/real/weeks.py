"""Weeks of kubelet series in a real Prometheus that scrapes nothing: written as OpenMetrics, imported as blocks by promtool.

Here belong the import and the server. Which volumes there were, and what must follow, belongs to the tests.
"""

import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from holdfast.model.identity import ClaimRef
from tests import tools
from tests.real.process import Process, free_port
from tests.real.web import call

GIB = 2.0**30
DAY = 86400.0
HOUR = 3600.0

Numbers = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the kubelet told of one claim: bytes at Unix seconds. ``labels`` are further labels of its series."""

    claim: ClaimRef
    times: Numbers
    used: Numbers
    capacity: Numbers
    labels: Mapping[str, str]

    @property
    def available(self) -> Numbers:
        return self.capacity - self.used


def course(
    claim: ClaimRef, times: Numbers, used: Numbers, capacity: float | Numbers = 100 * GIB, **labels: str
) -> Course:
    """What does not fit is not written: use ends at the capacity."""
    room = np.broadcast_to(np.asarray(capacity, float), times.shape)
    return Course(claim=claim, times=times, used=np.clip(used, 0.0, room), capacity=room, labels=labels)


def dump(courses: Iterable[Course]) -> Iterator[str]:
    """Series after series, as OpenMetrics asks for, in the kubelet's spelling."""
    courses = list(courses)
    for stat in ("used", "capacity", "available"):
        metric = f"kubelet_volume_stats_{stat}_bytes"
        yield f"# TYPE {metric} gauge\n"
        for each in courses:
            pairs = {
                "job": "kubelet",
                "namespace": each.claim.namespace,
                "persistentvolumeclaim": each.claim.name,
            }
            labels = ",".join(f'{name}="{value}"' for name, value in {**pairs, **each.labels}.items())
            numbers: Numbers = getattr(each, stat)
            yield "".join(
                f"{metric}{{{labels}}} {number:.0f} {time:.3f}\n"
                for time, number in zip(each.times.tolist(), numbers.tolist(), strict=True)
            )
    yield "# EOF\n"


def blocks(courses: Iterable[Course], folder: Path) -> Path:
    """Makes the data folder of a Prometheus that has seen these."""
    text, data = folder / "weeks.om", folder / "data"
    with text.open("w") as opened:
        opened.writelines(dump(courses))
    import_blocks(text, data)
    return data


def import_blocks(text: Path, data: Path, *, promtool: str = "promtool") -> None:
    """Blocks of a day: each is synced to the disk, and blocks of two hours take ten times as long."""
    command: list[str | Path] = [
        tools.path(promtool),
        "tsdb",
        "create-blocks-from",
        "openmetrics",
        "--max-block-duration=24h",
        text,
        data,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=300)


@contextmanager
def serving(folder: Path, data: Path, *flags: str) -> Iterator[str]:
    """A Prometheus over these blocks that scrapes nothing."""
    config = folder / "prometheus.yaml"
    config.write_text("{}")
    address = f"127.0.0.1:{free_port()}"
    command: list[str | Path] = [
        tools.path("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=60d",
        f"--web.listen-address={address}",
        *flags,
    ]
    with Process("prometheus", command, log=folder / f"{data.name}.log") as process:
        process.wait_until_ready(lambda: bool(call(f"http://{address}/-/ready")))
        yield f"http://{address}"
