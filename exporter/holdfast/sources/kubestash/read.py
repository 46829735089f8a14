"""From KubeStash's objects to records.

https://github.com/kubestash/apimachinery/tree/v0.29.0/apis
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.protection import Consistency, Placement
from holdfast.sources.appscode import EVERY_POD, Mounted, is_database, saved_by
from holdfast.sources.crontab import read_cron
from holdfast.sources.kubestash.records import (
    CORE,
    NAME,
    STORAGE,
    Repository,
    Shot,
    Storage,
    in_repository,
)
from holdfast.sources.kubestash.shapes import (
    Addon,
    AppReference,
    Component,
    ConfigurationObject,
    ConfigurationSpec,
    DataSource,
    Params,
    Phase,
    Provider,
    Reference,
    RepositoryObject,
    RepositorySpec,
    ResticSummary,
    RestoreObject,
    RestoreSpec,
    Scheduler,
    Session,
    SessionObject,
    SessionSpec,
    SnapshotObject,
    SnapshotSpec,
    SnapshotStatus,
    StorageObject,
    StorageSpec,
    TargetVolumes,
    TimedPhase,
    VerificationObject,
    VerificationSpec,
)
from holdfast.sources.runs.records import Outcome, Place, Plan, Restore, Run, Saved
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.values import parse_go_duration, parse_size, parse_time
from holdfast.sources.words import outcome_of

_OUTCOMES: dict[str, Outcome] = {
    "Pending": "running",
    "Running": "running",
    "Succeeded": "success",
    "Failed": "failure",
    "Skipped": "unknown",
    "Invalid": "failure",
    "Unknown": "unknown",
    "": "unknown",
}
_READY = {"Ready": True, "NotReady": False}
_SNAPSHOT_TASK, _MANIFEST_TASK = "volume-snapshot", "manifest-backup"
_MANIFEST = "manifest"  # a component that holds definitions and no data; so begin the tasks that are of such
_SNAPSHOTTER = "VolumeSnapshotter"
_ORDINAL: Final = re.compile(r".*-([0-9]{1,6})", re.DOTALL)
_STARTED_AT: Final = re.compile(r"-[0-9]+$")


def _saved(app: AppReference | None, namespace: str, pods: Sequence[str] = (EVERY_POD,)) -> tuple[Saved, ...]:
    app = app or AppReference()
    where = shared(app.namespace) or namespace
    return saved_by(app.api_group or "", app.kind or "", where, shared(app.name), pods)


def _consistency(app: AppReference | None, *, snapshots: bool) -> Consistency:
    """A database's own tool saves it as a whole; a snapshot of its volume does not ask it."""
    database = app is not None and is_database(app.api_group or "", app.kind or "")
    return "application" if database and not snapshots else "crash"


# -- plans


def read_configuration(configuration: ConfigurationObject) -> tuple[Fact, ...]:
    """Each session is a plan of its own. One that saves definitions alone is none."""
    metadata, spec = configuration.metadata, configuration.spec or ConfigurationSpec()
    valid = (configuration.status or Phase()).phase != "Invalid"
    records: list[Fact] = []
    for session in given(spec.sessions):
        tasks = {task.name or "" for task in given((session.addon or Addon()).tasks)} - {_MANIFEST_TASK}
        if session.name and (tasks or session.addon is None):
            plan = _plan(metadata, spec, session, snapshots=tasks == {_SNAPSHOT_TASK}, valid=valid)
            records.extend((plan, *_mounted(plan, spec.target, session)))
    return tuple(records)


def _plan(
    metadata: Metadata, spec: ConfigurationSpec, session: Session, *, snapshots: bool, valid: bool
) -> Plan:
    scheduler = session.scheduler or Scheduler()
    cron = read_cron(scheduler.schedule or "")
    return Plan(
        source=NAME,
        of=_saved(spec.target, metadata.namespace),
        schedule=_schedule(metadata.namespace, metadata.name, session.name or ""),
        uid=metadata.uid,
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        valid=cron.valid and valid,
        paused=bool(spec.paused) or bool(scheduler.suspend),
        placement="local" if snapshots else "offsite",
        consistency=_consistency(spec.target, snapshots=snapshots),
        target=_storage_name(spec, session),
    )


def _schedule(namespace: str, configuration: str, session: str) -> ScheduleKey:
    return ScheduleKey(NAME, namespace, shared(f"{configuration}/{session}"))


def _storage_name(spec: ConfigurationSpec, session: Session) -> str:
    """Of several repositories the first tells."""
    backend = next((each.backend for each in given(session.repositories)), None)
    found = [each.storage_ref for each in given(spec.backends) if each.name == backend and each.storage_ref]
    return shared(found[0].name) if found else ""


def _mounted(plan: Plan, target: AppReference | None, session: Session) -> tuple[Mounted, ...]:
    if target is None or not target.kind or not target.name:
        return ()
    tasks = given((session.addon or Addon()).tasks)
    mounts = (
        mount.name
        for task in tasks
        for mount in given((task.target_volumes or TargetVolumes()).volume_mounts)
    )
    return (
        Mounted(
            schedule=plan.schedule,
            namespace=shared(target.namespace) or plan.schedule.namespace,
            kind=shared(target.kind),
            name=shared(target.name),
            volumes=tuple(sorted({shared(name) for name in mounts if name})),
        ),
    )


# -- runs


def read_session(session: SessionObject) -> tuple[Fact, ...]:
    """How a run went as a whole. What it saved is told by its snapshots."""
    metadata, spec = session.metadata, session.spec or SessionSpec()
    status, invoker = session.status or TimedPhase(), spec.invoker or AppReference()
    if metadata.deleting_since is not None or not invoker.name or not spec.session:
        return ()
    outcome, strange = outcome_of(status.phase, _OUTCOMES)
    return (
        Run(
            source=NAME,
            ref=ObjectRef(f"BackupSession.{CORE}", metadata.namespace, metadata.name),
            uid=metadata.uid,
            outcome=outcome,
            created=metadata.created,
            ended=_ended(metadata.created, status.duration),
            placement="offsite",
            consistency="crash",
            schedule=_schedule(metadata.namespace, invoker.name, spec.session),
            strange=strange,
        ),
    )


def _ended(started: float, duration: str | None) -> float | None:
    seconds = parse_go_duration(duration)
    return None if seconds is None else started + max(seconds, 0.0)


def read_snapshot(snapshot: SnapshotObject) -> tuple[Fact, ...]:
    metadata, spec = snapshot.metadata, snapshot.spec or SnapshotSpec()
    status = snapshot.status or SnapshotStatus()
    known = {name: part for name, part in (status.components or {}).items() if part is not None}
    parts = {name: part for name, part in known.items() if name != _MANIFEST}
    if metadata.deleting_since is not None or (known and not parts):
        return ()
    outcome, strange = outcome_of(status.phase, _OUTCOMES)
    snapshots = bool(parts) and all(part.driver == _SNAPSHOTTER for part in parts.values())
    placement: Placement = "local" if snapshots else "offsite"
    ref = ObjectRef(f"Snapshot.{STORAGE}", metadata.namespace, metadata.name)
    run = Run(
        source=NAME,
        of=_saved(spec.app_ref, metadata.namespace, _pods(spec.app_ref, parts)),
        ref=ref,
        uid=metadata.uid,
        outcome=outcome,
        created=metadata.created,
        captured=_captured(status, parts),
        size=_size(parts) if spec.app_ref and spec.app_ref.kind == "PersistentVolumeClaim" else None,
        placement=placement,
        consistency=_consistency(spec.app_ref, snapshots=snapshots),
        ready=status.integrity is not False,
        strange=strange,
    )
    return (
        run,
        Shot(ref=ref, schedule=_shot_by(metadata.namespace, spec), repository=shared(spec.repository)),
    )


def _pods(app: AppReference | None, parts: Mapping[str, Component]) -> Sequence[str]:
    """A StatefulSet's components end in the ordinals of the pods; where they do not, all pods are meant."""
    found = [_ORDINAL.fullmatch(name) for name in parts]
    if app is None or app.kind != "StatefulSet" or not found or None in found:
        return (EVERY_POD,)
    return [str(int(match.group(1))) for match in found if match]


def _captured(status: SnapshotStatus, parts: Mapping[str, Component]) -> float | None:
    """The earliest of what it tells: data is read from the start of the first component on."""
    starts = [parse_time(summary.start_time) for part in parts.values() for summary in _summaries(part)]
    times = [time for time in (parse_time(status.snapshot_time), *starts) if time is not None]
    return min(times, default=None)


def _size(parts: Mapping[str, Component]) -> int | None:
    sizes = [parse_size(summary.size) for part in parts.values() for summary in _summaries(part)]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


def _summaries(part: Component) -> list[ResticSummary]:
    return [stats.summary for stats in given(part.restic_stats) if stats.summary]


def _shot_by(namespace: str, spec: SnapshotSpec) -> ScheduleKey | None:
    """A run is named after configuration, session and time; a name that was cut does not tell."""
    named, session = _STARTED_AT.sub("", spec.backup_session or ""), spec.session or ""
    if not session or not named.endswith(f"-{session}"):
        return None
    return _schedule(namespace, named.removesuffix(f"-{session}"), session)


# -- repositories and storages


def read_repository(repository: RepositoryObject) -> tuple[Fact, ...]:
    metadata, spec = repository.metadata, repository.spec or RepositorySpec()
    storage = spec.storage_ref or Reference()
    where = shared(storage.namespace) or metadata.namespace
    return (
        Repository(
            namespace=metadata.namespace,
            name=shared(metadata.name),
            of=_saved(spec.app_ref, metadata.namespace),
            storage=TargetKey(NAME, where, shared(storage.name)) if storage.name else None,
        ),
    )


def read_storage(storage: StorageObject) -> tuple[Fact, ...]:
    metadata, provider = storage.metadata, (storage.spec or StorageSpec()).storage or Provider()
    target = TargetKey(NAME, metadata.namespace, shared(metadata.name))
    available = _READY.get((storage.status or Phase()).phase or "")
    return (
        Place(target=target, available=available),
        Storage(target=target, local=provider.provider == "local"),
    )


# -- restores


def read_restore(restore: RestoreObject) -> tuple[Fact, ...]:
    """It is of whatever its repository holds; the newest snapshot's time is not told.

    Not one of chosen components or files, nor one of definitions alone.
    """
    metadata, spec = restore.metadata, restore.spec or RestoreSpec()
    source = spec.data_source or DataSource()
    if not source.repository or source.components or not _brings_all(spec.addon):
        return ()
    namespace = shared(source.namespace) or metadata.namespace
    point = parse_time(source.pitr.target_time) if source.pitr else None
    return _restored(
        "RestoreSession", metadata, restore.status, namespace, (source.repository, source.snapshot), point
    )


def _brings_all(addon: Addon | None) -> bool:
    """Without an addon nothing is chosen."""
    tasks = [task for task in given((addon or Addon()).tasks) if not (task.name or "").startswith(_MANIFEST)]
    chosen = (task.params or Params() for task in tasks)
    partial = any(params.include or params.exclude or params.paths for params in chosen)
    return addon is None or (bool(tasks) and not partial)


def read_verification(verification: VerificationObject) -> tuple[Fact, ...]:
    """A restore into a place of its own, made to see whether it can be done."""
    metadata, spec = verification.metadata, verification.spec or VerificationSpec()
    if not spec.repository:
        return ()
    named = (spec.repository, spec.snapshot)
    return _restored(
        "BackupVerificationSession", metadata, verification.status, metadata.namespace, named, None
    )


def _restored(  # noqa: PLR0913 - both kinds of restore, by what they share
    kind: str,
    metadata: Metadata,
    status: TimedPhase | None,
    namespace: str,
    named: tuple[str, str | None],
    point: float | None,
) -> tuple[Fact, ...]:
    status, (repository, snapshot) = status or TimedPhase(), named
    outcome, strange = outcome_of(status.phase, _OUTCOMES)
    exact = bool(snapshot) and snapshot != "latest"
    return (
        Restore(
            source=NAME,
            of=(in_repository(namespace, shared(repository)),),
            ref=ObjectRef(f"{kind}.{CORE}", metadata.namespace, metadata.name),
            outcome=outcome,
            started=metadata.created,
            ended=_ended(metadata.created, status.duration),
            point=point,
            run=ObjectRef(f"Snapshot.{STORAGE}", namespace, shared(snapshot)) if exact else None,
            strange=strange,
        ),
    )
