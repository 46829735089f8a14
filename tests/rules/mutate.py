"""``python -m tests.rules.mutate``: breaks each rule in small ways, and tells which breaks its tests do not notice.

Here belongs what is chosen, run side by side and printed. The trial of one mutant belongs to mutant_trial.py.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.rules import pack
from tests.rules.mutant_trial import BrokenPackError, Fate, Trial, Verdict, trials
from tests.rules.mutations import Mutant, mutants
from tests.tools import ToolError

AT_ONCE = 2
COLUMNS: tuple[Fate, ...] = ("contract", "cases", "equivalent", "survived", "untried")


def main() -> int:
    """The exit code: 1 where a mutant survived or was not tried, 2 where nothing could be tried."""
    asked = _arguments()
    began = time.monotonic()
    try:
        found = run(asked.areas or pack.areas(), one_in=asked.one_in, rule=asked.rule, limit=asked.limit)
    except (BrokenPackError, ToolError) as error:
        print(f"mutate: {error}", file=sys.stderr)
        return 2
    print("\n".join(report(found)))
    print(f"{time.monotonic() - began:.0f} s")
    if asked.json:
        asked.json.write_text(document(found))
    return int(any(verdict.fate in ("survived", "untried") for verdict in found))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.rules.mutate", description=__doc__.partition("\n")[0]
    )
    parser.add_argument(
        "areas", nargs="*", choices=[[], *pack.areas()], metavar="AREA", help="all when none is named"
    )
    parser.add_argument("--rule", default="", help="only this alert or recorded series")
    parser.add_argument("--one-in", type=int, default=1, metavar="N", help="a fixed part of all mutants")
    parser.add_argument(
        "--limit", type=float, default=3600, metavar="SECONDS", help="for all of it (%(default)s)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every verdict there too")
    return parser.parse_args()


def run(areas: Sequence[str], *, one_in: int = 1, rule: str = "", limit: float = 3600) -> list[Verdict]:
    """A verdict for each chosen mutant of these areas. Raises BrokenPackError, ToolError."""
    deadline = time.monotonic() + limit
    with (
        tempfile.TemporaryDirectory(prefix="holdfast-mutants-") as folder,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        wanted = [
            trial
            for area in areas
            for trial in trials(area, Path(folder), deadline)
            if rule in ("", trial.rule.get("alert"), trial.rule.get("record"))
        ]
        return [verdict for found in pool.map(lambda trial: _try(trial, one_in), wanted) for verdict in found]


def _try(trial: Trial, one_in: int) -> list[Verdict]:
    found = []
    for verdict in trial.verdicts(mutant for mutant in mutants(trial.rule) if _chosen(mutant, one_in)):
        found.append(verdict)
        if verdict.fate == "survived":  # a whole run takes long: what is found is told at once
            print(f"{verdict.area}: {verdict.mutant.name}: {verdict.mutant.change}", flush=True)
    return found


def _chosen(mutant: Mutant, one_in: int) -> bool:
    """The same part of all each time, whatever stands before it in the file."""
    digest = hashlib.sha256(f"{mutant.name} {mutant.change}".encode()).digest()
    return int.from_bytes(digest[:4]) % one_in == 0


# ---- what is told


def report(found: Sequence[Verdict]) -> Iterator[str]:
    """A line for each area, and the score."""
    yield (
        f"\n{'area':12} {'mutants':>8} " + " ".join(f"{column:>10}" for column in COLUMNS) + f" {'score':>7}"
    )
    for area in [*sorted({verdict.area for verdict in found}), ""]:
        mine = [verdict for verdict in found if area in ("", verdict.area)]
        fates = Counter(verdict.fate for verdict in mine)
        counts = " ".join(f"{fates[column]:>10}" for column in COLUMNS)
        yield f"{area or 'all':12} {len(mine):>8} {counts} {score(mine):>7.1%}"


def score(found: Sequence[Verdict]) -> float:
    """The share of mutants that were noticed, of those that were tried and can be."""
    fates = Counter(verdict.fate for verdict in found)
    noticed = fates["contract"] + fates["cases"]
    return noticed / (noticed + fates["survived"]) if noticed else 0.0


def document(found: Sequence[Verdict]) -> str:
    rows = [
        {
            "area": verdict.area,
            "rule": verdict.mutant.name,
            "labels": verdict.mutant.rule.get("labels", {}),
            "change": verdict.mutant.change,
            "fate": verdict.fate,
            "why": verdict.why,
        }
        for verdict in found
    ]
    return json.dumps(rows, indent=1)


if __name__ == "__main__":
    sys.exit(main())
