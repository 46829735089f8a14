"""What http tells about its own work: few counters, in the registry that it is handed.

Nothing about the cluster.
"""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

HANDLERS: Final = ("metrics", "landing", "api", "health", "other")
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Measures:
    """Registered once for each registry, whatever the number of listeners."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "holdfast_http_requests",
            "Answers given, by what was asked for and status code.",
            ("handler", "code"),
            registry=registry,
        )
        self._duration = Histogram(
            "holdfast_http_scrape_duration_seconds",
            "Time from the request for /metrics to the last byte handed to the network.",
            buckets=_BUCKETS,
            registry=registry,
        )
        self._bytes = Counter(
            "holdfast_http_scrape_bytes",
            "Bytes of /metrics sent, after compression.",
            registry=registry,
        )
        for handler in HANDLERS[:-1]:
            self._requests.labels(handler, "200")

    def answered(self, handler: str, code: int) -> None:
        self._requests.labels(handler, str(code)).inc()

    def scraped(self, seconds: float, size: int) -> None:
        self._duration.observe(seconds)
        self._bytes.inc(size)
