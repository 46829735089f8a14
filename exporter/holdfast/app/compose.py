"""From a configuration to the parts that it asks for: which sources, which feeds, where from, with what memory."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from holdfast.app.engine import Engine
from holdfast.cluster.documents import FileError
from holdfast.cluster.folder import Dump, Folder, qualified
from holdfast.history.memory import Memory
from holdfast.history.store import read_observations
from holdfast.history.usage import UsageHistory
from holdfast.history.usage_store import read_usage
from holdfast.metrics.catalogue import FAMILIES
from holdfast.model.check import CHECKS
from holdfast.model.feed import Feed, FeedError, FeedState, Sink
from holdfast.model.identity import ObjectKey
from holdfast.settings import Known, Settings, load_settings
from holdfast.sources.contract import Source
from holdfast.sources.generic import build_generic
from holdfast.sources.table import SOURCES
from holdfast.usage.text import Samples, read_samples

HISTORY_FILE, USAGE_FILE = "history.sqlite", "usage.sqlite"
"""The stores in the folder ``history.path``: what objects forget, and usage."""


def known_names() -> Known:
    """What a configuration may name."""
    return Known(
        sources=tuple(source.name for source in SOURCES),
        checks=tuple(CHECKS),
        limits=frozenset(check.id for check in CHECKS.values() if check.limit is not None),
        families=tuple(family.name for family in FAMILIES),
    )


def read_settings(paths: Sequence[Path]) -> Settings:
    """The configuration of these files.

    Raises:
        SettingsError: what is wrong with them, all at once.
    """
    return load_settings(paths, known_names())


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The sources of a configuration. ``namespaces`` None: the whole cluster."""

    enabled: tuple[Source, ...]
    disabled: tuple[Source, ...]
    namespaces: tuple[str, ...] | None
    own_namespaces: Mapping[str, Sequence[str]]

    @property
    def feeds(self) -> tuple[Feed, ...]:
        return tuple(feed for source in self.enabled for feed in source.feeds)


def select(settings: Settings) -> Selection:
    enabled = tuple(source for source in SOURCES if settings.source(source.name).enabled)
    generic = [entry.spec() for entry in settings.generic_sources]
    own = {source.name: settings.source(source.name).namespaces for source in enabled}
    own.update((spec.name, spec.namespaces) for spec in generic)
    return Selection(
        enabled=(*enabled, *map(build_generic, generic)),
        disabled=tuple(source for source in SOURCES if source not in enabled),
        namespaces=settings.namespaces or None,
        own_namespaces={name: namespaces for name, namespaces in own.items() if namespaces},
    )


class FixedClock(Sink):
    """Puts the engine behind a ``Sink`` whose every call happens at one instant."""

    def __init__(self, engine: Engine, now: float) -> None:
        self._engine = engine
        self._now = now

    def put(self, feed: Feed, key: ObjectKey, obj: object) -> None:
        self._engine.put(feed, key, obj)

    def drop(self, feed: Feed, key: ObjectKey) -> None:
        self._engine.drop(feed, key)

    def undecodable(self, feed: Feed, key: ObjectKey, error: str) -> None:  # noqa: ARG002 - as the protocol names it
        self._engine.undecodable(feed, key)

    def alive(self, feed: Feed) -> None:
        self._engine.alive(feed, self._now)

    def state(self, feed: Feed, state: FeedState, message: str = "") -> None:
        self._engine.state(feed, state, message, self._now)

    def error(self, feed: Feed, reason: FeedError) -> None:
        """One look has no rate of errors; what failed stands in the feed's state."""


async def read_folder(path: Path, selection: Selection, sink: Sink) -> Dump:
    """One look at a folder of dumped objects.

    A backup tool, a snapshot or a workload of which it holds nothing counts as looked at and empty. The cluster's own
    kinds do not: a dump without pods says nothing about pods.
    """
    folder = Folder(
        path,
        selection.feeds,
        sink,
        namespaces=selection.namespaces,
        source_namespaces=selection.own_namespaces,
    )
    dump = await folder.run()
    for feed in not_held(dump, selection):
        if feed.kind in _MUST_BE_SEEN:
            sink.state(feed, "out_of_scope", "the folder holds none")
    return dump


def not_held(dump: Dump, selection: Selection) -> list[Feed]:
    """The feeds of the cluster's own kinds of which the folder holds no object."""
    own = (feed for feed in selection.feeds if feed.source in _OWNERS)  # others only look at these kinds
    return [feed for feed in own if qualified(feed.resource.group, feed.kind) not in dump.seen]


_OWNERS = ("core", "csi-snapshot")
_MUST_BE_SEEN = frozenset(
    {
        "PersistentVolumeClaim",
        "PersistentVolume",
        "Pod",
        "StorageClass",
        "Node",
        "VolumeAttachment",
        "PodDisruptionBudget",
        "CSINode",
        "CSIDriver",
        "VolumeSnapshot",
        "VolumeSnapshotContent",
    }
)


def remembered_from(path: Path | None, now: float) -> Memory:
    """What the store at ``path`` remembers, for one that begins to look now and writes nothing; None: nothing.

    Raises:
        StoreError: the file cannot be read.
    """
    return Memory() if path is None else Memory.resumed(read_observations(path), now)


def usage_from(path: Path | None, now: float) -> UsageHistory:
    """The usage in the store that stands beside the one at ``path``; empty where there is none.

    Raises:
        StoreError: the file cannot be read.
    """
    file = path.with_name(USAGE_FILE) if path is not None else None
    if file is None or not file.exists():
        return UsageHistory(keep="max")
    return UsageHistory.resumed(read_usage(file), now, keep="max")


def read_statistics(paths: Sequence[Path], settings: Settings, now: float) -> tuple[Samples, list[FileError]]:
    """The volume statistics of these files, and what of them could not be read."""
    read = read_samples(paths, now, settings.cluster.name)
    errors = [FileError(file=file, line=line, message=message) for file, line, message in read.damage]
    return read, errors


def make_engine(
    settings: Settings,
    selection: Selection,
    memory: Memory | None = None,
    history: UsageHistory | None = None,
) -> Engine:
    return Engine(selection.enabled, settings.policy(), memory=memory, history=history)
