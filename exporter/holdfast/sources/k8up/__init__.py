"""K8up: schedules, and the snapshots that its repositories hold of each claim.

Snapshots alone prove copies. Backups say how the schedules' runs went, checks whether the repository is sound.
Which claims carry the annotation that leaves them out is not read: they are covered, and never captured.
https://github.com/k8up-io/k8up/tree/v2.15.0
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Literal

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.feed import Feed, Resource
from holdfast.model.identity import TargetKey
from holdfast.model.protection import Copy, Coverage, Miss, Target
from holdfast.sources.contract import Rolls, Source
from holdfast.sources.k8up.read import read_backup, read_check, read_restore, read_schedule, read_snapshot
from holdfast.sources.k8up.records import DAY, GROUP, NAME, Check, Selection, any_snapshot
from holdfast.sources.k8up.shapes import JobObject, RestoreObject, ScheduleObject, SnapshotObject
from holdfast.sources.runs.records import Run
from holdfast.sources.runs.tool import Tool

TOOL = Tool(name=NAME, namespaces=True)
_WRITABLE = {"ReadWriteOnce", "ReadWriteMany"}  # others are taken only where an annotation asks for it
Cause = Literal["not-captured", "unproven", "failed"]
_SNAPSHOT = f"Snapshot.{GROUP}"
_LONGEST_RUN = 31 * DAY
_CLOCK_SLACK = 30.0  # seconds by which the API server's clock and the backup pod's may differ


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    told = TOOL.cover(claim, facts, rolls)
    copies = tuple(copy for copy in told.copies if copy.evidence.kind == _SNAPSHOT)
    covers = tuple(each for each in told.covers if _saves(facts.get(Selection, *each.schedule), claim))
    runs = [run for each in covers for run in facts.linked(Run, "schedule", *each.schedule)]
    misses = tuple(_misses(claim, runs, copies, facts))
    return msgspec.structs.replace(told, copies=copies, covers=covers, misses=misses)


def _saves(selection: Selection | None, claim: Claim) -> bool:
    """The claim's own annotation says yes or no; without one its access modes do."""
    if selection is None or claim.k8up == "false":
        return False
    if claim.k8up != "true" and not _WRITABLE.intersection(claim.access_modes):
        return False
    return not selection.selectors or any(each.selects(claim.labels) for each in selection.selectors)


def _misses(claim: Claim, runs: Sequence[Run], copies: Sequence[Copy], facts: Facts) -> Iterator[Miss]:
    """Runs that left no snapshot of the claim. Where they left none of any claim, snapshots may not be listed at all."""
    taken = [copy.captured for copy in copies]
    for run in sorted(runs, key=lambda run: (run.began, run.ref)):
        if run.began < claim.created or run.outcome not in ("success", "failure") or _within(taken, run):
            continue
        cause: Cause = "failed"
        if run.outcome == "success":
            cause = "not-captured" if _left_any(run, facts) else "unproven"
        yield Miss(schedule=run.schedule, time=run.began, cause=cause, evidence=run.ref)


def _left_any(run: Run, facts: Facts) -> bool:
    """Looked up day by day: a namespace may hold many thousands of snapshots."""
    first, last = _span(run)
    days = range(int(first // DAY), int(min(last, first + _LONGEST_RUN) // DAY) + 1)
    links = (any_snapshot(run.ref.namespace, day * DAY) for day in days)
    return any(_within((snapshot.time for snapshot in facts.linked(Run, NAME, *link)), run) for link in links)


def _span(run: Run) -> tuple[float, float]:
    return run.began - _CLOCK_SLACK, (run.began if run.ended is None else run.ended) + _CLOCK_SLACK


def _within(times: Iterable[float], run: Run) -> bool:
    first, last = _span(run)
    return any(first <= time <= last for time in times)


def target(key: TargetKey, facts: Facts) -> Target | None:
    """The repository of a schedule that checks it, by the schedule's name."""
    selection = facts.get(Selection, *key)
    if selection is None or not selection.checked:
        return None
    checks = facts.linked(Check, "target", *key)
    newest = max(checks, key=lambda check: (check.ended, check.ref), default=None)
    return Target(
        key=key, available=newest.sound if newest else None, checked=newest.ended if newest else None
    )


def _feed(plural: str, kind: str, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]]) -> Feed:
    resource = Resource(group=GROUP, versions=("v1",), plural=plural, kind=kind)
    return Feed(source=NAME, resource=resource, shape=shape, read=read)


SOURCE = Source(
    name=NAME,
    protects=True,
    tells=frozenset({"age", "schedule", "result", "target", "drill"}),
    feeds=(
        _feed("schedules", "Schedule", ScheduleObject, read_schedule),
        _feed("backups", "Backup", JobObject, read_backup),
        _feed("snapshots", "Snapshot", SnapshotObject, read_snapshot),
        _feed("restores", "Restore", RestoreObject, read_restore),
        _feed("checks", "Check", JobObject, read_check),
    ),
    cover=cover,
    schedule=TOOL.schedule,
    target=target,
)
