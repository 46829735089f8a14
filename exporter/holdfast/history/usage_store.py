"""The durable side of usage: the newest sample of each claim, and for each hour the readings of all claims in one row.

So an hour is one write for the whole cluster, and letting go of an old one deletes a row. About 8.6 kB a claim.
"""

import logging
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from holdfast.history.series import Readings, unpacked
from holdfast.history.usage import Row, Saved, Unsaved
from holdfast.history.writer import StoreError, Writer, refuse_newer
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import STATS, UsageSample

_LOG = logging.getLogger("holdfast.history")
_VERSION = 1
_COLUMNS = ("number", "uid", "namespace", "name", "origin", "time", *STATS)
_PLACES = ", ".join("?" * len(_COLUMNS))


def read_usage(path: Path) -> Saved:
    """All that a store holds, without writing to it.

    Raises:
        StoreError: there is no such file, or it is no store of ours.
    """
    if not path.is_file():
        raise StoreError(f"{path}: no such file of usage; name the one that 'serve' keeps at history.path")
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            refuse_newer(path, connection, _VERSION)
            return _load(path, connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read as usage: {error}") from error


class UsageStore(Writer[Unsaved, Saved]):
    """An open store of usage. Opening reads all of it, so it belongs off the event loop."""

    VERSION = _VERSION
    SCHEMA = f"""
    CREATE TABLE IF NOT EXISTS claim (
      number INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, namespace TEXT NOT NULL, name TEXT NOT NULL,
      origin TEXT NOT NULL, time REAL NOT NULL, {", ".join(f"{stat} REAL" for stat in STATS)}
    );
    CREATE TABLE IF NOT EXISTS slab (slot INTEGER PRIMARY KEY, readings BLOB NOT NULL);
    """

    def save(self, unsaved: Unsaved) -> None:
        self._put(unsaved)

    def _load(self, connection: sqlite3.Connection) -> Saved:
        return _load(self.path, connection)

    def _nothing(self) -> Saved:
        return Saved()

    def _compact(self, pending: list[Unsaved]) -> None:
        """One item, however long a disk has been full: what is later replaces what is earlier."""
        if len(pending) < 2:
            return
        rows: dict[str, Row] = {}
        slabs: dict[int, bytes] = {}
        forgotten: dict[str, None] = {}
        for unsaved in pending:
            for uid in unsaved.forgotten:
                rows.pop(uid, None)
                forgotten[uid] = None
            rows.update((row.uid, row) for row in unsaved.rows)
            slabs.update(unsaved.slabs)
        last = pending[-1]
        kept = [(slot, data) for slot, data in slabs.items() if last.before < slot <= last.after]
        pending[:] = [last._replace(rows=tuple(rows.values()), slabs=kept, forgotten=tuple(forgotten))]

    def _write_item(self, item: Unsaved) -> None:
        many, execute = self._connection.executemany, self._connection.execute
        many("DELETE FROM claim WHERE uid = ?", [(_plain(uid),) for uid in item.forgotten])
        many(f"INSERT OR REPLACE INTO claim ({', '.join(_COLUMNS)}) VALUES ({_PLACES})", _cells(item.rows))  # noqa: S608 - column names of ours
        many("INSERT OR REPLACE INTO slab (slot, readings) VALUES (?, ?)", item.slabs)
        execute("DELETE FROM slab WHERE slot <= ? OR slot > ?", (item.before, item.after))


def _cells(rows: Iterable[Row]) -> Iterable[tuple[object, ...]]:
    for number, uid, newest in rows:
        texts = map(_plain, (uid, *newest.claim, newest.origin))
        yield number, *texts, newest.time, *(getattr(newest, stat) for stat in STATS)


def _plain(text: str) -> str:
    """What is half a character can be written nowhere, and must not keep all else from being written."""
    return text.encode(errors="replace").decode()


def _load(path: Path, connection: sqlite3.Connection) -> Saved:
    rows = [_row(cells) for cells in connection.execute(f"SELECT {', '.join(_COLUMNS)} FROM claim")]  # noqa: S608 - column names of ours
    readings: list[Readings] = []
    damaged = 0
    for slot, data in connection.execute("SELECT slot, readings FROM slab"):
        try:
            readings.append(unpacked(slot, data))
        except (ValueError, TypeError):
            damaged += 1
    if damaged:
        _LOG.error("usage history %s: %d of its hours are damaged and left out", path, damaged)
    return Saved(rows, readings)


def _row(cells: tuple[int, str, str, str, str, float, *tuple[float | None, ...]]) -> Row:
    number, uid, namespace, name, origin, time, *numbers = cells
    sample = UsageSample(
        claim=ClaimRef(namespace, name), time=time, origin=origin, **dict(zip(STATS, numbers, strict=True))
    )
    return Row(number, uid, sample)
