"""What a pod may fill of its node, and whom it belongs to: the object in, the record out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.ephemeral import Controlled, Controller, EmptyDir, ScratchLimits, ScratchPod
from holdfast.model.identity import ObjectKey
from tests.sources.core_cases import fixture, minimal, read

GIB = 2**30


def scratch(obj: Any) -> ScratchPod:
    (record,) = (record for record in read(obj) if isinstance(record, ScratchPod))
    return record


def limits(**spec: Any) -> ScratchLimits:
    return scratch(minimal("Pod", spec=spec)).limits


def container(name: str = "main", limit: Any = None, **fields: Any) -> dict[str, Any]:
    resources = {} if limit is None else {"resources": {"limits": {"ephemeral-storage": limit, "cpu": "1"}}}
    return {"name": name, **resources, **fields}


def owned(kind: str, name: str, group: str = "apps/v1", **labels: str) -> dict[str, Any]:
    owner = {"apiVersion": group, "kind": kind, "name": name, "uid": "o", "controller": True}
    return {"name": "x", "namespace": "shop", "labels": labels, "ownerReferences": [owner]}


def controller(metadata: dict[str, Any]) -> Controller:
    return scratch(minimal("Pod", metadata=metadata)).controller


def test_a_pod_tells_where_it_runs_and_what_it_may_fill() -> None:
    assert scratch(fixture("pod-with-claims")) == ScratchPod(
        place=ObjectKey("shop", "postgres-0"),
        uid="0d9e3b4a-1c8e-4f0a-8a55-2f6a4d1f0c22",
        node="node-7",
        finished=False,
        controller=Controller(namespace="shop", kind="StatefulSet", name="postgres", group="apps"),
        limits=ScratchLimits(empty_dirs=(EmptyDir("tmp"),), unlimited=("postgres",)),
    )


@pytest.mark.parametrize(
    ("empty_dir", "told"),
    [
        ({}, EmptyDir("tmp")),
        ({"sizeLimit": "2Gi"}, EmptyDir("tmp", 2 * GIB)),
        ({"sizeLimit": 1024}, EmptyDir("tmp", 1024)),
        ({"medium": "Memory", "sizeLimit": "1Gi"}, EmptyDir("tmp", GIB, memory=True)),
        ({"medium": "", "sizeLimit": None}, EmptyDir("tmp")),
        ({"sizeLimit": "0"}, EmptyDir("tmp")),
        ({"sizeLimit": "much"}, EmptyDir("tmp")),
    ],
)
def test_an_empty_dir_tells_its_limit(empty_dir: Any, told: EmptyDir) -> None:
    """A limit of nothing is none, as it is for the kubelet; so is one that does not parse."""
    assert limits(volumes=[{"name": "tmp", "emptyDir": empty_dir}]).empty_dirs == (told,)


def test_other_volumes_are_no_empty_dirs() -> None:
    volumes = [{"name": "a", "configMap": {}}, {"name": "b", "emptyDir": None}, None, {"emptyDir": {}}]
    assert limits(volumes=volumes).empty_dirs == ()


def test_the_limits_of_containers_add_up_to_the_pods() -> None:
    told = limits(containers=[container("main", "2Gi"), container("proxy", "1Gi")])
    assert told == ScratchLimits(containers=(("main", 2 * GIB), ("proxy", GIB)), pod=3 * GIB)


def test_a_container_without_a_limit_fills_what_the_others_are_given() -> None:
    """The kubelet holds all that the pod fills against the limits that there are."""
    told = limits(containers=[container("main", "2Gi"), container("proxy")])
    assert told == ScratchLimits(containers=(("main", 2 * GIB),), unlimited=("proxy",), pod=2 * GIB)


def test_without_any_limit_the_pod_has_none() -> None:
    assert limits(containers=[container()]) == ScratchLimits(unlimited=("main",))


def test_an_init_container_may_take_more_than_those_that_run() -> None:
    told = limits(containers=[container("main", "1Gi")], initContainers=[container("fetch", "5Gi")])
    assert told.pod == 5 * GIB


def test_an_init_container_without_a_limit_is_soon_over() -> None:
    told = limits(containers=[container("main", "1Gi")], initContainers=[container("fetch")])
    assert (told.unlimited, told.pod) == ((), GIB)


def test_a_sidecar_runs_beside_the_others() -> None:
    """Of its own limit the kubelet takes no notice, but adds it to the pod's."""
    sidecar = container("proxy", "1Gi", restartPolicy="Always")
    told = limits(containers=[container("main", "2Gi")], initContainers=[sidecar, container("fetch", "1Gi")])
    assert told == ScratchLimits(containers=(("main", 2 * GIB),), pod=3 * GIB)
    sidecar = container("proxy", restartPolicy="Always")
    assert limits(containers=[], initContainers=[sidecar]).unlimited == ("proxy",)


def test_the_overhead_of_a_runtime_is_added_to_a_limit_and_is_none_itself() -> None:
    overhead = {"ephemeral-storage": "1Gi"}
    assert limits(containers=[container("main", "2Gi")], overhead=overhead).pod == 3 * GIB
    assert limits(containers=[container()], overhead=overhead).pod is None


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=5), st.lists(st.integers(0, 9), max_size=5)
)
def test_no_container_may_alone_take_more_than_the_pod(
    first: list[tuple[int, bool]], running: list[int]
) -> None:
    starting = [
        container(f"i{number}", limit, **({"restartPolicy": "Always"} if stays else {}))
        for number, (limit, stays) in enumerate(first)
    ]
    told = limits(
        containers=[container(f"c{number}", limit) for number, limit in enumerate(running)],
        initContainers=starting,
    )
    staying = sum(running) + sum(limit for limit, stays in first if stays)
    assert (told.pod or 0) >= max([staying, *(limit for limit, _ in first)])
    assert (told.pod is None) == (not any([*running, *(limit for limit, _ in first)]))


@pytest.mark.parametrize(
    ("phase", "finished"), [("Succeeded", True), ("Failed", True), ("Pending", False), (None, False)]
)
def test_a_finished_pod_is_told(phase: Any, finished: bool) -> None:
    assert scratch(minimal("Pod", status={"phase": phase})).finished is finished


def test_a_pod_that_nothing_controls_is_its_own() -> None:
    assert controller({"name": "x", "namespace": "shop"}) == Controller(
        namespace="shop", kind="Pod", name="x"
    )


def test_the_hash_on_a_pod_leads_to_its_deployment() -> None:
    found = controller(owned("ReplicaSet", "web-5d4f8c7b9", **{"pod-template-hash": "5d4f8c7b9"}))
    assert found == Controller(namespace="shop", kind="Deployment", name="web", group="apps")


@pytest.mark.parametrize(
    "label", [{}, {"pod-template-hash": "other"}, {"rollouts-pod-template-hash": "5d4f8c7b9"}]
)
def test_a_replica_set_of_no_deployment_speaks_for_itself(label: dict[str, str]) -> None:
    assert controller(owned("ReplicaSet", "web-5d4f8c7b9", **label)).key == (
        "shop",
        "ReplicaSet",
        "web-5d4f8c7b9",
    )


def test_an_operators_object_is_told_with_its_group() -> None:
    found = controller(owned("Cluster", "pg", "postgresql.cnpg.io/v1"))
    assert found.ref == ("Cluster.postgresql.cnpg.io", "shop", "pg")


def test_a_static_pod_is_known_by_the_uid_that_its_mirror_carries() -> None:
    """Its owner is the node, which controls nothing."""
    metadata = owned("Node", "node-1", "v1") | {
        "uid": "of-the-mirror",
        "annotations": {"kubernetes.io/config.mirror": "4f1c"},
    }
    found = scratch(minimal("Pod", metadata=metadata))
    assert (found.uid, found.controller.key) == ("4f1c", ("shop", "Pod", "x"))


def test_a_job_tells_whose_it_is() -> None:
    (link,) = (
        r
        for r in read(minimal("Job", metadata=owned("CronJob", "dump", "batch/v1")))
        if isinstance(r, Controlled)
    )
    assert (link.lower.key, link.upper.key) == (("shop", "Job", "x"), ("shop", "CronJob", "dump"))


def test_a_replica_set_tells_whose_it_is_unless_its_pods_do() -> None:
    (link,) = read(minimal("ReplicaSet", metadata=owned("Rollout", "web", "argoproj.io/v1alpha1")))
    assert isinstance(link, Controlled)
    assert link.upper.ref == ("Rollout.argoproj.io", "shop", "web")
    assert read(minimal("ReplicaSet", metadata=owned("Deployment", "web"))) == []
    assert read(minimal("Job")) == []


def test_what_equal_pods_say_is_held_once() -> None:
    """A cluster has many pods of few controllers."""
    pods = [
        scratch(
            minimal(
                "Pod",
                metadata=owned("DaemonSet", "agent") | {"name": name},
                spec={"containers": [container()]},
            )
        )
        for name in ("a", "b")
    ]
    assert pods[0].limits is pods[1].limits
    assert pods[0].controller is pods[1].controller
