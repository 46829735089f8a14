"""Percona Operator for PostgreSQL: backups by pgBackRest or volume snapshots, and the write-ahead log over them."""

from collections.abc import Iterator
from typing import Final

from holdfast.sources.percona import Dialect, operator_source
from holdfast.sources.percona.dialect import STATES, Planned, is_remote
from holdfast.sources.percona.shapes import BackupObject, BackupSpec, ClusterSpec, PgBackRest, RepoSchedules
from holdfast.sources.shapes import given

NAME = "percona-postgresql"
_CLUSTER: Final = "postgres-operator.crunchydata.com/cluster"
_ROLE: Final = "postgres-operator.crunchydata.com/role"
_SNAPSHOT: Final = "snapshot"
_TYPES: Final = ("full", "diff", "incr")


def planned(spec: ClusterSpec) -> Iterator[Planned]:
    """One plan a repository and type of backup, named as the operator names their jobs: ``repo1-full``."""
    backups = spec.backups
    if backups is None:
        return
    enabled = backups.enabled is not False
    for repo in given((backups.pgbackrest or PgBackRest()).repos):
        schedules = repo.schedules or RepoSchedules()
        crons = (schedules.full, schedules.differential, schedules.incremental)
        for kind, cron in zip(_TYPES, crons, strict=True):
            if repo.name and cron:
                yield Planned(
                    name=f"{repo.name}-{kind}",
                    cron=cron,
                    placement="offsite" if is_remote(repo) else "local",
                    target=repo.name,
                    enabled=enabled,
                )
    snapshots = backups.volume_snapshots
    if snapshots and snapshots.class_name and snapshots.schedule:
        yield Planned(name=_SNAPSHOT, cron=snapshots.schedule, placement="local", enabled=enabled)


def task_of(backup: BackupObject) -> str:
    """The name alone tells which plan made a backup: ``<cluster>-repo1-full-x7k2p``."""
    spec, name = backup.spec or BackupSpec(), backup.metadata.name
    tasks = [f"{spec.repo_name}-{kind}" for kind in _TYPES] if spec.repo_name else [_SNAPSHOT]
    return next((task for task in tasks if name.startswith(f"{spec.cluster}-{task}-")), "")


SOURCE = operator_source(
    Dialect(
        name=NAME,
        group="pgv2.percona.com",
        versions=("v2",),
        cluster=("PerconaPGCluster", "perconapgclusters"),
        backup=("PerconaPGBackup", "perconapgbackups"),
        restore=("PerconaPGRestore", "perconapgrestores"),
        label=_CLUSTER,
        data={_ROLE: frozenset({"pgdata", "pgwal", "tablespace"})},
        backup_states=STATES,
        restore_states=STATES,
        plans=planned,
        task=task_of,
    ),
    tells=frozenset({"age", "schedule", "result", "drill"}),
)
