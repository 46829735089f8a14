"""Quotas, pools, classes and the growth of claims: how each is judged, and what follows from it. Nothing is concluded here."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from holdfast.app.gauging import Gauges
from holdfast.assessment.capacity import (
    POOL_KEYS,
    QUOTA_KEYS,
    Floats,
    Outlook,
    assess_class,
    assess_expansion,
    assess_pool,
    assess_quota,
    free_space,
    is_shrunk,
    is_steady,
    largest_volume,
    measure_pool,
    measure_quota,
    most_seen,
    pool_key,
    used_of,
)
from holdfast.assessment.forecast import FORECAST_STANDS
from holdfast.assessment.setting import Setting
from holdfast.model.capacity import Measure, PoolJudgement, Provision, Quota, QuotaJudgement
from holdfast.model.facts import Claim, Facts
from holdfast.model.filling import FillingJudgement, Prospect
from holdfast.model.identity import (
    CLAIM,
    CLASS,
    EXPANSION,
    FILLING,
    POOL,
    PROVISION,
    QUOTA,
    ClaimRef,
    Subject,
)
from holdfast.model.judgement import ClaimJudgement, Judgement
from holdfast.model.observation import Observation
from holdfast.model.usage import UsageSample

_KEYS_OF = {"ResourceQuota": QUOTA_KEYS, "CSIStorageCapacity": POOL_KEYS}

_Verdict = tuple[Judgement | None, tuple[Observation, ...]]


class Capacities:
    """The largest volume of each class is found once and kept until something touches the class."""

    def __init__(self, facts: Facts, gauges: Gauges) -> None:
        self._facts = facts
        self._gauges = gauges
        self._largest: dict[str, int | None] = {}
        self.provisions = Provisions()
        self.judges: Mapping[str, Callable[[tuple[str, ...], Setting], _Verdict]] = {
            QUOTA: self._quota,
            POOL: self._pool,
            CLASS: self._class,
            EXPANSION: self._expansion,
            PROVISION: self.provisions.judge,
        }

    def forget(self, subject: Subject) -> None:
        if subject.noun == CLASS:
            self._largest.pop(subject.key[0], None)

    def measure(
        self, judged: Iterable[tuple[Subject, Judgement]], now: float, dark: Collection[str] = ()
    ) -> list[str]:
        """Keeps how far quotas and pools are used; returns the keys under which.

        ``dark`` are the kinds of which nothing is told now: their objects stand as they were, which is no reading, and
        all that is kept of them stays.
        """
        quotas: list[tuple[Subject, QuotaJudgement]] = []
        pools: list[tuple[Subject, PoolJudgement]] = []
        for subject, judgement in judged:
            if isinstance(judgement, QuotaJudgement) and "ResourceQuota" not in dark:
                quotas.append((subject, judgement))
            elif isinstance(judgement, PoolJudgement) and "CSIStorageCapacity" not in dark:
                pools.append((subject, judgement))
        keys: list[str] = []
        for subject, measures in [
            *((each, measure_quota(quota)) for each, quota in quotas),
            *self._read(pools, now),
        ]:
            self._gauges.measure(subject, measures, now)
            keys += [measure.key for measure in measures]
        resting = tuple(prefix for kind, prefix in _KEYS_OF.items() if kind in dark)
        kept = self._gauges.history.newest_by_claim() if resting else {}
        return keys + [key for key in kept if key.startswith(resting)]

    def _read(
        self, pools: Sequence[tuple[Subject, PoolJudgement]], now: float
    ) -> Iterator[tuple[Subject, tuple[Measure, ...]]]:
        """The measures of the pools. What is kept of one that turns out to have another size is told anew in that."""
        history = self._gauges.history
        keys = [pool_key(pool.storage_class, pool.topology) for _, pool in pools]
        times, used, capacity = history.window(keys, now)
        free = free_space(used, capacity)
        for row, most in enumerate(most_seen(free)):
            last = history.newest(keys[row])
            size = last.capacity if last else None
            measure = measure_pool(pools[row][1], float(most), size)
            if measure and size is not None and measure.capacity != size:
                known = np.isfinite(free[row])
                self._resize(measure, times[row, known], used_of(free[row, known], measure.capacity), now)
            yield pools[row][0], (measure,) if measure else ()

    def _resize(self, measure: Measure, times: Floats, used: Floats, now: float) -> None:
        key, size = measure.key, measure.capacity
        self._gauges.history.forget([key])
        samples = (
            UsageSample(claim=ClaimRef("", key), time=time, used=amount, capacity=size)
            for time, amount in zip(times.tolist(), used.tolist(), strict=True)
        )
        self._gauges.history.take(((key, sample) for sample in samples), now)

    def _largest_of(self, storage_class: str) -> int | None:
        if storage_class not in self._largest:
            self._largest[storage_class] = largest_volume(storage_class, self._facts)
        return self._largest[storage_class]

    def _quota(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        quota = self._facts.get(Quota, *key)
        standing = _Standing(self._gauges, setting.now)
        judgement = assess_quota(quota, standing.prospect) if quota else None
        return (msgspec.structs.replace(judgement, until=standing.until) if judgement else None), ()

    def _pool(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        storage_class, topology = key
        standing = _Standing(self._gauges, setting.now)
        outlook = Outlook(standing.prospect, standing.steady, standing.shrank, setting.now)
        judgement = assess_pool(storage_class, topology, self._facts, outlook)
        return (msgspec.structs.replace(judgement, until=standing.until) if judgement else None), ()

    def _class(self, key: tuple[str, ...], _: Setting) -> _Verdict:
        (name,) = key
        return assess_class(name, self._largest_of(name), self._facts), ()

    def _expansion(self, key: tuple[str, ...], setting: Setting) -> _Verdict:
        claim = self._facts.get(Claim, *key)
        if claim is None:
            return None, ()
        largest = self._largest_of(claim.storage_class)
        return assess_expansion(claim, largest, self._facts, setting.sight), ()


class _Standing:
    """What is foretold and stands at an instant; ``until`` is when the first of it that was asked for no longer does."""

    def __init__(self, gauges: Gauges, now: float) -> None:
        self._gauges = gauges
        self._now = now
        self.until: float | None = None

    def prospect(self, key: str) -> Prospect | None:
        newest = self._gauges.history.newest(key)
        ends = newest.time + FORECAST_STANDS if newest else 0.0
        if ends <= self._now:
            return None
        self.until = ends if self.until is None else min(ends, self.until)
        return self._gauges.prospect(key)

    def steady(self, key: str) -> bool:
        return self._of_pool(key, is_steady)

    def shrank(self, key: str) -> bool:
        return self._of_pool(key, is_shrunk)

    def _of_pool(self, key: str, holds: Callable[[Floats, Floats, float], bool]) -> bool:
        times, used, capacity = self._gauges.history.window([key], self._now)
        return times.shape[1] > 0 and holds(times[0], free_space(used, capacity)[0], self._now)


def expansions(subject: Subject, facts: Facts) -> list[Subject]:
    """Whose growth is to be judged again now that a quota or class is judged otherwise."""
    link = ("class", subject.key[0]) if subject.noun == CLASS else ("namespace", subject.key[0])
    return [Subject(EXPANSION, claim.ref) for claim in facts.linked(Claim, *link)]


class _Amounts(NamedTuple):
    """What one claim adds, or several together: how many they are, and bytes. ``used`` and ``measured`` are of those whose use is known."""

    claims: int
    requested: int
    capacity: int
    used: int
    measured: int


_NONE = _Amounts(0, 0, 0, 0, 0)


class Provisions:
    """What the claims of each namespace and class ask for and use together, summed up as their judgements change.

    A sum costs the same whether a class has ten claims or ten thousand, and the largest as much as there are sizes.
    """

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], _Amounts] = {}
        self._sizes: dict[tuple[str, ...], Counter[int]] = {}

    def moved(
        self,
        subject: Subject,
        before: Judgement | None,
        after: Judgement | None,
        judged: Mapping[Subject, Judgement],
    ) -> list[Subject]:
        """The claim, or how it fills, is judged otherwise. Returns the sums that differ now.

        ``judged`` is asked for the other one of the two, so that whichever comes first makes no difference.
        """
        if subject.noun == CLAIM:
            filling = judged.get(Subject(FILLING, subject.key))
            old, new = _part(before, filling), _part(after, filling)
        else:
            claim = judged.get(Subject(CLAIM, subject.key))
            old, new = _part(claim, before), _part(claim, after)
        if old == new:
            return []
        for part, step in ((old, -1), (new, 1)):
            if part is not None:
                self._add(*part, step)
        return [Subject(PROVISION, key) for key in {part[0] for part in (old, new) if part is not None}]

    def _add(self, key: tuple[str, ...], amounts: _Amounts, step: int) -> None:
        sums = self._sums.get(key, _NONE)
        self._sums[key] = _Amounts(*(total + step * one for total, one in zip(sums, amounts, strict=True)))
        sizes = self._sizes.setdefault(key, Counter())
        sizes[amounts.capacity] += step
        if not sizes[amounts.capacity]:
            del sizes[amounts.capacity]

    def judge(self, key: tuple[str, ...], _: Setting) -> _Verdict:
        sums = self._sums.get(key, _NONE)
        if not sums.claims:
            self._sums.pop(key, None)
            self._sizes.pop(key, None)
            return None, ()
        return Provision(**sums._asdict(), largest=max(self._sizes[key])), ()


def _part(claim: Judgement | None, filling: Judgement | None) -> tuple[tuple[str, ...], _Amounts] | None:
    """What one claim adds: 1, its request, its size, its use, and its size where that use is known.

    A size that is not known adds nothing: a claim that waits was given nothing yet. Nor does use beyond its size: what others
    write on the same file system was not given to it.
    """
    if not isinstance(claim, ClaimJudgement):
        return None
    key, capacity = (claim.ref.namespace, claim.storage_class), claim.capacity or 0
    used = _own_use(filling)
    return key, _Amounts(
        claims=1,
        requested=claim.requested or 0,
        capacity=capacity,
        used=min(used or 0, capacity),
        measured=0 if used is None else capacity,
    )


def _own_use(filling: Judgement | None) -> int | None:
    """None for a claim that shares its space: the use that is measured is not its own."""
    if not isinstance(filling, FillingJudgement) or filling.sample is None or filling.backend:
        return None
    return None if filling.sample.used is None else round(filling.sample.used)
