"""When an object of VolSync syncs: by its cron, on demand, or without a pause."""

from typing import NamedTuple

from holdfast.sources.crontab import Cron, planned_start, read_cron
from holdfast.sources.volsync.shapes import Syncs, Trigger

NAME = "volsync"
GROUP = "volsync.backube"

_NO_CRON = Cron(text="", timezone="", valid=True)


class Rhythm(NamedTuple):
    """``manual``: on demand only, which VolSync puts above a schedule. Without either it syncs again at once."""

    manual: str
    cron: Cron


def read_rhythm(trigger: Trigger | None) -> Rhythm:
    trigger = trigger or Trigger()
    if trigger.manual or not trigger.schedule:
        return Rhythm(manual=trigger.manual or "", cron=_NO_CRON)
    return Rhythm(manual="", cron=read_cron(trigger.schedule))


def captured_at(syncs: Syncs, rhythm: Rhythm) -> float | None:
    """When the data of the last sync that succeeded was read: at its start, where one can be told."""
    if syncs.began is not None or syncs.ended is None:
        return syncs.began
    if not rhythm.cron.text or not rhythm.cron.valid:
        return syncs.ended
    return planned_start(rhythm.cron, syncs.ended)
