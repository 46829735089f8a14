"""What can be asked about what nobody uses, what was left behind, what is stuck, and what is set up badly.

The same rules hold as in signals.py, whose selectors and folds are used here. Costs are asked in cost_signals.py.
"""

from grafana_foundation_sdk.models import units

from dashboards.source import signals as s
from dashboards.source.signals import CLAIM, Signal, among, on, or_zero, per, select

VOLUME = ("persistentvolume",)
SNAPSHOT = ("namespace", "volumesnapshot")
CONTENT = ("volumesnapshotcontent",)
ATTACHMENT = ("volumeattachment",)
FINDING = ("check", "kind", "namespace", "name")
SEVERITIES = ("critical", "warning", "info")

_ORPHANED = per("holdfast_pvc_orphaned", *CLAIM)
_DORMANT = per("holdfast_pvc_dormant", *CLAIM)
_PV_ORPHANED = "holdfast_pv_orphaned"
_SNAPSHOTS = per("holdfast_volumesnapshot_orphaned", *SNAPSHOT)
_CONTENTS = per("holdfast_volumesnapshotcontent_orphaned", *CONTENT)
_DANGLING = "holdfast_volumeattachment_dangling"
_FINDINGS = per("holdfast_finding", *FINDING)
_SIZE = per("holdfast_pvc_capacity_bytes", *CLAIM)
_IDLE = per("holdfast_pvc_unused_seconds", *CLAIM)


def _seen(expression: str, kind: str) -> str:
    """How many; 0 only where objects of the kind are seen."""
    return or_zero(f"count({expression})", known_by="holdfast_source_state", kind=kind, state="up")


def _found(severity: str) -> str:
    of_it = per("holdfast_check_info", "check", severity=severity)
    return or_zero(f"count({_FINDINGS} and {on('check')} {of_it})", known_by="holdfast_check_info")


ORPHANED = Signal(
    name="Orphaned claims",
    description="Claims on which nothing runs and to which nothing may come back.",
    expression=or_zero(f"count({_ORPHANED})"),
)
DORMANT_BYTES = Signal(
    name="Dormant bytes",
    description="Size of the claims on which nothing runs, but to which something may come back.",
    unit=units.BytesIEC,
    expression=or_zero(f"sum({_SIZE} and {on(*CLAIM)} {_DORMANT})"),
)
VOLUMES = Signal(
    name="Volumes without a claim",
    description="Volumes that no living claim holds. Of all namespaces.",
    expression=_seen(per(_PV_ORPHANED, *VOLUME), "PersistentVolume"),
)
SNAPSHOTS = Signal(
    name="Stray snapshots",
    description="Snapshots whose claim or content is gone, and contents that no snapshot owns.",
    expression=_seen(f"{_SNAPSHOTS} or {_CONTENTS}", "VolumeSnapshotContent"),
)
ATTACHMENTS = Signal(
    name="Dangling attachments",
    description="Attachments that have outlived their volume or node, or do not come off. Of all namespaces.",
    expression=_seen(per(_DANGLING, *ATTACHMENT), "VolumeAttachment"),
)
UNUSED_OVER_TIME = tuple(
    Signal(
        name="Size of what nobody uses",
        description="Size of claims on which nothing runs: to the orphaned nothing may come back, to the dormant something"
        " may.",
        unit=units.BytesIEC,
        expression=or_zero(f"sum({select(f'namespace:holdfast_pvc_{legend}_bytes:sum')})"),
        legend=legend,
    )
    for legend in ("orphaned", "dormant")
)
UNUSED_BY_NAMESPACE = Signal(
    name="Orphaned bytes by namespace",
    description="The ten namespaces whose orphaned claims are largest together.",
    unit=units.BytesIEC,
    expression=f"topk(10, {select('namespace:holdfast_pvc_orphaned_bytes:sum')})",
    legend="{{cluster}} {{namespace}}",
)


def _of_orphans(expression: str) -> str:
    return f"{expression} and {on(*CLAIM)} {_ORPHANED}"


def _of_dormant(expression: str) -> str:
    return f"{expression} and {on(*CLAIM)} {_DORMANT}"


ORPHAN_OBJECTIVE = Signal(
    name="May be idle for",
    description="From when on it is waste, where somebody declared that.",
    unit=units.Seconds,
    expression=_of_orphans(per("holdfast_pvc_unused_objective_seconds", *CLAIM)),
)
ORPHAN_STATE = Signal(
    name="Protection",
    description="Whether it could be got back if it were deleted now.",
    expression=_of_orphans(per("holdfast_pvc_protection_state", *CLAIM, "state")),
)
ORPHAN_CLASS = Signal(
    name="Class",
    description="Class and owner of the claim, and what becomes of its volume when it is deleted.",
    expression=_of_orphans(per("holdfast_pvc_info", *CLAIM, "storageclass", "reclaim_policy", "claim_owner")),
)
DORMANT_REASON = Signal(
    name="Reason",
    description="What may come back to it.",
    expression=per("holdfast_pvc_dormant", *CLAIM, "reason"),
)
DORMANT_IDLE = Signal(
    name="Idle for",
    description="How long nothing has run on the claim, as a lower bound.",
    unit=units.Seconds,
    expression=_of_dormant(_IDLE),
)
DORMANT_SIZE = Signal(
    name="Size",
    description="Size that the claim was given.",
    unit=units.BytesIEC,
    expression=_of_dormant(_SIZE),
)

VOLUME_REASON = Signal(
    name="Reason",
    description="Why no living claim holds it.",
    expression=per(_PV_ORPHANED, *VOLUME, "storageclass", "reason"),
)
VOLUME_RELEASED = Signal(
    name="Released for",
    description="How long ago its claim went, where that is known.",
    unit=units.Seconds,
    expression=per("holdfast_pv_released_seconds", *VOLUME),
)
VOLUME_HELD = Signal(
    name="Claim",
    description="Whose data it held, and what becomes of it when its claim is deleted.",
    expression=f"{per('holdfast_pv_info', *VOLUME, 'reclaim_policy', 'claim_namespace', 'name')}"
    f" and {on(*VOLUME)} {per(_PV_ORPHANED, *VOLUME)}",
)
SNAPSHOT_REASON = Signal(
    name="Reason",
    description="What is gone that the snapshot stands on.",
    expression=per("holdfast_volumesnapshot_orphaned", *SNAPSHOT, "reason"),
)
SNAPSHOT_UNREADY = Signal(
    name="Not ready for",
    description="How long the snapshot has not been ready to use.",
    unit=units.Seconds,
    expression=per("holdfast_volumesnapshot_unready_seconds", *SNAPSHOT),
)
CONTENT_REASON = Signal(
    name="Reason",
    description="Why no snapshot owns the content. What its driver keeps for it is paid for.",
    expression=per("holdfast_volumesnapshotcontent_orphaned", *CONTENT, "reason"),
)
ATTACHMENT_REASON = Signal(
    name="Reason",
    description="What the attachment has outlived.",
    expression=per(_DANGLING, *ATTACHMENT, "persistentvolume", "node", "reason"),
)

PENDING = Signal(
    name="Waits for a volume",
    description="How long the claim has been waiting for a volume, and why.",
    unit=units.Seconds,
    expression=per("holdfast_pvc_pending_seconds", *CLAIM, "reason"),
)
TERMINATING = Signal(
    name="Waits to be deleted",
    description="How long the claim has been waiting to be deleted, and why.",
    unit=units.Seconds,
    expression=per("holdfast_pvc_terminating_seconds", *CLAIM, "reason"),
)
RESIZING = Signal(
    name="Waits to be resized",
    description="How long a resize of the claim has been going, and at which stage it is.",
    unit=units.Seconds,
    expression=s.renamed(
        per("holdfast_pvc_resize_pending_seconds", *CLAIM, "stage"), "stage", "reason", *CLAIM
    ),
)
ATTACHING = Signal(
    name="Waits for",
    description="How long the volume has been waiting to be attached to the node.",
    unit=units.Seconds,
    expression=per("holdfast_volume_attach_pending_seconds", *VOLUME, "node"),
)

CRITICAL = Signal(
    name="Critical findings",
    description="Findings on how storage is set up that may lose data.",
    expression=_found("critical"),
)
WARNINGS = Signal(
    name="Warnings",
    description="Findings on how storage is set up that somebody must mend.",
    expression=_found("warning"),
)
INFOS = Signal(
    name="Remarks",
    description="Findings on how storage is set up that are to be known.",
    expression=_found("info"),
)
FINDINGS_BY_CHECK = Signal(
    name="Findings by check",
    description="Open findings.",
    expression=f"count by (check) ({_FINDINGS})",
    legend="{{check}}",
)
FINDINGS_OVER_TIME = tuple(
    Signal(
        name="Findings over time",
        description="Open findings, by severity.",
        expression=_found(severity),
        legend=severity,
    )
    for severity in SEVERITIES
)
FINDING_SEVERITY = Signal(
    name="Severity",
    description="What each object is found to have set up badly, and how grave that is.",
    expression=among(
        _FINDINGS,
        "severity",
        {severity: per("holdfast_check_info", "check", severity=severity) for severity in SEVERITIES},
        "check",
    ),
)
CHECK_JUDGED = Signal(
    name="Judged",
    description="Whether the check could be judged. Where it could not, that nothing is found means nothing.",
    expression=per("holdfast_check_info", "check", "severity", "judged"),
)
CHECK_FOUND = Signal(
    name="Open findings",
    description="How many things the check objects to.",
    expression=f"count by (cluster, check) ({_FINDINGS})",
)

_ITEMS = ("namespace", "item")


def _items(state: str, *labels: str) -> str:
    """How many, 0 where the namespace or item is judged and in another state."""
    by = f"count by ({', '.join(('cluster', *labels))})"
    all_of_them = per("holdfast_checklist_state", *_ITEMS)
    return f"{by} ({per('holdfast_checklist_state', *_ITEMS, state=state)}) or 0 * {by} ({all_of_them})"


ITEMS_FAILING = Signal(
    name="Namespaces that fail, by item",
    description="Items of the go-live checklist, and how many namespaces fail them.",
    expression=f"sum by (item) (count by (cluster, item) ({per('holdfast_checklist_state', *_ITEMS, state='fail')}))",
    legend="{{item}}",
)
CHECKLIST_FAIL = Signal(
    name="Fails",
    description="Items of the go-live checklist that the namespace fails.",
    expression=_items("fail", "namespace"),
)
CHECKLIST_UNKNOWN = Signal(
    name="Unknown",
    description="Items that could not be judged.",
    expression=_items("unknown", "namespace"),
)
CHECKLIST_PASS = Signal(
    name="Passes",
    description="Items that the namespace passes.",
    expression=_items("pass", "namespace"),
)
ITEM_STATE = Signal(
    name="State",
    description="Items of the go-live checklist that do not pass, namespace by namespace.",
    expression=per("holdfast_checklist_state", *_ITEMS, "state", state="fail|unknown"),
)
NOT_JUDGED = Signal(
    name="Checks not judged",
    description="Checks that could not look at all. That they find nothing means nothing.",
    expression=or_zero(
        f"count({per('holdfast_check_info', 'check', judged='no')})", known_by="holdfast_check_info"
    ),
)
JUDGED_IN_PART = Signal(
    name="Judged in part",
    description="Checks that could not be judged of some objects, or not with all that they look at.",
    expression=or_zero(
        f"count({per('holdfast_check_info', 'check', judged='partly')})", known_by="holdfast_check_info"
    ),
)
