"""Usage on disk: what was written is there again, and nothing that happens to the file makes a crash loop."""

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from holdfast.history.usage import SLOTS, STEP, UsageHistory
from holdfast.history.usage_store import UsageStore, read_usage
from holdfast.history.writer import StoreError
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from tests.real.process import wait_for

NOW = 1_800_000_000.0
DATA = ClaimRef("shop", "data-0")


def sample(age: float = 0.0, used: float = 5.0) -> UsageSample:
    return UsageSample(
        claim=DATA,
        time=NOW - age,
        used=used,
        capacity=10.0,
        available=4.5,
        inodes_used=3.0,
        inodes=9.0,
        origin="n1",
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "usage.sqlite"


def save(store: UsageStore, history: UsageHistory, now: float = NOW) -> None:
    while (unsaved := history.unsaved(now)) is not None:
        store.save(unsaved)


def stored(path: Path, history: UsageHistory) -> None:
    store = UsageStore(path)
    save(store, history)
    store.close()


def resumed(path: Path, now: float = NOW) -> UsageHistory:
    return UsageHistory.resumed(read_usage(path), now)


def day(uid: str = "uid-1") -> UsageHistory:
    history = UsageHistory()
    history.take([(uid, sample(age * STEP + 0.5, 5 + age)) for age in range(24)], NOW)
    return history


def same(one: UsageHistory, other: UsageHistory, *uids: str, now: float = NOW) -> bool:
    windows = [(*held.window(uids, now), *held.window(uids, now, "inodes")) for held in (one, other)]
    return all(np.array_equal(mine, theirs, equal_nan=True) for mine, theirs in zip(*windows, strict=True))


def test_what_was_written_is_there_again(path: Path) -> None:
    history = day()
    stored(path, history)
    again = resumed(path)
    assert same(history, again, "uid-1")
    assert again.newest("uid-1") == history.newest("uid-1") == sample(0.5)


def test_a_store_hands_over_what_it_held_when_opened(path: Path) -> None:
    stored(path, day())
    store = UsageStore(path)
    assert same(UsageHistory.resumed(store.take(), NOW), day(), "uid-1")
    assert (store.take().rows, store.take().readings) == ((), ())
    store.close()


def test_of_the_hours_only_those_that_changed_are_written(path: Path) -> None:
    history = day()
    while history.unsaved(NOW):
        pass
    history.take([("uid-1", sample(0, 9))], NOW)
    unsaved = history.unsaved(NOW)
    assert unsaved is not None
    assert [slot for slot, _ in unsaved.slabs] == [int(NOW // STEP)]
    assert history.unsaved(NOW) is None


def test_of_many_hours_a_few_are_written_at_once_the_newest_first() -> None:
    history = day()
    first = history.unsaved(NOW, 4)
    assert first is not None
    assert [slot for slot, _ in first.slabs] == [int((NOW - 0.5) // STEP) - back for back in range(4)]


def test_a_forgotten_claim_is_gone_for_ever(path: Path) -> None:
    """Its hours stand in rows with those of others, and must not come back with a new claim's number."""
    history = day()
    store = UsageStore(path)
    save(store, history)
    history.forget(["uid-1"])
    save(store, history)
    store.close()
    again = resumed(path)
    assert len(again) == 0
    again.take([("uid-2", sample())], NOW)
    stored(path, again)
    assert resumed(path).window(["uid-2"], NOW).used.tolist() == [[5.0]]


def test_a_claim_that_was_forgotten_and_came_back_begins_anew(path: Path) -> None:
    history = day()
    store = UsageStore(path)
    save(store, history)
    history.forget(["uid-1"])
    history.take([("uid-1", sample(0, 9))], NOW)
    save(store, history)
    store.close()
    assert resumed(path).window(["uid-1"], NOW).used.tolist() == [[9.0]]


def test_hours_of_more_than_two_weeks_are_deleted(path: Path) -> None:
    history = day()
    store = UsageStore(path)
    save(store, history)
    later = NOW + SLOTS * STEP
    history.take([("uid-1", UsageSample(claim=DATA, time=later, used=1.0, capacity=2.0))], later)
    save(store, history, later)
    store.close()
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT slot FROM slab").fetchall() == [(int(later // STEP),)]


def test_the_newest_sample_outlives_its_hour(path: Path) -> None:
    """The last known usage of a claim that nothing mounts is kept with its age."""
    stored(path, day())
    again = resumed(path, NOW + 100 * 86400)
    assert again.newest("uid-1") == sample(0.5)
    assert again.window(["uid-1"], NOW + 100 * 86400).used.shape == (1, 0)


@pytest.mark.parametrize("damage", [b"not a database at all", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file_is_set_aside(path: Path, damage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(damage)
    stored(path, day())
    assert same(resumed(path), day(), "uid-1")
    assert len(list(path.parent.glob("usage.sqlite.unreadable-*"))) == 1
    assert caplog.text.count("set aside") == 1


def test_a_file_of_other_tables_is_set_aside(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE claim (x)")
    with pytest.raises(StoreError):
        read_usage(path)


def test_an_hour_that_is_damaged_is_left_out_and_the_rest_is_used(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored(path, day())
    slot = int((NOW - 0.5) // STEP) - 3
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE slab SET readings = zeroblob(30) WHERE slot = ?", (slot,))
        connection.execute("UPDATE slab SET readings = 'text' WHERE slot = ?", (slot - 1,))
    assert resumed(path).window(["uid-1"], NOW).used.shape == (1, 22)
    assert "2 of its hours are damaged and left out" in caplog.text


def test_a_file_of_a_newer_format_is_refused_and_left_as_it_was(path: Path) -> None:
    with sqlite3.connect(path) as newer:
        newer.execute("PRAGMA user_version=2")
        newer.execute("CREATE TABLE other (x)")
    before = path.read_bytes()
    for opening in (UsageStore, read_usage):
        with pytest.raises(StoreError, match="has format 2 of a newer Holdfast"):
            opening(path)
    assert path.read_bytes() == before


def test_reading_a_missing_file_says_what_to_name(path: Path) -> None:
    with pytest.raises(StoreError, match="no such file of usage"):
        read_usage(path)


def test_a_full_disk_is_said_once_and_what_waits_is_one_item_until_there_is_room(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = UsageStore(path)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count={pages}")
    history = UsageHistory()
    claims = [f"uid-{number}" for number in range(300)]
    for age in range(5, -1, -1):
        history.take([(uid, sample(age * STEP)) for uid in claims], NOW)
        save(store, history)
    wait_for("failing", lambda: store.working, lambda working: not working, 10)
    assert store.last_write is None
    assert caplog.text.count("database or disk is full") == 1
    store._connection.execute("PRAGMA max_page_count=100000")
    wait_for("working", lambda: store.working, bool, 10)
    store.close()
    assert same(resumed(path), history, *claims)


def test_what_waits_is_compacted() -> None:
    history = UsageHistory()
    pending = []
    for used in range(100):
        history.take([("uid-1", sample(0, used))], NOW)
        unsaved = history.unsaved(NOW)
        if unsaved:
            pending.append(unsaved)
    history.forget(["uid-1"])
    history.take([("uid-2", sample())], NOW)
    last = history.unsaved(NOW)
    assert last is not None
    pending.append(last)
    UsageStore._compact(None, pending)  # type: ignore[arg-type] # it needs no store
    (one,) = pending
    assert ([row.uid for row in one.rows], len(one.slabs), one.forgotten) == (["uid-2"], 1, ("uid-1",))


def test_half_a_character_keeps_nothing_else_from_being_written(path: Path) -> None:
    history = UsageHistory()
    history.take([("\udc80", sample()), ("uid-1", sample())], NOW)
    stored(path, history)
    assert resumed(path).newest("uid-1") == sample()


WRITER = """
import sys
from pathlib import Path
from holdfast.history.usage import UsageHistory
from holdfast.history.usage_store import UsageStore
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
NOW = 1_800_000_000.0
store, history = UsageStore(Path(sys.argv[1])), UsageHistory()
for hour in range(1_000_000):
    now = NOW + hour % 300 * 3600
    history.take(
        [(f"uid-{n}", UsageSample(claim=ClaimRef("a", str(n)), time=now, used=hour, capacity=1e9)) for n in range(200)], now
    )
    while (unsaved := history.unsaved(now)) is not None:
        store.save(unsaved)
    if store.last_write:
        print(hour, flush=True)
"""


@pytest.mark.parametrize("seconds", [0.0, 0.4, 1.1])
def test_a_kill_at_any_instant_leaves_a_file_that_opens(path: Path, seconds: float) -> None:
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    try:
        writer.stdout.readline()  # the first commit is durable
        time.sleep(seconds)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
    store = UsageStore(path)
    found = store.take()
    store.close()
    assert len(found.rows) == 200
    assert list(path.parent.glob("*.unreadable-*")) == []
    assert all(len(slab) == 200 for slab in found.readings)
