"""What can be asked about the safety of the one claim that is chosen: copies, schedules, restores, replicas, findings.

The same rules hold as in signals.py, whose selectors and folds are used here. Its use stands in claim_signals.py.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.claim_signals import CHOSEN, of_it
from dashboards.source.signals import (
    CLAIM,
    REPLICATION,
    SCHEDULE,
    Signal,
    named,
    on,
    per,
    renamed,
    spread,
)

_RPO = of_it("holdfast_pvc_rpo_seconds")
_AGE = of_it("holdfast_pvc_backup_age_seconds")

PROTECTED = Signal(
    name="Protection",
    description="Whether it could be got back now within its objective.",
    expression=of_it("holdfast_pvc_protection_state", "state"),
    legend="{{state}}",
)
COPY_AGE = Signal(
    name="Newest copy",
    description="Age of the newest restorable copy that counts.",
    unit=units.Seconds,
    expression=f"max({_AGE})",
)
RPO = Signal(
    name="It may be",
    description="Objective: how old the newest copy may be.",
    unit=units.Seconds,
    expression=f"min({_RPO})",
)
RATIO = Signal(
    name="Of the objective",
    description="Age of the newest copy in units of what is allowed. Above 100 % it is late.",
    unit=units.PercentUnit,
    expression=f"max({_AGE} / {_RPO})",
)
POINTS = Signal(
    name="Recovery points",
    description="Copies that could be restored now, of all sources.",
    expression=f"sum({of_it('holdfast_pvc_recovery_points', 'source')})",
)
DRILL_AGE = Signal(
    name="Restore proven before",
    description="Age of the restore drill in force.",
    unit=units.Seconds,
    expression=f"min({of_it('holdfast_pvc_restore_drill_age_seconds')})",
)
LAG = Signal(
    name="Replica behind",
    description="How much would be lost of it if its primary died now.",
    unit=units.Seconds,
    expression=f"max({per('holdfast_replication_lag_seconds', *REPLICATION, **CHOSEN)})",
)
AGE_OVER_TIME = Signal(
    name="Age of the newest copy",
    description="It falls with each copy that counts, and rises until the next one. Above the objective the claim is late.",
    unit=units.Seconds,
    expression=_AGE,
    legend="{{namespace}}, newest copy",
)
RPO_OVER_TIME = Signal(
    name="Objective",
    description="How old the newest copy may be.",
    unit=units.Seconds,
    expression=_RPO,
    legend="{{namespace}}, objective",
)

_COPIES = of_it("holdfast_pvc_backup_timestamp_seconds", "source", "placement", "consistency")


def _of_source(family: str) -> str:
    return spread(_COPIES, of_it(family, "source"), *CLAIM, "source")


COPY_TIME = Signal(
    name="Newest copy",
    description="When the data of the newest copy of this source and kind was captured.",
    unit=units.DatetimeISO,
    expression=f"{_COPIES} * 1000",
)
COPY_POINTS = Signal(
    name="Points of the source",
    description="Copies of the source that could be restored now.",
    expression=_of_source("holdfast_pvc_recovery_points"),
)
COPY_SIZE = Signal(
    name="Size",
    description="Logical size of the source's newest copy.",
    unit=units.BytesIEC,
    expression=_of_source("holdfast_pvc_backup_size_bytes"),
)
COPY_BEFORE = Signal(
    name="Copy before",
    description="Logical size of the copy before.",
    unit=units.BytesIEC,
    expression=_of_source("holdfast_pvc_backup_previous_size_bytes"),
)
COPY_INFERRED = Signal(
    name="Inferred",
    description="The newest copy rests on counters: no object names the volume.",
    unit=units.BoolYesNo,
    expression=_of_source("holdfast_pvc_backup_inferred"),
)

_COVERING = renamed(
    per("holdfast_pvc_schedule_info", "source", "schedule_namespace", "schedule", **CHOSEN),
    "schedule_namespace",
    "namespace",
    "source",
    "schedule",
)


def _of_schedules(family: str, *labels: str) -> str:
    return f"{per(family, *SCHEDULE, *labels)} and {on(*SCHEDULE)} {_COVERING}"


PLAN = Signal(
    name="Cron",
    description="The plan of each schedule that should cover it, and the location that it writes to.",
    expression=_of_schedules("holdfast_backup_schedule_info", "cron", "target"),
)
PLAN_RESULT = Signal(
    name="Last result",
    description="Result of the newest finished run.",
    expression=_of_schedules("holdfast_backup_schedule_last_result", "result"),
)
PLAN_MISSED = Signal(
    name="Missed runs",
    description="Runs due by the real cron since the last success that have not succeeded.",
    expression=_of_schedules("holdfast_backup_schedule_missed_runs"),
)
PLAN_PAUSED = Signal(
    name="Paused",
    description="1: no run will come.",
    unit=units.BoolYesNo,
    expression=_of_schedules("holdfast_backup_schedule_paused"),
)
PLAN_SUCCESS = Signal(
    name="Last success",
    description="Start of the last successful run.",
    unit=units.DateTimeFromNow,
    expression=f"({_of_schedules('holdfast_backup_schedule_last_success_timestamp_seconds')}) * 1000",
)
PLAN_NEXT = Signal(
    name="Next run",
    description="When the next run is due by the real cron.",
    unit=units.DateTimeFromNow,
    expression=f"({_of_schedules('holdfast_backup_schedule_next_run_timestamp_seconds')}) * 1000",
)

DRILL = Signal(
    name="Restore",
    description="Whether a restore is proven as asked; nothing where no proof is asked.",
    expression=of_it("holdfast_pvc_restore_drill_state", "state"),
)
DRILL_PROVEN = Signal(
    name="Proven before",
    description="Age of the drill in force, by whichever tool.",
    unit=units.Seconds,
    expression=of_it("holdfast_pvc_restore_drill_age_seconds"),
)
DRILL_EVERY = Signal(
    name="Asked every",
    description="How often a restore must be proven.",
    unit=units.Seconds,
    expression=of_it("holdfast_pvc_restore_drill_interval_seconds"),
)
DRILL_TOOK = Signal(
    name="Took",
    description="How long the drill in force took.",
    unit=units.Seconds,
    expression=of_it("holdfast_pvc_restore_drill_duration_seconds"),
)
DRILL_MAY_TAKE = Signal(
    name="May take",
    description="Within what a restore drill must finish.",
    unit=units.Seconds,
    expression=of_it("holdfast_pvc_rto_seconds"),
)
DRILL_POINT_AGE = Signal(
    name="Age of the point",
    description="How old the restored point was when the drill in force ended.",
    unit=units.Seconds,
    expression=of_it("holdfast_pvc_restore_drill_point_age_seconds"),
)


def _of_replicas(family: str, *labels: str) -> str:
    return per(family, *REPLICATION, *labels, **CHOSEN)


REPLICA_STATE = Signal(
    name="State",
    description="Whether its replicas keep up.",
    expression=_of_replicas("holdfast_replication_state", "state"),
)
REPLICA_LAG = Signal(
    name="Behind",
    description="How much would be lost if the primary died now.",
    unit=units.Seconds,
    expression=_of_replicas("holdfast_replication_lag_seconds"),
    legend="{{replication}} behind",
)
REPLICA_OBJECTIVE = Signal(
    name="Objective",
    description="How far the replica may be behind.",
    unit=units.Seconds,
    expression=_of_replicas("holdfast_replication_objective_seconds"),
    legend="{{replication}} objective",
)
REPLICA_SYNCED = Signal(
    name="Last sync",
    description="When the last sync ended.",
    unit=units.DateTimeFromNow,
    expression=_of_replicas("holdfast_replication_last_sync_timestamp_seconds") + " * 1000",
)
REPLICA_TOOK = Signal(
    name="It took",
    description="How long the last sync took.",
    unit=units.Seconds,
    expression=_of_replicas("holdfast_replication_last_sync_duration_seconds"),
)


def _matter(what: str, family: str, label: str) -> Signal:
    """One thing that may be the matter with the claim, told by a closed value of a label."""
    told = of_it(family, label)
    if label != "reason":
        told = renamed(told, label, "reason", *CLAIM)
    return Signal(name=what, description=f"What is the matter: {what}.", expression=named(told, "what", what))


MATTERS = (
    _matter("not safe, or not for long", "holdfast_pvc_protection_reason", "reason"),
    _matter("waits for a volume", "holdfast_pvc_pending_seconds", "reason"),
    _matter("waits to be deleted", "holdfast_pvc_terminating_seconds", "reason"),
    _matter("waits to be resized", "holdfast_pvc_resize_pending_seconds", "stage"),
    _matter("orphaned", "holdfast_pvc_orphaned", "reason"),
    _matter("dormant", "holdfast_pvc_dormant", "reason"),
    _matter("muted", "holdfast_pvc_muted", "area"),
)
_ON_IT = per("holdfast_finding", "namespace", "name", "check", kind="PersistentVolumeClaim", name="$claim")
FOUND = Signal(
    name="finding",
    description="What is found to be set up badly.",
    expression=named(
        renamed(
            renamed(_ON_IT, "name", "persistentvolumeclaim", "namespace", "check"),
            "check",
            "reason",
            *CLAIM,
        ),
        "what",
        "set up badly",
    ),
)
SHORT = Signal(
    name="Points missing",
    description="Restore points that are asked for and not there.",
    expression=named(
        renamed(
            f"{of_it('holdfast_pvc_retention_missing', 'window')} > 0",
            "window",
            "reason",
            *CLAIM,
        ),
        "what",
        "recovery points missing",
    ),
)
ORIGIN = Signal(
    name="Objective from",
    description="Where the objective comes from. One that is `builtin` is declared by nobody.",
    expression=of_it("holdfast_pvc_objective_info", "origin"),
)
EXEMPT_UNTIL = Signal(
    name="Exempt until",
    description="End of its exemption.",
    unit=units.DatetimeISO,
    expression=of_it("holdfast_pvc_exempt_until_timestamp_seconds") + " * 1000",
)
