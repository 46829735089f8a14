"""Velero: file backups, moved data and snapshots, judged claim by claim from what its runs left behind."""

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
from holdfast.sources.velero.records import NAME
from holdfast.sources.velero.shapes import (
    BackupObject,
    DataUploadObject,
    LocationObject,
    PodVolumeBackupObject,
    ScheduleObject,
)


def _feed(
    plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]], *, version: str = "v1"
) -> Feed:
    resource = Resource(group="velero.io", versions=(version,), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    needs=frozenset({"Pod"}),
    feeds=(
        _feed("backups", "Backup", BackupObject, read_backup),
        _feed("schedules", "Schedule", ScheduleObject, read_schedule),
        _feed("backupstoragelocations", "BackupStorageLocation", LocationObject, read_location),
        _feed("podvolumebackups", "PodVolumeBackup", PodVolumeBackupObject, read_pod_volume_backup),
        _feed("datauploads", "DataUpload", DataUploadObject, read_data_upload, version="v2alpha1"),
    ),
    cover=cover,
    scopes=scopes,
    schedule=schedule,
    target=target,
)
