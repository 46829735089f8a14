"""CSI-Addons: volumes that the storage replicates. Objects in, exposition text out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.identity import ReplicationKey, Touch
from holdfast.sources.csi_addons import SOURCE, replication
from tests.sources.facts import TableFacts, read
from tests.sources.situations import situation, situations
from tests.world import NOW, World, claim

DATA = 'source="csi-addons",namespace="shop",replication="data",persistentvolumeclaim="data"'


def addons(name: str, **changes: Any) -> dict[str, Any]:
    return situation("csi_addons", name, **changes)


def state(*objects: dict[str, Any], now: float = NOW) -> str:
    (row,) = World(claim(), addons("class"), *objects, now=now).rows("replication_state")
    return row.split('state="')[1].split('"')[0]


@pytest.mark.tells("csi-addons", "replication")
def test_a_primary_tells_how_far_its_replica_has_come() -> None:
    """Two intervals of its class are borne."""
    found = World(claim(), addons("class"), addons("primary"))
    families = (
        "lag_seconds",
        "objective_seconds",
        "last_sync_timestamp_seconds",
        "last_sync_duration_seconds",
    )
    assert found.rows(*(f"replication_{family}" for family in families), "replication_state") == [
        f"replication_lag_seconds{{{DATA}}} 300",
        f"replication_objective_seconds{{{DATA}}} 600",
        f"replication_last_sync_timestamp_seconds{{{DATA}}} {NOW - 300:.0f}",
        f"replication_last_sync_duration_seconds{{{DATA}}} 12",
        f'replication_state{{{DATA},state="healthy"}} 1',
    ]


def test_a_primary_lags_when_two_intervals_have_passed() -> None:
    assert state(addons("primary"), now=NOW + 301) == "lagging"


def test_a_primary_that_syncs_by_schedule_and_tells_no_sync_is_unknown() -> None:
    """Its driver tells none, or none ever came: both look the same, unless the storage says that data is being sent."""
    found = World(claim(), addons("class"), addons("primary-old"))
    assert not found.rows("replication_lag_seconds")
    assert state(addons("primary-old")) == "unknown"
    sending = addons("primary-old")
    sending["status"]["conditions"].append({"type": "Replicating", "status": "True"})
    assert state(sending) == "healthy"


def test_a_secondary_is_healthy_and_never_late() -> None:
    """It says that it is degraded, by design, and a time that it may still bear is of its days as a primary."""
    found = World(claim(), addons("class"), addons("secondary"))
    assert state(addons("secondary")) == "healthy"
    assert not found.rows("replication_lag_seconds", "replication_objective_seconds")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("degraded", "degraded"),
        ("not-replicating", "broken"),
        ("failed", "broken"),
        ("resync", "degraded"),
        ("promoting", "unknown"),
        ("strange", "unknown"),
        ("new", "unknown"),
    ],
)
def test_each_situation_has_its_state(name: str, expected: str) -> None:
    assert state(addons(name)) == expected


def condition(kind: str, status: str) -> dict[str, str]:
    return {"type": kind, "status": status, "reason": "X", "message": "", "lastTransitionTime": ""}


@pytest.mark.parametrize(
    ("seen", "wanted", "conditions", "expected"),
    [
        ("Primary", "primary", {"Completed": "False", "Degraded": "False"}, "degraded"),
        ("Primary", "primary", {"Resyncing": "True", "Degraded": "False"}, "degraded"),
        ("Primary", "primary", {"Degraded": "Unknown"}, "unknown"),
        ("Primary", "secondary", {"Completed": "False"}, "broken"),
        ("Primary", "secondary", {"Completed": "True"}, "unknown"),
        ("Secondary", "secondary", {"Completed": "False"}, "broken"),
        ("Secondary", "secondary", {"Resyncing": "True", "Degraded": "True"}, "healthy"),
        ("Secondary", "resync", {"Completed": "False"}, "broken"),
    ],
)
def test_a_state_follows_from_what_is_wanted_and_what_is_seen(
    seen: str, wanted: str, conditions: dict[str, str], expected: str
) -> None:
    status = {"state": seen, "conditions": [condition(*each) for each in conditions.items()]}
    status["lastSyncTime"] = "2026-11-21T11:59:00Z"
    assert state(addons("new", spec={"replicationState": wanted}, status=status)) == expected


def test_a_word_that_nobody_knows_is_told() -> None:
    (record,) = read(SOURCE, addons("strange", status={"state": "B" * 100}))
    assert record.strange_word() == "B" * 60


def test_a_group_speaks_for_each_of_its_claims() -> None:
    """What replicates it is no replication of its own."""
    found = World(addons("class"), addons("group"), addons("of-a-group"))
    assert found.rows("replication_lag_seconds") == [
        f'replication_lag_seconds{{source="csi-addons",namespace="shop",replication="all",'
        f'persistentvolumeclaim="{name}"}} 300'
        for name in ("data", "media")
    ]


def test_a_claim_that_leaves_its_group_is_gone() -> None:
    found = World(addons("group"))
    found.put(addons("group", status={"persistentVolumeClaimsRefList": [{"name": "media"}]}))
    found.judge()
    assert ["media" in row for row in found.rows("replication_state")] == [True]


def test_a_group_without_claims_stands_by_itself() -> None:
    found = World(addons("group", status={"persistentVolumeClaimsRefList": None}))
    assert len(found.rows("replication_state")) == 1


def interval(*objects: dict[str, Any]) -> float | None:
    facts = TableFacts()
    for obj in objects:
        facts.put(SOURCE, obj)
    found = replication(ReplicationKey("csi-addons", "shop", "all", "data"), facts)
    assert found is not None
    return found.interval


def test_a_group_goes_by_the_class_of_its_volumes_and_then_by_its_own() -> None:
    group = addons("group")
    assert interval(group, addons("class"), addons("group-class")) == 300
    assert interval(group, addons("group-class")) == 86400
    assert interval(group) is None


@pytest.mark.parametrize("written", ["0", "-5m", "soon", "", None, "0m", "300"])
def test_an_interval_that_is_none_is_not_known(written: str | None) -> None:
    changed = addons("class", spec={"parameters": {"schedulingInterval": written}})
    assert interval(addons("group"), changed) is None


@given(st.text(max_size=10))
def test_any_interval_is_positive_or_not_known(written: str) -> None:
    found = interval(addons("group"), addons("class", spec={"parameters": {"schedulingInterval": written}}))
    assert found is None or found > 0


def test_a_class_touches_the_replications_of_its_source() -> None:
    (record,) = read(SOURCE, addons("class"))
    assert record.touches() == (Touch("source", ("csi-addons",)),)


@pytest.mark.parametrize("name", ["primary", "group"])
def test_a_replication_that_goes_is_gone(name: str) -> None:
    obj = addons(name, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert not World(obj).rows("replication_state")


def test_messages_and_secrets_are_not_decoded() -> None:
    for obj in situations("csi_addons"):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


def test_a_class_that_is_seen_later_sets_the_objective() -> None:
    """Until then fifteen minutes are borne."""
    found = World(claim(), addons("primary"))
    assert found.rows("replication_objective_seconds") == [f"replication_objective_seconds{{{DATA}}} 900"]
    found.put(addons("class"))
    found.judge()
    assert found.rows("replication_objective_seconds") == [f"replication_objective_seconds{{{DATA}}} 600"]
