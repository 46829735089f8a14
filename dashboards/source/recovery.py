"""The recovery dashboard: could it really be got back, how fast, and how much would be lost."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import panels as p
from dashboards.source import recovery_signals as r
from dashboards.source.frame import CLAIM_LABELS, Panels, Sections, framed
from dashboards.source.panels import RUNBOOKS


def recovery() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Recovery",
        "Could the data really be got back: restores that were proven, replicas that keep up, copies that are whole.",
        SECTIONS,
    )


def _proven() -> Panels:
    return (
        p.number(1, r.PROVEN_RATIO, bad_below=1).span(6),
        p.number(2, r.DRILLS_FAILED, bad_above=1, runbook="HoldfastRestoreDrillFailed").span(6),
        p.number(3, r.DRILLS_OVERDUE, bad_above=1, runbook="HoldfastRestoreDrillOverdue").span(6),
        p.number(4, r.DRILLS_SLOW, bad_above=1, runbook="HoldfastRestoreDrillSlow").span(6),
        p.over_time(5, r.DRILLS_BY_STATE, width=12, stacked=True),
        p.over_time(6, r.DURATIONS, width=12),
    )


def _restores_first() -> Panels:
    drills = p.Table(
        title="Restores that are not proven as asked",
        description="Those without a proof for longest first. Click a state for its runbook.",
        columns=(
            r.DRILL_STATE,
            r.DRILL_AGE,
            r.DRILL_INTERVAL,
            r.DRILL_TOOK,
            r.DRILL_MAY_TAKE,
            r.DRILL_POINT_AGE,
        ),
        sort_by=r.DRILL_AGE.name,
        labels={**CLAIM_LABELS, "state": r.DRILL_STATE.name, "runbook": "Runbook"},
        links={r.DRILL_STATE.name: {"Runbook": RUNBOOKS + "${__data.fields.Runbook}"}},
        hidden=["Runbook"],
    )
    return (p.rows(20, drills),)


def _replicas() -> Panels:
    return (
        p.number(30, r.REPLICAS_BROKEN, bad_above=1, runbook="HoldfastReplicationBroken"),
        p.number(31, r.REPLICAS_LAGGING, bad_above=1, runbook="HoldfastReplicationLagging"),
        p.number(32, r.REPLICAS_DEGRADED, bad_above=1, runbook="HoldfastReplicationDegraded"),
        p.number(33, r.REPLICAS_UNKNOWN, bad_above=1, runbook="HoldfastReplicationUnknown"),
        p.number(34, r.REPLICAS_PAUSED, bad_above=1, runbook="HoldfastReplicationPaused"),
        p.number(35, r.REPLICAS_HEALTHY),
        p.over_time(36, r.REPLICAS_BY_STATE, width=12, stacked=True),
        p.over_time(37, r.LAGS, width=12),
    )


def _replicas_first() -> Panels:
    replications = p.Table(
        title="Replications that are not healthy",
        description="Furthest behind first. Without an objective lateness is not judged. Click a state for its runbook.",
        columns=(r.REPLICA_STATE, r.REPLICA_LAG, r.REPLICA_OBJECTIVE, r.REPLICA_SYNCED, r.REPLICA_TOOK),
        sort_by=r.REPLICA_LAG.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "replication": "Replication",
            "persistentvolumeclaim": "Claim",
            "source": "Source",
            "state": r.REPLICA_STATE.name,
            "runbook": "Runbook",
        },
        links={r.REPLICA_STATE.name: {"Runbook": RUNBOOKS + "${__data.fields.Runbook}"}},
        hidden=["Runbook"],
    )
    return (p.rows(40, replications),)


def _copies() -> Panels:
    sizes = p.Table(
        title="Sizes of copies",
        description="Those that shrank most first. Only where the tool tells the sizes of the newest two copies.",
        columns=(r.SIZE_SHRUNK, r.SIZE_NEWEST, r.SIZE_BEFORE, r.POINTS),
        sort_by=r.SIZE_SHRUNK.name,
        labels={**CLAIM_LABELS, "source": "Source"},
        links={r.SIZE_SHRUNK.name: {"Runbook": RUNBOOKS + "HoldfastBackupShrank"}},
        width=14,
    )
    missing = p.Table(
        title="Restore points that are missing",
        description="By window: days, weeks and months of which a point is asked for and there is none.",
        columns=(r.POINTS_MISSING,),
        sort_by=r.POINTS_MISSING.name,
        labels={**CLAIM_LABELS, "window": "Window"},
        links={r.POINTS_MISSING.name: {"Runbook": RUNBOOKS + "HoldfastRetentionMissing"}},
        width=10,
    )
    return (p.rows(50, sizes), p.rows(51, missing))


def _places() -> Panels:
    state = p.Table(
        title="Snapshots of the cluster's own state",
        description="Without them there may be no cluster into which data could be brought back.",
        columns=(r.STATE_RESULT, r.STATE_SUCCESS, r.STATE_ATTEMPT),
        sort_by=r.STATE_SUCCESS.name,
        labels={
            "cluster": "Cluster",
            "schedule": "Schedule",
            "namespace": "Namespace",
            "source": "Source",
            "result": r.STATE_RESULT.name,
        },
        links={r.STATE_RESULT.name: {"Runbook": RUNBOOKS + "HoldfastClusterStateBackupLate"}},
        width=12,
        height=8,
    )
    return (p.over_time(60, r.TARGETS_OVER_TIME), p.rows(61, state))


SECTIONS: Sections = (
    (100, "Is every restore proven?", _proven),
    (200, "Which restores first?", _restores_first),
    (300, "Do replicas keep up?", _replicas),
    (400, "Which replicas first?", _replicas_first),
    (500, "Are copies whole, and are there enough?", _copies),
    (600, "Do the places stand, and the cluster itself?", _places),
)
