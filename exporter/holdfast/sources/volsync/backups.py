"""Sources that copy a claim to a repository or an object store: plans and the runs that can still be told.

VolSync keeps no object of a run: of all copies in the repository only the newest is known, and of failures only the
one that is being tried again now.
"""

from collections.abc import Iterator

import msgspec

from holdfast.model.facts import Fact
from holdfast.model.identity import ClaimRef, ObjectRef, ScheduleKey, Touch, touch_claim
from holdfast.model.plan import EVERY
from holdfast.sources.crontab import Cron
from holdfast.sources.runs.records import Plan, Run, claim_named
from holdfast.sources.shapes import shared
from holdfast.sources.volsync.plans import GROUP, NAME, Rhythm, captured_at, read_rhythm
from holdfast.sources.volsync.shapes import (
    Kopia,
    Rclone,
    Restic,
    ResticRestore,
    SourceObject,
    SourceSpec,
    Syncs,
    read_syncs,
)

Store = tuple[str, ...]
"""Names one place that holds the copies of one claim. Sources and destinations that name the same one share it."""


class Origin(Fact, frozen=True, kw_only=True, gc=False):
    """Which claim's copies lie in a store. ``copied`` is when the last copy was complete, None before the first."""

    namespace: str
    name: str
    uid: str
    claim: ClaimRef
    created: float
    cron: Cron
    copied: float | None
    stores: tuple[Store, ...]

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("claim", *self.claim), *self.stores)

    def touches(self) -> tuple[Touch, ...]:
        return (touch_claim(self.claim),)


def restic_store(namespace: str, restic: Restic | ResticRestore) -> Store:
    return ("restic", namespace, restic.repository or "")


def rclone_store(namespace: str, rclone: Rclone) -> Store:
    section, path = rclone.rclone_config_section or "", rclone.rclone_dest_path or ""
    return ("rclone", namespace, rclone.rclone_config or "", section, path)


def _stores(namespace: str, name: str, spec: SourceSpec) -> tuple[Store, ...]:
    stores: list[Store] = []
    if spec.restic:
        stores.append(restic_store(namespace, spec.restic))
    if spec.rclone:
        stores.append(rclone_store(namespace, spec.rclone))
    if spec.kopia:
        stores.extend(_kopia_stores(namespace, name, spec.kopia))
    return tuple(stores)


def _kopia_stores(namespace: str, name: str, kopia: Kopia) -> list[Store]:
    """One repository holds many claims, told apart by user and host: the source's name and namespace unless it says."""
    stores: list[Store] = [("kopia-source", namespace, name)]
    stores.append(("kopia-identity", kopia.hostname or namespace, kopia.username or name))
    return stores


def is_backup(spec: SourceSpec) -> bool:
    return bool(spec.restic or spec.kopia or spec.rclone)


def read_backup(source: SourceObject) -> tuple[Fact, ...]:
    metadata, spec = source.metadata, source.spec or SourceSpec()
    if not spec.source_pvc:
        return ()
    namespace, name = metadata.namespace, metadata.name
    rhythm, syncs = read_rhythm(spec.trigger), read_syncs(source.status)
    origin = Origin(
        namespace=namespace,
        name=shared(name),
        uid=metadata.uid,
        claim=ClaimRef(namespace, shared(spec.source_pvc)),
        created=metadata.created,
        cron=rhythm.cron,
        copied=syncs.ended,
        stores=_stores(namespace, name, spec),
    )
    schedule = None if rhythm.manual else ScheduleKey(NAME, namespace, origin.name)
    records: list[Fact] = [origin, *_runs(source, origin, schedule, rhythm, syncs)]
    if schedule:
        records.append(_plan(origin, schedule, rhythm, syncs, paused=bool(spec.paused)))
    return tuple(records)


def _plan(origin: Origin, schedule: ScheduleKey, rhythm: Rhythm, syncs: Syncs, *, paused: bool) -> Plan:
    """A sync that is held, or that fails again and again, is not in progress.

    An interval counts from the end of the last sync: were its success of before, a run would have been due since.
    """
    captured = syncs.ended if rhythm.cron.text.startswith(EVERY) else captured_at(syncs, rhythm)
    going = not paused and not syncs.failing
    return Plan(
        source=NAME,
        of=(claim_named(*origin.claim),),
        schedule=schedule,
        uid=origin.uid,
        created=origin.created,
        cron=rhythm.cron.text,
        timezone=rhythm.cron.timezone,
        anchor=syncs.ended,
        valid=rhythm.cron.valid,
        paused=paused,
        placement="offsite",
        consistency="crash",
        last_success=captured,
        last_attempt=captured if syncs.since is None else syncs.since,
        running_since=syncs.since if going else None,
    )


def _runs(
    source: SourceObject, origin: Origin, schedule: ScheduleKey | None, rhythm: Rhythm, syncs: Syncs
) -> Iterator[Run]:
    """The last copy, and the sync in progress where it fails or cannot be understood."""
    captured = captured_at(syncs, rhythm)
    copied = Run(
        source=NAME,
        of=(claim_named(*origin.claim),),
        ref=ObjectRef(f"ReplicationSource.{GROUP}", origin.namespace, origin.name),
        uid=origin.uid,
        outcome="success",
        created=origin.created,
        started=captured,
        ended=syncs.ended,
        placement="offsite",
        consistency="crash",
        schedule=schedule,
    )
    if captured is not None:
        yield copied
    if syncs.strange or (syncs.failing and (syncs.since is not None or captured is None)):
        yield msgspec.structs.replace(
            copied,
            ref=_job(source, origin),
            outcome="failure" if syncs.failing else "unknown",
            started=syncs.since,
            ended=None,
            strange=syncs.strange,
        )


def _job(source: SourceObject, origin: Origin) -> ObjectRef:
    """The Job of the mover, which is where its failure can be looked up."""
    mover = "rclone-src" if source.spec and source.spec.rclone else "src"
    return ObjectRef("Job", origin.namespace, f"volsync-{mover}-{origin.name}")
