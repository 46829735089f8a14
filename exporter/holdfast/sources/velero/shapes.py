"""What is decoded of Velero's objects: the fields that are read, and no others.

A run's progress, messages and failure texts stay undecoded: one moves every second, the others are free text.
https://github.com/vmware-tanzu/velero/tree/v1.18.1/pkg/apis/velero
"""

import msgspec

from holdfast.sources.shapes import Annotation, Metadata, Present, Shape


class RequirementShape(Shape):
    key: str | None = None
    operator: str | None = None
    values: list[str | None] | None = None


class SelectorShape(Shape):
    match_labels: dict[str, str | None] | None = None
    match_expressions: list[RequirementShape | None] | None = None


class HookShape(Shape):
    included_namespaces: list[str | None] | None = None
    excluded_namespaces: list[str | None] | None = None
    included_resources: list[str | None] | None = None
    excluded_resources: list[str | None] | None = None
    label_selector: SelectorShape | None = None
    pre: list[Present | None] | None = None


class HooksShape(Shape):
    resources: list[HookShape | None] | None = None


class ScopeShape(Shape):
    """The part of a backup's spec that decides which volumes it takes, and how. Equal ones are one scope."""

    included_namespaces: list[str | None] | None = None
    excluded_namespaces: list[str | None] | None = None
    included_resources: list[str | None] | None = None
    excluded_resources: list[str | None] | None = None
    include_cluster_resources: bool | None = None
    included_cluster_scoped_resources: list[str | None] | None = None
    excluded_cluster_scoped_resources: list[str | None] | None = None
    included_namespace_scoped_resources: list[str | None] | None = None
    excluded_namespace_scoped_resources: list[str | None] | None = None
    label_selector: SelectorShape | None = None
    or_label_selectors: list[SelectorShape | None] | None = None
    snapshot_volumes: bool | None = None
    snapshot_move_data: bool | None = None
    default_volumes_to_fs_backup: bool | None = None
    default_volumes_to_restic: bool | None = None  # its name before Velero 1.10
    resource_policy: Present | None = None
    hooks: HooksShape | None = None


class BackupSpec(ScopeShape):
    storage_location: str | None = None


class HookStatus(Shape):
    hooks_attempted: int | None = None
    hooks_failed: int | None = None


class BackupStatus(Shape):
    phase: str | None = None
    start_timestamp: str | None = None
    completion_timestamp: str | None = None
    expiration: str | None = None
    volume_snapshots_attempted: int | None = None
    volume_snapshots_completed: int | None = None
    csi_volume_snapshots_attempted: int | None = None
    csi_volume_snapshots_completed: int | None = None
    hook_status: HookStatus | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: BackupStatus | None = None


class ScheduleSpec(Shape):
    schedule: str | None = None
    paused: bool | None = None
    template: BackupSpec | None = None


class ScheduleStatus(Shape):
    phase: str | None = None
    last_backup: str | None = None
    last_skipped: str | None = None


class ScheduleObject(Shape):
    metadata: Metadata
    spec: ScheduleSpec | None = None
    status: ScheduleStatus | None = None


class LocationConfig(Shape):
    """Of a store's options only where it lies; others may say how to get in."""

    region: str | None = None


class LocationSpec(Shape):
    default: bool | None = None
    config: LocationConfig | None = None


class LocationStatus(Shape):
    phase: str | None = None
    last_validation_time: str | None = None


class LocationObject(Shape):
    metadata: Metadata
    spec: LocationSpec | None = None
    status: LocationStatus | None = None


class Progress(Shape):
    total_bytes: int | None = None


class VolumeStatus(Shape):
    phase: str | None = None
    start_timestamp: str | None = None
    progress: Progress | None = None


class ClaimAnnotation(Shape):
    claim: Annotation = msgspec.field(default=None, name="velero.io/pvc-name")


class PodVolumeBackupMetadata(Metadata):
    annotations: ClaimAnnotation | None = None


class PodReference(Shape):
    namespace: str | None = None
    name: str | None = None


class PodVolumeBackupSpec(Shape):
    pod: PodReference | None = None
    volume: str | None = None


class PodVolumeBackupObject(Shape):
    metadata: PodVolumeBackupMetadata
    spec: PodVolumeBackupSpec | None = None
    status: VolumeStatus | None = None


class DataUploadSpec(Shape):
    source_namespace: str | None = None
    source_pvc: str | None = msgspec.field(default=None, name="sourcePVC")


class DataUploadObject(Shape):
    metadata: Metadata
    spec: DataUploadSpec | None = None
    status: VolumeStatus | None = None


class RestoreSpec(Shape):
    backup_name: str | None = None
    namespace_mapping: dict[str, str | None] | None = None
    included_namespaces: list[str | None] | None = None
    excluded_namespaces: list[str | None] | None = None
    included_resources: list[str | None] | None = None
    excluded_resources: list[str | None] | None = None
    label_selector: SelectorShape | None = None
    or_label_selectors: list[SelectorShape | None] | None = None
    restore_p_vs: bool | None = msgspec.field(default=None, name="restorePVs")


class RestoreStatus(Shape):
    phase: str | None = None
    start_timestamp: str | None = None
    completion_timestamp: str | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: RestoreStatus | None = None


class PhaseStatus(Shape):
    phase: str | None = None


class PodVolumeRestoreSpec(Shape):
    pod: PodReference | None = None
    volume: str | None = None
    source_namespace: str | None = None


class PodVolumeRestoreObject(Shape):
    metadata: Metadata
    spec: PodVolumeRestoreSpec | None = None
    status: PhaseStatus | None = None


class TargetVolume(Shape):
    namespace: str | None = None
    pvc: str | None = None


class DataDownloadSpec(Shape):
    target_volume: TargetVolume | None = None
    source_namespace: str | None = None


class DataDownloadObject(Shape):
    metadata: Metadata
    spec: DataDownloadSpec | None = None
    status: PhaseStatus | None = None


class SnapshotLocationObject(Shape):
    metadata: Metadata
    status: PhaseStatus | None = None


class RepositoryStatus(Shape):
    phase: str | None = None
    last_maintenance_time: str | None = None


class RepositoryObject(Shape):
    metadata: Metadata
    status: RepositoryStatus | None = None
