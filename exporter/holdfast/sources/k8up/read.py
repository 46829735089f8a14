"""From K8up's objects to records.

A job's object has no times of its own: its creation is its start, the transition of ``Completed`` its end.
https://github.com/k8up-io/k8up/blob/v2.15.0/api/v1/status.go
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.protection import Placement
from holdfast.sources.crontab import read_cron
from holdfast.sources.k8up.records import GROUP, NAME, Check, Selection, any_snapshot
from holdfast.sources.k8up.shapes import (
    Backend,
    BackupSchedule,
    Condition,
    JobObject,
    RestoreMethod,
    RestoreObject,
    RestoreSpec,
    ScheduleObject,
    ScheduleSpec,
    ScheduleStatus,
    SnapshotObject,
    SnapshotSpec,
)
from holdfast.sources.runs.records import Outcome, Plan, Restore, Run, Saved, claim_named, whole_namespace
from holdfast.sources.selection import read_selector
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.values import parse_time
from holdfast.sources.words import strange_word

MOUNTS = "/data/"  # the operator mounts each claim below it, by the claim's name; it can be configured
_SHORT_ID = 8  # characters of a snapshot's id that make its object's name
_PRE_BACKUP_FINE = ("Succeeded", "Waiting", "NoPreBackupPodsFound", "Ready")
_RANDOM = "-random"


class _End(NamedTuple):
    outcome: Outcome
    ended: float | None
    strange: str = ""


def read_schedule(schedule: ScheduleObject) -> tuple[Fact, ...]:
    """Only one that backs up is a plan of ours."""
    metadata, spec = schedule.metadata, schedule.spec or ScheduleSpec()
    status, backup = schedule.status or ScheduleStatus(), spec.backup
    if backup is None:
        return ()
    key = ScheduleKey(NAME, metadata.namespace, shared(metadata.name))
    cron = read_cron(_effective(backup.schedule or "", status))
    ready = _by_type(status.conditions).get("Ready")
    refused = ready is not None and ready.status == "False"
    return (
        Plan(
            source=NAME,
            of=(whole_namespace(metadata.namespace),),
            schedule=key,
            uid=metadata.uid,
            created=metadata.created,
            cron=cron.text,
            timezone=cron.timezone,
            valid=cron.valid and not refused,
            placement=_placed(backup, spec.backend),
            consistency="crash",
            target=key.name if spec.check else "",
        ),
        Selection(
            schedule=key,
            selectors=tuple(read_selector(each) for each in given(backup.label_selectors)),
            checked=spec.check is not None,
        ),
    )


def _effective(written: str, status: ScheduleStatus) -> str:
    """``@daily-random`` and its like are drawn by the operator; until it has, their plain form is as frequent."""
    if not (written.startswith("@") and written.endswith(_RANDOM)):
        return written
    drawn = [
        each.generated_schedule for each in given(status.effective_schedules) if each.job_type == "backup"
    ]
    return next((text for text in drawn if text), written.removesuffix(_RANDOM))


def _placed(backup: BackupSchedule, general: Backend | None) -> Placement:
    backend = backup.backend or general
    return "local" if backend and backend.local else "offsite"


def read_backup(backup: JobObject) -> tuple[Fact, ...]:
    """It bears on the whole namespace, and proves no copy: that is for the snapshots."""
    metadata, end = backup.metadata, _end(backup.status.conditions if backup.status else None)
    if metadata.deleting_since is not None:
        return ()
    return (
        Run(
            source=NAME,
            of=(whole_namespace(metadata.namespace),),
            ref=ObjectRef(f"Backup.{GROUP}", metadata.namespace, metadata.name),
            uid=metadata.uid,
            outcome=end.outcome,
            created=metadata.created,
            ended=end.ended,
            placement="offsite",
            consistency="crash",
            schedule=_made_by(metadata),
            strange=end.strange,
        ),
    )


def read_check(check: JobObject) -> tuple[Fact, ...]:
    """One that belongs to no schedule names no place that we know."""
    metadata, end = check.metadata, _end(check.status.conditions if check.status else None)
    schedule = _made_by(metadata)
    if schedule is None or end.ended is None or end.outcome not in ("success", "failure"):
        return ()
    return (
        Check(
            ref=ObjectRef(f"Check.{GROUP}", metadata.namespace, metadata.name),
            target=TargetKey(*schedule),
            sound=end.outcome == "success",
            ended=end.ended,
        ),
    )


def read_snapshot(snapshot: SnapshotObject) -> tuple[Fact, ...]:
    """A snapshot of a claim that stands in the repository. Dumps of commands have paths of their own, and are none."""
    metadata, spec = snapshot.metadata, snapshot.spec or SnapshotSpec()
    captured = parse_time(spec.date)
    claims = _claims(metadata.namespace, given(spec.paths))
    if metadata.deleting_since is not None or captured is None or not claims:
        return ()
    return (
        Run(
            source=NAME,
            of=(*claims, any_snapshot(metadata.namespace, captured)),
            ref=ObjectRef(f"Snapshot.{GROUP}", metadata.namespace, metadata.name),
            uid=metadata.uid,
            outcome="success",
            created=metadata.created,
            started=captured,
            captured=captured,
            placement="local" if _is_path(spec.repository) else "offsite",
            consistency="crash",
        ),
    )


def read_restore(restore: RestoreObject) -> tuple[Fact, ...]:
    """Not one of a part of a snapshot, nor one to an object store: no volume was filled from the whole.

    Without a snapshot's id the newest one of the paths is restored; without paths it cannot be told whose it was.
    """
    metadata, spec = restore.metadata, restore.spec or RestoreSpec()
    if spec.restore_filter or (spec.restore_method or RestoreMethod()).s3 is not None:
        return ()
    claims = _claims(metadata.namespace, given(spec.paths))
    short = (spec.snapshot or "")[:_SHORT_ID]
    if not short and not claims:
        return ()
    end = _end(restore.status.conditions if restore.status else None)
    return (
        Restore(
            source=NAME,
            of=claims,
            ref=ObjectRef(f"Restore.{GROUP}", metadata.namespace, metadata.name),
            outcome=end.outcome,
            started=metadata.created,
            ended=end.ended,
            run=ObjectRef(f"Snapshot.{GROUP}", metadata.namespace, shared(short)) if short else None,
            strange=end.strange,
        ),
    )


def _claims(namespace: str, paths: Iterable[str]) -> tuple[Saved, ...]:
    names = (path.removeprefix(MOUNTS).rstrip("/") for path in paths if path.startswith(MOUNTS))
    return tuple(
        claim_named(namespace, shared(name)) for name in sorted(set(names)) if name and "/" not in name
    )


def _is_path(repository: msgspec.Raw) -> bool:
    """A folder in the backup's own pod, which is some volume of the cluster."""
    return bytes(repository).startswith(b'"/')


def _made_by(metadata: Metadata) -> ScheduleKey | None:
    """Older releases do not mark the owner as the controlling one."""
    for owner in given(metadata.owner_references):
        if owner.kind == "Schedule" and (owner.api_version or "").startswith(f"{GROUP}/") and owner.name:
            return ScheduleKey(NAME, metadata.namespace, shared(owner.name))
    name = metadata.label("k8up.io/schedule-name")
    return ScheduleKey(NAME, metadata.namespace, shared(name)) if name else None


def _by_type(conditions: Sequence[Condition | None] | None) -> dict[str, Condition]:
    return {condition.type or "": condition for condition in given(conditions)}


def _end(conditions: Sequence[Condition | None] | None) -> _End:
    """``Completed`` is true in success and failure alike; its reason tells which."""
    met = _by_type(conditions)
    done, ready, going = met.get("Completed"), met.get("PreBackupPodReady"), met.get("Progressing")
    if ready is not None and ready.status == "False" and ready.reason not in _PRE_BACKUP_FINE:
        return _End("failure", parse_time(ready.last_transition_time))
    if done is not None and done.status == "True":
        ended = parse_time(done.last_transition_time)
        if done.reason in ("Succeeded", "Failed"):
            return _End("success" if done.reason == "Succeeded" else "failure", ended)
        return _End("unknown", ended, strange_word(done.reason, ()))
    if going is not None and going.status == "True":
        return _End("running", None)
    return _End("unknown", None)
