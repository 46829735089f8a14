"""The parts of Kubernetes objects that every source reads: metadata, owners, labels and annotations.

A shape names only the fields that are read; everything else is skipped undecoded, above all env, args and
annotations which nobody names. Every field may be absent or null. Decode by ``msgspec.json``:
``msgspec.convert`` cannot make the ``msgspec.Raw`` values in which unread annotations stay.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final, TypeVar

import msgspec

from holdfast.model.annotation import PREFIX
from holdfast.model.facts import NO_ANNOTATIONS, Annotations
from holdfast.model.identity import Owner
from holdfast.model.selector import Labels
from holdfast.sources.values import parse_time

_T = TypeVar("_T")

# An annotation that a shape names. The API server stores only text, a file may hold anything: see ``text``.
Annotation = Any


class Shape(msgspec.Struct, kw_only=True, gc=False, rename="camel"):
    """Base of all shapes: fields are spelled in snake case here and in camel case in the API."""


class Present(Shape):
    """An object of which only the presence is read."""


class OwnerReference(Shape):
    api_version: str | None = None
    kind: str | None = None
    name: str | None = None
    uid: str | None = None
    controller: bool | None = None


class Metadata(Shape):
    """``metadata`` of any object. Only the name must be there: without one nothing can be said of an object.

    A kind with annotations to read extends this: by a struct that names them, or as ``AnnotatedMetadata``.
    """

    name: Annotated[str, msgspec.Meta(min_length=1)]
    api_namespace: str | None = msgspec.field(default=None, name="namespace")
    api_uid: str | None = msgspec.field(default=None, name="uid")
    api_labels: dict[str, str | None] | None = msgspec.field(default=None, name="labels")
    api_finalizers: list[str | None] | None = msgspec.field(default=None, name="finalizers")
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    owner_references: list[OwnerReference | None] | None = None

    @property
    def namespace(self) -> str:
        """Empty for cluster-scoped objects."""
        return shared(self.api_namespace)

    @property
    def uid(self) -> str:
        return self.api_uid or ""

    @property
    def created(self) -> float:
        """0 where the object does not tell, so that it was always there. An API server always tells."""
        return parse_time(self.creation_timestamp) or 0.0

    @property
    def deleting_since(self) -> float | None:
        return parse_time(self.deletion_timestamp)

    @property
    def labels(self) -> Labels:
        return {shared(name): shared(value) for name, value in (self.api_labels or {}).items()}

    @property
    def finalizers(self) -> tuple[str, ...]:
        return tuple(shared(name) for name in given(self.api_finalizers))

    @property
    def owner(self) -> Owner | None:
        """The controlling owner; other owner references only collect garbage."""
        for reference in given(self.owner_references):
            if reference.controller:
                names = (reference.api_version, reference.kind, reference.name, reference.uid)
                return Owner(*map(shared, names))
        return None

    def label(self, name: str) -> str:
        """Empty where the label is absent."""
        return (self.api_labels or {}).get(name) or ""


class AnnotatedMetadata(Metadata):
    """``metadata`` of a kind that may carry ``holdfast.dev/`` annotations. Values are decoded if read."""

    api_annotations: dict[str, msgspec.Raw] | None = msgspec.field(default=None, name="annotations")

    @property
    def annotations(self) -> Annotations:
        return read_annotations(self.api_annotations)

    def annotation(self, name: str) -> str | None:
        """One annotation as written, None where absent."""
        raw = (self.api_annotations or {}).get(name)
        return None if raw is None else written(raw)


def shared(text: str | None) -> str:
    """The one copy of a text that many records repeat, empty for None: so that 60 000 pods stay small."""
    return sys.intern(text) if text else ""


def text(value: Annotation) -> str:
    """A named annotation, empty where it is absent or no text."""
    return value if isinstance(value, str) else ""


def given(items: Iterable[_T | None] | None) -> Iterator[_T]:
    """The items of a list that may be absent or hold nulls."""
    return (item for item in items or () if item is not None)


_FIELDS: Final = {
    PREFIX + field.replace("_", "-"): field for field in Annotations.__struct_fields__ if field != "unknown"
}
_MOST_UNKNOWN = 20  # names a person can still act on
_LONGEST = 1000  # characters of a value; metric labels are cut far below
_LISTS = ("protects", "drills", "ignore")  # never cut: every item counts
_UNTIL: Final = re.compile(r"(?:^|(?<=[\s,;]))until=[^\s,;]{0,40}")
_TEXT: Final[msgspec.json.Decoder[str | None]] = msgspec.json.Decoder(str | None)


def read_annotations(annotations: Mapping[str, msgspec.Raw] | None) -> Annotations:
    """The ``holdfast.dev/`` annotations among all those of an object, as written."""
    own = {name: raw for name, raw in (annotations or {}).items() if name.startswith(PREFIX)}
    if not own:
        return NO_ANNOTATIONS
    values = {field: _read_value(field, own[name]) for name, field in _FIELDS.items() if name in own}
    unknown = sorted(name.removeprefix(PREFIX)[:_LONGEST] for name in own.keys() - _FIELDS.keys())
    return Annotations(**values, unknown=tuple(unknown[:_MOST_UNKNOWN]))


def _read_value(field: str, raw: msgspec.Raw) -> Any:
    value = written(raw)
    return value if value is None or field in _LISTS else _shortened(value)


def written(raw: msgspec.Raw) -> str | None:
    """A value that a shape left undecoded, as text. What is none (``26`` or ``true`` in a file) stays as it is spelled in JSON."""
    try:
        return _TEXT.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return bytes(raw).decode(errors="replace")


def _shortened(value: str) -> str:
    """A value of bounded length that means the same: its ``until=`` is kept wherever it stood.

    The ellipsis keeps a cut value from being taken for a whole one. Two ``until=`` are as wrong as many.
    """
    if len(value) <= _LONGEST:
        return value
    ends = [found.group() for found in _UNTIL.finditer(value)][:2]
    return " ".join([*ends, _UNTIL.sub(" ", value)[:_LONGEST] + "…"])
