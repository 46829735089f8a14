"""What an accepted web configuration means, and that the Prometheus world accepts the same files."""

import subprocess
from pathlib import Path
from textwrap import dedent

import pytest

from holdfast.settings import load_web_settings
from tests.tools import path as tool

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
# Without client_allowed_sans: the promtool that will do here is older than that key of the toolkit.
FILES = {
    "empty": "",
    "tls": "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n",
    "mtls": """
        tls_server_config:
          cert_file: tls.crt
          key_file: tls.key
          client_ca_file: ca.crt
          client_auth_type: RequireAndVerifyClientCert
          min_version: TLS12
          max_version: TLS13
        """,
    "mtls-if-given": """
        tls_server_config:
          cert_file: tls.crt
          key_file: tls.key
          client_ca_file: ca.crt
          client_auth_type: VerifyClientCertIfGiven
          min_version: TLS13
        """,
    "no-client-cert": """
        tls_server_config: {cert_file: tls.crt, key_file: tls.key, client_auth_type: NoClientCert}
        """,
    "users": f"basic_auth_users: {{alice: {HASH}, bob: {HASH}}}\n",
    "headers": """
        http_server_config:
          headers:
            Content-Security-Policy: default-src 'none'
            Strict-Transport-Security: max-age=31536000
            X-Content-Type-Options: nosniff
            X-Frame-Options: deny
            X-XSS-Protection: "1"
        """,
}


@pytest.fixture(params=sorted(FILES))
def accepted(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    file = tmp_path / f"{request.param}.yaml"
    file.write_text(dedent(FILES[request.param]))
    return file


def test_promtool_accepts_what_we_accept(accepted: Path, key_pair: Path) -> None:
    load_web_settings(accepted)
    said = subprocess.run(
        [tool("promtool"), "check", "web-config", accepted],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert said.returncode == 0, said.stderr + said.stdout


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("tls_server_config: {cert_file: a.crt, key_file: /b.key}")
    tls = load_web_settings(file).tls_server_config
    assert tls
    assert (tls.cert_file, tls.key_file, tls.client_ca_file) == (tmp_path / "a.crt", Path("/b.key"), None)


def test_the_names_that_a_client_may_have_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(f"{dedent(FILES['mtls'])}  client_allowed_sans: [prometheus.monitoring.svc, 10.0.0.1]\n")
    tls = load_web_settings(file).tls_server_config
    assert tls
    assert tls.client_allowed_sans == ("prometheus.monitoring.svc", "10.0.0.1")


def test_an_empty_file_is_plain_http_for_everybody(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text("")
    settings = load_web_settings(file)
    assert (settings.tls_server_config, settings.basic_auth_users) == (None, {})


def test_hashes_of_passwords_are_not_printed(tmp_path: Path) -> None:
    file = tmp_path / "web.yaml"
    file.write_text(f"basic_auth_users: {{alice: {HASH}}}")
    assert HASH not in repr(load_web_settings(file))
