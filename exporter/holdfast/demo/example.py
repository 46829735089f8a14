"""The example cluster at one instant: stories read, controllers run, and what its kubelets tell.

Holds what was made, so that objects, usage and room are those of one cluster. Writing it to files is not here.
"""

from collections.abc import Iterator
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from holdfast.demo.cluster import Cluster, Object
from holdfast.demo.drivers import register_drivers
from holdfast.demo.instants import Clock, dated
from holdfast.demo.rooms import fill_rooms, rooms_at
from holdfast.demo.scratch import summaries_of
from holdfast.demo.tools import run_tools
from holdfast.demo.usage import answering, usage_of
from holdfast.demo.velero import run_backups
from holdfast.demo.volumes import attach_volumes, bind_claims, cut_snapshots, retire_classes
from holdfast.demo.workloads import run_workloads
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.usage import UsageSample

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has it


class Example:
    """``told`` is the now that the stories speak of, ``now`` itself where it is None. Who holds it and lets ``now``
    move on gets a cluster that lives: what is old stays where it was, and backups and usage go on.
    """

    def __init__(self, now: float, *, told: float | None = None) -> None:
        clock = Clock(told=now if told is None else told, now=now)
        self._cluster = cluster = Cluster(clock)
        for document in _stories():
            hints = document.get("demo", {})
            leaves = {"leaves": hints["leaves"]} if "leaves" in hints else {}  # dated run by run
            obj = dated({**document, "demo": {k: v for k, v in hints.items() if k not in leaves}}, clock)
            cluster.add(obj, obj.pop("demo") | leaves)
        run_workloads(cluster)
        bind_claims(cluster)
        attach_volumes(cluster)
        retire_classes(cluster)
        register_drivers(cluster)
        cut_snapshots(cluster)
        run_backups(cluster)
        run_tools(cluster)
        fill_rooms(cluster)

    def objects(self) -> Iterator[Object]:
        """All of them, by kind, namespace and name."""
        return self._cluster.finished()

    def usage(self, *, past: bool = True) -> Iterator[UsageSample]:
        """What was measured of the claims; without ``past`` only the newest of each."""
        return usage_of(self._cluster, past=past)

    def answering(self) -> frozenset[str]:
        """The nodes whose kubelets do."""
        return answering(self._cluster)

    def summaries(self) -> Iterator[NodeSummary]:
        """What those kubelets tell of their disks and pods."""
        return summaries_of(self._cluster)

    def rooms(self, instant: float) -> Iterator[Object]:
        """Quotas and pools as they stood then."""
        return rooms_at(self._cluster, instant)


@lru_cache(maxsize=1)
def _stories() -> tuple[Object, ...]:
    folder = resources.files("holdfast.demo") / "stories"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name
    )
    texts = (file.read_text("utf-8") for file in files)
    return tuple(document for text in texts for document in yaml.load_all(text, Loader=_LOADER) if document)
