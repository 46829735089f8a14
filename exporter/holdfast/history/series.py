"""Readings of all claims at one step: which of a slot's readings stands for it, and a ring of slots for each row.

Pure, over arrays. Which row is whose belongs to ``usage``, what is durable to ``usage_store``.
"""

import zlib
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Keep = Literal["last", "max"]
"""What stands for a slot: its last reading, or the one with the most bytes used beside the most inodes used."""

FIELDS = ("used", "capacity", "inodes_used", "inodes")
READING = np.dtype([("row", "<u4"), ("slot", "<i8"), ("offset", "<u2"), *((name, "<f4") for name in FIELDS)])
"""``slot`` counts steps since 1970, ``offset`` seconds within it; NaN is unknown."""

EMPTY = 0xFFFF
"""The offset of a slot without a reading."""

_LEAST_ADDED, _MOST_ADDED = 64, 1024  # rows; a thousand are filled in a few milliseconds

Readings = NDArray[np.void]
Numbers = NDArray[np.float64]
Rows = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PACKED = np.dtype([("row", "<u4"), ("offset", "<u2"), *((name, "<f4") for name in FIELDS)])
_INODES = ("inodes_used", "inodes")
_AFTER_SIZE = ("capacity", *_INODES)


def reduce(readings: Readings, keep: Keep) -> Readings:
    """One reading a row and slot, whatever the order of arrival."""
    if not len(readings):
        return readings
    order = np.lexsort((*reversed(_ranks(readings, keep)), readings["slot"], readings["row"]))
    ordered: Readings = readings[order]
    same = (ordered["row"][1:] == ordered["row"][:-1]) & (ordered["slot"][1:] == ordered["slot"][:-1])
    kept: Readings = ordered[np.append(~same, True)]
    if keep == "max" and same.any():
        order = np.lexsort((*reversed(_inode_ranks(readings)), readings["slot"], readings["row"]))
        fullest = readings[order][np.append(~same, True)]  # in the same order of rows and slots
        for name in _INODES:
            kept[name] = fullest[name]
    return kept


def outranks(one: Readings, other: Readings, keep: Keep) -> Flags:
    """Where the one stands for the slot and not the other."""
    return _outranks(_ranks(one, keep), _ranks(other, keep))


def _outranks(ours: Sequence[NDArray[Any]], others: Sequence[NDArray[Any]]) -> Flags:
    wins = np.zeros(len(ours[0]), dtype=np.bool_)
    even = np.ones(len(ours[0]), dtype=np.bool_)
    for mine, theirs in zip(ours, others, strict=True):
        wins |= even & (mine > theirs)
        even &= mine == theirs
    return wins


def _ranks(readings: Readings, keep: Keep) -> list[NDArray[Any]]:
    """The first that differs decides. Who knows nothing of bytes comes last; what else there is decides ties."""
    numbers = {name: np.nan_to_num(readings[name], nan=-1.0) for name in FIELDS}
    known = ~(np.isnan(readings["used"]) | np.isnan(readings["capacity"]))
    first, second = readings["offset"], numbers["used"]
    if keep == "max":
        first, second = second, first
    return [known, first, second, *(numbers[name] for name in _AFTER_SIZE)]


def _inode_ranks(readings: Readings) -> list[NDArray[Any]]:
    """Inodes are most used at another instant than bytes, and their number goes with them."""
    known = ~(np.isnan(readings["inodes_used"]) | np.isnan(readings["inodes"]))
    return [known, *(np.nan_to_num(readings[name], nan=-1.0) for name in _INODES)]


def packed(slab: Readings) -> bytes:
    """The readings of one slot, with a sum over them."""
    body = np.zeros(len(slab), dtype=_PACKED)
    for name in _PACKED.names or ():
        body[name] = slab[name]
    data = body.tobytes()
    return zlib.crc32(data).to_bytes(4, "little") + data


def unpacked(slot: int, data: bytes) -> Readings:
    """Raises ValueError where this is not what was packed."""
    if zlib.crc32(data[4:]).to_bytes(4, "little") != data[:4]:
        raise ValueError("the sum over its readings differs")
    body = np.frombuffer(data, dtype=_PACKED, offset=4)
    slab = np.zeros(len(body), dtype=READING)
    for name in _PACKED.names or ():
        slab[name] = body[name]
    slab["slot"] = slot
    return slab


class Ring:
    """The readings of the last ``slots`` slots of each row, counted back from the newest slot of that row."""

    def __init__(self, slots: int, keep: Keep) -> None:
        self.slots = slots
        self._keep = keep
        self._held = np.zeros((0, slots), dtype=_CELL)
        self._newest = np.zeros(0, dtype=np.int64)

    @property
    def rows(self) -> int:
        return len(self._newest)

    @property
    def row_bytes(self) -> int:
        return self.slots * _CELL.itemsize

    def grow(self) -> None:
        """Room for some more rows, which are empty. Old rows are not copied where the system can move their pages."""
        rows = self.rows
        added = min(max(_LEAST_ADDED, rows // 4), _MOST_ADDED)
        # nobody holds a view: what the methods hand out are copies
        self._held.resize((rows + added, self.slots), refcheck=False)
        self._held[rows:] = _NOTHING
        self._newest = np.append(self._newest, np.full(added, -1, dtype=np.int64))

    def clear(self, row: int) -> None:
        self._held[row] = _NOTHING
        self._newest[row] = -1

    def merge(self, readings: Readings, *, reduced: bool = False) -> NDArray[np.int64]:
        """Takes the readings in and returns the slots in which something changed.

        ``reduced`` says that there is but one reading a row and slot.
        """
        new = readings if reduced else reduce(readings, self._keep)
        self._advance(new)
        new = new[new["slot"] > self._newest[new["row"]] - self.slots]
        rows, columns = new["row"], new["slot"] % self.slots
        held = self._held[rows, columns]
        wins = (held["offset"] == EMPTY) | outranks(new, held, self._keep)
        changed, stands = wins, np.where(wins, _cells(new), held)
        if self._keep == "max":
            fuller = _outranks(_inode_ranks(new), _inode_ranks(held))
            for name in _INODES:
                stands[name] = np.where(fuller, new[name], held[name])
            changed = wins | fuller
        self._held[rows[changed], columns[changed]] = stands[changed]
        return np.unique(new["slot"][changed]).astype(np.int64)

    def cut(self, last: int) -> None:
        """Drops what stands in slots after this one: our clock was ahead when it was taken in."""
        for row in np.flatnonzero(self._newest > last):
            after = np.arange(max(last + 1, self._newest[row] - self.slots + 1), self._newest[row] + 1)
            self._held[row, after % self.slots] = _NOTHING
            self._newest[row] = last

    def slab(self, slot: int) -> Readings:
        """The readings of all rows in this slot."""
        within = (self._newest >= slot) & (self._newest < slot + self.slots)
        cells = self._held[:, slot % self.slots]
        rows = np.flatnonzero(within & (cells["offset"] != EMPTY))
        cells = cells[rows]
        found = np.zeros(len(rows), dtype=READING)
        found["row"], found["slot"] = rows, slot
        for name in ("offset", *FIELDS):
            found[name] = cells[name]
        return found

    def line(self, rows: Rows, step: float) -> tuple[Numbers, NDArray[Any]]:
        """Times (Unix seconds, NaN where a slot is empty) and cells of these rows, oldest first."""
        back = np.arange(1 - self.slots, 1)
        slots = self._newest[rows][:, None] + back
        cells = self._held[rows[:, None], slots % self.slots]
        times = slots * step + cells["offset"]
        return np.where(cells["offset"] == EMPTY, np.nan, times), cells

    def _advance(self, new: Readings) -> None:
        """Empties the columns that come to stand for another slot."""
        newest = self._newest.copy()
        np.maximum.at(newest, new["row"], new["slot"])
        rows = np.flatnonzero(newest > self._newest)
        columns = np.arange(self.slots)
        before = self._newest[rows][:, None]
        after = newest[rows][:, None]
        stands = after - (after - columns) % self.slots == before - (before - columns) % self.slots
        moved, gone = np.nonzero(~stands)
        self._held[rows[moved], gone] = _NOTHING
        self._newest = newest


_CELL = np.dtype([("offset", "<u2"), *((name, "<f4") for name in FIELDS)])
_NOTHING = np.array((EMPTY, *(np.nan for _ in FIELDS)), dtype=_CELL)


def _cells(readings: Readings) -> NDArray[Any]:
    cells = np.zeros(len(readings), dtype=_CELL)
    for name in ("offset", *FIELDS):
        cells[name] = readings[name]
    return cells


def leading(known: Flags, *arrays: Numbers) -> tuple[Numbers, ...]:
    """The arrays with only what is known, NaN in front, and no wider than the longest row needs."""
    order = np.argsort(known, axis=1, kind="stable")  # False before True
    most = int(known.sum(axis=1).max(initial=0))
    found = []
    for array in arrays:
        moved = np.take_along_axis(np.where(known, array, np.nan), order, axis=1)
        found.append(moved[:, moved.shape[1] - most :])
    return tuple(found)
