"""All open findings, whoever found them: of claims, of annotations, of pods' scratch space, of the cluster as a whole."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from holdfast.app.account.document_claim import finding_part
from holdfast.app.account.views.paging import keep, page_of
from holdfast.app.account.views.register import Register
from holdfast.app.account.views.turns import FEW, Turns
from holdfast.app.engine import Engine
from holdfast.http.parts import CheckRow, FindingRow
from holdfast.http.queries import NOTHING, SEVERITIES, Query
from holdfast.http.views import FindingsView, StoryFinding
from holdfast.model.account.telling import moment
from holdfast.model.check import CHECKS
from holdfast.model.ephemeral import EphemeralJudgement
from holdfast.model.identity import ANNOTATED, CLAIM, EPHEMERAL, ClaimRef, ObjectRef, Subject
from holdfast.model.judgement import AnnotatedJudgement, ClaimJudgement, Finding

_CLAIM_KIND = "PersistentVolumeClaim"
_BESIDES = (ANNOTATED, EPHEMERAL)
"""What has findings of its own and is neither a claim nor found by looking at the whole cluster."""

_RANK = {check.id: (SEVERITIES.index(check.severity), place) for place, check in enumerate(CHECKS.values())}


def findings_on(engine: Engine, claim: ClaimJudgement) -> tuple[Finding, ...]:
    """All that stand on the claim."""
    open_, _ = engine.surveys.on(ObjectRef(_CLAIM_KIND, *claim.ref))
    return (*claim.findings, *open_)


def story_finding(finding: Finding) -> StoryFinding:
    check, part = CHECKS[finding.check], finding_part(finding)
    return StoryFinding(
        check=part.check,
        severity=part.severity,
        kind=part.kind,
        namespace=part.namespace,
        name=part.name,
        why=part.why,
        title=check.title,
        matters=check.why,
        remedy=check.remedy,
    )


def count_findings(engine: Engine, register: Register) -> Turns[Counter[str]]:
    """How many are open, by check; the register has caught up."""
    counts: Counter[str] = Counter(finding.check for finding in engine.surveys.findings)
    bits = register.table["check"]
    for place, check in enumerate(CHECKS):
        counts[check] += int(np.count_nonzero(bits & np.uint64(1 << place)))
    yield
    for noun in _BESIDES:
        counts.update(finding.check for finding in _of_noun(engine, noun))
        yield
    return +counts


def findings_view(engine: Engine, register: Register, query: Query, now: float) -> Turns[FindingsView]:
    findings = yield from _sorted_findings(engine, register)
    by_check = Counter(finding.check for finding in findings)
    yield
    kept = yield from keep(
        findings, query, _VALUES, lambda finding: f"{finding.on.kind} {place_of(finding.on)}"
    )
    places = list(kept.places)
    if query.sort.removeprefix("-") == "name":
        places.sort(key=lambda place: findings[place].on)
    if query.sort.startswith("-"):
        places.reverse()
    page = page_of(len(places), query)
    return FindingsView(
        now=moment(now),
        cluster=engine.policy.cluster,
        search=query.search,
        sort=query.sort,
        total=page.total,
        everything=len(findings),
        page=page.number,
        pages=page.pages,
        per=page.per,
        facets=kept.facets,
        rows=tuple(_row(findings[place]) for place in places[page.begin : page.end]),
        checks=tuple(_checks(engine, by_check)),
    )


_VALUES = {
    "namespace": lambda finding: finding.on.namespace or NOTHING,
    "check": lambda finding: finding.check,
    "severity": lambda finding: CHECKS[finding.check].severity,
    "kind": lambda finding: finding.on.kind,
}


def place_of(on: ObjectRef) -> str:
    return f"{on.namespace}/{on.name}" if on.namespace else on.name


def _sorted_findings(engine: Engine, register: Register) -> Turns[list[Finding]]:
    """Most severe first, then in the order of the checks, then by object."""
    by_check: dict[str, list[Finding]] = {}
    _part(engine.surveys.findings, by_check)
    for noun in _BESIDES:
        _part(_of_noun(engine, noun), by_check)
        yield
    refs = [register.refs[row] for row in np.flatnonzero(register.table["findings"]).tolist()]
    for begin in range(0, len(refs), FEW):
        _part(_of_claims(engine, (ref for ref in refs[begin : begin + FEW] if ref is not None)), by_check)
        yield
    ordered: list[Finding] = []
    for check in sorted(by_check, key=lambda check: _RANK[check]):
        ordered += sorted(by_check[check], key=lambda finding: finding.on)
        yield
    return ordered


def _part(findings: Iterable[Finding], by_check: dict[str, list[Finding]]) -> None:
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)


def _of_claims(engine: Engine, refs: Iterable[ClaimRef]) -> Iterator[Finding]:
    for ref in refs:
        judged = engine.judgement(Subject(CLAIM, ref))
        if isinstance(judged, ClaimJudgement):
            yield from judged.findings


def _of_noun(engine: Engine, noun: str) -> Iterator[Finding]:
    for judged in engine.judgements(noun):
        if isinstance(judged, AnnotatedJudgement | EphemeralJudgement):
            yield from judged.findings


def _row(finding: Finding) -> FindingRow:
    part = finding_part(finding)
    return FindingRow(
        check=part.check,
        severity=part.severity,
        kind=part.kind,
        namespace=part.namespace,
        name=part.name,
        why=part.why,
        claim=part.kind == _CLAIM_KIND,
    )


def _checks(engine: Engine, found: Mapping[str, int]) -> Iterator[CheckRow]:
    for check in sorted(CHECKS.values(), key=lambda check: _RANK[check.id]):
        yield CheckRow(
            check=check.id,
            severity=check.severity,
            title=check.title,
            matters=check.why,
            remedy=check.remedy,
            judged=engine.surveys.judged.get(check.id, "no"),
            found=found.get(check.id, 0),
        )
