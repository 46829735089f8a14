"""What a request proves itself with: tokens, passwords and certificates from files that others rotate.

Everything here reads files and so belongs off the event loop. Nothing here ever shows what it read.
"""

import base64
import ssl
from collections.abc import Mapping
from pathlib import Path

import msgspec

from holdfast.model.asking import AskReason, PrometheusSpec, TlsSpec

_MOST_BYTES = 2**20  # a bundle of authorities has a quarter of it
_TENANT = "X-Scope-OrgID"


class CredentialError(Exception):
    """A file cannot be used: says which, what is wrong and what to do."""

    def __init__(self, reason: AskReason, text: str) -> None:
        super().__init__(text)
        self.reason: AskReason = reason


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """``tls`` True trusts the system's authorities."""

    headers: Mapping[str, str] = {}
    tls: ssl.SSLContext | bool = True

    def __repr__(self) -> str:
        return "Key()"


class Credentials:
    """Those of one API, read anew for each request; a TLS context is made again only where a file changed."""

    def __init__(self, spec: PrometheusSpec) -> None:
        self._spec = spec
        self._context: tuple[tuple[bytes, ...], ssl.SSLContext] | None = None

    @property
    def remedy(self) -> str:
        """What to look at where the API does not take them."""
        spec = self._spec
        if spec.bearer_token_file is not None:
            said = f"see whether {spec.bearer_token_file} holds a token that is valid there"
        elif spec.password_file is not None:
            said = f"see whether {spec.password_file} holds the password of user {spec.username!r}"
        else:
            said = "give it `bearerTokenFile` or `basicAuth`"
        return f"{said}, and whether tenant {spec.tenant!r} is open to it" if spec.tenant else said

    def read(self) -> Key:
        """What to send now.

        Raises:
            CredentialError: a file cannot be read, or does not hold what it should.
        """
        headers = dict(self._spec.headers)
        if self._spec.tenant:
            headers[_TENANT] = self._spec.tenant
        if self._spec.bearer_token_file is not None:
            headers["Authorization"] = f"Bearer {_one_line(self._spec.bearer_token_file)}"
        elif self._spec.password_file is not None:
            password = _one_line(self._spec.password_file)
            pair = base64.b64encode(f"{self._spec.username}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        tls = self._tls(self._spec.tls) if self._spec.tls is not None else True
        return Key(headers=headers, tls=tls)

    def _tls(self, spec: TlsSpec) -> ssl.SSLContext:
        files = (spec.ca_file, spec.cert_file, spec.key_file)
        read = tuple(b"" if file is None else _content(file, "tls") for file in files)
        if self._context is None or self._context[0] != read:
            self._context = read, _context(spec)
        return self._context[1]


def _context(spec: TlsSpec) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=spec.ca_file)
    except (ssl.SSLError, OSError):
        raise CredentialError(
            "tls", f"{spec.ca_file}: holds no certificates of authorities; write PEM"
        ) from None
    # Python 3.13 would refuse authorities without a key identifier, which other clients accept
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not spec.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if spec.cert_file is not None:
        try:
            # a key that is locked would be asked for on the terminal
            context.load_cert_chain(spec.cert_file, spec.key_file, password="")
        except (ssl.SSLError, OSError, ValueError):
            raise CredentialError(
                "tls",
                f"{spec.cert_file}: is no certificate that fits the key in {spec.key_file or spec.cert_file}; "
                "write both as PEM, the key without a passphrase",
            ) from None
    return context


def _one_line(file: Path) -> str:
    """What the file holds but for a line break at its end."""
    try:
        line = _content(file, "unauthorized").decode().strip("\r\n")
    except UnicodeDecodeError:
        line = ""
    if not line or not line.isprintable():
        raise CredentialError(
            "unauthorized", f"{file}: does not hold one line of text; write the secret alone"
        )
    return line


def _content(file: Path, reason: AskReason) -> bytes:
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES + 1)
    except OSError as error:
        raise CredentialError(reason, f"{file}: cannot be read: {error.strerror}; mount it") from None
    if len(content) > _MOST_BYTES:
        raise CredentialError(reason, f"{file}: is larger than {_MOST_BYTES:,} bytes; name the right file")
    return content
