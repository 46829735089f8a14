"""What the past is taken to mean: small networks weigh the ways on by the signs, and say how likely full is by when.

Their numbers come from ``python -m bench.forecast.fit``, which fits them on made-up volumes, and stand beside this module.
"""

from dataclasses import dataclass
from importlib import resources

import numpy as np

from holdfast.assessment.forecast.courses import LATEST
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


@dataclass(frozen=True, kw_only=True)
class Network:
    """What is usual of each sign, then layers of (matrix [out, in], bias [out, 1])."""

    usual: Singles
    scale: Singles
    layers: tuple[tuple[Singles, Singles], ...]


@dataclass(frozen=True, kw_only=True)
class Belief:
    """Log hours to full, [volumes], how much of the belief says never, and how likely full is by each of EDGES."""

    early: Singles
    central: Singles
    late: Singles
    never: Singles
    likely: Singles


def load() -> tuple[Network, ...]:
    """Reads the networks that ship with this module: some, fitted from different starts, of which the mean counts.

    A matrix is held as whole numbers of one byte and a step for each of its rows.
    """
    with resources.files(__package__).joinpath("weights.npz").open("rb") as file, np.load(file) as held:
        numbers = {name: held[name].astype(np.float32) for name in held.files}
    networks: list[Network] = []
    while f"{len(networks)}.usual" in numbers:
        own = {
            name.partition(".")[2]: value
            for name, value in numbers.items()
            if name.startswith(f"{len(networks)}.")
        }
        count = sum(name.startswith("matrix") for name in own)
        layers = tuple((own[f"matrix{n}"] * own[f"step{n}"], own[f"bias{n}"]) for n in range(count))
        networks.append(Network(usual=own["usual"], scale=own["scale"], layers=layers))
    return tuple(networks)


def weigh(signs: Singles, ways: Singles, networks: tuple[Network, ...]) -> Belief:
    """The mean of what the networks say."""
    total = _weighed(signs, ways, networks[0])
    for network in networks[1:]:
        total += _weighed(signs, ways, network)
    total *= np.float32(1.0 / len(networks))
    return Belief(early=total[0], central=total[1], late=total[2], never=total[3], likely=total[4:])


def _weighed(signs: Singles, ways: Singles, network: Network) -> Singles:
    told = (signs - network.usual) * network.scale
    np.clip(told, -_WILDEST, _WILDEST, out=told)
    for matrix, bias in network.layers[:-1]:
        told = matrix @ told
        told += bias
        np.maximum(told, _LEAK * told, out=told)
    matrix, bias = network.layers[-1]
    told = matrix @ told
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
