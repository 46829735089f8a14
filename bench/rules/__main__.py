"""``python -m bench.rules``: fills a Prometheus with a cluster's series, has it evaluate our rules and others', tells.

Everything listens on loopback, and everything that was started here is ended here, also when a step fails.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console

from bench.rules import mixin, others, ours, panels
from bench.rules.figures import Run, Taken, document, tables, taken
from bench.rules.holding import NEVER, Holding, HoldingError, Pages, import_past, served
from bench.rules.scene import Scene
from tests import tools
from tests.real.process import StartError
from tests.tools import ToolError

WARM = 2  # rounds that are not counted: caches are cold, and what rests on what was recorded is not there yet


def main() -> int:
    """The exit code: 1 when a step failed, with one line about it; 130 when asked to end."""
    asked = _arguments()
    console = Console(stderr=True)
    signal.signal(signal.SIGTERM, _end)
    try:
        run = _run(asked, lambda text: console.print(text, style="dim", highlight=False))
    except (HoldingError, StartError, ToolError, OSError, subprocess.SubprocessError) as error:
        console.print(
            f"the bench failed: {error}", style="red", highlight=False, markup=False, soft_wrap=True
        )
        return 1
    except KeyboardInterrupt:
        return 130
    if asked.json:
        asked.json.write_bytes(document(run))
    for table in tables(run):
        Console().print(table)
    return 0


def _end(*_: object) -> None:
    """One way out, that cleans up. Raised and not sent on: a process in the background may be deaf to Ctrl-C."""
    raise KeyboardInterrupt


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.rules", description="Measures what the rules cost."
    )
    parser.add_argument("--claims", type=int, default=20_000, help="%(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="evaluations that are counted (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another cluster (%(default)s)")
    parser.add_argument("--panels", action="store_true", help="ask every question of the dashboards too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    return parser.parse_args()


def _run(asked: argparse.Namespace, tell: Any) -> Run:
    scene = Scene(claims=asked.claims, seed=asked.seed)
    pack, read = mixin.ours(), mixin.names(mixin.ours())
    pages = _pages(scene, {name for name in read if ":" not in name})
    tell(f"made the pages of {scene.claims:,} claims")
    with tempfile.TemporaryDirectory(prefix="holdfast-bench-") as name, served(pages) as address:
        folder = Path(name)
        looks = mixin.looks(pack) | mixin.looks(mixin.MIXIN)
        with Holding(folder, address, pages, folder / "first") as first:
            series = first.wait_until_scraped()
            tell(f"{series:,} series; one look at what is recorded, for the past of it")
            first.evaluate(pack)
            for _ in first.rounds(WARM):
                pass
            present = {look.name: first.ask(look.name) for look in looks}
        past = import_past(folder, folder / "data", present, looks, time.time())
        tell(f"imported {past:,} samples of the past")
        with Holding(folder, address, pages, folder / "data") as holding:
            series = holding.wait_until_scraped()
            of_ours = _measured(holding, pack, asked.rounds)
            tell(f"ours: {of_ours.total:.3f} s")
            questions = []
            if asked.panels:
                holding.evaluate(pack, NEVER)
                questions = list(panels.asked(holding, scene))
                tell(f"{len(questions)} questions of dashboards")
            of_mixin = _measured(holding, mixin.MIXIN, asked.rounds)
            tell(f"mixin: {of_mixin.total:.3f} s")
            return Run(
                version=_version(),
                cores=psutil.cpu_count() or 1,
                load=os.getloadavg()[0],
                claims=scene.claims,
                series=series,
                past=past,
                resident=holding.resident(),
                rounds=asked.rounds,
                ours=of_ours,
                mixin=of_mixin,
                questions=questions,
            )


def _pages(scene: Scene, read: set[str]) -> Pages:
    """Each page; what does not change is made once. Raises HoldingError where a rule would find nothing."""
    foreign = {name for name in read if not name.startswith("holdfast_")}
    holdfast, claims = ours.text(scene).encode(), others.claims_text(scene).encode()
    missing = {
        name for name in read - foreign if not re.search(rb"^%b\b" % name.encode(), holdfast, re.MULTILINE)
    }
    if missing:
        raise HoldingError(f"rules read what the scene lacks: {', '.join(sorted(missing))}")
    scrapes = iter(range(1_000_000))
    return {
        "/holdfast": lambda: holdfast,
        "/claims": lambda: claims,
        "/nodes": lambda: others.read_text(scene, foreign, next(scrapes)).encode(),
    }


def _measured(holding: Holding, document_: dict[str, Any], count: int) -> Taken:
    holding.evaluate(document_)
    for _ in holding.rounds(WARM):
        pass
    before = holding.cpu()
    rounds = list(holding.rounds(count + 1))[1:]  # the first is the one that has just been seen
    return taken(rounds, holding.cpu() - before, mixin.intervals(document_))


def _version() -> str:
    told = subprocess.run([tools.path("prometheus"), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"version (\S+)", told.stdout + told.stderr)
    return found[1] if found else "unknown"


if __name__ == "__main__":
    sys.exit(main())
