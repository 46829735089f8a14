"""Expressions of an owner's own that find values in objects: JMESPath. What a value means is for who asks.

Why this language: docs/decisions/0005-expressions.md. An expression sees only narrower parts of the object as it goes
on, so its work is bounded by its own length and the object's size, whatever the object holds.
https://jmespath.org/specification.html
"""

import difflib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError, LexerError, ParseError
from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

LONGEST = 1000  # characters; a longer one cannot be understood by who must correct it

DEEPEST = 60  # nodes within each other; to evaluate one takes several frames of the stack

Path = tuple[str, ...]

_FUNCTIONS: Final[Mapping[str, Any]] = Functions.FUNCTION_TABLE
_INTERPRETER: Final = TreeInterpreter()  # it keeps nothing between two visits
_FAILS = (JMESPathError, RecursionError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError)


class ExpressionError(ValueError):
    """The text is no expression that can be used; says why and what to write."""


class EvaluationError(ValueError):
    """The expression fails on this object. The text holds nothing of the object's."""


class Expression:
    """``paths`` are the places of an object that it reads; nothing else need be decoded for it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._parsed = _parsed(text)
        self._chain = _chain(self._parsed.parsed)
        self.paths = frozenset(_paths(self._parsed.parsed))
        if () in self.paths:
            raise ExpressionError(f"{text!r} reads the whole object; begin with metadata., spec. or status.")

    def find(self, document: Mapping[str, Any]) -> Any:
        """What stands there; None where nothing does. Raises EvaluationError."""
        if self._chain is not None:
            return _at(document, self._chain)
        try:
            return _INTERPRETER.visit(self._parsed.parsed, document)
        except _FAILS as error:
            raise EvaluationError(f"{self.text!r} fails: {_reason(error)}") from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


@lru_cache(maxsize=1024)
def read_expression(text: str) -> Expression:
    """The expression of this text. Raises ExpressionError."""
    return Expression(text)


def _parsed(text: str) -> Any:
    if not text.strip():
        raise ExpressionError("is empty; write an expression")
    if len(text) > LONGEST:
        raise ExpressionError(f"is longer than {LONGEST} characters; write a shorter one")
    try:
        parsed = jmespath.compile(text)
    except (JMESPathError, RecursionError, ValueError) as error:
        raise ExpressionError(f"{text!r} is no JMESPath: {_fault(error, text)}") from None
    for node, depth in _nodes(parsed.parsed):
        if depth > DEEPEST:
            raise ExpressionError(f"{text!r} is nested too deeply; write a simpler one")
        if node["type"] == "function_expression":
            _check_call(node["value"], len(node["children"]))
    return parsed


def _fault(error: Exception, text: str) -> str:
    if isinstance(error, LexerError):
        quoting = 'a name with other signs than letters, digits and _ stands in double quotes: "a-b"'
        return f"column {error.lexer_position + 1} cannot be read; {quoting}"
    if isinstance(error, ParseError):
        if error.lex_position >= len(text) or not error.token_value:
            return "it ends too early; complete it"
        return f"{error.token_value!r} in column {error.lex_position + 1} cannot stand there; correct it"
    return "it is nested too deeply; write a simpler one"


def _reason(error: Exception) -> str:
    """Why, in words that hold nothing of the object: messages of the library quote values."""
    kind = "a function was given a value of a type that it does not take"
    return kind if isinstance(error, JMESPathError | TypeError) else type(error).__name__


def _nodes(tree: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Every node and how deep it stands."""
    below = [(tree, 1)]
    while below:
        node, depth = below.pop()
        yield node, depth
        # those of a slice are numbers
        below.extend((child, depth + 1) for child in node.get("children", ()) if isinstance(child, dict))


def _check_call(name: str, given: int) -> None:
    """The library finds these faults only when it evaluates; a start must find them."""
    known = _FUNCTIONS.get(name)
    if known is None:
        near = difflib.get_close_matches(name, _FUNCTIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(_FUNCTIONS))}"
        raise ExpressionError(f"calls the unknown function {name}; {hint}")
    wanted = known["signature"]
    variadic = bool(wanted) and wanted[-1].get("variadic", False)
    if given < len(wanted) or (given > len(wanted) and not variadic):
        least = "at least " if variadic else ""
        raise ExpressionError(f"calls {name} with {given} arguments; give it {least}{len(wanted)}")


def _chain(tree: Mapping[str, Any]) -> Path | None:
    """The names of an expression that is nothing but names with dots between: most are, and these need no library."""
    if tree["type"] == "field":
        return (tree["value"],)
    if tree["type"] != "subexpression":
        return None
    parts = [_chain(child) for child in tree["children"]]
    return None if None in parts else tuple(name for part in parts for name in part or ())


def _at(value: Any, names: Path) -> Any:
    for name in names:
        if type(value) is not dict:
            return None
        value = value.get(name)
    return value


_CHAINS = ("subexpression", "index_expression", "pipe")
_PROJECTIONS = ("projection", "value_projection", "filter_projection", "flatten")


def _paths(tree: Mapping[str, Any]) -> set[Path]:
    read: set[Path] = set()
    _note(_walk(tree, (), read), read)
    return read


def _note(path: Path | None, read: set[Path]) -> None:
    if path is not None:
        read.add(path)


def _walk(node: Mapping[str, Any], here: Path | None, read: set[Path]) -> Path | None:
    """The place whose value the node yields, asked at ``here``; None for what lies within places already noted."""
    kind, children = node["type"], node.get("children", ())
    if kind == "field":
        return None if here is None else (*here, node["value"])
    if kind in ("current", "identity"):
        return here
    if kind in _CHAINS:
        for child in children:
            here = _walk(child, here, read)
        return here
    if kind in _PROJECTIONS:
        _note(_walk(children[0], here, read), read)
        for child in children[1:]:  # of each element
            _walk(child, None, read)
        return None
    if kind in ("index", "slice"):
        _note(here, read)
        return None
    inner = None if kind == "expref" else here
    for child in children:
        _note(_walk(child, inner, read), read)
    return None
