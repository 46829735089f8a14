"""Oracle's MySQL operator: the dumps of InnoDBClusters, their schedules, and the clusters that they belong to.

A dump is read through the server, so that it is consistent for the application.
https://dev.mysql.com/doc/mysql-operator/en/mysql-operator-backups.html
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, Literal

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TOUCH_NAMESPACE, ObjectRef, ScheduleKey, Touch
from holdfast.model.protection import Copy, Coverage, Miss, Placement
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.crontab import read_cron
from holdfast.sources.runs.records import Database, Outcome, Plan, Run, Saved, labelled
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import Metadata, Present, Shape, given, shared
from holdfast.sources.values import parse_size, parse_time
from holdfast.sources.words import strange_word

NAME = "mysql-operator"
GROUP = "mysql.oracle.com"
CLUSTER = f"{GROUP}/cluster"  # on all claims of a cluster, by way of its StatefulSet's selector

TOOL = Tool(name=NAME, labels=(CLUSTER,))


class Storage(Shape):
    """Where a dump goes: one of these, or a claim. Each may name a secret, and none is read."""

    oci_object_storage: Present | None = None
    s3: Present | None = None
    azure: Present | None = None


class DumpOptions(Shape):
    """Those of MySQL Shell that leave data out. Nothing checks them: they may be of any type."""

    include_schemas: Any = None
    exclude_schemas: Any = None
    include_tables: Any = None
    exclude_tables: Any = None
    where: Any = None
    ddl_only: Any = None
    dry_run: Any = None


class Dump(Shape):
    dump_options: DumpOptions | None = None
    storage: Storage | None = None


class Profile(Shape):
    name: str | None = None
    dump_instance: Dump | None = None
    snapshot: Dump | None = None


class BackupSpec(Shape):
    cluster_name: str | None = None
    backup_profile_name: str | None = None
    backup_profile: Profile | None = None


class BackupStatus(Shape):
    status: str | None = None
    start_time: str | None = None
    completion_time: str | None = None
    method: str | None = None
    size: str | None = None


class BackupObject(Shape):
    metadata: Metadata
    spec: BackupSpec | None = None
    status: BackupStatus | None = None


class BackupSchedule(Shape):
    name: str | None = None
    schedule: str | None = None
    time_zone: str | None = None
    enabled: bool | None = None
    backup_profile_name: str | None = None
    backup_profile: Profile | None = None


class ClusterSpec(Shape):
    backup_profiles: list[Profile | None] | None = None
    backup_schedules: list[BackupSchedule | None] | None = None


class ClusterObject(Shape):
    metadata: Metadata
    spec: ClusterSpec | None = None


class Known(Fact, frozen=True, kw_only=True, gc=False):
    """A profile of a cluster. ``partial``: a part of the data is dumped by it."""

    namespace: str
    cluster: str
    profile: str
    partial: bool

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.cluster, self.profile)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.namespace,)),)


class Named(Fact, frozen=True, kw_only=True, gc=False):
    """A backup by a profile of its cluster, of which none is named where it tells none at all."""

    ref: ObjectRef
    cluster: str
    profile: str

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.ref.namespace,)),)


_OUTCOMES: Final[dict[str, Outcome]] = {"Completed": "success", "Error": "failure", "Running": "running"}
_IN_CLUSTER = "dump-instance/volume"  # a claim of the owner's; all other methods are object stores


def read_backup(backup: BackupObject) -> Sequence[Fact]:
    metadata, spec = backup.metadata, backup.spec or BackupSpec()
    status, namespace = backup.status or BackupStatus(), backup.metadata.namespace
    if metadata.deletion_timestamp or not spec.cluster_name:
        return ()
    cluster, state = shared(spec.cluster_name), status.status or ""
    ref, of = ObjectRef(f"MySQLBackup.{GROUP}", namespace, shared(metadata.name)), _claims(namespace, cluster)
    profile = shared(spec.backup_profile_name)
    return (
        Run(
            source=NAME,
            ref=ref,
            uid=metadata.uid,
            of=of,
            missed=of if _is_partial(spec.backup_profile) else (),
            outcome=_OUTCOMES.get(state, "unknown"),
            strange=strange_word(state, _OUTCOMES),
            created=metadata.created,
            started=parse_time(status.start_time),
            ended=parse_time(status.completion_time),
            size=parse_size(status.size, kilo=1024),
            placement=_placement(status.method),
            consistency="application",
            schedule=_schedule(namespace, cluster, metadata.name),
        ),
        *(() if spec.backup_profile and not profile else (Named(ref=ref, cluster=cluster, profile=profile),)),
    )


def _claims(namespace: str, cluster: str) -> tuple[Saved, ...]:
    return (labelled(namespace, CLUSTER, shared(cluster)),)


def _is_partial(profile: Profile | None) -> bool:
    """It leaves data out, or makes no dump at all."""
    options = (
        profile.dump_instance.dump_options if profile and profile.dump_instance else None
    ) or DumpOptions()
    return any(getattr(options, name) for name in DumpOptions.__struct_fields__)


def _placement(method: str | None) -> Placement:
    """Where no method is told, the nearer place is assumed."""
    return "offsite" if method and method.startswith("dump-instance/") and method != _IN_CLUSTER else "local"


def _schedule(namespace: str, cluster: str, backup: str) -> ScheduleKey | None:
    """A backup that a schedule made is ``<cluster>-<schedule><yymmddhhmmss>``; nothing else tells of its schedule."""
    found = re.fullmatch(rf"{re.escape(cluster)}-(.+)[0-9]{{12}}", backup)
    return _key(namespace, cluster, found.group(1)) if found else None


def _key(namespace: str, cluster: str, schedule: str) -> ScheduleKey:
    return ScheduleKey(NAME, namespace, shared(f"{cluster}/{schedule}"))


def read_cluster(cluster: ClusterObject) -> Sequence[Fact]:
    metadata = cluster.metadata
    database = Database(
        source=NAME,
        ref=ObjectRef(f"InnoDBCluster.{GROUP}", metadata.namespace, shared(metadata.name)),
        of=_claims(metadata.namespace, metadata.name),
        created=metadata.created,
    )
    spec = cluster.spec or ClusterSpec()
    profiles = (
        Known(
            namespace=metadata.namespace,
            cluster=shared(metadata.name),
            profile=shared(profile.name),
            partial=_is_partial(profile),
        )
        for profile in given(spec.backup_profiles)
        if profile.name
    )
    return (database, *profiles, *_plans(metadata, spec))


def _plans(metadata: Metadata, spec: ClusterSpec) -> Iterator[Plan]:
    profiles = {profile.name: profile for profile in given(spec.backup_profiles)}
    for schedule in given(spec.backup_schedules):
        if not schedule.name:
            continue
        cron = read_cron(schedule.schedule or "", schedule.time_zone or "")
        profile = schedule.backup_profile or profiles.get(schedule.backup_profile_name)
        yield Plan(
            source=NAME,
            of=() if _is_partial(profile) else _claims(metadata.namespace, metadata.name),
            schedule=_key(metadata.namespace, metadata.name, schedule.name),
            uid=metadata.uid,
            created=metadata.created,
            cron=cron.text,
            timezone=cron.timezone,
            valid=cron.valid and profile is not None,
            paused=schedule.enabled is False,
            placement=_planned_placement(profile),
            consistency="application",
        )


def _planned_placement(profile: Profile | None) -> Placement:
    method = (profile.dump_instance or profile.snapshot) if profile else None
    storage = (method.storage if method else None) or Storage()
    outside = storage.s3 or storage.azure or storage.oci_object_storage
    return "offsite" if outside else "local"


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    """Without the backups by profiles that leave data out, or that nobody can see: the claim may be what they leave."""
    told = TOOL.cover(claim, facts, rolls)
    lacks = {copy.evidence: cause for copy in told.copies if (cause := _lack(copy, facts))}
    misses = (
        Miss(schedule=copy.schedule, time=copy.captured, cause=lacks[copy.evidence], evidence=copy.evidence)
        for copy in told.copies
        if copy.evidence in lacks and copy.captured >= claim.created
    )
    whole = tuple(copy for copy in told.copies if copy.evidence not in lacks)
    return msgspec.structs.replace(told, copies=whole, misses=(*told.misses, *misses))


def _lack(copy: Copy, facts: Facts) -> Literal["", "not-captured", "unproven"]:
    named = facts.get(Named, *copy.evidence)
    if named is None:
        return ""
    profile = facts.get(Known, named.ref.namespace, named.cluster, named.profile)
    if profile is None:
        return "unproven"
    return "not-captured" if profile.partial else ""


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], Sequence[Fact]]) -> Feed:
    resource = Resource(group=GROUP, versions=("v2",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "size"}),
    feeds=(
        _feed("mysqlbackups", "MySQLBackup", BackupObject, read_backup),
        _feed("innodbclusters", "InnoDBCluster", ClusterObject, read_cluster),
    ),
    cover=cover,
    schedule=TOOL.schedule,
)
