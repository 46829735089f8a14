"""Volumes that live by rules of their own: versions kept by number, merges, queues, walks without aim, months.

They widen what is learned from beyond plain growth and plain cycles; none is modelled on a single product.
"""

import math

import numpy as np

from bench.forecast.scene import PER_DAY, PER_HOUR, Course, Happening, Scene, Series


def _towards_full(scene: Scene, level: float, often: float = 0.55) -> Series:
    """Growth that may fill the volume, or hardly any."""
    if not scene.chance(often):
        return scene.grown(scene.pick(0.0, scene.spread(0.00002, 0.001)))
    return scene.grown((0.99 - level) / scene.spread(4.0, 150.0) * scene.pace())


def released(scene: Scene) -> Course:
    """Versions arrive, at times of day or when they like; when there are too many the oldest goes."""
    keep, gap = int(scene.rng.integers(1, 12)), scene.spread(0.2, 10.0)
    level, plateau = scene.between(0.02, 0.3), scene.between(0.3, 1.1)
    size = plateau / (keep + 1) * scene.rng.lognormal(0.0, scene.spread(0.02, 0.5), 4000)
    size = size * np.exp(
        np.minimum(scene.pick(0.0, scene.between(-0.002, 0.02)) * gap * np.arange(4000), 3.0)
    )
    steady = scene.chance(0.5)
    used, at, number, held = np.zeros(scene.count + 200), scene.between(0.0, gap), 0, 0
    while at * PER_DAY < scene.count and number < 4000:
        begin, length = int(at * PER_DAY), int(scene.spread(1.0, 20.0))
        used[begin : begin + length] += size[number] / length
        if held >= keep:
            gone = begin + int(scene.spread(1.0, 12.0))
            used[gone] -= size[number - keep]
        number, held = number + 1, held + 1
        at += gap * (1.0 if steady else scene.rng.exponential(1.0)) + 0.02
    course = level + np.cumsum(used)[: scene.count]
    return scene.still(np.maximum(course, 0.005) + scene.white(0.0003))


def merged(scene: Scene) -> Course:
    """Small files are merged into larger ones, these again: teeth upon teeth, each merge needing room for both."""
    level, base = scene.between(0.1, 0.75), scene.spread(0.5, 8.0)
    used, size = level + _towards_full(scene, level), scene.spread(0.003, 0.03)
    factor = scene.between(2.0, 6.0)
    for _ in range(int(scene.rng.integers(2, 4))):
        phase = (scene.hours / base + scene.between(0.0, 1.0)) % 1.0
        used = used + size * (phase if scene.chance(0.7) else (phase > 1.0 - scene.between(0.05, 0.4)))
        base, size = base * factor, size * scene.between(1.0, 2.5)
    return scene.still(used + scene.white(0.0004))


def queued(scene: Scene) -> Course:
    """A backlog that builds up when nobody reads, and is worked off; at times it is not."""
    level = scene.between(0.03, 0.7)
    slope, at = np.zeros(scene.count), scene.spread(0.3, 20.0)
    while at * PER_DAY < scene.count:
        begin, length = int(at * PER_DAY), int(scene.spread(1.0, 60.0) * PER_HOUR)
        height, drain = scene.spread(0.02, 0.6), int(scene.spread(0.5, 40.0) * PER_HOUR)
        slope[begin : begin + length] += height / length
        slope[begin + length : begin + length + drain] -= height / drain
        at += scene.spread(0.3, 25.0) + (length + drain) / PER_DAY
    return scene.still(level + np.cumsum(slope) + scene.wander(0.002, 6.0) + scene.white(0.0003))


def walking(scene: Scene) -> Course:
    """Every hour some more or some less, with or without a drift."""
    level, drift = (
        scene.between(0.1, 0.9),
        scene.pick(0.0, scene.spread(0.0005, 0.03), scene.spread(0.003, 0.06)),
    )
    rough = scene.spread(0.0005, 0.02)
    hours = scene.count // PER_HOUR + 2
    steps = scene.rng.standard_t(3, hours) * rough / math.sqrt(24.0) + drift / 24.0
    walk = level + np.cumsum(steps)
    low, high = 0.02, scene.pick(2.0, 2.0, 0.96)
    walk = low + np.abs(walk - low)
    walk = np.where(walk > high, high - 0.02 * np.tanh((walk - high) / 0.02), walk)
    return scene.still(np.interp(scene.index / PER_HOUR, np.arange(hours), walk))


def filed(scene: Scene) -> Course:
    """Files of very different size, written by people or jobs when they work, and some deleted later."""
    level, until = scene.between(0.1, 0.8), scene.spread(5.0, 120.0)
    pace = scene.week(scene.between(0.0, 1.0), scene.between(0.0, 1.0))
    arrives = scene.rng.random(scene.count) < np.minimum(scene.spread(0.5, 60.0) / PER_DAY * pace, 1.0)
    sizes = np.where(arrives, scene.rng.pareto(scene.between(1.3, 3.0), scene.count) + 0.1, 0.0)
    mean = float(sizes.mean()) or 1.0
    gains = sizes / mean * (0.99 - level) / until / PER_DAY
    gains = np.minimum(gains, 0.15)
    back = scene.pick(0.0, scene.between(0.1, 0.9), scene.between(0.8, 1.1))
    later = int(scene.spread(0.2, 10.0) * PER_DAY)
    lost = np.zeros(scene.count)
    lost[later:] = gains[:-later] * (scene.rng.random(scene.count - later) < back)
    return scene.still(np.maximum(level + np.cumsum(gains - lost), 0.01) + scene.white(0.0002))


def leaking(scene: Scene) -> Course:
    """Makes room at a mark, or when it runs, but every time a little less."""
    mark, depth = scene.between(0.5, 0.97), scene.spread(0.03, 0.5)
    pace = depth / scene.spread(0.4, 10.0) / PER_DAY * scene.pace()
    leak = scene.pick(0.0, scene.spread(0.01, 0.3), scene.spread(0.05, 0.4))
    by_clock, every = scene.chance(0.4), int(scene.spread(0.5, 9.0) * PER_DAY)
    value, low, length, left, step, values = (
        scene.between(0.1, mark),
        mark - depth,
        int(scene.spread(1, 40)),
        0,
        0.0,
        [],
    )
    marks = scene.rng.normal(mark, scene.pick(0.003, 0.03), 4000).tolist()
    cycle, begin = 0, int(scene.between(0, every))
    for at, gain in enumerate(pace.tolist()):
        value += gain
        if left:
            value, left = value - step, left - 1
        elif (by_clock and (at - begin) % every == 0 and value > low) or (
            not by_clock and value >= marks[cycle % 4000]
        ):
            step, left, cycle = (value - low) / length, length, cycle + 1
            low = low + leak * max(0.0, 0.99 - low) * 0.3
            if not by_clock and low > marks[cycle % 4000] - 0.01:
                marks = [2.0] * 4000
        values.append(value)
    return scene.still(np.array(values) + scene.white(0.0004))


def monthly(scene: Scene) -> Course:
    """What is written for the month is cleared at its end, or only now and then."""
    every = scene.between(12.0, 40.0) * 24.0
    level, swing = scene.between(0.05, 0.5), scene.between(0.1, 0.7)
    phase = ((scene.hours + scene.between(0.0, every)) % every) / every
    bent = phase ** scene.pick(1.0, scene.between(0.4, 4.0))
    used = level + swing * bent + _towards_full(scene, min(level + swing, 0.95), 0.3)
    return scene.still(used + scene.wander(scene.spread(0.0005, 0.01), 12.0))


def ebbing(scene: Scene) -> Course:
    """Up for days and slowly down again, in waves that are never alike."""
    level, value, at, points, times = scene.between(0.1, 0.6), 0.0, 0.0, [0.0], [0.0]
    while at < scene.count / PER_DAY:
        rise, fall = scene.spread(0.2, 12.0), scene.spread(0.2, 12.0)
        height = scene.spread(0.03, 0.6)
        value = value * scene.between(0.0, 0.8)
        points += [value + height, value]
        times += [at + rise, at + rise + fall]
        at += rise + fall
    used = level + np.interp(scene.days, times, points) + _towards_full(scene, level, 0.3)
    return scene.still(used + scene.wander(scene.spread(0.0003, 0.005), 8.0))


def watermarked(scene: Scene) -> Course:
    """Grows up to a mark at which the application itself stops writing, or works on what it has."""
    level, mark = scene.between(0.1, 0.7), scene.pick(0.8, 0.85, 0.9, 0.95, scene.between(0.6, 0.985))
    pace = (0.99 - level) / scene.spread(2.0, 60.0) * scene.pace()
    free = level + scene.grown(pace)
    held = np.minimum(free, mark + scene.wander(scene.spread(0.0003, 0.004), 10.0))
    turn = scene.reached(free, mark - 0.01)
    one = np.ones(scene.count)
    return Course(path=lambda on: (held if 0 in on else free, one), happenings=[Happening(index=turn)])


def thinned(scene: Scene) -> Course:
    """Old things are thinned out once a day or once a week, by what they are worth: the net day is small, the hours are not."""
    level, every = scene.between(0.2, 0.85), scene.pick(6.0, 12.0, 24.0, 24.0, 24.0, 48.0, 168.0)
    swing = scene.spread(0.01, 0.3)
    begin, length = scene.between(0.0, every), scene.spread(0.2, min(10.0, every / 2.0))
    pace = scene.week(scene.between(0.0, 1.0), scene.between(0.0, 1.0)) * scene.uneven_days(
        scene.spread(0.02, 0.5)
    )
    phase = (scene.hours - begin) % every
    taken = np.where(phase < length, every / length, 0.0) * scene.uneven_days(scene.spread(0.02, 0.5))
    per_day = swing * 24.0 / every
    used = level + scene.grown(per_day * (pace - taken))
    used = used - np.minimum.accumulate(np.minimum(used - 0.02, 0.0)) if scene.chance(0.5) else used
    used = used + _towards_full(scene, level, 0.5)
    return scene.still(np.clip(used, 0.005, 3.0) + scene.white(0.0004))
