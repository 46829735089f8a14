"""Prices from OpenCost's metric or a query of one's own: an API on loopback answers, prices a month come out."""

import math

import pytest

from holdfast.model.asking import AskError, Series
from holdfast.model.cost import PriceQuery, VolumePrice
from holdfast.usage.price_query import ToldPrices, ask_prices, read_prices
from tests.usage.stand import answering, api, client, success

OPENCOST = PriceQuery()


def element(volume: str, value: str, **labels: str) -> dict[str, object]:
    return {
        "metric": {"__name__": "pv_hourly_cost", "persistentvolume": volume, **labels},
        "value": [1000, value],
    }


def series(value: float, volume: str = "pv-1") -> Series:
    return Series(labels={"persistentvolume": volume}, points=((1000.0, value),))


async def asked(body: object, spec: PriceQuery = OPENCOST, **matchers: str) -> tuple[ToldPrices, str]:
    """What was told, and what was asked for."""
    async with api(answering(body)) as stand, client(stand) as prometheus:
        told = await ask_prices(prometheus.query, spec, matchers)
    return told, stand.asked[0].form["query"]


async def refused(body: object, spec: PriceQuery = OPENCOST) -> AskError:
    with pytest.raises(AskError) as refusal:
        await asked(body, spec)
    return refusal.value


async def test_opencosts_metric_is_per_gibibyte_and_hour() -> None:
    told, query = await asked(success(element("pv-1", "0.0001369863")))
    assert query == "pv_hourly_cost"
    (price,) = told.prices
    assert (price.volume, price.whole) == ("pv-1", False)
    assert price.monthly == pytest.approx(0.1, rel=1e-6)


async def test_the_matchers_of_the_api_choose_a_cluster() -> None:
    _, query = await asked(success(element("pv-1", "1")), cluster="east")
    assert query == 'pv_hourly_cost{cluster="east"}'


@pytest.mark.parametrize(
    ("unit", "monthly", "whole"),
    [
        ("gibHour", 1460.0, False),
        ("gibMonth", 2.0, False),
        ("volumeHour", 1460.0, True),
        ("volumeMonth", 2.0, True),
    ],
)
def test_the_unit_says_what_a_number_means(unit: str, monthly: float, whole: bool) -> None:
    spec = PriceQuery(query="q", unit=unit)  # type: ignore[arg-type]  # the words of the table
    assert read_prices([series(2.0)], spec) == (VolumePrice(volume="pv-1", monthly=monthly, whole=whole),)


async def test_a_query_of_ones_own_is_asked_as_it_stands_and_may_name_its_volumes_by_another_label() -> None:
    body = success({"metric": {"pv": "pv-1"}, "value": [1000, "3"]})
    told, query = await asked(body, PriceQuery(query="my:price", unit="gibMonth", label="pv"), cluster="east")
    assert query == "my:price"
    assert told.prices == (VolumePrice(volume="pv-1", monthly=3.0),)


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf, -math.inf, 1e300])
def test_what_is_no_price_is_none(value: float) -> None:
    """OpenCost tells 0 where it does not know."""
    assert read_prices([series(value), series(1.0, "pv-2")], OPENCOST) == (
        VolumePrice(volume="pv-2", monthly=730.0),
    )


def test_a_volume_of_which_two_prices_are_told_has_none() -> None:
    assert read_prices([series(1.0), series(2.0), series(1.0)], OPENCOST) == ()
    assert len(read_prices([series(1.0), series(1.0)], OPENCOST)) == 1, "two replicas say the same"


async def test_an_answer_of_several_clusters_is_refused() -> None:
    error = await refused(success(element("pv-1", "1", cluster="a"), element("pv-2", "1", cluster="b")))
    assert "prices of 2 clusters; choose one with prometheus.matchers" in error.text


async def test_an_answer_without_series_or_without_a_price_teaches_nothing() -> None:
    assert (await refused(success())).reason == "empty"
    assert (
        "no price above 0 with the label persistentvolume"
        in (await refused(success(element("pv-1", "0")))).text
    )
    assert (await refused({"status": "success"})).reason == "bad_answer"


async def test_an_answer_with_a_warning_is_not_whole() -> None:
    told, _ = await asked(success(element("pv-1", "1"), warnings=["a store is away"]))
    assert not told.complete
