"""Does a replica keep up? The state is the first that holds: unknown, paused, broken, lagging, degraded, healthy."""

from holdfast.model.judgement import ReplicationJudgement, ReplicationState
from holdfast.model.objective import Objective
from holdfast.model.plan import PlanError, longest_gap, read_plan
from holdfast.model.replication import Replication

WITHOUT_SCHEDULE = (
    900.0  # seconds of lag that are borne where nobody declares an objective and no schedule tells one
)
REPLICATION_RULES: dict[ReplicationState, str] = {
    "unknown": "whether it keeps up is not told",
    "paused": "somebody has paused it",
    "broken": "its tool says that it makes no progress",
    "lagging": "its lag is more than is borne",
    "degraded": "its tool says that it has less redundancy or health than asked for",
    "healthy": "nothing is known against it",
}
"""What each state means."""

_GAPS = 2.0  # times the longest gap of the schedule that are borne where nobody declares an objective
_CLOCKS = 60.0  # seconds by which two clocks may differ
_JUST_AFTER = 0.001


def assess_replication(
    replication: Replication, objective: Objective | None, *, dark: bool, now: float
) -> ReplicationJudgement:
    """``objective`` is that of the replicated claim. ``dark``: what tells of the replication cannot be seen."""
    asked, asked_why = _objective(replication, objective)
    told = (replication.point, replication.measured)
    ahead = any(time is not None and time > now + _CLOCKS for time in told)
    stale = _expired(replication, now)
    point = None if stale or ahead else replication.point
    lag = None if stale else replication.lag
    behind = lag if lag is not None else (now - point if point is not None else None)
    late = asked is not None and behind is not None and behind > asked
    why, lasted = replication.why, replication.last_sync_duration
    if dark or stale or ahead:
        why = "not seen" if dark else "not measured lately" if stale else "its time lies in the future"
    return ReplicationJudgement(
        key=replication.id,
        evidence=replication.evidence,
        state=_state(replication, unknown=dark or stale or ahead, late=late),
        why=why,
        point=point,
        lag=lag,
        objective=asked,
        objective_why=asked_why,
        last_sync=replication.last_sync,
        last_sync_duration=None if lasted is None or lasted < 0 else lasted,
        until=_until(replication, asked, now),
    )


def _state(replication: Replication, *, unknown: bool, late: bool) -> ReplicationState:
    """What is late is late, even where its health is not told."""
    health = replication.health
    if unknown:
        return "unknown"
    if health in ("paused", "broken"):
        return health
    return "lagging" if late else health


def _objective(replication: Replication, objective: Objective | None) -> tuple[float | None, str]:
    """As declared for the replication, else for its claim, else what its own schedule allows; and in words, which."""
    if not replication.judged:
        return None, "lateness is not judged"
    if replication.objective is not None:
        return replication.objective, "declared for it"
    if objective is not None and objective.replication_lag is not None:
        return objective.replication_lag, "the replication lag that its claim asks for"
    gap = replication.interval if replication.interval is not None else _longest_gap(replication)
    if gap is None:
        return (
            WITHOUT_SCHEDULE,
            f"nobody declares one, and no schedule tells any: {WITHOUT_SCHEDULE / 60:g} minutes",
        )
    return (
        _GAPS * gap,
        f"nobody declares one: {_GAPS:g} times the longest time between two syncs of its schedule",
    )


def _longest_gap(replication: Replication) -> float | None:
    if not replication.cron:
        return None
    try:
        return longest_gap(read_plan(replication.cron, replication.timezone))
    except PlanError:
        return None


def _expired(replication: Replication, now: float) -> bool:
    measured, holds = replication.measured, replication.holds
    return measured is not None and holds is not None and now > measured + holds


def _until(replication: Replication, asked: float | None, now: float) -> float | None:
    point, measured, holds = replication.point, replication.measured, replication.holds
    instants = []
    if point is not None:
        instants.append(point - _CLOCKS)
        if asked is not None:
            instants.append(point + asked + _JUST_AFTER)
    if measured is not None:
        instants.append(measured - _CLOCKS)
    if measured is not None and holds is not None:
        instants.append(measured + holds + _JUST_AFTER)
    return min((instant for instant in instants if instant > now), default=None)
