"""Certificates of an authority that nobody knows, for servers and clients of the tests.

Here belongs the making of files. Who is told to trust them belongs to the tests.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificates(folder: Path, *names: str) -> Path:
    """An authority and a server's certificate for these DNS names (127.0.0.1 when none): ca.pem, server.pem, server.key."""
    authority_key, server_key = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the tests")])
    alternatives: list[x509.GeneralName] = [x509.DNSName(name) for name in names]
    start = datetime.now(UTC) - timedelta(minutes=5)

    def built(owner: Any, name: x509.Name, extension: x509.ExtensionType) -> x509.Certificate:
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(subject)
            .public_key(owner.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + timedelta(days=1))
            .add_extension(extension, critical=False)
            .sign(authority_key, hashes.SHA256())
        )

    folder.mkdir(parents=True, exist_ok=True)
    ca = built(authority_key, subject, x509.BasicConstraints(ca=True, path_length=None))
    names_of_server = x509.SubjectAlternativeName(alternatives or [x509.IPAddress(ip_address("127.0.0.1"))])
    server = built(server_key, x509.Name([]), names_of_server)
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "server.pem").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    (folder / "server.key").write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder
