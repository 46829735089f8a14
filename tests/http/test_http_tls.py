"""TLS of the listener: who is let in, what is refused at the start, and that files are rotated under it."""

import asyncio
import logging
import ssl
from ipaddress import ip_address
from pathlib import Path
from textwrap import dedent

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from holdfast.http.tls import TlsError
from tests.http.stand import Authority, Serve, Served, until

TLS = "tls_server_config: {cert_file: server.crt, key_file: server.key}\n"
MUTUAL = """
    tls_server_config:
      cert_file: server.crt
      key_file: server.key
      client_ca_file: authority.crt
      client_auth_type: %s
    """
HANDSHAKE_FAILED = (aiohttp.ClientConnectionError, ssl.SSLError, ConnectionError)


@pytest.fixture
def web(tmp_path: Path, authority: Authority) -> Path:
    """A web configuration beside its certificate."""
    authority.issue_server()
    return write(tmp_path / "web.yaml", TLS)


def write(path: Path, text: str) -> Path:
    path.write_text(dedent(text))
    return path


def change(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


async def fetch(served: Served, trust: ssl.SSLContext, path: str = "/livez") -> str:
    """Over a connection of its own."""
    async with aiohttp.ClientSession() as client, client.get(served.url(path, "https"), ssl=trust) as answer:
        return await answer.text()


async def peer(served: Served, trust: ssl.SSLContext) -> str:
    """The common name in the certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection("127.0.0.1", served.bound.listen[0].port, ssl=trust)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    return str(x509.load_der_x509_certificate(der).subject.rfc4514_string().removeprefix("CN="))


def client_of(authority: Authority, name: str, *sans: x509.GeneralName, trust: Authority) -> ssl.SSLContext:
    context = trust.trusted()
    context.load_cert_chain(*authority.issue(name, *sans))
    return context


async def test_metrics_are_served_over_tls_alone_and_probes_stay_plain(
    serve: Serve, web: Path, authority: Authority
) -> None:
    served = await serve(web)
    assert "holdfast_up 1" in await fetch(served, authority.trusted(), "/metrics")
    with pytest.raises(HANDSHAKE_FAILED):
        await served.client.get(served.url("/metrics"))
    async with served.client.get(served.probe_url("/livez")) as answer:
        assert answer.status == 200


async def test_the_protocol_is_named_and_new(serve: Serve, web: Path, authority: Authority) -> None:
    served = await serve(web)
    trust = authority.trusted()
    trust.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection("127.0.0.1", served.bound.listen[0].port, ssl=trust)
    tls = writer.get_extra_info("ssl_object")
    assert (tls.selected_alpn_protocol(), tls.version()) == ("http/1.1", "TLSv1.3")
    writer.close()


@pytest.mark.parametrize(
    ("limit", "version", "served"),
    [
        ("max_version: TLS12", ssl.TLSVersion.TLSv1_2, True),
        ("max_version: TLS12", ssl.TLSVersion.TLSv1_3, False),
        ("min_version: TLS13", ssl.TLSVersion.TLSv1_2, False),
        ("min_version: TLS13", ssl.TLSVersion.TLSv1_3, True),
    ],
)
async def test_versions_are_limited(
    serve: Serve, web: Path, authority: Authority, *, limit: str, version: ssl.TLSVersion, served: bool
) -> None:
    write(web, TLS.replace("}", f", {limit}}}"))
    server = await serve(web)
    trust = authority.trusted()
    trust.minimum_version = trust.maximum_version = version
    if served:
        assert await fetch(server, trust) == "ok\n"
    else:
        with pytest.raises(HANDSHAKE_FAILED):
            await fetch(server, trust)


async def test_a_client_certificate_is_required_and_verified(
    serve: Serve, web: Path, authority: Authority, stranger: Authority
) -> None:
    write(web, MUTUAL % "RequireAndVerifyClientCert")
    served = await serve(web)
    assert await fetch(served, client_of(authority, "prometheus", trust=authority)) == "ok\n"
    with pytest.raises(HANDSHAKE_FAILED):
        await fetch(served, authority.trusted())
    with pytest.raises(HANDSHAKE_FAILED):
        await fetch(served, client_of(stranger, "prometheus", trust=authority))


async def test_a_client_certificate_is_verified_if_given(
    serve: Serve, web: Path, authority: Authority, stranger: Authority
) -> None:
    write(web, MUTUAL % "VerifyClientCertIfGiven")
    served = await serve(web)
    assert await fetch(served, client_of(authority, "prometheus", trust=authority)) == "ok\n"
    assert await fetch(served, authority.trusted()) == "ok\n"
    with pytest.raises(HANDSHAKE_FAILED):
        await fetch(served, client_of(stranger, "prometheus", trust=authority))


@pytest.mark.parametrize(
    "san",
    [
        x509.DNSName("prometheus.monitoring.svc"),
        x509.IPAddress(ip_address("10.0.0.1")),
        x509.IPAddress(ip_address("fd00::1")),
        x509.RFC822Name("scraper@example.org"),
        x509.UniformResourceIdentifier("spiffe://example.org/prometheus"),
    ],
    ids=lambda san: type(san).__name__,
)
async def test_only_allowed_names_are_let_in(
    serve: Serve, web: Path, authority: Authority, san: x509.GeneralName
) -> None:
    allowed = "[prometheus.monitoring.svc, 10.0.0.1, 'fd00:0::1', scraper@example.org, spiffe://example.org/prometheus]"
    write(web, f"{dedent(MUTUAL % 'RequireAndVerifyClientCert')}  client_allowed_sans: {allowed}\n")
    served = await serve(web)
    assert await fetch(served, client_of(authority, "allowed", san, trust=authority)) == "ok\n"
    other = x509.DNSName("other.monitoring.svc")
    for refused in ((other,), ()):
        with pytest.raises(HANDSHAKE_FAILED):
            await fetch(served, client_of(authority, "prometheus.monitoring.svc", *refused, trust=authority))


async def test_allowed_names_are_demanded_even_where_a_certificate_is_not(
    serve: Serve, web: Path, authority: Authority
) -> None:
    write(web, f"{dedent(MUTUAL % 'VerifyClientCertIfGiven')}  client_allowed_sans: [prometheus]\n")
    served = await serve(web)
    with pytest.raises(HANDSHAKE_FAILED):
        await fetch(served, authority.trusted())


async def test_a_new_certificate_is_served_without_a_restart_and_old_connections_live_on(
    serve: Serve, web: Path, authority: Authority
) -> None:
    served = await serve(web)
    trust = authority.trusted()
    async with aiohttp.ClientSession() as client:
        async with client.get(served.url("/livez", "https"), ssl=trust) as answer:
            assert answer.status == 200
        assert await peer(served, trust) == "server"
        authority.issue_server("renewed", at="server")

        async def renewed() -> bool:
            return await peer(served, trust) == "renewed"

        await until(renewed)
        async with client.get(served.url("/livez", "https"), ssl=trust) as answer:
            assert answer.status == 200


async def test_a_mounted_secret_that_is_swapped_by_its_link_is_seen(
    serve: Serve, tmp_path: Path, authority: Authority
) -> None:
    """As the kubelet does it: files are links into a folder that is replaced by one rename."""
    mount = tmp_path / "mount"
    for generation in ("one", "two"):
        (mount / f"..{generation}").mkdir(parents=True)
        for file in authority.issue_server(generation):
            file.rename(mount / f"..{generation}" / f"server{file.suffix}")
    (mount / "..data").symlink_to("..one")
    for name in ("server.crt", "server.key"):
        (mount / name).symlink_to(f"..data/{name}")
    served = await serve(write(mount / "web.yaml", TLS))
    trust = authority.trusted()
    assert await peer(served, trust) == "one"
    (mount / "..data_tmp").symlink_to("..two")
    (mount / "..data_tmp").rename(mount / "..data")

    async def swapped() -> bool:
        return await peer(served, trust) == "two"

    await until(swapped)


async def test_an_authority_that_is_taken_away_is_trusted_no_more(
    serve: Serve, web: Path, authority: Authority, stranger: Authority
) -> None:
    write(web, MUTUAL % "RequireAndVerifyClientCert")
    served = await serve(web)
    prometheus = client_of(authority, "prometheus", trust=authority)
    assert await fetch(served, prometheus) == "ok\n"
    write(web, (MUTUAL % "RequireAndVerifyClientCert").replace("authority.crt", "stranger.crt"))

    async def refused() -> bool:
        try:
            await fetch(served, prometheus)
        except HANDSHAKE_FAILED:
            return True
        return False

    await until(refused)
    assert await fetch(served, client_of(stranger, "prometheus", trust=authority)) == "ok\n"


async def test_a_broken_pair_keeps_the_old_one_and_is_logged_once(
    serve: Serve, web: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "holdfast.http")
    served = await serve(web)
    trust = authority.trusted()
    certificate, key = authority.issue_server("renewed")
    certificate.replace(web.parent / "server.crt")  # half of a rotation: the key is still the old one

    async def logged() -> bool:
        return bool(caplog.records)

    await until(logged)
    await asyncio.sleep(0.3)  # several looks at the same broken files
    assert await peer(served, trust) == "server"
    pair = f"{web.parent}/server.key: does not belong to the certificate {web.parent}/server.crt"
    assert [record.getMessage() for record in caplog.records] == [
        f"web configuration: what was read before stays in force. {pair}; name a pair that does"
    ]
    key.replace(web.parent / "server.key")

    async def renewed() -> bool:
        return await peer(served, trust) == "renewed"

    await until(renewed)
    assert caplog.records[-1].getMessage() == (
        f"web configuration: {web} or a file that it names changed and was read again"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "nonsense: 1",
            "{web}:1: nonsense: unknown key; valid keys: tls_server_config, http_server_config, basic_auth_users",
        ),
        ("", "{web}: tls_server_config was removed; restart for that to take effect"),
        (
            "tls_server_config: {cert_file: none.crt, key_file: server.key}",
            "{folder}/none.crt: cannot be read: No such file or directory; name a file that can",
        ),
        (None, "{web}: cannot be read: No such file or directory; name a file that can"),
    ],
)
async def test_a_broken_file_keeps_the_old_one_and_says_why(
    serve: Serve,
    web: Path,
    authority: Authority,
    caplog: pytest.LogCaptureFixture,
    *,
    text: str | None,
    said: str,
) -> None:
    served = await serve(web)
    change(web, text)

    async def logged() -> bool:
        return bool(caplog.records)

    await until(logged)
    assert await fetch(served, authority.trusted()) == "ok\n"
    await asyncio.sleep(0.3)  # several looks at the same broken file
    why = said.format(web=web, folder=web.parent)
    assert [record.getMessage() for record in caplog.records] == [
        f"web configuration: what was read before stays in force. {why}"
    ]


async def test_a_certificate_that_appears_later_ends_a_failure(
    serve: Serve, web: Path, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    served = await serve(web)
    write(web, "tls_server_config: {cert_file: later.crt, key_file: later.key}")

    async def logged() -> bool:
        return bool(caplog.records)

    await until(logged)
    authority.issue_server("later")

    async def taken() -> bool:
        return await peer(served, authority.trusted()) == "later"

    await until(taken)


class Start:
    """What is said of files that cannot serve at the start."""

    def __init__(self, serve: Serve, web: Path) -> None:
        self._serve = serve
        self._web = web

    async def refusal(self) -> str:
        with pytest.raises(TlsError) as refusal:
            await self._serve(self._web)
        return str(refusal.value).replace(f"{self._web.parent}/", "")


@pytest.fixture
def start(serve: Serve, web: Path) -> Start:
    return Start(serve, web)


async def test_a_missing_key_stops_the_start(start: Start, tmp_path: Path) -> None:
    (tmp_path / "server.key").unlink()
    assert (
        await start.refusal() == "server.key: cannot be read: No such file or directory; name a file that can"
    )


async def test_a_key_of_another_certificate_stops_the_start(
    start: Start, tmp_path: Path, authority: Authority
) -> None:
    _, key = authority.issue_server("other")
    key.replace(tmp_path / "server.key")
    assert await start.refusal() == (
        "server.key: does not belong to the certificate server.crt; name a pair that does"
    )


async def test_an_encrypted_key_stops_the_start_instead_of_asking_the_terminal(
    start: Start, tmp_path: Path
) -> None:
    file = tmp_path / "server.key"
    key = serialization.load_pem_private_key(file.read_bytes(), None)
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(encoding, form, serialization.BestAvailableEncryption(b"secret")))
    assert await start.refusal() == (
        "server.key: the key is encrypted; name one that is not, readable to this program alone"
    )


async def test_files_that_are_no_pem_stop_the_start(start: Start, tmp_path: Path, web: Path) -> None:
    write(web, MUTUAL % "RequireAndVerifyClientCert")
    (tmp_path / "authority.crt").write_text("not a certificate")
    assert (await start.refusal()).startswith("authority.crt: no certificate can be read (")
    (tmp_path / "server.crt").write_text("not a certificate")
    assert (await start.refusal()).startswith(
        "server.crt: no certificate and key in PEM form can be read from server.crt and server.key ("
    )
