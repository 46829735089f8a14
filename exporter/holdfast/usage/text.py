"""Volume statistics out of files: Prometheus text, with milliseconds or no timestamps, and OpenMetrics with seconds.

Here belongs what a file is and which of its lines count. What one line says belongs to ``volume_stats``.
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import math
import os
import stat as modes
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from holdfast.model.usage import CLOCK_DIFFERENCE, STATS, Stat, UsageSample, sample_of
from holdfast.usage.volume_stats import Head, Identity, LineError, Lines, claim_of, node_of

_STEP = (
    3600.0  # of each such stretch the last sample is kept: a dump may hold one every few seconds, for weeks
)
_MOST_LINE = 2**20
_MOST_NAMED = 20  # damaged lines of one file
_END = b"# EOF"
_MARK = b"\xef\xbb\xbf"  # some editors begin UTF-8 with it
_EARLIEST, _LATEST = 1e8, 1e11  # Unix seconds beyond which a timestamp is in another unit


class Damage(NamedTuple):
    """What could not be read. ``line`` counts from 1; None where the file as a whole is meant."""

    file: str
    line: int | None
    message: str


class Samples(NamedTuple):
    """Of each claim and hour the last sample of each origin, oldest first, and what could not be read."""

    samples: tuple[UsageSample, ...]
    damage: tuple[Damage, ...]


class _Hour(NamedTuple):
    """The last known number of each statistic within an hour, and when it was taken."""

    times: dict[Stat, float]
    numbers: dict[Stat, float]


class _Place(NamedTuple):
    file: str
    line: int


def read_samples(paths: Sequence[Path], now: float, cluster: str = "") -> Samples:
    """All that these files tell up to ``now``, which is also when a sample without a timestamp was taken.

    ``cluster`` is the one to choose where there are several. Never raises for what a file holds.
    """
    gathered = _Gathered(now)
    for path in paths:
        name = os.fsencode(path).decode(errors="replace")
        try:
            if not modes.S_ISREG(path.stat().st_mode):
                gathered.damage.append(Damage(name, None, "not a regular file"))  # a pipe would wait for ever
                continue
            with path.open("rb") as opened:
                gathered.read(name, _lines(opened), openmetrics=_is_openmetrics(path, opened))
        except OSError as error:
            gathered.damage.append(Damage(name, None, error.strerror or str(error)))
    return gathered.samples(cluster)


class _Gathered:
    def __init__(self, now: float) -> None:
        self._now = now
        self._lines = Lines()
        self._hours: dict[Identity, dict[int, _Hour]] = {}
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
        time = self._now if stamp is None else stamp / unit
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
        hour = hours.get(int(time // _STEP)) or hours.setdefault(int(time // _STEP), _Hour({}, {}))
        before = hour.times.get(head.stat, -math.inf)
        if time > before or (time == before and value > hour.numbers[head.stat]):
            hour.times[head.stat], hour.numbers[head.stat] = time, value
        return True

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
            for sample in self._of_series(identity, hours.values())
        ]
        return Samples(tuple(sorted(found, key=lambda one: (one.time, one.claim))), tuple(self.damage))

    def _of_series(self, identity: Identity, hours: Iterable[_Hour]) -> Iterator[UsageSample]:
        """As of the time of what is used; the sizes that go with it are the last known in that hour."""
        labels = dict(identity)
        claim = claim_of(labels)
        origin = node_of(labels) or self._files[identity]
        for times, numbers in hours:
            time = next((times[stat] for stat in _USED if stat in times), None)
            if claim is not None and time is not None:
                sample = sample_of(claim, time, numbers, origin)
                if sample is not None:
                    yield sample


_USED: tuple[Stat, ...] = tuple(stat for stat in STATS if "used" in stat)
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
