"""What http is handed and what it hands out: the site that it renders, and the counters of its own work.

Nothing here computes a fact about the cluster; the site is implemented by whoever composes the program.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from holdfast.http.queries import Query
from holdfast.http.views import View


class SourceLine(msgspec.Struct, frozen=True, kw_only=True):
    """What one source sees of one kind, and how that goes."""

    source: str
    kind: str
    state: str
    detail: str = ""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What every page tells of the program, and what the first page tells of its sources as long as nothing is judged."""

    version: str
    cluster: str = ""
    sources: Sequence[SourceLine] = ()


class Site(Protocol):
    """All calls are made on the event loop. But for ``view`` they must return at once: what they tell was prepared before."""

    def exposition(self, openmetrics: bool) -> Sequence[bytes]:
        """The text of /metrics in ready-made pieces, which nobody may change afterwards."""

    def ready(self) -> tuple[bool, Sequence[str]]:
        """Whether every first look has ended, and in words what is still waited for."""

    def live(self) -> bool:
        """False when only a restart can help."""

    def about(self) -> About:
        """Known at any time, also before the first judgement."""

    def api(self, path: tuple[str, ...]) -> bytes | Iterable[bytes] | None:
        """The JSON of what stands under /api/v1 at this path, None where nothing does.

        Paths: ``("report",)`` and ``("explain", "pvc", NAMESPACE, NAME)``. Pieces of an iterable are taken
        one at a time with the loop let go in between, so that a large answer may be rendered in slices.
        """

    async def view(self, path: tuple[str, ...], query: Query) -> View | None:
        """What a page shows, once ``ready``; None where there is no such claim. Lets the loop go from time to time.

        Paths: ``("overview",)``, ``("claims",)``, ``("claims", NAMESPACE, NAME)``, and one word for each of the others in
        ``queries.FORMS``. A ``per`` of 0 gives all rows.
        """
