"""`helm test`: the Pod's own command, run as a kubelet would run it, against Holdfast's own listener.

A kubelet's part is played by `run`: Secrets and ConfigMaps become variables and files, and the Service's address a loopback port.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from cryptography import x509
from prometheus_client import CollectorRegistry

from holdfast.http import Address, HttpOptions, Measures, WebFile, serve_http
from holdfast.metrics.process import Collectors
from holdfast.settings import load_web_settings
from tests.chart.rendering import CHART, NAMESPACE, Object, installed, only, rendered
from tests.http.stand import Authority, CannedSite

PASSWORD = "correct horse"
FORBIDDEN = (
    b'holdfast_source_state{source="velero",kind="Backup",state="forbidden"} 1\n',
    b'holdfast_source_state{source="core",kind="Pod",state="forbidden"} 0\n',
)
SECURED: Object = {"web": {"scheme": "https", "configSecret": {"name": "holdfast-web"}}}

Kept = Mapping[tuple[str, str], str]
"""What Secrets and ConfigMaps hold, by their name and key."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the Pod's process ended, and its log."""

    code: int
    said: str


@asynccontextmanager
async def listening(site: CannedSite, web: Path | None = None) -> AsyncIterator[int]:
    """Holdfast's own listener before a canned site; yields its port."""
    counts = Collectors(CollectorRegistry())
    measures = Measures(requests=counts.http_requests, duration=counts.http_duration, sent=counts.http_sent)
    options = HttpOptions(
        listen=(Address("127.0.0.1", 0),), web=WebFile(path=web, load=load_web_settings) if web else None
    )
    async with serve_http(site, options, measures) as bound:
        yield bound.listen[0].port


async def run(values: Object, port: int, folder: Path, kept: Kept | None = None) -> Ended:
    """The test Pod's process, with what a kubelet would give it."""
    pod = only(rendered(values), "Pod")["spec"]
    (container,) = pod["containers"]
    mounted = _mounted(pod, kept or {}, folder)
    env = {"HOLDFAST_PATIENCE": "0"}
    for variable in container["env"]:
        key = variable.get("valueFrom", {}).get("secretKeyRef")
        value = (kept or {})[key["name"], key["key"]] if key else variable["value"]
        env[variable["name"]] = mounted.get(value, value)
    scheme, _, host = env["HOLDFAST_URL"].partition("://")
    assert host == f"holdfast.{NAMESPACE}.svc:10123"
    env["HOLDFAST_URL"] = f"{scheme}://127.0.0.1:{port}"
    command = [sys.executable, *container["command"][1:], *container["args"]]
    process = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    async with asyncio.timeout(60):
        said, _ = await process.communicate()
    assert PASSWORD not in said.decode()
    return Ended(code=process.returncode or 0, said=said.decode())


def _mounted(pod: Object, kept: Kept, folder: Path) -> dict[str, str]:
    """Files in the container, and where they are here."""
    files: dict[str, str] = {}
    for source in (source for volume in pod.get("volumes", []) for source in volume["projected"]["sources"]):
        ((_, told),) = source.items()
        for item in told["items"]:
            here = folder / f"mounted-{item['path']}"
            here.write_text(kept[told["name"], item["key"]])
            files[f"/etc/holdfast-test/{item['path']}"] = str(here)
    return files


# ---- without passwords


async def test_a_release_that_is_ready_passes(tmp_path: Path) -> None:
    async with listening(CannedSite()) as port:
        ended = await run({}, port, tmp_path)
    assert ended == Ended(
        code=0, said=f"asking http://127.0.0.1:{port}\nready, 1 series, and no source is forbidden\n"
    )


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A site that is not as it should be, and what must be said of it."""

    said: str
    site: CannedSite = field(default_factory=CannedSite)


FAULTS = {
    "not ready": Fault(
        site=CannedSite(waiting=("core/Pod has not been looked at",)), said="core/Pod has not been looked at"
    ),
    "forbidden": Fault(
        site=CannedSite(text=FORBIDDEN),
        said='it may not read source="velero",kind="Backup",state="forbidden": give it the role',
    ),
    "no series": Fault(
        site=CannedSite(text=(b"up 1\n",)), said="does something else answer at this address?"
    ),
    "no metrics": Fault(site=CannedSite(failure=RuntimeError("broken")), said="/metrics says 500"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_what_is_wrong_fails_and_is_said(fault: Fault, tmp_path: Path) -> None:
    async with listening(fault.site) as port:
        ended = await run({}, port, tmp_path)
    assert ended.code == 1
    assert fault.said in ended.said
    assert "Traceback" not in ended.said


async def test_nobody_at_the_address_fails(tmp_path: Path) -> None:
    async with listening(CannedSite()) as port:
        pass
    ended = await run({}, port, tmp_path)
    assert (ended.code, "not ready within 0 s; no answer: " in ended.said) == (1, True)


# ---- with passwords and certificates


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path, "authority")


def web_configuration(folder: Path, text: str) -> Path:
    file = folder / "web.yaml"
    file.write_text(text)
    return file


def with_monitor(values: Object | None = None, **monitor: Any) -> Object:
    return (values or {}) | {"serviceMonitor": {"enabled": True, **monitor}}


BASIC = {"username": {"name": "web", "key": "user"}, "password": {"name": "web", "key": "word"}}
PASSWORDS = {
    "the right password": (PASSWORD, 0, "ready, 1 series"),
    "a wrong password": ("wrong", 1, "it does not take the monitor's user and password"),
    "no password": (None, 0, "readiness and series were not looked at: it asks for a password"),
}


@pytest.mark.parametrize(("word", "code", "said"), PASSWORDS.values(), ids=PASSWORDS)
async def test_the_monitors_password_is_used(word: str | None, code: int, said: str, tmp_path: Path) -> None:
    """And without one the test says how little it saw: a listener that asks for a password is up."""
    digest = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    web = web_configuration(tmp_path, f"basic_auth_users: {{alice: {digest}}}\n")
    values = with_monitor(basicAuth=BASIC) if word else with_monitor()
    async with listening(CannedSite(), web) as port:
        ended = await run(values, port, tmp_path, {("web", "user"): "alice", ("web", "word"): word or ""})
    assert ended.code == code
    assert said in ended.said


CA = {"ca": {"configMap": {"name": "authority", "key": "ca.pem"}}, "serverName": "holdfast.example.org"}
TRUST = {
    "an authority": (CA, "authority", 0, "ready, 1 series"),
    "another authority": (CA, "stranger", 1, "its certificate is not trusted"),
    "another name": (
        CA | {"serverName": "else.example.org"},
        "authority",
        1,
        "its certificate is not trusted",
    ),
    "no authority": ({}, "authority", 0, "names no authority: the certificate is not verified"),
}


@pytest.mark.parametrize(("trust", "signer", "code", "said"), TRUST.values(), ids=TRUST)
async def test_the_monitors_authority_is_trusted_and_no_other(
    trust: Object, signer: str, code: int, said: str, authority: Authority, tmp_path: Path
) -> None:
    authority.issue("server", x509.DNSName("holdfast.example.org"))
    web = web_configuration(tmp_path, "tls_server_config: {cert_file: server.crt, key_file: server.key}\n")
    signers = {"authority": authority, "stranger": Authority(tmp_path, "stranger")}
    kept = {("authority", "ca.pem"): signers[signer].file.read_text()}
    async with listening(CannedSite(), web) as port:
        ended = await run(with_monitor(SECURED, tlsConfig=trust), port, tmp_path, kept)
    assert ended.code == code
    assert said in ended.said


CLIENT = {
    "cert": {"secret": {"name": "scraper", "key": "tls.crt"}},
    "keySecret": {"name": "scraper", "key": "tls.key"},
}
SHOWN = {
    "a certificate": (CLIENT, 0, "ready, 1 series"),
    "none": ({}, 1, "if it asks for a certificate: the monitor's tlsConfig.cert names none"),
}


@pytest.mark.parametrize(("client", "code", "said"), SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("version", ["TLS12", "TLS13"])
async def test_the_monitors_certificate_is_shown(
    client: Object, code: int, said: str, version: str, authority: Authority, tmp_path: Path
) -> None:
    """Both sides must prove who they are. A listener that refuses says nothing, and Prometheus would fare no better."""
    authority.issue("server", x509.DNSName("holdfast.example.org"))
    certificate, key = authority.issue("scraper")
    web = web_configuration(
        tmp_path,
        "tls_server_config: {cert_file: server.crt, key_file: server.key, client_ca_file: authority.crt,"
        f" client_auth_type: RequireAndVerifyClientCert, max_version: {version}}}\n",
    )
    kept = {
        ("authority", "ca.pem"): authority.file.read_text(),
        ("scraper", "tls.crt"): certificate.read_text(),
        ("scraper", "tls.key"): key.read_text(),
    }
    async with listening(CannedSite(), web) as port:
        ended = await run(with_monitor(SECURED, tlsConfig=CA | client), port, tmp_path, kept)
    assert ended.code == code
    assert said in ended.said


# ---- the Pod


def test_the_pod_is_a_hook_that_goes_when_it_succeeded() -> None:
    """So nothing of it is left after an uninstall; one that failed stays until the next, for its log."""
    pod = only(installed("default"), "Pod")
    assert pod["metadata"]["annotations"] == {
        "helm.sh/hook": "test",
        "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
    }
    assert (pod["spec"]["restartPolicy"], pod["spec"]["activeDeadlineSeconds"]) == ("Never", 300)


def test_the_pod_runs_the_image_and_account_of_the_release() -> None:
    """No image from elsewhere has to be pulled."""
    objects = installed("everything")
    test, exporter = only(objects, "Pod")["spec"], only(objects, "StatefulSet")["spec"]["template"]["spec"]
    for key in ("image", "imagePullPolicy", "securityContext"):
        assert test["containers"][0][key] == exporter["containers"][0][key]
    for key in ("serviceAccountName", "imagePullSecrets", "securityContext", "nodeSelector", "tolerations"):
        assert test[key] == exporter[key]


def test_the_pod_monitors_secrets_are_taken_when_it_is_the_one() -> None:
    """Each as a reference: no value of a Secret stands in the Pod."""
    pod = only(installed("pod-monitor"), "Pod")["spec"]
    (container,) = pod["containers"]
    references = [each["valueFrom"]["secretKeyRef"] for each in container["env"] if "valueFrom" in each]
    assert references == [{"name": "web", "key": "user"}, {"name": "web", "key": "password"}]
    (volume,) = pod["volumes"]
    assert volume["projected"]["sources"] == [
        {"configMap": {"name": "authority", "items": [{"key": "ca.pem", "path": "ca.crt"}]}},
        {"secret": {"name": "scraper", "items": [{"key": "tls.crt", "path": "tls.crt"}]}},
        {"secret": {"name": "scraper", "items": [{"key": "tls.key", "path": "tls.key"}]}},
    ]
    assert {each["name"]: each.get("value") for each in container["env"]}["HOLDFAST_SERVER_NAME"] == (
        "holdfast.example.org"
    )


def test_who_wants_no_test_has_no_pod() -> None:
    assert not [each for each in installed("tests-off") if each["kind"] == "Pod"]


def test_the_script_arrives_as_it_is_written() -> None:
    """No template touches it."""
    (container,) = only(installed("default"), "Pod")["spec"]["containers"]
    assert container["args"][-1].rstrip("\n") == (CHART / "files" / "check.py").read_text().rstrip("\n")
