"""What an auditor asks: what was demanded of which claims, what was met, since when not, and what is exempt until when.

The same rules hold as in signals.py, whose selectors and folds are used here. All times are dates, so that the answer
can be put on file.
"""

from grafana_foundation_sdk.models import units

from dashboards.source import signals as s
from dashboards.source.protection_signals import in_states, met_ratio
from dashboards.source.signals import CLAIM, REPLICATION, Signal, on, or_zero, per, renamed, spread
from holdfast.model.check import CHECKS

GROUP = ("namespace", "tier")
EXEMPTION_CHECKS = tuple(check for check in CHECKS if check.startswith("exempt-"))

_STATE = "holdfast_pvc_protection_state"
_DRILL = "holdfast_pvc_restore_drill_state"
_REPLICA = "holdfast_replication_state"
_RETENTION = "holdfast_pvc_retention_missing"
_ORIGIN = "holdfast_pvc_objective_info"
_DECLARED = "annotation|workload|namespace|tier|defaults"
_RPO = per("holdfast_pvc_rpo_seconds", *CLAIM)
_SHORT = f"sum by (cluster, {', '.join(CLAIM)}) ({per(_RETENTION, *CLAIM, 'window')})"
_EXEMPT = per(_STATE, *CLAIM, state="exempt")
_OF_EXEMPT = f"and {on(*CLAIM)} {_EXEMPT}"


def _grouped(fold: str, expression: str) -> str:
    """What claims have, folded by namespace and tier."""
    tiers = per("holdfast_pvc_info", *CLAIM, "tier")
    return f"{fold} by ({', '.join(('cluster', *GROUP))}) ({spread(tiers, expression, *CLAIM)})"


def _share(good: str, asked: str, known_by: str) -> str:
    """Of what is asked; nothing where nothing is."""
    return f"({or_zero(f'count({good})', known_by=known_by)}) / count({asked})"


KEPT = Signal(
    name="Retention met",
    description="Share of the claims that are asked to keep recovery points, and of which it is known, that have them all.",
    unit=units.PercentUnit,
    expression=_share(f"{_SHORT} == 0", _SHORT, _RETENTION),
)
IN_STEP = Signal(
    name="Replicas in step",
    description="Share of the replications that are healthy.",
    unit=units.PercentUnit,
    expression=_share(per(_REPLICA, *REPLICATION, state="healthy"), per(_REPLICA, *REPLICATION), _REPLICA),
)
DECLARED = Signal(
    name="Objectives declared",
    description="Share of the claims whose objective somebody declared, and does not come from what is built in.",
    unit=units.PercentUnit,
    expression=_share(per(_ORIGIN, *CLAIM, origin=_DECLARED), per(_ORIGIN, *CLAIM), _ORIGIN),
)
MET_OVER_TIME = Signal(
    name="Share of claims within their objective",
    description="By tier, exempt claims left out.",
    unit=units.PercentUnit,
    expression=met_ratio("tier"),
    legend="tier {{tier}}",
)

GROUP_ASKED = Signal(
    name="Claims",
    description="Claims of which a backup is asked.",
    expression=f"sum by (cluster, {', '.join(GROUP)}) ({per(*s.TALLY)}) - {on(*GROUP)} {in_states('exempt', *GROUP)}",
)
GROUP_STRICTEST = Signal(
    name="Strictest objective",
    description="How old the newest copy may be, of the claim of which most is asked.",
    unit=units.Seconds,
    expression=_grouped("min", _RPO),
)
GROUP_LOOSEST = Signal(
    name="Loosest objective",
    description="The same, of the claim of which least is asked.",
    unit=units.Seconds,
    expression=_grouped("max", _RPO),
)
GROUP_BROKEN = Signal(
    name="Not met",
    description="Claims that are not within their objective: late, never copied, or unprotected.",
    expression=in_states("late|never|unprotected", *GROUP),
)
GROUP_MET = Signal(
    name="Met",
    description="Claims that are within their objective.",
    expression=in_states("protected", *GROUP),
)
GROUP_RATIO = Signal(
    name="Met now",
    description="Share of the claims that are within their objective.",
    unit=units.PercentUnit,
    expression=met_ratio(*GROUP),
)
GROUP_PERIOD = Signal(
    name="Met over the period",
    description="The same share on the average of the period that the dashboard shows.",
    unit=units.PercentUnit,
    expression=f"avg_over_time(({met_ratio(*GROUP)})[$__range:$__interval])",
)
GROUP_UNKNOWN = Signal(
    name="Unknown",
    description="Claims of which it cannot be seen. They do not count as met.",
    expression=in_states("unknown", *GROUP),
)
GROUP_EXEMPT = Signal(
    name="Exempt",
    description="Claims of which nothing is asked.",
    expression=in_states("exempt", *GROUP),
)

_OUT_FOR = (
    f"({s.WITHOUT_COPY} - {on(*CLAIM)} {_RPO} > 0)"
    f" and {on(*CLAIM)} {per(_STATE, *CLAIM, state='late|never|unprotected')}"
)
OUT_SINCE = Signal(
    name="Not met since",
    description="When the newest copy became older than the objective allows; of a claim without a copy, when the first"
    " should have been there. None where another demand is broken: since when, no series tells.",
    unit=units.DatetimeISO,
    expression=f"(time() - ({_OUT_FOR})) * 1000",
)
OUT_FOR = Signal(
    name="Not met for",
    description="How long that is.",
    unit=units.Seconds,
    expression=_OUT_FOR,
)
GROUP_SINCE = Signal(
    name=OUT_SINCE.name,
    description="Since when the claim that has been out of its objective for longest has been so.",
    unit=units.DatetimeISO,
    expression=_grouped("min", OUT_SINCE.expression),
)
GROUP_DRILLS = Signal(
    name="Proofs asked",
    description="Claims of which a proven restore is asked.",
    expression=_grouped("sum", per(_DRILL, *CLAIM)),
)
GROUP_PROVEN = Signal(
    name="Proven",
    description="Those whose restore was proven in time, and fast enough.",
    expression=_grouped("sum", f"{per(_DRILL, *CLAIM, state='passed')} or 0 * {per(_DRILL, *CLAIM)}"),
)
GROUP_SHORT = Signal(
    name="Retention short",
    description="Claims that have fewer recovery points than they are asked to keep.",
    expression=_grouped("sum", f"{_SHORT} > bool 0"),
)

STATE = Signal(
    name="State",
    description="Whether the claim could be got back within its objective.",
    expression=per(_STATE, *CLAIM, "state"),
)
TIER = Signal(
    name="Tier",
    description="Tier and owner of the claim.",
    expression=per("holdfast_pvc_info", *CLAIM, "tier", "claim_owner"),
)
ORIGIN = Signal(
    name="Objective from",
    description="Where the objective comes from. One that is `builtin` is declared by nobody.",
    expression=per(_ORIGIN, *CLAIM, "origin"),
)
OBJECTIVE = Signal(
    name="Objective",
    description="How old the newest copy may be.",
    unit=units.Seconds,
    expression=_RPO,
)
COPIED = Signal(
    name="Newest copy",
    description="When the data of the newest restorable copy that counts was captured.",
    unit=units.DatetimeISO,
    expression=f"(time() - {per('holdfast_pvc_backup_age_seconds', *CLAIM)}) * 1000",
)
DRILL = Signal(
    name="Restore",
    description="Whether a restore is proven as asked.",
    expression=renamed(per(_DRILL, *CLAIM, "state"), "state", "drill", *CLAIM),
)
DRILL_EVERY = Signal(
    name="Proof every",
    description="How often a restore must be proven.",
    unit=units.Seconds,
    expression=per("holdfast_pvc_restore_drill_interval_seconds", *CLAIM),
)
PROVEN_AT = Signal(
    name="Proven at",
    description="When the restore drill in force ended.",
    unit=units.DatetimeISO,
    expression=f"(time() - {per('holdfast_pvc_restore_drill_age_seconds', *CLAIM)}) * 1000",
)
DRILL_TOOK = Signal(
    name="It took",
    description="How long the restore drill in force took.",
    unit=units.Seconds,
    expression=per("holdfast_pvc_restore_drill_duration_seconds", *CLAIM),
)
MAY_TAKE = Signal(
    name="It may take",
    description="Within what a restore must finish.",
    unit=units.Seconds,
    expression=per("holdfast_pvc_rto_seconds", *CLAIM),
)
MISSING = Signal(
    name="Points missing",
    description="Recovery points short of what is asked: days, weeks and months together.",
    expression=_SHORT,
)
UNTIL = Signal(
    name="Exempt until",
    description="End of the exemption. An exempt claim without one is exempt until somebody takes that back.",
    unit=units.DatetimeISO,
    expression=per("holdfast_pvc_exempt_until_timestamp_seconds", *CLAIM) + " * 1000",
)

EXEMPT_CLAIM = Signal(
    name="Exempt",
    description="Claims of which nothing is asked.",
    expression=_EXEMPT,
)
EXEMPT_TIER = Signal(
    name="Tier",
    description="Tier, owner and workload of the claim.",
    expression=f"{per('holdfast_pvc_info', *CLAIM, 'tier', 'claim_owner', 'workload')} {_OF_EXEMPT}",
)
EXEMPT_SIZE = Signal(
    name="Size",
    description="Size that the claim was given.",
    unit=units.BytesIEC,
    expression=f"{per('holdfast_pvc_capacity_bytes', *CLAIM)} {_OF_EXEMPT}",
)
FAULTS = Signal(
    name="Fault",
    description="Exemptions that have ended, or that give no reason.",
    expression=per(
        "holdfast_finding", "check", "kind", "namespace", "name", check="|".join(EXEMPTION_CHECKS)
    ),
)
MUTED = Signal(
    name="Muted",
    description="Claims about which alerts are muted by annotation, by area.",
    expression=per("holdfast_pvc_muted", *CLAIM, "area"),
)
