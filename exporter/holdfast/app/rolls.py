"""Which claims each scope of a backup run selects, and how many: kept as claims come, change and go.

A claim that went is still counted for the runs of its time. Else the loss of a claim that a run missed would turn the
run's counters into proof that its neighbour was copied.
"""

from bisect import bisect_right, insort
from collections.abc import Collection, Mapping

from holdfast.model.identity import ClaimRef

Scope = tuple[str, ...]
_KEPT = 100 * 86400.0  # seconds after which a claim that left is forgotten; few runs are kept for longer


class ScopeRolls:
    """Implements ``holdfast.sources.contract.Rolls``. ``changed`` collects scopes whose roll moved."""

    def __init__(self) -> None:
        self._scopes_of: dict[ClaimRef, Mapping[Scope, float]] = {}
        self._members: dict[Scope, set[ClaimRef]] = {}
        self._created: dict[Scope, list[float]] = {}
        self._left: dict[Scope, list[tuple[float, float]]] = {}  # (left, created)
        self._changed: set[Scope] = set()

    def count(self, scope: Scope, created_by: float) -> int:
        """Members made by then, with those that left after it."""
        left = self._left.get(scope, ())
        gone = sum(1 for left_at, created in left if created <= created_by < left_at)
        return bisect_right(self._created.get(scope, ()), created_by) + gone

    def enroll(self, ref: ClaimRef, created: float, scopes: Collection[Scope], now: float) -> None:
        """The claim is selected by exactly these scopes; none where it is gone."""
        wanted = dict.fromkeys(scopes, created)
        before = self._scopes_of.get(ref, {})
        if wanted == before:
            return
        for scope, made in before.items():
            if wanted.get(scope) != made:
                self._leave(ref, scope, made, now)
        for scope in wanted:
            if before.get(scope) != created:
                insort(self._created.setdefault(scope, []), created)
                self._members.setdefault(scope, set()).add(ref)
                self._changed.add(scope)
        if wanted:
            self._scopes_of[ref] = wanted
        else:
            self._scopes_of.pop(ref, None)

    def take_changed(self) -> set[ClaimRef]:
        """The members of all scopes that moved since this was last asked."""
        members = {ref for scope in self._changed for ref in self._members.get(scope, ())}
        self._changed.clear()
        return members

    def _leave(self, ref: ClaimRef, scope: Scope, created: float, now: float) -> None:
        standing = self._created[scope]
        del standing[bisect_right(standing, created) - 1]
        self._members[scope].discard(ref)
        left = [entry for entry in self._left.get(scope, ()) if now - entry[0] < _KEPT]
        self._left[scope] = [*left, (now, created)]
        self._changed.add(scope)
