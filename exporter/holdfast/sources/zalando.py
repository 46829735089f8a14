"""Zalando's postgres-operator: its logical backups, which are CronJobs that it makes.

Base backups and log archives leave no trace in the cluster. ``postgresql`` objects may hold keys, and are never asked for.
https://github.com/zalando/postgres-operator/blob/v2.0.1/docs/administrator.md
"""

from collections.abc import Sequence

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.identity import ScheduleKey
from holdfast.model.protection import Coverage
from holdfast.sources.batch import (
    CronJobObject,
    JobObject,
    Work,
    batch_feeds,
    read_timer,
    remembered_run,
    run_of_job,
    told_once,
)
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.runs.records import Plan, Saved, labelled
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import Metadata, shared

NAME = "zalando"
APPLICATION = "application"
LOGICAL_BACKUP = "spilo-logical-backup"  # fixed by the operator, unlike the name of its CronJobs
CLUSTER = "cluster-name"  # the operator's default; cluster_name_label may change it
DATA = "pgdata"  # the name of its volumes, fixed by the operator

TOOL = Tool(name=NAME, labels=(CLUSTER,))


def read_cron_job(cron_job: CronJobObject) -> Sequence[Fact]:
    metadata = cron_job.metadata
    if metadata.label(APPLICATION) != LOGICAL_BACKUP:
        return ()
    timer, work = read_timer(cron_job), _work(metadata, metadata.name)
    run = remembered_run(cron_job, work)
    plan = Plan(
        source=NAME,
        of=work.of,
        schedule=ScheduleKey(NAME, metadata.namespace, shared(metadata.name)),
        uid=metadata.uid,
        created=metadata.created,
        cron=timer.cron.text,
        timezone=timer.cron.timezone,
        valid=timer.cron.valid,
        paused=timer.suspended,
        placement=work.placement,
        consistency=work.consistency,
        last_success=timer.captured,
        last_attempt=timer.last_scheduled,
    )
    return (plan, run) if run else (plan,)


def read_job(job: JobObject) -> Sequence[Fact]:
    owner = job.metadata.owner
    if job.metadata.label(APPLICATION) != LOGICAL_BACKUP or owner is None or owner.kind != "CronJob":
        return ()
    return (run_of_job(job, _work(job.metadata, owner.name)),)


def _work(metadata: Metadata, cron_job: str) -> Work:
    """A dump of all databases of the cluster, to the object store that the operator is configured with."""
    return Work(
        source=NAME,
        of=_cluster(metadata),
        placement="offsite",
        schedule=ScheduleKey(NAME, metadata.namespace, shared(cron_job)),
    )


def _cluster(metadata: Metadata) -> tuple[Saved, ...]:
    """None where the operator was told to name the label otherwise."""
    cluster = metadata.label(CLUSTER)
    return (labelled(metadata.namespace, CLUSTER, shared(cluster)),) if cluster else ()


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    """Others may label things ``cluster-name`` too: the claim must bear the name that the operator gives."""
    if not claim.ref.name.startswith(f"{DATA}-{claim.labels.get(CLUSTER)}-"):
        return Coverage(source=NAME)
    return told_once(TOOL.cover(claim, facts, rolls))


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result"}),
    feeds=batch_feeds(NAME, read_cron_job, read_job),
    cover=cover,
    schedule=TOOL.schedule,
)
