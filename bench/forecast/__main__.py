"""``python -m bench.forecast``: the forecaster, the rules everybody runs and a plain line, on volumes whose end is known.

``--csv FILE`` asks the forecaster about one's own volume instead.
"""

import argparse
import sys
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from bench.forecast.plots import draw
from bench.forecast.readings_file import read_csv
from bench.forecast.rivals import line, mixin
from bench.forecast.scene import Series
from bench.forecast.scoring import WITHIN, Tally
from bench.forecast.subject import ask
from bench.forecast.volumes import KINDS, make

_DAY = 86400.0
_WHO = ("holdfast", "kubernetes-mixin", "line through 7 days")


def main() -> int:
    """The exit code: 2 where a file cannot be read."""
    asked = _arguments()
    if asked.plots:
        draw(asked.plots)
        return 0
    if asked.csv:
        try:
            print(_own(*read_csv(asked.csv)))
        except (OSError, ValueError) as error:
            print(error, file=sys.stderr)
            return 2
        return 0
    items = [(kind, asked.seed + n) for kind in asked.kinds or KINDS for n in range(asked.volumes)]
    with Pool(asked.jobs) as pool:
        tallies = pool.map(_judge, items, chunksize=2)
    print(f"{len(items)} volumes, {sum(one[0].looks for one in tallies) / 730.5:.0f} volume-months\n")
    print(_table({who: _sum([one[n] for one in tallies]).figures() for n, who in enumerate(_WHO)}))
    if asked.by_kind:
        kinds = sorted({kind for kind, _ in items})
        print()
        print(
            _table(
                {
                    kind: _sum(
                        [one[0] for one, item in zip(tallies, items, strict=True) if item[0] == kind]
                    ).figures()
                    for kind in kinds
                }
            )
        )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.forecast", description=__doc__)
    parser.add_argument("--volumes", type=int, default=6, help="of each kind")
    parser.add_argument("--seed", type=int, default=9000, help="of the first; other seeds, other volumes")
    parser.add_argument("--kinds", nargs="+", choices=sorted(KINDS))
    parser.add_argument("--by-kind", action="store_true", help="our figures for each kind, too")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "--csv", type=Path, help="time,used,capacity: what is foretold of it, and how that went"
    )
    parser.add_argument(
        "--plots", type=Path, metavar="FOLDER", help="write the plots of docs/forecast.md there"
    )
    return parser.parse_args()


def _judge(item: tuple[str, int]) -> tuple[Tally, Tally, Tally]:
    volume = make(*item)
    looks, truth, foreseen = volume.looks, volume.truth, volume.foreseen
    told, alarm = ask(volume.times, volume.used, volume.capacity, looks)
    nothing = np.full(len(looks), np.nan)
    wait, warned = mixin(volume.times, volume.used, volume.capacity, looks)
    plain = line(volume.times, volume.capacity - volume.used, looks, 168.0)
    ours, theirs, lines = Tally(), Tally(), Tally()
    ours.add(truth, foreseen, (told.central, told.early, told.late), alarm)
    theirs.add(truth, foreseen, (wait, nothing, nothing), warned)
    lines.add(truth, foreseen, (plain, nothing, nothing), plain <= WITHIN)
    return ours, theirs, lines


def _sum(tallies: list[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.join(tally)
    return total


def _table(rows: dict[str, dict[str, float]]) -> str:
    columns = list(next(iter(rows.values())))
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "--:|" * len(columns)]
    lines += [
        f"| {name} | " + " | ".join(_cell(c, row[c]) for c in columns) + " |" for name, row in rows.items()
    ]
    return "\n".join(lines)


def _cell(column: str, value: float) -> str:
    if np.isnan(value):
        return "–"
    if column in ("precision", "missed", "hours alarmed", "covers"):
        return f"{value:.0%}".replace("%", " %")
    return f"{value:.0f}" if column == "lead h" else f"{value:.2f}"


def _own(times: Series, used: Series, capacity: Series) -> str:
    """What is foretold of a volume of one's own, and how near earlier forecasts came if it did fill."""
    last = float(times[-1])
    met = np.flatnonzero(used >= 0.99 * capacity)
    lines = [
        "| look, days before the last reading | full in days | early | late | alarm |"
        + (" truth |" if len(met) else "")
    ]
    lines.append("|--:|--:|--:|--:|---|" + ("--:|" if len(met) else ""))
    looks = np.array(
        [last - ago * _DAY for ago in (28, 21, 14, 10, 7, 5, 4, 3, 2, 1, 0) if last - ago * _DAY >= times[0]]
    )
    told, alarm = ask(times, used, capacity, looks)
    for place, look in enumerate(looks):
        days = [_days(float(bound[place])) for bound in (told.central, told.early, told.late)]
        later = met[times[met] >= look]
        truth = f" {_days(float(times[later[0]] - look))} |" if len(later) else " – |" if len(met) else ""
        lines.append(
            f"| {(last - look) / _DAY:.0f} | {' | '.join(days)} | {'yes' if alarm[place] else 'no'} |{truth}"
        )
    return "\n".join(lines)


def _days(seconds: float) -> str:
    if np.isnan(seconds):
        return "–"
    return f"{seconds / _DAY:.1f}" if np.isfinite(seconds) else "not filling"


if __name__ == "__main__":
    raise SystemExit(main())
