"""Usage of both origins and its history together, over an engine with objects: who is asked when, and what follows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from holdfast.app import measuring as module
from holdfast.app.compose import read_settings, select
from holdfast.app.live import Live
from holdfast.app.measuring import keep_measuring
from holdfast.history.usage import STEP
from holdfast.history.usage_store import UsageStore, read_usage
from holdfast.model.usage import NodeAddress
from holdfast.usage.kubelet import Told
from holdfast.usage.prometheus import Prometheus
from tests.app.test_filling import GI, mounted, sample
from tests.app.test_measuring import AWAY, NOTHING, Client, running, until
from tests.app.test_measuring_queries import query_api, told_by_the_api
from tests.usage.stand import answering, api, refusal, success
from tests.world import NOW, World


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client({})
    monkeypatch.setattr(module, "Kubelets", client)
    return client


CONFIG = "usage: {kubelet: {interval: 15s, timeout: 1s}}\n"


def live(*objects: dict[str, Any]) -> Live:
    world = World(*objects)
    return Live(world.engine, config_hash="0", clock=lambda: NOW)


def shown(live: Live, family: str) -> list[str]:
    text = b"".join(live.engine.text(NOW)).decode().splitlines()
    return [line.removeprefix("holdfast_") for line in text if line.startswith(f"holdfast_{family}{{")]


def node(name: str = "node-1") -> dict[str, Any]:
    status = {"addresses": [{"type": "InternalIP", "address": "127.0.0.1"}]}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": status}


@asynccontextmanager
async def measured(
    live: Live,
    tmp_path: Path,
    text: str = CONFIG,
    client: Prometheus | None = None,
    store: UsageStore | None = None,
) -> AsyncIterator[asyncio.Task[None]]:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    settings = read_settings([file])
    async with running(keep_measuring(live, settings, select(settings), client, store)) as task:
        yield task


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_LOOK", "_SAVE", "_AGAIN"):
        monkeypatch.setattr(module, name, 0.01)


async def test_a_fault_of_ours_at_the_kubelets_leaves_the_api_asked_and_the_other_way_round(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "backfill", lambda *_: 1 / 0)
    client.answers = {"node-1": RuntimeError("ours")}
    one = live(*mounted("shop/data"), *mounted("shop/other"), node(), node("node-2"))
    client.answers["node-2"] = Told((sample("shop/other"),), 0)
    async with api(told_by_the_api()) as stand, query_api(stand) as queries:
        monkeypatch.setattr(module, "backfill", lambda *_: faulty())
        text = f"{CONFIG}prometheus: {{url: '{stand.url}'}}\n"
        async with measured(one, tmp_path, text, queries) as task:
            await until(lambda: len(one.engine.gauges.history) == 2)
            await asyncio.sleep(0.05)
            assert not task.done()
    health = {f"{each.source} {each.kind}": each.state for each in one.engine.feeds}
    assert health["prometheus usage history"] == "failing"
    assert health["prometheus usage"] == "up"


async def faulty() -> AsyncIterator[Any]:
    for part in list[Any]():
        yield part
    raise KeyError("ours")


async def test_weeks_that_could_not_be_had_at_first_are_had_as_soon_as_the_api_answers(
    tmp_path: Path,
) -> None:
    """And forecasts follow at once, not when the next sample comes."""
    well = False

    async def answer(request: web.Request) -> web.StreamResponse:
        if not well:
            return await answering(refusal("unavailable", ""), 503)(request)
        form = await request.post()
        times = [float(str(form["start"])) + hour * STEP for hour in range(7 * 24)]
        labels = {"namespace": "shop", "persistentvolumeclaim": "data"}
        numbers: dict[str, Callable[[float], float]] = {
            "used_bytes": lambda at: 9 * GI - (NOW - at) / 86400 * GI / 4,
            "capacity_bytes": lambda at: 10 * GI,
        }
        elements: list[dict[str, Any]] = [
            {
                "metric": {"__name__": f"kubelet_volume_stats_{stat}", **labels},
                "values": [[at, str(number(at))] for at in times if at <= NOW],
            }
            for stat, number in numbers.items()
        ]
        return web.json_response(success(*elements, kind="matrix"))

    one = live(*mounted())
    async with api(answer) as stand, query_api(stand) as queries:
        text = (
            f"prometheus: {{url: '{stand.url}'}}\n"
            "usage: {kubelet: {enabled: false}, prometheus: {enabled: false}}\n"
        )
        async with measured(one, tmp_path, text, queries):
            await until(lambda: len(stand.asked) > 3)
            assert not one.engine.foretell(NOW)
            well = True
            await until(lambda: _foretold(one))


def _foretold(live: Live) -> list[str]:
    while live.engine.foretell(NOW):
        pass
    live.engine.judge(NOW)
    return shown(live, "pvc_time_to_full_seconds")


async def test_nobody_is_asked_before_all_objects_are_known(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The samples would be of claims that nobody knows, and nodes that come later would count as silent."""
    asked = 0

    async def ask(node: NodeAddress) -> Told:
        nonlocal asked
        asked += 1
        return NOTHING

    monkeypatch.setattr(client, "ask", ask)
    one = live(node())
    one.engine.complete = False
    async with measured(one, tmp_path):
        await asyncio.sleep(0.1)
        assert asked == 0
        one.engine.complete = True
        await until(lambda: asked)


async def test_where_nobody_is_to_be_asked_everybody_has_looked(tmp_path: Path) -> None:
    one = live(*mounted())
    async with measured(one, tmp_path, "usage: {kubelet: {enabled: false}}\n"):
        await asyncio.sleep(0.05)
        one.engine.judge(NOW)
        asked = one.engine.gauges.asked
        assert (asked.kubelets, asked.queries, asked.looked) == (False, False, True)
    (row,) = shown(one, "pvc_usage_unmeasured")
    assert 'reason="not-asked"' in row


async def test_who_may_look_at_some_namespaces_only_asks_no_kubelets(tmp_path: Path) -> None:
    one = live(*mounted())
    async with measured(one, tmp_path, "namespaces: [shop]\n"):
        await asyncio.sleep(0.05)
        assert not one.engine.gauges.asked.kubelets


async def test_when_a_node_falls_silent_so_says_its_claim(client: Client, tmp_path: Path) -> None:
    one = live(*mounted(), node())
    async with measured(one, tmp_path):
        await until(lambda: one.engine.gauges.asked.looked)
        await until(lambda: _reasons(one) == ["driver-silent"])
    client.answers = {"node-1": AWAY}
    async with measured(one, tmp_path):
        await until(lambda: _reasons(one) == ["node-silent"])


def _reasons(live: Live) -> list[str]:
    live.engine.judge(NOW)
    return [row.split('reason="')[1].split('"')[0] for row in shown(live, "pvc_usage_unmeasured")]


async def test_cancelling_ends_every_task(client: Client, tmp_path: Path) -> None:
    store = UsageStore(tmp_path / "usage.sqlite")
    one = live(*mounted(), node())
    async with api(told_by_the_api()) as stand, query_api(stand) as queries:
        text = f"{CONFIG}prometheus: {{url: '{stand.url}'}}\n"
        async with measured(one, tmp_path, text, queries, store):
            await until(lambda: store.last_write is not None)
            assert len(ours()) > 4
        assert ours() == []
    await asyncio.to_thread(store.close)


def ours() -> list[str]:
    """The tasks that run code of the exporter."""
    tasks = (repr(task.get_coro()) for task in asyncio.all_tasks())
    return [task for task in tasks if "test_" not in task and "RequestHandler" not in task]


async def test_what_was_measured_is_saved_while_it_runs(client: Client, tmp_path: Path) -> None:
    client.answers = {"node-1": Told((sample(),), 0)}
    store = UsageStore(tmp_path / "usage.sqlite")
    one = live(*mounted(), node())
    try:
        async with measured(one, tmp_path, store=store):
            await until(lambda: store.last_write is not None)
    finally:
        await asyncio.to_thread(store.close)
    (row,) = read_usage(tmp_path / "usage.sqlite").rows
    assert (row.uid, row.newest.used) == ("uid-shop-data", 4 * GI)
