"""What can be asked about how claims and the spaces they share fill: use, days to full, and what is not measured.

The same rules hold as in signals.py, whose selectors and folds are used here. Quotas, pools, classes and what pods fill
without claims stand in capacity_signals.py.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.signals import CLAIM, Signal, on, or_zero, per, select
from holdfast.assessment.forecast.signs import FULL
from holdfast.model.filling import UNMEASURED_REASONS

BACKEND = ("backend",)
COVERAGE = ("csi_driver", "state")

DAY = 86400
NEVER = "not in sight"
"""How a time to full of +Inf reads."""

_COVERAGE = "holdfast_usage_coverage_claims"
_LEFT = "holdfast_pvc_time_to_full_seconds"
_USED_RATIO = "holdfast_pvc_used_ratio"
_RESOURCE = (*CLAIM, "resource")
_UNLOOKED = "|".join(reason for reason in UNMEASURED_REASONS if reason != "block-mode")
"""A block device has nothing to measure, so that it is not missed."""

_NEAREST_LEFT = per(_LEFT, *CLAIM)
"""Of bytes and inodes whichever is full first: the fold of a countdown is the least."""

_OBJECTIVE = per("holdfast_pvc_time_to_full_objective_seconds", *CLAIM)
_PERHAPS = f"({per('holdfast_pvc_time_to_full_early_seconds', *_RESOURCE)} <= {on(*CLAIM)} group_left () {_OBJECTIVE})"
_IN_SIGHT = (
    f"min by ({', '.join(('cluster', *_RESOURCE))})"
    f" ({select(_LEFT)} < +Inf or {select(_LEFT)} and {on(*_RESOURCE)} {_PERHAPS})"
)
_FIRST = f"bottomk(100, bottomk by (cluster, {', '.join(CLAIM)}) (1, {_IN_SIGHT}))"
"""Claims of which full is in sight, or may be near: the hundred nearest, each with the resource that is full first."""


def _of_first(family: str, *labels: str) -> str:
    """One value for each set of labels: those few are picked before anything is folded."""
    at = _RESOURCE if "resource" in labels else CLAIM
    return per(family, *labels, among=f"and {on(*at)} ({_FIRST})")


def _claims(expression: str) -> str:
    """How many; 0 only where usage is looked at."""
    return or_zero(f"count({expression})", known_by=_COVERAGE)


def _within(name: str) -> str:
    """How many, as it was recorded for each namespace."""
    counted = select("namespace:holdfast_pvc_time_to_full_claims:count", within=name)
    return or_zero(f"sum({counted})", known_by=_COVERAGE)


FULL_NOW = Signal(
    name="Full now",
    description="Claims that use 99 % or more of the bytes or inodes that they offer.",
    expression=_claims(f"group by ({', '.join(('cluster', *CLAIM))}) ({select(_USED_RATIO)} >= {FULL})"),
)
FULL_SOON = Signal(
    name="Full soon",
    description="Claims that are most likely full within the time at which their objective wants a warning.",
    expression=_claims(f"{_NEAREST_LEFT} <= {_OBJECTIVE}"),
)
FULL_PERHAPS = Signal(
    name="Perhaps soon",
    description="Claims that are full within their objective at the earliest that must be reckoned with.",
    expression=_claims(f"{per('holdfast_pvc_time_to_full_early_seconds', *CLAIM)} <= {_OBJECTIVE}"),
)
NOT_FORETOLD = Signal(
    name="Not foretold",
    description="Claims of whose bytes too little is known for a forecast. They may be full tomorrow.",
    expression=_claims(per("holdfast_pvc_forecast_unknown", *CLAIM, resource="bytes")),
)
NOT_MEASURED = Signal(
    name="Not measured",
    description="Mounted claims that nothing measures, block devices left out.",
    expression=_claims(per("holdfast_pvc_usage_unmeasured", *CLAIM, reason=_UNLOOKED)),
)

WITHIN_DAY = Signal(
    name="Claims by when they are full",
    description="By the most likely time of whichever is full first, bytes or inodes.",
    expression=_within("day"),
    legend="within a day",
)
WITHIN_WEEK = Signal(
    name="Within a week",
    description="Claims that are full within a week, but not within a day.",
    expression=_within("week"),
    legend="within a week",
)
WITHIN_MONTH = Signal(
    name="Within 30 days",
    description="Claims that are full within 30 days, but not within a week.",
    expression=_within("month"),
    legend="within 30 days",
)
WITHIN_SIGHT = Signal(
    name="Within 180 days",
    description="Claims that are full within 180 days, but not within 30.",
    expression=_within("sight"),
    legend="within 180 days",
)
NOT_IN_SIGHT = Signal(
    name="Not in sight",
    description="Claims that do not fill, or not within 180 days.",
    expression=_within("never"),
    legend=NEVER,
)

FIRST_LEFT = Signal(
    name="Full in",
    description="Most likely time until full.",
    unit=units.Seconds,
    expression=_FIRST,
    endless=NEVER,
)
FIRST_EARLY = Signal(
    name="Earliest",
    description="Earliest time until full that must be reckoned with.",
    unit=units.Seconds,
    expression=_of_first("holdfast_pvc_time_to_full_early_seconds", *_RESOURCE),
)
FIRST_LATE = Signal(
    name="Latest",
    description="Latest time until full that must be reckoned with; none where it may never be.",
    unit=units.Seconds,
    expression=_of_first("holdfast_pvc_time_to_full_late_seconds", *_RESOURCE),
)
FIRST_OBJECTIVE = Signal(
    name="Warn at",
    description="How near full may be before somebody must know. Alerts take twice that where a claim cannot grow.",
    unit=units.Seconds,
    expression=_of_first("holdfast_pvc_time_to_full_objective_seconds", *CLAIM),
)
FIRST_USED = Signal(
    name="Used",
    description="Share of what is offered of bytes or inodes, whichever is full first, that is taken by whomever.",
    unit=units.PercentUnit,
    expression=_of_first(_USED_RATIO, *_RESOURCE),
)
FIRST_GROWTH = Signal(
    name="Growth a day",
    description="Robust growth of the bytes in use.",
    unit=units.BytesIEC,
    expression=_of_first("holdfast_pvc_growth_bytes_per_second", *CLAIM) + f" * {DAY}",
)
FIRST_CLASS = Signal(
    name="Class",
    description="Class of the claim.",
    expression=_of_first("holdfast_pvc_info", *CLAIM, "storageclass"),
)
FIRST_FIXED = Signal(
    name="Cannot grow",
    description="Why the claim cannot be made larger, where something is in the way.",
    expression=_of_first("holdfast_pvc_not_expandable", *CLAIM, "reason"),
)

_FULLEST = f"topk(30, topk by (cluster, {', '.join(CLAIM)}) (1, topk(60, {per(_USED_RATIO, *_RESOURCE)})))"
"""Among the sixty fullest of all bytes and inodes are thirty claims at least."""

_OF_FULLEST = f"and {on(*CLAIM)} {_FULLEST}"

FULLEST_RATIO = Signal(
    name="Used",
    description="Share of what is offered of bytes or inodes, whichever is larger, that is taken by whomever: the thirty fullest.",
    unit=units.PercentUnit,
    expression=_FULLEST,
)
FULLEST_BYTES = Signal(
    name="Bytes used",
    description="Bytes in use.",
    unit=units.BytesIEC,
    expression=per("holdfast_pvc_used_bytes", *CLAIM, among=_OF_FULLEST),
)
FULLEST_FREE = Signal(
    name="Free",
    description="Bytes that can still be written.",
    unit=units.BytesIEC,
    expression=per("holdfast_pvc_available_bytes", *CLAIM, among=_OF_FULLEST),
)
FULLEST_SIZE = Signal(
    name="Size",
    description="Size of the file system.",
    unit=units.BytesIEC,
    expression=per("holdfast_pvc_filesystem_bytes", *CLAIM, among=_OF_FULLEST),
)
FULLEST_INODES = Signal(
    name="Inodes used",
    description="Share of the inodes that is taken; none where the file system does not count them.",
    unit=units.PercentUnit,
    expression=f"{per('holdfast_pvc_inodes_used', *CLAIM, among=_OF_FULLEST)}"
    f" / {on(*CLAIM)} {per('holdfast_pvc_inodes', *CLAIM, among=_OF_FULLEST)}",
)
FULLEST_AGE = Signal(
    name="Measured before",
    description="Age of the last known usage.",
    unit=units.Seconds,
    expression=per("holdfast_pvc_usage_age_seconds", *CLAIM, among=_OF_FULLEST),
)

_SPACE = per("holdfast_backend_used_bytes", *BACKEND)

SPACE_LEFT = Signal(
    name="Full in",
    description="Most likely time until the shared space is full.",
    unit=units.Seconds,
    expression=per("holdfast_backend_time_to_full_seconds", *BACKEND),
    endless=NEVER,
)
SPACE_EARLY = Signal(
    name="Earliest",
    description="Earliest time until the shared space is full that must be reckoned with.",
    unit=units.Seconds,
    expression=per("holdfast_backend_time_to_full_early_seconds", *BACKEND),
)
SPACE_RATIO = Signal(
    name="Used",
    description="Share of the space that is in use, by whomever.",
    unit=units.PercentUnit,
    expression=f"{_SPACE} / {per('holdfast_backend_capacity_bytes', *BACKEND)}",
)
SPACE_SIZE = Signal(
    name="Size",
    description="Size of the shared space.",
    unit=units.BytesIEC,
    expression=per("holdfast_backend_capacity_bytes", *BACKEND),
)
SPACE_CLAIMS = Signal(
    name="Claims",
    description="Claims that lie in it, of the chosen namespaces.",
    expression=f"count by (cluster, backend) ({per('holdfast_pvc_backend_info', *CLAIM, 'backend')})",
)

COVERED = Signal(
    name="Mounted claims by what is known of them",
    description="Claims with a file system: measured within 15 minutes, stale, or unmeasured. Of all namespaces.",
    expression=f"sum by (state) ({per(_COVERAGE, *COVERAGE)})",
    legend="{{state}}",
)
GAPS_BY_DRIVER = Signal(
    name="Gaps by driver",
    description="Mounted claims whose usage is stale or unmeasured, by driver. Of all namespaces.",
    expression=f"sum by (csi_driver, state) ({per(_COVERAGE, *COVERAGE, state='stale|unmeasured')})",
    legend="{{csi_driver}} {{state}}",
)
UNMEASURED_REASON = Signal(
    name="Why not measured",
    description="Why nothing measures the claim.",
    expression=per("holdfast_pvc_usage_unmeasured", *CLAIM, "reason"),
)
UNMEASURED_DRIVER = Signal(
    name="Driver",
    description="The driver of the claim's volume.",
    expression=f"{per('holdfast_pvc_info', *CLAIM, 'csi_driver')}"
    f" and {on(*CLAIM)} {per('holdfast_pvc_usage_unmeasured', *CLAIM)}",
)
UNMEASURED_SIZE = Signal(
    name="Size",
    description="Size that the claim was given.",
    unit=units.BytesIEC,
    expression=f"{per('holdfast_pvc_capacity_bytes', *CLAIM)}"
    f" and {on(*CLAIM)} {per('holdfast_pvc_usage_unmeasured', *CLAIM)}",
)
UNFORETOLD = Signal(
    name="Why nothing is foretold",
    description="Claims without a forecast, by reason and resource.",
    expression=f"count by (resource, reason) ({per('holdfast_pvc_forecast_unknown', *_RESOURCE, 'reason')})",
    legend="{{resource}} {{reason}}",
)
OLDEST_USAGE = Signal(
    name="Oldest usage",
    description="The ten namespaces with the claim whose last known usage is the oldest, mounted or not.",
    unit=units.Seconds,
    expression=f"topk(10, {select('namespace:holdfast_pvc_usage_age_seconds:max')})",
    legend="{{cluster}} {{namespace}}",
)
KUBELETS = Signal(
    name="Kubelets asked",
    description="Kubelets by whether they answered when last asked. Those that are silent hide what lies on their nodes.",
    expression=f"sum by (state) ({per('holdfast_kubelets', 'state')})",
    legend="{{state}}",
)
KUBELETS_SILENT = Signal(
    name="Kubelets silent",
    description="Kubelets that did not answer when last asked. Of all namespaces.",
    expression=f"sum({per('holdfast_kubelets', 'state', state='silent')})",
)
