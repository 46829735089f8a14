"""Judgement of schedules: what was due, what was missed, what comes next."""

from typing import NamedTuple

from holdfast.model.judgement import ScheduleJudgement
from holdfast.model.plan import PlanError, read_plan
from holdfast.model.protection import Schedule

_LONGEST = 200  # characters of a cron that are shown; what is longer is a mistake


def assess_schedule(schedule: Schedule, remembered_success: float | None, now: float) -> ScheduleJudgement:
    """Runs are due by the real cron. Missed ones go on counting while the schedule is paused.

    A success that is a little ahead of our clock counts as of now; one that is further ahead counts when its time comes.
    ``remembered_success`` is the newest success known from history, for the time when its objects are gone.
    """
    known = [time for time in (schedule.last_success, remembered_success) if time is not None]
    successes = [min(time, now) for time in known if time <= now + CLOCKS]
    coming = [time for time in known if time > now + CLOCKS]
    last_success = max(successes, default=None)
    rota = _rota(schedule, last_success, now)
    return ScheduleJudgement(
        key=schedule.key,
        cron=schedule.cron[:_LONGEST],
        target=schedule.target,
        paused=schedule.paused,
        last_success=last_success,
        last_attempt=schedule.last_attempt,
        last_duration=schedule.last_duration,
        last_result=schedule.last_result,
        running_since=schedule.running_since,
        next_run=None if schedule.paused or not schedule.valid else rota.following,
        due=rota.due,
        missed=rota.missed,
        until=min((time for time in (rota.following, *coming) if time is not None), default=None),
    )


CLOCKS = 60.0  # seconds by which two clocks may differ


class _Rota(NamedTuple):
    """What the plan says at one instant; all None where it cannot be read."""

    due: float | None = None
    missed: int | None = None
    following: float | None = None


def _rota(schedule: Schedule, last_success: float | None, now: float) -> _Rota:
    try:
        plan = read_plan(schedule.cron, schedule.timezone, schedule.anchor)
    except PlanError:
        return _Rota()
    due = plan.before(now)
    if due is not None and due <= schedule.created:
        due = None
    since = last_success if last_success is not None else schedule.created
    missed = plan.due(since, now) if since < now else 0  # made in the future, maybe at the calendar's end
    running = schedule.running_since
    if missed and running is not None and running > (last_success or schedule.created):
        missed -= 1  # the run now in progress may yet succeed
    return _Rota(due=due, missed=missed, following=plan.after(now))
