"""Volumes that fill: at an even pace, by the week, in steps, ever faster, or until something turns."""

import math

import numpy as np

from bench.forecast.scene import PER_DAY, PER_HOUR, Course, Happening, Scene, Series


def _rate(scene: Scene, level: float, soonest: float = 4.0, latest: float = 150.0) -> float:
    """A pace that fills the volume within so many days."""
    return (0.99 - level) / scene.spread(soonest, latest)


def steady(scene: Scene) -> Course:
    level = scene.between(0.1, 0.8)
    grown = scene.grown(_rate(scene, level) * scene.pace())
    return scene.still(level + grown + scene.white(scene.spread(0.0001, 0.002)))


def noisy(scene: Scene) -> Course:
    level = scene.between(0.2, 0.8)
    noise = scene.wander(scene.spread(0.002, 0.03), scene.spread(1.0, 60.0))
    return scene.still(level + scene.grown(_rate(scene, level, 8.0) * scene.pace()) + noise)


def working_days(scene: Scene) -> Course:
    level = scene.between(0.15, 0.75)
    pace = scene.week(scene.between(0.0, 0.6), scene.between(0.0, 0.35)) * scene.uneven_days(
        scene.spread(0.05, 0.4)
    )
    return scene.still(level + scene.grown(_rate(scene, level) * pace) + scene.white(0.0004))


def stepped(scene: Scene) -> Course:
    """Loads that arrive on a rhythm, or when they like."""
    level = scene.between(0.05, 0.7)
    rate = _rate(scene, level, 8.0)
    gap = scene.pick(0.5, 1.0, 1.0, 2.0, 7.0) if scene.chance(0.4) else 0.0
    mean_gap = gap or scene.spread(0.7, 8.0)
    used, at = np.zeros(scene.count), scene.between(0.0, mean_gap)
    while at * PER_DAY < scene.count:
        begin, length = int(at * PER_DAY), int(scene.spread(1.0, 24.0))
        size = max(0.1, scene.rng.normal(1.0, 0.15)) if gap else scene.rng.gamma(2.0, 0.5)
        used[begin : begin + length] += rate * mean_gap / length * size
        at += gap or scene.rng.exponential(mean_gap) + 0.01
    return scene.still(level + np.cumsum(used) + scene.wander(0.001, 10.0) + scene.white(0.0003))


def accelerating(scene: Scene) -> Course:
    level, until = scene.between(0.02, 0.5), scene.spread(8.0, 90.0)
    if scene.chance(0.5):
        doubling = math.log(2.0) / (scene.between(0.12, 0.5) * until)
        shape = np.expm1(np.minimum(doubling * scene.days, 12.0)) / math.expm1(doubling * until)
    else:
        shape = (scene.days / until) ** scene.between(1.3, 3.2)
    gained = np.diff((0.99 - level) * shape, prepend=0.0) * scene.pace()
    return scene.still(level + np.cumsum(gained) + scene.white(0.0005))


def slowing(scene: Scene) -> Course:
    """Growth that loses pace: a cache that warms up, a load that comes to an end by itself."""
    level, ceiling = scene.between(0.02, 0.4), scene.between(0.5, 1.3)
    half = scene.spread(0.5, 30.0)
    shape = (ceiling - level) * (1.0 - np.exp2(-scene.days / half))
    gained = np.diff(shape, prepend=0.0) * scene.pace()
    return scene.still(np.minimum(level + np.cumsum(gained), max(ceiling, 0.9)) + scene.white(0.0005))


def uneven(scene: Scene) -> Course:
    """A shared disk: quiet weekends, days of very different weight, now and then less than the day before."""
    level = scene.between(0.2, 0.8)
    spread = scene.between(0.4, 1.3)
    days = scene.count // PER_DAY + 2
    weight = np.exp(scene.rng.normal(0.0, spread, days) - spread * spread / 2.0)
    weight = np.where(
        scene.rng.random(days) < scene.between(0.0, 0.2), -0.4 * np.minimum(weight, 2.5), weight
    )
    pace = weight[scene.index // PER_DAY] * scene.week(
        scene.between(0.0, 0.6), scene.pick(0.0, 0.05, 0.5, 1.0)
    )
    return scene.still(level + scene.grown(_rate(scene, level, 8.0) * pace) + scene.white(0.0003))


def told_daily(scene: Scene) -> Course:
    """As a disk is known from a daily report: straight lines between days, over a slow random walk."""
    level, rate = scene.between(0.3, 0.8), scene.spread(0.002, 0.03)
    days = scene.count // PER_DAY + 2
    gains = rate * scene.rng.normal(1.0, scene.between(0.3, 2.5), days)
    gains[scene.rng.random(days) < 0.03] -= scene.between(0.0, 0.15)
    walk = np.maximum(level + np.cumsum(gains), 0.02)
    return scene.still(np.interp(scene.days, np.arange(days), walk))


def ending(scene: Scene) -> Course:
    """Growth that one day ends, wholly or nearly."""
    level = scene.between(0.05, 0.6)
    pace = _rate(scene, level, 3.0, 40.0) * scene.pace()
    turn = scene.reached(level + scene.grown(pace), scene.between(min(level + 0.05, 0.9), 0.96))
    rest = scene.pick(0.0, 0.0, scene.spread(0.001, 0.05))
    return _turning(scene, level, pace, np.where(scene.index >= turn, pace * rest, pace), turn)


def changing_pace(scene: Scene) -> Course:
    level = scene.between(0.1, 0.65)
    pace = _rate(scene, level, 8.0, 120.0) * scene.pace()
    limit = scene.reached(level + scene.grown(pace), 0.93)
    turn = int(scene.between(0.1, 0.95) * min(limit, scene.seen - 2 * PER_DAY))
    factor = scene.spread(1.5, 12.0) if scene.chance(0.65) else scene.spread(0.05, 0.7)
    return _turning(scene, level, pace, np.where(scene.index >= turn, pace * factor, pace), turn)


def _turning(scene: Scene, level: float, before: Series, after: Series, turn: int) -> Course:
    noise, one = scene.wander(scene.spread(0.0003, 0.002), 12.0), np.ones(scene.count)
    straight, turned = level + scene.grown(before) + noise, level + scene.grown(after) + noise
    return Course(path=lambda on: (turned if 0 in on else straight, one), happenings=[Happening(index=turn)])


def loaded(scene: Scene) -> Course:
    """A restore or first load of some hours, then hardly anything."""
    hours, top, wait = scene.spread(2.0, 80.0), scene.between(0.25, 0.93), scene.between(0.0, 72.0)
    late = np.maximum(scene.index / PER_HOUR - wait, 0.0)
    rate = scene.pick(0.0, _rate(scene, top, 10.0))
    after = np.cumsum(np.where(late > hours, rate / PER_DAY, 0.0) * scene.pace())
    rough = 1.0 + 0.1 * scene.wander(1.0, 3.0)
    base, one = 0.01 + scene.white(0.0002), np.ones(scene.count)
    going = base + top * np.minimum(late / hours * rough, 40.0)
    done = base + top * np.where(late < hours, np.minimum(late / hours * rough, 1.0), 1.0) + after
    turns = [Happening(index=int(wait * PER_HOUR) + 1), Happening(index=int((wait + hours) * PER_HOUR) + 1)]
    return Course(
        path=lambda on: (base if 0 not in on else done if 1 in on else going, one), happenings=turns
    )


def cleaned(scene: Scene) -> Course:
    """People make room when it gets tight, and the volume grows on at a pace of its own."""
    level = scene.between(0.2, 0.7)
    pace = _rate(scene, level, 4.0, 40.0) * scene.pace()
    used, turns, cuts = level + scene.grown(pace), [Happening(index=0)], [(0.0, 1.0, 1.0)]
    for _ in range(int(scene.rng.integers(1, 4))):
        turn = scene.reached(
            np.where(scene.index > turns[-1].index + PER_DAY, used, 0.0), scene.between(0.7, 0.97)
        )
        if turn >= scene.seen - PER_DAY or float(used[: turn + 1].max()) >= 0.99:
            break
        turns.append(Happening(index=turn, by_people=True))
        cuts.append(
            (float(used[turn]) * scene.between(0.15, 0.8), scene.spread(1.0, 30.0), scene.spread(0.5, 2.0))
        )
        used = _cut(scene, level, pace, turns, cuts, frozenset(range(len(turns))))
    noise, one = scene.white(0.0005), np.ones(scene.count)
    return Course(path=lambda on: (_cut(scene, level, pace, turns, cuts, on) + noise, one), happenings=turns)


def _cut(
    scene: Scene,
    level: float,
    pace: Series,
    turns: list[Happening],
    cuts: list[tuple[float, float, float]],
    on: frozenset[int],
) -> Series:
    now, gone = pace, np.zeros(scene.count)
    for number, (turn, (size, length, factor)) in enumerate(zip(turns, cuts, strict=True)):
        if number in on:
            now = np.where(scene.index >= turn.index, pace * factor, now)
            gone = gone + size * np.clip((scene.index - turn.index) / length, 0.0, 1.0)
    return level + scene.grown(now) - gone


def purged(scene: Scene) -> Course:
    """The application deletes much at once, and goes on as before."""
    level = scene.between(0.2, 0.7)
    used = level + scene.grown(_rate(scene, level, 6.0, 70.0) * scene.pace()) + scene.white(0.0005)
    turn = int(scene.between(0.1, 0.97) * min(scene.reached(used, 0.98), scene.seen - 1))
    cut = (
        float(used[turn])
        * scene.between(0.08, 0.6)
        * np.clip((scene.index - turn) / scene.spread(1.0, 60.0), 0.0, 1.0)
    )
    one = np.ones(scene.count)
    return Course(path=lambda on: (used - cut if 0 in on else used, one), happenings=[Happening(index=turn)])


def enlarged(scene: Scene) -> Course:
    """People expand the volume, once or several times."""
    level = scene.between(0.3, 0.8)
    used = level + scene.grown(_rate(scene, level, 4.0, 40.0) * scene.pace()) + scene.white(0.0005)
    turns: list[Happening] = []
    factors: list[float] = []
    capacity = 1.0
    for _ in range(int(scene.rng.integers(1, 4))):
        turn = scene.reached(used, capacity * scene.between(0.7, 0.97))
        if turn >= scene.seen - PER_DAY or (turns and turn <= turns[-1].index + PER_HOUR):
            break
        turns.append(Happening(index=turn, by_people=True))
        factors.append(scene.between(1.1, 2.5))
        capacity *= factors[-1]

    def path(on: frozenset[int]) -> tuple[Series, Series]:
        size = np.ones(scene.count)
        for number, turn in enumerate(turns):
            if number in on:
                size[turn.index :] *= factors[number]
        return used, size

    return Course(path=path, happenings=turns)


def flooded(scene: Scene) -> Course:
    """A quiet volume that something fills within hours; at times it stops short, and may be cleared away."""
    level = scene.between(0.1, 0.85)
    quiet = level + scene.grown(scene.between(0.0, 0.006)) + scene.wander(0.002, 12.0) + scene.white(0.0003)
    turn = int(scene.between(1.0, 0.9 * scene.seen / PER_DAY) * PER_DAY)
    hours = scene.spread(0.7, 40.0)
    gain = (0.99 - quiet[turn]) / (hours * PER_HOUR) * (1.0 + scene.rng.normal(0.0, 0.25, scene.count))
    stop = turn + max(int(hours * PER_HOUR * scene.between(0.1, 0.85)), 2)
    flood = np.cumsum(np.where(scene.index >= turn, gain, 0.0))
    held = np.where(scene.index >= stop, flood[min(stop, scene.count - 1)], flood)
    if scene.chance(0.5):
        held = np.where(scene.index >= stop + int(scene.spread(6.0, 600.0)), 0.0, held)
    turns = [Happening(index=turn)] + ([Happening(index=stop)] if scene.chance(0.3) else [])
    one = np.ones(scene.count)
    return Course(
        path=lambda on: (quiet + (held if 1 in on else flood) if 0 in on else quiet, one), happenings=turns
    )
