"""How a claim's space fills: what was foretold of it, who measures it, and what was concluded. Vocabularies are closed."""

from typing import Literal

import msgspec

from holdfast.model.identity import ClaimRef
from holdfast.model.judgement import Judgement
from holdfast.model.usage import UsageSample

EARLY = 1.5
"""Times what its owner calls near, within which it is told how likely full is: so far an alarm may be early and still be true."""

INODES: Literal["inodes"] = "inodes"
RESOURCES: tuple[Literal["bytes", "inodes"], ...] = ("bytes", INODES)

CoverageState = Literal["measured", "stale", "unmeasured"]
COVERAGE_STATES: tuple[CoverageState, ...] = ("measured", "stale", "unmeasured")

UNMEASURED_REASONS = {
    "block-mode": "it is a block device: there is no file system to measure",
    "not-asked": "nobody is asked for usage: kubelets are off, and no Prometheus-compatible API is named",
    "just-started": "its pod began a moment ago",
    "not-scraped": "neither the Prometheus-compatible API nor a file has a sample of it that can be believed",
    "node-silent": "the kubelet of its node does not answer",
    "driver-silent": "the kubelet of its node answers and tells nothing of it: its driver gives no statistics",
}

FORECAST_UNKNOWN_REASONS = {
    "no-readings": "no sample tells both use and size",
    "short-history": "fewer than 4 hourly readings that can be believed, or less than 3 hours of them",
    "stale": "the newest sample is more than 24 hours old",
    "resize-pending": "the claim has grown within the hour, and its file system has not yet",
}


class Prospect(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """When one resource is full, as instants (Unix seconds); or why that is not known.

    ``central`` is infinite where nothing fills, and None with a ``reason``; ``early`` and ``late`` are None where there is no
    finite bound. ``chance`` is how likely full is within one and a half times what the owner calls near, 0 to 1. ``growth`` is
    in bytes or inodes a second.
    """

    reason: str = ""
    central: float | None = None
    early: float | None = None
    late: float | None = None
    chance: float | None = None
    growth: float | None = None


UNTOLD = Prospect(reason="no-readings")


class Asked(msgspec.Struct, kw_only=True):
    """Who is asked for usage, and who answers. ``looked``: whether everybody was asked once; ``interval``: seconds from one
    look to the next.
    """

    kubelets: bool = False
    queries: bool = False
    looked: bool = True
    interval: float = 60.0
    answering: set[str] = msgspec.field(default_factory=set)


class FillingJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """All that is published of how one claim fills.

    ``state`` None: the claim is not mounted, is a block device, or nobody has looked yet. ``reason`` says why a mounted one
    is unmeasured. ``backend`` names the space that it shares with others, whose the figures then are.
    """

    ref: ClaimRef
    csi_driver: str
    state: CoverageState | None
    reason: str = ""
    sample: UsageSample | None = None
    backend: str = ""
    bytes: Prospect | None = None
    inodes: Prospect | None = None


class BackendJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """The space that several claims share, once."""

    name: str
    members: tuple[ClaimRef, ...]
    sample: UsageSample
    bytes: Prospect


class CoverageTally(Judgement, frozen=True, kw_only=True, gc=False):
    """How many mounted claims of one driver are in each state, in the order of ``COVERAGE_STATES``."""

    counts: tuple[int, ...]
