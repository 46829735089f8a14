"""Which claims each scope of a backup run selects, and how many: kept as claims come, change and go."""

from bisect import bisect_right, insort
from collections.abc import Collection

from holdfast.model.identity import ClaimRef

Scope = tuple[str, ...]


class ScopeRolls:
    """Implements ``holdfast.sources.contract.Rolls``. ``changed`` collects scopes whose roll moved."""

    def __init__(self) -> None:
        self._scopes_of: dict[ClaimRef, tuple[float, frozenset[Scope]]] = {}
        self._members: dict[Scope, set[ClaimRef]] = {}
        self._created: dict[Scope, list[float]] = {}
        self._changed: set[Scope] = set()

    def count(self, scope: Scope, created_by: float) -> int:
        return bisect_right(self._created.get(scope, ()), created_by)

    def enroll(self, ref: ClaimRef, created: float, scopes: Collection[Scope]) -> None:
        """The claim is selected by exactly these scopes; none where it is gone."""
        now = (created, frozenset(scopes))
        before = self._scopes_of.get(ref, (created, frozenset()))
        if now == before:
            return
        for scope in before[1]:
            self._created[scope].remove(before[0])
            self._members[scope].discard(ref)
        for scope in now[1]:
            insort(self._created.setdefault(scope, []), created)
            self._members.setdefault(scope, set()).add(ref)
        if now[1]:
            self._scopes_of[ref] = now
        else:
            self._scopes_of.pop(ref, None)
        self._changed |= before[1] ^ now[1] if before[0] == created else before[1] | now[1]

    def take_changed(self) -> set[ClaimRef]:
        """The members of all scopes that moved since this was last asked."""
        members = {ref for scope in self._changed for ref in self._members.get(scope, ())}
        self._changed.clear()
        return members
