"""Times as stories write them, and when the runs of a plan were due. All of it relative to a now that is
handed in.

A story writes ``<expression>`` inside any text:

=========================  ======================================================================
``<now-3d2h>``             that long before (or ``+``: after) now, as the API writes times
``<run 0 2 * * *|-1>``     the last but one due run of that cron; ``|0`` the last, ``|0+5m`` 5 minutes later
``<day now+60d>``          the day of an instant, as annotations write it
``<nanos now-26h>``        an instant in nanoseconds, a number
``<daily now-3h>``         a cron that came round at that hour every day; ``<weekly now-4d>`` once a week
``<uid KIND SPACE/NAME>``  the uid of an object; with ``/earlier``: of one that bore its name before
``<stamp now-26h>``        an instant as backup tools append it to a name
``<id TEXT>``              eight hexadecimal digits, as of a snapshot, drawn from the text and the now
=========================  ======================================================================
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import dropwhile
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from cronsim import CronSim

from holdfast.demo.names import uid_of

_EXPRESSION = re.compile(r"<([^<>]+)>")
_RELATIVE = re.compile(r"now(?:([+-])(\w+))?")
_RUN = re.compile(r"run (.+)\|(-?\d+)(?:([+-])(\w+))?")
_ZONED = re.compile(r"CRON_TZ=(\S+) (.+)")
_DURATION = re.compile(r"(?:\d+[wdhms])+")
_PART = re.compile(r"(\d+)([wdhms])")
_SECONDS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}

_REPEATED = 7200.0  # seconds; no clock is set back by more


class Clock(NamedTuple):
    """``told``: the now that stories speak of. ``now``: up to when schedules have been coming round
    since."""

    told: float
    now: float


def rfc3339(instant: float) -> str:
    """To the second and in UTC, as the API server writes times."""
    return datetime.fromtimestamp(int(instant), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp(instant: float) -> str:
    """As backup tools append a time to a name: ``20240229020000``."""
    return datetime.fromtimestamp(int(instant), UTC).strftime("%Y%m%d%H%M%S")


def seconds_of(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def duration(text: str) -> float:
    """``3d2h`` or ``168h0m0s`` as seconds."""
    if not _DURATION.fullmatch(text):
        raise ValueError(f"{text!r} is no duration; write numbers with w, d, h, m or s")
    return float(sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text)))


def due_before(cron: str, instant: float) -> Iterator[float]:
    """The runs due at or before the instant, the newest first. ``CRON_TZ=ZONE`` in front names the zone."""
    zoned = _ZONED.fullmatch(cron)
    zone, text = zoned.groups() if zoned else ("UTC", cron)
    # from later on: in an hour that the clocks repeat, a walk back would pass over the runs of its first time
    moment = datetime.fromtimestamp(instant + _REPEATED, ZoneInfo(zone))
    runs = (run.timestamp() for run in CronSim(text, moment, reverse=True))
    return dropwhile(lambda run: run > instant, runs)


def dated(value: Any, clock: Clock) -> Any:
    """The value with every expression in its texts resolved. A text that is only a number's expression turns
    into one.

    Raises:
        ValueError: an expression cannot be read.
    """
    if isinstance(value, dict):
        return {key: dated(item, clock) for key, item in value.items()}
    if isinstance(value, list):
        return [dated(item, clock) for item in value]
    if not isinstance(value, str):
        return value
    if (whole := _EXPRESSION.fullmatch(value)) and whole[1].startswith("nanos "):
        return int(_instant(whole[1].removeprefix("nanos "), clock)) * 1_000_000_000
    return _EXPRESSION.sub(lambda found: _resolved(found[1], clock), value)


def _resolved(expression: str, clock: Clock) -> str:
    form, _, rest = expression.partition(" ")
    if form == "uid":
        kind, _, place = rest.partition(" ")
        namespace, name, *earlier = place.split("/")
        return uid_of(kind, namespace, name, earlier=bool(earlier))
    if form == "id":
        return f"c{uid_of('id', rest, stamp(clock.told))[:7]}"  # all digits would be read as a number
    if form == "stamp":
        return stamp(_instant(rest, clock))
    if form in ("day", "daily", "weekly"):
        moment = datetime.fromtimestamp(_instant(rest, clock), UTC)
        if form == "day":
            return moment.date().isoformat()
        return f"0 {moment.hour} * * {moment.isoweekday() % 7 if form == 'weekly' else '*'}"
    return rfc3339(_instant(expression, clock))


def _instant(expression: str, clock: Clock) -> float:
    if relative := _RELATIVE.fullmatch(expression):
        return clock.told + _offset(*relative.groups())
    if run := _RUN.fullmatch(expression):
        cron, index, *offset = run.groups()
        runs = due_before(cron, clock.now)
        for _ in range(-int(index)):
            next(runs)
        return next(runs) + _offset(*offset)
    raise ValueError(f"<{expression}> cannot be read; the forms are listed at the head of {__name__}")


def _offset(sign: str | None, length: str | None) -> float:
    if length is None:
        return 0.0
    return -duration(length) if sign == "-" else duration(length)
