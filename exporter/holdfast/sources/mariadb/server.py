"""From a MariaDB to its database cluster, the restore that filled it, and its replicas."""

from collections.abc import Iterator, Sequence
from typing import Final

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectRef, ReplicationKey
from holdfast.model.replication import Health, Replication
from holdfast.sources.mariadb.records import BACKUP, NAME, PHYSICAL, RECOVERY, SERVER, saved_by
from holdfast.sources.mariadb.shapes import (
    BootstrapFrom,
    Replica,
    ReplicationStatus,
    ServerObject,
    ServerSpec,
    ServerStatus,
)
from holdfast.sources.runs.records import Database, Restore, Saved
from holdfast.sources.shapes import given, shared
from holdfast.sources.values import parse_time


def read_server(server: ServerObject) -> Sequence[Fact]:
    metadata = server.metadata
    database = Database(
        source=NAME,
        ref=ObjectRef(SERVER, metadata.namespace, shared(metadata.name)),
        of=(saved_by(SERVER, metadata.namespace, metadata.name),),
        created=metadata.created,
    )
    return (database, *_bootstrap(server), *_replicas(server))


def _bootstrap(server: ServerObject) -> Iterator[Restore]:
    """A MariaDB that was filled from a backup is a restore of it. That it failed is told by no condition."""
    metadata = server.metadata
    origin = (server.spec or ServerSpec()).bootstrap_from
    of = _origin(metadata.namespace, origin) if origin else None
    if origin is None or of is None:
        return
    restored = [
        condition
        for condition in given((server.status or ServerStatus()).conditions)
        if condition.type == "BackupRestored" and condition.status == "True"
    ]
    yield Restore(
        source=NAME,
        ref=ObjectRef(SERVER, metadata.namespace, shared(metadata.name)),
        of=(of,),
        outcome="success" if restored else "running",
        started=metadata.created or None,
        ended=parse_time(restored[0].last_transition_time) if restored else None,
        point=parse_time(origin.target_recovery_time),
    )


def _origin(namespace: str, origin: BootstrapFrom) -> Saved | None:
    """None where the backup is named by its place alone: whose it is is not told."""
    backup, recovery = origin.backup_ref, origin.point_in_time_recovery_ref
    if backup and backup.name:
        return saved_by(PHYSICAL if backup.kind == "PhysicalBackup" else BACKUP, namespace, backup.name)
    if recovery and recovery.name:
        return saved_by(RECOVERY, namespace, recovery.name)
    return None


def _replicas(server: ServerObject) -> Iterator[Replication]:
    """One a replica. The object does not say when it was measured: it stands until the operator looks again."""
    metadata, status = server.metadata, server.status or ServerStatus()
    suspended = bool((server.spec or ServerSpec()).suspend)
    replicas = (status.replication or ReplicationStatus()).replicas or {}
    for pod, replica in sorted(replicas.items()):
        if replica is None or not pod:
            continue
        health, why = _SUSPENDED if suspended else _health(replica)
        yield Replication(
            id=ReplicationKey(NAME, metadata.namespace, shared(pod), ""),
            health=health,
            why=why,
            evidence=ObjectRef(SERVER, metadata.namespace, shared(metadata.name)),
            lag=None if suspended else _lag(replica),
        )


_SUSPENDED: Final[tuple[Health, str]] = ("unknown", "reconciliation is suspended")


def _health(replica: Replica) -> tuple[Health, str]:
    """Without both threads at work and a lag that they tell, nothing is known to be well."""
    if replica.slave_io_running is False:
        return "broken", "the IO thread is stopped"
    if replica.slave_sql_running is False:
        return "broken", "the SQL thread is stopped"
    if not (replica.slave_io_running and replica.slave_sql_running):
        return "unknown", "the threads are not told"
    return ("unknown", "the lag is not told") if _lag(replica) is None else ("healthy", "")


def _lag(replica: Replica) -> float | None:
    """None where it is told as -1, and where it is no number of seconds that MariaDB could tell."""
    lag = replica.seconds_behind_master
    return float(lag) if lag is not None and 0 <= lag < 2**63 else None
