"""The exporter as users run it: the installed program as a process, with its own listener. No layer of it is imported."""

import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.real.process import Process, free_port, wait_for
from tests.real.web import Refused, call, call_json

_START_TIMEOUT = 90.0  # seconds; every source names its state within 60


class Exporter:
    """`holdfast serve` inside a `with` block, ready when `ready` is left True. `flags` are further arguments."""

    def __init__(
        self,
        kubeconfig: Path,
        *flags: str | Path,
        config: str = "",
        ready: bool = True,
        history: Path | None = None,
    ) -> None:
        self.address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self.address}"
        self.process: Process | None = None
        self._kubeconfig = kubeconfig
        self._flags = flags
        self._config = config
        self._ready = ready
        self._history = history
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="holdfast-exporter-")))
            self.process = stack.enter_context(Process("holdfast", self._command(folder), log=folder / "log"))
            if self._ready:
                self.process.wait_until_ready(self.ready, _START_TIMEOUT)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def ready(self) -> bool:
        try:
            return bool(call(f"{self.url}/readyz"))
        except Refused:
            return False

    def metrics(self) -> str:
        return call(f"{self.url}/metrics").decode()

    def rows(self, family: str, *parts: str) -> list[str]:
        """The samples of a family that contain all of these texts."""
        lines = (line for line in self.metrics().splitlines() if line.startswith(family + "{"))
        return [line for line in lines if all(part in line for part in parts)]

    def wait_for_row(self, family: str, *parts: str, timeout: float = 30.0) -> list[str]:
        return wait_for(f"{family} with {parts}", lambda: self.rows(family, *parts), bool, timeout)

    def wait_until_gone(self, family: str, *parts: str, timeout: float = 30.0) -> None:
        wait_for(
            f"no {family} with {parts}", lambda: self.rows(family, *parts), lambda rows: not rows, timeout
        )

    def explain(self, namespace: str, name: str) -> Any:
        return call_json(f"{self.url}/api/v1/explain/pvc/{namespace}/{name}")

    def _command(self, folder: Path) -> Sequence[str | Path]:
        history = self._history or folder / "state"
        text = self._config or "{}"
        (folder / "config.yaml").write_text(
            f"history: {{path: {history}}}\n" + (text if text != "{}" else "")
        )
        return [
            sys.executable,
            "-m",
            "holdfast",
            "serve",
            "--kubeconfig",
            self._kubeconfig,
            "--config",
            folder / "config.yaml",
            "--web.listen-address",
            self.address,
            "--web.probe-address",
            "",
            *self._flags,
        ]
