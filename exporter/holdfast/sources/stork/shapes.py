"""The parts of Stork's objects that are read. BackupLocation is none of them: it holds keys in the clear."""

import msgspec

from holdfast.sources.shapes import Annotation, Metadata, Present, Shape


class MadeBy(Shape):
    schedule: Annotation = msgspec.field(
        default=None, name="stork.libopenstorage.org/applicationBackupScheduleName"
    )
    policy_type: Annotation = msgspec.field(
        default=None, name="stork.libopenstorage.org/applicationBackupSchedulePolicyType"
    )


class BackupMetadata(Metadata):
    annotations: MadeBy | None = None


class BackupVolume(Shape):
    persistent_volume_claim: str | None = None
    claim_uid: str | None = msgspec.field(default=None, name="persistentVolumeClaimUID")
    namespace: str | None = None
    driver_name: str | None = None
    status: str | None = None
    total_size: int | None = None


class BackupStatus(Shape):
    status: str | None = None
    trigger_timestamp: str | None = None
    finish_timestamp: str | None = None
    volumes: list[BackupVolume | None] | None = None


class BackupObject(Shape):
    metadata: BackupMetadata
    status: BackupStatus | None = None


class TemplateSpec(Shape):
    """Of a backup or a migration."""

    namespaces: list[str | None] | None = None
    selectors: dict[str, str | None] | None = None
    include_volumes: bool | None = None


class Template(Shape):
    spec: TemplateSpec | None = None


class ScheduleSpec(Shape):
    template: Template | None = None
    schedule_policy_name: str | None = None
    suspend: bool | None = None


class PastRun(Shape):
    name: str | None = None
    creation_timestamp: str | None = None
    finish_timestamp: str | None = None
    status: str | None = None


class ScheduleStatus(Shape):
    items: dict[str, list[PastRun | None] | None] | None = None


class ScheduleObject(Shape):
    """An ApplicationBackupSchedule or a MigrationSchedule."""

    metadata: Metadata
    spec: ScheduleSpec | None = None
    status: ScheduleStatus | None = None


class Interval(Shape):
    interval_minutes: int | None = None


class Daily(Shape):
    time: str | None = None


class Weekly(Shape):
    day: str | None = None
    time: str | None = None


class Monthly(Shape):
    date: int | None = None
    time: str | None = None


class PolicyItem(Shape):
    interval: Interval | None = None
    daily: Daily | None = None
    weekly: Weekly | None = None
    monthly: Monthly | None = None


class PolicyObject(Shape):
    """A SchedulePolicy or a NamespacedSchedulePolicy. There is no ``spec``."""

    metadata: Metadata
    policy: PolicyItem | None = None


class RestoreVolume(Shape):
    persistent_volume_claim: str | None = None
    source_namespace: str | None = None
    status: str | None = None


class RestoreStatus(Shape):
    status: str | None = None
    finish_timestamp: str | None = None
    volumes: list[RestoreVolume | None] | None = None


class RestoreSpec(Shape):
    backup_name: str | None = None
    include_resources: list[Present | None] | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: RestoreStatus | None = None


class MigrationSpec(Shape):
    include_volumes: bool | None = None


class MigrationStatus(Shape):
    status: str | None = None
    finish_timestamp: str | None = None


class MigrationObject(Shape):
    metadata: Metadata
    spec: MigrationSpec | None = None
    status: MigrationStatus | None = None
