"""Which subjects are to be judged, and when: the queue of what changed and the heap of what the clock will change."""

import heapq
from collections.abc import Iterable, Iterator

from holdfast.model.identity import Subject


class Upkeep:
    """A subject stands in the queue once, however often it is touched."""

    def __init__(self) -> None:
        self._queue: dict[Subject, None] = {}
        self._heap: list[tuple[float, Subject]] = []
        self._until: dict[Subject, float] = {}

    def __len__(self) -> int:
        return len(self._queue)

    def touch(self, subjects: Iterable[Subject]) -> None:
        self._queue.update(dict.fromkeys(subjects))

    def take(self) -> Subject:
        """The subject that has been waiting longest."""
        subject = next(iter(self._queue))
        del self._queue[subject]
        return subject

    def hold(self, subject: Subject, until: float | None) -> None:
        """The judgement of the subject holds until then, if nothing touches it before."""
        if until is None:
            self._until.pop(subject, None)
        elif self._until.get(subject) != until:
            self._until[subject] = until
            heapq.heappush(self._heap, (until, subject))

    def touch_due(self, now: float) -> None:
        """Queues every subject whose judgement no longer holds."""
        self.touch(self._due(now))

    def _due(self, now: float) -> Iterator[Subject]:
        while self._heap and self._heap[0][0] <= now:
            until, subject = heapq.heappop(self._heap)
            if self._until.get(subject) == until:
                del self._until[subject]
                yield subject
