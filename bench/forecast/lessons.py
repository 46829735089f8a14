"""What made-up volumes teach: looks at them as the product sees them, beside what came. No trace of another bench is used."""

from dataclasses import dataclass, fields
from multiprocessing import Pool

import numpy as np
from numpy.typing import NDArray

from bench.forecast.looks import handed
from bench.forecast.scene import Series
from bench.forecast.volumes import KINDS, make
from holdfast.assessment.forecast.outlook import FEWEST, SHORTEST
from holdfast.assessment.forecast.readings import HOUR, read
from holdfast.assessment.forecast.signs import clock, signs
from holdfast.assessment.forecast.weighing import EDGES, SIGHT

Singles = NDArray[np.float32]
_DAY = 86400.0
_NEAR, _FAR = 18, 12  # looks taken of one volume, within and beyond ten days of full
_TURN = 10.0 * _DAY

OFTEN = {
    "loaded": 2.5, "scratch": 2.0, "idle": 2.0, "collected": 3.0, "rotated_logs": 3.0, "pruned": 2.5, "retained": 2.0,
    "cleaned": 2.0, "purged": 2.0, "stepped": 2.0, "uneven": 2.0, "mixed": 3.0, "layered": 1.5,
    "released": 0.6, "merged": 0.6, "queued": 0.5, "walking": 0.6, "filed": 0.8, "leaking": 0.8, "monthly": 0.5,
    "ebbing": 0.4, "watermarked": 0.6, "thinned": 0.8,
}  # fmt: skip # a table
"""How many volumes of a kind are made for one of the others: by how common they are thought to be, and how hard to tell."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Looks to learn from, [looks, …]: signs, log hours by each way, and the truth with what each look weighs."""

    signs: NDArray[np.float16]
    ways: Singles
    truth: Singles  # log hours
    place: NDArray[np.int64]  # among EDGES
    weight: Singles  # for early, central and late
    share: Singles  # for how likely


def lessons(volumes: int, seed: int, jobs: int) -> Lesson:
    """What so many volumes of each kind teach, from that seed on."""
    items = [(kind, seed + n) for kind in KINDS for n in range(int(volumes * OFTEN.get(kind, 1.0)))]
    with Pool(jobs) as pool:
        parts = [part for part in pool.imap(_lesson, items, chunksize=50) if part is not None]
    whole = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Lesson)
    }
    whole["share"] /= whole["share"].mean()
    return Lesson(**whole)


def _lesson(item: tuple[str, int]) -> Lesson | None:
    """What one volume teaches."""
    kind, seed = item
    volume = make(kind, seed)
    if not len(volume.looks):
        return None
    pick, stands_for = _picked(volume.truth, np.random.default_rng((seed, 7)))
    looks, truth, surprised = volume.looks[pick], volume.truth[pick], volume.surprised[pick]
    with np.errstate(all="ignore"):
        readings = read(*handed(volume.times, volume.used, volume.capacity, looks), looks)
        hours = (readings.span / HOUR).astype(np.float32)
        told, ways = signs(readings.levels, hours, clock(looks - readings.age))
    good = (readings.count >= FEWEST) & (readings.span >= SHORTEST) & np.isfinite(told).all(axis=0)
    return Lesson(
        signs=told.T[good].astype(np.float16),
        ways=np.minimum(ways.T[good], SIGHT),
        truth=np.log(np.clip(truth[good] / HOUR, 1.0, np.exp(SIGHT))).astype(np.float32),
        place=np.searchsorted(EDGES, truth[good] / HOUR),
        weight=_weight(truth[good], surprised[good]),
        share=(np.sqrt(stands_for[good]) * np.where(surprised[good], 0.5, 1.0)).astype(np.float32),
    )


def _picked(truth: Series, rng: np.random.Generator) -> tuple[NDArray[np.intp], Series]:
    """Some looks of one volume, and how many each stands for."""
    near, far = np.flatnonzero(truth < _TURN), np.flatnonzero(truth >= _TURN)
    some, others = rng.permutation(near)[:_NEAR], rng.permutation(far)[:_FAR]
    stands_for = np.concatenate(
        (
            np.full(len(some), len(near) / max(len(some), 1)),
            np.full(len(others), len(far) / max(len(others), 1)),
        )
    )
    return np.concatenate((some, others)), stands_for


def _weight(truth: Series, surprised: NDArray[np.bool_]) -> Singles:
    """What nobody could have known teaches little; what is far teaches above all not to call it near."""
    near = truth <= 14.0 * _DAY
    columns = ((0.03, 1.5), (0.1, 1.2), (0.03, 0.3))
    return np.column_stack(
        [np.where(near, np.where(surprised, odd, 1.0), far) for odd, far in columns]
    ).astype(np.float32)
