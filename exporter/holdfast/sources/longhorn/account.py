"""What Longhorn's records say of a claim, of a job and of a replication."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final

import msgspec

from holdfast.model.facts import Claim, Facts, Volume
from holdfast.model.identity import ReplicationKey, ScheduleKey
from holdfast.model.plan import longest_gap, read_plan
from holdfast.model.protection import NOBODY, Coverage, Result, Schedule
from holdfast.model.replication import Replication
from holdfast.sources.contract import Rolls
from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.longhorn.records import (
    DRIVER,
    NAME,
    FarPlan,
    LonghornVolume,
    Membership,
    Mirror,
    Restored,
    kind,
    of_volume,
)
from holdfast.sources.runs.records import Plan, Run, Saved
from holdfast.sources.runs.tool import Tool

_SECOND: Final = 1.0  # the API's times are whole seconds: a run that began with its tick is of that tick
_BEGAN: Final = attrgetter("began")
_ENDED: Final = ("success", "partial", "failure")


class LonghornTool(Tool, frozen=True, kw_only=True):
    """Finds a claim's records by the volume that holds its data. A name of a claim that Longhorn noted may be history."""

    def reach(self, claim: Claim, facts: Facts) -> tuple[Saved, ...]:
        bound = facts.get(Volume, claim.volume) if claim.volume else None
        if bound is None or bound.csi_driver != DRIVER:
            return ()
        volume = facts.get(LonghornVolume, bound.csi_handle)
        return (of_volume(volume.namespace, volume.name), *volume.jobs) if volume else ()

    def cover(self, claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
        """What an earlier volume of that name held is of no claim that stands, however old the claim."""
        told = super().cover(claim, facts, rolls)
        copies = (
            copy if copy.claim_uid else msgspec.structs.replace(copy, claim_uid=NOBODY)
            for copy in told.copies
        )
        return msgspec.structs.replace(told, copies=tuple(copies))


TOOL = LonghornTool(name=NAME)


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    """A job backs up many volumes at once: it has succeeded when all of them have.

    One that no volume is under has nothing to do, and no run of it is missed: it is no plan as long as there is none.
    """
    told, plan = TOOL.schedule(key, facts), facts.get(Plan, *key)
    if told is None or plan is None or _is_idle(plan, facts):
        return None
    ended: list[list[Run]] = []
    saved: list[Run] = []
    runs, cron = facts.linked(Run, "schedule", *key), Cron(told.cron, told.timezone, told.valid)
    for each in _rounds(runs, cron):
        if all(run.outcome in _ENDED for run in each):
            ended.append(each)
            if _result(each) == "success":
                saved = each
                break
    return msgspec.structs.replace(
        told,
        last_success=min((run.began for run in saved), default=None),
        last_result=_result(ended[0]) if ended else "none",
        last_duration=_duration(ended[0]) if ended else None,
    )


def _is_idle(plan: Plan, facts: Facts) -> bool:
    return bool(plan.of) and not any(facts.linked(Membership, "job", *job) for job in plan.of)


def _rounds(runs: Sequence[Run], cron: Cron) -> Iterator[list[Run]]:
    """The runs of each tick, the newest first. Thousands of old runs cost nothing unless their round is asked for."""
    left = sorted(runs, key=_BEGAN)
    while left:
        newest = left[-1].began
        tick = min(planned_start(cron, newest + _SECOND), newest)
        first = bisect_right(left, tick - _SECOND, key=_BEGAN)
        yield left[first:]
        del left[first:]


def _result(runs: Sequence[Run]) -> Result:
    outcomes = {run.outcome for run in runs}
    if outcomes == {"success"}:
        return "success"
    return "partial" if "success" in outcomes else "failure"


def _duration(runs: Sequence[Run]) -> float | None:
    ends = [run.ended for run in runs if run.ended is not None]
    return max(max(ends) - min(run.began for run in runs), 0.0) if ends else None


def replication(key: ReplicationKey, facts: Facts) -> Replication | None:
    """Replicas within the cluster are written at once and have no lag; a standby holds what it has restored."""
    mirror = facts.get(Mirror, *key)
    if mirror is None:
        return None
    told = Replication(
        id=mirror.id,
        health=mirror.health,
        evidence=mirror.evidence,
        why=mirror.why,
        judged=False,
        strange=mirror.strange,
    )
    return _standby(mirror, told, facts) if mirror.source else told


def _standby(mirror: Mirror, told: Replication, facts: Facts) -> Replication:
    """Without a cron to go by, whether it is late cannot be told; of several the one with the longest gap is borne."""
    namespace, name = mirror.id.namespace, mirror.id.name
    points = []
    for restored in facts.linked(Restored, "volume", namespace, name):
        run = facts.get(Run, NAME, kind("Backup"), namespace, restored.backup)
        if run is not None and run.captured is not None:
            points.append(run.captured)
    plans = facts.linked(FarPlan, "volume", namespace, mirror.source, mirror.target)
    crons = (read_cron(cron) for cron in sorted({cron for plan in plans for cron in plan.crons}))
    rarest = max((cron for cron in crons if cron.valid), key=_gap, default=None)
    if told.health == "healthy" and not points:
        told = msgspec.structs.replace(told, health="unknown", why="which backup it holds is not known")
    return msgspec.structs.replace(
        told,
        point=max(points, default=None),
        judged=rarest is not None,
        cron=rarest.text if rarest else "",
        timezone=rarest.timezone if rarest else "",
    )


def _gap(cron: Cron) -> float:
    return longest_gap(read_plan(cron.text, cron.timezone))
