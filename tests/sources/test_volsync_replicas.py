"""VolSync: replications by rsync, syncthing and others. Objects in, exposition text out."""

from typing import Any

import pytest

from tests.sources.situations import situation
from tests.world import NOW, World, claim

AWAY = 'source="volsync",namespace="shop",replication="data-away",persistentvolumeclaim="data"'


def volsync(name: str, **changes: Any) -> dict[str, Any]:
    return situation("volsync", name, **changes)


def state(obj: dict[str, Any], now: float = NOW) -> str:
    (row,) = World(claim(), obj, now=now).rows("replication_state")
    return row.split('state="')[1].split('"')[0]


@pytest.mark.tells("volsync", "replication")
def test_a_replication_is_as_far_behind_as_the_start_of_its_last_sync() -> None:
    """The sync began at ten to twelve; two intervals of its schedule are borne."""
    families = (
        "lag_seconds",
        "objective_seconds",
        "last_sync_timestamp_seconds",
        "last_sync_duration_seconds",
    )
    found = World(claim(), volsync("rsync-tls"))
    assert found.rows(*(f"replication_{family}" for family in families), "replication_state") == [
        f"replication_lag_seconds{{{AWAY}}} 600",
        f"replication_objective_seconds{{{AWAY}}} 1200",
        f"replication_last_sync_timestamp_seconds{{{AWAY}}} {NOW - 540:.0f}",
        f"replication_last_sync_duration_seconds{{{AWAY}}} 60",
        f'replication_state{{{AWAY},state="healthy"}} 1',
    ]


def test_a_replication_lags_when_two_intervals_have_passed() -> None:
    """Nothing but time has changed."""
    assert state(volsync("rsync-tls"), now=NOW + 600) == "healthy"
    assert state(volsync("rsync-tls"), now=NOW + 601) == "lagging"


def test_a_replication_whose_mover_fails_is_broken() -> None:
    """VolSync calls it synchronizing all the while."""
    assert state(volsync("rsync-failing")) == "broken"


def test_a_replication_that_never_began_is_broken() -> None:
    assert state(volsync("rsync-stuck")) == "broken"


def test_a_replication_that_cannot_begin_again_is_degraded_until_it_lags() -> None:
    """An error of its controller may be gone with the next try."""
    stuck = volsync("rsync-stuck", status=volsync("rsync-tls")["status"])
    assert state(stuck) == "degraded"
    assert state(stuck, now=NOW + 601) == "lagging"


def test_a_held_replication_is_paused_even_where_its_mover_failed() -> None:
    assert state(volsync("rsync-failing", spec={"paused": True})) == "paused"


@pytest.mark.parametrize(
    "status", [None, {"lastSyncTime": None, "lastSyncStartTime": "2026-11-21T11:59:00Z"}]
)
def test_a_replication_before_its_first_sync_is_unknown(status: dict[str, Any] | None) -> None:
    obj = volsync("rsync-tls", status=status)
    assert state(obj) == "unknown"
    assert not World(claim(), obj).rows("replication_lag_seconds")


def test_a_sync_on_demand_is_never_late() -> None:
    """It was done three weeks ago, and nobody asked for another."""
    found = World(claim(), volsync("rsync-manual"))
    assert state(volsync("rsync-manual")) == "healthy"
    assert not found.rows("replication_objective_seconds")


def test_a_word_that_nobody_knows_is_unknown() -> None:
    assert state(volsync("rsync-tls", status={"latestMoverStatus": {"result": "Bewitched"}})) == "unknown"


def test_a_replication_without_a_claim_has_an_empty_one() -> None:
    found = World(volsync("external"))
    assert found.rows("replication_lag_seconds") == [
        (
            'replication_lag_seconds{source="volsync",namespace="shop",replication="array",'
            'persistentvolumeclaim=""} 3600'
        )
    ]


@pytest.mark.parametrize(
    ("connected", "expected"),
    [
        ([True, True], "healthy"),
        ([True, False], "degraded"),
        ([True], "degraded"),
        ([False, None], "broken"),
        ([], "broken"),
    ],
)
def test_syncthing_is_as_healthy_as_its_peers_are_connected(
    connected: list[bool | None], expected: str
) -> None:
    """Two peers are wanted, whatever is told of them. How far behind they are is never told."""
    peers = {"peers": [{"ID": "A", "connected": each} for each in connected]}
    obj = volsync("syncthing", status={"syncthing": peers})
    assert state(obj) == expected
    assert not World(claim(), obj).rows("replication_lag_seconds", "replication_objective_seconds")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": None},
        {"status": {"syncthing": None}},
        {"spec": {"syncthing": {"peers": []}}, "status": None},
    ],
)
def test_syncthing_without_news_of_its_peers_is_unknown(changes: dict[str, Any]) -> None:
    assert state(volsync("syncthing", **changes)) == "unknown"


def test_the_receiving_side_is_healthy_and_never_late() -> None:
    """How old its data was at the source it cannot tell."""
    found = World(claim(), volsync("reception"))
    assert found.rows("replication_lag_seconds", "replication_objective_seconds") == []
    assert found.rows("replication_state", "replication_last_sync_timestamp_seconds") == [
        (
            'replication_last_sync_timestamp_seconds{source="volsync",namespace="shop",replication="data-here",'
            f'persistentvolumeclaim="data"}} {NOW - 540:.0f}'
        ),
        (
            'replication_state{source="volsync",namespace="shop",replication="data-here",'
            'persistentvolumeclaim="data",state="healthy"} 1'
        ),
    ]


def test_a_replication_that_goes_is_gone() -> None:
    obj = volsync("rsync-tls", metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert not World(claim(), obj).rows("replication_state")


@pytest.mark.parametrize("order", [1, -1])
def test_of_both_sides_of_one_name_the_source_speaks(order: int) -> None:
    """Whichever comes first: a side that only receives knows nothing of what was not sent. Alone it speaks again."""
    failing = volsync("rsync-failing")
    here = {"rsyncTLS": {"destinationPVC": failing["spec"]["sourcePVC"]}}
    receiving = volsync("reception", metadata={"name": failing["metadata"]["name"]}, spec=here)
    found = World(*[failing, receiving][::order])
    assert ['state="broken"' in row for row in found.rows("replication_state")] == [True]
    found.drop(failing)
    found.judge()
    assert ['state="healthy"' in row for row in found.rows("replication_state")] == [True]
