"""What is wrong, or right, in a sentence for a person who was not there. Each tells figures, and judges nothing."""

from holdfast.app.account.document_claim import exempt_part
from holdfast.assessment.drills import DRILL_RULES
from holdfast.model.account.telling import elapsed, humane
from holdfast.model.health import FeedHealth
from holdfast.model.judgement import (
    ALWAYS,
    PROTECTION_REASONS,
    ClaimJudgement,
    ReplicationJudgement,
    RestoreProof,
    ScheduleJudgement,
)

_STATES = {
    "unprotected": "Nothing that runs makes copies of it that count",
    "never": "It has no copy that counts, though a schedule would make one",
    "late": "No copy protects it now",
    "unknown": "It cannot be told whether a copy protects it",
    "protected": "A copy protects it",
    "exempt": "It is exempt",
}


def headline(claim: ClaimJudgement, now: float) -> str:
    """How the claim's data stand."""
    protection, objective = claim.protection, claim.objective
    said = _STATES[protection.state]
    if protection.state == "exempt":
        exempt = exempt_part(claim)
        reason = exempt.reason if exempt else ""
        return f"{said}: {reason}" if reason else f"{said}, and no reason is given"
    if protection.captured == ALWAYS:
        return f"{said}: log archiving keeps it current"
    if protection.captured is not None:
        said += f": the newest that counts is {humane(elapsed(protection.captured, now))} old"
        said += f", and {humane(objective.rpo)} are allowed" if objective.rpo is not None else ""
    return said


def reasons_of(claim: ClaimJudgement) -> tuple[str, ...]:
    """Why it is in its state, in words."""
    return tuple(PROTECTION_REASONS[reason] for reason in claim.protection.reasons)


def claim_sentence(claim: ClaimJudgement, now: float) -> str:
    """The headline, with the reasons that are no repetition of it."""
    said = [headline(claim, now)]
    said += [
        PROTECTION_REASONS[reason]
        for reason in claim.protection.reasons
        if reason not in ("overdue", "no-schedule")
    ]
    return "; ".join(said)


def full_sentence(full: float, now: float, *, early: float | None, likely: str, fixed: str) -> str:
    """``likely`` says how likely it is, in words; empty where that is not told."""
    left = full - now
    said = f"Full in {humane(left)}" if left >= 1 else "Full"
    if early is not None and left >= 1 and 1 <= early - now < left:
        said += f", at the earliest in {humane(early - now)}"
    if likely and left >= 1:
        said += f", {likely}"
    return f"{said}; it cannot grow: {fixed}" if fixed else said


def drill_sentence(proof: RestoreProof, now: float) -> str:
    if proof.state is None:
        return ""
    said = DRILL_RULES[proof.state]
    said = said[:1].upper() + said[1:]
    return (
        f"{said}; the last one ended {humane(elapsed(proof.ended, now))} ago"
        if proof.ended is not None
        else said
    )


def schedule_sentence(schedule: ScheduleJudgement, state: str, now: float) -> str:
    """How the schedule does. ``state`` is the word for it."""
    said = {
        "invalid": "Its tool refuses it",
        "failed": "The newest run failed",
        "partial": "The newest run failed in part",
        "missed": f"{schedule.missed} runs that were due brought no success",
        "not-started": "A run was due, and none is known",
        "unknown": "No run of it is known, and when it should run is not known either",
        "running": "A run is under way",
        "paused": "It is paused",
        "succeeded": "The newest run succeeded",
    }[state]
    if state == "missed" and schedule.missed == 1:
        said = "The run that was due brought no success"
    if state == "running" and schedule.running_since is not None:
        said += f" for {humane(elapsed(schedule.running_since, now))}"
    if schedule.last_success is not None:
        return f"{said}; the last success began {humane(elapsed(schedule.last_success, now))} ago"
    return said if state in ("succeeded", "not-started", "unknown") else f"{said}; no success is known"


def replication_sentence(replication: ReplicationJudgement, now: float) -> str:
    lag = replication.lag
    if lag is None and replication.point is not None:
        lag = elapsed(replication.point, now)
    said = f"It is {replication.state}"
    if replication.why:
        said += f": {replication.why}"
    if lag is not None:
        said += f"; {humane(lag)} behind"
        said += (
            f", and {humane(replication.objective)} are borne" if replication.objective is not None else ""
        )
    return said


_FEEDS = {
    "failing": "cannot be read",
    "forbidden": "may not be read",
    "starting": "has not been read yet",
    "out_of_scope": "is not looked at",
}


def feed_sentence(health: FeedHealth, now: float) -> str:
    """What cannot be seen, and since when; empty where all of it is seen."""
    said = f"{health.kind} {_FEEDS[health.state]}" if health.state in _FEEDS else ""
    if not said and health.undecodable:
        said = f"{health.undecodable} objects of {health.kind} cannot be decoded"
    if not said:
        return ""
    if health.lost_since is not None and now - health.lost_since >= 1:
        said += f", for {humane(elapsed(health.lost_since, now))}"
    return f"{said}: {health.message}" if health.message else said
