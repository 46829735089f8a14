"""Redis: the text of INFO replication in, replications out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes.fault import ProbeError
from holdfast.probes.positions import Memory
from holdfast.probes.redis_reading import fields, read

TARGET = ProbeSpec(name="cache", kind="redis", host="cache", port=6379)
PRIMARY = """# Replication
role:master
connected_slaves:1
slave0:ip=10.1.2.3,port=6379,state={state},offset={offset},lag={lag}
master_failover_state:no-failover
master_replid:8a2e5f3c
master_repl_offset:{position}
"""
REPLICA = """# Replication
role:slave
master_host:cache-0
master_link_status:{link}
master_last_io_seconds_ago:{heard}
master_sync_in_progress:{copying}
slave_repl_offset:100
{more}
connected_slaves:0
master_repl_offset:100
"""
AT_PRIMARY = "cache/10.1.2.3:6379"


def names(text: str, memory: Memory | None = None, at: float = 1_000.0) -> dict[str, Replication]:
    return {one.id.name: one for one in read(TARGET, fields(text), memory or Memory(), at)}


def primary(*, state: str = "online", offset: int = 100, lag: int | str = 0, position: int = 100) -> str:
    return PRIMARY.format(state=state, offset=offset, lag=lag, position=position)


def replica(link: str, *, heard: int = 2, copying: int = 0, more: str = "") -> str:
    return REPLICA.format(link=link, heard=heard, copying=copying, more=more)


def test_a_replica_at_the_primarys_offset_has_no_lag() -> None:
    seen = names(primary())
    assert (seen[AT_PRIMARY].health, seen[AT_PRIMARY].lag) == ("healthy", 0.0)
    assert (seen["cache"].health, seen["cache"].judged) == ("healthy", False)


def test_bytes_behind_are_unknown_seconds_at_the_first_look_and_known_once_the_primary_was_seen_there() -> (
    None
):
    memory = Memory()
    assert names(primary(offset=50, position=100), memory, 0.0)[AT_PRIMARY].lag is None
    assert names(primary(offset=120, position=200), memory, 30.0)[AT_PRIMARY].lag == 0.0
    assert names(primary(offset=120, position=300, lag=1), memory, 90.0)[AT_PRIMARY].lag == 60.0


@pytest.mark.parametrize("state", ["wait_bgsave", "send_bulk"])
def test_a_replica_that_takes_a_full_copy_is_degraded_and_does_not_count_as_connected(state: str) -> None:
    seen = names(primary(state=state, offset=0))
    assert (seen[AT_PRIMARY].health, seen[AT_PRIMARY].lag) == ("degraded", None)
    assert seen["cache"].health == "broken"


@pytest.mark.parametrize("lag", [11, -1, "x"])
def test_a_replica_that_acknowledges_nothing_is_degraded(lag: int | str) -> None:
    assert names(primary(lag=lag))[AT_PRIMARY].health == "degraded"


def test_a_state_that_nobody_knows_is_unknown_and_named() -> None:
    seen = names(primary(state="dreaming"))[AT_PRIMARY]
    assert (seen.health, seen.strange) == ("unknown", "dreaming")


def test_a_replica_with_a_link_lacks_at_most_what_came_since_the_last_word() -> None:
    seen = names(replica("up"))["cache"]
    assert (seen.health, seen.lag) == ("healthy", 2.0)


@pytest.mark.parametrize(
    ("copying", "more", "health", "lag"),
    [
        (0, "master_link_down_since_seconds:75", "broken", 75.0),
        (0, "master_link_down_since_seconds:-1", "broken", None),
        (1, "master_link_down_since_seconds:75", "degraded", 75.0),
    ],
)
def test_a_replica_without_link_lags_since_it_lost_it(
    copying: int, more: str, health: str, lag: float | None
) -> None:
    seen = names(replica("down", copying=copying, more=more))["cache"]
    assert (seen.health, seen.lag) == (health, lag)


def test_a_server_that_tells_no_role_is_unknown() -> None:
    assert names("# Replication\n")["cache"].health == "unknown"


@given(st.text(alphabet="slave0123:=,\n rolemt_ip", max_size=200))
def test_no_answer_raises(text: str) -> None:
    assert "cache" in names(text)


@pytest.mark.parametrize("offset", ["offset=nan,", "offset=-5,", "offset=,", ""])
def test_a_replica_whose_offset_cannot_be_read_is_unknown(offset: str) -> None:
    seen = names(primary().replace("offset=100,", offset))
    assert (seen[AT_PRIMARY].health, seen[AT_PRIMARY].lag) == ("unknown", None)
    assert seen["cache"].health == "healthy"


@pytest.mark.parametrize("position", ["master_repl_offset:-5", "master_repl_offset:nan", ""])
def test_a_primary_whose_offset_cannot_be_read_is_unknown_and_so_are_its_replicas(position: str) -> None:
    seen = names(primary().replace("master_repl_offset:100", position))
    assert (seen["cache"].health, seen["cache"].why) == ("unknown", "it tells no offset")
    assert (seen[AT_PRIMARY].health, seen[AT_PRIMARY].lag) == ("unknown", None)


def test_what_is_known_to_be_wrong_stays_so_without_an_offset() -> None:
    seen = names(primary(state="wait_bgsave").replace("master_repl_offset:100", ""))
    assert (seen["cache"].health, seen[AT_PRIMARY].health) == ("broken", "degraded")


def test_more_replicas_than_anybody_has_are_a_bad_answer() -> None:
    row = "slave{}:ip=10.0.0.{},port=6379,state=online,offset=100,lag=0\n"
    rows = [row.format(number, number) for number in range(201)]
    head = "role:master\nmaster_repl_offset:100\n"
    assert len(names(head + "".join(rows[:200]))) == 201
    with pytest.raises(ProbeError, match="it tells of 201 replicas, 200 are the most") as error:
        names(head + "".join(rows))
    assert error.value.reason == "bad_answer"
