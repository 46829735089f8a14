"""The usage of every claim over the last sixteen days, in memory: samples in, arrays for a forecast out.

Keyed by the claim's uid. What is durable of it stands in ``usage_store``; nothing is judged here.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from holdfast.history.series import FIELDS, READING, Keep, Numbers, Readings, Ring, leading, packed
from holdfast.model.usage import CLOCK_DIFFERENCE, UsageSample, later

STEP = 3600
SLOTS = 16 * 24

Resource = Literal["bytes", "inodes"]


class Window(NamedTuple):
    """Arrays [claims, samples] in the order asked for, oldest first, NaN in front. Times are Unix seconds.

    The last sample is the newest there is, as it was measured; those before it stand for an hour each. ``capacity`` of
    bytes is what the file system offers to whoever is not root.
    """

    times: Numbers
    used: Numbers
    capacity: Numbers


class Row(NamedTuple):
    """A claim as the store keeps it. ``number`` is its own for ever."""

    number: int
    uid: str
    newest: UsageSample


class Saved(NamedTuple):
    """What a store held: claims, and the readings of whole slots, whose ``row`` is the number of a claim."""

    rows: Sequence[Row] = ()
    readings: Sequence[Readings] = ()


class Unsaved(NamedTuple):
    """What a store has to write. ``before`` is the slot from which on anything is kept, ``after`` the last one."""

    rows: Sequence[Row]
    slabs: Sequence[tuple[int, bytes]]
    forgotten: Sequence[str]
    before: int
    after: int


class UsageHistory:
    """All claims. Not safe for several threads."""

    def __init__(self, *, keep: Keep = "last", step: int = STEP, slots: int = SLOTS) -> None:
        self._step = step
        self._ring = Ring(slots, keep)
        self._row_of: dict[str, int] = {}
        self._free: list[int] = []
        self._numbers: list[int] = []
        self._newest: list[UsageSample | None] = []
        self._next = 0
        self._moved: dict[str, None] = {}
        self._forgotten: dict[str, None] = {}
        self._dirty: set[int] = set()

    @classmethod
    def resumed(cls, saved: Saved, now: float, *, keep: Keep = "last") -> "UsageHistory":
        """What a store held, for a process that begins now. Readings of claims that are forgotten are dropped."""
        history = cls(keep=keep)
        rows = {row.number: history._resume(row) for row in saved.rows}
        numbers = np.array(sorted(rows), dtype=np.int64)
        places = np.array([rows[number] for number in sorted(rows)], dtype=np.int64)
        latest = history._slot(now + CLOCK_DIFFERENCE)
        # the newest first: older slots then empty no column
        for slab in sorted(saved.readings, key=_slot_of, reverse=True):
            if len(slab):
                history._next = max(history._next, int(slab["row"].max()) + 1)
            found = np.searchsorted(numbers, slab["row"])
            known = found < len(numbers)
            known[known] = numbers[found[known]] == slab["row"][known]
            known &= slab["slot"] <= latest
            kept = slab[known]
            kept["row"] = places[found[known]]
            history._ring.merge(kept, reduced=True)
        return history

    @property
    def width(self) -> int:
        """Readings in a window at the most."""
        return self._ring.slots + 1

    def __len__(self) -> int:
        return len(self._row_of)

    def __contains__(self, uid: str) -> bool:
        return uid in self._row_of

    def take(self, samples: Iterable[tuple[str, UsageSample]], now: float) -> None:
        """Takes samples in, each with the uid of the claim whose own it is; in any order, twice is as good as once.

        Those of the future are ignored. A thousand take some milliseconds.
        """
        latest = now + CLOCK_DIFFERENCE
        self._ring.cut(self._slot(latest))
        found: list[tuple[float, ...]] = []
        for uid, sample in samples:
            if not 0 <= sample.time <= latest:
                continue
            row = self._row(uid)
            before = self._newest[row]
            if before is None or sample.time >= before.time or before.time > latest:
                self._renew(uid, row, sample, latest)
            slot, offset = divmod(sample.time, self._step)
            found.append(
                (
                    row,
                    slot,
                    offset,
                    _number(sample.filled),
                    _number(sample.offered),
                    _number(sample.inodes_used),
                    _number(sample.inodes),
                )
            )
        if found:
            self._dirty.update(self._ring.merge(np.array(found, dtype=READING)).tolist())

    def newest(self, uid: str) -> UsageSample | None:
        """The last that is known of the claim, however old."""
        row = self._row_of.get(uid)
        return None if row is None else self._newest[row]

    def newest_by_claim(self) -> dict[str, float]:
        """For every claim's uid the time of its newest sample."""
        return {uid: sample.time for uid in self._row_of if (sample := self.newest(uid)) is not None}

    def forget(self, uids: Iterable[str]) -> None:
        """Drops all that is held of these claims."""
        for uid in uids:
            row = self._row_of.pop(uid, None)
            if row is not None:
                self._ring.clear(row)
                self._newest[row] = None
                self._free.append(row)
                self._moved.pop(uid, None)
                self._forgotten[uid] = None

    def window(self, uids: Sequence[str], now: float, resource: Resource = "bytes") -> Window:
        """The history of these claims up to ``now``; a row of NaN for one of which nothing is known."""
        rows = np.array([self._row_of.get(uid, -1) for uid in uids], dtype=np.int64)
        used, capacity = FIELDS[:2] if resource == "bytes" else FIELDS[2:]
        newest = np.array([self._newest_of(row, resource) for row in rows], dtype=np.float64).reshape(-1, 3)
        width = self._ring.slots + 1
        times, uses, capacities = (np.full((len(rows), width), np.nan) for _ in range(3))
        times[:, -1], uses[:, -1], capacities[:, -1] = newest.T
        there = np.flatnonzero(rows >= 0)
        times[there, :-1], cells = self._ring.line(rows[there], self._step)
        uses[there, :-1], capacities[there, :-1] = cells[used], cells[capacity]
        oldest = now - self._ring.slots * self._step
        known = (times > oldest) & (times <= now + CLOCK_DIFFERENCE) & ~np.isnan(uses) & ~np.isnan(capacities)
        # the newest stands in its slot as well, with its time cut to the second
        known[:, :-1] &= ~(known[:, -1:] & (times[:, :-1] > times[:, -1:] - 1))
        return Window(*leading(known, times, uses, capacities))

    def unsaved(self, now: float, most: int = 1) -> Unsaved | None:
        """What changed since the last call, of slots the newest ``most``; None when nothing did."""
        slots = sorted(self._dirty, reverse=True)[:most]
        if not (slots or self._moved or self._forgotten):
            return None
        rows = [
            Row(self._numbers[row], uid, sample)
            for uid in self._moved
            if (sample := self._newest[row := self._row_of[uid]]) is not None
        ]
        slabs = [(slot, self._slab(slot)) for slot in slots]
        after = self._slot(now + CLOCK_DIFFERENCE)
        unsaved = Unsaved(rows, slabs, tuple(self._forgotten), after - self._ring.slots, after)
        self._dirty.difference_update(slots)
        self._moved, self._forgotten = {}, {}
        return unsaved

    def _slab(self, slot: int) -> bytes:
        readings = self._ring.slab(slot)
        readings["row"] = np.array(self._numbers, dtype=np.uint32)[readings["row"]]
        return packed(readings)

    def _slot(self, time: float) -> int:
        return int(time // self._step)

    def _renew(self, uid: str, row: int, sample: UsageSample, latest: float) -> None:
        before = self._newest[row]
        if before is None or before.time > latest or later(before, sample) is not before:
            self._newest[row] = sample
            self._moved[uid] = None

    def _newest_of(self, row: int, resource: Resource) -> tuple[float | None, ...]:
        sample = self._newest[row] if row >= 0 else None
        if sample is None:
            return (None, None, None)
        if resource == "bytes":
            return sample.time, sample.filled, sample.offered
        return sample.time, sample.inodes_used, sample.inodes

    def _resume(self, row: Row) -> int:
        self._next = max(self._next, row.number)
        place = self._row(row.uid)
        self._numbers[place], self._newest[place] = row.number, row.newest
        return place

    def _row(self, uid: str) -> int:
        row = self._row_of.get(uid)
        if row is None:
            row = self._row_of[uid] = self._free.pop() if self._free else self._add_row()
            self._numbers[row] = self._next
            self._next += 1
            self._forgotten.pop(uid, None)
        return row

    def _add_row(self) -> int:
        row = len(self._numbers)
        if row >= self._ring.rows:
            self._ring.grow()
        self._numbers.append(-1)
        self._newest.append(None)
        return row


def _number(number: float | None) -> float:
    return math.nan if number is None else number


def _slot_of(slab: Readings) -> int:
    return int(slab["slot"][0]) if len(slab) else -1
