"""Velero: file backups, moved data and snapshots, judged claim by claim from what its runs left behind."""

import re
from collections.abc import Callable
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.contract import Source
from holdfast.sources.velero.coverage import cover, scopes
from holdfast.sources.velero.plans import schedule, target
from holdfast.sources.velero.read import (
    read_backup,
    read_data_upload,
    read_location,
    read_pod_volume_backup,
    read_schedule,
)
from holdfast.sources.velero.read_restores import (
    read_data_download,
    read_pod_volume_restore,
    read_repository,
    read_restore,
    read_snapshot_location,
)
from holdfast.sources.velero.records import NAME
from holdfast.sources.velero.shapes import (
    BackupObject,
    DataDownloadObject,
    DataUploadObject,
    LocationObject,
    PodVolumeBackupObject,
    PodVolumeRestoreObject,
    RepositoryObject,
    RestoreObject,
    ScheduleObject,
    SnapshotLocationObject,
)


def _feed(
    kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]], *, copies: bool = True
) -> Feed:
    version = "v2alpha1" if kind.startswith("Data") else "v1"
    plural = re.sub("y$", "ie", kind.lower()) + "s"
    resource = Resource(group="velero.io", versions=(version,), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read, copies=copies)


_COPIES = (
    _feed("Backup", BackupObject, read_backup),
    _feed("Schedule", ScheduleObject, read_schedule),
    _feed("BackupStorageLocation", LocationObject, read_location),
    _feed("PodVolumeBackup", PodVolumeBackupObject, read_pod_volume_backup),
    _feed("DataUpload", DataUploadObject, read_data_upload),
)

_RESTORES_AND_PLACES = (
    _feed("Restore", RestoreObject, read_restore, copies=False),
    _feed("PodVolumeRestore", PodVolumeRestoreObject, read_pod_volume_restore, copies=False),
    _feed("DataDownload", DataDownloadObject, read_data_download, copies=False),
    _feed("VolumeSnapshotLocation", SnapshotLocationObject, read_snapshot_location, copies=False),
    _feed("BackupRepository", RepositoryObject, read_repository, copies=False),
)

SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size", "target", "retention", "drill"}),
    needs=frozenset({"Pod"}),
    feeds=(*_COPIES, *_RESTORES_AND_PLACES),
    cover=cover,
    scopes=scopes,
    schedule=schedule,
    target=target,
)
