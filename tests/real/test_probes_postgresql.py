"""Two real PostgreSQL servers, and what a probe of each says while their replication is paused, cut, stalled and promoted."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.probes.fault import ProbeError
from tests.real.certificates import certificates
from tests.real.databases import PASSWORD, Postgresql, Probed, trusting
from tests.real.proxy import Proxy

pytestmark = pytest.mark.real

STANDBY = "orders/standby-1"
MONITOR = "CREATE ROLE monitor LOGIN PASSWORD 'of the mönitor ✓'"
WRITE = "INSERT INTO orders SELECT generate_series(1, 1000)"


@pytest.fixture(scope="module")
def primary() -> Iterator[Postgresql]:
    with Postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def standby(primary: Postgresql) -> Iterator[Postgresql]:
    with Postgresql(primary) as server:
        yield server


@pytest.fixture(autouse=True)
async def table(primary: Postgresql) -> None:
    await primary.run_sql("DROP TABLE IF EXISTS orders", "CREATE TABLE orders (id int)")


async def test_a_standby_that_keeps_up_is_healthy_seen_from_both_sides(
    primary: Postgresql, standby: Postgresql, tmp_path: Path
) -> None:
    at_primary = Probed(tmp_path, "postgresql", primary.port)
    at_standby = Probed(tmp_path, "postgresql", standby.port)
    seen = await at_primary.until(lambda one: one.lag == 0.0, STANDBY)
    assert (seen.health, seen.why) == ("healthy", "")
    own = await at_standby.until(lambda one: one.lag == 0.0)
    assert (own.health, own.judged) == ("healthy", True)


async def test_paused_replay_is_named_by_the_standby_and_lags_at_the_primary(
    primary: Postgresql, standby: Postgresql, tmp_path: Path
) -> None:
    at_primary = Probed(tmp_path, "postgresql", primary.port)
    at_standby = Probed(tmp_path, "postgresql", standby.port)
    await at_primary.until(lambda one: one.lag == 0.0, STANDBY)
    await standby.run_sql("SELECT pg_wal_replay_pause()")
    try:
        await primary.run_sql(WRITE)
        late = await at_primary.until(lambda one: (one.lag or 0) > 2.0, STANDBY)
        assert late.health == "healthy"
        paused = await at_standby.until(lambda one: one.health == "paused")
        assert (paused.lag or 0) > 2.0
    finally:
        await standby.run_sql("SELECT pg_wal_replay_resume()")
    await at_primary.until(lambda one: one.lag == 0.0, STANDBY)
    await at_standby.until(lambda one: one.health == "healthy" and one.lag == 0.0)


async def test_a_standby_whose_stream_is_cut_is_broken_on_both_sides_until_it_is_back(
    primary: Postgresql, tmp_path: Path
) -> None:
    await primary.run_sql("SELECT pg_create_physical_replication_slot('spare', true)")
    async with Proxy(primary.port) as proxy:
        with Postgresql(primary, feed=proxy.port, standby_name="spare", slot="spare") as spare:
            at_primary = Probed(tmp_path, "postgresql", primary.port)
            at_spare = Probed(tmp_path, "postgresql", spare.port)
            await at_primary.until(lambda one: one.lag == 0.0, "orders/spare")
            await at_spare.until(lambda one: one.lag == 0.0)
            assert "orders/slot spare" not in await at_primary.look()
            await proxy.cut()
            await primary.run_sql(WRITE)
            gone = await at_spare.until(lambda one: one.health == "broken")
            assert gone.why == "no stream comes from its primary"
            held = await at_primary.until(lambda one: (one.lag or 0) > 1.0, "orders/slot spare")
            assert (held.health, held.why) == ("broken", "its standby is not connected")
            assert "orders/spare" not in await at_primary.look()
            await proxy.mend()
            await at_spare.until(lambda one: one.health == "healthy" and one.lag == 0.0)
            await at_primary.until(lambda one: one.lag == 0.0, "orders/spare")
    await primary.run_sql("SELECT pg_drop_replication_slot('spare')")


async def test_a_stalled_stream_lags_at_the_primary_though_the_primary_itself_goes_on_saying_what_it_knew_last(
    primary: Postgresql, tmp_path: Path
) -> None:
    async with Proxy(primary.port) as proxy:
        with Postgresql(primary, feed=proxy.port, standby_name="far"):
            at_primary = Probed(tmp_path, "postgresql", primary.port)
            await at_primary.until(lambda one: one.lag == 0.0, "orders/far")
            proxy.stall()
            await primary.run_sql(WRITE)
            late = await at_primary.until(lambda one: (one.lag or 0) > 2.0, "orders/far")
            assert late.health == "healthy"  # the primary has not noticed yet
            told = await primary.run_sql(
                "SELECT extract(epoch FROM replay_lag)::float8 FROM pg_stat_replication WHERE application_name = 'far'"
            )
            assert all(float(seconds) < 1.0 for seconds in told)
            proxy.flow()
            await at_primary.until(lambda one: one.lag == 0.0, "orders/far")


async def test_a_promoted_standby_speaks_as_a_primary_without_replicas(
    primary: Postgresql, tmp_path: Path
) -> None:
    with Postgresql(primary, standby_name="heir") as heir:
        at_heir = Probed(tmp_path, "postgresql", heir.port)
        await at_heir.until(lambda one: one.health == "healthy" and one.judged)
        await heir.run_sql("SELECT pg_promote()")
        promoted = await at_heir.until(lambda one: not one.judged)
        assert (promoted.health, promoted.why) == ("broken", "no replica is connected")


async def test_fewer_standbys_than_asked_for_are_degraded(
    primary: Postgresql, standby: Postgresql, tmp_path: Path
) -> None:
    probed = Probed(tmp_path, "postgresql", primary.port, replicas=2)
    few = await probed.until(lambda one: one.health == "degraded")
    assert few.why == "1 of 2 replicas are connected"


async def test_a_logical_slot_without_consumer_is_degraded_beyond_its_limit_only(
    primary: Postgresql, tmp_path: Path
) -> None:
    await primary.run_sql("SELECT pg_create_logical_replication_slot('events', 'pgoutput')", WRITE)
    try:
        small = Probed(tmp_path, "postgresql", primary.port, slot_wal_limit=1)
        large = Probed(tmp_path, "postgresql", primary.port, slot_wal_limit=2**40)
        assert (await small.look())["orders/slot events"].health == "degraded"
        assert (await large.look())["orders/slot events"].health == "healthy"
    finally:
        await primary.run_sql("SELECT pg_drop_replication_slot('events')")


async def test_a_delayed_standby_is_not_judged_and_with_an_objective_may_be_late_by_its_delay_more(
    primary: Postgresql, standby: Postgresql, tmp_path: Path
) -> None:
    await standby.run_sql("ALTER SYSTEM SET recovery_min_apply_delay = '1h'", "SELECT pg_reload_conf()")
    try:
        free = Probed(tmp_path, "postgresql", standby.port)
        await free.until(lambda one: not one.judged)
        bound = Probed(tmp_path, "postgresql", standby.port, objective=60.0)
        assert (await bound.look())["orders"].objective == 3660.0
    finally:
        await standby.run_sql("ALTER SYSTEM RESET recovery_min_apply_delay", "SELECT pg_reload_conf()")


async def test_a_user_without_pg_monitor_makes_it_unknown_and_with_it_all_is_seen(
    primary: Postgresql, standby: Postgresql, tmp_path: Path
) -> None:
    await primary.run_sql("DROP ROLE IF EXISTS monitor", MONITOR)
    who = {"user": "monitor", "password": "of the mönitor ✓"}
    at_primary = Probed(tmp_path, "postgresql", primary.port, **who)
    at_standby = Probed(tmp_path, "postgresql", standby.port, **who)
    await standby.reaches(primary)
    blind = await at_standby.until(lambda one: one.health == "unknown")
    assert blind.why == "no right to see it: GRANT pg_monitor"
    seen = await at_primary.look()
    assert list(seen) == ["orders"]
    assert (seen["orders"].health, seen["orders"].why) == ("unknown", "no right to see it: GRANT pg_monitor")
    await primary.run_sql("GRANT pg_monitor TO monitor")
    await at_primary.until(lambda one: one.health == "healthy", STANDBY)
    await at_standby.until(lambda one: one.health == "healthy")


async def test_the_old_way_of_hashing_is_followed_and_a_bare_password_goes_over_tls_alone(
    tmp_path: Path,
) -> None:
    ours = certificates(tmp_path / "ours")
    with Postgresql(certificate=ours) as server:
        await server.run_sql(
            "SET password_encryption = 'md5'",
            "CREATE ROLE old LOGIN PASSWORD 'of old' IN ROLE pg_monitor",
            "CREATE ROLE bare LOGIN PASSWORD 'of bare' IN ROLE pg_monitor",
        )
        assert (
            "orders"
            in await Probed(tmp_path, "postgresql", server.port, user="old", password="of old").look()
        )
        known = {"user": "bare", "password": "of bare"}
        with pytest.raises(ProbeError, match="set tls where it asks for the bare password") as error:
            await Probed(tmp_path, "postgresql", server.port, **known).look()
        assert error.value.reason == "unauthorized"
        assert (
            "orders" in await Probed(tmp_path, "postgresql", server.port, tls=trusting(ours), **known).look()
        )


async def test_a_wrong_password_is_told_without_the_password(primary: Postgresql, tmp_path: Path) -> None:
    probed = Probed(tmp_path, "postgresql", primary.port, password="not this one")
    with pytest.raises(ProbeError) as error:
        await probed.look()
    assert error.value.reason == "unauthorized"
    assert error.value.text == (
        f"probe orders (postgresql at 127.0.0.1:{primary.port}): it refused the user (28P01);"
        " check user and passwordFile, and pg_hba.conf for this address"
    )


async def test_a_password_that_rotates_is_read_again(primary: Postgresql, tmp_path: Path) -> None:
    probed = Probed(tmp_path, "postgresql", primary.port, password="of yesterday")
    with pytest.raises(ProbeError):
        await probed.look()
    (tmp_path / "password").write_text(PASSWORD)
    assert "orders" in await probed.look()


async def test_tls_trusts_its_own_authority_and_the_name_that_was_told(tmp_path: Path) -> None:
    ours = certificates(tmp_path / "ours", "orders-db.shop.svc")
    others = certificates(tmp_path / "others", "orders-db.shop.svc")
    with Postgresql(certificate=ours) as server:
        named = trusting(ours, server_name="orders-db.shop.svc")
        await Probed(tmp_path, "postgresql", server.port, tls=named).look()
        for tls, words in (
            (trusting(ours), "not valid for '127.0.0.1'"),
            (trusting(others, server_name="orders-db.shop.svc"), "is not trusted"),
        ):
            with pytest.raises(ProbeError, match=words) as error:
                await Probed(tmp_path, "postgresql", server.port, tls=tls).look()
            assert error.value.reason == "tls"


async def test_a_server_without_tls_is_refused_when_tls_is_asked_for(
    primary: Postgresql, tmp_path: Path
) -> None:
    ours = certificates(tmp_path / "ours")
    with pytest.raises(ProbeError, match="declined TLS") as error:
        await Probed(tmp_path, "postgresql", primary.port, tls=trusting(ours)).look()
    assert error.value.reason == "tls"


async def test_a_server_that_hangs_costs_no_more_than_the_timeout(
    primary: Postgresql, tmp_path: Path
) -> None:
    async with Proxy(primary.port) as proxy:
        proxy.stall()
        probed = Probed(tmp_path, "postgresql", proxy.port, timeout=0.5)
        started = asyncio.get_running_loop().time()
        with pytest.raises(ProbeError, match=r"no full answer within 0\.5 s") as error:
            await probed.look()
        assert error.value.reason == "timeout"
        assert asyncio.get_running_loop().time() - started < 2.0
