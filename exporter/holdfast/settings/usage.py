"""The key ``usage``: how the kubelets are asked and for what, and what a Prometheus-compatible API is asked for.

It yields a spec of ``model.usage``. Who answers PromQL stands under ``prometheus``.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, ValidationInfo, WithJsonSchema
from pydantic.alias_generators import to_camel

from holdfast.model.usage import KubeletSpec
from holdfast.settings import fields
from holdfast.settings.document import Scalar
from holdfast.settings.fields import Duration, Flag, Number
from holdfast.settings.prometheus import AskingSection, Fault, FilePath, Timeout, raised
from holdfast.settings.replication import Port
from holdfast.settings.section import Section

LEAST_INTERVAL = 15.0  # seconds; kubelets themselves look once a minute
MOST_INTERVAL = 600.0  # seconds; a sample of more than 15 minutes is stale
MOST_CONCURRENCY = 512
EPHEMERAL_INTERVAL = 300.0  # seconds; a summary is large, and a kubelet makes it anew for whoever asks
_DEFAULTS = KubeletSpec()


def _interval(value: float) -> float:
    if not LEAST_INTERVAL <= value <= MOST_INTERVAL:
        raise ValueError(f"is {value:g}s; write from {LEAST_INTERVAL:g}s to {MOST_INTERVAL:g}s")
    return value


def _concurrency(value: int) -> int:
    if value > MOST_CONCURRENCY:
        raise ValueError(f"is {value}; the most is {MOST_CONCURRENCY}")
    return value


Interval = Annotated[Duration, AfterValidator(_interval)]
Concurrency = Annotated[
    Number,
    AfterValidator(_concurrency),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MOST_CONCURRENCY}),
]


class KubeletSection(AskingSection):
    """``port`` is needed only where the nodes do not tell theirs. Without ``caFile`` the cluster's own authority signs."""

    enabled: Flag = True
    interval: Interval = _DEFAULTS.interval
    concurrency: Concurrency = _DEFAULTS.concurrency
    timeout: Timeout = _DEFAULTS.timeout
    port: Port | None = None
    insecure_skip_verify: Flag = False
    ca_file: FilePath | None = None
    token_file: FilePath | None = None

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        if "caFile" in tree and fields.is_true(tree.get("insecureSkipVerify")):
            yield ("caFile",), "is not looked at while insecureSkipVerify is true; remove one of the two"
        interval = fields.seconds_or_none(tree.get("interval"), cls.model_fields["interval"].default)
        timeout = fields.seconds_or_none(tree.get("timeout"), cls.model_fields["timeout"].default)
        if interval is not None and timeout is not None and timeout >= interval >= LEAST_INTERVAL:
            key = "timeout" if "timeout" in tree else "interval"
            yield (key,), f"timeout ({timeout:g}s) is not below interval ({interval:g}s); change one"

    def spec(self) -> KubeletSpec:
        return KubeletSpec(
            token_file=self.token_file or _DEFAULTS.token_file,
            ca_file=self.ca_file or _DEFAULTS.ca_file,
            verify=not self.insecure_skip_verify,
            timeout=self.timeout,
            interval=self.interval,
            concurrency=self.concurrency,
            port=self.port,
        )


class UsageQueriesSection(Section):
    """``enabled`` None: as soon as there is somebody to ask."""

    model_config = ConfigDict(alias_generator=to_camel)

    enabled: Flag | None = None
    interval: Interval = 60.0


class UsageHistorySection(Section):
    """``backfill`` asks the API, at the start, for the sixteen days before; None: as soon as there is one."""

    model_config = ConfigDict(alias_generator=to_camel)

    backfill: Flag | None = None


class EphemeralSection(Section):
    """Storage that ends with its pod. ``enabled`` None: as long as the kubelets are asked at all."""

    model_config = ConfigDict(alias_generator=to_camel)

    enabled: Flag | None = None
    interval: Interval = EPHEMERAL_INTERVAL


class UsageSection(AskingSection):
    """Both origins may be on: of each claim the newest sample counts, whoever told it."""

    kubelet: KubeletSection = KubeletSection()
    prometheus: UsageQueriesSection = UsageQueriesSection()
    history: UsageHistorySection = UsageHistorySection()
    ephemeral: EphemeralSection = EphemeralSection()

    @classmethod
    def faults(cls, tree: Mapping[str, Any]) -> Iterator[Fault]:
        kubelet, ephemeral = _keys(tree.get("kubelet")), _keys(tree.get("ephemeral"))
        if fields.is_true(ephemeral.get("enabled")) and _is_off(kubelet.get("enabled")):
            yield ("ephemeral", "enabled"), "asks kubelets, and usage.kubelet.enabled is false; change one"

    @property
    def ephemeral_interval(self) -> float | None:
        """Seconds between two looks at what pods fill of their nodes; None where nobody looks."""
        wanted = self.kubelet.enabled and self.ephemeral.enabled is not False
        return self.ephemeral.interval if wanted else None


def _is_off(value: object) -> bool:
    return isinstance(value, Scalar) and value.kind == "bool" and not fields.is_true(value)


def _keys(section: object) -> Mapping[str, Any]:
    return section if isinstance(section, dict) else {}


def usage_answerable(usage: UsageSection, info: ValidationInfo) -> UsageSection:
    """Who asks an API needs one; a ``prometheus`` that is refused has its own words."""
    if info.data.get("prometheus", ...) is None:
        asked = {
            ("prometheus", "enabled"): usage.prometheus.enabled,
            ("history", "backfill"): usage.history.backfill,
        }
        text = "asks a Prometheus-compatible API; add the top-level `prometheus`"
        faults = [(path, text) for path, wanted in asked.items() if wanted]
        if faults:
            raise raised(faults)
    return usage
