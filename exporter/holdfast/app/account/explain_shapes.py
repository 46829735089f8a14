"""The shapes of an explanation: figures with the rule that decided each and the objects it came from.

Like the report document it tells times in RFC 3339 and durations in seconds, and documents itself.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec

from holdfast.app.account.filling_shapes import FillingPart
from holdfast.app.account.telling import Part, moment
from holdfast.assessment.copies import Appraisal
from holdfast.assessment.drills import Trials
from holdfast.assessment.objectives import Ladder
from holdfast.assessment.setting import Setting
from holdfast.model.facts import Claim, Namespace, Pod, Workload
from holdfast.model.filling import BackendJudgement, FillingJudgement
from holdfast.model.health import FeedHealth
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.judgement import (
    ClaimJudgement,
    ReplicationJudgement,
    ScheduleJudgement,
    TargetJudgement,
)

NOBODY = "nobody sets it"
"""The rule of a figure of the objective that nothing sets."""

Value = str | int | float | bool | tuple[str, ...] | None
"""A time is a text, so that the document can be read back."""


class ObjectPart(Part, frozen=True, kw_only=True, gc=False):
    """An object that a figure came from, what it says in words, and its own times by name."""

    kind: str
    namespace: str
    name: str
    says: str
    times: dict[str, datetime]


class FigurePart(Part, frozen=True, kw_only=True, gc=False):
    """``figure`` is the path in the claim's entry of the report. ``unit``: seconds, bytes, time or empty."""

    figure: str
    value: Value
    unit: str
    rule: str
    objects: tuple[ObjectPart, ...]


class RowPart(Part, frozen=True, kw_only=True, gc=False):
    """A row of the decision table of the protection state; ``holds`` is null where an earlier row decided."""

    state: str
    holds: bool | None
    why: str


class FaultPart(Part, frozen=True, kw_only=True, gc=False):
    fault: str
    why: str


class CopyVerdictPart(Part, frozen=True, kw_only=True, gc=False):
    """A copy that a source tells of. ``counts``: under the objective; ``restorable`` now; ``faults``: all that keeps it
    from protecting the claim.
    """

    source: str
    captured: datetime
    age_seconds: float
    placement: str
    consistency: str
    size_bytes: int | None
    expires: datetime | None
    target: str
    schedule: str
    inferred: bool
    counts: bool
    restorable: bool
    faults: tuple[FaultPart, ...]
    evidence: ObjectPart


class MissPart(Part, frozen=True, kw_only=True, gc=False):
    """A finished run that should have copied the claim. ``bears``: no copy that counts is newer."""

    schedule: str
    time: datetime
    reason: str
    why: str
    bears: bool
    evidence: ObjectPart


class CoveringPart(Part, frozen=True, kw_only=True, gc=False):
    """A schedule that reaches the claim. ``gap`` is empty where it runs; ``counts``: its copies would count."""

    source: str
    namespace: str
    name: str
    gap: str
    why: str
    counts: bool
    placement: str
    consistency: str
    target: str
    target_available: bool | None
    cron: str
    timezone: str
    last_result: str
    last_success: datetime | None
    last_due: datetime | None
    next_run: datetime | None
    running_since: datetime | None
    missed_runs: int | None


class BlindPart(Part, frozen=True, kw_only=True, gc=False):
    """A kind of a source that could hold copies and cannot vouch for what it holds."""

    source: str
    kind: str
    state: str
    message: str
    undecodable: int
    lost_since: datetime | None


class Explanation(Part, frozen=True, kw_only=True, gc=False):
    """All that was concluded of one claim, and why. ``table`` is in order of precedence, copies are newest first."""

    api_version: str
    now: datetime
    cluster: str
    namespace: str
    name: str
    uid: str
    state: str
    figures: tuple[FigurePart, ...]
    table: tuple[RowPart, ...]
    copies: tuple[CopyVerdictPart, ...]
    misses: tuple[MissPart, ...]
    schedules: tuple[CoveringPart, ...]
    blind: tuple[BlindPart, ...]


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
