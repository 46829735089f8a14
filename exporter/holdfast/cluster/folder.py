"""The same as a live cluster, over a folder of dumped objects: one look, then nothing moves.

Here belongs who wants which object, and which of two objects of one name counts. Syntax is in ``documents``,
which files there are in ``files``.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from holdfast.cluster.decode import UNREADABLE, Bad, key_of
from holdfast.cluster.documents import FileError, Found, read_file
from holdfast.cluster.files import ENDINGS, files_under, printable
from holdfast.cluster.scope import EVERYWHERE, Scope
from holdfast.cluster.timing import Timing, Turns
from holdfast.model.feed import Feed, Sink
from holdfast.model.identity import ObjectKey

log = logging.getLogger("holdfast.cluster")

_PLAIN_GROUPS = frozenset({"", "apps"})  # their kinds are known by name alone

_Kind = tuple[str, str]


class Dump(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder held beside the objects that were handed over.

    Kinds are qualified by their group outside the core and apps groups: ``Pod``, ``Backup.velero.io``.
    ``skipped`` counts the objects of kinds that no feed reads; ``seen`` are the kinds read that had an
    object, decodable or not; ``duplicates`` says which of two objects of one name counts; ``samples`` are
    the files of volume statistics, left to others.
    """

    errors: tuple[FileError, ...]
    skipped: Mapping[str, int]
    seen: frozenset[str]
    duplicates: tuple[str, ...]
    samples: tuple[Path, ...]


class _Held(NamedTuple):
    file: str
    version: int
    objects: dict[type[Any], Any]  # by shape; Bad where it does not decode


def qualified(group: str, kind: str) -> str:
    return kind if group in _PLAIN_GROUPS else f"{kind}.{group}"


class Folder:
    """``path`` may be a single file. Namespaces as for the live cluster: one configuration, one meaning."""

    def __init__(
        self,
        path: Path,
        feeds: Collection[Feed],
        sink: Sink,
        *,
        namespaces: Collection[str] | None = None,
        source_namespaces: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._path = path
        self._sink = sink
        self._scope = Scope(namespaces, source_namespaces)
        self._feeds = sorted(feeds, key=lambda feed: feed.id)
        self._shapes: dict[_Kind, set[type[Any]]] = {}
        for feed in self._feeds:
            self._shapes.setdefault(_kind(feed), set()).add(feed.shape)
        self._declared = {feed.shape: feed.resource for feed in self._feeds if feed.resource.declared}
        self._held: dict[_Kind, dict[ObjectKey, _Held]] = {}
        self._errors: list[FileError] = []
        self._skipped: dict[str, int] = {}
        self._duplicates: list[str] = []
        self._turns = Turns(Timing().slice)

    async def run(self) -> Dump:
        """Reads everything, hands it over in the order of source, kind, namespace and name, and ends."""
        for feed in self._feeds:
            self._sink.state(feed, "starting")
        files = await asyncio.to_thread(files_under, self._path)
        self._errors += files.errors
        for path in files.objects:
            await self._read(path)
        for feed in self._feeds:
            await self._deliver(feed)
        for message in self._duplicates:
            log.warning("%s", message)
        if files.unread:
            log.warning(
                "files that are passed over: %d, the first is %s; unpack what is compressed, and let names end in one of %s",
                len(files.unread),
                printable(files.unread[0]),
                ENDINGS,
            )
        return Dump(
            errors=tuple(self._errors),
            skipped=dict(sorted(self._skipped.items())),
            seen=frozenset(qualified(*kind) for kind in self._held),
            duplicates=tuple(self._duplicates),
            samples=tuple(files.samples),
        )

    async def _read(self, path: Path) -> None:
        name = printable(path)
        found, errors = await asyncio.to_thread(read_file, path, name)
        self._errors += errors
        await self._turns.spread(found, lambda each: self._keep(each, name))

    def _keep(self, found: Found, file: str) -> None:
        kind = (found.group, found.kind)
        if kind not in self._shapes:
            name = qualified(*kind)
            self._skipped[name] = self._skipped.get(name, 0) + 1
            return
        held = self._held.setdefault(kind, {})
        key = key_of(found.meta)
        if not key.name:
            self._errors.append(
                FileError(file=file, line=found.line, message=f"a {found.kind} without a name")
            )
            return
        version = _version(found.meta.resourceVersion)
        before = held.get(key)
        if before is not None and not self._replaces(f"{found.kind} {_place(key)}", before, (file, version)):
            return
        held[key] = _Held(file, version, self._decode(found, key, file))

    def _replaces(self, name: str, before: _Held, now: tuple[str, int]) -> bool:
        """The newer of two of one name counts, the one read last where neither is newer."""
        file, version = now
        newer = version >= before.version
        counts, other = (file, before.file) if newer else (before.file, file)
        self._duplicates.append(f"{name} stands twice: the one in {counts} counts, not the one in {other}")
        return newer

    def _decode(self, found: Found, key: ObjectKey, file: str) -> dict[type[Any], Any]:
        objects: dict[type[Any], Any] = {}
        failed = ""
        for shape in self._shapes[(found.group, found.kind)]:
            try:
                objects[shape] = self._decoded(found, shape)
            except UNREADABLE as error:
                failed = str(error)
                objects[shape] = Bad(key, failed)
        if failed:
            message = f"{found.kind} {_place(key)} cannot be decoded: {failed}"
            self._errors.append(FileError(file=file, line=found.line, message=message))
        return objects

    def _decoded(self, found: Found, shape: type[Any]) -> Any:
        """Of a kind that an owner told of only the versions that were told: what stands elsewhere in another is unknown.

        Raises one of UNREADABLE.
        """
        resource = self._declared.get(shape)
        if resource and found.version not in resource.versions:
            told = " or ".join(resource.versions)
            raise msgspec.ValidationError(
                f"its version is {found.version[:60]}, and {resource.declared} tells of {told}"
            )
        return found.decode(shape)

    async def _deliver(self, feed: Feed) -> None:
        scope = self._scope.of(feed)
        if not scope:
            self._sink.state(feed, "out_of_scope")
            return
        held = self._held.get(_kind(feed), {})
        keys = sorted(key for key in held if scope == EVERYWHERE or key.namespace in scope)
        await self._turns.spread(keys, lambda key: self._hand_over(feed, key, held[key].objects[feed.shape]))
        self._sink.alive(feed)
        self._sink.state(feed, "up")

    def _hand_over(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        if isinstance(obj, Bad):
            self._sink.error(feed, "decode")
            self._sink.undecodable(feed, key, obj.error)
        else:
            self._sink.put(feed, key, obj)


def _kind(feed: Feed) -> _Kind:
    return (feed.resource.group, feed.kind)


def _version(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 20 else -1


def _place(key: ObjectKey) -> str:
    return "/".join(part for part in key if part)
