"""From an object's answers to the records of ``sources.runs``: one reader for each thing that a kind may be.

A reader raises ``ValueError`` where the answers make no sense; the shape turns that into an object that cannot be
decoded.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from holdfast.model.expression import Path
from holdfast.model.facts import Fact
from holdfast.model.generic import GenericSpec, KindSpec, PlanSpec, RestoreSpec, ResultSpec, RunSpec
from holdfast.model.identity import TOUCH_ALL, ObjectRef, ScheduleKey, TargetKey, Touch
from holdfast.model.plan import EVERY, PlanError, read_plan
from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.generic.answers import Document, truth_at
from holdfast.sources.generic.asking import Answers, Questions
from holdfast.sources.generic.shape import GenericMetadata
from holdfast.sources.runs.records import Outcome, Place, PlaceCheck, Plan, Restore, Run
from holdfast.sources.words import strange_word

_SECONDS_FIRST = 6  # fields of a cron expression
_SUCCESSES: Final[frozenset[Outcome]] = frozenset({"success", "partial"})

Records = Iterator[Fact]


class Stirred(Fact, frozen=True, kw_only=True, gc=False):
    """A record that may bear on claims anywhere, so that all are judged again when it changes."""

    of: Fact

    @property
    def key(self) -> tuple[str, ...]:
        return (type(self.of).__name__, *self.of.key)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_ALL),)


class Reading(NamedTuple):
    """How the objects of a kind are read: which places of them, and by what."""

    paths: frozenset[Path]
    read: Callable[[GenericMetadata, Document], Sequence[Fact]]


class _Kind(NamedTuple):
    """What the readers of a kind share."""

    source: GenericSpec
    kind: KindSpec

    def ref(self, metadata: GenericMetadata) -> ObjectRef:
        return ObjectRef(self.kind.qualified, metadata.namespace, metadata.name)

    def asks(self, section: str) -> Questions:
        return Questions(f"{self.kind.kind}: {section}", getattr(self.kind, section))


def reading_of(source: GenericSpec, kind: KindSpec) -> Reading:
    """All that the objects of this kind are."""
    of = _Kind(source, kind)
    readers: list[tuple[Questions, Callable[[GenericMetadata, Answers], Records]]] = []
    plan = of.asks("plan") if kind.plan else None
    if kind.run:
        readers.append((of.asks("run"), _runs(of, kind.run, plan)))
    if kind.plan and plan:
        readers.append((plan, _plans(of, kind.plan)))
    if kind.place:
        readers.append((of.asks("place"), _places(of)))
    if kind.restore:
        readers.append((of.asks("restore"), _restores(of, kind.restore)))

    def read(metadata: GenericMetadata, document: Document) -> Sequence[Fact]:
        return [
            record
            for questions, reader in readers
            if truth_at(questions.get("when"), document)
            for record in reader(metadata, Answers(questions, metadata, document))
        ]

    return Reading(frozenset(path for questions, _ in readers for path in questions.paths), read)


def _runs(of: _Kind, spec: RunSpec, plan: Questions | None) -> Callable[[GenericMetadata, Answers], Records]:
    name = of.source.name
    scoped_plan, scoped_place = _namespaced(of.source.plan_kind), _namespaced(of.source.place_kind)

    def read(metadata: GenericMetadata, answers: Answers) -> Records:
        if metadata.deletion_timestamp:
            return
        word = answers.word("result.at")
        outcome = _outcome(spec.result, word)
        captured, started, ended = (answers.time(field) for field in ("captured", "started", "ended"))
        if captured is None and started is None and ended is not None and plan:
            captured = planned_start(_cron(answers.to(plan)), ended)
        began = captured if started is None else started
        if began is None and outcome in _SUCCESSES:
            raise ValueError(
                f"{of.kind.kind}: run: it succeeded, and nothing tells when its data was captured"
            )
        target = answers.other("target", namespaced=scoped_place)
        schedule = answers.other("schedule", namespaced=scoped_plan)
        of_claims = answers.claims(spec.claims)
        size = answers.size("size")
        yield Run(
            source=name,
            of=of_claims,
            ref=of.ref(metadata),
            uid=metadata.uid,
            outcome=outcome,
            created=metadata.created,
            started=began,
            ended=ended,
            captured=captured,
            placement=spec.placement or of.source.placement,
            consistency=spec.consistency or of.source.consistency,
            size=size if len(of_claims) == 1 else None,  # of several claims together it is no claim's
            expires=_expiry(answers, began if captured is None else captured),
            target=TargetKey(name, *target) if target else None,
            schedule=ScheduleKey(name, *schedule) if schedule else None,
            ready=not spec.ready or answers.flag("ready") is True,
            strange=_strange(outcome, word),
        )

    return read


def _expiry(answers: Answers, captured: float | None) -> float | None:
    told, kept = answers.time("expires"), answers.duration("kept_for")
    if told is not None or kept is None or captured is None:
        return told
    return captured + kept


def _plans(of: _Kind, spec: PlanSpec) -> Callable[[GenericMetadata, Answers], Records]:
    def read(metadata: GenericMetadata, answers: Answers) -> Records:
        cron = _cron(answers)
        if not cron.text or metadata.deletion_timestamp:  # run by hand, or on its way out
            return
        yield Plan(
            source=of.source.name,
            of=answers.claims(spec.claims),
            schedule=ScheduleKey(of.source.name, metadata.namespace, metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            cron=cron.text,
            timezone=cron.timezone,
            valid=cron.valid,
            paused=answers.flag("paused") is True,
            target=answers.name("target"),
            last_success=answers.time("last_success"),
            last_attempt=answers.time("last_attempt"),
            placement=spec.placement or of.source.placement,
            consistency=spec.consistency or of.source.consistency,
        )

    return read


def _cron(answers: Answers) -> Cron:
    every = answers.duration("every")
    if every is not None:
        return Cron(text=f"{EVERY} {math.ceil(every)}s", timezone="", valid=every > 0)
    cron = read_cron(answers.name("cron"), answers.name("timezone"))
    if cron.valid or len(cron.text.split()) != _SECONDS_FIRST:
        return cron
    try:
        read_plan(cron.text, cron.timezone)
    except PlanError:
        return cron
    return cron._replace(valid=True)


def _places(of: _Kind) -> Callable[[GenericMetadata, Answers], Records]:
    def read(metadata: GenericMetadata, answers: Answers) -> Records:
        key = TargetKey(of.source.name, metadata.namespace, metadata.name)
        place = Place(target=key, available=answers.flag("available"))
        yield place
        yield Stirred(of=place)
        checked = answers.time("checked")
        if checked is not None:
            yield PlaceCheck(target=key, checked=checked)

    return read


def _restores(of: _Kind, spec: RestoreSpec) -> Callable[[GenericMetadata, Answers], Records]:
    runs = of.source.run_kind

    def read(metadata: GenericMetadata, answers: Answers) -> Records:
        word = answers.word("result.at")
        outcome = _outcome(spec.result, word)
        run = answers.other("run", namespaced=_namespaced(runs))
        restore = Restore(
            source=of.source.name,
            of=answers.claims(spec.claims) if spec.claims else (),
            ref=of.ref(metadata),
            outcome=outcome,
            started=answers.time("started"),
            ended=answers.time("ended"),
            point=answers.time("point"),
            run=ObjectRef(runs.qualified, *run) if runs and run else None,
            strange=_strange(outcome, word),
        )
        yield restore
        if restore.run:
            yield Stirred(of=restore)

    return read


def _outcome(spec: ResultSpec, word: str) -> Outcome:
    lists: Mapping[Outcome, tuple[str, ...]] = {
        "success": spec.success,
        "partial": spec.partial,
        "failure": spec.failure,
        "running": spec.running,
    }
    return next((outcome for outcome, words in lists.items() if word in words), "unknown")


def _strange(outcome: Outcome, word: str) -> str:
    return strange_word(word, ()) if outcome == "unknown" else ""


def _namespaced(kind: KindSpec | None) -> bool:
    return kind is None or kind.namespaced
