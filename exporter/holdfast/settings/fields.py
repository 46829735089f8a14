"""The kinds of value that settings know: durations, days, globs, labels…, each read from the text as written.

A reader returns its value or raises ``ValueError`` with a sentence of fact and remedy.
Which key takes which kind belongs to the models.
"""

import re
from collections.abc import Callable
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from holdfast.model.annotation import end_of_day, parse_duration
from holdfast.settings.document import Scalar, name_kind
from holdfast.settings.words import refuse

_NUMBER = re.compile(r"[-+]?[\d_]+(?:\.\d*)?")
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,8})")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_GLOB_PATTERN = r"([-a-z0-9.*?]|\[!?[-a-z0-9.]+\])+"
_GLOB = re.compile(_GLOB_PATTERN)
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_CLASS = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?|")
_LABEL_KEY = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?", re.ASCII)
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?)?", re.ASCII)
_TRUE = ("yes", "true", "on")


def text(value: object) -> str:
    if not isinstance(value, Scalar):
        raise ValueError(f"is {name_kind(value)}; write a text")  # noqa: TRY004 - what pydantic reports
    if value.kind == "null":
        raise ValueError("has no value; write one")
    return str(value)


def filled_text(value: object) -> str:
    written = text(value).strip()
    if not written:
        raise ValueError("is empty; write a text")
    if not written.isprintable():
        raise ValueError("holds a line break or another unprintable character; write one line")
    return written


def duration(value: object) -> float:
    written = text(value).strip()
    if _NUMBER.fullmatch(written):
        bare = written.lstrip("+-")
        raise ValueError(f"{written} has no unit; write {bare}s, {bare}m, {bare}h, {bare}d or {bare}w")
    return parse_duration(written)


def boolean(value: object) -> bool:
    if isinstance(value, Scalar) and value.kind == "bool":
        return value.lower() in _TRUE
    raise ValueError(f"is {_spell(value)}; write true or false, without quotes")


def whole(least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if not (isinstance(value, Scalar) and value.kind == "int" and _WHOLE.fullmatch(value)):
            raise ValueError(f"is {_spell(value)}; write a whole number, without quotes")
        if int(value) < least:
            raise ValueError(f"is {value}; the least is {least}")
        return int(value)

    return read


def choice(*choices: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        written = text(value)
        if written not in choices:
            raise ValueError(refuse(f"{written!r} is none of the choices", written, choices, "values"))
        return written

    return read


def offsite(value: object) -> bool:
    if isinstance(value, Scalar) and value.kind == "bool":
        return boolean(value)
    return choice("required", "optional")(value) == "required"


def last_day(value: object) -> float:
    """The first instant after this day in UTC."""
    written = text(value)
    refusal = f"{written!r} is no day; write YYYY-MM-DD, the last day on which it holds"
    if not _DAY.fullmatch(written):
        raise ValueError(refusal)
    try:
        return end_of_day(date.fromisoformat(written))
    except ValueError as error:
        raise ValueError(refusal) from error


def items(value: object) -> list[Any]:
    """A list; nothing written is an empty one."""
    if isinstance(value, list):
        return value
    if isinstance(value, Scalar):
        if value.kind == "null":
            return []
        raise ValueError(f"is {_spell(value)}; write a list: [{value}]")
    raise ValueError("is a mapping; write a list")


def keys(value: object) -> dict[str, Any]:
    """A mapping; nothing written is an empty one."""
    if isinstance(value, dict):
        return value
    if isinstance(value, Scalar) and value.kind == "null":
        return {}
    raise ValueError(f"is {_spell(value)}; write keys and values")


def choices(value: object) -> list[Any]:
    """One value or a list of which any may hold; none at all could never hold."""
    listed = [value] if isinstance(value, Scalar) and value.kind != "null" else items(value)
    if not listed:
        raise ValueError("lists nothing, so nothing could match; add a value, or leave the key out")
    return listed


def glob(value: object) -> str:
    written = text(value)
    if not _GLOB.fullmatch(written):
        raise ValueError(
            f"{written!r} can match no name; write lower-case letters, digits, '-', '.' and the wild cards "
            "* ? [a-z] [!a-z], one glob an item"
        )
    return written


def namespace(value: object) -> str:
    written = text(value)
    if not _NAMESPACE.fullmatch(written) or len(written) > 63:
        raise ValueError(
            f"{written!r} is no namespace; name each in full, wild cards cannot be granted by a Role"
        )
    return written


def storage_class(value: object) -> str:
    written = text(value)
    if not _CLASS.fullmatch(written):
        raise ValueError(f"{written!r} is no storage class; name each in full")
    return written


def label_values(value: object) -> tuple[str, ...]:
    values = tuple(text(item) for item in choices(value))
    for written in values:
        if not _LABEL_VALUE.fullmatch(written):
            raise ValueError(
                f"{written!r} can be no value of a label; labels are compared in full, without wild cards"
            )
    return values


def label_key(value: str) -> str:
    if not _LABEL_KEY.fullmatch(value):
        raise ValueError("can be no key of a label; write NAME or PREFIX/NAME")
    return value


def _spell(value: object) -> str:
    return f"{str(value)!r}" if isinstance(value, Scalar) and value.kind != "null" else name_kind(value)


_DURATION_SCHEMA = {"type": "string", "pattern": r"^\s*([0-9]+(\.[0-9]+)?[smhdw])+\s*$"}
_GLOB_SCHEMA = {"type": "string", "pattern": f"^{_GLOB_PATTERN}$"}
_CLASS_SCHEMA = {"type": "string", "pattern": r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?)?$"}
_LABEL_SCHEMA = {"type": "string", "pattern": r"^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$"}


def _one_or_more(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "array", "minItems": 1, "items": schema}]}


Text = Annotated[str, BeforeValidator(filled_text), WithJsonSchema({"type": "string", "pattern": r"\S"})]
AnyText = Annotated[str, BeforeValidator(text), WithJsonSchema({"type": "string"})]
Flag = Annotated[bool, BeforeValidator(boolean), WithJsonSchema({"type": "boolean"})]
Duration = Annotated[float, BeforeValidator(duration), WithJsonSchema(_DURATION_SCHEMA)]
Count = Annotated[int, BeforeValidator(whole(0)), WithJsonSchema({"type": "integer", "minimum": 0})]
Number = Annotated[int, BeforeValidator(whole(1)), WithJsonSchema({"type": "integer", "minimum": 1})]
Offsite = Annotated[
    bool, BeforeValidator(offsite), WithJsonSchema({"enum": ["required", "optional", True, False]})
]
LastDay = Annotated[
    float,
    BeforeValidator(last_day),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}),
]
Glob = Annotated[str, BeforeValidator(glob), WithJsonSchema(_GLOB_SCHEMA)]
Globs = Annotated[tuple[Glob, ...], BeforeValidator(items)]
AnyGlob = Annotated[tuple[Glob, ...], BeforeValidator(choices), WithJsonSchema(_one_or_more(_GLOB_SCHEMA))]
AnyClass = Annotated[
    tuple[Annotated[str, BeforeValidator(storage_class)], ...],
    BeforeValidator(choices),
    WithJsonSchema(_one_or_more(_CLASS_SCHEMA)),
]
Namespace = Annotated[
    str,
    BeforeValidator(namespace),
    WithJsonSchema({"type": "string", "pattern": r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}),
]
Namespaces = Annotated[tuple[Namespace, ...], BeforeValidator(items)]
LabelKey = Annotated[str, BeforeValidator(label_key), WithJsonSchema({"type": "string"})]
LabelValues = Annotated[
    tuple[str, ...], BeforeValidator(label_values), WithJsonSchema(_one_or_more(_LABEL_SCHEMA))
]
Labels = Annotated[dict[LabelKey, LabelValues], BeforeValidator(keys)]


def one_of(*choices: str) -> tuple[BeforeValidator, WithJsonSchema]:
    """What a type is annotated with to take one of these words."""
    return BeforeValidator(choice(*choices)), WithJsonSchema({"enum": list(choices)})


def is_true(value: object) -> bool:
    """For rules between keys: False as well where the value is refused anyway."""
    try:
        return boolean(value)
    except ValueError:
        return False


def seconds_or_none(value: object, default: float) -> float | None:
    """The duration for rules between keys: the default where none is written, None where it is refused anyway."""
    try:
        return default if value is None else duration(value)
    except ValueError:
        return None
