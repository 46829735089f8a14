"""What can be asked about every claim at once: in which areas it is at risk, and so what comes first.

The same rules hold as in signals.py, whose selectors and folds are used here.
"""

from grafana_foundation_sdk.models import units

from dashboards.source.recovery_signals import ALERT_OF_DRILL, ALERT_OF_REPLICATION
from dashboards.source.signals import CLAIM, UNSAFE_STATES, Signal, named, on, or_zero, per, renamed

_LEFT = per("holdfast_pvc_time_to_full_seconds", *CLAIM)
_OBJECTIVE = per("holdfast_pvc_time_to_full_objective_seconds", *CLAIM)
_FULL_SOON = f"{_LEFT} <= {_OBJECTIVE}"
_KNOWN = f"and {on(*CLAIM)} {per('holdfast_pvc_info', *CLAIM)}"
_NOT_KEEPING_UP = "|".join(state for state in ALERT_OF_REPLICATION if state != "paused")
"""What somebody has paused is meant so."""

_AREAS = {
    "protection": per("holdfast_pvc_protection_state", *CLAIM, state=UNSAFE_STATES),
    "restore": per("holdfast_pvc_restore_drill_state", *CLAIM, state="|".join(ALERT_OF_DRILL)),
    "replication": f"{per('holdfast_replication_state', *CLAIM, state=_NOT_KEEPING_UP)} {_KNOWN}",
    "capacity": f"{_LEFT} <= bool {_OBJECTIVE} == 1",
}
"""Where a claim is at risk: each 1."""

_PAGE = f"10 * {per('holdfast_pvc_info', *CLAIM, urgency='page')}"
_ARMS = " or ".join(named(expression, "area", area) for area, expression in {**_AREAS, "page": _PAGE}.items())
# A claim that is worth a page and at no risk has 10 and nothing more.
_AT_RISK = f"topk(200, sum by ({', '.join(('cluster', *CLAIM))}) ({_ARMS}) != 10)"
_OF_THEM = f"and {on(*CLAIM)} ({_AT_RISK})"

RANK = Signal(
    name="Rank",
    description="In how many areas (protection, restore, replication, capacity) the claim is at risk,"
    " and ten more where it is worth a page. The two hundred highest.",
    expression=_AT_RISK,
)
RISK_URGENCY = Signal(
    name="Urgency",
    description="What a broken objective of the claim is worth, and who owns it.",
    expression=f"{per('holdfast_pvc_info', *CLAIM, 'urgency', 'tier', 'claim_owner')} {_OF_THEM}",
)
RISK_STATE = Signal(
    name="Protection",
    description="Whether it could be got back within its objective.",
    expression=f"{per('holdfast_pvc_protection_state', *CLAIM, 'state')} {_OF_THEM}",
)
RISK_DRILL = Signal(
    name="Restore",
    description="Whether a restore is proven as asked, where it is asked.",
    expression=f"{renamed(per('holdfast_pvc_restore_drill_state', *CLAIM, 'state'), 'state', 'drill', *CLAIM)} {_OF_THEM}",
)
RISK_REPLICAS = Signal(
    name="Replicas that do not keep up",
    description="Replications of the claim that are broken, lagging, degraded or unknown.",
    expression=f"count by ({', '.join(('cluster', *CLAIM))})"
    f" ({per('holdfast_replication_state', *CLAIM, 'source', 'replication', state=_NOT_KEEPING_UP)}) {_OF_THEM}",
)
RISK_FULL = Signal(
    name="Full in",
    description="Most likely time until full, where that is nearer than the claim's objective.",
    unit=units.Seconds,
    expression=f"{_FULL_SOON} {_OF_THEM}",
)
NOT_PROVEN = Signal(
    name="Restores not proven",
    description="Claims whose restore failed, is overdue or was never proven, or takes too long.",
    expression=or_zero(f"count({_AREAS['restore']})", known_by="holdfast_pvc_restore_drill_state"),
)
NOT_IN_STEP = Signal(
    name="Replicas behind",
    description="Claims with a replication that is broken, lagging, degraded or unknown.",
    expression=or_zero(f"count({_AREAS['replication']})", known_by="holdfast_replication_state"),
)
