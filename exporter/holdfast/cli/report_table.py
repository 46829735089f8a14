"""The report as a table that a person reads: worst first, as wide as the terminal. It counts and sorts, no more."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from holdfast.cli.paint import COLOURS, QUIET, TITLE, Part, paint, tell, tell_section
from holdfast.cli.report_filling import coverage, filling_up
from holdfast.cli.report_findings import tell_findings
from holdfast.model.account.report import (
    ClaimPart,
    CopyPart,
    DrillPart,
    ObjectivePart,
    ReplicationPart,
    Report,
    SchedulePart,
    SnapshotPart,
    TargetPart,
    VolumePart,
)
from holdfast.model.account.telling import humane
from holdfast.model.judgement import CONTENT_ORPHAN_REASONS, SNAPSHOT_ORPHAN_REASONS, VOLUME_ORPHAN_REASONS

_ORDER = ("unprotected", "never", "late", "unknown", "orphaned", "protected", "exempt")
_URGENCIES = ("page", "ticket", "know")
_WELL = ("up", "not_installed", "disabled")

_UNPROVEN = {"failed": "unprotected", "never": "never", "overdue": "late", "slow": "late"}
_BEHIND = {
    "broken": "unprotected",
    "lagging": "late",
    "degraded": "late",
    "unknown": "unknown",
    "paused": "exempt",
}
"""States that are told of, worst first, and whose colour they have. A drill that is not due yet is no news."""

_GAP = 2  # columns between columns
_LEAST_CLAIM = 24  # a longer name folds rather than taking more from a narrow terminal
_LEAST_WHY = 18
_MOST_WHY = 48


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One claim as the table shows it. ``group`` is its place in the order."""

    group: str
    state: str
    claim: str
    age: str
    copy: str
    use: str
    why: str


def print_report(report: Report, console: Console) -> None:
    """The whole report; protected claims stand after all others, and none is left out."""
    _print_totals(report, console)
    lines = [_line(claim) for claim in sorted(report.claims, key=_badness)]
    if lines:
        console.print()
        _print_lines(lines, console)
    tell_section(console, "Schedules that need a look", _schedules(report))
    tell_section(console, "Restores that need a look", _drills(report))
    tell_section(console, "Replications that need a look", _replications(report))
    tell_section(console, "Nearly full, or full within the time that is asked for", filling_up(report))
    tell_section(console, "Locations that cannot be reached", _targets(report))
    tell_section(console, "What cannot be seen", _unseen(report))
    tell_section(console, "Left over", _left_over(report))
    tell_findings(console, report.findings, report.checks)
    tell_section(console, "Errors", _errors(report))


def _print_totals(report: Report, console: Console) -> None:
    where = f" in {report.cluster}" if report.cluster else ""
    tell(console, (f"{report.now:%Y-%m-%d %H:%M:%S}Z{where}", QUIET))
    states = Counter(claim.protection.state for claim in report.claims)
    orphaned = sum(claim.usage.state == "orphaned" for claim in report.claims)
    count = len(report.claims)
    parts: list[Part] = [(f"{count} claim" + ("" if count == 1 else "s"), TITLE)]
    for state in _ORDER:
        if states[state]:
            parts += [": " if len(parts) == 1 else ", ", (f"{states[state]} {state}", COLOURS[state])]
    if orphaned:
        parts += ["; ", (f"{orphaned} orphaned", COLOURS["orphaned"])]
    tell(console, *parts)
    if measured := coverage(report):
        tell(console, *measured)


def _group(claim: ClaimPart) -> str:
    """What is bad for the data comes before what is waste."""
    state = claim.protection.state
    return "orphaned" if state in ("protected", "exempt") and claim.usage.state == "orphaned" else state


def _badness(claim: ClaimPart) -> tuple[int, int, float, str, str]:
    """By group, then by what a broken objective is worth, then by how far beyond its objective the claim is."""
    age, rpo = claim.protection.age_seconds, claim.objective.rpo_seconds
    lateness = age / rpo if age and rpo else 0.0
    urgency = _URGENCIES.index(claim.urgency)
    return _ORDER.index(_group(claim)), urgency, -lateness, claim.namespace, claim.name


def _line(claim: ClaimPart) -> Line:
    age, rpo = claim.protection.age_seconds, claim.objective.rpo_seconds
    asked = "" if rpo is None else f" / {humane(rpo)}"
    copy = _newest(claim)
    return Line(
        group=_group(claim),
        state=claim.protection.state,
        claim=f"{claim.namespace}/{claim.name}",
        age=("-" if age is None else humane(age)) + asked,
        copy="-" if copy is None else f"{copy.source} {copy.placement}",
        use=_use(claim),
        why="; ".join(_why(claim)),
    )


def _newest(claim: ClaimPart) -> CopyPart | None:
    """The copy that the age speaks of; where no copy counts, the newest that there is."""
    copies = sorted(claim.protection.copies, key=lambda copy: copy.captured)
    spoken_of = [copy for copy in copies if copy.captured == claim.protection.captured]
    return next(reversed(spoken_of or copies), None)


def _use(claim: ClaimPart) -> str:
    usage = claim.usage
    if usage.state is None:
        return "unknown"
    long = usage.unused_seconds is not None and usage.unused_seconds >= 60
    return usage.state.replace("-", " ") + (f" {humane(usage.unused_seconds or 0)}" if long else "")


def _why(claim: ClaimPart) -> Iterator[str]:
    """In short words: what is wrong with its protection, its use and its life."""
    yield from (reason.replace("-", " ") for reason in claim.protection.reasons)
    if claim.exempt:
        last_day = claim.exempt.until - timedelta(seconds=1) if claim.exempt.until else None
        until = f" until {last_day:%Y-%m-%d}" if last_day else ""
        yield f"{claim.exempt.reason or 'no reason given'}{until}"
    if claim.usage.state != "in-use":
        yield claim.usage.reason.replace("-", " ")
    for name, waiting in (
        ("pending", claim.pending),
        ("terminating", claim.terminating),
        ("resize", claim.resize),
    ):
        if waiting:
            yield f"{name} {humane(waiting.seconds)}: {waiting.reason.replace('-', ' ')}"


_TITLES = {
    "claim": "Claim",
    "state": "State",
    "age": "Age / rpo",
    "copy": "Newest copy",
    "use": "Use",
    "why": "Why",
}
_LAYOUTS = (
    ("claim", "state", "age", "copy", "use", "why"),
    ("claim", "state", "age", "use", "why"),
    ("claim", "state", "age", "why"),
)
"""Widest first; the last columns to go are those that say which claim it is and how it stands."""


def _print_lines(lines: list[Line], console: Console) -> None:
    natural = {
        column: max(len(title), *(paint(getattr(line, column)).cell_len for line in lines))
        for column, title in _TITLES.items()
    }
    for layout in _LAYOUTS:
        widths = _widths(layout, natural, console.width)
        if widths:
            _print_table(lines, widths, console)
            return
    _print_stacked(lines, console)


def _widths(layout: tuple[str, ...], natural: dict[str, int], width: int) -> dict[str, int] | None:
    """The width of each column; None where the terminal is too narrow for this layout."""
    fixed = sum(natural[column] for column in layout if column not in ("claim", "why"))
    room = width - fixed - _GAP * (len(layout) - 1)
    claim, why = min(natural["claim"], _LEAST_CLAIM), min(natural["why"], _LEAST_WHY)
    if room < claim + why:
        return None
    claim = min(natural["claim"], max(claim, room - min(natural["why"], _MOST_WHY)))
    chosen = natural | {"claim": claim, "why": min(natural["why"], room - claim)}
    return {column: chosen[column] for column in layout}


def _print_table(lines: list[Line], widths: dict[str, int], console: Console) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), collapse_padding=True)
    for column, width in widths.items():
        table.add_column(paint((_TITLES[column], TITLE)), width=width, overflow="fold")
    for line in lines:
        table.add_row(*(_cell(line, column) for column in widths))
    console.print(table)


def _cell(line: Line, column: str) -> Text:
    said = getattr(line, column)
    if column == "state":
        return paint((said, COLOURS[said]))
    if column == "use" and line.group == "orphaned":
        return paint((said, COLOURS["orphaned"]))
    return paint((said, QUIET)) if line.group == "exempt" else paint(said)


def _print_stacked(lines: list[Line], console: Console) -> None:
    """Each claim in a paragraph of its own, for terminals that hold no table."""
    for line in lines:
        tell(console, (line.claim, TITLE))
        copy = "" if line.copy == "-" else f", {line.copy}"
        tell(console, (line.state, COLOURS[line.state]), f", age {line.age}{copy}, {line.use}", indent=2)
        if line.why:
            tell(console, line.why, indent=2)


def _schedules(report: Report) -> Iterator[tuple[Part, ...]]:
    for schedule in report.schedules:
        faults = list(_faults(schedule))
        if not faults:
            continue
        last = schedule.last_success
        success = (
            f"last success {humane((report.now - last).total_seconds())} ago" if last else "no success known"
        )
        covers = f"covers {schedule.claims} claim" + ("" if schedule.claims == 1 else "s")
        yield _named(schedule), ": ", (", ".join(faults), COLOURS["late"]), f"; {success}; {covers}"


def _named(part: SchedulePart | TargetPart | ReplicationPart) -> str:
    """What belongs to the whole cluster has no namespace."""
    place = f"{part.namespace}/{part.name}" if part.namespace else part.name
    return f"{part.source} {place}"


def _faults(schedule: SchedulePart) -> Iterator[str]:
    if schedule.paused:
        yield "paused"
    if not schedule.valid:
        yield "refused by its tool"
    if schedule.missed_runs is None and schedule.cron:  # without one, no object tells when runs are due
        yield f"cron {schedule.cron!r} cannot be read"
    if schedule.last_result in ("failure", "partial"):
        yield f"last run ended in {schedule.last_result}"
    if schedule.missed_runs:
        yield f"{schedule.missed_runs} run{'' if schedule.missed_runs == 1 else 's'} missed"


def _drills(report: Report) -> Iterator[tuple[Part, ...]]:
    states = list(_UNPROVEN)
    claims = [claim for claim in report.claims if claim.drill.state in states]
    claims.sort(key=lambda claim: (states.index(claim.drill.state or ""), claim.namespace, claim.name))
    for claim in claims:
        state = claim.drill.state or ""
        told = "; ".join(_of_drill(claim.drill, claim.objective))
        yield f"{claim.namespace}/{claim.name}: ", (state, COLOURS[_UNPROVEN[state]]), f"; {told}"


def _of_drill(drill: DrillPart, objective: ObjectivePart) -> Iterator[str]:
    """The drill in force, beside what is asked for."""
    every, rto = objective.restore_drill_every_seconds, objective.rto_seconds
    asked = f", every {humane(every)} is asked for" if every is not None else ""
    if drill.age_seconds is None:
        yield f"no restore has succeeded{asked}"
        return
    yield f"last proven {humane(drill.age_seconds)} ago by {drill.source}{asked}"
    if drill.duration_seconds is not None and rto is not None:
        yield f"it took {humane(drill.duration_seconds)} / {humane(rto)}"


def _replications(report: Report) -> Iterator[tuple[Part, ...]]:
    states = list(_BEHIND)
    found = [replication for replication in report.replications if replication.state in states]
    found.sort(key=lambda replication: states.index(replication.state))
    for replication in found:
        of = f" of {replication.claim}" if replication.claim else ""
        told = "".join(f"; {each}" for each in _of_replication(replication))
        yield f"{_named(replication)}{of}: ", (replication.state, COLOURS[_BEHIND[replication.state]]), told


def _of_replication(replication: ReplicationPart) -> Iterator[str]:
    if replication.why:
        yield replication.why
    lag, objective = replication.lag_seconds, replication.objective_seconds
    if lag is not None:
        yield f"{humane(lag)} behind" + (f" / {humane(objective)}" if objective is not None else "")


def _targets(report: Report) -> Iterator[tuple[Part, ...]]:
    for target in report.targets:
        if target.available is False:
            age = humane((report.now - target.checked).total_seconds()) if target.checked else ""
            checked = f"; checked {age} ago" if age else ""
            yield _named(target), ": ", ("unavailable", COLOURS["unprotected"]), checked


def _unseen(report: Report) -> Iterator[tuple[Part, ...]]:
    """Kinds in one state for one reason share a line."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for source in report.sources:
        what = (
            f"{source.undecodable} cannot be decoded"
            if source.undecodable
            else source.state.replace("_", " ")
        )
        if source.undecodable or source.state not in _WELL:
            said = f"{what}: {source.message}" if source.message else what
            kinds.setdefault((source.source, said), []).append(source.kind)
    blind = {source.source for source in report.sources if source.blind}
    for (name, said), names in kinds.items():
        blindness = (" - blind: its copies are unknown", COLOURS["unknown"]) if name in blind else ""
        yield f"{name} {', '.join(names)}: {said}", blindness


def _left_over(report: Report) -> Iterator[tuple[Part, ...]]:
    for volume in report.volumes:
        if volume.orphaned:
            yield _left_volume(volume)
    for snapshot in report.snapshots:
        if snapshot.orphaned:
            reasons = SNAPSHOT_ORPHAN_REASONS if snapshot.kind == "VolumeSnapshot" else CONTENT_ORPHAN_REASONS
            yield _snapshot_name(snapshot), ": ", reasons[snapshot.orphaned]
        elif snapshot.unready_seconds is not None:
            yield _snapshot_name(snapshot), f": not ready for {humane(snapshot.unready_seconds)}"


def _left_volume(volume: VolumePart) -> tuple[Part, ...]:
    long = "" if volume.released_seconds is None else f" {humane(volume.released_seconds)} ago"
    of = f", of {volume.claim_namespace}/{volume.claim}" if volume.claim else ""
    why = VOLUME_ORPHAN_REASONS[volume.orphaned]
    return f"PersistentVolume {volume.name}{of}", ": ", why + (f", released{long}" if long else "")


def _snapshot_name(snapshot: SnapshotPart) -> str:
    return (
        f"{snapshot.kind} {snapshot.namespace}/{snapshot.name}"
        if snapshot.namespace
        else f"{snapshot.kind} {snapshot.name}"
    )


def _errors(report: Report) -> Iterator[tuple[Part, ...]]:
    for error in report.errors:
        place = error.file if error.line is None else f"{error.file}:{error.line}"
        yield (place, COLOURS["unprotected"]), f": {error.message}"
