"""The web configuration in force: read at the start and when one of its files changes, kept when that fails.

How the file is written belongs to settings; what is done with it to ``tls``, ``auth`` and ``gate``.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from holdfast.http.tls import ServerContext, Tls, files, server_context

log = logging.getLogger(__name__)

_ATTEMPTS = 3  # the first may find that other files are named, the second that one of them changed meanwhile


class Http(Protocol):
    @property
    def headers(self) -> Mapping[str, str]: ...


class WebConfig(Protocol):
    """The file of the exporter toolkit, checked."""

    @property
    def tls_server_config(self) -> Tls | None: ...
    @property
    def http_server_config(self) -> Http: ...
    @property
    def basic_auth_users(self) -> Mapping[str, str]: ...


class WebFile(msgspec.Struct, frozen=True, kw_only=True):
    """``load`` reads and checks the file; it raises ValueError with a text for people."""

    path: Path
    load: Callable[[Path], WebConfig]


@dataclass(frozen=True, kw_only=True)
class InForce:
    """One state of the web configuration, never changed. Empty users: no password is asked for."""

    users: Mapping[str, str]
    headers: Mapping[str, str]
    tls: ServerContext | None


PLAIN = InForce(users={}, headers={}, tls=None)


class WebWatch:
    """Holds what is in force. Only ``watch`` changes it after the start."""

    def __init__(self, file: WebFile | None, reader: Executor) -> None:
        self._file = file
        self._reader = reader
        self._files: tuple[Path, ...] = (file.path,) if file else ()
        self._tried = b""  # digest of the files that were read last, in success or not
        self._before = b""  # digest at the look before
        self.current = PLAIN

    async def start(self) -> None:
        """The first look. Raises ValueError where the files cannot serve."""
        if self._file:
            self.current = await self._read(self._file)

    async def watch(self, poll: float) -> None:
        """Looks at the files every ``poll`` seconds, for ever."""
        while self._file:
            await asyncio.sleep(poll)
            try:
                await self.look()
            except Exception:  # a watch that ended would go unnoticed until certificates expire
                log.exception("web configuration: could not be looked at; will try again")

    async def look(self) -> None:
        """Takes files that stand as at the look before: one half written may read as one without users."""
        if not self._file:
            return
        seen = await asyncio.get_running_loop().run_in_executor(self._reader, _digest, self._files)
        settled, self._before = seen == self._before, seen
        if settled and seen != self._tried:
            await self._take(self._file)

    async def _take(self, file: WebFile) -> None:
        try:
            fresh = await self._read(file)
        except ValueError as error:
            _keep(str(error))
            return
        if (fresh.tls is None) != (self.current.tls is None):
            change = "removed" if fresh.tls is None else "added"
            _keep(f"{file.path}: tls_server_config was {change}; restart for that to take effect")
            return
        self.current = fresh
        log.info("web configuration: %s or a file that it names changed and was read again", file.path)

    async def _read(self, file: WebFile) -> InForce:
        return await asyncio.get_running_loop().run_in_executor(self._reader, self._read_whole, file)

    def _read_whole(self, file: WebFile) -> InForce:
        """All files as they stand together. Raises ValueError."""
        for _ in range(_ATTEMPTS):
            names = self._files
            self._tried = _digest(names)
            try:
                read = self._build(file)
            except ValueError:
                if self._files == names:
                    raise
                continue
            if self._files == names and _digest(names) == self._tried:
                return read
        raise ValueError(f"{file.path}: it or a file that it names changed while it was read; will try again")

    def _build(self, file: WebFile) -> InForce:
        config = file.load(file.path)
        tls = config.tls_server_config
        self._files = (file.path, *(files(tls) if tls else ()))
        return InForce(
            users=dict(config.basic_auth_users),
            headers={name: value for name, value in config.http_server_config.headers.items() if value},
            tls=server_context(tls) if tls else None,
        )


def _keep(why: str) -> None:
    log.error("web configuration: what was read before stays in force. %s", why)


def _digest(paths: tuple[Path, ...]) -> bytes:
    """Of the contents: times and inodes miss changes within one tick and files that are mounted anew."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            content = path.read_bytes()
        except OSError as error:
            content = repr(error.errno).encode()
        digest.update(hashlib.sha256(content).digest())
    return digest.digest()
