"""The cluster whose series are held: how many of what, and what is wrong with the few that are not well.

Seeded: the same sizes give the same cluster. How it is spelled as series belongs to ours.py and others.py.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

GIB = 2**30
CLASSES = ("standard", "fast", "archive", "shared")
DRIVERS = (
    "ebs.csi.aws.com",
    "ebs.csi.aws.com",
    "disk.csi.azure.com",
    "cephfs.csi.ceph.com",
)  # of the classes, in order
CLAIMS_A_NAMESPACE = 100
CLAIMS_A_NODE = 20

# Shares of the claims. One in forty is unsafe: a bad day, on which rules have more to do than on a good one.
STATES: Mapping[str, float] = {
    "protected": 0.963,
    "late": 0.01,
    "never": 0.002,
    "unprotected": 0.01,
    "unknown": 0.005,
    "exempt": 0.01,
}
URGENCIES: Mapping[str, float] = {"ticket": 0.6, "page": 0.2, "know": 0.2}
ORIGINS: Mapping[str, float] = {"tier": 0.7, "builtin": 0.2, "annotation": 0.1}
DRILLS: Mapping[str, float] = {"passed": 0.9, "overdue": 0.05, "never": 0.03, "failed": 0.01, "slow": 0.01}
REPLICATIONS: Mapping[str, float] = {
    "healthy": 0.94,
    "lagging": 0.02,
    "degraded": 0.02,
    "broken": 0.01,
    "paused": 0.01,
}
TIERS = ("gold", "silver", "bronze")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One claim and what holds of it. ``left`` is in seconds, infinite where it does not fill."""

    number: int
    namespace: str
    storageclass: str
    driver: str
    state: str
    urgency: str
    origin: str
    drill: str
    orphaned: bool
    size: int
    used: float
    left: float

    @property
    def name(self) -> str:
        return f"data-store-{self.number:05d}-{self.number % 3}"

    @property
    def volume(self) -> str:
        return f"pvc-{self.number:08x}-6f1d-4a52-9c0e-2b7d5f3a1e90"

    @property
    def tier(self) -> str:
        return TIERS[self.number % len(TIERS)]

    @property
    def schedule(self) -> str:
        """One a namespace, and a second one for every tenth claim."""
        return f"{self.namespace}-{'hourly' if self.number % 10 == 0 else 'daily'}"

    @property
    def fills(self) -> bool:
        return self.left < float("inf")

    @property
    def replicated(self) -> bool:
        return self.number % 10 == 3

    @property
    def kept(self) -> bool:
        """Whether a retention objective is declared."""
        return self.number % 5 == 0


@dataclass(frozen=True, kw_only=True)
class Scene:
    claims: int
    seed: int = 1

    @property
    def namespaces(self) -> int:
        return max(1, self.claims // CLAIMS_A_NAMESPACE)

    @cached_property
    def nodes(self) -> list[str]:
        return [f"node-{number:04d}" for number in range(max(1, self.claims // CLAIMS_A_NODE))]

    @cached_property
    def all(self) -> list[Claim]:
        return list(self._made())

    def _made(self) -> Iterator[Claim]:
        chance = random.Random(self.seed)
        for number in range(self.claims):
            place = chance.choices(range(len(CLASSES)), (6, 2, 1, 1))[0]
            fills = chance.random() < 0.3
            yield Claim(
                number=number,
                namespace=f"team-{number % self.namespaces:03d}",
                storageclass=CLASSES[place],
                driver=DRIVERS[place],
                state=_drawn(chance, STATES),
                urgency=_drawn(chance, URGENCIES),
                origin=_drawn(chance, ORIGINS),
                drill=_drawn(chance, DRILLS),
                orphaned=chance.random() < 0.02,
                size=chance.choice((1, 8, 20, 50, 100, 500)) * GIB,
                used=chance.betavariate(2, 2.5),
                left=chance.lognormvariate(15.5, 1.0) if fills else float("inf"),
            )


def _drawn(chance: random.Random, shares: Mapping[str, float]) -> str:
    return chance.choices(list(shares), list(shares.values()))[0]
