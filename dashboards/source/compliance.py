"""The compliance report: what was asked, what was met, since when not, and what is exempt; in dates, to be put on file."""

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import compliance_signals as c
from dashboards.source import hygiene_signals as h
from dashboards.source import panels as p
from dashboards.source import protection_signals as t
from dashboards.source import recovery_signals as r
from dashboards.source import signals as s
from dashboards.source.frame import (
    CLAIM_LABELS,
    CLAIM_LINKS,
    Panels,
    Sections,
    framed,
    more_in,
    of_namespace,
)
from dashboards.source.panels import RUNBOOKS

_ON_FILE = " To keep it: the panel's menu, Inspect, Data, with the panel's transformations applied, downloads it as CSV."


def compliance() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Compliance",
        "What was asked of which claims, what was met, and what is exempt. Tables tell of the end of the time range:"
        " end it at an earlier day to see that day.",
        SECTIONS,
        span=("now-30d", "now"),
    )


def _met() -> Panels:
    return (
        p.number(1, s.PROTECTED_RATIO, bad_below=1),
        p.number(2, r.PROVEN_RATIO, bad_below=1),
        p.number(3, c.KEPT, bad_below=1, runbook="HoldfastRetentionMissing"),
        p.number(4, c.IN_STEP, bad_below=1),
        p.number(5, c.DECLARED, bad_below=1, runbook="HoldfastUnsafeInfo"),
        p.number(6, t.EXEMPT),
        p.over_time(7, c.MET_OVER_TIME, width=24, step="6h"),
    )


def _groups() -> Panels:
    groups = p.Table(
        title="Objectives by namespace and tier",
        description="Those with most claims that are not within their objective first." + _ON_FILE,
        columns=(
            c.GROUP_ASKED,
            c.GROUP_STRICTEST,
            c.GROUP_LOOSEST,
            c.GROUP_MET,
            c.GROUP_BROKEN,
            c.GROUP_RATIO,
            c.GROUP_PERIOD,
            c.GROUP_SINCE,
            c.GROUP_UNKNOWN,
            c.GROUP_EXEMPT,
            c.GROUP_DRILLS,
            c.GROUP_PROVEN,
            c.GROUP_SHORT,
        ),
        sort_by=c.GROUP_BROKEN.name,
        labels={"cluster": "Cluster", "namespace": "Namespace", "tier": "Tier"},
        links=of_namespace("Protection", "Recovery"),
        step="6h",
        height=16,
    )
    return (p.rows(20, groups).links([_for_print()]),)


def _each_claim() -> p.Table:
    return p.Table(
        title="Objectives claim by claim",
        description="All claims; those that have been out of their objective for longest first." + _ON_FILE,
        columns=(
            c.STATE,
            c.OUT_SINCE,
            c.OUT_FOR,
            c.OBJECTIVE,
            c.ORIGIN,
            c.COPIED,
            c.DRILL,
            c.DRILL_EVERY,
            c.PROVEN_AT,
            c.DRILL_TOOK,
            c.MAY_TAKE,
            c.MISSING,
            c.UNTIL,
            c.TIER,
        ),
        sort_by=c.OUT_FOR.name,
        labels={
            **CLAIM_LABELS,
            "tier": c.TIER.name,
            "claim_owner": "Owner",
            "state": c.STATE.name,
            "origin": c.ORIGIN.name,
            "drill": c.DRILL.name,
        },
        links={
            **CLAIM_LINKS,
            c.DRILL.name: {
                "Runbook, failed": RUNBOOKS + "HoldfastRestoreDrillFailed",
                "Runbook, overdue or never": RUNBOOKS + "HoldfastRestoreDrillOverdue",
                "Runbook, slow": RUNBOOKS + "HoldfastRestoreDrillSlow",
            },
        },
        height=24,
    )


def _claims() -> Panels:
    return (p.rows(30, _each_claim()).links([_for_print()]),)


def _exempt() -> p.Table:
    return p.Table(
        title="Exemptions",
        description="Of these claims nothing is asked. Without a date: until somebody takes it back, or for as long as"
        " their pods live. Reasons stand in the annotation or the configuration: `holdfast explain pvc` tells them."
        + _ON_FILE,
        columns=(c.EXEMPT_CLAIM, c.UNTIL, c.EXEMPT_TIER, c.EXEMPT_SIZE),
        sort_by="Namespace",
        least_first=True,
        labels={
            **CLAIM_LABELS,
            "tier": c.EXEMPT_TIER.name,
            "claim_owner": "Owner",
            "workload": "Workload",
        },
        links=CLAIM_LINKS,
        hidden=[c.EXEMPT_CLAIM.name],
        width=12,
        height=12,
    )


def _faults() -> p.Table:
    return p.Table(
        title="Exemptions at fault",
        description="They have ended, or give no reason.",
        columns=(c.FAULTS,),
        sort_by=c.FAULTS.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "kind": "Kind",
            "name": "Name",
            "check": c.FAULTS.name,
        },
        links={},
        width=12,
        height=6,
    )


def _muted() -> p.Table:
    return p.Table(
        title="Muted",
        description="Objectives hold, but nobody is told when they are broken.",
        columns=(c.MUTED,),
        sort_by=c.MUTED.name,
        labels={**CLAIM_LABELS, "area": c.MUTED.name},
        links=CLAIM_LINKS,
        width=12,
        height=6,
    )


def _spared() -> Panels:
    return (p.rows(40, _exempt()), p.rows(41, _faults()), p.rows(42, _muted()))


def _fit() -> Panels:
    checklists = p.Table(
        title="Go-live checklist by namespace",
        description="How many items each namespace fails, those that fail most first." + _ON_FILE,
        columns=(h.CHECKLIST_FAIL, h.CHECKLIST_UNKNOWN, h.CHECKLIST_PASS),
        sort_by=h.CHECKLIST_FAIL.name,
        labels={"cluster": "Cluster", "namespace": "Namespace"},
        links=of_namespace("Hygiene"),
        width=12,
        height=12,
    )
    return (p.rows(50, checklists).links([_for_print()]), p.bars(51, h.ITEMS_FAILING, width=12).height(12))


def _for_print() -> DashboardLink:
    """This page on white, without menus, of the same days."""
    days = {"from": "${__from}", "to": "${__to}"}
    return more_in("Compliance", theme="light", kiosk="true", **days).title("To print")


SECTIONS: Sections = (
    (100, "Is what was asked met?", _met),
    (200, "Where is it not, and since when?", _groups),
    (300, "Claim by claim?", _claims),
    (400, "Of what is nothing asked, and until when?", _spared),
    (500, "Which namespaces are fit to go live?", _fit),
)
