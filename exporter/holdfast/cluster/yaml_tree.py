"""YAML text to plain dicts, lists and scalars, with the line of each mapping near the top.

Built from the parser's events and not by PyYAML's loaders: those recurse in C (a deeply nested document ends
the process), know times and base-60 numbers that the API's writers leave unquoted, and forget where a thing
stood. Scalars are resolved as the API's own YAML library does: https://github.com/kubernetes-sigs/yaml (YAML
1.1).
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, ClassVar, NamedTuple

import yaml

PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
DEEPEST = 200
MOST_BORROWED = 1_000_000  # nodes that a document's aliases may stand for: 500 bytes can stand for 10**9
TEXT_OF_A_NODE = 64  # characters; longer texts count for more, as they do where they are written out
LINES_KEPT_TO = 3  # document, its list, the list's items: what errors point at
LONGEST_NUMBER = 64

_SEPARATOR = re.compile(rb"^---(?=\s|$)", re.MULTILINE)
_INTEGER = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), True),
    **dict.fromkeys(("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), False),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_TEXT_TAG = "tag:yaml.org,2002:str"


class DamagedError(Exception):
    """This document cannot be read; the others of the file can."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


class Tree:
    """One document. ``root`` is None for an empty one."""

    def __init__(self, first_line: int) -> None:
        self.root: Any = None
        self.first_line = first_line
        self._lines: dict[int, int] = {}

    def note(self, node: Any, line: int) -> None:
        self._lines[id(node)] = line

    def line(self, node: Any) -> int:
        """Of a mapping or list near the top; else that of the document."""
        return self._lines.get(id(node), self.first_line)


def trees(data: bytes) -> Iterator[Tree | DamagedError]:
    """The documents of a file, each read for itself so that a damaged one hurts no other."""
    starts = [match.start() for match in _SEPARATOR.finditer(data)]
    bounds = sorted({0, *starts, len(data)})
    line = 1
    for begin, end in pairwise(bounds):
        text = data[begin:end]
        yield from _documents(text, line)
        line += text.count(b"\n")


def _documents(text: bytes, line: int) -> Iterator[Tree | DamagedError]:
    if _only_directives(text):
        return
    try:
        yield from _Builder(text, line).documents()
    except DamagedError as damage:
        yield damage
    except yaml.reader.ReaderError as error:
        # the offset is of bytes
        yield DamagedError(line + text[: error.position].count(b"\n"), f"no valid YAML: {error.reason}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        yield DamagedError(line + (mark.line if mark else 0), f"no valid YAML: {said}")


def _only_directives(text: bytes) -> bool:
    """What stands before the first separator: ``%YAML`` lines belong to no document of their own."""
    lines = [line for line in text.splitlines() if line.strip()]
    return all(line.startswith((b"%", b"#")) for line in lines)


class _Value(NamedTuple):
    """``size`` counts the nodes in it, itself included, and ``height`` its levels, both with aliases followed."""

    node: Any
    size: int
    height: int


class _Open:
    """A mapping or list whose end has not come."""

    def __init__(self, node: Any, anchor: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.size = 1
        self.height = 1
        self.key: str | None = None
        self.merge = False
        self.wants_key = isinstance(node, dict)


class _Builder:
    def __init__(self, text: bytes, first_line: int) -> None:
        self._events = yaml.parse(text, Loader=PARSER)
        self._first_line = first_line
        self._line = first_line
        self._tree = Tree(first_line)
        self._stack: list[_Open] = []
        self._anchors: dict[str, _Value] = {}
        self._borrowed = 0

    def documents(self) -> Iterator[Tree]:
        for event in self._events:
            self._line = self._first_line + (event.start_mark.line if event.start_mark else 0)
            step = self._STEPS.get(type(event))
            if step is not None:
                step(self, event)
            if isinstance(event, yaml.DocumentEndEvent):
                yield self._tree

    def _begin_document(self, _: Any) -> None:
        self._tree = Tree(self._line)
        self._anchors = {}
        self._borrowed = 0

    def _scalar(self, event: Any) -> None:
        if self._stack and self._stack[-1].wants_key:
            self._key(event)
            return
        text = event.tag == _TEXT_TAG or not event.implicit[0]
        value = _Value(event.value if text else _resolve(event.value), _size(event.value), 0)
        if event.anchor:
            self._anchors[event.anchor] = value
        self._add(value)

    def _key(self, event: Any) -> None:
        """Keys are text in the API, whatever they look like."""
        top = self._stack[-1]
        top.key, top.wants_key = sys.intern(event.value), False
        size = _size(event.value)
        top.size += size
        if event.anchor:
            self._anchors[event.anchor] = _Value(event.value, size, 0)
        top.merge = event.value == "<<" and event.implicit[0]

    def _open(self, event: Any) -> None:
        if self._stack and self._stack[-1].wants_key:
            raise DamagedError(self._line, "a key is not a scalar")
        if len(self._stack) >= DEEPEST:
            raise DamagedError(self._line, f"nested deeper than {DEEPEST}")
        node: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        if len(self._stack) < LINES_KEPT_TO:
            self._tree.note(node, self._line)
        self._stack.append(_Open(node, event.anchor))

    def _close(self, _: Any) -> None:
        done = self._stack.pop()
        value = _Value(done.node, done.size, done.height)
        if done.anchor:
            # known only now: a node that holds itself is found as an unknown anchor
            self._anchors[done.anchor] = value
        self._add(value)

    def _alias(self, event: Any) -> None:
        if self._stack and self._stack[-1].wants_key:
            raise DamagedError(self._line, "a key is not a scalar")
        if event.anchor not in self._anchors:
            raise DamagedError(self._line, f"no anchor {event.anchor!r} ends before this alias")
        value = self._anchors[event.anchor]
        self._borrow(value)
        self._add(value)

    def _borrow(self, value: _Value) -> None:
        """Here an alias costs nothing; whoever writes the tree out, or walks it, pays for all that it stands for."""
        self._borrowed += value.size
        if self._borrowed > MOST_BORROWED:
            raise DamagedError(
                self._line,
                f"aliases expand to more than {MOST_BORROWED} nodes; split the document, or write it without aliases",
            )
        if len(self._stack) + value.height > DEEPEST:
            raise DamagedError(self._line, f"nested deeper than {DEEPEST}, with aliases followed")

    def _add(self, value: _Value) -> None:
        if not self._stack:
            self._tree.root = value.node
            return
        top = self._stack[-1]
        top.size += value.size
        top.height = max(top.height, value.height + 1)
        if isinstance(top.node, list):
            top.node.append(value.node)
            return
        if top.merge:
            _merge(top.node, value.node)
        else:
            top.node[top.key] = value.node
        top.wants_key = True

    _STEPS: ClassVar[Mapping[type, Callable[["_Builder", Any], None]]] = {
        yaml.DocumentStartEvent: _begin_document,
        yaml.ScalarEvent: _scalar,
        yaml.MappingStartEvent: _open,
        yaml.SequenceStartEvent: _open,
        yaml.MappingEndEvent: _close,
        yaml.SequenceEndEvent: _close,
        yaml.AliasEvent: _alias,
    }


def _size(text: str) -> int:
    return 1 + len(text) // TEXT_OF_A_NODE


def _merge(node: dict[str, Any], value: Any) -> None:
    for source in value if isinstance(value, list) else [value]:
        if isinstance(source, dict):
            for key, inherited in source.items():
                node.setdefault(key, inherited)


def _resolve(text: str) -> Any:
    """A plain scalar. Dates and times stay text."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789" or len(text) > LONGEST_NUMBER:
        return text
    if _INTEGER.match(text):
        return _integer(text)
    if _FLOAT.match(text):
        return float(text)
    return text


def _integer(text: str) -> int | str:
    plain = text.replace("_", "")
    sign, digits = (plain[0], plain[1:]) if plain[0] in "-+" else ("", plain)
    if re.match(r"0[0-7]+\Z", digits):
        digits = f"0o{digits[1:]}"
    try:
        return int(sign + digits, 0)
    except ValueError:  # only separators after the prefix
        return text
