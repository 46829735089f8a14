"""Findings that annotations themselves raise."""

from holdfast.assessment.checks.ignoring import heed
from holdfast.assessment.objectives import read_annotations
from holdfast.model.annotation import PREFIX
from holdfast.model.facts import Annotations
from holdfast.model.identity import ObjectRef
from holdfast.model.judgement import AnnotatedJudgement, Finding
from holdfast.model.objective import Objective
from holdfast.model.policy import Policy


def annotation_findings(annotations: Annotations, on: ObjectRef, policy: Policy) -> tuple[Finding, ...]:
    """At most one finding an object, whose reason lists every annotation that does not parse."""
    layer = read_annotations(annotations)
    problems = [f"{name}: {why}" for name, why in layer.problems]
    known = [tier.name for tier in policy.tiers]
    if layer.tier is not None and layer.tier not in known:
        choices = ", ".join(known) or "none: the configuration has no tiers"
        problems.append(f"{PREFIX}tier: {layer.tier[:60]!r} is no tier; tiers are {choices}")
    found = []
    if problems:
        found.append(Finding(check="invalid-annotation", on=on, why="; ".join(problems)))
    if layer.exempt and not layer.exempt.reason:
        why = f"{PREFIX}exempt gives no reason; write why the data need no copy"
        found.append(Finding(check="exempt-without-reason", on=on, why=why))
    return tuple(finding for finding in found if finding.check not in policy.checks_off)


def exemption_findings(objective: Objective, on: ObjectRef, policy: Policy) -> tuple[Finding, ...]:
    """An exemption that has ended stands on each claim that it held, until it is taken away or another is in force."""
    if not objective.exempt_expired or objective.exempt or "exempt-expired" in policy.checks_off:
        return ()
    why = f"the exemption {objective.exempt_expired.reason!r} has ended; renew or remove it"
    return (Finding(check="exempt-expired", on=on, why=why),)


def assess_annotated(
    annotations: Annotations, on: ObjectRef, policy: Policy, now: float
) -> AnnotatedJudgement:
    """An object other than a claim that carries annotations."""
    heeded = heed(annotation_findings(annotations, on, policy), annotations, now)
    return AnnotatedJudgement(on=on, findings=heeded.open, until=heeded.until)
