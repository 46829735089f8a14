"""A cluster in memory for tests of sources: objects in by way of their feed, or facts as they stand.

It answers as the inventory does, but is so plain that it can be trusted; what was touched is kept for tests to look at.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.identity import Touch
from holdfast.model.observation import Observation, ObservationKind
from holdfast.sources.contract import Source

_F = TypeVar("_F", bound=Fact)


class TableFacts:
    """Implements ``holdfast.model.facts.Facts``."""

    def __init__(
        self,
        facts: Iterable[Fact] = (),
        remembered: Iterable[Observation] = (),
        unseen: Collection[type[Fact]] = (),
    ) -> None:
        self._unseen = unseen
        self._records: dict[tuple[type[Fact], tuple[str, ...]], Fact] = {}
        self._remembered = sorted(remembered, key=lambda note: note.time)
        self.touched: set[Touch] = set()
        for fact in facts:
            self.add(fact)

    def add(self, fact: Fact) -> None:
        self._records[(type(fact), tuple(fact.key))] = fact
        self.touched.update(fact.touches())

    def put(self, source: Source, obj: Mapping[str, Any]) -> Sequence[Fact]:
        """One object as the API serves it, read by the source's feed of its kind. Returns its records."""
        records = read(source, obj)
        for record in records:
            self.add(record)
        return records

    def get(self, kind: type[_F], *key: str) -> _F | None:
        found = self._records.get((kind, key))
        return found if isinstance(found, kind) else None

    def all(self, kind: type[_F]) -> Collection[_F]:
        return [fact for fact in self._records.values() if isinstance(fact, kind)]

    def linked(self, kind: type[_F], *link: str) -> Sequence[_F]:
        held = (fact for fact in self.all(kind) if link in {tuple(each) for each in fact.links()})
        return sorted(held, key=lambda fact: tuple(fact.key))

    def sees(self, kind: type[_F]) -> bool:
        return kind not in self._unseen

    def remembered(self, kind: ObservationKind, uid: str) -> Sequence[Observation]:
        return [note for note in self._remembered if (note.kind, note.uid) == (kind, uid)]


class NoRolls:
    """No scope has a member, so no counter proves anything. Implements ``holdfast.sources.contract.Rolls``."""

    def count(self, scope: tuple[str, ...], created_by: float) -> int:
        return 0


class Roll:
    """The roll of these claims, as the source itself scopes them. Implements ``holdfast.sources.contract.Rolls``."""

    def __init__(self, source: Source, facts: Facts, claims: Iterable[Claim]) -> None:
        assert source.scopes is not None
        self._members = [(claim.created, set(source.scopes(claim, facts))) for claim in claims]

    def count(self, scope: tuple[str, ...], created_by: float) -> int:
        return sum(scope in scopes and created <= created_by for created, scopes in self._members)


def read(source: Source, obj: Mapping[str, Any]) -> Sequence[Fact]:
    """The records of one object, by way of the JSON text that the API would serve."""
    feed = next(feed for feed in source.feeds if feed.kind == obj["kind"])
    return feed.read(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


def documents(path: Path) -> list[dict[str, Any]]:
    """The objects of a YAML file."""
    return [document for document in yaml.safe_load_all(path.read_text()) if document]
