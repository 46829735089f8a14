"""Which test backs what a source is said to tell: found in the tests themselves, without running them.

A test is marked ``@pytest.mark.tells("velero", "age", "result")``. The table of docs/sources.md is made from this.
"""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent

WORDS: Mapping[str, str] = {
    "age": "age of the newest copy",
    "result": "how runs ended",
    "schedule": "schedules",
    "size": "size",
    "target": "places",
    "retention": "when copies expire",
    "drill": "restores",
    "replication": "replication",
}
"""Every word of ``sources.contract.Tells``, as the head of a column."""


class Proof(NamedTuple):
    """A test, by its file from the root and its name."""

    path: str
    name: str


class MarkError(ValueError):
    """A mark that cannot be understood without running the tests: says where."""


def proofs(folder: Path = ROOT / "tests") -> dict[tuple[str, str], list[Proof]]:
    """The tests of each source and word, in the order of files and lines."""
    found: dict[tuple[str, str], list[Proof]] = {}
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "mark.tells(" in text:
            for source, word, name in _marks(path, ast.parse(text)):
                found.setdefault((source, word), []).append(Proof(str(path.relative_to(ROOT)), name))
    return found


def _marks(path: Path, tree: ast.Module) -> Iterator[tuple[str, str, str]]:
    understood = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        for mark in filter(_is_mark, node.decorator_list):
            understood.add(mark)
            source, *words = _texts(path, mark)
            yield from ((source, word, node.name) for word in words)
    for node in ast.walk(tree):
        if _is_mark(node) and node not in understood:
            raise MarkError(f"{path}: a mark of what is told stands on no test; decorate the test itself")


def _is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.tells"


def _texts(path: Path, mark: ast.AST) -> list[str]:
    texts = [
        each.value
        for each in ast.walk(mark)
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]
    if not isinstance(mark, ast.Call) or len(texts) != len(mark.args) or len(texts) < 2:
        raise MarkError(f"{path}: write a mark of what is told with the source's name and words as they are")
    return texts
