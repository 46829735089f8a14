"""A real Prometheus reads what is served, by every way that a web configuration can close."""

import asyncio
from pathlib import Path
from typing import Any

import bcrypt
import pytest

from tests.http.stand import Authority, CannedSite, Serve
from tests.real.prometheus import Prometheus

pytestmark = pytest.mark.real

BIG = b"# TYPE holdfast_pvc_info gauge\n" + b"".join(
    b'holdfast_pvc_info{namespace="shop",persistentvolumeclaim="c-%d"} 1\n' % index for index in range(5000)
)


async def count(scrape: dict[str, Any]) -> float:
    """How many of the series above arrive."""

    def run() -> float:
        with Prometheus([{"job_name": "holdfast", "honor_labels": True, **scrape}]) as prometheus:
            return prometheus.wait_for("count(holdfast_pvc_info)")[0].value

    return await asyncio.to_thread(run)


async def test_prometheus_reads_plain_http(serve: Serve, site: CannedSite) -> None:
    site.text, site.openmetrics = [b"not asked for\n"], [BIG, b"# EOF\n"]
    served = await serve()
    assert await count({"static_configs": [{"targets": [str(served.bound.listen[0])]}]}) == 5000


async def test_prometheus_reads_with_a_certificate_and_a_password(
    serve: Serve, site: CannedSite, authority: Authority, tmp_path: Path
) -> None:
    site.openmetrics = [BIG, b"# EOF\n"]
    authority.issue_server()
    certificate, key = authority.issue("prometheus")
    web = tmp_path / "web.yaml"
    web.write_text(f"""
        tls_server_config:
          cert_file: server.crt
          key_file: server.key
          client_ca_file: authority.crt
          client_auth_type: RequireAndVerifyClientCert
        basic_auth_users:
          prometheus: {bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()}
        """)
    served = await serve(web)
    arrived = await count(
        {
            "scheme": "https",
            "tls_config": {
                "ca_file": str(authority.file),
                "cert_file": str(certificate),
                "key_file": str(key),
            },
            "basic_auth": {"username": "prometheus", "password": "secret"},
            "static_configs": [{"targets": [str(served.bound.listen[0])]}],
        }
    )
    assert arrived == 5000
