"""Who is asked for usage over time, what the sink is told, and what is said of those who do not answer. Intervals are short."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import pytest

from holdfast.app import measuring as module
from holdfast.app.measuring import KUBELETS, Measuring, kubelet_of, save
from holdfast.history.usage import STEP, UsageHistory
from holdfast.model.asking import AskReason
from holdfast.model.filling import Asked
from holdfast.model.identity import ClaimRef
from holdfast.model.surroundings import Node
from holdfast.model.usage import KubeletSpec, NodeAddress, UsageSample
from holdfast.usage.kubelet import KubeletError, Told
from tests.app.test_filling import sample
from tests.world import NOW

DATA = ClaimRef("shop", "data")
NODES = [NodeAddress(f"node-{number}", "127.0.0.1") for number in range(1, 4)]
NOTHING = Told((), 0)


@dataclass
class Sink:
    """Keeps what it is told."""

    samples: list[list[UsageSample]] = field(default_factory=list)
    fares: list[tuple[tuple[str, str], str]] = field(default_factory=list)
    lost: list[tuple[tuple[str, str], AskReason]] = field(default_factory=list)
    counts: list[tuple[int, int]] = field(default_factory=list)

    def used(self, samples: Sequence[UsageSample]) -> None:
        self.samples.append(list(samples))

    def fared(self, asked: tuple[str, str], fault: str) -> None:
        self.fares.append((asked, fault))

    def missed(self, asked: tuple[str, str], reason: AskReason) -> None:
        self.lost.append((asked, reason))

    def answering(self, nodes: int, silent: int) -> None:
        self.counts.append((nodes, silent))

    def fare(self, asked: tuple[str, str]) -> list[str]:
        """What was said of those, in turn."""
        return [fault for name, fault in self.fares if name == asked]


class Stage:
    """A Measuring with its sink, who is asked, and a clock that a test turns."""

    def __init__(self, *, kubelets: bool = True, queries: bool = False) -> None:
        self.sink, self.now = Sink(), NOW
        self.asked = Asked(kubelets=kubelets, queries=queries, looked=False)
        self.measuring = Measuring(self.sink, self.asked, lambda: self.now)


@pytest.fixture
def stage() -> Stage:
    return Stage()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.002)


@asynccontextmanager
async def running(work: Any) -> AsyncIterator[asyncio.Task[Any]]:
    task = asyncio.ensure_future(work)
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def words(caplog: pytest.LogCaptureFixture, level: int = logging.INFO) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= level]


# ---- what one kubelet tells


def test_what_a_kubelet_tells_is_handed_on(stage: Stage) -> None:
    stage.measuring.measured("node-1", Told((sample(),), 0))
    assert stage.sink.samples == [[sample()]]
    assert stage.asked.answering == {"node-1"}


def test_lines_that_cannot_be_read_count_as_a_bad_answer_and_the_rest_is_used(stage: Stage) -> None:
    stage.measuring.measured("node-1", Told((sample(),), 7))
    assert stage.sink.lost == [(KUBELETS, "bad_answer")]
    assert stage.sink.samples == [[sample()]]


def test_only_who_begins_or_ceases_to_answer_changes_anything(stage: Stage) -> None:
    """Otherwise every claim that is not measured would be judged again with every answer."""
    flips = []
    for told in (NOTHING, NOTHING, None, None, NOTHING):
        stage.measuring.flipped = False
        if told is None:
            stage.measuring.failed("node-1", "timeout", "too late")
        else:
            stage.measuring.measured("node-1", told)
        flips.append(stage.measuring.flipped)
    assert flips == [True, False, True, False, True]


def test_a_few_silent_kubelets_are_named_and_a_lost_fleet_is_counted(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "holdfast")
    for _ in range(3):
        for number in range(1000):
            stage.measuring.failed(f"node-{number}", "connection", f"kubelet of node-{number} is away")
    assert words(caplog) == [
        *(f"usage: connection: kubelet of node-{number} is away" for number in range(5)),
        "usage: more kubelets do not answer; holdfast_kubelets counts them",
    ]
    assert len(stage.sink.lost) == 3000


def test_a_fleet_that_returns_is_said_in_a_few_lines(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(1000):
        stage.measuring.failed(f"node-{number}", "connection", "away")
    caplog.clear()
    caplog.set_level(logging.INFO, "holdfast")
    for number in range(1000):
        stage.measuring.measured(f"node-{number}", NOTHING)
    assert words(caplog) == [
        *(f"kubelet of node-{number} answers again" for number in range(5)),
        "usage: all kubelets answer again",
    ]


def test_after_lost_nodes_were_deleted_the_next_loss_is_said_again(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def lose(first: int) -> list[str]:
        caplog.clear()
        for number in range(first, first + 10):
            stage.measuring.failed(f"node-{number}", "connection", "away")
        return words(caplog)

    before = lose(0)
    stage.measuring._let_go(set())
    assert lose(10) == before


# ---- how the kubelets fare together


class Client:
    """Stands in for the client of kubelets: answers by node, or raises what it is given."""

    def __init__(self, answers: dict[str, Told | Exception]) -> None:
        self.answers = answers

    def __call__(self, spec: KubeletSpec, clock: Callable[[], float]) -> Self:
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, node: NodeAddress) -> Told:
        answer = self.answers.get(node.name, NOTHING)
        if isinstance(answer, Exception):
            raise answer
        return answer


AWAY = KubeletError("connection", "kubelet of node-1 cannot be reached")
QUICK = KubeletSpec(timeout=0.01, interval=0.02)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client({})
    monkeypatch.setattr(module, "Kubelets", client)
    return client


async def test_one_that_answers_is_enough_and_the_silent_are_counted(stage: Stage, client: Client) -> None:
    client.answers = {"node-1": AWAY}
    async with running(stage.measuring.keep_sweeping(QUICK, lambda: NODES)):
        await until(lambda: (2, 1) in stage.sink.counts)
    assert set(stage.sink.fare(KUBELETS)) == {""}


async def test_where_none_answers_the_first_tells_why(stage: Stage, client: Client) -> None:
    client.answers = dict.fromkeys([node.name for node in NODES], AWAY)
    async with running(stage.measuring.keep_sweeping(QUICK, lambda: NODES)):
        await until(lambda: (0, 3) in stage.sink.counts)
        await until(lambda: len(stage.sink.fare(KUBELETS)) > 1)
    assert stage.sink.fare(KUBELETS)[-1] == "none of 3 answers; kubelet of node-1 cannot be reached"


async def test_a_node_that_is_gone_is_neither_silent_nor_answering(stage: Stage, client: Client) -> None:
    nodes = list(NODES)
    client.answers = {"node-1": AWAY}
    async with running(stage.measuring.keep_sweeping(QUICK, lambda: nodes)):
        await until(lambda: (2, 1) in stage.sink.counts)
        del nodes[:2]
        stage.measuring.flipped = False
        await until(lambda: (1, 0) in stage.sink.counts)
    assert stage.asked.answering == {"node-3"}
    assert stage.measuring.flipped


async def test_before_a_node_is_known_nothing_is_counted(stage: Stage, client: Client) -> None:
    """0 silent would read as all is well."""
    async with running(stage.measuring.keep_sweeping(QUICK, list)):
        await asyncio.sleep(1.2)
    assert stage.sink.counts == []
    assert stage.sink.fares == []


async def test_where_no_node_is_ever_known_that_is_a_fault(stage: Stage, client: Client) -> None:
    async with running(stage.measuring.keep_sweeping(QUICK, list)):
        await asyncio.sleep(0.05)
        before = stage.measuring.looked
        stage.now += 121
        assert (before, stage.measuring.looked) == (False, True)
        await until(lambda: stage.sink.fares)
    assert stage.sink.fare(KUBELETS)[0] == "no node is known; see whether nodes may be listed"


async def test_while_nodes_are_still_waited_for_nobody_has_looked(
    stage: Stage, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long that takes: a claim of a node that was not asked yet is not unmeasured."""

    async def hang(node: NodeAddress) -> Told:
        await asyncio.sleep(60)
        return NOTHING

    monkeypatch.setattr(client, "ask", hang)
    spec = KubeletSpec(timeout=60.0)
    async with running(stage.measuring.keep_sweeping(spec, lambda: NODES)):
        stage.now += 1000
        await until(lambda: stage.measuring._nodes)
        assert not stage.measuring.looked


async def test_saving_hands_over_all_hours_and_then_nothing(tmp_path: Path) -> None:
    history = UsageHistory()
    history.take([("a", sample(time=NOW - hour * STEP)) for hour in range(5)], NOW)

    class Kept:
        def __init__(self) -> None:
            self.slots: list[int] = []

        def save(self, unsaved: Any) -> None:
            self.slots += [slot for slot, _ in unsaved.slabs]

    kept: Any = Kept()
    await save(history, kept, NOW)
    assert len(kept.slots) == len(set(kept.slots)) == 5
    await save(history, kept, NOW)
    assert len(kept.slots) == 5


# ---- where a kubelet listens


@pytest.mark.parametrize(
    ("node", "spec", "port"),
    [
        (Node(name="n", ready=True, address="10.0.0.1"), KubeletSpec(), 10250),
        (Node(name="n", ready=True, address="10.0.0.1", port=10255), KubeletSpec(), 10255),
        (Node(name="n", ready=True, address="10.0.0.1", port=10255), KubeletSpec(port=7), 7),
    ],
    ids=["default", "told-by-the-node", "configured"],
)
def test_a_kubelet_listens_where_the_configuration_or_else_its_node_says(
    node: Node, spec: KubeletSpec, port: int
) -> None:
    assert kubelet_of(node, spec) == NodeAddress("n", "10.0.0.1", port)


def test_a_node_without_an_address_cannot_be_asked() -> None:
    assert kubelet_of(Node(name="n", ready=True), KubeletSpec()) is None
