"""StorageClasses: how volumes of a class are made. Its parameters may name secrets: of these only a hash is kept, and what
``encryption`` looks for.
"""

import hashlib
from collections.abc import Mapping, Sequence

import msgspec

from holdfast.model.facts import Fact, StorageClass
from holdfast.sources.annotated import read_annotated
from holdfast.sources.core.encryption import read_encryption
from holdfast.sources.shapes import AnnotatedMetadata, Shape, given, shared, written

_DEFAULT = (
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
)


class LabelValues(Shape):
    key: str | None = None
    values: list[str | None] | None = None


class TopologyTerm(Shape):
    match_label_expressions: list[LabelValues | None] | None = None


class StorageClassObject(Shape):
    """A StorageClass has no spec. ``parameters`` and ``mountOptions`` stay undecoded but for what is named."""

    metadata: AnnotatedMetadata
    provisioner: str | None = None
    reclaim_policy: str | None = None
    volume_binding_mode: str | None = None
    allow_volume_expansion: bool | None = None
    parameters: dict[str, msgspec.Raw] | None = None
    mount_options: list[msgspec.Raw] | None = None
    allowed_topologies: list[TopologyTerm | None] | None = None


def read_storage_class(storage_class: StorageClassObject) -> tuple[Fact, ...]:
    metadata, parameters = storage_class.metadata, storage_class.parameters or {}
    provisioner = shared(storage_class.provisioner)
    return (
        StorageClass(
            name=shared(metadata.name),
            provisioner=provisioner,
            binding_mode=shared(storage_class.volume_binding_mode) or "Immediate",
            reclaim_policy=shared(storage_class.reclaim_policy) or "Delete",
            allows_expansion=bool(storage_class.allow_volume_expansion),
            is_default=any(metadata.annotation(name) == "true" for name in _DEFAULT),
            encryption=read_encryption(provisioner, parameters),
            topologies=tuple(
                sorted(set(filter(None, map(_topology, given(storage_class.allowed_topologies)))))
            ),
            parameters_hash=_hash(parameters, storage_class.mount_options or ()),
        ),
        *read_annotated("StorageClass", metadata),
    )


def _topology(term: TopologyTerm) -> str:
    """``key=value|value``, several keys sorted and joined by commas. A term without any key allows nothing."""
    parts = {
        f"{each.key}={'|'.join(sorted(set(given(each.values))))}"
        for each in given(term.match_label_expressions)
        if each.key
    }
    return ",".join(sorted(parts))


def _hash(parameters: Mapping[str, msgspec.Raw], options: Sequence[msgspec.Raw]) -> str:
    """Equal for equal parameters and mount options, in whatever order and spelling of JSON; empty where there are none."""
    if not parameters and not options:
        return ""
    told = [sorted((name, written(value)) for name, value in parameters.items()), [*map(written, options)]]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:16]
