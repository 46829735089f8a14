"""MySQL, Percona Server and MariaDB: the replica's status, asked as the server's version spells it.

Here belong the connection and the questions. What the rows mean belongs to mysql_reading.
"""

import asyncio
import re
import struct
from collections.abc import Callable, Sequence
from typing import Any

import aiomysql
import pymysql.err
from aiomysql.cursors import DictCursor
from pymysql.constants import CLIENT

from holdfast.model.asking import AskReason, ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes import credentials, mysql_reading
from holdfast.probes.fault import ProbeError, broken_off, fault, garbled, timeout_fault, transport_fault
from holdfast.probes.mysql_reading import Facts, Row
from holdfast.probes.positions import Memory

_TABLE = re.compile(r"([\w$]{1,64})\.([\w$]{1,64})")
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
_MOST_BEATS = 1000
_LONGEST = 16 * 1024 * 1024  # bytes of all answers; sets of identifiers may be long
_LONGEST_GREETING = 4096  # bytes of the first packet, which may also be a refusal
_FIRST_BYTES = frozenset({10, 255})  # a greeting of this protocol, a refusal
_BARE = frozenset(
    {"mysql_clear_password", "mysql_old_password"}
)  # ways of showing the password to who can read
_LOST = 2013
# the server's error numbers: reason, fact and remedy
_REFUSALS: Sequence[tuple[frozenset[int], AskReason, str]] = (
    (
        frozenset({1044, 1045, 1130, 1698}),
        "unauthorized",
        "it refused the user ({}); check user and passwordFile, and from which hosts the user may come",
    ),
    (
        frozenset({1142, 1143, 1227, 1370}),
        "unauthorized",
        "the user lacks a right ({}); GRANT REPLICATION CLIENT (MariaDB: SLAVE MONITOR), and SELECT on heartbeatTable",
    ),
    (
        frozenset({1049, 1054, 1146}),
        "query",
        "it has no such database, table or column ({}); check heartbeatTable and database",
    ),
    (
        frozenset({1040, 1053, 1129, 1203, 1226, 3159}),
        "connection",
        "it takes no connection now ({}); check its limits, and whether it stops",
    ),
)


class NoTlsError(Exception):
    """The server offers no TLS though the probe asks for it."""


class NoPlainError(Exception):
    """The server wants to see the password over a connection that others can read."""


class _Connection(aiomysql.Connection):  # type: ignore[misc] # the client ships no types
    """Two ways of the client that would give the password away are closed: it goes on in plain text where a server says
    that it knows no TLS, and it shows the password to any server that asks for it so. Nor may a server fill the memory."""

    _held = 0  # bytes read so far
    _ahead = b""  # bytes read that the client has not had yet

    async def open(self) -> None:
        try:
            await self._connect()
        except BaseException:
            self.close()  # the client itself does not, when it is cancelled
            raise

    async def _read_bytes(self, num_bytes: int) -> bytes:
        self._held += num_bytes
        if self._held > _LONGEST:
            raise ValueError
        ahead, self._ahead = self._ahead[:num_bytes], self._ahead[num_bytes:]
        read: bytes = await super()._read_bytes(num_bytes - len(ahead))
        return ahead + read

    async def _get_server_information(self) -> None:
        # the client would wait for as many bytes as the words of another protocol happen to announce
        first = await super()._read_bytes(5)
        length, number = int.from_bytes(first[:3], "little"), first[3]
        if number != 0 or not 0 < length <= _LONGEST_GREETING or first[4] not in _FIRST_BYTES:
            raise ValueError
        self._ahead = first
        await super()._get_server_information()
        if self._ssl_context and not self.server_capabilities & CLIENT.SSL:
            raise NoTlsError
        if self._server_auth_plugin in _BARE and not self._ssl_context:
            raise NoPlainError

    async def _process_auth(self, plugin_name: bytes, auth_packet: Any) -> Any:
        if plugin_name.decode(errors="replace") in _BARE and not self._secure:
            raise NoPlainError
        return await super()._process_auth(plugin_name, auth_packet)


class _Cursor(DictCursor):  # type: ignore[misc] # the client ships no types
    """The client would fetch the server's warnings and print them: words of the database."""

    async def _show_warnings(self, conn: Any) -> None:
        pass


async def ask(target: ProbeSpec, now: Callable[[], float], memory: Memory) -> Sequence[Replication]:
    """Raises ProbeError."""
    password = await asyncio.to_thread(credentials.password, target)
    connection = _Connection(
        host=target.host,
        port=target.port,
        user=target.user,
        password=password.encode().decode("latin-1"),  # the client encodes so: the bytes of UTF-8 remain
        db=target.database or None,
        ssl=await asyncio.to_thread(credentials.tls_context, target),
        autocommit=True,
        charset="utf8mb4",
        cursorclass=_Cursor,
        program_name="holdfast",
        connect_timeout=target.timeout,
    )
    try:
        await connection.open()
        try:
            facts = await _facts(target, connection)
            await connection.ensure_closed()
        finally:
            connection.close()
    except NoTlsError as error:
        raise fault(
            target, "tls", "the server offers no TLS; switch it on there, or take tls out of the probe"
        ) from error
    except (NoPlainError, RuntimeError) as error:
        # the latter is the client's own, where it would have to encrypt the password
        raise fault(
            target,
            "unauthorized",
            "its way of authenticating needs TLS; set tls, or give the user another authentication plugin",
        ) from error
    except pymysql.err.MySQLError as error:
        raise _refused(target, error) from error
    except (
        UnicodeError,
        ValueError,
        AssertionError,
        LookupError,
        TypeError,
        struct.error,
    ) as error:
        raise garbled(target) from error
    return mysql_reading.read(target, facts, memory, now())


async def _facts(target: ProbeSpec, connection: _Connection) -> Facts:
    await _rows(connection, "SET time_zone = '+00:00'")  # in which TIMESTAMP columns are then told
    channels = await _rows(connection, status_statement(str(connection.server_version)))
    beats = await _rows(connection, _heartbeats(target)) if channels and target.heartbeat_table else None
    clock = (await _rows(connection, "SELECT CAST(UTC_TIMESTAMP(6) AS CHAR) AS clock"))[0]["clock"]
    replicas = None if channels else await _replicas(connection)
    return Facts(channels=channels, beats=beats, clock=clock, replicas=replicas)


def status_statement(version: str) -> str:
    """MariaDB tells of all its connections only when asked for them; MySQL changed the word in 8.0.22."""
    if "mariadb" in version.lower():
        return "SHOW ALL SLAVES STATUS"
    number = _VERSION.match(version)
    new = number is not None and tuple(map(int, number.groups())) >= (8, 0, 22)
    return "SHOW REPLICA STATUS" if new else "SHOW SLAVE STATUS"


def _heartbeats(target: ProbeSpec) -> str:
    named = _TABLE.fullmatch(target.heartbeat_table)
    if named is None:
        raise fault(target, "query", "heartbeatTable names no table; write schema.table")
    return f"SELECT server_id, CAST(ts AS CHAR) AS ts FROM `{named[1]}`.`{named[2]}` ORDER BY ts DESC LIMIT {_MOST_BEATS}"  # noqa: S608 - the pattern lets no quote through


async def _replicas(connection: _Connection) -> int | None:
    """How many read the binary log; None without the right to see other users' threads."""
    right = await _rows(
        connection,
        "SELECT COUNT(*) AS held FROM information_schema.USER_PRIVILEGES WHERE PRIVILEGE_TYPE = 'PROCESS'",
    )
    if not right[0]["held"]:
        return None
    threads = await _rows(
        connection,
        "SELECT COUNT(*) AS connected FROM information_schema.PROCESSLIST WHERE COMMAND LIKE 'Binlog Dump%'",
    )
    return int(threads[0]["connected"])


async def _rows(connection: _Connection, statement: str) -> Sequence[Row]:
    async with connection.cursor() as cursor:
        await cursor.execute(statement)
        rows: Sequence[Row] = await cursor.fetchall()
        return rows


def _refused(target: ProbeSpec, error: pymysql.err.MySQLError) -> ProbeError:
    """By the number; the server's words may quote."""
    if isinstance(error.__cause__, TimeoutError):
        return timeout_fault(target)
    if isinstance(error.__cause__, OSError):
        return transport_fault(target, error.__cause__)
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    if code == _LOST:
        return broken_off(target)
    for codes, reason, text in _REFUSALS:
        if code in codes:
            return fault(target, reason, text.format(code))
    if not code:
        return garbled(target)
    return fault(target, "query", f"it refused the question ({code}); check that it is MySQL or MariaDB")
