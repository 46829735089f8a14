"""What HTTP tests stand on: a site of canned words, an authority that signs certificates, a patient wait.

What a test expects belongs to the test, what is started and ended to the fixtures.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from holdfast.http import About, Bound
from holdfast.http.queries import Query
from holdfast.http.views import View

TEXT = (b"# TYPE holdfast_up gauge\n", b"holdfast_up 1\n")
OPENMETRICS = (*TEXT, b"# EOF\n")


@dataclass(kw_only=True)
class CannedSite:
    text: Sequence[bytes] = TEXT
    openmetrics: Sequence[bytes] = OPENMETRICS
    waiting: Sequence[str] = ()
    alive: bool = True
    page: About = field(default_factory=lambda: About(version="1.2.3"))
    answers: dict[tuple[str, ...], bytes | Iterable[bytes]] = field(default_factory=dict)
    views: dict[tuple[str, ...], View] = field(default_factory=dict)
    asked: list[tuple[tuple[str, ...], Query]] = field(default_factory=list)
    failure: Exception | None = None

    def exposition(self, openmetrics: bool) -> Sequence[bytes]:
        if self.failure:
            raise self.failure
        return self.openmetrics if openmetrics else self.text

    def ready(self) -> tuple[bool, Sequence[str]]:
        return not self.waiting, self.waiting

    def live(self) -> bool:
        return self.alive

    def about(self) -> About:
        return self.page

    def api(self, path: tuple[str, ...]) -> bytes | Iterable[bytes] | None:
        return self.answers.get(path)

    async def view(self, path: tuple[str, ...], query: Query) -> View | None:
        self.asked.append((path, query))
        if self.failure:
            raise self.failure
        return self.views.get(path)


@dataclass(frozen=True, kw_only=True)
class Served:
    bound: Bound
    client: aiohttp.ClientSession

    def url(self, path: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.bound.listen[0].port}{path}"

    def probe_url(self, path: str) -> str:
        assert self.bound.probe
        return f"http://127.0.0.1:{self.bound.probe.port}{path}"


class Serve(Protocol):
    async def __call__(self, web: Path | None = None) -> Served:
        """A running server; its files are looked at many times a second."""


async def until(holds: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Waits until it holds; a test that waits in vain fails here."""
    async with asyncio.timeout(seconds):
        while not await holds():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.02)


class Authority:
    """Signs certificates and writes them, with their keys, into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), True
        )
        self.file = folder / f"{name}.crt"
        self.file.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))

    def issue(self, name: str, *sans: x509.GeneralName, at: str = "") -> tuple[Path, Path]:
        """Certificate and key files, named after ``at`` or the name."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = self._builder(subject, key)
        if sans:
            builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
        certificate, private = self._folder / f"{at or name}.crt", self._folder / f"{at or name}.key"
        certificate.write_bytes(_pem(builder.sign(self._key, hashes.SHA256())))
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        private.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
        return certificate, private

    def issue_server(self, name: str = "server", at: str = "") -> tuple[Path, Path]:
        return self.issue(name, x509.IPAddress(ip_address("127.0.0.1")), at=at)

    def trusted(self) -> ssl.SSLContext:
        """What a client needs to trust this authority."""
        return ssl.create_default_context(cafile=str(self.file))

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder(self._name, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
        )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
