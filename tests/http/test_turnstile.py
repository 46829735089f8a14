"""How many views are made at once, and what is said to those who come when too many wait."""

import asyncio
from collections.abc import Sequence

import aiohttp
import pytest

from holdfast.http.queries import Query
from holdfast.http.turnstile import AT_ONCE, MOST_WAITING, CrowdedError, Turnstile
from holdfast.http.views import View
from tests.http.stand import CannedSite, Serve, Served, until


class SlowSite(CannedSite):
    """Makes no view before it is let go on."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.at_once = self.most_at_once = 0

    async def view(self, path: tuple[str, ...], query: Query) -> View | None:
        self.asked.append((path, query))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.go_on.wait()
        self.at_once -= 1
        return None


@pytest.fixture
def site() -> SlowSite:
    return SlowSite()


async def fetch(served: Served, path: str) -> tuple[int, str, str]:
    async with served.client.get(served.url(path)) as answer:
        return answer.status, answer.headers.get("Retry-After", ""), await answer.text()


PATHS = ("/claims/shop/orders", "/api/v1/claims/shop/orders")


def crowd(served: Served) -> Sequence[asyncio.Task[tuple[int, str, str]]]:
    """As many as are let in and may wait, of the page and of the API."""
    return [asyncio.create_task(fetch(served, PATHS[number % 2])) for number in range(AT_ONCE + MOST_WAITING)]


async def test_two_views_are_made_at_once_and_the_others_wait(serve: Serve, site: SlowSite) -> None:
    served = await serve()
    waiting = crowd(served)
    await until_full(site, served)
    site.go_on.set()
    answers = await asyncio.gather(*waiting)
    assert {status for status, _, _ in answers} == {404}
    assert (len(site.asked), site.most_at_once) == (AT_ONCE + MOST_WAITING, AT_ONCE)


@pytest.mark.parametrize("path", [*PATHS, "/", "/compliance.csv"])
async def test_who_comes_when_too_many_wait_is_told_to_come_again(
    path: str, serve: Serve, site: SlowSite
) -> None:
    served = await serve()
    waiting = crowd(served)
    await until_full(site, served)
    status, again, text = await fetch(served, path)
    site.go_on.set()
    await asyncio.gather(*waiting)
    assert (status, again) == (503, "5")
    assert "16 requests wait already; ask again in a few seconds" in text
    assert (await fetch(served, PATHS[0]))[0] == 404  # and then there is room again


async def until_full(site: SlowSite, served: Served) -> None:
    """The last of the crowd waits: health is answered, and one more is turned away."""

    async def full() -> bool:
        if len(site.asked) < AT_ONCE:
            return False
        try:
            async with served.client.get(
                served.url(PATHS[1]), timeout=aiohttp.ClientTimeout(total=0.2)
            ) as answer:
                return answer.status == 503
        except TimeoutError:
            return False

    await until(full)


async def test_whoever_gives_up_leaves_room_for_another() -> None:
    turnstile, inside = Turnstile(), asyncio.Event()

    async def stay() -> None:
        async with turnstile.let_in():
            await inside.wait()

    tasks = [asyncio.create_task(stay()) for _ in range(AT_ONCE + MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(CrowdedError):
        await stay()
    tasks[-1].cancel()
    await asyncio.wait([tasks[-1]])
    late = asyncio.create_task(stay())
    await asyncio.sleep(0)
    inside.set()
    await asyncio.gather(*tasks[:-1], late)
