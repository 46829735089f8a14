"""Views filled by their types alone: every text hostile, every list short, every choice taken; or all of it left out.

What is to be seen of them belongs to the tests.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from holdfast.model.check import CHECKS

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script>\"'&amp;\u202eevil\u2066{{ 7*7 }}"
LONG = "x" * 253

_NAMED: Mapping[str, Any] = {  # what a view never leaves open
    "now": NOW,
    "page": 2,
    "pages": 3,
    "per": 100,
    "number": 1,
}


def fill(kind: Any, *, text: str = HOSTILE, full: bool = True, name: str = "", turn: int = 0) -> Any:
    """A value of this type. ``full`` False leaves out all that may be left out. ``turn`` counts within a list."""
    if name == "check":
        return tuple(CHECKS)[turn]
    if name in _NAMED and kind in {int, datetime}:
        return _NAMED[name]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        hints = get_type_hints(kind)
        return kind(
            **{
                one: fill(hints[one], text=text, full=full, name=one, turn=turn)
                for one in kind.__struct_fields__
            }
        )
    if get_origin(kind):
        return _composed(kind, text, name, turn, full=full)
    plain = {
        str: text if full else "",
        bool: full,
        int: 1234567,
        float: 98765.4,
        datetime: NOW - timedelta(days=3),
    }
    return plain[kind]


def _composed(kind: Any, text: str, name: str, turn: int, *, full: bool) -> Any:
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return parts[turn % len(parts)]
    if origin is tuple:
        return tuple(fill(parts[0], text=text, full=full, name=name, turn=place) for place in range(3 * full))
    if origin is dict:
        return {text: fill(parts[1], text=text, full=full, name=name)} if full else {}
    if type(None) in parts and not full:
        return None
    return fill(next(part for part in parts if part is not type(None)), text=text, full=full, name=name)
