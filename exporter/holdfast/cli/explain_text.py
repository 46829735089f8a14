"""An explanation as text: the state and the rows that led to it, then every figure with its rule and its objects."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from rich.console import Console

from holdfast.cli.paint import COLOURS, QUIET, TITLE, tell, tell_title
from holdfast.model.account.explanation import (
    NOBODY,
    BlindPart,
    CopyVerdictPart,
    CoveringPart,
    Explanation,
    FigurePart,
    MissPart,
    ObjectPart,
)
from holdfast.model.account.telling import humane

_GROUPS: Mapping[str, str] = {
    "protection": "Protection",
    "objective": "Objective",
    "tier": "Objective",
    "urgency": "Objective",
    "owner": "Objective",
    "muted": "Objective",
    "exempt": "Objective",
    "usage": "Use",
    "filling": "Space",
    "pending": "Waiting",
    "terminating": "Waiting",
    "resize": "Waiting",
    "replications": "Replication",
    "findings": "Findings",
}
_REST = "Claim"
_ORDER = ("Protection", "Objective", "Replication", "Use", "Space", "Waiting", "Claim", "Findings")
_STATE = "protection.state"  # stands at the head, with the decision table
_MOST_OBJECTS = 5  # of one figure; the copies are all listed by themselves

_P = TypeVar("_P")


def print_explanation(explanation: Explanation, console: Console) -> None:
    """The whole explanation, as wide as the terminal."""
    state = explanation.state
    tell(
        console, (f"{explanation.namespace}/{explanation.name}", TITLE), ": ", (state, COLOURS.get(state, ""))
    )
    where = f" in {explanation.cluster}" if explanation.cluster else ""
    tell(console, (f"{_time(explanation.now)}{where}, uid {explanation.uid or 'unknown'}", QUIET))
    _print_table(explanation, console)
    _print_each(console, "Copies, the newest first", explanation.copies, _print_copy)
    _print_each(console, "Runs that did not copy it", explanation.misses, _print_miss)
    _print_each(console, "Schedules that reach it", explanation.schedules, _print_schedule)
    _print_each(console, "What cannot be seen", explanation.blind, _print_blind)
    _print_figures(explanation.figures, console)


def _print_table(explanation: Explanation, console: Console) -> None:
    """The decision table as it was gone through, and the objects that made the last row hold."""
    tell_title(console, "Why this state, the first that holds")
    for row in explanation.table:
        if row.holds:
            tell(console, "> ", (row.state, COLOURS.get(row.state, "")), f": {row.why}", indent=2)
            for figure in explanation.figures:
                if figure.figure == _STATE:
                    _print_objects(figure.objects, console, indent=6)
        elif row.holds is False:
            tell(console, f"x {row.state}: {row.why}", indent=2)
    later = ", ".join(row.state for row in explanation.table if row.holds is None)
    if later:
        tell(console, (f"not asked any more: {later}", QUIET), indent=4)


def _print_each(
    console: Console, title: str, parts: Sequence[_P], show: Callable[[_P, Console], None]
) -> None:
    if not parts:
        return
    tell_title(console, f"{title} ({len(parts)})")
    for part in parts:
        show(part, console)


def _print_copy(copy: CopyVerdictPart, console: Console) -> None:
    said = [f"{humane(copy.age_seconds)} old", f"{copy.source} {copy.placement} {copy.consistency}"]
    if copy.size_bytes is not None:
        said.append(_bytes(copy.size_bytes))
    said += [f"in {copy.target}"] if copy.target else []
    said += [f"by {copy.schedule}"] if copy.schedule else []
    said += ["inferred"] if copy.inferred else []
    tell(console, _time(copy.captured), f": {', '.join(said)}", indent=2)
    if copy.faults:
        verdict = "counts" if copy.counts else "does not count"
        why = "; ".join(fault.why for fault in copy.faults)
        tell(console, (f"{verdict}, does not protect: {why}", COLOURS["late"]), indent=6)
    else:
        tell(console, ("protects it", COLOURS["protected"]), indent=6)
    _print_objects((copy.evidence,), console, indent=6)


def _print_miss(miss: MissPart, console: Console) -> None:
    by = f", by {miss.schedule}" if miss.schedule else ""
    bears = "" if miss.bears else "; a newer copy counts, so it does not matter now"
    tell(console, f"{_time(miss.time)}{by}: {miss.reason}: {miss.why}{bears}", indent=2)
    _print_objects((miss.evidence,), console, indent=6)


def _print_schedule(schedule: CoveringPart, console: Console) -> None:
    counts = "its copies would count" if schedule.counts else "it makes no copies that count"
    colour = COLOURS["protected" if schedule.counts else "late"]
    name = f"{schedule.source} {schedule.namespace}/{schedule.name}"
    tell(console, f"{name}: ", (f"{schedule.why}; {counts}", colour), indent=2)
    said = [
        f"{schedule.placement} {schedule.consistency}",
        f"cron {schedule.cron} {schedule.timezone}".strip(),
    ]
    if schedule.target:
        available = {True: "available", False: "unavailable", None: "not checked"}[schedule.target_available]
        said.append(f"to {schedule.target} ({available})")
    said.append(f"last result {schedule.last_result}")
    times = (
        ("last success", schedule.last_success),
        ("last due", schedule.last_due),
        ("running since", schedule.running_since),
        ("next run", schedule.next_run),
    )
    said += [f"{what} {_time(time)}" for what, time in times if time]
    if schedule.missed_runs is not None:
        said.append(f"missed runs {schedule.missed_runs}")
    tell(console, ", ".join(said), indent=6)


def _print_blind(blind: BlindPart, console: Console) -> None:
    said = [blind.state.replace("_", " ")]
    said += [f"{blind.undecodable} cannot be decoded"] if blind.undecodable else []
    said += [f"since {_time(blind.lost_since)}"] if blind.lost_since else []
    said += [blind.message] if blind.message else []
    tell(console, (f"{blind.source} {blind.kind}", COLOURS["unknown"]), f": {', '.join(said)}", indent=2)


def _print_figures(figures: Iterable[FigurePart], console: Console) -> None:
    """By area. Fields that nobody sets stand in one line, so that those that matter are seen."""
    areas: dict[str, list[FigurePart]] = {}
    for figure in figures:
        if figure.figure != _STATE:
            areas.setdefault(_GROUPS.get(figure.figure.partition(".")[0], _REST), []).append(figure)
    for area in _ORDER:
        found = areas.get(area, [])
        unset = [_name(figure) for figure in found if figure.rule == NOBODY]
        if found:
            tell_title(console, area)
        for figure in found:
            if figure.rule != NOBODY:
                _print_figure(figure, console)
        if unset:
            tell(console, (f"{NOBODY}: {', '.join(unset)}", QUIET), indent=2)


def _print_figure(figure: FigurePart, console: Console) -> None:
    tell(console, f"{_name(figure)}: ", (_value(figure), TITLE), indent=2)
    tell(console, (figure.rule, QUIET), indent=6)
    _print_objects(figure.objects, console, indent=6)


def _name(figure: FigurePart) -> str:
    """Without the part that the title says already."""
    area, dot, rest = figure.figure.partition(".")
    return (
        rest if dot and area in ("protection", "objective", "usage", "filling", "findings") else figure.figure
    )


def _print_objects(objects: Sequence[ObjectPart], console: Console, *, indent: int) -> None:
    for part in objects[:_MOST_OBJECTS]:
        place = f"{part.namespace}/{part.name}" if part.namespace else part.name
        times = ", ".join(f"{name} {_time(time)}" for name, time in part.times.items())
        tell(
            console,
            f"{part.kind} {place}",
            f": {part.says}" if part.says else "",
            (f" ({times})" if times else "", QUIET),
            indent=indent,
        )
    if len(objects) > _MOST_OBJECTS:
        tell(console, (f"and {len(objects) - _MOST_OBJECTS} more", QUIET), indent=indent)


def _value(figure: FigurePart) -> str:
    value = figure.value
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return {"seconds": humane, "bytes": _bytes}.get(figure.unit, str)(value)
    return value if isinstance(value, str) else ", ".join(value)


def _bytes(size: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if abs(size) < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} PiB"


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
