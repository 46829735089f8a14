"""The configuration file as it is written: every top-level key, its sections and their defaults.

How a value is read stands in ``fields``, what holds between keys in ``rules``, what follows in ``policy``.
"""

import hashlib
import json
from typing import Annotated, Literal

import msgspec
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from holdfast.model.policy import (
    BLIND_AFTER,
    SYSTEM_NAMESPACES,
    Exemption,
    Match,
    ObjectiveSpec,
    Policy,
    ReclaimPolicy,
    Retention,
    Tier,
    Urgency,
)
from holdfast.settings import fields
from holdfast.settings.document import Scalar
from holdfast.settings.fields import (
    AnyClass,
    AnyGlob,
    Count,
    Duration,
    Flag,
    Globs,
    Labels,
    LastDay,
    Namespaces,
    Number,
    Offsite,
    Text,
)
from holdfast.settings.generic import GenericSourceSection
from holdfast.settings.prices import PricesSection, prices_answerable
from holdfast.settings.prometheus import PrometheusSection
from holdfast.settings.replication import ReplicationSection, answerable
from holdfast.settings.section import MARK, Section
from holdfast.settings.usage import UsageSection, usage_answerable

ALWAYS_ON = "core"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """The names that other tables own and a configuration may speak of.

    ``limits`` are the checks that take a limit, ``families`` the metric families that can be switched off.
    """

    sources: tuple[str, ...]
    checks: tuple[str, ...] = ()
    limits: frozenset[str] = frozenset()
    families: tuple[str, ...] = ()


class CamelSection(Section):
    model_config = ConfigDict(alias_generator=to_camel)


class ClusterSection(CamelSection):
    """``cluster: NAME`` is short for ``cluster: {name: NAME}``."""

    name: Text = ""
    blind_after: Duration = BLIND_AFTER

    @model_validator(mode="before")
    @classmethod
    def _take_name(cls, value: object) -> object:
        return {"name": value} if isinstance(value, Scalar) and value.kind != "null" else value


class SourceSection(CamelSection):
    """``namespaces`` adds to those of the file what this source needs to see."""

    enabled: Flag = True
    namespaces: Namespaces = ()

    @model_validator(mode="before")
    @classmethod
    def _teach_enabled(cls, value: object) -> object:
        if isinstance(value, Scalar) and value.kind == "bool":
            raise ValueError(f"is '{value}'; write {{enabled: {str(fields.boolean(value)).lower()}}}")
        return value


class RetentionSection(CamelSection):
    daily: Count | None = None
    weekly: Count | None = None
    monthly: Count | None = None

    def retention(self) -> Retention:
        return Retention(daily=self.daily, weekly=self.weekly, monthly=self.monthly)


class ObjectiveSection(CamelSection):
    rpo: Duration | None = None
    rto: Duration | None = None
    urgency: Annotated[Urgency | None, *fields.one_of("page", "ticket", "know")] = None
    replication_lag: Duration | None = None
    restore_drill_every: Duration | None = None
    offsite: Offsite | None = None
    consistency: Annotated[Literal["crash", "application"] | None, *fields.one_of("crash", "application")] = (
        None
    )
    locations: Number | None = None
    retention: RetentionSection | None = None
    reclaim_policy: Annotated[ReclaimPolicy | None, *fields.one_of("Retain", "Delete")] = None
    full_within: Duration | None = None
    unused_for: Duration | None = None

    def spec(self) -> ObjectiveSpec:
        said = {name: getattr(self, name) for name in ObjectiveSpec.__struct_fields__ if name != "retention"}
        return ObjectiveSpec(**said, retention=self.retention.retention() if self.retention else None)


class MatchSection(CamelSection):
    """All keys given must hold, so an empty mapping matches every claim."""

    namespaces: AnyGlob = ()
    names: AnyGlob = ()
    namespace_labels: Labels = Field(default_factory=dict)
    labels: Labels = Field(default_factory=dict)
    storage_classes: AnyClass = ()

    def match(self) -> Match:
        return Match(**{name: getattr(self, name) for name in Match.__struct_fields__})


class ExemptSection(CamelSection):
    reason: Text
    until: LastDay | None = None

    def exemption(self) -> Exemption:
        return Exemption(reason=self.reason, until=self.until)


class TierSection(ObjectiveSection):
    """Without ``match`` no claim is of this tier but by the annotation ``holdfast.dev/tier``."""

    name: Text
    match: MatchSection | None = None
    exempt: ExemptSection | None = None

    def tier(self) -> Tier:
        return Tier(
            name=self.name,
            match=self.match.match() if self.match else None,
            objective=self.spec(),
            exempt=self.exempt.exemption() if self.exempt else None,
        )


class LimitSection(CamelSection):
    limit: Number


def _switch(value: object) -> bool:
    if fields.text(value) in ("off", "on"):
        return value == "on"
    try:
        return fields.boolean(value)
    except ValueError as error:
        raise ValueError(
            f"is {str(value)!r}; write on, off, or {{limit: NUMBER}} where the check takes one"
        ) from error


_SWITCH, _LIMIT = MARK + "switch", MARK + "limit"
Check = Annotated[
    Annotated[
        bool, BeforeValidator(_switch), WithJsonSchema({"enum": [True, False, "on", "off"]}), Tag(_SWITCH)
    ]
    | Annotated[LimitSection, Tag(_LIMIT)],
    Discriminator(lambda value: _SWITCH if isinstance(value, Scalar) else _LIMIT),
]


class HistorySection(CamelSection):
    """``path`` is the folder of the local store; empty for the user's own default."""

    path: Text = ""


class MetricsSection(CamelSection):
    deny: Annotated[tuple[Text, ...], BeforeValidator(fields.items)] = ()


class Settings(CamelSection):
    """A whole configuration. ``defaults`` None: nobody declared any, and the built-in ones hold."""

    cluster: ClusterSection = ClusterSection()
    namespaces: Namespaces = ()
    system_namespaces: Globs = SYSTEM_NAMESPACES
    sources: Annotated[dict[str, SourceSection], BeforeValidator(fields.keys)] = Field(default_factory=dict)
    generic_sources: Annotated[tuple[GenericSourceSection, ...], BeforeValidator(fields.items)] = ()
    defaults: ObjectiveSection | None = None
    tiers: Annotated[tuple[TierSection, ...], BeforeValidator(fields.items)] = ()
    checks: Annotated[dict[str, Check], BeforeValidator(fields.keys)] = Field(default_factory=dict)
    history: HistorySection = HistorySection()
    metrics: MetricsSection = MetricsSection()
    prometheus: PrometheusSection | None = None
    usage: Annotated[UsageSection, AfterValidator(usage_answerable)] = UsageSection()
    replication: Annotated[ReplicationSection, AfterValidator(answerable)] = ReplicationSection()
    prices: Annotated[PricesSection | None, AfterValidator(prices_answerable)] = None

    def source(self, name: str) -> SourceSection:
        """The section of this source; a source is on unless its section says otherwise."""
        return self.sources.get(name, SourceSection())

    @property
    def config_hash(self) -> str:
        """Equal for files that mean the same, whatever their layout."""
        told = self.model_dump(
            mode="json", warnings=False
        )  # it warns of every value of a union with a discriminator
        meaning = json.dumps(told, sort_keys=True)
        return hashlib.sha256(meaning.encode()).hexdigest()[:16]

    def policy(self) -> Policy:
        declared = {} if self.defaults is None else {"defaults": self.defaults.spec()}
        return Policy(
            cluster=self.cluster.name,
            tiers=tuple(tier.tier() for tier in self.tiers),
            **declared,
            builtin_defaults=self.defaults is None,
            blind_after=self.cluster.blind_after,
            checks_off=frozenset(name for name, check in self.checks.items() if check is False),
            check_limits={
                name: check.limit for name, check in self.checks.items() if isinstance(check, LimitSection)
            },
            deny=frozenset(self.metrics.deny),
            system_namespaces=self.system_namespaces,
            prices=self.prices.prices() if self.prices else None,
        )
