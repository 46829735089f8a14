"""From CronJobs and Jobs to records."""

from typing import Literal, cast

from holdfast.model.annotation import AnnotationError, parse_choice, parse_protects
from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.protection import CONSISTENCIES, PLACEMENTS, Consistency, Placement
from holdfast.sources.cronjob.records import NAME, Dump, DumpClock, DumpRun, Exercise
from holdfast.sources.cronjob.shapes import CronJobObject, CronJobSpec, CronJobStatus, JobObject, JobStatus
from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.shapes import given, shared
from holdfast.sources.values import parse_time

_ENDED = {"success": True, "failure": False}


def read_cron_job(cron_job: CronJobObject) -> tuple[Fact, ...]:
    """A CronJob may save some claims and prove the restore of others."""
    metadata, annotations = cron_job.metadata, cron_job.metadata.annotations
    if annotations.protects is None and annotations.drills is None:
        return ()
    spec, status = cron_job.spec or CronJobSpec(), cron_job.status or CronJobStatus()
    key = ScheduleKey(NAME, metadata.namespace, shared(metadata.name))
    cron = read_cron(spec.schedule or "", spec.time_zone or "")
    success, scheduled = parse_time(status.last_successful_time), parse_time(status.last_schedule_time)
    captured = None if success is None else _captured(cron, success, scheduled)
    records: list[Fact] = []
    if annotations.drills is not None:
        exercise = Exercise(
            ref=ObjectRef("CronJob", metadata.namespace, metadata.name),
            schedule=key,
            uid=metadata.uid,
            items=parse_protects(annotations.drills, metadata.namespace)[0],
            success=None if success is None else True,
            started=captured,
            ended=success,
        )
        records.append(exercise)
    if annotations.protects is None:
        return tuple(records)
    dump = Dump(
        schedule=key,
        uid=metadata.uid,
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        valid=cron.valid,
        suspended=bool(spec.suspend),
        items=parse_protects(annotations.protects, metadata.namespace)[0],
        placement=cast(Placement, _chosen(annotations.placement, PLACEMENTS, "local")),
        consistency=cast(Consistency, _chosen(annotations.consistency, CONSISTENCIES, "unknown")),
        last_success=success,
        captured=captured,
    )
    records.append(dump)
    if scheduled is not None:
        records.append(DumpClock(schedule=key, last_scheduled=scheduled))
    return tuple(records)


def _captured(cron: Cron, success: float, scheduled: float | None) -> float:
    """The planned start before the end. The run that succeeded cannot have been planned after the newest that was made."""
    planned = planned_start(cron, success)
    if planned == success or scheduled is None or scheduled > success:
        return planned
    return min(planned, scheduled)


def read_job(job: JobObject) -> tuple[Fact, ...]:
    """A Job counts by its CronJob, or by an annotation of its own."""
    metadata, owner, status = job.metadata, job.metadata.owner, job.status or JobStatus()
    drills = metadata.annotations.drills
    made_by = owner if owner is not None and owner.kind == "CronJob" else None
    if made_by is None and drills is None:
        return ()
    met = {condition.type: condition for condition in given(status.conditions) if condition.status == "True"}
    started, ended = parse_time(status.start_time), None
    stage: Literal["running", "success", "failure"] = "running"
    if "Complete" in met:
        stage, ended = "success", parse_time(status.completion_time)
    elif "Failed" in met:
        stage, ended = "failure", parse_time(met["Failed"].last_transition_time)
    if made_by is None:
        ref = ObjectRef("Job", metadata.namespace, metadata.name)
        return (
            Exercise(
                ref=ref,
                schedule=ScheduleKey(NAME, metadata.namespace, ""),
                uid=metadata.uid,
                items=parse_protects(drills or "", metadata.namespace)[0],
                success=_ENDED.get(stage),
                started=started,
                ended=ended,
            ),
        )
    return (
        DumpRun(
            namespace=metadata.namespace,
            name=metadata.name,
            cronjob=made_by.name,
            cronjob_uid=made_by.uid,
            stage=stage,
            time=metadata.created if started is None else started,
            ended=ended,
        ),
    )


def _chosen(written: str | None, choices: tuple[str, ...], otherwise: str) -> str:
    """A value that does not parse is a finding on the CronJob, and counts as not written."""
    try:
        return otherwise if written is None else parse_choice(written, choices)
    except AnnotationError:
        return otherwise
