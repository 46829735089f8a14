"""The local store: what was written is there again, and nothing that happens to the file makes a crash loop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from holdfast.history.memory import Memory
from holdfast.history.store import Store, StoreError, read_observations
from holdfast.model.observation import Observation

IDLE = Observation("unused_since", "uid-1", 1000.0)
SEEN = Observation("snapshot_seen", "uid-1", 1000.0, "velero/nightly-1")


def reopened(path: Path) -> list[Observation]:
    store = Store(path)
    store.close()
    return store.observations


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
