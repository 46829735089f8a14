"""One round after another through all nodes, many at once, none in the way of the others.

How a kubelet is asked belongs to ``kubelet``; which nodes there are, and what comes of it, to whoever hands them in.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from holdfast.model.asking import AskError, AskReason
from holdfast.model.usage import NodeAddress
from holdfast.usage.kubelet import Told

Nodes = Callable[[], Sequence[NodeAddress]]

_PATIENCE = 1.0  # seconds in which a healthy kubelet has long answered
_SLOW_LANES = 4  # times the concurrency: as many more may be waited for
_GRACE = 1.0  # seconds for a client to end by its own time-out, which says more than ours


class NodeSink(Protocol):
    """What comes of asking; calls come from the event loop."""

    def measured(self, node: str, told: Told) -> None:
        """This is all that is mounted there."""

    def failed(self, node: str, reason: AskReason, text: str) -> None:
        """Nothing was learnt. What was known of the node's claims stays, and grows old."""


class Sweep:
    """Asks every node with ``ask`` and tells the sink.

    At most ``concurrency`` are asked at the same time. Who takes longer than ``patience`` seconds gives up the place and
    is waited for beside the others, as is, from the beginning, who failed when asked last. A node that is
    still being asked is left out of the next round.
    """

    def __init__(
        self,
        ask: Callable[[NodeAddress], Awaitable[Told]],
        sink: NodeSink,
        *,
        concurrency: int,
        timeout: float,
        patience: float = _PATIENCE,
    ) -> None:
        self._ask = ask
        self._sink = sink
        self._timeout = timeout + _GRACE
        self._patience = patience
        self._quick = asyncio.Semaphore(concurrency)
        self._slow = asyncio.Semaphore(concurrency * _SLOW_LANES)
        self._suspects: set[str] = set()
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._fault: Exception | None = None
        self.looked = asyncio.Event()
        """Set once every node of some round has been asked: what was not measured then is not measured."""

    async def run(self, nodes: Nodes, interval: float) -> None:
        """One round each ``interval`` seconds until cancelled, through the nodes that there are by then.

        None waits for the slow of the one before.
        """
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                self._begin(nodes()).add_done_callback(self._ended)
                due += interval * (1 + max(0.0, loop.time() - due) // interval)
                await asyncio.sleep(max(0.0, due - loop.time()))
                self._raise_fault()
        finally:
            await self._stop()

    async def once(self, nodes: Sequence[NodeAddress]) -> None:
        """One round, to the answer or time-out of the last node."""
        try:
            round_ = self._begin(nodes)
            await round_
            self._ended(round_)
            self._raise_fault()
        finally:
            await self._stop()

    def _begin(self, nodes: Sequence[NodeAddress]) -> "asyncio.Future[list[BaseException | None]]":
        named = {node.name: node for node in nodes}
        self._suspects &= named.keys()
        for name in self._under_way.keys() - named.keys():
            self._under_way[name].cancel()
        for name, node in named.items():
            if name not in self._under_way:
                task = asyncio.create_task(self._asked(node), name=f"kubelet {name}")
                self._under_way[name] = task
                task.add_done_callback(lambda _, gone=name: self._under_way.pop(gone, None))  # type: ignore[misc] # mypy infers no lambda with a default
        return asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _ended(self, round_: "asyncio.Future[list[BaseException | None]]") -> None:
        if round_.cancelled() or not round_.result():
            return  # nobody was asked: the nodes are not known yet
        faults = [fault for fault in round_.result() if isinstance(fault, Exception)]
        self._fault = self._fault or next(iter(faults), None)
        self.looked.set()

    def _raise_fault(self) -> None:
        """What the sink raised: a fault that is not the node's."""
        if self._fault is not None:
            raise self._fault

    async def _stop(self) -> None:
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _asked(self, node: NodeAddress) -> None:
        if node.name in self._suspects:
            async with self._slow:
                await self._outcome(node)
            return
        outcome: asyncio.Task[None] | None = None
        moved = False
        try:
            async with self._quick:
                outcome = asyncio.create_task(self._outcome(node))
                await asyncio.wait({outcome}, timeout=self._patience)
                moved = not outcome.done() and await self._finds_room(outcome)
            await outcome
        finally:
            if outcome is not None:
                outcome.cancel()
            if moved:
                self._slow.release()

    async def _finds_room(self, outcome: asyncio.Task[None]) -> bool:
        """Whether there is a place among the slow before the outcome is there; only then the quick one is left."""
        room = asyncio.create_task(self._slow.acquire())
        try:
            await asyncio.wait({outcome, room}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if await _got(room):
                self._slow.release()
            raise
        return await _got(room)

    async def _outcome(self, node: NodeAddress) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                told = await self._ask(node)
        except AskError as error:
            self._failed(node, error.reason, error.text)
        except TimeoutError:
            self._failed(
                node, "timeout", f"kubelet of {node.name} has not answered; see whether the node is well"
            )
        except Exception as error:  # noqa: BLE001 - a fault of ours at one node must not blind us for the others
            # its words may quote what was read; its kind does not
            text = f"asking the kubelet of {node.name} failed ({type(error).__name__}); please report it"
            self._failed(node, "bad_answer", text)
        else:
            self._suspects.discard(node.name)
            self._sink.measured(node.name, told)

    def _failed(self, node: NodeAddress, reason: AskReason, text: str) -> None:
        if reason in ("timeout", "connection"):
            self._suspects.add(node.name)
        self._sink.failed(node.name, reason, text)


async def _got(room: asyncio.Task[bool]) -> bool:
    """Whether the place was taken; if not yet, it never will be."""
    room.cancel()
    await asyncio.gather(room, return_exceptions=True)
    return not room.cancelled()
