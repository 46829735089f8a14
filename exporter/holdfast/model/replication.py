"""What is known of a replication: from an object, a database or a query. Whether it keeps up is judged elsewhere."""

from typing import Literal

from holdfast.model.facts import Fact
from holdfast.model.identity import REPLICATION, ObjectRef, ReplicationKey, Touch, touch

Health = Literal["healthy", "degraded", "broken", "paused", "unknown"]
"""As its own tool has it. ``degraded`` works with less redundancy or health than asked for, ``broken`` makes no progress."""


class Replication(Fact, frozen=True, kw_only=True, gc=False):
    """One replication. How far it is behind is told in one of two ways, or not at all:

    ``point``: the replica holds everything up to this instant, so that its lag grows by itself until the next sync.
    ``lag``: seconds that were measured at ``measured``; they stand until the next measurement, at most for ``holds``
    seconds, and are unknown after that, as is the health.

    ``judged`` False: no lateness is to be found, as with a manual or one-shot sync, or a secondary by design.
    ``cron`` (or ``interval``, seconds) is its schedule; ``objective`` what its owner declared for it, in seconds.
    ``why`` says in a few words what is wrong with it; never text from the object.
    """

    id: ReplicationKey
    health: Health
    evidence: ObjectRef | None = None
    why: str = ""
    point: float | None = None
    lag: float | None = None
    measured: float | None = None
    holds: float | None = None
    last_sync: float | None = None  # when the last sync ended
    last_sync_duration: float | None = None
    judged: bool = True
    cron: str = ""
    timezone: str = ""
    interval: float | None = None
    objective: float | None = None
    strange: str = ""  # a state word that is not known to us

    @property
    def key(self) -> tuple[str, ...]:
        return self.id

    def touches(self) -> tuple[Touch, ...]:
        return (touch(REPLICATION, *self.id),)

    def strange_word(self) -> str:
        return self.strange
