"""What is read of CloudNativePG's objects and of the Barman Cloud plugin's. No credentials, and no free text."""

import msgspec

from holdfast.sources.shapes import Annotation, Metadata, Shape


class Name(Shape):
    name: str | None = None


class ObjectStorePlace(Shape):
    """Where an archive lies. The credentials beside it are not decoded."""

    destination_path: str | None = None
    endpoint_url: str | None = msgspec.field(default=None, name="endpointURL")
    server_name: str | None = None


class Parameters(Shape):
    barman_object_name: str | None = None
    server_name: str | None = None


class Plugin(Shape):
    name: str | None = None
    enabled: bool | None = None
    is_wal_archiver: bool | None = msgspec.field(default=None, name="isWALArchiver")
    parameters: Parameters | None = None


class Snapshots(Shape):
    storage: Name | None = None


class Target(Shape):
    target_time: str | None = None


class FromBackup(Shape):
    """``bootstrap.recovery``: the cluster was filled by a restore."""

    backup: Name | None = None
    source: str | None = None
    volume_snapshots: Snapshots | None = None
    recovery_target: Target | None = None


class Bootstrap(Shape):
    recovery: FromBackup | None = None


class ExternalCluster(Shape):
    name: str | None = None
    barman_object_store: ObjectStorePlace | None = None
    plugin: Plugin | None = None


class Replica(Shape):
    enabled: bool | None = None
    source: str | None = None
    primary: str | None = None
    itself: str | None = msgspec.field(default=None, name="self")


class ClusterBackup(Shape):
    barman_object_store: ObjectStorePlace | None = None


class ClusterSpec(Shape):
    instances: int | None = None
    backup: ClusterBackup | None = None
    plugins: list[Plugin | None] | None = None
    bootstrap: Bootstrap | None = None
    external_clusters: list[ExternalCluster | None] | None = None
    replica: Replica | None = None


class Condition(Shape):
    type: str | None = None
    status: str | None = None
    last_transition_time: str | None = None


class ClusterStatus(Shape):
    phase: str | None = None
    ready_instances: int | None = None
    conditions: list[Condition | None] | None = None
    current_primary_timestamp: str | None = None
    last_successful_backup: str | None = None
    last_successful_backup_by_method: dict[str, str | None] | None = None


class ClusterAnnotations(Shape):
    hibernation: Annotation = msgspec.field(default=None, name="cnpg.io/hibernation")


class ClusterMetadata(Metadata):
    annotations: ClusterAnnotations | None = None


class ClusterObject(Shape):
    metadata: ClusterMetadata
    spec: ClusterSpec | None = None
    status: ClusterStatus | None = None


class BackupSpec(Shape):
    cluster: Name | None = None
    method: str | None = None
    plugin_configuration: Name | None = None


class Elements(Shape):
    elements: list[Name | None] | None = None


class BackupStatus(Shape):
    phase: str | None = None
    method: str | None = None
    started_at: str | None = None
    stopped_at: str | None = None
    reconciliation_started_at: str | None = None
    reconciliation_terminated_at: str | None = None
    snapshot_backup_status: Elements | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: BackupStatus | None = None


class PlanSpec(BackupSpec):
    schedule: str | None = None
    suspend: bool | None = None


class PlanStatus(Shape):
    last_schedule_time: str | None = None


class PlanObject(Shape):
    """A ScheduledBackup."""

    metadata: Metadata
    spec: PlanSpec | None = None
    status: PlanStatus | None = None


class StoreSpec(Shape):
    configuration: ObjectStorePlace | None = None


class RecoveryWindow(Shape):
    last_successful_backup_time: str | None = None


class StoreStatus(Shape):
    server_recovery_window: dict[str, RecoveryWindow | None] | None = None


class StoreObject(Shape):
    """An ObjectStore of the Barman Cloud plugin."""

    metadata: Metadata
    spec: StoreSpec | None = None
    status: StoreStatus | None = None
