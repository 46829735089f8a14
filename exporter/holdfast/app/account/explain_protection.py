"""Why a claim is in its state of protection: the decision table, the reasons, and every figure beside them."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from holdfast.app.account.explain_case import Case, figure, place_ref, plan_ref, told_by
from holdfast.assessment.copies import Appraisal, CopyVerdict
from holdfast.assessment.protection import STATE_TABLE, StateRow, misses_since, out_of_reach, spared_until
from holdfast.assessment.retention import wanted_points
from holdfast.model.account.explanation import FigurePart, ObjectPart, RowPart
from holdfast.model.account.telling import elapsed, humane, moment_text
from holdfast.model.health import FeedHealth
from holdfast.model.identity import ObjectRef, ScheduleKey
from holdfast.model.judgement import PROTECTION_REASONS, SourceTally
from holdfast.model.protection import Copy, CoverGap


def explain_protection(case: Case) -> Iterator[FigurePart]:
    protection = case.judgement.protection
    row = next(row for row in STATE_TABLE if row.state == protection.state)
    yield figure(
        "protection.state", row.state, f"{row.rule}{_detail(row, case.appraisal)}", *_deciding(row, case)
    )
    for reason in protection.reasons:
        yield figure("protection.reasons", reason, PROTECTION_REASONS[reason], *BEHIND[reason](case))
    yield _age(case)
    spared = spared_until(protection.state, case.appraisal)
    if spared is not None:
        yield _bare(case, spared)
    for clock in protection.clocks:
        same = [
            v
            for v in case.appraisal.known
            if _kind(v.copy) == (clock.source, clock.placement, clock.consistency)
        ]
        name = f"protection.copies.{clock.source}.{clock.placement}.{clock.consistency}"
        rule = "the newest successful copy of this source, placement and consistency"
        captured = min(clock.captured, case.setting.now)  # a running log makes it current
        yield figure(name, moment_text(captured), rule, evidence_of(same[-1].copy), unit="time")
    for tally in protection.tallies:
        yield from _holding(case, tally)
    yield from _retention(case)


def explain_table(case: Case) -> Iterator[RowPart]:
    """The rows in their order; those after the one that holds were not asked."""
    decided = False
    for row in STATE_TABLE:
        if decided:
            yield RowPart(state=row.state, holds=None, why="an earlier row holds")
            continue
        decided = row.state == case.judgement.protection.state
        words = row.rule if decided else row.otherwise
        yield RowPart(state=row.state, holds=decided, why=words + _detail(row, case.appraisal))


def evidence_of(copy: Copy) -> ObjectPart:
    return told_by(copy.evidence, captured=copy.captured, expires=copy.expires)


def _kind(copy: Copy) -> tuple[str, str, str]:
    return copy.source, copy.placement, copy.consistency


def _detail(row: StateRow, appraisal: Appraisal) -> str:
    """The figures that the row looked at, in words."""
    exempt, now = appraisal.evidence.objective.exempt, appraisal.now
    restorable, counting = appraisal.restorable, appraisal.counting
    words = ""
    if row.state == "exempt" and exempt:
        words = exempt.reason or "no reason given"
    elif row.state == "protected" and restorable:
        rpo = appraisal.evidence.objective.rpo
        asked = "no rpo is asked for" if rpo is None else f"the rpo is {humane(rpo)}"
        words = f"the newest is {humane(now - restorable[-1].copy.captured)} old, {asked}"
    elif row.state == "protected" and counting:
        words = f"of {len(counting)} that count none could be restored now"
    elif row.state == "unknown":
        words = _unseen(appraisal)
    elif row.state == "late" and counting:
        words = f"the newest is {humane(now - counting[-1].copy.captured)} old"
    elif row.state == "late" and appraisal.known:
        words = f"the objective accepts none of {len(appraisal.known)}"
    return f": {words}" if words else ""


def _unseen(appraisal: Appraisal) -> str:
    away = {verdict.copy.target.name for verdict in out_of_reach(appraisal) if verdict.copy.target}
    parts = [f"location {name} is unavailable" for name in sorted(away)]
    parts += [f"source {name} is blind" for name in sorted(appraisal.evidence.sight.blind)]
    return ", ".join(parts)


def _deciding(row: StateRow, case: Case) -> list[ObjectPart]:
    """The objects that made the row hold."""
    appraisal = case.appraisal
    decisive: Sequence[CopyVerdict] = ()
    if row.state == "protected":
        decisive = appraisal.restorable[-1:]
    elif row.state == "unknown":
        decisive = out_of_reach(appraisal)[-1:]
    elif row.state == "late":
        decisive = appraisal.counting[-1:]
    elif row.state == "never":
        return _plans(case, "")
    return [evidence_of(verdict.copy) for verdict in decisive]


def _plans(case: Case, gap: CoverGap) -> list[ObjectPart]:
    """The schedules that reach the claim and have this gap."""
    return [plan_of(case, cover.schedule) for cover in case.judgement.protection.covers if cover.gap == gap]


def plan_of(case: Case, key: ScheduleKey) -> ObjectPart:
    judged = case.schedules.get(key)
    if judged is None:
        return told_by(plan_ref(key), "it is gone")
    return told_by(
        plan_ref(key),
        f"cron {judged.cron}",
        lastSuccess=judged.last_success,
        runningSince=judged.running_since,
        nextRun=judged.next_run,
    )


def _running(case: Case) -> list[ObjectPart]:
    running = (key for key, judged in sorted(case.schedules.items()) if judged.running_since is not None)
    return [plan_of(case, key) for key in running]


def _gone(case: Case) -> list[ObjectPart]:
    """Schedules that made copies and are no more."""
    made_by = {verdict.copy.schedule for verdict in case.appraisal.known if verdict.copy.schedule}
    return [
        plan_of(case, key) for key in sorted(made_by) if case.appraisal.evidence.schedules.get(key) is None
    ]


def _newest_miss(case: Case) -> list[ObjectPart]:
    return [told_by(miss.evidence, ran=miss.time) for miss in misses_since(case.appraisal)[-1:]]


def _newest_known(case: Case) -> list[ObjectPart]:
    return [evidence_of(verdict.copy) for verdict in case.appraisal.known[-1:]]


def _newest_counting(case: Case) -> list[ObjectPart]:
    return [evidence_of(verdict.copy) for verdict in case.appraisal.counting[-1:]]


def _away(case: Case) -> list[ObjectPart]:
    newest = case.appraisal.counting[-1].copy
    found = [evidence_of(newest)]
    if newest.target:
        target = case.appraisal.evidence.targets.get(newest.target)
        says = "it is gone" if target is None else "unavailable"
        found.append(told_by(place_ref(newest.target), says, checked=target.checked if target else None))
    return found


def blind_kinds(case: Case) -> list[ObjectPart]:
    """The kinds for which a blind source cannot vouch, as a person would look them up."""
    return [
        told_by(ObjectRef(health.source, "", health.kind), _sightless(health), lostSince=health.lost_since)
        for health in case.blind
    ]


def _askers_unseen(case: Case) -> list[ObjectPart]:
    """The namespace whose labels and annotations nobody can read, or the claim whose workloads nobody can."""
    ref = case.claim.ref
    if case.namespace is None:
        return [told_by(ObjectRef("Namespace", "", ref.namespace), "cannot be seen")]
    return [told_by(ObjectRef("PersistentVolumeClaim", *ref), "the workloads that use it cannot be seen")]


def _sightless(health: FeedHealth) -> str:
    what = f"{health.undecodable} objects cannot be decoded" if health.undecodable else health.state
    return f"{what}: {health.message}" if health.message else what


BEHIND: Mapping[str, Callable[[Case], list[ObjectPart]]] = {
    "no-schedule": lambda _: [],
    "schedule-paused": lambda case: _plans(case, "paused"),
    "schedule-invalid": lambda case: _plans(case, "invalid"),
    "schedule-deleted": _gone,
    "excluded": lambda case: _plans(case, "excluded"),
    "first-run-pending": lambda case: _plans(case, ""),
    "run-in-progress": _running,
    "run-failed": _newest_miss,
    "not-captured": _newest_miss,
    "unproven": _newest_miss,
    "overdue": lambda case: _plans(case, ""),
    "offsite-missing": _newest_known,
    "application-missing": _newest_known,
    "copy-expired": _newest_counting,
    "copy-not-ready": _newest_counting,
    "target-unavailable": _away,
    "source-blind": blind_kinds,
    "objective-unknown": _askers_unseen,
}
"""The objects that each reason speaks of."""


def _age(case: Case) -> FigurePart:
    appraisal, name = case.appraisal, "protection.ageSeconds"
    newest = appraisal.newest
    if newest is None:
        return figure(name, None, "no copy counts under the objective")
    rule = "since the capture of the newest copy that counts and could be restored now"
    if not appraisal.restorable:
        rule = "no copy that counts could be restored now: since the capture of the newest that counts"
    age = elapsed(newest.copy.captured, appraisal.now)
    return figure(name, age, rule, evidence_of(newest.copy), unit="seconds")


def _bare(case: Case, spared: float) -> FigurePart:
    """For how long a claim of which no copy counts has been unsafe, or until when it is spared as a new one."""
    since, name = case.judgement.protection.unsafe_since, "protection.unsafeSeconds"
    if since is None:
        return figure(name, None, f"it is new: no alert asks for a copy before {moment_text(spared)}")
    return figure(name, elapsed(since, case.appraisal.now), "since the claim was made", unit="seconds")


def _holding(case: Case, tally: SourceTally) -> Iterator[FigurePart]:
    own = [verdict for verdict in case.appraisal.known if verdict.copy.source == tally.source]
    name = f"protection.sources.{tally.source}"
    points = {verdict.copy.captured: verdict.copy for verdict in own if verdict.restorable}
    rule = (
        "copies of different instants that could be restored now, whether or not the objective accepts them"
    )
    yield figure(
        f"{name}.recoveryPoints", tally.points, rule, *(evidence_of(copy) for copy in points.values())
    )
    rule = "as its tool tells of the newest copy" if tally.size is not None else "no copy tells its size"
    yield figure(
        f"{name}.sizeBytes", tally.size, rule, *(evidence_of(v.copy) for v in own[-1:]), unit="bytes"
    )
    if tally.inferred:
        rule = (
            "no object of the run names the claim's volume; the run's own counters prove that it was copied"
        )
        yield figure(f"{name}.inferred", True, rule, *(evidence_of(v.copy) for v in own[-1:]))


def _retention(case: Case) -> Iterator[FigurePart]:
    if case.judgement.protection.state == "exempt":
        return
    missing = dict(case.judgement.protection.retention_missing)
    objective = case.judgement.objective
    wanted = dict(wanted_points(objective, case.claim.created, case.setting.now))
    for window, points in objective.keeps:
        unit = {"daily": "days", "weekly": "weeks", "monthly": "months"}[window]
        rule = f"recovery points are asked for in {points} different {unit} of UTC"
        if wanted[window] < points:
            rule = f"{rule}, and it has lived through {wanted[window]}"
        if window not in missing:
            rule = f"{rule}; unknown while a source is blind"
        yield figure(f"protection.retention.{window}.missing", missing.get(window), rule)
