"""The embedded example cluster behind ``holdfast demo``: objects as an API server gives them, dated relative
to now.

``stories/`` holds what people and tools wrote, one file a story; the modules here play the controllers that
add the rest. Nothing is judged here, and nothing of ours is imported. What a story may say is told in
``instants`` (times) and at the head of each controller (the hints under ``demo:``).
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from holdfast.demo.cluster import Cluster, Object, kind_of
from holdfast.demo.instants import Clock, dated
from holdfast.demo.tools import run_tools
from holdfast.demo.velero import run_backups
from holdfast.demo.volumes import attach_volumes, bind_claims, cut_snapshots
from holdfast.demo.workloads import run_workloads

__all__ = ["demo_config", "demo_objects", "write_demo"]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has it
_SAFE_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_SAFE_DUMPER):  # type: ignore[misc]  # the base is known at run time only
    """Writes what stands twice twice, as kubectl does."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - as PyYAML calls it
        return True


def demo_objects(now: float, *, told: float | None = None) -> Iterator[Object]:
    """All objects of the example as they stand at this instant, by kind, namespace and name.

    ``told`` is the now that the stories speak of, ``now`` itself where it is None. Who holds it and lets
    ``now`` move on gets a cluster that lives: what is old stays where it was, and backups keep coming round.
    """
    clock = Clock(told=now if told is None else told, now=now)
    cluster = Cluster(clock)
    for document in _stories():
        hints = document.get("demo", {})
        leaves = {"leaves": hints["leaves"]} if "leaves" in hints else {}  # dated run by run
        obj = dated({**document, "demo": {k: v for k, v in hints.items() if k not in leaves}}, clock)
        cluster.add(obj, obj.pop("demo") | leaves)
    run_workloads(cluster)
    bind_claims(cluster)
    attach_volumes(cluster)
    cut_snapshots(cluster)
    run_backups(cluster)
    run_tools(cluster)
    return cluster.finished()


def write_demo(directory: Path, now: float) -> list[Path]:
    """Writes the objects as ``kubectl get KIND --all-namespaces -o yaml`` would, a file a kind
    (``backup.velero.io.yaml`` where it is not Kubernetes' own). Returns the files.

    The directory is made where it is missing; files of other names in it are left alone.
    """
    directory.mkdir(parents=True, exist_ok=True)
    by_kind: dict[str, list[Object]] = {}
    for obj in demo_objects(now):
        by_kind.setdefault(kind_of(obj), []).append(obj)
    written = []
    for kind, items in by_kind.items():
        path = directory / f"{kind.lower()}.yaml"
        listed = {"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}}
        path.write_text(
            yaml.dump(listed, Dumper=_Dumper, allow_unicode=True, default_flow_style=False), "utf-8"
        )
        written.append(path)
    return written


def demo_config() -> Path:
    """The configuration that the example is judged by."""
    return Path(str(resources.files(__name__) / "config.yaml"))


@lru_cache(maxsize=1)
def _stories() -> tuple[Object, ...]:
    folder = resources.files(__name__) / "stories"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    texts = (file.read_text("utf-8") for file in files)
    return tuple(document for text in texts for document in yaml.load_all(text, Loader=_LOADER) if document)
