"""The parts of K8up's objects that are read. A repository's address may hold a password, and stays undecoded."""

import msgspec

from holdfast.sources.selection import SelectorShape
from holdfast.sources.shapes import Metadata, Present, Shape


class Condition(Shape):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    last_transition_time: str | None = None


class JobStatus(Shape):
    conditions: list[Condition | None] | None = None


class JobObject(Shape):
    """A Backup or a Check: only what became of it is read."""

    metadata: Metadata
    status: JobStatus | None = None


class RestoreMethod(Shape):
    s3: Present | None = None


class RestoreSpec(Shape):
    snapshot: str | None = None
    paths: list[str | None] | None = None
    restore_filter: str | None = None
    restore_method: RestoreMethod | None = None


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: JobStatus | None = None


class SnapshotSpec(Shape):
    date: str | None = None
    paths: list[str | None] | None = None
    repository: msgspec.Raw = msgspec.Raw()


class SnapshotObject(Shape):
    metadata: Metadata
    spec: SnapshotSpec | None = None


class Backend(Shape):
    local: Present | None = None


class BackupSchedule(Shape):
    schedule: str | None = None
    label_selectors: list[SelectorShape | None] | None = None
    backend: Backend | None = None


class ScheduleSpec(Shape):
    backup: BackupSchedule | None = None
    check: Present | None = None
    backend: Backend | None = None


class EffectiveSchedule(Shape):
    job_type: str | None = None
    generated_schedule: str | None = None


class ScheduleStatus(Shape):
    conditions: list[Condition | None] | None = None
    effective_schedules: list[EffectiveSchedule | None] | None = None


class ScheduleObject(Shape):
    metadata: Metadata
    spec: ScheduleSpec | None = None
    status: ScheduleStatus | None = None
