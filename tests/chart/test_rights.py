"""What the chart grants: what the enabled sources read, where they read it, and nothing else."""

from pathlib import Path

import helm_python as helm
import pytest
import yaml

from holdfast.app.compose import read_settings, select
from holdfast.app.rbac import roles
from tests.chart.rendering import (
    CHART,
    NAMESPACE,
    RELEASE,
    Object,
    each_valid,
    installed,
    pod_of,
    written,
)


def granted(objects: list[Object]) -> set[tuple[str, str, str, str]]:
    """Namespace (empty: the cluster), group, resource and verb of all that the roles grant."""
    return {
        (each["metadata"].get("namespace", ""), group, resource, verb)
        for each in objects
        if each["kind"] in ("Role", "ClusterRole")
        for rule in each["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@each_valid
def test_the_role_is_the_one_that_holdfast_prints(values: Path, tmp_path: Path) -> None:
    """`holdfast rbac` with the same configuration, no more and no less."""
    asked = written(values)
    file = tmp_path / "config.yaml"
    file.write_text(yaml.safe_dump(asked.get("config", {})))
    settings = read_settings([file])
    selection = select(settings)
    printed = roles(
        selection.enabled,
        name=RELEASE,
        namespaces=selection.namespaces or (),
        own=selection.own_namespaces,
        usage=settings.usage,
    )
    made = granted(printed) if asked.get("rbac", {}).get("create", True) else set()
    assert granted(installed(values)) == made, "run `make generate`"


@each_valid
def test_the_role_only_looks_and_never_at_secrets(values: Path) -> None:
    """List and watch, nothing with credentials in it, no wildcard. Of nodes, two pages of figures may be got."""
    for _, group, resource, verb in granted(installed(values)):
        assert verb in ("list", "watch") or (resource, verb) in (
            ("nodes/metrics", "get"),
            ("nodes/stats", "get"),
        )
        assert resource not in ("secrets", "configmaps", "nodes/proxy", "pods/exec", "pods/log")
        assert "*" not in (group, resource)


@each_valid
def test_every_role_is_bound_to_the_account_of_the_pod(values: Path) -> None:
    """A role without its binding, or a binding to another account, would leave the exporter blind."""
    objects = installed(values)
    account = pod_of(objects)["spec"]["serviceAccountName"]
    made = {
        (e["kind"], e["metadata"]["name"], e["metadata"].get("namespace"))
        for e in objects
        if e["kind"].endswith("Role")
    }
    bound = {
        (each["roleRef"]["kind"], each["roleRef"]["name"], each["metadata"].get("namespace"))
        for each in objects
        if each["kind"].endswith("RoleBinding")
        if each["subjects"] == [{"kind": "ServiceAccount", "name": account, "namespace": NAMESPACE}]
    }
    assert made == bound


def test_a_source_that_is_off_has_no_rights() -> None:
    """Least privilege follows the configuration."""
    assert "velero.io" in {group for _, group, _, _ in granted(installed("default"))}
    assert "velero.io" not in {group for _, group, _, _ in granted(installed("source-off"))}


def test_namespaces_mean_roles_and_no_cluster_role() -> None:
    """Rights stand in the namespaces that are named, and a source's own have those of that source alone."""
    objects = installed("namespaced")
    assert not [each for each in objects if each["kind"].startswith("ClusterRole")]
    rights = granted(objects)
    assert {namespace for namespace, *_ in rights} == {"db", "web", "velero"}
    assert {group for namespace, group, _, _ in rights if namespace == "velero"} == {"velero.io"}
    assert not {resource for _, _, resource, _ in rights} & {"nodes", "namespaces", "persistentvolumes"}


@pytest.mark.parametrize(
    "releases",
    [[("a", "holdfast"), ("b", "holdfast")], [("m1-hf", "a"), ("m1", "hf-a")]],
    ids=["of one name", "of names that read alike"],
)
@pytest.mark.parametrize("values", [{}, {"config": {"namespaces": ["db"]}}], ids=["cluster", "namespaces"])
def test_two_releases_share_nothing_outside_their_namespaces(
    releases: list[tuple[str, str]], values: Object
) -> None:
    """What stands elsewhere bears the release's namespace: ClusterRoles, and Roles in a namespace that both watch."""
    names = {
        (document["kind"], document["metadata"].get("namespace"), document["metadata"]["name"])
        for namespace, release in releases
        for document in _rights(values, namespace, release)
    }
    assert len(names) == 4, names  # a role and its binding for each of the two


def _rights(values: Object, namespace: str, release: str) -> list[Object]:
    with helm.Chart.load(CHART) as chart:
        text = chart.render(values, name=release, namespace=namespace)["holdfast/templates/rbac.yaml"]
    return [document for document in yaml.safe_load_all(text) if document]
