"""The durable side of observations: what was judged and objects will forget. Knows how to keep them, not what for."""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from holdfast.history.memory import LASTING
from holdfast.history.writer import StoreError, Writer, refuse_newer
from holdfast.model.observation import Observation

__all__ = ["Store", "StoreError", "read_observations"]

_VERSION = 1


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
            refuse_newer(path, connection, _VERSION)
            return _load(connection)
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be read as a history file: {error}") from error


def _load(connection: sqlite3.Connection) -> list[Observation]:
    rows = connection.execute(
        "SELECT kind, uid, time, value FROM observation ORDER BY time, kind, uid, value"
    )
    return [Observation(*row) for row in rows]


class _Forget(NamedTuple):
    uids: frozenset[str]


class _Prune(NamedTuple):
    before: float


class Store(Writer[Observation | _Forget | _Prune, list[Observation]]):
    """An open store of observations."""

    VERSION = _VERSION
    SCHEMA = """
    CREATE TABLE IF NOT EXISTS observation (
      kind TEXT NOT NULL, uid TEXT NOT NULL, time REAL NOT NULL, value TEXT NOT NULL,
      PRIMARY KEY (uid, kind, time, value)
    ) WITHOUT ROWID;
    """

    def add(self, observation: Observation) -> None:
        self._put(observation)

    def forget(self, uids: Iterable[str]) -> None:
        """Deletes all that is kept of these subjects."""
        self._put(_Forget(frozenset(uids)))

    def prune(self, before: float) -> None:
        """Deletes ``snapshot_seen`` from before this instant."""
        self._put(_Prune(before))

    def _load(self, connection: sqlite3.Connection) -> list[Observation]:
        return _load(connection)

    def _nothing(self) -> list[Observation]:
        return []

    def _write_item(self, item: Observation | _Forget | _Prune) -> None:
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
