"""How long the event loop is held, told exactly: the time between one wait for events and the next."""

import asyncio
import selectors
import time
from collections.abc import Callable
from typing import Any


class LoopWatch:
    """Makes the event loop and times it. ``observe`` is told every hold, in seconds."""

    def __init__(self) -> None:
        self.observe: Callable[[float], None] = lambda _: None

    def new_loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.SelectorEventLoop(_TimedSelector(self))


class _TimedSelector(selectors.DefaultSelector):
    def __init__(self, watch: LoopWatch) -> None:
        super().__init__()
        self._watch = watch
        self._woke = time.monotonic()

    def select(self, timeout: float | None = None) -> Any:
        self._watch.observe(time.monotonic() - self._woke)
        events = super().select(timeout)
        self._woke = time.monotonic()
        return events
