"""Rook: pools and file systems that Ceph mirrors. Objects in, exposition text out."""

from typing import Any

import msgspec
import pytest

from holdfast.sources.rook import SOURCE
from tests.sources.facts import read
from tests.sources.situations import situation, situations
from tests.world import NOW, World


def rook(name: str, **changes: Any) -> dict[str, Any]:
    return situation("rook", name, **changes)


def state(*objects: dict[str, Any], now: float = NOW) -> str:
    (row,) = World(*objects, now=now).rows("replication_state")
    return row.split('state="')[1].split('"')[0]


@pytest.mark.tells("rook", "replication")
def test_a_pool_is_as_healthy_as_ceph_says_and_its_lag_is_never_told() -> None:
    found = World(rook("pool"))
    labels = 'source="rook",namespace="rook-ceph",replication="fast",persistentvolumeclaim=""'
    assert found.rows("replication_state") == [f'replication_state{{{labels},state="healthy"}} 1']
    others = ("lag_seconds", "objective_seconds", "last_sync_timestamp_seconds")
    assert not found.rows(*(f"replication_{family}" for family in others))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pool-warning", "degraded"),
        ("pool-error", "broken"),
        ("pool-unknown", "unknown"),
        ("pool-strange", "unknown"),
        ("pool-unchecked", "unknown"),
        ("pool-parts", "degraded"),
        ("pool-new", "unknown"),
        ("namespace", "healthy"),
        ("filesystem", "healthy"),
        ("filesystem-failing", "degraded"),
        ("filesystem-empty", "unknown"),
        ("filesystem-alone", "unknown"),
    ],
)
def test_each_situation_has_its_state(name: str, expected: str) -> None:
    assert state(rook(name)) == expected


def test_what_is_not_mirrored_is_no_replication() -> None:
    home = rook("filesystem", spec={"mirroring": {"enabled": False}})
    tenant = rook("namespace", spec={"mirroring": None})
    assert not World(rook("pool-alone"), home, tenant).rows("replication_state")


def test_what_rook_asked_long_ago_is_no_longer_believed() -> None:
    """Half a minute ago, then ten minutes ago and more; Rook asks every minute."""
    assert state(rook("pool"), now=NOW + 570) == "healthy"
    assert state(rook("pool"), now=NOW + 571) == "unknown"
    assert state(rook("pool-error"), now=NOW + 571) == "unknown"


def test_what_rook_will_ask_is_not_believed() -> None:
    """Clocks differ by a minute at most; what bears a later date may never grow stale."""
    checked = {"mirroringStatus": {"lastChecked": "2027-11-20T11:00:00Z"}}
    assert state(rook("pool", status=checked)) == "unknown"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"image_health": "ERROR"}, "broken"),
        ({"daemon_health": "ERROR", "image_health": "Bewitched"}, "broken"),
        ({"daemon_health": "WARNING", "image_health": "UNKNOWN"}, "degraded"),
        ({"group_health": "UNKNOWN"}, "unknown"),
        ({"group_health": "Bewitched"}, "unknown"),
        ({"daemon_health": "OK", "image_health": "OK", "group_health": ""}, "healthy"),
    ],
)
def test_the_overall_word_hides_no_part(words: dict[str, str], expected: str) -> None:
    told = {"health": "OK", "daemon_health": None, "image_health": None, "group_health": None, **words}
    assert state(rook("pool", status={"mirroringStatus": {"summary": told}})) == expected


def test_a_pool_that_is_checked_every_hour_is_believed_for_five() -> None:
    assert state(rook("pool-slow"), now=NOW + 5 * 3600 - 30) == "healthy"
    assert state(rook("pool-slow"), now=NOW + 5 * 3600 - 29) == "unknown"


def test_a_namespace_is_checked_as_often_as_its_pool() -> None:
    rows = World(rook("pool-slow"), rook("namespace"), now=NOW + 3600).rows("replication_state")
    assert ['state="healthy"' in row for row in rows] == [True, True]


def test_what_bears_no_date_is_unknown() -> None:
    """It may be of last year."""
    assert state(rook("pool", status={"mirroringStatus": {"lastChecked": None}})) == "unknown"


def test_of_two_things_of_one_name_the_worse_speaks() -> None:
    """A pool and a file system may share a name, and are one replication then."""
    home = rook("filesystem-failing", metadata={"name": "fast"})
    assert state(rook("pool"), home) == "degraded"
    assert state(rook("pool-error"), home) == "broken"


def test_the_other_speaks_when_one_of_them_goes() -> None:
    home = rook("filesystem-failing", metadata={"name": "fast"})
    found = World(rook("pool"), home)
    found.drop(home)
    found.judge()
    assert ['state="healthy"' in row for row in found.rows("replication_state")] == [True]


def test_a_word_that_nobody_knows_is_told() -> None:
    summary = {"health": "B" * 100}
    record, _ = read(SOURCE, rook("pool", status={"mirroringStatus": {"summary": summary}}))
    assert record.strange_word() == "B" * 60


@pytest.mark.parametrize("stats", [None, {}, {"failure_count": None}])
def test_a_peer_without_counts_is_unknown(stats: dict[str, Any] | None) -> None:
    mirrored = {"name": "home", "directory_count": 1, "peers": [{"uuid": "x", "stats": stats}]}
    status = {"mirroringStatus": {"daemonsStatus": [{"daemon_id": 1, "filesystems": [mirrored]}]}}
    assert state(rook("filesystem", status=status)) == "unknown"


def test_a_namespace_is_believed_for_as_long_as_its_pool() -> None:
    """Also when the pool comes later, or is asked less often from then on."""
    found = World(rook("namespace"), rook("pool"))
    found.put(rook("pool-slow"))
    found.judge(NOW + 3600)
    states = [row.split('state="')[1] for row in found.rows("replication_state")]
    assert states == ['healthy"} 1', 'healthy"} 1']


def test_what_goes_is_gone() -> None:
    obj = rook("pool", metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert not World(obj).rows("replication_state")


def test_errors_and_peers_are_not_decoded() -> None:
    for obj in situations("rook"):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))
