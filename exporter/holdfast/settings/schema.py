"""The JSON schema of the configuration (draft-07, no references), made from models and tables.

The chart embeds it as it is under one of its values; Helm 3 before 3.18 knows no later draft.
"""

import copy
from typing import Any

from holdfast.settings.models import ALWAYS_ON, Known, Settings

Schema = dict[str, Any]


def settings_schema(known: Known) -> Schema:
    """What the chart may accept under ``config``: no wider than what ``load_settings`` takes."""
    raw = Settings.model_json_schema(by_alias=True)
    schema: Schema = _plain(raw, raw.get("$defs", {}))
    properties = schema["properties"]
    properties["cluster"] = {"anyOf": [{"type": "string", "pattern": r"\S"}, properties["cluster"]]}
    properties["sources"] = _closed({name: _source(name, properties["sources"]) for name in known.sources})
    properties["checks"] = _closed(
        {name: _check(properties["checks"], name in known.limits) for name in known.checks}
    )
    properties["metrics"]["properties"]["deny"]["items"] = (
        {"enum": list(known.families)} if known.families else False
    )
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _source(name: str, sources: Schema) -> Schema:
    source: Schema = copy.deepcopy(sources["additionalProperties"])
    if name == ALWAYS_ON:
        source["properties"]["enabled"] = {"const": True}
    return source


def _check(checks: Schema, limited: bool) -> Schema:
    switch, limit = checks["additionalProperties"]["oneOf"]
    return {"anyOf": [switch, limit]} if limited else dict(switch)


def _closed(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _plain(node: Any, definitions: Schema) -> Any:
    """The node without references, titles, descriptions of ours, defaults and the null of an optional key."""
    if isinstance(node, list):
        return [_plain(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return _plain(definitions[node["$ref"].rpartition("/")[2]], definitions)
    options = [option for option in node.get("anyOf", ()) if option != {"type": "null"}]
    if len(options) == 1:
        return _plain(options[0], definitions)
    dropped = {"$defs", "title", "description", "default"}
    return {
        key: {name: _plain(item, definitions) for name, item in value.items()}
        if key == "properties"
        else _plain(value, definitions)
        for key, value in node.items()
        if key not in dropped
    }
