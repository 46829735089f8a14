"""The fleet dashboard: every cluster's claims, in the order in which an operator asks."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import filling_signals as f
from dashboards.source import hygiene_signals as h
from dashboards.source import panels as p
from dashboards.source import risk_signals as k
from dashboards.source import signals as s
from dashboards.source.frame import CLAIM_LABELS, CLAIM_LINKS, Panels, Sections, framed, more_in


def fleet() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Fleet",
        "Is the persistent data of these clusters safe, and what comes first if not.",
        SECTIONS,
    )


def _now() -> Panels:
    return (
        p.number(1, s.PROTECTED_RATIO, bad_below=1),
        p.number(2, s.PAGES, bad_above=1, runbook="HoldfastBackupLatePage"),
        p.number(3, s.UNSAFE, bad_above=1, runbook="HoldfastUnprotected"),
        p.number(4, s.SCHEDULES_BEHIND, bad_above=1, runbook="HoldfastBackupScheduleMissed"),
        p.number(5, s.TARGETS_AWAY, bad_above=1, runbook="HoldfastBackupTargetUnavailable"),
        p.number(6, s.BLIND_KINDS, bad_above=1, runbook="HoldfastSourceDown"),
        *_other_risks(),
        p.over_time(7, s.CLAIMS_BY_STATE, width=24, stacked=True, step="10m"),
    )


def _other_risks() -> Panels:
    recovery, hygiene = more_in("Recovery"), more_in("Hygiene")
    numbers = (
        p.number(22, k.NOT_PROVEN, bad_above=1, runbook="HoldfastRestoreDrillOverdue").links([recovery]),
        p.number(23, k.NOT_IN_STEP, bad_above=1, runbook="HoldfastReplicationLagging").links([recovery]),
        p.number(24, h.WARNINGS, bad_above=1).links([hygiene]),
        p.number(25, h.ORPHANED, bad_above=1, runbook="HoldfastClaimsOrphaned").links([hygiene]),
    )
    return [number.span(6) for number in numbers]


def _unsafe() -> p.Table:
    return p.Table(
        title="Claims that are not safe",
        description="Worst first: by how many times its objective a claim has been without a copy."
        " Click a state for its runbook.",
        columns=(s.FIRST_STATE, s.FIRST_URGENCY, s.FIRST_AGE, s.FIRST_OBJECTIVE, s.FIRST_RATIO),
        sort_by=s.FIRST_RATIO.name,
        labels={
            **CLAIM_LABELS,
            "state": s.FIRST_STATE.name,
            "urgency": s.FIRST_URGENCY.name,
            "tier": "Tier",
            "workload": "Workload",
            "claim_owner": "Owner",
            "runbook": "Runbook",
        },
        links={**CLAIM_LINKS, s.FIRST_STATE.name: {"Runbook": p.RUNBOOKS + "${__data.fields.Runbook}"}},
        hidden=["Runbook"],
        height=12,
    )


def _risks() -> p.Table:
    return p.Table(
        title="Claims at any risk",
        description="Not safe, not proven, not kept up with, or full soon: those that are worth a page first, then those"
        " that are at risk in most ways.",
        columns=(k.RANK, k.RISK_URGENCY, k.RISK_STATE, k.RISK_DRILL, k.RISK_REPLICAS, k.RISK_FULL),
        sort_by=k.RANK.name,
        labels={
            **CLAIM_LABELS,
            "urgency": k.RISK_URGENCY.name,
            "tier": "Tier",
            "claim_owner": "Owner",
            "state": k.RISK_STATE.name,
            "drill": k.RISK_DRILL.name,
        },
        links={
            **CLAIM_LINKS,
            k.RISK_FULL.name: {"Runbook": p.RUNBOOKS + "HoldfastFullSoon"},
            k.RISK_REPLICAS.name: {"Runbook": p.RUNBOOKS + "HoldfastReplicationBroken"},
        },
        height=12,
    )


def _first() -> Panels:
    return (
        p.rows(21, _risks()),
        p.rows(20, _unsafe()).links([more_in("Protection"), more_in("Compliance")]),
    )


def _why() -> Panels:
    return (p.bars(30, s.REASONS), p.bars(31, s.STATES_BY_TIER), p.bars(32, s.ORIGINS))


def _filling() -> Panels:
    more = more_in("Capacity")
    numbers = (
        p.number(70, f.FULL_NOW, bad_above=1, runbook="HoldfastFull"),
        p.number(71, f.FULL_SOON, bad_above=1, runbook="HoldfastFullSoon"),
        p.number(72, f.NOT_MEASURED, bad_above=1, runbook="HoldfastUsageCoverageFallen"),
    )
    when = p.over_time(
        73, f.WITHIN_DAY, f.WITHIN_WEEK, f.WITHIN_MONTH, f.WITHIN_SIGHT, f.NOT_IN_SIGHT, stacked=True
    )
    return (*(panel.links([more]).height(8) for panel in numbers), when.links([more]))


def _schedules() -> Panels:
    schedules = p.Table(
        title="Backup schedules",
        description="Those with most missed runs first. Of all namespaces: a schedule may cover claims anywhere.",
        columns=(
            s.SCHEDULE_RESULT,
            s.SCHEDULE_MISSED,
            s.SCHEDULE_PAUSED,
            s.SCHEDULE_SUCCESS,
            s.SCHEDULE_NEXT,
        ),
        sort_by=s.SCHEDULE_MISSED.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "schedule": "Schedule",
            "source": "Source",
            "result": s.SCHEDULE_RESULT.name,
        },
        links={
            s.SCHEDULE_RESULT.name: {
                "Runbook, failed": p.RUNBOOKS + "HoldfastBackupScheduleFailed",
                "Runbook, missed": p.RUNBOOKS + "HoldfastBackupScheduleMissed",
                "Runbook, not started": p.RUNBOOKS + "HoldfastBackupScheduleNotStarted",
            }
        },
        width=16,
    )
    targets = p.Table(
        title="Backup targets",
        description="Where copies lie. Copies in a target that is away do not protect now.",
        columns=(s.TARGET_AVAILABLE, s.TARGET_CHECKED),
        sort_by=s.TARGET_CHECKED.name,
        labels={"cluster": "Cluster", "namespace": "Namespace", "target": "Target", "source": "Source"},
        links={s.TARGET_AVAILABLE.name: {"Runbook": p.RUNBOOKS + "HoldfastBackupTargetUnavailable"}},
        width=8,
    )
    more = more_in("Protection")
    return (p.rows(40, schedules).links([more]), p.rows(41, targets).links([more]))


def _unused() -> Panels:
    orphans = p.Table(
        title="Orphaned claims",
        description="Nothing runs on them and nothing may come back to them. Idle longest first.",
        columns=(s.ORPHAN_REASON, s.ORPHAN_IDLE, s.ORPHAN_SIZE),
        sort_by=s.ORPHAN_IDLE.name,
        labels={**CLAIM_LABELS, "reason": s.ORPHAN_REASON.name},
        links={**CLAIM_LINKS, s.ORPHAN_REASON.name: {"Runbook": p.RUNBOOKS + "HoldfastClaimsOrphaned"}},
        width=12,
        height=8,
    )
    return (
        p.rows(50, orphans).links([more_in("Hygiene")]),
        p.number(51, s.ORPHANED_BYTES, runbook="HoldfastClaimsOrphaned").height(8),
        p.over_time(52, s.ORPHANED_CLAIMS, s.DORMANT_CLAIMS, width=8),
    )


def _seeing() -> Panels:
    sources = p.Table(
        title="Sources",
        description="State of every kind that is read. What is forbidden or failing makes claims unknown.",
        columns=(s.SOURCE_STATE, s.SOURCE_OBJECTS, s.SOURCE_PROOF),
        sort_by=s.SOURCE_OBJECTS.name,
        labels={"cluster": "Cluster", "source": "Source", "kind": "Kind", "state": s.SOURCE_STATE.name},
        links={
            s.SOURCE_STATE.name: {
                "Runbook, down": p.RUNBOOKS + "HoldfastSourceDown",
                "Runbook, forbidden": p.RUNBOOKS + "HoldfastSourceForbidden",
            }
        },
        width=12,
    )
    return (
        p.rows(60, sources).links([more_in("Exporter")]),
        p.number(61, s.JUDGEMENT_AGE, runbook="HoldfastAssessmentStalled").height(9),
        p.over_time(62, s.SOURCE_ERRORS, width=8).height(9),
        p.over_time(63, s.VERSIONS, width=24).height(5),
    )


SECTIONS: Sections = (
    (100, "Is anything wrong now?", _now),
    (200, "Which claims first?", _first),
    (300, "Why?", _why),
    (400, "Which schedules are broken?", _schedules),
    (700, "What is full soon?", _filling),
    (500, "What does nobody use?", _unused),
    (600, "What do we see through?", _seeing),
)
