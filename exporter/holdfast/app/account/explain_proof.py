"""Whether a restore of the claim was proven, and whether its replicas keep up: figures, rules and objects."""

from collections.abc import Iterator

from holdfast.app.account.explain_case import Case, figure, told_by
from holdfast.assessment.drills import DRILL_RULES
from holdfast.assessment.replication import REPLICATION_RULES
from holdfast.model.account.explanation import FigurePart, ObjectPart
from holdfast.model.account.telling import UNTOLD, moment_text
from holdfast.model.identity import ObjectRef
from holdfast.model.protection import Drill


def explain_drill(case: Case) -> Iterator[FigurePart]:
    proof, trials = case.judgement.proof, case.trials
    if proof.state is None:
        yield figure("drill.state", None, "neither a drill interval nor an rto is asked for")
    else:
        newest = [_drill(trials.newest)] if trials.newest else []
        yield figure("drill.state", proof.state, DRILL_RULES[proof.state], *newest)
    if trials.in_force is None:
        yield figure("drill.ended", None, "no restore of it has succeeded")
        return
    own = _drill(trials.in_force)
    rule = "the earliest success with the newest point restored so far"
    yield figure("drill.ended", moment_text(trials.in_force.ended), rule, own, unit="time")
    for name, value, rule in (
        ("drill.durationSeconds", proof.duration, "from its start to its end"),
        ("drill.pointAgeSeconds", proof.point_age, "from when the restored data was captured to its end"),
    ):
        yield figure(name, value, UNTOLD if value is None else rule, own, unit="seconds")


def _drill(drill: Drill) -> ObjectPart:
    says = "succeeded" if drill.success else "failed"
    return told_by(drill.evidence, says, started=drill.started, ended=drill.ended, point=drill.point)


def explain_replications(case: Case) -> Iterator[FigurePart]:
    """Each replication of the claim; they stand beside the claims in the report."""
    for replication in case.replications:
        key, now = replication.key, case.setting.now
        ref = replication.evidence or ObjectRef(f"{key.source} replication", key.namespace, key.name)
        own = told_by(ref, heldUpTo=replication.point, lastSync=replication.last_sync)
        name = f"replications.{key.source}.{key.name}"
        rule = replication.why or REPLICATION_RULES[replication.state]
        yield figure(f"{name}.state", replication.state, rule, own)
        lag = replication.lag
        if lag is None and replication.point is not None:
            lag = max(now - replication.point, 0.0)
        told = "what would be lost if the primary died now" if lag is not None else UNTOLD
        yield figure(f"{name}.lagSeconds", lag, told, own, unit="seconds")
        yield figure(
            f"{name}.objectiveSeconds", replication.objective, replication.objective_why, unit="seconds"
        )
