"""Holds an object against the schema of its CustomResourceDefinition, as an API server would: unknown fields are faults.

What a schema says in CEL (``x-kubernetes-validations``) is not evaluated.
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

from holdfast.sources.values import parse_time

Schema = dict[str, Any]


class Kind(NamedTuple):
    group: str
    kind: str


class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # the quick one where there is one
    """YAML as kubectl reads it: what looks like a time is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the library's own table
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def kind_of(obj: Mapping[str, Any]) -> Kind:
    return Kind(obj["apiVersion"].rpartition("/")[0], obj["kind"])


_TEMPLATE = re.compile(r"\{\{.*?\}\}")  # a manifest may be a chart's


def read_objects(path: Path) -> list[dict[str, Any]]:
    """Every object of a YAML file."""
    text = _TEMPLATE.sub("", path.read_text(encoding="utf-8"))
    return [document for document in yaml.load_all(text, Loader=Loader) if isinstance(document, dict)]


class Definitions:
    """The schemas of these definitions, by kind and version."""

    def __init__(self, definitions: Iterable[Mapping[str, Any]]) -> None:
        self.kinds: dict[Kind, dict[str, jsonschema.Draft4Validator]] = {}
        for definition in definitions:
            spec = definition["spec"]
            kind = Kind(spec["group"], spec["names"]["kind"])
            self.kinds[kind] = {
                version["name"]: _validator(version["schema"]["openAPIV3Schema"])
                for version in spec["versions"]
            }

    @classmethod
    def of_folder(cls, folder: Path) -> "Definitions":
        """Those of all YAML files below the folder."""
        found = (obj for path in sorted(folder.rglob("*.yaml")) for obj in read_objects(path))
        return cls(obj for obj in found if obj.get("kind") == "CustomResourceDefinition")

    def faults(self, obj: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with an object of a kind that is defined here: where, and what."""
        group, _, version = obj["apiVersion"].rpartition("/")
        versions = self.kinds[Kind(group, obj["kind"])]
        if version not in versions:
            yield f"apiVersion: there is no {version}, only {', '.join(versions)}"
            return
        for error in sorted(versions[version].iter_errors(obj), key=lambda each: each.json_path):
            yield f"{error.json_path.removeprefix('$.')}: {error.message[:200]}"


def _validator(schema: Schema) -> jsonschema.Draft4Validator:
    root = _structural(schema)
    root["properties"] = {**root.get("properties", {}), **_ABOUT}
    root["required"] = sorted({*root.get("required", ()), "apiVersion", "kind", "metadata"})
    return jsonschema.Draft4Validator(root, format_checker=_FORMATS)


def _structural(schema: Schema) -> Schema:
    """The schema in the words of JSON schema: nothing that it does not name may stand there."""
    made = _narrowed(schema, _structural)
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("anyOf", None)
        made.pop("allOf", None)
        made["type"] = ["integer", "string"]
    if schema.get("type") == "object":
        made |= _closed(schema)
    if schema.get("x-kubernetes-embedded-resource"):
        made["properties"] = {**made.get("properties", {}), **_ABOUT}
    if schema.get("nullable") and "type" in made:
        types = made["type"]
        made["type"] = [*(types if isinstance(types, list) else [types]), "null"]
        if "enum" in made:
            made["enum"] = [*made["enum"], None]
    return made


def _closed(schema: Schema) -> Schema:
    """What fields an object may have beyond those that it names."""
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        return {"additionalProperties": _structural(extra)}
    open_ended = extra is True or schema.get("x-kubernetes-preserve-unknown-fields", False)
    return {"additionalProperties": open_ended}


def _partial(schema: Schema) -> Schema:
    """A schema within a junctor: it narrows values and names no fields, so that nothing is unknown to it."""
    return _narrowed(schema, _partial)


def _narrowed(schema: Schema, inner: Callable[[Schema], Schema]) -> Schema:
    """What the schema says of the value, with the schemas of its parts as ``inner`` makes them."""
    made = {key: value for key, value in schema.items() if key in _KEPT}
    if "properties" in schema:
        made["properties"] = {name: inner(part) for name, part in schema["properties"].items()}
    if "items" in schema:
        made["items"] = inner(schema["items"])
    for key in ("allOf", "anyOf", "oneOf"):
        if key in schema:
            made[key] = [_partial(part) for part in schema[key]]
    if "not" in schema:
        made["not"] = _partial(schema["not"])
    return made


_KEPT = frozenset(
    {
        "type",
        "format",
        "enum",
        "required",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)
_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}
_NUMBER: Schema = {"type": "integer"}
_TIME: Schema = {"type": "string", "format": "date-time"}
_TEXTS: Schema = {"type": "object", "additionalProperties": _TEXT}
_OWNER: Schema = {
    "type": "object",
    "required": ["apiVersion", "kind", "name", "uid"],
    "properties": {
        **dict.fromkeys(("apiVersion", "kind", "name", "uid"), _TEXT),
        **dict.fromkeys(("controller", "blockOwnerDeletion"), _FLAG),
    },
    "additionalProperties": False,
}
_METADATA: Schema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        **dict.fromkeys(("name", "namespace", "uid", "resourceVersion", "generateName"), _TEXT),
        **dict.fromkeys(("labels", "annotations"), _TEXTS),
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), _TIME),
        **dict.fromkeys(("generation", "deletionGracePeriodSeconds"), _NUMBER),
        "finalizers": {"type": "array", "items": _TEXT},
        "ownerReferences": {"type": "array", "items": _OWNER},
    },
    "additionalProperties": False,
}
_ABOUT: Schema = {"apiVersion": _TEXT, "kind": _TEXT, "metadata": _METADATA}

_FORMATS = jsonschema.FormatChecker(formats=())


@_FORMATS.checks("date-time")
def _is_time(value: object) -> bool:
    return (
        not isinstance(value, str) or parse_time(value) is not None or value.startswith("0001-01-01T00:00:00")
    )


@_FORMATS.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(2**31) <= value < 2**31


@_FORMATS.checks("int64")
def _is_int64(value: object) -> bool:
    return not isinstance(value, int) or -(2**63) <= value < 2**63
