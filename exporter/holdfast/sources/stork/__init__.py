"""Stork, of Portworx: application backups by schedule policies, restores as drills, migrations as replications.

Read in the code of release 24.3.2; its definitions are registered from code. BackupLocation holds keys in the clear
and is never listed, so that nothing is known of the places that copies lie in.
https://github.com/libopenstorage/stork/tree/master/pkg/apis/stork/v1alpha1
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import ObjectRef, ReplicationKey, ScheduleKey
from holdfast.model.plan import EVERY
from holdfast.model.protection import Copy, Cover, Coverage, CoverGap, Result, Schedule
from holdfast.model.replication import Replication
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.runs.tool import Tool
from holdfast.sources.stork.policies import KINDS, Rhythm
from holdfast.sources.stork.read import (
    HEALTH,
    read_backup,
    read_backup_schedule,
    read_migration,
    read_migration_schedule,
    read_policy,
    read_restore,
)
from holdfast.sources.stork.records import (
    GROUP,
    NAME,
    Migrating,
    Past,
    Policy,
    Scheduled,
    Volumes,
    schedule_of,
)
from holdfast.sources.stork.shapes import (
    BackupObject,
    MigrationObject,
    PolicyObject,
    RestoreObject,
    ScheduleObject,
)

TOOL = Tool(name=NAME)
_RESULTS: dict[str, Result] = {"success": "success", "partial": "partial", "failure": "failure"}


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    told = TOOL.cover(claim, facts, rolls)
    copies = tuple(_detailed(copy, facts) for copy in told.copies)
    covers = tuple(_covers(claim, facts))
    return msgspec.structs.replace(told, copies=copies, covers=covers, objects=bool(copies or covers))


def _detailed(copy: Copy, facts: Facts) -> Copy:
    """Where the copy lies, how large it is and whose it was, which each volume of a backup tells for itself."""
    told = facts.get(Volumes, *copy.evidence)
    for volume in told.volumes if told else ():
        if volume.claim == copy.claim:
            return msgspec.structs.replace(
                copy, placement=volume.placement, size=volume.size, claim_uid=volume.claim_uid
            )
    return copy


def _covers(claim: Claim, facts: Facts) -> Iterator[Cover]:
    for scheduled in facts.linked(Scheduled, "namespace", claim.ref.namespace):
        if not scheduled.selector.selects(claim.labels):
            continue
        policy = _policy(scheduled.namespace, scheduled.policy, facts)
        for rhythm in policy.rhythms if policy else ():
            gap: CoverGap = "paused" if scheduled.suspended else ""
            yield Cover(
                schedule=schedule_of(scheduled.namespace, scheduled.name, rhythm.kind),
                target="",
                placement="offsite",
                consistency="crash",
                gap=gap if rhythm.cron else "invalid",
            )


def _policy(namespace: str, name: str, facts: Facts) -> Policy | None:
    return facts.get(Policy, namespace, name) or facts.get(Policy, "", name)


def schedule(key: ScheduleKey, facts: Facts) -> Schedule | None:
    """One plan of the policy, and what the schedule's own object remembers of its runs."""
    name, _, kind = key.name.rpartition("/")
    scheduled = facts.get(Scheduled, key.namespace, name)
    if scheduled is None:
        return None
    policy = _policy(scheduled.namespace, scheduled.policy, facts)
    rhythm = next((each for each in policy.rhythms if each.kind.lower() == kind), None) if policy else None
    if rhythm is None:
        return None
    runs = [past for past in scheduled.history if past.kind.lower() == kind]
    finished = [past for past in runs if past.outcome in _RESULTS]
    return Schedule(
        key=key,
        uid=scheduled.uid,
        created=scheduled.created,
        cron=rhythm.cron,
        paused=scheduled.suspended,
        valid=bool(rhythm.cron),
        anchor=_anchor(scheduled, rhythm, runs),
        last_success=_newest(finished),
        last_attempt=runs[-1].created if runs else None,
        last_duration=_duration(finished[-1]) if finished else None,
        last_result=_RESULTS[finished[-1].outcome] if finished else "none",
        running_since=next((past.created for past in runs if past.outcome == "running"), None),
    )


def _anchor(scheduled: Scheduled, rhythm: Rhythm, runs: Sequence[Past]) -> float | None:
    """An interval counts from the last run that was made."""
    if not rhythm.cron.startswith(EVERY):
        return None
    return runs[-1].created if runs else scheduled.created


def _newest(runs: Sequence[Past]) -> float | None:
    return max((past.created for past in runs if past.outcome == "success"), default=None)


def _duration(past: Past) -> float | None:
    return None if past.finished is None else max(past.finished - past.created, 0.0)


def replication(key: ReplicationKey, facts: Facts) -> Replication | None:
    """A MigrationSchedule: the other side holds all that was there when the last successful migration was made."""
    migrating = facts.get(Migrating, *key)
    if migrating is None:
        return facts.get(Replication, *key)  # one that was made by hand tells all by itself
    policy = _policy(migrating.namespace, migrating.policy, facts)
    rhythms = [each for each in policy.rhythms if each.cron] if policy else []
    densest = min(rhythms, key=lambda each: KINDS.index(each.kind), default=None)
    finished = [past for past in migrating.history if past.outcome in _RESULTS]
    good = [past for past in finished if past.outcome == "success"]
    health, why = HEALTH[finished[-1].outcome if finished else "unknown"]
    return Replication(
        id=key,
        health="paused" if migrating.suspended else health,
        evidence=ObjectRef(f"MigrationSchedule.{GROUP}", migrating.namespace, migrating.name),
        why="the schedule is suspended" if migrating.suspended else why,
        point=good[-1].created if good else None,
        last_sync=good[-1].finished if good else None,
        last_sync_duration=_duration(good[-1]) if good else None,
        cron=densest.cron if densest and densest.seconds is None else "",
        interval=densest.seconds if densest else None,
        strange=migrating.strange,
    )


def _feed(
    plural: str,
    kind: str,
    shape: type[Any],
    read: Callable[[Any], tuple[Fact, ...]],
    *,
    namespaced: bool = True,
) -> Feed:
    resource = Resource(group=GROUP, versions=("v1alpha1",), plural=plural, kind=kind, namespaced=namespaced)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size", "drill", "replication"}),
    feeds=(
        _feed("applicationbackups", "ApplicationBackup", BackupObject, read_backup),
        _feed(
            "applicationbackupschedules", "ApplicationBackupSchedule", ScheduleObject, read_backup_schedule
        ),
        _feed("applicationrestores", "ApplicationRestore", RestoreObject, read_restore),
        _feed("schedulepolicies", "SchedulePolicy", PolicyObject, read_policy, namespaced=False),
        _feed("namespacedschedulepolicies", "NamespacedSchedulePolicy", PolicyObject, read_policy),
        _feed("migrations", "Migration", MigrationObject, read_migration),
        _feed("migrationschedules", "MigrationSchedule", ScheduleObject, read_migration_schedule),
    ),
    cover=cover,
    schedule=schedule,
    replication=replication,
)
