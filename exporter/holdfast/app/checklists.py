"""The go-live checklists of all namespaces: gathers what bears on one that may have changed, and keeps what was judged."""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from holdfast.assessment.checklist import NamespaceCase, judge_namespace
from holdfast.assessment.checks.contract import Results, portions
from holdfast.metrics.board import Board
from holdfast.model.check import CHECKS
from holdfast.model.checklist import ITEMS, ChecklistJudgement
from holdfast.model.facts import Claim, Facts, StorageClass
from holdfast.model.filling import FillingJudgement
from holdfast.model.health import Sight
from holdfast.model.identity import FILLING, ClaimRef, ObjectRef, Subject
from holdfast.model.judgement import ClaimJudgement, Finding, Judgement
from holdfast.model.surroundings import Namespace

_T = TypeVar("_T")
_Place = tuple[str, str]
_CLUSTER: _Place = ("Cluster", "")
_ON_ALL = frozenset(ITEMS["classes-standardised"].checks)
"""Checks of which what is found on any class bears on every namespace."""


class _Parted(NamedTuple):
    """What one survey found, and what it could not judge, by where that bears on checklists."""

    findings: Mapping[_Place, list[Finding]]
    unjudged: Mapping[_Place, list[ObjectRef]]


class Checklists:
    """All namespaces. ``judgement`` gives that of a subject."""

    def __init__(self, facts: Facts, board: Board, judgement: Callable[[Subject], Judgement | None]) -> None:
        self._facts = facts
        self._board = board
        self._judgement = judgement
        self._claims: Counter[str] = Counter()
        self._stale: dict[str, None] = {}
        self._all_stale = True
        self._parted: dict[str, _Parted] = {}
        self._going: Generator[None, None, None] | None = None
        self.judged: dict[str, ChecklistJudgement] = {}

    def touch_all(self) -> None:
        self._all_stale = True

    def moved(self, before: Judgement | None, after: Judgement | None) -> None:
        """The judgement of a subject is another."""
        for judgement, step in ((before, -1), (after, 1)):
            if isinstance(judgement, ClaimJudgement):
                self._count(judgement.ref.namespace, step)
            if isinstance(judgement, ClaimJudgement | FillingJudgement):
                self._stale[judgement.ref.namespace] = None

    def _count(self, namespace: str, step: int) -> None:
        self._claims[namespace] += step
        if not self._claims[namespace]:  # namespaces come and go for ever
            del self._claims[namespace]

    def found(
        self, check: str, results: Results, changed: Sequence[ObjectRef]
    ) -> Generator[None, None, None]:
        """A survey has concluded, and on these objects something else than before. In steps."""
        if not changed:
            return
        findings = yield from _by_place(check, [(finding.on, finding) for finding in results.open])
        unjudged = yield from _by_place(check, [(on, on) for on in results.unjudged])
        self._parted[check] = _Parted(findings, unjudged)
        places = {place for on in changed if (place := _place(check, on))}
        self._stale.update(dict.fromkeys(name for kind, name in sorted(places) if kind == "Namespace"))
        classes = {name for kind, name in places if kind == "StorageClass"}
        for name in sorted(classes):
            for some in portions(self._facts.linked(Claim, "class", name)):
                self._stale.update(dict.fromkeys(claim.ref.namespace for claim in some))
                yield
        if _CLUSTER in places:
            self._all_stale = True

    def run(self, sight: Sight, unseen: Callable[[str], str], more_time: Callable[[], bool]) -> bool:
        """Judges the namespaces that are stale, as long as there is time; True when all of it is done."""
        names = {namespace.name for namespace in self._facts.all(Namespace)}
        names.update(self._claims)
        for gone in self.judged.keys() - names:
            del self.judged[gone]
            self._board.drop("checklist", (gone,))
        if self._all_stale:
            self._all_stale = False
            self._stale = dict.fromkeys(sorted(names))
        self._stale.update(dict.fromkeys(sorted(names - self.judged.keys())))
        why = {check: told for check in CHECKS if (told := unseen(check))}
        while self._going or self._stale:
            if self._going is None:
                name = next(iter(self._stale))
                del self._stale[name]
                if name not in names:
                    continue
                self._going = self._judge(name, sight, why)
            for _ in self._going:
                if not more_time():
                    return False
            self._going = None
        return True

    def _judge(self, name: str, sight: Sight, unseen: Mapping[str, str]) -> Generator[None, None, None]:
        """In steps: some namespaces hold thousands of claims."""
        case = yield from self._case(name, sight, unseen)
        items = []
        for item in judge_namespace(case):
            items.append(item)
            yield
        judgement = ChecklistJudgement(namespace=name, items=tuple(items))
        if self.judged.get(name) != judgement:
            self.judged[name] = judgement
            self._board.put("checklist", (name,), judgement)

    def _case(
        self, name: str, sight: Sight, unseen: Mapping[str, str]
    ) -> Generator[None, None, NamespaceCase]:
        claims = self._facts.linked(Claim, "namespace", name)
        classes = frozenset(claim.storage_class for claim in claims if claim.storage_class)
        findings, unjudged = self._bearing(name, classes)
        judged: list[ClaimJudgement] = []
        fillings: dict[ClaimRef, FillingJudgement] = {}
        moves: dict[ClaimRef, tuple[float, ...]] = {}
        by_hand: dict[ClaimRef, str] = {}
        for some in portions(claims):
            yield
            for claim in some:
                if isinstance(filling := self._of(FILLING, claim.ref), FillingJudgement):
                    fillings[claim.ref] = filling
                if watched := self._moves(claim.uid):
                    moves[claim.ref] = watched
                if why := self._by_hand(claim, sight):
                    by_hand[claim.ref] = why
                if isinstance(judgement := self._of("claim", claim.ref), ClaimJudgement):
                    judged.append(judgement)
                    _gather(judgement, findings, unjudged)
        return NamespaceCase(
            namespace=name,
            claims=judged,
            fillings=fillings,
            findings=findings,
            unjudged=unjudged,
            unseen=unseen,
            moves=moves,
            classes=classes,
            sight=sight,
            by_hand=by_hand,
        )

    def _of(self, noun: str, ref: ClaimRef) -> Judgement | None:
        return self._judgement(Subject(noun, ref))

    def _bearing(
        self, name: str, classes: Iterable[str]
    ) -> tuple[dict[str, list[Finding]], dict[str, list[ObjectRef]]]:
        """What the surveys say, by check, of the namespace, its objects, its classes, and the cluster."""
        places = (_CLUSTER, *(("StorageClass", each) for each in sorted(classes)), ("Namespace", name))
        found, unjudged = {}, {}
        for check, parted in self._parted.items():
            found[check] = [each for place in places for each in parted.findings.get(place, ())]
            unjudged[check] = [each for place in places for each in parted.unjudged.get(place, ())]
        return found, unjudged

    def _by_hand(self, claim: Claim, sight: Sight) -> str:
        """Why no class provisions its volume; empty where one does, or that cannot be seen."""
        name = claim.storage_class
        if not name or "StorageClass" in sight.unseen:
            return ""
        storage_class = self._facts.get(StorageClass, name)
        if storage_class is None:
            return f"there is no StorageClass {name!r} that could provision it"
        by_hand = storage_class.provisioner == "kubernetes.io/no-provisioner"
        return f"volumes of its class {name!r} are made by hand" if by_hand else ""

    def _moves(self, uid: str) -> tuple[float, ...]:
        return tuple(float(note.value) for note in self._facts.remembered("reattach", uid))


def _gather(
    claim: ClaimJudgement, findings: dict[str, list[Finding]], unjudged: dict[str, list[ObjectRef]]
) -> None:
    for finding in claim.findings:
        findings.setdefault(finding.check, []).append(finding)
    for check in claim.unjudged:
        unjudged.setdefault(check, []).append(ObjectRef("PersistentVolumeClaim", *claim.ref))


def _place(check: str, on: ObjectRef) -> _Place | None:
    """None where it bears on no checklist: a node, a driver or a volume without a claim says nothing of a namespace."""
    if on.namespace:
        return "Namespace", on.namespace
    if on.kind == "StorageClass":
        return _CLUSTER if check in _ON_ALL else (on.kind, on.name)
    if on.kind == "Namespace":
        return on.kind, on.name
    return _CLUSTER if on.kind == "Cluster" else None


def _by_place(
    check: str, items: Iterable[tuple[ObjectRef, _T]]
) -> Generator[None, None, Mapping[_Place, list[_T]]]:
    parted: dict[_Place, list[_T]] = {}
    for some in portions(items):
        for on, item in some:
            if place := _place(check, on):
                parted.setdefault(place, []).append(item)
        yield
    return parted
