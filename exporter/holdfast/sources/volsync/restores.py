"""Destinations that restore from a repository or an object store, and what they prove of the claim in it.

VolSync ends such a sync well even when the repository holds no copy as it was asked for: a restore proves something
only where one is known to have been there before.
"""

from collections.abc import Iterator

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.identity import TOUCH_NAMESPACE, ObjectRef, Touch
from holdfast.model.plan import PlanError, read_plan
from holdfast.model.protection import Drill
from holdfast.sources.shapes import Metadata, shared
from holdfast.sources.values import parse_time
from holdfast.sources.volsync.backups import Origin, Store, rclone_store, restic_store
from holdfast.sources.volsync.plans import GROUP, NAME, read_rhythm
from holdfast.sources.volsync.shapes import (
    DestinationObject,
    DestinationSpec,
    KopiaRestore,
    Syncs,
    Wanted,
    read_syncs,
)


class Restoration(Fact, frozen=True, kw_only=True, gc=False):
    """A restore from a store that has ended, or that fails: then it is tried again, and ``ended`` is its start.

    It took the newest copy, of those up to ``as_of`` where that is told, or the one ``previous`` copies before it.
    """

    evidence: ObjectRef
    store: Store
    success: bool
    started: float | None
    ended: float
    as_of: float | None
    previous: int

    @property
    def key(self) -> tuple[str, ...]:
        return (*self.evidence, "success" if self.success else "failure")

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (self.store,)

    def touches(self) -> tuple[Touch, ...]:
        """The claims where the store is named; a kopia host of its own need not be a namespace."""
        named = dict.fromkeys((self.store[1], self.evidence.namespace))
        return tuple(Touch(TOUCH_NAMESPACE, (namespace,)) for namespace in named)


def is_restore(spec: DestinationSpec) -> bool:
    return bool(spec.restic or spec.kopia or spec.rclone)


def read_restore(destination: DestinationObject) -> tuple[Fact, ...]:
    metadata, spec = destination.metadata, destination.spec or DestinationSpec()
    store = _store(metadata, spec)
    syncs = read_syncs(destination.status)
    evidence = ObjectRef(f"ReplicationDestination.{GROUP}", metadata.namespace, shared(metadata.name))
    wanted = spec.restic or spec.kopia or Wanted()
    told: list[tuple[bool, float | None, float]] = []
    if syncs.ended is not None and _is_done(destination, syncs):
        told.append((True, syncs.began, syncs.ended))
    if syncs.failing and syncs.since is not None:
        told.append((False, syncs.since, syncs.since))
    return tuple(
        [
            Restoration(
                evidence=evidence,
                store=store,
                success=success,
                started=started,
                ended=ended,
                as_of=parse_time(wanted.restore_as_of),
                previous=max(wanted.previous or 0, 0),
            )
            for success, started, ended in told
        ]
    )


def _is_done(destination: DestinationObject, syncs: Syncs) -> bool:
    """What was asked for by hand is done when VolSync answers with the same word; another word asks anew."""
    rhythm = read_rhythm(destination.spec.trigger if destination.spec else None)
    if not rhythm.manual:
        return True
    answered = destination.status.last_manual_sync if destination.status else None
    return answered == rhythm.manual and not syncs.failing and not syncs.strange


def _store(metadata: Metadata, spec: DestinationSpec) -> Store:
    if spec.restic:
        return restic_store(metadata.namespace, spec.restic)
    if spec.rclone:
        return rclone_store(metadata.namespace, spec.rclone)
    return _kopia_store(metadata, spec.kopia or KopiaRestore())


def _kopia_store(metadata: Metadata, kopia: KopiaRestore) -> Store:
    if kopia.source_identity and kopia.source_identity.source_name:
        identity = kopia.source_identity
        return ("kopia-source", identity.source_namespace or metadata.namespace, identity.source_name or "")
    return ("kopia-identity", kopia.hostname or metadata.namespace, kopia.username or metadata.name)


def drills(claim: Claim, facts: Facts) -> Iterator[Drill]:
    """The restores of the stores that hold copies of this claim and of no other: of these nobody can tell whose."""
    found: dict[tuple[str, ...], Drill] = {}
    for origin in facts.linked(Origin, "claim", *claim.ref):
        for store in origin.stores:
            if any(other.claim != claim.ref for other in facts.linked(Origin, *store)):
                continue
            for restoration in facts.linked(Restoration, *store):
                if not restoration.success or _had_copy(origin, restoration, facts):
                    found[restoration.key] = _drill(claim, restoration)
    return iter([found[key] for key in sorted(found)])


def _drill(claim: Claim, restoration: Restoration) -> Drill:
    return Drill(
        source=NAME,
        claim=claim.ref,
        success=restoration.success,
        started=restoration.started,
        ended=restoration.ended,
        point=None,
        evidence=restoration.evidence,
    )


def _had_copy(origin: Origin, restoration: Restoration, facts: Facts) -> bool:
    """Whether the copy that was asked for was in the store when the restore began.

    Only the last copy is told. Earlier ones are remembered; where too few are, a source that has copied since, and for
    which one run more had been due than copies are needed, is taken to have had them.
    """
    if origin.copied is None:
        return False
    began = restoration.ended if restoration.started is None else restoration.started
    until = began if restoration.as_of is None else min(began, restoration.as_of)
    remembered = sum(note.time < until for note in facts.remembered("schedule_success", origin.uid))
    if max(remembered, origin.copied <= until) > restoration.previous:
        return True
    try:
        plan = read_plan(origin.cron.text, origin.cron.timezone, origin.created)
    except PlanError:
        return False
    return plan.due(origin.created, until) > restoration.previous + 1
