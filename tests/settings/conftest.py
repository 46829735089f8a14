"""The names that other tables own, as these tests pretend them, and files that a web configuration names.

What a test expects belongs to the test.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from holdfast.settings import Known


@pytest.fixture
def known() -> Known:
    return Known(
        sources=("core", "velero", "csi-snapshot", "cronjob"),
        checks=("no-owner", "too-many-classes"),
        limits=frozenset({"too-many-classes"}),
        families=("holdfast_pvc_info", "holdfast_pv_info"),
    )


@pytest.fixture
def key_pair(tmp_path: Path) -> Path:
    """A folder with tls.crt, tls.key and ca.crt, as a web configuration names them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "holdfast")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "tls.crt").write_bytes(pem)
    (tmp_path / "ca.crt").write_bytes(pem)
    (tmp_path / "tls.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return tmp_path
