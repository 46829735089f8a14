"""Credentials, certificates and proxies: what a kubeconfig or a pod's service account says is what is sent."""

import asyncio
import base64
import ssl
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

import msgspec
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from kubernetes.aio.config import incluster_config, kube_config

from holdfast.cluster.connect import Connection, connect
from holdfast.cluster.errors import ApiError, ConnectError
from tests.cluster.conftest import QUICK, Run, kubeconfig
from tests.cluster.fake_api import FakeApi, started
from tests.cluster.recorder import PODS, Recorder, feed

PLUGIN = """
import json, os, pathlib, sys
info = json.loads(os.environ["KUBERNETES_EXEC_INFO"])
runs = pathlib.Path(sys.argv[1])
runs.write_text(runs.read_text() + "x" if runs.exists() else "x")
token = os.environ["PREFIX"] + str(len(runs.read_text()))
print(json.dumps({"apiVersion": info["apiVersion"], "kind": "ExecCredential", "status": {"token": token}}))
"""


def plugin(tmp_path: Path, script: str = PLUGIN) -> dict[str, object]:
    """A user whose token is ``t`` and the number of the run."""
    (tmp_path / "plugin.py").write_text(script)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": sys.executable,
            "args": [str(tmp_path / "plugin.py"), str(tmp_path / "runs")],
            "env": [{"name": "PREFIX", "value": "t"}],
        }
    }


async def refusal(connection: Connection) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await connection.get("/api")
    return caught.value


async def test_a_token_of_the_kubeconfig_is_sent(api: FakeApi, tmp_path: Path) -> None:
    """And so is who asks."""
    api.token = "secret"
    file = kubeconfig(tmp_path / "k", api.url, user={"token": "secret"})
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        assert (await connection.get("/api")).status == 200
        assert connection.server == api.url
    assert api.headers[-1]["User-Agent"].startswith("holdfast/")


async def test_a_path_below_the_server_is_kept(api: FakeApi, tmp_path: Path) -> None:
    """Some gateways serve each cluster's API below a path of its own."""
    file = kubeconfig(tmp_path / "k", f"{api.url}/k8s/clusters/c-1")
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        await refusal(connection)
    assert api.asked[-1].endswith(" /k8s/clusters/c-1/api")


async def test_an_exec_plugin_is_run_again_after_401(
    api: FakeApi, sink: Recorder, run: Run, tmp_path: Path
) -> None:
    """The token ran out: the plugin is run once more, the request sent again, and nothing counts as an error."""
    api.token = "t1"
    user = plugin(tmp_path)
    async with await connect(
        kubeconfig=kubeconfig(tmp_path / "k", api.url, user=user), timing=QUICK
    ) as connection:
        assert (await connection.get("/api")).status == 200
        api.token = "t2"
        answers = await asyncio.gather(*(connection.get("/api") for _ in range(5)))
        assert {answer.status for answer in answers} == {200}
        assert (tmp_path / "runs").read_text() == "xx"
        api.token = "none of them"
        assert (await refusal(connection)).reason == "unauthorized"


async def test_credentials_are_not_renewed_in_a_hurry(api: FakeApi, tmp_path: Path) -> None:
    """Many watches that are all refused do not run the plugin over and over."""
    api.token = "none of them"
    file = kubeconfig(tmp_path / "k", api.url, user=plugin(tmp_path))
    async with await connect(kubeconfig=file, timing=msgspec.structs.replace(QUICK, renew=60)) as connection:
        for _ in range(4):
            assert (await refusal(connection)).reason == "unauthorized"
    assert (tmp_path / "runs").read_text() == "xx"


async def test_a_plugin_that_fails_is_named(api: FakeApi, tmp_path: Path) -> None:
    """Not a refusal of an anonymous user, which would send the reader looking at roles."""
    user = plugin(tmp_path, "import sys; sys.exit('no login')")
    with pytest.raises(ConnectError, match=r"exec plugin .* gave no credentials"):
        await connect(kubeconfig=kubeconfig(tmp_path / "k", api.url, user=user), timing=QUICK)


async def test_a_plugin_that_hangs_is_waited_for_once(api: FakeApi, tmp_path: Path) -> None:
    """It may wait for a person at a terminal: requests fail meanwhile, and no second one is started beside it."""
    script = (
        f"import pathlib, time\nwhile not pathlib.Path({str(tmp_path / 'come')!r}).exists(): time.sleep(0.02)"
    )
    (tmp_path / "come").touch()
    file = kubeconfig(tmp_path / "k", api.url, user=plugin(tmp_path, PLUGIN + script))
    api.token = "t2"
    hurry = msgspec.structs.replace(QUICK, credentials=0.3)
    async with await connect(
        kubeconfig=file, timing=msgspec.structs.replace(hurry, credentials=5.0)
    ) as connection:
        connection._timing = hurry
        (tmp_path / "come").unlink()
        for _ in range(2):
            assert (await refusal(connection)).message == "credentials were not ready after 0.3 s"
        (tmp_path / "come").touch()
        connection._timing = QUICK
        assert (await connection.get("/api")).status == 200
    assert (tmp_path / "runs").read_text() == "xx"


async def test_401_is_an_error_of_the_feed_only_when_it_lasts(api: FakeApi, sink: Recorder, run: Run) -> None:
    """A token that no renewal mends: the feeds stay at their start, and say why when its time is over."""
    api.token = "another"
    await run([feed("core", PODS)], msgspec.structs.replace(QUICK, first_look=0.2))
    await sink.until(lambda: sink.now("core") == "failing")
    assert sink.messages["core"] == "API discovery: the server answered 401: Unauthorized"
    assert set(sink.errors) == {("core", "unauthorized")}
    api.token = "t0"
    await sink.until(lambda: sink.now("core") == "up")


@pytest.mark.parametrize(
    ("text", "context", "said"),
    [
        pytest.param(None, None, "does not exist; name another file with --kubeconfig", id="no file"),
        pytest.param("{", None, "while parsing", id="no YAML"),
        pytest.param("[1]", None, "kubeconfig ", id="no mapping"),
        pytest.param("", "prod", r"name prod in .*contexts list; contexts: test", id="no such context"),
    ],
)
async def test_a_bad_kubeconfig_is_named(
    text: str | None, context: str | None, said: str, tmp_path: Path
) -> None:
    """The error says which file, what is wrong, and what there is to choose."""
    file = tmp_path / "mine"
    if text:
        file.write_text(text)
    elif context:
        kubeconfig(file, "http://127.0.0.1:1")
    with pytest.raises(ConnectError, match=said) as caught:
        await connect(kubeconfig=file, context=context, timing=QUICK)
    assert str(file) in str(caught.value)


async def test_the_context_decides(api: FakeApi, tmp_path: Path) -> None:
    """Another context than the current one can be named."""
    file = kubeconfig(tmp_path / "k", api.url)
    text = file.read_text().replace("current-context: test", "current-context: gone")
    file.write_text(text)
    async with await connect(kubeconfig=file, context="test", timing=QUICK) as connection:
        assert (await connection.get("/api")).status == 200


async def test_requests_go_through_the_proxy_of_the_kubeconfig(api: FakeApi, tmp_path: Path) -> None:
    """``proxy-url`` of the cluster: the proxy is asked for the server's whole address."""
    seen: list[str] = []

    async def proxy(request: web.Request) -> web.StreamResponse:
        seen.append(str(request.raw_path))
        return web.json_response({"through": "proxy"})

    app = web.Application()
    app.router.add_route("GET", "/{tail:.*}", proxy)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    file = kubeconfig(tmp_path / "k", "http://apiserver.invalid:6443", user=None, **{"proxy-url": address})
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        assert (await connection.get("/api")).body == b'{"through": "proxy"}'
    await runner.cleanup()
    assert seen == ["http://apiserver.invalid:6443/api"]


# -- in a pod


@pytest.fixture
def pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The service account's folder, as far as the client reads it; there is no kubeconfig."""
    (tmp_path / "token").write_text("t1\n")
    (tmp_path / "ca.crt").write_text(Authority().certificate_text())
    monkeypatch.setattr(incluster_config, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setattr("kubernetes.aio.config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "none"))
    return tmp_path


async def test_a_pod_reads_its_token_again_after_401(
    pod: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kubelet writes a new token before the old one ends; a newline at its end does no harm."""
    authority = Authority()
    api = FakeApi(token="t1")
    runner = await started(api, authority.server())
    host, port = api.url.removeprefix("https://").split(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    (pod / "ca.crt").write_text(authority.certificate_text())
    async with await connect(timing=QUICK) as connection:
        assert (await connection.get("/api")).status == 200
        (pod / "token").write_text("t2\n")
        api.token = "t2"
        assert (await connection.get("/api")).status == 200
    await runner.cleanup()
    assert api.headers[-1]["Authorization"].lower() == "bearer t2"


async def test_nowhere_to_connect_to_is_said(pod: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a kubeconfig nor a pod: the error names both, and the flag."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(ConnectError, match=r"no kubeconfig at .*, and not in a pod .* --kubeconfig"):
        await connect(timing=QUICK)


# -- TLS


class Authority:
    """Signs certificates for loopback; its own is the only one that its servers trust."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority")])
        usage = x509.BasicConstraints(ca=True, path_length=None)
        self._certificate = self._sign(self._name, self._key, usage)

    def _sign(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def certificate_text(self) -> str:
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode()

    def issue(self, common_name: str) -> tuple[bytes, bytes]:
        """A certificate and its key, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]),
            key,
            x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("api.test")]),
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
        )
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return (
            certificate.public_bytes(encoding),
            key.private_bytes(encoding, form, serialization.NoEncryption()),
        )

    def server(self, *, wants_client: bool = False) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=self.certificate_text())
        context.verify_mode = ssl.CERT_REQUIRED if wants_client else ssl.CERT_NONE
        certificate, key = map(kube_config._create_temp_file_with_content, self.issue("server"))
        context.load_cert_chain(certificate, key)
        return context


def encoded(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


@pytest.fixture
async def secured() -> AsyncIterator[tuple[FakeApi, Authority]]:
    """A server that talks only to those whose certificate its authority signed."""
    api, authority = FakeApi(), Authority()
    api.serve("", "v1", "pods")
    runner = await started(api, authority.server(wants_client=True))
    yield api, authority
    await runner.cleanup()


def certified(authority: Authority) -> dict[str, str]:
    certificate, key = authority.issue("holdfast")
    return {"client-certificate-data": encoded(certificate), "client-key-data": encoded(key)}


async def test_a_client_certificate_opens_the_door(
    secured: tuple[FakeApi, Authority], tmp_path: Path
) -> None:
    """The kubeconfig's authority is trusted, its certificate shown; without one there is no connection."""
    api, authority = secured
    trust = {"certificate-authority-data": encoded(authority.certificate_text())}
    file = kubeconfig(tmp_path / "k", api.url, user=certified(authority), **trust)
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        assert (await connection.get("/api")).status == 200
    file = kubeconfig(tmp_path / "k", api.url, user={"token": "x"}, **trust)
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        assert (await refusal(connection)).reason == "connection"


async def test_an_unknown_authority_is_refused(secured: tuple[FakeApi, Authority], tmp_path: Path) -> None:
    """A server that anyone could be is not talked to; unless the kubeconfig says so."""
    api, authority = secured
    other = {"certificate-authority-data": encoded(Authority().certificate_text())}
    file = kubeconfig(tmp_path / "k", api.url, user=certified(authority), **other)
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        error = await refusal(connection)
    assert error.reason == "connection"
    assert "certificate verify failed" in error.message
    blind = {"insecure-skip-tls-verify": True}
    file = kubeconfig(tmp_path / "k", api.url, user=certified(authority), **blind)
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        assert (await connection.get("/api")).status == 200


async def test_certificates_are_read_again_when_trust_ran_out(
    secured: tuple[FakeApi, Authority], tmp_path: Path
) -> None:
    """A cluster whose authority was replaced: the file has the new one, and no restart is needed."""
    api, authority = secured
    ca = tmp_path / "ca.crt"
    ca.write_text(Authority().certificate_text())
    file = kubeconfig(
        tmp_path / "k", api.url, user=certified(authority), **{"certificate-authority": str(ca)}
    )
    async with await connect(kubeconfig=file, timing=QUICK) as connection:
        await refusal(connection)
        ca.write_text(authority.certificate_text())
        assert (await connection.get("/api")).status == 200


async def test_an_exec_plugin_may_give_a_certificate(
    secured: tuple[FakeApi, Authority], tmp_path: Path
) -> None:
    """In place of a token."""
    api, authority = secured
    certificate, key = (part.decode() for part in authority.issue("plugin"))
    status = {"clientCertificateData": certificate, "clientKeyData": key}
    credential = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": status}
    user = plugin(tmp_path, f"import json; print(json.dumps({credential!r}))")
    trust = {"certificate-authority-data": encoded(authority.certificate_text())}
    async with await connect(
        kubeconfig=kubeconfig(tmp_path / "k", api.url, user=user, **trust), timing=QUICK
    ) as connection:
        assert (await connection.get("/api")).status == 200


async def test_the_name_of_the_server_may_be_given(
    secured: tuple[FakeApi, Authority], tmp_path: Path
) -> None:
    """``tls-server-name``: the certificate is checked against it and not against the address."""
    api, authority = secured
    trust = {"certificate-authority-data": encoded(authority.certificate_text())}
    for name, status in (("api.test", 200), ("other.test", 0)):
        file = kubeconfig(
            tmp_path / "k", api.url, user=certified(authority), **trust, **{"tls-server-name": name}
        )
        async with await connect(kubeconfig=file, timing=QUICK) as connection:
            if status:
                assert (await connection.get("/api")).status == status
            else:
                assert "not valid for 'other.test'" in (await refusal(connection)).message
