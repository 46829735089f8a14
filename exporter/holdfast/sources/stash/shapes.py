"""The parts of Stash's objects that are read. A backend's secret is named by a reference that is not among them."""

from holdfast.sources.shapes import Metadata, Present, Shape


class TargetReference(Shape):
    api_version: str | None = None
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None


class VolumeMount(Shape):
    name: str | None = None
    mount_path: str | None = None
    sub_path: str | None = None
    sub_path_expr: str | None = None


class Target(Shape):
    ref: TargetReference | None = None
    volume_mounts: list[VolumeMount | None] | None = None
    paths: list[str | None] | None = None
    exclude: list[str | None] | None = None


class Reference(Shape):
    namespace: str | None = None
    name: str | None = None


class Member(Shape):
    target: Target | None = None


class ConfigurationSpec(Shape):
    """Of a BackupConfiguration, which has one target, or of a BackupBatch, which has members."""

    schedule: str | None = None
    driver: str | None = None
    repository: Reference | None = None
    paused: bool | None = None
    target: Target | None = None
    members: list[Member | None] | None = None


class Phase(Shape):
    phase: str | None = None


class ConfigurationObject(Shape):
    metadata: Metadata
    spec: ConfigurationSpec | None = None
    status: Phase | None = None


class Invoker(Shape):
    kind: str | None = None
    name: str | None = None


class SessionSpec(Shape):
    invoker: Invoker | None = None


class SnapshotStats(Shape):
    total_size: str | None = None


class HostStats(Shape):
    hostname: str | None = None
    phase: str | None = None
    snapshots: list[SnapshotStats | None] | None = None


class TargetStatus(Shape):
    ref: TargetReference | None = None
    phase: str | None = None
    stats: list[HostStats | None] | None = None


class SessionStatus(Shape):
    phase: str | None = None
    session_duration: str | None = None
    targets: list[TargetStatus | None] | None = None


class SessionObject(Shape):
    metadata: Metadata
    spec: SessionSpec | None = None
    status: SessionStatus | None = None


class Backend(Shape):
    local: Present | None = None


class RepositorySpec(Shape):
    backend: Backend | None = None


class RepositoryStatus(Shape):
    last_backup_time: str | None = None
    integrity: bool | None = None
    references: list[Present | None] | None = None  # who uses it


class RepositoryObject(Shape):
    metadata: Metadata
    spec: RepositorySpec | None = None
    status: RepositoryStatus | None = None


class Rule(Shape):
    exclude: list[str | None] | None = None
    include: list[str | None] | None = None
    paths: list[str | None] | None = None


class RestoreTarget(Shape):
    rules: list[Rule | None] | None = None


class RestoreSpec(Shape):
    repository: Reference | None = None
    rules: list[Rule | None] | None = None
    target: RestoreTarget | None = None


class RestoreStatus(Shape):
    phase: str | None = None
    session_duration: str | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: RestoreStatus | None = None
