"""The protection dashboard: which claims could be got back, why the others could not, and whether schedules and copies are sound."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import panels as p
from dashboards.source import protection_signals as t
from dashboards.source import recovery_signals as r
from dashboards.source import signals as s
from dashboards.source.frame import CLAIM_LABELS, CLAIM_LINKS, Panels, Sections, framed, of_namespace
from dashboards.source.panels import RUNBOOKS

_SCHEDULE_LABELS = {
    "cluster": "Cluster",
    "namespace": "Namespace",
    "schedule": "Schedule",
    "source": "Source",
}


def protection() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Protection",
        "Is there a copy of everything within its objective; if not, why; and will there be one tomorrow.",
        SECTIONS,
    )


def _now() -> Panels:
    return (
        p.number(1, s.PROTECTED_RATIO, bad_below=1),
        p.number(2, t.LATE, bad_above=1, runbook="HoldfastBackupLate"),
        p.number(3, t.NEVER, bad_above=1, runbook="HoldfastNeverBackedUp"),
        p.number(4, t.UNPROTECTED, bad_above=1, runbook="HoldfastUnprotected"),
        p.number(5, t.UNKNOWN, bad_above=1, runbook="HoldfastClaimsUnknown"),
        p.number(6, t.EXEMPT),
        p.over_time(7, s.CLAIMS_BY_STATE, stacked=True, step="10m"),
        p.over_time(8, t.REASONS_OVER_TIME),
    )


def _sources() -> p.Table:
    return p.Table(
        title="Sources",
        description="Which tool has copies of how many claims.",
        columns=(
            t.SOURCE_CLAIMS,
            t.SOURCE_WITHOUT,
            t.SOURCE_POINTS,
            t.SOURCE_NEWEST,
            t.SOURCE_OLDEST,
            t.SOURCE_INFERRED,
        ),
        sort_by=t.SOURCE_WITHOUT.name,
        labels={"cluster": "Cluster", "source": "Source"},
        links={},
        width=16,
        height=8,
    )


def _where() -> Panels:
    namespaces = t.states_by("namespace")
    tiers = t.states_by("tier")
    by_namespace = p.Table(
        title="Namespaces",
        description="Those with most claims that are not safe first.",
        columns=namespaces,
        sort_by=namespaces[0].name,
        labels={"cluster": "Cluster", "namespace": "Namespace"},
        links=of_namespace("Compliance", "Recovery", "Capacity", "Hygiene"),
    )
    by_tier = p.Table(
        title="Tiers",
        description="By the tier that a claim belongs to. Without a name: claims of no tier.",
        columns=tiers,
        sort_by=tiers[0].name,
        labels={"cluster": "Cluster", "tier": "Tier"},
        links={},
        height=8,
    )
    return (
        p.rows(20, by_namespace),
        p.rows(21, by_tier),
        p.rows(22, _sources()),
        p.bars(23, t.KINDS_OF_COPIES),
    )


def _why() -> Panels:
    unsafe = p.Table(
        title="Claims that are not safe, and why",
        description="A row for each reason; furthest beyond the objective first. Click a state for its runbook.",
        columns=(t.WHY_STATE, t.WHY_AGE, t.WHY_OBJECTIVE, t.WHY_RATIO),
        sort_by=t.WHY_RATIO.name,
        labels={**CLAIM_LABELS, "state": t.WHY_STATE.name, "reason": "Reason", "runbook": "Runbook"},
        links={**CLAIM_LINKS, t.WHY_STATE.name: {"Runbook": RUNBOOKS + "${__data.fields.Runbook}"}},
        hidden=["Runbook"],
        width=16,
        height=12,
    )
    fading = p.Table(
        title="Protected, but not for long",
        description="No new copy of them will come. Those that are late first stand first.",
        columns=(t.FADING_REASON, t.FADING_LEFT),
        sort_by=t.FADING_LEFT.name,
        least_first=True,
        labels={**CLAIM_LABELS, "reason": t.FADING_REASON.name},
        links={
            **CLAIM_LINKS,
            t.FADING_REASON.name: {"Runbook": RUNBOOKS + "HoldfastBackupSchedulePaused"},
        },
        width=8,
        height=12,
    )
    return (p.rows(30, unsafe), p.rows(31, fading))


def _plans() -> p.Table:
    return p.Table(
        title="Backup schedules",
        description="Those with most missed runs first. Of all namespaces: a schedule may cover claims anywhere.",
        columns=(
            s.SCHEDULE_RESULT,
            s.SCHEDULE_MISSED,
            s.SCHEDULE_PAUSED,
            t.SCHEDULE_RUNNING,
            s.SCHEDULE_SUCCESS,
            t.SCHEDULE_ATTEMPT,
            t.SCHEDULE_DUE,
            s.SCHEDULE_NEXT,
            t.SCHEDULE_TOOK,
            t.SCHEDULE_CLAIMS,
            t.SCHEDULE_CRON,
        ),
        sort_by=s.SCHEDULE_MISSED.name,
        labels={
            **_SCHEDULE_LABELS,
            "result": s.SCHEDULE_RESULT.name,
            "cron": t.SCHEDULE_CRON.name,
            "target": "Target",
        },
        links={
            s.SCHEDULE_RESULT.name: {"Runbook": RUNBOOKS + "HoldfastBackupScheduleFailed"},
            s.SCHEDULE_MISSED.name: {"Runbook": RUNBOOKS + "HoldfastBackupScheduleMissed"},
            s.SCHEDULE_PAUSED.name: {"Runbook": RUNBOOKS + "HoldfastBackupSchedulePaused"},
            t.SCHEDULE_DUE.name: {"Runbook, not started": RUNBOOKS + "HoldfastBackupScheduleNotStarted"},
        },
        height=12,
    )


def _schedules() -> Panels:
    return (
        p.number(40, s.SCHEDULES_BEHIND, bad_above=1, runbook="HoldfastBackupScheduleMissed").span(6),
        p.number(41, t.SCHEDULES_FAILED, bad_above=1, runbook="HoldfastBackupScheduleFailed").span(6),
        p.number(42, t.SCHEDULES_PAUSED, runbook="HoldfastBackupSchedulePaused").span(6),
        p.number(43, t.SCHEDULES_RUNNING).span(6),
        p.rows(44, _plans()),
        p.over_time(45, t.DURATIONS, width=24),
    )


def _copies() -> Panels:
    sizes = p.Table(
        title="Sizes of copies",
        description="Those that shrank most first. Only where the tool tells the sizes of the newest two copies.",
        columns=(r.SIZE_SHRUNK, r.SIZE_NEWEST, r.SIZE_BEFORE, r.POINTS),
        sort_by=r.SIZE_SHRUNK.name,
        labels={**CLAIM_LABELS, "source": "Source"},
        links={
            **CLAIM_LINKS,
            r.SIZE_SHRUNK.name: {"Runbook": RUNBOOKS + "HoldfastBackupShrank"},
            r.SIZE_NEWEST.name: {"Runbook, empty": RUNBOOKS + "HoldfastBackupEmpty"},
        },
        width=12,
    )
    missing = p.Table(
        title="Restore points that are missing",
        description="By window: days, weeks and months of which a point is asked for and there is none.",
        columns=(r.POINTS_MISSING,),
        sort_by=r.POINTS_MISSING.name,
        labels={**CLAIM_LABELS, "window": "Window"},
        links={**CLAIM_LINKS, r.POINTS_MISSING.name: {"Runbook": RUNBOOKS + "HoldfastRetentionMissing"}},
        width=8,
    )
    short = p.number(52, t.POINTS_SHORT, bad_above=1, runbook="HoldfastRetentionMissing").height(9)
    return (p.rows(50, sizes), p.rows(51, missing), short)


def _places() -> Panels:
    targets = p.Table(
        title="Backup targets",
        description="Where copies lie. Copies in a target that is away do not protect now.",
        columns=(s.TARGET_AVAILABLE, s.TARGET_CHECKED),
        sort_by=s.TARGET_AVAILABLE.name,
        least_first=True,
        labels={"cluster": "Cluster", "namespace": "Namespace", "target": "Target", "source": "Source"},
        links={s.TARGET_AVAILABLE.name: {"Runbook": RUNBOOKS + "HoldfastBackupTargetUnavailable"}},
        width=12,
        height=8,
    )
    state = p.Table(
        title="Snapshots of the cluster's own state",
        description="Without them there may be no cluster into which data could be brought back.",
        columns=(r.STATE_RESULT, r.STATE_SUCCESS, r.STATE_ATTEMPT),
        sort_by=r.STATE_SUCCESS.name,
        labels={**_SCHEDULE_LABELS, "result": r.STATE_RESULT.name},
        links={r.STATE_RESULT.name: {"Runbook": RUNBOOKS + "HoldfastClusterStateBackupLate"}},
        width=24,
        height=8,
    )
    return (p.rows(60, targets), p.over_time(61, r.TARGETS_OVER_TIME), p.rows(62, state))


SECTIONS: Sections = (
    (100, "Is there a copy of everything?", _now),
    (200, "Where is it missing, and who has copies?", _where),
    (300, "Which claims, and why?", _why),
    (400, "Do schedules run?", _schedules),
    (500, "Are copies whole, and are there enough?", _copies),
    (600, "Do the places stand, and the cluster itself?", _places),
)
