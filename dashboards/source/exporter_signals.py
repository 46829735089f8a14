"""What can be asked about the exporter itself: what it sees, how old its judgement is, and what it costs.

The same rules hold as in signals.py, whose selectors and folds are used here. Only here are replicas told apart: equal
ones are folded everywhere else.
"""

from grafana_foundation_sdk.models import units

from dashboards.source import signals as s
from dashboards.source.signals import CLAIM, KIND, Signal, increase, on, or_zero, per, select

INSTANCE = "instance"
BLIND = "failing|forbidden"
STALLED = 600
"""Seconds after which a judgement stands still, as for the alert about it."""

CONTAINER = "holdfast"
"""Name of the exporter's container in the chart."""

_STATE = "holdfast_source_state"
_PROOF = per("holdfast_source_last_success_timestamp_seconds", *KIND)
_JUDGED = "holdfast_assessment_last_success_timestamp_seconds"


def each(series: str, *labels: str, **matchers: str) -> str:
    """One value for each replica."""
    return f"max by ({', '.join(('cluster', INSTANCE, *labels))}) ({select(series, **matchers)})"


def quantile(share: float, family: str) -> str:
    """Of each replica's histogram, whose only label is `le`."""
    rate = f"rate({select(f'{family}_bucket')}[$__rate_interval])"
    return f"max by (cluster, {INSTANCE}) (histogram_quantile({share}, {rate}))"


def _most(family: str, *labels: str) -> str:
    """How many different ones stand side by side in the cluster that has most."""
    return f"max(count by (cluster) ({per(family, *labels)}))"


REPLICAS = Signal(
    name="Replicas",
    description="Exporters that are scraped.",
    expression=f"count({each('holdfast_build_info')})",
)
CONFIGURATIONS = Signal(
    name="Configurations",
    description="Different configurations in force in one cluster. More than one is in order only while replicas are"
    " rolled out.",
    expression=_most("holdfast_config_info", "hash"),
)
VERSIONS = Signal(
    name="Versions",
    description="Different versions at work in one cluster. More than one is in order only while replicas are rolled out.",
    expression=_most("holdfast_build_info", "version", "revision"),
)
DISAGREED = Signal(
    name="Judged differently",
    description="Claims that replicas judge to be in different states. For a moment that is in order: they see a change"
    " one after the other.",
    expression=or_zero(
        f"count(count by (cluster, {', '.join(CLAIM)})"
        f" ({per('holdfast_pvc_protection_state', *CLAIM, 'state')}) > 1)"
    ),
)
CLAIMS_UNKNOWN = Signal(
    name="Claims unknown",
    description="Claims of which it cannot be seen whether a copy is within the objective.",
    expression=f"sum({per(*s.TALLY, state='unknown')})",
)
STATES_UNKNOWN = Signal(
    name="States not known",
    description="Objects in a state that this version does not know. They count neither as success nor as failure.",
    expression=f"sum({per('holdfast_source_unknown_states', *KIND)})",
)

REPLICA_VERSION = Signal(
    name="Version",
    description="What runs in each replica.",
    expression=each("holdfast_build_info", "version", "revision", "python_version"),
)
REPLICA_CONFIGURATION = Signal(
    name="Configuration",
    description="Hash of the configuration in force.",
    expression=each("holdfast_config_info", "hash"),
)
REPLICA_AGE = Signal(
    name="Age of the judgement",
    description="Since when the newest complete judgement of the replica is served.",
    unit=units.Seconds,
    expression=f"time() - {each(_JUDGED)}",
    legend="{{cluster}} {{instance}}",
)
REPLICA_SEES = Signal(
    name="Kinds seen",
    description="Kinds of objects that the replica reads now.",
    expression=f"count by (cluster, {INSTANCE}) ({each(_STATE, *KIND, state='up')})",
)
REPLICA_PERSISTENT = Signal(
    name="History kept",
    description="Whether the replica's history outlives it. In memory, a restart forgets what objects cannot tell.",
    unit=units.BoolYesNo,
    expression=each("holdfast_history_persistent"),
)
REPLICA_WRITTEN = Signal(
    name="Last write",
    description="Newest durable write of the replica's history.",
    unit=units.DateTimeFromNow,
    expression=each("holdfast_history_last_write_timestamp_seconds") + " * 1000",
)
REPLICA_SERIES = Signal(
    name="Series",
    description="Samples of the newest scrape.",
    expression=f"{each('scrape_samples_scraped')} and on (cluster, {INSTANCE}) {each('holdfast_build_info')}",
)

BY_STATE = Signal(
    name="Kinds by state",
    description="Kinds of objects that are read, by what the exporter sees of them.",
    expression=f"count by (state) ({per(_STATE, *KIND, 'state')})",
    legend="{{state}}",
)
SEEN_STATE = Signal(
    name="State",
    description="What the exporter sees through, kind by kind.",
    expression=per(_STATE, *KIND, "state"),
)
SEEN_BLIND = Signal(
    name="Blind since",
    description="Last contact of what is failing or forbidden.",
    unit=units.DateTimeFromNow,
    expression=f"{_PROOF} * 1000 and {on(*KIND)} {per(_STATE, *KIND, state=BLIND)}",
)
SEEN_STRANGE = Signal(
    name="States not known",
    description="Objects in a state that this version does not know.",
    expression=f"{per('holdfast_source_unknown_states', *KIND)} > 0",
)
SEEN_ERRORS = Signal(
    name="Failed attempts",
    description="Failed attempts to read the kind in the time that the dashboard shows.",
    expression=f"sum by ({', '.join(('cluster', *KIND))}) (max by ({', '.join(('cluster', *KIND, 'reason'))})"
    f" (increase({select('holdfast_source_errors_total')}[$__range]))) > 0",
)
ERRORS_BY_REASON = Signal(
    name="Failed attempts by reason",
    description="Failed attempts to read anything. None is drawn as a line at 0.",
    unit=units.OpsPerSecond,
    expression=f"sum by (reason) ({increase('holdfast_source_errors_total', *KIND, 'reason')})",
    legend="{{reason}}",
)
OLDEST_CONTACT = Signal(
    name="Oldest contact",
    description="The ten kinds that were heard of longest ago. Bookmarks come every minute or so where nothing changes.",
    unit=units.Seconds,
    expression=f"topk(10, time() - {_PROOF})",
    legend="{{source}} {{kind}}",
)

HELD = tuple(
    Signal(
        name="The event loop is held for",
        description="How long rounds of the event loop hold it: what holds it, holds every answer."
        " More than 50 ms is too long.",
        unit=units.Seconds,
        expression=quantile(share, "holdfast_loop_held_seconds"),
        legend=f"{{{{instance}}}} p{share * 100:.0f}",
    )
    for share in (0.5, 0.99)
)
SCRAPED_IN = tuple(
    Signal(
        name="A scrape takes",
        description="Time from the request for /metrics to the last byte handed to the network.",
        unit=units.Seconds,
        expression=quantile(share, "holdfast_http_scrape_duration_seconds"),
        legend=f"{{{{instance}}}} p{share * 100:.0f}",
    )
    for share in (0.5, 0.99)
)
_SENT = increase("holdfast_http_scrape_bytes_total", INSTANCE)
_ANSWERED = (
    f"max by (cluster, {INSTANCE})"
    f" (rate({select('holdfast_http_requests_total', handler='metrics', code='200')}[$__rate_interval]))"
)
SCRAPE_SIZE = Signal(
    name="Size of a scrape",
    description="Bytes of one answer, after compression.",
    unit=units.BytesIEC,
    expression=f"{_SENT} / on (cluster, {INSTANCE}) ({_ANSWERED} > 0)",
    legend="{{cluster}} {{instance}}",
)
ANSWERS = Signal(
    name="Answers",
    description="Answers given, by what was asked for and status code: the replica that gives most.",
    unit=units.RequestsPerSecond,
    expression=f"max by (handler, code) ({increase('holdfast_http_requests_total', 'handler', 'code')}) > 0",
    legend="{{handler}} {{code}}",
)
JUDGEMENTS = Signal(
    name="Judgements",
    description="Subjects judged: claims, volumes, schedules and the like, each time counted.",
    unit=units.OpsPerSecond,
    expression=increase("holdfast_assessment_subjects_total", INSTANCE),
    legend="{{cluster}} {{instance}}",
)
_PODS = ("namespace", "pod")
MEMORY = Signal(
    name="Memory",
    description="Working set of the exporter's containers, as their kubelet measures it.",
    unit=units.BytesIEC,
    expression=f"max by ({', '.join(('cluster', *_PODS))})"
    f" ({select('container_memory_working_set_bytes', container=CONTAINER)})",
    legend="{{cluster}} {{namespace}}/{{pod}}",
)
CPU = Signal(
    name="CPU",
    description="Cores that the exporter's containers use, as their kubelet measures it.",
    expression=f"max by ({', '.join(('cluster', *_PODS))})"
    f" (rate({select('container_cpu_usage_seconds_total', container=CONTAINER)}[$__rate_interval]))",
    legend="{{cluster}} {{namespace}}/{{pod}}",
)
