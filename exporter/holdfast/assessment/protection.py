"""Could the claim be got back, within its objective? The state, its reasons, and the figures beside them.

The decision table goes exempt, protected, unknown, late, never, unprotected; the first that holds.
What is to be said of a single copy stands in ``copies``.
"""

from collections.abc import Callable, Iterable

import msgspec

from holdfast.assessment.copies import Appraisal, CopyVerdict, Evidence, accepts, appraise
from holdfast.assessment.retention import missing_points, wanted_points
from holdfast.model.judgement import ALWAYS, CopyClock, Place, Protection, ProtectionState, SourceTally
from holdfast.model.objective import Objective
from holdfast.model.protection import Copy, Cover, Miss

_JUST_AFTER = 0.001  # seconds; a copy exactly as old as the objective is still within it
_LONGEST_GRACE = 86400.0  # seconds; where no copy will come, waiting for longer would help nobody


class Ruling(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``until``: when the clock alone would change the ruling."""

    protection: Protection
    appraisal: Appraisal
    until: float | None


def assess_protection(evidence: Evidence, now: float) -> Ruling:
    appraisal = appraise(evidence, now)
    state = next(row.state for row in STATE_TABLE if row.holds(appraisal))
    newest, spared = appraisal.newest, spared_until(state, appraisal)
    points = [verdict.copy for verdict in appraisal.counting if verdict.point]
    wanted = wanted_points(evidence.objective, evidence.claim.created, now)
    missing = missing_points(wanted, points, evidence.sight)
    protection = Protection(
        state=state,
        reasons=_reasons(state, appraisal),
        unsafe_since=_unsafe_since(state, spared, appraisal),
        captured=_said(newest.copy) if newest else None,
        clocks=_clocks(appraisal.known),
        tallies=_tallies(appraisal),
        covers=tuple(sorted(evidence.covers, key=lambda cover: (cover.schedule, cover.target))),
        retention_missing=() if state == "exempt" else missing,
        places=_places(appraisal),
    )
    return Ruling(protection=protection, appraisal=appraisal, until=_until(spared, appraisal))


class StateRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the decision table: the state, when it holds, and both outcomes in words."""

    state: ProtectionState
    holds: Callable[[Appraisal], bool]
    rule: str
    otherwise: str


def _is_exempt(appraisal: Appraisal) -> bool:
    return appraisal.evidence.objective.exempt is not None or appraisal.evidence.generic_ephemeral


def _is_protected(appraisal: Appraisal) -> bool:
    return appraisal.evidence.objective_known and any(verdict.fresh for verdict in appraisal.restorable)


def out_of_reach(appraisal: Appraisal) -> list[CopyVerdict]:
    """Copies that would protect the claim, were their location available."""
    counting = appraisal.counting
    return [v for v in counting if v.lost and v.fresh and v.copy.ready and not v.expired]


def _is_unknown(appraisal: Appraisal) -> bool:
    evidence = appraisal.evidence
    return bool(out_of_reach(appraisal)) or bool(evidence.sight.blind) or not evidence.objective_known


def _is_late(appraisal: Appraisal) -> bool:
    return bool(appraisal.counting)


def _is_never(appraisal: Appraisal) -> bool:
    return any(would_count(cover, appraisal.evidence.objective) for cover in appraisal.evidence.covers)


def would_count(cover: Cover, objective: Objective) -> bool:
    """Whether the plan runs and makes copies that the objective accepts."""
    return not cover.gap and accepts(cover.placement, cover.consistency, objective)


STATE_TABLE = (
    StateRow(
        state="exempt",
        holds=_is_exempt,
        rule="an exemption is in force, or the claim lives and dies with its pod",
        otherwise="no exemption is in force",
    ),
    StateRow(
        state="protected",
        holds=_is_protected,
        rule="a copy that counts and could be restored now is within the rpo",
        otherwise="no copy that counts and could be restored now is within the rpo",
    ),
    StateRow(
        state="unknown",
        holds=_is_unknown,
        rule="only copies in a location that is unavailable now are within the rpo, or a blind source could hold one, "
        "or what is asked of the claim cannot be seen",
        otherwise="no copy within the rpo lies in an unavailable location, no source is blind, and the objective is known",
    ),
    StateRow(
        state="late",
        holds=_is_late,
        rule="there are copies that count, but none that protects the claim now",
        otherwise="there is no copy that counts",
    ),
    StateRow(
        state="never",
        holds=_is_never,
        rule="there is no copy that counts, but a schedule that runs would make one",
        otherwise="no schedule that runs would make a copy that counts",
    ),
    StateRow(
        state="unprotected",
        holds=lambda _: True,
        rule="nothing that runs covers the claim",
        otherwise="",
    ),
)
"""The first row that holds gives the state."""


def _reasons(state: str, appraisal: Appraisal) -> tuple[str, ...]:
    """Why, in the closed vocabulary; sorted, so that the order of objects does not show."""
    if state == "exempt":
        return ()
    reasons = set(_plan_reasons(state, appraisal))
    if state != "protected":
        reasons.update(_copy_reasons(appraisal))
        reasons.update(_run_reasons(appraisal))
        if state == "unknown" and appraisal.evidence.sight.blind:
            reasons.add("source-blind")
        if state == "unknown" and not appraisal.evidence.objective_known:
            reasons.add("objective-unknown")
        if state == "late" and not reasons:
            reasons.add("overdue")
    return tuple(sorted(reasons))


def _demands_unmet(objective: Objective, refused: Iterable[Copy]) -> Iterable[str]:
    """Which demand no copy meets; where each is met, but never by one and the same copy, both are named."""
    refused = tuple(refused)
    offsite = any(copy.placement == "offsite" for copy in refused)
    application = any(copy.consistency == "application" for copy in refused)
    apart = offsite and application
    if objective.offsite and (apart or not offsite):
        yield "offsite-missing"
    if objective.application and (apart or not application):
        yield "application-missing"


def _plan_reasons(state: str, appraisal: Appraisal) -> Iterable[str]:
    """What stands in the way of a new copy; also said of a protected claim that no run will keep so."""
    evidence, covers = appraisal.evidence, appraisal.evidence.covers
    if any(not cover.gap for cover in covers):
        return
    gaps = {cover.gap for cover in covers}
    if "paused" in gaps:
        yield "schedule-paused"
    if "invalid" in gaps:
        yield "schedule-invalid"
    if "excluded" in gaps and state != "protected":
        yield "excluded"
    made_by = {verdict.copy.schedule for verdict in appraisal.known if verdict.copy.schedule}
    if any(evidence.schedules.get(key) is None for key in made_by):
        yield "schedule-deleted"
    elif state != "protected" and not covers:
        yield "no-schedule"


def _copy_reasons(appraisal: Appraisal) -> Iterable[str]:
    """What the existing copies lack."""
    objective, known, counting = appraisal.evidence.objective, appraisal.known, appraisal.counting
    fresh = [verdict for verdict in known if verdict.fresh]
    refused = [verdict.copy for verdict in fresh or known]
    if refused and (not counting or (fresh and not any(verdict.fresh for verdict in counting))):
        yield from _demands_unmet(objective, refused)
    if not counting or counting[-1].restorable:
        return
    newest = counting[-1]
    if newest.expired:
        yield "copy-expired"
    elif not newest.copy.ready:
        yield "copy-not-ready"
    elif newest.lost:
        yield "target-unavailable"


def misses_since(appraisal: Appraisal) -> list[Miss]:
    """The runs since the newest counting copy that should have copied the claim and did not, the oldest first."""
    evidence, counting = appraisal.evidence, appraisal.counting
    newest = counting[-1].copy.captured if counting else evidence.claim.created
    runs = (miss for coverage in evidence.coverages for miss in coverage.misses)
    missed = (miss for miss in runs if newest < miss.time <= appraisal.now)
    return sorted(missed, key=lambda miss: (miss.time, miss.cause, miss.evidence))


def miss_reason(miss: Miss) -> str:
    """The protection reason that a missed run gives."""
    return "run-failed" if miss.cause == "failed" else miss.cause


def _run_reasons(appraisal: Appraisal) -> Iterable[str]:
    """What became of the runs since the newest counting copy."""
    evidence, counting = appraisal.evidence, appraisal.counting
    misses = misses_since(appraisal)
    if misses:
        yield miss_reason(misses[-1])
    for cover in evidence.covers:
        schedule = evidence.schedules.get(cover.schedule)
        if cover.gap or schedule is None:
            continue
        if schedule.running_since is not None:
            yield "run-in-progress"
        elif not appraisal.known and not misses:
            yield "first-run-pending"
        elif counting and not counting[-1].fresh:
            yield "overdue"


def spared_until(state: ProtectionState, appraisal: Appraisal) -> float | None:
    """Until when a claim without a copy could not be expected to have one; None in the other states.

    A schedule that runs has as long as the objective gives it, a day where it gives none.
    """
    created, rpo = appraisal.evidence.claim.created, appraisal.evidence.objective.rpo
    rpo = _LONGEST_GRACE if rpo is None else rpo
    if state == "never":
        return created + rpo
    return created + min(rpo, _LONGEST_GRACE) if state == "unprotected" else None


def _unsafe_since(state: ProtectionState, spared: float | None, appraisal: Appraisal) -> float | None:
    newest = appraisal.newest
    if spared is not None:
        return appraisal.evidence.claim.created if spared <= appraisal.now else None
    return _said(newest.copy) if state == "late" and newest else None


def _said(copy: Copy) -> float:
    return ALWAYS if copy.log == "running" else copy.captured


def _clocks(known: Iterable[CopyVerdict]) -> tuple[CopyClock, ...]:
    newest: dict[tuple[str, str, str], float] = {}
    for verdict in known:  # in order of time
        copy = verdict.copy
        newest[(copy.source, copy.placement, copy.consistency)] = _said(copy)
    return tuple(
        CopyClock(source=source, placement=placement, consistency=consistency, captured=captured)
        for (source, placement, consistency), captured in sorted(newest.items())
    )


def _tallies(appraisal: Appraisal) -> tuple[SourceTally, ...]:
    tallies = []
    for coverage in appraisal.evidence.coverages:
        own = [verdict for verdict in appraisal.known if verdict.copy.source == coverage.source]
        if not own and not any(cover.gap != "excluded" for cover in coverage.covers):
            continue
        points = {verdict.copy.captured for verdict in own if verdict.point}
        own = [verdict for verdict in own if not verdict.copy.log]
        tallies.append(
            SourceTally(
                source=coverage.source,
                points=len(points),
                size=own[-1].copy.size if own else None,
                previous_size=own[-2].copy.size if len(own) > 1 else None,
                inferred=own[-1].copy.inferred if own else False,
            )
        )
    return tuple(sorted(tallies, key=lambda tally: tally.source))


def _places(appraisal: Appraisal) -> tuple[Place, ...]:
    keys = {verdict.copy.target for verdict in appraisal.restorable}
    targets = ((key, appraisal.evidence.targets.get(key)) for key in keys if key)
    told = {Place(f"{key.namespace}/{key.name}", target.region if target else "") for key, target in targets}
    return tuple(sorted(told | ({Place("", "")} if None in keys else set())))


def _until(spared: float | None, appraisal: Appraisal) -> float | None:
    """The next instant at which a copy grows too old, expires, or begins to lie in the past, or a new claim's grace ends."""
    objective, now = appraisal.evidence.objective, appraisal.now
    instants = [appraisal.evidence.claim.created, *([] if spared is None else [spared])]
    for copy in (verdict.copy for verdict in appraisal.verdicts if verdict.own):
        instants.append(copy.captured)
        if objective.rpo is not None:
            instants.append(copy.captured + objective.rpo + _JUST_AFTER)
        if copy.expires is not None:
            instants.append(copy.expires)
    if objective.keeps:
        instants.append((now // 86400 + 1) * 86400)
    return min((instant for instant in instants if instant > now), default=None)
