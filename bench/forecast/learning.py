"""How the networks learn: Adam, no more than numpy. The loss is the pinball loss of early, central and late in log time,
and the log loss of how likely full is by each edge, that by which alarms are judged once more; all are proper, so that honesty pays.
"""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bench.forecast.lessons import Lesson, Singles
from holdfast.assessment.forecast.weighing import EDGES

Numbers = dict[str, NDArray[np.generic]]
_LEVELS = (0.05, 0.5, 0.95)  # early, central, late
_LEAK, _WILDEST = np.float32(0.01), 6.0
_BATCH, _RATE, _DECAY = 1024, 2e-3, 1e-4
_TIMES = np.float32(3.0)  # what the three times weigh beside how likely
_NOISE = np.float32(0.1)  # deviations by which signs are blurred, so that little may hang on a hair
_BLURS = 40_000
_ALARMED = int(np.searchsorted(EDGES, 144.0)) + 1  # edges up to that by which alarms are judged


class Learner:
    """One network while it learns: matrices and biases, Adam's memory of each, and their mean over the last steps."""

    def __init__(self, sizes: list[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        pairs = list(pairwise(sizes))
        self.matrices = [rng.normal(0.0, np.sqrt(1.6 / a), (a, b)).astype(np.float32) for a, b in pairs]
        self.matrices[-1] *= np.float32(0.2)
        self.parts = self.matrices + [np.zeros(b, np.float32) for _, b in pairs]
        self.mean = [np.zeros_like(part) for part in self.parts]
        self.square = [np.zeros_like(part) for part in self.parts]
        self.settled = [part.copy() for part in self.parts]
        self.steps = 0

    def forward(self, told: Singles) -> list[Singles]:
        layers, count = [told], len(self.matrices)
        for number, matrix in enumerate(self.matrices):
            told = told @ matrix
            told += self.parts[count + number]
            if number < count - 1:
                told = np.maximum(told, _LEAK * told)
            layers.append(told)
        return layers

    def learn(self, layers: list[Singles], slope: Singles, rate: float) -> None:
        count = len(self.matrices)
        slopes = [np.empty(0, np.float32)] * (2 * count)
        for number in range(count - 1, -1, -1):
            slopes[number], slopes[count + number] = layers[number].T @ slope, slope.sum(axis=0)
            if number:
                slope = slope @ self.matrices[number].T
                slope *= np.where(layers[number] > 0.0, np.float32(1.0), _LEAK)
        self.steps += 1
        ease, ease_square = (np.float32(1.0 - keep**self.steps) for keep in (0.9, 0.999))
        keep = np.float32(min(0.999, 1.0 - 1.0 / (self.steps / 10.0 + 1.0)))
        for part, step, mean, square, settled in zip(
            self.parts, slopes, self.mean, self.square, self.settled, strict=True
        ):
            np.add(mean, np.float32(0.1) * (step - mean), out=mean)
            np.add(square, np.float32(0.001) * (step * step - square), out=square)
            pull = mean / ease / (np.sqrt(square / ease_square) + np.float32(1e-8))
            np.subtract(part, np.float32(rate) * (pull + np.float32(_DECAY) * part), out=part)
            np.add(settled, (np.float32(1.0) - keep) * (part - settled), out=settled)


def slope_of(out: Singles, lesson: Lesson, some: NDArray[np.intp]) -> Singles:
    """The slope of the loss by what the network puts out: beliefs in each way, a factor, two spreads, and the shares."""
    ways, truth, weight = lesson.ways[some], lesson.truth[some], _TIMES * lesson.weight[some]
    count = ways.shape[1]
    belief = _shares(out[:, :count])
    near = (belief * ways).sum(axis=1)
    central = near + out[:, count]
    spread = np.logaddexp(np.float32(0.0), out[:, count + 1 : count + 3])
    bounds = (central - spread[:, 0], central, central + spread[:, 1])
    slopes = [
        _pinball(truth - told, level) * much
        for told, level, much in zip(bounds, _LEVELS, weight.T, strict=True)
    ]
    whole = slopes[0] + slopes[1] + slopes[2]
    open_by = 1.0 / (1.0 + np.exp(-out[:, count + 1 : count + 3]))
    slope = np.empty_like(out)
    slope[:, :count] = whole[:, None] * belief * (ways - near[:, None])
    slope[:, count] = whole
    slope[:, count + 1] = -slopes[0] * open_by[:, 0]
    slope[:, count + 2] = slopes[2] * open_by[:, 1]
    slope[:, count + 3 :] = _unlikely(out[:, count + 3 :], lesson.place[some]) * lesson.share[some][:, None]
    slope /= np.float32(len(some))
    return slope


def _unlikely(told: Singles, place: NDArray[np.int64]) -> Singles:
    """The slope of the log loss of the shares, and of the sum of those by which alarms are judged."""
    likely = _shares(told)
    side = (np.arange(likely.shape[1]) < _ALARMED) == (place < _ALARMED)[:, None]
    met = likely * side
    slope: Singles = np.float32(2.0) * likely - met / np.maximum(
        met.sum(axis=1, keepdims=True), np.float32(1e-6)
    )
    slope[np.arange(len(place)), place] -= np.float32(1.0)
    return slope


def _shares(told: Singles) -> Singles:
    shares: Singles = np.exp(told - told.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares


def _pinball(off: Singles, level: float) -> Singles:
    """By what is said, rounded off where it is met."""
    slope = np.where(np.abs(off) < 0.02, 0.5 - level - off / 0.04, np.where(off > 0.0, -level, 1.0 - level))
    return slope.astype(np.float32)


def standard(lesson: Lesson) -> tuple[Singles, Singles, Singles]:
    """The signs as deviations from the usual, what is usual, and one over the deviation."""
    some = lesson.signs[:: max(1, len(lesson.signs) // 300_000)].astype(np.float32)
    usual, scale = some.mean(axis=0), 1.0 / (some.std(axis=0) + np.float32(1e-3))
    told = np.empty(lesson.signs.shape, np.float32)
    for at in range(0, len(told), 50_000):
        part = slice(at, at + 50_000)
        told[part] = np.clip((lesson.signs[part] - usual) * scale, -_WILDEST, _WILDEST)
    return told, usual, scale


def fit(
    lesson: Lesson, told: Singles, hidden: list[int], rounds: int, seed: int, say: Callable[[str], None]
) -> Learner:
    """One network, fitted from its own start."""
    outs = lesson.ways.shape[1] + 3 + int(lesson.place.max()) + 1
    network = Learner([told.shape[1], *hidden, outs], seed)
    rng = np.random.default_rng((seed, 1))
    blurs = rng.standard_normal((_BLURS, told.shape[1]), dtype=np.float32) * _NOISE
    steps = rounds * (len(told) // _BATCH)
    for number in range(rounds):
        order = rng.permutation(len(told))
        for at in range(0, len(told) - _BATCH + 1, _BATCH):
            some = order[at : at + _BATCH]
            begin = int(rng.integers(_BLURS - _BATCH))
            layers = network.forward(told[some] + blurs[begin : begin + _BATCH])
            done = network.steps / steps
            rate = _RATE * min(1.0, network.steps / 200.0) * 0.5 * (1.0 + float(np.cos(np.pi * done))) + 1e-6
            network.learn(layers, slope_of(layers[-1], lesson, some), rate)
        say(f"network {seed}: round {number + 1} of {rounds}")
    return network


def packed(network: Learner, usual: Singles, scale: Singles) -> Numbers:
    """As the product reads it: [out, in], whole numbers of one byte and a step for each row."""
    held: Numbers = {"usual": usual[:, None], "scale": scale[:, None]}
    count = len(network.matrices)
    for number in range(count):
        held[f"matrix{number}"], held[f"step{number}"] = quantised(network.settled[number].T)
        held[f"bias{number}"] = network.settled[count + number][:, None]
    return held


def quantised(matrix: Singles) -> tuple[NDArray[np.int8], Singles]:
    """Whole numbers of one byte, and the step of each row."""
    step = np.abs(matrix).max(axis=1, keepdims=True) / np.float32(127.0) + np.float32(1e-12)
    return np.rint(matrix / step).astype(np.int8), step
