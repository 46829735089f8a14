"""The workload controllers: from StatefulSets, Deployments, DaemonSets, CronJobs and Jobs to claims and
pods.

Hints: ``pods: Pending`` or ``pods: none`` on what runs pods, and those of a CronJob that ``runs`` reads.
A Deployment that writes no strategy gets Recreate, as charts of what keeps data write it.
``unlimited: true`` on a Namespace in which nobody limits what a pod may fill of its node: elsewhere a LimitRange does.
``instances`` (``count``, ``label``, ``size`` and ``image``) on the object of an operator that makes claims and pods
by itself, all of them labelled with its name.
"""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from holdfast.demo.cluster import Cluster, Object, created, fill, name_of, namespace_of, owned_by, uid
from holdfast.demo.instants import rfc3339
from holdfast.demo.names import chance, drawn
from holdfast.demo.runs import Run, runs_of

_DAY = 86400.0
_PENDING = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
_KEPT = {"Complete": 3, "Failed": 1}  # history limits of a CronJob that sets none
_LIMITED = {"resources": {"limits": {"ephemeral-storage": "4Gi"}}}  # as a LimitRange would


def run_workloads(cluster: Cluster) -> None:
    for stateful_set in cluster.all("StatefulSet"):
        _run_stateful_set(cluster, stateful_set)
    for deployment in cluster.all("Deployment"):
        _run_deployment(cluster, deployment)
    for daemon_set in cluster.all("DaemonSet"):
        for node in _ready_nodes(cluster):
            name = f"{name_of(daemon_set)}-{drawn(5, name_of(daemon_set), node)}"
            _add_pod(cluster, name, daemon_set, _template(daemon_set), {"nodeName": node})
    for obj in cluster.everything():
        if "instances" in cluster.hints(obj):
            _run_instances(cluster, obj, cluster.hints(obj)["instances"])
    for cron_job in cluster.all("CronJob"):
        _run_cron_job(cluster, cron_job)
    for job in cluster.all("Job"):
        _run_job(cluster, job)
    for pod in cluster.all("Pod"):
        _complete_pod(cluster, pod)


def _run_stateful_set(cluster: Cluster, owner: Object) -> None:
    replicas = owner["spec"]["replicas"]
    for ordinal in range(replicas):
        name = f"{name_of(owner)}-{ordinal}"
        volumes = []
        for template in owner["spec"]["volumeClaimTemplates"]:
            volume = template["metadata"]["name"]
            claim = f"{volume}-{name}"
            _add_claim(cluster, claim, owner, template, ordinal)
            volumes.append({"name": volume, "persistentVolumeClaim": {"claimName": claim}})
        if _runs_pods(cluster, owner):
            template = _template(owner)
            template["spec"]["volumes"] = [*volumes, *template["spec"].get("volumes", [])]
            _add_pod(cluster, name, owner, template)
    owner.setdefault("status", {"observedGeneration": 1, "replicas": replicas, "readyReplicas": replicas})


def _add_claim(cluster: Cluster, name: str, owner: Object, template: Object, ordinal: int) -> None:
    metadata = {
        "name": name,
        "namespace": namespace_of(owner),
        "creationTimestamp": rfc3339(created(owner) + 45.0 * ordinal),
        "labels": dict(owner["spec"]["selector"]["matchLabels"]),
    }
    kind = {"apiVersion": "v1", "kind": "PersistentVolumeClaim"}
    cluster.add(kind | {"metadata": metadata, "spec": deepcopy(template["spec"])})


def _run_instances(cluster: Cluster, owner: Object, told: Mapping[str, Any]) -> None:
    metadata = {
        "namespace": namespace_of(owner),
        "creationTimestamp": owner["metadata"]["creationTimestamp"],
        "labels": {told["label"]: name_of(owner)},
        "ownerReferences": owned_by(owner),
    }
    for number in range(1, told["count"] + 1):
        name = f"{name_of(owner)}-{number}"
        spec = {"storageClassName": "fast", "resources": {"requests": {"storage": told["size"]}}}
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "spec": spec}
        cluster.add(deepcopy(claim | {"metadata": metadata | {"name": name}}))
        volume = {"name": "data", "persistentVolumeClaim": {"claimName": name}}
        pod = {"containers": [{"name": "main", "image": told["image"]}], "volumes": [volume]}
        _add_pod(cluster, name, owner, {"metadata": {"labels": dict(metadata["labels"])}, "spec": pod})


def _run_deployment(cluster: Cluster, owner: Object) -> None:
    replicas = owner["spec"]["replicas"]
    fill(owner, {"spec": {"strategy": {"type": "Recreate"}}})
    template = _template(owner)
    revision = drawn(10, namespace_of(owner), name_of(owner))
    template["metadata"]["labels"]["pod-template-hash"] = revision
    replica_set = cluster.add(
        {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{name_of(owner)}-{revision}",
                "namespace": namespace_of(owner),
                "creationTimestamp": owner["metadata"]["creationTimestamp"],
                "labels": dict(template["metadata"]["labels"]),
                "ownerReferences": owned_by(owner),
            },
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": dict(template["metadata"]["labels"])},
                "template": deepcopy(template),
            },
        }
    )
    running = replicas if cluster.hints(owner).get("pods") is None else 0
    for held in (owner, replica_set):
        held["status"] = {"observedGeneration": 1, "replicas": replicas, "readyReplicas": running}
    for number in range(replicas if _runs_pods(cluster, owner) else 0):
        name = f"{name_of(replica_set)}-{drawn(5, namespace_of(owner), name_of(owner), str(number))}"
        _add_pod(cluster, name, replica_set, template, phase=cluster.hints(owner).get("pods"))


def _run_cron_job(cluster: Cluster, cron_job: Object) -> None:
    hints = cluster.hints(cron_job)
    spec = cron_job["spec"]
    cron = f"CRON_TZ={spec['timeZone']} {spec['schedule']}" if "timeZone" in spec else spec["schedule"]
    runs = list(runs_of(cron, created(cron_job), hints, cluster.clock))
    status: Object = {}
    if runs:
        status["lastScheduleTime"] = rfc3339(runs[0].due)
    if ended := [run.ended for run in runs if run.outcome == "Complete" and run.ended is not None]:
        status["lastSuccessfulTime"] = rfc3339(max(ended))
    for run in _kept(runs):
        job = cluster.add(_job(cron_job, run))
        if run.ended is None:
            reference = {"apiVersion": "batch/v1", "kind": "Job", "name": name_of(job), "uid": uid(job)}
            status.setdefault("active", []).append(reference | {"namespace": namespace_of(job)})
    cron_job.setdefault("status", status)


def _kept(runs: Iterable[Run]) -> Iterator[Run]:
    left = dict(_KEPT)
    for run in runs:
        if run.ended is None:
            yield run
        elif left[run.outcome]:
            left[run.outcome] -= 1
            yield run


def _job(owner: Object, run: Run) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name_of(owner)}-{int(run.due) // 60}",
            "namespace": namespace_of(owner),
            "creationTimestamp": rfc3339(run.due),
            "annotations": {"batch.kubernetes.io/cronjob-scheduled-timestamp": rfc3339(run.due)},
            "ownerReferences": owned_by(owner),
        },
        "spec": deepcopy(owner["spec"]["jobTemplate"]["spec"]),
        "status": _job_status(run),
    }


def _job_status(run: Run) -> Object:
    status: Object = {"startTime": rfc3339(run.due)}
    if run.ended is None:
        return status | {"active": 1, "ready": 1}
    ended = rfc3339(run.ended)
    condition = {"type": run.outcome, "status": "True", "lastProbeTime": ended, "lastTransitionTime": ended}
    if run.outcome == "Complete":
        return status | {"succeeded": 1, "completionTime": ended, "conditions": [condition]}
    why = {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
    return status | {"failed": 1, "conditions": [condition | why]}


def _run_job(cluster: Cluster, job: Object) -> None:
    if job["spec"].get("suspend"):
        return
    met = {condition["type"] for condition in job["status"].get("conditions", [])}
    phase = "Succeeded" if "Complete" in met else "Failed" if "Failed" in met else None
    template = _template(job)
    template["metadata"].setdefault("labels", {})["batch.kubernetes.io/job-name"] = name_of(job)
    name = f"{name_of(job)}-{drawn(5, namespace_of(job), name_of(job))}"
    since = {"creationTimestamp": job["metadata"]["creationTimestamp"]}
    _add_pod(cluster, name, job, template, phase=phase, since=since)


def _add_pod(  # noqa: PLR0913 - a pod is its owner's template and what is told of this one
    cluster: Cluster,
    name: str,
    owner: Object,
    template: Object,
    spec: Mapping[str, Any] | None = None,
    *,
    phase: str | None = None,
    since: Mapping[str, str] | None = None,
) -> None:
    started = cluster.clock.told - _DAY * (1 + 30 * chance(namespace_of(owner), name))
    metadata = {
        "name": name,
        "namespace": namespace_of(owner),
        "creationTimestamp": rfc3339(max(created(owner), started)),
        "ownerReferences": owned_by(owner),
        **(since or {}),
    }
    pod = deepcopy(template) | {"apiVersion": "v1", "kind": "Pod"}
    pod["metadata"] = pod["metadata"] | metadata
    pod["spec"] = pod["spec"] | dict(spec or {})
    if phase:
        pod["status"] = {"phase": phase}
    cluster.add(pod)


def _complete_pod(cluster: Cluster, pod: Object) -> None:
    """Where it runs, what limits it and how it is, unless the story says so."""
    namespace = cluster.get("Namespace", "", namespace_of(pod))
    if namespace is None or not cluster.hints(namespace).get("unlimited"):
        for container in pod["spec"]["containers"]:
            fill(container, deepcopy(_LIMITED))
    status = pod.setdefault("status", {})
    phase = status.setdefault("phase", "Running")
    if phase == "Pending":
        since = {"lastTransitionTime": pod["metadata"]["creationTimestamp"]}
        status.setdefault("conditions", [_PENDING | since])
        return
    nodes = _ready_nodes(cluster, pod["spec"].get("nodeSelector", {}))
    pod["spec"].setdefault("nodeName", nodes[int(chance(namespace_of(pod), name_of(pod)) * len(nodes))])
    started = rfc3339(created(pod) + 1)
    ready = "True" if phase == "Running" else "False"
    status.setdefault("startTime", started)
    status.setdefault("conditions", [{"type": "Ready", "status": ready, "lastTransitionTime": started}])


def _ready_nodes(cluster: Cluster, labels: Mapping[str, str] | None = None) -> list[str]:
    """Those that bear the labels."""
    asked = (labels or {}).items()
    return [
        name_of(node)
        for node in cluster.all("Node")
        if _is_ready(node) and asked <= node["metadata"]["labels"].items()
    ]


def _is_ready(node: Object) -> bool:
    return any(met["type"] == "Ready" and met["status"] == "True" for met in node["status"]["conditions"])


def _template(owner: Object) -> Object:
    template: Object = deepcopy(owner["spec"]["template"])
    template.setdefault("metadata", {})
    return template


def _runs_pods(cluster: Cluster, owner: Object) -> bool:
    return cluster.hints(owner).get("pods") != "none"
