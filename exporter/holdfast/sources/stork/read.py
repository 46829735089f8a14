"""From Stork's objects to records. Times are null until they are set."""

from collections.abc import Iterable

from holdfast.model.facts import Fact
from holdfast.model.identity import ClaimRef, ObjectRef, ReplicationKey, ScheduleKey
from holdfast.model.protection import Placement
from holdfast.model.replication import Health, Replication
from holdfast.sources.runs.records import Outcome, Restore, Run, claim_named
from holdfast.sources.selection import Requirement, Selector
from holdfast.sources.shapes import given, shared, text
from holdfast.sources.stork.policies import KINDS, read_rhythms
from holdfast.sources.stork.records import (
    GROUP,
    NAME,
    Migrating,
    Past,
    Policy,
    Scheduled,
    Volume,
    Volumes,
    replication_of,
    schedule_of,
)
from holdfast.sources.stork.shapes import (
    BackupObject,
    BackupStatus,
    BackupVolume,
    MadeBy,
    MigrationObject,
    MigrationSpec,
    MigrationStatus,
    PolicyItem,
    PolicyObject,
    RestoreObject,
    RestoreSpec,
    RestoreStatus,
    ScheduleObject,
    ScheduleSpec,
    ScheduleStatus,
    Template,
    TemplateSpec,
)
from holdfast.sources.values import parse_time
from holdfast.sources.words import outcome_of

_OUTCOMES: dict[str, Outcome] = {
    "": "running",  # the initial state
    "Pending": "running",
    "InProgress": "running",
    "Successful": "success",
    "PartialSuccess": "partial",
    "Failed": "failure",
    "Retained": "unknown",  # what was there already was left as it was
    "Purged": "unknown",  # its objects were deleted
}
HEALTH: dict[Outcome, tuple[Health, str]] = {
    "success": ("healthy", ""),
    "partial": ("degraded", "the last migration succeeded in part"),
    "failure": ("broken", "the last migration failed"),
    "running": ("unknown", ""),
    "unknown": ("unknown", ""),
}
_LARGEST = 2**63 - 1  # bytes; what is beyond is no size
_TO_OBJECT_STORE = ("pxd", "kdmp")  # the other drivers make snapshots where the volume lies


def read_backup(backup: BackupObject) -> tuple[Fact, ...]:
    """A volume that failed inside a run that succeeded in part is missed by it."""
    metadata, status = backup.metadata, backup.status or BackupStatus()
    if metadata.deleting_since is not None:
        return ()
    ref = ObjectRef(f"ApplicationBackup.{GROUP}", metadata.namespace, metadata.name)
    outcome, strange = outcome_of(status.status, _OUTCOMES)
    whole = [each for each in given(status.volumes) if each.status == "Successful"]
    lost = [each for each in given(status.volumes) if each.status != "Successful"]
    started = parse_time(status.trigger_timestamp)
    run = Run(
        source=NAME,
        ref=ref,
        uid=metadata.uid,
        outcome=outcome,
        created=metadata.created,
        started=started,
        ended=parse_time(status.finish_timestamp),
        captured=metadata.created if started is None else started,
        placement="local",
        consistency="crash",
        of=tuple(
            claim_named(*claim) for claim in _claims(whole if outcome != "failure" else [*whole, *lost])
        ),
        missed=tuple(claim_named(*claim) for claim in _claims(lost))
        if outcome in ("success", "partial")
        else (),
        schedule=_schedule(metadata.namespace, metadata.annotations or MadeBy()),
        strange=strange,
    )
    return (run, Volumes(ref=ref, volumes=tuple(_volume(each) for each in whole)))


def _claims(volumes: Iterable[BackupVolume]) -> list[ClaimRef]:
    named = (ClaimRef(shared(each.namespace), shared(each.persistent_volume_claim)) for each in volumes)
    return sorted({claim for claim in named if claim.namespace and claim.name})


def _volume(volume: BackupVolume) -> Volume:
    placement: Placement = "offsite" if volume.driver_name in _TO_OBJECT_STORE else "local"
    claim = ClaimRef(shared(volume.namespace), shared(volume.persistent_volume_claim))
    told = volume.total_size or 0  # also where the driver tells none
    size = told if 0 < told <= _LARGEST else None
    return Volume(claim, shared(volume.claim_uid), size, placement)


def _schedule(namespace: str, made_by: MadeBy) -> ScheduleKey | None:
    name, kind = text(made_by.schedule), text(made_by.policy_type)
    return schedule_of(namespace, name, kind) if name and kind in KINDS else None


def read_backup_schedule(schedule: ScheduleObject) -> tuple[Fact, ...]:
    metadata, spec = schedule.metadata, schedule.spec or ScheduleSpec()
    template = (spec.template or Template()).spec or TemplateSpec()
    pairs = sorted((template.selectors or {}).items())
    return (
        Scheduled(
            namespace=metadata.namespace,
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            policy=shared(spec.schedule_policy_name),
            suspended=bool(spec.suspend),
            namespaces=tuple(sorted({shared(each) for each in given(template.namespaces) if each})),
            selector=Selector(tuple(Requirement(key, "In", (shared(value),)) for key, value in pairs)),
            history=_history(schedule.status)[0],
        ),
    )


def _history(status: ScheduleStatus | None) -> tuple[tuple[Past, ...], str]:
    """The runs in order of their making, and a state word that is not known to us."""
    found: list[Past] = []
    unknown = ""
    for kind, runs in sorted(((status or ScheduleStatus()).items or {}).items()):
        for run in given(runs):
            created = parse_time(run.creation_timestamp)
            outcome, strange = outcome_of(run.status, _OUTCOMES)
            unknown = unknown or strange
            if created is not None:
                found.append(Past(shared(kind), created, parse_time(run.finish_timestamp), outcome))
    return tuple(sorted(found, key=lambda past: (past.created, past.kind))), unknown


def read_policy(policy: PolicyObject) -> tuple[Fact, ...]:
    metadata = policy.metadata
    rhythms = read_rhythms(policy.policy or PolicyItem())
    return (Policy(namespace=metadata.namespace, name=shared(metadata.name), rhythms=rhythms),)


def read_restore(restore: RestoreObject) -> tuple[Fact, ...]:
    """Only what brought volumes back is a drill; volumes that were retained were not restored.

    Of one that succeeded in part the volumes that failed tell; where none did, the volumes are whole. One that failed
    before it came to any volume is of all that its backup holds.
    """
    metadata, spec = restore.metadata, restore.spec or RestoreSpec()
    status = restore.status or RestoreStatus()
    outcome, strange = outcome_of(status.status, _OUTCOMES)
    failed = any(each.status == "Failed" for each in given(status.volumes))
    if outcome == "partial":
        outcome = "failure" if failed else "success"
    wanted = "Failed" if failed else "Successful"
    claims = sorted(
        {
            ClaimRef(shared(each.source_namespace), shared(each.persistent_volume_claim))
            for each in given(status.volumes)
            if each.source_namespace and each.persistent_volume_claim and each.status == wanted
        }
    )
    backup = ObjectRef(f"ApplicationBackup.{GROUP}", metadata.namespace, shared(spec.backup_name))
    if not claims and not (outcome == "failure" and backup.name and _came_to_none(spec, status)):
        return ()
    return (
        Restore(
            source=NAME,
            of=tuple(claim_named(*claim) for claim in claims),
            ref=ObjectRef(f"ApplicationRestore.{GROUP}", metadata.namespace, metadata.name),
            outcome=outcome,
            started=metadata.created,
            ended=parse_time(status.finish_timestamp),
            run=backup if backup.name else None,
            strange=strange,
        ),
    )


def _came_to_none(spec: RestoreSpec, status: RestoreStatus) -> bool:
    """One of chosen resources may not have been of volumes."""
    return not any(True for _ in given(status.volumes)) and not spec.include_resources


def read_migration_schedule(schedule: ScheduleObject) -> tuple[Fact, ...]:
    metadata, spec = schedule.metadata, schedule.spec or ScheduleSpec()
    template = (spec.template or Template()).spec or TemplateSpec()
    if template.include_volumes is False:
        return ()
    history, strange = _history(schedule.status)
    return (
        Migrating(
            namespace=metadata.namespace,
            name=shared(metadata.name),
            created=metadata.created,
            policy=shared(spec.schedule_policy_name),
            suspended=bool(spec.suspend),
            history=history,
            strange=strange,
        ),
    )


def read_migration(migration: MigrationObject) -> tuple[Fact, ...]:
    """One that a person made: it happens once, and so is never late. Those of a schedule are told by it."""
    metadata, status = migration.metadata, migration.status or MigrationStatus()
    scheduled = any(owner.kind == "MigrationSchedule" for owner in given(metadata.owner_references))
    if scheduled or metadata.deleting_since is not None:
        return ()
    if (migration.spec or MigrationSpec()).include_volumes is False:
        return ()
    outcome, strange = outcome_of(status.status, _OUTCOMES)
    ended, done = parse_time(status.finish_timestamp), outcome == "success"
    key: ReplicationKey = replication_of(metadata.namespace, metadata.name)
    return (
        Replication(
            id=key._replace(name=f"Migration/{key.name}"),
            health=HEALTH[outcome][0],
            evidence=ObjectRef(f"Migration.{GROUP}", metadata.namespace, metadata.name),
            why=HEALTH[outcome][1],
            point=metadata.created if done else None,
            last_sync=ended if done else None,
            last_sync_duration=max(ended - metadata.created, 0.0) if done and ended is not None else None,
            judged=False,
            strange=strange,
        ),
    )
