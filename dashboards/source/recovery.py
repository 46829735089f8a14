"""The recovery dashboard: could it really be got back, how fast, and how much would be lost."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import panels as p
from dashboards.source import recovery_signals as r
from dashboards.source.frame import CLAIM_LABELS, CLAIM_LINKS, Panels, Sections, framed
from dashboards.source.panels import RUNBOOKS


def recovery() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Recovery",
        "Could the data really be got back: restores that were proven, and replicas that keep up.",
        SECTIONS,
    )


def _proven() -> Panels:
    return (
        p.number(1, r.PROVEN_RATIO, bad_below=1).span(6),
        p.number(2, r.DRILLS_FAILED, bad_above=1, runbook="HoldfastRestoreDrillFailed").span(6),
        p.number(3, r.DRILLS_OVERDUE, bad_above=1, runbook="HoldfastRestoreDrillOverdue").span(6),
        p.number(4, r.DRILLS_SLOW, bad_above=1, runbook="HoldfastRestoreDrillSlow").span(6),
        p.over_time(5, r.DRILLS_BY_STATE, width=12, stacked=True),
        p.over_time(6, r.DURATIONS, width=12, step="1h"),
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
        links={**CLAIM_LINKS, r.DRILL_STATE.name: {"Runbook": RUNBOOKS + "${__data.fields.Runbook}"}},
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
        p.over_time(36, r.REPLICAS_BY_STATE, step="15m", width=12, stacked=True),
        p.over_time(37, r.LAGS, step="15m", width=12),
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


SECTIONS: Sections = (
    (100, "Is every restore proven?", _proven),
    (200, "Which restores first?", _restores_first),
    (300, "Do replicas keep up?", _replicas),
    (400, "Which replicas first?", _replicas_first),
)
