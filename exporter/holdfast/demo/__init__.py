"""The embedded example cluster behind ``holdfast demo``: objects as an API server gives them, and usage as its kubelets
do, dated relative to now.

``stories/`` holds what people and tools wrote, one file a story, and ``usage.yaml`` how full the claims are; the modules
here play the controllers and kubelets that add the rest. Nothing is judged here, and of ours only the model's nouns are
known. What a story may say is told in ``instants`` (times) and at the head of each controller (the hints under ``demo:``).
"""

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from holdfast.demo.cluster import Object, kind_of
from holdfast.demo.example import Example
from holdfast.demo.statistics import write_statistics

__all__ = ["Example", "demo_config", "demo_objects", "write_demo"]

_USAGE = "usage.om"
_SAFE_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # ten times as fast, where PyYAML has it


class _Dumper(_SAFE_DUMPER):  # type: ignore[misc]  # the base is known at run time only
    """Writes what stands twice twice, as kubectl does."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - as PyYAML calls it
        return True


def demo_objects(now: float, *, told: float | None = None) -> Iterator[Object]:
    """All objects of the example as they stand at this instant; ``told`` as ``Example`` has it."""
    return Example(now, told=told).objects()


def write_demo(directory: Path, now: float) -> list[Path]:
    """Writes the objects as ``kubectl get KIND --all-namespaces -o yaml`` would, a file a kind
    (``backup.velero.io.yaml`` where it is not Kubernetes' own), and the usage of the claims as OpenMetrics.
    Returns the files.

    The directory is made where it is missing; files of other names in it are left alone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    example = Example(now)
    by_kind: dict[str, list[Object]] = {}
    for obj in example.objects():
        by_kind.setdefault(kind_of(obj), []).append(obj)
    written = []
    for kind, items in by_kind.items():
        path = directory / f"{kind.lower()}.yaml"
        listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
        path.write_text(
            yaml.dump(listed, Dumper=_Dumper, allow_unicode=True, default_flow_style=False), "utf-8"
        )
        written.append(path)
    write_statistics(directory / _USAGE, example.usage())
    return [*written, directory / _USAGE]


def demo_config() -> Path:
    """The configuration that the example is judged by."""
    return Path(str(resources.files(__name__) / "config.yaml"))
