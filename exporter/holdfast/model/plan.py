"""When the runs of a plan are due, by its real cron: time zones, uneven gaps, intervals. Nothing about how runs went.

The dialect is that of Kubernetes and Velero (robfig/cron): five fields (CloudNativePG's six, seconds first), named
descriptors and intervals. A run that falls into the hour which a summer-time change leaves out is not due.
https://pkg.go.dev/github.com/robfig/cron/v3#ParseStandard
"""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from heapq import merge
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from holdfast.model.annotation import AnnotationError, parse_duration

EVERY = "@every"

_NAMED = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_FOREIGN = re.compile(r"#|\dL|(?:^|[\s,])LW?(?=$|[\s,/])", re.IGNORECASE)  # days of other dialects
_STEPPED_STAR = re.compile(r"^\*/(?=0*[2-9]|0*1\d)")
_MOST_WALKED = 3000  # runs of several plans together
MOST_COUNTED = 1000  # runs; one that is further behind is as broken, and counting on would hold the loop
_REFERENCE = 1_704_067_200.0  # 2024-01-01, from where gaps are measured
_YEAR = 366 * 86400.0
_CLOCK_CHANGE = 2 * 3600.0  # seconds; the walk begins this much off, and drops what is over


class PlanError(ValueError):
    """The cron expression or the time zone cannot be read; the text says which and why."""


class Plan:
    """The runs of one cron expression in one zone, or of one interval that counts from an anchor."""

    def __init__(self, cron: str, timezone: str = "", anchor: float | None = None) -> None:
        self._zone = _zone(timezone)
        self._anchor = anchor or 0.0
        self._every = _interval(cron)
        self._cron = "" if self._every else _translated(cron)
        if self._cron:
            try:
                CronSim(self._cron, datetime(2024, 1, 1, tzinfo=self._zone))
            except (CronSimError, ValueError) as error:
                raise PlanError(f"cron {cron[:100]!r} cannot be read: {error}") from error

    def after(self, instant: float) -> float | None:
        """The first run due after this instant; None if there is none within fifty years."""
        if self._every:
            return self._anchor + (math.floor((instant - self._anchor) / self._every) + 1) * self._every
        return next((run for run in self._runs(instant - _CLOCK_CHANGE) if run > instant), None)

    def before(self, instant: float) -> float | None:
        """The newest run due at or before this instant; None if there is none within fifty years."""
        if self._every:
            steps = math.floor((instant - self._anchor) / self._every)
            return self._anchor + steps * self._every if steps >= 0 else None
        # the walk begins later by a whole second at least, so that a run at the instant itself is met
        start = math.floor(instant) + 1 + _CLOCK_CHANGE
        return next((run for run in self._runs(start, reverse=True) if run <= instant), None)

    def due(self, start: float, end: float) -> int:
        """How many runs were due after ``start`` and at or before ``end``; counted up to a bound."""
        if self._every:
            first, last = (math.floor((instant - self._anchor) / self._every) for instant in (start, end))
            return max(0, min(last - first, MOST_COUNTED))
        count = 0
        for run in self._runs(start - _CLOCK_CHANGE):
            if run > end or count >= MOST_COUNTED:
                break
            count += run > start
        return count

    def walk(self, instant: float) -> Iterator[float]:
        """The runs due after this instant, one after another."""
        if self._every:
            run = self.after(instant)
            while run is not None:
                yield run
                run += self._every
            return
        yield from (run for run in self._runs(instant - _CLOCK_CHANGE) if run > instant)

    def _runs(self, instant: float, *, reverse: bool = False) -> Iterator[float]:
        """Runs from this instant on, or back from it. None of an hour that the clock skipped."""
        try:
            runs = CronSim(self._cron, datetime.fromtimestamp(instant, tz=self._zone), reverse=reverse)
            for run in runs:
                if run.hour in runs.hours and run.minute in runs.minutes:
                    yield run.timestamp()
        except (OverflowError, ValueError, OSError):  # the walk begins beyond the calendar, or has left it
            return


@lru_cache(maxsize=4096)
def read_plan(cron: str, timezone: str = "", anchor: float | None = None) -> Plan:
    """The plan of this text.

    Raises:
        PlanError: the expression or the zone cannot be read.
    """
    return Plan(cron, timezone, anchor)


@lru_cache(maxsize=4096)
def longest_gap(plan: Plan) -> float:
    """The longest time between two neighbouring runs, in seconds, over a year or a thousand runs of it."""
    start = previous = plan.after(_REFERENCE)
    longest = 0.0
    for _ in range(MOST_COUNTED):
        run = None if previous is None else plan.after(previous)
        if run is None or previous is None or start is None:
            break
        longest = max(longest, run - previous)
        previous = run
        if run - start > _YEAR:
            break
    return longest or math.inf


@lru_cache(maxsize=4096)
def longest_gap_together(plans: frozenset[Plan]) -> float:
    """The longest time between two neighbouring runs of any of the plans, in seconds, over a year or thousands of runs."""
    longest, previous = 0.0, None
    for count, run in enumerate(merge(*(plan.walk(_REFERENCE) for plan in plans))):
        if previous is not None:
            longest = max(longest, run - previous)
        previous = run
        if run > _REFERENCE + _YEAR or count >= _MOST_WALKED:
            break
    return longest or math.inf


def _translated(cron: str) -> str:
    """The expression in cronsim's dialect."""
    text = " ".join(cron.replace("?", "*").split())
    fields = _NAMED.get(text.lower(), text).split()
    if len(fields) not in (5, 6) or _FOREIGN.search(text):
        raise PlanError(f"cron {cron[:100]!r} cannot be read: five fields are wanted")
    # Here a stepped star narrows its field as a range does; cronsim takes it for a star, which does not.
    fields[-3] = _STEPPED_STAR.sub("1-31/", fields[-3])
    fields[-1] = _STEPPED_STAR.sub("0-6/", fields[-1])
    return " ".join(fields)


def _interval(cron: str) -> float | None:
    text = cron.strip()
    if not text.lower().startswith(EVERY):
        return None
    try:
        return max(1.0, parse_duration(text[len(EVERY) :]))
    except AnnotationError as error:
        raise PlanError(f"interval {cron[:100]!r} cannot be read: {error}") from error


def _zone(name: str) -> tzinfo:
    if name in ("", "UTC", "Etc/UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise PlanError(f"time zone {name[:100]!r} is unknown") from error
