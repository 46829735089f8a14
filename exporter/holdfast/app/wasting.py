"""Waste among what is judged: whom it matters to that a volume, a cut or a namespace is seen. Concludes nothing itself.

A disk may have several names, and what is gone from a namespace is only known where the namespace was looked into.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from holdfast.assessment.withholding import is_known
from holdfast.model.cost import Costing
from holdfast.model.facts import Claim, Facts, Volume
from holdfast.model.identity import (
    ANNOTATED,
    CLAIM_COST,
    CONTENT,
    CONTENT_COST,
    DISK,
    HOME,
    SNAPSHOT,
    SNAPSHOT_COST,
    VOLUME,
    VOLUME_COST,
    Subject,
)
from holdfast.model.judgement import Judgement
from holdfast.model.snapshots import Snapshot, SnapshotContent

_Change = tuple[Subject, Judgement | None, Judgement | None]


class WasteFollowing:
    """Which costs to judge again, so that their waste is told by what stands now."""

    def __init__(self, facts: Facts, judgements: Mapping[Subject, Judgement]) -> None:
        self._facts = facts
        self._judgements = judgements
        self._homes: set[str] = set()
        self.by_noun: Mapping[str, Callable[[_Change], Iterable[Subject]]] = {
            VOLUME: self._of_volume,
            SNAPSHOT: self._of_snapshot,
            CONTENT: self._of_content,
            DISK: self._of_disk,
            HOME: self._of_home,
            ANNOTATED: self._of_annotated,
        }

    def costs(self, noun: str, key: tuple[str, ...]) -> list[Subject]:
        return [] if self._facts.get(Costing) is None else [Subject(noun, tuple(key))]

    def _of_volume(self, change: _Change) -> list[Subject]:
        """Whether it is lost bears on the others of its disk."""
        return [
            *self.costs(VOLUME_COST, change[0].key),
            *self._disks(self._facts.get(Volume, *change[0].key)),
        ]

    def _of_content(self, change: _Change) -> list[Subject]:
        content = self._facts.get(SnapshotContent, *change[0].key)
        return [*self.costs(CONTENT_COST, change[0].key), *self._disks(content)]

    def _of_snapshot(self, change: _Change) -> list[Subject]:
        key = change[0].key
        disks = (self._disks(content) for content in self._facts.linked(SnapshotContent, "snapshot", *key))
        return [*self.costs(SNAPSHOT_COST, change[0].key), *chain.from_iterable(disks)]

    def _disks(self, of: Volume | SnapshotContent | None) -> list[Subject]:
        """Those that another names too."""
        if of is None or self._facts.get(Costing) is None:
            return []
        return [
            Subject(DISK, disk) for disk in of.disks if len(self._facts.linked(type(of), "disk", *disk)) > 1
        ]

    def _of_disk(self, change: _Change) -> Iterable[Subject]:
        disk, facts = change[0].key, self._facts
        contents = facts.linked(SnapshotContent, "disk", *disk)
        found = [Subject(CONTENT_COST, content.key) for content in contents]
        found += [Subject(SNAPSHOT_COST, tuple(content.snapshot)) for content in contents if content.snapshot]
        known = [subject for subject in found if subject in self._judgements]
        return [*known, *costs_on((volume.name for volume in facts.linked(Volume, "disk", *disk)), facts)]

    def _of_annotated(self, change: _Change) -> list[Subject]:
        kind, _, name = change[0].key
        return self.costs(HOME, (name,)) if kind == "Namespace" else []

    def _of_home(self, change: _Change) -> Iterable[Subject]:
        """Its namespace is seen now, or not any more: what is gone from it is known to be gone, or not."""
        (name,), facts = change[0].key, self._facts
        known = is_known(name, facts)
        if known == (name in self._homes):
            return ()
        (self._homes.add if known else self._homes.discard)(name)
        found = [
            *(Subject(VOLUME_COST, each.key) for each in facts.linked(Volume, "home", name)),
            *(Subject(SNAPSHOT_COST, each.key) for each in facts.linked(Snapshot, "home", name)),
            *(Subject(CONTENT_COST, each.key) for each in facts.linked(SnapshotContent, "home", name)),
        ]
        return [subject for subject in found if subject in self._judgements]


def costs_on(volumes: Iterable[str], facts: Facts) -> Iterator[Subject]:
    """The costs that rest on these volumes: their own, and those of the claims that name them."""
    for name in volumes:
        yield Subject(VOLUME_COST, (name,))
        for claim in facts.linked(Claim, "volume", name):
            yield Subject(CLAIM_COST, tuple(claim.ref))
