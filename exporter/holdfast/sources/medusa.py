"""K8ssandra's Medusa: backups of whole Cassandra datacenters, their schedules and restores.

A MedusaBackup is what can be restored: it is made of what lies in the storage. A MedusaBackupJob only tells how a run
went. Every storage that the operator can be given is an object store.
"""

import re
from collections.abc import Callable
from typing import Any, Final

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.protection import Coverage
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.crontab import read_cron
from holdfast.sources.runs.records import Outcome, Plan, Restore, Run, Saved, labelled
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import Metadata, Shape, given, shared
from holdfast.sources.values import parse_size, parse_time
from holdfast.sources.words import strange_word

NAME = "medusa"
_GROUP: Final = "medusa.k8ssandra.io"
_DATACENTER: Final = "cassandra.datastax.com/datacenter"
_DATA: Final = "server-data-"  # further volumes of a node are not backed up
_SCHEDULED: Final = re.compile(r"(.+)-[0-9]{9,11}")  # the name of its schedule, and when it was made
_BINARY_KILO: Final = 1024  # what the operator calls KB is 1024 bytes
_STATES: Final[dict[str, Outcome]] = {
    "SUCCESS": "success",
    "FAILED": "failure",
    "IN_PROGRESS": "running",
    "UNKNOWN": "unknown",
}

TOOL = Tool(name=NAME, labels=(_DATACENTER,))


class DatacenterSpec(Shape):
    cassandra_datacenter: str | None = None


class BackupStatus(Shape):
    start_time: str | None = None
    finish_time: str | None = None
    total_nodes: int | None = None
    finished_nodes: int | None = None
    total_size: str | None = None
    status: str | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: DatacenterSpec | None = None
    status: BackupStatus | None = None


class JobStatus(Shape):
    start_time: str | None = None
    finish_time: str | None = None
    failed: list[str | None] | None = None


class JobObject(Shape):
    metadata: Metadata
    spec: DatacenterSpec | None = None
    status: JobStatus | None = None


class ScheduleSpec(Shape):
    backup_spec: DatacenterSpec | None = None
    cron_schedule: str | None = None
    disabled: bool | None = None
    operation_type: str | None = None


class ScheduleStatus(Shape):
    last_execution: str | None = None


class ScheduleObject(Shape):
    metadata: Metadata
    spec: ScheduleSpec | None = None
    status: ScheduleStatus | None = None


class RestoreSpec(DatacenterSpec):
    backup: str | None = None


class RestoreStatus(JobStatus):
    """The message is free text: that there is one tells of a failure, what it says stays unread."""

    message: msgspec.Raw = msgspec.Raw()


class RestoreObject(Shape):
    metadata: Metadata
    spec: RestoreSpec | None = None
    status: RestoreStatus | None = None


def read_backup(backup: BackupObject) -> tuple[Fact, ...]:
    """It is no copy until all nodes have finished: the operator itself refuses to restore it before."""
    status = backup.status or BackupStatus()
    ended = parse_time(status.finish_time) or None  # of one that has not finished, older versions say 1970
    began = parse_time(status.start_time) or ended
    word = status.status or ("SUCCESS" if ended is not None else "")  # older versions made it on success only
    outcome = _STATES.get(word, "unknown")
    if outcome == "success" and began is None:
        outcome = "unknown"  # it may be made of what lies in the storage, long after its data was read
    return _run(
        "MedusaBackup",
        backup.metadata,
        backup.spec,
        outcome=outcome,
        started=began,
        ended=ended,
        size=parse_size(status.total_size, kilo=_BINARY_KILO),
        ready=_is_whole(status),
        strange=strange_word(word, _STATES),
    )


def _is_whole(status: BackupStatus) -> bool:
    """Older versions tell neither a state nor nodes: of what they call finished nothing says that it is not whole."""
    if status.finished_nodes is None and status.total_nodes is None:
        return not status.status
    return status.finished_nodes == status.total_nodes


def read_job(job: JobObject) -> tuple[Fact, ...]:
    """How a run went. Its success is no copy: the MedusaBackup that is made of it is."""
    status = job.status or JobStatus()
    outcome = _finished(status)
    return _run(
        "MedusaBackupJob",
        job.metadata,
        job.spec,
        outcome=outcome,
        started=parse_time(status.start_time),
        ended=parse_time(status.finish_time),
        copies=outcome != "success",
    )


def _run(
    kind: str, metadata: Metadata, spec: DatacenterSpec | None, *, copies: bool = True, **told: Any
) -> tuple[Fact, ...]:
    datacenter = (spec or DatacenterSpec()).cassandra_datacenter
    if metadata.deletion_timestamp or not datacenter:
        return ()
    made_by = _SCHEDULED.fullmatch(metadata.name)
    return (
        Run(
            source=NAME,
            ref=ObjectRef(f"{kind}.{_GROUP}", metadata.namespace, metadata.name),
            uid=metadata.uid,
            of=(_saved(metadata, datacenter),) if copies else (),
            created=metadata.created,
            placement="offsite",
            consistency="application",
            schedule=ScheduleKey(NAME, metadata.namespace, made_by[1]) if made_by else None,
            **told,
        ),
    )


def _saved(metadata: Metadata, datacenter: str) -> Saved:
    return labelled(metadata.namespace, _DATACENTER, shared(datacenter))


def _finished(status: JobStatus) -> Outcome:
    """The finish time is set on failure too; a node that failed is what tells."""
    if parse_time(status.finish_time) is None:
        return "running"
    return "failure" if any(given(status.failed)) else "success"


def read_schedule(schedule: ScheduleObject) -> tuple[Fact, ...]:
    metadata, spec = schedule.metadata, schedule.spec or ScheduleSpec()
    status, datacenter = schedule.status or ScheduleStatus(), spec.backup_spec or DatacenterSpec()
    if spec.operation_type not in (None, "", "backup") or not datacenter.cassandra_datacenter:
        return ()
    cron = read_cron(spec.cron_schedule or "")
    return (
        Plan(
            source=NAME,
            schedule=ScheduleKey(NAME, metadata.namespace, shared(metadata.name)),
            uid=metadata.uid,
            of=(_saved(metadata, datacenter.cassandra_datacenter),),
            created=metadata.created,
            cron=cron.text,
            timezone=cron.timezone,
            valid=cron.valid,
            paused=bool(spec.disabled),
            placement="offsite",
            consistency="application",
            # it moves on while the schedule is disabled, and nothing runs
            last_attempt=None if spec.disabled else parse_time(status.last_execution),
        ),
    )


def read_restore(restore: RestoreObject) -> tuple[Fact, ...]:
    metadata, spec = restore.metadata, restore.spec or RestoreSpec()
    status = restore.status or RestoreStatus()
    if not spec.backup:
        return ()
    outcome = _finished(status)
    if outcome == "success" and bytes(status.message) not in (b"", b'""', b"null"):
        outcome = "failure"
    return (
        Restore(
            source=NAME,
            ref=ObjectRef(f"MedusaRestoreJob.{_GROUP}", metadata.namespace, metadata.name),
            run=ObjectRef(f"MedusaBackup.{_GROUP}", metadata.namespace, spec.backup),
            outcome=outcome,
            started=parse_time(status.start_time),
            ended=parse_time(status.finish_time),
        ),
    )


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    if not claim.ref.name.startswith(_DATA):
        return Coverage(source=NAME)
    return TOOL.cover(claim, facts, rolls)


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group=_GROUP, versions=("v1alpha1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size", "drill"}),
    feeds=(
        _feed("medusabackups", "MedusaBackup", BackupObject, read_backup),
        _feed("medusabackupjobs", "MedusaBackupJob", JobObject, read_job),
        _feed("medusabackupschedules", "MedusaBackupSchedule", ScheduleObject, read_schedule),
        _feed("medusarestorejobs", "MedusaRestoreJob", RestoreObject, read_restore),
    ),
    cover=cover,
    schedule=TOOL.schedule,
)
