"""What becomes of a release's claims, pods and endpoints where controllers work: what uninstalling leaves is what was asked for.

The tests follow each other: the release that one leaves is the next one's.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import helm_python as helm
import pytest

from tests.real.apiserver import ApiServer
from tests.real.census import Census, Name, census, uid
from tests.real.process import wait_for

pytestmark = pytest.mark.real_long

CHART = Path(__file__).resolve().parents[2] / "helm" / "holdfast"
RELEASE, NAMESPACE = "holdfast", "holdfast-claims"
CLAIMS = {Name("PersistentVolumeClaim", NAMESPACE, f"history-{RELEASE}-{replica}") for replica in range(2)}
TWO: dict[str, Any] = {"replicas": 2}


@pytest.fixture(scope="module")
def before(living_cluster: ApiServer) -> Census:
    """All that is there before any release, once the controllers have furnished every namespace."""
    living_cluster.namespace(NAMESPACE)

    def furnished(seen: Census) -> bool:
        places = [name.name for name in seen if name.kind == "Namespace"]
        return {"kube-system", "kube-public", "kube-node-lease"} <= set(places) and all(
            Name("ServiceAccount", place, "default") in seen
            and Name("ConfigMap", place, "kube-root-ca.crt") in seen
            for place in places
        )

    return wait_for("furnished namespaces", lambda: census(living_cluster), furnished, timeout=60)


@pytest.fixture
def config(living_cluster: ApiServer, before: Census, tmp_path: Path) -> Iterator[helm.Config]:
    del before
    kubeconfig = living_cluster.kubeconfig(tmp_path / "helm.yaml")
    with helm.Config(kubeconfig_path=kubeconfig, namespace=NAMESPACE) as made:
        yield made


def came(api: ApiServer, before: Census) -> Census:
    return {name: obj for name, obj in census(api).items() if name not in before}


def wait_for_pods(api: ApiServer, before: Census) -> Census:
    """Two pods with their claims."""
    pods = {Name("Pod", NAMESPACE, f"{RELEASE}-{replica}") for replica in range(2)}
    return wait_for(
        "pods and claims", lambda: came(api, before), lambda seen: pods | CLAIMS <= seen.keys(), timeout=60
    )


def uninstalled(api: ApiServer, before: Census, config: helm.Config, left: set[Name]) -> Census:
    """What is there once no more than `left` is. Raises TimeoutError with what else stayed."""
    config.uninstall(RELEASE)
    wait_for(f"no trace but {left}", lambda: set(came(api, before)), lambda seen: seen == left, timeout=90)
    return came(api, before)


def test_uninstall_leaves_the_claims_and_a_new_install_takes_them_up(
    living_cluster: ApiServer, before: Census, config: helm.Config
) -> None:
    """The history is worth more than the release: no pod, no revision, no endpoint stays, the claims do."""
    config.install(CHART, RELEASE, TWO, namespace=NAMESPACE)
    first = wait_for_pods(living_cluster, before)
    left = uninstalled(living_cluster, before, config, CLAIMS)
    config.install(CHART, RELEASE, TWO, namespace=NAMESPACE)
    again = wait_for_pods(living_cluster, before)
    for claim in CLAIMS:
        assert uid(first[claim]) == uid(left[claim]) == uid(again[claim])


def test_larger_claims_take_a_new_stateful_set_and_keep_pods_and_claims(
    living_cluster: ApiServer, before: Census, config: helm.Config
) -> None:
    """As the README says: the old one is deleted without its pods, and the upgrade makes another that takes them over."""
    old = wait_for_pods(living_cluster, before)
    stateful = Name("StatefulSet", NAMESPACE, RELEASE)
    path = living_cluster.path("apps/v1", "StatefulSet", NAMESPACE, RELEASE)
    living_cluster.request("DELETE", path, {"propagationPolicy": "Orphan"})
    wait_for("no StatefulSet", lambda: came(living_cluster, before), lambda seen: stateful not in seen)
    config.upgrade(CHART, RELEASE, {"persistence": {"size": "5Gi"}}, namespace=NAMESPACE, reuse_values=True)

    def adopted(seen: Census) -> bool:
        owners = seen[Name("Pod", NAMESPACE, f"{RELEASE}-0")]["metadata"].get("ownerReferences", [])
        return [owner["uid"] for owner in owners] == [uid(seen[stateful])]

    new = wait_for("pods with their new owner", lambda: came(living_cluster, before), adopted)
    (claim,) = new[stateful]["spec"]["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == "5Gi"
    for name in (*CLAIMS, Name("Pod", NAMESPACE, f"{RELEASE}-0")):
        assert uid(old[name]) == uid(new[name]), name


def test_fewer_replicas_leave_their_claims(
    living_cluster: ApiServer, before: Census, config: helm.Config
) -> None:
    """`whenDeleted: Delete` is about the release, not about its size."""
    values = {"replicas": 1, "persistence": {"size": "5Gi", "whenDeleted": "Delete"}}
    config.upgrade(CHART, RELEASE, values, namespace=NAMESPACE, reset_values=True)
    gone = Name("Pod", NAMESPACE, f"{RELEASE}-1")
    seen = wait_for("one pod", lambda: came(living_cluster, before), lambda seen: gone not in seen)
    assert seen.keys() >= CLAIMS


def test_claims_that_are_to_go_go_with_the_release(
    living_cluster: ApiServer, before: Census, config: helm.Config
) -> None:
    """Asked for by an upgrade of a release that kept them: no object of any kind stays."""
    values = TWO | {"persistence": {"size": "5Gi", "whenDeleted": "Delete"}}
    config.upgrade(CHART, RELEASE, values, namespace=NAMESPACE, reset_values=True)
    wait_for_pods(living_cluster, before)
    wait_for("claims owned by their StatefulSet", lambda: owned(living_cluster, before), bool, timeout=60)
    assert uninstalled(living_cluster, before, config, set()) == {}


def owned(api: ApiServer, before: Census) -> bool:
    there = came(api, before)
    return all(
        [owner["kind"] for owner in there[claim]["metadata"].get("ownerReferences", [])] == ["StatefulSet"]
        for claim in CLAIMS
    )
