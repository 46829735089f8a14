"""Families about the exporter's own process and about what it watched happen, kept by ``prometheus_client``.

Counters and histograms live here: they count what this process saw, and start at zero with it.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from holdfast.metrics.family import Aggregation, Origin, Stability
from holdfast.model.asking import ASK_REASONS
from holdfast.model.feed import FEED_ERRORS

_MINUTES = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


class ProcessFamily(msgspec.Struct, frozen=True, kw_only=True):
    """One family that ``prometheus_client`` keeps. ``buckets`` are the upper bounds of a histogram, in seconds."""

    name: str
    help: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...] = ()
    origin: Origin = "process"
    stability: Stability = "stable"
    aggregation: Aggregation = "max"
    clock: bool = False
    vocabulary: Mapping[str, tuple[str, ...]] = {}
    buckets: tuple[float, ...] = ()


SOURCE_ERRORS = ProcessFamily(
    name="holdfast_source_errors_total",
    help="Failed attempts to read the source, by reason.",
    type="counter",
    labels=("source", "kind", "reason"),
    origin="watching",
    vocabulary={"reason": tuple(dict.fromkeys((*FEED_ERRORS, *ASK_REASONS)))},
)
KUBELETS = ProcessFamily(
    name="holdfast_kubelets",
    help="Kubelets that are asked for usage, by whether they answered when last asked.",
    type="gauge",
    labels=("state",),
    origin="watching",
    vocabulary={"state": ("answering", "silent")},
)
ASSESSED = ProcessFamily(
    name="holdfast_assessment_last_success_timestamp_seconds",
    help="When everything that was due had last been judged: the newest complete judgement now served.",
    type="gauge",
    origin="watching",
)
JUDGED = ProcessFamily(
    name="holdfast_assessment_subjects_total",
    help="Subjects judged (claims, volumes, schedules and the like), each time counted.",
    type="counter",
    stability="experimental",
)
HELD = ProcessFamily(
    name="holdfast_loop_held_seconds",
    help="How long each round of the event loop held it: what held it, held every answer.",
    type="histogram",
    stability="experimental",
    buckets=(0.001, 0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.25, 1.0),
)
WRITTEN = ProcessFamily(
    name="holdfast_history_last_write_timestamp_seconds",
    help="Newest durable write of the local store.",
    type="gauge",
    origin="watching",
)
PERSISTENT = ProcessFamily(
    name="holdfast_history_persistent",
    help="1 while the local store is written and outlives the process; 0 while it is kept in memory only.",
    type="gauge",
    origin="watching",
)
CONFIG = ProcessFamily(
    name="holdfast_config_info",
    help="1; the hash of the configuration in force. It differs between replicas during a rollout.",
    type="gauge",
    labels=("hash",),
)
BUILD = ProcessFamily(
    name="holdfast_build_info",
    help="1; what runs.",
    type="gauge",
    labels=("version", "revision", "python_version"),
)
GENERATION_NOW = 1
"""One more whenever the shipped rules come to stand on a series that was not told before: they tell which one they need."""

GENERATION = ProcessFamily(
    name="holdfast_metrics_generation",
    help="Which alert rules this version tells enough for: those that ask for this number or a smaller one.",
    type="gauge",
)
PROVISION = ProcessFamily(
    name="holdfast_volume_provision_duration_seconds",
    help="From the moment a claim could be provisioned until it was bound, watched from beginning to end.",
    type="histogram",
    labels=("storageclass",),
    origin="watching",
    buckets=_MINUTES,
)
ATTACH = ProcessFamily(
    name="holdfast_volume_attach_duration_seconds",
    help="From the making of an attachment until the volume was attached, watched from beginning to end.",
    type="histogram",
    labels=("csi_driver",),
    origin="watching",
    buckets=_MINUTES,
)
REATTACH = ProcessFamily(
    name="holdfast_volume_reattach_duration_seconds",
    help="From a volume's leaving one node until it was attached to another, watched from beginning to end.",
    type="histogram",
    labels=("csi_driver",),
    origin="watching",
    buckets=_MINUTES,
)

HTTP_REQUESTS = ProcessFamily(
    name="holdfast_http_requests_total",
    help="Answers given, by what was asked for and status code.",
    type="counter",
    labels=("handler", "code"),
    vocabulary={"handler": ("metrics", "landing", "api", "health", "other")},
)
HTTP_DURATION = ProcessFamily(
    name="holdfast_http_scrape_duration_seconds",
    help="Time from the request for /metrics to the last byte handed to the network.",
    type="histogram",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
HTTP_SENT = ProcessFamily(
    name="holdfast_http_scrape_bytes_total",
    help="Bytes of /metrics sent, after compression.",
    type="counter",
)

PROCESS_FAMILIES = (
    SOURCE_ERRORS,
    KUBELETS,
    ASSESSED,
    JUDGED,
    HELD,
    WRITTEN,
    PERSISTENT,
    CONFIG,
    BUILD,
    GENERATION,
    PROVISION,
    ATTACH,
    REATTACH,
    HTTP_REQUESTS,
    HTTP_DURATION,
    HTTP_SENT,
)


class Instant(Collector):
    """A time that is absent until there is one: a time of 0 would read as fifty years ago."""

    def __init__(self, family: ProcessFamily, registry: CollectorRegistry) -> None:
        self._family = family
        self._value: float | None = None
        registry.register(self)

    def set(self, value: float) -> None:
        self._value = value

    def describe(self) -> Iterable[Metric]:
        return [GaugeMetricFamily(self._family.name, self._family.help)]

    def collect(self) -> Iterable[Metric]:
        if self._value is not None:
            yield GaugeMetricFamily(self._family.name, self._family.help, value=self._value)


class Collectors:
    """A collector for every process family."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.source_errors = _counter(SOURCE_ERRORS, registry)
        self.kubelets = _gauge(KUBELETS, registry)
        self.assessed = Instant(ASSESSED, registry)
        self.judged = _counter(JUDGED, registry)
        self.held = _histogram(HELD, registry)
        self.written = Instant(WRITTEN, registry)
        self.persistent = _gauge(PERSISTENT, registry)
        self.config = _gauge(CONFIG, registry)
        self.build = _gauge(BUILD, registry)
        self.generation = _gauge(GENERATION, registry)
        self.generation.set(GENERATION_NOW)
        self.provision = _histogram(PROVISION, registry)
        self.attach = _histogram(ATTACH, registry)
        self.reattach = _histogram(REATTACH, registry)
        self.http_requests = _counter(HTTP_REQUESTS, registry)
        self.http_duration = _histogram(HTTP_DURATION, registry)
        self.http_sent = _counter(HTTP_SENT, registry)


def _counter(family: ProcessFamily, registry: CollectorRegistry) -> Counter:
    return Counter(family.name, family.help, family.labels, registry=registry)


def _gauge(family: ProcessFamily, registry: CollectorRegistry) -> Gauge:
    return Gauge(family.name, family.help, family.labels, registry=registry)


def _histogram(family: ProcessFamily, registry: CollectorRegistry) -> Histogram:
    return Histogram(family.name, family.help, family.labels, registry=registry, buckets=family.buckets)
