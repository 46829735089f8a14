"""CSI snapshots, alone and in groups: their objects, and the copies that plain snapshots are.

Plain snapshots have no plan: whatever cuts them regularly is not seen, so there are copies and no schedules.
"""

from collections.abc import Callable
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.contract import Source
from holdfast.sources.csi_snapshot.coverage import NAME, cover
from holdfast.sources.csi_snapshot.read import (
    ClassObject,
    ContentObject,
    GroupContentObject,
    GroupObject,
    SnapshotObject,
    read_class,
    read_content,
    read_group,
    read_group_content,
    read_snapshot,
)


def _feed(
    kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]], *, copies: bool = True
) -> Feed:
    grouped = kind.startswith("VolumeGroup")
    resource = Resource(
        group="groupsnapshot.storage.k8s.io" if grouped else "snapshot.storage.k8s.io",
        versions=("v1", "v1beta2", "v1beta1", "v1alpha1") if grouped else ("v1", "v1beta1"),
        plural=kind.lower() + ("es" if kind.endswith("Class") else "s"),
        kind=kind,
        namespaced=kind.endswith("Snapshot"),
    )
    return Feed(source=NAME, resource=resource, shape=shape, read=read, copies=copies)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age"}),
    feeds=(
        _feed("VolumeSnapshot", SnapshotObject, read_snapshot),
        _feed("VolumeSnapshotContent", ContentObject, read_content),
        _feed("VolumeSnapshotClass", ClassObject, read_class, copies=False),
        # of v1alpha1 only the group knows whose copies its members are
        _feed("VolumeGroupSnapshot", GroupObject, read_group),
        _feed("VolumeGroupSnapshotContent", GroupContentObject, read_group_content, copies=False),
    ),
    cover=cover,
)
