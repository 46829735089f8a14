"""The stage on which a made-up volume is built: its clock, its chances and the blocks that behaviours share.

Time runs in steps of ten minutes. What a forecaster may see ends long before the stage does, so that the truth is known.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Series = NDArray[np.float64]

STEP = 600.0
PER_HOUR = 6
PER_DAY = 144
PER_WEEK = 7 * PER_DAY
FULL = 0.99
SEEN_DAYS = 60
HIDDEN_DAYS = 90
MONDAY = 1_735_516_800.0  # 2024-12-30T00:00:00Z


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A turn in the life of a volume. What people do after a forecast is no fault of the forecast."""

    index: int
    by_people: bool = False


Path = Callable[[frozenset[int]], tuple[Series, Series]]
"""Which happenings take place, to used and capacity as shares of the first capacity."""


@dataclass(kw_only=True)
class Course:
    """What a behaviour makes of a volume."""

    path: Path
    happenings: list[Happening] = field(default_factory=list)
    grain: float = 1e-7  # smallest change of used that is told, as a share of the capacity


class Scene:
    """One volume's stage; every draw of chance comes from its own generator."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.seen = int(self.rng.integers(20, SEEN_DAYS + 1)) * PER_DAY
        self.count = self.seen + HIDDEN_DAYS * PER_DAY
        self.start = float(self.rng.integers(0, PER_WEEK)) * STEP
        self.index = np.arange(self.count)
        self.hours = (self.index * STEP + self.start) / 3600.0
        self.days = self.index / PER_DAY
        self.rest_day = 120.0 if self.chance(0.85) else 24.0 * float(self.rng.integers(7))

    def between(self, low: float, high: float) -> float:
        return float(self.rng.uniform(low, high))

    def spread(self, low: float, high: float) -> float:
        """Evenly over the orders of magnitude."""
        return math.exp(self.rng.uniform(math.log(low), math.log(high)))

    def chance(self, share: float) -> bool:
        return bool(self.rng.random() < share)

    def pick(self, *values: float) -> float:
        return float(self.rng.choice(values))

    def white(self, deviation: float) -> Series:
        return self.rng.normal(0.0, deviation, self.count)

    def wander(self, deviation: float, hours: float) -> Series:
        """Noise that remembers itself for so many hours."""
        steps = self.count // PER_HOUR + 2
        keep = math.exp(-1.0 / hours)
        kicks = self.rng.normal(0.0, deviation * math.sqrt(1.0 - keep * keep), steps).tolist()
        value, values = float(self.rng.normal(0.0, deviation)), []
        for kick in kicks:
            value = keep * value + kick
            values.append(value)
        wandered: Series = np.interp(self.index / PER_HOUR, np.arange(steps), values)
        return wandered

    def week(self, night: float, weekend: float) -> Series:
        """The pace of writing over the week, one on average."""
        if self.chance(0.7):
            peak = self.between(0.0, 24.0) if self.chance(0.3) else self.between(10.0, 18.0)
            day = 0.5 + 0.5 * np.cos((self.hours - peak) * (math.pi / 12.0))
        else:
            begin, length = self.between(0.0, 24.0), self.spread(0.5, 12.0)
            day = (((self.hours - begin) % 24.0) < length).astype(float)
        pace = night + (1.0 - night) * day
        pace = np.where((self.hours - self.rest_day) % 168.0 < 48.0, pace * weekend, pace)
        even: Series = pace / max(float(pace[:PER_WEEK].mean()), 1e-6)
        return even

    def uneven_days(self, deviation: float) -> Series:
        """A factor for each day, one on average."""
        days = self.count // PER_DAY + 2
        factor = np.exp(self.rng.normal(0.0, deviation, days) - deviation * deviation / 2.0)
        by_day: Series = factor[self.index // PER_DAY]
        return by_day

    def pace(self) -> Series:
        """A pace with some night, weekend and difference between days."""
        night = self.between(0.2, 1.0)
        weekend = self.pick(1.0, self.between(0.0, 1.0), self.between(0.0, 0.4))
        return self.week(night, weekend) * self.uneven_days(self.spread(0.02, 0.35))

    def grown(self, pace_a_day: Series | float) -> Series:
        return np.cumsum(np.broadcast_to(pace_a_day, self.count)) * (STEP / 86400.0)

    def reached(self, used: Series, level: float) -> int:
        """The first index at that level, the end where there is none."""
        hit = np.flatnonzero(used >= level)
        return int(hit[0]) if len(hit) else self.count - 1

    def still(self, used: Series, grain: float = 1e-7) -> Course:
        """A course in which nothing turns."""
        capacity = np.ones(self.count)
        return Course(path=lambda _: (used, capacity), grain=grain)
