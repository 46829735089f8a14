"""The core source: how a workload treats its claims when it is rolled out, scaled or deleted."""

from typing import Any

import pytest

from holdfast.model.facts import Workload
from holdfast.model.selector import NodeTerm, Requirement, Selector
from tests.sources.core_cases import fixture, minimal, read, read_one

TEMPLATE = {"spec": {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "pages"}}]}}


def workload(kind: str, **spec: Any) -> Workload:
    found = read_one(minimal(kind, spec={"template": TEMPLATE, **spec}))
    assert isinstance(found, Workload)
    return found


def rolling(most: Any) -> Any:
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": most}}


def test_deployment() -> None:
    found = read_one(fixture("deployment"))
    assert (found.claims, found.replicas, found.surges, found.pod_labels) == (
        ("pages",),
        1,
        True,
        {"app": "wiki"},
    )


@pytest.mark.parametrize(
    ("strategy", "surges"),
    [
        (None, True),
        ({}, True),
        ({"type": "RollingUpdate"}, True),
        ({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}}, True),
        (rolling("25%"), True),
        (rolling("1%"), True),
        (rolling(1), True),
        (rolling(0), False),
        (rolling("0%"), False),
        (rolling("0"), False),
        (rolling("much"), True),
        ({"type": "Recreate"}, False),
        ({"type": "Recreate", "rollingUpdate": None}, False),
    ],
)
def test_whether_a_rollout_starts_the_new_pod_first(strategy: Any, surges: bool) -> None:
    """A quarter more is what the API takes where nothing that can be read is written, and shares round up."""
    assert workload("Deployment", strategy=strategy).surges is surges


@pytest.mark.parametrize("replicas", [0, -1])
def test_a_deployment_of_no_pods_starts_none(replicas: int) -> None:
    assert not workload("Deployment", replicas=replicas).surges


def test_only_a_deployment_surges() -> None:
    for kind in ("StatefulSet", "ReplicaSet", "DaemonSet", "Job"):
        assert not workload(kind, strategy=rolling(1)).surges


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (None, ()),
        ({}, ()),
        ({"whenDeleted": "Retain", "whenScaled": "Retain"}, ()),
        ({"whenDeleted": "Delete"}, ("whenDeleted",)),
        ({"whenScaled": "Delete", "whenDeleted": "Delete"}, ("whenDeleted", "whenScaled")),
        ({"whenScaled": "delete", "whenDeleted": None}, ()),
    ],
)
def test_when_a_stateful_set_deletes_its_claims(policy: Any, told: tuple[str, ...]) -> None:
    assert workload("StatefulSet", persistentVolumeClaimRetentionPolicy=policy).deletes_claims == told


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job"])
def test_a_workload_tells_the_labels_of_its_pods(kind: str) -> None:
    for metadata, labels in (({"labels": {"a": "b", "c": None}}, {"a": "b", "c": ""}), ({}, {}), (None, {})):
        assert workload(kind, template=TEMPLATE | {"metadata": metadata}).pod_labels == labels


def ephemeral(kind: str, storage_class: Any = "spill") -> Any:
    claim = {"spec": {"storageClassName": storage_class}}
    volumes = [{"name": "spill", "ephemeral": {"volumeClaimTemplate": claim}}]
    template = {"template": {"spec": {"volumes": volumes}}}
    return minimal(kind, spec={"jobTemplate": {"spec": template}} if kind == "CronJob" else template)


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"])
def test_a_template_tells_the_classes_of_its_ephemeral_volumes(kind: str) -> None:
    """A workload that names no claim is kept for them, as it may run no pod now. The empty class is none."""
    found = read_one(ephemeral(kind))
    assert (found.template_classes, found.claims) == (("spill",), ())
    assert read_one(ephemeral(kind, None)).template_classes == ("",)
    assert read(ephemeral(kind, "")) == []


@pytest.mark.parametrize(("kind", "owner"), [("ReplicaSet", "Deployment"), ("Job", "CronJob")])
def test_an_old_revision_tells_no_classes(kind: str, owner: str) -> None:
    """What controls it speaks for it."""
    obj = ephemeral(kind)
    held = {"apiVersion": "apps/v1", "kind": owner, "name": "web", "uid": "o", "controller": True}
    obj["metadata"]["ownerReferences"] = [held]
    assert not [record for record in read(obj) if isinstance(record, Workload)]


@pytest.mark.parametrize(
    ("spec", "parallel"),
    [
        ({}, 1),
        ({"parallelism": None, "completions": None}, 1),
        ({"parallelism": 3}, 3),
        ({"parallelism": 3, "completions": 2}, 2),
        ({"parallelism": 3, "completions": 8}, 3),
        ({"parallelism": 0}, 0),
    ],
)
def test_how_many_pods_a_job_runs_at_a_time(spec: Any, parallel: int) -> None:
    assert workload("Job", **spec).parallel == parallel
    assert workload("CronJob", jobTemplate={"spec": {"template": TEMPLATE, **spec}}).parallel == parallel


def placed(kind: str = "Deployment", **spec: Any) -> Workload:
    return workload(kind, template={"spec": TEMPLATE["spec"] | spec})


def required(rule: str, what: Any) -> Any:
    return {"affinity": {rule: {"requiredDuringSchedulingIgnoredDuringExecution": what}}}


def on(node: str) -> Requirement:
    return Requirement("kubernetes.io/hostname", "In", (node,))


SSD = Requirement("disk", "In", ("ssd",))
NODE_1 = {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-1"]}]}
FIELD_2 = {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-2"]}]}


@pytest.mark.parametrize(
    ("spec", "terms"),
    [
        ({}, ()),
        ({"nodeSelector": {}, "affinity": {}}, ()),
        ({"nodeSelector": {"disk": "ssd"}}, (NodeTerm((SSD,)),)),
        ({"nodeName": "node-2"}, (NodeTerm((), (Requirement("metadata.name", "In", ("node-2",)),)),)),
        (required("nodeAffinity", {"nodeSelectorTerms": [NODE_1]}), (NodeTerm((on("node-1"),)),)),
        (
            {"nodeSelector": {"disk": "ssd"}}
            | required("nodeAffinity", {"nodeSelectorTerms": [NODE_1, FIELD_2]}),
            (
                NodeTerm((SSD, on("node-1"))),
                NodeTerm((SSD,), (Requirement("metadata.name", "In", ("node-2",)),)),
            ),
        ),
        (
            {"nodeSelector": {"disk": "ssd"}} | required("nodeAffinity", {"nodeSelectorTerms": [{}, None]}),
            (NodeTerm(),),
        ),
        ({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{}]}}}, ()),
    ],
)
def test_on_which_nodes_the_pods_of_a_template_may_run(spec: Any, terms: Any) -> None:
    """All of the selector, and one of the affinity's terms; one without requirements matches no node."""
    assert placed(**spec).node_terms == terms


LIKE = {"labelSelector": {"matchLabels": {"app": "db"}}, "topologyKey": "kubernetes.io/hostname"}


@pytest.mark.parametrize(
    ("term", "is_kept"),
    [
        (LIKE, True),
        (LIKE | {"namespaces": []}, True),
        (LIKE | {"namespaces": ["shop", "other"]}, True),
        (LIKE | {"namespaces": ["other"]}, False),
        (LIKE | {"namespaceSelector": {}}, False),
        (LIKE | {"topologyKey": "topology.kubernetes.io/zone"}, False),
        (LIKE | {"labelSelector": None}, False),
        (None, False),
    ],
)
def test_beside_which_pods_those_of_a_template_run(term: Any, is_kept: bool) -> None:
    """On the same node, and of its own namespace."""
    kept = (Selector((Requirement("app", "In", ("db",)),)),) if is_kept else ()
    assert placed(**required("podAffinity", [term])).beside == kept
    assert placed(**required("podAntiAffinity", [LIKE])).beside == ()


def test_where_pods_run_is_kept_only_of_what_has_claims() -> None:
    """There are many workloads, and few of them keep data."""
    found = read_one(
        minimal(
            "Deployment",
            metadata={"name": "x", "namespace": "shop", "annotations": {"holdfast.dev/owner": "team"}},
            spec={"template": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
        )
    )
    assert (found.claims, found.node_terms) == ((), ())
