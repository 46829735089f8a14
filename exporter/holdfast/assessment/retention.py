"""Are there enough recovery points, by day, week and month, and will there be? Missing points, and findings."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from holdfast.assessment.copies import Appraisal
from holdfast.model.check import CHECKS
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.judgement import Finding
from holdfast.model.objective import Objective
from holdfast.model.plan import Plan, PlanError, longest_gap, read_plan
from holdfast.model.policy import Policy
from holdfast.model.protection import Copy, Schedule

_HOUR, _DAY = 3600.0, 86400.0
_WINDOWS = {"daily": _DAY, "weekly": 7 * _DAY, "monthly": 31 * _DAY}


def wanted_points(objective: Objective, since: float, until: float) -> tuple[tuple[str, int], ...]:
    """For each window asked for, how many points are wanted of a claim that was made ``since``. Windows are days, ISO weeks
    and months of UTC: ``daily: 7`` asks for a point in each of seven different days, or in as many as lie wholly between.
    """
    first, last = (datetime.fromtimestamp(instant, UTC).date() for instant in (since, until))
    mondays = [day - timedelta(days=day.weekday()) for day in (first, last)]
    between = {
        "daily": (last - first).days,
        "weekly": (mondays[1] - mondays[0]).days // 7,
        "monthly": (last.year - first.year) * 12 + last.month - first.month,
    }
    return tuple((window, max(0, min(wanted, between[window] - 1))) for window, wanted in objective.keeps)


def missing_points(
    wanted: Iterable[tuple[str, int]], points: Sequence[Copy], sight: Sight
) -> tuple[tuple[str, int], ...]:
    """For each window, how many of the wanted points there are not. Unknown, so empty, while a source is blind."""
    if sight.blind:
        return ()
    days = {datetime.fromtimestamp(copy.captured, UTC).date() for copy in points}
    kept = {
        "daily": len(days),
        "weekly": len({day.isocalendar()[:2] for day in days}),
        "monthly": len({(day.year, day.month) for day in days}),
    }
    return tuple((window, max(0, number - kept[window])) for window, number in wanted)


def retention_findings(appraisal: Appraisal, policy: Policy) -> tuple[tuple[Finding, ...], float | None]:
    """What is wrong with how long copies are kept, and the instant at which the clock alone would change it.

    Nothing of an exempt claim, and nothing while a source is blind.
    """
    evidence = appraisal.evidence
    if evidence.sight.blind or evidence.objective.exempt or evidence.generic_ephemeral:
        return (), None
    ahead, until = _gap_ahead(appraisal)
    on = ObjectRef("PersistentVolumeClaim", *evidence.claim.ref)
    told = (
        ("retention-too-short", _too_short(appraisal)),
        ("retention-too-long", _too_long(appraisal, policy.check_limits)),
        ("expiry-before-next-run", ahead),
    )
    found = (Finding(check=check, on=on, why=why) for check, why in told if why)
    return tuple(finding for finding in found if finding.check not in policy.checks_off), until


def _too_short(appraisal: Appraisal) -> str:
    """A window fails where no running schedule is both frequent and lasting enough for it, as far as all tell."""
    keeps = appraisal.evidence.objective.keeps
    if not keeps:
        return ""
    running, lasting = _running(appraisal), _lasting(appraisal)
    if not running or any(key not in lasting for key in running):
        return ""
    short = [
        f"{wanted} {window}"
        for window, wanted in keeps
        if not any(
            gap <= _WINDOWS[window] and lasting[key] >= (wanted - 1) * _WINDOWS[window]
            for key, gap in _gaps(running)
        )
    ]
    kept = max((lasting[key] for key in running), default=0.0)
    if not short:
        return ""
    return f"{' and '.join(short)} points are asked for, and copies are kept for {kept / _DAY:.1f} days at the most"


def _too_long(appraisal: Appraisal, limits: Mapping[str, int]) -> str:
    wanted = sum(points for _, points in appraisal.evidence.objective.keeps)
    if not wanted:
        return ""
    times = limits.get("retention-too-long", CHECKS["retention-too-long"].limit or 1)
    held = len({verdict.copy.captured for verdict in appraisal.counting if verdict.point})
    if held <= times * wanted:
        return ""
    return f"{held} recovery points are kept, and {wanted} are asked for"


def _gap_ahead(appraisal: Appraisal) -> tuple[str, float | None]:
    """Whether the last copy will be gone before the next one is made; looked at closely only when that is near."""
    expiries = _expiries(appraisal)
    if not expiries:
        return "", None
    running = _running(appraisal)
    gaps = [gap for _, gap in _gaps(running)]
    at_work = any(schedule.running_since is not None for schedule in running.values())
    if not gaps or at_work:  # the run that is on its way is the next one
        return "", None
    last, now = max(expiries), appraisal.now
    near = last - min(gaps)
    if now < near:
        return "", near
    runs = [plan.after(now) for _, plan in _plans(running.items())]
    coming = min((run for run in runs if run is not None), default=None)
    if coming is None or last >= coming:
        return "", coming
    return f"the last copy expires {_length(coming - last)} before the next run is due", coming


def _length(seconds: float) -> str:
    if seconds >= 2 * _DAY:
        return f"{round(seconds / _DAY, 1):g} days"
    return f"{round(seconds / _HOUR, 1):g} h" if seconds >= _HOUR else f"{max(round(seconds / 60), 1)} min"


def _expiries(appraisal: Appraisal) -> list[float]:
    """When the recovery points expire; none where one of them never does, or there is none."""
    copies = [verdict.copy for verdict in appraisal.counting if verdict.restorable]
    expiries = [copy.expires for copy in copies if copy.expires is not None]
    return expiries if len(expiries) == len(copies) else []


def _running(appraisal: Appraisal) -> dict[ScheduleKey, Schedule]:
    evidence = appraisal.evidence
    keys = {cover.schedule for cover in evidence.covers if not cover.gap}
    return {key: schedule for key in keys if (schedule := evidence.schedules.get(key))}


def _lasting(appraisal: Appraisal) -> dict[ScheduleKey, float]:
    """For how long the newest copy of each schedule is kept, in seconds, where that is told."""
    kept: dict[ScheduleKey, float] = {}
    for verdict in appraisal.known:
        copy = verdict.copy
        if copy.schedule and copy.expires is not None:
            kept[copy.schedule] = copy.expires - copy.captured
    return kept


def _gaps(schedules: Mapping[ScheduleKey, Schedule]) -> Iterator[tuple[ScheduleKey, float]]:
    """As if in UTC: that clocks change makes no plan less frequent than it is meant to be."""
    in_utc = ((key, msgspec.structs.replace(schedule, timezone="")) for key, schedule in schedules.items())
    for key, plan in _plans(in_utc):
        yield key, longest_gap(plan)


def _plans(schedules: Iterable[tuple[ScheduleKey, Schedule]]) -> Iterator[tuple[ScheduleKey, Plan]]:
    for key, schedule in schedules:
        try:
            yield key, read_plan(schedule.cron, schedule.timezone, schedule.anchor)
        except PlanError:
            continue
