"""What a source wants read, and how what was read is handed over. Known to cluster and sources alike."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import ObjectKey

FeedState = Literal["up", "starting", "forbidden", "failing", "not_installed", "disabled", "out_of_scope"]
FEED_STATES: tuple[FeedState, ...] = (
    "up",
    "starting",
    "forbidden",
    "failing",
    "not_installed",
    "disabled",
    "out_of_scope",
)

FeedError = Literal[
    "forbidden", "unauthorized", "gone", "throttled", "server_error", "connection", "timeout", "decode", "cut"
]
FEED_ERRORS: tuple[FeedError, ...] = (
    "forbidden",
    "unauthorized",
    "gone",
    "throttled",
    "server_error",
    "connection",
    "timeout",
    "decode",
    "cut",
)


class Resource(msgspec.Struct, frozen=True, kw_only=True):
    """One API resource. ``versions`` are those we can decode, the preferred first; the server's choice decides.

    ``declared`` is the key of the configuration by which an owner told of it; empty for what is built in.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool = True
    declared: str = ""


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """One resource that one source reads.

    ``shape`` is the msgspec type that names only the fields we read; ``read`` turns a decoded object into records.
    ``read`` must not fail on any object that decodes. ``poll`` is for an API that may be unable to watch: it is listed
    again every so many seconds instead. ``copies`` False: no copy is known by it, so that a source without it still sees
    all copies.
    """

    source: str
    resource: Resource
    shape: type[Any]
    read: Callable[[Any], Sequence[Fact]]
    copies: bool = True
    poll: float | None = None

    @property
    def kind(self) -> str:
        return self.resource.kind

    @property
    def id(self) -> tuple[str, str]:
        return (self.source, self.resource.kind)


class Sink(Protocol):
    """Who receives what the cluster says. Called on the event loop, never blocks, never raises."""

    def put(self, feed: Feed, key: ObjectKey, obj: Any) -> None:
        """The object stands as decoded (``feed.shape``)."""

    def drop(self, feed: Feed, key: ObjectKey) -> None:
        """The object is gone."""

    def undecodable(self, feed: Feed, key: ObjectKey, error: str) -> None:
        """The object exists and cannot be decoded; what was known of it before stays until it goes."""

    def alive(self, feed: Feed) -> None:
        """Proof of life: a page of a list, an event or a bookmark arrived."""

    def state(self, feed: Feed, state: FeedState, message: str = "") -> None:
        """The feed entered this state. ``up`` follows the last object of the first list."""

    def error(self, feed: Feed, reason: FeedError) -> None:
        """One failed attempt, for the error counter."""
