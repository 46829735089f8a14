"""How each kind of subject is judged: gathers what bears on it and hands it to the assessment. Keeps no result."""

from collections.abc import Callable, Mapping, Sequence

from holdfast.app.capacities import Capacities
from holdfast.app.costs import Costs
from holdfast.app.gauging import Gauges
from holdfast.app.rolls import ScopeRolls
from holdfast.app.scratches import SCRATCH_JUDGES
from holdfast.assessment.claim import Protectors, assess_claim
from holdfast.assessment.filling import Gauge, assess_backend, assess_filling, claims_at
from holdfast.assessment.findings import assess_annotated
from holdfast.assessment.lifecycle import assess_attachment, assess_volume
from holdfast.assessment.objectives import resolve_objective
from holdfast.assessment.replication import assess_replication
from holdfast.assessment.schedules import assess_schedule
from holdfast.assessment.setting import Setting
from holdfast.assessment.snapshots import assess_content, assess_snapshot
from holdfast.assessment.workloads import workloads_of
from holdfast.inventory import Inventory
from holdfast.model.facts import NO_ANNOTATIONS, Attachment, Claim, Pod, Volume, Workload
from holdfast.model.identity import (
    BACKEND,
    FILLING,
    ClaimRef,
    ObjectRef,
    ReplicationKey,
    ScheduleKey,
    Subject,
    TargetKey,
)
from holdfast.model.judgement import Judgement, ScheduleJudgement, TargetJudgement
from holdfast.model.observation import Observation
from holdfast.model.protection import Coverage, Schedule, Target
from holdfast.model.replication import Replication
from holdfast.model.setup import Annotated
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.model.surroundings import Namespace
from holdfast.sources.contract import Source

Verdict = tuple[Judgement | None, tuple[Observation, ...]]
"""None: the subject is gone."""

_Judge = Callable[[tuple[str, ...], Setting], Verdict]


class Judging:
    """Judges one subject at a time. Plans and places are built once and kept until something touches them."""

    def __init__(
        self, sources: Sequence[Source], facts: Inventory, rolls: ScopeRolls, gauges: Gauges
    ) -> None:
        self._sources = {source.name: source for source in sources}
        self._covering = [(source.name, source.cover) for source in sources if source.cover]
        self._scoping = [source for source in sources if source.scopes]
        self._facts = facts
        self._rolls = rolls
        self._gauges = gauges
        self._schedules: dict[ScheduleKey, Schedule | None] = {}
        self._targets: dict[TargetKey, Target | None] = {}
        self._told: dict[ScheduleKey, Schedule | None] = {}  # as the claims were told of it
        self._resting: dict[ScheduleKey, set[ClaimRef]] = {}
        self._rests: dict[ClaimRef, frozenset[ScheduleKey]] = {}
        self.capacities = Capacities(facts, gauges)
        self.costs = Costs(facts, gauges)
        self._judges: Mapping[str, _Judge] = {
            **self.capacities.judges,
            **self.costs.judges,
            **SCRATCH_JUDGES,
            "claim": self._claim,
            "volume": self._volume,
            "snapshot": self._snapshot,
            "content": self._content,
            "attachment": self._attachment,
            "schedule": self._schedule,
            "target": self._target,
            "replication": self._replication,
            "annotated": self._annotated,
            FILLING: self._filling,
            BACKEND: self._backend,
        }

    def judge(self, subject: Subject, setting: Setting) -> Verdict:
        self.costs.begin(setting.policy)
        judge = self._judges.get(subject.noun)  # some subjects, nodes among them, only pass a touch on
        return judge(subject.key, setting) if judge else (None, ())

    def enroll(self, key: tuple[str, ...], now: float) -> None:
        """Notes which scopes of backup runs select the claim now."""
        claim = self._facts.get(Claim, *key)
        scopes: list[tuple[str, ...]] = []
        if claim:
            for source in self._scoping:
                scopes.extend(source.scopes(claim, self._facts) if source.scopes else ())
        created = claim.created if claim else 0.0
        self._rolls.enroll(ClaimRef(*key), created, scopes, now)

    def forget(self, subject: Subject) -> None:
        """The plan or place may have changed."""
        self.capacities.forget(subject)
        self.costs.forget(subject)
        if subject.noun == "schedule":
            self._schedules.pop(ScheduleKey(*subject.key), None)
        elif subject.noun == "target":
            self._targets.pop(TargetKey(*subject.key), None)

    def coverages(self, claim: Claim) -> tuple[Coverage, ...]:
        """What every source of which any record stands says of the claim."""
        facts, rolls = self._facts, self._rolls
        return tuple([cover(claim, facts, rolls) for name, cover in self._covering if facts.speaks(name)])

    def protectors(self, claim: Claim) -> Protectors:
        coverages = self.coverages(claim)
        keys = {cover.schedule for coverage in coverages for cover in coverage.covers}
        keys.update(copy.schedule for coverage in coverages for copy in coverage.copies if copy.schedule)
        targets = {copy.target for coverage in coverages for copy in coverage.copies if copy.target}
        return Protectors(
            coverages=coverages,
            schedules={key: self.schedule(key) for key in keys},
            targets={key: self.target(key) for key in targets},
        )

    def resting(self, key: ScheduleKey) -> list[Subject]:
        """The claims of which something was said on behalf of the schedule."""
        return [Subject("claim", ref) for ref in self._resting.get(key, ())]

    def misinformed(self, key: ScheduleKey) -> list[Subject]:
        """The claims that were told of the schedule as it no longer is."""
        now = self.schedule(key)
        if key not in self._told or self._told[key] == now:
            return []
        self._told[key] = now
        return self.resting(key)

    def _rest(self, ref: ClaimRef, schedules: Mapping[ScheduleKey, Schedule | None]) -> None:
        for key, schedule in schedules.items():
            # until the schedule itself is judged, others still know the old one
            self._told.setdefault(key, schedule)
        now, before = frozenset(schedules), self._rests.get(ref, frozenset())
        if now == before:
            return
        for key in before - now:
            self._resting[key].discard(ref)
            if not self._resting[key]:  # keys of restores and places come and go for ever
                del self._resting[key]
                self._told.pop(key, None)
        for key in now - before:
            self._resting.setdefault(key, set()).add(ref)
        if now:
            self._rests[ref] = now
        else:
            del self._rests[ref]

    def schedule(self, key: ScheduleKey) -> Schedule | None:
        if key not in self._schedules:
            source = self._sources[key.source]
            self._schedules[key] = source.schedule(key, self._facts) if source.schedule else None
        return self._schedules[key]

    def target(self, key: TargetKey) -> Target | None:
        if key not in self._targets:
            source = self._sources[key.source]
            self._targets[key] = source.target(key, self._facts) if source.target else None
        return self._targets[key]

    def _claim(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        claim = self._facts.get(Claim, *key)
        if claim is None:
            self._rest(ClaimRef(*key), {})
            return None, ()
        protectors = self.protectors(claim)
        awaited = {key: None for coverage in protectors.coverages for key in coverage.awaits}
        self._rest(claim.ref, {**awaited, **protectors.schedules})
        return assess_claim(claim, protectors, setting)

    def _volume(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        volume = self._facts.get(Volume, *key)
        return (assess_volume(volume, self._facts, setting.sight) if volume else None), ()

    def _snapshot(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        snapshot = self._facts.get(Snapshot, *key)
        return (assess_snapshot(snapshot, self._facts, setting.sight) if snapshot else None), ()

    def _content(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        content = self._facts.get(SnapshotContent, *key)
        return (assess_content(content, self._facts, setting.sight, setting.now) if content else None), ()

    def _attachment(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        attachment = self._facts.get(Attachment, *key)
        return (
            assess_attachment(attachment, self._facts, setting.sight, setting.now) if attachment else None
        ), ()

    def _schedule(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        schedule = self.schedule(ScheduleKey(*key))
        if schedule is None:
            return None, ()
        uid = _remembered_as(schedule)
        notes = self._facts.remembered("schedule_success", uid)
        noted = notes[-1].time if notes else None
        judgement: ScheduleJudgement = assess_schedule(schedule, noted, setting.now)
        newest = judgement.last_success
        told = newest is not None and newest != noted
        return judgement, (Observation("schedule_success", uid, newest),) if told and newest else ()

    def _target(self, key: tuple[str, ...], _: Setting) -> Verdict:
        target = self.target(TargetKey(*key))
        if target is None:
            return None, ()
        return TargetJudgement(key=target.key, available=target.available, checked=target.checked), ()

    def replication(self, key: ReplicationKey) -> Replication | None:
        """As the source builds it, or else as a feed read it."""
        source = self._sources.get(key.source)
        if source and source.replication:
            return source.replication(key, self._facts)
        return self._facts.get(Replication, *key)

    def _replication(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        replication = self.replication(ReplicationKey(*key))
        if replication is None:
            return None, ()
        facts, now = setting.facts, setting.now
        claim = facts.get(Claim, replication.id.namespace, replication.id.claim)
        objective = None
        if claim is not None:
            _, workloads = workloads_of(claim, facts.linked(Pod, "claim", *claim.ref), facts)
            namespace = facts.get(Namespace, claim.ref.namespace)
            objective = resolve_objective(claim, workloads, namespace, setting.policy, now).objective
        dark = replication.id.source in setting.sight.dark
        return assess_replication(replication, objective, dark=dark, now=now), ()

    def _annotated(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        kind, namespace, name = key
        held: Namespace | Workload | Annotated | None
        if kind == "Namespace":
            held = self._facts.get(Namespace, name)
        else:
            held = self._facts.get(Workload, *key) or self._facts.get(Annotated, *key)
        if held is None or held.annotations == NO_ANNOTATIONS:
            return None, ()
        return assess_annotated(
            held.annotations, ObjectRef(kind, namespace, name), setting.policy, setting.now
        ), ()

    def _filling(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        claim = self._facts.get(Claim, *key)
        if claim is None:
            return None, ()
        return assess_filling(claim, self._gauges.of(claim), self._gauges.asked, setting), ()

    def _backend(self, key: tuple[str, ...], setting: Setting) -> Verdict:
        name = key[0]
        members = sorted({*claims_at(name, self._facts), *self._gauges.members(name)})
        return assess_backend(name, members, self._gauge, setting.now), ()

    def _gauge(self, ref: ClaimRef) -> Gauge:
        claim = self._facts.get(Claim, *ref)
        return Gauge() if claim is None else self._gauges.of(claim)


def _remembered_as(schedule: Schedule) -> str:
    """An object with several plans (``<object>/<plan>``) has one uid for all of them."""
    part = schedule.key.name.partition("/")[2]
    return f"{schedule.uid}/{part}" if part and schedule.uid else schedule.uid
