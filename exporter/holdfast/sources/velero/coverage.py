"""What Velero holds of one claim, judged by evidence in order of certainty, and what it should have taken.

Objects that name the claim come first, then snapshots that were seen while the run lasted, then the run's own
counters. A Completed backup alone proves nothing: Velero passes over volumes in silence.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from operator import attrgetter
from typing import Literal, TypeVar

import msgspec

from holdfast.model.facts import Claim, Fact, Facts
from holdfast.model.identity import ObjectRef
from holdfast.model.protection import Consistency, Copy, Cover, Coverage, CoverGap, Miss, Placement
from holdfast.model.snapshots import Snapshot
from holdfast.sources.contract import Rolls
from holdfast.sources.velero.plans import usual_target
from holdfast.sources.velero.records import NAME, Backup, Plan, VolumeCopy
from holdfast.sources.velero.restores import awaited, drills, is_stranger
from holdfast.sources.velero.scope import Scope
from holdfast.sources.velero.ways import Candidate, Way, find_way, runs_hooks

RUN_SLACK = 60.0  # seconds by which a storage system's clock may differ from Velero's
_SEEN = f"{NAME}/"  # before the name of the Backup in what is remembered

_PLACEMENTS: dict[Way | None, Placement] = {"file": "offsite", "move": "offsite"}

_R = TypeVar("_R", bound=Fact)


def cover(claim: Claim, facts: Facts, rolls: Rolls) -> Coverage:
    case = _Case(claim, facts, rolls)
    case.judge_named_runs()
    case.judge_other_runs()
    captured = case.captured
    return Coverage(
        source=NAME,
        copies=tuple(case.copies),
        covers=case.covers(),
        misses=tuple(case.misses),
        drills=tuple(drills(claim, captured, facts)),
        awaits=awaited(claim, captured, facts),
        stranger=is_stranger(claim, facts),
        objects=_takes_objects(claim, facts),
    )


def _takes_objects(claim: Claim, facts: Facts) -> bool:
    """Whether a plan that runs, or a run that did not fail, takes what runs in the claim's namespace."""
    plans = (plan.scope for plan in _reaching(Plan, claim, facts) if plan.valid and not plan.paused)
    runs = (run.scope for run in _reaching(Backup, claim, facts) if run.home and run.outcome != "failed")
    namespace = claim.ref.namespace
    return any(scope.workloads and scope.namespaces.takes(namespace) for scope in chain(plans, runs))


def scopes(claim: Claim, facts: Facts) -> Collection[tuple[str, ...]]:
    """The scopes that select the claim for a snapshot, of runs whose counters can prove one."""
    case = _Case(claim, facts, None)
    keys: set[tuple[str, ...]] = set()
    known: set[tuple[str, str]] = set()
    for backup in _reaching(Backup, claim, facts):
        name = (backup.namespace, backup.scope.signature)
        if not backup.countable or name in known:
            continue
        known.add(name)
        way = case.way(backup.scope)
        if way in ("csi", "native"):
            keys.update((_roll(backup, way), _roll(backup, "any")))
    return tuple(sorted(keys))


def _roll(backup: Backup, kind: str) -> tuple[str, ...]:
    return (NAME, backup.namespace, backup.scope.signature, kind)


def _reaching(kind: type[_R], claim: Claim, facts: Facts) -> Sequence[_R]:
    namespace = claim.ref.namespace
    return (*facts.linked(kind, "reach", namespace), *facts.linked(kind, "reach", "*"))


class _Case:
    """One claim under judgement, with what is worked out once and used for many runs."""

    def __init__(self, claim: Claim, facts: Facts, rolls: Rolls | None) -> None:
        self.claim, self.facts, self.rolls = claim, facts, rolls
        self.candidate = Candidate(claim, facts)
        self.copies: list[Copy] = []
        self.misses: list[Miss] = []
        self._named: dict[ObjectRef, tuple[Backup, VolumeCopy | None]] = {}
        self.captured: dict[tuple[str, str], float] = {}  # by namespace and name of each Backup with a copy
        self._taken: set[ObjectRef] = set()
        self._ways: dict[str, Way | None] = {}
        self._hooks: dict[str, bool] = {}
        self._targets: dict[str, str] = {}

    def way(self, scope: Scope) -> Way | None:
        signature = scope.signature
        if signature not in self._ways:
            self._ways[signature] = find_way(self.candidate, scope)
        return self._ways[signature]

    def judge_named_runs(self) -> None:
        """The runs of which an object names the claim. Of several objects in one run, the earliest whole one tells."""
        facts, runs = self.facts, self._named
        for record in facts.linked(VolumeCopy, "claim", *self.claim.ref):
            backup = _run_of(record, facts)
            if backup is None:
                continue
            whole = record if record.whole and (backup.home or record.claim_uid) else None
            known = runs.get(backup.ref)
            if known and known[1] and (whole is None or _age(known[1]) < _age(whole)):
                continue
            runs[backup.ref] = (backup, whole)
        for backup, whole in runs.values():
            if whole and backup.outcome != "failed":
                self._add_copy(backup, whole.captured or backup.time, whole)
            elif backup.home and backup.time >= self.claim.created:
                self._add_miss(backup, "failed")

    def judge_other_runs(self) -> None:
        created, named, ways = self.claim.created, self._named, self._ways
        seen = _seen_snapshots(self.claim, self.facts)
        for backup in _reaching(Backup, self.claim, self.facts):
            if backup.time < created or not backup.home or backup.ref in named:
                continue
            captured = _captured_within(backup, seen) if seen else None
            if captured is not None:
                self._add_copy(backup, captured)
                continue
            scope = backup.scope
            way = ways[scope.signature] if scope.signature in ways else self.way(scope)
            if way is None or way == "excluded":
                continue
            if backup.outcome == "failed":
                self._add_miss(backup, "failed")
            elif backup.countable and self._counters_prove(backup, way):
                self._add_copy(backup, backup.time, None, True)
            elif cause := _cause(backup, way):
                self._add_miss(backup, cause)

    def _counters_prove(self, backup: Backup, way: Way) -> bool:
        """Attempted = completed ≥ the claims that the scope selects for this way.

        Where no CSI snapshot was tried, CSI support may be off, and all volumes then share the other counter.
        """
        if way == "csi" and backup.csi_attempted:
            return self._enough(backup, "csi", backup.csi_attempted, backup.csi_completed)
        if way in ("csi", "native"):
            kind = "native" if backup.csi_attempted else "any"
            return self._enough(backup, kind, backup.native_attempted, backup.native_completed)
        return False

    def _enough(self, backup: Backup, kind: str, attempted: int, completed: int) -> bool:
        if attempted != completed or not completed or self.rolls is None or backup.started is None:
            return False
        return completed >= self.rolls.count(_roll(backup, kind), backup.started) > 0

    def _add_copy(
        self, backup: Backup, captured: float, named: VolumeCopy | None = None, inferred: bool = False
    ) -> None:
        self._taken.add(backup.ref)
        self.captured[(backup.namespace, backup.name)] = captured
        self.copies.append(
            Copy(
                source=NAME,
                claim=self.claim.ref,
                captured=captured,
                placement="offsite" if named else "local",
                consistency=self._consistency(backup.scope) if backup.hooked else "crash",
                evidence=named.ref if named else backup.ref,
                claim_uid=named.claim_uid if named else self.claim.uid,
                size=named.size if named else None,
                expires=backup.expires,
                target=backup.target,
                schedule=backup.schedule,
                inferred=inferred,
            )
        )

    def _add_miss(self, backup: Backup, cause: Literal["not-captured", "unproven", "failed"]) -> None:
        self.misses.append(Miss(schedule=backup.schedule, time=backup.time, cause=cause, evidence=backup.ref))

    def _consistency(self, scope: Scope) -> Consistency:
        signature = scope.signature
        if signature not in self._hooks:
            self._hooks[signature] = runs_hooks(self.candidate, scope)
        return "application" if self._hooks[signature] else "crash"

    def covers(self) -> tuple[Cover, ...]:
        """The Schedules whose template selects the claim, to be asked for after the runs were judged."""
        if self.candidate.namespace_excluded:
            return ()
        found = (self._cover(plan) for plan in _reaching(Plan, self.claim, self.facts))
        return tuple(cover for cover in found if cover)

    def _cover(self, plan: Plan) -> Cover | None:
        newest = _newest_run(plan, self.facts)
        scope = _with_server_defaults(plan.scope, newest.scope) if newest else plan.scope
        way = find_way(self.candidate, scope)
        if way is None:
            return None
        gap: CoverGap = "paused" if plan.paused else ""
        if not plan.valid:
            gap = "invalid"
        if way in ("unable", "excluded") or (way == "policy" and newest and self._passed_over(newest)):
            gap = "excluded"
        return Cover(
            schedule=plan.schedule,
            target=plan.target or self._usual_target(plan.schedule.namespace),
            placement=self._placement(plan, scope, way),
            consistency=self._consistency(scope),
            gap=gap,
        )

    def _usual_target(self, namespace: str) -> str:
        if namespace not in self._targets:
            self._targets[namespace] = usual_target(namespace, self.facts)
        return self._targets[namespace]

    def _passed_over(self, backup: Backup) -> bool:
        """The run could have taken the claim, and provably did not."""
        if backup.outcome == "failed" or backup.time < self.claim.created or backup.ref in self._taken:
            return False
        return not backup.csi_attempted and not backup.native_attempted

    def _placement(self, plan: Plan, scope: Scope, way: Way) -> Placement:
        """Under a policy, as the newest copy lies; where there is none, as the spec alone would have it."""
        if way != "policy":
            return _PLACEMENTS.get(way, "local")
        own = [copy for copy in self.copies if copy.schedule == plan.schedule]
        if own:
            return max(own, key=lambda copy: copy.captured).placement
        plain = msgspec.structs.replace(scope, policy=False)
        return _PLACEMENTS.get(find_way(self.candidate, plain), "local")


def _age(record: VolumeCopy) -> tuple[float, tuple[str, ...]]:
    return record.captured or 0.0, record.key


def _run_of(record: VolumeCopy, facts: Facts) -> Backup | None:
    """By uid, which Velero renews when it finds a backup in a bucket; by name only where no uid is told."""
    if record.backup_uid:
        found = facts.linked(Backup, "uid", record.backup_uid)
    else:
        found = facts.linked(Backup, "label", record.namespace, record.backup_label)
    return found[0] if found else None


_AGE = attrgetter("time", "name")


def _newest_run(plan: Plan, facts: Facts) -> Backup | None:
    runs = facts.linked(Backup, "schedule", *plan.schedule)
    return max([backup for backup in runs if backup.home], key=_AGE, default=None)


def _with_server_defaults(scope: Scope, run: Scope) -> Scope:
    """A template leaves to the server what a processed Backup spells out."""
    if scope.files is not None and scope.move is not None:
        return scope
    files = run.files if scope.files is None else scope.files
    move = run.move if scope.move is None else scope.move
    return msgspec.structs.replace(scope, files=files, move=move)


def _seen_snapshots(claim: Claim, facts: Facts) -> Mapping[str, Sequence[float]]:
    """When the claim's snapshots were cut, by the label of the Backup that cut them."""
    seen: dict[str, list[float]] = {}
    for note in facts.remembered("snapshot_seen", claim.uid):
        if note.value.startswith(_SEEN):
            seen.setdefault(note.value.removeprefix(_SEEN), []).append(note.time)
    for snapshot in facts.linked(Snapshot, "claim", *claim.ref):
        if snapshot.velero_backup and snapshot.ready and snapshot.captured is not None:
            seen.setdefault(snapshot.velero_backup, []).append(snapshot.captured)
    return seen


def _captured_within(backup: Backup, seen: Mapping[str, Sequence[float]]) -> float | None:
    """The point in time of a snapshot that outlives the run: one whose data is moved away does not.

    Nor do any of a run that failed in part and completed none, or none of those it tried: Velero deletes on the storage
    what it waited for too long, though it may have been seen ready, and does not always count it as tried.
    """
    times, started = seen.get(backup.label), backup.started
    if not backup.csi_completed and (backup.csi_attempted or backup.outcome == "partial"):
        return None
    if not times or backup.outcome == "failed" or backup.scope.move or started is None:
        return None
    first, last = started - RUN_SLACK, (backup.ended or started) + RUN_SLACK
    within = [time for time in times if first <= time <= last]
    return min(within) if within else None


def _cause(backup: Backup, way: Way) -> Literal["not-captured", "unproven"] | None:
    """What a finished run without evidence amounts to; None where a policy may have left the claim out."""
    tried = backup.csi_attempted + backup.native_attempted
    match way:
        case "csi":
            return "unproven" if tried else "not-captured"
        case "native":
            return "unproven" if backup.native_attempted else "not-captured"
        case "policy":
            return "unproven" if tried else None
    return "not-captured"
