"""How commands read their configuration, run to their end, and fail. What they print stands with each."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from holdfast.app.compose import read_settings
from holdfast.app.look import Look, LookError, Origin, look
from holdfast.app.loop import LoopWatch
from holdfast.cli.arguments import parse_now
from holdfast.cluster.errors import ConnectError
from holdfast.history.store import StoreError
from holdfast.http.addresses import AddressError
from holdfast.settings import Settings, SettingsError

_T = TypeVar("_T")
_FORESEEN = (LookError, StoreError, AddressError, SettingsError, ConnectError)


def settings_of(files: list[Path] | None) -> Settings:
    try:
        return read_settings(files or [])
    except SettingsError as error:
        fail(str(error))


def run(work: Callable[[LoopWatch], Coroutine[Any, Any, _T]]) -> _T:
    """Runs the coroutine to its end; foreseen failures become one line and exit code 1."""
    watch = LoopWatch()
    try:
        with asyncio.Runner(loop_factory=watch.new_loop) as runner:
            return runner.run(work(watch))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except _FORESEEN as error:
        fail(str(error))
    except BaseExceptionGroup as group:
        foreseen, others = group.split(_FORESEEN)
        if others is not None or foreseen is None:
            raise
        fail("\n".join(sorted({str(error) for error in _leaves(foreseen)})))


def take_look(settings: Settings, origin: Origin, now: str | None) -> Look:
    """One complete look, at the instant that ``--now`` names."""
    return run(lambda _: look(settings, origin, parse_now(now)))


def _leaves(group: BaseExceptionGroup[Any]) -> list[BaseException]:
    found: list[BaseException] = []
    for error in group.exceptions:
        found.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return found


def end(taken: Look) -> None:
    """Names what could not be read, and ends so that a script notices."""
    for error in taken.errors:
        place = error.file if error.line is None else f"{error.file}:{error.line}"
        print(f"holdfast: {place}: {error.message}", file=sys.stderr)
    if taken.errors:
        raise SystemExit(1)


def refuse_empty(taken: Look, folder: Path | None) -> None:
    """Of a folder that holds nothing to judge no report may say that nothing is amiss; what is broken is named by ``end``."""
    engine = taken.engine
    seen = any(engine.facts.objects((health.source, health.kind)) for health in engine.feeds)
    if folder is not None and not seen and not taken.errors:
        fail(
            f"{folder}: nothing could be judged, for it holds no object that is read; docs/install.md says which to dump"
        )


def fail(message: str) -> NoReturn:
    for line in message.splitlines():
        print(f"holdfast: {line}", file=sys.stderr)
    raise SystemExit(1)
