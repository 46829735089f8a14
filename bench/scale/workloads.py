"""What runs in the cluster: StatefulSets, Deployments with ReplicaSets, their pods, CronJobs.

A pod has the size of a real one, some 10 kB as it is listed, nearly all of it of no interest to the exporter.
"""

import random
from collections.abc import Callable, Iterator

from bench.scale.fleet import PODS_OF_A_DEPLOYMENT, REPLICAS, Body, ClaimPlan, Fleet, Made, uid
from bench.scale.storage import requested

_CONTAINERS = ("main", "sidecar")


def stateful_sets(fleet: Fleet) -> Iterator[Made]:
    for app in fleet.running_apps():
        claim = {"accessModes": ["ReadWriteOnce"], "resources": requested(10)}
        spec = _replicated(app.name, REPLICAS if app.fate == "running" else 0)
        spec |= {
            "serviceName": app.name,
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": claim}],
        }
        yield _workload("StatefulSet", app.namespace, app.name, spec)


def deployments(fleet: Fleet) -> Iterator[Made]:
    for number in range(fleet.deployments):
        name = f"web-{number:05d}"
        yield _workload("Deployment", fleet.namespace(number), name, _replicated(name, PODS_OF_A_DEPLOYMENT))


def replica_sets(fleet: Fleet) -> Iterator[Made]:
    for number in range(fleet.deployments):
        owner = _owner("Deployment", f"web-{number:05d}", number)
        name, spec = _replica_set(number), _replicated(f"web-{number:05d}", PODS_OF_A_DEPLOYMENT)
        yield _workload("ReplicaSet", fleet.namespace(number), name, spec, owner)


def pods(fleet: Fleet, now: str) -> Iterator[Made]:
    """First those that mount a claim, then the others. ``now`` is a time as the API writes it."""
    for number, plan in enumerate(fleet.mounted):
        yield _stateful_pod(fleet, number, plan, now)
    for number in range(fleet.stateless_pods):
        yield _stateless_pod(fleet, number, now)


def cron_jobs(fleet: Fleet, now: Callable[[], str]) -> Iterator[Made]:
    """In nine namespaces of ten a CronJob that saves every claim, and the Job of its last run.

    Create these last: a run older than a claim saved none of its data. ``now`` is asked when the Job is made.
    """
    for number in range(fleet.namespaces):
        if number % 10 != 9:
            yield _cron_job(fleet, number, now)


def _workload(kind: str, namespace: str, name: str, spec: Body, owner: Body | None = None) -> Made:
    metadata: Body = {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/name": name}}
    if owner:
        metadata["ownerReferences"] = [owner]
    body = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}
    return Made(collection=f"/apis/apps/v1/namespaces/{namespace}/{kind.lower()}s", body=body)


def _replicated(name: str, replicas: int) -> Body:
    labels = {"app.kubernetes.io/name": name}
    container = {"name": "main", "image": "images.example.com/main:1.0.0"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}


def _owner(kind: str, name: str, number: int) -> Body:
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid(kind, number)}
    return reference | {"controller": True, "blockOwnerDeletion": True}


def _replica_set(number: int) -> str:
    return f"web-{number:05d}-{uid('template', number)[:8]}"


def _stateful_pod(fleet: Fleet, number: int, plan: ClaimPlan, now: str) -> Made:
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": plan.name}}
    owner = _owner("StatefulSet", plan.app.name, plan.app.number)
    chance = random.Random(f"{fleet.seed} store {number}")
    spec = _pod_spec(chance, volume, "/var/lib/data")
    if plan.bound:
        spec["nodeName"] = fleet.node(number)
    status = _running(chance, now) if plan.bound else {"phase": "Pending", "qosClass": "Burstable"}
    return _pod(chance, (plan.namespace, plan.pod), owner, spec, status)


def _stateless_pod(fleet: Fleet, number: int, now: str) -> Made:
    deployment = number // PODS_OF_A_DEPLOYMENT
    chance = random.Random(f"{fleet.seed} web {number}")
    spec = _pod_spec(chance, {"name": "cache", "emptyDir": {"sizeLimit": "1Gi"}}, "/var/cache")
    spec["nodeName"] = fleet.node(number)
    names = (
        fleet.namespace(deployment),
        f"{_replica_set(deployment)}-{chance.randrange(16**5):05x}{number % 8}",
    )
    return _pod(
        chance, names, _owner("ReplicaSet", _replica_set(deployment), deployment), spec, _running(chance, now)
    )


def _pod(chance: random.Random, names: tuple[str, str], owner: Body, spec: Body, status: Body) -> Made:
    namespace, name = names
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": {"app.kubernetes.io/name": owner["name"], "controller-revision-hash": owner["uid"][:8]},
        "annotations": {"checksum/config": f"{chance.getrandbits(256):064x}", "prometheus.io/scrape": "true"},
        "ownerReferences": [owner],
    }
    return Made(
        collection=f"/api/v1/namespaces/{namespace}/pods",
        body={"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec},
        status=status,
    )


def _pod_spec(chance: random.Random, volume: Body, path: str) -> Body:
    token = {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}
    authority = {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}}
    access = {"name": "kube-api-access", "projected": {"defaultMode": 420, "sources": [token, authority]}}
    mounts = [
        {"name": volume["name"], "mountPath": path},
        {
            "name": "kube-api-access",
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "readOnly": True,
        },
    ]
    return {
        "containers": [_container(chance, name, mounts) for name in _CONTAINERS],
        "volumes": [volume, access],
        "restartPolicy": "Always",
        "serviceAccountName": "default",
        "terminationGracePeriodSeconds": 60,
        "securityContext": {"runAsNonRoot": True, "fsGroup": 1000},
        "tolerations": [
            {"key": "dedicated", "operator": "Equal", "value": "storage", "effect": "NoSchedule"}
        ],
    }


def _container(chance: random.Random, name: str, mounts: list[Body]) -> Body:
    return {
        "name": name,
        "image": f"images.example.com/{name}:{chance.randrange(9)}.{chance.randrange(99)}.0",
        "args": [f"--listen=:{port}" for port in (8080, 9090)],
        "env": [
            {"name": f"SETTING_{number}", "value": f"{chance.getrandbits(64):016x}"} for number in range(5)
        ],
        "ports": [{"name": "http", "containerPort": 8080}, {"name": "metrics", "containerPort": 9090}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}},
        "livenessProbe": {"httpGet": {"path": "/livez", "port": "http"}, "initialDelaySeconds": 10},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": "http"}, "periodSeconds": 5},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "volumeMounts": mounts,
    }


def _running(chance: random.Random, now: str) -> Body:
    address = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    met = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return {
        "phase": "Running",
        "hostIP": "10.255.0.1",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "startTime": now,
        "qosClass": "Burstable",
        "conditions": [{"type": kind, "status": "True", "lastTransitionTime": now} for kind in met],
        "containerStatuses": [_container_status(chance, name, now) for name in _CONTAINERS],
    }


def _container_status(chance: random.Random, name: str, now: str) -> Body:
    image = f"images.example.com/{name}"
    return {
        "name": name,
        "ready": True,
        "started": True,
        "restartCount": chance.randrange(3),
        "image": f"{image}:1.0.0",
        "imageID": f"{image}@sha256:{chance.getrandbits(256):064x}",
        "containerID": f"containerd://{chance.getrandbits(256):064x}",
        "state": {"running": {"startedAt": now}},
    }


def _cron_job(fleet: Fleet, number: int, now: Callable[[], str]) -> Made:
    namespace = fleet.namespace(number)
    metadata = {"name": "save", "namespace": namespace, "annotations": {"holdfast.dev/protects": "data-*"}}
    spec = {"schedule": f"{number % 60} * * * *", "timeZone": "Etc/UTC", "jobTemplate": {"spec": _job_spec()}}
    return Made(
        collection=f"/apis/batch/v1/namespaces/{namespace}/cronjobs",
        body={"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata, "spec": spec},
        then=lambda owner_uid: _job(namespace, owner_uid, now()),
    )


def _job_spec() -> Body:
    container = {"name": "save", "image": "images.example.com/save:1.0.0"}
    return {"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}}


def _job(namespace: str, owner_uid: str, now: str) -> Made:
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": "save",
        "uid": owner_uid,
        "controller": True,
    }
    metadata = {"name": "save-29380000", "namespace": namespace, "ownerReferences": [owner]}
    conditions = [
        {"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now}
        for kind in ("SuccessCriteriaMet", "Complete")
    ]
    return Made(
        collection=f"/apis/batch/v1/namespaces/{namespace}/jobs",
        body={"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": _job_spec()},
        status={"startTime": now, "completionTime": now, "succeeded": 1, "conditions": conditions},
    )
