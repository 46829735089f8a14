"""What one section of a kind asks of an object, and the answers of one object to it: one question a field.

What is made of the answers stands in ``read``.
"""

import re
from typing import Any, Final

from holdfast.model.expression import Path
from holdfast.model.generic import ClaimsSpec, NameSpec, ResultSpec
from holdfast.sources.generic.answers import (
    Asked,
    Document,
    asked,
    duration_at,
    flag_at,
    name_at,
    names_at,
    size_at,
    time_at,
    word_at,
)
from holdfast.sources.generic.shape import GenericMetadata
from holdfast.sources.runs.records import Saved, claim_named, labelled, owned_by, whole_namespace

_NO_EXPRESSION: Final = frozenset({"label", "owner", "placement", "consistency"})


class Questions:
    """The expressions of one section, by their field; ``paths`` are the places that they all read."""

    def __init__(self, where: str, section: Any) -> None:
        self._asked: dict[str, Asked] = {}
        self._add(where, "", section)

    def _add(self, where: str, prefix: str, section: Any) -> None:
        for field in section.__struct_fields__:
            value, key = getattr(section, field), f"{where}.{_camel(field)}"
            if isinstance(value, ClaimsSpec | ResultSpec | NameSpec):
                self._add(key, f"{prefix}{field}.", value)
            elif isinstance(value, str) and field not in _NO_EXPRESSION:
                question = asked(key, value)
                if question:
                    self._asked[prefix + field] = question

    def get(self, field: str) -> Asked | None:
        """None where no expression is given."""
        return self._asked.get(field)

    def __getitem__(self, field: str) -> Asked:
        return self._asked[field]

    @property
    def paths(self) -> frozenset[Path]:
        return frozenset(path for each in self._asked.values() for path in each.expression.paths)


def _camel(field: str) -> str:
    """As the configuration spells it."""
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), field)


class Answers:
    """What one object says to the questions of a section. Each raises ``ValueError`` where it makes no sense."""

    def __init__(self, questions: Questions, metadata: GenericMetadata, document: Document) -> None:
        self._ask = questions
        self._metadata = metadata
        self._document = document

    def to(self, questions: Questions) -> "Answers":
        """The same object's answers to other questions."""
        return Answers(questions, self._metadata, self._document)

    def name(self, field: str) -> str:
        return name_at(self._ask.get(field), self._document)

    def word(self, field: str) -> str:
        return word_at(self._ask[field], self._document)

    def time(self, field: str) -> float | None:
        return time_at(self._ask.get(field), self._document)

    def size(self, field: str) -> int | None:
        return size_at(self._ask.get(field), self._document)

    def flag(self, field: str) -> bool | None:
        return flag_at(self._ask.get(field), self._document)

    def duration(self, field: str) -> float | None:
        return duration_at(self._ask.get(field), self._document)

    def other(self, field: str, *, namespaced: bool) -> tuple[str, str] | None:
        """Namespace and name of another object, None where none is named."""
        name = self.name(f"{field}.name")
        if not name:
            return None
        namespace = self.name(f"{field}.namespace") or self._metadata.namespace
        return namespace if namespaced else "", name

    def claims(self, spec: ClaimsSpec) -> tuple[Saved, ...]:
        namespace = self.name("claims.namespace") or self._metadata.namespace
        if spec.way == "names":
            question = self._ask["claims.names"]
            named = names_at(question, self._document, namespace)
            if not all(place for place, _ in named):
                raise ValueError(f"{question.where}: names a claim, and nothing tells its namespace")
            return tuple(dict.fromkeys(claim_named(*each) for each in named))
        if spec.way == "namespace":
            return (whole_namespace(namespace),) if namespace else ()
        name = self.name("claims.value" if spec.way == "label" else "claims.name")
        if not (name and namespace):
            return ()
        if spec.way == "label":
            return (labelled(namespace, spec.label, name),)
        return (owned_by(namespace, spec.owner, name),)
