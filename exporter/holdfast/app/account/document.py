"""The report document: from what an engine judged to the shapes that are told. Nothing is judged here.

The same entries serve ``report --format json``, the table, and ``/api/v1/report``.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec

from holdfast.app.account.document_claim import claim_part, finding_part
from holdfast.app.account.document_cost import monthly_cost
from holdfast.app.account.document_filling import backend_part, pool_part, quota_part
from holdfast.app.engine import Engine
from holdfast.cluster.documents import FileError
from holdfast.model.account.report import (
    AttachPart,
    CheckPart,
    ClaimPart,
    ErrorPart,
    ReplicationPart,
    Report,
    SchedulePart,
    SnapshotPart,
    SourcePart,
    TargetPart,
    VolumePart,
)
from holdfast.model.account.telling import UNTOLD, Unknown, elapsed, elapsed_if, moment, moment_if, why_null
from holdfast.model.capacity import PoolJudgement, QuotaJudgement
from holdfast.model.check import CHECKS
from holdfast.model.ephemeral import EphemeralJudgement
from holdfast.model.filling import BackendJudgement
from holdfast.model.identity import (
    BACKEND,
    CONTENT_COST,
    EPHEMERAL,
    POOL,
    QUOTA,
    SNAPSHOT_COST,
    VOLUME_COST,
    ScheduleKey,
)
from holdfast.model.judgement import (
    AnnotatedJudgement,
    ClaimJudgement,
    ContentJudgement,
    Finding,
    Judgement,
    ReplicationJudgement,
    ScheduleJudgement,
    SnapshotJudgement,
    TargetJudgement,
    VolumeJudgement,
)
from holdfast.model.snapshots import Snapshot, SnapshotContent

__all__ = ["Report", "report_document", "report_pieces"]

API_VERSION = "holdfast.dev/report/v1"

_SLICE = 50  # entries that are made in a few milliseconds

_J = TypeVar("_J", bound=Judgement)


def report_document(engine: Engine, now: float, errors: Sequence[FileError] = ()) -> Report:
    """The whole document. ``now`` is the instant at which the engine last judged."""
    fields: dict[str, Any] = {}
    for name, value in _sections(engine, now, errors):
        fields[name] = tuple(value) if isinstance(value, Iterator) else value
    return Report(**fields)


def report_pieces(engine: Engine, now: float, errors: Sequence[FileError] = ()) -> Iterator[bytes]:
    """The same document as JSON, byte for byte, in pieces that are each quickly made."""
    names = iter(Report.__struct_encode_fields__)
    before = b"{"
    for _, value in _sections(engine, now, errors):
        yield before + msgspec.json.encode(next(names)) + b":"
        before = b","
        if not isinstance(value, Iterator):
            yield msgspec.json.encode(value)
            continue
        comma = b"["
        while entries := list(islice(value, _SLICE)):
            yield comma + msgspec.json.encode(entries)[1:-1]
            comma = b","
        yield b"[]" if comma == b"[" else b"]"
    yield b"}"


def _sections(engine: Engine, now: float, errors: Sequence[FileError]) -> Iterator[tuple[str, Any]]:
    """The fields of ``Report`` in their order, lists as iterators. Each is to be used up before the next is asked for:
    what the claims tell of their schedules and findings is gathered on the way.
    """
    covered, found = Counter[ScheduleKey](), list[Finding]()
    yield "api_version", API_VERSION
    yield "now", moment(now)
    yield "cluster", engine.policy.cluster
    yield "sources", source_parts(engine)
    yield "claims", _claims(engine, now, covered, found)
    schedules = _judged(engine, ScheduleJudgement, "schedule")
    yield "schedules", (schedule_part(schedule, engine, covered[schedule.key], now) for schedule in schedules)
    yield "targets", (target_part(target) for target in _judged(engine, TargetJudgement, "target"))
    replications = _judged(engine, ReplicationJudgement, "replication")
    yield "replications", (replication_part(replication, now) for replication in replications)
    yield "volumes", (_volume(volume, engine, now) for volume in _judged(engine, VolumeJudgement, "volume"))
    yield "snapshots", _snapshots(engine, now)
    yield "backends", (backend_part(backend, now) for backend in _judged(engine, BackendJudgement, BACKEND))
    yield "quotas", (quota_part(quota) for quota in _judged(engine, QuotaJudgement, QUOTA))
    yield "pools", (pool_part(pool) for pool in _judged(engine, PoolJudgement, POOL))
    found += [f for judged in _judged(engine, AnnotatedJudgement, "annotated") for f in judged.findings]
    found += [f for judged in _judged(engine, EphemeralJudgement, EPHEMERAL) for f in judged.findings]
    found += engine.surveys.findings
    found.sort(key=lambda finding: (finding.on, finding.check))
    yield "findings", (finding_part(finding) for finding in found)
    yield "checks", check_parts(engine)
    yield "errors", (ErrorPart(file=e.file, line=e.line, message=e.message) for e in errors)


def _judged(engine: Engine, kind: type[_J], noun: str) -> list[_J]:
    return [judgement for judgement in engine.judgements(noun) if isinstance(judgement, kind)]


def check_parts(engine: Engine) -> Iterator[CheckPart]:
    for check in CHECKS.values():
        judged = engine.surveys.judged.get(check.id, "no")
        lost = () if judged == "off" else tuple(kind for kind in check.reads if kind in engine.sight.unseen)
        yield CheckPart(check=check.id, severity=check.severity, judged=judged, unseen=lost)


def source_parts(engine: Engine) -> Iterator[SourcePart]:
    for health in sorted(engine.feeds, key=lambda health: (health.source, health.kind)):
        feed = (health.source, health.kind)
        alive = engine.last_alive(feed)
        yield SourcePart(
            source=health.source,
            kind=health.kind,
            state=health.state,
            message=health.message,
            blind=health.source in engine.sight.blind,
            objects=engine.facts.objects(feed),
            undecodable=health.undecodable,
            last_success=moment_if(alive),
            lost_since=moment_if(health.lost_since),
            unknown=why_null({"lastSuccess": "it has not been read" if alive is None else ""}),
        )


def _claims(
    engine: Engine, now: float, covered: Counter[ScheduleKey], found: list[Finding]
) -> Iterator[ClaimPart]:
    for claim in _judged(engine, ClaimJudgement, "claim"):
        covered.update(cover.schedule for cover in claim.protection.covers if cover.gap != "excluded")
        found += claim.findings
        yield claim_part(claim, engine, now)


def schedule_part(schedule: ScheduleJudgement, engine: Engine, claims: int, now: float) -> SchedulePart:
    plan = engine.judging.schedule(schedule.key)
    valid = plan is None or plan.valid
    return SchedulePart(
        source=schedule.key.source,
        namespace=schedule.key.namespace,
        name=schedule.key.name,
        cron=schedule.cron,
        timezone=plan.timezone if plan else "",
        target=schedule.target,
        paused=schedule.paused,
        valid=valid,
        claims=claims,
        last_success=moment_if(schedule.last_success),
        last_attempt=moment_if(schedule.last_attempt),
        last_result=schedule.last_result,
        last_duration_seconds=schedule.last_duration,
        running_since=moment_if(schedule.running_since),
        running_seconds=elapsed_if(schedule.running_since, now),
        last_due=None if schedule.paused else moment_if(schedule.due),
        next_run=moment_if(schedule.next_run),
        missed_runs=schedule.missed,
        unknown=_unknown_of_schedule(schedule, valid=valid),
    )


def _unknown_of_schedule(schedule: ScheduleJudgement, *, valid: bool) -> Unknown:
    planless = "its plan is told by no object" if not schedule.cron else "its cron cannot be read"
    unread = "" if schedule.missed is not None else planless
    refused = "" if valid else "its tool refuses it"
    paused = "it is paused" if schedule.paused else ""
    return why_null(
        {
            "lastSuccess": "no success is known" if schedule.last_success is None else "",
            "lastAttempt": "no run is known" if schedule.last_attempt is None else "",
            "lastDurationSeconds": "no finished run tells it" if schedule.last_duration is None else "",
            "lastDue": paused or unread or ("no run was due yet" if schedule.due is None else ""),
            "nextRun": paused
            or refused
            or unread
            or ("no run is planned" if schedule.next_run is None else ""),
            "missedRuns": unread,
        }
    )


def replication_part(replication: ReplicationJudgement, now: float) -> ReplicationPart:
    key, lag = replication.key, replication.lag
    if lag is None:
        lag = elapsed_if(replication.point, now)
    return ReplicationPart(
        source=key.source,
        namespace=key.namespace,
        name=key.name,
        claim=key.claim,
        state=replication.state,
        why=replication.why,
        lag_seconds=lag,
        objective_seconds=replication.objective,
        last_sync=moment_if(replication.last_sync),
        last_sync_duration_seconds=replication.last_sync_duration,
        unknown=why_null(
            {
                "lagSeconds": (replication.why or UNTOLD) if lag is None else "",
                "objectiveSeconds": "lateness is not judged" if replication.objective is None else "",
                "lastSync": UNTOLD if replication.last_sync is None else "",
                "lastSyncDurationSeconds": UNTOLD if replication.last_sync_duration is None else "",
            }
        ),
    )


def target_part(target: TargetJudgement) -> TargetPart:
    return TargetPart(
        source=target.key.source,
        namespace=target.key.namespace,
        name=target.key.name,
        available=target.available,
        checked=moment_if(target.checked),
        unknown=why_null(
            {
                "available": "nothing has checked it yet" if target.available is None else "",
                "checked": "no check is known" if target.checked is None else "",
            }
        ),
    )


def _volume(volume: VolumeJudgement, engine: Engine, now: float) -> VolumePart:
    cost, why_costless = monthly_cost(VOLUME_COST, (volume.name,), engine)
    since = volume.released_since
    untold = volume.phase == "Released" and since is None
    return VolumePart(
        name=volume.name,
        storage_class=volume.storage_class,
        csi_driver=volume.csi_driver,
        reclaim_policy=volume.reclaim_policy,
        phase=volume.phase,
        claim_namespace=volume.claim.namespace if volume.claim else "",
        claim=volume.claim.name if volume.claim else "",
        orphaned=volume.orphaned,
        released_since=moment_if(since),
        released_seconds=elapsed_if(since, now),
        attach_pending=tuple(
            AttachPart(node=node, since=moment(start), seconds=elapsed(start, now))
            for node, start in volume.attach_pending
        ),
        monthly_cost=cost,
        unknown=why_null({"releasedSince": UNTOLD if untold else "", "monthlyCost": why_costless}),
    )


def _snapshots(engine: Engine, now: float) -> Iterator[SnapshotPart]:
    for snapshot in _judged(engine, SnapshotJudgement, "snapshot"):
        record = engine.facts.get(Snapshot, snapshot.namespace, snapshot.name)
        cost, why_costless = monthly_cost(SNAPSHOT_COST, (snapshot.namespace, snapshot.name), engine)
        yield SnapshotPart(
            kind="VolumeSnapshot",
            namespace=snapshot.namespace,
            name=snapshot.name,
            claim=record.source_claim if record else "",
            captured=moment_if(record.captured) if record else None,
            ready=record.ready if record else None,
            orphaned=snapshot.orphaned,
            unready_since=moment_if(snapshot.unready_since),
            unready_seconds=elapsed_if(snapshot.unready_since, now),
            monthly_cost=cost,
            unknown=_unknown_of_snapshot(record, why_costless),
        )
    for content in _judged(engine, ContentJudgement, "content"):
        held = engine.facts.get(SnapshotContent, content.name)
        cost, why_costless = monthly_cost(CONTENT_COST, (content.name,), engine)
        yield SnapshotPart(
            kind="VolumeSnapshotContent",
            namespace="",
            name=content.name,
            claim="",
            captured=moment_if(held.captured) if held else None,
            ready=held.ready if held else None,
            orphaned=content.orphaned,
            unready_since=None,
            unready_seconds=None,
            monthly_cost=cost,
            unknown=_unknown_of_snapshot(held, why_costless),
        )


def _unknown_of_snapshot(record: Snapshot | SnapshotContent | None, why_costless: str) -> Unknown:
    return why_null(
        {
            "monthlyCost": why_costless,
            "captured": "its driver has not told it" if record is None or record.captured is None else "",
            "ready": "its driver has not told it" if record is None or record.ready is None else "",
        }
    )
