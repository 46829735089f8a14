"""Database servers for the tests: PostgreSQL, MariaDB and Redis, from the machine or from Debian's own packages.

Here belongs where a server's programs are and what they need to run. Unlike the other tools a server has no build of its own:
a machine with neither gets an error that says what to install.
"""

import functools
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.tools import cache
from tests.tools.table import ToolError

_TIMEOUT = 300.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server and the programs that are needed of it. ``places`` are folders beyond PATH where packages put them."""

    name: str
    variable: str
    package: str
    programs: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Installed:
    """``root`` is what the package was unpacked into, / when it is installed. ``env`` lets its programs find their libraries."""

    programs: Mapping[str, Path]
    root: Path
    env: Mapping[str, str]
    origin: str


SERVERS: tuple[Server, ...] = (
    Server(
        name="postgresql",
        variable="HOLDFAST_POSTGRESQL",
        package="postgresql",
        programs=("postgres", "initdb", "pg_basebackup"),
        places=("usr/lib/postgresql/*/bin",),
    ),
    Server(
        name="mariadb",
        variable="HOLDFAST_MARIADB",
        package="mariadb-server",
        programs=("mariadbd", "mariadb-install-db", "my_print_defaults"),
        places=("usr/sbin", "usr/bin"),
    ),
    Server(
        name="redis",
        variable="HOLDFAST_REDIS",
        package="redis-server",
        programs=("redis-server",),
        places=("usr/bin",),
    ),
)


@functools.cache
def installed(name: str) -> Installed:
    """The server of that name, unpacked first when it must be: some seconds. Raises ToolError."""
    server = next(one for one in SERVERS if one.name == name)
    return _by_variable(server) or _on_machine(server) or from_debian(server)


def from_debian(server: Server) -> Installed:
    """Its package and all that it needs, unpacked first when they must be. Raises ToolError."""
    there = _in_cache(server)
    if there:
        return there
    with cache.alone():
        return _in_cache(server) or _unpacked(server)


def _by_variable(server: Server) -> Installed | None:
    """The variable names the folder of the programs."""
    value = os.environ.get(server.variable)
    if not value:
        return None
    found = {name: Path(value) / name for name in server.programs}
    missing = [str(path) for path in found.values() if not path.exists()]
    if missing:
        raise ToolError(
            f"{server.variable}={value}: there is no {', '.join(missing)}. Correct it, or unset it."
        )
    return Installed(programs=found, root=Path("/"), env={}, origin=server.variable)


def _on_machine(server: Server) -> Installed | None:
    """The folders of packages come before PATH, where Debian has scripts of the same names."""
    search = os.pathsep.join([*_folders(server, Path("/")), os.environ.get("PATH", "")])
    found = _programs(server, search)
    return Installed(programs=found, root=Path("/"), env={}, origin="this machine") if found else None


def _programs(server: Server, search: str) -> dict[str, Path] | None:
    """All of them, or None."""
    found = {name: shutil.which(name, path=search) for name in server.programs}
    return {name: Path(there) for name, there in found.items() if there} if all(found.values()) else None


def _folders(server: Server, root: Path) -> list[str]:
    """The newest version first."""
    found = [str(path) for place in server.places for path in root.glob(place)]
    return sorted(found, key=lambda path: [int(number) for number in re.findall(r"\d+", path)], reverse=True)


def _in_cache(server: Server) -> Installed | None:
    root = cache.folder() / f"debian-{server.package}"
    found = _programs(server, os.pathsep.join(_folders(server, root)))
    if not found:
        return None
    env = {"LD_LIBRARY_PATH": os.pathsep.join(_libraries(root))}
    return Installed(programs=found, root=root, env=env, origin=f"Debian package {server.package}")


def _libraries(root: Path) -> list[str]:
    """With folders of one package's own: libpulse looks for libpulsecommon where it would be, were it installed."""
    shared = [root / place / f"{os.uname().machine}-linux-gnu" for place in ("usr/lib", "lib")]
    private = sorted({path.parent for folder in shared for path in folder.glob("*/lib*.so*")})
    return [str(folder) for folder in (*shared, *private)]


def _unpacked(server: Server) -> Installed:
    """The package and all that it needs and this machine lacks."""
    started = time.monotonic()
    cache.say(f"downloading Debian's package {server.package} and what it needs: some seconds")
    try:
        _unpack(server)
    except (OSError, subprocess.SubprocessError) as error:
        said = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
        raise ToolError(
            f"{server.name} is not to be had from Debian's packages: {''.join(said)}\n"
            f"Install it, or name the folder of its programs by {server.variable}."
        ) from error
    there = _in_cache(server)
    if there is None:
        raise ToolError(
            f"Debian's package {server.package} lacks one of {', '.join(server.programs)}:"
            f" install {server.name}, or name the folder of its programs by {server.variable}"
        )
    cache.say(f"unpacked {server.package} in {cache.took(time.monotonic() - started)}")
    return there


def _unpack(server: Server) -> None:
    with tempfile.TemporaryDirectory(dir=cache.folder(), prefix=f".{server.package}-") as folder:
        place = Path(folder)
        try:
            _download(server, place)
        except subprocess.CalledProcessError:
            if os.geteuid() != 0:
                raise
            # the package lists are missing (a fresh container) or older than the archive
            _run(["apt-get", "update"], place)
            _download(server, place)
        for package in place.glob("*.deb"):
            _run(["dpkg", "-x", str(package), "made"], place)
        (place / "made").replace(cache.folder() / f"debian-{server.package}")


def _download(server: Server, place: Path) -> None:
    plan = _run(["apt-get", "install", "--simulate", "--no-install-recommends", server.package], place)
    lacking = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
    _run(["apt-get", "download", *{server.package, *lacking}], place)


def _run(command: list[str], place: Path) -> str:
    done = subprocess.run(
        command,
        cwd=place,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        env=os.environ | {"LC_ALL": "C"},
        check=True,
    )
    return done.stdout
