"""The key ``prometheus``: one API that answers PromQL, and how to prove oneself to it. Also what its like share.

It yields a spec of ``model.asking``; asking belongs to others. Files are named here and read when they are used.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as File
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import InitErrorDetails

from holdfast.model.asking import PrometheusSpec, TlsSpec
from holdfast.settings import fields
from holdfast.settings.document import Path
from holdfast.settings.fields import Duration, Flag, Text
from holdfast.settings.section import Section

Fault = tuple[Path, str]

MOST_TIMEOUT = 300.0  # seconds; nobody waits longer for a figure
_OURS: Mapping[str, str] = {  # header, lower case → what to write instead
    "authorization": "name the file of the credentials with bearerTokenFile or basicAuth",
    "proxy-authorization": "there is no proxy between",
    "x-scope-orgid": "write tenant",
    **dict.fromkeys(
        (
            "host",
            "connection",
            "content-length",
            "content-type",
            "content-encoding",
            "transfer-encoding",
            "accept",
            "accept-encoding",
            "te",
            "upgrade",
            "expect",
        ),
        "it follows from the request",
    ),
}
_SECRET = (  # the end of a header's name, lower case
    "api[-_]?key",
    "access[-_]?key",
    "auth[-_]?key",
    "secret[-_]?key",
    "private[-_]?key",
    "token",
    "secret",
    "password",
    "credentials?",
    "authorization",
    "cookie",
)
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
LABEL = r"[A-Za-z_][A-Za-z0-9_]*"
_TENANT = r"[A-Za-z0-9!._*'()|/-]{1,150}"
_URL = r"^[Hh][Tt][Tt][Pp][Ss]?://([^/?#@:\[\]\s]+|\[[0-9A-Fa-f:.]+\])(:[1-9][0-9]{0,4})?(/[^?#\s]*)?$"


def _url(value: object) -> str:
    written = fields.filled_text(value)
    try:
        parts = urlsplit(written)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError("is no URL; write http://HOST:PORT/PATH or https://…") from None
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user or a password; name the file of the password with basicAuth")
    if parts.query or parts.fragment or "?" in written or "#" in written:
        raise ValueError("holds what follows ? or #; write it without, /api/v1 is added to the path")
    if not usable or re.search(r"\s", written):
        raise ValueError("is no URL; write http://HOST:PORT/PATH or https://…")  # it may hold a password
    if parts.path.rstrip("/").endswith("/api/v1"):
        raise ValueError(f"{written!r} ends in /api/v1, which is added; leave it out")
    return written.rstrip("/")


def matching(pattern: str, remedy: str) -> tuple[BeforeValidator, WithJsonSchema]:
    def read(value: object) -> str:
        written = fields.filled_text(value)
        if not re.fullmatch(pattern, written, re.ASCII):
            raise ValueError(f"{written!r} {remedy}")
        return written

    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


def limited(value: float) -> float:
    if value > MOST_TIMEOUT:
        raise ValueError(f"is {value:g}s; the most is {MOST_TIMEOUT:g}s")
    return value


def _header_name(value: str) -> str:
    if not re.fullmatch(_HEADER, value):
        raise ValueError("can be no name of a header; write letters, digits and '-'")
    if value.lower() in _OURS:
        raise ValueError(f"cannot be set here; {_OURS[value.lower()]}")
    if re.search(f"({'|'.join(_SECRET)})$", value.lower()):
        raise ValueError(
            "names a credential, and those stand in files; name the file with bearerTokenFile or basicAuth"
        )
    return value


def _header_value(value: object) -> str:
    written = fields.text(value)
    if not (written.isascii() and written.isprintable()):
        raise ValueError(
            "holds a line break or another character that no header may; write one line of ASCII"
        )
    return written


def _label_name(value: str) -> str:
    if not re.fullmatch(LABEL, value):
        raise ValueError("can be no name of a label in Prometheus; write letters, digits and '_'")
    return value


FilePath = Annotated[
    File,
    BeforeValidator(lambda value: File(fields.filled_text(value))),
    WithJsonSchema({"type": "string", "pattern": r"\S"}),
]
Timeout = Annotated[Duration, AfterValidator(limited)]
# A pattern cannot ignore case, and Helm's knows no lookahead, so the schema spells it out.
_OURS_PATTERN, _SECRET_PATTERN = (
    "|".join(
        "".join(f"[{letter.upper()}{letter}]" if letter.isalpha() else letter for letter in name)
        for name in names
    )
    for names in (_OURS, _SECRET)
)
_HEADERS_SCHEMA = {
    "type": "object",
    "propertyNames": {
        "pattern": f"^{_HEADER}$",
        "not": {"pattern": f"^({_OURS_PATTERN})$|({_SECRET_PATTERN})$"},
    },
    "additionalProperties": {"type": "string", "pattern": r"^[ -~]*$"},
}
Headers = Annotated[
    dict[Annotated[str, AfterValidator(_header_name)], Annotated[str, BeforeValidator(_header_value)]],
    BeforeValidator(fields.keys),
    WithJsonSchema(_HEADERS_SCHEMA),
]
Matchers = Annotated[
    dict[Annotated[str, AfterValidator(_label_name)], Text],
    BeforeValidator(fields.keys),
    WithJsonSchema(
        {
            "type": "object",
            "propertyNames": {"pattern": f"^{LABEL}$"},
            "additionalProperties": {"type": "string", "pattern": r"\S"},
        }
    ),
]


class AskingSection(Section):
    """A section with rules between its keys, which speak even where another key is refused."""

    model_config = ConfigDict(alias_generator=to_camel)

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:  # noqa: ARG003 - for sections that have such rules
        """What is wrong between the keys of this section, as it is written."""
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _and_between_keys(cls, value: object, handler: ModelWrapValidatorHandler[Self]) -> Self:
        found = list(cls.faults(value)) if isinstance(value, dict) else []
        try:
            section = handler(value)
        except ValidationError as refusal:
            raise raised(found, refusal) from None
        if found:
            raise raised(found)
        return section


def raised(faults: Iterable[Fault], refusal: ValidationError | None = None) -> ValidationError:
    """What pydantic takes as errors at these paths below the value that is validated, besides those of ``refusal``."""
    carried = [
        InitErrorDetails(type=error["type"], loc=error["loc"], input=error["input"], ctx=error.get("ctx", {}))
        for error in (refusal.errors() if refusal else ())
    ]
    ours = [
        InitErrorDetails(type="value_error", loc=path, input=None, ctx={"error": ValueError(text)})
        for path, text in faults
    ]
    return ValidationError.from_exception_data("settings", [*carried, *ours])


class TlsSection(AskingSection):
    """``tls: {}`` trusts the system's authorities."""

    ca_file: FilePath | None = None
    cert_file: FilePath | None = None
    key_file: FilePath | None = None
    server_name: Text = ""
    insecure_skip_verify: Flag = False

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        for one, other in (("certFile", "keyFile"), ("keyFile", "certFile")):
            if one in tree and other not in tree:
                yield (one,), f"is of no use alone; add {other}"
        if fields.is_true(tree.get("insecureSkipVerify")):
            for key in ("caFile", "serverName"):
                if key in tree:
                    yield (key,), "is not looked at while insecureSkipVerify is true; remove one of the two"

    def spec(self) -> TlsSpec:
        return TlsSpec(
            ca_file=self.ca_file,
            cert_file=self.cert_file,
            key_file=self.key_file,
            server_name=self.server_name,
            verify=not self.insecure_skip_verify,
        )


class BasicAuthSection(AskingSection):
    username: Annotated[str, *matching("[^:]+", "can be no user; write a name without a colon")]
    password_file: FilePath


class PrometheusSection(AskingSection):
    """One API as Prometheus has it: Prometheus, Thanos, Mimir, VictoriaMetrics."""

    url: Annotated[
        str,
        BeforeValidator(_url),
        WithJsonSchema({"type": "string", "pattern": _URL, "not": {"pattern": "/api/v1/*$"}}),
    ]
    tenant: Annotated[str, *matching(_TENANT, "can be no tenant; see what X-Scope-OrgID takes")] = ""
    headers: Headers = Field(default_factory=dict, repr=False)
    bearer_token_file: FilePath | None = None
    basic_auth: BasicAuthSection | None = None
    tls: TlsSection | None = None
    matchers: Matchers = Field(default_factory=dict)
    timeout: Timeout = 20.0

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        if "bearerTokenFile" in tree and "basicAuth" in tree:
            yield (
                ("basicAuth",),
                "stands beside bearerTokenFile; a request carries one of the two, remove the other",
            )
        if "tls" in tree and str(tree.get("url", "")).startswith("http://"):
            yield (
                ("tls",),
                "does nothing at a URL that begins with http://; write https:// there, or remove it",
            )

    def spec(self) -> PrometheusSpec:
        return PrometheusSpec(
            url=self.url,
            tenant=self.tenant,
            headers=self.headers,
            bearer_token_file=self.bearer_token_file,
            username=self.basic_auth.username if self.basic_auth else "",
            password_file=self.basic_auth.password_file if self.basic_auth else None,
            tls=self.tls.spec() if self.tls else None,
            matchers=self.matchers,
            timeout=self.timeout,
        )
