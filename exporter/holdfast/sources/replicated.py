"""What several sources keep of a replication when one object alone does not tell all of it.

Which other object adds to it, and which one speaks of several, is for each source to tell.
"""

from holdfast.model.facts import Fact
from holdfast.model.identity import Touch
from holdfast.model.replication import Replication


class Told(Fact, frozen=True, kw_only=True, gc=False):
    """A replication as one object tells of it. Each source extends this by what it needs to look up the rest."""

    replication: Replication

    @property
    def key(self) -> tuple[str, ...]:
        return self.replication.id

    def touches(self) -> tuple[Touch, ...]:
        return self.replication.touches()

    def strange_word(self) -> str:
        return self.replication.strange
