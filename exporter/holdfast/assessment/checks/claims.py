"""The checks that are judged together with the claim: what is asked of it against what is done for it."""

from collections.abc import Mapping, Sequence
from itertools import chain

from holdfast.assessment.checks.contract import ClaimCase, ClaimCheck, Why
from holdfast.assessment.checks.naming import first_of
from holdfast.assessment.copies import CopyVerdict, accepts
from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import Finding
from holdfast.model.objective import Objective
from holdfast.model.plan import PlanError, longest_gap, longest_gap_together, read_plan
from holdfast.model.policy import Policy
from holdfast.model.protection import Cover, Schedule

_HOUR = 3600.0
_MOST_NAMED = 3  # plans


def judge_claim(case: ClaimCase, policy: Policy) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The findings on the claim, and the checks that could not be judged of it."""
    on = ObjectRef("PersistentVolumeClaim", *case.claim.ref)
    if case.appraisal.evidence.generic_ephemeral:  # it is meant to go with its pod
        return (), ()
    whys = {check: judge(case) for check, judge in CLAIM_CHECKS.items() if check not in policy.checks_off}
    found = tuple(Finding(check=check, on=on, why=why) for check, why in whys.items() if why)
    return found, tuple(check for check, why in whys.items() if why is None)


def _reclaim_delete(case: ClaimCase) -> Why:
    volume = case.volume
    if volume is None or volume.reclaim_policy != "Delete":
        return ""
    if case.objective.reclaim_policy == "Retain":
        tier = f"tier {case.objective.tier}" if case.objective.tier else "its objective"
        return f"volume {volume.name} has reclaim policy Delete, and {tier} demands Retain"
    if not asks_for_copies(case.objective):
        return ""
    if any(verdict.restorable and verdict.copy.placement == "offsite" for verdict in case.appraisal.known):
        return ""
    if case.sight.blind:
        return None
    return f"volume {volume.name} has reclaim policy Delete, and no offsite copy could be restored now"


def _volume_attributes_drift(case: ClaimCase) -> Why:
    claim = case.claim
    wanted, current = claim.attributes_wanted, claim.attributes_current
    if not wanted or not claim.volume or wanted == current:
        return ""
    held = {condition.type for condition in claim.conditions if condition.status == "True"}
    if "ModifyVolumeError" in held:
        return f"VolumeAttributesClass {wanted} is asked for, and changing the volume to it failed"
    if claim.attributes_change == "Infeasible":
        return f"VolumeAttributesClass {wanted} is asked for, and the volume cannot be changed to it"
    if "ModifyingVolume" in held or claim.attributes_change in ("InProgress", "Pending"):
        return ""
    if current is None:
        return None
    return f"VolumeAttributesClass {wanted} is asked for, and {current} is in force"


def _objective_without_schedule(case: ClaimCase) -> Why:
    """Copies that count and are fresh, of which no plan is seen, are made by something that we cannot see."""
    if not asks_for_copies(case.objective) or _accepted(case) or _archives(case):
        return ""
    if case.sight.blind:
        return None
    if any(verdict.fresh and verdict.copy.schedule is None for verdict in case.appraisal.restorable):
        return None
    gaps = sorted({cover.gap for cover in case.appraisal.evidence.covers if cover.gap})
    refused = [cover for cover in case.appraisal.evidence.covers if not cover.gap]
    if refused:
        return f"the objective asks for {_demands(case.objective)}, and {_named(refused)} makes no such copy"
    why = f" ({', '.join(gaps)})" if gaps else ""
    return f"no schedule that runs covers it{why}"


def _schedule_too_rare(case: ClaimCase) -> Why:
    objective = case.objective
    covers = _accepted(case)
    if not asks_for_copies(objective) or objective.rpo is None or not covers or _archives(case):
        return ""
    schedules = [case.appraisal.evidence.schedules.get(cover.schedule) for cover in covers]
    gap = _longest_gap([schedule for schedule in schedules if schedule], objective.rpo)
    if gap is None:
        return None
    if gap <= objective.rpo:
        return ""
    return (
        f"up to {gap / _HOUR:g} h pass between two runs of {_named(covers)}, "
        f"and the rpo is {objective.rpo / _HOUR:g} h"
    )


def _resources_not_backed_up(case: ClaimCase) -> Why:
    evidence = case.appraisal.evidence
    if case.objective.exempt or not case.appraisal.restorable:
        return ""
    if any(coverage.objects for coverage in evidence.coverages):
        return ""
    if case.sight.blind:
        return None
    sources = sorted({verdict.copy.source for verdict in case.appraisal.restorable})
    return f"{' and '.join(sources)} copies the volume, and nothing copies the objects of {case.claim.ref.namespace}"


def _hooks_missing(case: ClaimCase) -> Why:
    if case.objective.exempt or not case.objective.application:
        return ""
    made = {verdict.copy.consistency for verdict in case.appraisal.known}
    made |= {cover.consistency for cover in case.appraisal.evidence.covers if not cover.gap}
    if not made or "application" in made:
        return ""
    if case.sight.blind or not case.sight.pods:
        return None
    return "application-consistent copies are asked for; no hook runs and no database operator copies it"


def _no_owner(case: ClaimCase) -> Why:
    if case.objective.owner:
        return ""
    return "nobody is named by holdfast.dev/owner" if case.sight.namespaces else None


CLAIM_CHECKS: Mapping[str, ClaimCheck] = {
    "reclaim-delete": _reclaim_delete,
    "volume-attributes-drift": _volume_attributes_drift,
    "objective-without-schedule": _objective_without_schedule,
    "schedule-too-rare": _schedule_too_rare,
    "resources-not-backed-up": _resources_not_backed_up,
    "hooks-missing": _hooks_missing,
    "no-owner": _no_owner,
}


def asks_for_copies(objective: Objective) -> bool:
    """Somebody asked for a recovery point, and did not exempt the claim."""
    return (
        objective.rpo is not None and objective.rpo_origin not in (None, "builtin") and not objective.exempt
    )


def _accepted(case: ClaimCase) -> list[Cover]:
    """Plans that run and make copies that count."""
    return [
        cover
        for cover in case.appraisal.evidence.covers
        if not cover.gap and accepts(cover.placement, cover.consistency, case.objective)
    ]


def _archives(case: ClaimCase) -> bool:
    """Log archiving keeps a copy current between the runs."""
    return any(_is_log(verdict) for verdict in case.appraisal.restorable)


def _is_log(verdict: CopyVerdict) -> bool:
    return verdict.copy.log == "running"


def _longest_gap(schedules: Sequence[Schedule], rpo: float) -> float | None:
    """Of all plans together; None where one of them cannot be read, and those that can are too rare by themselves."""
    plans, unread = [], not schedules
    for schedule in schedules:
        try:
            plans.append(read_plan(schedule.cron, schedule.timezone, schedule.anchor))
        except PlanError:
            unread = True
    alone = min((longest_gap(plan) for plan in plans), default=None)
    if alone is not None and alone <= rpo:
        return alone
    if unread or alone is None:
        return None
    return longest_gap_together(frozenset(plans)) if len(plans) > 1 else alone


def _named(covers: Sequence[Cover]) -> str:
    keys = {cover.schedule for cover in covers}
    return first_of(sorted({f"{key.source} {key.namespace}/{key.name}" for key in keys}), _MOST_NAMED)


def _demands(objective: Objective) -> str:
    words = chain(
        ("offsite",) if objective.offsite else (),
        ("application-consistent",) if objective.application else (),
    )
    return " ".join(words) + " copies"
