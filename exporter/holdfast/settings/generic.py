"""The key ``genericSources``: custom resources that no source of ours knows, told by expressions of the owner's.

What becomes of them belongs to the sources; here they are checked, so that a mistake stops the start.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Self, TypeVar

import msgspec
from pydantic import BeforeValidator, ConfigDict, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

from holdfast.model.expression import ExpressionError, read_expression
from holdfast.model.generic import (
    METADATA,
    ClaimsSpec,
    GenericSpec,
    KindSpec,
    NameSpec,
    PlaceSpec,
    PlanSpec,
    RestoreSpec,
    ResultSpec,
    RunSpec,
)
from holdfast.model.protection import CONSISTENCIES, PLACEMENTS, Consistency, Placement
from holdfast.settings import fields
from holdfast.settings.document import Path, Scalar
from holdfast.settings.fields import Flag, LabelKey, Namespaces
from holdfast.settings.section import Section

Fault = tuple[Path, str]

RESERVED = frozenset({"kubelet", "kubevirt", "prometheus", "promql", "postgresql", "mysql", "redis"})
"""Names of what we see through besides the sources of the table."""

CREDENTIALS: Mapping[tuple[str, str], str] = {
    ("stork.libopenstorage.org", "backuplocations"): "BackupLocation",
    ("acid.zalan.do", "postgresqls"): "postgresql",
}
"""Kinds whose objects carry credentials of their own; no right to read them is ever asked for."""

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_GROUP = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+"
_VERSION = r"v[1-9][0-9]*((alpha|beta)[1-9][0-9]*)?"
_RESOURCE = r"[a-z][a-z0-9]*"
_KIND = r"[A-Za-z][A-Za-z0-9]*"
_OWNER = rf"{_KIND}\.({_GROUP}|apps|batch)"


def _expression(value: object) -> str:
    written = fields.filled_text(value)
    try:
        read = read_expression(written)
    except ExpressionError as error:
        raise ValueError(str(error)) from None
    for path in sorted(read.paths):
        if path[0] == "metadata" and (len(path) == 1 or path[1] not in METADATA):
            raise ValueError(
                f"{written!r} reads {'.'.join(path[:2])}; of metadata there are {', '.join(METADATA)}"
            )
    return written


def _matching(pattern: str, remedy: str) -> tuple[BeforeValidator, WithJsonSchema]:
    def read(value: object) -> str:
        written = fields.filled_text(value)
        if not re.fullmatch(pattern, written, re.ASCII):
            raise ValueError(f"{written!r} {remedy}")
        return written

    return BeforeValidator(read), WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


_EXPRESSION_SCHEMA: dict[str, Any] = {"type": "string", "pattern": r"\S"}
Expression = Annotated[str, BeforeValidator(_expression), WithJsonSchema(_EXPRESSION_SCHEMA)]
Words = Annotated[
    tuple[fields.AnyText, ...],
    BeforeValidator(fields.choices),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "minItems": 1, "items": {"type": "string"}}]}
    ),
]
Versions = Annotated[
    tuple[Annotated[str, *_matching(_VERSION, "is no version; write v1, v1beta1…")], ...],
    BeforeValidator(fields.choices),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": f"^{_VERSION}$"},
                {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": f"^{_VERSION}$"}},
            ]
        }
    ),
]
_PLACEMENT, _CONSISTENCY = fields.one_of(*PLACEMENTS), fields.one_of(*CONSISTENCIES)


class GenericSection(Section):
    model_config = ConfigDict(alias_generator=to_camel)


class ShortSection(GenericSection):
    """A section for which one expression alone may stand."""

    @classmethod
    def _short(cls) -> str:
        raise NotImplementedError

    @model_validator(mode="before")
    @classmethod
    def _take_expression(cls, value: object) -> object:
        return {cls._short(): value} if isinstance(value, Scalar) and value.kind != "null" else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [_EXPRESSION_SCHEMA, handler.resolve_ref_schema(handler(core))]}


class ClaimsSection(ShortSection):
    names: Expression | None = None
    label: LabelKey | None = None
    value: Expression | None = None
    owner: Annotated[str | None, *_matching(_OWNER, "is no owner; write Kind.group")] = None
    name: Expression | None = None
    namespace: Expression | None = None

    @classmethod
    def _short(cls) -> str:
        return "names"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = [way for way in ("names", "label", "owner") if getattr(self, way)]
        if len(ways) > 1:
            raise ValueError(f"says {' and '.join(ways)}; claims are found in one way, keep one of them")
        if not ways and not self.namespace:
            raise ValueError("finds no claims; write names, label and value, owner and name, or namespace")
        for way, answer in (("label", "value"), ("owner", "name")):
            if bool(getattr(self, way)) != bool(getattr(self, answer)):
                raise ValueError(f"says one of {way} and {answer}; they go together, write both or none")
        return self

    def spec(self) -> ClaimsSpec:
        return ClaimsSpec(**{name: getattr(self, name) or "" for name in ClaimsSpec.__struct_fields__})


class NameSection(ShortSection):
    name: Expression
    namespace: Expression | None = None

    @classmethod
    def _short(cls) -> str:
        return "name"

    def spec(self) -> NameSpec:
        return NameSpec(name=self.name, namespace=self.namespace or "")


class ResultSection(GenericSection):
    at: Expression
    success: Words
    partial: Words = ()
    failure: Words = ()
    running: Words = ()

    @model_validator(mode="after")
    def _one_meaning(self) -> Self:
        said = [word for name in ("success", "partial", "failure", "running") for word in getattr(self, name)]
        twice = sorted({word for word in said if said.count(word) > 1})
        if twice:
            raise ValueError(f"lists {twice[0]!r} twice; a word has one meaning")
        if any(word == "" for word in (*self.success, *self.partial)):
            raise ValueError("takes the absence of a word for success; name the word that stands for it")
        return self

    def spec(self) -> ResultSpec:
        return ResultSpec(**{name: getattr(self, name) for name in ResultSpec.__struct_fields__})


class RunSection(GenericSection):
    claims: ClaimsSection
    result: ResultSection
    when: Expression | None = None
    captured: Expression | None = None
    started: Expression | None = None
    ended: Expression | None = None
    size: Expression | None = None
    expires: Expression | None = None
    kept_for: Expression | None = None
    ready: Expression | None = None
    schedule: NameSection | None = None
    target: NameSection | None = None
    placement: Annotated[Placement | None, *_PLACEMENT] = None
    consistency: Annotated[Consistency | None, *_CONSISTENCY] = None


class PlanSection(GenericSection):
    claims: ClaimsSection
    when: Expression | None = None
    cron: Expression | None = None
    every: Expression | None = None
    timezone: Expression | None = None
    paused: Expression | None = None
    target: Expression | None = None
    last_success: Expression | None = None
    last_attempt: Expression | None = None
    placement: Annotated[Placement | None, *_PLACEMENT] = None
    consistency: Annotated[Consistency | None, *_CONSISTENCY] = None

    @model_validator(mode="after")
    def _one_rhythm(self) -> Self:
        if (self.cron is None) == (self.every is None):
            raise ValueError("needs one of cron and every; write where the object says how often it runs")
        return self


class PlaceSection(GenericSection):
    when: Expression | None = None
    available: Expression | None = None
    checked: Expression | None = None


class RestoreSection(GenericSection):
    result: ResultSection
    when: Expression | None = None
    claims: ClaimsSection | None = None
    run: NameSection | None = None
    started: Expression | None = None
    ended: Expression
    point: Expression | None = None

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.claims is None and self.run is None:
            raise ValueError("says neither claims nor run; write of what it is a restore")
        return self


class KindSection(GenericSection):
    """``group`` and ``versions`` are those of the source where not given."""

    resource: Annotated[str, *_matching(_RESOURCE, "is no resource; write its plural in lower case")]
    kind: Annotated[str, *_matching(_KIND, "is no kind; write it as the objects do: Backup")]
    group: Annotated[str | None, *_matching(_GROUP, "is no group of custom resources")] = None
    versions: Versions = ()
    namespaced: Flag = True
    run: RunSection | None = None
    plan: PlanSection | None = None
    place: PlaceSection | None = None
    restore: RestoreSection | None = None

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not (self.run or self.plan or self.place or self.restore):
            raise ValueError("says nothing of its objects; write run, plan, place or restore")
        run = self.run
        if run and not (run.captured or run.started or (run.ended and self.plan)):
            raise ValueError(
                "says of a run not when its data was captured; write captured or started in run "
                "(metadata.creationTimestamp where the object is made as the run begins)"
            )
        return self

    def spec(self, group: str, versions: tuple[str, ...]) -> KindSpec:
        return KindSpec(
            group=self.group or group,
            versions=self.versions or versions,
            resource=self.resource,
            kind=self.kind,
            namespaced=self.namespaced,
            run=_spec(RunSpec, self.run),
            plan=_spec(PlanSpec, self.plan),
            place=_spec(PlaceSpec, self.place),
            restore=_spec(RestoreSpec, self.restore),
        )


class GenericSourceSection(GenericSection):
    """One source of the owner's own."""

    name: Annotated[
        str,
        *_matching(
            _NAME.pattern, "is no name of a source; write lower-case letters, digits and '-', 63 at most"
        ),
    ]
    group: Annotated[
        str,
        *_matching(_GROUP, "is no group of custom resources; Kubernetes' own kinds are for built-in sources"),
    ]
    versions: Versions
    kinds: Annotated[tuple[KindSection, ...], BeforeValidator(fields.items)]
    placement: Annotated[Placement, *_PLACEMENT] = "local"
    consistency: Annotated[Consistency, *_CONSISTENCY] = "unknown"
    namespaces: Namespaces = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        if not self.kinds:
            raise ValueError("has no kinds; write one at least")
        for kind in self.kinds:
            place = (kind.group or self.group, kind.resource)
            if place in CREDENTIALS:
                raise ValueError(
                    f"reads {CREDENTIALS[place]}, which carries credentials; Holdfast never asks for it"
                )
        for noun, names in (
            ("kind", [k.kind for k in self.kinds]),
            ("resource", [k.resource for k in self.kinds]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"has the {noun} {twice[0]} twice; say all that it is in one place")
        self._check_references()
        return self

    def _check_references(self) -> None:
        """A name of another object can be followed only where one kind has such objects."""
        having = {
            section: [kind.kind for kind in self.kinds if getattr(kind, section)]
            for section in ("run", "plan", "place")
        }
        for section in ("plan", "place"):
            if len(having[section]) > 1:
                both = " and ".join(having[section])
                raise ValueError(
                    f"has {both} as {section}; one kind of a source can be that, make another source"
                )
        for kind in self.kinds:
            named = (
                ("run.target", "place", kind.run and kind.run.target),
                ("run.schedule", "plan", kind.run and kind.run.schedule),
                ("restore.run", "run", kind.restore and kind.restore.run),
            )
            for key, section, reference in named:
                if reference and len(having[section]) != 1:
                    count = "no kind" if not having[section] else "more than one kind"
                    raise ValueError(
                        f"{kind.kind}: {key} names a {section}, and {count} here is one; remove it"
                    )

    def spec(self) -> GenericSpec:
        return GenericSpec(
            name=self.name,
            kinds=tuple(kind.spec(self.group, self.versions) for kind in self.kinds),
            placement=self.placement,
            consistency=self.consistency,
            namespaces=self.namespaces,
        )


_T = TypeVar("_T", bound=msgspec.Struct)


def _spec(kind: type[_T], section: Section | None) -> _T | None:
    """The section as the noun of the model; what is not written keeps the noun's own default."""
    if section is None:
        return None
    said = {name: getattr(section, name) for name in kind.__struct_fields__}
    made = {
        name: value.spec() if isinstance(value, ClaimsSection | NameSection | ResultSection) else value
        for name, value in said.items()
        if value is not None
    }
    return kind(**made)


def generic_faults(entries: list[Any], built_in: Collection[str]) -> Iterator[Fault]:
    """What is wrong with the names of all entries together."""
    first: dict[str, int] = {}
    for index, entry in enumerate(entries):
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, Scalar):
            continue
        path: Path = ("genericSources", index, "name")
        if name in built_in or name in RESERVED:
            yield path, f"{str(name)!r} is the name of a source that is built in; choose another"
        elif name in first:
            yield path, f"{str(name)!r} is already the name of genericSources[{first[name]}]; choose another"
        first.setdefault(str(name), index)
