"""Usage is asked for on clocks of its own, of kubelets and of a Prometheus-compatible API, and kept with its history.

How one is asked belongs to ``usage``; what a figure means for a claim, to the engine behind the sink.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

from holdfast.app.compose import Selection
from holdfast.app.live import Live
from holdfast.app.summarising import Summarising
from holdfast.history.usage import SLOTS, STEP, UsageHistory
from holdfast.history.usage_store import UsageStore
from holdfast.model.asking import AskError, AskReason
from holdfast.model.facts import Claim
from holdfast.model.filling import Asked
from holdfast.model.identity import ClaimRef
from holdfast.model.surroundings import Node
from holdfast.model.usage import KUBELET_PORT, KubeletSpec, NodeAddress, UsageSample
from holdfast.settings import Settings
from holdfast.usage.kubelet import Kubelets, Told
from holdfast.usage.prometheus import Prometheus
from holdfast.usage.sweep import Sweep
from holdfast.usage.volume_queries import Found, ask_newest, backfill

KUBELETS = ("kubelet", "metrics")
NEWEST = ("prometheus", "usage")
PAST = ("prometheus", "usage history")
"""How those who are asked are shown among the sources."""

_LOG = logging.getLogger("holdfast")
_SAVE = 60.0  # seconds between two writes: as much of the newest is lost by a kill
_LOOK = 1.0  # seconds between two looks at what others have done
_SLICE = 500  # samples taken in at once: some milliseconds
_NAMED = 5  # broken kubelets that are named in the log at a time
_PATIENCE = 120.0  # seconds; where no node is known by then, or the API has told nothing, none will soon
_AGAIN, _AGAIN_MOST = 60.0, 3600.0  # seconds after which weeks that are not whole are asked for again

FeedName = tuple[str, str]


class Heard(NamedTuple):
    """How a round of queries went. ``whole``: everything was answered; ``any``: something was, or nothing was asked."""

    whole: bool
    any: bool


class UsageSink(Protocol):
    """What comes of asking; calls come from the event loop."""

    def used(self, samples: Sequence[UsageSample]) -> None:
        """These were measured; some may be of claims that are gone, or of the future."""

    def fared(self, asked: FeedName, fault: str) -> None:
        """Whether those who are asked answer; an empty ``fault``: they do."""

    def missed(self, asked: FeedName, reason: AskReason) -> None:
        """One answer less."""

    def answering(self, nodes: int, silent: int) -> None:
        """So many kubelets answered when last asked, and so many did not."""


class Measuring:
    """Where samples of all origins meet; the sink of the rounds through the nodes.

    ``asked`` is kept up to date with who answers; ``flipped`` is set whenever that changes.
    """

    def __init__(self, sink: UsageSink, asked: Asked, clock: Callable[[], float]) -> None:
        self._sink = sink
        self._asked = asked
        self._clock = clock
        self._silent: dict[str, str] = {}
        self._named: set[str] = set()
        self._more_silent = False
        self._broken: dict[FeedName, str] = {}
        self._sweep: Sweep | None = None
        self._nodes = False
        self._queried = False
        self._began = clock()
        self.flipped = False

    # NodeSink

    def measured(self, node: str, told: Told) -> None:
        self._sink.used(told.samples)
        if told.damaged:
            self._sink.missed(KUBELETS, "bad_answer")
            _LOG.debug("kubelet of %s: %d lines of volume statistics cannot be read", node, told.damaged)
        if self._silent.pop(node, None) is not None:
            self._say_back(node)
        if node not in self._asked.answering:
            self._asked.answering.add(node)
            self.flipped = True

    def failed(self, node: str, reason: AskReason, text: str) -> None:
        self._sink.missed(KUBELETS, reason)
        if node not in self._silent:
            self._say_silent(node, reason, text)
        self._silent[node] = text
        if node in self._asked.answering:
            self._asked.answering.discard(node)
            self.flipped = True

    def _say_silent(self, node: str, reason: AskReason, text: str) -> None:
        """The first few are named. A fleet that is lost must not fill the log, and holdfast_kubelets counts it."""
        if len(self._named) < _NAMED:
            self._named.add(node)
            _LOG.warning("usage: %s: %s", reason, text)
            return
        _LOG.debug("usage: %s: %s", reason, text)
        if not self._more_silent:
            self._more_silent = True
            _LOG.warning("usage: more kubelets do not answer; holdfast_kubelets counts them")

    def _say_back(self, node: str) -> None:
        if node in self._named:
            self._named.discard(node)
            _LOG.info("kubelet of %s answers again", node)
        if self._more_silent and not self._silent:
            self._more_silent = False
            _LOG.info("usage: all kubelets answer again")

    # the tasks

    async def keep_sweeping(self, spec: KubeletSpec, nodes: Callable[[], Sequence[NodeAddress]]) -> None:
        """Until cancelled."""
        async with Kubelets(spec, self._clock) as kubelets:
            self._let_go({node.name for node in nodes()})
            self._sweep = Sweep(kubelets.ask, self, concurrency=spec.concurrency, timeout=spec.timeout)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._sweep.run(nodes, spec.interval))
                group.create_task(self._keep_telling(nodes, spec))

    async def _keep_telling(self, nodes: Callable[[], Sequence[NodeAddress]], spec: KubeletSpec) -> None:
        """Says how the kubelets fare, once they had the time to answer."""
        while True:
            await asyncio.sleep(spec.timeout if self.looked else 1.0)
            self._let_go({node.name for node in nodes()})
            if (
                self._asked.answering or self._silent or self.looked
            ):  # else nobody was asked yet: 0 would be a lie
                self._sink.answering(len(self._asked.answering), len(self._silent))
            if self._asked.answering:
                self._sink.fared(KUBELETS, "")
            elif self._silent:
                first = min(self._silent)
                self._sink.fared(KUBELETS, f"none of {len(self._silent)} answers; {self._silent[first]}")
            elif self.looked:
                self._sink.fared(KUBELETS, "no node is known; see whether nodes may be listed")

    def _let_go(self, nodes: set[str]) -> None:
        """These are all nodes that there are."""
        self._nodes = bool(nodes)
        for gone in self._silent.keys() - nodes:
            del self._silent[gone]
        self._named &= nodes
        self._more_silent &= bool(self._silent)
        if self._asked.answering - nodes:
            self._asked.answering &= nodes
            self.flipped = True

    async def keep_querying(
        self, api: Prometheus, claims: Callable[[], Iterable[ClaimRef]], interval: float
    ) -> None:
        """Until cancelled: one round after another on a grid of the interval."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            found = ask_newest(api.query, claims(), api.spec.matchers, self._clock())
            self._queried |= (await self._heard(NEWEST, found)).any
            due += interval * (1 + max(0.0, loop.time() - due) // interval)
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def fill(self, api: Prometheus, claims: Mapping[ClaimRef, float]) -> bool:
        """Asks once for the weeks before of claims that were created then; whether all of that was told, so that nothing is to be asked for again."""
        found = backfill(api, claims, api.spec.matchers, self._clock(), SLOTS * STEP)
        return (await self._heard(PAST, found)).whole

    async def keep_saving(self, history: UsageHistory, store: UsageStore) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(_SAVE)
            await save(history, store, self._clock())

    @property
    def looked(self) -> bool:
        """Whether everybody was asked once, so that what was not measured is not measured."""
        waited = self._clock() - self._began > _PATIENCE
        swept = self._sweep is not None and self._sweep.looked.is_set()
        if self._asked.kubelets and not (swept or (waited and not self._nodes)):
            return False
        return self._queried or waited or not self._asked.queries

    async def _heard(self, asked: FeedName, answers: AsyncIterator[Found]) -> Heard:
        """Takes in all that is answered, and tells how it went; nothing is told where nothing was asked."""
        fault, answered, whole, any_ = "", False, True, False
        async for found in _guarded(answers):
            fault = await self._found(asked, found) or fault
            answered, any_ = True, any_ or found.error is None
            whole = whole and found.error is None and found.complete
        if answered:
            self._tell(asked, fault)
        return Heard(whole=whole, any=any_ or not answered)

    async def _found(self, asked: FeedName, found: Found) -> str:
        """Takes in what was found, and returns what was wrong with it."""
        for start in range(0, len(found.samples), _SLICE):
            self._sink.used(found.samples[start : start + _SLICE])
            await asyncio.sleep(0)
        if found.error is None:
            return ""
        self._sink.missed(asked, found.error.reason)
        return found.error.text

    def _tell(self, asked: FeedName, fault: str) -> None:
        if fault and asked not in self._broken:
            self._broken[asked] = fault
            _LOG.warning("%s %s: %s", *asked, fault)
        elif not fault and self._broken.pop(asked, None) is not None:
            _LOG.info("%s %s: answers again", *asked)
        self._sink.fared(asked, fault)


async def _guarded(answers: AsyncIterator[Found]) -> AsyncIterator[Found]:
    """A fault of ours in one round must not blind us for good, nor for what others tell."""
    try:
        async for found in answers:
            yield found
    except Exception as error:  # noqa: BLE001 - whatever it is; its words may quote what was read, its kind does not
        text = f"asking for usage failed ({type(error).__name__}); please report it"
        yield Found((), AskError("bad_answer", text))


async def save(history: UsageHistory, store: UsageStore, now: float) -> None:
    """Hands all that changed to the store, an hour at a time."""
    while (unsaved := history.unsaved(now)) is not None:
        store.save(unsaved)
        await asyncio.sleep(0)


def kubelet_of(node: Node, spec: KubeletSpec) -> NodeAddress | None:
    """Where the kubelet of this node listens; None where the node tells no address."""
    if not node.address:
        return None
    return NodeAddress(node.name, node.address, spec.port or node.port or KUBELET_PORT)


async def keep_measuring(
    live: Live, settings: Settings, selection: Selection, api: Prometheus | None, store: UsageStore | None
) -> None:
    """Asks whom these settings name, until cancelled. ``api`` is the open client of the API that they name."""
    usage, engine = settings.usage, live.engine
    asked = engine.gauges.asked
    asked.kubelets = usage.kubelet.enabled and selection.namespaces is None  # nodes belong to no namespace
    asked.queries = api is not None and usage.prometheus.enabled is not False
    asked.looked = not (asked.kubelets or asked.queries)
    asked.interval = max(
        usage.kubelet.interval if asked.kubelets else 0.0, usage.prometheus.interval if asked.queries else 0.0
    )
    spec = usage.kubelet.spec()

    def nodes() -> list[NodeAddress]:
        return [address for node in engine.facts.all(Node) if (address := kubelet_of(node, spec))]

    def claims() -> dict[ClaimRef, float]:
        return {claim.ref: claim.created for claim in engine.facts.all(Claim)}

    while not engine.complete:  # noqa: ASYNC110 - the engine knows no tasks
        await asyncio.sleep(_LOOK)  # before, neither all nodes are known nor whose samples these would be
    live.remind()
    measuring = Measuring(live, asked, live.clock)
    async with asyncio.TaskGroup() as group:
        if asked.kubelets:
            group.create_task(measuring.keep_sweeping(spec, nodes))
        if asked.kubelets and usage.ephemeral_interval is not None:
            summarising = Summarising(live, live.clock)
            group.create_task(summarising.keep_asking(spec, nodes, usage.ephemeral_interval))
        if api is not None and asked.queries:
            group.create_task(measuring.keep_querying(api, claims, usage.prometheus.interval))
        if api is not None and usage.history.backfill is not False:
            group.create_task(_keep_filling(live, measuring, api, claims))
        if store is not None:
            group.create_task(measuring.keep_saving(engine.gauges.history, store))
        group.create_task(_keep_reconsidering(live, measuring))


async def _keep_filling(
    live: Live, measuring: Measuring, api: Prometheus, claims: Callable[[], Mapping[ClaimRef, float]]
) -> None:
    """Until the weeks before are whole: an API that starts later than we do fills them as well."""
    wait = _AGAIN
    while not await measuring.fill(api, claims()):
        live.remind()
        await asyncio.sleep(wait)
        wait = min(2 * wait, _AGAIN_MOST)
    live.remind()


async def _keep_reconsidering(live: Live, measuring: Measuring) -> None:
    """A claim that nobody measures is one for another reason as soon as somebody answers, or no longer does."""
    while True:
        await asyncio.sleep(_LOOK)
        looked = measuring.looked
        if measuring.flipped or looked != live.engine.gauges.asked.looked:
            measuring.flipped = False
            live.reconsider(looked=looked)
