"""Two real MariaDB servers, and what a probe says while their replication is stopped, cut, stalled, delayed and promoted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from holdfast.probes.fault import ProbeError
from tests.real.certificates import certificates
from tests.real.databases import Mariadb, Probed, trusting
from tests.real.proxy import Proxy

pytestmark = [
    pytest.mark.real,
    pytest.mark.filterwarnings("ignore::pymysql.err.Warning"),  # of the statements that prepare a test
]

WRITE = "INSERT INTO shop.orders VALUES (1)"
BEAT = "REPLACE INTO percona.heartbeat (ts, server_id) VALUES (UTC_TIMESTAMP(6), 1)"


@pytest.fixture(scope="module")
def source() -> Iterator[Mariadb]:
    with Mariadb(1) as server:
        yield server


@pytest.fixture(scope="module")
def replica() -> Iterator[Mariadb]:
    with Mariadb(2) as server:
        yield server


@pytest.fixture(autouse=True)
async def tables(source: Mariadb, replica: Mariadb) -> AsyncIterator[None]:
    await source.run_sql(
        "CREATE DATABASE IF NOT EXISTS shop",
        "CREATE TABLE IF NOT EXISTS shop.orders (id int)",
        "CREATE DATABASE IF NOT EXISTS percona",
        "CREATE TABLE IF NOT EXISTS percona.heartbeat (ts varchar(26) NOT NULL, server_id int unsigned PRIMARY KEY)",
    )
    yield
    await replica.run_sql("STOP ALL SLAVES", "RESET SLAVE ALL")


@asynccontextmanager
async def following(source: Mariadb, replica: Mariadb) -> AsyncIterator[Proxy]:
    async with Proxy(source.port) as proxy:
        await replica.follow(proxy.port)
        written = (await source.run_sql("SELECT @@gtid_binlog_pos AS newest"))[0]["newest"]
        await replica.run_sql(f"SELECT MASTER_GTID_WAIT('{written}', 30)")
        yield proxy


async def test_a_replica_that_keeps_up_is_healthy(source: Mariadb, replica: Mariadb, tmp_path: Path) -> None:
    async with following(source, replica):
        seen = await Probed(tmp_path, "mysql", replica.port).until(lambda one: one.lag == 0.0)
        assert (seen.health, seen.why, seen.judged) == ("healthy", "", True)
        source_of_one = await Probed(tmp_path, "mysql", source.port).look()
        assert source_of_one["orders"].health == "healthy"


async def test_a_stopped_applying_thread_is_paused_and_its_lag_grows_though_the_server_tells_none(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica):
        probed = Probed(tmp_path, "mysql", replica.port)
        await probed.until(lambda one: one.lag == 0.0)
        await replica.run_sql("STOP SLAVE SQL_THREAD")
        await source.run_sql(WRITE)
        paused = await probed.until(lambda one: (one.lag or 0) > 1.0)
        assert (paused.health, paused.why) == ("paused", "its applying thread is stopped")
        status = await replica.run_sql("SHOW SLAVE STATUS")
        assert status[0]["Seconds_Behind_Master"] is None
        await replica.run_sql("START SLAVE SQL_THREAD")
        await probed.until(lambda one: one.health == "healthy" and one.lag == 0.0)


async def test_an_applying_thread_that_failed_is_broken_and_the_error_is_not_published(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica):
        probed = Probed(tmp_path, "mysql", replica.port)
        await probed.until(lambda one: one.lag == 0.0)
        await source.run_sql("CREATE TABLE IF NOT EXISTS shop.once (id int PRIMARY KEY)")
        await probed.until(lambda one: one.lag == 0.0)
        await replica.run_sql("SET sql_log_bin = 0", "INSERT INTO shop.once VALUES (1)")
        await source.run_sql("INSERT INTO shop.once VALUES (1)")
        broken = await probed.until(lambda one: one.health == "broken")
        assert broken.why == "it applies nothing: its applying thread stopped with an error"
        await replica.run_sql("SET sql_log_bin = 0", "DELETE FROM shop.once")
        await replica.run_sql("START SLAVE")
        await probed.until(lambda one: one.health == "healthy")


async def test_a_replica_that_lost_its_source_is_broken_and_of_unknown_lag_until_it_is_back(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica) as proxy:
        probed = Probed(tmp_path, "mysql", replica.port)
        await probed.until(lambda one: one.lag == 0.0)
        await proxy.cut()
        await source.run_sql(WRITE)
        broken = await probed.until(lambda one: one.health == "broken")
        assert (broken.why, broken.lag) == ("it receives nothing: it does not reach its source", None)
        await proxy.mend()
        await probed.until(lambda one: one.health == "healthy" and one.lag == 0.0)


async def test_a_heartbeat_tells_the_lag_that_a_stalled_connection_hides(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica) as proxy:
        await source.run_sql(BEAT)
        by_beat = Probed(tmp_path, "mysql", replica.port, heartbeat_table="percona.heartbeat")
        await by_beat.until(lambda one: one.lag is not None and one.lag < 1.0)
        proxy.stall()
        await source.run_sql(BEAT)
        late = await by_beat.until(lambda one: (one.lag or 0) > 1.5)
        without = (await Probed(tmp_path, "mysql", replica.port).look())["orders"]
        assert late.lag is not None
        assert late.health == without.health == "healthy"  # neither server has noticed yet
        assert without.lag == 0.0
        proxy.flow()
        await source.run_sql(BEAT)
        await by_beat.until(lambda one: one.lag is not None and one.lag < 1.0)


async def test_each_source_of_a_replica_is_a_replication_of_its_own(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica):
        with Mariadb(3) as other:
            connection = (
                f"CHANGE MASTER 'south' TO MASTER_HOST='127.0.0.1', MASTER_PORT={other.port}, MASTER_USER='admin',"
                " MASTER_PASSWORD='wrong', MASTER_CONNECT_RETRY=1"
            )
            await replica.run_sql(connection, "START SLAVE 'south'")
            probed = Probed(tmp_path, "mysql", replica.port)
            south = await probed.until(lambda one: one.health == "broken", "orders/south")
            assert south.lag is None
            await probed.until(lambda one: one.health == "healthy", "orders")
            await replica.run_sql("STOP SLAVE 'south'", "RESET SLAVE 'south' ALL")


async def test_a_delayed_replica_is_not_judged_and_with_an_objective_may_be_late_by_its_delay_more(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica):
        await replica.run_sql("STOP SLAVE", "CHANGE MASTER TO MASTER_DELAY=3600", "START SLAVE")
        free = await Probed(tmp_path, "mysql", replica.port).until(lambda one: one.health == "healthy")
        assert not free.judged
        bound = await Probed(tmp_path, "mysql", replica.port, objective=60.0).look()
        assert bound["orders"].objective == 3660.0


async def test_a_promoted_replica_speaks_as_a_source_without_replicas(
    source: Mariadb, replica: Mariadb, tmp_path: Path
) -> None:
    async with following(source, replica):
        probed = Probed(tmp_path, "mysql", replica.port)
        await probed.until(lambda one: one.health == "healthy")
        await replica.run_sql("STOP SLAVE", "RESET SLAVE ALL")
        promoted = await probed.until(lambda one: not one.judged)
        assert (promoted.health, promoted.why) == ("broken", "no replica is connected")


async def test_rights_are_asked_for_by_their_names(source: Mariadb, replica: Mariadb, tmp_path: Path) -> None:
    who = {"user": "monitor", "password": "of the mönitor ✓"}
    await replica.run_sql(
        "SET sql_log_bin = 0", "CREATE OR REPLACE USER monitor IDENTIFIED BY 'of the mönitor ✓'"
    )
    probed = Probed(tmp_path, "mysql", replica.port, **who)
    with pytest.raises(
        ProbeError, match=r"lacks a right \(1227\); GRANT REPLICATION CLIENT \(MariaDB: SLAVE MONITOR\)"
    ):
        await probed.look()
    await replica.run_sql("GRANT SLAVE MONITOR ON *.* TO monitor")
    alone = (await probed.look())["orders"]
    assert (alone.health, alone.why) == ("unknown", "no right to see its replicas: GRANT PROCESS")
    await replica.run_sql("GRANT PROCESS ON *.* TO monitor")
    assert (await probed.look())["orders"].why == "no replica is connected"
    async with following(source, replica):
        await probed.until(lambda one: one.health == "healthy")
        by_beat = Probed(tmp_path, "mysql", replica.port, heartbeat_table="percona.heartbeat", **who)
        with pytest.raises(ProbeError, match="SELECT on heartbeatTable"):
            await by_beat.look()
        await replica.run_sql("GRANT SELECT ON percona.heartbeat TO monitor")
        await source.run_sql(BEAT)
        await by_beat.until(lambda one: one.lag is not None)


async def test_a_wrong_password_is_told_without_the_password(replica: Mariadb, tmp_path: Path) -> None:
    with pytest.raises(ProbeError) as error:
        await Probed(tmp_path, "mysql", replica.port, password="not this one").look()
    assert error.value.reason == "unauthorized"
    assert error.value.text == (
        f"probe orders (mysql at 127.0.0.1:{replica.port}): it refused the user (1045);"
        " check user and passwordFile, and from which hosts the user may come"
    )


async def test_tls_trusts_its_own_authority_and_the_name_that_was_told(tmp_path: Path) -> None:
    ours = certificates(tmp_path / "ours", "orders-db.shop.svc")
    others = certificates(tmp_path / "others", "orders-db.shop.svc")
    with Mariadb(4, certificate=ours) as server:
        named = trusting(ours, server_name="orders-db.shop.svc")
        await Probed(tmp_path, "mysql", server.port, tls=named).look()
        for tls, words in (
            (trusting(ours), "not valid for '127.0.0.1'"),
            (trusting(others, server_name="orders-db.shop.svc"), "is not trusted"),
        ):
            with pytest.raises(ProbeError, match=words) as error:
                await Probed(tmp_path, "mysql", server.port, tls=tls).look()
            assert error.value.reason == "tls"


async def test_a_server_without_tls_is_refused_when_tls_is_asked_for(source: Mariadb, tmp_path: Path) -> None:
    ours = certificates(tmp_path / "ours")
    with pytest.raises(ProbeError, match="offers no TLS") as error:
        await Probed(tmp_path, "mysql", source.port, tls=trusting(ours)).look()
    assert error.value.reason == "tls"


async def test_a_server_that_hangs_costs_no_more_than_the_timeout(source: Mariadb, tmp_path: Path) -> None:
    async with Proxy(source.port) as proxy:
        proxy.stall()
        started = asyncio.get_running_loop().time()
        with pytest.raises(ProbeError, match=r"no full answer within 0\.5 s") as error:
            await Probed(tmp_path, "mysql", proxy.port, timeout=0.5).look()
        assert error.value.reason == "timeout"
        assert asyncio.get_running_loop().time() - started < 2.0
