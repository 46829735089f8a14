"""Whom to ask beyond the cluster's own API and how, what answers a query, and why nothing did.

Credentials are named by their files and never stand here. Asking belongs to probes and usage.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

import msgspec

Kind = Literal["postgresql", "mysql", "redis"]
Means = Literal["lag", "timestamp"]
AskReason = Literal[
    "connection",  # nobody there, the connection broke, or a server that is there turns requests away
    "timeout",
    "unauthorized",
    "tls",
    "protocol",  # not what a database of this kind says
    "too_large",
    "bad_answer",  # not what such an API answers
    "query",  # refused as asked
    "empty",  # well answered, with nothing
]


ASK_REASONS: tuple[AskReason, ...] = get_args(AskReason)


class AskError(Exception):
    """Nothing was learnt. The text says place, fact and remedy, and never holds a credential."""

    def __init__(self, reason: AskReason, text: str) -> None:
        super().__init__(text)
        self.reason: AskReason = reason
        self.text = text


class TlsSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How a connection is secured. Without ``ca_file`` the system's authorities are trusted.

    ``server_name`` is the name that the server's certificate must bear, empty for that of the host.
    ``verify`` False takes any certificate.
    """

    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    server_name: str = ""
    verify: bool = True


class ProbeSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One database server that is asked how its replication goes. Durations are seconds, sizes bytes.

    ``namespace`` and ``claim`` say whose data it is; empty where not told. ``tls`` None speaks plain text.
    ``replicas`` is how many are expected to be connected, None where nobody said.
    ``heartbeat_table`` is for mysql and names ``schema.table``, ``slot_wal_limit`` is for postgresql.
    """

    name: str
    kind: Kind
    host: str
    port: int
    namespace: str = ""
    claim: str = ""
    user: str = ""
    password_file: Path | None = None
    database: str = ""
    tls: TlsSpec | None = None
    interval: float = 30.0
    timeout: float = 5.0
    objective: float | None = None
    replicas: int | None = None
    heartbeat_table: str = ""
    slot_wal_limit: int | None = None


class QuerySpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One PromQL query each series of which is a replication. Durations are seconds.

    The three labels name what of a series says which replication it is; ``replication_label`` is empty where
    the query's own name does. ``means`` says whether the value is a lag in seconds or the Unix time of the last
    point that the replica holds.
    """

    name: str
    query: str
    replication_label: str = ""
    namespace_label: str = "namespace"
    claim_label: str = "persistentvolumeclaim"
    means: Means = "lag"
    interval: float = 60.0
    objective: float | None = None


class PrometheusSpec(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An HTTP API as Prometheus has it. ``timeout`` in seconds bounds a whole request.

    ``bearer_token_file`` and ``username`` with ``password_file`` exclude each other.
    ``matchers`` are labels and values that every selector of ours asks for besides its own.
    """

    url: str
    tenant: str = ""
    headers: Mapping[str, str] = {}
    bearer_token_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    tls: TlsSpec | None = None
    matchers: Mapping[str, str] = {}
    timeout: float = 20.0

    def __repr__(self) -> str:
        # a header of the owner's may hold a key of his
        return f"PrometheusSpec(url={self.url!r}, tenant={self.tenant!r})"


class Series(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Labels, and points of (Unix time, value) in the order of the answer; an instant query has one point each.

    A value may be NaN or infinite; NaN also stands for a native histogram, which is no number.
    """

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a query returned. ``complete`` False: the API warned, so there may be more series than these."""

    series: tuple[Series, ...]
    complete: bool = True
