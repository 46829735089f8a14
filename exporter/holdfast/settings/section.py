"""The base of every section of a file, and how what pydantic refuses becomes a sentence at its place.

What the sections are called and hold belongs to the models.
"""

from collections.abc import Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from holdfast.settings.document import Path, Place, Problem, spell_path
from holdfast.settings.fields import keys
from holdfast.settings.words import refuse

MARK = "<"  # begins the tag of a union's member, which pydantic puts into the location of an error


class Section(BaseModel):
    """A mapping whose keys are all known. Nothing written is an empty mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _take_nothing_for_empty(cls, value: object) -> object:
        return keys(value)


_S = TypeVar("_S", bound=Section)


def check(
    model: type[_S], tree: Mapping[str, Any], *, told: Mapping[str, str]
) -> tuple[_S | None, list[tuple[Path, str]]]:
    """The section, or what is wrong and where. ``told`` says of some keys, by path, why they are refused."""
    try:
        return model.model_validate(tree), []
    except ValidationError as refusal:
        return None, [_problem(model, error, told) for error in refusal.errors()]


def locate(problem: tuple[Path, str], places: Mapping[Path, Place]) -> Problem:
    """The problem at the nearest place that the file has: a key that is missing stands nowhere."""
    path, text = problem
    there = path
    while there not in places:
        there = there[:-1]
    return Problem(places[there], spell_path(path), text)


def _problem(model: type[Section], error: ErrorDetails, told: Mapping[str, str]) -> tuple[Path, str]:
    kind = error["type"]
    path = tuple(part for part in error["loc"] if part != "[key]" and not str(part).startswith(MARK))
    if kind == "extra_forbidden" and path[-1:] != error["loc"][-1:]:
        path = (*path, error["loc"][-1])  # an unknown key that looks like a mark of ours
    if kind == "extra_forbidden":
        text = told.get(spell_path(path)) or refuse(
            "unknown key", str(path[-1]), _keys_at(model, path[:-1]), "keys"
        )
    elif kind == "missing":
        text = "is missing; write one"
    elif kind == "value_error":
        text = str(error["ctx"]["error"])
    else:
        text = error["msg"]
    return path, text


def _keys_at(model: type[Section], path: Path) -> list[str]:
    """The keys of the section at this path."""
    here: Any = model
    for part in path:
        if isinstance(here, type) and issubclass(here, Section):
            here = next(field.annotation for name, field in _fields(here) if name == part)
        else:
            here = get_args(here)[0 if isinstance(part, int) else 1]
        here = _section_in(here) or here
    return [name for name, _ in _fields(here)]


def _section_in(annotation: Any) -> Any:
    """The section among the members of a union, however it is wrapped."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    if getattr(annotation, "__origin__", None) in (tuple, dict):
        return None
    return next(filter(None, map(_section_in, get_args(annotation))), None)


def _fields(model: type[Section]) -> list[tuple[str, Any]]:
    return [(field.alias or name, field) for name, field in model.model_fields.items()]
