"""Where a database server's programs are taken from, and what is said when there are none."""

import os
from pathlib import Path

import pytest

from tests.tools import databases
from tests.tools.table import ToolError

REDIS = next(server for server in databases.SERVERS if server.name == "redis")


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and nothing on PATH: not even apt-get."""
    monkeypatch.setenv("HOLDFAST_TOOLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv(REDIS.variable, raising=False)


def test_the_users_variable_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = program(tmp_path / "mine" / "redis-server")
    monkeypatch.setenv(REDIS.variable, str(tmp_path / "mine"))
    found = databases._by_variable(REDIS)
    assert found is not None
    assert found.programs == {"redis-server": there}


def test_a_variable_without_the_programs_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(REDIS.variable, str(tmp_path))
    with pytest.raises(ToolError, match=r"there is no .*redis-server\. Correct it, or unset it"):
        databases._by_variable(REDIS)


def test_an_unpacked_package_brings_its_libraries(tmp_path: Path) -> None:
    root = tmp_path / "cache" / "debian-redis-server"
    there = program(root / "usr/bin/redis-server")
    libraries = root / "usr/lib" / f"{os.uname().machine}-linux-gnu"
    program(libraries / "private" / "libhelp-1.2.so")
    program(libraries / "plugins" / "plugin.so")
    found = databases._in_cache(REDIS)
    assert found is not None
    assert found.programs == {"redis-server": there}
    folders = found.env["LD_LIBRARY_PATH"].split(os.pathsep)
    assert {str(libraries), str(libraries / "private")} < set(folders)
    assert str(libraries / "plugins") not in folders


def test_a_machine_without_packages_is_told_what_to_do() -> None:
    with pytest.raises(ToolError, match="Install it, or name the folder of its programs by HOLDFAST_REDIS"):
        databases._unpacked(REDIS)
