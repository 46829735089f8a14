"""The replica's status of MySQL 8, MySQL 5.7 and MariaDB: rows in, replications out."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.asking import ProbeSpec
from holdfast.model.replication import Replication
from holdfast.probes.fault import ProbeError
from holdfast.probes.mysql import status_statement
from holdfast.probes.mysql_reading import Facts, read
from holdfast.probes.positions import Memory

UUID = "3e11fa47-71ca-11e1-9e33-c80aa9429562"
TARGET = ProbeSpec(name="orders", kind="mysql", host="db", port=3306)
MYSQL_8 = {
    "Replica_IO_State": "Waiting for source to send event", "Source_Server_Id": 1,
    "Replica_IO_Running": "Yes", "Replica_SQL_Running": "Yes", "Seconds_Behind_Source": 0, "Last_IO_Errno": 0,
    "Last_SQL_Errno": 0, "SQL_Delay": 0, "Channel_Name": "", "Auto_Position": 1,
    "Retrieved_Gtid_Set": f"{UUID}:101-200", "Executed_Gtid_Set": f"{UUID}:1-200",
}  # fmt: skip
MYSQL_5 = {
    "Master_Server_Id": 1, "Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes", "Seconds_Behind_Master": 7,
    "Last_IO_Errno": 0, "Last_SQL_Errno": 0, "SQL_Delay": 0, "Channel_Name": "", "Retrieved_Gtid_Set": "",
    "Executed_Gtid_Set": "",
}  # fmt: skip
MARIADB = {
    "Connection_name": "", "Master_Server_Id": 1, "Slave_IO_Running": "Yes", "Slave_SQL_Running": "Yes",
    "Seconds_Behind_Master": 0, "Last_SQL_Errno": 0, "SQL_Delay": 0, "Using_Gtid": "Slave_Pos",
    "Gtid_IO_Pos": "0-1-270", "Gtid_Slave_Pos": "0-1-270",
}  # fmt: skip
CLOCK = "2026-05-01 12:00:30.000000"


def names(
    *rows: dict[str, Any], memory: Memory | None = None, at: float = 1_000.0, **facts: Any
) -> dict[str, Replication]:
    found = read(TARGET, Facts(channels=rows, clock=CLOCK, **facts), memory or Memory(), at)
    return {one.id.name: one for one in found}


@pytest.mark.parametrize(("row", "lag"), [(MYSQL_8, 0.0), (MYSQL_5, 7.0), (MARIADB, 0.0)])
def test_a_replica_whose_threads_run_is_healthy(row: dict[str, Any], lag: float) -> None:
    seen = names(row)["orders"]
    assert (seen.health, seen.lag, seen.measured) == ("healthy", lag, 1_000.0)


def test_null_seconds_are_unknown_and_no_zero() -> None:
    seen = names(MYSQL_5 | {"Seconds_Behind_Master": None})["orders"]
    assert (seen.health, seen.lag) == ("healthy", None)


@pytest.mark.parametrize("io", ["Connecting", "No"])
def test_zero_seconds_of_a_replica_that_receives_nothing_are_not_believed(io: str) -> None:
    seen = names(MYSQL_8 | {"Replica_IO_Running": io})["orders"]
    assert (seen.health, seen.lag) == ("broken", None)


@pytest.mark.parametrize(
    "rows",
    [
        (MYSQL_8, MYSQL_8 | {"Retrieved_Gtid_Set": f"{UUID}:101-220"}),
        (MARIADB, MARIADB | {"Gtid_IO_Pos": "0-1-290"}),
    ],
)
def test_transactions_received_and_not_applied_lag_though_the_server_says_zero_seconds(
    rows: tuple[dict[str, Any], ...],
) -> None:
    level, behind = rows
    memory = Memory()
    names(level, memory=memory, at=100.0)
    names(behind, memory=memory, at=130.0)
    assert names(behind, memory=memory, at=190.0)["orders"].lag == 60.0


def test_an_applying_thread_stopped_by_hand_is_paused_and_by_an_error_broken() -> None:
    stopped = MYSQL_8 | {"Replica_SQL_Running": "No", "Seconds_Behind_Source": None}
    assert names(stopped)["orders"].health == "paused"
    assert names(stopped | {"Last_SQL_Errno": 1062})["orders"].health == "broken"
    assert names({**stopped, "Last_SQL_Errno": None})["orders"].health == "broken"


def test_a_thread_state_that_nobody_knows_is_unknown_and_named() -> None:
    for column in ("Replica_IO_Running", "Replica_SQL_Running"):
        seen = names(MYSQL_8 | {column: "Dreaming"})["orders"]
        assert (seen.health, seen.strange) == ("unknown", "Dreaming")


def test_each_channel_is_a_replication_and_those_of_group_replication_are_none() -> None:
    seen = names(
        MYSQL_8 | {"Channel_Name": "north"},
        MYSQL_8 | {"Channel_Name": "south", "Replica_IO_Running": "No"},
        MYSQL_8 | {"Channel_Name": "group_replication_recovery", "Replica_IO_Running": "No"},
    )
    assert {name: one.health for name, one in seen.items()} == {
        "orders/north": "healthy",
        "orders/south": "broken",
    }


def test_a_heartbeat_beats_the_servers_seconds() -> None:
    beats = [{"server_id": 1, "ts": "2026-05-01T12:00:00.500000"}, {"server_id": 9, "ts": CLOCK}]
    assert names(MYSQL_8, beats=beats)["orders"].lag == 29.5
    assert names(MYSQL_8 | {"Source_Server_Id": 5}, beats=beats)["orders"].lag == 0.0
    held = [{"server_id": 1, "ts": datetime(2026, 5, 1, 12)}]  # a TIMESTAMP column
    assert names(MYSQL_8, beats=held)["orders"].lag == 30.0


@pytest.mark.parametrize(
    ("beats", "why"),
    [
        ([], "its heartbeat table holds no time"),
        ([{"server_id": 1, "ts": None}], "its heartbeat table holds no time"),
        (
            [{"server_id": 1, "ts": "2026-05-01T14:00:00"}],
            "its heartbeat lies in the future: is it written with --utc?",
        ),
    ],
)
def test_a_heartbeat_that_means_nothing_makes_the_lag_unknown_and_says_why(
    beats: list[Any], why: str
) -> None:
    seen = names(MYSQL_8, beats=beats)["orders"]
    assert (seen.lag, seen.why) == (None, why)


def test_a_server_that_replicates_from_nobody_tells_of_its_own_replicas() -> None:
    assert names(replicas=2)["orders"].health == "healthy"
    assert names(replicas=0)["orders"].why == "no replica is connected"
    assert names(replicas=None)["orders"].why == "no right to see its replicas: GRANT PROCESS"


@pytest.mark.parametrize(
    ("version", "statement"),
    [
        ("10.11.6-MariaDB-0+deb12u1-log", "SHOW ALL SLAVES STATUS"),
        ("5.5.5-10.4.12-MariaDB", "SHOW ALL SLAVES STATUS"),
        ("8.0.21", "SHOW SLAVE STATUS"),
        ("8.0.22-13", "SHOW REPLICA STATUS"),
        ("9.4.0", "SHOW REPLICA STATUS"),
        ("5.7.44-log", "SHOW SLAVE STATUS"),
    ],
)
def test_each_version_is_asked_in_its_own_words(version: str, statement: str) -> None:
    assert status_statement(version) == statement


@given(
    st.dictionaries(
        st.sampled_from([*MYSQL_8, *MARIADB]), st.one_of(st.none(), st.integers(), st.text(max_size=9))
    )
)
def test_no_row_raises_and_none_is_healthy_without_both_threads(row: dict[str, Any]) -> None:
    threads = {"Yes"} == {
        str(row.get(new) if row.get(new) is not None else row.get(old))
        for new, old in (
            ("Replica_IO_Running", "Slave_IO_Running"),
            ("Replica_SQL_Running", "Slave_SQL_Running"),
        )
    }
    for one in names(row).values():
        assert one.id.name.startswith("orders")
        assert one.health != "healthy" or threads


def test_more_channels_than_anybody_has_are_a_bad_answer() -> None:
    rows = [MYSQL_8 | {"Channel_Name": f"c{number}"} for number in range(201)]
    assert len(names(*rows[:200])) == 200
    with pytest.raises(ProbeError, match="it tells of 201 channels, 200 are the most") as error:
        names(*rows)
    assert error.value.reason == "bad_answer"
