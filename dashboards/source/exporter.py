"""The exporter's own health: what it sees, whether replicas agree, how old what it says is, and what that costs."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import exporter_signals as e
from dashboards.source import filling_signals as f
from dashboards.source import panels as p
from dashboards.source import signals as s
from dashboards.source.frame import Panels, Sections, framed
from dashboards.source.panels import RUNBOOKS


def exporter() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Exporter",
        "Can Holdfast be believed: what it sees, whether its replicas agree, how old its judgement is, what it costs.",
        SECTIONS,
    )


def _now() -> Panels:
    return (
        p.number(1, s.BLIND_KINDS, bad_above=1, runbook="HoldfastSourceDown"),
        p.number(2, e.CLAIMS_UNKNOWN, bad_above=1, runbook="HoldfastClaimsUnknown"),
        p.number(3, s.JUDGEMENT_AGE, bad_above=e.STALLED, runbook="HoldfastAssessmentStalled"),
        p.number(4, f.KUBELETS_SILENT, bad_above=1, runbook="HoldfastKubeletsSilent"),
        p.number(5, e.STATES_UNKNOWN, bad_above=1, runbook="HoldfastStatesUnknown"),
        p.number(6, e.DISAGREED, bad_above=1, runbook="HoldfastReplicasDisagree"),
    )


def _replicas() -> Panels:
    replicas = p.Table(
        title="Replicas",
        description="They are equal: each serves everything. One that stands out is at fault, or is being rolled out.",
        columns=(
            e.REPLICA_VERSION,
            e.REPLICA_CONFIGURATION,
            e.REPLICA_AGE,
            e.REPLICA_SEES,
            e.REPLICA_SERIES,
            e.REPLICA_PERSISTENT,
            e.REPLICA_WRITTEN,
        ),
        sort_by=e.REPLICA_AGE.name,
        labels={
            "cluster": "Cluster",
            "instance": "Replica",
            "version": e.REPLICA_VERSION.name,
            "revision": "Revision",
            "python_version": "Python",
            "hash": e.REPLICA_CONFIGURATION.name,
        },
        links={
            e.REPLICA_AGE.name: {"Runbook": RUNBOOKS + "HoldfastAssessmentStalled"},
            e.REPLICA_PERSISTENT.name: {"Runbook": RUNBOOKS + "HoldfastHistoryNotPersistent"},
        },
        height=7,
    )
    return (
        p.number(21, e.REPLICAS, bad_below=1, runbook="HoldfastAbsent").span(8),
        p.number(22, e.CONFIGURATIONS, bad_above=2).span(8),
        p.number(23, e.VERSIONS, bad_above=2).span(8),
        p.rows(20, replicas),
        p.over_time(24, e.REPLICA_AGE),
        p.over_time(25, s.VERSIONS),
    )


def _seeing() -> Panels:
    kinds = p.Table(
        title="Sources",
        description="Every kind that is read. What is forbidden or failing makes claims unknown. Most failed attempts first.",
        columns=(
            e.SEEN_STATE,
            e.SEEN_BLIND,
            s.SOURCE_OBJECTS,
            e.SEEN_STRANGE,
            e.SEEN_ERRORS,
            s.SOURCE_PROOF,
        ),
        sort_by=e.SEEN_ERRORS.name,
        labels={"cluster": "Cluster", "source": "Source", "kind": "Kind", "state": e.SEEN_STATE.name},
        links={
            e.SEEN_STATE.name: {
                "Runbook, down": RUNBOOKS + "HoldfastSourceDown",
                "Runbook, forbidden": RUNBOOKS + "HoldfastSourceForbidden",
            },
            e.SEEN_STRANGE.name: {"Runbook": RUNBOOKS + "HoldfastStatesUnknown"},
        },
        height=12,
    )
    return (
        p.rows(30, kinds),
        p.over_time(31, e.BY_STATE, width=8, stacked=True),
        p.over_time(32, e.ERRORS_BY_REASON, width=8),
        p.over_time(34, f.KUBELETS, width=8, stacked=True),
        p.over_time(33, e.OLDEST_CONTACT, width=24),
    )


def _costs() -> Panels:
    return (
        p.over_time(40, *e.SCRAPED_IN, width=8),
        p.over_time(41, e.SCRAPE_SIZE, width=8),
        p.over_time(42, e.ANSWERS, width=8),
        p.over_time(43, *e.HELD, width=8),
        p.over_time(44, e.JUDGEMENTS, width=16),
        p.over_time(45, e.MEMORY),
        p.over_time(46, e.CPU),
    )


SECTIONS: Sections = (
    (100, "Can it be believed?", _now),
    (200, "Do replicas agree?", _replicas),
    (300, "What does it see?", _seeing),
    (400, "What does it cost?", _costs),
)
