"""How full something is at any instant: the forms that a line of ``usage.yaml`` may take, and nothing of objects.

Per cent of the whole, as of the now that stories speak of:

=====================================  =============================================================
``used: 63``                           so much
``daily: 0.2``                         so much came a day, and goes on coming
``swing: 9, every: 1d, gone: 7h``      a saw-tooth: its height, its length, and how long ago it fell
``rise: {since: 9h, daily: 40}``       so much a day besides, for so long
``drop: {ago: 20h, by: 64}``           so much more until then
=====================================  =============================================================
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from holdfast.demo.instants import duration
from holdfast.demo.names import chance

_DAY = 86400.0
_JITTER = 0.04  # per cent: what comes and goes from one look to the next
_LEAST, _MOST = 0.02, 100.0
_LOOK = 600.0  # seconds for which one draw of it holds


class Course(NamedTuple):
    """Seconds where the fields are times; ``name`` is what the jitter is drawn from."""

    name: str
    used: float
    daily: float = 0.0
    swing: float = 0.0
    every: float = _DAY
    gone: float = 0.0
    rise_since: float = 0.0
    rise_daily: float = 0.0
    drop_ago: float = 0.0
    drop_by: float = 0.0

    def at(self, instant: float, told: float) -> float:
        """From 0 to 1."""
        past = instant - told
        level = self.used + self.daily * past / _DAY
        level += self.swing * ((past + self.gone) % self.every - self.gone) / self.every
        level += self.rise_daily * max(past, -self.rise_since) / _DAY
        level += self.drop_by if past < -self.drop_ago else 0.0
        level += _JITTER * (chance(self.name, str(int(instant // _LOOK))) - 0.5)
        return min(max(level, _LEAST), _MOST) / 100


def course(name: str, line: Mapping[str, Any]) -> Course:
    """Of a line of the table."""
    rise, drop = line.get("rise", {}), line.get("drop", {})
    return Course(
        name=name,
        used=line["used"],
        daily=line.get("daily", 0.0),
        swing=line.get("swing", 0.0),
        every=duration(line.get("every", "1d")),
        gone=duration(line.get("gone", "0s")),
        rise_since=duration(rise.get("since", "0s")),
        rise_daily=rise.get("daily", 0.0),
        drop_ago=duration(drop.get("ago", "0s")),
        drop_by=drop.get("by", 0.0),
    )


def inode_course(name: str, line: Mapping[str, Any]) -> Course:
    """Most file systems run out of bytes long before."""
    return Course(
        name=f"{name} inodes",
        used=line.get("inodes", line["used"] / 12),
        daily=line.get("inodesDaily", line.get("daily", 0.0) / 12),
    )
