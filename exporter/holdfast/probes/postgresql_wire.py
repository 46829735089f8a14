"""As much of PostgreSQL's protocol 3 as a few questions need: TLS, authentication, simple queries.
https://www.postgresql.org/docs/current/protocol.html

Here belong messages, each of bounded size. What is asked belongs to postgresql.
"""

import asyncio
import hashlib
import ssl
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import msgspec

from holdfast.probes.scram import MECHANISM, Scram, ScramError

_LONGEST = 1024 * 1024  # bytes of a message; a thousand standbys fit
_MOST_ROWS = 10_000
_TLS = struct.pack("!ii", 8, 80877103)
_PROTOCOL = 196608  # 3.0


class WireError(Exception):
    """What comes is not PostgreSQL's protocol."""


class NoTlsError(Exception):
    """The server declines TLS."""


class AuthError(Exception):
    """The server authenticates in no way that this client follows; the text says which."""


class RefusedError(Exception):
    """The server's refusal. ``code`` is its SQLSTATE; its words are left out, for they may quote."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """Where and as whom. ``tls`` None speaks plain text."""

    host: str
    port: int
    user: str
    database: str
    password: str
    tls: ssl.SSLContext | None = None

    def __repr__(self) -> str:
        return f"Login(host={self.host!r}, port={self.port!r}, user={self.user!r})"


class Wire:
    """One session. Raises this module's errors, IncompleteReadError and OSError."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def rows(self, statement: str) -> list[bytes]:
        """The first column of each row, as text; NULLs are left out."""
        self._send(b"Q", statement.encode() + b"\0")
        found: list[bytes] = []
        refused: RefusedError | None = None
        while True:
            kind, body = await self._message()
            if kind == b"D":
                value = _first_column(body)
                if value is not None:
                    found.append(value)
                if len(found) > _MOST_ROWS:
                    raise WireError
            elif kind == b"E":
                refused = _refusal(body)
            elif kind == b"Z":
                if refused is not None:
                    raise refused
                return found

    async def start(self, login: Login) -> None:
        """Until the server is ready for questions."""
        settings = {
            "user": login.user,
            "database": login.database,
            "application_name": "holdfast",
            "client_encoding": "UTF8",
        }
        self._startup(settings)
        scram = Scram(login.password)
        while True:
            kind, body = await self._message()
            if kind == b"E":
                raise _refusal(body)
            if kind == b"Z":
                return
            if kind == b"R":
                await self._authenticate(login, scram, body)

    async def _authenticate(self, login: Login, scram: Scram, body: bytes) -> None:
        (way,), rest = struct.unpack("!i", body[:4]), body[4:]
        if way == 0:
            return
        if way == 3:
            if login.tls is None:
                raise AuthError("password in plain text")
            self._send(b"p", login.password.encode() + b"\0")
        elif way == 5:
            self._send(b"p", _md5(login, rest) + b"\0")
        elif way == 10:
            if MECHANISM.encode() not in rest.split(b"\0"):
                raise AuthError("SASL without SCRAM-SHA-256")
            first = scram.first
            self._send(b"p", MECHANISM.encode() + b"\0" + struct.pack("!i", len(first)) + first)
        elif way == 11:
            self._send(b"p", await asyncio.to_thread(scram.final, rest))
        elif way == 12:
            scram.check(rest)
        else:
            raise AuthError(f"way {way}")

    def _startup(self, settings: Mapping[str, str]) -> None:
        body = b"".join(part.encode() + b"\0" for pair in settings.items() for part in pair) + b"\0"
        self._writer.write(struct.pack("!ii", len(body) + 8, _PROTOCOL) + body)

    def _send(self, kind: bytes, body: bytes) -> None:
        self._writer.write(kind + struct.pack("!i", len(body) + 4) + body)

    async def _message(self) -> tuple[bytes, bytes]:
        head = await self._reader.readexactly(5)
        length = int.from_bytes(head[1:]) - 4
        if not 0 <= length <= _LONGEST:
            raise WireError
        return head[:1], await self._reader.readexactly(length)

    async def goodbye(self) -> None:
        self._send(b"X", b"")
        await self._writer.drain()


@asynccontextmanager
async def session(login: Login) -> AsyncIterator[Wire]:
    """A session that is ready, and gone after the block however that ends. Raises as Wire does."""
    plain = await asyncio.open_connection(login.host, login.port)
    streams = plain  # the plain ones stay referenced: collected, they would close what runs over them
    try:
        if login.tls is not None:
            streams = await _secured(*plain, login)
        wire = Wire(*streams)
        await wire.start(login)
        yield wire
        await wire.goodbye()
    except (struct.error, UnicodeDecodeError, ScramError) as error:
        raise WireError from error
    finally:
        for _, writer in {streams, plain}:
            writer.transport.abort()  # what was said is sent, and a hung peer cannot hold us


async def _secured(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, login: Login
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """New streams: what somebody pushed in behind the plain answer stays behind with the old ones."""
    writer.write(_TLS)
    answer = await reader.readexactly(1)
    if answer == b"N":
        raise NoTlsError
    if answer != b"S" or login.tls is None:
        raise WireError
    loop = asyncio.get_running_loop()
    secure = asyncio.StreamReader(loop=loop)
    protocol = asyncio.StreamReaderProtocol(secure, loop=loop)
    transport = await loop.start_tls(writer.transport, protocol, login.tls, server_hostname=login.host)
    if transport is None:
        raise ConnectionResetError
    protocol.connection_made(transport)
    return secure, asyncio.StreamWriter(transport, protocol, secure, loop)


def _first_column(body: bytes) -> bytes | None:
    columns, length = struct.unpack("!hi", body[:6])
    if columns < 1 or length > len(body) - 6:
        raise WireError
    return None if length < 0 else body[6 : 6 + length]


def _refusal(body: bytes) -> RefusedError:
    fields = {part[:1]: part[1:] for part in body.split(b"\0") if part}
    return RefusedError(fields.get(b"C", b"").decode("ascii", errors="replace")[:5])


def _md5(login: Login, salt: bytes) -> bytes:
    """The way of servers before 14; only the hash of the password and the salt goes over."""
    inner = hashlib.md5((login.password + login.user).encode(), usedforsecurity=False).hexdigest()
    return b"md5" + hashlib.md5(inner.encode() + salt, usedforsecurity=False).hexdigest().encode()
