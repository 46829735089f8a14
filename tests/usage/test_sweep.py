"""Rounds through nodes whose answers a test holds in its hand."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest

from holdfast.model.asking import AskError, AskReason
from holdfast.model.usage import NodeAddress
from holdfast.usage.kubelet import Told
from holdfast.usage.sweep import Sweep

NOTHING = Told((), 0)


def nodes(count: int) -> list[NodeAddress]:
    return [NodeAddress(f"node-{number}", "127.0.0.1") for number in range(count)]


class Sink:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.lost: dict[str, tuple[AskReason, str]] = {}

    def measured(self, node: str, told: Told) -> None:
        self.told.append(node)

    def failed(self, node: str, reason: AskReason, text: str) -> None:
        self.lost[node] = (reason, text)


class Asked:
    """Answers at once, but for the slow: those only when ``go`` is set."""

    def __init__(self, slow: Sequence[str] = ()) -> None:
        self.slow = set(slow)
        self.go = asyncio.Event()
        self.now = self.most = 0

    async def __call__(self, node: NodeAddress) -> Told:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await (self.go.wait() if node.name in self.slow else asyncio.sleep(0))
        finally:
            self.now -= 1
        return NOTHING


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)


def sweep(
    ask: Callable[[NodeAddress], Awaitable[Told]], sink: Sink, concurrency: int = 2, timeout: float = 5.0
) -> Sweep:
    return Sweep(ask, sink, concurrency=concurrency, timeout=timeout, patience=0.01)


async def test_no_more_are_asked_at_once_than_may_be() -> None:
    ask, sink = Asked(), Sink()
    await sweep(ask, sink, 3).once(nodes(50))
    assert (len(sink.told), ask.most) == (50, 3)


async def test_the_slow_are_waited_for_beside_the_others() -> None:
    """Two places, three that are slow: the other forty-seven are asked nevertheless."""
    ask, sink = Asked(["node-0", "node-1", "node-2"]), Sink()
    task = asyncio.create_task(sweep(ask, sink).once(nodes(50)))
    await until(lambda: len(sink.told) >= 47)
    ask.go.set()
    await task
    assert len(sink.told) == 50


async def test_even_the_slow_have_an_end() -> None:
    """Two places, and eight beside them: never more than ten, though all hang."""
    ask, sink = Asked([node.name for node in nodes(30)]), Sink()
    task = asyncio.create_task(sweep(ask, sink).once(nodes(30)))
    await asyncio.sleep(0.3)
    assert ask.now == 10
    ask.go.set()
    await task
    assert (ask.most, len(sink.told)) == (10, 30)


async def test_who_hangs_longer_than_the_client_allows_is_given_up() -> None:
    sink = Sink()
    await Sweep(Asked(["node-0"]), sink, concurrency=1, timeout=-0.95, patience=0.01).once(nodes(2))
    assert sink.lost["node-0"][0] == "timeout"
    assert sink.told == ["node-1"]


async def test_a_round_does_not_ask_again_who_is_still_being_asked() -> None:
    ask, sink = Asked(["node-0"]), Sink()
    task = asyncio.create_task(sweep(ask, sink).run(lambda: nodes(2), 0.02))
    await until(lambda: sink.told.count("node-1") >= 5)
    assert ask.most <= 2
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ask.now == 0


async def test_before_nodes_are_known_nobody_has_looked() -> None:
    sweeping = sweep(Asked(), Sink())
    await sweeping.once([])
    assert not sweeping.looked.is_set()
    await sweeping.once(nodes(1))
    assert sweeping.looked.is_set()


async def test_a_fault_of_ours_at_one_node_does_not_blind_us_for_the_others() -> None:
    async def ask(node: NodeAddress) -> Told:
        if node.name == "node-0":
            raise KeyError("secret")
        return NOTHING

    sink = Sink()
    await sweep(ask, sink).once(nodes(3))
    assert sorted(sink.told) == ["node-1", "node-2"]
    reason, text = sink.lost["node-0"]
    assert (reason, "secret" in text, "KeyError" in text) == ("bad_answer", False, True)


async def test_a_fault_of_the_sink_is_not_swallowed() -> None:
    class Broken(Sink):
        def measured(self, node: str, told: Told) -> None:
            raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError, match="a fault of ours"):
        await sweep(Asked(), Broken()).once(nodes(3))
    with pytest.raises(RuntimeError, match="a fault of ours"):
        await asyncio.wait_for(sweep(Asked(), Broken()).run(lambda: nodes(3), 0.01), 10)


@pytest.mark.parametrize(
    ("reason", "suspect"), [("timeout", True), ("connection", True), ("unauthorized", False)]
)
async def test_who_did_not_answer_is_asked_apart_next_time(reason: AskReason, suspect: bool) -> None:
    async def ask(node: NodeAddress) -> Told:
        raise AskError(reason, "no")

    sweeping = sweep(ask, Sink())
    await sweeping.once(nodes(1))
    assert ("node-0" in sweeping._suspects) is suspect
    await sweeping.once([NodeAddress("node-9", "127.0.0.1")])
    assert "node-0" not in sweeping._suspects, "who is gone is forgotten"


async def test_who_leaves_while_it_is_waited_for_gives_up_its_place() -> None:
    """One place and four beside it, six that hang: wherever they wait, nothing stays taken."""
    ask, sink = Asked([node.name for node in nodes(6)]), Sink()
    sweeping = sweep(ask, sink, 1)
    task = asyncio.create_task(sweeping.run(lambda: nodes(6), 60.0))
    await until(lambda: ask.now == 5)
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ask.now == 0
    ask.slow.clear()
    await sweeping.once(nodes(6))
    assert len(sink.told) == 6
    assert (sweeping._quick._value, sweeping._slow._value) == (1, 4)
