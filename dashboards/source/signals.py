"""What can be asked of Holdfast's series, each declared once: its name, meaning, unit and expression.

A selector is written in one place, `select`, and equal replicas are folded in one place, `per`, as the exporter's
catalogue says. How a signal looks belongs to panels.py.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from grafana_foundation_sdk.models import units

from holdfast.metrics.catalogue import FAMILIES
from holdfast.metrics.family import Family

_FAMILIES = {family.name: family for family in FAMILIES}

CLAIM = ("namespace", "persistentvolumeclaim")
SCHEDULE = ("source", "namespace", "schedule")
TARGET = ("source", "namespace", "target")
KIND = ("source", "kind")
REPLICATION = ("source", "namespace", "replication", "persistentvolumeclaim")

UNSAFE_STATES = "late|never|unprotected|unknown"
ALERT_OF_STATE = {
    "late": "HoldfastBackupLate",
    "never": "HoldfastNeverBackedUp",
    "unprotected": "HoldfastUnprotected",
    "unknown": "HoldfastClaimsUnknown",
}
"""The runbook that a state leads to."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One quantity. `legend` names its series by their labels."""

    name: str
    description: str
    expression: str
    unit: str = units.Short
    legend: str = ""
    endless: str = ""
    """How +Inf reads, where the quantity can be that."""


_OF_A_NAMESPACE = frozenset(
    {
        "claim",
        "filling",
        "expansion",
        "replication",
        "tally",
        "quota",
        "provision",
        "ephemeral",
        "finding",
        "snapshot",
        "checklist",
        "claim-cost",
        "snapshot-cost",
        "waste",
    }
)
"""Nouns of the catalogue that the choice of namespaces is about. Schedules are not: they may cover claims anywhere."""

_CONTAINER = ("namespace", "pod", "container")
FOREIGN: Mapping[str, tuple[str, ...]] = {
    "container_cpu_usage_seconds_total": _CONTAINER,  # kubelets, of each container
    "container_memory_working_set_bytes": _CONTAINER,
    "scrape_samples_scraped": (),  # Prometheus itself, of each scrape
}
"""Series that are not the exporter's own, and their labels."""

RECORDED: Mapping[str, tuple[str, ...]] = {
    "namespace:holdfast_pvc_time_to_full_claims:count": ("namespace", "within"),
    "namespace:holdfast_pvc_restore_drill_claims:count": ("namespace", "state"),
    "namespace:holdfast_pvc_orphaned_bytes:sum": ("namespace",),
    "namespace:holdfast_pvc_dormant_bytes:sum": ("namespace",),
    "namespace:holdfast_pvc_usage_age_seconds:max": ("namespace",),
    "namespace:holdfast_waste_monthly_cost:sum": ("namespace", "currency"),
    "cluster:holdfast_monthly_cost:sum": ("currency",),
}
"""Series that rules/levels.yaml and rules/cost.yaml record, one for all replicas, and their labels: over time every claim's own cost too much."""

_EVERY_CLAIM = {"claim", "claim-cost", "filling", "expansion", "replication"}
"""Nouns of which a large cluster has thousands."""

_CLUSTER = 'cluster=~"$cluster"'


def select(series: str, **matchers: str) -> str:
    """Series of the chosen clusters and, where they are of namespaces, those. A `|` makes a pattern."""
    given = series in FOREIGN or series in RECORDED
    declared = None if given else _FAMILIES[series.removesuffix("_bucket")]
    filters = [_CLUSTER]
    recorded = "namespace" in RECORDED.get(series, ())
    if recorded or (isinstance(declared, Family) and declared.noun in _OF_A_NAMESPACE):
        filters.append('namespace=~"$namespace"')
    for label, value in matchers.items():
        filters.append(f'{label}{"=~" if "|" in value else "="}"{value}"')
    return f"{series}{{{','.join(filters)}}}"


def of_every_claim(expression: str) -> bool:
    """Whether a series of each claim is read for it: over a day and with many points that takes minutes."""
    nouns = {
        getattr(_FAMILIES.get(name), "noun", "") for name in re.findall(r"(?<![:\w])holdfast_\w+", expression)
    }
    return "$claim" not in expression and not nouns.isdisjoint(_EVERY_CLAIM)


def per(family: str, *labels: str, among: str = "", **matchers: str) -> str:
    """One value for each set of the labels, in each cluster, however many replicas are scraped.

    `among` picks some by `and on (...)` before they are folded: of tens of thousands that is much less work.
    """
    fold = _FAMILIES[family].aggregation
    picked = " ".join(filter(None, (select(family, **matchers), among)))
    return f"{fold} by ({', '.join(('cluster', *labels))}) ({picked})"


def increase(family: str, *labels: str) -> str:
    """How fast a counter grows; the replica that sees most counts."""
    return f"max by ({', '.join(('cluster', *labels))}) (rate({select(family)}[$__rate_interval]))"


def on(*labels: str) -> str:
    return f"on ({', '.join(('cluster', *labels))})"


def or_zero(expression: str, known_by: str = "holdfast_protection_claims", **matchers: str) -> str:
    """None is told as 0, but only where series of `known_by` say that somebody looked: else nothing is known.

    The tally of claims has zeros for every state, so that one of them will do.
    """
    if known_by == "holdfast_protection_claims":
        matchers = {"state": "protected"}
    return f"{expression} or 0 * count({per(known_by, *_FAMILIES[known_by].labels, **matchers)})"


def named(expression: str, label: str, value: str) -> str:
    """The same series, with this label as well."""
    return f'label_replace({expression}, "{label}", "{value}", "", "")'


def among(expression: str, label: str, states: Mapping[str, str], *at: str) -> str:
    """The series that are in one of the states, by name an expression with labels `at`, and which of them in the label."""
    return " or ".join(
        named(f"({expression} and {on(*at)} {state})", label, name) for name, state in states.items()
    )


def renamed(expression: str, label: str, to: str, *kept: str) -> str:
    """The label under another name, beside those that are kept."""
    copied = f'label_replace({expression}, "{to}", "$1", "{label}", "(.*)")'
    return f"max by ({', '.join(('cluster', *kept, to))}) ({copied})"


def spread(over: str, expression: str, *at: str) -> str:
    """The expression's value, which has the labels `at`, for each of the series of `over`, which have more."""
    return f"0 * ({over}) + {on(*at)} group_left () ({expression})"


CLUSTERS = "label_values(holdfast_build_info, cluster)"
NAMESPACES = f"label_values(holdfast_protection_claims{{{_CLUSTER}}}, namespace)"
CLAIMS = f"label_values({select('holdfast_pvc_info')}, persistentvolumeclaim)"
"""What the choices of cluster, namespace and claim are read from."""

UNSAFE_NOW = per("holdfast_pvc_protection_state", *CLAIM, "state", state=UNSAFE_STATES)
TALLY = "holdfast_protection_claims", "namespace", "tier", "state"
WITHOUT_COPY = (
    f"({per('holdfast_pvc_backup_age_seconds', *CLAIM)}"
    f" or time() - {per('holdfast_pvc_created_timestamp_seconds', *CLAIM)})"
)
_UNSAFE_WITHOUT_COPY = f"{WITHOUT_COPY} and {on(*CLAIM)} {UNSAFE_NOW}"
_ORPHANED = per("holdfast_pvc_orphaned", *CLAIM)
_NOT_UP = per("holdfast_source_state", *KIND, "state", state="failing|forbidden")


def with_runbook(expression: str, alerts: Mapping[str, str]) -> str:
    """The label `runbook`, by the label `state`."""
    for state, alert in alerts.items():
        expression = f'label_replace({expression}, "runbook", "{alert}", "state", "{state}")'
    return expression


PROTECTED_RATIO = Signal(
    name="Protected",
    description="Share of the claims, exempt ones left out, that could be got back now within their objective.",
    unit=units.PercentUnit,
    expression=f"sum({per(*TALLY, state='protected')})"
    f" / sum({per(*TALLY, state='protected|late|never|unprotected|unknown')})",
)
CLAIMS_BY_STATE = Signal(
    name="Claims by state",
    description="Every claim is in exactly one state: protected, late, never, unprotected, unknown or exempt.",
    expression=f"sum by (state) ({per(*TALLY)})",
    legend="{{state}}",
)
PAGES = Signal(
    name="Worth a page",
    description="Claims with urgency page that are late, never backed up, unprotected or unknown.",
    expression=or_zero(
        f"count({UNSAFE_NOW} and {on(*CLAIM)} {per('holdfast_pvc_info', *CLAIM, urgency='page')})"
    ),
)
UNSAFE = Signal(
    name="Not safe",
    description="Claims that are late, never backed up, unprotected or unknown, whatever they are worth.",
    expression=or_zero(f"count({UNSAFE_NOW})"),
)
SCHEDULES_BEHIND = Signal(
    name="Schedules behind",
    description="Backup schedules that are not paused and have missed at least one run since their last success.",
    expression=or_zero(
        f"count({per('holdfast_backup_schedule_missed_runs', *SCHEDULE)} > 0"
        f" unless {on(*SCHEDULE)} {per('holdfast_backup_schedule_paused', *SCHEDULE)} == 1)"
    ),
)
TARGETS_AWAY = Signal(
    name="Targets away",
    description="Backup locations that could not be reached at their last check. Copies in them do not protect now.",
    expression=or_zero(f"count({per('holdfast_backup_target_available', *TARGET)} == 0)"),
)
BLIND_KINDS = Signal(
    name="Kinds not seen",
    description="Kinds of objects that the exporter cannot read: denied to it, or failing. Silence about them means nothing.",
    expression=or_zero(f"count({_NOT_UP})", known_by="holdfast_source_state"),
)

FIRST_STATE = Signal(
    name="State",
    description="Claims that are not safe, by state.",
    expression=with_runbook(UNSAFE_NOW, ALERT_OF_STATE),
)
FIRST_URGENCY = Signal(
    name="Urgency",
    description="What a broken objective of the claim is worth, and who uses and owns the claim.",
    expression=f"{per('holdfast_pvc_info', *CLAIM, 'urgency', 'tier', 'workload', 'claim_owner')}"
    f" and {on(*CLAIM)} {UNSAFE_NOW}",
)
FIRST_AGE = Signal(
    name="Without a copy for",
    description="Age of the newest restorable copy that counts; where there is none, since the claim was made.",
    unit=units.Seconds,
    expression=_UNSAFE_WITHOUT_COPY,
)
FIRST_OBJECTIVE = Signal(
    name="Objective",
    description="How old the newest copy may be.",
    unit=units.Seconds,
    expression=f"{per('holdfast_pvc_rpo_seconds', *CLAIM)} and {on(*CLAIM)} {UNSAFE_NOW}",
)
FIRST_RATIO = Signal(
    name="Times the objective",
    description="Time without a copy, in units of the objective.",
    expression=f"({_UNSAFE_WITHOUT_COPY}) / {per('holdfast_pvc_rpo_seconds', *CLAIM)}",
)

REASONS = Signal(
    name="Reasons",
    description="Why claims are not safe, or will not stay so. A claim may have several reasons.",
    expression=f"count by (reason) ({per('holdfast_pvc_protection_reason', *CLAIM, 'reason')})",
    legend="{{reason}}",
)
STATES_BY_TIER = Signal(
    name="Claims",
    description="Claims that are not safe, by tier and state.",
    expression=f"sum by (tier, state) ({per(*TALLY, state=UNSAFE_STATES)}) > 0",
    legend="{{tier}} {{state}}",
)
ORIGINS = Signal(
    name="Objectives",
    description="Where objectives come from. Those from `builtin` are declared by nobody.",
    expression=f"count by (origin) ({per('holdfast_pvc_objective_info', *CLAIM, 'origin')})",
    legend="{{origin}}",
)

SCHEDULE_MISSED = Signal(
    name="Missed runs",
    description="Runs due by the real cron since the last success that have not succeeded.",
    expression=per("holdfast_backup_schedule_missed_runs", *SCHEDULE),
)
SCHEDULE_RESULT = Signal(
    name="Last result",
    description="Result of the newest finished run.",
    expression=per("holdfast_backup_schedule_last_result", *SCHEDULE, "result"),
)
SCHEDULE_PAUSED = Signal(
    name="Paused",
    description="1: no run will come.",
    unit=units.BoolYesNo,
    expression=per("holdfast_backup_schedule_paused", *SCHEDULE),
)
SCHEDULE_SUCCESS = Signal(
    name="Last success",
    description="Start of the last successful run.",
    unit=units.DateTimeFromNow,
    expression=per("holdfast_backup_schedule_last_success_timestamp_seconds", *SCHEDULE) + " * 1000",
)
SCHEDULE_NEXT = Signal(
    name="Next run",
    description="When the next run is due by the real cron.",
    unit=units.DateTimeFromNow,
    expression=per("holdfast_backup_schedule_next_run_timestamp_seconds", *SCHEDULE) + " * 1000",
)
TARGET_AVAILABLE = Signal(
    name="Available",
    description="Whether the location could be reached at its last check.",
    unit=units.BoolYesNo,
    expression=per("holdfast_backup_target_available", *TARGET),
)
TARGET_CHECKED = Signal(
    name="Checked",
    description="When the location was last checked.",
    unit=units.DateTimeFromNow,
    expression=per("holdfast_backup_target_checked_timestamp_seconds", *TARGET) + " * 1000",
)

ORPHANED_BYTES = Signal(
    name="Orphaned bytes",
    description="Size of the claims on which nothing runs and to which nothing may come back.",
    unit=units.BytesIEC,
    expression=or_zero(f"sum({per('holdfast_pvc_capacity_bytes', *CLAIM)} and {on(*CLAIM)} {_ORPHANED})"),
)
ORPHANED_CLAIMS = Signal(
    name="Orphaned and dormant claims",
    description="Claims on which nothing runs: to the orphaned nothing may come back, to the dormant something may.",
    expression=or_zero(f"count({_ORPHANED})"),
    legend="orphaned",
)
DORMANT_CLAIMS = Signal(
    name="Dormant",
    description="Claims on which nothing runs, but to which something may come back.",
    expression=or_zero(f"count({per('holdfast_pvc_dormant', *CLAIM)})"),
    legend="dormant",
)
ORPHAN_REASON = Signal(
    name="Reason",
    description="Why the claim is called orphaned.",
    expression=per("holdfast_pvc_orphaned", *CLAIM, "reason"),
)
ORPHAN_IDLE = Signal(
    name="Idle for",
    description="How long nothing has run on the claim, as a lower bound.",
    unit=units.Seconds,
    expression=f"{per('holdfast_pvc_unused_seconds', *CLAIM)} and {on(*CLAIM)} {_ORPHANED}",
)
ORPHAN_SIZE = Signal(
    name="Size",
    description="Size that the claim was given.",
    unit=units.BytesIEC,
    expression=f"{per('holdfast_pvc_capacity_bytes', *CLAIM)} and {on(*CLAIM)} {_ORPHANED}",
)

SOURCE_STATE = Signal(
    name="State",
    description="What the exporter sees through, kind by kind.",
    expression=per("holdfast_source_state", *KIND, "state"),
)
SOURCE_OBJECTS = Signal(
    name="Objects",
    description="Objects held.",
    expression=per("holdfast_source_objects", *KIND),
)
SOURCE_PROOF = Signal(
    name="Last contact",
    description="Newest proof of life: a page of a list, an event or a bookmark.",
    unit=units.DateTimeFromNow,
    expression=per("holdfast_source_last_success_timestamp_seconds", *KIND) + " * 1000",
)
SOURCE_ERRORS = Signal(
    name="Failed attempts",
    description="Failed attempts to read a source, by reason.",
    unit=units.OpsPerSecond,
    expression=f"sum by (source, reason) ({increase('holdfast_source_errors_total', *KIND, 'reason')}) > 0",
    legend="{{source}} {{reason}}",
)
JUDGEMENT_AGE = Signal(
    name="Age of the judgement",
    description="Since when the newest complete judgement is served. All other panels are as old as this.",
    unit=units.Seconds,
    expression=f"max(time() - {per('holdfast_assessment_last_success_timestamp_seconds')})",
)
VERSIONS = Signal(
    name="Exporters",
    description="Version that is scraped, by cluster.",
    expression=per("holdfast_build_info", "version"),
    legend="{{cluster}} {{version}}",
)
