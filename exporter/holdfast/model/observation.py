"""What objects will forget and the local store keeps. The kinds are one closed table."""

from typing import Literal, NamedTuple

ObservationKind = Literal[
    "usage", "unused_since", "drill", "snapshot_seen", "schedule_success", "reattach", "alive"
]


class Observation(NamedTuple):
    """One remembered fact.

    ``uid`` is that of the claim (of the schedule for ``schedule_success``, with the plan's own name where one object has several; the claim's
    ``namespace/name`` for ``drill``; empty for ``alive``); ``time`` is what
    the kind is about; ``value`` is what more there is to say, in the kind's own spelling:

    ==================  ===========================================  ==================================
    kind                time                                         value
    ==================  ===========================================  ==================================
    unused_since        since when nothing has run on the claim      "" ("used" ends the idle time)
    snapshot_seen       when the snapshot's data was captured        ``velero/<name of the Backup>``
    schedule_success    start of the last successful run             ""
    drill               when the restore ended                       the drill, as JSON
    alive               when a process last judged; as remembered,   ""
                        first the end of the watch before this
                        process, then the beginning of this one
    ==================  ===========================================  ==================================
    """

    kind: ObservationKind
    uid: str
    time: float
    value: str = ""
