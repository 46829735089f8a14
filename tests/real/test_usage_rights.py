"""What the role that `holdfast rbac` prints opens at a kubelet, as the API server answers the kubelet's question.

A kubelet asks whether whoever wants `/metrics` may `get` `nodes/metrics` of it, and so on for each of its paths.
https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
"""

import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.real.apiserver import ApiServer

pytestmark = pytest.mark.real

FOR_ALL = ("proxy", "log", "spec", "exec", "checkpoint", "configz", "healthz", "pods")
"""The rest of what kubelets ask about: ways into pods, logs, configuration."""


def printed(folder: Path, config: str) -> Iterator[dict[str, Any]]:
    file = folder / "config.yaml"
    file.write_text(config)
    words = ["rbac", "--config", str(file), "--name", f"holdfast-{uuid.uuid4().hex[:8]}"]
    done = subprocess.run(
        [sys.executable, "-m", "holdfast", *words], check=True, capture_output=True, timeout=60
    )
    yield from yaml.safe_load_all(done.stdout)


def bound(api: ApiServer, namespace: str, role: dict[str, Any]) -> str:
    """Creates the role and a ServiceAccount that has it; returns the user's name."""
    api.create(role)
    account = {"namespace": namespace, "name": "holdfast"}
    api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    binding = {
        "apiVersion": role["apiVersion"],
        "kind": f"{role['kind']}Binding",
        "metadata": role["metadata"],
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": role["kind"],
            "name": role["metadata"]["name"],
        },
        "subjects": [{"kind": "ServiceAccount", **account}],
    }
    api.create(binding)
    return f"system:serviceaccount:{namespace}:holdfast"


def allowed(api: ApiServer, user: str, subresource: str, verb: str = "get") -> bool:
    """What a kubelet's webhook would be answered."""
    attributes = {"verb": verb, "version": "v1", "resource": "nodes", "subresource": subresource, "name": "n"}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": user, "groups": ["system:serviceaccounts"], "resourceAttributes": attributes},
    }
    answer = api.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review)
    return bool(answer["status"]["allowed"])


@pytest.mark.parametrize(
    ("config", "open_"),
    [
        ("{}", {"metrics", "stats"}),
        ("usage: {ephemeral: {enabled: false}}", {"metrics"}),
        ("usage: {kubelet: {enabled: false}}", set()),
    ],
    ids=["default", "no-ephemeral", "no-kubelets"],
)
def test_kubelets_are_open_as_far_as_they_are_asked(
    config: str, open_: set[str], api_server: ApiServer, namespace: str, tmp_path: Path
) -> None:
    (role,) = printed(tmp_path, config)
    user = bound(api_server, namespace, role)
    assert {page for page in ("metrics", "stats", *FOR_ALL) if allowed(api_server, user, page)} == open_
    assert not any(allowed(api_server, user, "proxy", verb) for verb in ("get", "create", "update"))
    assert not any(allowed(api_server, user, "metrics", verb) for verb in ("create", "update", "delete"))


def test_a_role_in_namespaces_opens_no_kubelet(api_server: ApiServer, namespace: str, tmp_path: Path) -> None:
    """Nodes belong to no namespace."""
    (role,) = printed(tmp_path, f"namespaces: [{namespace}]")
    assert (role["kind"], role["metadata"]["namespace"]) == ("Role", namespace)
    user = bound(api_server, namespace, role)
    assert [page for page in ("metrics", "stats", *FOR_ALL) if allowed(api_server, user, page)] == []
