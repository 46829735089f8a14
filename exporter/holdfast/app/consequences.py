"""What a judgement that changed changes elsewhere: counts, findings, and whoever is judged by it. Judges nothing itself."""

from collections.abc import Callable, Iterable, Mapping

from holdfast.app.capacities import Provisions, expansions
from holdfast.app.costs import CostSums
from holdfast.app.tallies import Cell, Tally
from holdfast.metrics.board import Board
from holdfast.model.facts import Facts
from holdfast.model.filling import COVERAGE_STATES, BackendJudgement, CoverageTally, FillingJudgement
from holdfast.model.identity import (
    BACKEND,
    CLAIM,
    CLASS,
    FILLING,
    QUOTA,
    REPLICATION,
    ClaimRef,
    ReplicationKey,
    Subject,
)
from holdfast.model.judgement import PROTECTION_STATES, ClaimJudgement, Judgement, TierTally

Change = tuple[Subject, Judgement | None, Judgement | None]
"""A subject and its judgement before and after; None: there was, or is, none."""


class Consequences:
    """``judgements`` are those that stand, as the engine keeps them."""

    def __init__(
        self, board: Board, facts: Facts, provisions: Provisions, judgements: Mapping[Subject, Judgement]
    ) -> None:
        self._board = board
        self._facts = facts
        self._provisions = provisions
        self._judgements = judgements
        self._replications: dict[tuple[str, ...], set[Subject]] = {}
        self._protected = Tally(
            PROTECTION_STATES,
            lambda key, counts: board.put("tally", key, TierTally(counts=counts)),
            lambda key: board.drop("tally", key),
        )
        self._covered = Tally(
            COVERAGE_STATES,
            lambda key, counts: board.put("coverage", key, CoverageTally(counts=counts)),
            lambda key: board.drop("coverage", key),
        )
        self._costs = CostSums(board, facts, judgements)
        self._by_noun: Mapping[str, Callable[[Change], Iterable[Subject]]] = {
            **self._costs.by_noun,
            CLAIM: self._of_claim,
            REPLICATION: self._of_replication,
            FILLING: self._of_filling,
            BACKEND: self._of_backend,
            CLASS: self._of_room,
            QUOTA: self._of_room,
        }

    def of(self, change: Change) -> Iterable[Subject]:
        """Counts and shows what the change is worth; returns whom to judge again."""
        self._show_findings(change)
        follow = self._by_noun.get(change[0].noun)
        return follow(change) if follow else ()

    def replications_of(self, claim: ClaimRef) -> Iterable[Subject]:
        return self._replications.get(tuple(claim), ())

    def _of_claim(self, change: Change) -> Iterable[Subject]:
        subject, before, after = change
        self._protected.move(_protection(before), _protection(after))
        touched = [*self._provisions.moved(*change, self._judgements), *self._costs.of_claim(change)]
        if _replication_lag(before) != _replication_lag(after):
            touched += self._replications.get(subject.key, ())
        return touched

    def _of_filling(self, change: Change) -> Iterable[Subject]:
        _, before, after = change
        self._covered.move(_coverage(before), _coverage(after))
        return [
            *self._provisions.moved(*change, self._judgements),
            *self._costs.of_filling(change),
            *backends_of((before, after)),
        ]

    def _of_backend(self, change: Change) -> Iterable[Subject]:
        """Who is left alone in a space has its use again."""
        _, before, after = change
        if after is None and isinstance(before, BackendJudgement):
            return [Subject(FILLING, ref) for ref in before.members]
        return ()

    def _of_room(self, change: Change) -> Iterable[Subject]:
        return expansions(change[0], self._facts)

    def _of_replication(self, change: Change) -> Iterable[Subject]:
        """Keeps which replications are of which claim, whose objective they go by."""
        subject, _, after = change
        key = ReplicationKey(*subject.key)
        tied = self._replications.setdefault((key.namespace, key.claim), set())
        (tied.discard if after is None else tied.add)(subject)
        if not tied:
            del self._replications[(key.namespace, key.claim)]
        return ()

    def _show_findings(self, change: Change) -> None:
        subject, before, after = change
        old, new = getattr(before, "findings", ()), getattr(after, "findings", ())
        if old == new:
            return
        key = (subject.noun, *subject.key)
        if new:
            self._board.put("finding", key, new)
        else:
            self._board.drop("finding", key)


def backends_of(judgements: Iterable[Judgement | None]) -> list[Subject]:
    """The spaces that these claims share with others."""
    names = {each.backend for each in judgements if isinstance(each, FillingJudgement)}
    return [Subject(BACKEND, (name,)) for name in names if name]


def _protection(judgement: Judgement | None) -> Cell | None:
    if not isinstance(judgement, ClaimJudgement):
        return None
    return (judgement.ref.namespace, judgement.objective.tier), judgement.protection.state


def _coverage(judgement: Judgement | None) -> Cell | None:
    if not isinstance(judgement, FillingJudgement) or judgement.state is None:
        return None
    return (judgement.csi_driver,), judgement.state


def _replication_lag(judgement: Judgement | None) -> float | None:
    return judgement.objective.replication_lag if isinstance(judgement, ClaimJudgement) else None
