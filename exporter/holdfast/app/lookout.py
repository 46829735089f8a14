"""How each feed fares: in contact or not, what of it cannot be decoded, which states are not known to us."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, FeedState
from holdfast.model.health import FeedHealth
from holdfast.model.identity import ObjectKey

FeedId = tuple[str, str]
"""A source and the kind that it reads, or the name of a target that it asks."""


class Lookout:
    """``changed`` is called whenever the health of a feed is another. ``puzzled`` is told each word for an object's
    state that is not known to us, once a feed.
    """

    def __init__(self, feeds: Iterable[Feed], changed: Callable[[], None]) -> None:
        self._changed = changed
        self.puzzled: Callable[[FeedId, str], None] = lambda *_: None
        self._health = {
            feed.id: FeedHealth(source=feed.source, kind=feed.kind, state="starting", copies=feed.copies)
            for feed in feeds
        }
        self._alive: dict[FeedId, float] = {}
        self._undecodable: dict[FeedId, set[ObjectKey]] = {}
        self._strange: dict[FeedId, set[ObjectKey]] = {}
        self._words: dict[FeedId, set[str]] = {}

    @property
    def feeds(self) -> Iterable[FeedHealth]:
        return self._health.values()

    @property
    def waiting_for(self) -> list[FeedHealth]:
        """Feeds whose first look has not ended."""
        return [health for health in self._health.values() if not health.settled]

    def last_alive(self, feed: FeedId) -> float | None:
        return self._alive.get(feed)

    def alive(self, feed: FeedId, now: float) -> None:
        self._alive[feed] = now

    def state(self, feed: FeedId, state: FeedState, message: str, now: float) -> None:
        """A feed that fails or starts anew lost contact now, unless it had before."""
        health = self._health[feed]
        lost = None
        if state in ("failing", "starting", "forbidden"):
            lost = health.lost_since if health.lost_since is not None else now
        looked = (health.looked or state == "up") and state != "not_installed"
        self._set(feed, state=state, message=message, lost_since=lost, looked=looked)
        if state == "up":
            self._alive[feed] = now

    def asked(self, target: FeedId, state: FeedState, message: str, now: float) -> None:
        """The same of a target that is asked for figures; it is known from its first answer, or want of one, on."""
        if target not in self._health:
            source, name = target
            self._health[target] = FeedHealth(source=source, kind=name, state="starting", measured=True)
        self.state(target, state, message, now)

    def switched_off(self, feeds: Iterable[Feed]) -> None:
        for feed in feeds:
            self._health[feed.id] = FeedHealth(
                source=feed.source, kind=feed.kind, state="disabled", looked=True
            )

    def without(self, feeds: Iterable[Feed]) -> None:
        """A folder holds none of these kinds: that says nothing of how storage is set up."""
        for feed in feeds:
            self._set(feed.id, absent=True)

    def undecodable(self, feed: FeedId, key: ObjectKey) -> None:
        bad = self._undecodable.setdefault(feed, set())
        bad.add(key)
        self._set(feed, undecodable=len(bad))

    def decoded(self, feed: FeedId, key: ObjectKey, records: Sequence[Fact]) -> None:
        """The object can be decoded, or is gone and leaves no records."""
        if bad := self._undecodable.get(feed):
            bad.discard(key)
            self._set(feed, undecodable=len(bad))
        strange = self._strange.get(feed)
        words = [word for record in records if (word := record.strange_word())]
        if words:
            self._hear(feed, words[0])
            strange = self._strange.setdefault(feed, set())
            strange.add(key)
        elif strange:
            strange.discard(key)
        if strange is not None:
            self._set(feed, strange=len(strange))

    def _hear(self, feed: FeedId, word: str) -> None:
        heard = self._words.setdefault(feed, set())
        if word not in heard:
            heard.add(word)
            self.puzzled(feed, word)

    def _set(self, feed: FeedId, **fields: Any) -> None:
        before = self._health[feed]
        after = msgspec.structs.replace(before, **fields)
        if after != before:
            self._health[feed] = after
            self._changed()
