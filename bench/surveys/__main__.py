"""``python -m bench.surveys``: puts the records of a large cluster in place, runs every survey and the checklists of all
namespaces, and tells processor time and the longest hold of the event loop.
"""

import argparse
import gc
import sys
import time

from rich.console import Console
from rich.table import Table

from bench.surveys.cluster import NOW, Cluster
from holdfast.app.live import _SLICE, _SURVEY
from holdfast.app.surveying import Surveys
from holdfast.assessment.checks.contract import BREATH, Scene
from holdfast.assessment.checks.table import SURVEYS
from holdfast.assessment.setting import Setting
from holdfast.inventory import Inventory
from holdfast.metrics.board import Board
from holdfast.metrics.catalogue import RENDERED
from holdfast.model.health import Sight
from holdfast.model.identity import ObjectKey, Subject
from holdfast.model.policy import Policy

_MOST = 0.010  # seconds that a stretch between two looks at the time should stay below


class Watch:
    """Stands for the clock of the loop, in processor time, which no other program can lengthen.

    ``longest``: seconds without a look at the time.
    """

    def __init__(self) -> None:
        self.whole = self.longest = 0.0
        self.begin()

    def begin(self) -> None:
        """A slice."""
        self._began = self._looked = time.process_time()

    def look(self) -> float:
        """Seconds since the slice began."""
        now = time.process_time()
        stretch = now - self._looked
        self.whole, self.longest, self._looked = self.whole + stretch, max(self.longest, stretch), now
        return now - self._began

    def leave_out(self) -> None:
        """What was done since the last look does not count."""
        self._looked = time.process_time()

    def more_time(self) -> bool:
        """Ends a slice as ``app.live`` does."""
        return self.look() < _SLICE


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.surveys", description=__doc__)
    for name, size in (("claims", 20_000), ("nodes", 5_000), ("pods", 60_000), ("controllers", 45_000)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--namespaces", type=int, default=1_000)
    parser.add_argument("--classes", type=int, default=1_000)
    cluster = Cluster(**vars(parser.parse_args()))
    console = Console()
    inventory = Inventory(lambda _kind, _uid: ())
    for number, record in enumerate(cluster.records()):
        inventory.put(("core", type(record).__name__), ObjectKey("", str(number)), (record,))
    judgements = cluster.judgements
    setting = Setting(facts=inventory, policy=Policy(), sight=Sight(), now=NOW)
    surveys = Surveys(inventory, setting.policy, Board(RENDERED), judgements.get)
    for judgement in judgements.values():
        surveys.moved(None, judgement)
    surveys.look(setting.sight)
    gc.collect()
    gc.freeze()
    console.print(
        _of_checks(Scene(setting=setting, judged=lambda ref: judgements.get(Subject("claim", ref))))
    )
    console.print(_of_rounds(surveys, setting))
    return 0


def _of_checks(scene: Scene) -> Table:
    """Going over the objects alone, without what follows from what is found."""
    table = Table("survey", "CPU ms", "longest stretch ms", "objects", "found", "not judged")
    for check, survey in SURVEYS.items():
        watch, objects, found, unjudged = Watch(), 0, 0, 0
        entries = survey(scene)
        while (entry := next(entries, None)) is not None:
            watch.look()
            why = entry[1]
            objects += entry is not BREATH
            found, unjudged = found + bool(why), unjudged + (why is None)
            watch.leave_out()
        watch.look()
        longest = f"{1e3 * watch.longest:.1f}" + (" !" if watch.longest > _MOST else "")
        table.add_row(
            check, f"{1e3 * watch.whole:.0f}", longest, f"{objects:,}", f"{found:,}", f"{unjudged:,}"
        )
    return table


def _of_rounds(surveys: Surveys, setting: Setting) -> Table:
    """All surveys, what follows from what is found, and the checklists, in slices as they are in the exporter."""
    table = Table("round", "CPU s", "share of one core", "slices", "longest slice ms", "longest stretch ms")
    for name in ("first", "again"):
        watch, slices, held, done = Watch(), 0, 0.0, False
        surveys.look(setting.sight)
        while not done:
            watch.begin()
            done = surveys.run(setting, watch.more_time)
            held, slices = max(held, watch.look()), slices + 1
        gc.freeze()  # as the exporter does after its first judgement
        table.add_row(
            name,
            f"{watch.whole:.2f}",
            f"{watch.whole / _SURVEY:.2%}",
            f"{slices:,}",
            f"{1e3 * held:.1f}",
            f"{1e3 * watch.longest:.1f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
