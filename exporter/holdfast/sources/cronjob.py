"""CronJobs that save claims in a way of their own, tied to them by the annotation ``holdfast.dev/protects``.

A green Job proves that its command exited 0, no more. Where its dump goes cannot be seen: annotations say it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, cast

from holdfast.model.annotation import AnnotationError, Protected, parse_choice, parse_protects
from holdfast.model.facts import Claim, Fact, Facts, Pod, Workload
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import (
    SCHEDULE,
    TOUCH_NAMESPACE,
    TOUCH_SCHEDULED,
    ClaimRef,
    ObjectRef,
    Owner,
    ScheduleKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.model.plan import EVERY
from holdfast.model.protection import (
    CONSISTENCIES,
    PLACEMENTS,
    Consistency,
    Copy,
    Cover,
    Coverage,
    CoverGap,
    Miss,
    Placement,
    Result,
    Schedule,
)
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.shapes import AnnotatedMetadata, Metadata, Shape, given, shared
from holdfast.sources.values import parse_time

NAME = "cronjob"


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
    metadata: Metadata
    status: JobStatus | None = None


class Dump(Fact, frozen=True, kw_only=True, gc=False):
    """A CronJob that protects claims.

    ``last_success`` is the end of its last successful Job, ``captured`` the planned start before that end.
    """

    schedule: ScheduleKey
    uid: str
    created: float
    cron: str
    timezone: str
    valid: bool
    suspended: bool
    items: tuple[Protected, ...]
    placement: Placement
    consistency: Consistency
    last_success: float | None
    captured: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.schedule.namespace, self.schedule.name)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("CronJob", self.schedule.namespace, self.schedule.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(sorted({_reach(item) for item in self.items}))

    def touches(self) -> tuple[Touch, ...]:
        reached = (
            touch_claim(ClaimRef(*names)) if what == "claim" else Touch(TOUCH_NAMESPACE, tuple(names))
            for what, *names in self.links()
        )
        return (touch(SCHEDULE, *self.schedule), *reached)


def _reach(item: Protected) -> tuple[str, ...]:
    """The claim that an item names, or the namespace in which it names some."""
    exact = item.what == "claim" and not item.prefix
    return ("claim", item.namespace, item.name) if exact else ("namespace", item.namespace)


class DumpClock(Fact, frozen=True, kw_only=True, gc=False):
    """When a CronJob that protects claims last made a Job."""

    schedule: ScheduleKey
    last_scheduled: float

    @property
    def key(self) -> tuple[str, ...]:
        return (self.schedule.namespace, self.schedule.name)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(SCHEDULE, *self.schedule),)


class DumpRun(Fact, frozen=True, kw_only=True, gc=False):
    """A Job of a CronJob. Whether that one protects anything is told by the CronJob alone."""

    namespace: str
    name: str
    cronjob: str
    cronjob_uid: str
    stage: Literal["running", "success", "failure"]
    time: float  # its start, or its creation where it has not started
    ended: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("Job", self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("cronjob", self.namespace, self.cronjob),)

    def touches(self) -> tuple[Touch, ...]:
        own = touch(SCHEDULE, NAME, self.namespace, self.cronjob)
        if self.stage == "running":
            return (own,)
        return (own, Touch(TOUCH_SCHEDULED, (NAME, self.namespace, self.cronjob)))


def read_cron_job(cron_job: CronJobObject) -> tuple[Fact, ...]:
    metadata, annotations = cron_job.metadata, cron_job.metadata.annotations
    if annotations.protects is None:
        return ()
    spec, status = cron_job.spec or CronJobSpec(), cron_job.status or CronJobStatus()
    key = ScheduleKey(NAME, metadata.namespace, shared(metadata.name))
    cron = read_cron(spec.schedule or "", spec.time_zone or "")
    success, scheduled = parse_time(status.last_successful_time), parse_time(status.last_schedule_time)
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
        captured=None if success is None else _captured(cron, success, scheduled),
    )
    return (dump,) if scheduled is None else (dump, DumpClock(schedule=key, last_scheduled=scheduled))


def _captured(cron: Cron, success: float, scheduled: float | None) -> float:
    """The planned start before the end. The run that succeeded cannot have been planned after the newest that was made."""
    planned = planned_start(cron, success)
    if planned == success or scheduled is None or scheduled > success:
        return planned
    return min(planned, scheduled)


def read_job(job: JobObject) -> tuple[Fact, ...]:
    metadata, owner, status = job.metadata, job.metadata.owner, job.status or JobStatus()
    if owner is None or owner.kind != "CronJob":
        return ()
    met = {condition.type: condition for condition in given(status.conditions) if condition.status == "True"}
    started, ended = parse_time(status.start_time), None
    stage: Literal["running", "success", "failure"] = "running"
    if "Complete" in met:
        stage, ended = "success", parse_time(status.completion_time)
    elif "Failed" in met:
        stage, ended = "failure", parse_time(met["Failed"].last_transition_time)
    return (
        DumpRun(
            namespace=metadata.namespace,
            name=metadata.name,
            cronjob=owner.name,
            cronjob_uid=owner.uid,
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


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:  # noqa: ARG001 - the contract's signature
    copies: list[Copy] = []
    covers: list[Cover] = []
    misses: list[Miss] = []
    for dump in _dumps_of(claim, facts):
        runs = _runs_of(dump, facts)
        copies.extend(_copies(claim, dump, runs))
        gap: CoverGap = "paused" if dump.suspended else ""
        covers.append(
            Cover(
                schedule=dump.schedule,
                target="",
                placement=dump.placement,
                consistency=dump.consistency,
                gap=gap if dump.valid else "invalid",
            )
        )
        misses.extend(
            Miss(schedule=dump.schedule, time=run.time, cause="failed", evidence=run.ref)
            for run in runs
            if run.stage == "failure" and run.time >= claim.created
        )
    return Coverage(source=NAME, copies=tuple(copies), covers=tuple(covers), misses=tuple(misses))


def _copies(claim: Claim, dump: Dump, runs: Sequence[DumpRun]) -> Iterator[Copy]:
    for captured, evidence in _successes(dump, runs):
        yield Copy(
            source=NAME,
            claim=claim.ref,
            captured=captured,
            placement=dump.placement,
            consistency=dump.consistency,
            evidence=evidence,
            schedule=dump.schedule,
        )


def _successes(dump: Dump, runs: Sequence[DumpRun]) -> Iterator[tuple[float, ObjectRef]]:
    """When each success that can still be seen began, and the object that tells."""
    good = [run for run in runs if run.stage == "success"]
    yield from ((run.time, run.ref) for run in good)
    if dump.last_success is None or dump.captured is None:
        return
    if not any(run.ended is not None and run.ended >= dump.last_success for run in good):
        yield dump.captured, dump.ref


def _runs_of(dump: Dump, facts: Facts) -> list[DumpRun]:
    """The Jobs of this CronJob, and of no earlier one of its name; the oldest first."""
    runs = facts.linked(DumpRun, "cronjob", *dump.key)
    own = (run for run in runs if not run.cronjob_uid or not dump.uid or run.cronjob_uid == dump.uid)
    return sorted(own, key=lambda run: (run.time, run.name))


def _dumps_of(claim: Claim, facts: Facts) -> list[Dump]:
    named = facts.linked(Dump, "claim", *claim.ref)
    wide = facts.linked(Dump, "namespace", claim.ref.namespace)
    found = {dump.key: dump for dump in named}
    if wide:
        owners = _owners(claim, facts)
        found.update((dump.key, dump) for dump in wide if _protects(dump, claim, owners, facts))
    return [found[key] for key in sorted(found)]


def _protects(dump: Dump, claim: Claim, owners: Sequence[Owner], facts: Facts) -> bool:
    for item in dump.items:
        if item.namespace != claim.ref.namespace:
            continue
        match item.what:
            case "claim":
                if item.prefix and claim.ref.name.startswith(item.name):
                    return True
            case "statefulset":
                workload = facts.get(Workload, "StatefulSet", item.namespace, item.name)
                if workload is not None and _is_templated(claim, workload):
                    return True
            case "object":
                if any(_is_item(owner, item) for owner in owners):
                    return True
    return False


def _is_templated(claim: Claim, workload: Workload) -> bool:
    """The claim is ``<template>-<StatefulSet>-<ordinal>``."""
    stem, _, ordinal = claim.ref.name.rpartition("-")
    ends = ordinal.isascii() and ordinal.isdigit()
    return ends and any(stem == f"{template}-{workload.name}" for template in workload.claim_templates)


def _is_item(owner: Owner, item: Protected) -> bool:
    return (owner.kind.lower(), owner.group, owner.name) == (item.kind, item.group, item.name)


def _owners(claim: Claim, facts: Facts) -> list[Owner]:
    """The claim's own owner, and all above the pods that mount it and above the StatefulSet that makes it."""
    namespace = claim.ref.namespace
    below = [claim.owner, *(pod.owner for pod in facts.linked(Pod, "claim", *claim.ref))]
    makers = facts.linked(Workload, "claim-templates", namespace)
    below.extend(workload.owner for workload in makers if _is_templated(claim, workload))
    found: dict[Owner, None] = {}
    while below:
        owner = below.pop()
        if owner is None or owner in found:
            continue
        found[owner] = None
        above = facts.get(Workload, owner.kind, namespace, owner.name)
        below.append(above.owner if above else None)
    return sorted(found)


_RESULTS: dict[str, Result] = {"success": "success", "failure": "failure"}


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    dump = facts.get(Dump, key.namespace, key.name)
    if dump is None:
        return None
    runs = _runs_of(dump, facts)
    clock = facts.get(DumpClock, key.namespace, key.name)
    attempts = [run.time for run in runs] + ([clock.last_scheduled] if clock else [])
    finished = [run for run in runs if run.stage in _RESULTS]
    durations = [run.ended - run.time for run in finished if run.ended is not None]
    return Schedule(
        key=key,
        uid=dump.uid,
        created=dump.created,
        cron=dump.cron,
        timezone=dump.timezone,
        paused=dump.suspended,
        valid=dump.valid,
        anchor=dump.created if dump.cron.startswith(EVERY) else None,
        last_success=max((time for time, _ in _successes(dump, runs)), default=None),
        last_attempt=max(attempts, default=None),
        last_duration=durations[-1] if durations else None,
        last_result=_last_result(dump, finished),
        running_since=next((run.time for run in runs if run.stage == "running"), None),
    )


def _last_result(dump: Dump, finished: Sequence[DumpRun]) -> Result:
    """The success that the CronJob remembers may be newer than any Job that is left."""
    last = finished[-1] if finished else None
    if dump.last_success is not None and (last is None or (last.ended or last.time) < dump.last_success):
        return "success"
    return _RESULTS[last.stage] if last else "none"


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group="batch", versions=("v1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    needs=frozenset({"StatefulSet"}),
    feeds=(
        _feed("cronjobs", "CronJob", CronJobObject, read_cron_job),
        _feed("jobs", "Job", JobObject, read_job),
    ),
    cover=cover,
    schedule=schedule,
)
