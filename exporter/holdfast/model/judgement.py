"""What the assessment concluded: one record per subject, ready to be rendered. Vocabularies are closed and listed here."""

import math
from typing import Literal, NamedTuple

import msgspec

from holdfast.model.check import Judged, Severity
from holdfast.model.feed import FeedState
from holdfast.model.identity import ClaimRef, ObjectRef, ReplicationKey, ScheduleKey, TargetKey
from holdfast.model.objective import Objective
from holdfast.model.protection import Cover, Result

ProtectionState = Literal["protected", "late", "never", "unprotected", "unknown", "exempt"]
PROTECTION_STATES: tuple[ProtectionState, ...] = (
    "protected",
    "late",
    "never",
    "unprotected",
    "unknown",
    "exempt",
)

UNSAFE_STATES: tuple[ProtectionState, ...] = ("late", "never", "unprotected")
"""States in which something must be done for the claim."""

PROTECTION_REASONS = {
    "no-schedule": "nothing that runs covers the claim",
    "schedule-paused": "a schedule that covers it is paused",
    "schedule-invalid": "a schedule that covers it is refused by its tool",
    "schedule-deleted": "the schedule that made its copies is gone",
    "excluded": "a schedule reaches its namespace but leaves the claim out",
    "first-run-pending": "a schedule covers it and has not come round yet",
    "run-in-progress": "a run that should copy it is still going",
    "run-failed": "the newest run that should have copied it failed",
    "not-captured": "a finished run provably left the claim out",
    "unproven": "a finished run selected it, and nothing proves that it was copied",
    "overdue": "a schedule covers it, but its newest copy is older than the objective",
    "offsite-missing": "it has copies, but none offsite, and the objective asks for that",
    "application-missing": "it has copies, but none application-consistent, and the objective asks for that",
    "copy-expired": "its newest copy is past its expiry",
    "copy-not-ready": "its newest copy cannot be restored now",
    "target-unavailable": "its newest copies lie in a location that is unavailable now",
    "source-blind": "a source that could hold a copy cannot be seen",
    "objective-unknown": "its namespace or workloads cannot be seen, which may ask more of it than is known",
}

ORPHAN_REASONS = {
    "unreferenced": "no pod and no workload names the claim",
    "finished-only": "only finished pods or Jobs name it",
    "owner-gone": "the object that owned it is gone",
}

DORMANT_REASONS = {
    "operator-owned": "an operator's object owns it",
    "statefulset-zero": "its StatefulSet is scaled to zero",
    "leftover-ordinal": "it belongs to an ordinal that its StatefulSet does not run now",
    "workload-zero": "the workload that names it is scaled to zero",
    "cronjob-idle": "a CronJob names it and no run is going",
    "suspended": "the Job or CronJob that names it is suspended",
    "waiting-pods": "a workload that names it runs, but no pod of it stands",
    "clone-source": "living claims were cloned from it",
}

PENDING_REASONS = {
    "waiting-for-first-consumer": "its class binds when a pod needs it, and none does: no alarm",
    "waiting-for-provisioner": "a pod needs it, or its class binds at once, and no volume has come",
    "no-class": "it names no class, and there is no default",
    "class-missing": "its class does not exist",
    "volume-missing": "it names a volume that does not exist",
    "waiting-for-volume": "it asks for a volume made by hand, and none fits",
}

TERMINATING_REASONS = {
    "in-use": "a pod still uses it",
    "snapshot-in-progress": "a snapshot of it is being cut",
    "finalizer": "another finalizer holds it",
}

RESIZE_STAGES = (
    "controller",
    "controller-failed",
    "node-pending",
    "node",
    "node-failed",
)

FAILED_RESIZES = frozenset({"controller-failed", "node-failed"})

VOLUME_ORPHAN_REASONS = {
    "released": "its claim is gone and its policy keeps it",
    "failed": "its reclamation failed",
    "claim-replaced": "its claim was made anew and holds another volume",
    "claim-gone": "it is bound to a claim that does not exist",
}

SNAPSHOT_ORPHAN_REASONS = {
    "claim-gone": "the claim it was cut from is gone",
    "content-gone": "the content it is bound to is gone",
}

CONTENT_ORPHAN_REASONS = {
    "snapshot-gone": "the snapshot it belongs to is gone",
    "snapshot-replaced": "a newer snapshot of that name does not own it",
}

ATTACHMENT_DANGLING_REASONS = {
    "volume-gone": "its volume does not exist",
    "node-gone": "its node does not exist",
    "stuck-detaching": "it is being deleted for minutes and still attached",
}

DrillState = Literal["passed", "slow", "overdue", "failed", "never", "unknown"]
DRILL_STATES: tuple[DrillState, ...] = ("passed", "slow", "overdue", "failed", "never", "unknown")
DRILL_UNMET_STATES: tuple[DrillState, ...] = ("slow", "overdue", "failed", "never")
"""States in which what is asked of the claim's restores is known not to be met."""

ReplicationState = Literal["healthy", "lagging", "degraded", "broken", "paused", "unknown"]
REPLICATION_STATES: tuple[ReplicationState, ...] = (
    "healthy",
    "lagging",
    "degraded",
    "broken",
    "paused",
    "unknown",
)


class Judgement(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base: ``until`` is the instant until which the judgement holds if no object changes; None for ever."""

    until: float | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A finding and, for ``explain``, why in words."""

    check: str
    on: ObjectRef
    why: str


ALWAYS = math.inf
"""As the time of a copy: continuous log archiving keeps it current, so that it was always captured just now."""


class CopyClock(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The newest successful copy of one source, placement and consistency; ``captured`` may be ``ALWAYS``."""

    source: str
    placement: str
    consistency: str
    captured: float


_SHRUNK = 0.5


class SourceTally(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one source holds of a claim: recovery points now, sizes of the newest two copies, and whether it infers."""

    source: str
    points: int
    size: int | None = None
    previous_size: int | None = None
    inferred: bool = False

    @property
    def shrunk(self) -> float | None:
        """What the newest copy is of the one before it, where that is less than a half."""
        if self.size is None or not self.previous_size or self.size >= _SHRUNK * self.previous_size:
            return None
        return self.size / self.previous_size

    @property
    def empty(self) -> bool:
        """The newest copy holds nothing, nor did the one before it, as far as anybody tells."""
        return self.size == 0 and not self.previous_size


class Place(NamedTuple):
    """Where recovery points lie: a target, as ``namespace/name``, and its region. Both are empty where nothing tells."""

    location: str
    region: str


class Protection(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``captured`` is the time of the copy that the age speaks of, or ``ALWAYS``; None where no copy counts.

    ``unsafe_since``: in an unsafe state, ``captured``, or when the claim was made where no copy counts; None while a new
    claim could not have a copy yet. ``places``: where the copies that count and could be restored now lie.
    """

    state: ProtectionState
    reasons: tuple[str, ...] = ()
    captured: float | None = None
    unsafe_since: float | None = None
    clocks: tuple[CopyClock, ...] = ()
    tallies: tuple[SourceTally, ...] = ()
    covers: tuple[Cover, ...] = ()
    retention_missing: tuple[tuple[str, int], ...] = ()
    places: tuple[Place, ...] = ()


class RestoreProof(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The drill in force. ``state`` None: no proof is asked for. ``ended`` None: no restore has succeeded.

    ``duration`` and ``point_age`` (how old the restored point was when the drill ended) are in seconds, None where the
    tool tells too little.
    """

    state: DrillState | None = None
    source: str = ""
    ended: float | None = None
    duration: float | None = None
    point_age: float | None = None


UnusedState = Literal["dormant", "orphaned"]
UNUSED_STATES: tuple[UnusedState, ...] = ("dormant", "orphaned")


class Usage(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``state`` None: use is unknown. ``unused_since`` is a lower bound, None while in use or unknown."""

    state: Literal["in-use"] | UnusedState | None
    reason: str = ""
    unused_since: float | None = None


class Waiting(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that takes its time: why (or at which stage), and since when."""

    reason: str
    since: float


class ClaimJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """All that is published of one claim."""

    ref: ClaimRef
    volume: str
    storage_class: str
    csi_driver: str
    volume_mode: str
    access_modes: str
    reclaim_policy: str
    workload_kind: str
    workload: str
    requested: int | None
    capacity: int | None
    phase: str
    created: float
    objective: Objective
    protection: Protection
    proof: RestoreProof = RestoreProof()
    usage: Usage
    pending: Waiting | None = None
    terminating: Waiting | None = None
    resize: Waiting | None = None
    findings: tuple[Finding, ...] = ()
    ignored: tuple[Finding, ...] = ()  # its owner does not want to be told
    unjudged: tuple[str, ...] = ()  # checks that could not be judged of it

    @property
    def unproven_since(self) -> float | None:
        """The end of the drill in force, or the making of the claim, where what is asked of its drills is not met."""
        if self.proof.state not in DRILL_UNMET_STATES:
            return None
        return self.created if self.proof.ended is None else self.proof.ended


class VolumeJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    name: str
    storage_class: str
    csi_driver: str
    reclaim_policy: str
    claim: ClaimRef | None
    phase: str
    released_since: float | None = None
    orphaned: str = ""
    attach_pending: tuple[tuple[str, float], ...] = ()  # (node, since)


class SnapshotJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    namespace: str
    name: str
    unready_since: float | None = None
    orphaned: str = ""


class ContentJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    name: str
    orphaned: str = ""


class AttachmentJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    name: str
    volume: str
    node: str
    dangling: str = ""


class ScheduleJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """``due`` is the newest time a run was due; ``missed`` the runs due since the last success that did not succeed."""

    key: ScheduleKey
    cron: str
    target: str
    paused: bool
    last_success: float | None
    last_attempt: float | None
    last_duration: float | None
    last_result: Result
    running_since: float | None
    next_run: float | None
    due: float | None
    missed: int | None


class ReplicationJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """``point``: the lag is the time since then. ``lag``: it was measured, in seconds. Both None: it is unknown.

    ``objective`` is None where lateness is not judged; ``objective_why`` says in words where it comes from.
    ``evidence`` is None where a database or a query tells of it.
    """

    key: ReplicationKey
    evidence: ObjectRef | None
    state: ReplicationState
    why: str
    point: float | None
    lag: float | None
    objective: float | None
    objective_why: str
    last_sync: float | None
    last_sync_duration: float | None


class TargetJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    key: TargetKey
    available: bool | None
    checked: float | None


class AnnotatedJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """An object other than a claim that carries annotations: only its findings are published."""

    on: ObjectRef
    findings: tuple[Finding, ...] = ()


class TierTally(Judgement, frozen=True, kw_only=True, gc=False):
    """How many claims of one namespace and tier are in each protection state, in the order of ``PROTECTION_STATES``."""

    counts: tuple[int, ...]


class CheckJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    severity: Severity
    judged: Judged


class SourceJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """One feed as it is shown: ``last_success`` is the newest proof of life."""

    state: FeedState
    last_success: float | None
    objects: int
    strange: int = 0
