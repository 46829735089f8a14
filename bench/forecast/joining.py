"""Joins networks of several fits into one file: ``python -m bench.forecast.joining A.npz:0 B.npz:1 --out FILE``.

Networks that were taught otherwise err on other volumes, so that their mean errs on fewer. Each standardises the signs in its
own way; here that of the first is given to all.
"""

import argparse
from pathlib import Path

import numpy as np

from bench.forecast.learning import Numbers, quantised
from bench.forecast.lessons import Singles
from holdfast.assessment.forecast.weighing import layers_of


def joined(parts: list[tuple[dict[str, Singles], int]]) -> Numbers:
    """One file's numbers, of these members (a fit's numbers and which of its networks)."""
    first = parts[0][0]
    usual, scale = first["0.usual"], first["0.scale"]
    held: Numbers = {}
    for place, (numbers, member) in enumerate(parts):
        layers = list(layers_of(numbers, member))
        if numbers is not first:
            matrix, bias = layers[0]
            off = (usual - numbers["0.usual"]) * numbers["0.scale"]
            layers[0] = matrix * (numbers["0.scale"] / scale)[:, 0], bias + matrix @ off
        for layer, (matrix, bias) in enumerate(layers):
            held[f"{place}.matrix{layer}"], held[f"{place}.step{layer}"] = quantised(matrix)
            held[f"{place}.bias{layer}"] = bias
    return {"0.usual": usual, "0.scale": scale} | held


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.forecast.joining", description=__doc__)
    parser.add_argument("members", nargs="+", metavar="FILE:NUMBER", help="a fit's file, and which network")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    files: dict[str, dict[str, Singles]] = {}
    parts = []
    for word in asked.members:
        name, _, number = word.rpartition(":")
        if name not in files:
            with np.load(name) as held:
                files[name] = {key: held[key].astype(np.float32) for key in held.files}
        parts.append((files[name], int(number)))
    np.savez_compressed(asked.out, allow_pickle=False, **joined(parts))


if __name__ == "__main__":
    main()
