"""Two real Redis servers, and what a probe says while their link is cut, stalled and given up."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from holdfast.model.asking import TlsSpec
from holdfast.probes.fault import ProbeError
from tests.real.certificates import certificates
from tests.real.databases import Probed, Redis, trusting
from tests.real.proxy import Proxy

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def primary() -> Iterator[Redis]:
    with Redis() as server:
        yield server


async def test_a_replica_that_keeps_up_is_healthy_seen_from_both_sides(
    primary: Redis, tmp_path: Path
) -> None:
    with Redis(primary=primary.port) as replica:
        own = await Probed(tmp_path, "redis", replica.port).until(lambda one: one.health == "healthy")
        assert own.lag is not None
        assert own.lag <= 1.0
        name = f"orders/127.0.0.1:{replica.port}"
        at_primary = Probed(tmp_path, "redis", primary.port)
        seen = await at_primary.until(lambda one: one.lag == 0.0, name)
        assert seen.health == "healthy"
        assert (await at_primary.look())["orders"].health == "healthy"


async def test_a_cut_link_is_broken_and_its_lag_grows_until_it_is_back(
    primary: Redis, tmp_path: Path
) -> None:
    async with Proxy(primary.port) as proxy:
        with Redis(primary=proxy.port) as replica:
            probed = Probed(tmp_path, "redis", replica.port)
            await probed.until(lambda one: one.health == "healthy")
            await proxy.cut()
            broken = await probed.until(lambda one: (one.lag or 0) >= 2.0)
            assert (broken.health, broken.why) == ("broken", "it has no link to its primary")
            gone = await Probed(tmp_path, "redis", primary.port).until(lambda one: one.health == "broken")
            assert gone.why == "no replica is connected"
            await proxy.mend()
            await probed.until(lambda one: one.health == "healthy" and (one.lag or 0) <= 1.0)


async def test_a_stalled_link_lags_on_both_sides_while_it_still_counts_as_up(
    primary: Redis, tmp_path: Path
) -> None:
    async with Proxy(primary.port) as proxy:
        with Redis(primary=proxy.port) as replica:
            at_replica, at_primary = (Probed(tmp_path, "redis", one.port) for one in (replica, primary))
            name = f"orders/127.0.0.1:{replica.port}"
            await at_primary.until(lambda one: one.lag == 0.0, name)
            proxy.stall()
            await primary.call("SET", "order", "1")
            late = await at_primary.until(lambda one: (one.lag or 0) > 1.5, name)
            assert late.health == "healthy"
            own = await at_replica.until(lambda one: (one.lag or 0) >= 2.0)
            assert own.health == "healthy"
            proxy.flow()
            await at_primary.until(lambda one: one.lag == 0.0, name)


async def test_a_replica_that_is_given_up_speaks_as_a_primary_without_replicas(
    primary: Redis, tmp_path: Path
) -> None:
    with Redis(primary=primary.port) as replica:
        probed = Probed(tmp_path, "redis", replica.port)
        await probed.until(lambda one: one.health == "healthy" and one.judged)
        await replica.call("REPLICAOF", "NO", "ONE")
        promoted = await probed.until(lambda one: not one.judged)
        assert (promoted.health, promoted.why) == ("broken", "no replica is connected")


async def test_a_user_of_the_acl_needs_info_alone(primary: Redis, tmp_path: Path) -> None:
    assert "orders" in await Probed(tmp_path, "redis", primary.port, user="monitor").look()
    with pytest.raises(ProbeError, match=r"give it \+info") as error:
        await Probed(tmp_path, "redis", primary.port, user="stranger").look()
    assert error.value.reason == "unauthorized"


@pytest.mark.parametrize("known", [{"password": "not this one"}, {"password_file": None}])
async def test_a_wrong_or_missing_password_is_told_without_it(
    primary: Redis, tmp_path: Path, known: dict[str, str | None]
) -> None:
    with pytest.raises(ProbeError) as error:
        await Probed(tmp_path, "redis", primary.port, **known).look()
    assert error.value.reason == "unauthorized"
    assert error.value.text == (
        f"probe orders (redis at 127.0.0.1:{primary.port}): it refused user or password; check user and passwordFile"
    )


async def test_tls_trusts_its_own_authority_and_the_name_that_was_told(tmp_path: Path) -> None:
    ours = certificates(tmp_path / "ours", "orders-db.shop.svc")
    others = certificates(tmp_path / "others", "orders-db.shop.svc")
    with Redis(certificate=ours) as server:
        named = trusting(ours, server_name="orders-db.shop.svc")
        await Probed(tmp_path, "redis", server.port, tls=named).look()
        for tls, words in (
            (trusting(ours), "not valid for '127.0.0.1'"),
            (trusting(others, server_name="orders-db.shop.svc"), "is not trusted"),
        ):
            with pytest.raises(ProbeError, match=words) as error:
                await Probed(tmp_path, "redis", server.port, tls=tls).look()
            assert error.value.reason == "tls"


async def test_a_server_that_asks_for_a_certificate_gets_it(tmp_path: Path) -> None:
    ours = certificates(tmp_path / "ours")
    with Redis(certificate=ours, mutual=True) as server:
        shown = TlsSpec(ca_file=ours / "ca.pem", cert_file=ours / "server.pem", key_file=ours / "server.key")
        assert "orders" in await Probed(tmp_path, "redis", server.port, tls=shown).look()
        with pytest.raises(ProbeError) as error:
            await Probed(tmp_path, "redis", server.port, tls=trusting(ours)).look()
        # the server ends the connection after the handshake: its alert comes through, or the end of the connection
        assert error.value.reason in ("tls", "connection")


async def test_a_certificate_that_nobody_can_check_is_taken_where_that_is_asked_for(tmp_path: Path) -> None:
    with Redis(certificate=certificates(tmp_path / "ours")) as server:
        assert "orders" in await Probed(tmp_path, "redis", server.port, tls=TlsSpec(verify=False)).look()


async def test_a_server_without_tls_stays_mute_when_tls_is_asked_for_and_that_is_said(
    primary: Redis, tmp_path: Path
) -> None:
    tls = trusting(certificates(tmp_path / "ours"))
    with pytest.raises(ProbeError, match="or whether this port speaks no TLS") as error:
        await Probed(tmp_path, "redis", primary.port, tls=tls, timeout=0.5).look()
    assert error.value.reason == "timeout"


async def test_a_server_that_hangs_costs_no_more_than_the_timeout(primary: Redis, tmp_path: Path) -> None:
    async with Proxy(primary.port) as proxy:
        proxy.stall()
        started = asyncio.get_running_loop().time()
        with pytest.raises(ProbeError, match=r"no full answer within 0\.5 s") as error:
            await Probed(tmp_path, "redis", proxy.port, timeout=0.5).look()
        assert error.value.reason == "timeout"
        assert asyncio.get_running_loop().time() - started < 2.0
