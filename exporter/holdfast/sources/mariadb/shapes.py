"""What is read of mariadb-operator's objects. Where backups go is told by the presence of a key, never by what it holds."""

import msgspec

from holdfast.sources.shapes import Metadata, Present, Shape


class Reference(Shape):
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class Schedule(Shape):
    cron: str | None = None
    suspend: bool | None = None


class Storage(Shape):
    s3: Present | None = None
    azure_blob: Present | None = None


class Condition(Shape):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    last_transition_time: str | None = None


class Conditions(Shape):
    conditions: list[Condition | None] | None = None


class BackupSpec(Shape):
    maria_db_ref: Reference | None = None
    schedule: Schedule | None = None
    time_zone: str | None = None
    storage: Storage | None = None
    databases: list[str | None] | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: Conditions | None = None


class PhysicalStatus(Shape):
    last_schedule_time: str | None = None


class PhysicalObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: PhysicalStatus | None = None


class RecoverySpec(Shape):
    physical_backup_ref: Reference | None = None


class RecoveryStatus(Shape):
    last_recoverable_time: str | None = None


class RecoveryObject(Shape):
    """A PointInTimeRecovery: the binary logs that are archived over a physical backup."""

    metadata: Metadata
    spec: RecoverySpec | None = None
    status: RecoveryStatus | None = None


class RestoreSpec(Shape):
    backup_ref: Reference | None = None
    target_recovery_time: str | None = None
    database: str | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: Conditions | None = None


class SnapshotError(Shape):
    """Its message is free text from the driver and stays unread."""

    time: str | None = None


class SnapshotStatus(Shape):
    creation_time: str | None = None
    ready_to_use: bool | None = None
    error: SnapshotError | None = None


class SnapshotObject(Shape):
    metadata: Metadata
    status: SnapshotStatus | None = None


class BootstrapFrom(Shape):
    backup_ref: Reference | None = None
    point_in_time_recovery_ref: Reference | None = None
    target_recovery_time: str | None = None


class ServerSpec(Shape):
    bootstrap_from: BootstrapFrom | None = None
    suspend: bool | None = None


class Replica(Shape):
    """What one replica says of itself. Its last errors are free text and stay unread."""

    slave_io_running: bool | None = msgspec.field(default=None, name="slaveIORunning")
    slave_sql_running: bool | None = msgspec.field(default=None, name="slaveSQLRunning")
    seconds_behind_master: int | None = None


class ReplicationStatus(Shape):
    replicas: dict[str, Replica | None] | None = None


class ServerStatus(Conditions):
    replication: ReplicationStatus | None = None


class ServerObject(Shape):
    metadata: Metadata
    spec: ServerSpec | None = None
    status: ServerStatus | None = None
