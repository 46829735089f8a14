"""From CronJobs and Jobs to records."""

from typing import cast

from holdfast.model.annotation import AnnotationError, parse_choice, parse_protects
from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.protection import CONSISTENCIES, PLACEMENTS, Consistency, Placement
from holdfast.sources.batch import Timer, read_course, read_timer
from holdfast.sources.cronjob.records import NAME, Dump, DumpClock, DumpRun, Exercise
from holdfast.sources.cronjob.shapes import CronJobObject, JobObject
from holdfast.sources.shapes import shared

_ENDED = {"success": True, "failure": False}


def read_cron_job(cron_job: CronJobObject) -> tuple[Fact, ...]:
    """A CronJob may save some claims and prove the restore of others."""
    metadata, annotations = cron_job.metadata, cron_job.metadata.annotations
    if annotations.protects is None and annotations.drills is None:
        return ()
    key, timer = ScheduleKey(NAME, metadata.namespace, shared(metadata.name)), read_timer(cron_job)
    records: list[Fact] = []
    if annotations.drills is not None:
        exercise = Exercise(
            ref=ObjectRef("CronJob", metadata.namespace, metadata.name),
            schedule=key,
            uid=metadata.uid,
            items=parse_protects(annotations.drills, metadata.namespace)[0],
            success=None if timer.succeeded is None else True,
            started=timer.captured,
            ended=timer.succeeded,
        )
        records.append(exercise)
    if annotations.protects is not None:
        records.append(_dump(cron_job, key, timer, annotations.protects))
        if timer.last_scheduled is not None:
            records.append(DumpClock(schedule=key, last_scheduled=timer.last_scheduled))
    return tuple(records)


def _dump(cron_job: CronJobObject, key: ScheduleKey, timer: Timer, protects: str) -> Dump:
    metadata, annotations = cron_job.metadata, cron_job.metadata.annotations
    return Dump(
        schedule=key,
        uid=metadata.uid,
        created=metadata.created,
        cron=timer.cron.text,
        timezone=timer.cron.timezone,
        valid=timer.cron.valid,
        suspended=timer.suspended,
        items=parse_protects(protects, metadata.namespace)[0],
        placement=cast(Placement, _chosen(annotations.placement, PLACEMENTS, "local")),
        consistency=cast(Consistency, _chosen(annotations.consistency, CONSISTENCIES, "unknown")),
        last_success=timer.succeeded,
        captured=timer.captured,
    )


def read_job(job: JobObject) -> tuple[Fact, ...]:
    """A Job counts by its CronJob, or by an annotation of its own."""
    metadata, owner, course = job.metadata, job.metadata.owner, read_course(job)
    drills = metadata.annotations.drills
    made_by = owner if owner is not None and owner.kind == "CronJob" else None
    if made_by is None and drills is None:
        return ()
    if made_by is None:
        ref = ObjectRef("Job", metadata.namespace, metadata.name)
        return (
            Exercise(
                ref=ref,
                schedule=ScheduleKey(NAME, metadata.namespace, ""),
                uid=metadata.uid,
                items=parse_protects(drills or "", metadata.namespace)[0],
                success=_ENDED.get(course.outcome),
                started=course.started,
                ended=course.ended,
            ),
        )
    return (
        DumpRun(
            namespace=metadata.namespace,
            name=metadata.name,
            cronjob=made_by.name,
            cronjob_uid=made_by.uid,
            stage=course.outcome,
            time=metadata.created if course.started is None else course.started,
            ended=course.ended,
        ),
    )


def _chosen(written: str | None, choices: tuple[str, ...], otherwise: str) -> str:
    """A value that does not parse is a finding on the CronJob, and counts as not written."""
    try:
        return otherwise if written is None else parse_choice(written, choices)
    except AnnotationError:
        return otherwise
