"""Longhorn's objects, field by field that is read."""

import msgspec

from holdfast.sources.shapes import Metadata, Shape


class KubernetesStatus(Shape):
    """Once ``lastPVCRefAt`` is set, the claim that is named here is history."""

    namespace: str | None = None
    pvc_name: str | None = None
    pv_name: str | None = None
    last_pvc_ref_at: str | None = msgspec.field(default=None, name="lastPVCRefAt")


class Condition(Shape):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    last_transition_time: str | None = None


class VolumeSpec(Shape):
    from_backup: str | None = None
    number_of_replicas: int | None = None
    standby: bool | None = msgspec.field(default=None, name="Standby")
    backup_target_name: str | None = None


class VolumeStatus(Shape):
    robustness: str | None = None
    kubernetes_status: KubernetesStatus | None = None
    conditions: list[Condition | None] | None = None
    is_standby: bool | None = None
    restore_required: bool | None = None
    restore_initiated: bool | None = None
    last_backup: str | None = None


class VolumeObject(Shape):
    metadata: Metadata
    spec: VolumeSpec | None = None
    status: VolumeStatus | None = None


class EngineSpec(Shape):
    volume_name: str | None = None


class EngineStatus(Shape):
    last_restored_backup: str | None = None


class EngineObject(Shape):
    metadata: Metadata
    spec: EngineSpec | None = None
    status: EngineStatus | None = None


class BackupLabels(Shape):
    """Of the labels that go with a backup to its target, those that Longhorn itself writes."""

    job: str | None = msgspec.field(default=None, name="RecurringJob")
    kubernetes_status: str | None = msgspec.field(default=None, name="KubernetesStatus")  # JSON


class BackupSpec(Shape):
    snapshot_name: str | None = None
    labels: BackupLabels | None = None


class BackupStatus(Shape):
    state: str | None = None
    volume_name: str | None = None
    snapshot_created_at: str | None = None
    backup_created_at: str | None = None
    size: str | int | float | None = None
    labels: BackupLabels | None = None
    backup_target_name: str | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: BackupStatus | None = None


class BackupVolumeSpec(Shape):
    volume_name: str | None = None
    backup_target_name: str | None = None


class BackupVolumeLabels(Shape):
    recurring_jobs: str | None = msgspec.field(default=None, name="VolumeRecurringJobInfo")  # JSON


class BackupVolumeStatus(Shape):
    labels: BackupVolumeLabels | None = None


class BackupVolumeObject(Shape):
    metadata: Metadata
    spec: BackupVolumeSpec | None = None
    status: BackupVolumeStatus | None = None


class TargetSpec(Shape):
    """That there is an address is all that is read of it."""

    backup_target_url: msgspec.Raw = msgspec.field(default=msgspec.Raw(), name="backupTargetURL")


class TargetStatus(Shape):
    available: bool | None = None
    last_synced_at: str | None = None


class TargetObject(Shape):
    metadata: Metadata
    spec: TargetSpec | None = None
    status: TargetStatus | None = None


class RecurringJobSpec(Shape):
    task: str | None = None
    cron: str | None = None
    groups: list[str | None] | None = None


class RecurringJobObject(Shape):
    metadata: Metadata
    spec: RecurringJobSpec | None = None


class RecurringJobInfo(Shape):
    """One entry of a backup volume's record of the jobs of its volume."""

    job_spec: RecurringJobSpec | None = None


class SystemBackupStatus(Shape):
    state: str | None = None


class SystemBackupObject(Shape):
    metadata: Metadata
    status: SystemBackupStatus | None = None
