"""Where the browser and axe-core are taken from. That they work belongs to tests/real/test_page.py."""

import base64
import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from tests.tools import browser
from tests.tools.table import ToolError


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, an empty PATH, no variable."""
    monkeypatch.setenv("HOLDFAST_TOOLS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv(browser.VARIABLE, raising=False)
    (tmp_path / "bin").mkdir()
    browser.chromium.cache_clear()


def program(path: Path, script: str = "exit 0") -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def packed(script: bytes) -> bytes:
    """What npm packs."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w:gz") as archive:
        entry = tarfile.TarInfo("package/axe.min.js")
        entry.size = len(script)
        archive.addfile(entry, io.BytesIO(script))
    return held.getvalue()


def npm(folder: Path, archive: bytes) -> None:
    """An npm that packs this archive, whatever is asked for."""
    (folder / "archive").write_bytes(archive)
    program(folder / "bin" / "npm", f"/bin/cp {folder}/archive axe-core-{browser.AXE}.tgz")


def test_the_users_variable_wins_over_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin" / "chromium")
    mine = program(tmp_path / "mine")
    monkeypatch.setenv(browser.VARIABLE, str(mine))
    assert (browser.chromium().program, browser.chromium().origin) == (mine, browser.VARIABLE)


def test_a_variable_that_names_no_program_is_an_error_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(browser.VARIABLE, "/nowhere/chromium")
    with pytest.raises(ToolError, match="HOLDFAST_BROWSER=/nowhere/chromium: there is no such program"):
        browser.chromium()


def test_a_browser_of_path_is_used_under_any_of_its_names(tmp_path: Path) -> None:
    there = program(tmp_path / "bin" / "google-chrome")
    assert browser.chromium().program == there


def test_a_machine_without_a_browser_and_without_apt_is_told_what_to_do() -> None:
    with pytest.raises(ToolError, match=r"chromium is not to be had .*\n.*HOLDFAST_BROWSER"):
        browser.chromium()


def test_axe_is_packed_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = packed(b"axe")
    monkeypatch.setattr(browser, "_AXE_DIGEST", base64.b64encode(hashlib.sha512(archive).digest()).decode())
    npm(tmp_path, archive)
    assert browser.axe().read_bytes() == b"axe"
    (tmp_path / "bin" / "npm").unlink()
    assert browser.axe().read_bytes() == b"axe"


def test_an_axe_that_is_not_the_pinned_one_is_refused_and_not_kept(tmp_path: Path) -> None:
    npm(tmp_path, packed(b"another"))
    with pytest.raises(ToolError, match="is not what was pinned: its SHA-512 is "):
        browser.axe()
    assert not list((tmp_path / "cache").glob("npm-*"))


def test_a_machine_without_npm_is_told_what_to_do() -> None:
    with pytest.raises(ToolError, match="there is no npm on PATH: install nodejs and npm"):
        browser.axe()
