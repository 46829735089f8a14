"""What http tells about its own work, through collectors that it is handed. Nothing about the cluster."""

from typing import Final

import msgspec
from prometheus_client import Counter, Histogram

HANDLERS: Final = ("metrics", "landing", "api", "health", "other")


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """``requests`` by handler and status code; ``duration`` in seconds and ``sent`` in bytes are those of /metrics."""

    requests: Counter
    duration: Histogram
    sent: Counter

    def prepare(self) -> None:
        """Shows zeros, so that the first answer is an increase."""
        for handler in HANDLERS[:-1]:
            self.requests.labels(handler, "200")

    def answered(self, handler: str, code: int) -> None:
        self.requests.labels(handler, str(code)).inc()

    def scraped(self, seconds: float, size: int) -> None:
        self.duration.observe(seconds)
        self.sent.inc(size)
