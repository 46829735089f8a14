"""What looks of the last days agree on: a volume that fills in days need not change its mind within the hour.

A look is what would have been said some hours ago, from what was known then. Looks stand at fixed hours of the day, so that two
forecasts an hour apart rest on the same ones. What was likely stays so until looks agree that it is not.
"""

from dataclasses import dataclass, fields

import numpy as np

from holdfast.assessment.forecast.looking import EVERY, Standing, look
from holdfast.assessment.forecast.readings import HOUR, Flags, Floats, Places, Singles

LOOKS = 12
"""How many there are at most."""

LIKELY = 0.75
"""From here on full is called likely: what the shipped rule asks for."""

_FALLEN = 0.5  # what was likely stays so until looks agree on less than this,
_GONE = 0.4  # or one of them says less than this,
_OVER = 0.05  # or the look of now less than this
_SURE = 0.98  # what a look says is so likely needs no other that agrees
_NEAR, _CLEAR = 36.0, 0.9
"""Nor does what is so near (hours) and so likely,"""
_URGENT, _EVEN, _FIRST_DAYS = 18.0, 0.5, 72.0
"""nor what is so near and no less likely than not, but in the first days (hours), when volumes are loaded."""
_SHORTEST = 6.0  # hours that must have been known for a look to count
_SHARE, _OLDEST = 0.2, 24.0
"""So much older are looks that count beside another (of the time to full, and hours); the next one always does."""
_BESIDE = int(_OLDEST) // EVERY  # looks that may count beside another
_MORE = 2  # looks taken at once where those before do not settle it
_TOGETHER = 384  # looks taken at once, for the caches' sake


@dataclass(frozen=True, kw_only=True)
class Said:
    """What looks said, [looks, volumes], the newest first: how likely full was, the hours to full, and the hours known.

    NaN where no look was taken.
    """

    chance: Floats
    hours: Floats
    known: Singles

    def of(self, some: Places) -> "Said":
        return Said(**{field.name: getattr(self, field.name)[:, some] for field in fields(Said)})


def pressing(said: Said) -> Flags:
    """What is so near that no other look is waited for."""
    near = (said.hours <= _NEAR) & (said.chance >= _CLEAR)
    urgent = (said.hours <= _URGENT) & (said.chance >= _EVEN) & (said.known >= _FIRST_DAYS)
    pressed: Flags = near | urgent
    return pressed


def first_told(said: Said) -> tuple[Floats, Flags]:
    """What the look of now tells by itself, and where more looks are needed."""
    pressed = pressing(said)
    chance = np.where(pressed, np.maximum(said.chance, LIKELY), said.chance)
    return chance[0], (~pressed & (said.chance >= _OVER))[0]


def steadied(at: Standing, chance: Floats) -> Floats:
    """How likely full is within the horizon by looks before now; older ones are taken only where newer ones do not settle it.

    Where none can be taken, what the look of now says is told as no more than even.
    """
    newest = (np.floor(at.newest / HOUR).astype(np.intp) - 1) % EVERY + 1
    ages = newest + EVERY * np.arange(LOOKS)[:, None]
    nothing = np.full(ages.shape, np.nan)
    said = Said(chance=nothing, hours=nothing.copy(), known=at.hours - ages.astype(np.float32))
    every, row = np.arange(len(newest)), np.arange(LOOKS)[:, None]
    _take(said, at, ages, row < 1, every)
    steady, _ = agreed(said, 1)
    steady = np.where(np.isnan(said.chance[0]), np.minimum(chance, _EVEN), steady)
    some = every[(said.chance[0] >= _GONE) & (said.chance[0] < _SURE)]
    _take(said, at, ages, (row <= _BESIDE) & _beside(said, 0, row)[:, some], some)
    for upto in range(1 + _BESIDE, LOOKS + 1, _MORE):
        steady[some], still = agreed(said.of(some), upto - _BESIDE)
        some = some[still]
        _take(said, at, ages, row < upto + _MORE, some)
    return steady


def _take(said: Said, at: Standing, ages: Places, wanted: Flags, some: Places) -> None:
    """Takes the looks wanted [looks, volumes] of some volumes, as far as they are not taken and enough was known then."""
    open_still = wanted & (said.known[:, some] >= _SHORTEST) & np.isnan(said.chance[:, some])
    looks, places = np.nonzero(open_still)
    volumes = some[places]
    order = np.argsort(ages[looks, volumes], kind="stable")
    looks, volumes = looks[order], volumes[order]
    for begin in range(0, len(looks), _TOGETHER):
        one, volume = looks[begin : begin + _TOGETHER], volumes[begin : begin + _TOGETHER]
        belief, chance = look(at.before(volume, ages[one, volume]))
        said.chance[one, volume] = chance
        said.hours[one, volume] = np.exp(belief.central.astype(np.float64))


def agreed(said: Said, points: int) -> tuple[Floats, Flags]:
    """The most that looks have agreed on since they last agreed on little, and where it takes more than so many points to tell."""
    settled = pressing(said) | (said.chance >= _SURE)
    steady, still = np.zeros(said.chance.shape[1]), np.ones(said.chance.shape[1], bool)
    for at in range(points):
        chance = said.chance[at]
        mean = np.where(chance < _GONE, np.fmin(_mean(said, at), chance), _mean(said, at))
        mean = np.where(settled[at], np.fmax(chance, LIKELY), mean)
        steady = np.where(still, np.fmax(steady, mean), steady)
        still &= (mean >= _FALLEN) & (mean < LIKELY)
    return steady, still


def _mean(said: Said, at: int) -> Floats:
    """Over one look and those before it that are new enough to count."""
    chance = said.chance[at : at + _BESIDE + 1]
    counts = _beside(said, at, np.arange(at, at + len(chance))[:, None]) & ~np.isnan(chance)
    mean = np.where(counts, chance, 0.0).sum(axis=0) / np.maximum(counts.sum(axis=0), 1)
    return np.where(np.isnan(chance[0]), np.nan, mean)


def _beside(said: Said, at: int, looks: Places) -> Flags:
    """Which looks count beside one."""
    since = EVERY * (looks - at)
    reach = np.maximum(np.minimum(_SHARE * said.hours[at], _OLDEST), EVERY)
    beside: Flags = (since >= 0) & (since <= reach)
    return beside
