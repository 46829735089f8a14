"""Which claims were seen to share one space, where no object says so: the same size and the same free space, over time.

Pure, over arrays. Fresh replicas on disks of their own look alike as well, but do not move alike.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from holdfast.model.facts import Claim, Volume

Floats = NDArray[np.float64]

_DRIFT = 0.001  # of the size: two looks at one space are up to a minute apart
_MOVED = 3 * _DRIFT  # what grew or shrank by this, alike, is one space
_LOOKS = 3  # hours in which both were seen, at the least
_COURSES = 16  # that the next in the order of levels is held against
_ALIKE = 0.9  # share of the common hours in which they must agree

_SHARING_DRIVERS = frozenset(
    {
        "csi.juicefs.com",
        "efs.csi.aws.com",
        "hostpath.csi.k8s.io",
        "nfs.csi.k8s.io",
        "smb.csi.k8s.io",
    }
)
_SHARING_MODES = frozenset({"ReadOnlyMany", "ReadWriteMany"})


class Scope(NamedTuple):
    """Within which claims may share. ``named``: the server itself is named, so that being alike once is enough."""

    name: str
    path: str = ""
    named: bool = False


class Candidate(NamedTuple):
    """A claim that may share, by the key of its history."""

    key: str
    scope: Scope


def scope_of(claim: Claim, volume: Volume | None) -> Scope | None:
    """None where the volume is a device of its own."""
    if volume is None or claim.volume_mode == "Block":
        return None
    where, _, path = volume.place.partition(":/")
    if where:
        return Scope(where, f"/{path}", named=where.startswith("nfs:"))
    shares = volume.csi_driver in _SHARING_DRIVERS or not _SHARING_MODES.isdisjoint(claim.access_modes)
    return (
        Scope(f"driver:{volume.csi_driver}:{volume.storage_class}") if volume.csi_driver and shares else None
    )


def shared_spaces(
    candidates: Sequence[Candidate], slots: Floats, used: Floats, capacity: Floats
) -> Mapping[str, str]:
    """For each key that shares, the name of the space.

    ``slots``, ``used`` and ``capacity`` are [candidates, readings], padded with NaN in front; a slot is the whole number of
    an hour, and the last reading is the newest.
    """
    groups: defaultdict[tuple[Scope, float], list[int]] = defaultdict(list)
    for row, candidate in enumerate(candidates):
        size = capacity[row, -1]
        if size > 0 and used[row, -1] >= 0:
            groups[(candidate.scope._replace(path=""), float(size))].append(row)
    found: defaultdict[str, list[list[int]]] = defaultdict(list)
    for (scope, size), rows in groups.items():
        if len(rows) > 1:
            alike = _alike(_Group(rows, size, scope.named), slots, used)
            found[scope.name] += [group for group in alike if len(group) > 1]
    names = _Names(candidates)
    return {
        candidates[row].key: name
        for scope_name, alike in found.items()
        for name, group in names.of(scope_name, alike)
        for row in group
    }


class _Group(NamedTuple):
    rows: list[int]
    size: float
    named: bool


def _alike(group: _Group, slots: Floats, used: Floats) -> Iterable[list[int]]:
    """Parts of the group in which all agree with the first.

    Each is held against the few courses that came last in the order of levels, now and usual, and not against all others.
    """
    usual = np.nanmean(used[group.rows], axis=1)
    mean = dict(zip(group.rows, usual.tolist(), strict=True))
    rows = sorted(group.rows, key=lambda row: (used[row, -1] // (_DRIFT * group.size), mean[row], row))
    cells = _aligned(slots[rows], used[rows])
    parts: list[list[int]] = []
    open_parts: list[int] = []
    firsts: list[int] = []
    for place, row in enumerate(rows):
        if not group.named and not _moves(cells[place], group.size):
            continue  # two that stand still look alike and prove nothing
        same = np.flatnonzero(_agree(cells[place], cells[firsts], group)).tolist() if firsts else []
        if same:
            parts[open_parts[same[0]]].append(row)
            continue
        parts.append([row])
        open_parts, firsts = [*open_parts, len(parts) - 1][-_COURSES:], [*firsts, place][-_COURSES:]
    return [sorted(part) for part in parts]


def _moves(cells: Floats, size: float) -> bool:
    known = cells[~np.isnan(cells)]
    return bool(len(known)) and bool(known.max() - known.min() > _MOVED * size)


def _aligned(slots: Floats, used: Floats) -> Floats:
    """The levels with one column an hour; NaN where an hour has none."""
    first = np.nanmin(slots)
    cells = np.full((len(slots), int(np.nanmax(slots) - first) + 1), np.nan)
    row, column = np.nonzero(~np.isnan(slots) & ~np.isnan(used))
    cells[row, (slots[row, column] - first).astype(np.int64)] = used[row, column]
    return cells


def _agree(one: Floats, others: Floats, group: _Group) -> NDArray[np.bool_]:
    """With which of the others it was alike, and not only because neither has moved yet."""
    apart = np.abs(others - one)
    common = ~np.isnan(apart)
    count = common.sum(axis=1)
    close = (common & (apart <= _DRIFT * group.size)).sum(axis=1) >= _ALIKE * np.maximum(count, 1)
    least = np.where(common, one, np.inf).min(axis=1)
    most = np.where(common, one, -np.inf).max(axis=1)
    same = (count >= _LOOKS) & close & (most - least > _MOVED * group.size)
    if group.named:
        same |= (count >= 1) & ~(common & (apart > 0)).any(axis=1)
    agreed: NDArray[np.bool_] = same
    return agreed


class _Names:
    """A name for each space, which is that of no other: neither of one that was seen nor of one that a volume names."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self._candidates = candidates
        self._lying: defaultdict[str, set[int]] = defaultdict(set)
        for row, candidate in enumerate(candidates):
            if candidate.scope.path:
                self._lying[f"{candidate.scope.name}:{candidate.scope.path}"].add(row)
        self._taken: set[str] = set()
        self._numbers: dict[str, Iterator[int]] = {}

    def of(self, scope: str, groups: list[list[int]]) -> Iterable[tuple[str, list[int]]]:
        """Several spaces of one name are numbered, in the order of their first claims."""
        for group in sorted(groups, key=lambda group: min(self._candidates[row].key for row in group)):
            paths = [self._candidates[row].scope.path for row in group]
            stem = f"{scope}:{posixpath.commonpath(paths)}" if all(paths) else scope
            yield self._free(stem, set(group)), group

    def _free(self, stem: str, group: set[int]) -> str:
        numbers = self._numbers.setdefault(stem, count(2))
        name = stem
        while name in self._taken or not self._lying.get(name, group) <= group:
            name = f"{stem}#{next(numbers)}"
        self._taken.add(name)
        return name
