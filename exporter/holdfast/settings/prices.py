"""The key ``prices``: what a GiB costs a month, by what storage it is and where, or who is asked for it.

It yields the prices of ``model.cost``. What follows from them for an object is judgement.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ConfigDict, ValidationInfo, WithJsonSchema
from pydantic.alias_generators import to_camel

from holdfast.model.cost import OPENCOST, OPENCOST_UNIT, UNITS, Price, PriceQuery, Prices, SnapshotPrice, Unit
from holdfast.settings import fields
from holdfast.settings.document import Document, Path, Scalar, name_kind
from holdfast.settings.fields import Duration, Text
from holdfast.settings.prometheus import LABEL, AskingSection, Fault, matching, raised
from holdfast.settings.section import Section
from holdfast.settings.words import refuse

MOST_PRICE = 1_000_000_000
LEAST_INTERVAL, MOST_INTERVAL = 60.0, 86400.0  # seconds
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{0,15})?([eE][-+]?[0-9]{1,3})?", re.ASCII)
_CLASS = r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?"


def amount(value: object) -> float:
    """A price. Also what a chart makes of a very small number (``1e-07``), which YAML takes for a text."""
    if not isinstance(value, Scalar) or value.kind in ("null", "bool", "timestamp"):
        raise ValueError(f"is {name_kind(value)}; write a price, such as 0.095")
    if value.startswith("-"):
        raise ValueError(f"is {value}; the least is 0")
    plain = value.kind in ("int", "float") or (value.kind == "str" and "e" in value.lower())
    if not plain or not _AMOUNT.fullmatch(value):
        raise ValueError(f"is {str(value)!r}, and no number; write a price without quotes, such as 0.095")
    if float(value) > MOST_PRICE:
        raise ValueError(f"is {value}; the most is {MOST_PRICE}")
    return float(value)


def _storage_class(value: object) -> str:
    return fields.storage_class(value)


def _interval(value: float) -> float:
    if not LEAST_INTERVAL <= value <= MOST_INTERVAL:
        raise ValueError(f"is {value:g}s; write from {LEAST_INTERVAL:g}s to {MOST_INTERVAL:g}s")
    return value


Amount = Annotated[
    float,
    BeforeValidator(amount),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": MOST_PRICE}),
]
Currency = Annotated[
    str, *matching("[A-Z]{3}", "is no currency; write its three capital letters, such as EUR")
]
ClassName = Annotated[
    str, BeforeValidator(_storage_class), WithJsonSchema({"type": "string", "pattern": f"^{_CLASS}$"})
]


class PriceSection(Section):
    """What both kinds of entry have. A price is per GiB and month."""

    model_config = ConfigDict(alias_generator=to_camel)

    price: Amount
    currency: Currency | None = None


class ClassPriceSection(PriceSection):
    """All that is named must hold. ``storageClass`` may be empty: volumes of no class."""

    storage_class: ClassName | None = None
    csi_driver: Text | None = None
    tier: Text | None = None
    region: Text | None = None
    zone: Text | None = None

    def spec(self) -> Price:
        named = {key: getattr(self, key) for key in _VOLUME_KEYS}
        return Price(per_gib=self.price, **named)


class SnapshotPriceSection(PriceSection):
    snapshot_class: ClassName | None = None
    csi_driver: Text | None = None

    def spec(self) -> SnapshotPrice:
        return SnapshotPrice(
            per_gib=self.price, snapshot_class=self.snapshot_class, csi_driver=self.csi_driver
        )


_VOLUME_KEYS = ("storage_class", "csi_driver", "tier", "region", "zone")
_SNAPSHOT_KEYS = ("snapshot_class", "csi_driver")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _twins(tree: Mapping[str, Any], names: Sequence[str]) -> Iterator[Fault]:
    """Entries that name nothing, and those that name the same as one before."""
    first: dict[tuple[str | None, ...], int] = {}
    keys = [to_camel(name) for name in names]
    for index, entry in enumerate(_list(tree.get("classes"))):
        if not isinstance(entry, dict):
            continue
        named = tuple(str(entry[key]) if isinstance(entry.get(key), Scalar) else None for key in keys)
        if not entry.keys() & set(keys):
            yield (
                ("classes", index),
                f"names nothing; add {', '.join(keys[:-1])} or {keys[-1]}, or write default",
            )
        elif named in first:
            text = f"names the same as classes[{first[named]}], and one thing has one price; remove one"
            yield ("classes", index), text
        first.setdefault(named, index)


class SnapshotPricesSection(AskingSection):
    """Per GiB of what a snapshot would be when restored."""

    default: Amount | None = None
    classes: Annotated[tuple[SnapshotPriceSection, ...], BeforeValidator(fields.items)] = ()

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        yield from _twins(tree, _SNAPSHOT_KEYS)


class PriceQuerySection(AskingSection):
    """Without a query OpenCost's own metric is asked for."""

    query: Text = ""
    unit: Annotated[Unit, *fields.one_of(*UNITS)] = OPENCOST_UNIT
    label: Annotated[str, *matching(LABEL, "can be no name of a label in Prometheus")] = PriceQuery().label
    interval: Annotated[Duration, AfterValidator(_interval)] = PriceQuery().interval
    holds: Duration = PriceQuery().holds

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        unit = tree.get("unit")
        if "query" in tree and "unit" not in tree:
            yield ("unit",), f"is missing: a query does not tell it; write one of {', '.join(UNITS)}"
        if "query" not in tree and unit in UNITS and unit != OPENCOST_UNIT:
            yield (
                ("unit",),
                f"is {unit}, but OpenCost's {OPENCOST} is per GiB and hour; write {OPENCOST_UNIT}, or a query",
            )
        interval = fields.seconds_or_none(tree.get("interval"), PriceQuery().interval)
        holds = fields.seconds_or_none(tree.get("holds"), PriceQuery().holds)
        if interval is not None and holds is not None and holds < 2 * interval <= 2 * MOST_INTERVAL:
            key = "holds" if "holds" in tree else "interval"
            yield (key,), f"holds ({holds:g}s) is below two rounds of interval ({interval:g}s); change one"

    def spec(self) -> PriceQuery:
        return PriceQuery(
            query=self.query, unit=self.unit, label=self.label, interval=self.interval, holds=self.holds
        )


class PricesSection(AskingSection):
    """Prices per GiB and month, all in one currency."""

    currency: Currency
    default: Amount | None = None
    classes: Annotated[tuple[ClassPriceSection, ...], BeforeValidator(fields.items)] = ()
    snapshots: SnapshotPricesSection = SnapshotPricesSection()
    prometheus: PriceQuerySection | None = None

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        if not tree.keys() & {"default", "classes", "snapshots", "prometheus"}:
            yield (), "names no price; add default, classes, snapshots or prometheus"
        yield from _twins(tree, _VOLUME_KEYS)
        yield from _other_currencies(tree)

    def prices(self) -> Prices:
        return Prices(
            currency=self.currency,
            volumes=tuple(sorted(map(ClassPriceSection.spec, self.classes), key=_rank, reverse=True)),
            default=self.default,
            snapshots=tuple(
                sorted(map(SnapshotPriceSection.spec, self.snapshots.classes), key=_rank, reverse=True)
            ),
            snapshot_default=self.snapshots.default,
            query=self.prometheus.spec() if self.prometheus else None,
        )


def _rank(price: Price | SnapshotPrice) -> tuple[bool, ...]:
    return price.rank


def _other_currencies(tree: Mapping[str, Any]) -> Iterator[Fault]:
    currency = tree.get("currency")
    if not isinstance(currency, Scalar):
        return
    snapshots = tree.get("snapshots")
    places: list[tuple[Path, Any]] = [(("classes",), tree.get("classes"))]
    if isinstance(snapshots, dict):
        places.append((("snapshots", "classes"), snapshots.get("classes")))
    for path, entries in places:
        for index, entry in enumerate(_list(entries)):
            own = entry.get("currency") if isinstance(entry, dict) else None
            if isinstance(own, Scalar) and own != currency:
                yield (
                    (*path, index, "currency"),
                    f"is {str(own)!r}, and prices.currency is {str(currency)!r}; all prices are in one currency",
                )


def prices_answerable(prices: PricesSection | None, info: ValidationInfo) -> PricesSection | None:
    """Who asks an API needs one, and a tier that is named must be there; what is refused has its own words."""
    if prices is None:
        return None
    faults: list[Fault] = []
    if prices.prometheus is not None and info.data.get("prometheus", ...) is None:
        faults.append((("prometheus",), "asks a Prometheus-compatible API; add the top-level `prometheus`"))
    if (tiers := info.data.get("tiers")) is not None:
        names = [tier.name for tier in tiers]
        for index, entry in enumerate(prices.classes):
            if entry.tier is not None and entry.tier not in names:
                text = refuse(f"{entry.tier!r} is no tier", entry.tier, names, "tiers", of="configuration")
                faults.append((("classes", index, "tier"), text))
    if faults:
        raise raised(faults)
    return prices


def currency_changes(documents: Sequence[Document]) -> Iterator[tuple[Document, Fault]]:
    """A later file that tells prices in another currency than one before: figures would change their meaning."""
    first: Scalar | None = None
    for document in documents:
        prices = document.tree.get("prices")
        currency = prices.get("currency") if isinstance(prices, dict) else None
        if not isinstance(currency, Scalar):
            continue
        if first is not None and currency != first:
            text = (
                f"is {str(currency)!r}, and a file before it says {str(first)!r}; all files tell one currency"
            )
            yield document, (("prices", "currency"), text)
        first = first or currency


NO_PRICES = PricesSection.model_construct(currency="")
"""For whoever wants sizes judged, though nobody told a price: all of them stay unknown."""
