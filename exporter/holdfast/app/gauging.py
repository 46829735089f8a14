"""What is measured and foretold of claims, quotas and pools, between the history of usage and its judgement.

Synchronous and without I/O: samples come in, forecasts are made in slices, and what shares a space is found.
"""

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from holdfast.assessment.filling import Gauge
from holdfast.assessment.forecast import HORIZON, REASONS, Forecast, forecast
from holdfast.assessment.sharing import Candidate, scope_of
from holdfast.history.usage import STEP, UsageHistory
from holdfast.model.capacity import Measure
from holdfast.model.facts import Claim, Volume
from holdfast.model.filling import RESOURCES, UNTOLD, Asked, Prospect
from holdfast.model.identity import FILLING, ClaimRef, Subject, joined
from holdfast.model.usage import UsageSample, is_own

_EVERY = 300.0  # seconds between two forecasts of one claim: an hour is the step of its history
_AT_ONCE = 64  # claims in one slice of forecasts: some 20 ms

FindClaim = Callable[[ClaimRef], Claim | None]
FindVolume = Callable[[str], Volume | None]
_Kind = tuple[str, str]  # driver and class: behind one driver may stand several kinds of storage


def kept_as(claim: Claim) -> str:
    """The key of a claim's history, unlike that of any other claim, quota or pool. Objects of a dump may have no uid."""
    return joined(claim.uid) if claim.uid else joined("claim", *claim.ref)


class Past(NamedTuple):
    """Whole hours, use and size, each [candidates, readings], padded with NaN in front."""

    slots: NDArray[np.float64]
    used: NDArray[np.float64]
    capacity: NDArray[np.float64]


class Gauges:
    """``find`` gives the live claim of a name, ``find_volume`` a volume. Not safe for several threads."""

    def __init__(self, history: UsageHistory, find: FindClaim, find_volume: FindVolume) -> None:
        self.history = history
        self.asked = Asked()
        self._find = find
        self._find_volume = find_volume
        self._prospects: dict[str, tuple[Prospect, ...]] = {}
        self._told: dict[str, float] = {}
        self._tell_free: set[str] = set()
        self._kinds_tell_free: set[_Kind] = set()
        self._queue: list[tuple[float, str]] = []
        self._queued: dict[str, Subject] = {}
        self._shared: dict[ClaimRef, str] = {}
        self._members: dict[str, tuple[ClaimRef, ...]] = {}

    def of(self, claim: Claim) -> Gauge:
        key = kept_as(claim)
        sample = self.history.newest(key)
        if sample is None:
            return Gauge()
        in_bytes, in_inodes = self._prospects.get(key, (UNTOLD, UNTOLD))
        return Gauge(sample=sample, bytes=in_bytes, inodes=in_inodes, backend=self._shares(claim.ref))

    def _shares(self, ref: ClaimRef) -> str:
        """The space that it was seen to share, as long as another lives who does."""
        backend = self._shared.get(ref, "")
        others = (other for other in self._members.get(backend, ()) if other != ref)
        return backend if any(self._find(other) is not None for other in others) else ""

    def members(self, backend: str) -> Sequence[ClaimRef]:
        """The living claims that were seen to share this space."""
        return [ref for ref in self._members.get(backend, ()) if self._find(ref) is not None]

    def take(self, samples: Iterable[UsageSample], now: float) -> list[ClaimRef]:
        """Keeps the samples that are of a claim which lives now; returns whose they are."""
        taken: list[tuple[str, _Kind | None, UsageSample]] = []
        for sample in samples:
            claim = self._find(sample.claim)
            if claim is not None and is_own(sample, claim.created, now):
                key, kind = kept_as(claim), self._kind_of(claim)
                taken.append((key, kind, sample))
                if sample.available:
                    self._tell_free.add(key)
                    if kind is not None:
                        self._kinds_tell_free.add(kind)
        own = [(key, self._believed(key, kind, sample)) for key, kind, sample in taken]
        self.history.take(own, now)
        for key, sample in own:
            if key not in self._queued:
                self._queue_up(key, Subject(FILLING, sample.claim), self._told.get(key, -_EVERY) + _EVERY)
        return list(dict.fromkeys(sample.claim for _, sample in own))

    def _kind_of(self, claim: Claim) -> _Kind | None:
        volume = self._find_volume(claim.volume) if claim.volume else None
        return (volume.csi_driver, volume.storage_class) if volume and volume.csi_driver else None

    def _believed(self, key: str, kind: _Kind | None, sample: UsageSample) -> UsageSample:
        """Drivers that tell no free space tell 0 of it: that is only believed where some was told of, of this claim or one of its kind."""
        tells = key in self._tell_free or kind in self._kinds_tell_free
        if sample.available != 0 or not sample.others_fill or tells:
            return sample
        last = self.history.newest(key)
        if last is not None and last.available is not None:
            return sample
        return msgspec.structs.replace(sample, available=None)

    def measure(self, subject: Subject, measures: Iterable[Measure], now: float) -> None:
        """Keeps what was read of a quota or pool, under keys that are no claim's."""
        read = [
            (key, UsageSample(claim=ClaimRef("", key), time=now, used=used, capacity=capacity))
            for key, used, capacity in measures
        ]
        self.history.take(read, now)
        for key, _ in read:
            self._queue_up(key, subject, 0.0)

    def prospect(self, key: str) -> Prospect | None:
        """What is foretold of the bytes that are kept under this key; None where nothing is yet."""
        told = self._prospects.get(key)
        return told[0] if told else None

    def remind(self, claims: Iterable[Claim]) -> None:
        """All of them are due now, as far as anything is known of them."""
        for claim in claims:
            if (key := kept_as(claim)) in self.history:
                self._queued[key] = Subject(FILLING, claim.ref)
        self._queue = [(0.0, key) for key in self._queued]  # equal entries are a heap

    def _queue_up(self, key: str, subject: Subject, due: float) -> None:
        self._queued[key] = subject
        heapq.heappush(self._queue, (due, key))

    def foretell(self, now: float, within: Callable[[Subject], float]) -> list[Subject]:
        """Makes the forecasts of one slice of those that are due; returns whose. None is due any more: empty.

        ``within`` tells how near full is near for each, in seconds.
        """
        due: dict[str, Subject] = {}
        while self._queue and len(due) < _AT_ONCE and self._queue[0][0] <= now:
            _, key = heapq.heappop(self._queue)
            if key in self._queued:
                due[key] = self._queued.pop(key)
        if due:
            keys = list(due)
            near = np.array([within(subject) for subject in due.values()])
            for key, told in zip(keys, self._foretold(keys, now, near), strict=True):
                self._prospects[key], self._told[key] = told, now
        return list(due.values())

    def _foretold(
        self, keys: Sequence[str], now: float, within: NDArray[np.float64]
    ) -> Iterable[tuple[Prospect, ...]]:
        nows = np.full(len(keys), now)
        columns = []
        for resource in RESOURCES:
            told = forecast(*self.history.window(keys, now, resource), nows, within)
            columns.append([_prospect(told, place, now) for place in range(len(keys))])
        return zip(*columns, strict=True)

    def candidates(self, claims: Iterable[tuple[Claim, Volume | None]]) -> dict[Candidate, ClaimRef]:
        """The claims that may share a space, in the order of their keys."""
        found: dict[Candidate, ClaimRef] = {}
        for claim, volume in claims:
            scope = scope_of(claim, volume)
            if scope is not None and (key := kept_as(claim)) in self.history:
                found[Candidate(key, scope)] = claim.ref
        return dict(sorted(found.items()))

    def past(self, keys: Sequence[str], now: float) -> Past:
        """What ``shared_spaces`` wants to know of these; a thousand take some ten milliseconds."""
        window = self.history.window(keys, now)
        width = self.history.width
        return Past(*(_padded(part, width) for part in (window.times // STEP, window.used, window.capacity)))

    def regroup(self, candidates: Mapping[Candidate, ClaimRef], shared: Mapping[str, str]) -> set[ClaimRef]:
        """From now on these keys share these spaces, and no others; returns the claims of which that has changed."""
        refs = {candidate.key: ref for candidate, ref in candidates.items()}
        found = {refs[key]: name for key, name in shared.items()}
        changed = {
            ref for ref in found.keys() | self._shared.keys() if found.get(ref) != self._shared.get(ref)
        }
        self._shared = found
        members: dict[str, list[ClaimRef]] = {}
        for ref in sorted(found):
            members.setdefault(found[ref], []).append(ref)
        self._members = {name: tuple(refs) for name, refs in members.items()}
        return changed

    def forget(self, living: Iterable[str]) -> None:
        """Lets go of all whose key is not among these."""
        gone = self.history.newest_by_claim().keys() - set(living)
        self.history.forget(gone)
        for key in gone:
            for kept in (self._prospects, self._told, self._queued):
                kept.pop(key, None)
            self._tell_free.discard(key)


def _padded(part: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    return np.pad(part, ((0, 0), (width - part.shape[1], 0)), constant_values=np.nan)


def _prospect(told: Forecast, place: int, now: float) -> Prospect:
    reason = REASONS[told.reasons[place]]
    if reason:
        return Prospect(reason=reason)
    return Prospect(
        central=now + float(told.central[place]),
        early=_finite(now + told.early[place]) if told.early[place] < HORIZON else None,
        late=_finite(now + told.late[place]),
        chance=_finite(told.chance[place]),
        growth=_finite(told.growth[place]),
    )


def _finite(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None
