"""TLS of the listener: a context from the web configuration, and one that hands every connection the newest.

When to read files again belongs to ``web``.
"""

import ipaddress
import ssl
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}


class TlsError(ValueError):
    """A file cannot serve; the text says which, why and what would."""


class Tls(Protocol):
    """``tls_server_config`` of the exporter toolkit, with absolute paths."""

    @property
    def cert_file(self) -> Path: ...
    @property
    def key_file(self) -> Path: ...
    @property
    def client_ca_file(self) -> Path | None: ...
    @property
    def client_auth_type(
        self,
    ) -> Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]: ...
    @property
    def client_allowed_sans(self) -> Sequence[str]: ...
    @property
    def min_version(self) -> Literal["TLS12", "TLS13"]: ...
    @property
    def max_version(self) -> Literal["TLS12", "TLS13"]: ...


class _CheckedObject(ssl.SSLObject):
    """Ends a handshake in failure where the client's certificate has none of the names that are let in."""

    def do_handshake(self) -> None:
        super().do_handshake()
        allowed: frozenset[str] = getattr(self.context, "allowed_names", frozenset())
        if allowed and allowed.isdisjoint(_names(self.getpeercert() or {})):
            raise ssl.SSLCertVerificationError("the client's certificate has no name of client_allowed_sans")


class ServerContext(ssl.SSLContext):
    """One state of the files, for as many connections as begin under it."""

    sslobject_class = _CheckedObject
    allowed_names: frozenset[str] = frozenset()


class RotatingContext(ssl.SSLContext):
    """What the listener holds: every new connection is wrapped by the context current then, and keeps it.

    A context changed while in use would mix old and new: for an instant a certificate without its key, and
    authorities that can be added and never taken away.
    """

    current: Callable[[], ssl.SSLContext]

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        return self.current().wrap_bio(*args, **kwargs)


def rotating_context(current: Callable[[], ssl.SSLContext]) -> RotatingContext:
    context = RotatingContext(ssl.PROTOCOL_TLS_SERVER)
    context.current = current
    return context


def server_context(tls: Tls) -> ServerContext:
    """Reads the files. Raises TlsError."""
    for path in files(tls):
        _refuse_unreadable(path)
    context = ServerContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[tls.min_version]
    context.maximum_version = _VERSIONS[tls.max_version]
    context.set_alpn_protocols(["http/1.1"])
    context.verify_mode = _CLIENT_AUTH[tls.client_auth_type]
    context.allowed_names = frozenset(map(_normal, tls.client_allowed_sans))
    _load_own(context, tls)
    if tls.client_ca_file:
        _load_authorities(context, tls.client_ca_file)
    return context


def files(tls: Tls) -> tuple[Path, ...]:
    return tuple(path for path in (tls.cert_file, tls.key_file, tls.client_ca_file) if path)


def _load_own(context: ssl.SSLContext, tls: Tls) -> None:
    def no_password() -> str:
        raise TlsError(
            f"{tls.key_file}: the key is encrypted; name one that is not, readable to this program alone"
        )

    try:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            text = (
                f"{tls.key_file}: does not belong to the certificate {tls.cert_file}; name a pair that does"
            )
            raise TlsError(text) from error
        fact = f"no certificate and key in PEM form can be read from {tls.cert_file} and {tls.key_file}"
        raise TlsError(f"{tls.cert_file}: {fact} ({error.reason}); write both in PEM form") from error


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        context.load_verify_locations(cafile=path)
    except ssl.SSLError as error:
        raise TlsError(
            f"{path}: no certificate can be read ({error.reason}); write authorities in PEM form"
        ) from error


def _refuse_unreadable(path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise TlsError(f"{path}: cannot be read: {error.strerror}; name a file that can") from error


def _names(certificate: Any) -> set[str]:
    """All subject alternative names; what ``SSLObject.getpeercert`` returns holds them as (kind, value)."""
    return {_normal(value) for _, value in certificate.get("subjectAltName", ())}


def _normal(name: str) -> str:
    """The name as is, an address in its canonical form."""
    try:
        return str(ipaddress.ip_address(name.strip()))
    except ValueError:
        return name
