"""The list of schedules, and how each does in a word."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

from holdfast.app.account.document import schedule_part, target_part
from holdfast.app.account.views.paging import keep, page_of
from holdfast.app.account.views.register import Register
from holdfast.app.account.views.sentences import schedule_sentence
from holdfast.app.account.views.turns import FEW, Turns
from holdfast.app.engine import Engine
from holdfast.http.queries import NOTHING, SCHEDULE_STATES, Query
from holdfast.http.views import ScheduleRow, ScheduleState, SchedulesView
from holdfast.model.account.telling import moment
from holdfast.model.identity import CLAIM, SCHEDULE, TARGET, ScheduleKey, Subject
from holdfast.model.judgement import ClaimJudgement, ScheduleJudgement, TargetJudgement

SETTLED = 7200.0  # seconds after a run was due until one that brought no success is worth a word, as the alert has it
BEGUN = 1800.0  # seconds after a run was due until it should have begun, as the alert has it
CLOCKS = 60.0  # seconds by which two clocks may differ
_RANK = {state: place for place, state in enumerate(SCHEDULE_STATES)}
_NEVER = -1.0


class Doing(NamedTuple):
    """A schedule and its state."""

    schedule: ScheduleJudgement
    state: ScheduleState


def judged_schedules(engine: Engine, now: float) -> Turns[list[Doing]]:
    """All of them, in the order of their keys."""
    found: list[Doing] = []
    judged = engine.judgements(SCHEDULE)
    yield
    for begin in range(0, len(judged), FEW):
        some = (each for each in judged[begin : begin + FEW] if isinstance(each, ScheduleJudgement))
        found += [Doing(each, state_of(engine, each, now)) for each in some]
        yield
    return found


def state_of(engine: Engine, schedule: ScheduleJudgement, now: float) -> ScheduleState:
    """The first that holds. What is paused is meant to be, however its last run ended."""
    plan = engine.judging.schedule(schedule.key)
    missed, overdue = schedule.missed or 0, now - schedule.due if schedule.due is not None else 0.0
    table: tuple[tuple[ScheduleState, bool], ...] = (
        ("invalid", plan is not None and not plan.valid),
        ("paused", schedule.paused),
        ("failed", schedule.last_result == "failure"),
        ("partial", schedule.last_result == "partial"),
        ("not-started", _is_not_begun(schedule) and (missed > 1 or (missed == 1 and overdue > BEGUN))),
        ("missed", missed > 1 or (missed == 1 and overdue > SETTLED)),
        ("running", schedule.running_since is not None),
        ("succeeded", schedule.last_success is not None),
    )
    return next((state for state, holds in table if holds), "unknown")


def _is_not_begun(schedule: ScheduleJudgement) -> bool:
    if schedule.running_since is not None or schedule.due is None:
        return False
    if schedule.last_attempt is None:
        return schedule.last_result == "none" and schedule.last_success is None
    return schedule.last_attempt + CLOCKS < schedule.due


def schedules_view(engine: Engine, register: Register, query: Query, now: float) -> Turns[SchedulesView]:
    doings = yield from judged_schedules(engine, now)
    covered = yield from _covered(engine, register)
    kept = yield from keep(doings, query, _VALUES, text_of)
    places = sorted(kept.places, key=_order(query.sort.removeprefix("-"), doings, covered))
    if query.sort.startswith("-"):
        places.reverse()
    page = page_of(len(places), query)
    yield
    targets = [each for each in engine.judgements(TARGET) if isinstance(each, TargetJudgement)]
    return SchedulesView(
        now=moment(now),
        cluster=engine.policy.cluster,
        search=query.search,
        sort=query.sort,
        total=page.total,
        everything=len(doings),
        page=page.number,
        pages=page.pages,
        per=page.per,
        facets=kept.facets,
        rows=tuple(_row(engine, doings[place], covered, now) for place in places[page.begin : page.end]),
        targets=tuple(map(target_part, targets)),
    )


_VALUES: Mapping[str, Callable[[Doing], str]] = {
    "namespace": lambda doing: doing.schedule.key.namespace or NOTHING,
    "source": lambda doing: doing.schedule.key.source,
    "state": lambda doing: doing.state,
}


def text_of(doing: Doing) -> str:
    key = doing.schedule.key
    return f"{key.source} {key.namespace}/{key.name}" if key.namespace else f"{key.source} {key.name}"


def _order(
    sort: str, doings: list[Doing], covered: Mapping[ScheduleKey, int]
) -> Callable[[int], tuple[float, ...]]:
    """Places follow the keys, so that the place itself is the order of names."""
    by: Mapping[str, Callable[[Doing], float]] = {
        "worst": lambda doing: _RANK[doing.state],
        "name": lambda _: 0.0,
        "age": lambda doing: _NEVER if doing.schedule.last_success is None else doing.schedule.last_success,
        "claims": lambda doing: -covered.get(doing.schedule.key, 0),
    }
    value = by[sort]
    return lambda place: (value(doings[place]), place)


def _covered(engine: Engine, register: Register) -> Turns[Counter[ScheduleKey]]:
    """How many claims each schedule should cover."""
    found: Counter[ScheduleKey] = Counter()
    refs = [ref for ref in register.refs if ref is not None]
    for begin in range(0, len(refs), FEW):
        for ref in refs[begin : begin + FEW]:
            judged = engine.judgement(Subject(CLAIM, ref))
            if isinstance(judged, ClaimJudgement):
                found.update(cover.schedule for cover in judged.protection.covers if cover.gap != "excluded")
        yield
    return found


def _row(engine: Engine, doing: Doing, covered: Counter[ScheduleKey], now: float) -> ScheduleRow:
    part = schedule_part(doing.schedule, engine, covered[doing.schedule.key], now)
    why = schedule_sentence(doing.schedule, doing.state, now)
    return ScheduleRow(**msgspec.structs.asdict(part), state=doing.state, why=why)
