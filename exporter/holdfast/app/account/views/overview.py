"""How the cluster stands in counts, and what to do first: of each kind the worst ten, in a sentence and with a link."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from urllib.parse import quote

import numpy as np

from holdfast import __version__
from holdfast.app.account.views.findings import count_findings
from holdfast.app.account.views.register import (
    MUTED,
    STATES_WORST_FIRST,
    Register,
    cannot_grow,
    filling_of,
    use_of,
)
from holdfast.app.account.views.rooms import pools_full_soon, quotas_full_soon
from holdfast.app.account.views.schedules import judged_schedules
from holdfast.app.account.views.selecting import Clerk, Mask, Rows, filling_codes
from holdfast.app.account.views.sentences import (
    claim_sentence,
    drill_sentence,
    full_sentence,
    replication_sentence,
    schedule_sentence,
)
from holdfast.app.account.views.sources import source_groups
from holdfast.app.account.views.turns import Turns
from holdfast.app.engine import Engine
from holdfast.http.parts import TodoGroup, TodoItem, TodoKind
from holdfast.http.queries import DRILLS, FILLINGS, SCHEDULE_STATES, SEVERITIES, Query
from holdfast.http.views import OverviewView, StateCount
from holdfast.model.account.telling import likelihood, moment
from holdfast.model.check import CHECKS
from holdfast.model.checklist import ITEMS
from holdfast.model.filling import EARLY
from holdfast.model.identity import CLAIM, REPLICATION, TARGET, ClaimRef, Subject
from holdfast.model.judgement import ClaimJudgement, ReplicationJudgement, TargetJudgement

MOST_ITEMS: Final = 10

_UNSAFE: Final = tuple(
    STATES_WORST_FIRST.index(state) for state in ("unprotected", "never", "late", "unknown")
)
_UNPROVEN: Final = ("failed", "never", "overdue", "slow")
_TO_MEND: Final = ("invalid", "failed", "partial", "missed", "not-started")
_REPLICAS: Final = ("broken", "lagging", "degraded", "unknown")


def overview_view(engine: Engine, register: Register, now: float) -> Turns[OverviewView]:
    """What is muted in an area is counted, and stands in no list of what to do."""
    table = register.table[: len(register.refs)][register.table[: len(register.refs)]["alive"]]
    fillings = filling_codes(register, now)[register.table[: len(register.refs)]["alive"]]
    states = _counts(STATES_WORST_FIRST, table["state"])
    drills = _counts(DRILLS, table["drill"])
    todo = [_claims(engine, register, now)]
    yield
    todo += [_full_soon(engine, register, now)]
    yield
    todo += [_quotas(engine, now)]
    yield
    todo += [_pools(engine, now)]
    yield
    todo += [(yield from _schedules(engine, now)), _sources(engine, now)]
    yield
    todo += [_targets(engine)]
    yield
    todo += [_replications(engine, now)]
    yield
    todo += [_drills(engine, register, now), _checklist(engine)]
    yield
    findings = yield from count_findings(engine, register)
    return OverviewView(
        now=moment(now),
        cluster=engine.policy.cluster,
        version=__version__,
        claims=len(register),
        states=states,
        drills=drills,
        filling=_counts(FILLINGS, fillings),
        todo=tuple(group for group in todo if group.total),
        blind=tuple(sorted(engine.sight.blind)),
        findings=tuple(
            StateCount(
                state=severity,
                count=sum(count for check, count in findings.items() if CHECKS[check].severity == severity),
            )
            for severity in SEVERITIES
        ),
    )


def _counts(words: Sequence[str], codes: Rows) -> tuple[StateCount, ...]:
    counts = np.bincount(codes, minlength=len(words)).tolist()
    return tuple(StateCount(state=word, count=count) for word, count in zip(words, counts, strict=True))


def _group(kind: TodoKind, title: str, total: int, items: Iterable[TodoItem], link: str) -> TodoGroup:
    return TodoGroup(kind=kind, title=title, total=total, items=tuple(items), link=link)


def claim_link(ref: ClaimRef) -> str:
    return f"/claims/{quote(ref.namespace, safe='')}/{quote(ref.name, safe='')}"


def _of_claims(
    engine: Engine, refs: Iterable[ClaimRef], say: Callable[[ClaimJudgement], tuple[str, str]]
) -> Iterator[TodoItem]:
    """``say`` gives the state and the sentence."""
    for ref in refs:
        judged = engine.judgement(Subject(CLAIM, ref))
        if isinstance(judged, ClaimJudgement):
            state, sentence = say(judged)
            yield TodoItem(
                kind="PersistentVolumeClaim",
                namespace=ref.namespace,
                name=ref.name,
                state=state,
                sentence=sentence,
                link=claim_link(ref),
            )


def _minded(register: Register, area: str) -> Mask:
    """The rows whose owner wants to be told of the area."""
    table = register.table[: len(register.refs)]
    return np.asarray(table["alive"] & ((table["muted"] & MUTED[area]) == 0), dtype=np.bool_)


def _claims(engine: Engine, register: Register, now: float) -> TodoGroup:
    table = register.table[: len(register.refs)]
    rows = np.flatnonzero(_minded(register, "protection") & np.isin(table["state"], _UNSAFE))
    clerk = Clerk(register, Query(sort="worst"), "claims", now)
    refs = clerk.refs(clerk.sort(rows)[:MOST_ITEMS])
    items = _of_claims(engine, refs, lambda judged: (judged.protection.state, claim_sentence(judged, now)))
    link = "/claims?state=unprotected&state=never&state=late&state=unknown"
    return _group("claims", "Claims that no copy protects", len(rows), items, link)


def _full_soon(engine: Engine, register: Register, now: float) -> TodoGroup:
    soon = filling_codes(register, now) == FILLINGS.index("full-soon")
    rows = np.flatnonzero(_minded(register, "capacity") & soon)
    clerk = Clerk(register, Query(sort="full"), "claims", now)

    def say(claim: ClaimJudgement) -> tuple[str, str]:
        filling = filling_of(engine, claim.ref)
        _, prospects = use_of(engine, filling)
        told = [prospect for prospect in prospects if prospect.central is not None]
        first = min(told, key=lambda prospect: prospect.central or 0.0, default=None)
        full = now if first is None or first.central is None else first.central
        early = first.early if first else None
        shared = filling is not None and filling.backend != ""  # of which no chance is told
        chance = None if first is None or shared else first.chance
        near = EARLY * engine.near(Subject(CLAIM, claim.ref))
        likely = "" if chance is None else likelihood(chance, near)
        fixed = cannot_grow(engine, claim.ref)
        return "full-soon", full_sentence(full, now, early=early, likely=likely, fixed=fixed)

    items = _of_claims(engine, clerk.refs(clerk.sort(rows)[:MOST_ITEMS]), say)
    return _group(
        "full-soon",
        "Claims that are full or will be soon",
        len(rows),
        items,
        "/claims?filling=full-soon&sort=full",
    )


def _quotas(engine: Engine, now: float) -> TodoGroup:
    items = quotas_full_soon(engine, now)
    return _group("quotas", "Quotas that are used up soon", len(items), items[:MOST_ITEMS], "")


def _pools(engine: Engine, now: float) -> TodoGroup:
    items = pools_full_soon(engine, now)
    return _group("pools", "Pools that are full or will be soon", len(items), items[:MOST_ITEMS], "")


def _drills(engine: Engine, register: Register, now: float) -> TodoGroup:
    table = register.table[: len(register.refs)]
    codes = [DRILLS.index(state) for state in _UNPROVEN]
    rows = np.flatnonzero(_minded(register, "restore") & np.isin(table["drill"], codes))
    rank = np.array([codes.index(code) for code in table["drill"][rows].tolist()], dtype=np.int8)
    ordered = rows[np.lexsort((register.ranks()[rows], table["urgency"][rows], rank))]
    refs = [ref for row in ordered[:MOST_ITEMS].tolist() if (ref := register.refs[row]) is not None]
    items = _of_claims(
        engine, refs, lambda judged: (judged.proof.state or "", drill_sentence(judged.proof, now))
    )
    link = "/claims?" + "&".join(f"drill={state}" for state in _UNPROVEN)
    return _group("drills", "Claims whose restore is not proven", len(rows), items, link)


def _schedules(engine: Engine, now: float) -> Turns[TodoGroup]:
    doings = yield from judged_schedules(engine, now)
    broken = [doing for doing in doings if doing.state in _TO_MEND]
    broken.sort(key=lambda doing: SCHEDULE_STATES.index(doing.state))  # stable: then by name
    items = [
        TodoItem(
            kind=f"{doing.schedule.key.source} schedule",
            namespace=doing.schedule.key.namespace,
            name=doing.schedule.key.name,
            state=doing.state,
            sentence=schedule_sentence(doing.schedule, doing.state, now),
            link=f"/schedules?search={quote(doing.schedule.key.name, safe='')}",
        )
        for doing in broken[:MOST_ITEMS]
    ]
    link = "/schedules?" + "&".join(f"state={state}" for state in _TO_MEND)
    return _group("schedules", "Schedules that do not do their work", len(broken), items, link)


def _sources(engine: Engine, now: float) -> TodoGroup:
    groups = [
        group
        for group in source_groups(engine, now)
        if group.blind or group.state in ("failing", "forbidden")
    ]
    groups.sort(key=lambda group: not group.blind)
    items = [
        TodoItem(
            kind="source",
            namespace="",
            name=group.source,
            state="blind" if group.blind else group.state,
            sentence=group.why,
            link=f"/sources#{quote(group.source, safe='')}",
        )
        for group in groups[:MOST_ITEMS]
    ]
    return _group("sources", "Sources that cannot be seen", len(groups), items, "/sources")


def _targets(engine: Engine) -> TodoGroup:
    judged = [each for each in engine.judgements(TARGET) if isinstance(each, TargetJudgement)]
    gone = [each for each in judged if each.available is False]
    items = [
        TodoItem(
            kind=f"{each.key.source} target",
            namespace=each.key.namespace,
            name=each.key.name,
            state="unavailable",
            sentence="Its tool cannot reach it: copies there cannot be restored now",
            link="/schedules#targets",
        )
        for each in gone[:MOST_ITEMS]
    ]
    return _group(
        "targets", "Places of copies that cannot be reached", len(gone), items, "/schedules#targets"
    )


def _replications(engine: Engine, now: float) -> TodoGroup:
    judged = [each for each in engine.judgements(REPLICATION) if isinstance(each, ReplicationJudgement)]
    bad = [each for each in judged if each.state in _REPLICAS and not _is_muted(engine, each)]
    bad.sort(key=lambda each: _REPLICAS.index(each.state))  # stable: then by name
    items = [
        TodoItem(
            kind=f"{each.key.source} replication",
            namespace=each.key.namespace,
            name=each.key.name,
            state=each.state,
            sentence=replication_sentence(each, now),
            link=claim_link(ClaimRef(each.key.namespace, each.key.claim)) if each.key.claim else "",
        )
        for each in bad[:MOST_ITEMS]
    ]
    return _group("replications", "Replication that does not keep up", len(bad), items, "")


def _is_muted(engine: Engine, replication: ReplicationJudgement) -> bool:
    claim = engine.judgement(Subject(CLAIM, ClaimRef(replication.key.namespace, replication.key.claim)))
    return isinstance(claim, ClaimJudgement) and "replication" in claim.objective.muted


def _checklist(engine: Engine) -> TodoGroup:
    """Namespaces with the most failing items first."""
    judged = engine.surveys.checklists.judged
    failing = {
        name: [item for item in checklist.items if item.state == "fail"] for name, checklist in judged.items()
    }
    names = sorted(
        (name for name, items in failing.items() if items), key=lambda name: (-len(failing[name]), name)
    )
    items = [
        TodoItem(
            kind="Namespace",
            namespace="",
            name=name,
            state="fail",
            sentence=f"{len(failing[name])} of {len(ITEMS)} items fail: "
            + "; ".join(ITEMS[item.item].title for item in failing[name][:3])
            + ("; …" if len(failing[name]) > 3 else ""),
            link=f"/checklist?namespace={quote(name, safe='')}",
        )
        for name in names[:MOST_ITEMS]
    ]
    return _group("checklist", "Namespaces that fail the go-live checklist", len(names), items, "/checklist")
