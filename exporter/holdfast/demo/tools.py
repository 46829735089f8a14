"""Tools other than Velero: from whatever comes round to what each of its runs left behind, as of now.

Hints, beside those of ``runs``: ``cron`` where the object has no ``spec.schedule``, and ``leaves``, what a run leaves.
Each has an ``object``, and beside it what is added to that by how the run stands: ``Complete``, ``Failed`` or
``going``; where that is not named, the run leaves no such object. ``last`` says of how many runs it is kept. In them
``<now>`` is when the run was due. Several runs may leave the same object: what the newest left stands, the older ones
add what it lacks.
"""

from collections.abc import Mapping
from typing import Any

from holdfast.demo.cluster import Cluster, Object, created, fill
from holdfast.demo.instants import Clock, dated, rfc3339
from holdfast.demo.runs import Run, runs_of


def run_tools(cluster: Cluster) -> None:
    for obj in cluster.everything():
        hints = cluster.hints(obj)
        if "leaves" not in hints:
            continue
        cron = hints.get("cron") or obj["spec"]["schedule"]
        for run in runs_of(cron, created(obj), hints, cluster.clock):
            for left in hints["leaves"]:
                _leave(cluster, left, run)


def _leave(cluster: Cluster, left: Mapping[str, Any], run: Run) -> None:
    stands = "going" if run.ended is None else run.outcome
    if stands not in left or run.number <= -left.get("last", float("inf")):
        return
    then = Clock(told=run.due, now=run.due)
    obj: Object = dated(left["object"], then)
    fill(obj, dated(left[stands], then))
    obj["metadata"].setdefault("creationTimestamp", rfc3339(run.due))
    cluster.add(obj)
