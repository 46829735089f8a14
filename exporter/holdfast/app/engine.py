"""From what the cluster says to what is served: takes in changes, judges what they touch, keeps the text ready.

Synchronous and without I/O. Time comes in as an argument; the caller decides how long one slice of judging may take.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from holdfast.app.consequences import Consequences, backends_of
from holdfast.app.following import claim_subjects, dependents
from holdfast.app.gauging import Gauges, kept_as
from holdfast.app.judging import Judging
from holdfast.app.lookout import FeedId, Lookout
from holdfast.app.rolls import ScopeRolls
from holdfast.app.scratches import SUMMARIES
from holdfast.app.surveying import Surveys
from holdfast.app.upkeep import Upkeep
from holdfast.assessment.setting import Setting
from holdfast.assessment.sharing import Candidate
from holdfast.assessment.sight import assess_sight, unseen
from holdfast.history.memory import Memory
from holdfast.history.usage import UsageHistory
from holdfast.inventory import Inventory
from holdfast.metrics.board import Board
from holdfast.metrics.catalogue import RENDERED
from holdfast.model.capacity import FIXED_FACTOR, ExpansionJudgement
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.facts import Claim, Fact, Volume
from holdfast.model.feed import Feed, FeedState
from holdfast.model.filling import FillingJudgement
from holdfast.model.health import FeedHealth, Sight
from holdfast.model.identity import (
    ANNOTATED,
    CLAIM,
    CLASS,
    EXPANSION,
    FILLING,
    POOL,
    QUOTA,
    TOUCH_ALL,
    TOUCH_CLASS,
    TOUCH_NAMESPACE,
    TOUCH_SCHEDULED,
    TOUCH_SOURCE,
    ClaimRef,
    ObjectKey,
    ScheduleKey,
    Subject,
    Touch,
)
from holdfast.model.judgement import (
    ClaimJudgement,
    Judgement,
    ReplicationJudgement,
    SourceJudgement,
)
from holdfast.model.observation import Observation
from holdfast.model.policy import BUILTIN_FULL_WITHIN, Policy
from holdfast.model.usage import UsageSample
from holdfast.sources.contract import Source

_KEY = attrgetter("key")
_SIGHT = Subject("sight", ())
_OBJECTS = frozenset({"objects"})
_WATCHING = frozenset({"watching"})
_OF_A_SOURCE = frozenset({"schedule", "replication"})


class Engine:
    """Implements what ``holdfast.model.feed.Sink`` asks, but for the time of each call and the counting of errors.

    ``remember`` is handed every new observation, to be made durable; ``changed`` every subject whose judgement has become
    another, or is gone. ``complete`` is True from the first full judgement on.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        policy: Policy,
        *,
        memory: Memory | None = None,
        history: UsageHistory | None = None,
    ) -> None:
        self.policy = policy
        self.memory = memory or Memory()
        self.facts = Inventory(self.memory.remembered)
        self.remember: Callable[[Observation], None] = lambda _: None
        self.changed: Callable[[Subject], None] = lambda _: None
        self._rolls = ScopeRolls()
        self.gauges = Gauges(
            UsageHistory(keep="max") if history is None else history,
            lambda ref: self.facts.get(Claim, *ref),
            lambda name: self.facts.get(Volume, name),
        )
        self._judging = Judging(sources, self.facts, self._rolls, self.gauges)
        self._board = Board(RENDERED, deny=policy.deny)
        self._upkeep = Upkeep()
        self._enrolling: dict[tuple[str, ...], None] = {}
        self._protecting = {source.name: source.needs for source in sources if source.protects}
        feeds = [feed for source in sources for feed in source.feeds]
        self.lookout = Lookout(feeds, changed=lambda: self._upkeep.touch([_SIGHT]))
        self._of_source: dict[str, dict[Subject, None]] = {}
        self._judgements: dict[Subject, Judgement] = {}
        self._consequences = Consequences(
            self._board, self.facts, self._judging.capacities.provisions, self._judgements
        )
        self.surveys = Surveys(self.facts, policy, self._board, self._judgements.get)
        self.sight = Sight()
        self.judged = 0
        self.complete = False
        self._upkeep.touch([_SIGHT])

    # what the cluster says

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        records = feed.read(obj)
        self.lookout.decoded(feed.id, key, records)
        self._changed(feed, self.facts.put(feed.id, key, records))

    def drop(self, feed: Feed, key: ObjectKey) -> None:
        self.lookout.decoded(feed.id, key, ())
        self._changed(feed, self.facts.drop(feed.id, key))

    def _changed(self, feed: Feed, touches: Collection[Touch]) -> None:
        if touches:
            self._touch(touches)
            self.surveys.touch(feed.kind)

    def undecodable(self, feed: Feed, key: ObjectKey) -> None:
        self.lookout.undecodable(feed.id, key)

    def alive(self, feed: Feed, now: float) -> None:
        self.lookout.alive(feed.id, now)

    def state(self, feed: Feed, state: FeedState, message: str, now: float) -> None:
        self.lookout.state(feed.id, state, message, now)

    def measured(self, target: FeedId, records: Sequence[Fact], now: float) -> None:
        """A target that is asked for figures gave these."""
        self.asked(target, "", now)
        self._touch(self.facts.put(target, ObjectKey("", target[1]), records))

    def expect(self, target: FeedId, records: Sequence[Fact]) -> None:
        """What stands for a target that has not answered yet."""
        self._touch(self.facts.put(target, ObjectKey("", target[1]), records))

    def unmeasured(self, target: FeedId, message: str, now: float) -> None:
        """It gave none; what was measured before stands for as long as its records say."""
        self.asked(target, message, now)

    def asked(self, target: FeedId, fault: str, now: float) -> None:
        """A target was asked; with an empty ``fault`` it answered."""
        self.lookout.asked(target, "failing" if fault else "up", fault, now)

    def switched_off(self, source: Source) -> None:
        """The configuration has the source off: it is shown, and nothing is asked of it."""
        self.lookout.switched_off(source.feeds)

    def note(self, observation: Observation) -> None:
        """Remembers, here and durably, what objects will forget."""
        known = observation.uid or observation.kind == "alive"  # without a uid it would be said of all
        if known and self.memory.add(observation):
            self.remember(observation)
            if observation.kind == "reattach":
                self.surveys.checklists.touch_all()

    # what is measured

    def take_usage(self, samples: Iterable[UsageSample], now: float) -> None:
        """Samples of any origin; those that are of no claim which lives now are left."""
        self._touch_fillings(self.gauges.take(samples, now))

    def remind(self) -> None:
        """All forecasts are due: a history was read, or filled."""
        self.gauges.remind(self.facts.all(Claim))

    def foretell(self, now: float) -> bool:
        """Makes the forecasts of one slice of those claims that are due; False when none was."""
        told = self.gauges.foretell(now, self.near)
        shared = backends_of(self._judgements.get(subject) for subject in told)  # theirs is the forecast
        self._upkeep.touch([*told, *shared])
        return bool(told)

    def near(self, subject: Subject) -> float:
        """How near full is near, in seconds; for a claim that cannot grow it is so earlier."""
        claim = self._judgements.get(Subject(CLAIM, subject.key))
        asked = claim.objective.full_within if isinstance(claim, ClaimJudgement) else None
        expansion = self._judgements.get(Subject(EXPANSION, subject.key))
        fixed = isinstance(expansion, ExpansionJudgement) and expansion.reason
        return (BUILTIN_FULL_WITHIN if asked is None else asked) * (FIXED_FACTOR if fixed else 1.0)

    def sharers(self) -> dict[Candidate, ClaimRef]:
        """The claims that may share a space, though no object says so."""
        claims = (claim for claim in self.facts.all(Claim) if claim.volume)
        return self.gauges.candidates((claim, self.facts.get(Volume, claim.volume)) for claim in claims)

    def regroup(self, candidates: Mapping[Candidate, ClaimRef], shared: Mapping[str, str]) -> None:
        """It was found which of these share which space."""
        self._touch_fillings(self.gauges.regroup(candidates, shared))

    def take_rooms(self, now: float) -> None:
        """Keeps how far quotas and pools are used, and lets go of the usage of what is gone."""
        rooms = [item for item in self._judgements.items() if item[0].noun in (QUOTA, POOL)]
        dark = {health.kind for health in self.feeds if health.state != "up"}
        measured = self._judging.capacities.measure(rooms, now, dark)
        if self.sight.claims:
            self.gauges.forget([*map(kept_as, self.facts.all(Claim)), *measured])

    def summarised(self, summary: NodeSummary) -> None:
        """What the kubelet of a node told of its disks and pods; it stands until it tells anew, or the node goes."""
        self._touch(self.facts.put(SUMMARIES, ObjectKey("", summary.node), (summary,)))

    def keep_summaries(self, nodes: Collection[str]) -> None:
        """These are all nodes that there are: what was told of others is let go."""
        for node in {summary.node for summary in self.facts.all(NodeSummary)}.difference(nodes):
            self._touch(self.facts.drop(SUMMARIES, ObjectKey("", node)))

    def reconsider_unmeasured(self) -> None:
        """Who answers is another: so may be why a claim is not measured."""
        self._touch_fillings(
            judged.ref
            for judged in self._judgements.values()
            if isinstance(judged, FillingJudgement) and judged.sample is None
        )

    def _touch_fillings(self, refs: Iterable[ClaimRef]) -> None:
        self._upkeep.touch([Subject(FILLING, ref) for ref in refs])

    # what follows from it

    @property
    def waiting_for(self) -> list[FeedHealth]:
        """Feeds whose first look has not ended."""
        return self.lookout.waiting_for

    @property
    def feeds(self) -> Iterable[FeedHealth]:
        return self.lookout.feeds

    def last_alive(self, feed: FeedId) -> float | None:
        return self.lookout.last_alive(feed)

    def judgement(self, subject: Subject) -> Judgement | None:
        return self._judgements.get(subject)

    def judgements(self, noun: str) -> list[Judgement]:
        """All judgements of one noun, in the order of their keys."""
        subjects = [subject for subject in self._judgements if subject.noun == noun]
        return [self._judgements[subject] for subject in sorted(subjects, key=_KEY)]

    def replications_of(self, claim: ClaimRef) -> list[ReplicationJudgement]:
        """Those of this claim, in the order of their keys."""
        subjects = sorted(self._consequences.replications_of(claim), key=_KEY)
        judged = (self._judgements.get(subject) for subject in subjects)
        return [each for each in judged if isinstance(each, ReplicationJudgement)]

    def setting(self, now: float) -> Setting:
        return Setting(facts=self.facts, policy=self.policy, sight=self.sight, now=now)

    @property
    def judging(self) -> Judging:
        return self._judging

    def judge(self, now: float, more_time: Callable[[], bool] = lambda: True) -> bool:
        """Judges what is due, as long as there is time; True when all of it is done.

        Nothing is judged before every feed has ended its first look: what joins sources would be wrong.
        """
        if not self.complete and self.waiting_for:
            return False
        self._upkeep.touch_due(now)
        if not self._enroll(now, more_time):
            return False
        setting = self.setting(now)
        while self._upkeep:
            subject = self._upkeep.take()
            if subject == _SIGHT:
                self._look(now)
                setting = self.setting(now)
            else:
                self._judge(subject, setting)
            if self._upkeep and not more_time():
                return False
        if not self.surveys.run(setting, more_time):
            return False
        self.complete = True
        return True

    def text(self, now: float) -> list[bytes]:
        """The families about objects; none before everything was judged once."""
        return self._board.text(now, origins=_OBJECTS) if self.complete else []

    def watching_text(self, now: float) -> list[bytes]:
        """The families about the sources' own health."""
        for health in self.feeds:
            feed = (health.source, health.kind)
            judgement = SourceJudgement(
                state=health.state,
                last_success=self.last_alive(feed),
                objects=self.facts.objects(feed),
                strange=health.strange,
            )
            self._board.put("source", feed, judgement)
        return self._board.text(now, origins=_WATCHING)

    def _enroll(self, now: float, more_time: Callable[[], bool]) -> bool:
        """Brings the rolls up to date before anything is inferred from them."""
        while self._enrolling:
            key = next(iter(self._enrolling))
            del self._enrolling[key]
            self._judging.enroll(key, now)
            if not more_time():
                return False
        self._upkeep.touch([Subject("claim", ref) for ref in self._rolls.take_changed()])
        return True

    def _look(self, now: float) -> None:
        outlook = assess_sight(self.feeds, self._protecting, self.policy.blind_after, now)
        self._upkeep.hold(_SIGHT, outlook.until)
        if outlook.sight == self.sight and self._judgements:
            return
        self.sight = outlook.sight
        self.facts.overlook(unseen(outlook.sight))
        self._upkeep.touch(list(self._judgements))
        self.surveys.look(self.sight)

    def _judge(self, subject: Subject, setting: Setting) -> None:
        judgement, observations = self._judging.judge(subject, setting)
        if subject.noun == "schedule":
            self._upkeep.touch(self._judging.misinformed(ScheduleKey(*subject.key)))
        self.judged += 1
        for observation in observations:
            self.note(observation)
        before = self._judgements.get(subject)
        if judgement is None:
            self._judgements.pop(subject, None)
            self._upkeep.hold(subject, None)
            if before is not None:
                self._let_go(subject)
        else:
            self._upkeep.hold(subject, judgement.until)
            if judgement == before:
                return
            self._judgements[subject] = judgement
            if subject.noun != ANNOTATED:  # of these only findings are shown
                self._board.put(subject.noun, subject.key, judgement)
        self.surveys.moved(before, judgement)
        self._upkeep.touch(self._consequences.of((subject, before, judgement)))
        self.changed(subject)

    def _let_go(self, subject: Subject) -> None:
        """It was judged, and is gone: keys of runs and restores come and go for ever."""
        if subject.noun != ANNOTATED:
            self._board.drop(subject.noun, subject.key)
        if subject.noun in _OF_A_SOURCE:
            self._of_source.get(subject.key[0], {}).pop(subject, None)

    def _touch(self, touches: Iterable[Touch]) -> None:
        for scope, key in touches:
            if scope == TOUCH_NAMESPACE:
                self._touch_claims(self.facts.linked(Claim, "namespace", *key))
            elif scope == TOUCH_CLASS:
                self._touch_claims(self.facts.linked(Claim, "class", *key))
                self._touch_subject(Subject(CLASS, key))
            elif scope == TOUCH_SCHEDULED:
                self._upkeep.touch(self._judging.resting(ScheduleKey(*key)))
            elif scope == TOUCH_SOURCE:
                self._touch_source(key[0])
            elif scope == TOUCH_ALL:
                self._touch_claims(self.facts.all(Claim))
            else:
                self._touch_subject(Subject(key[0], key[1:]))

    def _touch_source(self, source: str) -> None:
        """Also those of which too little was known before to judge them."""
        for subject in list(self._of_source.get(source, ())):
            self._touch_subject(subject)

    def _touch_claims(self, claims: Iterable[Claim]) -> None:
        subjects = claim_subjects(claims)
        self._upkeep.touch(subjects)
        self._enrolling.update(dict.fromkeys(subject.key for subject in subjects))

    def _touch_subject(self, subject: Subject) -> None:
        if subject.noun == "claim":
            subject = Subject("claim", ClaimRef(*subject.key))
            self._enrolling[subject.key] = None
        elif subject.noun in _OF_A_SOURCE:
            self._of_source.setdefault(subject.key[0], {})[subject] = None
        self._judging.forget(subject)
        self._upkeep.touch([subject, *dependents(subject, self.facts)])
