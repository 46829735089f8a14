"""What http is handed and what it hands out: the site that it renders, and the counters of its own work.

Nothing here computes a fact about the cluster; the site is implemented by whoever composes the program.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec


class SourceLine(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the landing page: what one source sees of one kind, and how that goes."""

    source: str
    kind: str
    state: str
    detail: str = ""


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    cluster: str = ""
    sources: Sequence[SourceLine] = ()


class Site(Protocol):
    """All calls are made on the event loop and must return at once: what they tell was prepared before."""

    def exposition(self, openmetrics: bool) -> Sequence[bytes]:
        """The text of /metrics in ready-made pieces, which nobody may change afterwards."""

    def ready(self) -> tuple[bool, Sequence[str]]:
        """Whether every first look has ended, and in words what is still waited for."""

    def live(self) -> bool:
        """False when only a restart can help."""

    def landing(self) -> Landing:
        """What / shows."""

    def api(self, path: tuple[str, ...]) -> bytes | Iterable[bytes] | None:
        """The JSON of what stands under /api/v1 at this path, None where nothing does.

        Paths: ``("report",)`` and ``("explain", "pvc", NAMESPACE, NAME)``. Pieces of an iterable are taken
        one at a time with the loop let go in between, so that a large answer may be rendered in slices.
        """
