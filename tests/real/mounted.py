"""Nodes, volumes, claims and pods as objects on an API server, so that kubelets on loopback are those of the cluster.

Here belongs the making of these objects and of a history on disk. What is measured and expected belongs to the tests.
"""

import base64
import json
import time
from collections.abc import Iterable
from pathlib import Path

from holdfast.history.usage import UsageHistory
from holdfast.history.usage_store import UsageStore
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from tests.real.apiserver import ApiServer
from tests.real.kubelet import Node
from tests.real.web import Client

DRIVER = "csi.example.com"
GIB = 2.0**30


def join(api: ApiServer, node: Node) -> None:
    """Makes the node's object, which leads to its kubelet."""
    made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": node.name}}
    status = {
        "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": node.port}},
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    api.create(made, status)


def mount(api: ApiServer, claim: ClaimRef, node: str) -> str:
    """Makes a bound claim, its volume, and a running pod on that node that mounts it. Returns the claim's uid."""
    namespace, name = claim
    modes, size = ["ReadWriteOnce"], {"storage": "10Gi"}
    made = api.create(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"namespace": namespace, "name": name},
            "spec": {"accessModes": modes, "resources": {"requests": size}, "volumeName": f"pv-{name}"},
        },
        {"phase": "Bound", "capacity": size, "accessModes": modes},
    )
    uid = str(made["metadata"]["uid"])
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pv-{name}"},
        "spec": {
            "accessModes": modes,
            "capacity": size,
            "claimRef": {"namespace": namespace, "name": name, "uid": uid},
            "csi": {"driver": DRIVER, "volumeHandle": name},
        },
    }
    api.create(volume, {"phase": "Bound"})
    mounts = [{"name": "data", "persistentVolumeClaim": {"claimName": name}}]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": namespace, "name": f"{name}-0"},
        "spec": {"nodeName": node, "containers": [{"name": "main", "image": "main"}], "volumes": mounts},
    }
    api.create(pod, {"phase": "Running"})
    return uid


def keep_since(api: ApiServer, claims: Iterable[ClaimRef], created: float) -> None:
    """Makes bound claims that have been there since ``created``.

    No request can say when an object was made, so these are written to where the API server keeps its objects.
    """
    store, modes, size = Client(api.etcd_url), ["ReadWriteOnce"], {"storage": "10Gi"}
    for namespace, name in claims:
        claim = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "namespace": namespace,
                "name": name,
                "uid": f"uid-{namespace}-{name}",
                "creationTimestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(created)),
            },
            "spec": {"accessModes": modes, "resources": {"requests": size}, "volumeName": f"pv-{name}"},
            "status": {"phase": "Bound", "capacity": size, "accessModes": modes},
        }
        key = f"/registry/persistentvolumeclaims/{namespace}/{name}"
        texts = {"key": key, "value": json.dumps(claim)}
        body = {field: base64.b64encode(text.encode()).decode() for field, text in texts.items()}
        store.call("POST", "/v3/kv/put", body=json.dumps(body).encode())
    store.close()


def remember(folder: Path, uid: str, samples: Iterable[UsageSample], now: float) -> None:
    """Writes a history of usage as an exporter that ran before would have left it."""
    history = UsageHistory(keep="max")
    history.take([(uid, sample) for sample in samples], now)
    store = UsageStore(folder / "usage.sqlite")
    while (unsaved := history.unsaved(now)) is not None:
        store.save(unsaved)
    store.close()


def growing(claim: ClaimRef, now: float, *, per_day: float, upto: float, days: int = 7) -> list[UsageSample]:
    """One sample an hour until an hour ago, on a straight line to ``upto`` of 10 GiB."""
    return [
        UsageSample(
            claim=claim,
            time=now - hour * 3600,
            used=upto - per_day * hour / 24,
            capacity=10 * GIB,
            available=10 * GIB - upto + per_day * hour / 24,
        )
        for hour in range(days * 24, 0, -1)
    ]
