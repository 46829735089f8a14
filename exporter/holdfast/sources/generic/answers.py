"""What an expression yields, as the type that was asked for: a name, a time, an amount, a flag, claims.

A value of another type raises ``ValueError`` with the key of the configuration, the expression and the type; never
with the value, which is the object's.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from holdfast.model.annotation import AnnotationError, parse_duration
from holdfast.model.expression import EvaluationError, Expression, read_expression
from holdfast.sources.values import parse_go_duration, parse_quantity, parse_size, parse_time

Document = Mapping[str, Any]

MOST_CLAIMS = 5000  # of one object; it would not fit into etcd with many more
_LONGEST_NAME = 253  # characters; what the API takes
_MILLISECONDS = 1e11  # a number from here on is no Unix time in seconds, but in milliseconds


class Asked(NamedTuple):
    """An expression and the key of the configuration at which it stands."""

    where: str
    expression: Expression

    def find(self, document: Document) -> Any:
        try:
            return self.expression.find(document)
        except EvaluationError as error:
            raise ValueError(f"{self.where}: {error}") from None

    def refuse(self, value: object, wanted: str) -> NoReturn:
        raise ValueError(f"{self.where}: {self.expression.text!r} yields {_kind(value)}; {wanted} is wanted")


def asked(where: str, text: str) -> Asked | None:
    """None where no expression is given."""
    return Asked(where, read_expression(text)) if text else None


def name_at(question: Asked | None, document: Document) -> str:
    """Empty where nothing stands there."""
    value = question.find(document) if question else None
    return "" if question is None else _name(question, value)


def _name(question: Asked, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        question.refuse(value, "a name")
    if len(value) > _LONGEST_NAME:
        question.refuse(value, f"a name of at most {_LONGEST_NAME} characters")
    return value


def word_at(question: Asked, document: Document) -> str:
    """A state as text: numbers and yes or no as JSON spells them, empty where nothing stands there."""
    value = question.find(document)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return question.refuse(value, "a word")


def time_at(question: Asked | None, document: Document) -> float | None:
    """RFC 3339, or seconds since 1970 as a number. Go's zero time is none."""
    value = question.find(document) if question else None
    if question is None or value is None or value == "":
        return None
    if isinstance(value, str):
        time = parse_time(value)
        if time is None and not value.startswith("0001-01-01T00:00:00"):
            question.refuse(value, "a time as RFC 3339 has it")
        return time
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MILLISECONDS:
        question.refuse(value, "a time as RFC 3339 has it, or in seconds since 1970,")
    return float(value) or None


def size_at(question: Asked | None, document: Document) -> int | None:
    """Bytes: a number, a Quantity, or text as tools write it for people."""
    value = question.find(document) if question else None
    if question is None or value is None or value == "":
        return None
    size = None
    if isinstance(value, str):
        size = parse_quantity(value)
        size = parse_size(value) if size is None else size
    elif isinstance(value, int | float):
        size = parse_quantity(value)
    if size is None or size < 0:
        question.refuse(value, "an amount of bytes")
    return size


def flag_at(question: Asked | None, document: Document) -> bool | None:
    value = question.find(document) if question else None
    if question is not None and value is not None and not isinstance(value, bool):
        question.refuse(value, "true or false")
    return value if isinstance(value, bool) else None


def truth_at(question: Asked | None, document: Document) -> bool:
    """As JMESPath itself has it: nothing, false and what is empty are false. True where nothing is asked."""
    if question is None:
        return True
    value = question.find(document)
    return bool(value) or (isinstance(value, int | float) and not isinstance(value, bool))


def duration_at(question: Asked | None, document: Document) -> float | None:
    """Seconds, from a number or text: ``720h0m0s``, ``30d``."""
    value = question.find(document) if question else None
    if question is None or value is None or value == "":
        return None
    seconds: float | None = None
    if isinstance(value, str):
        seconds = _duration(value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    if seconds is None or not 0 <= seconds < _MILLISECONDS:
        question.refuse(value, "a duration as 720h0m0s or 30d, or in seconds,")
    return seconds


def _duration(text: str) -> float | None:
    seconds = parse_go_duration(text)
    if seconds is not None:
        return seconds
    try:
        return parse_duration(text)
    except AnnotationError:
        return None


def names_at(question: Asked, document: Document, namespace: str) -> list[tuple[str, str]]:
    """``(namespace, name)`` of each claim: from a name, a mapping of both, or a list of these; absent ones are left out."""
    value = question.find(document)
    items = value if isinstance(value, list) else [value]
    if len(items) > MOST_CLAIMS:
        question.refuse(value, f"a list of at most {MOST_CLAIMS} claims")
    found: list[tuple[str, str]] = []
    for item in items:
        place, name = namespace, item
        if isinstance(item, dict):
            place, name = _name(question, item.get("namespace")) or namespace, item.get("name")
        if not (name is None or isinstance(name, str)):
            question.refuse(name, "a claim's name, {namespace, name} or a list of these")
        if name:
            found.append((place, _name(question, name)))
    return found


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "a mapping"
