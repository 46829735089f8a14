"""Crunchy's postgres-operator (PGO): pgBackRest backups of PostgresClusters, by the CronJobs and Jobs that make them.

Whether logs are archived is told by no object, so that a copy is as old as the newest backup.
https://access.crunchydata.com/documentation/postgres-operator/latest/tutorials/backups-disaster-recovery
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TOUCH_NAMESPACE, ObjectRef, ScheduleKey, TargetKey, Touch
from holdfast.model.protection import Copy, Coverage, Placement
from holdfast.sources.batch import (
    CronJobObject,
    JobObject,
    Work,
    batch_feeds,
    remembered_run,
    run_of_job,
    told_once,
)
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.crontab import read_cron
from holdfast.sources.runs.records import Database, Outcome, Place, Plan, Restore, Saved, labelled
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import Metadata, Present, Shape, given, shared
from holdfast.sources.values import parse_time

NAME = "crunchy-pgo"
GROUP = "postgres-operator.crunchydata.com"
KIND = f"PostgresCluster.{GROUP}"
CLUSTER = f"{GROUP}/cluster"
REPO = f"{GROUP}/pgbackrest-repo"
BACKUP = f"{GROUP}/pgbackrest-backup"  # manual, replica-create or scheduled; on Jobs and CronJobs alone
CRON_TYPE = f"{GROUP}/pgbackrest-cronjob"  # full, diff or incr
DATA = f"{GROUP}/data"
ROLE = f"{GROUP}/role"
BOOTSTRAP = "~pgo-bootstrap-"  # begins the id of a restore that fills a new cluster

TOOL = Tool(name=NAME, labels=(CLUSTER,))


class Schedules(Shape):
    full: str | None = None
    differential: str | None = None
    incremental: str | None = None


class Repo(Shape):
    """One of azure, gcs, s3 and volume says where it lies; what they hold is not read."""

    name: str | None = None
    schedules: Schedules | None = None
    azure: Present | None = None
    gcs: Present | None = None
    s3: Present | None = None


class DataSource(Shape):
    cluster_name: str | None = None
    cluster_namespace: str | None = None


class PgBackRest(Shape):
    repos: list[Repo | None] | None = None
    restore: DataSource | None = None


class Backups(Shape):
    pgbackrest: PgBackRest | None = None


class DataSources(Shape):
    postgres_cluster: DataSource | None = None


class Standby(Shape):
    enabled: bool | None = None


class ClusterSpec(Shape):
    backups: Backups | None = None
    data_source: DataSources | None = None
    shutdown: bool | None = None
    standby: Standby | None = None


class JobStatus(Shape):
    id: str | None = None
    start_time: str | None = None
    completion_time: str | None = None
    finished: bool | None = None
    succeeded: int | None = None


class PgBackRestStatus(Shape):
    restore: JobStatus | None = None


class ClusterStatus(Shape):
    pgbackrest: PgBackRestStatus | None = None


class ClusterObject(Shape):
    metadata: Metadata
    spec: ClusterSpec | None = None
    status: ClusterStatus | None = None


class Repository(Fact, frozen=True, kw_only=True, gc=False):
    """A repository of a cluster's backups, and whether it lies in this Kubernetes cluster."""

    target: TargetKey
    placement: Placement

    @property
    def key(self) -> tuple[str, ...]:
        return self.target

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.target.namespace,)),)


def read_cluster(cluster: ClusterObject) -> Sequence[Fact]:
    metadata, spec = cluster.metadata, cluster.spec or ClusterSpec()
    origin = _origin(metadata, (spec.data_source or DataSources()).postgres_cluster)
    own = _cluster(metadata.namespace, metadata.name)
    facts: list[Fact] = [
        Database(
            source=NAME,
            ref=ObjectRef(KIND, metadata.namespace, shared(metadata.name)),
            of=(own,),
            created=metadata.created,
            carries_on=origin == own,
        )
    ]
    facts.extend(_repositories(metadata, spec))
    facts.extend(_plans(metadata, spec))
    restore = _restore(cluster, origin)
    return (*facts, restore) if restore else facts


def _cluster(namespace: str, name: str) -> Saved:
    return labelled(namespace, CLUSTER, shared(name))


def _repos(spec: ClusterSpec) -> Iterator[Repo]:
    pgbackrest = (spec.backups or Backups()).pgbackrest or PgBackRest()
    return (repo for repo in given(pgbackrest.repos) if repo.name)


def _placement(repo: Repo) -> Placement:
    return "offsite" if repo.azure or repo.gcs or repo.s3 else "local"


def _repositories(metadata: Metadata, spec: ClusterSpec) -> Iterator[Fact]:
    for repo in _repos(spec):
        target = _target(metadata.namespace, metadata.name, repo.name or "")
        yield Place(target=target, available=None)
        yield Repository(target=target, placement=_placement(repo))


def _plans(metadata: Metadata, spec: ClusterSpec) -> Iterator[Plan]:
    resting = bool(spec.shutdown) or bool(spec.standby and spec.standby.enabled)
    for repo in _repos(spec):
        written = repo.schedules or Schedules()
        crons = {"full": written.full, "diff": written.differential, "incr": written.incremental}
        for kind, text in crons.items():
            if not text:
                continue
            cron = read_cron(text)
            yield Plan(
                source=NAME,
                of=(_cluster(metadata.namespace, metadata.name),),
                schedule=_schedule(metadata.namespace, metadata.name, repo.name or "", kind),
                uid=metadata.uid,
                created=metadata.created,
                cron=cron.text,
                timezone=cron.timezone,
                valid=cron.valid,
                paused=resting,
                target=_target(metadata.namespace, metadata.name, repo.name or "").name,
                placement=_placement(repo),
                consistency="application",
            )


def _target(namespace: str, cluster: str, repo: str) -> TargetKey:
    return TargetKey(NAME, namespace, shared(f"{cluster}/{repo}"))


def _schedule(namespace: str, cluster: str, repo: str, kind: str) -> ScheduleKey:
    return ScheduleKey(NAME, namespace, shared(f"{cluster}/{repo}-{kind}"))


def _origin(metadata: Metadata, source: DataSource | None) -> Saved | None:
    """The cluster that was restored; its own where a source names none."""
    if source is None:
        return None
    namespace = source.cluster_namespace or metadata.namespace
    return _cluster(shared(namespace), source.cluster_name or metadata.name)


def _restore(cluster: ClusterObject, origin: Saved | None) -> Restore | None:
    """The last restore: of another cluster into this new one, or in place. None where its source is no cluster here."""
    metadata, spec = cluster.metadata, cluster.spec or ClusterSpec()
    job = ((cluster.status or ClusterStatus()).pgbackrest or PgBackRestStatus()).restore
    if job is None:
        return None
    if not (job.id or "").startswith(BOOTSTRAP):
        pgbackrest = (spec.backups or Backups()).pgbackrest or PgBackRest()
        origin = _origin(metadata, pgbackrest.restore or DataSource())
    if origin is None:
        return None
    return Restore(
        source=NAME,
        ref=ObjectRef(KIND, metadata.namespace, shared(metadata.name)),
        of=(origin,),
        outcome=_outcome(job),
        started=parse_time(job.start_time),
        ended=parse_time(job.completion_time),
    )


def _outcome(job: JobStatus) -> Outcome:
    """That it finished does not say that it succeeded."""
    if not job.finished:
        return "running"
    return "success" if job.succeeded else "failure"


def read_cron_job(cron_job: CronJobObject) -> Sequence[Fact]:
    work = _work(cron_job.metadata)
    run = remembered_run(cron_job, work) if work else None
    return (run,) if run else ()


def read_job(job: JobObject) -> Sequence[Fact]:
    work = _work(job.metadata)
    return (run_of_job(job, work),) if work else ()


def _work(metadata: Metadata) -> Work | None:
    """None for what makes no backup. Where its repository lies is told by the cluster; until then it is near."""
    cluster, repo = metadata.label(CLUSTER), metadata.label(REPO)
    if not (cluster and repo and metadata.label(BACKUP)):
        return None
    kind = metadata.label(CRON_TYPE)
    return Work(
        source=NAME,
        of=(_cluster(metadata.namespace, cluster),),
        placement="local",
        schedule=_schedule(metadata.namespace, cluster, repo, kind) if kind else None,
        target=_target(metadata.namespace, cluster, repo),
    )


_NOT_DATABASE: Final = ("pgbackrest", "pgadmin")


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    """Volumes of repositories, of pgAdmin and those that snapshots are cut from bear the cluster's label too."""
    if claim.labels.get(DATA) in _NOT_DATABASE or claim.labels.get(ROLE) == "snapshot":
        return Coverage(source=NAME)
    coverage = told_once(TOOL.cover(claim, facts, rolls))
    copies = tuple(_placed(copy, facts) for copy in coverage.copies)
    return msgspec.structs.replace(coverage, copies=copies)


def _placed(copy: Copy, facts: Facts) -> Copy:
    repository = facts.get(Repository, *copy.target) if copy.target else None
    return msgspec.structs.replace(copy, placement=repository.placement) if repository else copy


def _clusters() -> Feed:
    resource = Resource(
        group=GROUP, versions=("v1", "v1beta1"), plural="postgresclusters", kind="PostgresCluster"
    )
    return Feed(source=NAME, resource=resource, shape=ClusterObject, read=read_cluster)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "target", "drill"}),
    feeds=(_clusters(), *batch_feeds(NAME, read_cron_job, read_job)),
    cover=cover,
    schedule=TOOL.schedule,
    target=TOOL.target,
)
