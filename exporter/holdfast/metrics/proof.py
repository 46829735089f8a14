"""Families about restores that were proven and replicas that keep up."""

from collections.abc import Iterable

from holdfast.metrics.family import Family, Row, Still
from holdfast.metrics.rows import optional
from holdfast.model.judgement import (
    DRILL_STATES,
    DRILL_UNMET_STATES,
    REPLICATION_STATES,
    ClaimJudgement,
    ReplicationJudgement,
)


def _drill(claim: ClaimJudgement, value: float | None) -> Iterable[Row]:
    proof = claim.proof
    return () if proof.ended is None or value is None else (((proof.source,), value),)


def _unmet(claim: ClaimJudgement) -> Iterable[Row]:
    since = claim.unproven_since
    return () if since is None else (((claim.proof.state or "",), since),)


def _lag(replication: ReplicationJudgement) -> Iterable[Row]:
    if replication.lag is not None:
        return (((), Still(replication.lag)),)
    return optional(replication.point)


DRILL_FAMILIES = (
    Family(
        name="holdfast_pvc_restore_drill_age_seconds",
        help="Age of the restore drill in force: the earliest success with the newest point restored so far.",
        noun="claim",
        further=("source",),
        rows=lambda claim: _drill(claim, claim.proof.ended),
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_pvc_restore_drill_duration_seconds",
        help="How long the restore drill in force took.",
        noun="claim",
        further=("source",),
        rows=lambda claim: _drill(claim, claim.proof.duration),
    ),
    Family(
        name="holdfast_pvc_restore_drill_point_age_seconds",
        help="How old the restored point was when the restore drill in force ended.",
        noun="claim",
        further=("source",),
        rows=lambda claim: _drill(claim, claim.proof.point_age),
    ),
    Family(
        name="holdfast_pvc_restore_drill_state",
        help="1 for the state in force; where a drill interval or an rto is declared.",
        noun="claim",
        further=("state",),
        rows=lambda claim: () if claim.proof.state is None else (((claim.proof.state,), 1),),
        vocabulary={"state": DRILL_STATES},
    ),
    Family(
        name="holdfast_pvc_restore_drill_unmet_seconds",
        help="Time since the drill in force, or since the claim was made, where what is asked of its drills is not met.",
        noun="claim",
        further=("state",),
        rows=_unmet,
        vocabulary={"state": DRILL_UNMET_STATES},
        clock=True,
        aggregation="min",
    ),
)

REPLICATION_FAMILIES = (
    Family(
        name="holdfast_replication_lag_seconds",
        help="How much would be lost if the primary died now.",
        noun="replication",
        rows=_lag,
        clock=True,
        aggregation="min",
    ),
    Family(
        name="holdfast_replication_objective_seconds",
        help="Objective: the replica may be this far behind; absent where lateness is not judged.",
        noun="replication",
        rows=lambda replication: optional(replication.objective),
    ),
    Family(
        name="holdfast_replication_last_sync_timestamp_seconds",
        help="When the last sync ended.",
        noun="replication",
        rows=lambda replication: optional(replication.last_sync),
    ),
    Family(
        name="holdfast_replication_last_sync_duration_seconds",
        help="How long the last sync took.",
        noun="replication",
        rows=lambda replication: optional(replication.last_sync_duration),
    ),
    Family(
        name="holdfast_replication_state",
        help="1 for the state in force.",
        noun="replication",
        further=("state",),
        rows=lambda replication: (((replication.state,), 1),),
        vocabulary={"state": REPLICATION_STATES},
    ),
)
