"""From backups, restores and what they own to records."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef
from holdfast.model.protection import Placement
from holdfast.sources.batch import CronJobObject, JobObject, Work, read_timer, remembered_run, run_of_job
from holdfast.sources.crontab import read_cron
from holdfast.sources.mariadb.records import (
    BACKUP,
    GROUP,
    NAME,
    PHYSICAL,
    RECOVERY,
    SERVER,
    LogEnd,
    Template,
    saved_by,
    schedule_of,
)
from holdfast.sources.mariadb.shapes import (
    BackupObject,
    BackupSpec,
    Conditions,
    PhysicalObject,
    PhysicalStatus,
    RecoveryObject,
    RecoverySpec,
    RecoveryStatus,
    RestoreObject,
    RestoreSpec,
    SnapshotObject,
    SnapshotStatus,
    Storage,
)
from holdfast.sources.runs.records import Outcome, Plan, Restore, Run, Saved
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.values import parse_time
from holdfast.sources.words import strange_word

PHYSICAL_BACKUP_NAME = "physicalbackup.k8s.mariadb.com/name"  # on VolumeSnapshots

_REASONS: Final[dict[str, Outcome]] = {
    "JobComplete": "success",
    "JobFailed": "failure",  # beside a status that is True as well: it has ended
    "JobRunning": "running",
    "JobNotComplete": "unknown",
    "JobSuspended": "unknown",
    "Failed": "unknown",  # it waits for its MariaDB, and will try again
    "": "unknown",
}


class Went(NamedTuple):
    """How a run went, as far as it is told. ``strange`` is a reason that is not known to us."""

    outcome: Outcome
    started: float | None = None
    ended: float | None = None
    captured: float | None = None
    strange: str = ""


def read_outcome(status: Conditions | None) -> Went:
    """How an object that runs once went."""
    for condition in given((status or Conditions()).conditions):
        if condition.type == "Complete":
            reason = condition.reason or ""
            outcome = _REASONS.get(reason, "unknown")
            if outcome == "success" and condition.status != "True":
                outcome = "unknown"
            ended = parse_time(condition.last_transition_time) if outcome in ("success", "failure") else None
            return Went(outcome, ended=ended, strange=strange_word(reason, _REASONS))
    return Went("unknown")


def read_backup(backup: BackupObject) -> Sequence[Fact]:
    """A Backup that runs once tells how that went; of one with a schedule its CronJob tells."""
    metadata, spec = backup.metadata, backup.spec or BackupSpec()
    template = _template(BACKUP, metadata, spec)
    if template is None:
        return ()
    if template.schedule:
        return (template, *_plan(template, metadata, spec))
    if metadata.deletion_timestamp:
        return (template,)
    ref = ObjectRef(BACKUP, metadata.namespace, shared(metadata.name))
    return (template, _run(metadata, ref, template.itself, read_outcome(backup.status)))


def read_physical(backup: PhysicalObject) -> Sequence[Fact]:
    """Of its runs the Jobs and VolumeSnapshots tell that it makes."""
    metadata, spec, status = backup.metadata, backup.spec or BackupSpec(), backup.status or PhysicalStatus()
    template = _template(PHYSICAL, metadata, spec)
    if template is None:
        return ()
    last_attempt = parse_time(status.last_schedule_time)
    return (template, *_plan(template, metadata, spec, last_attempt))


def _template(kind: str, metadata: Metadata, spec: BackupSpec) -> Template | None:
    """None for a server outside the cluster, which has no claims here."""
    server = spec.maria_db_ref
    if server is None or not server.name or server.kind not in (None, "", "MariaDB"):
        return None
    planned = spec.schedule is not None and bool(spec.schedule.cron)
    return Template(
        itself=saved_by(kind, metadata.namespace, metadata.name),
        base=saved_by(SERVER, shared(server.namespace) or metadata.namespace, server.name),
        placement=_placement(spec.storage or Storage()),
        schedule=schedule_of(kind, metadata.namespace, metadata.name) if planned else None,
        partial=bool(spec.databases),
    )


def _placement(storage: Storage) -> Placement:
    """A claim or another volume may lie on the same storage."""
    return "offsite" if storage.s3 or storage.azure_blob else "local"


def _plan(
    template: Template, metadata: Metadata, spec: BackupSpec, last_attempt: float | None = None
) -> Iterator[Plan]:
    if template.schedule is None or spec.schedule is None:
        return
    cron = read_cron(spec.schedule.cron or "", spec.time_zone or "")
    yield Plan(
        source=NAME,
        of=(template.base,),
        schedule=template.schedule,
        uid=metadata.uid,
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        valid=cron.valid,
        paused=bool(spec.schedule.suspend),
        placement=template.placement,
        consistency="application",
        last_attempt=last_attempt,
    )


def read_recovery(recovery: RecoveryObject) -> Sequence[Fact]:
    """Binary logs over a physical backup, and how far they reach."""
    metadata, spec = recovery.metadata, recovery.spec or RecoverySpec()
    reference, status = spec.physical_backup_ref, recovery.status or RecoveryStatus()
    if reference is None or not reference.name:
        return ()
    base = saved_by(PHYSICAL, metadata.namespace, reference.name)
    itself = saved_by(RECOVERY, metadata.namespace, metadata.name)
    template = Template(itself=itself, base=base, placement="offsite")  # it knows object stores alone
    point = parse_time(status.last_recoverable_time)
    if point is None or metadata.deletion_timestamp:
        return (template,)
    ref = ObjectRef(RECOVERY, metadata.namespace, shared(metadata.name))
    return (template, LogEnd(ref=ref, base=base, time=point))


def read_cron_job(cron_job: CronJobObject) -> Sequence[Fact]:
    """The CronJob of a Backup: its last success, and the last run where that did not succeed."""
    owner, metadata = cron_job.metadata.owner, cron_job.metadata
    if owner is None or (owner.kind, owner.group) != ("Backup", GROUP):
        return ()
    of = saved_by(BACKUP, metadata.namespace, owner.name)
    schedule, timer = schedule_of(BACKUP, metadata.namespace, owner.name), read_timer(cron_job)
    work = Work(source=NAME, of=(of,), placement="local", schedule=schedule)
    success = remembered_run(cron_job, work)
    facts: list[Fact] = [success] if success else []
    if timer.last_scheduled is not None and timer.last_result != "success":
        ref = ObjectRef(BACKUP, metadata.namespace, owner.name)
        facts.append(_run(metadata, ref, of, Went(timer.last_result, timer.last_scheduled), planned=True))
    return facts


def read_job(job: JobObject) -> Sequence[Fact]:
    owner, namespace = job.metadata.owner, job.metadata.namespace
    if owner is None or (owner.kind, owner.group) != ("PhysicalBackup", GROUP):
        return ()
    of = saved_by(PHYSICAL, namespace, owner.name)
    schedule = schedule_of(PHYSICAL, namespace, owner.name)
    return (run_of_job(job, Work(source=NAME, of=(of,), placement="local", schedule=schedule)),)


def read_snapshot(snapshot: SnapshotObject) -> Sequence[Fact]:
    """A VolumeSnapshot of a PhysicalBackup, cut while its MariaDB held all writes back."""
    metadata, status = snapshot.metadata, snapshot.status or SnapshotStatus()
    backup = metadata.label(PHYSICAL_BACKUP_NAME)
    if not backup or metadata.deletion_timestamp:
        return ()
    outcome: Outcome = "success" if status.ready_to_use else "failure" if status.error else "running"
    ref = ObjectRef("VolumeSnapshot", metadata.namespace, shared(metadata.name))
    of = saved_by(PHYSICAL, metadata.namespace, backup)
    went = Went(outcome, captured=parse_time(status.creation_time))
    return (_run(metadata, ref, of, went, planned=True),)


def _run(metadata: Metadata, ref: ObjectRef, of: Saved, went: Went, *, planned: bool = False) -> Run:
    """A run whose template tells the rest: what it saves, where that goes, and whether it is of a schedule."""
    return Run(
        source=NAME,
        ref=ref,
        uid=metadata.uid,
        of=(of,),
        outcome=went.outcome,
        created=metadata.created,
        started=went.started,
        ended=went.ended,
        captured=went.captured,
        placement="local",
        consistency="application",
        schedule=schedule_of(of.key, of.namespace, of.name) if planned else None,
        strange=went.strange,
    )


def read_restore(restore: RestoreObject) -> Sequence[Fact]:
    """A restore of one database alone proves nothing of the others."""
    metadata, spec = restore.metadata, restore.spec or RestoreSpec()
    if spec.backup_ref is None or not spec.backup_ref.name or spec.database:
        return ()
    went = read_outcome(restore.status)
    return (
        Restore(
            source=NAME,
            ref=ObjectRef(f"Restore.{GROUP}", metadata.namespace, shared(metadata.name)),
            of=(saved_by(BACKUP, metadata.namespace, spec.backup_ref.name),),
            outcome=went.outcome,
            started=metadata.created or None,
            ended=went.ended,
            point=parse_time(spec.target_recovery_time),
            strange=went.strange,
        ),
    )
