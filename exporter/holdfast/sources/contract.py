"""What a source is: what it reads, and pure functions from its records to copies, plans and places.

A source does no I/O, knows no metric and no other source. Functions are handed ``Facts`` and look only at their own
record types and at the nouns of ``holdfast.model``.
"""

from collections.abc import Callable, Collection
from typing import Literal, Protocol

import msgspec

from holdfast.model.facts import Claim, Facts
from holdfast.model.feed import Feed
from holdfast.model.identity import ReplicationKey, ScheduleKey, TargetKey
from holdfast.model.protection import Coverage, Schedule, Target
from holdfast.model.replication import Replication

Tells = Literal["age", "schedule", "result", "size", "target", "retention", "drill", "replication"]
"""What can be known by way of a source; ``retention`` means that it tells when copies expire."""


class Rolls(Protocol):
    """How many claims each scope selects: the engine keeps one roll a scope, from what ``scopes`` returned."""

    def count(self, scope: tuple[str, ...], created_by: float) -> int:
        """Members of the scope that were created at or before this time."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """One upstream system.

    ``tells`` lists what it can tell; each word has a test that is marked with it.

    ``protects`` tells whether it could hold copies, so that its blindness matters to protection.

    ``needs`` are the cluster's own kinds without which it cannot tell what it covers.

    ``cover`` says all that the source knows of one claim. It must be deterministic and must not depend on the order
    in which objects arrived.

    ``scopes`` names the scopes of runs that select the claim, where a run can only be judged by how many claims it
    selected; a change of a roll judges its members again.

    ``schedule`` and ``target`` build one plan or place from its key, None once its objects are gone. So does
    ``replication``, needed only where no feed reads a ``Replication`` straight from its object.
    """

    name: str
    feeds: tuple[Feed, ...]
    tells: frozenset[Tells] = frozenset()
    protects: bool = False
    needs: frozenset[str] = frozenset()
    cover: Callable[[Claim, Facts, Rolls], Coverage] | None = None
    scopes: Callable[[Claim, Facts], Collection[tuple[str, ...]]] | None = None
    schedule: Callable[[ScheduleKey, Facts], Schedule | None] | None = None
    target: Callable[[TargetKey, Facts], Target | None] | None = None
    replication: Callable[[ReplicationKey, Facts], Replication | None] | None = None
