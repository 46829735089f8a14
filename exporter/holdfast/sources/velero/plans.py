"""Velero's schedules and locations: when runs are due, how they went, and whether copies can be reached."""

from collections.abc import Iterable

from holdfast.model.facts import Facts
from holdfast.model.identity import ScheduleKey, TargetKey
from holdfast.model.plan import EVERY
from holdfast.model.protection import Result, Schedule, Target
from holdfast.sources.velero.records import Location, LocationCheck, Place, Plan, PlanClock, Run

_SERVER_DEFAULT = "default"  # the name that Velero's server falls back to

_RESULTS: dict[str, Result] = {"completed": "success", "partial": "partial", "failed": "failure"}


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    """None once the Schedule is gone, whatever backups remain of it.

    Backups of another cluster in the same bucket may carry its name, and are no runs of it.
    """
    plan = facts.get(Plan, key.namespace, key.name)
    if plan is None:
        return None
    clock = facts.get(PlanClock, key.namespace, key.name)
    runs = sorted(facts.linked(Run, "schedule", *key), key=lambda run: (run.time, run.name))
    finished = [run for run in runs if run.stage in _RESULTS]
    return Schedule(
        key=key,
        uid=plan.uid,
        created=plan.created,
        cron=plan.cron,
        timezone=plan.timezone,
        target=plan.target or usual_target(key.namespace, facts),
        paused=plan.paused,
        valid=plan.valid,
        anchor=clock.anchor if clock and plan.cron.startswith(EVERY) else None,
        last_success=_last_success(finished),
        last_attempt=runs[-1].time if runs else None,
        last_duration=_last_duration(finished),
        last_result=_RESULTS[finished[-1].stage] if finished else "none",
        running_since=next((run.time for run in runs if run.stage == "running"), None),
    )


def _last_success(finished: Iterable[Run]) -> float | None:
    starts = (run.started for run in finished if run.stage == "completed" and run.started is not None)
    return max(starts, default=None)


def _last_duration(finished: Iterable[Run]) -> float | None:
    """That of the newest run that came to its own end: a Failed one may end only when Velero restarts."""
    durations = [
        run.ended - run.started
        for run in finished
        if run.stage != "failed" and run.started is not None and run.ended is not None
    ]
    return durations[-1] if durations else None


def target(key: TargetKey, facts: Facts) -> Target | None:
    location = facts.get(Location, key.namespace, key.name) or facts.get(Place, key.namespace, key.name)
    if location is None:
        return None
    check = facts.get(LocationCheck, key.namespace, key.name)
    return Target(
        key=key,
        available=location.available,
        checked=check.checked if check else None,
        region=location.region if isinstance(location, Location) else "",
    )


def usual_target(namespace: str, facts: Facts) -> str:
    """The location that Velero takes where none is named; empty where there is none."""
    own = [location for location in facts.all(Location) if location.target.namespace == namespace]
    marked = sorted(location.target.name for location in own if location.default)
    if marked:
        return marked[0]
    return _SERVER_DEFAULT if any(location.target.name == _SERVER_DEFAULT for location in own) else ""
