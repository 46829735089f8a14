"""From a Cluster to its database, its archives, the restore that filled it, and its replicas."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ReplicationKey
from holdfast.model.replication import Health, Replication
from holdfast.sources.cnpg.records import (
    BARMAN_PLUGIN,
    CLUSTER,
    NAME,
    Archive,
    Cluster,
    Recovery,
    claims_of,
    place_of,
)
from holdfast.sources.cnpg.shapes import (
    Bootstrap,
    ClusterBackup,
    ClusterMetadata,
    ClusterObject,
    ClusterSpec,
    ClusterStatus,
    Condition,
    ExternalCluster,
    FromBackup,
    Name,
    ObjectStorePlace,
    Parameters,
    Plugin,
    Snapshots,
    Target,
)
from holdfast.sources.runs.records import Database
from holdfast.sources.shapes import given, shared, text
from holdfast.sources.values import parse_time

_HEALTHY: Final = "Cluster in healthy state"
_UP: Final = ("Initialized", "Ready", "ConsistentSystemID", "ContinuousArchiving")
"""Conditions that hold only once the first instance has come up, which ends a recovery."""


def read_cluster(cluster: ClusterObject) -> Sequence[Fact]:
    metadata, spec = cluster.metadata, cluster.spec or ClusterSpec()
    status = cluster.status or ClusterStatus()
    ref = ObjectRef(CLUSTER, metadata.namespace, shared(metadata.name))
    recovery = _recovery(ref, metadata.created, spec, status)
    carries_on = recovery is not None and recovery.archive is not None
    carries_on = carries_on and _server(recovery) == metadata.name
    log, log_broke = _log(spec, status)
    archiver = next((plugin for plugin in _barman_plugins(spec) if plugin.is_wal_archiver), None)
    return (
        Database(
            source=NAME,
            ref=ref,
            of=(claims_of(*ref[1:]),),
            created=metadata.created,
            carries_on=carries_on,
        ),
        Cluster(
            ref=ref,
            created=metadata.created,
            uid=metadata.uid,
            archives=tuple(_archives(spec, metadata.name)),
            remembered=_remembered(status),
            log=log,
            log_broke=log_broke,
            archiver=_of_plugin(archiver, metadata.name) if archiver else None,
            from_backup=recovery.backup if recovery else "",
            carries_on=carries_on,
        ),
        *((recovery,) if recovery else ()),
        *_replications(ref, metadata, spec, status),
    )


def _server(recovery: Recovery | None) -> str:
    return recovery.archive.server if recovery and recovery.archive else ""


def _barman_plugins(spec: ClusterSpec) -> Iterator[Plugin]:
    return (
        plugin
        for plugin in given(spec.plugins)
        if plugin.name == BARMAN_PLUGIN and plugin.enabled is not False
    )


def _archives(spec: ClusterSpec, name: str) -> Iterator[Archive]:
    """Where its own backups go."""
    in_core = (spec.backup or ClusterBackup()).barman_object_store
    if in_core is not None:
        yield _in_core(in_core, name)
    for plugin in _barman_plugins(spec):
        if archive := _of_plugin(plugin, name):
            yield archive


def _in_core(place: ObjectStorePlace, server: str) -> Archive:
    named = shared(place.server_name) or server
    return Archive(store="", place=place_of(place.endpoint_url, place.destination_path), server=named)


def _of_plugin(plugin: Plugin, server: str) -> Archive | None:
    parameters = plugin.parameters or Parameters()
    if not parameters.barman_object_name:
        return None
    named = shared(parameters.server_name) or server
    return Archive(store=shared(parameters.barman_object_name), place="", server=named)


def _remembered(status: ClusterStatus) -> float | None:
    """Before 1.22 there was one success for all methods. Of snapshots it says nothing: they may be gone since."""
    told = status.last_successful_backup_by_method
    return parse_time(told.get("barmanObjectStore") if told else status.last_successful_backup)


def _log(spec: ClusterSpec, status: ClusterStatus) -> tuple[Literal["", "running", "broken"], float | None]:
    """The condition is true as well where logs go nowhere, so that an archive must be asked for."""
    asked = (spec.backup or ClusterBackup()).barman_object_store is not None or any(
        plugin.is_wal_archiver and plugin.enabled is not False for plugin in given(spec.plugins)
    )
    conditions = _conditions(status)
    archiving, ready = conditions.get("ContinuousArchiving"), conditions.get("Ready")
    if not asked or archiving is None or archiving.status not in ("True", "False"):
        return "", None
    if archiving.status == "False":
        return "broken", parse_time(archiving.last_transition_time)
    if status.ready_instances:
        return "running", None
    if ready is not None and ready.status == "False":
        return "broken", parse_time(ready.last_transition_time)
    return "", None


def _conditions(status: ClusterStatus) -> Mapping[str | None, Condition]:
    return {condition.type: condition for condition in given(status.conditions)}


def _recovery(ref: ObjectRef, created: float, spec: ClusterSpec, status: ClusterStatus) -> Recovery | None:
    origin = (spec.bootstrap or Bootstrap()).recovery
    if origin is None:
        return None
    backup = shared((origin.backup or Name()).name)
    snapshot = shared(((origin.volume_snapshots or Snapshots()).storage or Name()).name)
    conditions = _conditions(status)
    up = [each for each in (conditions.get(kind) for kind in _UP) if each and each.status == "True"]
    success = status.phase == _HEALTHY or any(each.type in ("Initialized", "Ready") for each in up)
    return Recovery(
        ref=ref,
        success=success,
        started=created or None,
        ended=_came_up(created, up, status) if success else None,
        point=_target_time((origin.recovery_target or Target()).target_time),
        backup=backup,
        snapshot="" if backup else snapshot,
        archive=None if backup or snapshot else _origin_archive(origin, spec, ref.name),
    )


def _came_up(created: float, up: Sequence[Condition], status: ClusterStatus) -> float | None:
    """Each of these may have moved on since, and none came before: the earliest is nearest to the end."""
    told = [parse_time(condition.last_transition_time) for condition in up]
    told.append(parse_time(status.current_primary_timestamp))
    return min((time for time in told if time is not None and time >= created), default=None)


def _target_time(written: str | None) -> float | None:
    """As RFC 3339, or as PostgreSQL writes it; without a zone it is UTC."""
    if not written:
        return None
    return parse_time(written) or parse_time(written.strip().replace(" ", "T") + "Z")


def _origin_archive(origin: FromBackup, spec: ClusterSpec, name: str) -> Archive | None:
    """The server's name is by default that of the external cluster; the plugin takes the new cluster's own."""
    found = next((each for each in given(spec.external_clusters) if each.name == origin.source), None)
    external = found or ExternalCluster()
    if external.barman_object_store is not None and external.name:
        return _in_core(external.barman_object_store, external.name)
    if external.plugin is not None and external.plugin.name == BARMAN_PLUGIN:
        return _of_plugin(external.plugin, name)
    return None


def _replications(
    ref: ObjectRef, metadata: ClusterMetadata, spec: ClusterSpec, status: ClusterStatus
) -> Iterator[Replication]:
    """No object tells a lag; who wants to know it asks the database."""
    hibernated = metadata.annotations is not None and text(metadata.annotations.hibernation) == "on"
    instances, ready = spec.instances or 0, status.ready_instances
    if instances > 1:
        health, why = _PAUSED if hibernated else _health_of(instances, ready)
        yield _replication(ref, ref.name, health, why)
    replica = spec.replica
    if (
        replica is not None
        and replica.source
        and _follows(replica.enabled, replica.primary, replica.itself or ref.name)
    ):
        health, why = _PAUSED if hibernated else _BROKEN if ready == 0 else _UNTOLD
        yield _replication(ref, f"{ref.name}/{replica.source}", health, why)


_PAUSED: Final[tuple[Health, str]] = ("paused", "the cluster is hibernated")
_BROKEN: Final[tuple[Health, str]] = ("broken", "no instance is ready")
_UNTOLD: Final[tuple[Health, str]] = ("unknown", "no object tells whether it follows its source")


def _follows(enabled: bool | None, primary: str | None, itself: str) -> bool:
    """A member of a distributed topology follows unless it is the primary itself."""
    if enabled is not None:
        return enabled
    return bool(primary) and primary != itself


def _health_of(instances: int, ready: int | None) -> tuple[Health, str]:
    if ready is None:
        return "unknown", "instances are not told"
    if ready <= 0:
        return _BROKEN
    return ("degraded", "not all instances are ready") if ready < instances else ("healthy", "")


def _replication(ref: ObjectRef, name: str, health: Health, why: str) -> Replication:
    return Replication(
        id=ReplicationKey(NAME, ref.namespace, shared(name), ""),
        health=health,
        why=why,
        evidence=ref,
        judged=False,
    )
