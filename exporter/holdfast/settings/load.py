"""From files to settings: reads, lays later files over earlier ones, checks, says all that is wrong at once.

What may stand in a file belongs to the models and rules.
"""

from collections.abc import Sequence
from pathlib import Path as File
from typing import Any, TypeVar

from holdfast.settings.document import Document, Path, Place, Problem, SettingsError, read_document
from holdfast.settings.models import Known, Settings
from holdfast.settings.prices import currency_changes
from holdfast.settings.rules import faults
from holdfast.settings.section import Section, check, locate
from holdfast.settings.web import REFUSED, WebSettings, web_faults

_S = TypeVar("_S", bound=Section)


def load_settings(paths: Sequence[File], known: Known) -> Settings:
    """The configuration of these files; none, or an empty one, is all defaults.

    A later file replaces whole top-level keys of those before it. Raises SettingsError.
    """
    read = [_read(path) for path in paths]
    changed = tuple(locate(fault, file.places) for file, fault in currency_changes(read))
    document = _overlay(read)
    settings, refused = check(Settings, document.tree, told={})
    ruled = list(faults(document.tree, known))
    settled = {path[:2] for path, _ in ruled if path[0] == "checks"}  # a check is refused as a whole
    refused = [fault for fault in refused if fault[0][:2] not in settled]
    return _settled(settings, [*refused, *ruled], document, changed)


def load_web_settings(path: File) -> WebSettings:
    """The web configuration of this file, with the paths in it relative to the file. Raises SettingsError."""
    document = _read(path)
    settings, refused = check(WebSettings, document.tree, told=REFUSED)
    settled = _settled(settings, [*refused, *web_faults(document.tree)], document)
    return settled.beside(path.parent)


def _settled(
    settings: _S | None,
    found: Sequence[tuple[Path, str]],
    document: Document,
    others: Sequence[Problem] = (),
) -> _S:
    problems = [*document.problems, *others, *(locate(fault, document.places) for fault in found)]
    if problems or settings is None:
        raise SettingsError(problems)
    return settings


def _read(path: File) -> Document:
    try:
        data = path.read_bytes()
    except OSError as error:
        start = Place(str(path), 0)
        problem = Problem(start, "", f"cannot be read: {error.strerror}; name a file that can")
        return Document(tree={}, places={(): start}, problems=(problem,))
    return read_document(str(path), data)


def _overlay(documents: Sequence[Document]) -> Document:
    tree: dict[str, Any] = {}
    places: dict[Path, Place] = {(): Place("", 0)}
    for document in documents:
        places = {path: place for path, place in places.items() if not path or path[0] not in document.tree}
        places |= document.places
        tree |= document.tree
    return Document(
        tree=tree,
        places=places,
        problems=tuple(problem for document in documents for problem in document.problems),
    )
