"""How many subjects are in each state, counted as their judgements change."""

from collections.abc import Callable, Sequence

Key = tuple[str, ...]
Cell = tuple[Key, str]
"""Under which key a subject counts, and in which state."""


class Tally:
    """``show`` is told the counts of a key, in the order of ``states``; ``hide`` that nothing counts under it any more."""

    def __init__(
        self,
        states: Sequence[str],
        show: Callable[[Key, tuple[int, ...]], None],
        hide: Callable[[Key], None],
    ) -> None:
        self._place = {state: place for place, state in enumerate(states)}
        self._show = show
        self._hide = hide
        self._counts: dict[Key, list[int]] = {}

    def move(self, before: Cell | None, after: Cell | None) -> None:
        """One subject counted as ``before`` and counts as ``after``; None: not at all."""
        if before == after:
            return
        for cell, step in ((before, -1), (after, 1)):
            if cell is not None:
                counts = self._counts.setdefault(cell[0], [0] * len(self._place))
                counts[self._place[cell[1]]] += step
        for key in {cell[0] for cell in (before, after) if cell is not None}:
            if any(self._counts[key]):
                self._show(key, tuple(self._counts[key]))
            else:
                del self._counts[key]
                self._hide(key)
