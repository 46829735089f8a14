"""Tools from Debian's and Ubuntu's own packages, downloaded and unpacked into the cache: seconds, and no root.

Here belongs what runs apt-get and dpkg. A machine without them is no error: None, and the Go build follows.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from tests.tools import cache
from tests.tools.table import DebianFile

_TIMEOUT = 300.0


def unpacked(wanted: DebianFile) -> Path:
    """Where the program is once its package is unpacked."""
    return cache.folder() / f"debian-{wanted.package}" / wanted.file


def unpack(wanted: DebianFile) -> Path | None:
    """Downloads and unpacks the package; None (and a line that says why) when the machine cannot give it."""
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return None
    started = time.monotonic()
    cache.say(f"downloading Debian's package {wanted.package}: a few seconds")
    with tempfile.TemporaryDirectory(dir=cache.folder(), prefix=f".{wanted.package}-") as place:
        fault = _run(["apt-get", "download", wanted.package], Path(place))
        if fault and os.geteuid() == 0:
            # the package lists are missing (a fresh container) or older than the archive
            fault = _run(["apt-get", "update"], Path(place))
            fault = fault or _run(["apt-get", "download", wanted.package], Path(place))
        for package in Path(place).glob("*.deb"):
            fault = fault or _run(["dpkg", "-x", str(package), "made"], Path(place))
        if not fault and not (Path(place) / "made" / wanted.file).exists():
            fault = f"the package has no {wanted.file}"
        if fault:
            cache.say(f"Debian's package {wanted.package} is not to be had: {fault}")
            return None
        (Path(place) / "made").rename(cache.folder() / f"debian-{wanted.package}")
    cache.say(f"unpacked {wanted.package} in {cache.took(time.monotonic() - started)}")
    return unpacked(wanted)


def _run(command: list[str], place: Path) -> str:
    """Why the command failed, in its own last line; "" when it did not."""
    try:
        done = subprocess.run(
            command,
            cwd=place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            env=os.environ | {"LC_ALL": "C"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{command[0]} took more than {_TIMEOUT:.0f} s"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or [f"{command[0]} exited with {done.returncode}"])[-1]
