"""Real database servers on loopback: PostgreSQL, MariaDB and Redis, each with replicas.

Here belongs what starts them and lets a test change them. What a probe makes of them belongs to test_probes_*.
"""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiomysql

from holdfast.model.asking import Kind, ProbeSpec, TlsSpec
from holdfast.model.replication import Replication
from holdfast.probes.postgresql_wire import Login, session
from holdfast.probes.target import Memory, probe
from tests.real.process import Process, free_port
from tests.tools import databases

PASSWORD = "secret of the tests"
_NOBODY = 65534
_START_TIMEOUT = 60.0  # seconds
_CHANGE_TIMEOUT = 30.0


class Probed:
    """One database as the exporter asks it, with the memory of all its probes."""

    def __init__(self, folder: Path, kind: Kind, port: int, **spec: Any) -> None:
        password = folder / "password"
        password.write_text(spec.pop("password", PASSWORD) + "\n")
        user = {"postgresql": "postgres", "mysql": "admin", "redis": ""}[kind]
        known: dict[str, Any] = {"host": "127.0.0.1", "user": user, "timeout": 5.0, "password_file": password}
        self.spec = ProbeSpec(name="orders", kind=kind, port=port, **known | spec)
        self._memory = Memory()

    async def look(self) -> dict[str, Replication]:
        """The replications of one probe by name."""
        return {one.id.name: one for one in await probe(self.spec, time.time, self._memory)}

    async def until(self, accept: Callable[[Replication], bool], name: str = "orders") -> Replication:
        """Probes four times a second until that replication is as wanted. Raises TimeoutError with what was seen last."""
        limit = time.monotonic() + _CHANGE_TIMEOUT
        while True:
            seen = await self.look()
            if name in seen and accept(seen[name]):
                return seen[name]
            if time.monotonic() > limit:
                raise TimeoutError(
                    f"{name} was not as wanted within {_CHANGE_TIMEOUT:g} s; last seen: {seen}"
                )
            await asyncio.sleep(0.25)


def trusting(folder: Path, *, server_name: str = "") -> TlsSpec:
    return TlsSpec(ca_file=folder / "ca.pem", server_name=server_name)


class _Server:
    """A server inside a `with` block, in a folder of its own."""

    name = ""

    def __init__(self) -> None:
        self.port = free_port()
        self.folder = Path()
        self.stack = ExitStack()
        self.process: Process | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(
                stack.enter_context(tempfile.TemporaryDirectory(prefix=f"holdfast-{self.name}-"))
            )
            self.start(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def start(self, stack: ExitStack) -> None:
        raise NotImplementedError

    def run(self, stack: ExitStack, command: Sequence[str | Path], env: dict[str, str]) -> None:
        """Starts it and waits until it answers."""
        process = Process(self.name, command, log=self.folder / "log", env=env, patience=4.0)
        self.process = stack.enter_context(process)
        process.wait_until_ready(self.answers, _START_TIMEOUT)

    def answers(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), 1):
            return True

    def stop(self) -> None:
        assert self.process is not None
        self.process.end()


class Postgresql(_Server):
    """A PostgreSQL server; with `primary` a standby of it, fed from `feed` (a proxy's port) where that is given.

    `certificate` is a folder with ca.pem, server.pem and server.key.
    """

    name = "postgresql"

    def __init__(
        self,
        primary: "Postgresql | None" = None,
        *,
        feed: int | None = None,
        standby_name: str = "standby-1",
        slot: str = "",
        certificate: Path | None = None,
    ) -> None:
        super().__init__()
        self._installed = databases.installed("postgresql")
        self._primary = primary
        self._feed = feed
        self._standby_name = standby_name
        self._slot = slot
        self._certificate = certificate

    def start(self, stack: ExitStack) -> None:
        self._installed = _within_reach(self._installed, self.folder)
        (self.folder / "password").write_text(PASSWORD)
        _give_away(self.folder)
        if self._primary is None:
            options = [
                "--auth=scram-sha-256",
                f"--pwfile={self.folder / 'password'}",
                "--locale=C",
                "--encoding=UTF8",
            ]
            self._call("initdb", "-D", self.data, "-U", "postgres", "--no-sync", *options)
        else:
            self._copy(self._primary)
        rules = self.data / "pg_hba.conf"
        ways = "host all old 127.0.0.1/32 md5\nhost all bare 127.0.0.1/32 password\n"
        rules.write_text(ways + rules.read_text())
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(self._settings())
        command: list[str | Path] = [*_as_nobody(), self._installed.programs["postgres"], "-D", self.data]
        self.run(stack, command, dict(self._installed.env))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    async def run_sql(self, *statements: str) -> list[bytes]:
        """As the superuser; the first column of what the last statement returns."""
        login = Login(
            host="127.0.0.1", port=self.port, user="postgres", database="postgres", password=PASSWORD
        )
        async with session(login) as wire:
            return [await wire.rows(statement) for statement in statements][-1]

    async def reaches(self, primary: "Postgresql") -> None:
        """Returns once this standby has all that its primary has now."""
        (newest,) = await primary.run_sql("SELECT pg_current_wal_lsn()")
        limit = time.monotonic() + _CHANGE_TIMEOUT
        while await self.run_sql(f"SELECT pg_last_wal_replay_lsn() >= '{newest.decode()}'") != [b"t"]:
            if time.monotonic() > limit:
                raise TimeoutError(f"the standby did not reach {newest!r}")
            await asyncio.sleep(0.05)

    def answers(self) -> bool:
        """While it starts it refuses everybody with 57P03."""
        body = b"\0\x03\0\0user\0nobody\0\0"
        with socket.create_connection(("127.0.0.1", self.port), 1) as asking:
            asking.sendall((len(body) + 4).to_bytes(4) + body)
            said = asking.recv(4096)
        return bool(said) and b"57P03" not in said

    def _copy(self, primary: "Postgresql") -> None:
        source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres"]
        self._call("pg_basebackup", "-D", self.data, *source, "--checkpoint=fast", "--no-sync")
        (self.data / "standby.signal").touch()
        _give_away(self.data / "standby.signal")

    def _settings(self) -> str:
        held: dict[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "16MB",
            "wal_level": "logical",
            "autovacuum": "off",
            "jit": "off",
            "wal_receiver_status_interval": "1s",
            "wal_retrieve_retry_interval": "200ms",
        }
        if self._primary is not None:
            held["primary_conninfo"] = (
                f"host=127.0.0.1 port={self._feed or self._primary.port} user=postgres"
                f" password=''{PASSWORD}'' application_name={self._standby_name}"
            )
            held["primary_slot_name"] = self._slot
        if self._certificate is not None:
            held |= {"ssl": "on"}
            for key, name in (("ssl_cert_file", "server.pem"), ("ssl_key_file", "server.key")):
                place = self.folder / name
                shutil.copyfile(self._certificate / name, place)
                place.chmod(0o600)
                _give_away(place)
                held[key] = place
        return "".join(f"{name} = '{value}'\n" for name, value in held.items())

    def _call(self, program: str, *arguments: str | Path) -> None:
        command = [*_as_nobody(), self._installed.programs[program], *arguments]
        env = os.environ | dict(self._installed.env) | {"PGPASSWORD": PASSWORD}
        subprocess.run(command, check=True, capture_output=True, timeout=120, env=env, cwd=self.folder)


class Mariadb(_Server):
    """A MariaDB server; `admin` may do all."""

    name = "mariadb"

    def __init__(self, number: int, *, certificate: Path | None = None) -> None:
        super().__init__()
        self._number = number
        self._certificate = certificate
        self._installed = databases.installed("mariadb")

    def start(self, stack: ExitStack) -> None:
        base = self._installed.root / "usr"
        install: list[str | Path] = [
            self._installed.programs["mariadb-install-db"],
            "--no-defaults",
            f"--basedir={base}",
            f"--datadir={self.folder / 'data'}",
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            f"--user={_user()}",
        ]
        # two that make temporary tables in one folder take each other's
        env = dict(self._installed.env) | {"TMPDIR": str(self.folder)}
        subprocess.run(
            install, check=True, capture_output=True, timeout=120, env=os.environ | env, cwd=self.folder
        )
        first = self.folder / "first.sql"
        first.write_text(
            f"CREATE USER admin@'%' IDENTIFIED BY '{PASSWORD}';\n"
            "GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;\n"
            "RESET MASTER;\n"  # else a replica would be given the users too
        )
        options = {
            "basedir": base,
            "datadir": self.folder / "data",
            "user": _user(),
            "port": self.port,
            "bind-address": "127.0.0.1",
            "socket": self.folder / "socket",
            "pid-file": self.folder / "pid",
            "server-id": self._number,
            "log-bin": self.folder / "data" / "binlog",
            "relay-log": self.folder / "data" / "relay",
            "innodb-buffer-pool-size": "16M",
            "innodb-log-file-size": "8M",
            "innodb-flush-log-at-trx-commit": 0,
            "slave-net-timeout": 4,
            "init-file": first,
            "plugin-dir": base / "lib/mysql/plugin",
            "lc-messages-dir": base / "share/mysql",
            "skip-name-resolve": 1,
        }
        if self._certificate is not None:
            options |= {
                "ssl-cert": self._certificate / "server.pem",
                "ssl-key": self._certificate / "server.key",
            }
        command: list[str | Path] = [self._installed.programs["mariadbd"], "--no-defaults"]
        self.run(stack, [*command, *(f"--{name}={value}" for name, value in options.items())], env)

    async def run_sql(self, *statements: str) -> list[Any]:
        """The rows of the last statement."""
        connection = await aiomysql.connect(
            host="127.0.0.1", port=self.port, user="admin", password=PASSWORD, autocommit=True
        )
        try:
            async with connection.cursor(aiomysql.DictCursor) as cursor:
                for statement in statements:
                    await cursor.execute(statement)
                return list(await cursor.fetchall())
        finally:
            connection.close()

    async def follow(self, port: int) -> None:
        """Becomes a replica of the server behind this port."""
        await self.run_sql(
            f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='admin',"
            f" MASTER_PASSWORD='{PASSWORD}', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1",
            "START SLAVE",
        )


class Redis(_Server):
    """A Redis server; with `primary` (a port) a replica of the server behind it. `mutual`: it asks for certificates too."""

    name = "redis"

    def __init__(
        self, *, primary: int | None = None, certificate: Path | None = None, mutual: bool = False
    ) -> None:
        super().__init__()
        self._mutual = mutual
        self._primary = primary
        self._certificate = certificate
        self._installed = databases.installed("redis")

    def start(self, stack: ExitStack) -> None:
        lines = [
            "bind 127.0.0.1",
            f"dir {self.folder}",
            'save ""',
            f'requirepass "{PASSWORD}"',
            f'masterauth "{PASSWORD}"',
            "repl-ping-replica-period 1",
            "repl-timeout 4",
            "repl-diskless-sync-delay 0",
            f'user monitor on ">{PASSWORD}" +info',
            f'user stranger on ">{PASSWORD}" +ping',
        ]
        if self._certificate is None:
            lines.append(f"port {self.port}")
        else:
            files = {"cert": "server.pem", "key": "server.key", "ca-cert": "ca.pem"}
            lines += [f"tls-{key}-file {self._certificate / name}" for key, name in files.items()]
            lines += [
                "port 0",
                f"tls-port {self.port}",
                f"tls-auth-clients {'yes' if self._mutual else 'no'}",
            ]
        if self._primary is not None:
            lines.append(f"replicaof 127.0.0.1 {self._primary}")
        (self.folder / "redis.conf").write_text("\n".join(lines) + "\n")
        command = [self._installed.programs["redis-server"], self.folder / "redis.conf"]
        self.run(stack, command, dict(self._installed.env))

    async def call(self, *words: str) -> bytes:
        """One command as the default user; the first bytes of the answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            answer = b""
            for command in (("AUTH", PASSWORD), words):
                parts = [word.encode() for word in command]
                writer.write(
                    b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)
                )
                answer = await asyncio.wait_for(reader.read(4096), 5)
            return answer
        finally:
            writer.close()


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]


def _within_reach(installed: databases.Installed, folder: Path) -> databases.Installed:
    """The same in this folder, where it was unpacked and we are root: nobody may not look into root's home."""
    if os.geteuid() != 0 or installed.root == Path("/"):
        return installed
    copy = folder / "unpacked"
    shutil.copytree(installed.root, copy, symlinks=True)
    programs = {name: copy / place.relative_to(installed.root) for name, place in installed.programs.items()}
    env = {name: value.replace(str(installed.root), str(copy)) for name, value in installed.env.items()}
    return databases.Installed(programs=programs, root=copy, env=env, origin=installed.origin)


def _give_away(place: Path) -> None:
    if os.geteuid() != 0:
        return
    for one in (place, *(place.rglob("*") if place.is_dir() else ())):
        os.chown(one, _NOBODY, _NOBODY, follow_symlinks=False)


def _user() -> str:
    """MariaDB runs as root only when told to."""
    return pwd.getpwuid(os.geteuid()).pw_name
