"""Stash: sessions of backup configurations and batches, repositories as places, restores as drills.

A repository remembers its last backup longer than sessions are kept. That time is taken for the end of a success, as
the column that shows it says; no code that sets it was read.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from holdfast.model.facts import Claim, Fact, Facts, Pod
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectRef, ScheduleKey, TargetKey
from holdfast.model.protection import Copy, Cover, Coverage, Drill, Miss
from holdfast.sources.appscode import INSTANCE, AppsTool, uses
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.crontab import Cron, planned_start
from holdfast.sources.runs.records import Plan, Saved
from holdfast.sources.stash.read import (
    read_batch,
    read_configuration,
    read_repository,
    read_restore,
    read_session,
)
from holdfast.sources.stash.records import GROUP, NAME, Chosen, Extent, Stored, Writer, in_repository
from holdfast.sources.stash.shapes import (
    ConfigurationObject,
    RepositoryObject,
    RestoreObject,
    SessionObject,
)


class Stash(AppsTool, frozen=True, kw_only=True):
    """Restores name a repository, and are of the one target that is saved there as a whole."""

    def reach(self, claim: Claim, facts: Facts) -> tuple[Saved, ...]:
        reach = super().reach(claim, facts)
        plans = {plan.schedule for saved in reach for plan in facts.linked(Plan, NAME, *saved)}
        plans -= self.of_other_volumes(claim, facts)
        ways = _ways(claim, facts)
        plans = {key for key in plans if _is_whole(key, ways, facts)}
        stores = [_only_store(facts.get(Writer, *key), facts) for key in sorted(plans)]
        return (*reach, *dict.fromkeys(in_repository(store) for store in stores if store))


_Ways = list[tuple[Extent, str]]
"""How configurations save a claim: by itself, or as a volume of a workload, whose name may not be known."""


def _ways(claim: Claim, facts: Facts) -> _Ways:
    namespace, name = claim.ref
    named = [
        ("PersistentVolumeClaim", name, ""),
        *((use.kind, use.name, use.volume) for use in uses(claim, facts)),
    ]
    return [
        (extent, volume)
        for kind, target, volume in named
        for extent in facts.linked(Extent, NAME, namespace, kind, target)
    ]


def _is_whole(schedule: ScheduleKey | None, ways: _Ways, facts: Facts) -> bool:
    """Whether all of the claim is in what this configuration saves. A database's own tool always takes all of it."""
    own = [(extent, volume) for extent, volume in ways if extent.schedule == schedule]
    if own or schedule is None:
        return any(extent.takes_whole(volume) for extent, volume in own)
    plan = facts.get(Plan, *schedule)
    return plan is not None and any(saved.what == "label" for saved in plan.of)


def _only_store(writer: Writer | None, facts: Facts) -> TargetKey | None:
    """The repository that holds this target and no other."""
    if writer is None or writer.repository is None or not writer.single:
        return None
    stored = facts.get(Stored, *writer.repository)
    shared_by = len(facts.linked(Writer, "repository", *writer.repository))
    alone = shared_by == 1 and (stored is None or stored.users is None or stored.users <= 1)
    return writer.repository if alone else None


TOOL = Stash(name=NAME, labels=(INSTANCE,))


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    told = TOOL.mounting(claim, TOOL.cover(claim, facts, rolls), facts)
    copies = [_placed(copy, facts) for copy in told.copies]
    for each in told.covers:
        copies.extend(_remembered(claim, each, copies, facts))
    ways = _ways(claim, facts)
    whole = [copy for copy in copies if _is_whole(copy.schedule, ways, facts)]
    parts = (copy for copy in copies if copy not in whole and copy.captured >= claim.created)
    return msgspec.structs.replace(
        told,
        copies=tuple(whole),
        covers=tuple(_sent(each, facts) for each in told.covers),
        misses=(*told.misses, *(_unproven(copy) for copy in parts)),
        drills=tuple(_of_the_whole(told.drills, ways, facts)),
        awaits=tuple(sorted(_repositories(told, facts))),
    )


def _unproven(copy: Copy) -> Miss:
    """Its configuration saves some paths, or is not in sight: nothing proves that these were all of the claim."""
    return Miss(schedule=copy.schedule, time=copy.captured, cause="unproven", evidence=copy.evidence)


def _of_the_whole(drills: Iterable[Drill], ways: _Ways, facts: Facts) -> Iterator[Drill]:
    """A restore that names paths proves the claim by the path at which all of it was saved."""
    for drill in drills:
        chosen = facts.get(Chosen, *drill.evidence)
        if chosen is None or all(_brings(chosen.repository, paths, ways, facts) for paths in chosen.paths):
            yield drill


def _brings(repository: TargetKey, paths: tuple[str, ...], ways: _Ways, facts: Facts) -> bool:
    for extent, volume in ways:
        writer = facts.get(Writer, *extent.schedule)
        if writer and writer.repository == repository and extent.takes_whole(volume, paths):
            return True
    return False


def _repositories(told: Coverage, facts: Facts) -> set[ScheduleKey]:
    """What calls out when a repository changes, or who else writes to it."""
    plans = {cover.schedule for cover in told.covers} | {copy.schedule for copy in told.copies}
    writers = [facts.get(Writer, *key) for key in plans if key]
    return {in_repository(writer.repository).call for writer in writers if writer and writer.repository}


def _sent(each: Cover, facts: Facts) -> Cover:
    writer = facts.get(Writer, *each.schedule)
    stored = facts.get(Stored, *writer.repository) if writer and writer.repository else None
    return msgspec.structs.replace(each, placement="local") if stored and stored.local else each


def _placed(copy: Copy, facts: Facts) -> Copy:
    """Where its configuration sends it; until that is known it counts as local."""
    writer = facts.get(Writer, *copy.schedule) if copy.schedule else None
    if writer is None:
        return copy
    stored = facts.get(Stored, *writer.repository) if writer.repository else None
    local = writer.placement == "local" or (stored is not None and stored.local)
    plan = facts.get(Plan, *writer.schedule)
    return msgspec.structs.replace(
        copy,
        placement="local" if local else "offsite",
        consistency=plan.consistency if plan else copy.consistency,
        target=writer.repository,
    )


def _remembered(claim: Claim, each: Cover, copies: list[Copy], facts: Facts) -> Iterator[Copy]:
    """The last backup that the repository remembers, where no session of it is left."""
    store = _only_store(facts.get(Writer, *each.schedule), facts)
    stored = facts.get(Stored, *store) if store else None
    plan = facts.get(Plan, *each.schedule)
    if stored is None or plan is None or stored.last_backup is None or not _taken(claim, plan, facts):
        return
    captured = planned_start(Cron(plan.cron, plan.timezone, plan.valid), stored.last_backup)
    if any(copy.schedule == each.schedule and copy.captured >= captured for copy in copies):
        return
    yield Copy(
        source=NAME,
        claim=claim.ref,
        captured=captured,
        placement="local" if stored.local else "offsite",
        consistency=plan.consistency,
        evidence=ObjectRef(f"Repository.{GROUP}", stored.target.namespace, stored.target.name),
        target=stored.target,
        schedule=each.schedule,
    )


def _taken(claim: Claim, plan: Plan, facts: Facts) -> bool:
    """Pod by pod, only what is mounted is saved: an idle claim of a StatefulSet may never have been."""
    by_name = any(saved.what in ("claim", "label") for saved in plan.of)
    return by_name or bool(facts.linked(Pod, "claim", *claim.ref))


def _feed(
    plural: str, kind: str, version: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]
) -> Feed:
    resource = Resource(group=GROUP, versions=(version,), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size", "target", "drill"}),
    needs=frozenset({"StatefulSet"}),
    feeds=(
        _feed(
            "backupconfigurations", "BackupConfiguration", "v1beta1", ConfigurationObject, read_configuration
        ),
        _feed("backupbatches", "BackupBatch", "v1beta1", ConfigurationObject, read_batch),
        _feed("backupsessions", "BackupSession", "v1beta1", SessionObject, read_session),
        _feed("restoresessions", "RestoreSession", "v1beta1", RestoreObject, read_restore),
        _feed("repositories", "Repository", "v1alpha1", RepositoryObject, read_repository),
    ),
    cover=cover,
    schedule=TOOL.schedule,
    target=TOOL.target,
)
