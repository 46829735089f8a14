"""Families about protection: copies of claims, and the schedules and targets that make and hold them."""

from collections.abc import Iterable

from holdfast.metrics.family import NOW, Family, Row
from holdfast.metrics.rows import optional
from holdfast.model.judgement import (
    ALWAYS,
    PROTECTION_REASONS,
    PROTECTION_STATES,
    UNSAFE_STATES,
    ClaimJudgement,
    ScheduleJudgement,
    TargetJudgement,
)
from holdfast.model.objective import ORIGINS
from holdfast.model.protection import CONSISTENCIES, PLACEMENTS, RESULTS


def _sizes(claim: ClaimJudgement, which: str) -> Iterable[Row]:
    sizes = ((tally.source, getattr(tally, which)) for tally in claim.protection.tallies)
    return [((source,), size) for source, size in sizes if size is not None]


def _shrunk(claim: ClaimJudgement) -> Iterable[Row]:
    shares = ((tally.source, tally.shrunk) for tally in claim.protection.tallies)
    return [((source,), share) for source, share in shares if share is not None]


def _covers(claim: ClaimJudgement) -> Iterable[Row]:
    return [
        ((cover.schedule.source, cover.schedule.namespace, cover.schedule.name, cover.target), 1)
        for cover in claim.protection.covers
        if cover.gap != "excluded"
    ]


def _unsafe(claim: ClaimJudgement) -> Iterable[Row]:
    """The origin is empty where nobody asks for an rpo."""
    protection = claim.protection
    labels = (protection.state, claim.objective.rpo_origin or "")
    return () if protection.unsafe_since is None else ((labels, protection.unsafe_since),)


def _exempt_until(claim: ClaimJudgement) -> tuple[Row, ...]:
    exempt = claim.objective.exempt
    return optional(exempt.until) if exempt else ()


PROTECTION_FAMILIES = (
    Family(
        name="holdfast_pvc_protection_state",
        help="1 for the state in force: whether the claim could be got back within its objective.",
        noun="claim",
        further=("state",),
        rows=lambda claim: (((claim.protection.state,), 1),),
        vocabulary={"state": PROTECTION_STATES},
    ),
    Family(
        name="holdfast_pvc_protection_reason",
        help="1: why the claim is late, never, unprotected or unknown, or will not stay protected.",
        noun="claim",
        further=("reason",),
        rows=lambda claim: [((reason,), 1) for reason in claim.protection.reasons],
        vocabulary={"reason": tuple(PROTECTION_REASONS)},
    ),
    Family(
        name="holdfast_pvc_unsafe_seconds",
        help="Time without a copy that counts, of claims that are late, never or unprotected; a new one is spared at first. "
        "The origin is empty where nobody asks for an rpo.",
        noun="claim",
        further=("state", "origin"),
        rows=_unsafe,
        vocabulary={"state": UNSAFE_STATES, "origin": ORIGINS},
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_protection_claims",
        help="Number of claims in that state, zeros included.",
        noun="tally",
        further=("state",),
        rows=lambda tally: [
            ((state,), count) for state, count in zip(PROTECTION_STATES, tally.counts, strict=True)
        ],
        vocabulary={"state": PROTECTION_STATES},
    ),
    Family(
        name="holdfast_pvc_schedule_info",
        help="1: a schedule that should cover the claim; paused ones too.",
        noun="claim",
        further=("source", "schedule_namespace", "schedule", "target"),
        rows=_covers,
    ),
    Family(
        name="holdfast_pvc_backup_age_seconds",
        help="Age of the newest restorable copy that counts under the claim's objective, over all sources.",
        noun="claim",
        rows=lambda claim: optional(claim.protection.captured),
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_pvc_backup_timestamp_seconds",
        help="When the data of the newest successful copy was captured, by source, placement and consistency.",
        noun="claim",
        further=("source", "placement", "consistency"),
        rows=lambda claim: [
            ((c.source, c.placement, c.consistency), NOW if c.captured == ALWAYS else c.captured)
            for c in claim.protection.clocks
        ],
        vocabulary={"placement": PLACEMENTS, "consistency": CONSISTENCIES},
    ),
    Family(
        name="holdfast_pvc_recovery_points",
        help="Copies that could be restored now; 0 for a source that covers, or has covered, the claim.",
        noun="claim",
        further=("source",),
        rows=lambda claim: [((tally.source,), tally.points) for tally in claim.protection.tallies],
    ),
    Family(
        name="holdfast_pvc_backup_size_bytes",
        help="Logical size of the newest copy; absent where the tool tells none.",
        noun="claim",
        further=("source",),
        rows=lambda claim: _sizes(claim, "size"),
    ),
    Family(
        name="holdfast_pvc_backup_previous_size_bytes",
        help="Logical size of the copy before the newest; absent where the tool tells none.",
        noun="claim",
        further=("source",),
        rows=lambda claim: _sizes(claim, "previous_size"),
    ),
    Family(
        name="holdfast_pvc_backup_shrunk_ratio",
        help="Size of the newest copy as a share of the copy before it; only where that is less than a half.",
        noun="claim",
        further=("source",),
        rows=_shrunk,
    ),
    Family(
        name="holdfast_pvc_backup_empty",
        help="1: the newest copy holds nothing, nor did the one before it, as far as the tool tells.",
        noun="claim",
        further=("source",),
        rows=lambda claim: [((tally.source,), 1) for tally in claim.protection.tallies if tally.empty],
    ),
    Family(
        name="holdfast_pvc_backup_inferred",
        help="1: the newest copy of this source rests on inference: counters prove it, no object names the volume.",
        noun="claim",
        further=("source",),
        rows=lambda claim: [((tally.source,), 1) for tally in claim.protection.tallies if tally.inferred],
    ),
    Family(
        name="holdfast_pvc_retention_missing",
        help="Recovery points short of the retention objective, of those that a claim of its age can have; 0 when met, "
        "absent when unknown.",
        noun="claim",
        further=("window",),
        rows=lambda claim: [((window,), missing) for window, missing in claim.protection.retention_missing],
        vocabulary={"window": ("daily", "weekly", "monthly")},
    ),
    Family(
        name="holdfast_pvc_exempt_until_timestamp_seconds",
        help="End of the claim's exemption; absent when open-ended.",
        noun="claim",
        rows=_exempt_until,
    ),
)


def _cron(schedule: ScheduleJudgement) -> str:
    """What cannot be read may be any text, and no text is a label."""
    return schedule.cron if schedule.missed is not None else ""


def _result(schedule: ScheduleJudgement) -> Iterable[Row]:
    return (((schedule.last_result,), 1),)


def _available(target: TargetJudgement) -> Iterable[Row]:
    return () if target.available is None else (((), int(target.available)),)


SCHEDULE_FAMILIES = (
    Family(
        name="holdfast_backup_schedule_info",
        help="A recurring plan of a backup tool; cron is empty where it cannot be read, or no object tells it.",
        noun="schedule",
        further=("cron", "target"),
        rows=lambda schedule: (((_cron(schedule), schedule.target), 1),),
    ),
    Family(
        name="holdfast_backup_schedule_paused",
        help="1 while the schedule is paused.",
        noun="schedule",
        rows=lambda schedule: (((), int(schedule.paused)),),
    ),
    Family(
        name="holdfast_backup_schedule_last_success_timestamp_seconds",
        help="Start of the schedule's last successful run.",
        noun="schedule",
        rows=lambda schedule: optional(schedule.last_success),
    ),
    Family(
        name="holdfast_backup_schedule_last_attempt_timestamp_seconds",
        help="Start of the schedule's newest run, whatever became of it.",
        noun="schedule",
        rows=lambda schedule: optional(schedule.last_attempt),
    ),
    Family(
        name="holdfast_backup_schedule_last_duration_seconds",
        help="How long the newest finished run took.",
        noun="schedule",
        rows=lambda schedule: optional(schedule.last_duration),
    ),
    Family(
        name="holdfast_backup_schedule_next_run_timestamp_seconds",
        help="When the next run is due by the real cron; absent while paused.",
        noun="schedule",
        rows=lambda schedule: optional(schedule.next_run),
    ),
    Family(
        name="holdfast_backup_schedule_last_result",
        help="1 for the result of the newest finished run.",
        noun="schedule",
        further=("result",),
        rows=_result,
        vocabulary={"result": RESULTS},
    ),
    Family(
        name="holdfast_backup_schedule_last_due_timestamp_seconds",
        help="Newest time a run was due by the real cron; absent while paused or never due.",
        noun="schedule",
        rows=lambda schedule: () if schedule.paused else optional(schedule.due),
    ),
    Family(
        name="holdfast_backup_schedule_missed_runs",
        help="Runs due by the real cron since the last success that have not succeeded; counted up to 1000.",
        noun="schedule",
        rows=lambda schedule: optional(schedule.missed),
    ),
    Family(
        name="holdfast_backup_running_seconds",
        help="Age of the schedule's oldest unfinished run; absent when none runs.",
        noun="schedule",
        rows=lambda schedule: optional(schedule.running_since),
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_backup_target_available",
        help="1 when the location could be reached at its last check.",
        noun="target",
        rows=_available,
    ),
    Family(
        name="holdfast_backup_target_checked_timestamp_seconds",
        help="When the location was last checked.",
        noun="target",
        rows=lambda target: optional(target.checked),
    ),
)
