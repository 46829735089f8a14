"""Volumes that go up and down: saw-teeth, rotation, retention, caches, dumps, and those that hardly move."""

import math

import numpy as np

from bench.forecast.scene import PER_DAY, PER_HOUR, STEP, Course, Happening, Scene, Series


def _teeth(scene: Scene, hours: float) -> Series:
    """From 0 to 1 and back at once, at a pace with its own unevenness."""
    pace = scene.week(scene.between(0.2, 1.0), scene.pick(1.0, scene.between(0.2, 1.0)))
    return (
        np.cumsum(pace * scene.uneven_days(scene.spread(0.02, 0.25))) / (PER_HOUR * hours)
        + scene.between(0, 1)
    ) % 1.0


def _upto(scene: Scene, swing: float) -> tuple[float, Series]:
    """A base, and growth that may fill it or not, under a swing of that size."""
    level = scene.between(0.05, max(0.06, 0.9 - swing))
    if scene.chance(0.4):
        return level, scene.grown(scene.pick(0.0, scene.between(0.0, 0.0006)) * scene.pace())
    return level, scene.grown((0.99 - level - swing) / scene.spread(6.0, 120.0) * scene.pace())


def sawtooth(scene: Scene) -> Course:
    swing = scene.spread(0.005, 0.25)
    level, grown = _upto(scene, swing)
    teeth = (
        swing
        * _teeth(scene, scene.spread(0.4, 60.0))
        * (1.0 + scene.pick(0.0, 0.4) * scene.index / scene.count)
    )
    return scene.still(level + grown + teeth + scene.white(0.0005))


def scratch(scene: Scene) -> Course:
    """A job that needs room for some hours, each day or each working day, and gives it back."""
    level, top = scene.between(0.05, 0.6), scene.between(0.45, 0.97)
    swing = max(top - level, 0.05)
    begin, rise, hold = scene.between(0.0, 24.0), scene.spread(0.3, 8.0), scene.between(0.0, 8.0)
    days = scene.count // PER_DAY + 3
    size = np.clip(scene.rng.normal(1.0, scene.spread(0.01, 0.12), days), 0.3, (0.98 - level) / swing)
    late = (
        scene.hours
        - begin
        - np.clip(scene.rng.normal(0.0, 0.3, days), -1, 1)[(scene.hours // 24).astype(int) % days]
    )
    day = np.floor_divide(late, 24.0).astype(int)
    phase = late - 24.0 * day
    live = (phase < rise + hold) & ((day % 7 < 5) | scene.chance(0.6))
    up = swing * size[day % days] * np.where(live, np.minimum(phase / rise, 1.0), 0.0)
    return scene.still(np.minimum(level + up + scene.wander(0.003, 24.0), 0.985))


def dumps(scene: Scene) -> Course:
    """A backup is written beside the data and taken away; the peak is what fills the volume."""
    level, share = scene.between(0.15, 0.6), scene.between(0.08, 0.6)
    every = scene.pick(6.0, 12.0, 24.0, 24.0, 24.0, 48.0, 168.0)
    target = 0.99 / (1.0 + share)
    level = min(level, 0.95 * target)
    rate = (target - level) / scene.spread(6.0, 100.0) if scene.chance(0.6) else 0.0
    base = level + scene.grown(rate * scene.pace())
    if rate == 0.0:
        base = np.minimum(base, 0.94 / (1.0 + share))
    begin, length = scene.between(0.0, every), scene.spread(0.3, min(8.0, every / 2))
    number = ((scene.hours + every - begin) // every).astype(int)
    phase = (scene.hours - begin) % every
    size = share * np.clip(scene.rng.normal(1.0, 0.03, int(number.max()) + 1), 0.8, 1.05)[number]
    up = np.clip(phase / length, 0.0, 1.0) * (phase < length + scene.between(0.1, 3.0))
    return scene.still(base * (1.0 + size * up) + scene.white(0.0004))


def rotated_logs(scene: Scene) -> Course:
    keep, packed = int(scene.rng.integers(2, 15)), scene.between(0.08, 1.0)
    every = scene.pick(24.0, 24.0, 168.0)
    plateau = scene.between(0.3, 0.95)
    growth = scene.between(0.005, 0.05) if scene.chance(0.45) else 0.0
    spread = scene.between(0.03, 0.25)
    begin = scene.between(0.0, every)
    number = ((scene.hours + every - begin) // every).astype(int) + keep
    count = int(number.max()) + 2
    size = (
        plateau / (1.0 + packed * keep) * np.exp(scene.rng.normal(0.0, spread, count) - spread * spread / 2.0)
    )
    size = size * np.exp(growth * np.arange(count) * every / 24.0)
    old = np.convolve(size, np.concatenate(([0.0], np.full(keep, packed))))[:count]
    if growth == 0.0:
        worst = float((size + old)[number.min() :].max())
        size, old = size * min(1.0, 0.96 / worst), old * min(1.0, 0.96 / worst)
    pace = scene.week(scene.between(0.2, 0.9), 1.0) * (STEP / 3600.0 / every)
    first = np.searchsorted(number, number)
    done = np.cumsum(pace)
    part = np.clip(done - np.where(first > 0, done[first - 1], 0.0), 0.0, 1.3)
    part[number == number[0]] = ((scene.hours - begin) % every / every)[number == number[0]]
    used = 0.01 + old[number] + size[number] * part
    if growth == 0.0:
        used = np.minimum(used, 0.985)
    return scene.still(used + scene.white(0.0004))


def _ring(scene: Scene, plateau: float, days: float, part_hours: float, before: float) -> Series:
    """Written on at an even pace, while whole parts older than the retention go.

    ``before`` is the share of the plateau that stood there at the start and goes as the written comes.
    """
    pace = scene.week(scene.between(0.3, 1.0), scene.between(0.4, 1.0)) * scene.uneven_days(
        scene.spread(0.02, 0.2)
    )
    written = np.cumsum(pace) * (plateau / days / PER_DAY)
    ago, part = int(days * PER_DAY), max(int(part_hours * PER_HOUR), 1)
    gone = (scene.index - ago) // part * part
    rest = before * plateau * np.clip(1.0 - (np.maximum(gone + ago, 0) / max(ago, 1)), 0.0, 1.0)
    return written - np.where(gone > 0, written[np.clip(gone, 0, scene.count - 1)], 0.0) + rest


def retained(scene: Scene) -> Course:
    """A stream or a store of series with a retention; at times the disk is too small for it."""
    small = scene.chance(0.4)
    plateau = scene.between(1.02, 2.0) if small else scene.between(0.35, 0.97)
    before = (
        scene.pick(0.0, 0.0, scene.between(0.0, 0.8))
        if small
        else scene.pick(0.0, 0.0, 1.0, scene.between(0.0, 1.0))
    )
    used = _ring(scene, plateau, scene.spread(2.0, 30.0), scene.spread(1.0, 48.0), before)
    if not small:
        used = used * min(1.0, scene.between(0.9, 0.98) / float(used.max()))
    if scene.chance(0.5):  # merging needs room for both for a while
        phase = (scene.hours + scene.between(0, 40)) % scene.spread(2.0, 48.0)
        used = np.where(
            used < 0.95, used + scene.between(0.005, 0.03) * (phase < scene.spread(0.3, 4.0)), used
        )
    return scene.still(np.maximum(used, 0.01) + scene.white(0.0005))


def pruned(scene: Scene) -> Course:
    """Filled for days, emptied on a fixed day; at times a little more remains each time."""
    every = scene.pick(48.0, 72.0, 168.0, 168.0, 168.0, 168.0, 336.0, scene.spread(24.0, 400.0))
    peak, swing = scene.between(0.5, 0.95), scene.between(0.08, 0.6)
    begin = scene.between(0.0, every)
    number = ((scene.hours + every - begin) // every).astype(int)
    pace = scene.week(scene.between(0.1, 1.0), scene.between(0.0, 1.0))
    done = np.cumsum(pace) / (PER_HOUR * every)
    first = np.searchsorted(number, number)
    met = done[0] - scene.pick(
        0.0, ((scene.hours[0] - begin) % every) / every
    )  # begun with the first look, or long since
    part = done - np.where(first > 0, done[first - 1], met)
    size = swing * np.clip(scene.rng.normal(1.0, scene.between(0.01, 0.08), int(number.max()) + 1), 0.8, 1.04)
    trend = (0.99 - peak) / scene.spread(10.0, 100.0) if scene.chance(0.4) else 0.0
    used = max(peak - swing, 0.01) + size[number] * part + scene.grown(trend)
    return scene.still(np.minimum(used, 0.985) if trend == 0.0 else used + scene.white(0.0004))


def collected(scene: Scene) -> Course:
    """A cache that makes room at a high mark; at times its collector breaks."""
    high = scene.between(0.6, 0.95)
    low = high - scene.spread(0.02, 0.5)
    pace = (high - low) / scene.spread(0.3, 12.0) / PER_DAY * scene.pace()
    turn = int(scene.between(0.2, 0.95) * scene.seen)
    length, marks = (
        int(scene.spread(1.0, 20.0)),
        scene.rng.normal(high, 0.005, 4000).clip(None, 0.97).tolist(),
    )
    begin = scene.pick(scene.between(max(low - 0.3, 0.02), high), scene.between(0.02, high))
    one, noise = np.ones(scene.count), scene.white(0.0004)
    gains = pace.tolist()

    def run(until: int) -> Series:
        value, left, step, cycle, values = begin, 0, 0.0, 0, []
        for at, gain in enumerate(gains):
            value += gain
            if left:
                value, left = value - step, left - 1
            elif value >= marks[cycle] and at < until:
                cycle, left, step = cycle + 1, length, (value - low) / length
            values.append(value)
        return np.array(values) + noise

    good = run(scene.count)
    if not scene.chance(0.25):
        return Course(path=lambda _: (good, one))
    broken = run(turn)
    return Course(path=lambda on: (broken if 0 in on else good, one), happenings=[Happening(index=turn)])


def bounded(scene: Scene) -> Course:
    """Comes and goes without aim, and never fills."""
    deviation = scene.spread(0.005, 0.08)
    used = (
        scene.between(0.2, 0.85)
        + scene.wander(deviation, scene.spread(6.0, 300.0))
        + scene.wander(deviation / 6, 2.0)
    )
    if scene.chance(0.4):
        used = used + scene.between(0.0, 0.08) * np.sin(2.0 * math.pi * scene.hours / scene.pick(24.0, 168.0))
    return scene.still(
        np.where(used > 0.92, 0.92 + 0.05 * np.tanh((used - 0.92) / 0.05), np.maximum(used, 0.02))
    )


def brimful(scene: Scene) -> Course:
    """Nearly full for good."""
    noise = scene.wander(scene.spread(0.0001, 0.003), scene.spread(1.0, 80.0)) + scene.white(0.0002)
    if scene.chance(0.4):
        noise = noise + scene.between(0.0005, 0.006) * _teeth(scene, scene.spread(3.0, 30.0))
    return scene.still(np.minimum(scene.between(0.85, 0.98) + noise, 0.9885))


def idle(scene: Scene) -> Course:
    """Written once, then hardly ever."""
    used = scene.between(0.01, 0.88) + scene.grown(scene.pick(0.0, scene.between(0.0, 0.0004)))
    used = used + np.minimum(np.abs(scene.wander(scene.spread(0.00005, 0.005), 12.0)), 0.025)
    for _ in range(int(scene.rng.integers(0, 5)) if scene.chance(0.4) else 0):
        used = used + np.where(
            scene.index >= scene.rng.integers(0, scene.count), scene.between(-0.06, 0.06), 0.0
        )
    return scene.still(np.clip(used, 0.001, 0.96))
