"""What can be asked about getting data back: restores, replicas, sizes of copies, the cluster's own state.

The same rules hold as in signals.py, whose selectors and folds are used here.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.signals import (
    CLAIM,
    REPLICATION,
    SCHEDULE,
    TARGET,
    Signal,
    on,
    or_zero,
    per,
    select,
    with_runbook,
)

_DRILL = "holdfast_pvc_restore_drill_state"
_REPLICA = "holdfast_replication_state"

ALERT_OF_DRILL = {
    "failed": "HoldfastRestoreDrillFailed",
    "never": "HoldfastRestoreDrillOverdue",
    "overdue": "HoldfastRestoreDrillOverdue",
    "slow": "HoldfastRestoreDrillSlow",
}
"""The runbook that a drill's state leads to. A state that is unknown because no drill is due yet needs none."""

ALERT_OF_REPLICATION = {
    "broken": "HoldfastReplicationBroken",
    "lagging": "HoldfastReplicationLagging",
    "degraded": "HoldfastReplicationDegraded",
    "unknown": "HoldfastReplicationUnknown",
    "paused": "HoldfastReplicationPaused",
}

_UNMET = per(_DRILL, *CLAIM, "state", state="|".join(ALERT_OF_DRILL))
_UNWELL = per(_REPLICA, *REPLICATION, "state", state="|".join(ALERT_OF_REPLICATION))
_OF_UNMET = f"and {on(*CLAIM)} {_UNMET}"
_OF_UNWELL = f"and {on(*REPLICATION)} {_UNWELL}"
_LAG = per("holdfast_replication_lag_seconds", *REPLICATION)
_OBJECTIVE = per("holdfast_replication_objective_seconds", *REPLICATION)
_CLUSTER_STATE = "etcd-snapshot|rancher-backup"


def _drills(state: str) -> str:
    return or_zero(f"count({per(_DRILL, *CLAIM, state=state)})", known_by=_DRILL)


def _replications(state: str) -> str:
    return or_zero(f"count({per(_REPLICA, *REPLICATION, state=state)})", known_by=_REPLICA)


PROVEN_RATIO = Signal(
    name="Restores proven",
    description="Share of the claims of which a proof is asked for whose restore was proven in time, and fast enough.",
    unit=units.PercentUnit,
    expression=f"({_drills('passed')}) / count({per(_DRILL, *CLAIM)})",
)
DRILLS_FAILED = Signal(
    name="Failed",
    description="Claims whose newest restore failed.",
    expression=_drills("failed"),
)
DRILLS_OVERDUE = Signal(
    name="Overdue or never",
    description="Claims whose restore was not proven within the interval that is asked for.",
    expression=_drills("overdue|never"),
)
DRILLS_SLOW = Signal(
    name="Slow",
    description="Claims whose restore takes longer than their objective allows.",
    expression=_drills("slow"),
)
DRILLS_BY_STATE = Signal(
    name="Restore drills by state",
    description="Every claim of which a proof is asked for: passed, slow, overdue, failed, never or unknown.",
    expression=f"sum by (state) ({select('namespace:holdfast_pvc_restore_drill_claims:count')})",
    legend="{{state}}",
)

DRILL_STATE = Signal(
    name="State",
    description="Claims whose restore is not proven as asked, by state.",
    expression=with_runbook(_UNMET, ALERT_OF_DRILL),
)
DRILL_AGE = Signal(
    name="Without proof for",
    description="Age of the drill in force; where there is none, since the claim was made.",
    unit=units.Seconds,
    expression=f"({per('holdfast_pvc_restore_drill_age_seconds', *CLAIM)}"
    f" or time() - {per('holdfast_pvc_created_timestamp_seconds', *CLAIM)}) {_OF_UNMET}",
)
DRILL_INTERVAL = Signal(
    name="Asked every",
    description="How often a restore must be proven.",
    unit=units.Seconds,
    expression=f"{per('holdfast_pvc_restore_drill_interval_seconds', *CLAIM)} {_OF_UNMET}",
)
DRILL_TOOK = Signal(
    name="Took",
    description="How long the drill in force took.",
    unit=units.Seconds,
    expression=f"{per('holdfast_pvc_restore_drill_duration_seconds', *CLAIM)} {_OF_UNMET}",
)
DRILL_MAY_TAKE = Signal(
    name="May take",
    description="Within what a restore drill must finish.",
    unit=units.Seconds,
    expression=f"{per('holdfast_pvc_rto_seconds', *CLAIM)} {_OF_UNMET}",
)
DRILL_POINT_AGE = Signal(
    name="Age of the point",
    description="How old the restored point was when the drill in force ended.",
    unit=units.Seconds,
    expression=f"{per('holdfast_pvc_restore_drill_point_age_seconds', *CLAIM)} {_OF_UNMET}",
)
DURATIONS = Signal(
    name="Duration in units of the objective",
    description="How long drills in force took, in units of what is allowed: the ten slowest. Above 1 is too slow.",
    expression=f"topk(10, {per('holdfast_pvc_restore_drill_duration_seconds', *CLAIM)}"
    f" / {on(*CLAIM)} {per('holdfast_pvc_rto_seconds', *CLAIM)})",
    legend="{{namespace}}/{{persistentvolumeclaim}}",
)

REPLICAS_BROKEN = Signal(
    name="Broken",
    description="Replications that make no progress.",
    expression=_replications("broken"),
)
REPLICAS_LAGGING = Signal(
    name="Lagging",
    description="Replications that are further behind than their objective allows.",
    expression=_replications("lagging"),
)
REPLICAS_DEGRADED = Signal(
    name="Degraded",
    description="Replications that work with less redundancy or health than asked for.",
    expression=_replications("degraded"),
)
REPLICAS_UNKNOWN = Signal(
    name="Unknown",
    description="Replications of which nobody can tell whether they keep up.",
    expression=_replications("unknown"),
)
REPLICAS_PAUSED = Signal(
    name="Paused",
    description="Replications that somebody has paused.",
    expression=_replications("paused"),
)
REPLICAS_HEALTHY = Signal(
    name="Healthy",
    description="Replications that keep up, or whose receiving side is as it should be.",
    expression=_replications("healthy"),
)
REPLICAS_BY_STATE = Signal(
    name="Replications by state",
    description="Every replication: healthy, lagging, degraded, broken, paused or unknown.",
    expression=f"count by (state) ({per(_REPLICA, *REPLICATION, 'state')})",
    legend="{{state}}",
)
LAGS = Signal(
    name="Lag in units of the objective",
    description="How far replicas are behind, in units of what is allowed: the ten furthest. Above 1 is too far.",
    expression=f"topk(10, {_LAG} / {on(*REPLICATION)} {_OBJECTIVE})",
    legend="{{namespace}}/{{replication}}",
)

REPLICA_STATE = Signal(
    name="State",
    description="Replications that are not healthy, by state.",
    expression=with_runbook(_UNWELL, ALERT_OF_REPLICATION),
)
REPLICA_LAG = Signal(
    name="Behind",
    description="How much would be lost if the primary died now.",
    unit=units.Seconds,
    expression=f"{_LAG} {_OF_UNWELL}",
)
REPLICA_OBJECTIVE = Signal(
    name="Objective",
    description="How far the replica may be behind.",
    unit=units.Seconds,
    expression=f"{_OBJECTIVE} {_OF_UNWELL}",
)
REPLICA_SYNCED = Signal(
    name="Last sync",
    description="When the last sync ended.",
    unit=units.DateTimeFromNow,
    expression=f"{per('holdfast_replication_last_sync_timestamp_seconds', *REPLICATION)} * 1000 {_OF_UNWELL}",
)
REPLICA_TOOK = Signal(
    name="It took",
    description="How long the last sync took.",
    unit=units.Seconds,
    expression=f"{per('holdfast_replication_last_sync_duration_seconds', *REPLICATION)} {_OF_UNWELL}",
)

_NEWEST = per("holdfast_pvc_backup_size_bytes", *CLAIM, "source")
_BEFORE = per("holdfast_pvc_backup_previous_size_bytes", *CLAIM, "source")
_SIZED = f"and {on(*CLAIM, 'source')} {_NEWEST}"

SIZE_SHRUNK = Signal(
    name="Shrunk by",
    description="By how much the newest copy is smaller than the one before; less than nothing where it grew.",
    unit=units.PercentUnit,
    expression=f"1 - {_NEWEST} / {on(*CLAIM, 'source')} ({_BEFORE} > 0)",
)
SIZE_NEWEST = Signal(
    name="Newest copy",
    description="Logical size of the newest copy.",
    unit=units.BytesIEC,
    expression=_NEWEST,
)
SIZE_BEFORE = Signal(
    name="Copy before",
    description="Logical size of the copy before the newest.",
    unit=units.BytesIEC,
    expression=_BEFORE,
)
POINTS = Signal(
    name="Recovery points",
    description="Copies that could be restored now.",
    expression=f"{per('holdfast_pvc_recovery_points', *CLAIM, 'source')} {_SIZED}",
)
POINTS_MISSING = Signal(
    name="Missing",
    description="Restore points that are asked for and not there.",
    expression=f"{per('holdfast_pvc_retention_missing', *CLAIM, 'window')} > 0",
)

TARGETS_OVER_TIME = Signal(
    name="Backup targets",
    description="1 while a location could be reached at its last check. Copies in one that is away do not protect now.",
    expression=per("holdfast_backup_target_available", *TARGET),
    legend="{{source}} {{namespace}}/{{target}}",
)

STATE_RESULT = Signal(
    name="Last result",
    description="Result of the newest finished snapshot of the cluster's own state.",
    expression=per("holdfast_backup_schedule_last_result", *SCHEDULE, "result", source=_CLUSTER_STATE),
)
STATE_SUCCESS = Signal(
    name="Last success",
    description="Start of the last one that succeeded.",
    unit=units.DateTimeFromNow,
    expression=per(
        "holdfast_backup_schedule_last_success_timestamp_seconds", *SCHEDULE, source=_CLUSTER_STATE
    )
    + " * 1000",
)
STATE_ATTEMPT = Signal(
    name="Last attempt",
    description="Start of the newest one, whatever became of it.",
    unit=units.DateTimeFromNow,
    expression=per(
        "holdfast_backup_schedule_last_attempt_timestamp_seconds", *SCHEDULE, source=_CLUSTER_STATE
    )
    + " * 1000",
)
