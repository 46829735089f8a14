"""Joins networks of several fits into one file: ``python -m bench.forecast.joining A.npz:0 B.npz:1 --out FILE``.

Networks that were taught otherwise err on other volumes, so that their mean errs on fewer. Each standardises the signs in its
own way; here that of the first is given to all.
"""

import argparse
from pathlib import Path

import numpy as np

from bench.forecast.learning import Numbers, quantised
from bench.forecast.lessons import Singles


def joined(parts: list[tuple[Numbers, int]]) -> Numbers:
    """One file's numbers, of these members (a fit's numbers and which of its networks)."""
    first = parts[0][0]
    usual, scale = first["0.usual"].astype(np.float32), first["0.scale"].astype(np.float32)
    held: Numbers = {}
    for place, (numbers, member) in enumerate(parts):
        own = f"{member}."
        own_scale = numbers["0.scale"].astype(np.float32)
        off = (usual - numbers["0.usual"].astype(np.float32)) * own_scale
        count = sum(name.startswith(own + "matrix") for name in numbers)
        for layer in range(count):
            matrix = numbers[f"{own}matrix{layer}"].astype(np.float32)
            matrix *= numbers[f"{own}step{layer}"].astype(np.float32)
            bias: Singles = numbers[f"{own}bias{layer}"].astype(np.float32)
            if layer == 0 and numbers is not first:
                bias = bias + matrix @ off
                matrix = matrix * (own_scale / scale)[:, 0]
            held[f"{place}.matrix{layer}"], held[f"{place}.step{layer}"] = quantised(matrix)
            held[f"{place}.bias{layer}"] = bias
    return {"0.usual": usual, "0.scale": scale} | held


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.forecast.joining", description=__doc__)
    parser.add_argument("members", nargs="+", metavar="FILE:NUMBER", help="a fit's file, and which network")
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    files: dict[str, Numbers] = {}
    parts = []
    for word in asked.members:
        name, _, number = word.rpartition(":")
        if name not in files:
            with np.load(name) as held:
                files[name] = dict(held)
        parts.append((files[name], int(number)))
    np.savez_compressed(asked.out, allow_pickle=False, **joined(parts))


if __name__ == "__main__":
    main()
