"""What is decoded of CronJobs and Jobs: the fields that are read, and no others. Env and args stay unread."""

from holdfast.sources.shapes import AnnotatedMetadata, Shape


class CronJobSpec(Shape):
    schedule: str | None = None
    time_zone: str | None = None
    suspend: bool | None = None


class CronJobStatus(Shape):
    last_schedule_time: str | None = None
    last_successful_time: str | None = None


class CronJobObject(Shape):
    metadata: AnnotatedMetadata
    spec: CronJobSpec | None = None
    status: CronJobStatus | None = None


class JobCondition(Shape):
    type: str | None = None
    status: str | None = None
    last_transition_time: str | None = None


class JobStatus(Shape):
    start_time: str | None = None
    completion_time: str | None = None
    conditions: list[JobCondition | None] | None = None


class JobObject(Shape):
    metadata: AnnotatedMetadata
    status: JobStatus | None = None
