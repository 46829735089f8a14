"""The key ``replication``: databases that are asked how their replicas fare, and queries that tell of replications.

They yield the specs of ``model.asking``; asking belongs to others.
"""

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema

from holdfast.model.asking import Kind, Means, ProbeSpec, QuerySpec
from holdfast.settings import fields
from holdfast.settings.document import Scalar
from holdfast.settings.fields import Duration, Namespace, Number, Text
from holdfast.settings.prometheus import (
    LABEL,
    AskingSection,
    Fault,
    FilePath,
    Timeout,
    TlsSection,
    matching,
    raised,
)

PORTS: Mapping[Kind, int] = {"postgresql": 5432, "mysql": 3306, "redis": 6379}
LEAST_INTERVAL = 5.0  # seconds
_ONLY: Mapping[str, Kind] = {"heartbeatTable": "mysql", "slotWalLimit": "postgresql"}
_MOST_QUERY = 10_000  # characters
_CLAIM = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
_TABLE = r"[A-Za-z0-9_$]+\.[A-Za-z0-9_$]+"
_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_SIZE = r"([1-9][0-9]{0,6})(Ki|Mi|Gi|Ti)"
_SHIFT = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}


def _host(value: object) -> str:
    written = fields.filled_text(value).removeprefix("[").removesuffix("]")
    if "/" in written or "@" in written or re.search(r"\s", written):
        raise ValueError("is no host; write its name or address alone, without scheme, user or path")
    if ":" in written:
        try:
            IPv6Address(written)
        except ValueError:
            raise ValueError(f"{written!r} is no host; a port belongs under `port`") from None
    return written


def _port(value: object) -> int:
    port = fields.whole(1)(value)
    if port > 65535:
        raise ValueError(f"is {port}; the most is 65535")
    return port


def _size(value: object) -> int:
    written = fields.text(value).strip()
    found = re.fullmatch(_SIZE, written, re.ASCII)
    if found is None:
        raise ValueError(f"{written!r} is no size; write a whole number and Ki, Mi, Gi or Ti, as in 10Gi")
    return int(found[1]) << _SHIFT[found[2]]


def _interval(value: float) -> float:
    if value < LEAST_INTERVAL:
        raise ValueError(f"is {value:g}s; the least is {LEAST_INTERVAL:g}s")
    return value


def _query(value: object) -> str:
    written = fields.text(value).strip()
    if not written:
        raise ValueError("is empty; write a query in PromQL")
    if len(written) > _MOST_QUERY:
        raise ValueError(f"is longer than {_MOST_QUERY} characters; make it a recording rule")
    return written


Host = Annotated[str, BeforeValidator(_host), WithJsonSchema({"type": "string", "pattern": r"^[^/@\s]+$"})]
Port = Annotated[
    int, BeforeValidator(_port), WithJsonSchema({"type": "integer", "minimum": 1, "maximum": 65535})
]
Size = Annotated[int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": f"^{_SIZE}$"})]
Interval = Annotated[Duration, AfterValidator(_interval)]
Query = Annotated[
    str,
    BeforeValidator(_query),
    WithJsonSchema({"type": "string", "pattern": r"\S", "maxLength": _MOST_QUERY}),
]
Label = Annotated[str, *matching(LABEL, "can be no name of a label; write letters, digits and '_'")]
Claim = Annotated[str, *matching(_CLAIM, "can be no name of a claim; write it in full, in lower case")]
Name = Annotated[
    str, *matching(_NAME, "can be no name here; write letters, digits, '-', '_' and '.', at most 63")
]
Table = Annotated[str, *matching(_TABLE, "names no table; write SCHEMA.TABLE, as in percona.heartbeat")]


class ProbeSection(AskingSection):
    name: Name
    type: Annotated[Kind, *fields.one_of(*PORTS)]
    host: Host
    port: Port | None = None
    user: Text = ""
    password_file: FilePath | None = None
    database: Text = ""
    tls: TlsSection | None = None
    interval: Interval = 30.0
    timeout: Timeout = 5.0
    objective: Duration | None = None
    namespace: Namespace = ""
    claim: Claim = ""
    replicas: Number | None = None
    heartbeat_table: Table = ""
    slot_wal_limit: Size | None = None

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        kind = tree.get("type")
        for key, only in _ONLY.items():
            if key in tree and kind in PORTS and kind != only:
                yield (key,), f"is for {only} and not for {kind}; remove it"
        if kind in ("postgresql", "mysql") and "user" not in tree:
            yield (), f"user is missing, and {kind} asks for one; write it"
        if kind == "redis" and "database" in tree:
            yield ("database",), "is not for redis, whose replication is of all databases; remove it"
        if "claim" in tree and "namespace" not in tree:
            yield ("claim",), "says nothing without its namespace; add namespace"
        interval = fields.seconds_or_none(tree.get("interval"), cls.model_fields["interval"].default)
        timeout = fields.seconds_or_none(tree.get("timeout"), cls.model_fields["timeout"].default)
        if interval is not None and timeout is not None and timeout >= interval >= LEAST_INTERVAL:
            key = "timeout" if "timeout" in tree else "interval"
            yield (key,), f"timeout ({timeout:g}s) is not below interval ({interval:g}s); change one"

    def spec(self) -> ProbeSpec:
        same = set(ProbeSpec.__struct_fields__) - {"kind", "port", "tls"}
        return ProbeSpec(
            kind=self.type,
            port=self.port or PORTS[self.type],
            tls=self.tls.spec() if self.tls else None,
            **{name: getattr(self, name) for name in same},
        )


class QuerySection(AskingSection):
    name: Name
    query: Query
    replication: Label = ""
    namespace_label: Label = "namespace"
    claim_label: Label = "persistentvolumeclaim"
    means: Annotated[Means, *fields.one_of("lag", "timestamp")] = "lag"
    interval: Interval = 60.0
    objective: Duration | None = None

    def spec(self) -> QuerySpec:
        same = set(QuerySpec.__struct_fields__) - {"replication_label"}
        return QuerySpec(replication_label=self.replication, **{name: getattr(self, name) for name in same})


class ReplicationSection(AskingSection):
    concurrency: Number = 8
    probes: Annotated[tuple[ProbeSection, ...], BeforeValidator(fields.items)] = ()
    queries: Annotated[tuple[QuerySection, ...], BeforeValidator(fields.items)] = ()

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        first: dict[str, str] = {}
        for key in ("probes", "queries"):
            for index, item in enumerate(_items(tree, key)):
                name = item.get("name") if isinstance(item, dict) else None
                if not isinstance(name, Scalar):
                    continue
                if name in first:
                    yield (
                        (key, index, "name"),
                        f"{str(name)!r} is already the name of {first[name]}; choose another",
                    )
                first.setdefault(str(name), f"{key}[{index}]")

    def probe_specs(self) -> tuple[ProbeSpec, ...]:
        return tuple(probe.spec() for probe in self.probes)

    def query_specs(self) -> tuple[QuerySpec, ...]:
        return tuple(query.spec() for query in self.queries)


def answerable(replication: ReplicationSection, info: ValidationInfo) -> ReplicationSection:
    """Queries need somebody to ask; a ``prometheus`` that is refused has its own words."""
    if replication.queries and info.data.get("prometheus", ...) is None:
        text = "are asked of a Prometheus-compatible API; add the top-level `prometheus`"
        raise raised([(("queries",), text)])
    return replication


def _items(tree: Mapping[str, Any], key: str) -> list[Any]:
    value = tree.get(key)
    return value if isinstance(value, list) else []
