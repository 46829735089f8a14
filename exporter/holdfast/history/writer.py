"""One SQLite file, written by one thread: opening, setting aside, batches, and what happens when a disk is full.

What is written belongs to the stores. A rollback journal is used, because a write-ahead log is not safe on network
volumes. A file that cannot be read is set aside and a new one begun: what it held is lost, which is said once, and
nothing loops. A file of a newer format is left alone: whoever goes back to the newer version finds it as it was.
"""

import logging
import queue
import sqlite3
import threading
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

_LOG = logging.getLogger("holdfast.history")
_BATCH_SECONDS = 1.0
_BATCH_MOST = 10_000  # items
_OF_THE_ITEM = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError)
"""Errors of SQLite which the next attempt would meet again, because they lie in what is to be written."""

Item = TypeVar("Item")
Found = TypeVar("Found")


class StoreError(Exception):
    """The file cannot be opened, read or set aside; the text says which, why, and what to do."""


def refuse_newer(path: Path, connection: sqlite3.Connection, known: int) -> None:
    """Raises StoreError where the file has a later format than ``known``."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > known:
        raise StoreError(
            f"{path}: has format {version} of a newer Holdfast, and this one knows formats up to {known}; "
            "run the newer version, or name another folder at history.path"
        )


def _check_pages(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check").fetchone()[0] != "ok":
        raise sqlite3.DatabaseError("its pages are damaged")


class Writer(ABC, Generic[Item, Found]):
    """An open file. ``take`` hands over what it held when opened; all else returns at once, a thread writes."""

    VERSION: ClassVar[int]
    SCHEMA: ClassVar[str]

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_write: float | None = None
        self._queue: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        self._failing = False
        self._skipped = False
        self._connection, found = self._open_or_begin_anew()
        self._found: Found | None = found
        self._thread = threading.Thread(target=self._write, name="holdfast-history", daemon=True)
        self._thread.start()

    @abstractmethod
    def _load(self, connection: sqlite3.Connection) -> Found:
        """All that the file holds. Raises sqlite3.DatabaseError where it is no file of ours."""

    @abstractmethod
    def _write_item(self, item: Item) -> None:
        """Within a transaction."""

    @abstractmethod
    def _nothing(self) -> Found:
        """What an empty file holds."""

    @property
    def working(self) -> bool:
        """Whether what is added becomes durable: the thread lives, and its last attempt did not fail."""
        return self._thread.is_alive() and not self._failing

    def take(self) -> Found:
        """What the file held when opened. Handed over once, and not kept here: the second time it is empty."""
        found, self._found = self._found, None
        return self._nothing() if found is None else found

    def close(self) -> None:
        """Writes what is queued and ends the thread. Blocks for as long as the last write takes."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _put(self, item: Item) -> None:
        if self._thread.is_alive():  # else nobody would ever take it out again
            self._queue.put(item)

    def _compact(self, pending: list[Item]) -> None:
        """Takes out of what waits to be written what a later item makes needless."""

    def _open_or_begin_anew(self) -> tuple[sqlite3.Connection, Found]:
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

    def _open(self) -> tuple[sqlite3.Connection, Found]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"{self.path.parent}: cannot be made: {error.strerror}") from error
        try:
            connection = sqlite3.connect(self.path, check_same_thread=False, isolation_level=None)
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.path}: cannot be opened: {error}") from error
        try:
            refuse_newer(self.path, connection, self.VERSION)
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA synchronous=FULL")
            connection.executescript(self.SCHEMA)
            _check_pages(connection)
            found = self._load(connection)
            connection.execute(f"PRAGMA user_version={self.VERSION}")
        except sqlite3.OperationalError as error:
            connection.close()
            raise StoreError(f"{self.path}: cannot be written: {error}") from error
        except (sqlite3.DatabaseError, StoreError):
            connection.close()
            raise
        return connection, found

    def _write(self) -> None:
        pending: list[Item] = []
        open_ = True
        while open_:
            open_ = self._gather(pending)
            self._compact(pending)
            if pending and self._commit(pending):
                pending.clear()
            elif pending and open_:
                time.sleep(_BATCH_SECONDS)
        if pending:
            _LOG.error("history %s: %d items could not be written before the end", self.path, len(pending))

    def _gather(self, pending: list[Item]) -> bool:
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

    def _commit(self, batch: list[Item]) -> bool:
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

    def _write_or_skip(self, item: Item) -> bool:
        """False where the item can never be written, say for half a character in a name. Said of the first alone."""
        try:
            self._write_item(item)
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not isinstance(error, _OF_THE_ITEM):
                raise
            if not self._skipped:
                self._skipped = True
                _LOG.exception(
                    "history %s: an item cannot be written: left out, as will be any like it, unsaid: %.200r",
                    self.path,
                    item,
                )
            return False
        return True

    def _fail(self, error: Exception) -> None:
        # a transaction left open fails the next attempt, which comes here again
        with suppress(sqlite3.Error):
            if self._connection.in_transaction:
                self._connection.rollback()
        if not self._failing:
            self._failing = True
            _LOG.error("history %s cannot be written (%s): kept in memory and tried again", self.path, error)
