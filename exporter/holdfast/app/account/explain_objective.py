"""Why a claim is asked for what it is asked for: each field, and which object or layer set it."""

from collections.abc import Iterator

import msgspec

from holdfast.app.account.document_claim import objective_part
from holdfast.app.account.explain_case import Case, figure, told_by
from holdfast.assessment.objectives import Rung, read_annotations
from holdfast.model.account.explanation import NOBODY, FigurePart, ObjectPart, Value
from holdfast.model.account.telling import moment_if
from holdfast.model.annotation import PREFIX
from holdfast.model.facts import Annotations
from holdfast.model.identity import ObjectRef

_FIELDS = (
    # figure, field of a layer
    ("objective.rpoSeconds", "rpo"),
    ("objective.rtoSeconds", "rto"),
    ("objective.replicationLagSeconds", "replication_lag"),
    ("objective.restoreDrillEverySeconds", "restore_drill_every"),
    ("objective.offsite", "offsite"),
    ("objective.consistency", "consistency"),
    ("objective.locations", "locations"),
    ("objective.retention", "retention"),
    ("objective.reclaimPolicy", "reclaim_policy"),
    ("objective.fullWithinSeconds", "full_within"),
    ("objective.unusedForSeconds", "unused_for"),
    ("urgency", "urgency"),
    ("owner", "owner"),
)
_EXEMPT_FROM = frozenset({"rpo", "rto", "restore_drill_every", "retention"})

_RULES = {
    "annotation": "the claim's own annotation is heard first",
    "workload": "the annotation of who runs on the claim; of several the strictest",
    "namespace": "the annotation of its namespace",
    "defaults": "the defaults of the configuration",
    "builtin": "built in, and in force until somebody asks for something else",
}


def explain_objective(case: Case) -> Iterator[FigurePart]:
    yield _tier(case)
    values = _values(case)
    exempt = case.judgement.protection.state == "exempt"
    for name, field in _FIELDS:
        rung = case.ladder.setter(field)
        unit = "seconds" if name.endswith("Seconds") else ""
        if exempt and field in _EXEMPT_FROM:
            yield figure(name, None, "an exempt claim is not asked for this")
        elif rung is None:
            yield figure(name, values[name], "the default" if field == "urgency" else NOBODY)
        else:
            yield figure(name, values[name], _rule(case, rung), *_annotated(case, rung, field), unit=unit)
    yield _muted(case)
    yield _exempt(case)


def _values(case: Case) -> dict[str, Value]:
    """As the claim's entry of the report tells them."""
    objective = case.judgement.objective
    told = msgspec.to_builtins(objective_part(case.judgement))
    values: dict[str, Value] = {f"objective.{name}": value for name, value in told.items()}
    keeps = tuple(f"{window}: {points}" for window, points in objective.keeps)
    return values | {
        "objective.retention": keeps or None,
        "urgency": objective.urgency,
        "owner": objective.owner,
    }


def _tier(case: Case) -> FigurePart:
    tier, named_by = case.ladder.tier, case.ladder.tier_named_by
    if not tier:
        return figure("tier", "", "no tier of the configuration matches")
    if named_by is None:
        return figure("tier", tier, "the first tier of the configuration whose match holds")
    rung = next(rung for rung in case.ladder.rungs if rung.origin == named_by)
    return figure("tier", tier, "an annotation names it", *_annotated(case, rung, "tier"))


def _rule(case: Case, rung: Rung) -> str:
    if rung.origin != "tier":
        return _RULES[rung.origin]
    return f"tier {rung.name} of the configuration" + (
        ", which an annotation names" if case.ladder.tier_named_by else ""
    )


def _annotated(case: Case, rung: Rung, field: str) -> list[ObjectPart]:
    """The objects of that rung whose annotation parses; none for tiers and defaults."""
    held: list[tuple[ObjectRef, Annotations, float | None]] = []
    if rung.origin == "annotation":
        held = [(case.ref, case.claim.annotations, case.claim.created)]
    elif rung.origin == "workload":
        held = [(workload.ref, workload.annotations, workload.created) for workload in case.workloads]
    elif rung.origin == "namespace" and case.namespace:
        held = [(ObjectRef("Namespace", "", case.namespace.name), case.namespace.annotations, None)]
    name = PREFIX + field.replace("_", "-")
    return [
        told_by(ref, f"{name}: {getattr(annotations, field)}", created=created)
        for ref, annotations, created in held
        if getattr(read_annotations(annotations), field) is not None
    ]


def _muted(case: Case) -> FigurePart:
    rung, areas = case.ladder.setter("mute"), case.judgement.objective.muted
    if rung is None:
        return figure("muted", (), NOBODY)
    rule = "an annotation mutes these areas" if areas else "the annotation that muted it has ended"
    return figure("muted", areas, rule, *_annotated(case, rung, "mute"))


def _exempt(case: Case) -> FigurePart:
    now, judged = case.setting.now, case.judgement
    rung = case.ladder.exempting(now)
    if rung is not None and rung.exempt is not None:
        until = moment_if(rung.exempt.until)
        rule = f"{_rule(case, rung)}; " + (
            "open-ended" if until is None else f"until {until:%Y-%m-%d %H:%M}Z"
        )
        return figure("exempt", rung.exempt.reason, rule, *_annotated(case, rung, "exempt"))
    if judged.protection.state == "exempt":
        return figure(
            "exempt", "generic ephemeral volume", "the claim lives and dies with its pod", *_owning_pod(case)
        )
    ended = case.ladder.once_exempting(now)
    if ended is None:
        return figure("exempt", None, NOBODY)
    return figure("exempt", None, "the exemption has ended", *_annotated(case, ended, "exempt"))


def _owning_pod(case: Case) -> list[ObjectPart]:
    owner = case.claim.owner
    return [told_by(ObjectRef(owner.kind, case.claim.ref.namespace, owner.name), "owns it")] if owner else []
