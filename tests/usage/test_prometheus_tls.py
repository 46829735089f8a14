"""Whom the client trusts and by what it is trusted: authorities, names and certificates that rotate."""

import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from holdfast.model.asking import PrometheusSpec, TlsSpec
from holdfast.usage.prometheus import Prometheus, PrometheusError
from tests.http.stand import Authority
from tests.usage.stand import answering, api, client, success


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


@pytest.fixture
def stranger(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "stranger")


def served_with(pair: tuple[Path, Path], *, clients: Authority | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*pair)
    if clients is not None:
        context.load_verify_locations(clients.file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


async def failure(url: str, **tls: Any) -> PrometheusError:
    async with Prometheus(PrometheusSpec(url=url, timeout=5.0, tls=TlsSpec(**tls))) as prometheus:
        with pytest.raises(PrometheusError) as caught:
            await prometheus.query("up")
    return caught.value


async def test_a_server_of_the_named_authority_is_trusted(authority: Authority) -> None:
    async with (
        api(answering(success()), served_with(authority.issue_server())) as stand,
        client(stand, tls=TlsSpec(ca_file=authority.file)) as prometheus,
    ):
        assert (await prometheus.query("up")).complete


async def test_a_server_of_another_authority_is_not(authority: Authority, stranger: Authority) -> None:
    async with api(answering(success()), served_with(stranger.issue_server())) as stand:
        error = await failure(stand.url, ca_file=authority.file)
    assert error.reason == "tls"
    assert error.text == (
        f"{stand.url}: shows a certificate that we do not trust (unable to get local issuer certificate); see `tls`"
    )
    assert stand.asked == []


async def test_without_an_authority_the_systems_are_asked(authority: Authority) -> None:
    async with api(answering(success()), served_with(authority.issue_server())) as stand:
        assert (await failure(stand.url)).reason == "tls"


async def test_a_certificate_for_another_name_is_not_trusted(authority: Authority) -> None:
    pair = authority.issue("server", x509.DNSName("mimir.example"))
    async with api(answering(success()), served_with(pair)) as stand:
        assert (await failure(stand.url, ca_file=authority.file)).reason == "tls"


async def test_the_name_in_the_certificate_can_be_told(authority: Authority) -> None:
    pair = authority.issue("server", x509.DNSName("mimir.example"))
    tls = TlsSpec(ca_file=authority.file, server_name="mimir.example")
    async with (
        api(answering(success()), served_with(pair)) as stand,
        client(stand, tls=tls) as prometheus,
    ):
        await prometheus.query("up")
    assert len(stand.asked) == 1


async def test_who_asks_for_no_proof_gets_none(stranger: Authority) -> None:
    async with (
        api(answering(success()), served_with(stranger.issue_server())) as stand,
        client(stand, tls=TlsSpec(verify=False)) as prometheus,
    ):
        await prometheus.query("up")
    assert len(stand.asked) == 1


async def test_a_client_certificate_is_shown(authority: Authority) -> None:
    certificate, key = authority.issue("holdfast")
    context = served_with(authority.issue_server(), clients=authority)
    tls = TlsSpec(ca_file=authority.file, cert_file=certificate, key_file=key)
    async with api(answering(success()), context) as stand, client(stand, tls=tls) as prometheus:
        await prometheus.query("up")
    assert len(stand.asked) == 1


async def test_a_server_that_wants_a_client_certificate_and_gets_none_is_a_failure(
    authority: Authority,
) -> None:
    """TLS 1.3 tells it only after the handshake, when the connection is cut."""
    context = served_with(authority.issue_server(), clients=authority)
    async with api(answering(success()), context) as stand:
        error = await failure(stand.url, ca_file=authority.file)
    assert (error.reason in ("tls", "connection"), stand.asked) == (True, [])


async def test_an_authority_that_was_rotated_is_trusted_with_the_next_request(
    authority: Authority, stranger: Authority, tmp_path: Path
) -> None:
    trusted = tmp_path / "ca.crt"
    trusted.write_bytes(stranger.file.read_bytes())
    async with (
        api(answering(success()), served_with(authority.issue_server())) as stand,
        client(stand, tls=TlsSpec(ca_file=trusted)) as prometheus,
    ):
        with pytest.raises(PrometheusError):
            await prometheus.query("up")
        trusted.write_bytes(authority.file.read_bytes())
        await prometheus.query("up")
    assert len(stand.asked) == 1


async def test_a_server_without_tls_is_told_as_such(authority: Authority) -> None:
    async with api(answering(success())) as stand:
        url = stand.url.replace("http:", "https:")
        error = await failure(url, ca_file=authority.file)
    assert error.reason == "tls"
    assert "see `tls` and whether the URL should begin with http" in error.text


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "cannot be read: No such file or directory; mount it"), ("nonsense", "holds no certificates of")],
)
async def test_an_authority_file_that_cannot_be_used_is_named(
    content: str | None, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_text(content)
    error = await failure("https://127.0.0.1:1", ca_file=file)
    assert (error.reason, error.text.startswith(f"{file}: {words}")) == ("tls", True)


async def test_a_key_of_another_certificate_is_named_and_not_shown(authority: Authority) -> None:
    certificate, _ = authority.issue("one")
    _, key = authority.issue("other")
    error = await failure("https://127.0.0.1:1", ca_file=authority.file, cert_file=certificate, key_file=key)
    assert error.reason == "tls"
    assert error.text == (
        f"{certificate}: is no certificate that fits the key in {key}; write both as PEM, the key without a passphrase"
    )
