"""The shape of objects that expressions read: decodes what an expression names, and keeps only the records.

The records are made while the object is decoded: so an object in which an expression fails counts as one that cannot
be decoded, is named in the log, and blinds its source.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from holdfast.model.expression import Path
from holdfast.model.facts import Fact
from holdfast.sources.shapes import Metadata, Shape, given

Wanted = Mapping[str, Any]
"""What is read of an object, key by key: for each the same of what stands there, or None for all of it."""

Reader = Callable[["GenericMetadata", Mapping[str, Any]], Sequence[Fact]]

_NOTHING: Final = msgspec.Raw(b"null")
_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANYTHING: Final = msgspec.json.Decoder()


class GenericMetadata(Metadata):
    """``metadata`` with its annotations undecoded: only those that an expression names are looked into."""

    api_annotations: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="annotations")


def wanted_of(paths: Iterable[Path]) -> Wanted:
    """The places of all paths as one tree. A place that is wanted whole swallows those within."""
    tree: dict[str, Any] = {}
    for path in sorted(set(paths), key=len):
        here: dict[str, Any] | None = tree
        for key in path[:-1]:
            here = None if here is None else here.setdefault(key, {})
        if here is not None:
            here[path[-1]] = None
    return tree


def shape_of(kind: str, wanted: Wanted, read: Reader) -> type[Any]:
    """A type for the objects of one kind. Each of them has its ``records``."""
    parts = {f"part{number}": key for number, key in enumerate(sorted(wanted.keys() - {"metadata"}))}

    def begin(self: Any) -> None:
        document = {key: picked(getattr(self, part), wanted[key]) for part, key in parts.items()}
        about = wanted.get("metadata", {})
        document["metadata"] = _document(self.metadata, about or {})
        self.records = tuple(read(self.metadata, document))
        for part in parts:  # nothing raw is kept
            setattr(self, part, _NOTHING)

    return msgspec.defstruct(
        f"Generic{kind}",
        [("metadata", GenericMetadata), *((part, msgspec.Raw, _NOTHING) for part in parts)],
        bases=(Shape,),
        namespace={"__post_init__": begin},
        module=__name__,
        rename=parts,
        kw_only=True,
        dict=True,  # for the records: as a field they could be sent
        gc=True,
    )


def records_of(obj: Any) -> Sequence[Fact]:
    """What was read when the object was decoded."""
    records: Sequence[Fact] = obj.records
    return records


def picked(raw: msgspec.Raw, wanted: Wanted | None) -> Any:
    """The value with the wanted places alone. Where keys are wanted and it has none, it is nothing."""
    if wanted is None:
        return _ANYTHING.decode(raw)
    try:
        fields = _FIELDS.decode(raw)
    except msgspec.ValidationError:
        return None
    return {key: picked(fields[key], inner) for key, inner in wanted.items() if key in fields}


def _document(metadata: GenericMetadata, wanted: Wanted) -> dict[str, Any]:
    told: Mapping[str, Callable[[], Any]] = {
        "name": lambda: metadata.name,
        "namespace": lambda: metadata.api_namespace,
        "uid": lambda: metadata.api_uid,
        "labels": lambda: metadata.api_labels,
        "annotations": lambda: _annotations(metadata.api_annotations, wanted["annotations"]),
        "creationTimestamp": lambda: metadata.creation_timestamp,
        "deletionTimestamp": lambda: metadata.deletion_timestamp,
        "ownerReferences": lambda: _owners(metadata),
    }
    return {key: told[key]() for key in wanted if key in told}


def _annotations(held: Mapping[str, msgspec.Raw] | None, wanted: Wanted | None) -> dict[str, Any]:
    names = (held or {}).keys() if wanted is None else wanted.keys()
    return {name: _ANYTHING.decode(raw) for name, raw in (held or {}).items() if name in names}


def _owners(metadata: GenericMetadata) -> list[dict[str, Any]]:
    return [
        {
            "apiVersion": each.api_version,
            "kind": each.kind,
            "name": each.name,
            "uid": each.uid,
            "controller": each.controller,
        }
        for each in given(metadata.owner_references)
    ]
