"""Room that quotas, pools and classes give: what objects say of it, and what was concluded.

How a claim's own file system fills is not here. All amounts are bytes, but for limits on the number of claims.
"""

from typing import Literal, NamedTuple

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.filling import Prospect
from holdfast.model.identity import CLASS, POOL, QUOTA, ClaimRef, Touch, touch
from holdfast.model.judgement import Judgement

QuotaResource = Literal[
    "requests.storage", "requests.ephemeral-storage", "limits.ephemeral-storage", "persistentvolumeclaims"
]
CLAIMS: QuotaResource = "persistentvolumeclaims"
QUOTA_BYTES: tuple[QuotaResource, ...] = (
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.ephemeral-storage",
)

NOT_EXPANDABLE_REASONS = {
    "no-class": "it names no class, and only volumes of a class can grow",
    "class-missing": "its class does not exist",
    "class-forbids": "its class does not allow expansion",
    "resize-failed": "the size that it asks for was tried, and failed",
    "maximum-size": "it is as large as the largest volume that its class can make now",
    "quota": "a quota of its namespace leaves room for less than a tenth of its size",
}


POOL_FULL_WITHIN = 7 * 86400.0
"""From when on it is told that a pool fills, in seconds before: more storage takes longer to come by than a larger claim."""

QUOTA_TAKEN = 0.7
"""The share of a quota below which it is not told that it fills: much may be asked for at once, and no more after that."""


FIXED_FACTOR = 2.0
"""How many times earlier the owner must know that a claim fills which cannot grow: its data must be moved."""


class Limit(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One limit of a quota, over all classes where ``storage_class`` is empty. None where the object does not tell."""

    resource: QuotaResource
    storage_class: str = ""
    hard: int | None
    used: int | None

    @property
    def room(self) -> int | None:
        """Less than nothing where the limit was lowered below what is used."""
        return None if self.hard is None or self.used is None else self.hard - self.used


class Quota(Fact, frozen=True, kw_only=True, gc=False):
    """A ResourceQuota with at least one limit on storage. ``scoped``: it holds for some objects of its namespace only."""

    namespace: str
    name: str
    limits: tuple[Limit, ...]
    scoped: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("namespace", self.namespace),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(QUOTA, self.namespace, self.name),)


class Pool(Fact, frozen=True, kw_only=True, gc=False):
    """What one CSIStorageCapacity says of the space from which volumes of a class are made for some nodes.

    ``topology`` says for which; it is empty where for all. ``available`` and ``maximum`` (of a single volume) are None
    where the driver does not tell.
    """

    namespace: str
    name: str
    storage_class: str
    topology: str
    available: int | None
    maximum: int | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("pool", self.storage_class, self.topology),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(POOL, self.storage_class, self.topology),)


class SizeLimit(Fact, frozen=True, kw_only=True, gc=False):
    """The largest volume of a class, as one CSIStorageCapacity tells.

    A record of its own: the space of a pool moves every minute, and claims are judged again only when this does.
    """

    namespace: str
    name: str
    storage_class: str
    size: int

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("class", self.storage_class),)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(CLASS, self.storage_class),)


class QuotaJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """``prospects``: when each of the limits in bytes is reached; None where nothing is foretold yet."""

    namespace: str
    name: str
    limits: tuple[Limit, ...]
    scoped: bool
    prospects: tuple[tuple[Limit, Prospect | None], ...] = ()


class PoolJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """The space of one class and topology; None where no object tells. ``shrank``: it is foretold to be full, and less is
    free than was lately."""

    storage_class: str
    topology: str
    available: int | None
    maximum: int | None
    prospect: Prospect | None = None
    shrank: bool = False


class ClassJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """How far volumes of a class may grow. ``expandable`` is None where the class cannot be seen or is not there.

    ``largest`` is the size beyond which it makes no volume, None where no driver tells.
    """

    name: str
    expandable: bool | None
    largest: int | None


class ExpansionJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """Why the claim cannot grow. An empty reason says that nothing is known to be in its way, and no more."""

    ref: ClaimRef
    reason: str = ""


class Provision(Judgement, frozen=True, kw_only=True, gc=False):
    """What the claims of one namespace and class ask for together, were given, and use.

    ``used`` adds up what is known, and ``measured`` is what those claims were given whose use is known. ``largest`` is
    what the largest of them was given.
    """

    claims: int
    requested: int
    capacity: int
    used: int
    measured: int
    largest: int


class Measure(NamedTuple):
    """A quantity that can be kept and forecast like the usage of a claim: ``key`` is stable, ``capacity`` above 0."""

    key: str
    used: float
    capacity: float
