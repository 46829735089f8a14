"""Families about what we see through: the health of each source. They are served from the first moment on."""

from holdfast.metrics.family import Family
from holdfast.model.feed import FEED_STATES

SEEING_FAMILIES = (
    Family(
        name="holdfast_source_up",
        help="1 while there is contact with what the source reads.",
        noun="source",
        rows=lambda source: (((), int(source.state == "up")),),
        origin="watching",
    ),
    Family(
        name="holdfast_source_state",
        help="1 for the state in force.",
        noun="source",
        further=("state",),
        rows=lambda source: (((source.state,), 1),),
        origin="watching",
        vocabulary={"state": FEED_STATES},
    ),
    Family(
        name="holdfast_source_last_success_timestamp_seconds",
        help="Newest proof of life: a page of a list, an event or a bookmark.",
        noun="source",
        rows=lambda source: () if source.last_success is None else (((), source.last_success),),
        origin="watching",
    ),
    Family(
        name="holdfast_source_objects",
        help="Objects held.",
        noun="source",
        rows=lambda source: (((), source.objects),),
        origin="watching",
    ),
    Family(
        name="holdfast_source_unknown_states",
        help="Objects in a state that this version does not know; they count neither as success nor as failure.",
        noun="source",
        rows=lambda source: (((), source.strange),),
        origin="watching",
    ),
)
