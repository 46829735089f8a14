"""The checks that look at the whole cluster, and the checklists that follow: run when something that they read has
changed, at most so often, in slices. What is found is concluded in ``assessment.checks``.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from typing import TypeVar

from holdfast.app.checklists import Checklists
from holdfast.assessment.checks.claims import CLAIM_CHECKS
from holdfast.assessment.checks.contract import BREATH, Found, Results, Scene, Why, portions
from holdfast.assessment.checks.ignoring import annotations_of, heed
from holdfast.assessment.checks.table import SURVEYS
from holdfast.assessment.setting import Setting
from holdfast.metrics.board import Board
from holdfast.model.check import CHECKS, Judged
from holdfast.model.facts import Claim, Facts
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectRef, Subject
from holdfast.model.judgement import CheckJudgement, ClaimJudgement, Finding, Judgement
from holdfast.model.policy import Policy

_AGAIN = 3600.0  # seconds after which a survey is made anew, whatever has changed
_T = TypeVar("_T")
_Whys = dict[ObjectRef, Why]

Steps = Generator[None, None, _T]
"""Work after each step of which others may be let go on; returns what came of it."""


class Surveys:
    """``judgement`` gives that of a subject. ``pause``: seconds at the least between two rounds of checks.

    ``judged`` tells of each check whether it could be judged.
    """

    def __init__(
        self, facts: Facts, policy: Policy, board: Board, judgement: Callable[[Subject], Judgement | None]
    ) -> None:
        self._facts = facts
        self._policy = policy
        self._board = board
        self._judgement = judgement
        self._sight = Sight()
        self._untold = True
        self._stale: dict[str, None] = dict.fromkeys(SURVEYS)
        self._batch: dict[str, None] = {}
        self._going: Steps[None] | None = None
        self._rounding = False
        self._resume = 0.0
        self._urgent = False
        self._results: dict[str, Results] = {}
        self._unsure: Counter[str] = Counter()  # claims of which a check could not be judged
        self.checklists = Checklists(facts, board, judgement)
        self.pause = 0.0
        self.judged: dict[str, Judged] = {}

    def touch(self, kind: str) -> None:
        """An object of this kind came, changed or went."""
        for check in _READERS.get(kind, ()):
            self._stale[check] = None
        for check, results in self._results.items():
            if kind in results.kinds:  # its annotations say what is ignored
                self._stale[check] = None
        if kind == "StorageClass":
            self.checklists.touch_all()

    def moved(self, before: Judgement | None, after: Judgement | None) -> None:
        """The judgement of a subject is another."""
        if before is None and after is None:
            return
        self.checklists.moved(before, after)
        if not isinstance(before, ClaimJudgement | None) or not isinstance(after, ClaimJudgement | None):
            return
        if before is None or after is None or _read_of(before) != _read_of(after):
            self.touch("PersistentVolumeClaim")
        unsure = after.unjudged if after else ()
        if before is None or after is None or before.unjudged != unsure:
            self._unsure.subtract(before.unjudged if before else ())
            self._unsure.update(unsure)
            self._untold = True

    def look(self, sight: Sight) -> None:
        """Other kinds are in sight now."""
        self._sight = sight
        self._untold = True
        self._urgent = True  # what was said of what cannot be seen does not wait
        self._stale = dict.fromkeys(SURVEYS)
        self.checklists.touch_all()

    def run(self, setting: Setting, more_time: Callable[[], bool]) -> bool:
        """Judges what is stale, as long as there is time; False when there is more to do now."""
        now = setting.now
        if not self._rounding:
            if not self._urgent and now < self._resume <= now + self.pause:  # clocks may be set back
                return True
            self._urgent = False
            self._batch, self._stale = {**self._stale, **self._returning(now)}, {}
            self._rounding = True
        if not self._run_checks(setting, more_time):
            return False
        if not self.checklists.run(self._sight, self.unseen, more_time):
            return False
        self._rounding = False
        self._resume = now + self.pause
        if self._untold:
            self._tell()
        return True

    def _run_checks(self, setting: Setting, more_time: Callable[[], bool]) -> bool:
        scene = Scene(setting=setting, judged=self._judged)
        while self._batch:
            check = next(iter(self._batch))
            if self._going is None:
                self._going = self._go_through(check, scene)
            for _ in self._going:
                if not more_time():
                    return False
            self._going = None
            del self._batch[check]
            self._untold = True
        return True

    @property
    def findings(self) -> Iterator[Finding]:
        """All that are open, in the order of the checks."""
        for results in self._results.values():
            yield from results.open

    def on(self, ref: ObjectRef) -> tuple[Sequence[Finding], Sequence[Finding]]:
        """The open and the ignored findings on one object."""
        results = self._results.values()
        return (
            [finding for each in results for finding in _standing_on(ref, each.open)],
            [finding for each in results for finding in _standing_on(ref, each.ignored)],
        )

    def unseen(self, check: str) -> str:
        """Why the check was not judged at all; empty where it was."""
        if check in self._policy.checks_off:
            return "the configuration turns it off"
        lost = [kind for kind in CHECKS[check].reads if kind in self._sight.unseen]
        return f"{' and '.join(lost)} objects cannot be seen" if lost else ""

    def _survey(self, check: str, scene: Scene) -> Iterator[Found]:
        return iter(()) if self.unseen(check) else SURVEYS[check](scene)

    def _go_through(self, check: str, scene: Scene) -> Steps[None]:
        """Asks of all objects, and only then, at once, takes what is found for what is in force."""
        whys: _Whys = {}
        objects = 0
        for found in self._survey(check, scene):
            if found is not BREATH:
                objects += 1
                _hear(whys, *found)
            yield
        before = self._results.get(check, Results())
        results = yield from _concluded(check, whys, objects, before, scene.setting)
        self._results[check] = results
        moved = yield from self._show(before, results)
        unsure = yield from _differing(before.unjudged, results.unjudged)
        yield from self.checklists.found(check, results, moved + unsure)

    def _show(self, before: Results, after: Results) -> Steps[list[ObjectRef]]:
        """One row a finding, so that rows which stay are not rendered again. Returns where something changed."""
        gone = {finding.on: finding for finding in before.open}
        moved = []
        for finding in after.open:
            was = gone.pop(finding.on, None)
            if was is None:
                self._board.put("finding", ("survey", finding.check, *finding.on), (finding,))
            if was != finding:
                moved.append(finding.on)
            yield
        for finding in gone.values():
            self._board.drop("finding", ("survey", finding.check, *finding.on))
            moved.append(finding.on)
            yield
        return moved

    def _returning(self, now: float) -> dict[str, None]:
        """Checks that the clock may have changed: an ignored finding comes back, an exemption has ended."""
        return dict.fromkeys(check for check, each in self._results.items() if each.until <= now)

    def _judged(self, ref: ClaimRef) -> ClaimJudgement | None:
        judgement = self._judgement(Subject("claim", ref))
        return judgement if isinstance(judgement, ClaimJudgement) else None

    def _tell(self) -> None:
        self._untold = False
        claims = len(self._facts.all(Claim))
        for check in CHECKS.values():
            judged = CheckJudgement(severity=check.severity, judged=self._state(check.id, claims))
            self._board.put("check", (check.id,), judged)
            self.judged[check.id] = judged.judged

    def _state(self, check: str, claims: int) -> Judged:
        if check in self._policy.checks_off:
            return "off"
        if self.unseen(check):
            return "no"
        results = self._results.get(check, Results())
        unjudged = len(results.unjudged) + self._unsure[check]
        objects = results.objects + (claims if check in CLAIM_CHECKS else 0)
        if unjudged and unjudged >= objects:
            return "no"
        lost = any(kind in self._sight.unseen for kind in CHECKS[check].helped_by)
        return "partly" if lost or unjudged else "yes"


def _read_of(claim: ClaimJudgement) -> tuple[object, ...]:
    """What surveys read of a claim's judgement."""
    return claim.objective, claim.protection.places


def _hear(whys: _Whys, on: ObjectRef, why: Why) -> None:
    """Of several that speak for one object, those that find it speak first, of these the first of the alphabet.

    Those that are fine are not kept: there are tens of thousands, and the garbage collector would go over them.
    """
    if why == "":
        return
    before = whys.get(on)
    whys[on] = min(before, why) if before and why else before or why


def _concluded(
    check: str, whys: Mapping[ObjectRef, Why], objects: int, before: Results, setting: Setting
) -> Steps[Results]:
    """What was found before stays the same record: a full garbage collection goes over what is new."""
    known = {finding.on: finding for finding in before.open}
    findings: list[Finding] = []
    ignored: list[Finding] = []
    unjudged: list[ObjectRef] = []
    kinds: set[str] = set()
    ends: list[float] = []
    ordered = yield from _ordered(whys)
    for some in portions(ordered):
        for on in some:
            why = whys[on]
            if why is None:
                unjudged.append(on)
                continue
            found = known.get(on)
            if found is None or found.why != why:
                found = Finding(check=check, on=on, why=why)
            heeded = heed((found,), annotations_of(on, setting.facts), setting.now)
            findings += heeded.open
            ignored += heeded.ignored
            kinds.add(on.kind)
            ends += [heeded.until] if heeded.until is not None else []
        yield
    return Results(
        open=tuple(findings),
        ignored=tuple(ignored),
        unjudged=tuple(unjudged),
        objects=objects,
        kinds=frozenset(kinds),
        until=min((*ends, setting.now + _AGAIN)),
    )


def _ordered(objects: Iterable[ObjectRef]) -> Steps[list[ObjectRef]]:
    """Tens of thousands are not put in order at once."""
    runs = []
    for some in portions(objects):
        runs.append(sorted(some))
        yield
    ordered = []
    for on in merge(*runs):
        ordered.append(on)
        yield
    return ordered


def _differing(before: Sequence[ObjectRef], after: Sequence[ObjectRef]) -> Steps[list[ObjectRef]]:
    """What stands in one of them only."""
    gone, come = dict.fromkeys(before), []
    for on in after:
        if on in gone:
            del gone[on]
        else:
            come.append(on)
        yield
    return [*gone, *come]


def _standing_on(ref: ObjectRef, findings: Sequence[Finding]) -> Sequence[Finding]:
    """``findings`` are in order, and at most one stands on each object."""
    place = bisect_left(findings, ref, key=lambda finding: finding.on)
    return [finding for finding in findings[place : place + 1] if finding.on == ref]


def _readers() -> dict[str, tuple[str, ...]]:
    kinds = {kind for check in SURVEYS for kind in (*CHECKS[check].reads, *CHECKS[check].helped_by)}
    return {
        kind: tuple(c for c in SURVEYS if kind in CHECKS[c].reads or kind in CHECKS[c].helped_by)
        for kind in sorted(kinds)
    }


_READERS = _readers()
"""The surveys that read objects of a kind."""
