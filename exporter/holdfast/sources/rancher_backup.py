"""Rancher's backup operator: the state of Rancher itself, saved on a schedule. It holds no claim's data.

One Backup object is plan and newest run in one. A restore is of no claim, so there is nothing to say of it.
"""

from collections.abc import Iterable, Iterator

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.protection import Placement
from holdfast.sources.contract import Source
from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.runs.records import Plan, Run
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import Metadata, Present, Shape, given, shared
from holdfast.sources.values import parse_time

NAME = "rancher-backup"
TOOL = Tool(name=NAME)


class StorageLocation(Shape):
    s3: Present | None = None


class BackupSpec(Shape):
    schedule: str | None = None
    storage_location: StorageLocation | None = None


class Condition(Shape):
    type: str | None = None
    last_update_time: str | None = None


class BackupStatus(Shape):
    last_snapshot_ts: str | None = None
    storage_location: str | None = None
    conditions: list[Condition | None] | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: BackupStatus | None = None


def read_backup(backup: BackupObject) -> tuple[Fact, ...]:
    """One that is to run once is no schedule."""
    metadata, spec = backup.metadata, backup.spec or BackupSpec()
    status = backup.status or BackupStatus()
    if metadata.deletion_timestamp or not spec.schedule:
        return ()
    cron, ended = read_cron(spec.schedule), parse_time(status.last_snapshot_ts)
    success = None if ended is None else _began(cron, ended, metadata.created)
    placement: Placement = "offsite" if _is_offsite(spec, status) else "local"
    plan = Plan(
        source=NAME,
        schedule=ScheduleKey(NAME, "", shared(metadata.name)),
        uid=metadata.uid,
        created=metadata.created,
        cron=cron.text,
        timezone=cron.timezone,
        anchor=ended,  # an interval counts from the last success
        valid=cron.valid,
        placement=placement,
        consistency="application",
        last_success=success,
        last_attempt=success,
    )
    return (plan, *_failure(backup, plan, given(status.conditions)))


def _began(cron: Cron, ended: float, created: float) -> float:
    """Only its end is told. The first run is not planned: it begins when the object is made."""
    return min(max(planned_start(cron, ended), created), ended)


def _failure(backup: BackupObject, plan: Plan, conditions: Iterable[Condition]) -> Iterator[Run]:
    """A run that fails is marked as being reconciled, and retried; Ready stays True from the success before.

    That the condition is there is what tells: newer operators set it to False, since it carries an error, and all of
    them take it away on success.
    """
    mark = next((condition for condition in conditions if condition.type == "Reconciling"), None)
    if mark is None:
        return
    noticed = parse_time(mark.last_update_time)
    yield Run(
        source=NAME,
        ref=ObjectRef("Backup.resources.cattle.io", "", backup.metadata.name),
        uid=backup.metadata.uid,
        outcome="failure",
        created=max(time for time in (noticed, plan.last_success, plan.created) if time is not None),
        placement=plan.placement,
        consistency=plan.consistency,
        schedule=plan.schedule,
    )


def _is_offsite(spec: BackupSpec, status: BackupStatus) -> bool:
    named = spec.storage_location is not None and spec.storage_location.s3 is not None
    return named or (status.storage_location or "").upper() == "S3"


SOURCE = Source(
    name=NAME,
    tells=frozenset({"schedule", "result"}),
    feeds=(
        Feed(
            source=NAME,
            resource=Resource(
                group="resources.cattle.io",
                versions=("v1",),
                plural="backups",
                kind="Backup",
                namespaced=False,
            ),
            shape=BackupObject,
            read=read_backup,
        ),
    ),
    schedule=TOOL.schedule,
)
