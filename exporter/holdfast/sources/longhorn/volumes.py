"""From Longhorn's volumes and engines to records: whose data, under which jobs, how healthy, made from which backup."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from holdfast.model.facts import Fact
from holdfast.model.identity import ClaimRef, ObjectRef, ReplicationKey
from holdfast.model.replication import Health
from holdfast.sources.longhorn.records import (
    DEFAULT_TARGET,
    NAME,
    LonghornVolume,
    Membership,
    Mirror,
    Restored,
    kind,
    of_volume,
    standby_key,
)
from holdfast.sources.longhorn.shapes import (
    Condition,
    EngineObject,
    EngineSpec,
    EngineStatus,
    KubernetesStatus,
    VolumeObject,
    VolumeSpec,
    VolumeStatus,
)
from holdfast.sources.runs.records import Database, Outcome, Restore, Saved, labelled
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.values import parse_time
from holdfast.sources.words import strange_word

JOB: Final = "recurring-job.longhorn.io/"
JOB_GROUP: Final = "recurring-job-group.longhorn.io/"
ENABLED: Final = "enabled"
_LONGEST_URL: Final = 2000

_HEALTH: Final[dict[str, tuple[Health, str]]] = {
    "healthy": ("healthy", ""),
    "degraded": ("degraded", "fewer replicas than asked for are healthy"),
    "faulted": ("broken", "no replica is healthy"),
}
_UNTOLD: Final = ("", "unknown")  # as long as it is detached


def read_volume(volume: VolumeObject) -> tuple[Fact, ...]:
    metadata, spec = volume.metadata, volume.spec or VolumeSpec()
    status = volume.status or VolumeStatus()
    bound, jobs = status.kubernetes_status or KubernetesStatus(), _jobs(metadata)
    records: list[Fact] = [
        LonghornVolume(
            namespace=metadata.namespace,
            name=metadata.name,
            claim=_claim(bound),
            persistent_volume=bound.pv_name or metadata.name,
            jobs=jobs,
            last_backup=status.last_backup or "",
        ),
        Database(
            source=NAME,
            ref=ObjectRef(kind("Volume"), metadata.namespace, metadata.name),
            of=(of_volume(metadata.namespace, metadata.name),),
            created=metadata.created,
            carries_on=_origin(spec.from_backup)[1] == metadata.name,
        ),
    ]
    if jobs:
        records.append(Membership(volume=metadata.name, jobs=jobs))
    if spec.standby or status.is_standby:
        records.append(_standby(metadata, spec, status))
    else:
        records.extend(_mirror(metadata, spec, status))
        records.extend(_restore(metadata, spec, status))
    return tuple(records)


def _jobs(metadata: Metadata) -> tuple[Saved, ...]:
    return tuple(
        labelled(metadata.namespace, label, ENABLED)
        for label, value in sorted(metadata.labels.items())
        if value == ENABLED and label.startswith((JOB, JOB_GROUP))
    )


def _claim(bound: KubernetesStatus) -> ClaimRef | None:
    if not bound.namespace or not bound.pvc_name or bound.last_pvc_ref_at:
        return None
    return ClaimRef(shared(bound.namespace), shared(bound.pvc_name))


def _mirror(metadata: Metadata, spec: VolumeSpec, status: VolumeStatus) -> Iterator[Mirror]:
    """Nothing is told of a detached volume, and one replica mirrors nothing."""
    word = status.robustness or ""
    if word in _UNTOLD or (spec.number_of_replicas or 0) < 2:
        return
    claim = _claim(status.kubernetes_status or KubernetesStatus())
    where = (claim.namespace, claim.name) if claim else (metadata.namespace, "")
    health, why = _HEALTH.get(word, ("unknown", "its state is not known"))
    yield Mirror(
        id=ReplicationKey(NAME, where[0], metadata.name, where[1]),
        evidence=ObjectRef(kind("Volume"), metadata.namespace, metadata.name),
        health=health,
        why=why,
        strange=strange_word(word, _HEALTH),
    )


def _standby(metadata: Metadata, spec: VolumeSpec, status: VolumeStatus) -> Mirror:
    word = status.robustness or ""
    health, why = _HEALTH.get(
        word, ("unknown", "it is not attached" if word in _UNTOLD else "its state is not known")
    )
    condition = _restore_condition(status)
    if condition.reason == "RestoreFailure":
        health, why = "broken", "its last restore failed"
    _, source = _origin(spec.from_backup)
    return Mirror(
        id=standby_key(metadata.namespace, metadata.name),
        evidence=ObjectRef(kind("Volume"), metadata.namespace, metadata.name),
        health=health,
        why=why,
        source=source,
        target=spec.backup_target_name or DEFAULT_TARGET,
        strange=strange_word(word, (*_HEALTH, *_UNTOLD)),
    )


def _restore(metadata: Metadata, spec: VolumeSpec, status: VolumeStatus) -> Iterator[Restore]:
    """A volume made of a backup: done once nothing is required any more and the condition has gone back."""
    backup, source = _origin(spec.from_backup)
    if not backup or not source:
        return
    condition = _restore_condition(status)
    outcome: Outcome = "running"
    if condition.reason == "RestoreFailure":
        outcome = "failure"
    elif status.restore_initiated and status.restore_required is False and condition.status == "False":
        outcome = "success"
    yield Restore(
        source=NAME,
        ref=ObjectRef(kind("Volume"), metadata.namespace, metadata.name),
        of=(of_volume(metadata.namespace, source),),
        run=ObjectRef(kind("Backup"), metadata.namespace, backup),
        outcome=outcome,
        started=metadata.created,
        ended=parse_time(condition.last_transition_time),
    )


def _restore_condition(status: VolumeStatus) -> Condition:
    found = (condition for condition in given(status.conditions) if condition.type == "Restore")
    return next(found, Condition())


def _origin(url: str | None) -> tuple[str, str]:
    """The names of the backup and of its volume, which are the query of a backup's address; empty where there are none."""
    try:
        query = parse_qs(urlsplit((url or "")[:_LONGEST_URL]).query)
    except ValueError:
        return "", ""
    return query.get("backup", [""])[0], query.get("volume", [""])[0]


def read_engine(engine: EngineObject) -> tuple[Fact, ...]:
    """Only what it restored is of interest; the engine of any other volume leaves nothing."""
    metadata, spec = engine.metadata, engine.spec or EngineSpec()
    backup = (engine.status or EngineStatus()).last_restored_backup
    if not backup or not spec.volume_name:
        return ()
    return (
        Restored(namespace=metadata.namespace, engine=metadata.name, volume=spec.volume_name, backup=backup),
    )
