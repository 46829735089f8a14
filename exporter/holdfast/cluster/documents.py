"""From one file to the API objects in it: JSON and YAML, lists, many documents, any Unicode encoding.

Here belongs syntax and where in the file a thing stands. Which kinds there are and who wants them is the
folder's.
"""

import json
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from holdfast.cluster.decode import UNREADABLE, Meta
from holdfast.cluster.yaml_tree import DamagedError, Tree, trees

LARGEST: dict[str, int] = {".json": 2 * 1024**3, ".yaml": 512 * 1024**2, ".yml": 512 * 1024**2}
DEEPEST_LIST = 8


class FileError(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be read. ``line`` counts from 1; None where the file as a whole is meant."""

    file: str
    line: int | None
    message: str


class Head(msgspec.Struct):
    """What tells one object from another."""

    apiVersion: str | None = None  # noqa: N815 - the API's spelling
    kind: str | None = None
    metadata: Meta | None = None


class _Text(Protocol):
    """One text whose parts can be looked into: a part is what ``items`` gave, or the whole."""

    def head(self, part: Any) -> Head: ...
    def items(self, part: Any) -> list[Any] | None: ...
    def line(self, part: Any) -> int: ...
    def decode(self, part: Any, shape: type[Any]) -> Any: ...


class Found(NamedTuple):
    """One object, not yet decoded."""

    group: str
    version: str
    kind: str
    meta: Meta
    text: _Text
    part: Any

    @property
    def line(self) -> int:
        return self.text.line(self.part)

    def decode(self, shape: type[Any]) -> Any:
        """Raises one of UNREADABLE."""
        return self.text.decode(self.part, shape)


class FaultError(Exception):
    """Something is wrong at this line; the reading goes on with what comes next."""

    def __init__(self, line: int | None, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


def read_file(path: Path, name: str) -> tuple[list[Found], list[FileError]]:
    """All that can be read in the file. ``name`` is how errors call it; what a file holds raises nothing."""
    found: list[Found] = []
    faults: list[FaultError] = []
    listed = False
    try:
        data = _utf8(path)
        for each in _objects(path, data):
            if each is None:
                listed = True
            elif isinstance(each, FaultError):
                faults.append(each)
            else:
                found.append(each)
    except FaultError as fault:
        faults.append(fault)
    except OSError as error:
        faults.append(FaultError(None, error.strerror or str(error)))
    if not found and not faults and not listed:
        faults.append(FaultError(None, "holds no object"))
    return found, [FileError(file=name, line=fault.line, message=fault.message) for fault in faults]


def _utf8(path: Path) -> bytes:
    """The file as UTF-8 without a byte order mark."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise FaultError(None, "not a regular file")  # reading a pipe would wait for ever
    most = LARGEST[path.suffix.lower()]
    if status.st_size > most:
        hint = "split it" if path.suffix.lower() == ".json" else "split it, or write it as JSON"
        raise FaultError(None, f"larger than {most // 1024**2} MiB; {hint}")
    data = path.read_bytes()
    if not data.strip():
        raise FaultError(None, "empty")
    encoding = json.detect_encoding(data)
    if encoding == "utf-8":
        return data
    try:
        return data.decode(encoding).encode()
    except UnicodeError as error:
        raise FaultError(1, f"no valid {encoding}: {error}") from error


def _objects(path: Path, data: bytes) -> Iterator[Found | FaultError | None]:
    """None for a list without items, as kubectl writes it of a kind that has none."""
    if path.suffix.lower() == ".json" or (data.lstrip()[:1] == b"{" and _is_json(data)):
        yield from _from_json(data)
    else:
        yield from _from_yaml(data)


def _expand(text: _Text, part: Any, of_list: Head, depth: int) -> Iterator[Found | FaultError | None]:
    """The object, or those of the list. Items of a typed list may leave out what the list says for them."""
    try:
        head = text.head(part)
        items = text.items(part) if (head.kind or "").endswith("List") else None
    except UNREADABLE as error:
        yield FaultError(text.line(part), f"not an object of the API: {error}")
        return
    kind, version = head.kind or of_list.kind, head.apiVersion or of_list.apiVersion
    if not kind:
        yield FaultError(text.line(part), "not an object of the API: it has no kind")
    elif items is None:
        group, _, release = (version or "").rpartition("/")
        yield Found(group, release, kind, head.metadata or Meta(), text, part)
    elif depth >= DEEPEST_LIST:
        yield FaultError(text.line(part), f"lists within lists, deeper than {DEEPEST_LIST}")
    else:
        typed = Head(apiVersion=version, kind=kind.removesuffix("List") or None)
        if not items:
            yield None
        for item in items:
            yield from _expand(text, item, typed, depth + 1)


# -- JSON

_SOMETHING = re.compile(rb"\S")
_OFFSET = re.compile(r"\(byte (\d+)\)")
_TRAILING = "trailing characters"


class _JsonHead(Head):
    items: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_HEAD = msgspec.json.Decoder(_JsonHead)
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw] | None)
_ANY = msgspec.json.Decoder(msgspec.Raw)


class _Json:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def head(self, part: Any) -> Head:
        return _HEAD.decode(part)

    def items(self, part: Any) -> list[Any] | None:
        items = _HEAD.decode(part).items
        return None if isinstance(items, msgspec.UnsetType) else _ITEMS.decode(items) or []

    def line(self, part: Any) -> int:
        """Found by looking for it: wanted for errors only."""
        return _line(self._data, self._data.find(bytes(part)))

    def decode(self, part: Any, shape: type[Any]) -> Any:
        return msgspec.json.decode(part, type=shape)


def _from_json(data: bytes) -> Iterator[Found | FaultError | None]:
    """One value after the other: several runs of kubectl into one file put nothing between them."""
    text = _Json(data)
    start = _SOMETHING.search(data)
    while start is not None:
        begin = start.start()
        try:
            end = _end(data, begin)
        except FaultError as fault:
            yield fault
            return
        yield from _expand(text, msgspec.Raw(memoryview(data)[begin:end]), Head(), 0)
        start = _SOMETHING.search(data, end)


def _end(data: bytes, begin: int) -> int:
    """Where the value that begins here ends. Raises FaultError."""
    try:
        _ANY.decode(memoryview(data)[begin:])
    except RecursionError:
        raise FaultError(_line(data, begin), "nested too deeply") from None
    except UNREADABLE as error:
        offset = _OFFSET.search(str(error))
        at = begin + int(offset[1]) if offset else len(data.rstrip())
        if _TRAILING in str(error):
            return at - 1  # it counts the first of them too
        said = _OFFSET.sub("", str(error)).removeprefix("JSON is malformed: ").strip()
        raise FaultError(_line(data, at), f"no valid JSON: {said}") from None
    return len(data)


def _is_json(data: bytes) -> bool:
    try:
        _end(data, 0)
    except FaultError:
        return False
    return True


def _line(data: bytes, offset: int) -> int:
    return data.count(b"\n", 0, max(0, offset)) + 1


# -- YAML


class _Yaml:
    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def head(self, part: Any) -> Head:
        return msgspec.convert(part, Head)

    def items(self, part: Any) -> list[Any] | None:
        return msgspec.convert(part["items"], list[Any] | None) or [] if "items" in part else None

    def line(self, part: Any) -> int:
        return self._tree.line(part)

    def decode(self, part: Any, shape: type[Any]) -> Any:
        # by way of JSON, because only that can leave a part as it is written (msgspec.Raw)
        return msgspec.json.decode(msgspec.json.encode(part), type=shape)


def _from_yaml(data: bytes) -> Iterator[Found | FaultError | None]:
    for tree in trees(data):
        if isinstance(tree, DamagedError):
            yield FaultError(tree.line, tree.message)
        elif tree.root is not None:
            yield from _expand(_Yaml(tree), tree.root, Head(), 0)
