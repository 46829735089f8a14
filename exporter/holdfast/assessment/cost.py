"""What a claim, a volume, a snapshot and a content cost a month. Each disk is billed to one of them, and to no other.

Unknown stays unknown: without a price or a size there is a reason and no amount.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from holdfast.model.cost import (
    GIB,
    MILLION,
    Price,
    Prices,
    PricesTold,
    SnapshotPrice,
    VolumePrice,
)
from holdfast.model.facts import Claim, Facts, Volume
from holdfast.model.health import Sight
from holdfast.model.snapshots import Snapshot, SnapshotContent
from holdfast.model.surroundings import Node

MADE_BY_HAND = frozenset({"nfs", "hostPath", "local"})
"""Backings whose size is a number that somebody wrote: only a price that names them is theirs."""

RegionOf = Callable[[Volume], str]


class Bill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What of an object is billed: ``size`` in bytes, None where it is not told. ``unbilled`` says why nothing is."""

    size: int | None = None
    unbilled: str = ""


class Kindred(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What prices of volumes go by. Empty: not known, so that it matches only prices which do not name it."""

    volume: str = ""
    storage_class: str = ""
    csi_driver: str = ""
    tier: str = ""
    zone: str = ""
    region: str = ""
    made_by_hand: bool = False


class Rate(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A price that was found: per GiB and month, or of the whole volume. None: ``unpriced`` says why.

    ``origin`` is what told it: the entry of the configuration, the query, or the default. ``until`` is when the query's
    answer is too old.
    """

    monthly: float | None = None
    whole: bool = False
    origin: Price | SnapshotPrice | VolumePrice | None = None
    unpriced: str = ""
    until: float | None = None


# ---- who bears what


def holder(volume: Volume, facts: Facts) -> Claim | None:
    """The living claim that holds the volume: each names the other."""
    if volume.claim is None:
        return None
    claim = facts.get(Claim, *volume.claim)
    if claim is None or claim.volume != volume.name:
        return None
    another = volume.claim_uid and claim.uid and volume.claim_uid != claim.uid
    return None if another else claim


def bill_claim(claim: Claim, facts: Facts, sight: Sight) -> Bill:
    """The size of its volume, or else its own where volumes cannot be seen."""
    volume = facts.get(Volume, claim.volume) if claim.volume else None
    if volume is None:
        unseen = claim.volume and not sight.volumes and claim.phase == "Bound"
        return Bill(size=claim.capacity) if unseen else Bill(unbilled="no-volume")
    if holder(volume, facts) is None or volume.claim != claim.ref:
        return Bill(unbilled="held-elsewhere")
    return Bill(size=claim.capacity if volume.capacity is None else volume.capacity)


def bill_volume(volume: Volume, facts: Facts, sight: Sight) -> Bill:
    if holder(volume, facts) is not None:
        return Bill(unbilled="held-by-claim")
    return Bill(size=volume.capacity) if sight.claims else Bill(unbilled="claims-unseen")


def content_of(snapshot: Snapshot, facts: Facts) -> SnapshotContent | None:
    """The content that the snapshot stands for: each names the other. Of several the first by name, so that one bears it."""
    contents = facts.linked(SnapshotContent, "snapshot", *snapshot.key)
    bound = (content for content in contents if _bound(content, snapshot))
    return min(bound, key=lambda content: content.name, default=None)


def owning(content: SnapshotContent, facts: Facts) -> Snapshot | None:
    """The snapshot that bears the cost of the content."""
    snapshot = facts.get(Snapshot, *content.snapshot) if content.snapshot else None
    return snapshot if snapshot is not None and content_of(snapshot, facts) == content else None


def _bound(content: SnapshotContent, snapshot: Snapshot) -> bool:
    if snapshot.content and snapshot.content != content.name:
        return False
    return not content.snapshot_uid or not snapshot.uid or content.snapshot_uid == snapshot.uid


def bill_snapshot(snapshot: Snapshot, facts: Facts, sight: Sight) -> Bill:
    """What it would be when restored: how much of that its storage keeps for it no object tells."""
    content = content_of(snapshot, facts)
    if content is None and snapshot.content and sight.snapshots:
        return Bill(unbilled="no-content")
    size = snapshot.size if snapshot.size is not None or content is None else content.size
    cut = snapshot.ready is True or (content is not None and content.ready is True)
    return Bill(unbilled="not-cut") if size is None and not cut else Bill(size=size)


def bill_content(content: SnapshotContent, facts: Facts, sight: Sight) -> Bill:
    if owning(content, facts) is not None:
        return Bill(unbilled="held-by-snapshot")
    if not sight.snapshots:
        return Bill(unbilled="snapshots-unseen")
    if content.size is None and content.ready is not True:
        return Bill(unbilled="not-cut")
    return Bill(size=content.size)


# ---- what it costs


def kindred(volume: Volume | None, claim: Claim | None, tier: str, region: str) -> Kindred:
    """What is known of the storage; the class that a volume was made of goes before the one that a claim names."""
    named = claim.storage_class if claim else ""
    if volume is None:
        return Kindred(storage_class=named, tier=tier)
    return Kindred(
        volume=volume.name,
        storage_class=volume.storage_class or named,
        csi_driver=volume.csi_driver,
        tier=tier,
        zone=volume.zone,
        region=region,
        made_by_hand=volume.backing in MADE_BY_HAND or bool(volume.place),
    )


def rate_of(what: Kindred, prices: Prices, facts: Facts, now: float) -> Rate:
    """What the owner wrote for such storage goes before what a query tells of the volume, and the default comes last."""
    for price in prices.volumes:
        if _fits(price, what):
            return Rate(monthly=price.per_gib, origin=price)
    told, asked = facts.get(PricesTold), prices.query
    price_told = facts.get(VolumePrice, what.volume) if asked and told and what.volume else None
    unpriced = "no-price"
    if asked is not None and told is not None and price_told is not None:
        until = told.at + asked.holds
        if now < until:
            return Rate(monthly=price_told.monthly, whole=price_told.whole, origin=price_told, until=until)
        unpriced = "price-stale"
    if prices.default is not None and not what.made_by_hand:
        return Rate(monthly=prices.default)
    return Rate(unpriced=unpriced)


def _fits(price: Price, what: Kindred) -> bool:
    if what.made_by_hand and not price.fits_made_by_hand:
        return False
    return (
        price.storage_class in (None, what.storage_class)
        and price.csi_driver in (None, what.csi_driver)
        and price.tier in (None, what.tier)
        and price.zone in (None, what.zone)
        and price.region in (None, what.region)
    )


def snapshot_rate(snapshot_class: str, driver: str, prices: Prices) -> Rate:
    for price in prices.snapshots:
        if price.snapshot_class in (None, snapshot_class) and price.csi_driver in (None, driver):
            return Rate(monthly=price.per_gib, origin=price)
    if prices.snapshot_default is not None:
        return Rate(monthly=prices.snapshot_default)
    return Rate(unpriced="no-price")


def amount_of(rate: Rate, size: int | None) -> tuple[int | None, str]:
    """Millionths a month; or None and why."""
    if rate.monthly is None:
        return None, rate.unpriced
    if rate.whole:
        return round(rate.monthly * MILLION), ""
    if size is None:
        return None, "no-size"
    return round(rate.monthly * size * MILLION / GIB), ""


# ---- where it is


def regions_of_zones(nodes: Iterable[Node]) -> Mapping[str, str]:
    """The region of each zone, as its nodes tell it; a zone whose nodes tell several is in none."""
    found: dict[str, str] = {}
    for node in nodes:
        zone, region = node.zone, node.region
        if zone and region:
            found[zone] = region if found.get(zone, region) == region else ""
    return found
