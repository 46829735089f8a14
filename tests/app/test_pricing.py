"""Prices are asked for in rounds: what an API on loopback answers stands in the exposition, and outlives its failures for a while."""

import logging
from typing import Any

import pytest
from aiohttp import web

from holdfast.app.live import Live
from holdfast.app.pricing import OnceSink, Pricing
from holdfast.model.cost import PriceQuery, Prices
from holdfast.model.feed import Feed
from holdfast.model.identity import ObjectKey
from holdfast.model.policy import Policy
from tests.assessment.test_cost import unpriced, volume
from tests.usage.stand import Api, api, client, success
from tests.world import NOW, World, claim

SPEC = PriceQuery(holds=3600.0)


class Prometheus:
    """Answers with what a test puts here; None: it is broken."""

    def __init__(self) -> None:
        self.body: dict[str, Any] | None = None

    async def answer(self, _: web.Request) -> web.StreamResponse:
        return web.json_response(self.body) if self.body else web.Response(status=503)

    def tells(self, prices: dict[str, str], **more: Any) -> None:
        elements = (
            {"metric": {"persistentvolume": key}, "value": [1, value]} for key, value in prices.items()
        )
        self.body = success(*elements, **more)


async def rounds(world: World, stand: Api, *, times: int = 1) -> None:
    async with client(stand) as opened:
        pricing = Pricing(opened, SPEC, OnceSink(world.engine, world.now), lambda: world.now)
        for _ in range(times):
            await pricing.once()
    world.judge()


def shop() -> World:
    policy = Policy(prices=Prices(currency="USD", query=SPEC))
    return World(claim(), volume(), claim("shop/b"), volume("shop/b"), policy=policy)


def costs(world: World) -> list[str]:
    return [row.split('claim="')[1] for row in world.rows("pvc_monthly_cost")]


async def test_prices_are_told_of_the_volumes_and_shown_as_a_source() -> None:
    prometheus, world = Prometheus(), shop()
    prometheus.tells({"pv-shop-data": "0.001"})
    async with api(prometheus.answer) as stand:
        await rounds(world, stand)
    assert costs(world) == ['data",currency="USD"} 7.3']
    assert unpriced(world) == {"no-price": 1, "price-stale": 0, "no-size": 0}
    assert b'holdfast_source_up{source="prometheus",kind="prices"} 1' in b"".join(
        world.engine.watching_text(NOW)
    )


async def test_a_running_exporter_takes_them_in_and_counts_what_fails() -> None:
    prometheus, world = Prometheus(), shop()
    prometheus.tells({"pv-shop-data": "0.001"})
    live = Live(world.engine, config_hash="x", clock=lambda: NOW)
    async with api(prometheus.answer) as stand, client(stand) as opened:
        pricing = Pricing(opened, SPEC, live, lambda: NOW)
        await pricing.once()
        prometheus.body = None
        await pricing.once()
    world.judge()
    served = b"".join(live.exposition(openmetrics=False)).decode()
    assert (
        'holdfast_pvc_monthly_cost{namespace="shop",persistentvolumeclaim="data",currency="USD"} 7.3'
        in served
    )
    assert 'holdfast_source_objects{source="prometheus",kind="prices"} 1' in served
    assert 'holdfast_source_errors_total{kind="prices",reason="connection",source="prometheus"} 1.0' in served


async def test_a_failure_leaves_prices_until_they_are_too_old(caplog: pytest.LogCaptureFixture) -> None:
    prometheus, world = Prometheus(), shop()
    prometheus.tells({"pv-shop-data": "0.001"})
    async with api(prometheus.answer) as stand, client(stand) as opened:
        pricing = Pricing(opened, SPEC, OnceSink(world.engine, NOW), lambda: NOW)
        await pricing.once()
        prometheus.body = None
        with caplog.at_level(logging.INFO, logger="holdfast"):
            await pricing.once()
            await pricing.once()
    assert len(caplog.messages) == 1, "said once"
    assert "prices: connection: " in caplog.text
    world.judge(NOW + 3599)
    assert len(costs(world)) == 1
    world.judge(NOW + 3600)
    assert costs(world) == []
    assert b'holdfast_source_up{source="prometheus",kind="prices"} 0' in b"".join(
        world.engine.watching_text(NOW)
    )


async def test_a_volume_that_is_not_told_of_any_more_has_no_price_unless_the_answer_is_not_whole() -> None:
    prometheus, world = Prometheus(), shop()
    async with api(prometheus.answer) as stand, client(stand) as opened:
        pricing = Pricing(opened, SPEC, OnceSink(world.engine, NOW), lambda: NOW)
        prometheus.tells({"pv-shop-data": "0.001", "pv-shop-b": "0.002"})
        await pricing.once()
        prometheus.tells({"pv-shop-data": "0.003"}, warnings=["a store is away"])
        await pricing.once()
        world.judge()
        assert costs(world) == ['b",currency="USD"} 14.6', 'data",currency="USD"} 21.9']
        prometheus.tells({"pv-shop-data": "0.003"})
        await pricing.once()
        world.judge()
    assert costs(world) == ['data",currency="USD"} 21.9']


async def test_answers_that_are_not_whole_keep_no_price_for_ever() -> None:
    """Each answer says anew when prices were told; what it does not tell is as old as it was."""
    prometheus, world = Prometheus(), shop()
    now = NOW
    async with api(prometheus.answer) as stand, client(stand) as opened:
        pricing = Pricing(opened, SPEC, OnceSink(world.engine, NOW), lambda: now)
        prometheus.tells({"pv-shop-data": "0.001", "pv-shop-b": "0.002"})
        await pricing.once()
        prometheus.tells({"pv-shop-data": "0.001"}, warnings=["a store is away"])
        for now, priced in ((NOW + 1800, 2), (NOW + 3599, 2), (NOW + 3600, 1)):
            await pricing.once()
            world.judge(now)
            assert len(costs(world)) == priced
        prometheus.tells({"pv-shop-b": "0.002"}, warnings=["a store is away"])
        await pricing.once()
        world.judge()
    assert len(costs(world)) == 2, "it is told again"


class Faulty(OnceSink):
    """The first thing that is handed over cannot be taken in."""

    faults = 1

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        super().put(feed, key, obj)
        if self.faults:
            self.faults -= 1
            raise KeyError(key)


async def test_what_fails_while_prices_are_taken_in_ends_one_round_and_no_more() -> None:
    prometheus, world = Prometheus(), shop()
    prometheus.tells({"pv-shop-b": "0.002", "pv-shop-data": "0.001"})
    async with api(prometheus.answer) as stand, client(stand) as opened:
        pricing = Pricing(opened, SPEC, Faulty(world.engine, NOW), lambda: NOW)
        await pricing.once()
        up = b'holdfast_source_up{source="prometheus",kind="prices"} '
        assert up + b"0" in b"".join(world.engine.watching_text(NOW))
        prometheus.tells({"pv-shop-data": "0.001"})
        await pricing.once()
        assert up + b"1" in b"".join(world.engine.watching_text(NOW))
        world.judge()
    assert costs(world) == ['data",currency="USD"} 7.3'], "and what it left behind is known"


async def test_an_answer_like_the_one_before_judges_nothing_again() -> None:
    prometheus, world = Prometheus(), shop()
    prometheus.tells({"pv-shop-data": "0.001"})
    async with api(prometheus.answer) as stand, client(stand) as opened:
        pricing = Pricing(opened, SPEC, OnceSink(world.engine, NOW), lambda: NOW)
        await pricing.once()
        world.judge()
        before = world.engine.judged
        await pricing.once()
        world.judge()
    assert world.engine.judged == before
