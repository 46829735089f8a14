"""Sources that keep a replica elsewhere, and the destinations that receive one: as far as the data has come."""

from holdfast.model.facts import Fact, Facts
from holdfast.model.identity import ObjectRef, ReplicationKey
from holdfast.model.replication import Health, Replication
from holdfast.sources.replicated import Told
from holdfast.sources.shapes import given, shared
from holdfast.sources.volsync.plans import GROUP, NAME, captured_at, read_rhythm
from holdfast.sources.volsync.shapes import (
    DestinationObject,
    DestinationSpec,
    SourceObject,
    SourceSpec,
    Status,
    Syncs,
    SyncthingStatus,
    read_syncs,
)

Verdict = tuple[Health, str]


class Reception(Told, frozen=True, kw_only=True, gc=False):
    """A replication as its receiving side tells of it. A source beside it may have the same name and claim."""


def replication(key: ReplicationKey, facts: Facts) -> Replication | None:
    """Of both sides in one cluster the source speaks: only it can tell how far behind the replica is."""
    reception = facts.get(Reception, *key)
    return facts.get(Replication, *key) or (reception.replication if reception else None)


def is_replicated(spec: SourceSpec) -> bool:
    return bool(spec.rsync or spec.rsync_tls or spec.syncthing or spec.external)


def is_received(spec: DestinationSpec) -> bool:
    return bool(spec.rsync or spec.rsync_tls or spec.external)


def read_replica(source: SourceObject) -> tuple[Fact, ...]:
    """The replica holds what the claim held when the last sync began; syncthing never says when that was."""
    metadata, spec = source.metadata, source.spec or SourceSpec()
    rhythm, syncs = read_rhythm(spec.trigger), read_syncs(source.status)
    health, why = _progress(syncs) if not spec.syncthing else _peers(spec, source.status)
    return (
        Replication(
            id=ReplicationKey(NAME, metadata.namespace, shared(metadata.name), shared(spec.source_pvc)),
            health="paused" if spec.paused else health,
            why="" if spec.paused else why,
            evidence=ObjectRef(f"ReplicationSource.{GROUP}", metadata.namespace, metadata.name),
            point=captured_at(syncs, rhythm),
            last_sync=syncs.ended,
            last_sync_duration=syncs.duration,
            judged=not rhythm.manual and not spec.syncthing,
            cron=rhythm.cron.text,
            timezone=rhythm.cron.timezone,
            strange=syncs.strange,
        ),
    )


def read_reception(destination: DestinationObject) -> tuple[Fact, ...]:
    """A sync here lasts from the end of the one before: as of when its data is, only the source can tell."""
    metadata, spec = destination.metadata, destination.spec or DestinationSpec()
    syncs = read_syncs(destination.status)
    health, why = _progress(syncs)
    mover = spec.rsync or spec.rsync_tls
    claim = shared(mover.destination_pvc) if mover else ""
    told = Replication(
        id=ReplicationKey(NAME, metadata.namespace, shared(metadata.name), claim),
        health="paused" if spec.paused else health,
        why="" if spec.paused else why,
        evidence=ObjectRef(f"ReplicationDestination.{GROUP}", metadata.namespace, metadata.name),
        last_sync=syncs.ended,
        judged=False,
        strange=syncs.strange,
    )
    return (Reception(replication=told),)


def _progress(syncs: Syncs) -> Verdict:
    """A mover that failed is tried again until it succeeds: as long as it says so, nothing moves on."""
    if syncs.strange:
        return "unknown", "the mover ended in a way that is not known"
    if syncs.failing:
        return "broken", "the mover fails"
    if syncs.stuck:
        return "degraded" if syncs.ended is not None else "broken", "the sync cannot begin"
    if syncs.ended is None:
        return "unknown", "no sync has ended yet"
    return "healthy", ""


def _peers(spec: SourceSpec, status: Status | None) -> Verdict:
    wanted = len(list(given(spec.syncthing.peers))) if spec.syncthing else 0
    syncthing = (status.syncthing if status else None) or SyncthingStatus()
    seen = list(given(syncthing.peers))
    connected = sum(peer.connected is True for peer in seen)
    expected = max(wanted, len(seen))
    if not expected:
        return "unknown", "no peer is known"
    if syncthing.peers is None:
        return "unknown", "nothing is told of its peers"
    if not connected:
        return "broken", "no peer is connected"
    return ("healthy", "") if connected == expected else ("degraded", "not all peers are connected")
