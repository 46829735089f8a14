"""Rook: pools and file systems that Ceph mirrors to another cluster. It holds no copies.

Ceph tells how healthy mirroring is and never how far behind: lag is unknown here, and known per volume by way of
csi-addons. What it told stands only as long as Rook goes on asking it.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from holdfast.model.facts import Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TOUCH_SOURCE, ObjectRef, ReplicationKey, Touch
from holdfast.model.replication import Health, Replication
from holdfast.sources.contract import Source
from holdfast.sources.replicated import Told
from holdfast.sources.shapes import Metadata, Shape, given, shared
from holdfast.sources.values import parse_go_duration, parse_time
from holdfast.sources.words import strange_word

NAME = "rook"
GROUP = "ceph.rook.io"

_EVERY = 60.0  # seconds between two checks where nobody sets it
_CHECKS = 5.0  # checks that may be missed before what the last one told is no longer believed
_LEAST = 600.0  # seconds that it is believed in any case


class Mirroring(Shape):
    """Of a pool and of a file system; a namespace of a pool has it only where it is mirrored."""

    enabled: bool | None = None


class Check(Shape):
    interval: str | None = None


class StatusCheck(Shape):
    mirror: Check | None = None


class PoolSpec(Shape):
    mirroring: Mirroring | None = None
    status_check: StatusCheck | None = None
    block_pool_name: str | None = None


class Summary(Shape, rename=None):
    """Spelled as Ceph spells it."""

    health: str | None = None
    daemon_health: str | None = None
    image_health: str | None = None
    group_health: str | None = None


class PoolMirroring(Shape):
    """``details``, which tell why a check failed, stay unread: then there is no summary."""

    last_checked: str | None = None
    summary: Summary | None = None


class PoolStatus(Shape):
    mirroring_status: PoolMirroring | None = None


class PoolObject(Shape):
    """A pool, or a namespace of one."""

    metadata: Metadata
    spec: PoolSpec | None = None
    status: PoolStatus | None = None


class Stats(Shape, rename=None):
    failure_count: int | None = None
    recovery_count: int | None = None


class Peer(Shape):
    stats: Stats | None = None


class MirroredFilesystem(Shape, rename=None):
    directory_count: int | None = None
    peers: list[Peer | None] | None = None


class Daemon(Shape):
    filesystems: list[MirroredFilesystem | None] | None = None


class FilesystemMirroring(Shape):
    last_checked: str | None = None
    daemons_status: list[Daemon | None] | None = None


class FilesystemStatus(Shape):
    mirroring_status: FilesystemMirroring | None = None


class FilesystemObject(Shape):
    metadata: Metadata
    spec: PoolSpec | None = None
    status: FilesystemStatus | None = None


class Mirror(Told, frozen=True, kw_only=True, gc=False):
    """What one object tells of its mirroring. ``pool`` is that of a namespace."""

    kind: str
    pool: str

    @property
    def key(self) -> tuple[str, ...]:
        return (self.kind, self.replication.id.namespace, self.replication.id.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("replication", *self.replication.id),)


class Pace(Fact, frozen=True, kw_only=True, gc=False):
    """For how many seconds a check of the pool is believed, apart from ``Mirror`` since its namespaces go by it too."""

    namespace: str
    pool: str
    holds: float

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.pool)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_SOURCE, (NAME,)),)


Verdict = tuple[Health, str, str]
"""The health, why, and a word that is not known to us."""


def read_pool(pool: PoolObject) -> tuple[Fact, ...]:
    mirroring, metadata = pool.spec.mirroring if pool.spec else None, pool.metadata
    if not mirroring or not mirroring.enabled:
        return ()
    pace = Pace(namespace=metadata.namespace, pool=shared(metadata.name), holds=_holds(pool.spec))
    return (*_read(pool, "CephBlockPool"), pace)


def read_namespace(namespace: PoolObject) -> tuple[Fact, ...]:
    mirrored = namespace.spec is not None and namespace.spec.mirroring is not None
    return _read(namespace, "CephBlockPoolRadosNamespace") if mirrored else ()


def _read(pool: PoolObject, kind: str) -> tuple[Fact, ...]:
    status = (pool.status.mirroring_status if pool.status else None) or PoolMirroring()
    verdict = _summary(status.summary)
    return _mirror(kind, pool.metadata, pool.spec, status.last_checked, verdict)


def read_filesystem(filesystem: FilesystemObject) -> tuple[Fact, ...]:
    mirroring = filesystem.spec.mirroring if filesystem.spec else None
    if not mirroring or not mirroring.enabled:
        return ()
    status = (filesystem.status.mirroring_status if filesystem.status else None) or FilesystemMirroring()
    verdict = _daemons(given(status.daemons_status))
    return _mirror("CephFilesystem", filesystem.metadata, filesystem.spec, status.last_checked, verdict)


_WORDS: dict[str, tuple[Health, str]] = {
    "ERROR": ("broken", "Ceph reports errors"),
    "WARNING": ("degraded", "Ceph warns"),
    "UNKNOWN": ("unknown", "Ceph does not know"),
    "OK": ("healthy", ""),
}
"""The worst first, as Ceph has it."""


def _summary(summary: Summary | None) -> Verdict:
    """The worst of its words: the overall one does not hide that of a part."""
    summary = summary or Summary()
    told = (summary.health, summary.daemon_health, summary.image_health, summary.group_health)
    words = [word for word in told if word]
    strange = next((strange for word in words if (strange := strange_word(word, _WORDS))), "")
    worst = next((word for word in _WORDS if word in words), "UNKNOWN")
    if strange and worst in ("UNKNOWN", "OK"):
        return "unknown", "Ceph's word for it is not known", strange
    return (*_WORDS[worst], strange)


def _daemons(daemons: Iterable[Daemon]) -> Verdict:
    """A directory that fails is counted once, and once more when it has recovered."""
    mirrored = [each for daemon in daemons for each in given(daemon.filesystems)]
    stats = [peer.stats or Stats() for each in mirrored for peer in given(each.peers)]
    if not stats:
        return "unknown", "no mirror daemon tells of a peer", ""
    if any(each.failure_count is None for each in stats):
        return "unknown", "a peer tells no counts", ""
    if any((each.failure_count or 0) > (each.recovery_count or 0) for each in stats):
        return "degraded", "directories cannot be mirrored", ""
    if not any(each.directory_count for each in mirrored):
        return "unknown", "no directory is mirrored", ""
    return "healthy", "", ""


def _mirror(
    kind: str, metadata: Metadata, spec: PoolSpec | None, checked: str | None, verdict: Verdict
) -> tuple[Fact, ...]:
    """What bears no date cannot be believed: it may be of last year."""
    if metadata.deleting_since is not None:
        return ()
    health, why, strange = verdict
    measured = parse_time(checked)
    replication = Replication(
        id=ReplicationKey(NAME, metadata.namespace, shared(metadata.name), ""),
        health="unknown" if measured is None else health,
        why="it has not been checked" if measured is None else why,
        evidence=ObjectRef(f"{kind}.{GROUP}", metadata.namespace, shared(metadata.name)),
        measured=measured,
        holds=_holds(spec),
        judged=False,
        strange=strange,
    )
    return (Mirror(replication=replication, kind=kind, pool=(spec.block_pool_name if spec else None) or ""),)


def _holds(spec: PoolSpec | None) -> float:
    check = spec.status_check.mirror if spec and spec.status_check else None
    every = (parse_go_duration(check.interval) if check else None) or _EVERY
    return max(_CHECKS * every, _LEAST)


def replication(key: ReplicationKey, facts: Facts) -> Replication | None:
    """Of several kinds of one name the worst speaks for all, and of these the one that was checked longest ago."""
    mirrors = [_as_checked(mirror, facts) for mirror in facts.linked(Mirror, "replication", *key)]
    worst = [health for health, _ in _WORDS.values()]
    return min(mirrors, key=lambda each: (worst.index(each.health), each.measured or 0.0), default=None)


def _as_checked(mirror: Mirror, facts: Facts) -> Replication:
    """A namespace is checked as often as its pool."""
    told = mirror.replication
    pace = facts.get(Pace, told.id.namespace, mirror.pool) if mirror.pool else None
    return msgspec.structs.replace(told, holds=pace.holds) if pace else told


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group=GROUP, versions=("v1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    tells=frozenset({"replication"}),
    feeds=(
        _feed("cephblockpools", "CephBlockPool", PoolObject, read_pool),
        _feed("cephblockpoolradosnamespaces", "CephBlockPoolRadosNamespace", PoolObject, read_namespace),
        _feed("cephfilesystems", "CephFilesystem", FilesystemObject, read_filesystem),
    ),
    replication=replication,
)
