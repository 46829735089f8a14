"""What an explanation is made from: a claim with all that its judgement rests on, and how an object is told of."""

from typing import NamedTuple

import msgspec

from holdfast.assessment.copies import Appraisal
from holdfast.assessment.drills import Trials
from holdfast.assessment.objectives import Ladder
from holdfast.assessment.setting import Setting
from holdfast.model.account.explanation import FigurePart, ObjectPart, Value
from holdfast.model.account.filling import FillingPart
from holdfast.model.account.telling import moment
from holdfast.model.facts import Claim, Pod, Workload
from holdfast.model.filling import BackendJudgement, FillingJudgement
from holdfast.model.health import FeedHealth
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.judgement import (
    ClaimJudgement,
    Finding,
    ReplicationJudgement,
    ScheduleJudgement,
    TargetJudgement,
)
from holdfast.model.surroundings import Namespace


class Looks(NamedTuple):
    """How many readings there are of a resource, and over how many seconds."""

    number: int
    span: float


class Gauged(msgspec.Struct, frozen=True, kw_only=True):
    """How the claim fills: its judgement, that of the space it shares, the report's entry, and the readings by resource."""

    filling: FillingJudgement | None
    backend: BackendJudgement | None
    part: FillingPart
    looks: tuple[Looks, ...]


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One claim with all that its judgement rests on.

    ``named`` are the (kind, name) of who runs on it, ``schedules`` and ``targets`` those that are still there,
    ``findings`` are all that stand on it, ``ignored`` those of which its owner does not want to be told,
    ``blind`` the kinds for which a blind source cannot vouch.
    """

    claim: Claim
    judgement: ClaimJudgement
    setting: Setting
    pods: tuple[Pod, ...]
    named: tuple[tuple[str, str], ...]
    workloads: tuple[Workload, ...]
    namespace: Namespace | None
    ladder: Ladder
    appraisal: Appraisal
    trials: Trials
    replications: tuple[ReplicationJudgement, ...]
    schedules: dict[ScheduleKey, ScheduleJudgement]
    targets: dict[TargetKey, TargetJudgement]
    blind: tuple[FeedHealth, ...]
    gauged: Gauged
    findings: tuple[Finding, ...]
    ignored: tuple[Finding, ...]

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("PersistentVolumeClaim", *self.claim.ref)


def told_by(ref: ObjectRef, says: str = "", **times: float | None) -> ObjectPart:
    """The object; times that are not known, and a creation that nobody told, are left out."""
    known = {name: moment(time) for name, time in times.items() if time}
    return ObjectPart(kind=ref.kind, namespace=ref.namespace, name=ref.name, says=says, times=known)


def plan_ref(key: ScheduleKey) -> ObjectRef:
    return ObjectRef(f"{key.source} schedule", key.namespace, key.name)


def place_ref(key: TargetKey) -> ObjectRef:
    return ObjectRef(f"{key.source} target", key.namespace, key.name)


def figure(name: str, value: Value, rule: str, *objects: ObjectPart, unit: str = "") -> FigurePart:
    return FigurePart(figure=name, value=value, unit=unit, rule=rule, objects=objects)
