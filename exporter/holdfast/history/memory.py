"""Observations held in memory, as judgement reads them. What is durable stands in ``store``."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from holdfast.model.observation import Observation, ObservationKind

LASTING: frozenset[ObservationKind] = frozenset({"snapshot_seen", "drill"})
"""Kinds of which every observation counts; of the others only the newest said does."""

SEEN_FOR = 400 * 86400.0
"""Seconds that it is kept when a snapshot was captured: longer than a yearly backup lasts."""

_MOST = 1000  # observations of one lasting kind about one subject


class Memory:
    """The observations of all subjects, by kind and uid, oldest first."""

    def __init__(self, observations: Iterable[Observation] = ()) -> None:
        self._held: dict[tuple[ObservationKind, str], list[Observation]] = {}
        self._seen_before = 0.0
        for observation in observations:
            self.add(observation)

    @classmethod
    def resumed(cls, observations: Iterable[Observation], now: float) -> "Memory":
        """What an earlier watch has left, for one that begins now."""
        memory = cls(observations)
        watched = memory.remembered("alive", "")
        memory.watch_began(watched[-1].time if watched else None, now)
        memory.prune(now - SEEN_FOR)
        return memory

    def add(self, observation: Observation) -> bool:
        """Takes it in; False where it was known already, or is older than what is kept."""
        held = self._held.setdefault((observation.kind, observation.uid), [])
        if observation.kind in LASTING:
            return self._insert(held, observation)
        if observation in held:
            return False
        held[:] = [observation]
        return True

    def _insert(self, held: list[Observation], observation: Observation) -> bool:
        if observation.kind == "snapshot_seen" and observation.time < self._seen_before:
            return False
        place = bisect_left(held, observation)  # all of one kind and uid: this is the order of time and value
        if place < len(held) and held[place] == observation:
            return False
        if len(held) >= _MOST:
            if place == 0:
                return False
            del held[0]
            place -= 1
        held.insert(place, observation)
        return True

    def watch_began(self, ended: float | None, began: float) -> None:
        """The watch before this process ended then, and this one began: both count for what may be carried on."""
        if ended is not None:
            self._held[("alive", "")] = [Observation("alive", "", ended), Observation("alive", "", began)]

    def remembered(self, kind: ObservationKind, uid: str) -> Sequence[Observation]:
        return self._held.get((kind, uid), ())

    def forget(self, uids: Iterable[str]) -> None:
        """Drops all that is held of these subjects."""
        gone = set(uids)
        for key in [key for key in self._held if key[1] in gone]:
            del self._held[key]

    def prune(self, before: float) -> None:
        """Drops ``snapshot_seen`` from before this instant, and takes none of them in again."""
        self._seen_before = before
        for (kind, _), held in self._held.items():
            if kind == "snapshot_seen" and held and held[0].time < before:
                del held[: bisect_left(held, before, key=lambda note: note.time)]

    def newest_by_claim(self) -> dict[str, float]:
        """For every claim's uid the time of the newest observation of it."""
        newest: dict[str, float] = {}
        for (kind, uid), held in self._held.items():
            if uid and held and kind != "schedule_success":
                newest[uid] = max(newest.get(uid, 0.0), held[-1].time)
        return newest
