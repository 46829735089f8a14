"""The web configuration file in the format of the Prometheus exporter toolkit, as far as we serve it.

Format: https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md.
Serving by it belongs to http.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path as File
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field

from holdfast.settings import fields
from holdfast.settings.document import Path, Scalar
from holdfast.settings.fields import Text
from holdfast.settings.section import Section
from holdfast.settings.words import refuse

_BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}")
_HEADERS: Mapping[str, tuple[str, ...]] = {  # the toolkit's list; an empty tuple takes any value
    "Content-Security-Policy": (),
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
}
_TLS = "tls_server_config"
_FILE = "is not served here; write it to a file and name that with"
REFUSED = {
    f"{_TLS}.cert": f"{_FILE} cert_file",
    f"{_TLS}.key": f"{_FILE} key_file",
    f"{_TLS}.client_ca": f"{_FILE} client_ca_file",
    f"{_TLS}.cipher_suites": "is not served here; remove it, min_version: TLS13 leaves only strong ciphers",
    f"{_TLS}.prefer_server_cipher_suites": "is not served here; remove it",
    f"{_TLS}.curve_preferences": "is not served here; remove it",
    "http_server_config.http2": "is not served here; remove it, this server speaks HTTP/1.1",
    "rate_limit": "is not served here; remove it, or limit the rate in a proxy",
}
_UNVERIFIED = ("RequestClientCert", "RequireAnyClientCert", "RequireClientCert")


def _client_auth(value: object) -> str:
    written = fields.text(value)
    if written in _UNVERIFIED:
        raise ValueError(
            f"{written} takes certificates that nobody verified and is not served here; write "
            "RequireAndVerifyClientCert or VerifyClientCertIfGiven"
        )
    return fields.choice("NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert")(value)


def _version(value: object) -> str:
    written = fields.text(value)
    if written in ("TLS10", "TLS11"):
        raise ValueError(f"{written} is broken and not served here; write TLS12 or TLS13")
    return fields.choice("TLS12", "TLS13")(value)


def _hash(value: object) -> str:
    written = fields.text(value)
    if not _BCRYPT.fullmatch(written):
        raise ValueError(
            "is no bcrypt hash; make one with `htpasswd -nBC 10 USER` and write what follows the colon"
        )
    return written


def _user(value: str) -> str:
    if not value or ":" in value:
        raise ValueError("can be no user: a name is not empty and holds no colon")
    return value


FilePath = Annotated[File, BeforeValidator(lambda value: File(fields.filled_text(value)))]
Version = Literal["TLS12", "TLS13"]
ClientAuth = Literal["NoClientCert", "VerifyClientCertIfGiven", "RequireAndVerifyClientCert"]


class TlsSection(Section):
    cert_file: FilePath
    key_file: FilePath
    client_ca_file: FilePath | None = None
    client_auth_type: Annotated[ClientAuth, BeforeValidator(_client_auth)] = "NoClientCert"
    client_allowed_sans: Annotated[tuple[Text, ...], BeforeValidator(fields.items)] = ()
    min_version: Annotated[Version, BeforeValidator(_version)] = "TLS12"
    max_version: Annotated[Version, BeforeValidator(_version)] = "TLS13"

    def beside(self, folder: File) -> Self:
        ca = self.client_ca_file and folder / self.client_ca_file
        files = {
            "cert_file": folder / self.cert_file,
            "key_file": folder / self.key_file,
            "client_ca_file": ca,
        }
        return self.model_copy(update=files)


class HttpSection(Section):
    headers: Annotated[dict[str, fields.AnyText], BeforeValidator(fields.keys)] = Field(default_factory=dict)


class WebSettings(Section):
    """``tls_server_config`` None: plain HTTP. ``basic_auth_users`` empty: no password is asked for."""

    tls_server_config: TlsSection | None = None
    http_server_config: HttpSection = HttpSection()
    basic_auth_users: Annotated[
        dict[Annotated[str, AfterValidator(_user)], Annotated[str, BeforeValidator(_hash)]],
        BeforeValidator(fields.keys),
    ] = Field(default_factory=dict, repr=False)

    def beside(self, folder: File) -> Self:
        tls = self.tls_server_config and self.tls_server_config.beside(folder)
        return self.model_copy(update={"tls_server_config": tls})


def web_faults(tree: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """What must hold between keys."""
    yield from _header_faults(_keys(_keys(tree, "http_server_config"), "headers"))
    tls = _keys(tree, _TLS)
    auth = str(tls.get("client_auth_type", "NoClientCert"))
    if auth == "NoClientCert":
        for key in ("client_ca_file", "client_allowed_sans"):
            if key in tls:
                yield (
                    (_TLS, key),
                    "does nothing without client_auth_type; write RequireAndVerifyClientCert there",
                )
    elif "client_ca_file" not in tls:
        yield (
            (_TLS, "client_auth_type"),
            f"{auth} needs to know whom to trust; name their authority with client_ca_file",
        )
    if tls.get("min_version") == "TLS13" and tls.get("max_version") == "TLS12":
        yield (_TLS, "max_version"), "TLS12 is below min_version TLS13; remove one"


def _header_faults(headers: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for name, value in headers.items():
        path = ("http_server_config", "headers", name)
        if name not in _HEADERS:
            yield path, refuse("cannot be set", name, tuple(_HEADERS), "headers")
        elif not isinstance(value, Scalar):
            continue  # the model says what to write instead
        elif _HEADERS[name] and value not in _HEADERS[name]:
            yield path, refuse(f"{str(value)!r} is none of the choices", value, _HEADERS[name], "values")
        elif not value.isprintable():
            yield path, "holds a line break or another unprintable character; write one line"


def _keys(section: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = section.get(key)
    return value if isinstance(value, dict) else {}
