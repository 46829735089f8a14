"""What can be asked about protection: states by namespace, tier and source, reasons, schedules, copies.

The same rules hold as in signals.py, whose selectors and folds are used here. Sizes, retention and the cluster's own
state stand in recovery_signals.py.
"""

from grafana_foundation_sdk.models import units

from dashboards.source import signals as s
from dashboards.source.signals import CLAIM, SCHEDULE, TALLY, Signal, among, on, or_zero, per, renamed, spread
from holdfast.model.judgement import PROTECTION_STATES

_STATE = "holdfast_pvc_protection_state"
_REASON = per("holdfast_pvc_protection_reason", *CLAIM, "reason")
_RESULT = "holdfast_backup_schedule_last_result"
_PAUSED = f"{per('holdfast_backup_schedule_paused', *SCHEDULE)} == 1"
_RPO = per("holdfast_pvc_rpo_seconds", *CLAIM)
_POINTS = per("holdfast_pvc_recovery_points", *CLAIM, "source")
_NEWEST = per("holdfast_pvc_backup_timestamp_seconds", *CLAIM, "source")
JUDGED_STATES = "|".join(state for state in PROTECTION_STATES if state != "exempt")
"""Of what is asked something."""


def in_states(states: str, *by: str) -> str:
    """How many claims: in all that is chosen, or by some of namespace and tier in each cluster."""
    fold = f"sum by ({', '.join(('cluster', *by))})" if by else "sum"
    return f"{fold} ({per(*TALLY, state=states)})"


def met_ratio(*by: str) -> str:
    """Share that is protected of the claims of which something is asked; nothing where there are none."""
    return f"{in_states('protected', *by)} / ({in_states(JUDGED_STATES, *by)} > 0)"


def _number(state: str, meaning: str) -> Signal:
    return Signal(name=state.capitalize(), description=meaning, expression=in_states(state))


def states_by(*by: str) -> tuple[Signal, ...]:
    """Columns: how many are not safe, what share is protected, and how many are in each state."""
    unsafe = Signal(
        name="Not safe",
        description="Claims that are late, never backed up, unprotected or unknown.",
        expression=in_states(s.UNSAFE_STATES, *by),
    )
    share = Signal(
        name="Share protected",
        description="Share of the claims, exempt ones left out, that could be got back now within their objective.",
        unit=units.PercentUnit,
        expression=met_ratio(*by),
    )
    counts = (
        Signal(
            name=state.capitalize(),
            description=f"Claims that are {state}.",
            expression=in_states(state, *by),
        )
        for state in PROTECTION_STATES
    )
    return (unsafe, share, *counts)


LATE = _number("late", "Claims that have copies, but none within their objective.")
NEVER = _number("never", "Claims without a copy, which something that runs would copy.")
UNPROTECTED = _number("unprotected", "Claims that nothing that runs covers.")
UNKNOWN = _number("unknown", "Claims of which it cannot be seen whether a copy is within the objective.")
EXEMPT = _number(
    "exempt", "Claims of which nothing is asked, by an exemption or because they die with their pod."
)

_BY_SOURCE = "by (cluster, source)"

SOURCE_CLAIMS = Signal(
    name="Claims with a copy",
    description="Claims of which the source has a copy that could be restored now.",
    expression=f"count {_BY_SOURCE} ({_POINTS} > 0)",
)
SOURCE_WITHOUT = Signal(
    name="Without",
    description="Claims that the source covers or has covered, and of which it has no copy that could be restored now.",
    expression=f"count {_BY_SOURCE} ({_POINTS} == 0)",
)
SOURCE_POINTS = Signal(
    name="Recovery points",
    description="Copies that could be restored now.",
    expression=f"sum {_BY_SOURCE} ({_POINTS})",
)
SOURCE_NEWEST = Signal(
    name="Newest copy",
    description="When the data of the newest copy was captured.",
    unit=units.DateTimeFromNow,
    expression=f"max {_BY_SOURCE} ({_NEWEST}) * 1000",
)
SOURCE_OLDEST = Signal(
    name="Oldest of the newest",
    description="The claim furthest behind: when the data of its newest copy was captured.",
    unit=units.DateTimeFromNow,
    expression=f"min {_BY_SOURCE} ({_NEWEST}) * 1000",
)
SOURCE_INFERRED = Signal(
    name="Inferred",
    description="Claims whose newest copy rests on counters: no object names the volume.",
    expression=f"count {_BY_SOURCE} ({per('holdfast_pvc_backup_inferred', *CLAIM, 'source')})",
)
KINDS_OF_COPIES = Signal(
    name="Claims by kind of copy",
    description="Claims that have a copy of this placement and consistency. A claim may have several kinds.",
    expression="count by (placement, consistency)"
    f" ({per('holdfast_pvc_backup_timestamp_seconds', *CLAIM, 'placement', 'consistency')})",
    legend="{{placement}}, {{consistency}}",
)

_UNSAFE_BY_STATE: dict[str, str] = {
    state: per(_STATE, *CLAIM, state=state)
    for state in PROTECTION_STATES
    if state in s.UNSAFE_STATES.split("|")
}
_UNSAFE_REASON = among(_REASON, "state", _UNSAFE_BY_STATE, *CLAIM)
_OF_UNSAFE = f"({_REASON} and {on(*CLAIM)} {s.UNSAFE_NOW})"

WHY_STATE = Signal(
    name="State",
    description="Claims that are not safe, once for each reason.",
    expression=s.with_runbook(_UNSAFE_REASON, s.ALERT_OF_STATE),
)
WHY_AGE = Signal(
    name="Without a copy for",
    description="Age of the newest restorable copy that counts; where there is none, since the claim was made.",
    unit=units.Seconds,
    expression=spread(_OF_UNSAFE, s.WITHOUT_COPY, *CLAIM),
)
WHY_OBJECTIVE = Signal(
    name="Objective",
    description="How old the newest copy may be.",
    unit=units.Seconds,
    expression=spread(_OF_UNSAFE, _RPO, *CLAIM),
)
WHY_RATIO = Signal(
    name="Times the objective",
    description="Time without a copy, in units of the objective.",
    expression=spread(_OF_UNSAFE, f"{s.WITHOUT_COPY} / {on(*CLAIM)} {_RPO}", *CLAIM),
)
REASONS_OVER_TIME = Signal(
    name="Reasons",
    description="Why claims are not safe, or will not stay so. A claim may have several reasons.",
    expression=s.REASONS.expression,
    legend=s.REASONS.legend,
)

_FADING = f"{_REASON} and {on(*CLAIM)} {per(_STATE, *CLAIM, state='protected')}"

FADING_REASON = Signal(
    name="Why not for long",
    description="Claims that are protected now, and of which no new copy will come.",
    expression=_FADING,
)
FADING_LEFT = Signal(
    name="Late in",
    description="When the newest copy will be older than the objective allows.",
    unit=units.Seconds,
    expression=spread(
        _FADING,
        f"{_RPO} - {on(*CLAIM)} {per('holdfast_pvc_backup_age_seconds', *CLAIM)}",
        *CLAIM,
    ),
)

SCHEDULES_FAILED = Signal(
    name="Schedules failed",
    description="Schedules that are not paused and whose newest finished run failed.",
    expression=or_zero(
        f"count({per(_RESULT, *SCHEDULE, result='failure')} unless {on(*SCHEDULE)} {_PAUSED})",
        known_by=_RESULT,
    ),
)
SCHEDULES_PAUSED = Signal(
    name="Schedules paused",
    description="Schedules of which no run will come.",
    expression=or_zero(f"count({_PAUSED})", known_by="holdfast_backup_schedule_paused"),
)
SCHEDULES_RUNNING = Signal(
    name="Running",
    description="Schedules of which a run is going.",
    expression=or_zero(
        f"count({per('holdfast_backup_running_seconds', *SCHEDULE)})",
        known_by="holdfast_backup_schedule_paused",
    ),
)
POINTS_SHORT = Signal(
    name="Points missing",
    description="Claims that have fewer recovery points than they are asked to keep.",
    expression=or_zero(
        f"count(sum by (cluster, {', '.join(CLAIM)}) ({per('holdfast_pvc_retention_missing', *CLAIM, 'window')}) > 0)",
        known_by="holdfast_pvc_retention_missing",
    ),
)

SCHEDULE_CRON = Signal(
    name="Cron",
    description="The plan, as its tool spells it, and the location that it writes to.",
    expression=per("holdfast_backup_schedule_info", *SCHEDULE, "cron", "target"),
)
SCHEDULE_RUNNING = Signal(
    name="Running for",
    description="Age of the oldest unfinished run.",
    unit=units.Seconds,
    expression=per("holdfast_backup_running_seconds", *SCHEDULE),
)
SCHEDULE_ATTEMPT = Signal(
    name="Last attempt",
    description="Start of the newest run, whatever became of it.",
    unit=units.DateTimeFromNow,
    expression=per("holdfast_backup_schedule_last_attempt_timestamp_seconds", *SCHEDULE) + " * 1000",
)
SCHEDULE_DUE = Signal(
    name="Last due",
    description="Newest time a run was due by the real cron. Later than the last attempt: it did not start.",
    unit=units.DateTimeFromNow,
    expression=per("holdfast_backup_schedule_last_due_timestamp_seconds", *SCHEDULE) + " * 1000",
)
SCHEDULE_TOOK = Signal(
    name="It took",
    description="How long the newest finished run took.",
    unit=units.Seconds,
    expression=per("holdfast_backup_schedule_last_duration_seconds", *SCHEDULE),
)
_COVERED = per("holdfast_pvc_schedule_info", *CLAIM, "source", "schedule_namespace", "schedule")
SCHEDULE_CLAIMS = Signal(
    name="Claims",
    description="Claims of the chosen namespaces that the schedule should cover.",
    expression=renamed(
        f"count by (cluster, source, schedule_namespace, schedule) ({_COVERED})",
        "schedule_namespace",
        "namespace",
        "source",
        "schedule",
    ),
)
DURATIONS = Signal(
    name="How long runs take",
    description="Duration of the newest finished run: the ten longest. One that outgrows its plan misses the next run.",
    unit=units.Seconds,
    expression=f"topk(10, {per('holdfast_backup_schedule_last_duration_seconds', *SCHEDULE)})",
    legend="{{source}} {{namespace}}/{{schedule}}",
)
