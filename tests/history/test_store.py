"""The local store: what was written is there again, and nothing that happens to the file makes a crash loop."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdfast.history.memory import Memory
from holdfast.history.store import Store, StoreError, read_observations
from holdfast.model.observation import Observation
from tests.real.process import wait_for

IDLE = Observation("unused_since", "uid-1", 1000.0)
SEEN = Observation("snapshot_seen", "uid-1", 1000.0, "velero/nightly-1")


def reopened(path: Path) -> list[Observation]:
    store = Store(path)
    store.close()
    return store.take()


def test_what_was_written_is_there_again(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    store.add(IDLE)
    store.add(SEEN)
    store.close()
    assert reopened(store.path) == [SEEN, IDLE]
    assert store.last_write is not None


def test_of_states_only_the_newest_said_is_kept(tmp_path: Path) -> None:
    """When a claim was used again, the idle time before is forgotten; of snapshots seen every one is kept."""
    store = Store(tmp_path / "history.sqlite")
    for observation in (IDLE, IDLE._replace(time=2000.0, value="used"), SEEN, SEEN._replace(time=2000.0)):
        store.add(observation)
    store.close()
    assert reopened(store.path) == [
        SEEN,
        SEEN._replace(time=2000.0),
        IDLE._replace(time=2000.0, value="used"),
    ]


def test_forgetting(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    store.add(IDLE)
    store.add(IDLE._replace(uid="uid-2"))
    store.forget(["uid-1"])
    store.close()
    assert reopened(store.path) == [IDLE._replace(uid="uid-2")]


@pytest.mark.parametrize("damage", [b"", b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """What it held is lost and said once; the new file works."""
    path = tmp_path / "history.sqlite"
    path.write_bytes(damage)
    store = Store(path)
    store.add(IDLE)
    store.close()
    assert reopened(path) == [IDLE]
    if damage:
        assert len(list(tmp_path.glob("history.sqlite.unreadable-*"))) == 1
        assert "set aside" in caplog.text


def test_a_file_whose_pages_are_damaged_is_set_aside(tmp_path: Path) -> None:
    """Damage in the middle of a once good file is found at the start, not at the first unlucky read."""
    path = tmp_path / "history.sqlite"
    store = Store(path)
    for number in range(2000):
        store.add(SEEN._replace(uid=f"uid-{number}"))
    store.close()
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = os.urandom(3000)
    path.write_bytes(data)
    assert reopened(path) == []


def test_a_folder_that_cannot_be_made_is_an_error_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        Store(tmp_path / "file" / "history.sqlite")


def test_what_cannot_be_written_is_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Half a character, a time that is no number: said once, and all the rest is written."""
    store = Store(tmp_path / "history.sqlite")
    for item in (
        IDLE,
        SEEN._replace(value="velero/\udc80"),
        SEEN._replace(value="velero/\udc81"),
        IDLE._replace(time=float("nan")),
        SEEN,
    ):
        store.add(item)
    store.forget(["\udc80"])
    wait_for("a write", lambda: store.last_write, bool, 10)
    assert store.working
    store.close()
    assert reopened(store.path) == [SEEN, IDLE]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "left out" in caplog.text


def test_a_store_that_cannot_be_written_says_so_until_it_can(tmp_path: Path) -> None:
    """Another program holds the file: nothing is lost meanwhile, and what was kept in memory follows."""
    store = Store(tmp_path / "history.sqlite")
    store._connection.execute("PRAGMA busy_timeout=0")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    store.add(IDLE)
    wait_for("failing", lambda: store.working, lambda working: not working, 10)
    other.execute("COMMIT")
    other.close()
    wait_for("working", lambda: store.working, bool, 10)
    store.close()
    assert reopened(store.path) == [IDLE]


def test_a_store_whose_thread_has_ended_works_no_more(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    store.close()
    store.add(IDLE)
    assert not store.working
    assert store._queue.empty()


def test_a_file_of_a_newer_format_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with sqlite3.connect(path) as newer:
        newer.execute("CREATE TABLE other (x)")
        newer.execute("PRAGMA user_version=2")
    before = path.read_bytes()
    said = r"history\.sqlite: has format 2 of a newer Holdfast.*run the newer version, or name another folder"
    with pytest.raises(StoreError, match=said):
        Store(path)
    with pytest.raises(StoreError, match=said):
        read_observations(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_found_is_handed_over_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    store.add(IDLE)
    store.close()
    store = Store(store.path)
    assert (store.take(), store.take()) == ([IDLE], [])
    store.close()


def test_what_is_asked_of_one_subject_is_found_without_a_search(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    plan = store._connection.execute("EXPLAIN QUERY PLAN DELETE FROM observation WHERE uid = 'x'").fetchall()
    store.close()
    assert "SEARCH observation USING PRIMARY KEY (uid=?)" in str(plan)


def test_pruning_deletes_old_snapshots_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.sqlite")
    for observation in (SEEN, SEEN._replace(time=2000.0), IDLE):
        store.add(observation)
    store.prune(2000.0)
    store.close()
    assert reopened(store.path) == [IDLE, SEEN._replace(time=2000.0)]


def test_reading_a_missing_file_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such history file"):
        read_observations(tmp_path / "none.sqlite")


WRITER = """
import sys, time
from pathlib import Path
from holdfast.history.store import Store
from holdfast.model.observation import Observation
store = Store(Path(sys.argv[1]))
for number in range(100000):
    store.add(Observation("snapshot_seen", f"uid-{number}", float(number)))
    if number % 50 == 0:
        time.sleep(0.01)
    if store.last_write:
        print(number, flush=True)
"""


def test_a_kill_at_any_instant_leaves_a_file_that_opens(tmp_path: Path) -> None:
    """kill -9 in the middle of writing loses at most what was not yet committed."""
    path = tmp_path / "history.sqlite"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    writer.stdout.readline()  # the first commit is durable
    time.sleep(0.3)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    kept = [observation.uid for observation in reopened(path)]
    assert kept == [f"uid-{number}" for number in range(len(kept))]
    assert kept
    assert list(tmp_path.glob("*.unreadable-*")) == []


def test_memory_keeps_every_snapshot_and_the_newest_state() -> None:
    memory = Memory([IDLE, SEEN])
    assert memory.add(SEEN) is False
    assert memory.add(SEEN._replace(time=500.0)) is True
    memory.add(IDLE._replace(time=3000.0))
    assert [note.time for note in memory.remembered("snapshot_seen", "uid-1")] == [500.0, 1000.0]
    assert [note.time for note in memory.remembered("unused_since", "uid-1")] == [3000.0]


def test_memory_keeps_the_newest_thousand_snapshots_of_a_claim() -> None:
    """In whatever order they come; what is too old is not new each time it is seen."""
    memory = Memory([SEEN._replace(time=float(time)) for time in (*range(600, 1200), *range(600))])
    assert [note.time for note in memory.remembered("snapshot_seen", "uid-1")] == list(range(200, 1200))
    assert memory.add(SEEN._replace(time=199.0)) is False
    assert memory.add(SEEN._replace(time=200.5)) is True
    assert [note.time for note in memory.remembered("snapshot_seen", "uid-1")][:2] == [200.5, 201.0]


def test_memory_prunes_old_snapshots_and_takes_none_in_again() -> None:
    memory = Memory([IDLE, SEEN, SEEN._replace(time=2000.0)])
    memory.prune(2000.0)
    assert memory.remembered("snapshot_seen", "uid-1") == [SEEN._replace(time=2000.0)]
    assert memory.add(SEEN) is False
    assert memory.remembered("unused_since", "uid-1") == [IDLE]
    memory.prune(3000.0)
    assert memory.newest_by_claim() == {"uid-1": IDLE.time}


def test_a_watch_resumes_where_the_last_one_ended() -> None:
    """The end of the watch before and the beginning of this one; snapshots of long ago are gone."""
    memory = Memory.resumed([SEEN, Observation("alive", "", 5e7)], 6e7)
    assert [note.time for note in memory.remembered("alive", "")] == [5e7, 6e7]
    assert not memory.remembered("snapshot_seen", "uid-1")
