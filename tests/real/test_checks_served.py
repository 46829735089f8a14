"""Checks and the checklist over a real API server whose controllers make the claims of a StatefulSet and bind them."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.real.apiserver import ApiServer
from tests.real.process import wait_for

pytestmark = pytest.mark.real_long

NAMESPACE = "checked"
LABELS = {"app": "ledger"}


def obj(api: str, kind: str, name: str, namespace: str = "", /, **parts: Any) -> dict[str, Any]:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **parts.pop("metadata", {})}
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **parts}


def volume(number: int) -> dict[str, Any]:
    spec = {
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Delete",
        "storageClassName": "shelf",
        "nfs": {"server": "filer.example", "path": f"/shelf/{number}"},
    }
    return obj("v1", "PersistentVolume", f"shelf-{number}", spec=spec)


def stateful_set() -> dict[str, Any]:
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "shelf",
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    containers = [
        {"name": "main", "image": "ledger", "volumeMounts": [{"name": "data", "mountPath": "/data"}]}
    ]
    spec = {
        "replicas": 2,
        "podManagementPolicy": "Parallel",
        "serviceName": "ledger",
        "selector": {"matchLabels": LABELS},
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Delete", "whenScaled": "Retain"},
        "template": {"metadata": {"labels": LABELS}, "spec": {"containers": containers}},
        "volumeClaimTemplates": [claim],
    }
    return obj("apps/v1", "StatefulSet", "ledger", NAMESPACE, spec=spec)


@pytest.fixture(scope="module")
def kubeconfig(living_cluster: ApiServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A namespace in which an rpo is declared, and a StatefulSet with two claims that the controllers made and bound."""
    api = living_cluster
    api.namespace(NAMESPACE)
    for kept in ("holdfast.dev/rpo", "holdfast.dev/rto"):
        api.patch(obj("v1", "Namespace", NAMESPACE), {"metadata": {"annotations": {kept: "4h"}}})
    api.create(obj("storage.k8s.io/v1", "StorageClass", "shelf", provisioner="example.com/shelf"))
    for number in range(2):
        api.create(volume(number))
    api.create(stateful_set())
    wait_for(
        "two bound claims",
        lambda: [claim["status"]["phase"] for claim in api.list("v1", "PersistentVolumeClaim", NAMESPACE)],
        lambda phases: phases == ["Bound", "Bound"],
        timeout=60,
    )
    return api.kubeconfig(tmp_path_factory.mktemp("checked") / "config")


def answered(kubeconfig: Path, *words: str) -> Any:
    command = [sys.executable, "-m", "holdfast", *words, "--kubeconfig", str(kubeconfig), "--format", "json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)


def found(kubeconfig: Path) -> set[tuple[str, str, str]]:
    """(check, kind, name) of the findings on the namespace, on what lies in it, and on its class."""
    report = answered(kubeconfig, "report")
    return {
        (finding["check"], finding["kind"], finding["name"])
        for finding in report["findings"]
        if NAMESPACE in (finding["namespace"], finding["name"]) or finding["name"] == "shelf"
    }


def states(kubeconfig: Path) -> Mapping[str, str]:
    told = answered(kubeconfig, "checklist", "--namespace", NAMESPACE)
    return {item["item"]: item["state"] for item in told}


def test_what_controllers_made_is_judged(kubeconfig: Path) -> None:
    """The objective is the namespace's, the claims are the StatefulSet's: each finding stands on whom it concerns."""
    seen = found(kubeconfig)
    for number in range(2):
        claim = ("PersistentVolumeClaim", f"data-ledger-{number}")
        assert {("reclaim-delete", *claim), ("objective-without-schedule", *claim)} <= seen
    assert {
        ("statefulset-retention-delete", "StatefulSet", "ledger"),
        ("drain-unsafe", "StatefulSet", "ledger"),
        ("no-storage-quota", "Namespace", NAMESPACE),
        ("no-expansion", "StorageClass", "shelf"),
    } <= seen
    told = states(kubeconfig)
    assert len(told) == 13
    assert {told[item] for item in ("statefulset", "reclaim-retain", "self-service", "rpo-rto")} == {"fail"}
    assert told["access-mode"] == "pass"


def test_what_is_mended_is_found_no_more(living_cluster: ApiServer, kubeconfig: Path) -> None:
    """A budget, a quota and kept claims; what the owner ignores is silent on the object that says so."""
    api = living_cluster
    spec = {"minAvailable": 1, "selector": {"matchLabels": LABELS}}
    api.create(obj("policy/v1", "PodDisruptionBudget", "ledger", NAMESPACE, spec=spec))
    quota = obj("v1", "ResourceQuota", "storage", NAMESPACE, spec={"hard": {"requests.storage": "10Gi"}})
    api.create(quota)
    wait_for(
        "the quota in force",
        lambda: api.get("v1", "ResourceQuota", "storage", NAMESPACE).get("status", {}),
        lambda status: "used" in status,
        timeout=60,
    )
    kept = {"persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain"}}
    api.patch(obj("apps/v1", "StatefulSet", "ledger", NAMESPACE), {"spec": kept})
    silent = {"metadata": {"annotations": {"holdfast.dev/ignore": "reclaim-delete"}}}
    api.patch(obj("v1", "PersistentVolumeClaim", "data-ledger-0", NAMESPACE), silent)
    seen = found(kubeconfig)
    assert not {"drain-unsafe", "no-storage-quota", "statefulset-retention-delete"} & {
        each[0] for each in seen
    }
    assert {name for check, _, name in seen if check == "reclaim-delete"} == {"data-ledger-1"}
    told = states(kubeconfig)
    assert told["statefulset"] == "pass"
    assert told["reclaim-retain"] == "fail"
