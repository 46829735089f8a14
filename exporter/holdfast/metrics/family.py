"""What a metric family is. No family is declared here, and nothing is computed but the text of a row."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec

Value = int | float
Row = tuple[tuple[str, ...], Value]
"""Values of the labels that follow the identity labels, and the value of the sample."""


class Still(float):
    """In a clock family: a value that stands as it is, and no instant."""


Origin = Literal["objects", "watching", "process"]
Stability = Literal["stable", "experimental"]
Aggregation = Literal["max", "min"]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One metric family: the only place where its name is written.

    ``noun`` says which judgements feed it and gives the identity labels (see ``IDENTITY``); ``further`` are those that
    follow them. ``rows`` turns one judgement into rows. Where ``clock`` is set, rows give an instant and the sample is
    the time since then, at the scrape, unless the value is ``Still``; with ``countdown`` the time until then. ``vocabulary`` lists the values of closed labels.
    ``aggregation`` is how a rule must fold equal replicas.
    """

    name: str
    help: str
    noun: str
    rows: Callable[[Any], Iterable[Row]]
    further: tuple[str, ...] = ()
    origin: Origin = "objects"
    stability: Stability = "stable"
    aggregation: Aggregation = "max"
    clock: bool = False
    countdown: bool = False
    vocabulary: Mapping[str, tuple[str, ...]] = {}

    @property
    def labels(self) -> tuple[str, ...]:
        scope = ("namespace",) if self.noun in CLUSTER_SCOPED else ()
        return (*scope, *IDENTITY[self.noun], *self.further)

    @property
    def type(self) -> str:
        return "gauge"

    @property
    def header(self) -> bytes:
        return f"# HELP {self.name} {self.help}\n# TYPE {self.name} gauge\n".encode()


IDENTITY: Mapping[str, tuple[str, ...]] = {
    "claim": ("namespace", "persistentvolumeclaim"),
    "volume": ("persistentvolume",),
    "snapshot": ("namespace", "volumesnapshot"),
    "content": ("volumesnapshotcontent",),
    "attachment": ("volumeattachment",),
    "schedule": ("source", "namespace", "schedule"),
    "target": ("source", "namespace", "target"),
    "replication": ("source", "namespace", "replication", "persistentvolumeclaim"),
    "tally": ("namespace", "tier"),
    "quota": ("namespace", "resourcequota"),
    "pool": ("storageclass", "topology"),
    "class": ("storageclass",),
    "provision": ("namespace", "storageclass"),
    "expansion": ("namespace", "persistentvolumeclaim"),
    "filling": ("namespace", "persistentvolumeclaim"),
    "backend": ("backend",),
    "coverage": ("csi_driver",),
    "ephemeral": ("namespace", "workload_kind", "workload"),
    "node-disk": ("node",),
    "claim-cost": ("namespace", "persistentvolumeclaim"),
    "volume-cost": ("persistentvolume",),
    "snapshot-cost": ("namespace", "volumesnapshot"),
    "content-cost": ("volumesnapshotcontent",),
    "kind-cost": ("kind",),
    "prices": (),
    "waste": ("namespace", "reason"),
    "finding": (),
    "check": ("check",),
    "checklist": ("namespace",),
    "source": ("source", "kind"),
}
"""Labels that name the thing itself, once per noun. They never move in the thing's life."""


CLUSTER_SCOPED = frozenset(
    {"volume", "content", "attachment", "pool", "class", "node-disk", "volume-cost", "content-cost"}
)
"""Nouns without a namespace: they write the label empty, so that no scrape fills in the exporter's own."""


def escape(value: str) -> str:
    """A label value as both text formats want it."""
    if "\\" in value or '"' in value or "\n" in value:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return value


class _Now(float):
    """The instant of the scrape, as a value."""


NOW = _Now("inf")
NOW_MARK = "\0now\0"
"""What stands in rendered text for ``NOW`` until the scrape; no label can hold it, since the API server refuses NUL."""


def number(value: Value) -> str:
    """A sample value; whole numbers without a fraction, so that rows are the same bytes in both formats."""
    if value is NOW:
        return NOW_MARK
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return {"inf": "+Inf", "-inf": "-Inf", "nan": "NaN"}.get(text := repr(value), text)
    return str(int(value))


def since(seconds: float) -> str:
    """Elapsed seconds to the millisecond; a clock that runs behind reads as no time."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") if seconds > 0 else "0"
