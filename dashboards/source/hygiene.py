"""The hygiene dashboard: what nobody uses, what was left behind, what is stuck, what is set up badly, and what it costs."""

from grafana_foundation_sdk.models import dashboard as model

from dashboards.source import cost_signals as k
from dashboards.source import hygiene_signals as h
from dashboards.source import panels as p
from dashboards.source import signals as s
from dashboards.source.frame import CLAIM_LABELS, CLAIM_LINKS, Panels, Sections, framed, of_namespace
from dashboards.source.panels import RUNBOOKS


def hygiene() -> model.Dashboard:
    """Built anew at each call; its questions stand in SECTIONS."""
    return framed(
        "Hygiene",
        "What is kept that nobody uses, what was left behind, what is stuck on its way, what is set up badly, and what it"
        " costs.",
        SECTIONS,
        span=("now-7d", "now"),
    )


def _now() -> Panels:
    return (
        p.number(1, h.ORPHANED, bad_above=1, runbook="HoldfastClaimsOrphaned"),
        p.number(2, s.ORPHANED_BYTES, runbook="HoldfastClaimsOrphaned"),
        p.number(3, h.DORMANT_BYTES),
        p.number(4, h.VOLUMES, bad_above=1, runbook="HoldfastVolumesReleased"),
        p.number(5, h.SNAPSHOTS, bad_above=1),
        p.number(6, h.ATTACHMENTS, bad_above=1, runbook="HoldfastAttachmentsDangling"),
        p.over_time(7, *h.UNUSED_OVER_TIME, stacked=True),
        p.over_time(8, h.UNUSED_BY_NAMESPACE, stacked=True),
    )


def _unused() -> Panels:
    orphans = p.Table(
        title="Orphaned claims",
        description="Nothing runs on them and nothing may come back to them. Idle longest first. Before one is deleted:"
        " its protection says whether it could be got back.",
        columns=(
            s.ORPHAN_REASON,
            s.ORPHAN_IDLE,
            h.ORPHAN_OBJECTIVE,
            s.ORPHAN_SIZE,
            h.ORPHAN_STATE,
            h.ORPHAN_CLASS,
        ),
        sort_by=s.ORPHAN_IDLE.name,
        labels={
            **CLAIM_LABELS,
            "reason": s.ORPHAN_REASON.name,
            "state": h.ORPHAN_STATE.name,
            "storageclass": h.ORPHAN_CLASS.name,
            "reclaim_policy": "Reclaim policy",
            "claim_owner": "Owner",
        },
        links={**CLAIM_LINKS, s.ORPHAN_REASON.name: {"Runbook": RUNBOOKS + "HoldfastClaimsOrphaned"}},
    )
    dormant = p.Table(
        title="Dormant claims",
        description="Nothing runs on them, but something may come back to them. Idle longest first.",
        columns=(h.DORMANT_REASON, h.DORMANT_IDLE, h.DORMANT_SIZE),
        sort_by=h.DORMANT_IDLE.name,
        labels={**CLAIM_LABELS, "reason": h.DORMANT_REASON.name},
        links=CLAIM_LINKS,
    )
    return (p.rows(20, orphans), p.rows(21, dormant))


def _volumes() -> p.Table:
    return p.Table(
        title="Volumes without a claim",
        description="They are paid for, and may hold data that somebody misses. Of all namespaces.",
        columns=(h.VOLUME_REASON, h.VOLUME_HELD, h.VOLUME_RELEASED),
        sort_by=h.VOLUME_RELEASED.name,
        labels={
            "cluster": "Cluster",
            "persistentvolume": "Volume",
            "storageclass": "Class",
            "reason": h.VOLUME_REASON.name,
            "claim_namespace": "Namespace",
            "name": h.VOLUME_HELD.name,
            "reclaim_policy": "Reclaim policy",
        },
        links={
            h.VOLUME_REASON.name: {
                "Runbook": RUNBOOKS + "HoldfastVolumesReleased",
                "Runbook, failed": RUNBOOKS + "HoldfastVolumeFailed",
            }
        },
        height=8,
    )


def _snapshots() -> p.Table:
    return p.Table(
        title="Snapshots without what they stand on, or not ready",
        description="One that has never been ready is no copy.",
        columns=(h.SNAPSHOT_REASON, h.SNAPSHOT_UNREADY),
        sort_by=h.SNAPSHOT_UNREADY.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "volumesnapshot": "Snapshot",
            "reason": h.SNAPSHOT_REASON.name,
        },
        links={h.SNAPSHOT_UNREADY.name: {"Runbook": RUNBOOKS + "HoldfastSnapshotsUnready"}},
        width=12,
        height=7,
    )


def _contents() -> p.Table:
    return p.Table(
        title="Contents that no snapshot owns",
        description="What their driver keeps for them stays until somebody deletes them.",
        columns=(h.CONTENT_REASON,),
        sort_by=h.CONTENT_REASON.name,
        labels={"cluster": "Cluster", "volumesnapshotcontent": "Content", "reason": h.CONTENT_REASON.name},
        links={},
        width=12,
        height=7,
    )


def _attachments() -> p.Table:
    return p.Table(
        title="Dangling attachments",
        description="While one stands, its volume can be attached nowhere else. Of all namespaces.",
        columns=(h.ATTACHMENT_REASON,),
        sort_by=h.ATTACHMENT_REASON.name,
        labels={
            "cluster": "Cluster",
            "volumeattachment": "Attachment",
            "persistentvolume": "Volume",
            "node": "Node",
            "reason": h.ATTACHMENT_REASON.name,
        },
        links={h.ATTACHMENT_REASON.name: {"Runbook": RUNBOOKS + "HoldfastAttachmentsDangling"}},
        height=7,
    )


def _left_behind() -> Panels:
    return (
        p.rows(30, _volumes()),
        p.rows(31, _snapshots()),
        p.rows(32, _contents()),
        p.rows(33, _attachments()),
    )


def _stuck() -> Panels:
    claims = p.Table(
        title="Claims that wait",
        description="For a volume, for the end of a resize, or to be deleted. A claim that waits for its first consumer"
        " is no fault.",
        columns=(h.PENDING, h.TERMINATING, h.RESIZING),
        sort_by=h.PENDING.name,
        labels={**CLAIM_LABELS, "reason": "Why"},
        links={
            **CLAIM_LINKS,
            h.PENDING.name: {"Runbook": RUNBOOKS + "HoldfastClaimPending"},
            h.TERMINATING.name: {
                "Runbook": RUNBOOKS + "HoldfastClaimTerminating",
                "Runbook, in use": RUNBOOKS + "HoldfastClaimDeletedInUse",
            },
            h.RESIZING.name: {
                "Runbook": RUNBOOKS + "HoldfastResizeStuck",
                "Runbook, failed": RUNBOOKS + "HoldfastResizeFailed",
            },
        },
        width=14,
        height=10,
    )
    volumes = p.Table(
        title="Volumes that wait to be attached",
        description="Pods on the node wait with them. Of all namespaces.",
        columns=(h.ATTACHING,),
        sort_by=h.ATTACHING.name,
        labels={"cluster": "Cluster", "persistentvolume": "Volume", "node": "Node"},
        links={h.ATTACHING.name: {"Runbook": RUNBOOKS + "HoldfastAttachPending"}},
        width=10,
        height=10,
    )
    return (p.rows(40, claims), p.rows(41, volumes))


def _findings() -> p.Table:
    return p.Table(
        title="Findings",
        description="What is set up so that data may be lost or kept in vain, object by object.",
        columns=(h.FINDING_SEVERITY,),
        sort_by=h.FINDING_SEVERITY.name,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "kind": "Kind",
            "name": "Name",
            "severity": h.FINDING_SEVERITY.name,
            "check": "Check",
        },
        links={},
        width=14,
        height=12,
    )


def _checks() -> p.Table:
    return p.Table(
        title="Checks",
        description="What is looked for, and whether it could be.",
        columns=(h.CHECK_JUDGED, h.CHECK_FOUND),
        sort_by=h.CHECK_FOUND.name,
        labels={
            "cluster": "Cluster",
            "check": "Check",
            "severity": "Severity",
            "judged": h.CHECK_JUDGED.name,
        },
        links={},
        width=10,
        height=12,
    )


def _set_up() -> Panels:
    return (
        p.number(50, h.CRITICAL, bad_above=1).height(8),
        p.number(51, h.WARNINGS, bad_above=1).height(8),
        p.number(52, h.INFOS).height(8),
        p.bars(53, h.FINDINGS_BY_CHECK, width=6),
        p.over_time(54, *h.FINDINGS_OVER_TIME, width=6, stacked=True),
        p.rows(55, _findings()),
        p.rows(56, _checks()),
    )


def _ready() -> Panels:
    return (
        p.number(60, h.NOT_JUDGED, bad_above=1).height(8),
        p.number(61, h.JUDGED_IN_PART).height(8),
        p.bars(62, h.ITEMS_FAILING, width=16),
        p.rows(63, _checklists()),
        p.rows(64, _items()),
    )


def _checklists() -> p.Table:
    return p.Table(
        title="Go-live checklist by namespace",
        description="Those that fail most first. `holdfast checklist` tells why.",
        columns=(h.CHECKLIST_FAIL, h.CHECKLIST_UNKNOWN, h.CHECKLIST_PASS),
        sort_by=h.CHECKLIST_FAIL.name,
        labels={"cluster": "Cluster", "namespace": "Namespace"},
        links=of_namespace("Hygiene"),
        width=12,
        height=12,
    )


def _items() -> p.Table:
    return p.Table(
        title="Items that do not pass",
        description="Filter by item to see which namespaces have it in common.",
        columns=(h.ITEM_STATE,),
        sort_by="Namespace",
        least_first=True,
        labels={
            "cluster": "Cluster",
            "namespace": "Namespace",
            "item": "Item",
            "state": h.ITEM_STATE.name,
        },
        links={},
        width=12,
        height=12,
    )


def _cost() -> Panels:
    return (
        p.number(70, k.TOTAL),
        p.number(71, k.WASTE, runbook="HoldfastWasteInfo"),
        p.number(72, k.UNPRICED, bad_above=1, runbook="HoldfastUnpricedInfo"),
        p.number(73, k.PRICES_AGE, runbook="HoldfastPricesStale"),
        p.bars(74, k.BY_KIND),
        p.bars(75, k.BY_NAMESPACE),
        p.bars(76, k.BY_OWNER),
        p.bars(77, k.WASTE_BY_REASON),
        p.bars(78, k.UNPRICED_KINDS),
        p.over_time(79, k.WASTE_OVER_TIME, width=16, stacked=True),
        p.rows(80, _wasters()),
        p.rows(81, _dearest()),
    )


def _wasters() -> p.Table:
    return p.Table(
        title="Waste by namespace",
        description="Most first. Volumes without a claim and contents without a snapshot stand under no namespace."
        " `holdfast waste` names each thing, and what to run.",
        columns=(k.WASTE_OF_NAMESPACE, k.OBJECTS_OF_NAMESPACE),
        sort_by=k.WASTE_OF_NAMESPACE.name,
        labels={"cluster": "Cluster", "namespace": "Namespace", "currency": "Currency"},
        links=of_namespace("Hygiene"),
        width=10,
        height=10,
    )


def _dearest() -> p.Table:
    return p.Table(
        title="Dearest orphaned claims",
        description="The twenty that cost most in a month. Look for a copy before you delete one.",
        columns=(k.ORPHAN_COST, k.ORPHAN_OWNER),
        sort_by=k.ORPHAN_COST.name,
        labels={**CLAIM_LABELS, "currency": "Currency", "claim_owner": k.ORPHAN_OWNER.name},
        links=CLAIM_LINKS,
        width=14,
        height=10,
    )


SECTIONS: Sections = (
    (100, "How much is kept for nobody?", _now),
    (200, "Which claims does nobody use?", _unused),
    (300, "What was left behind?", _left_behind),
    (400, "What is stuck?", _stuck),
    (500, "What is set up badly?", _set_up),
    (600, "Which namespaces are fit to go live?", _ready),
    (700, "What does it cost, and what of that serves nobody?", _cost),
)
