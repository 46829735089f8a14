"""Whose judgement looks at a subject, and so is to be judged again with it. Judges nothing itself."""

from collections.abc import Callable, Iterable, Mapping

from holdfast.app.costs import cost_dependents
from holdfast.app.scratches import scratch_dependents
from holdfast.assessment.filling import few_at
from holdfast.model.facts import Attachment, Claim, Facts, Volume
from holdfast.model.identity import (
    ATTACHMENT,
    BACKEND,
    CLAIM,
    CONTENT,
    EXPANSION,
    FILLING,
    SNAPSHOT,
    VOLUME,
    ClaimRef,
    Subject,
)
from holdfast.model.snapshots import Snapshot, SnapshotContent

_Key = tuple[str, ...]


def dependents(subject: Subject, facts: Facts) -> list[Subject]:
    """Other subjects whose judgement looks at this one."""
    follow = _FOLLOWING.get(subject.noun)
    own = follow(subject.key, facts) if follow else ()
    return [*own, *scratch_dependents(subject, facts), *cost_dependents(subject, facts)]


def claim_subjects(claims: Iterable[Claim]) -> list[Subject]:
    return [Subject(CLAIM, claim.ref) for claim in claims]


def _of_claim(key: _Key, facts: Facts) -> Iterable[Subject]:
    snapshots = facts.linked(Snapshot, "claim", *key)
    volumes = facts.linked(Volume, "claim", *key)
    return [
        Subject(FILLING, key),
        Subject(EXPANSION, key),
        *(Subject(SNAPSHOT, snapshot.key) for snapshot in snapshots),
        *(Subject(VOLUME, volume.key) for volume in volumes),
    ]


def _of_volume(key: _Key, facts: Facts) -> Iterable[Subject]:
    attachments = facts.linked(Attachment, "volume", *key)
    claims = facts.linked(Claim, "volume", *key)
    return [
        *(Subject(ATTACHMENT, attachment.key) for attachment in attachments),
        *claim_subjects(claims),
        *(Subject(FILLING, claim.ref) for claim in claims),
        *_sharers(facts.get(Volume, *key), facts),
    ]


def _of_snapshot(key: _Key, facts: Facts) -> Iterable[Subject]:
    """Its content's readiness bears on the copy."""
    snapshot = facts.get(Snapshot, *key)
    claim = (key[0], snapshot.source_claim) if snapshot and snapshot.source_claim else None
    contents = facts.linked(SnapshotContent, "snapshot", *key)
    return [
        *(Subject(CONTENT, content.key) for content in contents),
        *([Subject(CLAIM, ClaimRef(*claim))] if claim else []),
    ]


def _of_content(key: _Key, facts: Facts) -> Iterable[Subject]:
    return [Subject(SNAPSHOT, snapshot.key) for snapshot in facts.linked(Snapshot, "content", *key)]


def _of_node(key: _Key, facts: Facts) -> Iterable[Subject]:
    return [Subject(ATTACHMENT, attachment.key) for attachment in facts.linked(Attachment, "node", *key)]


def _of_backend(key: _Key, facts: Facts) -> Iterable[Subject]:
    return _few_at(key[0], facts)


def _sharers(volume: Volume | None, facts: Facts) -> list[Subject]:
    """Those for whom it matters who else lies where this volume does."""
    if volume is None or not volume.place:
        return []
    return [*_few_at(volume.place, facts), Subject(BACKEND, (volume.place,))]


def _few_at(place: str, facts: Facts) -> list[Subject]:
    """Those who lie there, where they are one or two: of more, all shared before and share still."""
    few = few_at(place, facts)
    return [Subject(FILLING, ref) for ref in few] if len(few) < 3 else []


_FOLLOWING: Mapping[str, Callable[[_Key, Facts], Iterable[Subject]]] = {
    CLAIM: _of_claim,
    VOLUME: _of_volume,
    SNAPSHOT: _of_snapshot,
    CONTENT: _of_content,
    BACKEND: _of_backend,
    "node": _of_node,
}
