"""Which files under a folder are read, in one order on every machine. Links are followed, loops are not."""

import os
import stat
from pathlib import Path
from typing import NamedTuple

from holdfast.cluster.documents import FileError

OBJECTS = frozenset({".json", ".yaml", ".yml"})
SAMPLES = frozenset({".prom", ".om"})
ENDINGS = ", ".join(sorted(OBJECTS | SAMPLES))
_UNREAD = frozenset({".bz2", ".gz", ".tar", ".tgz", ".txt", ".xz", ".zip", ".zst"})

_Identity = tuple[int, int]


class Files(NamedTuple):
    objects: list[Path]
    samples: list[Path]
    unread: list[Path]  # that may well hold objects or samples, by their ending
    errors: list[FileError]


def printable(path: Path) -> str:
    """The path as text that can be printed: a file's name need not be Unicode."""
    return os.fsencode(path).decode(errors="replace")


def files_under(root: Path) -> Files:
    """``root`` may be a file. A file reached twice is listed once. What cannot be looked at is an error."""
    files = Files([], [], [], [])
    seen: set[_Identity] = set()
    waiting: list[tuple[Path, frozenset[_Identity]]] = [(root, frozenset())]
    while waiting:
        path, above = waiting.pop()
        try:
            status = path.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in above:
                files.errors.append(_error(path, "a link back to a folder that holds it"))
            elif identity not in seen:
                seen.add(identity)
                if stat.S_ISDIR(status.st_mode):
                    # the last is taken first
                    waiting += [(inner, above | {identity}) for inner in reversed(_inside(path))]
                else:
                    _sort(files, path, root)
        except OSError as error:
            if path == root or path.suffix.lower() in OBJECTS | SAMPLES or path.is_dir():
                files.errors.append(_error(path, error.strerror or str(error)))
    return files


def _inside(folder: Path) -> list[Path]:
    # hidden names last: a mounted ConfigMap shows every file by its own name and again below ``..data``
    return sorted(folder.iterdir(), key=lambda path: (path.name.startswith("."), os.fsencode(path.name)))


def _sort(files: Files, path: Path, root: Path) -> None:
    suffix = path.suffix.lower()
    if suffix in OBJECTS:
        files.objects.append(path)
    elif suffix in SAMPLES:
        files.samples.append(path)
    elif path == root:
        files.errors.append(_error(path, f"neither a folder nor a file that ends in {ENDINGS}"))
    elif suffix in _UNREAD:
        files.unread.append(path)


def _error(path: Path, message: str) -> FileError:
    return FileError(file=printable(path), line=None, message=message)
