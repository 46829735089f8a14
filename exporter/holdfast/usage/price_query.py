"""What a volume costs, asked of a Prometheus-compatible API: one query, one price a volume. What it means is the model's.

A price of 0 is none: OpenCost tells 0 of what it does not know.
"""

import math
from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec

from holdfast.model.asking import Answer, AskError, Series
from holdfast.model.cost import HOURS, OPENCOST, PriceQuery, VolumePrice
from holdfast.usage.prometheus import selector

_CLUSTER = "cluster"
_MOST = 1e9  # of a currency, a GiB and month


class ToldPrices(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``complete`` False: the API warned, so that more volumes may have a price than these."""

    prices: tuple[VolumePrice, ...]
    complete: bool


async def ask_prices(
    query: Callable[[str], Awaitable[Answer]], spec: PriceQuery, matchers: Mapping[str, str]
) -> ToldPrices:
    """One round. ``matchers`` narrow the metric of OpenCost; a query of one's own is asked as it stands.

    Raises:
        AskError: nothing was learnt.
    """
    answer = await query(spec.query or selector(OPENCOST, matchers))
    if not answer.series:
        raise AskError("empty", "the query for prices finds no series; see whether OpenCost is scraped")
    clusters = {series.labels[_CLUSTER] for series in answer.series if _CLUSTER in series.labels}
    if len(clusters) > 1:
        text = (
            f"tells prices of {len(clusters)} clusters; choose one with prometheus.matchers, or in the query"
        )
        raise AskError("bad_answer", text)
    prices = read_prices(answer.series, spec)
    if not prices:
        text = (
            f"tells no price above 0 with the label {spec.label}; see prices.prometheus.label and the query"
        )
        raise AskError("bad_answer", text)
    return ToldPrices(prices=prices, complete=answer.complete)


def read_prices(series: Iterable[Series], spec: PriceQuery) -> tuple[VolumePrice, ...]:
    """A volume of which two different prices are told has none."""
    hourly, whole = spec.unit.endswith("Hour"), spec.unit.startswith("volume")
    found: dict[str, float] = {}
    for each in series:
        volume = each.labels.get(spec.label, "")
        value = each.points[-1][1] if each.points else math.nan
        monthly = value * HOURS if hourly else value
        if volume and 0 < monthly <= _MOST:
            found[volume] = monthly if found.get(volume, monthly) == monthly else math.nan
    return tuple(
        VolumePrice(volume=volume, monthly=monthly, whole=whole)
        for volume, monthly in sorted(found.items())
        if not math.isnan(monthly)
    )
