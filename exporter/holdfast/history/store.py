"""The durable side of history: one SQLite file, written by one thread. Knows how to keep observations, not what for.

A rollback journal is used, because a write-ahead log is not safe on network volumes. A file that cannot be read is
set aside and a new one begun: what it held is lost, which is said once, and nothing loops.
"""

import logging
import queue
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path

from holdfast.history.memory import LASTING
from holdfast.model.observation import Observation

_LOG = logging.getLogger("holdfast.history")
_VERSION = 1
_BATCH_SECONDS = 1.0
_BATCH_MOST = 10_000  # observations
_SCHEMA = """
CREATE TABLE IF NOT EXISTS observation (
  kind TEXT NOT NULL, uid TEXT NOT NULL, time REAL NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (kind, uid, time, value)
) WITHOUT ROWID;
"""


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
            return _load(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read as a history file: {error}") from error


def _load(connection: sqlite3.Connection) -> list[Observation]:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _VERSION):
        raise sqlite3.DatabaseError(f"format {version} is not {_VERSION}, the one this version writes")
    rows = connection.execute(
        "SELECT kind, uid, time, value FROM observation ORDER BY time, kind, uid, value"
    )
    return [Observation(*row) for row in rows]


def _check_pages(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("its pages are damaged")


class Store:
    """An open store. ``observations`` is what it held when opened; ``add`` returns at once, a thread writes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_write: float | None = None
        self._queue: queue.SimpleQueue[Observation | set[str] | None] = queue.SimpleQueue()
        self._failing = False
        self._connection = self._open_or_begin_anew()
        self.observations = _load(self._connection)
        self._thread = threading.Thread(target=self._write, name="holdfast-history", daemon=True)
        self._thread.start()

    def add(self, observation: Observation) -> None:
        self._queue.put(observation)

    def forget(self, uids: Iterable[str]) -> None:
        """Deletes all that is kept of these subjects."""
        self._queue.put(set(uids))

    def close(self) -> None:
        """Writes what is queued and ends the thread. Blocks for as long as the last write takes."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _open_or_begin_anew(self) -> sqlite3.Connection:
        try:
            return self._open()
        except sqlite3.DatabaseError as error:
            aside = self.path.with_name(f"{self.path.name}.unreadable-{int(time.time())}")
            try:
                self.path.replace(aside)
                self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
                connection = self._open()
            except (OSError, sqlite3.Error) as again:
                raise StoreError(f"{self.path}: cannot be used as history ({error}; {again})") from again
            _LOG.error(
                "history %s could not be read (%s): set aside as %s, begun anew", self.path, error, aside.name
            )
            return connection

    def _open(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path.parent}: cannot be made: {error.strerror}") from error
        try:
            connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path}: cannot be opened: {error}") from error
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(_SCHEMA)
            _load(connection)
            connection.execute(f"PRAGMA user_version={_VERSION}")
            _check_pages(connection)
        except sqlite3.OperationalError as error:
            connection.close()
            raise StoreError(f"{self.path}: cannot be written: {error}") from error
        except sqlite3.DatabaseError:
            connection.close()
            raise
        return connection

    def _write(self) -> None:
        pending: list[Observation | set[str]] = []
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

    def _gather(self, pending: list[Observation | set[str]]) -> bool:
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

    def _commit(self, batch: list[Observation | set[str]]) -> bool:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for item in batch:
                if isinstance(item, set):
                    self._connection.executemany(
                        "DELETE FROM observation WHERE uid = ?", [(uid,) for uid in item]
                    )
                    continue
                if item.kind not in LASTING:
                    self._connection.execute("DELETE FROM observation WHERE kind = ? AND uid = ?", item[:2])
                self._connection.execute("INSERT OR REPLACE INTO observation VALUES (?, ?, ?, ?)", item)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._fail(error)
            return False
        if self._failing:
            self._failing = False
            _LOG.info("history %s can be written again", self.path)
        self.last_write = time.time()
        return True

    def _fail(self, error: sqlite3.Error) -> None:
        if self._connection.in_transaction:
            self._connection.rollback()
        if not self._failing:
            self._failing = True
            _LOG.error("history %s cannot be written (%s): kept in memory and tried again", self.path, error)
