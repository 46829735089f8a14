"""Ramen: applications that are replicated for disaster recovery. Objects in, exposition text out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.identity import ReplicationKey, Touch
from holdfast.sources.ramen import SOURCE, replication
from tests.sources.facts import TableFacts, read
from tests.sources.situations import situation
from tests.world import NOW, World, claim

WEB = 'source="ramen",namespace="shop",replication="web"'
HUB = (situation("ramen", "policy-every-5m"), situation("ramen", "policy-metro"))


def ramen(name: str, **changes: Any) -> dict[str, Any]:
    return situation("ramen", name, **changes)


def states(*objects: dict[str, Any], now: float = NOW) -> dict[str, str]:
    """The state of each claim's replication."""
    rows = World(*objects, now=now).rows("replication_state")
    values = [[label.split('"')[1] for label in row.split(",")] for row in rows]
    return {claim_name: state for *_, claim_name, state in values}


def state(*objects: dict[str, Any], now: float = NOW) -> str:
    (found,) = states(*HUB, *objects, now=now).values()
    return found


@pytest.mark.tells("ramen", "replication")
def test_an_application_is_as_far_behind_as_the_last_of_its_claims() -> None:
    """Two intervals of its policy are borne."""
    found = World(*HUB, ramen("placement"))
    families = (
        "lag_seconds",
        "objective_seconds",
        "last_sync_timestamp_seconds",
        "last_sync_duration_seconds",
    )
    labels = f'{WEB},persistentvolumeclaim=""'
    assert found.rows(*(f"replication_{family}" for family in families), "replication_state") == [
        f"replication_lag_seconds{{{labels}}} 240",
        f"replication_objective_seconds{{{labels}}} 600",
        f"replication_last_sync_timestamp_seconds{{{labels}}} {NOW - 240:.0f}",
        f"replication_last_sync_duration_seconds{{{labels}}} 20",
        f'replication_state{{{labels},state="healthy"}} 1',
    ]


def test_an_application_lags_when_two_intervals_have_passed() -> None:
    assert state(ramen("placement"), now=NOW + 360) == "healthy"
    assert state(ramen("placement"), now=NOW + 361) == "lagging"


def test_an_application_with_a_claim_that_was_never_synced_is_unknown() -> None:
    """Ramen calls it protected and tells no time."""
    assert state(ramen("placement-unsynced")) == "unknown"
    assert not World(*HUB, ramen("placement-unsynced")).rows("replication_lag_seconds")


def test_storage_that_replicates_at_once_needs_no_sync_time() -> None:
    assert state(ramen("placement-metro")) == "healthy"
    assert not World(*HUB, ramen("placement-metro")).rows("replication_objective_seconds")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("placement-error", "broken"),
        ("placement-progressing", "degraded"),
        ("placement-alone", "degraded"),
        ("placement-waiting", "degraded"),
        ("placement-old", "healthy"),
        ("placement-strange", "unknown"),
        ("placement-new", "unknown"),
    ],
)
def test_each_situation_has_its_state(name: str, expected: str) -> None:
    assert state(ramen(name)) == expected


@pytest.mark.parametrize(
    "phase", ["WaitForUser", "Initiating", "Deploying", "FailingOver", "Relocating", "Deleting"]
)
def test_an_application_that_is_on_its_way_is_not_healthy(phase: str) -> None:
    assert state(ramen("placement", status={"phase": phase})) == "degraded"
    assert state(ramen("placement-error", status={"phase": phase})) == "broken"


@pytest.mark.parametrize("name", ["placement", "placement-old"])
def test_an_application_that_is_not_available_is_not_healthy(name: str) -> None:
    """It gets on: nothing says that its data cannot be replicated. Without a word of its protection nothing is known."""
    told = {each["type"]: each for each in ramen(name)["status"]["conditions"]}
    conditions = [*told.values(), {"type": "Available", "status": "False", "reason": "Progressing"}]
    expected = {"placement": "degraded", "placement-old": "unknown"}
    assert state(ramen(name, status={"conditions": conditions})) == expected[name]


@pytest.mark.parametrize("policy", [{"spec": {"schedulingInterval": None}}, {"spec": None}])
def test_a_policy_without_an_interval_does_not_replicate_at_once(policy: dict[str, Any]) -> None:
    """An empty one says so; one that is absent says nothing."""
    assert list(states(ramen("policy-metro", **policy), ramen("placement-metro")).values()) == ["unknown"]


def test_an_old_application_without_a_ready_peer_is_unknown() -> None:
    conditions = [{"type": "Available", "status": "True"}, {"type": "PeerReady", "status": "False"}]
    assert state(ramen("placement-old", status={"conditions": conditions})) == "unknown"


def interval(written: str | None) -> float | None:
    facts = TableFacts()
    for obj in (ramen("placement"), ramen("policy-every-5m", spec={"schedulingInterval": written})):
        facts.put(SOURCE, obj)
    found = replication(ReplicationKey("ramen", "shop", "web", ""), facts)
    assert found is not None
    return found.interval


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("5m", 300),
        ("2h", 7200),
        ("1d", 86400),
        ("", None),
        ("0m", None),
        ("00h", None),
        (None, None),
        ("x", None),
    ],
)
def test_the_interval_of_a_policy_may_be_in_days(written: str | None, seconds: float | None) -> None:
    assert interval(written) == seconds


@given(st.text(max_size=10))
def test_any_interval_is_positive_or_not_known(written: str) -> None:
    found = interval(written)
    assert found is None or found > 0


def test_a_policy_touches_the_replications_of_its_source() -> None:
    (record,) = read(SOURCE, ramen("policy-every-5m"))
    assert record.touches() == (Touch("source", ("ramen",)),)


def test_a_group_tells_of_each_of_its_claims() -> None:
    """The storage tells as of when its data is, VolSync when its last sync ended; that one took a minute."""
    found = World(claim(), ramen("group"))
    assert found.rows("replication_lag_seconds", "replication_state") == [
        f'replication_lag_seconds{{{WEB},persistentvolumeclaim="data"}} 240',
        f'replication_lag_seconds{{{WEB},persistentvolumeclaim="media"}} 360',
        f'replication_state{{{WEB},persistentvolumeclaim="data",state="healthy"}} 1',
        f'replication_state{{{WEB},persistentvolumeclaim="media",state="healthy"}} 1',
    ]


def test_a_claim_lags_when_two_intervals_of_its_group_have_passed() -> None:
    assert states(ramen("group"), now=NOW + 300) == {"data": "healthy", "media": "lagging"}


def test_each_claim_of_a_group_has_its_own_state() -> None:
    assert states(ramen("group-failing")) == {
        "data": "broken",
        "media": "degraded",
        "mail": "unknown",
        "logs": "unknown",
    }


def test_a_claim_that_is_replicated_at_once_needs_no_sync_time() -> None:
    group = ramen("group-failing", spec={"async": None, "sync": {}})
    assert states(group)["mail"] == "healthy"


@pytest.mark.parametrize(
    "spec", [{"async": {"schedulingInterval": None}}, {"async": {}, "sync": {}}, {"async": None}]
)
def test_a_group_without_an_interval_does_not_replicate_at_once(spec: dict[str, Any]) -> None:
    group = ramen("group-failing")
    group["spec"] = {"replicationState": "primary", **spec}
    assert states(group)["mail"] == "unknown"


def test_the_receiving_side_is_healthy_and_never_late() -> None:
    assert states(ramen("group-secondary")) == {"data": "healthy"}
    found = World(ramen("group-secondary"))
    assert not found.rows("replication_lag_seconds", "replication_objective_seconds")


@pytest.mark.parametrize("seen", ["Unknown", ""])
def test_a_side_that_has_not_settled_is_not_called_healthy(seen: str) -> None:
    """Ramen says so of a receiving side until its data is protected, and of any in which a claim has an error."""
    assert states(ramen("group-secondary", status={"state": seen})) == {"data": "unknown"}


def test_one_claim_with_an_error_does_not_hide_the_others() -> None:
    """The group's own state is unknown then; what is wanted of it tells that this is the side which is written to."""
    group = ramen("group-failing", status={"state": "Unknown"})
    assert states(group) == states(ramen("group-failing"))
    assert states(ramen("group", status={"state": "Unknown"}), now=NOW + 300)["media"] == "lagging"


def test_a_group_in_a_state_that_nobody_knows_is_unknown() -> None:
    (record,) = read(SOURCE, ramen("group-strange"))
    assert record.strange_word() == "Bewitched"
    assert states(ramen("group-strange")) == {"data": "unknown"}


def test_a_group_that_no_controller_has_seen_says_nothing() -> None:
    assert states(ramen("group-new")) == {}


@pytest.mark.parametrize("name", ["placement", "group"])
def test_what_goes_is_gone(name: str) -> None:
    obj = ramen(name, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert states(*HUB, obj) == {}


def test_a_policy_that_is_seen_later_sets_the_state() -> None:
    """Until it says that the storage replicates at once, a claim may never have been synced."""
    found = World(ramen("placement-metro"))
    assert ['state="unknown"' in row for row in found.rows("replication_state")] == [True]
    found.put(ramen("policy-metro"))
    found.judge()
    assert ['state="healthy"' in row for row in found.rows("replication_state")] == [True]
