"""Longhorn: backups of volumes to a target, recurring jobs, restores, and how healthy replicas and standbys are."""

from collections.abc import Callable
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.contract import Source
from holdfast.sources.longhorn.account import TOOL, replication, schedule
from holdfast.sources.longhorn.backups import (
    read_backup,
    read_backup_volume,
    read_recurring_job,
    read_system_backup,
    read_target,
)
from holdfast.sources.longhorn.records import GROUP, NAME
from holdfast.sources.longhorn.shapes import (
    BackupObject,
    BackupVolumeObject,
    EngineObject,
    RecurringJobObject,
    SystemBackupObject,
    TargetObject,
    VolumeObject,
)
from holdfast.sources.longhorn.volumes import read_engine, read_volume


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group=GROUP, versions=("v1beta2", "v1beta1"), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size", "target", "drill", "replication"}),
    needs=frozenset({"PersistentVolume"}),
    feeds=(
        _feed("volumes", "Volume", VolumeObject, read_volume),
        _feed("engines", "Engine", EngineObject, read_engine),
        _feed("backups", "Backup", BackupObject, read_backup),
        _feed("backupvolumes", "BackupVolume", BackupVolumeObject, read_backup_volume),
        _feed("backuptargets", "BackupTarget", TargetObject, read_target),
        _feed("recurringjobs", "RecurringJob", RecurringJobObject, read_recurring_job),
        _feed("systembackups", "SystemBackup", SystemBackupObject, read_system_backup),
    ),
    cover=TOOL.cover,
    schedule=schedule,
    target=TOOL.target,
    replication=replication,
)
