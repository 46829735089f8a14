"""What is decoded of CronJobs and Jobs: the fields that are read, and no others. Env and args stay unread."""

from holdfast.sources import batch
from holdfast.sources.shapes import AnnotatedMetadata


class CronJobObject(batch.CronJobObject):
    metadata: AnnotatedMetadata


class JobObject(batch.JobObject):
    metadata: AnnotatedMetadata
