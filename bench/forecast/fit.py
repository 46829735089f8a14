"""Fits the weights by which the product believes one way on more than another: ``python -m bench.forecast.fit``.

Made-up volumes in, ``weights.npz`` out; the same each time for the same seed and numpy. Adam on pinball loss, no more
than numpy. No trace of any other bench is used, so that any other bench can judge the outcome.
"""

import argparse
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.forecast.looks import handed
from bench.forecast.volumes import KINDS, make
from holdfast.assessment.forecast.readings import HOUR, read
from holdfast.assessment.forecast.signs import signs
from holdfast.assessment.forecast.weighing import SIGHT

Singles = NDArray[np.float32]
Numbers = dict[str, NDArray[np.float32 | np.float16]]
_DAY = 86400.0
_WEIGHTS = Path(__file__).parents[2] / "exporter" / "holdfast" / "assessment" / "forecast" / "weights.npz"
_NEAR, _FAR = 20, 12  # looks taken of one volume, within and beyond sixteen days of full
_LEVELS = (0.06, 0.5, 0.94)  # early, central, late
_OFTEN = {
    "mixed": 4,
    "cleaned": 2,
    "pruned": 2,
    "collected": 2,
    "retained": 2,
    "rotated_logs": 2,
}  # made more of
_WEIGHTY = {"idle": 1.5, "flooded": 1.5}  # kinds of which a look weighs more
_BATCH, _RATE = 2048, 3e-3


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Looks to learn from: signs and log hours by each way [looks, …], the true log hours, and what each look weighs."""

    signs: Singles
    ways: Singles
    truth: Singles
    weight: Singles  # for early, central and late


def lessons(item: tuple[str, int]) -> Lesson:
    """What one volume teaches."""
    kind, seed = item
    volume = make(kind, seed)
    rng = np.random.default_rng((seed, 7))
    near = rng.permutation(np.flatnonzero(volume.truth < 16.0 * _DAY))[:_NEAR]
    far = rng.permutation(np.flatnonzero(volume.truth >= 16.0 * _DAY))[:_FAR]
    pick = np.sort(np.concatenate((near, far)))
    looks = volume.looks[pick]
    readings = read(*handed(volume.times, volume.used, volume.capacity, looks), looks)
    with np.errstate(all="ignore"):
        told, ways = signs(readings.levels, (readings.span / HOUR).astype(np.float32))
    truth = np.log(np.clip(volume.truth[pick] / HOUR, 1.0, np.exp(SIGHT)))
    good = np.isfinite(told).all(axis=0) & np.isfinite(ways).all(axis=0)
    weight = _weight(volume.truth[pick], volume.surprised[pick]) * _WEIGHTY.get(kind, 1.0)
    return Lesson(
        signs=told.T[good],
        ways=np.minimum(ways.T[good], SIGHT),
        truth=truth[good].astype(np.float32),
        weight=weight[good].astype(np.float32),
    )


def _weight(truth: NDArray[np.float64], surprised: NDArray[np.bool_]) -> NDArray[np.float64]:
    """What nobody could have known teaches little; what is far teaches above all not to call it near."""
    near = truth <= 14.0 * _DAY
    columns = ((0.03, 1.2), (0.1, 0.7), (0.03, 0.3))
    return np.column_stack([np.where(near, np.where(surprised, odd, 1.0), far) for odd, far in columns])


class Network:
    """The network while it learns: matrices and biases, and Adam's memory of each."""

    def __init__(self, sizes: list[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        pairs = list(pairwise(sizes))
        self.matrices = [rng.normal(0.0, np.sqrt(1.6 / a), (a, b)).astype(np.float32) for a, b in pairs]
        self.matrices[-1] *= 0.2
        self.biases = [np.zeros(b, np.float32) for _, b in pairs]
        self.parts = self.matrices + self.biases
        self.mean = [np.zeros_like(part) for part in self.parts]
        self.square = [np.zeros_like(part) for part in self.parts]
        self.settled = [part.copy() for part in self.parts]
        self.steps = 0

    def forward(self, told: Singles) -> list[Singles]:
        layers = [told]
        for number, (matrix, bias) in enumerate(zip(self.matrices, self.biases, strict=True)):
            told = told @ matrix + bias
            if number < len(self.matrices) - 1:
                told = np.maximum(told, np.float32(0.01) * told)
            layers.append(told)
        return layers

    def learn(self, layers: list[Singles], slope: Singles, rate: float) -> None:
        matrices: list[Singles] = []
        biases: list[Singles] = []
        for number in range(len(self.matrices) - 1, -1, -1):
            matrices.insert(0, layers[number].T @ slope)
            biases.insert(0, slope.sum(axis=0))
            slope = (slope @ self.matrices[number].T) * np.where(layers[number] > 0.0, 1.0, 0.01).astype(
                np.float32
            )
        self.steps += 1
        ease, ease_square = 1.0 - 0.9**self.steps, 1.0 - 0.999**self.steps
        kept = zip(self.parts, matrices + biases, self.mean, self.square, self.settled, strict=True)
        for part, step, mean, square, settled in kept:
            np.add(0.9 * mean, 0.1 * step, out=mean)
            np.add(0.999 * square, 0.001 * step * step, out=square)
            pull = mean / ease / (np.sqrt(square / ease_square) + 1e-8) + 1e-5 * part
            np.subtract(part, rate * pull, out=part)
            np.add(0.998 * settled, 0.002 * part, out=settled)


def slope_of(out: Singles, ways: Singles, truth: Singles, weight: Singles) -> Singles:
    """The slope of the weighed pinball loss of early, central and late, by what the network puts out."""
    count = ways.shape[1]
    belief = np.exp(out[:, :count] - out[:, :count].max(axis=1, keepdims=True))
    belief /= belief.sum(axis=1, keepdims=True)
    mixed = (belief * ways).sum(axis=1)
    central = mixed + out[:, count]
    spread = np.logaddexp(0.0, out[:, count + 1 :])
    slopes = []
    for told, level, much in zip(
        (central - spread[:, 0], central, central + spread[:, 1]), _LEVELS, weight.T, strict=True
    ):
        off = truth - told
        pull = np.where(
            np.abs(off) < 0.02, 0.5 - level - off / 0.04, np.where(off > 0.0, -level, 1.0 - level)
        )
        slopes.append(pull * much)
    whole = slopes[0] + slopes[1] + slopes[2]
    open_by = 1.0 / (1.0 + np.exp(-out[:, count + 1 :]))
    slope = np.empty_like(out)
    slope[:, :count] = whole[:, None] * belief * (ways - mixed[:, None])
    slope[:, count] = whole
    slope[:, count + 1] = -slopes[0] * open_by[:, 0]
    slope[:, count + 2] = slopes[2] * open_by[:, 1]
    slope /= weight[:, 1].sum()
    return slope


def fit(lesson: Lesson, hidden: list[int], rounds: int, seed: int) -> Numbers:
    usual, scale = lesson.signs.mean(axis=0), 1.0 / (lesson.signs.std(axis=0) + 1e-3)
    told = np.clip((lesson.signs - usual) * scale, -6.0, 6.0).astype(np.float32)
    network = Network([told.shape[1], *hidden, lesson.ways.shape[1] + 3], seed)
    rng, batch = np.random.default_rng((seed, 1)), _BATCH
    steps = rounds * (len(told) // batch)
    for number in range(rounds):
        order = rng.permutation(len(told))
        for at in range(0, len(told) - batch + 1, batch):
            some = order[at : at + batch]
            layers = network.forward(told[some])
            slope = slope_of(layers[-1], lesson.ways[some], lesson.truth[some], lesson.weight[some])
            done = network.steps / steps
            network.learn(
                layers,
                slope,
                _RATE * min(1.0, network.steps / 200.0) * 0.5 * (1.0 + np.cos(np.pi * done)) + 1e-6,
            )
        print(f"round {number + 1} of {rounds}", flush=True)
    count = len(network.matrices)
    held: Numbers = {"usual": usual[:, None], "scale": scale[:, None]}
    for number in range(count):
        held[f"matrix{number}"] = np.ascontiguousarray(network.settled[number].T).astype(np.float16)
        held[f"bias{number}"] = network.settled[count + number][:, None]
    return held


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--volumes", type=int, default=3500, help="of each kind")
    parser.add_argument(
        "--networks", type=int, default=3, help="fitted from different starts; their mean counts"
    )
    parser.add_argument("--rounds", type=int, default=14)
    parser.add_argument("--hidden", type=int, nargs="+", default=[192, 96])
    parser.add_argument("--seed", type=int, default=100_000, help="of the first volume of each kind")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=_WEIGHTS)
    asked = parser.parse_args()
    items = [(kind, asked.seed + n) for kind in KINDS for n in range(asked.volumes * _OFTEN.get(kind, 1))]
    with Pool(asked.jobs) as pool:
        all_lessons = pool.map(lessons, items, chunksize=20)
    names = ("signs", "ways", "truth", "weight")
    lesson = Lesson(**{name: np.concatenate([getattr(one, name) for one in all_lessons]) for name in names})
    print(f"{len(lesson.truth)} looks at {len(items)} volumes")
    held: Numbers = {}
    for number in range(asked.networks):
        network = fit(lesson, asked.hidden, asked.rounds, asked.seed + number)
        held |= {f"{number}.{name}": values for name, values in network.items()}
    np.savez_compressed(asked.out, allow_pickle=False, **held)


if __name__ == "__main__":
    main()
