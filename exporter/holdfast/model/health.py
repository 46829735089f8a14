"""What is known of each feed's own health: the difference between "nothing there" and "cannot see"."""

import msgspec

from holdfast.model.feed import FeedState


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One resource of one source.

    ``looked``: a first look ended in success at some time. ``lost_since``: since when there is no contact, None while
    there is. ``undecodable``: how many of its objects could not be decoded.
    """

    source: str
    kind: str
    state: FeedState
    message: str = ""
    looked: bool = False
    lost_since: float | None = None
    undecodable: int = 0

    @property
    def settled(self) -> bool:
        """The first look has ended, in success or in a named state."""
        return self.state != "starting"


class Sight(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What can be seen right now, in the words that judgement needs.

    ``blind``: enabled sources that could hold copies and cannot be seen. ``pods`` and ``references``: whether pods,
    and every kind that could refer to a claim, can be seen; without them use is unknown and nothing is an orphan.
    ``namespaces`` and ``workload_objectives``: whether what their annotations and labels ask for can be seen.
    """

    blind: frozenset[str] = frozenset()
    pods: bool = True
    references: bool = True
    namespaces: bool = True
    workload_objectives: bool = True
    claims: bool = True
    volumes: bool = True
    classes: bool = True
    nodes: bool = True
    attachments: bool = True
    snapshots: bool = True
