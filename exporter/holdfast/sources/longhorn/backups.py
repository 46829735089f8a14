"""From Longhorn's backups, jobs and targets to records: what was copied when, by which plan, and where it lies."""

from collections.abc import Iterator
from typing import Final, TypeVar

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    TOUCH_ALL,
    TOUCH_SOURCE,
    VOLUME,
    ClaimRef,
    ObjectRef,
    ScheduleKey,
    TargetKey,
    Touch,
    touch,
    touch_claim,
)
from holdfast.sources.crontab import read_cron
from holdfast.sources.longhorn.records import DEFAULT_TARGET, NAME, Bearing, FarPlan, kind, of_volume
from holdfast.sources.longhorn.shapes import (
    BackupLabels,
    BackupObject,
    BackupSpec,
    BackupStatus,
    BackupVolumeLabels,
    BackupVolumeObject,
    BackupVolumeSpec,
    BackupVolumeStatus,
    KubernetesStatus,
    RecurringJobInfo,
    RecurringJobObject,
    RecurringJobSpec,
    SystemBackupObject,
    SystemBackupStatus,
    TargetObject,
    TargetSpec,
    TargetStatus,
)
from holdfast.sources.longhorn.volumes import ENABLED, JOB, JOB_GROUP
from holdfast.sources.runs.records import Outcome, Place, PlaceCheck, Plan, Run, labelled
from holdfast.sources.shapes import given, shared
from holdfast.sources.values import parse_quantity, parse_time
from holdfast.sources.words import strange_word

_T = TypeVar("_T")

_BACKUP_TASKS: Final = ("backup", "backup-force-create")
_SYSTEM_TASK: Final = "system-backup"
_SYSTEM_JOB: Final = (
    f"{JOB}{_SYSTEM_TASK}"  # label of a system backup that a job made; its value is the job's name
)
_EVERYTHING: Final = (Touch(TOUCH_ALL),)

_STATES: Final[dict[str, Outcome]] = {
    "": "running",
    "Pending": "running",
    "InProgress": "running",
    "Completed": "success",
    "Error": "failure",
    "Unknown": "unknown",
}
_SYSTEM_STATES: Final[dict[str, Outcome]] = {
    "": "running",
    "Generating": "running",
    "CreatingVolumeBackups": "running",
    "CreatingBackingImageBackups": "running",
    "Uploading": "running",
    "Syncing": "running",
    "Ready": "success",
    "Error": "failure",
}


def read_backup(backup: BackupObject) -> tuple[Fact, ...]:
    """One of another cluster that shares the target is of a volume that is not here, and of no job of ours."""
    metadata, status = backup.metadata, backup.status or BackupStatus()
    volume = status.volume_name or metadata.label("backup-volume")
    if metadata.deletion_timestamp or status.state == "Deleting" or not volume:
        return ()
    captured, outcome = parse_time(status.snapshot_created_at), _STATES.get(status.state or "", "unknown")
    if outcome == "success" and captured is None:
        outcome = "unknown"  # the object may be far younger than its data
    job, labels = _job(backup), status.labels or BackupLabels()
    run = Run(
        source=NAME,
        ref=ObjectRef(kind("Backup"), metadata.namespace, metadata.name),
        uid=metadata.uid,
        of=(of_volume(metadata.namespace, volume),),
        outcome=outcome,
        created=metadata.created,
        ended=parse_time(status.backup_created_at),
        captured=captured,
        size=parse_quantity(status.size),
        placement="offsite",
        consistency="crash",
        target=TargetKey(NAME, metadata.namespace, shared(status.backup_target_name) or DEFAULT_TARGET),
        schedule=ScheduleKey(NAME, metadata.namespace, shared(job)) if job else None,
        strange=strange_word(status.state, _STATES),
    )
    bears_on = list(_claims_of(labels, volume))
    if not (backup.spec or BackupSpec()).snapshot_name:  # of another cluster: a standby here may follow it
        bears_on.append(Touch(TOUCH_SOURCE, (NAME,)))
    return (run, Bearing(fact=run, on=tuple(bears_on)))


def _job(backup: BackupObject) -> str:
    """The job that made it here: only what was made in this cluster names the snapshot that it was made of."""
    spec, status = backup.spec or BackupSpec(), backup.status or BackupStatus()
    told = (labels.job for labels in (status.labels, spec.labels) if labels)
    return next((job for job in told if job), "") if spec.snapshot_name else ""


def _claims_of(labels: BackupLabels, volume: str) -> Iterator[Touch]:
    """The claim as it was noted at the time of the backup, and those of the PersistentVolume that is named alike."""
    noted = _decoded(labels.kubernetes_status, KubernetesStatus) or KubernetesStatus()
    if noted.namespace and noted.pvc_name:
        yield touch_claim(ClaimRef(shared(noted.namespace), shared(noted.pvc_name)))
    yield touch(VOLUME, shared(noted.pv_name) or shared(volume))


def _decoded(text: str | None, shape: type[_T]) -> _T | None:
    """JSON inside a label, None where it is something else."""
    try:
        return msgspec.json.decode(text or "{}", type=shape)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def read_recurring_job(job: RecurringJobObject) -> tuple[Fact, ...]:
    """Jobs that only cut snapshots are no plans: a snapshot lives and dies with its volume."""
    metadata, spec = job.metadata, job.spec or RecurringJobSpec()
    if spec.task not in (*_BACKUP_TASKS, _SYSTEM_TASK):
        return ()
    labels = [f"{JOB}{metadata.name}", *(f"{JOB_GROUP}{group}" for group in given(spec.groups))]
    cron = read_cron(spec.cron or "")
    plan = Plan(
        source=NAME,
        schedule=ScheduleKey(NAME, metadata.namespace, shared(metadata.name)),
        uid=metadata.uid,
        of=tuple(labelled(metadata.namespace, shared(label), ENABLED) for label in labels)
        if spec.task in _BACKUP_TASKS
        else (),
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        valid=cron.valid,
        placement="offsite",
        consistency="crash",
    )
    return (plan, Bearing(fact=plan, on=_EVERYTHING))


def read_system_backup(backup: SystemBackupObject) -> tuple[Fact, ...]:
    """Longhorn's own state. One that no job of this cluster made is of no schedule, and says nothing."""
    metadata, status = backup.metadata, backup.status or SystemBackupStatus()
    job = metadata.label(_SYSTEM_JOB)
    if metadata.deletion_timestamp or status.state == "Deleting" or not job:
        return ()
    return (
        Run(
            source=NAME,
            ref=ObjectRef(kind("SystemBackup"), metadata.namespace, metadata.name),
            uid=metadata.uid,
            outcome=_SYSTEM_STATES.get(status.state or "", "unknown"),
            created=metadata.created,
            placement="offsite",
            consistency="crash",
            schedule=ScheduleKey(NAME, metadata.namespace, shared(job)),
            strange=strange_word(status.state, _SYSTEM_STATES),
        ),
    )


def read_target(target: TargetObject) -> tuple[Fact, ...]:
    """A target without an address was never set up; that it is unavailable means nothing."""
    metadata, status = target.metadata, target.status or TargetStatus()
    if bytes((target.spec or TargetSpec()).backup_target_url) in (b"", b'""', b"null"):
        return ()
    key = TargetKey(NAME, metadata.namespace, shared(metadata.name))
    place = Place(target=key, available=status.available)
    synced = parse_time(status.last_synced_at)
    records: list[Fact] = [place, Bearing(fact=place, on=_EVERYTHING)]
    if synced is not None:
        records.append(PlaceCheck(target=key, checked=synced))
    return tuple(records)


def read_backup_volume(volume: BackupVolumeObject) -> tuple[Fact, ...]:
    """Before v1.8 its own name was that of the volume."""
    metadata, spec = volume.metadata, volume.spec or BackupVolumeSpec()
    labels = (volume.status or BackupVolumeStatus()).labels or BackupVolumeLabels()
    jobs = _decoded(labels.recurring_jobs, dict[str, RecurringJobInfo | None]) or {}
    specs = (job.job_spec for job in given(jobs.values()) if job.job_spec)
    crons = sorted({spec.cron for spec in specs if spec.task in _BACKUP_TASKS and spec.cron})
    if not crons:
        return ()
    return (
        FarPlan(
            namespace=metadata.namespace,
            name=metadata.name,
            volume=spec.volume_name or metadata.name,
            target=spec.backup_target_name or DEFAULT_TARGET,
            crons=tuple(crons),
        ),
    )
