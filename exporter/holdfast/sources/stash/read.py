"""From Stash's objects to records.

https://github.com/stashed/apimachinery/tree/v0.42.1/apis/stash
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.protection import Consistency
from holdfast.sources.appscode import EVERY_POD, Mounted, is_database, saved_by
from holdfast.sources.crontab import read_cron
from holdfast.sources.runs.records import Outcome, Place, PlaceCheck, Plan, Restore, Run, Saved
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.stash.records import GROUP, NAME, Chosen, Extent, Stored, Writer, in_repository
from holdfast.sources.stash.shapes import (
    Backend,
    ConfigurationObject,
    ConfigurationSpec,
    Invoker,
    Phase,
    Reference,
    RepositoryObject,
    RepositorySpec,
    RepositoryStatus,
    RestoreObject,
    RestoreSpec,
    RestoreStatus,
    RestoreTarget,
    SessionObject,
    SessionSpec,
    SessionStatus,
    Target,
    TargetReference,
    TargetStatus,
    VolumeMount,
)
from holdfast.sources.values import parse_go_duration, parse_size, parse_time
from holdfast.sources.words import outcome_of

_OUTCOMES: dict[str, Outcome] = {
    "Pending": "running",
    "Running": "running",
    "Succeeded": "success",
    "Failed": "failure",
    "Invalid": "failure",
    "Skipped": "unknown",
    "Unknown": "unknown",
    "": "unknown",
}
_BATCH: Final = "BackupBatch"
_SNAPSHOTTER = "VolumeSnapshotter"
_MOUNTED_AT = "/stash-data"  # where a claim is mounted, and what is saved of it, where nobody tells
_ORDINAL: Final = re.compile(r".*-([0-9]{1,6})", re.DOTALL)


def _group(ref: TargetReference) -> str:
    return (ref.api_version or "").rpartition("/")[0]


def _saved(
    ref: TargetReference | None, namespace: str, pods: Iterable[str] = (EVERY_POD,)
) -> tuple[Saved, ...]:
    ref = ref or TargetReference()
    where = shared(ref.namespace) or namespace
    return saved_by(_group(ref), ref.kind or "", where, shared(ref.name), pods)


def _consistency(refs: Sequence[TargetReference], *, snapshots: bool) -> Consistency:
    databases = bool(refs) and all(is_database(_group(ref), ref.kind or "") for ref in refs)
    return "application" if databases and not snapshots else "crash"


def schedule_of(namespace: str, kind: str, name: str) -> ScheduleKey:
    """A batch may bear the name of a configuration beside it."""
    return ScheduleKey(NAME, namespace, shared(f"{_BATCH}/{name}" if kind == _BATCH else name))


# -- plans


def read_configuration(configuration: ConfigurationObject) -> tuple[Fact, ...]:
    spec = configuration.spec or ConfigurationSpec()
    return _plans(configuration, "BackupConfiguration", [spec.target] if spec.target else [])


def read_batch(batch: ConfigurationObject) -> tuple[Fact, ...]:
    members = given((batch.spec or ConfigurationSpec()).members)
    return _plans(batch, _BATCH, [member.target for member in members if member.target])


def _plans(
    configuration: ConfigurationObject,
    kind: Literal["BackupConfiguration", "BackupBatch"],
    targets: Sequence[Target],
) -> tuple[Fact, ...]:
    metadata, spec = configuration.metadata, configuration.spec or ConfigurationSpec()
    cron, snapshots = read_cron(spec.schedule or ""), spec.driver == _SNAPSHOTTER
    refs = [target.ref for target in targets if target.ref]
    key, repository = schedule_of(metadata.namespace, kind, metadata.name), spec.repository or Reference()
    where = shared(repository.namespace) or metadata.namespace
    place = TargetKey(NAME, where, shared(repository.name)) if repository.name and not snapshots else None
    of = (saved for ref in refs for saved in _saved(ref, metadata.namespace))
    plan = Plan(
        source=NAME,
        of=tuple(dict.fromkeys(of)),
        schedule=key,
        uid=metadata.uid,
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        valid=cron.valid and (configuration.status or Phase()).phase != "Invalid",
        paused=bool(spec.paused),
        placement="local" if snapshots else "offsite",
        consistency=_consistency(refs, snapshots=snapshots),
        target=place.name if place else "",
    )
    writer = Writer(schedule=key, repository=place, placement=plan.placement, single=len(refs) == 1)
    records: list[Fact] = [plan, writer]
    for target in targets:
        if target.ref:
            mounted = _mounted(metadata, key, target)
            records.extend((mounted, _extent(mounted, target, snapshots=snapshots)))
    return tuple(records)


def _mounted(metadata: Metadata, key: ScheduleKey, target: Target) -> Mounted:
    ref = target.ref or TargetReference()
    names = (mount.name for mount in given(target.volume_mounts))
    return Mounted(
        schedule=key,
        namespace=shared(ref.namespace) or metadata.namespace,
        kind=shared(ref.kind),
        name=shared(ref.name),
        volumes=tuple(sorted({shared(name) for name in names if name})),
    )


def _extent(mounted: Mounted, target: Target, *, snapshots: bool) -> Extent:
    """A claim that is saved by itself has one mount; a workload without mounts tells nothing of its volumes.

    ``inputsForBackupTarget`` in https://github.com/stashed/stash/tree/master/pkg/controller
    """
    places = tuple((shared(mount.name), _place(mount)) for mount in given(target.volume_mounts))
    paths = tuple(path for path in given(target.paths) if path)
    if mounted.kind == "PersistentVolumeClaim":
        places = (("", places[0][1] if places else _MOUNTED_AT),)
        paths = paths or (_MOUNTED_AT,)
    return Extent(
        schedule=mounted.schedule,
        namespace=mounted.namespace,
        kind=mounted.kind,
        name=mounted.name,
        places=places,
        paths=paths,
        excludes=any(given(target.exclude)),
        all=snapshots,
    )


def _place(mount: VolumeMount) -> str:
    """Empty where only a part of the volume is mounted."""
    return "" if mount.sub_path or mount.sub_path_expr else mount.mount_path or ""


# -- runs


def read_session(session: SessionObject) -> tuple[Fact, ...]:
    """A target that was saved counts, whatever failed beside or after it. No time but the creation is told."""
    metadata, status = session.metadata, session.status or SessionStatus()
    invoker = (session.spec or SessionSpec()).invoker or Invoker()
    if metadata.deleting_since is not None or not invoker.name:
        return ()
    outcome, strange = outcome_of(status.phase, _OUTCOMES)
    targets = [target for target in given(status.targets) if target.ref]
    good = [target for target in targets if target.phase == "Succeeded"]
    bad = [target for target in targets if target.phase != "Succeeded"]
    if outcome == "failure" and good:
        outcome = "partial"
    lost = tuple(saved for target in bad for saved in _saved(target.ref, metadata.namespace))
    whole = tuple(saved for target in good for saved in _hosts(target, metadata.namespace))
    seconds = parse_go_duration(status.session_duration)
    return (
        Run(
            source=NAME,
            of=tuple(dict.fromkeys((*whole, *lost) if outcome == "failure" else whole)),
            missed=lost if outcome in ("success", "partial") else (),
            ref=ObjectRef(f"BackupSession.{GROUP}", metadata.namespace, metadata.name),
            uid=metadata.uid,
            outcome=outcome,
            created=metadata.created,
            captured=metadata.created,
            ended=None if seconds is None else metadata.created + max(seconds, 0.0),
            size=_size(targets),
            placement="local",  # until its configuration says where to
            consistency=_consistency([target.ref for target in targets if target.ref], snapshots=False),
            schedule=schedule_of(metadata.namespace, invoker.kind or "", invoker.name),
            strange=strange,
        ),
    )


def _hosts(target: TargetStatus, namespace: str) -> tuple[Saved, ...]:
    """A StatefulSet's hosts are its pods, by their ordinals; any other target is one."""
    if target.ref is None or target.ref.kind != "StatefulSet":
        return _saved(target.ref, namespace)
    hosts = (stats.hostname or "" for stats in given(target.stats) if stats.phase == "Succeeded")
    found = (_ORDINAL.fullmatch(host) for host in hosts)
    return _saved(target.ref, namespace, [str(int(match.group(1))) for match in found if match])


def _size(targets: Sequence[TargetStatus]) -> int | None:
    """Only where one claim, and nothing else, was saved."""
    if len(targets) != 1 or targets[0].ref is None or targets[0].ref.kind != "PersistentVolumeClaim":
        return None
    snapshots = [each for stats in given(targets[0].stats) for each in given(stats.snapshots)]
    sizes = [parse_size(each.total_size) for each in snapshots]
    known = [size for size in sizes if size is not None]
    return sum(known) if known and len(known) == len(sizes) else None


# -- repositories and restores


def read_repository(repository: RepositoryObject) -> tuple[Fact, ...]:
    """Its integrity is what the check after the last backup found."""
    metadata, status = repository.metadata, repository.status or RepositoryStatus()
    backend = (repository.spec or RepositorySpec()).backend or Backend()
    target = TargetKey(NAME, metadata.namespace, shared(metadata.name))
    users = None if status.references is None else len(list(given(status.references)))
    last = parse_time(status.last_backup_time)
    records: list[Fact] = [
        Place(target=target, available=status.integrity),
        Stored(
            target=target,
            last_backup=last,
            users=users,
            local=backend.local is not None,
        ),
    ]
    if status.integrity is not None and last is not None:
        records.append(PlaceCheck(target=target, checked=last))
    return tuple(records)


def read_restore(restore: RestoreObject) -> tuple[Fact, ...]:
    """Not one of chosen files. It is of whatever its repository holds; which snapshot's time is not told.

    One of chosen paths is of no more than these.
    """
    metadata, spec = restore.metadata, restore.spec or RestoreSpec()
    status, repository = restore.status or RestoreStatus(), spec.repository or Reference()
    rules = [*given(spec.rules), *given((spec.target or RestoreTarget()).rules)]
    if not repository.name or any(rule.include or rule.exclude for rule in rules):
        return ()
    where = TargetKey(NAME, shared(repository.namespace) or metadata.namespace, shared(repository.name))
    outcome, strange = outcome_of(status.phase, _OUTCOMES)
    seconds = parse_go_duration(status.session_duration)
    found = Restore(
        source=NAME,
        of=(in_repository(where),),
        ref=ObjectRef(f"RestoreSession.{GROUP}", metadata.namespace, metadata.name),
        outcome=outcome,
        started=metadata.created,
        ended=None if seconds is None else metadata.created + max(seconds, 0.0),
        strange=strange,
    )
    paths = [tuple(path for path in given(rule.paths) if path) for rule in rules]
    chosen = tuple(each for each in paths if each)
    return (found, Chosen(ref=found.ref, repository=where, paths=chosen)) if chosen else (found,)
