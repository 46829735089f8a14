"""One server process, owned: started, waited for until it answers, and ended in every failure path, with its log at hand.

Here belong processes, ports and waiting. What a particular server is told and asked belongs to its own module.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")

_OWNER = Path(__file__).with_name("owner.py")


class StartError(Exception):
    """A server did not start. The text has the end of its log."""


class Process:
    """A program that runs inside a `with` block; the output of both streams goes to `log`.

    `patience` is how many seconds it gets to end by itself before it is killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        patience: float = 10.0,
    ) -> None:
        self.name = name
        self.log = log
        self.pid = 0
        self._command = [str(word) for word in command]
        self._env = None if env is None else os.environ | dict(env)
        self._patience = patience
        self._owner: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.log.open("ab") as log:
            self._owner = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_OWNER), str(self._patience), *self._command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._env,
                start_new_session=True,  # Ctrl-C is for the test, which ends its servers in their order
            )
        assert self._owner.stdout is not None
        told = self._owner.stdout.readline()
        if not told:
            self.end()
            raise StartError(f"{self.name} could not be run ({self._command[0]}):\n{self.log_tail()}")
        self.pid = int(told)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    @property
    def running(self) -> bool:
        return self._owner is not None and self._owner.poll() is None

    def wait_until_ready(self, ready: Callable[[], bool], timeout: float = 60.0) -> None:
        """Returns once `ready` is true; an OSError in it means not yet. Raises StartError."""
        limit = time.monotonic() + timeout
        while True:
            if not self.running:
                raise StartError(f"{self.name} ended while it was starting:\n{self.log_tail()}")
            try:
                if ready():
                    return
            except OSError:
                pass  # it does not listen yet, or answers with an error while it starts
            if time.monotonic() > limit:
                raise StartError(f"{self.name} was not ready after {timeout:.0f} s:\n{self.log_tail()}")
            time.sleep(0.05)

    def end(self) -> None:
        """Asks the program to end, kills it after its patience, and returns when it is gone. Twice is as good as once."""
        if self._owner is None:
            return
        assert self._owner.stdin is not None
        assert self._owner.stdout is not None
        self._owner.stdin.close()
        try:
            self._owner.wait(self._patience + 10)
        except subprocess.TimeoutExpired:
            self.kill()
        self._owner.stdout.close()

    def kill(self) -> None:
        """Ends the program with no chance to say goodbye, as a lost node does; returns when it is gone."""
        if self.running and self.pid:
            os.kill(self.pid, signal.SIGKILL)
        if self._owner is not None:
            self._owner.wait(10)

    def log_tail(self, lines: int = 25) -> str:
        """The last lines of the log, for an error's text."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


_given: set[int] = set()


def free_port() -> int:
    """A loopback port that nothing listens on, below the range from which outgoing connections take theirs."""
    while True:
        port = random.randrange(12_000, 32_000)
        if port in _given:
            continue  # promised to a server that does not listen yet
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port


def wait_for(what: str, look: Callable[[], T], accept: Callable[[T], bool], timeout: float = 30.0) -> T:
    """Looks until `accept` is true of what was seen, and returns that. Raises TimeoutError with the last that was seen."""
    limit = time.monotonic() + timeout
    while True:
        seen = look()
        if accept(seen):
            return seen
        if time.monotonic() > limit:
            raise TimeoutError(f"{what}: not within {timeout:.0f} s. Last seen: {str(seen)[:2000]}")
        time.sleep(0.1)
