"""What the records of one tool say of a claim, of a schedule and of a place."""

from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from typing import TypeVar

import msgspec

from holdfast.model.facts import Claim, Fact, Facts, Workload
from holdfast.model.identity import Owner, ScheduleKey, TargetKey
from holdfast.model.plan import EVERY
from holdfast.model.protection import (
    Copy,
    Cover,
    Coverage,
    CoverGap,
    Drill,
    Miss,
    Result,
    Schedule,
    Target,
)
from holdfast.sources.belonging import is_templated, owners_of
from holdfast.sources.contract import Rolls
from holdfast.sources.runs.records import Database, Place, PlaceCheck, Plan, Restore, Run, Saved

_R = TypeVar("_R", bound=Fact)
_ORDER = attrgetter("began", "ref")
_RESULTS: dict[str, Result] = {"success": "success", "partial": "partial", "failure": "failure"}


class Tool(msgspec.Struct, frozen=True, kw_only=True):
    """A backup tool whose objects are read into the records of this package.

    ``owners`` (``Kind.group``) and ``labels`` are by what it finds the claims of a database cluster; ``namespaces``
    tells that some of its records speak of whole namespaces. Only these are looked up.
    """

    name: str
    owners: frozenset[str] = frozenset()
    labels: tuple[str, ...] = ()
    namespaces: bool = False

    def cover(self, claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:  # noqa: ARG002 - the contract's signature
        """All that the tool's records say of the claim."""
        reach = self.reach(claim, facts)
        runs = sorted(_found(Run, self.name, reach, facts), key=_ORDER)
        return Coverage(
            source=self.name,
            copies=tuple(self._copies(claim, reach, runs, facts)),
            covers=tuple(_cover(plan) for plan in _found(Plan, self.name, reach, facts)),
            misses=tuple(_misses(claim, reach, runs)),
            drills=tuple(self._drills(claim, reach, runs, facts)),
            awaits=tuple(saved.call for saved in reach if saved.what == "place"),
        )

    def schedule(self, key: ScheduleKey, facts: Facts) -> Schedule | None:
        """The plan and how its runs went; None once the plan's object is gone, whatever runs remain of it."""
        plan = facts.get(Plan, *key)
        if plan is None:
            return None
        runs = sorted(facts.linked(Run, "schedule", *key), key=_ORDER)
        finished = [run for run in runs if run.outcome in _RESULTS]
        going = [run.began for run in runs if run.outcome == "running"]
        return Schedule(
            key=key,
            uid=plan.uid,
            created=plan.created,
            cron=plan.cron,
            timezone=plan.timezone,
            target=plan.target,
            paused=plan.paused,
            valid=plan.valid,
            anchor=_anchor(plan),
            last_success=_newest(plan.last_success, (r.began for r in runs if r.outcome == "success")),
            last_attempt=_newest(plan.last_attempt, (run.began for run in runs)),
            last_duration=_last_duration(finished),
            last_result=_last_result(plan, finished),
            running_since=min(going, default=plan.running_since),
        )

    def target(self, key: TargetKey, facts: Facts) -> Target | None:
        place = facts.get(Place, *key)
        if place is None:
            return None
        check = facts.get(PlaceCheck, *key)
        return Target(key=key, available=place.available, checked=check.checked if check else None)

    def reach(self, claim: Claim, facts: Facts) -> tuple[Saved, ...]:
        """Everything by which a record of this tool may mean the claim."""
        namespace, name = claim.ref
        reach = [Saved("claim", namespace, "", name)]
        reach.extend(
            Saved("label", namespace, label, value)
            for label in self.labels
            if (value := claim.labels.get(label))
        )
        if self.owners:
            reach.extend(
                Saved("owner", namespace, kind, owner.name)
                for owner in owners_of(claim, facts)
                if (kind := _qualified(owner)) in self.owners
            )
        if self.namespaces:
            reach.append(Saved("namespace", namespace))
        return tuple(dict.fromkeys(reach))

    def _copies(
        self, claim: Claim, reach: Sequence[Saved], runs: Sequence[Run], facts: Facts
    ) -> Iterator[Copy]:
        births = {saved: self._birth(claim, saved, facts) for saved in reach}
        base: Copy | None = None
        for run in runs:
            by = [saved for saved in run.of if saved in births]
            if run.outcome not in ("success", "partial") or not by or _all_missed(run, reach):
                continue
            shared = [birth for saved in by if (birth := births[saved]) is not None]
            inherited = claim.uid if any(run.time >= birth for birth in shared) else ""
            copy = _copy(claim, run, run.claim_uid or inherited)
            yield copy
            if inherited and copy.ready and (base is None or copy.captured >= base.captured):
                base = copy
        if base is not None:
            yield from self._log_copies(base, reach, facts)

    def _log_copies(self, base: Copy, reach: Sequence[Saved], facts: Facts) -> Iterator[Copy]:
        """Log archiving over a base backup: of several clusters with one claim, which is a mistake, the first tells."""
        for database in _found(Database, self.name, reach, facts)[:1]:
            broke = database.log_broke
            if database.log == "running":
                yield msgspec.structs.replace(base, log="running", evidence=database.ref, size=None)
            elif database.log == "broken" and broke is not None and broke > base.captured:
                yield msgspec.structs.replace(
                    base, log="broken", captured=broke, evidence=database.ref, size=None
                )

    def _birth(self, claim: Claim, saved: Saved, facts: Facts) -> float | None:
        """Since when the backups of a database cluster are this claim's; None where they are the claim's alone.

        Without an object of the cluster its age is that of the oldest thing of it that stands.
        """
        if saved.what not in ("owner", "label"):
            return None
        databases = facts.linked(Database, self.name, *saved)
        if databases:
            return min(0.0 if each.carries_on else each.created for each in databases)
        siblings = (
            other.created
            for other in facts.linked(Claim, "namespace", saved.namespace)
            if saved.what == "label" and other.labels.get(saved.key) == saved.name
        )
        makers = (
            maker.created
            for maker in facts.linked(Workload, "claim-templates", saved.namespace)
            if is_templated(claim, maker)
        )
        return min((claim.created, *siblings, *makers))

    def _drills(
        self, claim: Claim, reach: Sequence[Saved], runs: Sequence[Run], facts: Facts
    ) -> Iterator[Drill]:
        restores = {each.key: each for each in _found(Restore, self.name, reach, facts)}
        points = {run.ref: run.time for run in runs}
        for run in runs:
            for restore in facts.linked(Restore, self.name, "run", *run.ref):
                if not restore.of:
                    restores[restore.key] = restore
        births = [birth for saved in reach if (birth := self._birth(claim, saved, facts)) is not None]
        for key in sorted(restores):
            restore = restores[key]
            if restore.outcome not in _RESULTS or restore.ended is None:
                continue
            shared = any(saved.what in ("owner", "label") for saved in restore.of)
            began = restore.ended if restore.started is None else restore.started
            known = points.get(restore.run) if restore.run else None
            yield Drill(
                source=self.name,
                claim=claim.ref,
                success=restore.outcome == "success",
                ended=restore.ended,
                started=restore.started,
                point=known if restore.point is None else restore.point,
                evidence=restore.ref,
                claim_uid=claim.uid if shared and births and began >= min(births) else "",
            )


def _qualified(owner: Owner) -> str:
    return f"{owner.kind}.{owner.group}" if owner.group else owner.kind


def _found(kind: type[_R], source: str, reach: Iterable[Saved], facts: Facts) -> list[_R]:
    """The records that are about any of these, each once, in the order of their keys."""
    found = {record.key: record for saved in reach for record in facts.linked(kind, source, *saved)}
    return [found[key] for key in sorted(found)]


def _all_missed(run: Run, reach: Sequence[Saved]) -> bool:
    return any(saved in reach for saved in run.missed)


def _copy(claim: Claim, run: Run, claim_uid: str) -> Copy:
    return Copy(
        source=run.source,
        claim=claim.ref,
        captured=run.time,
        placement=run.placement,
        consistency=run.consistency,
        evidence=run.ref,
        claim_uid=claim_uid,
        size=run.size,
        expires=run.expires,
        target=run.target,
        schedule=run.schedule,
        inferred=run.inferred,
        ready=run.ready,
    )


def _cover(plan: Plan) -> Cover:
    gap: CoverGap = "paused" if plan.paused else ""
    return Cover(
        schedule=plan.schedule,
        target=plan.target,
        placement=plan.placement,
        consistency=plan.consistency,
        gap=gap if plan.valid else "invalid",
    )


def _misses(claim: Claim, reach: Sequence[Saved], runs: Iterable[Run]) -> Iterator[Miss]:
    for run in runs:
        if run.began < claim.created:
            continue
        if run.outcome == "failure":
            yield Miss(schedule=run.schedule, time=run.began, cause="failed", evidence=run.ref)
        elif run.outcome in ("success", "partial") and _all_missed(run, reach):
            yield Miss(schedule=run.schedule, time=run.began, cause="not-captured", evidence=run.ref)


def _anchor(plan: Plan) -> float | None:
    if not plan.cron.startswith(EVERY):
        return None
    return plan.created if plan.anchor is None else plan.anchor


def _newest(known: float | None, times: Iterable[float]) -> float | None:
    return max((*times, *(() if known is None else (known,))), default=None)


def _last_duration(finished: Sequence[Run]) -> float | None:
    durations = [run.ended - run.began for run in finished if run.ended is not None]
    return max(durations[-1], 0.0) if durations else None


def _last_result(plan: Plan, finished: Sequence[Run]) -> Result:
    """The success that a plan remembers may be newer than any run that is left of it."""
    last = finished[-1] if finished else None
    if plan.last_success is not None and (last is None or last.began < plan.last_success):
        return "success"
    return _RESULTS[last.outcome] if last else "none"
