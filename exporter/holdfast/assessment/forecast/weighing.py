"""What the past is taken to mean: small networks weigh the ways on by the signs, and say how likely full is by when.

Their numbers come from ``python -m bench.forecast.fit``, which fits them on made-up volumes, and stand beside this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

import numpy as np

from holdfast.assessment.forecast.courses import LATEST
from holdfast.assessment.forecast.products import product
from holdfast.assessment.forecast.readings import Singles

SIGHT = np.float32(np.log(60 * 24.0))
"""Log hours beyond which the networks were not taught to tell one time from another."""

EDGES = np.array([3, 6, 12, 24, 36, 48, 72, 96, 144, 216, 336, 504, 720, 1440], np.float64)
"""Hours by which it is told how likely full is."""

_CLEAR = np.float32(np.log(20 * 24.0))
_NEVER = np.float32(np.log(LATEST) - 1e-3)
_WILDEST = np.float32(6.0)  # deviations from the usual beyond which a sign says no more
_LEAK = np.float32(0.01)
_CLOSEST = np.float32(0.05)  # of the logarithm: no bound is nearer to the central time than a twentieth of it


Layers = tuple[tuple[Singles, Singles], ...]
"""(matrix [out, in], bias [out, 1]) each."""


@dataclass(frozen=True, kw_only=True)
class Networks:
    """What is usual of each sign, and the layers of some networks, fitted from different starts, of which the mean counts."""

    usual: Singles
    scale: Singles
    members: tuple[Layers, ...]


@dataclass(frozen=True, kw_only=True)
class Belief:
    """Log hours to full, [volumes], how much of the belief says never, and how likely full is by each of EDGES."""

    early: Singles
    central: Singles
    late: Singles
    never: Singles
    likely: Singles


def load() -> Networks:
    """Reads the networks that ship with this module."""
    with resources.files(__package__).joinpath("weights.npz").open("rb") as file, np.load(file) as held:
        numbers = {name: held[name].astype(np.float32) for name in held.files}
    members: list[Layers] = []
    while f"{len(members)}.matrix0" in numbers:
        members.append(layers_of(numbers, len(members)))
    return Networks(usual=numbers["0.usual"], scale=numbers["0.scale"], members=tuple(members))


def layers_of(numbers: Mapping[str, Singles], member: int) -> Layers:
    """One network of those held. A matrix is held as whole numbers and a step for each of its rows."""
    count = sum(name.startswith(f"{member}.matrix") for name in numbers)
    return tuple(
        (numbers[f"{member}.matrix{n}"] * numbers[f"{member}.step{n}"], numbers[f"{member}.bias{n}"])
        for n in range(count)
    )


def weigh(signs: Singles, ways: Singles, networks: Networks) -> Belief:
    """The mean of what the networks say. What they say of a volume does not depend on who is asked about beside it."""
    told = signs - networks.usual
    told *= networks.scale
    np.clip(told, -_WILDEST, _WILDEST, out=told)
    total = _weighed(told, ways, networks.members[0])
    for layers in networks.members[1:]:
        total += _weighed(told, ways, layers)
    total *= np.float32(1.0 / len(networks.members))
    return Belief(early=total[0], central=total[1], late=total[2], never=total[3], likely=total[4:])


def _weighed(told: Singles, ways: Singles, layers: Layers) -> Singles:
    for matrix, bias in layers[:-1]:
        told = product(matrix, told)
        told += bias
        np.maximum(told, _LEAK * told, out=told)
    matrix, bias = layers[-1]
    told = product(matrix, told)
    told += bias
    count = len(ways)
    belief = _shares(told[:count])
    near = (belief * np.minimum(ways, SIGHT)).sum(axis=0)
    central = near + told[count]
    beyond = np.clip((central - _CLEAR) / (SIGHT - _CLEAR), 0.0, 1.0) * ((belief * ways).sum(axis=0) - near)
    never = (belief * (ways >= _NEVER)).sum(axis=0)
    spread = np.maximum(np.logaddexp(np.float32(0.0), told[count + 1 : count + 3]), _CLOSEST)
    bounds = np.stack((central - spread[0], central + beyond, central + spread[1] + beyond, never))
    return np.concatenate((bounds, np.cumsum(_shares(told[count + 3 :])[:-1], axis=0)))


def _shares(told: Singles) -> Singles:
    """Never negative, one in all."""
    shares: Singles = np.exp(told - told.max(axis=0))
    shares /= shares.sum(axis=0)
    return shares
