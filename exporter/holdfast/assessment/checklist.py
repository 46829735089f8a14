"""The go-live checklist of one namespace: each item from findings and judgements, nothing judged twice."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from holdfast.assessment.drills import DRILL_RULES
from holdfast.model.checklist import ITEMS, Item, ItemJudgement, ItemState
from holdfast.model.filling import UNMEASURED_REASONS, FillingJudgement
from holdfast.model.health import Sight
from holdfast.model.identity import ClaimRef, ObjectRef
from holdfast.model.judgement import ClaimJudgement, Finding

_MOST = 10  # reasons of one item; the findings tell the rest
_OF_ALL_CLASSES = "classes-standardised"  # others look at the classes of the namespace's own claims
_CLAIM = "PersistentVolumeClaim"


class NamespaceCase(msgspec.Struct, frozen=True, kw_only=True):
    """All that bears on the checklist of one namespace.

    ``findings`` are by check: those on objects of the namespace, and those on objects without one (classes, the
    cluster). ``unjudged`` are such objects of which a check could not be judged; ``unseen`` are checks that were not
    judged at all, each with why. ``moves``: how many seconds each watched move of a claim to another node took, the
    newest last. ``classes`` are those of its claims. ``by_hand``: claims whose volume no class provisions, each with why.
    """

    namespace: str
    claims: Sequence[ClaimJudgement]
    fillings: Mapping[ClaimRef, FillingJudgement]
    findings: Mapping[str, Sequence[Finding]]
    unjudged: Mapping[str, Sequence[ObjectRef]]
    unseen: Mapping[str, str]
    moves: Mapping[ClaimRef, Sequence[float]]
    classes: frozenset[str]
    sight: Sight
    by_hand: Mapping[ClaimRef, str] = {}

    @property
    def sees_claims(self) -> bool:
        """Whether there are no other claims than these."""
        return self.sight.claims and _CLAIM not in self.sight.unseen

    @property
    def in_order(self) -> list[ClaimJudgement]:
        return sorted(self.claims, key=lambda claim: claim.ref)

    @property
    def asked(self) -> list[ClaimJudgement]:
        """Exempt claims are asked for no copy."""
        return [claim for claim in self.in_order if claim.protection.state != "exempt"]


class _Remark(NamedTuple):
    """One thing that bears on an item: what it makes of it, why, and the object behind it, if it is one.

    There may be as many as claims, of which few are told: put into words are those alone.
    """

    state: ItemState
    why: str = ""
    on: ObjectRef | ClaimRef | None = None

    @property
    def said(self) -> str:
        """A claim is named here, other objects where it is found what is wrong with them."""
        return f"{self.on}: {self.why}" if isinstance(self.on, ClaimRef) else self.why

    @property
    def object(self) -> ObjectRef | None:
        return ObjectRef(_CLAIM, *self.on) if isinstance(self.on, ClaimRef) else self.on


_PASS = _Remark("pass")


def judge_namespace(case: NamespaceCase) -> Iterator[ItemJudgement]:
    """Every item, in the order of ``ITEMS``, one at a time. Fail outweighs unknown, unknown outweighs pass."""
    if case.claims:
        yield from (_judge(item, case) for item in ITEMS.values())
        return
    state: ItemState = "not_applicable" if case.sees_claims else "unknown"
    why = "the namespace has no claims" if case.sees_claims else f"{_CLAIM} objects cannot be seen"
    yield from (ItemJudgement(item=item, state=state, reasons=(why,)) for item in ITEMS)


def _judge(item: Item, case: NamespaceCase) -> ItemJudgement:
    remarks = list(_of_checks(item, case))
    if item.id in _LOOKS:
        remarks += _LOOKS[item.id](case)
        remarks += () if case.sees_claims else (_Remark("unknown", "not all claims can be seen"),)
    elif not item.checks:
        raise LookupError(f"nothing judges {item.id}")
    for state in ("fail", "unknown", "pass"):
        those = [remark for remark in remarks if remark.state == state]
        if those:
            return _concluded(item, those[0].state, those)
    if item.checks:
        return ItemJudgement(item=item.id, state="pass")
    return ItemJudgement(item=item.id, state="not_applicable", reasons=(_NOTHING_ASKED[item.id],))


def _concluded(item: Item, state: ItemState, remarks: Iterable[_Remark]) -> ItemJudgement:
    told = list(dict.fromkeys(remark for remark in remarks if remark.why))
    more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
    objects = dict.fromkeys(on for remark in told[:_MOST] if (on := remark.object))
    reasons = [remark.said for remark in told[:_MOST]]
    return ItemJudgement(item=item.id, state=state, reasons=(*reasons, *more), objects=tuple(objects))


def _of_checks(item: Item, case: NamespaceCase) -> Iterator[_Remark]:
    for check in item.checks:
        if why := case.unseen.get(check):
            yield _Remark("unknown", f"{check}: {why}")
        for finding in sorted(case.findings.get(check, ()), key=lambda finding: (finding.on, finding.why)):
            if _bears(finding.on, item, case):
                yield _Remark("fail", f"{check}: {finding.on}: {finding.why}", finding.on)
        for on in sorted(case.unjudged.get(check, ())):
            if _bears(on, item, case):
                yield _Remark("unknown", f"{check}: {on} could not be judged", on)


def _bears(on: ObjectRef, item: Item, case: NamespaceCase) -> bool:
    """A volume without a claim, a node or another namespace says nothing of this one."""
    if on.namespace:
        return on.namespace == case.namespace
    if on.kind == "StorageClass":
        return item.id == _OF_ALL_CLASSES or on.name in case.classes
    return on.kind == "Cluster" or (on.kind == "Namespace" and on.name == case.namespace)


def _on(claim: ClaimJudgement, state: ItemState, why: str) -> _Remark:
    return _Remark(state, why, claim.ref)


def _dim(claim: ClaimJudgement) -> bool:
    """Its namespace or workloads may ask more of it than is known."""
    return "objective-unknown" in claim.protection.reasons


_ASKED_UNSEEN = "what is asked of it cannot all be seen"


def _moved(case: NamespaceCase) -> Iterator[_Remark]:
    """The newest move of each claim: what was slow once may have been mended."""
    for claim in case.in_order:
        moves, rto = case.moves.get(claim.ref), claim.objective.rto
        if not moves:
            yield _on(claim, "unknown", "no move to another node was watched")
        elif _dim(claim):
            yield _on(claim, "unknown", _ASKED_UNSEEN)
        elif rto is None:
            yield _on(claim, "unknown", f"moved in {moves[-1]:.0f} s, and no rto is declared")
        elif moves[-1] >= rto:
            yield _on(claim, "fail", f"moved in {moves[-1]:.0f} s, and the rto is {rto:.0f} s")
        else:
            yield _PASS


def _consistent(case: NamespaceCase) -> Iterator[_Remark]:
    """Nothing demanded: any copy that counts will do. One that cannot be restored now is as good as none."""
    for claim in case.asked:
        protection, demanded = claim.protection, claim.objective.application
        if _dim(claim):
            yield _on(claim, "unknown", _ASKED_UNSEEN)
        elif protection.places:
            yield _PASS
        elif protection.state == "unknown":
            yield _on(claim, "unknown", "a copy may be there that cannot be seen or reached")
        elif not protection.clocks:
            yield _on(claim, "fail", "there is no copy")
        elif demanded and not any(clock.consistency == "application" for clock in protection.clocks):
            yield _on(claim, "fail", "no copy is application-consistent")
        else:
            yield _on(claim, "fail", "no copy that counts could be restored now")


def _within_objectives(case: NamespaceCase) -> Iterator[_Remark]:
    for claim in case.asked:
        if _dim(claim):
            yield _on(claim, "unknown", _ASKED_UNSEEN)
            continue
        missing = list(_undeclared(claim))
        if missing:
            yield _on(claim, "fail", f"no {' and no '.join(missing)} is declared")
            continue
        told = [*_point_met(claim), *_time_met(claim)]
        yield from (_on(claim, state, why) for state, why in told)
        if not told:
            yield _PASS


def _undeclared(claim: ClaimJudgement) -> Iterator[str]:
    """What is built in was declared by nobody."""
    objective = claim.objective
    if objective.rpo is None or objective.rpo_origin in (None, "builtin"):
        yield "rpo"
    if objective.rto is None:
        yield "rto"


def _point_met(claim: ClaimJudgement) -> Iterator[tuple[ItemState, str]]:
    if claim.protection.state == "unknown":
        yield "unknown", "whether the rpo is met cannot be seen"
    elif claim.protection.state != "protected":
        yield "fail", f"the rpo is not met: {claim.protection.state}"


def _time_met(claim: ClaimJudgement) -> Iterator[tuple[ItemState, str]]:
    """Whether the drill is due again is asked by another item."""
    proof, rto = claim.proof, claim.objective.rto
    if proof.state in ("failed", "never"):
        yield "fail", DRILL_RULES[proof.state]
    elif proof.state == "unknown" and (proof.ended is None or proof.duration is not None):
        yield "unknown", DRILL_RULES["unknown"]
    elif proof.duration is None or rto is None:
        yield "unknown", "the last drill does not tell how long it took"
    elif proof.duration > rto:
        yield "fail", f"the last drill took {proof.duration:.0f} s, and the rto is {rto:.0f} s"


def _drilled(case: NamespaceCase) -> Iterator[_Remark]:
    """A restore that was slow is a restore. Without an interval nobody has decided to drill: that is seen, not unknown."""
    blind = bool(case.sight.blind) or case.sight.unproven
    for claim in case.asked:
        state = claim.proof.state
        if _dim(claim):
            yield _on(claim, "unknown", _ASKED_UNSEEN)
        elif claim.objective.restore_drill_every is None:
            yield _on(claim, "fail", "no interval of restore drills is declared")
        elif state in ("failed", "never", "overdue"):
            yield _on(claim, "fail", DRILL_RULES[state])
        elif state in ("passed", "slow") or (claim.proof.ended is not None and not blind):
            yield _PASS  # of the latter it is only unknown how long the restore took
        else:
            yield _on(claim, "unknown", DRILL_RULES["unknown"])


_NOT_YET_TOLD = frozenset({"not-asked", "just-started"})
"""Where nobody was asked, or nobody could have answered yet, somebody may measure all the same."""


def _measured(case: NamespaceCase) -> Iterator[_Remark]:
    if not case.sight.pods:
        yield _Remark("unknown", "which claims are mounted cannot be seen")
    for claim in case.in_order:
        filling = case.fillings.get(claim.ref)
        state, reason = (filling.state, filling.reason) if filling else (None, "")
        if claim.volume_mode == "Block":
            continue
        if state is None and claim.usage.state == "in-use":
            yield _on(claim, "unknown", "its pod does not run yet, or nobody has looked yet")
        elif state == "measured":
            yield _PASS
        elif state is not None:
            why = f"{state}: {UNMEASURED_REASONS[reason]}" if reason else "its newest sample is stale"
            yield _on(claim, "unknown" if reason in _NOT_YET_TOLD else "fail", why)


def _provisioned(case: NamespaceCase) -> Iterator[_Remark]:
    for claim in case.in_order:
        if not claim.storage_class:
            yield _on(claim, "fail", "it names no class")
        elif why := case.by_hand.get(claim.ref):
            yield _on(claim, "fail", why)
        else:
            yield _PASS


_LOOKS: Mapping[str, Callable[[NamespaceCase], Iterable[_Remark]]] = {
    "reattach-timed": _moved,
    "backup-consistency": _consistent,
    "rpo-rto": _within_objectives,
    "restore-drill": _drilled,
    "capacity-monitored": _measured,
    "self-service": _provisioned,
}
"""What items look at beside findings."""

_NOTHING_ASKED: Mapping[str, str] = {
    "backup-consistency": "all claims are exempt",
    "rpo-rto": "all claims are exempt",
    "restore-drill": "all claims are exempt",
    "capacity-monitored": "no filesystem claim is mounted",
}
"""Why an item that no check stands behind may have nothing to look at."""
