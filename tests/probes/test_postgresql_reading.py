"""PostgreSQL's views: rows in, replications out."""

from typing import Any

import pytest

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes.fault import ProbeError
from holdfast.probes.positions import Memory
from holdfast.probes.postgresql_reading import Facts, Receiver, Sender, Slot, Standing, read

NOW = 1_000.0
PRIMARY = Standing(recovering=False, position=5_000)
STANDBY = Standing(
    recovering=True, position=5_000, replayed=5_000, replay_age=3_600.0, paused="not paused", delay=0.0,
    patience=60.0, restores=False, streams=True,
)  # fmt: skip
STREAM = Receiver(status="streaming", known_end=5_000, silent=1.0)
LEVEL = Sender(name="db-1", state="streaming", written=5_000, replayed=5_000)


def target(**known: Any) -> ProbeSpec:
    return ProbeSpec(
        name="orders", kind="postgresql", host="db", port=5432, namespace="shop", claim="data", **known
    )


def names(
    standing: Standing,
    *,
    spec: ProbeSpec | None = None,
    memory: Memory | None = None,
    at: float = NOW,
    **facts: Any,
) -> dict[str, Replication]:
    told = Facts(standing=standing, **facts)
    return {one.id.name: one for one in read(spec or target(), told, memory or Memory(), at)}


def changed(standing: Standing, **known: Any) -> Standing:
    return Standing(**{name: getattr(standing, name) for name in standing.__struct_fields__} | known)


def test_a_level_standby_has_no_lag_whatever_the_lag_columns_say() -> None:
    idle = names(PRIMARY, senders=(LEVEL,))["orders/db-1"]
    stale = Sender(name="db-1", state="streaming", written=5_000, replayed=5_000, replay_lag=40.0)
    assert (idle.lag, idle.health, idle.measured) == (0.0, "healthy", NOW)
    assert names(PRIMARY, senders=(stale,))["orders/db-1"].lag == 0.0


def test_each_replication_bears_the_namespace_and_claim_of_its_target() -> None:
    assert names(PRIMARY, senders=(LEVEL,))["orders/db-1"].id == ("postgresql", "shop", "orders/db-1", "data")


def test_bytes_behind_without_seconds_are_an_unknown_lag_and_no_zero() -> None:
    behind = Sender(name="db-1", state="streaming", written=5_000, replayed=4_000)
    seen = names(PRIMARY, senders=(behind,))["orders/db-1"]
    assert (seen.lag, seen.health) == (None, "healthy")


def test_a_standby_that_is_stuck_lags_since_the_primary_went_on_though_its_column_stands_still() -> None:
    memory = Memory()
    names(changed(PRIMARY, position=4_000), senders=(), memory=memory, at=100.0)
    stuck = Sender(name="db-1", state="streaming", written=4_000, replayed=4_000, replay_lag=0.1)
    assert names(PRIMARY, senders=(stuck,), memory=memory, at=130.0)["orders/db-1"].lag == 0.1
    later = changed(PRIMARY, position=9_000)
    assert names(later, senders=(stuck,), memory=memory, at=430.0)["orders/db-1"].lag == 300.0


@pytest.mark.parametrize(
    ("state", "health"),
    [("catchup", "degraded"), ("startup", "degraded"), ("stopping", "degraded"), ("levitating", "unknown")],
)
def test_a_sender_that_does_not_stream_is_not_healthy(state: str, health: str) -> None:
    seen = names(PRIMARY, senders=(Sender(name="db-1", state=state),))["orders/db-1"]
    assert (seen.health, seen.lag) == (health, None)
    assert seen.strange == ("levitating" if health == "unknown" else "")


@pytest.mark.parametrize(
    "sender",
    [
        Sender(name="pg_basebackup", state="streaming", written=10),
        Sender(name="db-2-join", state="backup"),
        Sender(name="db-2-join", state="streaming", written=10, passing=True),
    ],
)
def test_a_backup_that_streams_is_no_replica(sender: Sender) -> None:
    seen = names(PRIMARY, senders=(sender,))
    assert list(seen) == ["orders"]
    assert seen["orders"].why == "no replica is connected"


def test_a_receiver_that_archives_wal_counts_by_what_it_has_written() -> None:
    archive = Sender(name="barman", state="streaming", written=5_000, replayed=None)
    assert names(PRIMARY, senders=(archive,))["orders/barman"].lag == 0.0


def test_a_subscriber_or_an_archive_is_no_replica_where_a_number_is_asked_for() -> None:
    senders = (
        Sender(name="cdc", state="streaming", replayed=5_000, logical=True),
        Sender(name="barman", state="streaming", written=5_000),
    )
    assert names(PRIMARY, senders=senders)["orders"].health == "healthy"
    assert names(PRIMARY, senders=senders, spec=target(replicas=1))["orders"].why == "no replica is connected"


def test_a_primary_without_any_replica_is_broken_unless_none_is_asked_for() -> None:
    assert names(PRIMARY)["orders"].health == "broken"
    assert names(PRIMARY, spec=target(replicas=0))["orders"].health == "healthy"


def test_two_standbys_of_one_name_are_one_record_and_the_worst_of_them() -> None:
    worse = Sender(name="db-1", state="catchup", replayed=1_000, replay_lag=30.0)
    for senders in ((LEVEL, worse), (worse, LEVEL)):
        seen = names(PRIMARY, senders=senders)["orders/db-1"]
        assert (seen.health, seen.lag) == ("degraded", 30.0)


def test_rows_that_may_not_be_seen_are_unknown_and_never_healthy() -> None:
    seen = names(PRIMARY, senders=(Sender(),))
    assert [(one.id.name, one.health, one.why) for one in seen.values()] == [
        ("orders", "unknown", "no right to see it: GRANT pg_monitor")
    ]
    assert names(STANDBY, receiver=Receiver())["orders"].health == "unknown"


@pytest.mark.parametrize(
    ("slot", "limit", "health"),
    [
        (Slot(name="s", held_from=None, wal_status="lost"), None, "broken"),
        (Slot(name="s", logical=True, held_from=None, wal_status="lost"), 10**9, "broken"),
        (Slot(name="s", position=4_000, held_from=4_000, wal_status="reserved"), None, "broken"),
        (Slot(name="s", held_from=None, wal_status=None), None, "unknown"),
        (Slot(name="s", logical=True, held_from=4_000, wal_status="unreserved"), 10**9, "degraded"),
        (Slot(name="s", logical=True, held_from=4_000, wal_status="extended"), None, "degraded"),
        (Slot(name="s", logical=True, held_from=4_000, wal_status="extended"), 999, "degraded"),
        (Slot(name="s", logical=True, held_from=4_000, wal_status="extended"), 1_000, "healthy"),
    ],
)
def test_a_slot_without_consumer(slot: Slot, limit: int | None, health: str) -> None:
    seen = names(PRIMARY, slots=(slot,), spec=target(slot_wal_limit=limit))["orders/slot s"]
    assert (seen.health, seen.lag) == (health, None)
    assert seen.judged is not slot.logical


def test_the_slots_of_a_standby_say_nothing() -> None:
    assert list(names(STANDBY, receiver=STREAM, slots=(Slot(name="s", held_from=1),))) == ["orders"]


def test_a_standby_that_replayed_all_has_no_lag_though_its_last_commit_is_an_hour_old() -> None:
    seen = names(STANDBY, receiver=STREAM)["orders"]
    assert (seen.health, seen.lag) == ("healthy", 0.0)


def test_a_standby_that_received_all_it_was_sent_is_behind_while_its_primary_has_more() -> None:
    more = Receiver(status="streaming", known_end=8_000, silent=0.0)
    assert names(STANDBY, receiver=more)["orders"].lag == 3_600.0


def test_a_standby_that_is_behind_for_a_moment_on_an_idle_primary_is_not_an_hour_late() -> None:
    memory = Memory()
    names(STANDBY, receiver=STREAM, memory=memory, at=100.0)
    moment = changed(STANDBY, position=5_100)
    assert names(moment, receiver=STREAM, memory=memory, at=130.0)["orders"].lag == 30.0


def test_silence_beyond_the_receivers_patience_counts_as_lag() -> None:
    mute = Receiver(status="streaming", known_end=5_000, silent=90.0)
    seen = names(STANDBY, receiver=mute)["orders"]
    assert (seen.health, seen.why, seen.lag) == ("degraded", "it hears nothing of its primary", 90.0)


@pytest.mark.parametrize("paused", ["paused", "pause requested"])
def test_paused_replay_is_paused_and_its_lag_grows(paused: str) -> None:
    held = changed(STANDBY, replayed=4_000, replay_age=50.0, paused=paused)
    seen = names(held, receiver=STREAM)["orders"]
    assert (seen.health, seen.lag) == ("paused", 50.0)


def test_a_standby_without_stream_is_broken_and_lags_at_most_since_it_was_last_level() -> None:
    memory = Memory()
    names(STANDBY, receiver=STREAM, memory=memory, at=100.0)
    seen = names(STANDBY, memory=memory, at=160.0)["orders"]
    assert (seen.health, seen.why, seen.lag) == ("broken", "no stream comes from its primary", 60.0)


def test_a_standby_on_the_archive_is_healthy_where_it_is_made_so_and_else_degraded() -> None:
    by_design = changed(STANDBY, restores=True, streams=False, replay_age=20.0)
    assert (names(by_design)["orders"].health, names(by_design)["orders"].lag) == ("healthy", 20.0)
    for streams in (True, None):
        assert names(changed(by_design, streams=streams))["orders"].health == "degraded"


def test_a_delayed_standby_may_be_late_by_its_delay() -> None:
    delayed = changed(STANDBY, delay=3_600.0)
    assert names(delayed, receiver=STREAM)["orders"].judged is False
    assert names(delayed, receiver=STREAM, spec=target(objective=60.0))["orders"].objective == 3_660.0


def test_a_standby_tells_of_the_standbys_that_it_feeds() -> None:
    seen = names(STANDBY, receiver=STREAM, senders=(LEVEL,))
    assert sorted(seen) == ["orders", "orders/db-1"]
    assert seen["orders/db-1"].lag == 0.0


def test_a_promoted_standby_starts_a_new_memory() -> None:
    memory = Memory()
    names(STANDBY, receiver=STREAM, memory=memory, at=100.0)
    behind = Sender(name="db-0", state="streaming", replayed=4_999)
    seen = names(PRIMARY, senders=(behind,), memory=memory, at=130.0)
    assert seen["orders"].judged is False
    assert seen["orders/db-0"].lag is None


def test_more_standbys_and_slots_than_anybody_has_are_a_bad_answer() -> None:
    standbys = tuple(
        Sender(name=f"db-{number}", state="streaming", written=5_000, replayed=5_000) for number in range(150)
    )
    slots = tuple(Slot(name=f"s{number}", held_from=1, position=1) for number in range(51))
    assert len(names(PRIMARY, senders=standbys, slots=slots[:50])) == 201
    with pytest.raises(ProbeError, match="it tells of 201 standbys and slots, 200 are the most") as error:
        names(PRIMARY, senders=standbys, slots=slots)
    assert error.value.reason == "bad_answer"
