"""Prices are asked for on a clock of their own, of a Prometheus-compatible API, and stand as facts until they are too old.

How one asks belongs to ``usage``; what a price means for an object, to the assessment.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Protocol

from holdfast.app.compose import FixedClock
from holdfast.app.engine import Engine
from holdfast.model.asking import AskError, AskReason
from holdfast.model.cost import PriceQuery, PricesTold, VolumePrice
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectKey
from holdfast.settings import Settings
from holdfast.usage.price_query import ToldPrices, ask_prices
from holdfast.usage.prometheus import Prometheus

PRICES_ASKED = ("prometheus", "prices")
"""How the query is shown among the sources."""


def _feed(kind: str) -> Feed:
    resource = Resource(group="", versions=(), plural="", kind=kind)
    return Feed(
        source=PRICES_ASKED[0], resource=resource, shape=object, read=lambda record: (record,), copies=False
    )


_PRICES, _TOLD = _feed(PRICES_ASKED[1]), _feed("answer")
_ANSWER = ObjectKey("", "")
_LOG = logging.getLogger("holdfast")
_SLICE = 500  # prices handed over at once: some milliseconds


class PriceSink(Protocol):
    """What comes of asking; calls come from the event loop."""

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        """This is a price, or when one was told."""

    def drop(self, feed: Feed, key: ObjectKey) -> None:
        """The volume has no price any more."""

    def fared(self, asked: tuple[str, str], fault: str) -> None:
        """Whether the API answers; an empty ``fault``: it does."""

    def missed(self, asked: tuple[str, str], reason: AskReason) -> None:
        """One answer less."""


class Pricing:
    """One query and what it told last. An answer that is not whole takes no price away that was told of late."""

    def __init__(
        self, api: Prometheus, spec: PriceQuery, sink: PriceSink, clock: Callable[[], float]
    ) -> None:
        self._api = api
        self._spec = spec
        self._sink = sink
        self._clock = clock
        self._standing: dict[str, VolumePrice] = {}
        self._told: dict[str, float] = {}  # when each was: PricesTold is fresh after half an answer too
        self._broken = False

    async def run(self) -> None:
        """Until cancelled: one round after another on a grid of the interval."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self.once()
            due += self._spec.interval * (1 + max(0.0, loop.time() - due) // self._spec.interval)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def once(self) -> None:
        try:
            await self._take(await ask_prices(self._api.query, self._spec, self._api.spec.matchers))
        except AskError as error:
            self._failed(error.reason, error.text)
        except Exception as error:  # noqa: BLE001 - a fault in one round must not end all others
            kind = type(error).__name__  # its words may quote what was read
            self._failed("bad_answer", f"asking for prices failed ({kind}); please report it")

    async def _take(self, told: ToldPrices) -> None:
        now = self._clock()
        fresh = {price.volume: price for price in told.prices}
        for volume in sorted(self._told.keys() - fresh.keys()):
            if told.complete or now >= self._told[volume] + self._spec.holds:
                self._sink.drop(_PRICES, ObjectKey("", volume))
                self._standing.pop(volume, None)
                del self._told[volume]
        self._told |= dict.fromkeys(fresh, now)
        changed = [price for volume, price in fresh.items() if self._standing.get(volume) != price]
        for start in range(0, len(changed), _SLICE):
            for price in changed[start : start + _SLICE]:
                self._sink.put(_PRICES, ObjectKey("", price.volume), price)
                self._standing[price.volume] = price
            await asyncio.sleep(0)
        self._sink.put(_TOLD, _ANSWER, PricesTold(at=now))
        if self._broken:
            _LOG.info("prices: the query answers again")
        self._broken = False
        self._sink.fared(PRICES_ASKED, "")

    def _failed(self, reason: AskReason, text: str) -> None:
        if not self._broken:
            _LOG.warning("prices: %s: %s", reason, text)
        self._broken = True
        self._sink.missed(PRICES_ASKED, reason)
        self._sink.fared(PRICES_ASKED, text)


def pricing_of(
    settings: Settings, api: Prometheus | None, sink: PriceSink, clock: Callable[[], float]
) -> Pricing | None:
    """None where these settings ask nobody. ``api`` is the open client of the API that they name."""
    asked = settings.prices.prometheus if settings.prices else None
    return None if asked is None or api is None else Pricing(api, asked.spec(), sink, clock)


async def keep_pricing(
    settings: Settings, api: Prometheus | None, sink: PriceSink, clock: Callable[[], float]
) -> None:
    """Asks whom these settings name, until cancelled; returns at once where they name nobody."""
    pricing = pricing_of(settings, api, sink, clock)
    if pricing is not None:
        await pricing.run()


class OnceSink(FixedClock):
    """For one look at one instant: what failed stands among the sources."""

    def __init__(self, engine: Engine, now: float) -> None:
        super().__init__(engine, now)
        self._asked = engine.asked
        self._instant = now

    def fared(self, asked: tuple[str, str], fault: str) -> None:
        self._asked(asked, fault, self._instant)

    def missed(self, asked: tuple[str, str], reason: AskReason) -> None:
        """One look has no rate of errors."""


async def price_once(engine: Engine, settings: Settings, now: float) -> None:
    """Asks once, for a look at a cluster; a query that is not answered leaves volumes without a price."""
    if settings.prometheus is None or settings.prices is None or settings.prices.prometheus is None:
        return
    async with Prometheus(settings.prometheus.spec()) as api:
        pricing = pricing_of(settings, api, OnceSink(engine, now), lambda: now)
        if pricing is not None:
            await pricing.once()


def say_unpriced(settings: Settings) -> None:
    """For whoever reads a folder or a demonstration: says once that nobody is asked there, where somebody is named."""
    if settings.prices is not None and settings.prices.prometheus is not None:
        _LOG.warning(
            "prices.prometheus is configured and not asked here; only a running cluster's volumes are"
        )
