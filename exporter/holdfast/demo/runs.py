"""The runs of a plan as of now: which came round, how each ended, and which one is still going.

Hints: ``takes`` (how long a run takes), ``until`` (no run came round after that instant), ``keeps`` (for how
long a run is kept) and ``results``, by run: 0 the newest, -1 the one before.
"""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, NamedTuple

from holdfast.demo.instants import Clock, due_before, duration, seconds_of

_MOST = 200  # a plan that comes round more often is a mistake in a story


class Run(NamedTuple):
    """``ended`` is None while it is going. ``number`` counts back from the newest, which is 0; ``place`` forward from the newest
    that has ended, which is 0 too.
    """

    due: float
    number: int
    outcome: str
    ended: float | None
    takes: float
    place: int = 0


def runs_of(
    cron: str, created: float, hints: Mapping[str, Any], clock: Clock, *, good: str = "Complete"
) -> Iterator[Run]:
    """The runs that are kept, the newest first. Those of a plan without ``takes`` never came round."""
    if "takes" not in hints:
        return
    takes, keeps = duration(hints["takes"]), duration(hints.get("keeps", "10d"))
    until = min(clock.now, seconds_of(hints["until"])) if "until" in hints else clock.now
    results = hints.get("results", {})
    place = 0
    for number, due in zip(count(0, -1), due_before(cron, until), strict=False):
        if due <= created or due + keeps <= clock.now:
            return
        if number <= -_MOST:
            raise ValueError(
                f"cron {cron!r} comes round more than {_MOST} times in {hints.get('keeps', '10d')}"
            )
        outcome = results.get(number, good)
        ends = due + (0.0 if outcome == "FailedValidation" else takes)
        ended = ends if ends <= clock.now else None
        yield Run(due, number, outcome, ended, takes, place)
        place += ended is not None
