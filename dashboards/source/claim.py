"""The page of one claim, its whole story: copies, schedules, restores, replicas, how it is used and what is foretold."""

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import claim_safety_signals as a
from dashboards.source import claim_signals as c
from dashboards.source import panels as p
from dashboards.source import signals as s
from dashboards.source.frame import CLAIM_LABELS, Panels, Sections, asked, framed, more_in
from dashboards.source.panels import RUNBOOKS
from holdfast.model.usage import SAMPLE_STANDS


def claim() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS. What it shows at first reaches as far ahead as back."""
    return framed(
        "Claim",
        "One claim: whether it could be got back, from what, proven when; how it is used, and when it is full.",
        SECTIONS,
        span=("now-14d", "now+14d"),
        choices=(asked("claim", s.CLAIMS),),
    )


def _facts() -> p.Table:
    return p.Table(
        title="What it is",
        description="Claims of one name in several namespaces or clusters stand here each: choose one.",
        columns=(a.PROTECTED, a.ORIGIN, c.CLASS, c.GIVEN, c.COST, c.FIXED, a.EXEMPT_UNTIL),
        sort_by="Namespace",
        least_first=True,
        labels={
            **CLAIM_LABELS,
            "state": a.PROTECTED.name,
            "origin": a.ORIGIN.name,
            "storageclass": c.CLASS.name,
            "csi_driver": "Driver",
            "workload": "Workload",
            "tier": "Tier",
            "claim_owner": "Owner",
            "reason": c.FIXED.name,
            "currency": "Currency",
        },
        links={},
        height=5,
    )


def _matters() -> p.Table:
    return p.Table(
        title="What is the matter with it",
        description="Why it is not safe, what it waits for, what is set up badly. Empty where all is in order.",
        columns=(*a.MATTERS, a.SHORT, a.FOUND),
        sort_by="What",
        least_first=True,
        labels={**CLAIM_LABELS, "what": "What", "reason": "Why"},
        links={},
        hidden=[each.name for each in (*a.MATTERS, a.SHORT, a.FOUND)],
        width=12,
        height=8,
    )


def _safe() -> Panels:
    numbers = (
        p.number(50, a.RATIO, bad_above=1, runbook="HoldfastBackupLate"),
        p.number(51, a.COPY_AGE),
        p.number(52, a.RPO),
        p.number(53, a.POINTS, bad_below=1, runbook="HoldfastNeverBackedUp"),
        p.number(54, a.DRILL_AGE, runbook="HoldfastRestoreDrillOverdue"),
        p.number(55, a.LAG, runbook="HoldfastReplicationLagging"),
    )
    return (
        *(p.of_today(number) for number in numbers),
        p.of_today(p.rows(7, _facts())),
        p.of_today(p.rows(56, _matters())),
        p.over_time(57, a.PROTECTED, stacked=True),
    )


def _by_source() -> p.Table:
    return p.Table(
        title="Copies by source",
        description="Which tool has which copies of it. Only those count that its objective accepts.",
        columns=(a.COPY_TIME, a.COPY_POINTS, a.COPY_SIZE, a.COPY_BEFORE, a.COPY_INFERRED),
        sort_by=a.COPY_TIME.name,
        labels={
            **CLAIM_LABELS,
            "source": "Source",
            "placement": "Placement",
            "consistency": "Consistency",
        },
        links={a.COPY_SIZE.name: {"Runbook": RUNBOOKS + "HoldfastBackupShrank"}},
        width=12,
        height=8,
    )


def _plans() -> p.Table:
    return p.Table(
        title="Schedules that should cover it",
        description="Paused ones too. Where there is none, nothing that runs covers the claim.",
        columns=(a.PLAN_RESULT, a.PLAN_MISSED, a.PLAN_PAUSED, a.PLAN_SUCCESS, a.PLAN_NEXT, a.PLAN),
        sort_by=a.PLAN_MISSED.name,
        labels={
            "cluster": "Cluster",
            "source": "Source",
            "namespace": "Namespace",
            "schedule": "Schedule",
            "result": a.PLAN_RESULT.name,
            "cron": a.PLAN.name,
            "target": "Target",
        },
        links={
            a.PLAN_RESULT.name: {"Runbook": RUNBOOKS + "HoldfastBackupScheduleFailed"},
            a.PLAN_MISSED.name: {"Runbook": RUNBOOKS + "HoldfastBackupScheduleMissed"},
        },
        height=7,
    )


def _copies() -> Panels:
    return (
        p.over_time(60, a.AGE_OVER_TIME, a.RPO_OVER_TIME),
        p.of_today(p.rows(61, _by_source())),
        p.of_today(p.rows(62, _plans())),
    )


def _drill() -> p.Table:
    return p.Table(
        title="Its restore",
        description="The drill in force, and what is asked. Empty where nothing is asked and nothing was restored.",
        columns=(
            a.DRILL,
            a.DRILL_PROVEN,
            a.DRILL_EVERY,
            a.DRILL_TOOK,
            a.DRILL_MAY_TAKE,
            a.DRILL_POINT_AGE,
        ),
        sort_by=a.DRILL_PROVEN.name,
        labels={**CLAIM_LABELS, "state": a.DRILL.name},
        links={
            a.DRILL.name: {
                "Runbook, failed": RUNBOOKS + "HoldfastRestoreDrillFailed",
                "Runbook, overdue or never": RUNBOOKS + "HoldfastRestoreDrillOverdue",
                "Runbook, slow": RUNBOOKS + "HoldfastRestoreDrillSlow",
            }
        },
        height=6,
    )


def _replicas() -> p.Table:
    return p.Table(
        title="Its replicas",
        description="Empty where it has none. Replicas of a database belong to its cluster and stand on the recovery page.",
        columns=(a.REPLICA_STATE, a.REPLICA_LAG, a.REPLICA_OBJECTIVE, a.REPLICA_SYNCED, a.REPLICA_TOOK),
        sort_by=a.REPLICA_LAG.name,
        labels={
            **CLAIM_LABELS,
            "replication": "Replication",
            "source": "Source",
            "state": a.REPLICA_STATE.name,
        },
        links={
            a.REPLICA_STATE.name: {
                "Runbook, broken": RUNBOOKS + "HoldfastReplicationBroken",
                "Runbook, lagging": RUNBOOKS + "HoldfastReplicationLagging",
            }
        },
        width=12,
        height=8,
    )


def _proofs() -> Panels:
    more = more_in("Recovery")
    return (
        p.of_today(p.rows(70, _drill())).links([more]),
        p.of_today(p.rows(71, _replicas())).links([more]),
        p.over_time(72, a.REPLICA_LAG, a.REPLICA_OBJECTIVE),
    )


def _full() -> Panels:
    numbers = (
        p.number(1, c.USED_RATIO, bad_above=0.9),
        p.number(2, c.INODES_RATIO, bad_above=0.9),
        p.number(3, c.LEFT, runbook="HoldfastFullSoon"),
        p.number(4, c.EARLIEST),
        p.number(5, c.OBJECTIVE),
        p.number(6, c.AGE, bad_above=SAMPLE_STANDS, runbook="HoldfastUsageStale"),
    )
    return [p.of_today(number) for number in numbers]


def _fans() -> Panels:
    ahead = (
        "/d/holdfast-claim?from=now-14d&to=now+14d&${datasource:queryparam}"
        "&${cluster:queryparam}&${namespace:queryparam}&${claim:queryparam}"
    )
    link = DashboardLink("Two weeks back and ahead").type(model.DashboardLinkType.LINK).url(ahead)
    return (
        p.fan(20, c.USED, c.SIZE, *c.FAN, height=12).links([link]),
        p.fan(21, c.INODES_USED, c.INODES, *c.INODES_FAN, height=8).links([link]),
    )


def _steady() -> Panels:
    return (
        p.over_time(30, *c.DATES),
        p.over_time(31, *c.LEFT_OVER_TIME, c.OBJECTIVE_OVER_TIME),
        p.over_time(32, c.GROWTH),
        p.over_time(33, c.SPACE_USED, c.SPACE_SIZE),
    )


def _gaps() -> Panels:
    gaps = p.Table(
        title="What is not known of it, and why",
        description="Empty where it is measured and there is a forecast.",
        columns=(c.UNMEASURED, c.UNFORETOLD),
        sort_by="Claim",
        labels={**CLAIM_LABELS, "what": "What", "resource": "Of", "reason": "Why"},
        links={},
        hidden=(c.UNMEASURED.name, c.UNFORETOLD.name),
        height=5,
    )
    return (p.of_today(p.rows(40, gaps)),)


SECTIONS: Sections = (
    (500, "Is it safe?", _safe),
    (600, "What copies are there, and will there be more?", _copies),
    (700, "Is its restore proven, and do its replicas keep up?", _proofs),
    (100, "How full is it, and when is it full?", _full),
    (200, "How did it get there, and where is it going?", _fans),
    (300, "How steady is the forecast?", _steady),
    (400, "What is not known of its use?", _gaps),
)
