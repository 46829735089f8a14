"""The shapes of the report document, which document themselves. How times and unknowns are told stands in ``telling``."""

from datetime import datetime

from holdfast.model.account.filling import BackendPart, FillingPart, PoolPart, QuotaPart
from holdfast.model.account.telling import Part, Unknown


class SourcePart(Part, frozen=True, kw_only=True, gc=False):
    """One kind that one source reads. ``blind``: the source could hold copies and cannot vouch for what it holds."""

    source: str
    kind: str
    state: str
    message: str
    blind: bool
    objects: int
    undecodable: int
    last_success: datetime | None
    lost_since: datetime | None
    unknown: Unknown


class WorkloadPart(Part, frozen=True, kw_only=True, gc=False):
    """Who runs on a claim: the topmost controller."""

    kind: str
    name: str


class ExemptPart(Part, frozen=True, kw_only=True, gc=False):
    """``until`` null: open-ended."""

    reason: str
    until: datetime | None


class RetentionPart(Part, frozen=True, kw_only=True, gc=False):
    """Recovery points asked for and not there; ``missing`` is null, with a reason, while a source is blind."""

    window: str
    points: int
    missing: int | None
    reason: str


class ObjectivePart(Part, frozen=True, kw_only=True, gc=False):
    """What is asked of a claim; null where nobody asks. An exempt claim is asked for no copy and no drill."""

    rpo_seconds: float | None
    rpo_origin: str | None
    rto_seconds: float | None
    replication_lag_seconds: float | None
    restore_drill_every_seconds: float | None
    offsite: bool
    consistency: str | None
    locations: int | None
    reclaim_policy: str | None
    full_within_seconds: float | None
    unused_for_seconds: float | None


class CopyPart(Part, frozen=True, kw_only=True, gc=False):
    """The newest successful copy of one source, placement and consistency."""

    source: str
    placement: str
    consistency: str
    captured: datetime
    age_seconds: float


class HoldingPart(Part, frozen=True, kw_only=True, gc=False):
    """What one source holds of a claim. ``inferred``: no object names the newest copy's volume, counters prove it."""

    source: str
    recovery_points: int
    size_bytes: int | None
    previous_size_bytes: int | None
    inferred: bool
    unknown: Unknown


class CoverPart(Part, frozen=True, kw_only=True, gc=False):
    """A schedule that should cover a claim. ``gap``: why it makes no copies now, empty where it runs."""

    source: str
    namespace: str
    name: str
    target: str
    placement: str
    consistency: str
    gap: str


class ProtectionPart(Part, frozen=True, kw_only=True, gc=False):
    """Could the claim be got back. ``captured`` is the time of the copy that the age speaks of."""

    state: str
    reasons: tuple[str, ...]
    captured: datetime | None
    age_seconds: float | None
    copies: tuple[CopyPart, ...]
    sources: tuple[HoldingPart, ...]
    schedules: tuple[CoverPart, ...]
    retention: tuple[RetentionPart, ...]


class DrillPart(Part, frozen=True, kw_only=True, gc=False):
    """The restore drill in force. ``state`` null: no proof is asked for. ``pointAgeSeconds``: how old the restored point
    was when the drill ended.
    """

    state: str | None
    source: str
    ended: datetime | None
    age_seconds: float | None
    duration_seconds: float | None
    point_age_seconds: float | None
    unknown: Unknown


class UsagePart(Part, frozen=True, kw_only=True, gc=False):
    """``state``: in-use, dormant, orphaned, or null where ``reason`` says why it is unknown.

    Unused time is a lower bound.
    """

    state: str | None
    reason: str
    unused_since: datetime | None
    unused_seconds: float | None


class WaitingPart(Part, frozen=True, kw_only=True, gc=False):
    """Something that takes its time: why, or at which stage, and for how long."""

    reason: str
    since: datetime
    seconds: float


class FindingPart(Part, frozen=True, kw_only=True, gc=False):
    check: str
    severity: str
    kind: str
    namespace: str
    name: str
    why: str


class MoneyPart(Part, frozen=True, kw_only=True, gc=False):
    """An amount a month (730 hours)."""

    amount: float
    currency: str


class ClaimPart(Part, frozen=True, kw_only=True, gc=False):
    """A claim and all that is known of it. Names are empty where there is none."""

    namespace: str
    name: str
    uid: str
    created: datetime | None
    phase: str
    volume: str
    storage_class: str
    csi_driver: str | None
    volume_mode: str
    access_modes: tuple[str, ...]
    reclaim_policy: str | None
    requested_bytes: int | None
    capacity_bytes: int | None
    workload: WorkloadPart | None
    tier: str
    urgency: str
    owner: str
    muted: tuple[str, ...]
    exempt: ExemptPart | None
    objective: ObjectivePart
    protection: ProtectionPart
    drill: DrillPart
    usage: UsagePart
    filling: FillingPart
    pending: WaitingPart | None
    terminating: WaitingPart | None
    resize: WaitingPart | None
    findings: tuple[FindingPart, ...]
    monthly_cost: MoneyPart | None
    unknown: Unknown


class SchedulePart(Part, frozen=True, kw_only=True, gc=False):
    """``lastDue`` is the newest time a run was due, ``claims`` how many claims it should cover."""

    source: str
    namespace: str
    name: str
    cron: str
    timezone: str
    target: str
    paused: bool
    valid: bool
    claims: int
    last_success: datetime | None
    last_attempt: datetime | None
    last_result: str
    last_duration_seconds: float | None
    running_since: datetime | None
    running_seconds: float | None
    last_due: datetime | None
    next_run: datetime | None
    missed_runs: int | None
    unknown: Unknown


class ReplicationPart(Part, frozen=True, kw_only=True, gc=False):
    """``claim`` is the replicated claim, empty where it is no claim's. ``objectiveSeconds`` null: lateness is not judged."""

    source: str
    namespace: str
    name: str
    claim: str
    state: str
    why: str
    lag_seconds: float | None
    objective_seconds: float | None
    last_sync: datetime | None
    last_sync_duration_seconds: float | None
    unknown: Unknown


class TargetPart(Part, frozen=True, kw_only=True, gc=False):
    source: str
    namespace: str
    name: str
    available: bool | None
    checked: datetime | None
    unknown: Unknown


class AttachPart(Part, frozen=True, kw_only=True, gc=False):
    node: str
    since: datetime
    seconds: float


class VolumePart(Part, frozen=True, kw_only=True, gc=False):
    """``claim`` is whose data it holds or held, empty where no claim ever did. ``orphaned`` says why, if it is."""

    name: str
    storage_class: str
    csi_driver: str
    reclaim_policy: str
    phase: str
    claim_namespace: str
    claim: str
    orphaned: str
    released_since: datetime | None
    released_seconds: float | None
    attach_pending: tuple[AttachPart, ...]
    monthly_cost: MoneyPart | None
    unknown: Unknown


class SnapshotPart(Part, frozen=True, kw_only=True, gc=False):
    """A VolumeSnapshot, or a VolumeSnapshotContent, which has no namespace."""

    kind: str
    namespace: str
    name: str
    claim: str
    captured: datetime | None
    ready: bool | None
    orphaned: str
    unready_since: datetime | None
    unready_seconds: float | None
    monthly_cost: MoneyPart | None
    unknown: Unknown


class CheckPart(Part, frozen=True, kw_only=True, gc=False):
    """Whether a check could be judged: yes, partly, no or off. ``unseen`` are the kinds it needs and that are out of sight."""

    check: str
    severity: str
    judged: str
    unseen: tuple[str, ...]


class ErrorPart(Part, frozen=True, kw_only=True, gc=False):
    """What of a folder could not be read. ``line`` counts from 1, null where the file as a whole is meant."""

    file: str
    line: int | None
    message: str


class Report(Part, frozen=True, kw_only=True, gc=False):
    api_version: str
    now: datetime
    cluster: str
    sources: tuple[SourcePart, ...]
    claims: tuple[ClaimPart, ...]
    schedules: tuple[SchedulePart, ...]
    targets: tuple[TargetPart, ...]
    replications: tuple[ReplicationPart, ...]
    volumes: tuple[VolumePart, ...]
    snapshots: tuple[SnapshotPart, ...]
    backends: tuple[BackendPart, ...]
    quotas: tuple[QuotaPart, ...]
    pools: tuple[PoolPart, ...]
    findings: tuple[FindingPart, ...]
    checks: tuple[CheckPart, ...]
    errors: tuple[ErrorPart, ...]
