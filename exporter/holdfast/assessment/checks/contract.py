"""What every check is handed and what it answers. Which checks there are: ``model.check``."""

import math
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Final, TypeVar

import msgspec

from holdfast.assessment.copies import Appraisal
from holdfast.assessment.setting import Setting
from holdfast.model.facts import Claim, Volume
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectRef
from holdfast.model.judgement import ClaimJudgement, Finding
from holdfast.model.objective import Objective

Why = str | None
"""Why the object is found, in words; empty where it is not; None where that cannot be judged."""


class ClaimCase(msgspec.Struct, frozen=True, kw_only=True):
    """One claim with all that bears on it: what checks go by that are judged together with the claim."""

    volume: Volume | None
    appraisal: Appraisal

    @property
    def claim(self) -> Claim:
        return self.appraisal.evidence.claim

    @property
    def objective(self) -> Objective:
        return self.appraisal.evidence.objective

    @property
    def sight(self) -> Sight:
        return self.appraisal.evidence.sight


ClaimCheck = Callable[[ClaimCase], Why]


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The whole cluster. ``judged`` gives the judgement of a claim, None where there is none."""

    setting: Setting
    judged: Callable[[ClaimRef], ClaimJudgement | None]


Found = tuple[ObjectRef, Why]

BREATH: Final[Found] = (ObjectRef("", "", ""), "")
"""Says nothing of any object: whoever runs the survey may let others go on now. Known by its identity."""

Survey = Callable[[Scene], Iterator[Found]]
"""Goes over all objects of its kind and yields each with its answer, in any order, the same object several times where
several speak for it. Between two yields it looks at some hundreds of objects at the most, and yields ``BREATH`` where it
has nothing to say; what it iterates over is copied first, as objects come and go meanwhile."""

_T = TypeVar("_T")

Grouping = Generator[Found, None, _T]
"""What a survey has to know before it can answer: yields nothing but ``BREATH``, and returns it."""

_PORTION = 256


def portions(objects: Iterable[_T]) -> Iterator[list[_T]]:
    """All of them as they are now, as many at a time as may be looked at between two yields."""
    every = list(objects)
    for start in range(0, len(every), _PORTION):
        yield every[start : start + _PORTION]


class Results(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one survey found. ``objects``: how often it spoke of one. ``kinds``: of the objects that findings stand on.

    ``until``: when the clock alone may change it.
    """

    open: tuple[Finding, ...] = ()
    ignored: tuple[Finding, ...] = ()
    unjudged: tuple[ObjectRef, ...] = ()
    objects: int = 0
    kinds: frozenset[str] = frozenset()
    until: float = math.inf
