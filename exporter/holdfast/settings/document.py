"""Strict YAML: one file as a tree of keys that remembers on which line each stands. No meanings.

Every scalar stays the text that was written, beside what YAML takes it for: ``off``, ``2027-06-30`` and
``1.10`` mean what the reader of the file sees, whichever of the two a key asks for.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml

Path = tuple[str | int, ...]

_TAG = "tag:yaml.org,2002:"
_KINDS = ("str", "int", "float", "bool", "null", "timestamp", "merge", "value")
_MOST_VALUES = 20_000  # aliases of aliases multiply; no honest file comes near
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")


class Scalar(str):
    """The text of one value; ``kind`` is what YAML resolved it to: str, int, float, bool, null, timestamp."""

    __slots__ = ("kind",)
    kind: str

    @classmethod
    def of(cls, text: str, kind: str) -> "Scalar":
        scalar = cls(text)
        scalar.kind = kind
        return scalar


class Place(NamedTuple):
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


class Problem(NamedTuple):
    """One thing that is wrong: where, at which key, and a sentence of fact and remedy."""

    place: Place
    path: str
    text: str

    def __str__(self) -> str:
        line = ": ".join(filter(None, (str(self.place), self.path, self.text)))
        return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in line)


class SettingsError(ValueError):
    """A file says what we cannot take; one line for each problem: place, key, fact and remedy."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file whose root is a mapping. ``places`` has every path of ``tree``; ``()`` stands for the file."""

    tree: dict[str, Any]
    places: dict[Path, Place]
    problems: tuple[Problem, ...]


def spell_path(path: Path) -> str:
    """``tiers[0].match.labels["app.kubernetes.io/name"]``."""
    spelled = ""
    for part in path:
        if isinstance(part, int):
            spelled += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            spelled += f".{part}" if spelled else part
        else:
            spelled += f'["{part}"]'
    return spelled


def read_document(file: str, data: bytes) -> Document:
    """The one document of a file; an empty one is an empty mapping. What is wrong stands in ``problems``."""
    start = Place(file, 0)
    try:
        loader = yaml.SafeLoader(data)
        node = loader.get_single_node()
        if node is None:
            return Document(tree={}, places={(): start}, problems=())
        reader = _Reader(file=file, loader=loader)
        tree = reader.value(node, ())
    except yaml.MarkedYAMLError as error:
        return _broken(
            Place(file, error.problem_mark.line + 1 if error.problem_mark else 0), _complaint(error)
        )
    except yaml.YAMLError as error:
        return _broken(start, f"is no YAML: {' '.join(str(error).split())}; correct it")
    except RecursionError:
        return _broken(start, "is nested too deeply; no setting is")
    problems = list(reader.problems)
    if not isinstance(tree, dict):
        if not (isinstance(tree, Scalar) and tree.kind == "null"):
            problems.append(
                Problem(Place(file, 1), "", f"holds {name_kind(tree)}, not keys; write KEY: VALUE")
            )
        tree = {}
    return Document(tree=tree, places={**reader.places, (): start}, problems=tuple(problems))


def name_kind(value: object) -> str:
    """What a value of the tree is, for a sentence."""
    if isinstance(value, Scalar):
        return {"null": "nothing", "int": "a number", "float": "a number", "bool": "yes or no"}.get(
            value.kind, "a text"
        )
    return "a list" if isinstance(value, list) else "a mapping"


def _broken(place: Place, text: str) -> Document:
    return Document(tree={}, places={(): place}, problems=(Problem(place, "", text),))


def _complaint(error: yaml.MarkedYAMLError) -> str:
    if error.context == "expected a single document in the stream":
        return "begins a second document; give each its own file"
    if isinstance(error, yaml.composer.ComposerError | _TooMuch):
        return f"{error.problem}; correct it"
    detail = f"{error.problem} ({error.context})" if error.context else error.problem
    return f"is no YAML: {detail}; correct it"


class _TooMuch(yaml.MarkedYAMLError):
    pass


@dataclass(kw_only=True)
class _Reader:
    file: str
    loader: yaml.SafeLoader
    places: dict[Path, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    flattened: set[int] = field(default_factory=set)

    def value(self, node: yaml.Node, path: Path) -> Any:
        self.places.setdefault(path, self._place(node))
        if len(self.places) > _MOST_VALUES:
            raise _TooMuch(problem=f"holds more than {_MOST_VALUES} values", problem_mark=node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in (_TAG + "map", _TAG + "seq"):
            self._refuse_tag(node, path)
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(item, (*path, key)) for key, item in self._items(node, path)}
        return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]

    def _items(self, node: yaml.MappingNode, path: Path) -> Iterator[tuple[str, yaml.Node]]:
        """Keys and values with ``<<`` resolved; of two equal keys the later, which is the node's own."""
        if id(node) not in self.flattened:
            self.flattened.add(id(node))
            self._find_twins(node, path)
            self.loader.flatten_mapping(node)
        items: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, item in node.value:
            if isinstance(key, yaml.ScalarNode):
                items[key.value] = (key, item)
            else:
                text = "has a list or a mapping as a key; write a text"
                self.problems.append(Problem(self._place(key), spell_path(path), text))
        for name, (key, item) in items.items():
            self.places[(*path, name)] = self._place(key)
            yield name, item

    def _find_twins(self, node: yaml.MappingNode, path: Path) -> None:
        first: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _TAG + "merge":
                continue
            line = key.start_mark.line + 1
            if key.value in first:
                text = f"stands twice, first on line {first[key.value]}; keep one"
                self.problems.append(Problem(self._place(key), spell_path((*path, key.value)), text))
            first.setdefault(key.value, line)

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Scalar:
        kind = node.tag.removeprefix(_TAG)
        if kind not in _KINDS:
            self._refuse_tag(node, path)
            kind = "str"
        return Scalar.of(node.value, kind)

    def _refuse_tag(self, node: yaml.Node, path: Path) -> None:
        tag = node.tag.replace(_TAG, "!!")
        self.problems.append(
            Problem(
                self._place(node),
                spell_path(path),
                f"carries the YAML tag {tag}; write the value without a tag",
            )
        )

    def _place(self, node: yaml.Node) -> Place:
        return Place(self.file, node.start_mark.line + 1)
