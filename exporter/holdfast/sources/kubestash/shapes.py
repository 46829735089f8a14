"""The parts of KubeStash's objects that are read. Secrets are named by references that are not among them."""

from typing import Any

from holdfast.sources.shapes import Metadata, Shape


class AppReference(Shape):
    api_group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class Reference(Shape):
    namespace: str | None = None
    name: str | None = None


class Scheduler(Shape):
    schedule: str | None = None
    suspend: bool | None = None


class VolumeMount(Shape):
    name: str | None = None


class TargetVolumes(Shape):
    volume_mounts: list[VolumeMount | None] | None = None


class Params(Shape):
    """Of a task; only whether it is to take a choice of files."""

    include: Any = None
    exclude: Any = None
    paths: Any = None


class Task(Shape):
    name: str | None = None
    params: Params | None = None
    target_volumes: TargetVolumes | None = None


class Addon(Shape):
    tasks: list[Task | None] | None = None


class SessionRepository(Shape):
    name: str | None = None
    backend: str | None = None


class Session(Shape):
    name: str | None = None
    scheduler: Scheduler | None = None
    addon: Addon | None = None
    repositories: list[SessionRepository | None] | None = None


class Backend(Shape):
    name: str | None = None
    storage_ref: Reference | None = None


class ConfigurationSpec(Shape):
    target: AppReference | None = None
    backends: list[Backend | None] | None = None
    sessions: list[Session | None] | None = None
    paused: bool | None = None


class Phase(Shape):
    phase: str | None = None


class ConfigurationObject(Shape):
    metadata: Metadata
    spec: ConfigurationSpec | None = None
    status: Phase | None = None


class SessionSpec(Shape):
    invoker: AppReference | None = None
    session: str | None = None


class TimedPhase(Shape):
    phase: str | None = None
    duration: str | None = None


class SessionObject(Shape):
    metadata: Metadata
    spec: SessionSpec | None = None
    status: TimedPhase | None = None


class ResticSummary(Shape):
    size: str | None = None
    start_time: str | None = None


class ResticStats(Shape):
    summary: ResticSummary | None = None


class Component(Shape):
    driver: str | None = None
    restic_stats: list[ResticStats | None] | None = None


class SnapshotSpec(Shape):
    repository: str | None = None
    session: str | None = None
    backup_session: str | None = None
    app_ref: AppReference | None = None


class SnapshotStatus(Shape):
    phase: str | None = None
    snapshot_time: str | None = None
    integrity: bool | None = None
    components: dict[str, Component | None] | None = None


class SnapshotObject(Shape):
    metadata: Metadata
    spec: SnapshotSpec | None = None
    status: SnapshotStatus | None = None


class RepositorySpec(Shape):
    app_ref: AppReference | None = None
    storage_ref: Reference | None = None


class RepositoryObject(Shape):
    metadata: Metadata
    spec: RepositorySpec | None = None


class Pitr(Shape):
    target_time: str | None = None


class DataSource(Shape):
    namespace: str | None = None
    repository: str | None = None
    snapshot: str | None = None
    pitr: Pitr | None = None
    components: list[str | None] | None = None


class RestoreSpec(Shape):
    data_source: DataSource | None = None
    addon: Addon | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: TimedPhase | None = None


class VerificationSpec(Shape):
    repository: str | None = None
    snapshot: str | None = None


class VerificationObject(Shape):
    metadata: Metadata
    spec: VerificationSpec | None = None
    status: TimedPhase | None = None


class Provider(Shape):
    provider: str | None = None


class StorageSpec(Shape):
    storage: Provider | None = None


class StorageObject(Shape):
    metadata: Metadata
    spec: StorageSpec | None = None
    status: Phase | None = None
