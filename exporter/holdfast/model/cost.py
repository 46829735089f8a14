"""What storage costs a month: prices as they are configured or told, and what was concluded. A month is 730 hours.

Amounts of money are whole millionths of the currency, so that sums are the same in any order.
"""

from typing import Literal, get_args

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import PRICES, VOLUME_COST, Touch, touch
from holdfast.model.judgement import Judgement

HOURS = 730.0
"""Hours in a month, as clouds count them."""

GIB = 2**30
MILLION = 1_000_000

OPENCOST = "pv_hourly_cost"
"""OpenCost's price of a volume. Its name hides that it is per GiB: https://opencost.io/docs/integrations/metrics"""

Unit = Literal["gibHour", "gibMonth", "volumeHour", "volumeMonth"]
UNITS: tuple[Unit, ...] = get_args(Unit)
OPENCOST_UNIT: Unit = "gibHour"

UNPRICED_REASONS = {
    "no-price": "no price fits it",
    "price-stale": "only a query told its price, and was not answered for too long",
    "no-size": "its size is not told",
}

UNBILLED_REASONS = {
    "no-volume": "it has no volume",
    "held-elsewhere": "its volume is another claim's",
    "held-by-claim": "its claim lives, and bears the cost",
    "claims-unseen": "claims cannot be seen, one of which may bear the cost",
    "not-cut": "it is not cut yet",
    "no-content": "its content is gone",
    "held-by-snapshot": "its snapshot stands, and bears the cost",
    "snapshots-unseen": "snapshots cannot be seen, one of which may bear the cost",
}
"""Why nothing is known to be billed for an object: no price is missing."""

WASTE_REASONS = {
    "orphaned": "nothing runs on the claim, and nothing may come back to it",
    "dormant": "nothing has run on the claim for long, though something may come back to it",
    "volume-released": "the volume's claim is gone, and its policy keeps it",
    "volume-orphaned": "no living claim holds the volume",
    "snapshot-orphaned": "what the snapshot stands on is gone",
    "content-orphaned": "no snapshot owns the content any more",
    "unused-space": "less than half of the space was ever used in the weeks that are known",
}

COSTED: dict[str, str] = {
    "claim-cost": "PersistentVolumeClaim",
    "volume-cost": "PersistentVolume",
    "snapshot-cost": "VolumeSnapshot",
    "content-cost": "VolumeSnapshotContent",
}
"""The nouns of what is billed, and the kinds of object that they speak of."""


class Price(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a GiB of a volume costs a month where all that is named holds; None: not named."""

    per_gib: float
    storage_class: str | None = None
    csi_driver: str | None = None
    tier: str | None = None
    zone: str | None = None
    region: str | None = None

    @property
    def rank(self) -> tuple[bool, ...]:
        """The greater goes first. What storage is decides before what is asked of it, and that before where it is."""
        named = (self.storage_class, self.csi_driver, self.tier, self.zone, self.region)
        return tuple(each is not None for each in named)

    @property
    def fits_made_by_hand(self) -> bool:
        """It names more than a place, so that it may speak of volumes that nobody sells by size."""
        return any(self.rank[:3])


class SnapshotPrice(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a GiB of a snapshot's restore size costs a month where all that is named holds."""

    per_gib: float
    snapshot_class: str | None = None
    csi_driver: str | None = None

    @property
    def rank(self) -> tuple[bool, ...]:
        return (self.snapshot_class is not None, self.csi_driver is not None)


class PriceQuery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A query each series of which is the price of one volume. Durations are seconds.

    An empty ``query`` is OpenCost's metric. ``label`` names the volume. An answer is dropped ``holds`` after it came.
    """

    query: str = ""
    unit: Unit = OPENCOST_UNIT
    label: str = "persistentvolume"
    interval: float = 600.0
    holds: float = 86400.0


class Prices(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All in one currency. ``volumes`` and ``snapshots`` stand in the order in which they are asked."""

    currency: str
    volumes: tuple[Price, ...] = ()
    default: float | None = None
    snapshots: tuple[SnapshotPrice, ...] = ()
    snapshot_default: float | None = None
    query: PriceQuery | None = None


class Costing(Fact, frozen=True, kw_only=True, gc=False):
    """Stands where prices are configured. Without it nobody's cost is touched, and cost costs nothing."""

    @property
    def key(self) -> tuple[str, ...]:
        return ()

    def touches(self) -> tuple[Touch, ...]:
        return ()


class VolumePrice(Fact, frozen=True, kw_only=True, gc=False):
    """What a query told of one volume: its price a month, per GiB unless ``whole``. More than 0."""

    volume: str
    monthly: float
    whole: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.volume,)

    def touches(self) -> tuple[Touch, ...]:
        return (touch(VOLUME_COST, self.volume),)


class PricesTold(Fact, frozen=True, kw_only=True, gc=False):
    """When the query was last answered. A record of its own, so that an answer like the one before changes no price."""

    at: float

    @property
    def key(self) -> tuple[str, ...]:
        return ()

    def touches(self) -> tuple[Touch, ...]:
        return (touch(PRICES),)


class Waste(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What serves nobody. ``size`` and ``amount`` are what would be saved; None where unknown.

    ``since`` is a lower bound, None where nothing tells it. ``early``: it is not known to be idle for a day yet.
    """

    reason: str
    since: float | None
    size: int | None
    amount: int | None
    early: bool = False


class CostJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """What one object costs a month. ``key`` is its namespace, where it has one, and name; ``size`` in bytes is billed.

    ``amount`` None: ``unpriced`` says why it is not known, or ``unbilled`` why there is nothing to know.
    """

    key: tuple[str, ...]
    currency: str
    size: int | None = None
    amount: int | None = None
    unpriced: str = ""
    unbilled: str = ""
    waste: Waste | None = None


class PricesJudgement(Judgement, frozen=True, kw_only=True, gc=False):
    """When the query was last answered, and whether that is too long ago."""

    currency: str
    told: float
    stale: bool


class KindTally(Judgement, frozen=True, kw_only=True, gc=False):
    """What the objects of a kind cost together: ``amount`` is that of the ``priced`` ones.

    ``unpriced`` are those without a known cost, in the order of ``UNPRICED_REASONS``.
    """

    currency: str
    priced: int
    amount: int
    unpriced: tuple[int, ...]


class WasteTally(Judgement, frozen=True, kw_only=True, gc=False):
    """The waste of one namespace and reason. ``amount`` is that of the ``priced`` ones among ``objects``."""

    currency: str
    objects: int
    priced: int
    amount: int


def money(amount: int) -> float:
    """Millionths as a number of the currency."""
    return amount / MILLION
