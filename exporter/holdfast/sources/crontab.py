"""A cron expression as Kubernetes and Velero write it: a time zone in front, or in a field of its own.

Sources use it to tell a plan from a mistake, and to find the planned start before an end. Which runs were due or
missed is judgement, and is worked out elsewhere.
"""

import math
import re
from typing import Final, NamedTuple

from holdfast.model.plan import PlanError, read_plan

_ZONE: Final = re.compile(r"(?:CRON_)?TZ=(\S*)\s+(.*)", re.DOTALL)
_FIELDS = 5  # seconds are of another dialect
_CONTROLLERS_OWN = ("", "Local", "UTC", "Etc/UTC")  # its zone is not in the API; the usual images run in UTC


class Cron(NamedTuple):
    """``text`` has no zone in front and no ``?``; ``timezone`` is an IANA name, empty for UTC."""

    text: str
    timezone: str
    valid: bool


def read_cron(written: str, timezone: str = "") -> Cron:
    """``timezone`` is what a field of its own says; it beats the zone in front."""
    found = _ZONE.fullmatch(written.strip())
    zone, text = found.groups() if found else ("", written)
    zone, text = timezone or zone, " ".join(text.replace("?", "*").split())
    zone = "" if zone in _CONTROLLERS_OWN else zone
    return Cron(text=text, timezone=zone, valid=_readable(text, zone))


def _readable(text: str, zone: str) -> bool:
    if not text.startswith("@") and len(text.split()) != _FIELDS:
        return False
    try:
        read_plan(text, zone)
    except PlanError:
        return False
    return True


def planned_start(cron: Cron, end: float) -> float:
    """The planned start before the end; the end itself where there is no plan, or only an interval."""
    if cron.text.startswith("@every"):
        return end
    try:
        run = read_plan(cron.text, cron.timezone).before(math.nextafter(end, 0.0))
    except (PlanError, OverflowError, ValueError, OSError):  # no plan, or an end at the edge of the calendar
        return end
    return end if run is None else run
