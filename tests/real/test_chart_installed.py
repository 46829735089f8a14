"""The chart, rendered by a real Helm engine and installed on a real API server; the exporter then runs on the chart's own
ServiceAccount token and configuration."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python as helm
import pytest
import yaml

from tests.real.apiserver import ApiServer
from tests.real.exporter import Exporter
from tests.real.process import wait_for

pytestmark = pytest.mark.real

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "holdfast-system"
Object = dict[str, Any]


def chart(values: Object) -> list[Object]:
    """The objects that Helm would install; the Pod of `helm test` is not among them."""
    with helm.Chart.load(ROOT / "helm" / "holdfast") as loaded:
        files = loaded.render(values, name="holdfast", namespace=NAMESPACE)
    texts = (text for name, text in sorted(files.items()) if not name.endswith("NOTES.txt"))
    objects = [document for text in texts for document in yaml.safe_load_all(text) if document]
    return [each for each in objects if "helm.sh/hook" not in each["metadata"].get("annotations", {})]


@pytest.fixture(scope="module")
def installed(api_server: ApiServer) -> Iterator[list[Object]]:
    """Everything the chart's defaults make, created on the API server."""
    api_server.namespace(NAMESPACE)
    objects = chart({})
    for document in objects:
        api_server.create(document)
    yield objects
    for document in objects:
        api_server.delete(document)


def only(objects: list[Object], kind: str) -> Object:
    (found,) = [document for document in objects if document["kind"] == kind]
    return found


@pytest.fixture(scope="module")
def token(api_server: ApiServer, installed: list[Object]) -> str:
    granted = api_server.service_account_token(
        NAMESPACE, only(installed, "ServiceAccount")["metadata"]["name"]
    )
    # the server takes a moment to act on a new role; a denial from then on is the chart's fault
    wait_for("the role in force", lambda: allowed(api_server, granted, "", "pods", "list"), bool)
    return granted


def test_every_list_and_watch_is_allowed(
    api_server: ApiServer, installed: list[Object], token: str, tmp_path: Path
) -> None:
    """With the chart's own token and configuration no source is denied anything."""
    config = yaml.safe_load(configuration(installed))
    config.pop("history", None)
    kubeconfig = api_server.kubeconfig(tmp_path / "config", token)
    with Exporter(kubeconfig, config=yaml.safe_dump(config) if config else "") as running:
        states = {row.split('state="')[1].split('"')[0] for row in running.rows("holdfast_source_state")}
        assert states == {"up", "not_installed"}
        assert all(
            row.endswith(" 0.0") for row in running.rows("holdfast_source_errors_total", 'reason="forbidden"')
        )


def configuration(objects: list[Object]) -> str:
    (text,) = [
        document["data"]["config.yaml"]
        for document in objects
        if document["kind"] == "ConfigMap" and "config.yaml" in document.get("data", {})
    ]
    return str(text)


def test_the_role_grants_nothing_else(api_server: ApiServer, token: str) -> None:
    """Asked of the API server itself: no Secret, no write, no proxy, no reading of logs or of other kinds."""
    verbs = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")
    others = [
        ("", "secrets"),
        ("", "configmaps"),
        ("", "nodes/proxy"),
        ("", "pods/log"),
        ("", "pods/exec"),
        ("", "events"),
    ]
    for (group, resource), verb in itertools.product(others, verbs):
        assert not allowed(api_server, token, group, resource, verb), f"{verb} {resource} is granted"
    read = [
        ("", "pods"),
        ("", "persistentvolumeclaims"),
        ("storage.k8s.io", "storageclasses"),
        ("velero.io", "backups"),
    ]
    for (group, resource), verb in itertools.product(read, verbs):
        assert allowed(api_server, token, group, resource, verb) == (verb in ("list", "watch")), (
            f"{verb} {resource}"
        )


def allowed(api: ApiServer, token: str, group: str, resource: str, verb: str) -> bool:
    """What a SelfSubjectAccessReview says."""
    resource, _, subresource = resource.partition("/")
    attributes = {
        "group": group,
        "resource": resource,
        "subresource": subresource,
        "verb": verb,
        "namespace": "default",
    }
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    path = api.path("authorization.k8s.io/v1", "SelfSubjectAccessReview")
    return bool(api.request("POST", path, review, token=token)["status"]["allowed"])


def test_roles_by_namespace_are_enough_for_those_namespaces(api_server: ApiServer, tmp_path: Path) -> None:
    """With `namespaces` there are only Roles; what is cluster-scoped is out of scope, not denied."""
    config = {"namespaces": ["default"]}
    account = "narrow"
    objects = chart({"config": config, "fullnameOverride": account})
    assert not [document for document in objects if document["kind"].startswith("ClusterRole")]
    made = [document for document in objects if document["kind"] in ("ServiceAccount", "Role", "RoleBinding")]
    if not any(each["metadata"]["name"] == NAMESPACE for each in api_server.list("v1", "Namespace")):
        api_server.namespace(NAMESPACE)
    for document in made:
        api_server.create(document)
    name = only(made, "ServiceAccount")["metadata"]["name"]
    kubeconfig = api_server.kubeconfig(tmp_path / "config", api_server.service_account_token(NAMESPACE, name))
    with Exporter(kubeconfig, config=yaml.safe_dump(config)) as running:
        states = {row.split('state="')[1].split('"')[0] for row in running.rows("holdfast_source_state")}
        assert states == {"up", "not_installed", "out_of_scope"}
