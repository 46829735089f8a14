"""VolSync: restic, kopia and rclone sources as backups, the others as replications, restores as drills.

The mover decides: a source of a claim is either one or the other, and a claim may well have one of each.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.protection import Coverage
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.runs.tool import Tool
from holdfast.sources.volsync.backups import is_backup, read_backup
from holdfast.sources.volsync.plans import GROUP, NAME
from holdfast.sources.volsync.replicas import (
    is_received,
    is_replicated,
    read_reception,
    read_replica,
    replication,
)
from holdfast.sources.volsync.restores import drills, is_restore, read_restore
from holdfast.sources.volsync.shapes import DestinationObject, DestinationSpec, SourceObject, SourceSpec

TOOL = Tool(name=NAME)


def read_source(source: SourceObject) -> tuple[Fact, ...]:
    """One that goes makes no copies, and what it knew of the last one goes with it."""
    spec = source.spec or SourceSpec()
    if source.metadata.deleting_since is not None:
        return ()
    if is_backup(spec):
        return read_backup(source)
    return read_replica(source) if is_replicated(spec) else ()


def read_destination(destination: DestinationObject) -> tuple[Fact, ...]:
    spec = destination.spec or DestinationSpec()
    if is_restore(spec):
        return read_restore(destination)
    going = destination.metadata.deleting_since is not None
    return read_reception(destination) if is_received(spec) and not going else ()


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    coverage = TOOL.cover(claim, facts, rolls)
    return msgspec.structs.replace(coverage, drills=tuple(drills(claim, facts)))


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group=GROUP, versions=("v1alpha1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "drill", "replication"}),
    feeds=(
        _feed("replicationsources", "ReplicationSource", SourceObject, read_source),
        _feed("replicationdestinations", "ReplicationDestination", DestinationObject, read_destination),
    ),
    cover=cover,
    schedule=TOOL.schedule,
    replication=replication,
)
