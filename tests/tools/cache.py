"""The folder where tools are kept between runs, its lock, and the one way to tell a person what takes so long.

Here belongs nothing about a particular tool.
"""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.tools.table import ToolError

LONGEST_WAIT = 2 * 3600.0  # seconds; a cold build of everything on two cores takes about half an hour


def folder() -> Path:
    """The cache, made when absent: HOLDFAST_TOOLS_CACHE, or holdfast-tools in the user's cache folder."""
    place = Path(os.environ.get("HOLDFAST_TOOLS_CACHE") or Path.home() / ".cache" / "holdfast-tools")
    place.mkdir(parents=True, exist_ok=True)
    return place


@contextmanager
def alone() -> Iterator[None]:
    """Only one process installs at a time; the kernel frees the lock if that process dies. Raises ToolError."""
    started = time.monotonic()
    lock = folder() / "lock"
    with lock.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited = time.monotonic() - started
                if waited > LONGEST_WAIT:
                    raise ToolError(
                        f"another process has held {lock} for {took(waited)}: end it and try again"
                    ) from None
                if waited < 1:
                    say("another process is installing tools: waiting for it")
                time.sleep(1)
        yield


def say(text: str) -> None:
    """One line on stderr, at once: a build of minutes must not look like a hang."""
    print(f"tools: {text}", file=sys.stderr, flush=True)


def took(seconds: float) -> str:
    """A duration for people: "7 s", "4 min 12 s"."""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"
