"""The objects of the four operators, field by field that is read. Where one of them has no such field it stays None."""

import msgspec

from holdfast.sources.shapes import Metadata, Present, Shape, given
from holdfast.sources.values import parse_time


class Storage(Shape):
    type: str | None = None


class Remote(Shape):
    """Where a backup lies, or a pgBackRest repository: the part that is there tells the kind of storage."""

    s3: Present | None = None
    gcs: Present | None = None
    azure: Present | None = None
    minio: Present | None = None


class Condition(Shape):
    type: str | None = None
    status: str | None = None


class BackupSpec(Shape):
    """The name of the cluster is spelled in three ways."""

    pg_cluster: str | None = None
    pxc_cluster: str | None = None
    cluster_name: str | None = None
    repo_name: str | None = None

    @property
    def cluster(self) -> str:
        return self.pg_cluster or self.pxc_cluster or self.cluster_name or ""


class BackupStatus(Remote):
    state: str | None = None
    start: str | None = None
    completed: str | None = None
    latest_restorable_time: str | None = None
    size: str | None = None
    storage_type: str | None = None
    storage_kind: str | None = msgspec.field(default=None, name="storage_type")
    storage: Storage | None = None
    repo: Remote | None = None
    conditions: list[Condition | None] | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: BackupStatus | None = None


class PointInTime(Shape):
    type: str | None = None
    date: str | None = None


class Selective(Shape):
    namespaces: list[str | None] | None = None


class RestoreSpec(BackupSpec):
    backup_name: str | None = None
    volume_snapshot_backup_name: str | None = None
    pitr: PointInTime | None = None
    selective: Selective | None = None
    options: list[msgspec.Raw] | None = None  # of pgBackRest; keys may be among them


class RestoreStatus(Shape):
    state: str | None = None
    completed: str | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: RestoreStatus | None = None


class Task(Shape):
    name: str | None = None
    enabled: bool | None = None
    schedule: str | None = None
    storage_name: str | None = None


class BackupSection(Shape):
    """``spec.backup`` of MongoDB (``tasks``), XtraDB and MySQL (``schedule``)."""

    enabled: bool | None = None
    storages: dict[str, Storage | None] | None = None
    tasks: list[Task | None] | None = None
    schedule: list[Task | None] | None = None


class RepoSchedules(Shape):
    full: str | None = None
    differential: str | None = None
    incremental: str | None = None


class Repo(Remote):
    name: str | None = None
    schedules: RepoSchedules | None = None


class PgBackRest(Shape):
    repos: list[Repo | None] | None = None


class VolumeSnapshots(Shape):
    class_name: str | None = None
    schedule: str | None = None


class BackupsSection(Shape):
    """``spec.backups`` of PostgreSQL."""

    enabled: bool | None = None
    pgbackrest: PgBackRest | None = None
    volume_snapshots: VolumeSnapshots | None = None


class ClusterSpec(Shape):
    pause: bool | None = None
    backup: BackupSection | None = None
    backups: BackupsSection | None = None


class Writing(Shape):
    """Who wrote fields and which stays unread; only when, and whether it was the status."""

    time: str | None = None
    subresource: str | None = None


class ClusterMetadata(Metadata):
    managed_fields: list[Writing | None] | None = None

    @property
    def specified(self) -> float:
        """Since when at most its plans are as they are: the last time that anything but its status was written."""
        written = (parse_time(each.time) for each in given(self.managed_fields) if not each.subresource)
        return max((time for time in written if time is not None), default=self.created)


class ClusterObject(Shape):
    metadata: ClusterMetadata
    spec: ClusterSpec | None = None
