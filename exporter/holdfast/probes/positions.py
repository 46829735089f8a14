"""When a position was reached: what turns bytes or transactions behind into seconds behind.

Servers say how far a replica is in their own counts, and their own seconds freeze when a replica is stuck. Here belongs
the memory of a target's positions between its probes. The numbers themselves are read elsewhere.
"""

import msgspec

_MOST = 512  # marks kept of one track; older ones are thinned, which only widens the bounds


class _Mark(msgspec.Struct):
    """A position, and when it was first and last seen to be the newest."""

    position: int
    first: float
    last: float


class Track:
    """The positions of one primary, as seen at each probe."""

    def __init__(self) -> None:
        self._marks: list[_Mark] = []

    def saw(self, position: int, at: float) -> None:
        """A position below the one before is another server's, or a new beginning: what was seen is forgotten."""
        if self._marks and position < self._marks[-1].position:
            self._marks.clear()
        if self._marks and position == self._marks[-1].position:
            self._marks[-1].last = at
            return
        self._marks.append(_Mark(position=position, first=at, last=at))
        if len(self._marks) > _MOST:
            del self._marks[1:-1:2]

    def bounds(self, position: int, at: float) -> tuple[float, float | None]:
        """At least and at most how many seconds a replica at this position is behind; None: nobody knows the most."""
        least, most = 0.0, None
        for mark in self._marks:
            if mark.position > position:
                least = max(0.0, at - mark.first)
                break
            most = max(0.0, at - mark.last)
        return least, most

    def lag(self, position: int, at: float, *, told: float | None, late: float) -> float | None:
        """Seconds behind, of a replica that is behind. ``told`` is what the server says, held against what was seen.

        A replica that was behind before the first look has no upper bound: then it is unknown, until what is certain
        is longer than ``late`` seconds.
        """
        least, most = self.bounds(position, at)
        if told is not None and told >= least:
            return told if most is None else min(told, most)
        return least if most is not None or least > late else None


class Memory:
    """What one target's probes remember: a track for each thing that has positions. Kept by who repeats the probe."""

    def __init__(self) -> None:
        self._tracks: dict[str, Track] = {}

    def track(self, name: str = "") -> Track:
        return self._tracks.setdefault(name, Track())

    def keep(self, names: set[str]) -> None:
        """Forgets the tracks of all others."""
        for name in self._tracks.keys() - names:
            del self._tracks[name]
