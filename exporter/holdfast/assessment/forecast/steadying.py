"""What looks of the last two days agree on: a volume that fills in days need not change its mind within the hour.

A look is what would have been said some hours ago, from what was known then. Looks stand at fixed hours of the day, so that two
forecasts an hour apart rest on the same ones.
"""

from dataclasses import dataclass, fields

import numpy as np

from holdfast.assessment.forecast.looking import Standing, look, together
from holdfast.assessment.forecast.readings import HOUR, Flags, Floats, Places

EVERY, LOOKS = 6, 8
"""Hours between looks, and how many there are before the one of now."""

LIKELY = 0.75
"""From here on full is called likely: what the shipped rule asks for."""

_FEW = 4  # looks that settle most cases
_SHORTEST = 3.0  # hours that must have been known for a look to count
_SURE, _UNLIKELY = 0.97, 0.3
_FALLEN = 0.5  # what was likely and then less than this is no longer remembered
_AT_ONCE, _CLEAR = 24.0, 0.8
"""What is so near (hours) and so likely is told without waiting for a second look."""
_URGENT, _FIRST_DAYS = 18.0, 72.0
"""What is more likely than not full within so many hours counts as likely, but in the first days (hours), when volumes are loaded."""
_SHARE, _OLDEST = 0.25, 24.0  # of the time to full, and hours: so old may a look be, and still count
_TOGETHER = 128  # volumes whose looks are taken at once, for the caches' sake


@dataclass(frozen=True, kw_only=True)
class Said:
    """What looks said, [looks, volumes]: how likely full was, the hours to full, and how many hours ago."""

    chance: Floats
    hours: Floats
    ages: Floats

    def then(self, other: "Said") -> "Said":
        return Said(
            **{
                field.name: np.concatenate((getattr(self, field.name), getattr(other, field.name)))
                for field in fields(Said)
            }
        )

    def of(self, some: Places) -> "Said":
        return Said(chance=self.chance[:, some], hours=self.hours[:, some], ages=self.ages)


def unsettled(chance: Floats) -> Flags:
    """Where more than the look of now is needed."""
    open_still: Flags = (chance >= _UNLIKELY) & (chance < _SURE)
    return open_still


def steadied(at: Standing, hours: Floats, chance: Floats) -> Floats:
    """How likely full is within the horizon by all looks, from where the volumes stand and what the look of now says."""
    since = ((np.rint(at.newest / HOUR) - 1.0) % EVERY).astype(np.intp) + 1
    steady = np.array(chance, float)
    for first in range(1, EVERY + 1):
        place = np.flatnonzero(since == first)
        for begin in range(0, len(place), _TOGETHER):
            some = place[begin : begin + _TOGETHER]
            now = Said(chance=chance[None, some], hours=hours[None, some], ages=np.zeros((1, 1)))
            steady[some] = _by_looks(at.of(some), first, now)
    urgent = (hours <= _URGENT) & (at.hours >= _FIRST_DAYS)
    return np.where(urgent, np.maximum(steady, LIKELY), steady)


def _by_looks(at: Standing, first: int, now: Said) -> Floats:
    """The same for volumes whose newest look before was ``first`` hours ago; all looks only where a few do not settle it."""
    ages = first + EVERY * np.arange(LOOKS)
    said = now.then(_before(at, ages[:_FEW]))
    steady = agreed(said)
    more = np.flatnonzero((steady >= _FALLEN) & (steady < LIKELY))
    if len(more):
        steady[more] = agreed(said.of(more).then(_before(at.of(more), ages[_FEW:])))
    return steady


def _before(at: Standing, ages: Places) -> Said:
    """What was said so many hours ago; NaN where too little was known then."""
    belief, chance = look(together([at.ago(int(age)) for age in ages]))
    taken = at.hours - ages[:, None] >= _SHORTEST
    return Said(
        chance=np.where(taken, chance.reshape(len(ages), -1), np.nan),
        hours=np.exp(belief.central.astype(np.float64)).reshape(len(ages), -1),
        ages=ages[:, None].astype(np.float64),
    )


def agreed(said: Said) -> Floats:
    """The most that looks have agreed on since they last agreed on little; the newest look stands first."""
    means = [_mean(said, at) for at in range(len(said.chance))]
    first, second = means[0], means[1]
    at_once = (said.hours[0] <= _AT_ONCE) & (first >= _CLEAR)
    most = np.where(at_once | np.isnan(second) | (first < _FALLEN), first, np.fmin(first, second))
    held = first >= _FALLEN
    for before in means[1:]:
        held &= before >= _FALLEN
        most = np.where(held, np.fmax(most, before), most)
    return most


def _mean(said: Said, at: int) -> Floats:
    """Over one look and those before it that are new enough to count."""
    chance, since = said.chance[at:], said.ages[at:] - said.ages[at]
    counts = (since <= np.minimum(_SHARE * said.hours[at], _OLDEST)) & ~np.isnan(chance)
    mean = np.where(counts, chance, 0.0).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    return np.where(np.isnan(chance[0]), np.nan, mean)
