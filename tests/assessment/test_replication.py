"""Replications: how far behind, against which objective, and in which state."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.assessment.replication import assess_replication
from holdfast.model.identity import ReplicationKey
from holdfast.model.judgement import ReplicationJudgement
from holdfast.model.objective import Objective
from holdfast.model.replication import Health, Replication
from tests.world import NOW

KEY = ReplicationKey("volsync", "shop", "mirror", "data")
HOUR = 3600.0


def judged(
    *,
    now: float = NOW,
    asked: float | None = None,
    dark: bool = False,
    health: Health = "healthy",
    **fields: Any,
) -> ReplicationJudgement:
    replication = Replication(id=KEY, health=health, **fields)
    return assess_replication(replication, Objective(replication_lag=asked), dark=dark, now=now)


def test_it_lags_once_it_is_further_behind_than_asked_for() -> None:
    synced = NOW - 300
    assert judged(point=synced, asked=300).state == "healthy"
    assert judged(point=synced, asked=299).state == "lagging"


def test_the_judgement_holds_until_just_then() -> None:
    kept = judged(point=NOW, asked=300)
    assert kept.until is not None
    assert judged(point=NOW, asked=300, now=kept.until).state == "lagging"
    assert judged(point=NOW, asked=300, now=kept.until - 0.01).state == "healthy"


@pytest.mark.parametrize(
    ("schedule", "objective"),
    [
        ({"cron": "0 * * * *"}, 2 * HOUR),
        ({"cron": "0 9-17 * * 1-5"}, 2 * 64 * HOUR),  # from Friday 17:00 to Monday 09:00
        ({"interval": 300.0}, 600.0),
        ({"cron": "at teatime"}, 900.0),
        ({}, 900.0),
    ],
)
def test_without_an_objective_twice_the_longest_gap_of_the_schedule_is_borne(
    schedule: dict[str, Any], objective: float
) -> None:
    assert judged(**schedule).objective == objective


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"asked": 60.0, "objective": 30.0, "interval": 300.0}, "declared for it"),
        ({"asked": 60.0, "interval": 300.0}, "the replication lag that its claim asks for"),
        (
            {"interval": 300.0},
            "nobody declares one: 2 times the longest time between two syncs of its schedule",
        ),
        ({}, "nobody declares one, and no schedule tells any: 15 minutes"),
        ({"asked": 60.0, "judged": False}, "lateness is not judged"),
    ],
)
def test_whose_objective_it_is_is_told(fields: dict[str, Any], why: str) -> None:
    assert judged(**fields).objective_why == why


@pytest.mark.parametrize(("told", "lasted"), [(12.0, 12.0), (0.0, 0.0), (-144000.0, None), (None, None)])
def test_a_sync_lasts_no_less_than_nothing(told: float | None, lasted: float | None) -> None:
    assert judged(last_sync_duration=told).last_sync_duration == lasted


def test_what_is_declared_for_the_replication_goes_before_what_its_claim_asks_for() -> None:
    assert judged(objective=10.0, asked=20.0, interval=5.0).objective == 10.0
    assert judged(asked=20.0, interval=5.0).objective == 20.0


def test_a_sync_by_hand_is_never_late() -> None:
    by_hand = judged(point=NOW - 90 * 86400, judged=False, asked=60)
    assert (by_hand.state, by_hand.objective) == ("healthy", None)


def test_broken_and_paused_say_more_than_late() -> None:
    old: dict[str, Any] = {"point": NOW - 86400, "asked": 60.0}
    assert judged(health="broken", **old).state == "broken"
    assert judged(health="paused", **old).state == "paused"
    assert judged(health="degraded", **old).state == "lagging"
    assert judged(health="degraded", point=NOW, asked=60).state == "degraded"


def test_what_is_late_is_late_even_where_its_health_is_not_told() -> None:
    assert judged(health="unknown", lag=61.0, asked=60).state == "lagging"
    assert judged(health="unknown", lag=59.0, asked=60).state == "unknown"


def test_a_measured_lag_stands_only_as_long_as_it_holds() -> None:
    measured: dict[str, Any] = {"lag": 3.0, "measured": NOW - 60, "holds": 60.0}
    assert judged(**measured).lag == 3.0
    later = judged(**measured, now=NOW + 1)
    assert (later.state, later.lag, later.why) == ("unknown", None, "not measured lately")


def test_a_measurement_from_the_future_is_none() -> None:
    assert judged(lag=0.0, measured=NOW + 3600, holds=60.0).state == "unknown"


def test_what_is_not_seen_is_unknown_and_so_is_the_future() -> None:
    assert judged(point=NOW, dark=True).state == "unknown"
    ahead = judged(point=NOW + 3600)
    assert (ahead.state, ahead.point) == ("unknown", None)


@given(
    st.sampled_from(["healthy", "degraded", "broken", "paused", "unknown"]),
    st.none() | st.floats(NOW - 1e9, NOW + 1e9),
    st.none() | st.floats(0, 1e9),
    st.none() | st.floats(0.001, 1e6),
    st.booleans(),
)
def test_healthy_is_never_said_of_what_is_late_or_not_known(
    health: Health, point: float | None, lag: float | None, asked: float | None, dark: bool
) -> None:
    told = judged(health=health, point=point, lag=lag, asked=asked, dark=dark)
    if told.state != "healthy":
        return
    assert health == "healthy"
    assert not dark
    behind = told.lag if told.lag is not None else NOW - told.point if told.point is not None else 0.0
    assert told.objective is None or behind <= told.objective
    assert told.until is None or told.until > NOW
    assert not math.isnan(behind)
