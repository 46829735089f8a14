"""From the objects of one operator to records, and from records to what is said of a claim. Facts only."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TOUCH_NAMESPACE, ObjectRef, Touch
from holdfast.model.protection import Copy, Coverage
from holdfast.sources.contract import Rolls, Source, Tells
from holdfast.sources.crontab import read_cron
from holdfast.sources.percona.dialect import OFFSITE, Dialect, is_remote
from holdfast.sources.percona.options import is_partial, target_of
from holdfast.sources.percona.shapes import (
    BackupObject,
    BackupSpec,
    BackupStatus,
    ClusterObject,
    ClusterSpec,
    RestoreObject,
    RestoreSpec,
    RestoreStatus,
)
from holdfast.sources.runs.records import Database, Plan, Restore, Run, Saved, labelled
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import given, shared
from holdfast.sources.values import parse_size, parse_time
from holdfast.sources.words import strange_word

_LONGEST_TIME: Final = 60
_BINARY_KILO: Final = 1024  # what PBM calls KB is 1024 bytes
_SPACED_TIME: Final = re.compile(r"(\S+) (\S+?)(?:([+-]\d\d)(?::?(\d\d))?)?")


class LogEnd(Fact, frozen=True, kw_only=True, gc=False):
    """The newest instant to which the logs over a base backup reach. The operator writes it to the newest backup."""

    source: str
    base: ObjectRef
    time: float

    @property
    def key(self) -> tuple[str, ...]:
        return (self.source, *self.base)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.base.namespace,)),)


class _Operator(msgspec.Struct, frozen=True):
    dialect: Dialect
    tool: Tool

    def read_backup(self, backup: BackupObject) -> tuple[Fact, ...]:
        dialect, metadata = self.dialect, backup.metadata
        spec, status = backup.spec or BackupSpec(), backup.status or BackupStatus()
        if metadata.deletion_timestamp or not spec.cluster:
            return ()
        outcome = dialect.backup_states.get(status.state or "", "unknown")
        task = dialect.task(backup)
        run = Run(
            source=dialect.name,
            ref=ObjectRef(dialect.kind(dialect.backup), metadata.namespace, metadata.name),
            uid=metadata.uid,
            of=(self._saved(metadata.namespace, spec.cluster),),
            outcome=outcome,
            created=metadata.created,
            started=_began(status, metadata.created),
            ended=parse_time(status.completed),
            size=parse_size(status.size, kilo=_BINARY_KILO),
            placement="offsite" if _is_offsite(status) else "local",
            consistency="application",
            schedule=dialect.schedule_key(metadata.namespace, spec.cluster, task) if task else None,
            strange=strange_word(status.state, dialect.backup_states),
        )
        end = read_spaced_time(status.latest_restorable_time)
        if outcome != "success" or end is None or _has_gap(status):
            return (run,)
        return (run, LogEnd(source=dialect.name, base=run.ref, time=end))

    def read_restore(self, restore: RestoreObject) -> tuple[Fact, ...]:
        """A restore of some collections or databases only proves nothing of the whole."""
        dialect, metadata = self.dialect, restore.metadata
        spec, status = restore.spec or RestoreSpec(), restore.status or RestoreStatus()
        if (spec.selective and any(given(spec.selective.namespaces))) or is_partial(spec.options):
            return ()
        named = spec.backup_name or spec.volume_snapshot_backup_name
        in_place = spec.pg_cluster or ""  # only PostgreSQL's always go back to where they came from
        ended = parse_time(status.completed)
        return (
            Restore(
                source=dialect.name,
                ref=ObjectRef(dialect.kind(dialect.restore), metadata.namespace, metadata.name),
                of=(self._saved(metadata.namespace, in_place),) if in_place else (),
                run=ObjectRef(dialect.kind(dialect.backup), metadata.namespace, named) if named else None,
                outcome=dialect.restore_states.get(status.state or "", "unknown"),
                # without an end it took until an unknown time after its beginning
                started=None if ended is None else metadata.created,
                ended=metadata.created if ended is None else ended,
                point=_restored_point(spec),
                strange=strange_word(status.state, dialect.restore_states),
            ),
        )

    def read_cluster(self, cluster: ClusterObject) -> tuple[Fact, ...]:
        dialect, metadata = self.dialect, cluster.metadata
        spec = cluster.spec or ClusterSpec()
        of = (self._saved(metadata.namespace, metadata.name),)
        ref = ObjectRef(dialect.kind(dialect.cluster), metadata.namespace, metadata.name)
        records: dict[tuple[str, ...], Fact] = {}
        for planned in dialect.plans(spec):
            cron = read_cron(planned.cron)
            plan = Plan(
                source=dialect.name,
                schedule=dialect.schedule_key(metadata.namespace, metadata.name, planned.name),
                uid=f"{metadata.uid}/{planned.name}" if metadata.uid else "",
                of=of,
                created=metadata.specified,  # a plan may be years younger than its cluster
                cron=cron.text,
                timezone=cron.timezone,
                valid=cron.valid and planned.stored,
                paused=bool(spec.pause) or not planned.enabled,
                target=shared(planned.target),
                placement=planned.placement,
                consistency="application",
            )
            records[plan.key] = plan
        return (Database(source=dialect.name, ref=ref, of=of, created=metadata.created), *records.values())

    def cover(self, claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
        """Only claims that hold the database's data; the copies that its logs make of them stand beside the bases."""
        if any(claim.labels.get(label, "") not in values for label, values in self.dialect.data.items()):
            return Coverage(source=self.dialect.name)
        coverage = self.tool.cover(claim, facts, rolls)
        return msgspec.structs.replace(
            coverage, copies=(*coverage.copies, *_log_copies(coverage.copies, facts))
        )

    def _saved(self, namespace: str, cluster: str) -> Saved:
        return labelled(namespace, self.dialect.label, shared(cluster))

    def feed(self, names: tuple[str, str], shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
        kind, plural = names
        resource = Resource(
            group=self.dialect.group, versions=self.dialect.versions, plural=plural, kind=kind
        )
        return Feed(source=self.dialect.name, resource=resource, shape=shape, read=read)


def _log_copies(copies: Iterable[Copy], facts: Facts) -> Iterator[Copy]:
    """They hold up to the instant that was last told, as after archiving broke: nothing tells that it still runs."""
    for base in copies:
        end = facts.get(LogEnd, base.source, *base.evidence)
        if end and end.time > base.captured:
            yield msgspec.structs.replace(base, log="broken", captured=end.time, size=None)


def _began(status: BackupStatus, created: float) -> float | None:
    """None where it began when it was asked for. An object that is younger than its end was made of an older run."""
    started, ended = parse_time(status.start), parse_time(status.completed)
    return ended if started is None and ended is not None and ended < created else started


def _is_offsite(status: BackupStatus) -> bool:
    told = {status.storage_type, status.storage_kind, status.storage.type if status.storage else None}
    return bool(told & OFFSITE) or is_remote(status) or is_remote(status.repo)


def _has_gap(status: BackupStatus) -> bool:
    """XtraDB found that logs are missing over this backup."""
    return any(
        condition.type == "PITRReady" and condition.status == "False"
        for condition in given(status.conditions)
    )


def _restored_point(spec: RestoreSpec) -> float | None:
    if spec.pitr:
        return read_spaced_time(spec.pitr.date) if spec.pitr.type == "date" else None
    return read_spaced_time(target_of(spec.options))


def read_spaced_time(text: str | None) -> float | None:
    """RFC 3339, or as PostgreSQL prints it: ``2026-11-21 10:00:00.000000+0000``; in UTC without an offset."""
    found = _SPACED_TIME.fullmatch(text) if text and len(text) <= _LONGEST_TIME else None
    if found is None:
        return parse_time(text)
    day, clock, hours, minutes = found.groups(default="00")
    return parse_time(f"{day}T{clock}Z" if hours == "00" else f"{day}T{clock}{hours}:{minutes}")


def operator_source(dialect: Dialect, *, tells: frozenset[Tells]) -> Source:
    """The source of one operator."""
    operator = _Operator(dialect, Tool(name=dialect.name, labels=(dialect.label,)))
    return Source(
        name=dialect.name,
        protects=True,
        tells=tells,
        feeds=(
            operator.feed(dialect.backup, BackupObject, operator.read_backup),
            operator.feed(dialect.restore, RestoreObject, operator.read_restore),
            operator.feed(dialect.cluster, ClusterObject, operator.read_cluster),
        ),
        cover=operator.cover,
        schedule=operator.tool.schedule,
    )
