"""The made-up volumes: which behaviours there are, how their readings are spoilt, and when each is truly full."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.forecast import cycling, growing, living
from bench.forecast.scene import FULL, MONDAY, PER_HOUR, STEP, Course, Happening, Scene, Series

Kind = Callable[[Scene], Course]
_NEVER = 1e12  # seconds, in place of infinity where differences are taken


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Readings of one volume, and for each look the true time to full if nobody acts."""

    kind: str
    times: Series
    used: Series
    capacity: Series
    looks: Series
    truth: Series  # seconds, infinite where it does not fill
    foreseen: Series  # the same if nothing turned after the look

    @property
    def surprised(self) -> NDArray[np.bool_]:
        """Looks after which something turns that nobody could have known."""
        truth = np.minimum(self.truth, _NEVER)
        surprised: NDArray[np.bool_] = np.abs(np.minimum(self.foreseen, _NEVER) - truth) > 0.3 * truth
        return surprised


def mixed(scene: Scene) -> Course:
    """Growth of one kind under the comings and goings of another."""
    grow = GROWING[int(scene.rng.integers(len(GROWING)))](scene)
    swing = scene.spread(0.01, 0.3)
    over = CYCLING[int(scene.rng.integers(len(CYCLING)))](scene)
    swings, _ = over.path(frozenset())
    swings = swing * (swings - swings.min()) / max(float(swings.max() - swings.min()), 1e-6)

    def path(on: frozenset[int]) -> tuple[Series, Series]:
        used, capacity = grow.path(on)
        return used * (1.0 - swing * 0.7) + swings, capacity

    return Course(path=path, happenings=grow.happenings)


def coarse(scene: Scene) -> Course:
    """Used space told in large steps."""
    course = (growing.steady, growing.working_days, cycling.bounded)[int(scene.rng.integers(3))](scene)
    course.grain = scene.spread(0.001, 0.04)
    return course


GROWING: tuple[Kind, ...] = (
    growing.steady,
    growing.noisy,
    growing.working_days,
    growing.stepped,
    growing.accelerating,
    growing.slowing,
    growing.uneven,
    growing.told_daily,
    growing.ending,
    growing.changing_pace,
    growing.loaded,
    growing.cleaned,
    growing.purged,
    growing.enlarged,
    growing.flooded,
)
CYCLING: tuple[Kind, ...] = (
    cycling.sawtooth,
    cycling.scratch,
    cycling.dumps,
    cycling.rotated_logs,
    cycling.retained,
    cycling.pruned,
    cycling.collected,
    cycling.bounded,
    cycling.brimful,
    cycling.idle,
)
LIVING: tuple[Kind, ...] = (
    living.released,
    living.merged,
    living.queued,
    living.walking,
    living.filed,
    living.leaking,
    living.monthly,
    living.ebbing,
    living.watermarked,
    living.thinned,
)


def layered(scene: Scene) -> Course:
    """Two or three lives on one volume, none of them aware of the others."""
    kinds = (*GROWING, *CYCLING, *LIVING)
    parts = [kinds[int(n)](scene) for n in scene.rng.integers(len(kinds), size=scene.rng.integers(2, 4))]
    shares = scene.rng.dirichlet(np.ones(len(parts))) * scene.between(0.9, 1.8)
    happenings = [turn for part in parts for turn in part.happenings]
    order = sorted(range(len(happenings)), key=lambda n: happenings[n].index)
    owners = [(number, n) for number, part in enumerate(parts) for n in range(len(part.happenings))]

    def path(on: frozenset[int]) -> tuple[Series, Series]:
        used, capacity = np.zeros(scene.count), np.ones(scene.count)
        for number, part in enumerate(parts):
            own = frozenset(owners[order[n]][1] for n in on if owners[order[n]][0] == number)
            one, size = part.path(own)
            used = used + shares[number] * np.clip(one, 0.0, 3.0)
            capacity = capacity * size
        return used, capacity

    return Course(path=path, happenings=[happenings[n] for n in order])


def spliced(scene: Scene) -> Course:
    """One life up to a day nobody knows before, another from there on."""
    kinds = (*GROWING, *CYCLING, *LIVING)
    first, second = (kinds[int(n)](scene) for n in scene.rng.integers(len(kinds), size=2))
    before, after = (part.path(frozenset(range(len(part.happenings))))[0] for part in (first, second))
    turn = int(scene.between(0.1, 0.95) * scene.seen)
    follow = scene.between(0.3, 1.2)
    joined = np.where(scene.index < turn, before, before[turn] + follow * (after - after[turn]))
    one = np.ones(scene.count)
    return Course(
        path=lambda on: (np.clip(joined if 0 in on else before, 0.0, 3.0), one),
        happenings=[Happening(index=turn)],
    )


KINDS: dict[str, Kind] = {
    kind.__name__: kind for kind in (*GROWING, *CYCLING, *LIVING, mixed, layered, spliced, coarse)
}


def make(kind: str, seed: int) -> Volume:
    """The volume of this kind and seed; the same each time."""
    scene = Scene(zlib.crc32(kind.encode()) ^ seed)
    course = _stretched(scene, KINDS[kind](scene))
    grain = course.grain
    everything = frozenset(range(len(course.happenings)))
    ends: dict[frozenset[int], Series] = {}

    def full(on: frozenset[int]) -> Series:
        if on not in ends:
            used, capacity = course.path(on)
            ends[on] = np.flatnonzero(np.round(used / grain) * grain >= FULL * capacity).astype(float)
        return ends[on]

    met = full(everything)
    end = int(min(met[0] if len(met) else scene.seen, scene.seen))
    looks = np.arange(6 * PER_HOUR + int(scene.rng.integers(PER_HOUR)), end, PER_HOUR, dtype=np.float64)
    truth, foreseen = np.full(len(looks), np.inf), np.full(len(looks), np.inf)
    edges = sorted({0, *(happening.index for happening in course.happenings), scene.count})
    for begin, until in pairwise(edges):
        here = (looks >= begin) & (looks < until)
        past = frozenset(n for n, turn in enumerate(course.happenings) if turn.index <= begin)
        alone = past | {n for n, turn in enumerate(course.happenings) if not turn.by_people}
        truth[here] = _wait(looks[here], full(frozenset(alone)))
        foreseen[here] = _wait(looks[here], full(past))
    used, capacity = course.path(everything)
    used = np.minimum(np.round(np.maximum(used, 0.0) / grain) * grain, capacity)
    return _read(scene, kind, (used[: end + 1], capacity[: end + 1]), (looks, truth, foreseen))


def _stretched(scene: Scene, course: Course) -> Course:
    """Some volumes are larger or smaller than their kind would have them, so that no mark stands where it always stands."""
    if not scene.chance(0.25):
        return course
    by = scene.spread(0.6, 1.7)

    def path(on: frozenset[int]) -> tuple[Series, Series]:
        used, capacity = course.path(on)
        return used * by, capacity

    return Course(path=path, happenings=course.happenings, grain=course.grain)


def _wait(looks: Series, full: Series) -> Series:
    place = np.searchsorted(full, looks + 1)
    return (np.concatenate((full, [np.inf]))[place] - looks) * STEP


def _read(
    scene: Scene, kind: str, told: tuple[Series, Series], judged: tuple[Series, Series, Series]
) -> Volume:
    """What a scrape makes of it: jitter, gaps, and at times readings that are no readings."""
    rng, count = scene.rng, len(told[0])
    size = 2.0 ** rng.uniform(24, 42)
    used, capacity = told[0] * size, told[1] * size
    begin = MONDAY + scene.start
    times = begin + np.arange(count) * STEP + rng.normal(0.0, 2.0, count)
    keep = rng.random(count) > 0.003
    if scene.chance(0.15):
        keep &= rng.random(count) > rng.uniform(0.01, 0.2)
        for _ in range(int(rng.integers(1, 7))):
            at = int(rng.integers(count))
            keep[at : at + int(scene.spread(2, 250))] = False
            at = int(rng.integers(count))
            used[at : at + int(rng.integers(1, 30))] = np.nan
            at = int(rng.integers(count))
            wrong = slice(at, at + int(rng.integers(1, 3)))
            if scene.chance(0.5):
                used[wrong] = 0.0
            else:
                capacity[wrong] = size * rng.uniform(0.3, 8.0)
                used[wrong] = capacity[at] * rng.uniform(0.1, 0.97)
    looks, truth, foreseen = judged
    return Volume(
        kind=kind,
        times=times[keep],
        used=used[keep],
        capacity=capacity[keep],
        looks=begin + looks * STEP,
        truth=truth,
        foreseen=foreseen,
    )
