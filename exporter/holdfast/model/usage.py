"""How full a claim's file system is at one instant, and which of several samples counts.

Here belongs what a sample means wherever it came from. Asking for samples is usage's, keeping them history's.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, get_args

import msgspec

from holdfast.model.identity import ClaimRef

CLOCK_DIFFERENCE = 60.0
"""Seconds by which a sample may be ahead of our clock."""

SAMPLE_STANDS = 15 * 60.0
"""Seconds for which what was measured tells how it is now."""

KUBELET_PORT = 10250

Stat = Literal["used", "capacity", "available", "inodes_used", "inodes"]
STATS: tuple[Stat, ...] = get_args(Stat)

_MOST = 2.0**63  # drivers subtract without a sign: what is larger was less than nothing
_RESERVED = 0.1  # of a file system at the most is kept back for root; ext4 keeps 0.05


def fuller(stat: Stat, one: float, other: float) -> float:
    """Of two numbers that are told of one instant, that by which the file system is fuller; what says nothing gives way."""
    if not _says(stat, one) or not _says(stat, other):
        return other if _says(stat, other) else one
    return max(one, other) if stat in ("used", "inodes_used") else min(one, other)


def _says(stat: Stat, number: float) -> bool:
    return is_known(number) and (number > 0 or stat not in ("capacity", "inodes"))


class UsageSample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Bytes and inodes of a claim at ``time``, Unix seconds; None where unknown. At least one of them is known.

    ``origin`` is who measured it: the node where it is told, else ``prometheus`` or the name of a file.
    """

    claim: ClaimRef
    time: float
    used: float | None = None
    capacity: float | None = None
    available: float | None = None
    inodes_used: float | None = None
    inodes: float | None = None
    origin: str = ""

    @property
    def offered(self) -> float | None:
        """Bytes that whoever is not root can fill in all: ext4 keeps some of its capacity back."""
        if self.capacity is None or self.used is None or self.available is None:
            return self.capacity
        usable = self.used + self.available
        return self.capacity if self.others_fill or usable >= self.capacity else usable

    @property
    def filled(self) -> float | None:
        """Bytes of what is offered that are taken, by whomever; never more than all of it."""
        if self.used is None:
            return None
        if self.others_fill and self.capacity is not None and self.available is not None:
            return max(self.capacity - self.available, 0.0)
        return self.used if self.offered is None else min(self.used, self.offered)

    @property
    def bytes_ratio(self) -> float | None:
        """The share of the bytes on offer that is taken."""
        return share(self.filled, self.offered)

    @property
    def inodes_ratio(self) -> float | None:
        """The share of the inodes that is taken."""
        return share(self.inodes_used, self.inodes)

    @property
    def others_fill(self) -> bool:
        """Free space and use do not make up the file system: others have a part in it, and what is free tells more."""
        if self.capacity is None or self.used is None or self.available is None:
            return False
        return self.used + self.available < (1 - _RESERVED) * self.capacity


def share(taken: float | None, whole: float | None) -> float | None:
    """Never more than all of it; None where either is unknown, or there is nothing to fill."""
    return min(taken / whole, 1.0) if taken is not None and whole else None


class KubeletSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How every kubelet is asked. Seconds; ``concurrency`` is how many are asked at the same time.

    ``verify`` False takes any certificate. ``port`` None is what the node tells, or ``KUBELET_PORT``.
    """

    token_file: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
    ca_file: Path = Path("/var/run/secrets/kubernetes.io/serviceaccount/ca.crt")
    verify: bool = True
    timeout: float = 10.0
    interval: float = 60.0
    concurrency: int = 32
    port: int | None = None


class NodeAddress(msgspec.Struct, frozen=True, gc=False):
    """A kubelet and where it listens. ``address`` is an IP address or a name that resolves."""

    name: str
    address: str
    port: int = KUBELET_PORT


def sample_of(
    claim: ClaimRef, time: float, stats: Mapping[Stat, float], origin: str = ""
) -> UsageSample | None:
    """What these numbers say of the claim; None where they say nothing.

    NaN is no number, and nothing has no size: capacity 0 and 0 inodes mean that the driver does not know. The
    kubelet gives a Block volume a capacity and zeros for the rest.
    """
    known = {stat: stats[stat] for stat in STATS if is_known(stats.get(stat, -1.0))}
    if known.get("capacity") == 0 or (known.get("used") == 0 and known.get("available") == 0):
        for stat in ("used", "capacity", "available"):
            known.pop(stat, None)
    if known.get("inodes") == 0:
        known.pop("inodes")
        known.pop("inodes_used", None)
    if "used" not in known and "inodes_used" not in known:
        return None
    return UsageSample(claim=claim, time=time, origin=origin, **known)


def is_known(number: float) -> bool:
    """Whether it can be a number of bytes or inodes: NaN, less than nothing and what came of subtracting cannot."""
    return 0 <= number < _MOST


def later(one: UsageSample, other: UsageSample) -> UsageSample:
    """The one that counts of two samples of a claim: the newer, the larger where none is newer."""
    return max(one, other, key=_weight)


def newest(samples: Iterable[UsageSample]) -> dict[ClaimRef, UsageSample]:
    """The sample that counts of each claim, in whatever order they come."""
    found: dict[ClaimRef, UsageSample] = {}
    for sample in samples:
        before = found.get(sample.claim)
        found[sample.claim] = sample if before is None else later(before, sample)
    return found


def is_own(sample: UsageSample, created: float, now: float) -> bool:
    """Whether it is of the claim that was created then, and not of an earlier one of that name or of the future."""
    return created <= sample.time <= now + CLOCK_DIFFERENCE


def _weight(sample: UsageSample) -> tuple[float | str, ...]:
    numbers = (getattr(sample, stat) for stat in STATS)
    return sample.time, *(-1.0 if number is None else number for number in numbers), sample.origin
