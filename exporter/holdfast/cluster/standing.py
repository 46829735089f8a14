"""Where each feed stands: the worst of its parts (one list and watch a namespace), told to sink and log.

Here belongs how states combine and when they are worth a line in the log; why a part enters a state is the
lane's.
"""

import logging
from collections.abc import Sequence
from typing import NamedTuple

from holdfast.model.feed import Feed, FeedState, Sink

log = logging.getLogger("holdfast.cluster")

# The first that holds for any part is the feed's. A part that has not had its first look outweighs all:
# nothing is complete before. Denied outweighs failing: it does not pass by itself.
_WORST: tuple[FeedState, ...] = ("starting", "forbidden", "failing", "up")
_CALM: frozenset[FeedState] = frozenset({"up", "starting", "not_installed", "disabled", "out_of_scope"})


class Stand(NamedTuple):
    state: FeedState
    message: str


class Standing:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._parts: dict[tuple[str, str], dict[str, Stand]] = {}
        self._told: dict[tuple[str, str], Stand] = {}

    def state(self, feed: Feed) -> FeedState | None:
        """What was told last; None before the first."""
        stand = self._told.get(feed.id)
        return stand.state if stand else None

    def whole(self, feed: Feed, state: FeedState, message: str = "") -> None:
        """The feed as a whole enters a state; its parts are forgotten."""
        self._parts.pop(feed.id, None)
        self._tell(feed, Stand(state, message))

    def divide(self, feed: Feed, parts: Sequence[str]) -> None:
        """The feed is about to be read in these parts, all of them at their beginning."""
        self._parts[feed.id] = {part: Stand("starting", "") for part in parts}
        self._tell(feed, self._worst(feed))

    def part(self, feed: Feed, part: str, stand: Stand) -> None:
        parts = self._parts[feed.id]
        if parts[part] == stand:
            return
        parts[part] = stand
        self._tell(feed, self._worst(feed))

    def _worst(self, feed: Feed) -> Stand:
        named = sorted(self._parts[feed.id].items())
        for state in _WORST:
            for part, stand in named:
                if stand.state == state:
                    return Stand(
                        state, f"{part}: {stand.message}" if part and stand.message else stand.message
                    )
        raise AssertionError(f"{feed.id}: no part is in a known state: {named}")

    def _tell(self, feed: Feed, stand: Stand) -> None:
        before = self._told.get(feed.id)
        if before == stand:
            return
        self._told[feed.id] = stand
        self._sink.state(feed, stand.state, stand.message)
        if before is None or before.state != stand.state:
            self._log(feed, stand, before)

    def _log(self, feed: Feed, stand: Stand, before: Stand | None) -> None:
        if before is None and stand.state == "starting":
            return
        level = logging.INFO if stand.state in _CALM else logging.WARNING
        reason = f": {stand.message}" if stand.message else ""
        was = f" (was {before.state})" if before else ""
        log.log(level, "source %s: %s is %s%s%s", feed.source, feed.kind, stand.state, was, reason)
