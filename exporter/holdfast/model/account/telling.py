"""How the report document tells times, durations and unknowns, and the base of its shapes.

Times are RFC 3339 in UTC, fields ending in ``Seconds`` are durations, those ending in ``Bytes`` sizes. Null means
that there is none or that nobody asks; what is unknown is null too, and then stands in ``unknown`` with the reason.
"""

import math
from datetime import UTC, datetime

import msgspec

UNTOLD = "the object does not tell"
_LAST = 253_402_300_799.0  # the last second of the year 9999, where RFC 3339 ends
_UNITS = ((86400, "d", 3600, "h"), (3600, "h", 60, "m"), (60, "m", 1, "s"))

Unknown = dict[str, str]
"""Fields that are null because they are unknown, and why."""


def moment(instant: float) -> datetime:
    """A POSIX time as the document tells it."""
    return datetime.fromtimestamp(min(instant, _LAST), UTC)


def moment_if(instant: float | None) -> datetime | None:
    return None if instant is None else moment(instant)


def moment_text(instant: float) -> str:
    """The same as text."""
    return msgspec.json.encode(moment(instant)).decode().strip('"')


def elapsed(since: float, now: float) -> float:
    """Seconds to the millisecond, as the metrics have them; a clock that runs behind reads as no time."""
    return max(0.0, round(now - since, 3))


def elapsed_if(since: float | None, now: float) -> float | None:
    return None if since is None else elapsed(since, now)


def humane(seconds: float) -> str:
    """A duration as a person says it, in its two greatest units: ``3d 4h``, ``26h``, ``5m 10s``."""
    whole = int(seconds)
    if whole < 2 * 86400 and whole % 3600 == 0 and whole >= 3600:
        return f"{whole // 3600}h"
    for size, unit, lesser, lesser_unit in _UNITS:
        if whole >= size:
            rest = whole % size // lesser
            return f"{whole // size}{unit} {rest}{lesser_unit}" if rest else f"{whole // size}{unit}"
    return f"{whole}s"


def likelihood(chance: float, within: float) -> str:
    """How likely full is within these seconds, rounded down: what is told as 75 % is that likely."""
    percent = math.floor(100 * chance + 1e-9)
    return f"{percent or 'less than 1'} % likely within {humane(within)}"


def why_null(reasons: Unknown) -> Unknown:
    """Those fields whose reason holds."""
    return {field: reason for field, reason in reasons.items() if reason}


class Part(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename="camel"):
    """Base of all that stands in the document."""
