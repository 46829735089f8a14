"""Servers that hang, babble, hang up or ask for too much: each is one typed error in bounded time, and no secret leaves."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.asking import Kind, ProbeSpec, TlsSpec
from holdfast.probes.target import ProbeError, probe

KINDS: tuple[Kind, ...] = ("postgresql", "mysql", "redis")
SECRET = "hunter2 of the tests"
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[int]:
    """A port on which each connection is served so."""

    async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(once, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.wait_for(reader.read(1), 0.05)


def saying(words: bytes) -> Serve:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(words)
        await writer.drain()
        await reader.read()

    return serve


def target(kind: Kind, port: int, tmp_path: Path, **known: Any) -> ProbeSpec:
    (tmp_path / "password").write_text(SECRET)
    told: dict[str, Any] = {"host": "127.0.0.1", "user": "monitor", "timeout": 1.0}
    told["password_file"] = tmp_path / "password"
    return ProbeSpec(name="orders", kind=kind, port=port, **told | known)


async def failure(spec: ProbeSpec) -> ProbeError:
    """The error of one probe, which came in time and shows no secret."""
    started = asyncio.get_running_loop().time()
    with pytest.raises(ProbeError) as error:
        await probe(spec, lambda: 0.0)
    assert asyncio.get_running_loop().time() - started < spec.timeout + 1.0
    assert SECRET not in error.value.text
    assert error.value.text.startswith(f"probe orders ({spec.kind} at {spec.host}:{spec.port}): ")
    return error.value


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_never_answers_is_a_timeout(kind: Kind, tmp_path: Path) -> None:
    async with serving(hang) as port:
        assert (await failure(target(kind, port, tmp_path, timeout=0.3))).reason == "timeout"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_port_where_nobody_listens_is_a_connection(kind: Kind, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        error = await failure(target(kind, free.getsockname()[1], tmp_path))
    assert error.reason == "connection"
    assert "check host, port and the network policies" in error.text


@pytest.mark.parametrize("kind", KINDS)
async def test_a_host_without_address_is_a_connection(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    error = await failure(target(kind, 1, tmp_path, host="orders-db.shop.svc"))
    assert error.reason == "connection"
    assert "no connection (Name or service not known)" in error.text


@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_hangs_up_is_a_connection(kind: Kind, tmp_path: Path) -> None:
    async with serving(hang_up) as port:
        assert (await failure(target(kind, port, tmp_path))).reason == "connection"


@pytest.mark.parametrize("words", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0" * 64, b"\xff" * 70_000])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_server_that_babbles_is_no_database(kind: Kind, words: bytes, tmp_path: Path) -> None:
    async with serving(saying(words)) as port:
        assert (await failure(target(kind, port, tmp_path))).reason in (
            "protocol",
            "timeout",
            "connection",
            "query",
        )


async def test_an_answer_of_redis_without_end_is_not_held(tmp_path: Path) -> None:
    async with serving(saying(b"+OK\r\n$999999999999\r\n")) as port:
        assert (await failure(target("redis", port, tmp_path))).reason == "protocol"


@pytest.mark.parametrize("kind", KINDS)
async def test_a_password_file_that_is_absent_is_told_with_its_remedy(kind: Kind, tmp_path: Path) -> None:
    absent = tmp_path / "absent"
    error = await failure(target(kind, 1, tmp_path, password_file=absent))
    assert error.reason == "unauthorized"
    assert error.text.endswith(
        f"{absent} cannot be used (No such file or directory); check passwordFile and that it is mounted"
    )


@pytest.mark.parametrize("held", [b"\xff\xfe", b"x" * 100_000])
async def test_a_password_file_that_holds_no_password_is_told_without_what_it_holds(
    held: bytes, tmp_path: Path
) -> None:
    spec = target("redis", 1, tmp_path)
    (tmp_path / "password").write_bytes(held)
    assert (await failure(spec)).reason == "unauthorized"


@pytest.mark.parametrize("kind", KINDS)
async def test_certificates_that_cannot_be_used_are_told_with_their_key(kind: Kind, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for tls, key in (
        (TlsSpec(ca_file=tmp_path / "ca.pem"), "tls.caFile"),
        (TlsSpec(ca_file=tmp_path / "absent"), "tls.caFile"),
        (TlsSpec(cert_file=tmp_path / "absent", key_file=tmp_path / "absent"), "tls.certFile or tls.keyFile"),
    ):
        error = await failure(target(kind, 1, tmp_path, tls=tls))
        assert error.reason == "tls"
        assert f"check {key}" in error.text


def message(kind: bytes, body: bytes) -> bytes:
    """A message of PostgreSQL."""
    return kind + struct.pack("!i", len(body) + 4) + body


async def test_a_postgresql_server_that_asks_for_the_bare_password_in_plain_text_does_not_get_it(
    tmp_path: Path,
) -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(message(b"R", struct.pack("!i", 3)))
        heard.extend(await reader.read())

    async with serving(serve) as port:
        error = await failure(target("postgresql", port, tmp_path))
        assert error.reason == "unauthorized"
    assert SECRET.encode() not in heard


async def test_a_postgresql_server_that_hides_its_tls_learns_nothing(tmp_path: Path) -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readexactly(8))
        writer.write(b"N")
        heard.extend(await reader.read())

    async with serving(serve) as port:
        assert (await failure(target("postgresql", port, tmp_path, tls=TlsSpec()))).reason == "tls"
    assert len(heard) == 8


async def test_rows_of_postgresql_without_end_are_not_held(tmp_path: Path) -> None:
    row = message(b"D", struct.pack("!hi", 1, 2) + b"{}")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(message(b"R", struct.pack("!i", 0)) + message(b"Z", b"I"))
        while True:
            writer.write(row * 1000)
            await writer.drain()

    async with serving(serve) as port:
        assert (await failure(target("postgresql", port, tmp_path, timeout=5.0))).reason == "protocol"


def greeting(plugin: bytes, *, tls: bool) -> bytes:
    """The first packet of a MySQL server, protocol 10."""
    capabilities = 0x0008_0000 | 0x8000 | 0x0200 | 0x0001 | (0x0800 if tls else 0)
    body = (
        b"\x0a8.4.0\0" + struct.pack("<I", 7) + b"s" * 8 + b"\0" + struct.pack("<H", capabilities & 0xFFFF)
        + b"\x2d\x02\0" + struct.pack("<H", capabilities >> 16) + b"\x15" + b"\0" * 10 + b"s" * 12 + b"\0" + plugin + b"\0"
    )  # fmt: skip
    return struct.pack("<I", len(body))[:3] + b"\0" + body


async def test_a_mysql_server_that_hides_its_tls_learns_nothing(tmp_path: Path) -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting(b"mysql_native_password", tls=False))
        heard.extend(await reader.read())

    async with serving(serve) as port:
        error = await failure(target("mysql", port, tmp_path, tls=TlsSpec()))
        assert error.reason == "tls"
        assert "offers no TLS" in error.text
    assert heard == b""


@pytest.mark.parametrize(
    "words",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\xff\x00hunter2",
        b"\x00\x00\x40\x00\x0a8.4.0",  # a greeting of four MiB, which never comes
        b"\x40\x00\x00\x00\x09old",  # another version of the protocol
        b"\0" * 64,
    ],
)
async def test_words_that_are_no_greeting_of_mysql_are_told_at_once_and_not_waited_out(
    words: bytes, tmp_path: Path
) -> None:
    async with serving(saying(words)) as port:
        assert (await failure(target("mysql", port, tmp_path, timeout=5.0))).reason == "protocol"


async def test_a_silent_port_may_be_another_service_than_mysql(tmp_path: Path) -> None:
    async with serving(hang) as port:
        error = await failure(target("mysql", port, tmp_path, timeout=0.2))
    assert (error.reason, "or whether another service listens there" in error.text) == ("timeout", True)


async def test_packets_of_mysql_without_end_are_not_held(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in range(16):
            writer.write(b"\xff\xff\xff" + bytes([number]) + b"x" * 0xFFFFFF)
            await writer.drain()

    async with serving(serve) as port:
        assert (await failure(target("mysql", port, tmp_path, timeout=5.0))).reason == "protocol"


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_mysql_server_that_asks_for_the_bare_password_in_plain_text_does_not_get_it(
    at_once: bool, tmp_path: Path
) -> None:
    heard = bytearray()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting(b"mysql_clear_password" if at_once else b"mysql_native_password", tls=False))
        heard.extend(await reader.read(4096))
        switch = b"\xfemysql_clear_password\0"
        writer.write(struct.pack("<I", len(switch))[:3] + b"\x02" + switch)
        heard.extend(await reader.read())

    async with serving(serve) as port:
        error = await failure(target("mysql", port, tmp_path))
        assert error.reason == "unauthorized"
        assert "needs TLS" in error.text
    assert SECRET.encode() not in heard


async def test_a_heartbeat_table_that_is_no_name_never_reaches_the_server(tmp_path: Path) -> None:
    from holdfast.probes.mysql import _heartbeats

    spec = target("mysql", 1, tmp_path, heartbeat_table="percona.heartbeat` WHERE 1")
    with pytest.raises(ProbeError, match=r"write schema\.table"):
        _heartbeats(spec)
    assert "`percona`.`heartbeat`" in _heartbeats(
        target("mysql", 1, tmp_path, heartbeat_table="percona.heartbeat")
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_a_probe_that_is_cancelled_leaves_no_connection_open(kind: Kind, tmp_path: Path) -> None:
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with serving(serve) as port:
        task = asyncio.create_task(probe(target(kind, port, tmp_path, timeout=30.0), lambda: 0.0))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(ended.wait(), 2.0)
