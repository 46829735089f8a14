"""Stork's schedule policies as cron expressions. A policy may hold an interval, a daily, a weekly and a monthly plan.

Times of day are those of Stork's own clock, taken for UTC: its zone is not in the API.
https://github.com/libopenstorage/stork/blob/master/pkg/apis/stork/v1alpha1/schedulepolicy.go
"""

import re
from typing import Final, NamedTuple

from holdfast.sources.stork.shapes import PolicyItem

KINDS: Final = ("Interval", "Daily", "Weekly", "Monthly")
"""As the status of a schedule spells them; in the names of schedules they are in lower case."""

_KITCHEN: Final = re.compile(r"(1[0-2]|0?[1-9]):([0-5][0-9])(AM|PM|am|pm)")
_DAYS: Final = {
    "sunday": 0,
    "sun": 0,
    "monday": 1,
    "mon": 1,
    "tuesday": 2,
    "tue": 2,
    "wednesday": 3,
    "wed": 3,
    "thursday": 4,
    "thu": 4,
    "thur": 4,
    "thurs": 4,
    "friday": 5,
    "fri": 5,
    "saturday": 6,
    "sat": 6,
}


class Rhythm(NamedTuple):
    """One plan of a policy. ``cron`` is empty where it cannot be read."""

    kind: str
    cron: str
    seconds: float | None = None  # of an interval


def read_rhythms(policy: PolicyItem) -> tuple[Rhythm, ...]:
    """In the order in which Stork looks at them."""
    found = []
    if policy.interval is not None:
        found.append(_every(policy.interval.interval_minutes or 0))
    if policy.daily is not None:
        found.append(Rhythm("Daily", _cron(policy.daily.time, "* * *")))
    if policy.weekly is not None:
        day = _DAYS.get(_capitalised(policy.weekly.day or ""))
        found.append(Rhythm("Weekly", "" if day is None else _cron(policy.weekly.time, f"* * {day}")))
    if policy.monthly is not None:
        date = policy.monthly.date or 0
        found.append(Rhythm("Monthly", _cron(policy.monthly.time, f"{date} * *") if 1 <= date <= 31 else ""))
    return tuple(found)


def _every(minutes: int) -> Rhythm:
    return (
        Rhythm("Interval", f"@every {minutes}m", minutes * 60.0)
        if 1 <= minutes < 10**7
        else Rhythm("Interval", "")
    )


def _capitalised(day: str) -> str:
    """Stork takes ``Sunday`` and ``sunday``, and no other spelling."""
    return day.lower() if day in (day.lower(), day.capitalize()) else ""


def _cron(clock: str | None, rest: str) -> str:
    found = _KITCHEN.fullmatch(clock or "")
    if found is None:
        return ""
    hour, minute, half = found.groups()
    return f"{int(minute)} {int(hour) % 12 + (12 if half.lower() == 'pm' else 0)} {rest}"
