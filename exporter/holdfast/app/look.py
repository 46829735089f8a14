"""One complete look, at a cluster or at a folder, judged at one instant. For commands that print and end."""

import asyncio
import importlib
import logging
import time
from collections.abc import Collection
from pathlib import Path

import msgspec

from holdfast.app.compose import (
    FixedClock,
    Selection,
    make_engine,
    not_held,
    read_folder,
    read_statistics,
    remembered_from,
    select,
    usage_from,
)
from holdfast.app.engine import Engine
from holdfast.app.pricing import price_once
from holdfast.app.sharers import find_sharers
from holdfast.cluster.documents import FileError
from holdfast.history.usage import SLOTS, STEP
from holdfast.model.facts import Claim
from holdfast.model.identity import ClaimRef
from holdfast.settings import Settings
from holdfast.usage.prometheus import Prometheus
from holdfast.usage.volume_queries import ask_newest, backfill

_LOG = logging.getLogger("holdfast")
_PATIENCE = 90.0  # seconds; every feed names its state within 60


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where objects come from: the embedded example, a folder, or else a cluster."""

    demo: bool = False
    folder: Path | None = None
    kubeconfig: Path | None = None
    context: str | None = None
    history: Path | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """``errors`` are what of a folder could not be read; everything else was judged all the same."""

    engine: Engine
    now: float
    errors: tuple[FileError, ...] = ()


class LookError(Exception):
    """The look could not be taken; the text says place, fact and remedy."""


async def look(settings: Settings, origin: Origin, now: float | None) -> Look:
    """Reads everything once and judges it at ``now``, the present where that is None.

    Raises:
        LookError, StoreError, ConnectError: nothing could be judged.
    """
    selection = select(settings)
    instant = time.time() if now is None else now
    memory = remembered_from(origin.history, instant)
    engine = make_engine(settings, selection, memory, usage_from(origin.history, instant))
    errors: list[FileError] = []
    if origin.folder is not None:
        if not origin.folder.exists():
            raise LookError(f"{origin.folder}: no such folder; name one that holds dumped objects")
        dump = await read_folder(origin.folder, selection, FixedClock(engine, instant))
        engine.lookout.without(not_held(dump, selection))
        statistics, damage = read_statistics(dump.samples, settings, instant)
        engine.gauges.asked.queries = bool(dump.samples)
        engine.take_usage(statistics.samples, instant)
        if dump.samples and (statistics.samples or not damage):
            _say_unused(engine, {sample.claim for sample in statistics.samples})
        errors += [*dump.errors, *damage]
    else:
        await _read_cluster(engine, selection, origin, instant)
        await _ask_usage(engine, settings, instant)
        await price_once(engine, settings, instant)
    engine.judge(instant)
    engine.take_rooms(instant)
    find_sharers(engine, instant)
    engine.remind()
    while engine.foretell(instant):
        pass
    engine.judge(instant)
    unread = [health for health in engine.feeds if health.state in ("failing", "forbidden")]
    if len(unread) == len(tuple(engine.feeds)):
        raise LookError(f"nothing could be read: {unread[0].kind} is {unread[0].state}: {unread[0].message}")
    return Look(engine=engine, now=instant, errors=tuple(errors))


def _say_unused(engine: Engine, claims: Collection[ClaimRef]) -> None:
    """Without a word a report would look as if nobody measured anything."""
    if not claims:
        _LOG.warning(
            "usage: the files tell nothing of any volume; see docs/usage.md for the series that are read"
        )
    elif not any(engine.facts.get(Claim, *ref) for ref in claims):
        _LOG.warning(
            "usage: none of what the files tell (claims: %d, the first is %s) is among the objects; see whether both are of one "
            "cluster, whether claims were dumped, and which `namespaces` are configured",
            len(claims),
            "/".join(min(claims)),
        )


def load_client() -> None:
    """Imports the Kubernetes client, which takes a good part of a second; what reads no cluster needs none of it."""
    importlib.import_module("holdfast.cluster.connect")


async def _ask_usage(engine: Engine, settings: Settings, now: float) -> None:
    """Of the Prometheus-compatible API, where one is named. Kubelets are not asked: only a pod of ours may."""
    usage = settings.usage
    if settings.prometheus is None or usage.prometheus.enabled is False:
        return
    engine.gauges.asked.queries = True
    claims = {claim.ref: claim.created for claim in engine.facts.all(Claim)}
    async with Prometheus(settings.prometheus.spec()) as api:
        matchers = api.spec.matchers
        asked = [ask_newest(api.query, claims, matchers, now)]
        if usage.history.backfill is not False:
            asked.append(backfill(api, claims, matchers, now, SLOTS * STEP))
        for answers in asked:
            async for found in answers:
                engine.take_usage(found.samples, now)
                if found.error is not None:
                    _LOG.error("prometheus usage: %s", found.error.text)


async def _read_cluster(engine: Engine, selection: Selection, origin: Origin, now: float) -> None:
    from holdfast.cluster.connect import connect  # noqa: PLC0415 - the Kubernetes client is large, and a folder needs none
    from holdfast.cluster.watch import Cluster  # noqa: PLC0415 - the same

    async with await connect(kubeconfig=origin.kubeconfig, context=origin.context) as connection:
        cluster = Cluster(
            connection,
            selection.feeds,
            FixedClock(engine, now),
            namespaces=selection.namespaces,
            source_namespaces=selection.own_namespaces,
        )
        watching = asyncio.create_task(cluster.run())
        try:
            async with asyncio.timeout(_PATIENCE):
                while engine.waiting_for and not watching.done():  # noqa: ASYNC110 - the engine knows no tasks
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            waiting = ", ".join(f"{health.source} {health.kind}" for health in engine.waiting_for)
            raise LookError(
                f"{connection.server}: no first look within {_PATIENCE:g} s at {waiting}"
            ) from error
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
