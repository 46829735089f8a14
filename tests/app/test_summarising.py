"""Rounds for what pods fill, against kubelets on loopback: what is handed on, and when it is let go."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from holdfast.app.scratches import SUMMARIES
from holdfast.app.summarising import Summarising
from holdfast.model.asking import AskReason
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.usage import KubeletSpec, NodeAddress
from tests.assessment.ephemeral_cases import node
from tests.http.stand import Authority
from tests.real.kubelet import Kubelets, pod_stats, summary
from tests.world import NOW, World, pod

TOKEN = "a-token-that-opens"


@dataclass
class Sink:
    """Keeps what it is told. ``held`` is as the engine holds it."""

    held: dict[str, NodeSummary] = field(default_factory=dict)
    handed: dict[str, int] = field(default_factory=dict)
    lost: list[AskReason] = field(default_factory=list)
    fault: str | None = None

    def summarised(self, summary: NodeSummary) -> None:
        self.held[summary.node] = summary
        self.handed[summary.node] = self.handed.get(summary.node, 0) + 1

    def keep_summaries(self, nodes: Collection[str]) -> None:
        self.held = {name: summary for name, summary in self.held.items() if name in nodes}

    def fared(self, asked: tuple[str, str], fault: str) -> None:
        assert asked == ("kubelet", "stats")
        assert TOKEN not in fault
        self.fault = fault

    def missed(self, asked: tuple[str, str], reason: AskReason) -> None:
        assert asked == ("kubelet", "stats")
        self.lost.append(reason)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="holdfast-summaries-") as name:
        (Path(name) / "token").write_text(TOKEN)
        yield Path(name)


@pytest.fixture
def authority(folder: Path) -> Authority:
    return Authority(folder, "ca")


@pytest.fixture
def kubelets(authority: Authority) -> Iterator[Kubelets]:
    with Kubelets([f"node-{number}" for number in range(3)], authority.issue_server(), TOKEN) as kubelets:
        yield kubelets


@pytest.fixture
def spec(folder: Path, authority: Authority) -> KubeletSpec:
    return KubeletSpec(token_file=folder / "token", ca_file=authority.file, timeout=0.5)


@asynccontextmanager
async def asking(spec: KubeletSpec, nodes: Callable[[], list[NodeAddress]]) -> AsyncIterator[Sink]:
    sink = Sink()
    rounds = Summarising(sink, lambda: NOW, gather=0.02)
    task = asyncio.create_task(rounds.keep_asking(spec, nodes, 0.1))
    try:
        yield sink
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.005)


async def test_every_node_is_handed_on_round_after_round(spec: KubeletSpec, kubelets: Kubelets) -> None:
    kubelets["node-0"].stats = summary("node-0", pod_stats("shop/web-0", used=7))
    async with asking(spec, lambda: kubelets.addresses) as sink:
        await until(lambda: len(sink.handed) == 3 and min(sink.handed.values()) >= 2)
        assert [scratch.used for scratch in sink.held["node-0"].pods.values()] == [7.0]
        assert (sink.fault, sink.lost) == ("", [])


async def test_what_a_kubelet_told_is_served(
    spec: KubeletSpec, kubelets: Kubelets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the node over HTTPS to the text, through the engine."""
    world = World(node("node-0"), pod("shop/shell", spec={"nodeName": "node-0"}))
    monkeypatch.setattr(Sink, "summarised", lambda _, told: world.engine.summarised(told))
    monkeypatch.setattr(Sink, "keep_summaries", lambda _, nodes: world.engine.keep_summaries(nodes))
    kubelets["node-0"].stats = summary("node-0", pod_stats("shop/shell", used=7))
    async with asking(spec, lambda: kubelets.addresses[:1]):
        await until(lambda: world.engine.facts.objects(SUMMARIES))
    world.judge()
    assert world.rows("ephemeral_used_bytes") == [
        'ephemeral_used_bytes{namespace="shop",workload_kind="Pod",workload="shell"} 7'
    ]


async def test_a_node_that_hangs_keeps_what_it_told_and_delays_nobody(
    spec: KubeletSpec, kubelets: Kubelets
) -> None:
    async with asking(spec, lambda: kubelets.addresses) as sink:
        await until(lambda: len(sink.held) == 3)
        kubelets.becomes("node-1", "hangs")
        await until(lambda: "timeout" in sink.lost)
        before = sink.handed["node-0"]
        await until(lambda: sink.handed["node-0"] >= before + 2)
        assert (sorted(sink.held), sink.fault) == (["node-0", "node-1", "node-2"], "")


async def test_a_node_that_lies_about_who_it_is_tells_nothing(spec: KubeletSpec, kubelets: Kubelets) -> None:
    kubelets["node-1"].stats = summary("node-2")
    async with asking(spec, lambda: kubelets.addresses) as sink:
        await until(lambda: len(sink.held) == 2 and "bad_answer" in sink.lost)
        assert sorted(sink.held) == ["node-0", "node-2"]


async def test_a_pod_that_cannot_be_read_is_counted_and_the_others_are_handed_on(
    spec: KubeletSpec, kubelets: Kubelets
) -> None:
    odd = {"podRef": {"name": 7}}
    kubelets["node-0"].stats = summary("node-0", odd, pod_stats("shop/web-0", used=7))
    async with asking(spec, lambda: kubelets.addresses[:1]) as sink:
        await until(lambda: sink.held and sink.lost)
        assert [scratch.used for scratch in sink.held["node-0"].pods.values()] == [7.0]
        assert (set(sink.lost), sink.fault) == ({"bad_answer"}, "")


async def test_a_node_that_is_gone_is_let_go(spec: KubeletSpec, kubelets: Kubelets) -> None:
    nodes = kubelets.addresses
    async with asking(spec, lambda: nodes) as sink:
        await until(lambda: len(sink.held) == 3)
        nodes = nodes[:2]
        await until(lambda: len(sink.held) == 2)
        before = dict(sink.handed)
        await until(lambda: sink.handed["node-0"] >= before["node-0"] + 3)
        assert sink.handed["node-2"] <= before["node-2"] + 1, "one answer may have been under way"
        assert sorted(sink.held) == ["node-0", "node-1"]


async def test_where_nobody_may_be_asked_the_right_that_lacks_is_told_once(
    spec: KubeletSpec, kubelets: Kubelets, caplog: pytest.LogCaptureFixture
) -> None:
    for name in kubelets.nodes:
        kubelets.becomes(name, "forbids")
    with caplog.at_level("INFO", logger="holdfast"):
        async with asking(spec, lambda: kubelets.addresses) as sink:
            await until(lambda: sink.fault and sink.fault.startswith("none of 3 answers"))
            assert "grant `get` on `nodes/stats`" in (sink.fault or "")
            await until(lambda: len(sink.lost) >= 9)
            for name in kubelets.nodes:
                kubelets.becomes(name, "well")
            await until(lambda: sink.fault == "")
    first, last = (record.getMessage() for record in caplog.records)
    assert first.startswith("ephemeral storage: none of ")
    assert last == "ephemeral storage: kubelets answer again"


async def test_before_any_node_is_known_nothing_is_said(spec: KubeletSpec) -> None:
    async with asking(spec, list) as sink:
        await asyncio.sleep(0.2)
        assert (sink.fault, sink.held) == (None, {})
