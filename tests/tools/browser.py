"""What the tests of the page need: a Chromium from the machine or from Debian's packages, and axe-core from npm.

Here belongs where they come from. How a browser is driven belongs to tests/real/browser.py.
"""

import base64
import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.tools import cache, databases
from tests.tools.table import ToolError

VARIABLE = "HOLDFAST_BROWSER"
AXE = "4.14.1"
_AXE_DIGEST = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="  # SHA-512, as npm tells it
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DEBIAN = databases.Server(
    name="chromium",
    variable=VARIABLE,
    package="chromium",
    programs=("chromium",),
    places=("usr/lib/chromium",),  # usr/bin has a script that wants the package installed
)
_TIMEOUT = 120.0


@dataclass(frozen=True, kw_only=True)
class Chromium:
    """The program, what its environment needs besides, and where it came from, in words."""

    program: Path
    env: Mapping[str, str]
    origin: str


@functools.cache
def chromium() -> Chromium:
    """The browser, unpacked first when it must be: a minute. Raises ToolError."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise ToolError(f"{VARIABLE}={named}: there is no such program. Correct it, or unset it.")
        return Chromium(program=Path(named), env={}, origin=VARIABLE)
    there = next(filter(None, map(shutil.which, _NAMES)), None)
    if there:
        return Chromium(program=Path(there), env={}, origin="PATH")
    unpacked = databases.from_debian(_DEBIAN)
    env = dict(unpacked.env)
    if (unpacked.root / "etc/fonts/fonts.conf").exists():  # the machine had no fonts: they came with it
        env["FONTCONFIG_SYSROOT"] = str(unpacked.root)
    return Chromium(program=unpacked.programs["chromium"], env=env, origin=unpacked.origin)


def axe() -> Path:
    """The script of axe-core in its pinned version. Raises ToolError."""
    there = cache.folder() / f"npm-axe-core-{AXE}" / "axe.min.js"
    if there.exists():
        return there
    with cache.alone():
        return there if there.exists() else _packed(there)


def _packed(there: Path) -> Path:
    npm = shutil.which("npm")
    if npm is None:
        raise ToolError("axe-core comes from npm, and there is no npm on PATH: install nodejs and npm")
    cache.say(f"downloading axe-core {AXE} from npm: a few seconds")
    with tempfile.TemporaryDirectory(dir=cache.folder(), prefix=".axe-core-") as folder:
        command = [npm, "pack", "--silent", "--ignore-scripts", f"axe-core@{AXE}"]
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(f"npm gave no axe-core within {_TIMEOUT:.0f} s") from error
        packed = Path(folder) / f"axe-core-{AXE}.tgz"
        if done.returncode or not packed.exists():
            said = (done.stderr.strip().splitlines() or [f"npm exited with {done.returncode}"])[-1]
            raise ToolError(f"axe-core {AXE} is not to be had from npm: {said}")
        digest = base64.b64encode(hashlib.sha512(packed.read_bytes()).digest()).decode()
        if digest != _AXE_DIGEST:
            raise ToolError(f"axe-core {AXE} from npm is not what was pinned: its SHA-512 is {digest}")
        with tarfile.open(packed) as archive:
            archive.extractall(folder, filter="data")
        (Path(folder) / "package").rename(there.parent)
    return there
