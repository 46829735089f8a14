"""CronJobs and Jobs that an operator makes to run its backups: their shapes, and the runs that they tell of.

Which operator made them, and what they save, is for each source to tell. That a Job ended well proves that its command
exited 0, no more.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.protection import Consistency, Coverage, Placement
from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.runs.records import Outcome, Run, Saved
from holdfast.sources.shapes import Metadata, Present, Shape, given, shared
from holdfast.sources.values import parse_time

CRON_JOB = "CronJob"
JOB = "Job"


class CronJobSpec(Shape):
    schedule: str | None = None
    time_zone: str | None = None
    suspend: bool | None = None


class CronJobStatus(Shape):
    last_schedule_time: str | None = None
    last_successful_time: str | None = None
    active: list[Present | None] | None = None


class CronJobObject(Shape):
    metadata: Metadata
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
    metadata: Metadata
    status: JobStatus | None = None


class Timer(NamedTuple):
    """What a CronJob tells. ``succeeded`` is the end of its last success, ``captured`` the planned start before that.

    ``last_result`` is how the run of ``last_scheduled`` went: without a success since, and with no Job at work, it failed.
    """

    cron: Cron
    suspended: bool
    succeeded: float | None
    captured: float | None
    last_scheduled: float | None
    last_result: Outcome


class Course(NamedTuple):
    """How one Job went. A Job that nothing has been said of yet is on its way."""

    outcome: Literal["running", "success", "failure"]
    started: float | None
    ended: float | None


class Work(NamedTuple):
    """What the runs of a CronJob, or one Job, are for."""

    source: str
    of: tuple[Saved, ...]
    placement: Placement
    consistency: Consistency = "application"
    schedule: ScheduleKey | None = None
    target: TargetKey | None = None


def read_timer(cron_job: CronJobObject) -> Timer:
    spec, status = cron_job.spec or CronJobSpec(), cron_job.status or CronJobStatus()
    cron = read_cron(spec.schedule or "", spec.time_zone or "")
    success, scheduled = parse_time(status.last_successful_time), parse_time(status.last_schedule_time)
    return Timer(
        cron=cron,
        suspended=bool(spec.suspend),
        succeeded=success,
        captured=None if success is None else _captured(cron, success, scheduled),
        last_scheduled=scheduled,
        last_result=_last_result(success, scheduled, at_work=any(given(status.active))),
    )


def _last_result(success: float | None, scheduled: float | None, *, at_work: bool) -> Outcome:
    if at_work:
        return "running"
    if scheduled is None:
        return "unknown" if success is None else "success"
    return "success" if success is not None and success >= scheduled else "failure"


def _captured(cron: Cron, success: float, scheduled: float | None) -> float:
    """The planned start before the end. The run that succeeded cannot have been planned after the newest that was made."""
    planned = planned_start(cron, success)
    if planned == success or scheduled is None or scheduled > success:
        return planned
    return min(planned, scheduled)


def read_course(job: JobObject) -> Course:
    status = job.status or JobStatus()
    met = {condition.type: condition for condition in given(status.conditions) if condition.status == "True"}
    started = parse_time(status.start_time)
    if "Complete" in met:
        return Course("success", started, parse_time(status.completion_time))
    if "Failed" in met:
        return Course("failure", started, parse_time(met["Failed"].last_transition_time))
    return Course("running", started, None)


def run_of_job(job: JobObject, work: Work) -> Run:
    """The run that a Job is. It is told of even while it is deleted: what it saved lies elsewhere."""
    course = read_course(job)
    return _run(
        ObjectRef(JOB, job.metadata.namespace, shared(job.metadata.name)),
        job.metadata,
        work,
        course,
        captured=None,
    )


def remembered_run(cron_job: CronJobObject, work: Work) -> Run | None:
    """The last success that a CronJob remembers, whether or not its Job is still there. How long it took is not told."""
    captured = read_timer(cron_job).captured
    if captured is None:
        return None
    ref = ObjectRef(CRON_JOB, cron_job.metadata.namespace, shared(cron_job.metadata.name))
    return _run(ref, cron_job.metadata, work, Course("success", captured, None), captured=captured)


def _run(ref: ObjectRef, metadata: Metadata, work: Work, course: Course, captured: float | None) -> Run:
    return Run(
        source=work.source,
        ref=ref,
        uid=metadata.uid,
        of=work.of,
        outcome=course.outcome,
        created=metadata.created,
        started=course.started,
        ended=course.ended,
        captured=captured,
        placement=work.placement,
        consistency=work.consistency,
        schedule=work.schedule,
        target=work.target,
    )


def told_once(coverage: Coverage) -> Coverage:
    """Without the successes that CronJobs remember where a Job still tells of the same run, or of a newer one."""
    newest: dict[ScheduleKey | None, float] = {}
    for copy in coverage.copies:
        if copy.evidence.kind != CRON_JOB:
            newest[copy.schedule] = max(copy.captured, newest.get(copy.schedule, copy.captured))
    copies = tuple(
        copy
        for copy in coverage.copies
        if copy.evidence.kind != CRON_JOB or copy.captured > newest.get(copy.schedule, float("-inf"))
    )
    return msgspec.structs.replace(coverage, copies=copies)


def batch_feeds(
    source: str,
    read_cron_job: Callable[[CronJobObject], Sequence[Fact]],
    read_job: Callable[[JobObject], Sequence[Fact]] | None = None,
) -> tuple[Feed, ...]:
    """The feeds of CronJobs and, where wanted, of Jobs."""
    feeds = [_feed(source, "cronjobs", CRON_JOB, CronJobObject, read_cron_job)]
    if read_job is not None:
        feeds.append(_feed(source, "jobs", JOB, JobObject, read_job))
    return tuple(feeds)


def _feed(
    source: str, plural: str, kind: str, shape: type[Any], read: Callable[[Any], Sequence[Fact]]
) -> Feed:
    resource = Resource(group="batch", versions=("v1",), plural=plural, kind=kind)
    return Feed(source=source, resource=resource, shape=shape, read=read)
