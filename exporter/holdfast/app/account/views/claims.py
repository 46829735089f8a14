"""The list of claims: which rows, and what each shows."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from holdfast.app.account.document_cost import monthly_cost
from holdfast.app.account.views.paging import Page, page_of
from holdfast.app.account.views.register import Register, backend_of, filling_of, full_at, use_of, used_ratio
from holdfast.app.account.views.selecting import Clerk, filling_codes
from holdfast.app.engine import Engine
from holdfast.http.queries import FILLINGS, Query
from holdfast.http.views import ClaimRow, ClaimsView
from holdfast.model.account.telling import UNTOLD, Unknown, elapsed_if, moment, moment_if, why_null
from holdfast.model.filling import Prospect
from holdfast.model.identity import CLAIM, CLAIM_COST, ClaimRef, Subject
from holdfast.model.judgement import ClaimJudgement, CopyClock


def claims_view(engine: Engine, register: Register, query: Query, now: float) -> ClaimsView:
    """A page of the claims; the register has caught up."""
    clerk = Clerk(register, query, "claims", now)
    selection = clerk.select()
    page: Page = page_of(len(selection.rows), query)
    rows = clerk.sort(selection.rows)[page.begin : page.end]
    codes = filling_codes(register, now)[rows].tolist()
    more = register.table["surveyed"][rows].tolist()
    told = zip(clerk.refs(rows), (FILLINGS[code] for code in codes), more, strict=True)
    return ClaimsView(
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
        rows=tuple(_rows(engine, told, now)),
    )


def _rows(engine: Engine, told: Iterable[tuple[ClaimRef, str, int]], now: float) -> Iterator[ClaimRow]:
    """Of each claim how it fills, and how many findings the surveys have brought."""
    for ref, filling, more in told:
        judged = engine.judgement(Subject(CLAIM, ref))
        if isinstance(judged, ClaimJudgement):
            row = claim_row(engine, judged, filling, now)
            yield msgspec.structs.replace(row, findings=row.findings + more) if more else row


def claim_row(engine: Engine, claim: ClaimJudgement, state: str, now: float) -> ClaimRow:
    """``state`` is how it fills. Of its findings only its own are counted."""
    protection, usage = claim.protection, claim.usage
    captured = None if protection.captured is None else min(protection.captured, now)
    filling = filling_of(engine, claim.ref)
    backend, (sample, prospects) = backend_of(engine, filling), use_of(engine, filling)
    full, ratio = full_at(prospects), used_ratio(sample)
    known = math.isfinite(full)
    clock = clock_of(claim)
    cost, why_costless = monthly_cost(CLAIM_COST, claim.ref, engine)
    return ClaimRow(
        namespace=claim.ref.namespace,
        name=claim.ref.name,
        state=protection.state,
        reasons=protection.reasons,
        captured=moment_if(captured),
        age_seconds=elapsed_if(captured, now),
        rpo_seconds=None if protection.state == "exempt" else claim.objective.rpo,
        source=clock.source if clock else "",
        drill=claim.proof.state,
        use=usage.state,
        use_reason=usage.reason,
        unused_seconds=elapsed_if(usage.unused_since, now),
        filling=state,  # type: ignore[arg-type]  # one of FILLINGS, which are the words of the type
        used_ratio=None if ratio is None else round(ratio, 4),
        full=moment(round(full)) if known else None,
        full_seconds=max(0.0, round(full - now, 3)) if known else None,
        backend=backend.name if backend else "",
        **_belonging(claim),
        monthly_cost=cost,
        findings=len(claim.findings),
        unknown=why_null(
            {
                "ageSeconds": "no copy counts" if captured is None else "",
                "use": usage.reason if usage.state is None else "",
                "capacityBytes": _why_unsized(claim),
                "monthlyCost": why_costless,
                **_why_unmeasured(ratio, full, prospects),
            }
        ),
    )


def _belonging(claim: ClaimJudgement) -> dict[str, Any]:
    """Whose it is and what it is of."""
    return {
        "tier": claim.objective.tier,
        "urgency": claim.objective.urgency,
        "owner": claim.objective.owner,
        "storage_class": claim.storage_class,
        "workload_kind": claim.workload_kind,
        "workload": claim.workload,
        "capacity_bytes": claim.capacity,
    }


def _why_unmeasured(ratio: float | None, full: float, prospects: Sequence[Prospect]) -> Unknown:
    reason = next((prospect.reason for prospect in prospects), "") or "nothing is foretold of it"
    return {
        "usedRatio": "its use is not known" if ratio is None else "",
        "full": reason if math.isnan(full) else "",
    }


def _why_unsized(claim: ClaimJudgement) -> str:
    if claim.capacity is not None:
        return ""
    return "it has no volume yet" if claim.phase == "Pending" else UNTOLD


def clock_of(claim: ClaimJudgement) -> CopyClock | None:
    """Whose copy the age speaks of: of several of that instant the one that meets most of what is asked for."""
    captured, objective = claim.protection.captured, claim.objective
    found = [clock for clock in claim.protection.clocks if clock.captured == captured]
    return max(
        found,
        key=lambda clock: (
            objective.offsite and clock.placement == "offsite",
            objective.application and clock.consistency == "application",
        ),
        default=None,
    )
