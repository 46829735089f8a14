"""Templates of claims, in StatefulSets and in the generic ephemeral volumes of pods: which StorageClasses they name."""

from collections.abc import Iterable

import msgspec

from holdfast.sources.core.claims import CLASS_ANNOTATION
from holdfast.sources.shapes import Annotation, Shape, shared, text


class TemplateAnnotations(Shape):
    storage_class: Annotation = msgspec.field(default=None, name=CLASS_ANNOTATION)


class TemplateMetadata(Shape):
    name: str | None = None
    annotations: TemplateAnnotations | None = None


class ClaimTemplateSpec(Shape):
    storage_class_name: str | None = None


class ClaimTemplate(Shape):
    metadata: TemplateMetadata | None = None
    spec: ClaimTemplateSpec | None = None


def template_classes(templates: Iterable[ClaimTemplate]) -> frozenset[str]:
    """One that names the empty class asks for a volume made by hand, and so for none."""
    classes = set()
    for template in templates:
        metadata, spec = template.metadata or TemplateMetadata(), template.spec or ClaimTemplateSpec()
        deprecated = metadata.annotations.storage_class if metadata.annotations else None
        asked = spec.storage_class_name if deprecated is None else text(deprecated)
        if asked != "":
            classes.add(shared(asked))
    return frozenset(classes)
