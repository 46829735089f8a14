"""What pods fill of their nodes is asked of every kubelet on a clock of its own, gathered, and handed on.

How one is asked belongs to ``usage``; what the figures mean, to the engine behind the sink.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Protocol

from holdfast.app.scratches import SUMMARIES
from holdfast.model.asking import AskReason
from holdfast.model.ephemeral import NodeSummary
from holdfast.model.usage import KubeletSpec, NodeAddress
from holdfast.usage.kubelet import Kubelets, Told
from holdfast.usage.sweep import Sweep

_LOG = logging.getLogger("holdfast")
_GATHER = 5.0  # seconds; a DaemonSet has a pod on every node, and is judged once for all that came meanwhile


class SummarySink(Protocol):
    """What comes of asking; calls come from the event loop."""

    def summarised(self, summary: NodeSummary) -> None:
        """This is all that the kubelet of the node told."""

    def keep_summaries(self, nodes: Collection[str]) -> None:
        """These are all nodes that there are."""

    def fared(self, asked: tuple[str, str], fault: str) -> None:
        """Whether those who are asked answer; an empty ``fault``: they do."""

    def missed(self, asked: tuple[str, str], reason: AskReason) -> None:
        """One answer less."""


class Summarising:
    """The sink of the rounds through the nodes. A node that is silent keeps what it told, and that grows old."""

    def __init__(self, sink: SummarySink, clock: Callable[[], float], *, gather: float = _GATHER) -> None:
        self._sink = sink
        self._clock = clock
        self._gather = gather
        self._gathered: dict[str, NodeSummary] = {}
        self._answering: set[str] = set()
        self._silent: dict[str, str] = {}
        self._broken = False

    # NodeSink

    def measured(self, node: str, told: Told) -> None:
        if told.damaged:
            self._sink.missed(SUMMARIES, "bad_answer")
            _LOG.debug("kubelet of %s: what it tells of %d pods cannot be read", node, told.damaged)
        self._answering.add(node)
        self._silent.pop(node, None)

    def failed(self, node: str, reason: AskReason, text: str) -> None:
        self._sink.missed(SUMMARIES, reason)
        self._answering.discard(node)
        self._silent[node] = text

    # the tasks

    async def keep_asking(
        self, spec: KubeletSpec, nodes: Callable[[], Sequence[NodeAddress]], interval: float
    ) -> None:
        """Until cancelled, every ``interval`` seconds."""
        async with Kubelets(spec, self._clock) as kubelets:
            sweep = Sweep(self._asking(kubelets), self, concurrency=spec.concurrency, timeout=spec.timeout)
            async with asyncio.TaskGroup() as group:
                group.create_task(sweep.run(nodes, interval))
                group.create_task(self._keep_handing(nodes))

    def _asking(self, kubelets: Kubelets) -> Callable[[NodeAddress], Awaitable[Told]]:
        """Rounds are about samples of claims, of which a summary is asked for none."""

        async def ask(node: NodeAddress) -> Told:
            told = self._gathered[node.name] = await kubelets.summary(node)
            return Told((), told.damaged)

        return ask

    async def _keep_handing(self, nodes: Callable[[], Sequence[NodeAddress]]) -> None:
        while True:
            await asyncio.sleep(self._gather)
            there = {node.name for node in nodes()}
            self._let_go(there)
            self._tell()
            gathered, self._gathered = self._gathered, {}
            for node, summary in gathered.items():
                if node in there:
                    self._sink.summarised(summary)
                    await asyncio.sleep(0)

    def _let_go(self, nodes: set[str]) -> None:
        self._answering &= nodes
        for gone in self._silent.keys() - nodes:
            del self._silent[gone]
        self._sink.keep_summaries(nodes)

    def _tell(self) -> None:
        """Single kubelets that are silent are named by who asks them for claims; here only that nobody answers."""
        if not self._answering and not self._silent:
            return
        fault = ""
        if not self._answering:
            fault = f"none of {len(self._silent)} answers; {self._silent[min(self._silent)]}"
        if fault and not self._broken:
            _LOG.warning("ephemeral storage: %s", fault)
        elif self._broken and not fault:
            _LOG.info("ephemeral storage: kubelets answer again")
        self._broken = bool(fault)
        self._sink.fared(SUMMARIES, fault)
