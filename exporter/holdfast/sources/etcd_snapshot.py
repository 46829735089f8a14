"""Snapshots of a cluster's own state by k3s and RKE2: no claim's data, but without them there is no cluster to restore to.

When snapshots are due is a setting of the servers that no object tells, so no run can be missed. There is one object a
copy: what lies on the servers and what lies in a bucket are told as two schedules, ``local`` and ``s3``.
"""

from holdfast.model.facts import Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.protection import Result, Schedule
from holdfast.sources.contract import Source
from holdfast.sources.runs.records import Outcome, Run
from holdfast.sources.shapes import Metadata, Present, Shape
from holdfast.sources.values import parse_time

NAME = "etcd-snapshot"
_RESULTS: dict[Outcome, Result] = {"success": "success", "failure": "failure"}


class SnapshotSpec(Shape):
    s3: Present | None = None


class SnapshotStatus(Shape):
    creation_time: str | None = None
    ready_to_use: bool | None = None
    error: Present | None = None


class SnapshotObject(Shape):
    metadata: Metadata
    spec: SnapshotSpec | None = None
    status: SnapshotStatus | None = None


def read_snapshot(snapshot: SnapshotObject) -> tuple[Fact, ...]:
    """``creationTime`` is when etcd's data was read, on failure too. An error stays only until a retry succeeds."""
    metadata, spec = snapshot.metadata, snapshot.spec or SnapshotSpec()
    status = snapshot.status or SnapshotStatus()
    if metadata.deletion_timestamp:
        return ()
    outcome: Outcome = "unknown"
    if status.ready_to_use is not None:
        outcome = "success" if status.ready_to_use and status.error is None else "failure"
    offsite = spec.s3 is not None
    return (
        Run(
            source=NAME,
            ref=ObjectRef("ETCDSnapshotFile.k3s.cattle.io", "", metadata.name),
            uid=metadata.uid,
            outcome=outcome,
            created=metadata.created,
            started=parse_time(status.creation_time),
            placement="offsite" if offsite else "local",
            consistency="application",
            schedule=ScheduleKey(NAME, "", "s3" if offsite else "local"),
        ),
    )


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    """The snapshots of one place; None where it has none. The synced object of a snapshot is younger than its data."""
    runs = sorted(facts.linked(Run, "schedule", *key), key=lambda run: (run.began, run.ref))
    finished = [run for run in runs if run.outcome in _RESULTS]
    if not runs:
        return None
    return Schedule(
        key=key,
        uid=f"{NAME}/{key.name}",
        created=runs[0].began,
        cron="",
        last_success=max(
            (run.started for run in runs if run.outcome == "success" and run.started is not None),
            default=None,
        ),
        last_attempt=runs[-1].began,
        last_result=_RESULTS[finished[-1].outcome] if finished else "none",
    )


SOURCE = Source(
    name=NAME,
    tells=frozenset({"schedule", "result"}),
    feeds=(
        Feed(
            source=NAME,
            resource=Resource(
                group="k3s.cattle.io",
                versions=("v1",),
                plural="etcdsnapshotfiles",
                kind="ETCDSnapshotFile",
                namespaced=False,
            ),
            shape=SnapshotObject,
            read=read_snapshot,
        ),
    ),
    schedule=schedule,
)
