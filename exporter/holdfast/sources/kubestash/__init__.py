"""KubeStash: sessions of backup configurations, the snapshots that they leave, restores and verifications.

Assumed and not seen in code: snapshots lie in the namespace of their configuration; the component ``manifest`` holds
definitions alone; the tasks are named ``volume-snapshot`` and ``manifest-backup`` where they are that.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.protection import Copy, Coverage, Miss
from holdfast.sources.appscode import INSTANCE, AppsTool
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.kubestash.read import (
    read_configuration,
    read_repository,
    read_restore,
    read_session,
    read_snapshot,
    read_storage,
    read_verification,
)
from holdfast.sources.kubestash.records import (
    CORE,
    NAME,
    STORAGE,
    Repository,
    Shot,
    Storage,
    in_repository,
)
from holdfast.sources.kubestash.shapes import (
    ConfigurationObject,
    RepositoryObject,
    RestoreObject,
    SessionObject,
    SnapshotObject,
    StorageObject,
    VerificationObject,
)
from holdfast.sources.runs.records import Saved


class KubeStash(AppsTool, frozen=True, kw_only=True):
    """Restores name a repository, and are of what it holds."""

    def reach(self, claim: Claim, facts: Facts) -> tuple[Saved, ...]:
        reach = super().reach(claim, facts)
        found = {each.key: each for saved in reach for each in facts.linked(Repository, NAME, *saved)}
        return (*reach, *(in_repository(*key) for key in sorted(found)))


TOOL = KubeStash(name=NAME, labels=(INSTANCE,))


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    told = TOOL.cover(claim, facts, rolls)
    copies = tuple(_placed(copy, facts) for copy in told.copies)
    misses = tuple(_planned(miss, facts) for miss in told.misses)
    near = {storage.target.name for storage in facts.all(Storage) if storage.local}
    covers = tuple(
        msgspec.structs.replace(each, placement="local") if each.target in near else each
        for each in told.covers
    )
    placed = msgspec.structs.replace(told, copies=copies, covers=covers, misses=misses)
    return TOOL.mounting(claim, placed, facts)


def _placed(copy: Copy, facts: Facts) -> Copy:
    """The snapshot names its repository, and that the storage."""
    shot = facts.get(Shot, *copy.evidence)
    if shot is None:
        return copy
    repository = facts.get(Repository, copy.evidence.namespace, shot.repository)
    target = repository.storage if repository else None
    storage = facts.get(Storage, *target) if target else None
    return msgspec.structs.replace(
        copy,
        schedule=shot.schedule,
        target=None if copy.placement == "local" else target,
        placement="local" if storage and storage.local else copy.placement,
    )


def _planned(miss: Miss, facts: Facts) -> Miss:
    shot = facts.get(Shot, *miss.evidence)
    return msgspec.structs.replace(miss, schedule=shot.schedule) if shot else miss


def _feed(
    group: str, plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]
) -> Feed:
    resource = Resource(group=group, versions=("v1alpha1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size", "target", "drill"}),
    needs=frozenset({"StatefulSet"}),
    feeds=(
        _feed(CORE, "backupconfigurations", "BackupConfiguration", ConfigurationObject, read_configuration),
        _feed(CORE, "backupsessions", "BackupSession", SessionObject, read_session),
        _feed(CORE, "restoresessions", "RestoreSession", RestoreObject, read_restore),
        _feed(
            CORE,
            "backupverificationsession",  # its definition has no plural
            "BackupVerificationSession",
            VerificationObject,
            read_verification,
        ),
        _feed(STORAGE, "snapshots", "Snapshot", SnapshotObject, read_snapshot),
        _feed(STORAGE, "repositories", "Repository", RepositoryObject, read_repository),
        _feed(STORAGE, "backupstorages", "BackupStorage", StorageObject, read_storage),
    ),
    cover=cover,
    schedule=TOOL.schedule,
    target=TOOL.target,
)
