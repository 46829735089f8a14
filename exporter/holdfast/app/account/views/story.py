"""The story of one claim: what is asked, whether it is safe and why, and what the pictures of it are drawn from."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

import msgspec
import numpy as np

from holdfast.app.account.document import replication_part
from holdfast.app.account.document_claim import claim_part
from holdfast.app.account.document_cost import monthly_cost
from holdfast.app.account.document_filling import backend_part, claim_forecast_part
from holdfast.app.account.explain import explain_claim
from holdfast.app.account.explain_case import told_by
from holdfast.app.account.views.findings import findings_on, story_finding
from holdfast.app.account.views.register import backend_of, filling_of
from holdfast.app.account.views.sentences import headline, reasons_of
from holdfast.app.account.views.turns import Turns
from holdfast.app.engine import Engine
from holdfast.app.gauging import kept_as
from holdfast.history.usage import Resource
from holdfast.http.parts import RestorePart
from holdfast.http.views import HistoryPart, StoryView, TimelineCopy, TimelinePart, TimelineSource, UsePoint
from holdfast.model.account.explanation import CopyVerdictPart
from holdfast.model.account.telling import moment, moment_if
from holdfast.model.facts import Claim
from holdfast.model.filling import Prospect
from holdfast.model.identity import CLAIM, CLAIM_COST, ClaimRef, Subject
from holdfast.model.judgement import ClaimJudgement
from holdfast.model.protection import Drill

MOST_COPIES: Final = 200
MOST_POINTS: Final = 400


def story_view(engine: Engine, ref: ClaimRef, now: float) -> Turns[StoryView | None]:
    """None where there is no such claim."""
    explanation = explain_claim(engine, ref, now)
    yield
    judged, claim = engine.judgement(Subject(CLAIM, ref)), engine.facts.get(Claim, *ref)
    if explanation is None or claim is None or not isinstance(judged, ClaimJudgement):
        return None
    filling = filling_of(engine, ref)
    backend = backend_of(engine, filling)
    in_bytes = backend.bytes if backend else filling.bytes if filling else None
    cost, _ = monthly_cost(CLAIM_COST, ref, engine)
    return StoryView(
        now=moment(now),
        cluster=engine.policy.cluster,
        claim=claim_part(judged, engine, now),
        explanation=msgspec.structs.replace(explanation, copies=explanation.copies[:MOST_COPIES]),
        headline=headline(judged, now),
        why=reasons_of(judged),
        timeline=_timeline(explanation.copies, judged, now),
        bytes=_history(engine, claim, "bytes", in_bytes, now),
        inodes=_history(engine, claim, "inodes", filling.inodes if filling else None, now),
        backend=backend_part(backend, now) if backend else None,
        full_within_seconds=engine.near(Subject(CLAIM, ref)),
        restores=tuple(_restores(engine, claim)),
        drill_due=_drill_due(judged),
        replications=tuple(replication_part(each, now) for each in engine.replications_of(ref)),
        findings=tuple(story_finding(finding) for finding in findings_on(engine, judged)),
        monthly_cost=cost,
        siblings=len(list(engine.facts.linked(Claim, "namespace", ref.namespace))),
    )


def _timeline(copies: Sequence[CopyVerdictPart], claim: ClaimJudgement, now: float) -> TimelinePart:
    """``copies`` are newest first."""
    shown = copies[:MOST_COPIES]
    rpo = None if claim.protection.state == "exempt" else claim.objective.rpo
    by_source = sorted(shown, key=lambda copy: copy.source)  # stable: each stays newest first
    sources = tuple(
        TimelineSource(
            source=source,
            total=sum(copy.source == source for copy in copies),
            copies=tuple(map(_copy, found)),
        )
        for source, found in groupby(by_source, key=lambda copy: copy.source)
    )
    return TimelinePart(
        first=min((copy.captured for copy in shown), default=None),
        allowed_since=None if rpo is None else moment(max(0.0, now - rpo)),
        total=len(copies),
        sources=sources,
    )


def _copy(copy: CopyVerdictPart) -> TimelineCopy:
    return TimelineCopy(
        captured=copy.captured,
        expires=copy.expires,
        placement=copy.placement,
        consistency=copy.consistency,
        counts=copy.counts,
        restorable=copy.restorable,
        schedule=copy.schedule,
        target=copy.target,
        size_bytes=copy.size_bytes,
        kind=copy.evidence.kind,
        object=f"{copy.evidence.namespace}/{copy.evidence.name}".removeprefix("/"),
    )


def _history(
    engine: Engine, claim: Claim, resource: Resource, prospect: Prospect | None, now: float
) -> HistoryPart:
    window = engine.gauges.history.window([kept_as(claim)], now, resource)
    known = np.flatnonzero(~np.isnan(window.times[0]))
    kept = known[_spread(len(known), MOST_POINTS)]
    columns = (part[0][kept].tolist() for part in (window.times, window.used, window.capacity))
    return HistoryPart(
        points=tuple(
            UsePoint(time=moment(time), used=used, capacity=capacity)
            for time, used, capacity in zip(*columns, strict=True)
            if math.isfinite(used) and math.isfinite(capacity)
        ),
        forecast=claim_forecast_part(prospect),
    )


def _spread(count: int, most: int) -> list[int]:
    """So many places at the most, evenly, the last among them."""
    if count <= most:
        return list(range(count))
    return [round(place * (count - 1) / (most - 1)) for place in range(most)]


def _restores(engine: Engine, claim: Claim) -> Iterator[RestorePart]:
    """All that are known, newest first."""
    drills = [drill for coverage in engine.judging.coverages(claim) for drill in coverage.drills]
    for drill in sorted(drills, key=lambda drill: (-drill.ended, drill.evidence))[:MOST_COPIES]:
        yield _restore(drill)


def _restore(drill: Drill) -> RestorePart:
    timed = drill.started is not None and drill.ended >= drill.started
    return RestorePart(
        source=drill.source,
        success=drill.success,
        started=moment_if(drill.started),
        ended=moment(drill.ended),
        duration_seconds=round(drill.ended - drill.started, 3)
        if timed and drill.started is not None
        else None,
        point=moment_if(drill.point),
        evidence=told_by(drill.evidence, started=drill.started, ended=drill.ended, point=drill.point),
    )


def _drill_due(claim: ClaimJudgement) -> datetime | None:
    every = claim.objective.restore_drill_every
    if every is None or claim.protection.state == "exempt":
        return None
    begin = claim.created if claim.proof.ended is None else claim.proof.ended
    return moment(begin + every) if begin else None
