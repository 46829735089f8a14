"""Volume statistics out of files: Prometheus text, with milliseconds or no timestamps, and OpenMetrics with seconds.

Here belongs what a file is and which of its lines count. What one line says belongs to ``volume_stats``.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import math
import os
import re
import stat as modes
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from holdfast.model.usage import CLOCK_DIFFERENCE, STATS, Stat, UsageSample, fuller, is_known, sample_of
from holdfast.usage.volume_stats import Head, Identity, LineError, Lines, claim_of, node_of

_STEP = 3600.0  # of each such stretch a few samples are kept: a dump may hold one every few seconds
_MOST_LINE = 2**20
_MOST_NAMED = 20  # damaged lines of one file
_END = b"# EOF"
_MARK = b"\xef\xbb\xbf"  # some editors begin UTF-8 with it
# gzip, bzip2, xz, zstd and zip
_COMPRESSED = re.compile(rb"\x1f\x8b|BZh\d1AY&SY|\xfd7zXZ\0|\x28\xb5\x2f\xfd|PK\x03\x04")
_EARLIEST, _LATEST = 1e8, 1e11  # Unix seconds beyond which a timestamp is in another unit


class Damage(NamedTuple):
    """What could not be read. ``line`` counts from 1; None where the file as a whole is meant."""

    file: str
    line: int | None
    message: str


class Samples(NamedTuple):
    """Of each claim, hour and origin the fullest samples, and of each origin the last; oldest first.

    ``damage`` is what could not be read.
    """

    samples: tuple[UsageSample, ...]
    damage: tuple[Damage, ...]


class _Hour:
    """The last known number of each statistic within an hour, and when it was fullest by each that tells so."""

    __slots__ = ("_last", "_peaks")

    def __init__(self) -> None:
        self._last = array("d", _NEVER * len(STATS))
        self._peaks = array("d", _NEVER * len(_FULLER))

    def note(self, stat: Stat, time: float, number: float) -> None:
        at = 2 * _PLACE[stat]
        if time == self._last[at]:
            self._last[at + 1] = fuller(stat, number, self._last[at + 1])
        elif time > self._last[at]:
            self._last[at], self._last[at + 1] = time, number
        peak = _FULLER.get(stat)
        if peak is None or not is_known(number):
            return
        at, full = 2 * peak.place, peak.sign * number
        if (full, time) > (self._peaks[at + 1], self._peaks[at]):
            self._peaks[at], self._peaks[at + 1] = time, full

    def peak(self, stat: Stat) -> float | None:
        """When it was fullest by this statistic, the last such time; None where that is not known."""
        return _time(self._peaks[2 * _FULLER[stat].place])

    @property
    def last(self) -> float | None:
        """When what is used was last known."""
        return next(
            (time for stat in _USED if (time := _time(self._last[2 * _PLACE[stat]])) is not None), None
        )

    def instants(self, *, newest: bool) -> Iterator[float]:
        """Those that may stand for it."""
        found = {self.last if newest else None, *(self.peak(stat) for stat in _FULLER)}
        return (time for time in found if time is not None)

    def numbers(self) -> dict[Stat, float]:
        """The last known of each statistic."""
        return {stat: self._last[2 * at + 1] for stat, at in _PLACE.items() if self._last[2 * at] > -math.inf}


class _Peak(NamedTuple):
    place: int
    sign: float


_NEVER = (-math.inf, -math.inf)  # a time, and a number
_PLACE: Mapping[Stat, int] = {stat: place for place, stat in enumerate(STATS)}
_FULLER: Mapping[Stat, _Peak] = {
    "used": _Peak(0, 1.0),
    "available": _Peak(1, -1.0),  # where others fill the file system too, it tells more than what is used
    "inodes_used": _Peak(2, 1.0),
}
_USED: tuple[Stat, ...] = tuple(stat for stat in STATS if "used" in stat)


def _time(number: float) -> float | None:
    return number if number > -math.inf else None


class _Place(NamedTuple):
    file: str
    line: int


def read_samples(paths: Sequence[Path], now: float, cluster: str = "") -> Samples:
    """All that these files tell up to ``now``, which is also when a sample without a timestamp was taken.

    ``cluster`` is the one to choose where there are several. Never raises for what a file holds.
    """
    gathered = _Gathered(now)
    read: list[tuple[str, Path, bool]] = []
    for path in paths:
        name = os.fsencode(path).decode(errors="replace")
        try:
            if not modes.S_ISREG(path.stat().st_mode):
                gathered.damage.append(Damage(name, None, "not a regular file"))  # a pipe would wait for ever
                continue
            with path.open("rb") as opened:
                if _COMPRESSED.match(opened.peek()):
                    gathered.damage.append(Damage(name, None, "compressed; unpack it first"))
                    continue
                openmetrics = _is_openmetrics(path, opened)
                read.append((name, path, openmetrics))
                gathered.read(name, _lines(opened), openmetrics=openmetrics)
        except OSError as error:
            gathered.damage.append(Damage(name, None, error.strerror or str(error)))
    # a dump tells one statistic after another: only at its end is known which instants are to be kept
    gathered.choose()
    for name, path, openmetrics in read:
        try:
            with path.open("rb") as opened:
                gathered.read_again(_lines(opened), openmetrics=openmetrics)
        except OSError as error:
            gathered.damage.append(Damage(name, None, error.strerror or str(error)))
    return gathered.samples(cluster)


class _Gathered:
    def __init__(self, now: float) -> None:
        self._now = now
        self._lines = Lines()
        self._hours: dict[Identity, dict[int, _Hour]] = {}
        self._chosen: dict[Identity, dict[float, dict[Stat, float]]] = {}
        self._times: frozenset[float] = frozenset()
        self._files: dict[Identity, str] = {}
        self._clusters: dict[str, _Place] = {}
        self.damage: list[Damage] = []

    def read(self, name: str, lines: Iterable[tuple[int, bytes]], *, openmetrics: bool) -> None:
        report = _Report(name, self.damage)
        unit = 1.0 if openmetrics else 1000.0
        last, kept, later = b"", False, False
        for number, line in lines:
            last = line.strip() or last
            if len(line) > _MOST_LINE:
                report(number, f"longer than {_MOST_LINE:,} bytes")
                continue
            try:
                read = self._lines.read(line)
                if read is not None:
                    kept |= self._take(name, number, read, unit)
            except LineError as error:
                report(number, str(error))
            except _LaterError:
                later = True
            except _UnitError:
                report.once(number, _UNIT)
        if openmetrics and last != _END:
            report(None, "does not end with `# EOF`; what came after may be missing")
        if later and not kept:
            report(
                None,
                "all that it tells is later than the time as of which is judged; name a later one with --now",
            )
        report.close()

    def _take(self, file: str, line: int, read: tuple[Head, float, float | None], unit: float) -> bool:
        """Whether it told anything."""
        head, value, stamp = read
        if head.stat is None:
            return False
        if head.claim is None:
            raise LineError("it names no claim: `namespace` or `persistentvolumeclaim` is missing")
        time = self._time(stamp, unit)
        if not _EARLIEST <= time <= _LATEST:
            raise _UnitError
        hours = self._hours.get(head.identity)
        if hours is None:
            hours = self._hours[head.identity] = {}
            self._files[head.identity] = file
            self._clusters.setdefault(head.labels.get("cluster", ""), _Place(file, line))
        if math.isnan(value):
            return False
        if time > self._now + CLOCK_DIFFERENCE:
            raise _LaterError
        number = int(time // _STEP)
        hour = hours.get(number)
        if hour is None:
            hour = hours[number] = _Hour()
        hour.note(head.stat, time, value)
        return True

    def choose(self) -> None:
        """Of what was read, the instants that stand for their hours."""
        for identity, hours in self._hours.items():
            newest = _newest(hours)
            self._chosen[identity] = {
                time: {} for number, hour in hours.items() for time in hour.instants(newest=number == newest)
            }
        self._times = frozenset(time for chosen in self._chosen.values() for time in chosen)

    def read_again(self, lines: Iterable[tuple[int, bytes]], *, openmetrics: bool) -> None:
        """What was told at the chosen instants; whatever is damaged has been named before."""
        unit = 1.0 if openmetrics else 1000.0
        for _, line in lines:
            if len(line) > _MOST_LINE or not self._may_be_chosen(line, unit):
                continue
            try:
                read = self._lines.read(line)
            except LineError:
                continue
            if read is not None:
                self._fill_in(read, unit)

    def _may_be_chosen(self, line: bytes, unit: float) -> bool:
        """Most lines are of other instants, and need not be read once more."""
        try:
            parts = line[line.rfind(b"}") + 1 :].split()
            return len(parts) != 2 or float(parts[1]) / unit in self._times
        except ValueError:
            return False

    def _fill_in(self, read: tuple[Head, float, float | None], unit: float) -> None:
        head, value, stamp = read
        told = self._chosen.get(head.identity, {}).get(self._time(stamp, unit))
        if told is not None and head.stat is not None and not math.isnan(value):
            told[head.stat] = fuller(head.stat, value, told.get(head.stat, value))

    def _time(self, stamp: float | None, unit: float) -> float:
        return self._now if stamp is None else stamp / unit

    def samples(self, cluster: str) -> Samples:
        named = sorted(filter(None, self._clusters))
        if len(named) > 1 and cluster not in named:
            second = max(self._clusters[one] for one in named)
            self.damage.append(
                Damage(
                    *second,
                    f"volume statistics of several clusters ({', '.join(named)}); "
                    "none is used: choose one with `cluster: {name: NAME}` in the configuration",
                )
            )
            return Samples((), tuple(self.damage))
        wanted = {cluster, ""} if len(named) > 1 else {*named, ""}
        found = [
            sample
            for identity, hours in self._hours.items()
            if dict(identity).get("cluster", "") in wanted
            for sample in self._of_series(identity, hours)
        ]
        return Samples(tuple(sorted(found, key=lambda one: (one.time, one.claim))), tuple(self.damage))

    def _of_series(self, identity: Identity, hours: Mapping[int, _Hour]) -> Iterator[UsageSample]:
        """What is not told at an instant is as last known in that hour."""
        labels, chosen = dict(identity), self._chosen[identity]
        claim = claim_of(labels)
        origin = node_of(labels) or self._files[identity]
        if claim is None:
            return
        newest = _newest(hours)
        for number, hour in hours.items():
            for time in _standing(hour, chosen, newest=number == newest):
                sample = sample_of(claim, time, {**hour.numbers(), **chosen[time]}, origin)
                if sample is not None:
                    yield sample


def _newest(hours: Mapping[int, _Hour]) -> int | None:
    """The last hour in which what is used was told."""
    return max((number for number, hour in hours.items() if hour.last is not None), default=None)


def _standing(hour: _Hour, chosen: Mapping[float, Mapping[Stat, float]], *, newest: bool) -> Sequence[float]:
    """The instants of which samples stand for the hour: its fullest, and where it is the newest its last."""
    found = {hour.peak("used"), hour.last if newest else None}
    free, inodes = hour.peak("available"), hour.peak("inodes_used")
    if free is not None and "used" in chosen[free]:
        found.add(free)
    if inodes is not None:
        most = chosen[inodes].get("inodes_used", 0.0)
        if all(chosen[time].get("inodes_used", -1.0) < most for time in found if time is not None):
            found.add(inodes)
    return sorted(time for time in found if time is not None)


_UNIT = (
    "its timestamp is in another unit than the file's: Prometheus text has milliseconds; OpenMetrics, which ends with "
    "`# EOF` or is named .om, has seconds"
)


class _LaterError(Exception):
    """It was measured after the time as of which is judged."""


class _UnitError(Exception):
    """A time that can only be another one, written in another unit."""


class _Report:
    """Names what is damaged in one file, and counts the rest where it is much."""

    def __init__(self, file: str, damage: list[Damage]) -> None:
        self._file = file
        self._damage = damage
        self._said: set[str] = set()
        self._named = 0
        self._more = 0

    def __call__(self, line: int | None, message: str) -> None:
        if self._named < _MOST_NAMED or line is None:
            self._damage.append(Damage(self._file, line, message))
            self._named += 1
        else:
            self._more += 1

    def once(self, line: int, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self(line, message)

    def close(self) -> None:
        if self._more:
            self._damage.append(Damage(self._file, None, f"{self._more} more damaged lines"))


def _is_openmetrics(path: Path, opened: BinaryIO) -> bool:
    if path.suffix.lower() == ".om":
        return True
    size = opened.seek(0, os.SEEK_END)
    opened.seek(max(0, size - 64))
    end = opened.read().strip()
    opened.seek(0)
    return end == _END or end.endswith(b"\n" + _END)


def _lines(opened: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; of one that is too long only the beginning."""
    read = partial(opened.readline, _MOST_LINE + 1)
    line, number = read().removeprefix(_MARK), 1
    while line:
        yield number, line
        while len(line) > _MOST_LINE and not line.endswith(b"\n"):
            line = read()
        line, number = read(), number + 1
