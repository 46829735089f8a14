"""Which namespaces a feed is read in. The same for the API and for a folder."""

from collections.abc import Collection, Mapping

from holdfast.model.feed import Feed

EVERYWHERE = ("",)


class Scope:
    """``namespaces`` None means the whole cluster; ``by_source`` are a source's own, added to them.

    Without ``namespaces`` a source's own are all that is read of its namespaced kinds.
    """

    def __init__(
        self,
        namespaces: Collection[str] | None = None,
        by_source: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._namespaces = None if namespaces is None else frozenset(namespaces)
        self._by_source = {name: frozenset(own) for name, own in (by_source or {}).items()}

    def of(self, feed: Feed) -> tuple[str, ...]:
        """The namespaces, sorted; EVERYWHERE for the whole cluster; empty when the feed is out of scope."""
        if not feed.resource.namespaced:
            return EVERYWHERE if self._namespaces is None else ()
        own = self._by_source.get(feed.source, frozenset())
        if self._namespaces is None:
            return tuple(sorted(own)) or EVERYWHERE
        return tuple(sorted(self._namespaces | own))
