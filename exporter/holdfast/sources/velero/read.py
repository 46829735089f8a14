"""From Velero's objects to records."""

from typing import Literal

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey, TargetKey
from holdfast.sources.crontab import read_cron
from holdfast.sources.shapes import Metadata, shared, text
from holdfast.sources.values import parse_time
from holdfast.sources.velero.records import (
    NAME,
    Backup,
    Location,
    LocationCheck,
    Outcome,
    Plan,
    PlanClock,
    Run,
    VolumeCopy,
    valid_label,
)
from holdfast.sources.velero.scope import compile_scope
from holdfast.sources.velero.shapes import (
    BackupObject,
    BackupSpec,
    BackupStatus,
    DataUploadObject,
    DataUploadSpec,
    HookStatus,
    LocationObject,
    LocationSpec,
    LocationStatus,
    PodReference,
    PodVolumeBackupObject,
    PodVolumeBackupSpec,
    ScheduleObject,
    ScheduleSpec,
    ScheduleStatus,
    VolumeStatus,
)

CLOCK_SLACK = 30.0  # seconds by which the API server's clock and Velero's may differ

_OUTCOMES: dict[str, Outcome] = {
    "Completed": "completed",
    "PartiallyFailed": "partial",
    "Failed": "failed",
    "FailedValidation": "failed",
}
AVAILABLE = {"Available": True, "Unavailable": False}
WHOLE = {"Completed": True, "Failed": False, "Canceled": False}


def read_backup(backup: BackupObject) -> tuple[Fact, ...]:
    """What claims rest on once it has ended, and what its schedule shows of it at any time."""
    metadata, status = backup.metadata, backup.status or BackupStatus()
    outcome = _OUTCOMES.get(status.phase or "")
    deleting = status.phase == "Deleting" or metadata.deleting_since is not None
    made_by = metadata.label("velero.io/schedule-name")
    schedule = ScheduleKey(NAME, metadata.namespace, shared(made_by)) if made_by else None
    records: list[Fact] = []
    if outcome and not deleting:
        records.append(_ended_backup(backup, status, outcome, schedule))
    if schedule and _is_home(metadata, status):
        records.append(
            Run(
                namespace=metadata.namespace,
                name=metadata.name,
                schedule=schedule,
                stage="deleting" if deleting else outcome or "running",
                created=metadata.created,
                started=parse_time(status.start_timestamp),
                ended=parse_time(status.completion_timestamp),
            )
        )
    return tuple(records)


def _ended_backup(
    backup: BackupObject, status: BackupStatus, outcome: Outcome, schedule: ScheduleKey | None
) -> Backup:
    metadata, spec = backup.metadata, backup.spec or BackupSpec()
    started, hooks = parse_time(status.start_timestamp), status.hook_status or HookStatus()
    scope, location, home = compile_scope(spec), spec.storage_location, _is_home(metadata, status)
    csi = (status.csi_volume_snapshots_attempted or 0, status.csi_volume_snapshots_completed or 0)
    native = (status.volume_snapshots_attempted or 0, status.volume_snapshots_completed or 0)
    whole = any(attempted == completed > 0 for attempted, completed in (csi, native))
    return Backup(
        namespace=metadata.namespace,
        name=metadata.name,
        uid=metadata.uid,
        label=valid_label(metadata.name),
        outcome=outcome,
        time=metadata.created if started is None else started,
        started=started,
        ended=parse_time(status.completion_timestamp),
        expires=parse_time(status.expiration),
        home=home,
        hooked=(hooks.hooks_attempted or 0) > 0 and not hooks.hooks_failed,
        csi_attempted=csi[0],
        csi_completed=csi[1],
        native_attempted=native[0],
        native_completed=native[1],
        countable=whole and home and outcome == "completed" and started is not None,
        scope=scope,
        ref=ObjectRef("Backup.velero.io", metadata.namespace, metadata.name),
        target=TargetKey(NAME, metadata.namespace, shared(location)) if location else None,
        schedule=schedule,
    )


def _is_home(metadata: Metadata, status: BackupStatus) -> bool:
    """Made here. What Velero finds in a bucket, be it another cluster's, it creates after it ended."""
    started, ended = parse_time(status.start_timestamp), parse_time(status.completion_timestamp)
    if started is None or metadata.created <= started:
        return True
    return metadata.created < min(started + CLOCK_SLACK, started + CLOCK_SLACK if ended is None else ended)


def read_pod_volume_backup(backup: PodVolumeBackupObject) -> tuple[Fact, ...]:
    metadata, spec = backup.metadata, backup.spec or PodVolumeBackupSpec()
    status = backup.status or VolumeStatus()
    pod = spec.pod or PodReference()
    claim = text(metadata.annotations.claim) if metadata.annotations else ""
    captured = parse_time(status.start_timestamp)
    read = _volume_copy("PodVolumeBackup", metadata, status, claim=(pod.namespace, claim), captured=captured)
    mount = {"pod": shared(pod.name), "volume": shared(spec.volume)}
    return tuple(msgspec.structs.replace(copy, **mount) for copy in read)


def read_data_upload(upload: DataUploadObject) -> tuple[Fact, ...]:
    metadata, spec = upload.metadata, upload.spec or DataUploadSpec()
    status = upload.status or VolumeStatus()
    claim = (spec.source_namespace, spec.source_pvc)
    return _volume_copy("DataUpload", metadata, status, claim=claim, captured=metadata.created or None)


def _volume_copy(
    kind: Literal["PodVolumeBackup", "DataUpload"],
    metadata: Metadata,
    status: VolumeStatus,
    *,
    claim: tuple[str | None, str | None],
    captured: float | None,
) -> tuple[VolumeCopy, ...]:
    """Nothing before the end, and nothing for a pod's volume that is no claim."""
    whole = WHOLE.get(status.phase or "")
    namespace, name = claim
    if whole is None or not namespace or not name:
        return ()
    return (
        VolumeCopy(
            kind=kind,
            namespace=metadata.namespace,
            name=metadata.name,
            claim=ClaimRef(shared(namespace), shared(name)),
            claim_uid=shared(metadata.label("velero.io/pvc-uid")),
            backup_uid=shared(metadata.label("velero.io/backup-uid")),
            backup_label=shared(metadata.label("velero.io/backup-name")),
            whole=whole,
            captured=captured,
            size=_size(status),
        ),
    )


def _size(status: VolumeStatus) -> int | None:
    """Go leaves zeros out: a whole copy that shows no bytes has none."""
    if status.phase != "Completed":
        return None
    return (status.progress.total_bytes or 0) if status.progress else None


def read_schedule(schedule: ScheduleObject) -> tuple[Fact, ...]:
    metadata, spec = schedule.metadata, schedule.spec or ScheduleSpec()
    status = schedule.status or ScheduleStatus()
    key = ScheduleKey(NAME, metadata.namespace, shared(metadata.name))
    cron, template = read_cron(spec.schedule or ""), spec.template or BackupSpec()
    since = (metadata.created, parse_time(status.last_backup), parse_time(status.last_skipped))
    return (
        Plan(
            schedule=key,
            uid=metadata.uid,
            created=metadata.created,
            cron=cron.text,
            timezone=cron.timezone,
            valid=cron.valid and status.phase != "FailedValidation",
            paused=bool(spec.paused),
            target=shared(template.storage_location),
            scope=compile_scope(template),
        ),
        PlanClock(schedule=key, anchor=max(time for time in since if time is not None)),
    )


def read_location(location: LocationObject) -> tuple[Fact, ...]:
    metadata, spec = location.metadata, location.spec or LocationSpec()
    status = location.status or LocationStatus()
    target = TargetKey(NAME, metadata.namespace, shared(metadata.name))
    checked = parse_time(status.last_validation_time)
    available = AVAILABLE.get(status.phase or "")
    region = shared(spec.config.region) if spec.config else ""
    records: list[Fact] = [
        Location(target=target, available=available, default=bool(spec.default), region=region)
    ]
    if checked is not None:
        records.append(LocationCheck(target=target, checked=checked))
    return tuple(records)
