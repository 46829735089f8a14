"""mariadb-operator: logical and physical backups of MariaDBs, their restores, and how far replicas are behind.

What backs up which MariaDB stands in a Backup or PhysicalBackup; what ran stands in the CronJobs, Jobs and
VolumeSnapshots that these own. ``coverage`` brings both together.
https://github.com/mariadb-operator/mariadb-operator/tree/v26.6.0/docs
"""

from collections.abc import Callable, Sequence
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.batch import batch_feeds
from holdfast.sources.contract import Source
from holdfast.sources.mariadb.coverage import TOOL, cover
from holdfast.sources.mariadb.read import (
    read_backup,
    read_cron_job,
    read_job,
    read_physical,
    read_recovery,
    read_restore,
    read_snapshot,
)
from holdfast.sources.mariadb.records import GROUP, NAME
from holdfast.sources.mariadb.server import read_server
from holdfast.sources.mariadb.shapes import (
    BackupObject,
    PhysicalObject,
    RecoveryObject,
    RestoreObject,
    ServerObject,
    SnapshotObject,
)


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], Sequence[Fact]]) -> Feed:
    resource = Resource(group=GROUP, versions=("v1alpha1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


def _snapshots() -> Feed:
    resource = Resource(
        group="snapshot.storage.k8s.io",
        versions=("v1", "v1beta1"),  # the same as elsewhere, so that they are watched once
        plural="volumesnapshots",
        kind="VolumeSnapshot",
    )
    return Feed(source=NAME, resource=resource, shape=SnapshotObject, read=read_snapshot)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "drill", "replication"}),
    needs=frozenset({"StatefulSet"}),
    feeds=(
        _feed("mariadbs", "MariaDB", ServerObject, read_server),
        _feed("backups", "Backup", BackupObject, read_backup),
        _feed("physicalbackups", "PhysicalBackup", PhysicalObject, read_physical),
        _feed("pointintimerecoveries", "PointInTimeRecovery", RecoveryObject, read_recovery),
        _feed("restores", "Restore", RestoreObject, read_restore),
        _snapshots(),
        *batch_feeds(NAME, read_cron_job, read_job),
    ),
    cover=cover,
    schedule=TOOL.schedule,
)
