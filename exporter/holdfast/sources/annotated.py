"""The ``holdfast.dev/`` annotations of objects whose own records do not hold them, because only checks go by them."""

from holdfast.model.facts import NO_ANNOTATIONS
from holdfast.model.identity import ObjectRef
from holdfast.model.setup import Annotated
from holdfast.sources.shapes import AnnotatedMetadata


def read_annotated(kind: str, metadata: AnnotatedMetadata) -> tuple[Annotated, ...]:
    """Of an object that belongs to no namespace; nothing where it carries none."""
    annotations = metadata.annotations
    if annotations == NO_ANNOTATIONS:
        return ()
    return (Annotated(on=ObjectRef(kind, "", metadata.name), annotations=annotations),)
