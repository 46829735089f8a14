"""What `serve` does with the store while it runs: shows how it fares, notes the watch, lets go of what is old."""

import asyncio
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from holdfast.app import serve
from holdfast.history.memory import SEEN_FOR, Memory
from holdfast.model.health import Sight
from holdfast.model.observation import Observation
from tests.world import NOW

OLD = Observation("snapshot_seen", "uid-1", NOW - SEEN_FOR - 1, "velero/nightly-1")


class Kept:
    """A store that keeps what is asked of it as a list."""

    def __init__(self, last_write: float | None = None, *, working: bool = True) -> None:
        self.last_write, self.working = last_write, working
        self.asked: list[Any] = []

    def add(self, observation: Observation) -> None:
        self.asked.append(observation)

    def forget(self, uids: Iterable[str]) -> None:
        self.asked.append(("forget", *uids))

    def prune(self, before: float) -> None:
        self.asked.append(("prune", before))


class Shown:
    """As much of ``Live`` as the keeping of history reads."""

    def __init__(self, *, complete: bool = True, pods: bool = True) -> None:
        sight = Sight(pods=pods, claims=False)
        self.engine = SimpleNamespace(complete=complete, sight=sight, memory=Memory([OLD]))
        self.shown: asyncio.Queue[tuple[float | None, bool]] = asyncio.Queue()

    def clock(self) -> float:
        return NOW

    def wrote(self, instant: float | None, *, persistent: bool) -> None:
        self.shown.put_nowait((instant, persistent))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "_POLL", 0.001)


async def keep(live: Any, store: Any, rounds: int = 3) -> list[tuple[float | None, bool]]:
    """What was shown in this many rounds."""
    usage: Any = Kept()
    task = asyncio.create_task(serve._keep_history(live, serve.Stores(store, usage)))
    async with asyncio.timeout(10):
        shown = [await live.shown.get() for _ in range(rounds)]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return shown


async def test_between_two_heartbeats_the_store_is_shown_and_left_alone() -> None:
    """The watch is noted and old snapshots are pruned at once, then each in its own time."""
    live, store = Shown(), Kept(NOW - 1)
    shown = await keep(live, store, rounds=5)
    assert store.asked == [Observation("alive", "", NOW), ("prune", NOW - SEEN_FOR)]
    assert not live.engine.memory.remembered("snapshot_seen", "uid-1")
    assert set(shown) == {(NOW - 1, True)}


async def test_a_store_that_does_not_work_is_shown_as_such() -> None:
    shown = await keep(Shown(complete=False), Kept(working=False))
    assert set(shown) == {(None, False)}


async def test_nothing_is_noted_before_the_first_judgement() -> None:
    live, store = Shown(complete=False), Kept()
    await keep(live, store)
    assert store.asked == []


async def test_a_watch_without_pods_is_none() -> None:
    """Who cannot see pods cannot say that nobody used a claim meanwhile."""
    live, store = Shown(pods=False), Kept()
    await keep(live, store)
    assert store.asked == [("prune", NOW - SEEN_FOR)]
