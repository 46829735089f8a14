"""One look at volumes from where they stand, and looks from where they stood some hours before. Nothing is decided here."""

from dataclasses import dataclass, fields, replace

import numpy as np

from holdfast.assessment.forecast.readings import HOUR, HOURS, Floats, Places, Singles
from holdfast.assessment.forecast.signs import clock, signs
from holdfast.assessment.forecast.weighing import EDGES, SIGHT, Belief, load, weigh

_BELIEVED = 0.5  # share of the belief that makes far into never
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

    def ago(self, hours: int) -> "Standing":
        """So many hours before, as far as it is still known."""
        levels = np.empty_like(self.levels)
        levels[: HOURS + 1 - hours] = self.levels[hours:]
        levels[HOURS + 1 - hours :] = self.levels[-1]
        left = np.maximum(self.hours - np.float32(hours), np.float32(1.0))
        return replace(self, levels=levels, hours=left, newest=self.newest - hours * HOUR)


def together(parts: list[Standing]) -> Standing:
    return Standing(
        **{
            field.name: np.concatenate([getattr(part, field.name) for part in parts], axis=-1)
            for field in fields(Standing)
        }
    )


def look(at: Standing) -> tuple[Belief, Floats]:
    """What the networks believe, and how likely full is within the horizon."""
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
