"""The durable side of history: one SQLite file, written by one thread. Knows how to keep observations, not what for.

A rollback journal is used, because a write-ahead log is not safe on network volumes. A file that cannot be read is
set aside and a new one begun: what it held is lost, which is said once, and nothing loops. A file of a newer format is
left alone: whoever goes back to the newer version finds it as it was.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from holdfast.history.memory import LASTING
from holdfast.model.observation import Observation

_LOG = logging.getLogger("holdfast.history")
_VERSION = 1
_BATCH_SECONDS = 1.0
_BATCH_MOST = 10_000  # observations
_SCHEMA = """
CREATE TABLE IF NOT EXISTS observation (
  kind TEXT NOT NULL, uid TEXT NOT NULL, time REAL NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (uid, kind, time, value)
) WITHOUT ROWID;
"""
_OF_THE_ITEM = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""Errors of SQLite which the next attempt would meet again, because they lie in what is to be written."""


class StoreError(Exception):
    """The file cannot be opened, read or set aside; the text says which, why, and what to do."""


def read_observations(path: Path) -> list[Observation]:
    """All observations of a store, without writing to it.

    Raises:
        StoreError: there is no such file, or it is no store of ours.
    """
    if not path.is_file():
        raise StoreError(f"{path}: no such history file; name the file that 'serve' keeps at history.path")
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            _refuse_newer(path, connection)
            return _load(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read as a history file: {error}") from error


def _refuse_newer(path: Path, connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise StoreError(
            f"{path}: has format {version} of a newer Holdfast, and this one knows formats up to {_VERSION}; "
            "run the newer version, or name another folder at history.path"
        )


def _load(connection: sqlite3.Connection) -> list[Observation]:
    rows = connection.execute(
        "SELECT kind, uid, time, value FROM observation ORDER BY time, kind, uid, value"
    )
    return [Observation(*row) for row in rows]


def _check_pages(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("its pages are damaged")


class _Forget(NamedTuple):
    uids: frozenset[str]


class _Prune(NamedTuple):
    before: float


_Item = Observation | _Forget | _Prune


class Store:
    """An open store. ``take`` hands over what it held when opened; all else returns at once, a thread writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_write: float | None = None
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._failing = False
        self._skipped = False
        self._connection, self._found = self._open_or_begin_anew()
        self._thread = threading.Thread(target=self._write, name="holdfast-history", daemon=True)
        self._thread.start()

    @property
    def working(self) -> bool:
        """Whether what is added becomes durable: the thread lives, and its last attempt did not fail."""
        return self._thread.is_alive() and not self._failing

    def take(self) -> list[Observation]:
        """What the file held when opened. Handed over once, and not kept here: the second time it is empty."""
        found, self._found = self._found, []
        return found

    def add(self, observation: Observation) -> None:
        self._put(observation)

    def forget(self, uids: Iterable[str]) -> None:
        """Deletes all that is kept of these subjects."""
        self._put(_Forget(frozenset(uids)))

    def prune(self, before: float) -> None:
        """Deletes ``snapshot_seen`` from before this instant."""
        self._put(_Prune(before))

    def close(self) -> None:
        """Writes what is queued and ends the thread. Blocks for as long as the last write takes."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _put(self, item: _Item) -> None:
        if self._thread.is_alive():  # else nobody would ever take it out again
            self._queue.put(item)

    def _open_or_begin_anew(self) -> tuple[sqlite3.Connection, list[Observation]]:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            aside = self.path.with_name(f"{self.path.name}.unreadable-{int(time.time())}")
            try:
                self.path.replace(aside)
                self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
                opened = self._open()
            except (OSError, sqlite3.Error) as again:
                raise StoreError(f"{self.path}: cannot be used as history ({error}; {again})") from again
            _LOG.error(
                "history %s could not be read (%s): set aside as %s, begun anew", self.path, error, aside.name
            )
            return opened

    def _open(self) -> tuple[sqlite3.Connection, list[Observation]]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path.parent}: cannot be made: {error.strerror}") from error
        try:
            connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path}: cannot be opened: {error}") from error
        try:
            _refuse_newer(self.path, connection)
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(_SCHEMA)
            _check_pages(connection)
            found = _load(connection)
            connection.execute(f"PRAGMA user_version={_VERSION}")
        except sqlite3.OperationalError as error:
            connection.close()
            raise StoreError(f"{self.path}: cannot be written: {error}") from error
        except (sqlite3.DatabaseError, StoreError):
            connection.close()
            raise
        return connection, found

    def _write(self) -> None:
        pending: list[_Item] = []
        open_ = True
        while open_:
            open_ = self._gather(pending)
            if pending and self._commit(pending):
                pending.clear()
            elif pending and open_:
                time.sleep(_BATCH_SECONDS)
        if pending:
            _LOG.error(
                "history %s: %d observations could not be written before the end", self.path, len(pending)
            )

    def _gather(self, pending: list[_Item]) -> bool:
        """Adds what is queued to the batch; False when the end was asked for."""
        end = time.monotonic() + _BATCH_SECONDS
        try:
            item = self._queue.get(timeout=None if not pending else 0.001)
            while item is not None:
                pending.append(item)
                if len(pending) >= _BATCH_MOST:
                    return True
                item = self._queue.get(timeout=max(0.001, end - time.monotonic()))
        except queue.Empty:
            return True
        return False

    def _commit(self, batch: list[_Item]) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            written = sum([self._write_or_skip(item) for item in batch])
            self._connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, a thread that ends would lose all that follows
            self._fail(error)
            return False
        if self._failing:
            self._failing = False
            _LOG.info("history %s can be written again", self.path)
        if written:
            self.last_write = time.time()
        return True

    def _write_or_skip(self, item: _Item) -> bool:
        """False where the item can never be written, say for half a character in a name. Said of the first alone."""
        try:
            self._write_item(item)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_THE_ITEM):
                raise
            if not self._skipped:
                self._skipped = True
                _LOG.exception(
                    "history %s: %r cannot be written: left out, as will be any like it, unsaid",
                    self.path,
                    item,
                )
            return False
        return True

    def _write_item(self, item: _Item) -> None:
        execute = self._connection.execute
        if isinstance(item, _Forget):
            self._connection.executemany(
                "DELETE FROM observation WHERE uid = ?", [(uid,) for uid in item.uids]
            )
        elif isinstance(item, _Prune):
            execute("DELETE FROM observation WHERE kind = 'snapshot_seen' AND time < ?", item)
        else:
            execute("INSERT OR REPLACE INTO observation (kind, uid, time, value) VALUES (?, ?, ?, ?)", item)
            if item.kind not in LASTING:  # after what may fail: what was said before stands until then
                execute(
                    "DELETE FROM observation WHERE kind = ? AND uid = ? AND (time <> ? OR value <> ?)", item
                )

    def _fail(self, error: Exception) -> None:
        with suppress(
            sqlite3.Error
        ):  # a transaction left open fails the next attempt, which comes here again
            if self._connection.in_transaction:
                self._connection.rollback()
        if not self._failing:
            self._failing = True
            _LOG.error("history %s cannot be written (%s): kept in memory and tried again", self.path, error)
