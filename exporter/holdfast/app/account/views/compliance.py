"""Whether claims have what is asked of them: a row for each, and sums by namespace and tier."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from holdfast.app.account.document_claim import exempt_part, objective_part
from holdfast.app.account.views.claims import clock_of
from holdfast.app.account.views.paging import page_of
from holdfast.app.account.views.register import STATES_WORST_FIRST, Register
from holdfast.app.account.views.selecting import Clerk, Rows
from holdfast.app.account.views.sentences import claim_sentence, drill_sentence
from holdfast.app.account.views.turns import Turns
from holdfast.app.engine import Engine
from holdfast.http.parts import ComplianceRow, ComplianceSum
from holdfast.http.queries import DRILLS, NOT_ASKED, Query
from holdfast.http.views import ComplianceView
from holdfast.model.account.telling import elapsed_if, moment, moment_if
from holdfast.model.identity import CLAIM, ClaimRef, Subject
from holdfast.model.judgement import ClaimJudgement, DrillState

_FEW: Final = 200  # rows of one turn
_DRILL_MET: Final[dict[DrillState, bool | None]] = {
    "passed": True,
    "slow": False,
    "overdue": False,
    "failed": False,
    "never": False,
    "unknown": None,
}


def compliance_view(engine: Engine, register: Register, query: Query, now: float) -> Turns[ComplianceView]:
    clerk = Clerk(register, query, "compliance", now)
    selection = clerk.select()
    page = page_of(len(selection.rows), query)
    refs = clerk.refs(clerk.sort(selection.rows)[page.begin : page.end])
    whole = _sum("", register.table[selection.rows])
    by_namespace = tuple(_sums(register, selection.rows, "namespace"))
    by_tier = tuple(_sums(register, selection.rows, "tier"))
    yield
    rows: list[ComplianceRow] = []
    for begin in range(0, len(refs), _FEW):
        rows += _rows(engine, refs[begin : begin + _FEW], now)
        yield
    return ComplianceView(
        now=moment(now),
        cluster=engine.policy.cluster,
        search=query.search,
        sort=query.sort,
        total=page.total,
        everything=len(register),
        page=page.number,
        pages=page.pages,
        per=page.per,
        facets=selection.facets,
        sum=whole,
        by_namespace=by_namespace,
        by_tier=by_tier,
        rows=tuple(rows),
    )


def _rows(engine: Engine, refs: Iterable[ClaimRef], now: float) -> Iterator[ComplianceRow]:
    for ref in refs:
        judged = engine.judgement(Subject(CLAIM, ref))
        if isinstance(judged, ClaimJudgement):
            yield compliance_row(judged, now)


def compliance_row(claim: ClaimJudgement, now: float) -> ComplianceRow:
    protection, objective, proof = claim.protection, claim.objective, claim.proof
    asked = objective_part(claim)
    exempt = protection.state == "exempt"
    captured = None if protection.captured is None else min(protection.captured, now)
    clock = clock_of(claim)
    unseen = protection.state == "unknown"
    drill_met = _DRILL_MET[proof.state] if proof.state else None
    return ComplianceRow(
        namespace=claim.ref.namespace,
        name=claim.ref.name,
        tier=objective.tier,
        owner=objective.owner,
        storage_class=claim.storage_class,
        state=protection.state,
        met=None if exempt or unseen else protection.state == "protected",
        why="; ".join(_whys(claim, now, drill_met=drill_met)),
        rpo_seconds=asked.rpo_seconds,
        rpo_origin=asked.rpo_origin,
        captured=moment_if(captured),
        age_seconds=elapsed_if(captured, now),
        source=clock.source if clock else "",
        drill=proof.state,
        drill_every_seconds=asked.restore_drill_every_seconds,
        drilled=moment_if(proof.ended),
        drill_met=drill_met,
        consistency_asked=asked.consistency,
        consistency=clock.consistency if clock else None,
        consistency_met=_demand(asked=objective.application, claim=claim),
        offsite_asked=asked.offsite,
        placement=clock.placement if clock else None,
        offsite_met=_demand(asked=objective.offsite, claim=claim),
        exempt=exempt_part(claim),
    )


def _demand(*, asked: bool, claim: ClaimJudgement) -> bool | None:
    """Only copies that meet every demand count: where one does, this demand is met."""
    protection = claim.protection
    if not asked or protection.state == "exempt":
        return None
    if protection.captured is not None:
        return True
    return None if protection.state == "unknown" else False


def _whys(claim: ClaimJudgement, now: float, *, drill_met: bool | None) -> Iterator[str]:
    if claim.protection.state not in ("protected", "exempt"):
        yield claim_sentence(claim, now)
    if drill_met is False:
        yield drill_sentence(claim.proof, now)


def _sums(register: Register, rows: Rows, column: str) -> Iterator[ComplianceSum]:
    """By name."""
    table, words = register.table[rows], register.words[column]
    order = np.argsort(table[column], kind="stable")
    numbers, starts = np.unique(table[column][order], return_index=True)
    parts = zip(numbers.tolist(), np.split(table[order], starts[1:]), strict=True) if len(rows) else ()
    yield from sorted((_sum(words.word(number), part) for number, part in parts), key=lambda each: each.name)


def _sum(name: str, table: NDArray[np.void]) -> ComplianceSum:
    states = np.bincount(table["state"], minlength=len(STATES_WORST_FIRST)).tolist()
    count = dict(zip(STATES_WORST_FIRST, states, strict=True))
    drills = table["drill"]
    return ComplianceSum(
        name=name,
        claims=len(table),
        met=count["protected"],
        unmet=count["unprotected"] + count["never"] + count["late"],
        unknown=count["unknown"],
        exempt=count["exempt"],
        drills=int(np.count_nonzero(drills != DRILLS.index(NOT_ASKED))),
        drills_met=int(np.count_nonzero(drills == DRILLS.index("passed"))),
    )
