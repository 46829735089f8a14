"""One look at volumes from where they stand, and looks from where they stood some hours before. Nothing is decided here."""

from dataclasses import dataclass, fields, replace

import numpy as np

from holdfast.assessment.forecast.readings import HOUR, HOURS, Flags, Floats, Places, Singles
from holdfast.assessment.forecast.signs import clock, signs
from holdfast.assessment.forecast.weighing import EDGES, SIGHT, Belief, load, weigh

EVERY = 8
"""Hours between looks before now."""

_BELIEVED = 0.5  # share of the belief that makes far into never
_WEEK = 168
_BESIDE = 8  # volumes that are looked at together at the least
_LONG = np.float32(HOURS - 2)  # what is known for so long was known for as long some hours ago
_NETWORKS = load()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where volumes stand, volumes last: levels newest first, hours known, epoch of the newest, hours of which to tell the chance."""

    levels: Singles
    hours: Singles
    newest: Floats
    horizon: Floats

    def of(self, some: Places) -> "Standing":
        return Standing(
            **{field.name: np.take(getattr(self, field.name), some, axis=-1) for field in fields(self)}
        )

    def before(self, volumes: Places, hours: Places) -> "Standing":
        """These volumes at the end of a full hour of the clock, each so many before the present one, as far as it is still known.

        The same for every ``now`` within an hour, and for later ones with more ``hours`` up to the next multiple of EVERY.
        """
        known = self.hours[volumes]
        levels = np.empty((HOURS + 1, len(volumes)), np.float32)
        for ago in np.unique(hours):
            some = np.flatnonzero(hours == ago)
            levels[:, some] = _from(self.levels, volumes[some], int(ago), known[some] >= _LONG)
        left = np.where(known >= _LONG, known, np.maximum(known - hours, 1.0)).astype(np.float32)
        ended = HOUR * (np.floor_divide(self.newest[volumes], HOUR) - hours.astype(np.float64) + 1.0)
        return Standing(levels=levels, hours=left, newest=ended, horizon=self.horizon[volumes])


def _from(levels: Singles, volumes: Places, ago: int, long: Flags) -> Singles:
    """Levels from so many hours ago on. Of a volume known for long, what is no longer known is taken to be like the week after."""
    seen = HOURS - -(-ago // EVERY) * EVERY
    older = np.empty((HOURS + 1, len(volumes)), np.float32)
    np.take(levels[ago : ago + seen + 1], volumes, axis=1, out=older[: seen + 1], mode="clip")
    np.minimum(older[0], levels[ago - 1, volumes], out=older[0])  # not the top of an hour that ended lower
    gained = np.where(long, older[seen] - older[seen - _WEEK], np.float32(0.0))
    before = np.where(long, older[seen + 1 - _WEEK : HOURS + 1 - _WEEK], older[seen])
    np.add(before, gained, out=older[seen + 1 :])
    return older


def together(parts: list[Standing]) -> Standing:
    return Standing(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
            for field in fields(Standing)
        }
    )


def look(at: Standing) -> tuple[Belief, Floats]:
    """What the networks believe, and how likely full is within the horizon; of each volume whatever others stand beside it."""
    count = at.levels.shape[1]
    at = at.of(
        np.minimum(np.arange(count + -count % _BESIDE), count - 1)
    )  # a lone column is added up in another order
    belief, chance = _look(at)
    own = (field.name for field in fields(belief))
    return Belief(**{name: getattr(belief, name)[..., :count] for name in own}), chance[:count]


def _look(at: Standing) -> tuple[Belief, Floats]:
    belief = weigh(*signs(at.levels, at.hours, clock(at.newest)), _NETWORKS)
    never = (belief.never > _BELIEVED) & (belief.central > SIGHT)
    belief = replace(
        belief,
        central=np.where(never, np.float32(np.inf), belief.central),
        late=np.where(belief.late > SIGHT, np.float32(np.inf), belief.late),
    )
    return belief, _chance(belief.likely, at.horizon)


def _chance(likely: Singles, hours: Floats) -> Floats:
    """How likely full is by then: between the edges along the logarithm of time."""
    place = np.clip(np.searchsorted(EDGES, hours), 1, len(EDGES) - 1)
    low, high = EDGES[place - 1], EDGES[place]
    part = np.clip(np.log(hours / low) / np.log(high / low), 0.0, 1.0)
    column = np.arange(likely.shape[1])
    chance: Floats = (1.0 - part) * likely[place - 1, column] + part * likely[place, column]
    return chance
