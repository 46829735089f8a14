"""What can be asked about room that is given out: quotas, pools, classes; and about what pods fill without claims.

The same rules hold as in signals.py, whose selectors and folds are used here.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.filling_signals import NEVER
from dashboards.source.signals import Signal, or_zero, per

POOL = ("storageclass", "topology")
QUOTA = ("namespace", "resourcequota", "resource", "storageclass")
CLAIM_QUOTA = ("namespace", "resourcequota", "storageclass")
CLASS = ("storageclass",)
WORKLOAD = ("namespace", "workload_kind", "workload")
LIMIT = (*WORKLOAD, "kind", "name")
DISK = ("node", "filesystem")

NEARLY = 0.9
"""A quota, limit or disk is nearly used from here on."""

_HARD = per("holdfast_quota_hard_bytes", *QUOTA)
_TAKEN = per("holdfast_quota_used_bytes", *QUOTA)
_HARD_CLAIMS = per("holdfast_quota_hard_claims", *CLAIM_QUOTA)
_TAKEN_CLAIMS = per("holdfast_quota_used_claims", *CLAIM_QUOTA)
_TAKEN_RATIO = f"{_TAKEN} / ({_HARD} > 0)"
_CLAIMS_RATIO = f"{_TAKEN_CLAIMS} / ({_HARD_CLAIMS} > 0)"
_LIMIT_USED = per("holdfast_ephemeral_limit_used_ratio", *LIMIT)
_DISK_SIZE = per("holdfast_node_filesystem_capacity_bytes", *DISK)
_DISK_USED = f"1 - {per('holdfast_node_filesystem_available_bytes', *DISK)} / {_DISK_SIZE}"


def _together(family: str, *labels: str) -> str:
    """What claims of a namespace and class have, added up by one of the two."""
    return f"sum by ({', '.join(('cluster', *labels))}) ({per(family, 'namespace', 'storageclass')})"


def _share_used(*labels: str) -> str:
    """Of what the claims were given whose use is known."""
    used, measured = (
        _together(family, *labels)
        for family in ("holdfast_class_used_bytes", "holdfast_class_measured_bytes")
    )
    return f"{used} / ({measured} > 0)"


QUOTAS_NEAR = Signal(
    name="Quotas nearly used",
    description="Limits of quotas on bytes of storage, or on the number of claims, of which nine tenths are taken.",
    expression=or_zero(
        f"count({_TAKEN_RATIO} >= {NEARLY} or {_CLAIMS_RATIO} >= {NEARLY})",
        known_by="holdfast_quota_hard_bytes",
    ),
)

POOL_AVAILABLE = Signal(
    name="Room left",
    description="Space left for new volumes of the class on the nodes of the topology.",
    unit=units.BytesIEC,
    expression=per("holdfast_pool_available_bytes", *POOL),
)
POOL_LARGEST = Signal(
    name="Largest volume",
    description="The largest volume that can be made now.",
    unit=units.BytesIEC,
    expression=per("holdfast_pool_maximum_volume_bytes", *POOL),
)

POOL_LEFT = Signal(
    name="Full in",
    description="Most likely time until no space is left.",
    unit=units.Seconds,
    expression=per("holdfast_pool_time_to_full_seconds", *POOL),
    endless=NEVER,
)
POOL_EARLY = Signal(
    name="Earliest",
    description="Earliest time until no space is left that must be reckoned with.",
    unit=units.Seconds,
    expression=per("holdfast_pool_time_to_full_early_seconds", *POOL),
)

QUOTA_LEFT = Signal(
    name="Used up in",
    description="Most likely time until the quota is used up.",
    unit=units.Seconds,
    expression=per("holdfast_quota_time_to_full_seconds", *QUOTA),
    endless=NEVER,
)
QUOTA_RATIO = Signal(
    name="Taken",
    description="Share of the limit that is taken, by what is asked for and not by what is stored.",
    unit=units.PercentUnit,
    expression=_TAKEN_RATIO,
)
QUOTA_TAKEN = Signal(
    name="Bytes taken",
    description="Bytes of the quota that are taken.",
    unit=units.BytesIEC,
    expression=_TAKEN,
)
QUOTA_HARD = Signal(
    name="Bytes allowed",
    description="Bytes that the quota allows.",
    unit=units.BytesIEC,
    expression=_HARD,
)
CLAIM_QUOTA_RATIO = Signal(
    name="Taken",
    description="Share of the claims allowed that are there.",
    unit=units.PercentUnit,
    expression=_CLAIMS_RATIO,
)
CLAIM_QUOTA_TAKEN = Signal(
    name="Claims taken",
    description="Claims that count against the quota.",
    expression=_TAKEN_CLAIMS,
)
CLAIM_QUOTA_HARD = Signal(
    name="Claims allowed",
    description="Claims that the quota allows.",
    expression=_HARD_CLAIMS,
)

CLASS_CLAIMS = Signal(
    name="Claims",
    description="Claims of the class, in the chosen namespaces.",
    expression=_together("holdfast_class_claims", *CLASS),
)
CLASS_REQUESTED = Signal(
    name="Asked for",
    description="Bytes that the claims ask for together.",
    unit=units.BytesIEC,
    expression=_together("holdfast_class_requested_bytes", *CLASS),
)
CLASS_GIVEN = Signal(
    name="Given",
    description="Bytes that the claims were given together.",
    unit=units.BytesIEC,
    expression=_together("holdfast_class_capacity_bytes", *CLASS),
)
CLASS_SHARE = Signal(
    name="Used of it",
    description="Share in use of what those claims were given whose use is known.",
    unit=units.PercentUnit,
    expression=_share_used(*CLASS),
)
CLASS_PROMISED = Signal(
    name="Promised / left",
    description="What claims were given and have not written yet, in units of what the pools of the class have left."
    " Above 1, on storage that takes space only when it is written, the pools are full before the claims are."
    " Pools that overlap are counted each.",
    expression=f"({_together('holdfast_class_measured_bytes', *CLASS)}"
    f" - {_together('holdfast_class_used_bytes', *CLASS)})"
    f" / sum by (cluster, storageclass) ({per('holdfast_pool_available_bytes', *POOL)})",
)
CLASS_EXPANDABLE = Signal(
    name="Can grow",
    description="Whether the class allows its volumes to grow.",
    unit=units.BoolYesNo,
    expression=per("holdfast_class_expandable", *CLASS),
)
SPACE_REQUESTED = Signal(
    name="Asked for",
    description="Bytes that the claims of the namespace ask for together.",
    unit=units.BytesIEC,
    expression=_together("holdfast_class_requested_bytes", "namespace"),
)
SPACE_USED = Signal(
    name="Used",
    description="Bytes that those claims use together whose use is known.",
    unit=units.BytesIEC,
    expression=_together("holdfast_class_used_bytes", "namespace"),
)
SPACE_SHARE = Signal(
    name="Used of it",
    description="Share in use of what those claims were given whose use is known.",
    unit=units.PercentUnit,
    expression=_share_used("namespace"),
)
SPACE_IDLE = Signal(
    name="Not used",
    description="Bytes that were given to claims whose use is known, and that they do not use.",
    unit=units.BytesIEC,
    expression=f"{_together('holdfast_class_measured_bytes', 'namespace')}"
    f" - {_together('holdfast_class_used_bytes', 'namespace')}",
)

EPHEMERAL_LIMIT = Signal(
    name="Of its limit",
    description="How much of a limit the fullest pod of the workload uses, from a tenth on; above 100 % the kubelet evicts it.",
    unit=units.PercentUnit,
    expression=f"topk(50, {_LIMIT_USED})",
)
EPHEMERAL_USED = Signal(
    name="Filled without claims",
    description="What the measured pods of a workload fill of their nodes' disks: the ten that fill most.",
    unit=units.BytesIEC,
    expression=f"topk(10, {per('holdfast_ephemeral_used_bytes', *WORKLOAD)})",
    legend="{{namespace}}/{{workload}}",
)
DISK_RATIO = Signal(
    name="Used",
    description="Share of the file system that is not free. At 85 % and 90 % kubelets begin to evict pods, unless told otherwise.",
    unit=units.PercentUnit,
    expression=_DISK_USED,
)
DISK_FREE = Signal(
    name="Free",
    description="Free space of the file system.",
    unit=units.BytesIEC,
    expression=per("holdfast_node_filesystem_available_bytes", *DISK),
)
DISK_SIZE = Signal(
    name="Size",
    description="Size of the file system.",
    unit=units.BytesIEC,
    expression=_DISK_SIZE,
)
DISK_INODES = Signal(
    name="Inodes used",
    description="Share of the inodes that is taken.",
    unit=units.PercentUnit,
    expression=f"{per('holdfast_node_filesystem_inodes_used', *DISK)}"
    f" / {per('holdfast_node_filesystem_inodes', *DISK)}",
)
