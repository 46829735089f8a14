"""Which way on is to be believed, and how far it may be wrong: a small network weighs them by the signs.

It only weighs: the central time lies among the ways' own, but for a factor the network may add. Its numbers are
fitted by ``bench/forecast/fit.py`` on made-up volumes and stand beside this module.
"""

from dataclasses import dataclass
from importlib import resources

import numpy as np

from holdfast.assessment.forecast.courses import LATEST
from holdfast.assessment.forecast.readings import Singles

SIGHT = np.float32(np.log(60 * 24.0))
"""Log hours beyond which the network was not taught to tell one time from another."""

_CLEAR = np.float32(np.log(20 * 24.0))
_NEVER = np.float32(np.log(LATEST) - 1e-3)
_WILDEST = np.float32(6.0)  # deviations from the usual beyond which a sign says no more


@dataclass(frozen=True, kw_only=True)
class Network:
    """What is usual of each sign, then layers of (matrix [out, in], bias [out, 1])."""

    usual: Singles
    scale: Singles
    layers: tuple[tuple[Singles, Singles], ...]


def load() -> tuple[Network, ...]:
    """Reads the networks that ship with this module: some, fitted from different starts, of which the mean counts."""
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
        layers = tuple((own[f"matrix{n}"], own[f"bias{n}"]) for n in range(count))
        networks.append(Network(usual=own["usual"], scale=own["scale"], layers=layers))
    return tuple(networks)


def weigh(signs: Singles, ways: Singles, networks: tuple[Network, ...]) -> Singles:
    """Log hours to full as early, central and late, each [volumes], and how much of the belief says never."""
    total = _weighed(signs, ways, networks[0])
    for network in networks[1:]:
        total += _weighed(signs, ways, network)
    total *= np.float32(1.0 / len(networks))
    return total


def _weighed(signs: Singles, ways: Singles, network: Network) -> Singles:
    told = (signs - network.usual) * network.scale
    np.clip(told, -_WILDEST, _WILDEST, out=told)
    for matrix, bias in network.layers[:-1]:
        told = matrix @ told
        told += bias
        np.maximum(told, np.float32(0.01) * told, out=told)
    matrix, bias = network.layers[-1]
    told = matrix @ told
    told += bias
    count = len(ways)
    belief = np.exp(told[:count] - told[:count].max(axis=0))
    belief /= belief.sum(axis=0)
    near = (belief * np.minimum(ways, SIGHT)).sum(axis=0)
    central = near + told[count]
    beyond = np.clip((central - _CLEAR) / (SIGHT - _CLEAR), 0.0, 1.0) * ((belief * ways).sum(axis=0) - near)
    early = central - _soft(told[count + 1])
    late = central + _soft(told[count + 2]) + beyond
    never = (belief * (ways >= _NEVER)).sum(axis=0)
    return np.stack([early, central + beyond, late, never])


def _soft(values: Singles) -> Singles:
    """Never negative, and smooth."""
    soft: Singles = np.logaddexp(np.float32(0.0), values)
    return soft
