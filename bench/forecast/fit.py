"""Fits the networks of the product: ``python -m bench.forecast.fit``. Made-up volumes in, ``weights.npz`` out.

The same each time for the same seed, numpy and processor. Some 15 minutes on two quiet cores, 8 GiB of memory.
"""

import argparse
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from bench.forecast.learning import Numbers, fit, packed, standard
from bench.forecast.lessons import Lesson, Singles, lessons

_WEIGHTS = Path(__file__).parents[2] / "exporter" / "holdfast" / "assessment" / "forecast" / "weights.npz"
_shared: dict[str, tuple[Lesson, Singles, Singles, Singles]] = {}  # filled before the fork, read after it


def main() -> None:
    asked = _arguments()
    began = time.monotonic()

    lesson = lessons(asked.volumes, asked.seed, asked.jobs)
    _shared["lesson"] = (lesson, *standard(lesson))
    print(f"{len(lesson.truth)} looks after {time.monotonic() - began:.0f} s", flush=True)
    starts = [(asked.seed + number, asked.hidden, asked.rounds) for number in range(asked.networks)]
    held: Numbers = {}
    with get_context("fork").Pool(asked.jobs) as pool:
        for number, network in enumerate(pool.imap(_fitted, starts)):
            held |= {f"{number}.{name}": values for name, values in network.items()}
    with asked.out.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **held)
    print(f"{asked.out}: {asked.out.stat().st_size} bytes after {time.monotonic() - began:.0f} s")


def _fitted(start: tuple[int, list[int], int]) -> Numbers:
    seed, hidden, rounds = start
    lesson, told, usual, scale = _shared["lesson"]
    network = fit(lesson, told, hidden, rounds, seed, lambda line: print(line, flush=True))
    return packed(network, usual, scale)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.forecast.fit", description=__doc__)
    parser.add_argument(
        "--volumes", type=int, default=1800, help="of a kind, more of some kinds and fewer of others"
    )
    parser.add_argument(
        "--networks", type=int, default=1, help="fitted from different starts; their mean counts"
    )
    parser.add_argument("--rounds", type=int, default=22)
    parser.add_argument("--hidden", type=int, nargs="+", default=[384, 192])
    parser.add_argument("--seed", type=int, default=20_000_000, help="of the first volume of each kind")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=_WEIGHTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
