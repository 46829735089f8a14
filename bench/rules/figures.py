"""What a run found, as tables for people and as JSON. Nothing is measured here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

import msgspec
from rich import box
from rich.table import Table

from bench.rules.holding import Round
from bench.rules.panels import Asked

GOAL = 1.0  # seconds a minute, for the whole pack
PATIENCE = 2.0  # seconds that somebody who looks at a dashboard waits for a question
MINUTE = 60.0


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a pack costs: medians over the rounds. ``total`` and ``groups`` are seconds a minute, at each group's own interval;
    ``dearest`` seconds an evaluation; ``cpu`` a round's mean, of the process."""

    rules: int
    total: float
    cpu: float
    groups: dict[str, float]
    dearest: list[tuple[str, str, float]]


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """The scene's size, the machine, and both packs."""

    version: str
    cores: int
    load: float
    claims: int
    series: int
    past: int
    resident: int
    rounds: int
    ours: Taken
    mixin: Taken
    questions: list[Asked] = []


def taken(rounds: Sequence[Round], cpu: float, intervals: Mapping[str, float]) -> Taken:
    """``intervals``: seconds between two evaluations of each group, as users have it."""
    groups = {
        name: median(each.groups[name] for each in rounds) * MINUTE / intervals[name]
        for name in rounds[0].groups
    }
    rules = {key: median(each.seconds[key] for each in rounds) for key in rounds[0].seconds}
    dearest = sorted(
        ((group, name, seconds) for (group, _, name), seconds in rules.items()), key=lambda each: -each[2]
    )
    return Taken(
        rules=len(rules),
        total=sum(groups.values()),
        cpu=cpu / len(rounds),
        groups=groups,
        dearest=dearest[:30],
    )


def tables(run: Run) -> list[Table]:
    told = [_packs(run), _groups(run.ours.groups), _rules(run.ours)]
    return [*told, _boards(run.questions), _questions(run.questions)] if run.questions else told


def document(run: Run) -> bytes:
    return msgspec.json.format(msgspec.json.encode(run), indent=2) + b"\n"


def _packs(run: Run) -> Table:
    caption = (
        f"Prometheus {run.version}, {run.cores} cores, load {run.load:.1f}, median of {run.rounds} rounds,"
        f" {run.past / 1e6:.1f} million samples of the past, {run.resident / 1e9:.1f} GB resident"
    )
    shown = Table(title=f"{run.claims:,} claims, {run.series:,} series", caption=caption, box=box.SIMPLE_HEAD)
    for name in ("pack", "rules", "seconds a minute", "CPU", "in relation"):
        shown.add_column(name, justify="left" if name in ("pack", "in relation") else "right")
    ratio = f"{run.ours.total / run.mixin.total:.1f} × the mixin's" if run.mixin.total else ""
    goal = f"goal {GOAL:g} s: {'held' if run.ours.total <= GOAL else 'missed'}"
    for name, pack, relation in (
        ("Holdfast, whole pack", run.ours, f"{ratio}; {goal}"),
        ("kubernetes-mixin, storage", run.mixin, ""),
    ):
        shown.add_row(name, str(pack.rules), f"{pack.total:.3f}", f"{pack.cpu:.3f}", relation)
    return shown


def _groups(groups: Mapping[str, float]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column("group")
    shown.add_column("ms", justify="right")
    for name, seconds in sorted(groups.items(), key=lambda each: -each[1]):
        shown.add_row(name, f"{seconds * 1000:.1f}")
    return shown


def _rules(pack: Taken) -> Table:
    shown = Table(box=box.SIMPLE_HEAD)
    shown.add_column("dearest rules")
    shown.add_column("group")
    shown.add_column("ms", justify="right")
    told: dict[tuple[str, str], int] = defaultdict(int)
    for group, name, seconds in pack.dearest:
        told[group, name] += 1
        shown.add_row(name, group, f"{seconds * 1000:.1f}")
    return shown


def _boards(questions: Sequence[Asked]) -> Table:
    """What it takes to open each dashboard, one question after the other."""
    shown = Table(box=box.SIMPLE_HEAD)
    for name in ("dashboard", "questions", "seconds", "slowest"):
        shown.add_column(name, justify="left" if name == "dashboard" else "right")
    for board in dict.fromkeys(each.board for each in questions):
        mine = [each.seconds for each in questions if each.board == board]
        shown.add_row(board, str(len(mine)), f"{sum(mine):.1f}", f"{max(mine):.2f}")
    return shown


def _questions(questions: Sequence[Asked]) -> Table:
    slowest = sorted(questions, key=lambda each: -each.seconds)[:20]
    late = sum(each.seconds > PATIENCE for each in questions)
    shown = Table(box=box.SIMPLE_HEAD, caption=f"{late} of {len(questions)} take longer than {PATIENCE:g} s")
    for name in ("slowest questions", "panel", "kind", "series", "seconds"):
        shown.add_column(name, justify="right" if name in ("series", "seconds") else "left")
    for each in slowest:
        kind = f"graph of {each.points}" if each.points else "now"
        shown.add_row(
            f"{each.board} {each.panel}{each.query}",
            each.title,
            kind,
            str(each.series),
            f"{each.seconds:.2f}",
        )
    return shown
