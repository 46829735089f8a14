"""The exporter as it runs: cluster or folder in, http out, history beside it. Owns every task and ends them all."""

import asyncio
import gc
import logging
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from holdfast.app.compose import (
    HISTORY_FILE,
    USAGE_FILE,
    Selection,
    make_engine,
    not_held,
    read_folder,
    read_statistics,
    remembered_from,
    select,
    usage_from,
)
from holdfast.app.demonstrate import demonstrate
from holdfast.app.live import Live
from holdfast.app.look import Origin, load_client
from holdfast.app.loop import LoopWatch
from holdfast.app.measuring import keep_measuring, save
from holdfast.app.pricing import keep_pricing, say_unpriced
from holdfast.app.probing import keep_probing, say_unasked
from holdfast.history.memory import SEEN_FOR, Memory
from holdfast.history.store import Store, StoreError
from holdfast.history.usage import Saved, UsageHistory
from holdfast.history.usage_store import UsageStore
from holdfast.http.server import Bound, HttpOptions, serve_http
from holdfast.model.facts import Claim
from holdfast.model.observation import Observation
from holdfast.settings import Settings
from holdfast.usage.prometheus import Prometheus

_LOG = logging.getLogger("holdfast")
_POLL = 5.0  # seconds between two looks at how the store fares
_HEARTBEAT = 60.0  # seconds between two notes that we are watching
_PRUNE = 86400.0  # seconds between two prunings of what lasts
_SLICE = 500  # samples taken in at once: some milliseconds
_UNCOLLECTED = 120.0  # seconds at the most without garbage collection
_FORGET_AFTER = 30 * 86400.0  # seconds that the notes of a subject which is gone are kept


class Stores(NamedTuple):
    """The local stores: what objects will forget, and usage. They lie in one folder, and work or fail together."""

    notes: Store
    usage: UsageStore


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """``now`` fixes the clock, for a folder. ``started`` is told the real addresses once they listen.

    ``watch`` is that of the loop which this runs on.
    """

    origin: Origin
    http: HttpOptions
    now: float | None = None
    revision: str = ""
    started: Callable[[Bound], None] = lambda _: None
    watch: LoopWatch | None = None


async def serve(settings: Settings, options: ServeOptions) -> None:
    """Runs until the process is asked to end."""
    if not options.origin.demo and options.origin.folder is None:
        load_client()  # now, while nobody waits for an answer
    selection = select(settings)
    fixed = options.now
    clock = time.time if fixed is None else lambda: fixed
    async with _history(settings, options.origin, clock) as (stores, memory, history):
        engine = make_engine(settings, selection, memory, history)
        if stores is not None:
            engine.remember = stores.notes.add
        live = Live(
            engine,
            config_hash=settings.config_hash,
            revision=options.revision,
            clock=clock,
        )
        if options.watch is not None:
            options.watch.observe = live.loop_held
        _show(live, stores)
        for source in selection.disabled:
            live.switched_off(source)
        async with serve_http(live, options.http, live.measures) as bound:
            _say_where(bound)
            options.started(bound)
            await _run(live, stores, selection, options.origin, settings)


def _say_where(bound: Bound) -> None:
    _LOG.info("listening on %s", ", ".join(map(str, bound.listen)))
    if bound.probe is not None:
        _LOG.info("listening for probes on %s", bound.probe)


async def _run(
    live: Live, stores: Stores | None, selection: Selection, origin: Origin, settings: Settings
) -> None:
    """All work beside http, until a signal; whatever fails ends the others and is raised."""
    gc.disable()  # until the first judgement is whole: collections over a growing heap would hold the loop
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.call_later(_UNCOLLECTED, gc.enable)  # retries at a server that cannot be reached leave cycles behind
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(live.keep_judged()),
                group.create_task(live.keep_foretelling()),
                group.create_task(_read(live, selection, origin, settings)),
                group.create_task(_keep_history(live, stores)),
            ]
            if not origin.demo and origin.folder is None:
                tasks.append(group.create_task(_keep_asking(live, settings, selection, stores)))
            else:
                say_unasked(settings)
                say_unpriced(settings)
            await stop.wait()
            for task in tasks:
                task.cancel()
    finally:
        gc.enable()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


async def _read(live: Live, selection: Selection, origin: Origin, settings: Settings) -> None:
    if origin.demo:
        await demonstrate(selection.feeds, live, live.clock)
    if origin.folder is not None:
        await _read_folder(live, selection, origin.folder, settings)
        return
    from holdfast.cluster.connect import connect  # noqa: PLC0415 - the Kubernetes client is large, and a folder needs none
    from holdfast.cluster.watch import Cluster  # noqa: PLC0415 - the same

    async with await connect(kubeconfig=origin.kubeconfig, context=origin.context) as connection:
        cluster = Cluster(
            connection,
            selection.feeds,
            live,
            namespaces=selection.namespaces,
            source_namespaces=selection.own_namespaces,
            discovered=live.offered,
        )
        await cluster.run()


async def _keep_asking(live: Live, settings: Settings, selection: Selection, stores: Stores | None) -> None:
    """Asks for usage and how replication goes: kubelets, databases, and the Prometheus-compatible API that is named."""
    async with AsyncExitStack() as stack:
        api = None
        if settings.prometheus is not None:
            api = await stack.enter_async_context(Prometheus(settings.prometheus.spec()))
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_probing(settings, api, live, live.clock))
            group.create_task(keep_pricing(settings, api, live, live.clock))
            group.create_task(
                keep_measuring(live, settings, selection, api, stores.usage if stores else None)
            )


async def _read_folder(live: Live, selection: Selection, folder: Path, settings: Settings) -> None:
    asked = live.engine.gauges.asked
    asked.queries, asked.looked = True, False  # until it is known whether the folder tells of usage
    dump = await read_folder(folder, selection, live)
    live.engine.lookout.without(not_held(dump, selection))
    read, damage = await asyncio.to_thread(read_statistics, dump.samples, settings, live.clock())
    for start in range(0, len(read.samples), _SLICE):
        live.used(read.samples[start : start + _SLICE])
        await asyncio.sleep(0)
    asked.queries = bool(dump.samples)
    live.reconsider(looked=True)
    live.remind()
    for error in (*dump.errors, *damage):
        _LOG.error(
            "%s: %s", error.file if error.line is None else f"{error.file}:{error.line}", error.message
        )


async def _keep_history(live: Live, stores: Stores | None) -> None:
    """Shows how the stores fare, and keeps in them and in memory what may be wanted again."""
    if stores is None:
        return
    store = stores.notes
    noting = pruning = time.monotonic()
    while True:
        await asyncio.sleep(_POLL)
        _show(live, stores)
        if not live.engine.complete:
            continue
        instant, now = time.monotonic(), live.clock()
        if instant >= noting:
            noting = instant + _HEARTBEAT
            _note(live, store, now)
        if instant >= pruning:
            pruning = instant + _PRUNE
            live.engine.memory.prune(now - SEEN_FOR)
            store.prune(now - SEEN_FOR)


def _show(live: Live, stores: Stores | None) -> None:
    if stores is None:
        live.wrote(None, persistent=False)
        return
    writes = [store.last_write for store in stores if store.last_write is not None]
    live.wrote(max(writes, default=None), persistent=all(store.working for store in stores))


def _note(live: Live, store: Store, now: float) -> None:
    """Notes that we are watching, and forgets whom nobody asks for any more."""
    if live.engine.sight.pods:  # idle time is carried on from this note: nobody can have used a claim unseen
        store.add(Observation("alive", "", now))
    gone = list(_forgotten(live, now))
    if gone:
        live.engine.memory.forget(gone)
        store.forget(gone)


def _forgotten(live: Live, now: float) -> Iterable[str]:
    """Claims that are gone and of which nothing was noted for a long time."""
    if not live.engine.sight.claims:
        return
    living = {claim.uid for claim in live.engine.facts.all(Claim)}
    for uid, newest in live.engine.memory.newest_by_claim().items():
        if uid not in living and now - newest > _FORGET_AFTER:
            yield uid


@asynccontextmanager
async def _history(
    settings: Settings, origin: Origin, clock: Callable[[], float]
) -> AsyncIterator[tuple[Stores | None, Memory, UsageHistory]]:
    """The local stores, or memory alone where there is no place that can be written."""
    if origin.demo or origin.folder is not None:
        yield None, remembered_from(origin.history, clock()), usage_from(origin.history, clock())
        return
    folder = Path(settings.history.path) if settings.history.path else default_state_folder()
    stores = await _opened(folder)
    usage = UsageHistory.resumed(stores.usage.take() if stores else Saved(), clock(), keep="max")
    try:
        yield stores, Memory.resumed(stores.notes.take() if stores else (), clock()), usage
    finally:
        if stores is not None:
            await save(usage, stores.usage, clock())
            for store in stores:
                await asyncio.to_thread(store.close)


async def _opened(folder: Path) -> Stores | None:
    notes: Store | None = None
    try:
        notes = await asyncio.to_thread(Store, folder / HISTORY_FILE)
        return Stores(notes, await asyncio.to_thread(UsageStore, folder / USAGE_FILE))
    except StoreError as error:
        _LOG.warning("history is kept in memory only, and ends with this process: %s", error)
        if notes is not None:
            await asyncio.to_thread(notes.close)
        return None


def default_state_folder() -> Path:
    """``$XDG_STATE_HOME/holdfast``, by the base directory specification."""
    home = os.environ.get("XDG_STATE_HOME", "")
    return (Path(home) if home.startswith("/") else Path.home() / ".local" / "state") / "holdfast"
