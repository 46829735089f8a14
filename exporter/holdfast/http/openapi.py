"""The OpenAPI document of the JSON API, made from the endpoints and the structs that they answer. Nothing is written twice."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec
from msgspec.inspect import DateTimeType, DictType, StructType, UnionType, VarTupleType

from holdfast import __version__
from holdfast.http.api import CSV, ENDPOINTS, OPENAPI, Endpoint
from holdfast.http.queries import Form, Key
from holdfast.http.views import Problem
from holdfast.model.account.telling import Part

Node = dict[str, Any]

_PATH_WORD = re.compile(r"{(\w+)}")
_PROBLEM: Final = "#/components/schemas/Problem"
_ABOUT: Final = """\
Everything that the page of Holdfast shows, as JSON. Nothing is changed by asking.

Times are RFC 3339 in UTC; fields ending in `Seconds` are durations, those ending in `Bytes` sizes, ratios go from 0 to 1.
Every field is always there. Null means that there is none or that nobody asks; what is unknown is null too, and then
stands in `unknown` with the reason, or has a field beside it that tells."""
_WORDS: Final = {"namespace": "the claim's namespace", "name": "the claim's name"}


@lru_cache(maxsize=1)
def openapi_text() -> bytes:
    """The document as it is served and committed."""
    return msgspec.json.format(msgspec.json.encode(openapi()), indent=2) + b"\n"


def openapi() -> Node:
    answers = [endpoint.answer for endpoint in ENDPOINTS if endpoint.answer]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Holdfast",
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "description": _ABOUT,
        },
        "servers": [{"url": "/"}],
        "security": [{}, {"basic": []}],
        "paths": {endpoint.path: {"get": _operation(endpoint)} for endpoint in ENDPOINTS},
        "components": {
            "schemas": _schemas([*answers, Problem]),
            "securitySchemes": {
                "basic": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "Where a web configuration asks for it.",
                }
            },
        },
    }


def _schemas(types: Iterable[type[Part]]) -> Node:
    _, schemas = msgspec.json.schema_components(tuple(types), ref_template="#/components/schemas/{name}")
    known = {shape.cls.__name__: shape for shape in _shapes(types)}
    return {name: _told(schemas[name], known[name]) for name in sorted(schemas)}


def _shapes(types: Iterable[type[Part]]) -> Iterator[StructType]:
    """Every struct that is reached from these, once."""
    waiting: list[Any] = list(msgspec.inspect.multi_type_info(types))
    seen = set()
    while waiting:
        shape = waiting.pop()
        if isinstance(shape, StructType):
            if shape.cls not in seen:
                seen.add(shape.cls)
                yield shape
                waiting += [field.type for field in shape.fields]
        else:
            waiting += _parts(shape)


def _parts(shape: Any) -> list[Any]:
    """What a type is made of."""
    if isinstance(shape, UnionType):
        return list(shape.types)
    if isinstance(shape, VarTupleType):
        return [shape.item_type]
    return [shape.value_type] if isinstance(shape, DictType) else []


def _told(schema: Node, shape: StructType) -> Node:
    """The fields of a struct are always there, what is code in its docstring is so in Markdown, and times are times."""
    told = dict(schema)
    if "description" in told:
        text = inspect.cleandoc(told["description"])
        told["description"] = re.sub(r"``([^`]*)``", lambda match: f"`{_camel(match[1])}`", text)
    told["properties"] = {
        field.encode_name: _dated(told["properties"][field.encode_name], field.type) for field in shape.fields
    }
    return told | {"required": list(told["properties"]), "additionalProperties": False}


def _dated(node: Node, shape: Any) -> Node:
    """The format of times, which are left out of what the types are turned into."""
    if isinstance(shape, DateTimeType):
        return node | {"format": "date-time"}
    if isinstance(shape, DictType):
        return node | {"additionalProperties": _dated(node["additionalProperties"], shape.value_type)}
    if isinstance(shape, UnionType) and any(isinstance(each, DateTimeType) for each in shape.types):
        return {
            "anyOf": [
                _dated(each, DateTimeType()) if each["type"] == "string" else each for each in node["anyOf"]
            ]
        }
    return node


def _camel(text: str) -> str:
    """A field as JSON has it, where the text is one."""
    if not re.fullmatch(r"[a-z]+(_[a-z]+)+(\.[a-z_]+)*", text):
        return text
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), text)


def _operation(endpoint: Endpoint) -> Node:
    form = endpoint.asks
    return {
        "operationId": endpoint.name,
        "summary": endpoint.says,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(form)],
        "responses": dict(_responses(endpoint)),
    }


def _responses(endpoint: Endpoint) -> Iterator[tuple[str, Node]]:
    yield "200", {"description": endpoint.says, "content": _content(endpoint)}
    if endpoint.form:
        yield "400", _refusal("A key or value of the query string is not known")
    if _PATH_WORD.search(endpoint.path):
        yield "404", _refusal("There is no such claim")
    if endpoint is not OPENAPI:
        crowded = ", or too many ask at once" if endpoint.form else ""
        yield "503", _refusal(f"Nothing is judged yet{crowded}")


def _content(endpoint: Endpoint) -> Mapping[str, Node]:
    if endpoint.answer is not None:
        return {"application/json": {"schema": {"$ref": f"#/components/schemas/{endpoint.answer.__name__}"}}}
    if endpoint is CSV:
        return {"text/csv": {"schema": {"type": "string"}}}
    return {"application/json": {"schema": {"type": "object"}}}


def _refusal(why: str) -> Node:
    return {"description": why, "content": {"application/json": {"schema": {"$ref": _PROBLEM}}}}


def _path_parameters(endpoint: Endpoint) -> Iterator[Node]:
    for word in _PATH_WORD.findall(endpoint.path):
        yield {
            "name": word,
            "in": "path",
            "required": True,
            "description": _WORDS[word],
            "schema": {"type": "string"},
        }


def _query_parameters(form: Form) -> Iterator[Node]:
    yield from map(_filter, form.keys)
    if form.search:
        yield _asked("search", form.search, {"type": "string"})
    if form.sorts:
        sorts = [*form.sorts, *(f"-{sort}" for sort in form.sorts)]
        says = "the order of rows; after `-` the reverse. What is unknown comes last either way"
        yield _asked("sort", says, {"type": "string", "enum": sorts, "default": form.sorts[0]})
    if form.per:
        whole = {"type": "integer", "minimum": 1}
        yield _asked("page", "which page; beyond the last one the last comes", {**whole, "default": 1})
        yield _asked("per", "rows of a page", {**whole, "maximum": form.most, "default": form.per})


def _filter(key: Key) -> Node:
    item: Node = {"type": "string", "enum": list(key.choices)} if key.choices else {"type": "string"}
    says = f"{key.says}; of several any may hold"
    return _asked(key.name, says, {"type": "array", "items": item}) | {"style": "form", "explode": True}


def _asked(name: str, says: str, schema: Node) -> Node:
    return {"name": name, "in": "query", "required": False, "description": says, "schema": schema}
