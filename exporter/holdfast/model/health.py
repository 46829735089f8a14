"""What is known of each feed's own health: the difference between "nothing there" and "cannot see"."""

import msgspec

from holdfast.model.feed import FeedState


class FeedHealth(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One resource of one source.

    ``looked``: a first look ended in success at some time. ``lost_since``: since when there is no contact, None while
    there is. ``undecodable``: how many of its objects could not be decoded. ``strange``: how many are in a state that is
    not known to us. ``copies``: what it reads bears on copies.
    ``absent``: it is of a folder that holds no object of the kind. ``measured``: it is a target that is asked for a figure, and no objects; nobody waits for it.
    """

    source: str
    kind: str
    state: FeedState
    message: str = ""
    looked: bool = False
    lost_since: float | None = None
    undecodable: int = 0
    strange: int = 0
    measured: bool = False
    copies: bool = True
    absent: bool = False

    @property
    def settled(self) -> bool:
        """The first look has ended, in success or in a named state."""
        return self.measured or self.state != "starting"


class Sight(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What can be seen right now, in the words that judgement needs.

    ``blind``: enabled sources that could hold copies and cannot be seen. ``dark``: any sources of objects that cannot.
    ``unproven``: a restore could have been proven that cannot be seen. ``pods`` and ``references``: whether pods,
    and every kind that could refer to a claim, can be seen; without them use is unknown and nothing is an orphan.
    ``unseen`` are the kinds, of the cluster's own and of snapshots, that are not all in sight: what checks go by.
    ``namespaces`` and ``workload_objectives``: whether what their annotations and labels ask for can be seen.
    """

    blind: frozenset[str] = frozenset()
    dark: frozenset[str] = frozenset()
    unproven: bool = False
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
    unseen: frozenset[str] = frozenset()
