"""Observations held in memory, as judgement reads them. What is durable stands in ``store``."""

from collections.abc import Iterable, Sequence

from holdfast.model.observation import Observation, ObservationKind

LASTING: frozenset[ObservationKind] = frozenset({"snapshot_seen", "drill"})
"""Kinds of which every observation counts; of the others only the newest said does."""


class Memory:
    """The observations of all subjects, by kind and uid, oldest first."""

    def __init__(self, observations: Iterable[Observation] = ()) -> None:
        self._held: dict[tuple[ObservationKind, str], tuple[Observation, ...]] = {}
        for observation in observations:
            self.add(observation)

    def add(self, observation: Observation) -> bool:
        """Takes it in; False where it was known already."""
        key = (observation.kind, observation.uid)
        held = self._held.get(key, ())
        if observation in held:
            return False
        if observation.kind in LASTING:
            self._held[key] = tuple(sorted((*held, observation), key=lambda o: (o.time, o.value)))
        else:
            self._held[key] = (observation,)
        return True

    def watch_began(self, ended: float | None, began: float) -> None:
        """The watch before this process ended then, and this one began: both count for what may be carried on."""
        if ended is not None:
            self._held[("alive", "")] = (Observation("alive", "", ended), Observation("alive", "", began))

    def remembered(self, kind: ObservationKind, uid: str) -> Sequence[Observation]:
        return self._held.get((kind, uid), ())

    def forget(self, uids: Iterable[str]) -> None:
        """Drops all that is held of these subjects."""
        gone = set(uids)
        for key in [key for key in self._held if key[1] in gone]:
            del self._held[key]

    def newest_by_claim(self) -> dict[str, float]:
        """For every claim's uid the time of the newest observation of it."""
        newest: dict[str, float] = {}
        for (kind, uid), held in self._held.items():
            if uid and kind != "schedule_success":
                newest[uid] = max(newest.get(uid, 0.0), held[-1].time)
        return newest
