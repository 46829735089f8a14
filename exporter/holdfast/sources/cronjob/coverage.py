"""What the runs of CronJobs say of a claim and of a schedule."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from holdfast.model.annotation import Protected
from holdfast.model.facts import Claim, Facts, Workload
from holdfast.model.identity import ObjectRef, Owner, ScheduleKey
from holdfast.model.plan import EVERY
from holdfast.model.protection import Copy, Cover, Coverage, CoverGap, Drill, Miss, Result, Schedule
from holdfast.sources.belonging import is_templated, owners_of
from holdfast.sources.contract import Rolls
from holdfast.sources.cronjob.records import NAME, Dump, DumpClock, DumpRun, Exercise

_L = TypeVar("_L", Dump, Exercise)


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:  # noqa: ARG001 - the contract's signature
    copies: list[Copy] = []
    covers: list[Cover] = []
    misses: list[Miss] = []
    for dump in _listing(Dump, claim, facts):
        runs = _runs_of(dump, facts)
        copies.extend(_copies(claim, dump, runs))
        gap: CoverGap = "paused" if dump.suspended else ""
        covers.append(
            Cover(
                schedule=dump.schedule,
                target="",
                placement=dump.placement,
                consistency=dump.consistency,
                gap=gap if dump.valid else "invalid",
            )
        )
        misses.extend(
            Miss(schedule=dump.schedule, time=run.time, cause="failed", evidence=run.ref)
            for run in runs
            if run.stage == "failure" and run.time >= claim.created
        )
    exercises = _listing(Exercise, claim, facts)
    return Coverage(
        source=NAME,
        copies=tuple(copies),
        covers=tuple(covers),
        misses=tuple(misses),
        drills=tuple(drill for exercise in exercises for drill in _drills(claim, exercise, facts)),
        awaits=tuple(exercise.schedule for exercise in exercises if exercise.schedule.name),
    )


def _drills(claim: Claim, exercise: Exercise, facts: Facts) -> Iterator[Drill]:
    """Each finished run that can still be seen, and the success that a CronJob remembers of a Job that is gone."""
    runs = _runs_of(exercise, facts) if exercise.schedule.name else []
    known = exercise.ended is None or exercise.success is None
    for run in runs:
        if run.stage in _RESULTS and run.ended is not None:
            known = known or run.ended == exercise.ended
            yield _drill(claim, run.ref, run.stage == "success", run.time, run.ended)
    if not known and exercise.ended is not None:
        yield _drill(claim, exercise.ref, bool(exercise.success), exercise.started, exercise.ended)


def _drill(claim: Claim, ref: ObjectRef, success: bool, started: float | None, ended: float) -> Drill:
    """Which copy was restored is not told."""
    return Drill(
        source=NAME,
        claim=claim.ref,
        success=success,
        started=started,
        ended=ended,
        point=None,
        evidence=ref,
    )


def _copies(claim: Claim, dump: Dump, runs: Sequence[DumpRun]) -> Iterator[Copy]:
    for captured, evidence in _successes(dump, runs):
        yield Copy(
            source=NAME,
            claim=claim.ref,
            captured=captured,
            placement=dump.placement,
            consistency=dump.consistency,
            evidence=evidence,
            schedule=dump.schedule,
        )


def _successes(dump: Dump, runs: Sequence[DumpRun]) -> Iterator[tuple[float, ObjectRef]]:
    """When each success that can still be seen began, and the object that tells."""
    good = [run for run in runs if run.stage == "success"]
    yield from ((run.time, run.ref) for run in good)
    if dump.last_success is None or dump.captured is None:
        return
    if not any(run.ended is not None and run.ended >= dump.last_success for run in good):
        yield dump.captured, dump.ref


def _runs_of(dump: Dump | Exercise, facts: Facts) -> list[DumpRun]:
    """The Jobs of this CronJob, and of no earlier one of its name; the oldest first."""
    runs = facts.linked(DumpRun, "cronjob", dump.schedule.namespace, dump.schedule.name)
    own = (run for run in runs if not run.cronjob_uid or not dump.uid or run.cronjob_uid == dump.uid)
    return sorted(own, key=lambda run: (run.time, run.name))


def _listing(kind: type[_L], claim: Claim, facts: Facts) -> list[_L]:
    """The records of this type that list the claim, in the order of their keys."""
    named = facts.linked(kind, "claim", *claim.ref)
    wide = facts.linked(kind, "namespace", claim.ref.namespace)
    found = {record.key: record for record in named}
    if wide:
        owners = owners_of(claim, facts)
        found.update((record.key, record) for record in wide if _lists(record, claim, owners, facts))
    return [found[key] for key in sorted(found)]


def _lists(record: Dump | Exercise, claim: Claim, owners: Sequence[Owner], facts: Facts) -> bool:
    for item in record.items:
        if item.namespace != claim.ref.namespace:
            continue
        match item.what:
            case "claim":
                if item.prefix and claim.ref.name.startswith(item.name):
                    return True
            case "statefulset":
                workload = facts.get(Workload, "StatefulSet", item.namespace, item.name)
                if workload is not None and is_templated(claim, workload):
                    return True
            case "object":
                if any(_is_item(owner, item) for owner in owners):
                    return True
    return False


def _is_item(owner: Owner, item: Protected) -> bool:
    return (owner.kind.lower(), owner.group, owner.name) == (item.kind, item.group, item.name)


_RESULTS: dict[str, Result] = {"success": "success", "failure": "failure"}


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    dump = facts.get(Dump, key.namespace, key.name)
    if dump is None:
        return None
    runs = _runs_of(dump, facts)
    clock = facts.get(DumpClock, key.namespace, key.name)
    attempts = [run.time for run in runs] + ([clock.last_scheduled] if clock else [])
    finished = [run for run in runs if run.stage in _RESULTS]
    durations = [run.ended - run.time for run in finished if run.ended is not None]
    return Schedule(
        key=key,
        uid=dump.uid,
        created=dump.created,
        cron=dump.cron,
        timezone=dump.timezone,
        paused=dump.suspended,
        valid=dump.valid,
        anchor=dump.created if dump.cron.startswith(EVERY) else None,
        last_success=max((time for time, _ in _successes(dump, runs)), default=None),
        last_attempt=max(attempts, default=None),
        last_duration=durations[-1] if durations else None,
        last_result=_last_result(dump, finished),
        running_since=next((run.time for run in runs if run.stage == "running"), None),
    )


def _last_result(dump: Dump, finished: Sequence[DumpRun]) -> Result:
    """The success that the CronJob remembers may be newer than any Job that is left."""
    last = finished[-1] if finished else None
    if dump.last_success is not None and (last is None or (last.ended or last.time) < dump.last_success):
        return "success"
    return _RESULTS[last.stage] if last else "none"
