"""Use of claims: in use, dormant, orphaned, each with its reason, and since when."""

from typing import Any

import pytest

from holdfast.history.memory import Memory
from holdfast.model.observation import Observation
from tests.world import NOW, World, claim, pod

HOUR = 3600.0


def workload(kind: str, name: str, *claims: str, group: str = "apps/v1", **spec: Any) -> dict[str, object]:
    template = {"spec": {"volumes": [{"name": c, "persistentVolumeClaim": {"claimName": c}} for c in claims]}}
    body = {"template": template, **spec}
    if kind == "CronJob":
        body = {"schedule": "0 2 * * *", **spec, "jobTemplate": {"spec": {"template": template}}}
    metadata = {
        "namespace": "shop",
        "name": name,
        "uid": f"{kind}-{name}",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    }
    return {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": body}


def stateful_set(name: str, replicas: int, template: str = "data", **spec: Any) -> dict[str, object]:
    templates = [{"metadata": {"name": template}}]
    return workload("StatefulSet", name, replicas=replicas, volumeClaimTemplates=templates, **spec)


@pytest.mark.parametrize("phase", ["Running", "Pending"])
def test_a_pod_that_is_not_finished_uses_its_claims(phase: str) -> None:
    """In use: a pod that is not finished names the claim, a Pending one too."""
    world = World(claim(), pod("shop/web-0", "data", phase=phase))
    assert world.claim().usage.state == "in-use"
    assert world.rows("pvc_orphaned", "pvc_dormant", "pvc_unused_seconds", "pvc_unused_bytes") == []


def test_nobody_names_the_claim() -> None:
    """A claim that no pod and no template names is orphaned."""
    world = World(claim(), pod("shop/web-0", "other"))
    assert world.rows("pvc_orphaned") == [
        'pvc_orphaned{namespace="shop",persistentvolumeclaim="data",reason="unreferenced"} 1'
    ]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_finished_pods_are_no_reference(phase: str) -> None:
    """A claim that only finished pods name is orphaned, and the reason says so."""
    world = World(claim(), pod("shop/once", "data", phase=phase))
    assert (world.claim().usage.state, world.claim().usage.reason) == ("orphaned", "finished-only")


def test_finished_jobs_are_no_reference() -> None:
    """A claim that only a finished Job names is orphaned."""
    job = workload("Job", "once", "data", group="batch/v1")
    job["status"] = {"conditions": [{"type": "Complete", "status": "True"}]}
    world = World(claim(), job, pod("shop/web-0", "other"))
    assert world.claim().usage.reason == "finished-only"


@pytest.mark.parametrize(
    ("holder", "reason"),
    [
        (workload("CronJob", "nightly", "data", group="batch/v1"), "cronjob-idle"),
        (workload("CronJob", "nightly", "data", group="batch/v1", suspend=True), "suspended"),
        (workload("Job", "later", "data", group="batch/v1", suspend=True), "suspended"),
        (workload("Deployment", "web", "data", replicas=0), "workload-zero"),
        (workload("Deployment", "web", "data", replicas=2), "waiting-pods"),
        (workload("DaemonSet", "agent", "data"), "waiting-pods"),
    ],
)
def test_a_template_that_may_run_again_keeps_a_claim_dormant(holder: dict[str, object], reason: str) -> None:
    """Referenced by a template that may come back: dormant, never orphaned."""
    world = World(claim(), holder, pod("shop/web-0", "other"))
    assert (world.claim().usage.state, world.claim().usage.reason) == ("dormant", reason)


@pytest.mark.parametrize(
    ("name", "holder", "reason"),
    [
        ("shop/data-db-0", stateful_set("db", 0), "statefulset-zero"),
        ("shop/data-db-2", stateful_set("db", 2), "leftover-ordinal"),
        ("shop/data-db-1", stateful_set("db", 2), "waiting-pods"),
        ("shop/data-db-0", stateful_set("db", 2, ordinals={"start": 3}), "leftover-ordinal"),
        ("shop/data-db-4", stateful_set("db", 2, ordinals={"start": 3}), "waiting-pods"),
    ],
)
def test_the_ordinal_of_a_statefulset_decides(name: str, holder: dict[str, object], reason: str) -> None:
    """A StatefulSet at zero, or an ordinal outside the range that it runs now, leaves the claim dormant."""
    world = World(claim(name), holder, pod("shop/web-0", "other"))
    assert (world.claim(name).usage.state, world.claim(name).usage.reason) == ("dormant", reason)


def test_an_operators_claim_is_dormant() -> None:
    """A claim that an operator's object owns may come back with it."""
    owner = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "name": "pg",
        "uid": "u",
        "controller": True,
    }
    world = World(claim(metadata={"ownerReferences": [owner]}), pod("shop/web-0", "other"))
    assert world.claim().usage.reason == "operator-owned"


def test_the_source_of_living_clones_is_dormant() -> None:
    """A claim that living claims were cloned from is no orphan."""
    source = {"kind": "PersistentVolumeClaim", "name": "data"}
    world = World(claim(), claim("shop/copy", spec={"dataSource": source}), pod("shop/web-0", "other"))
    assert world.claim().usage.reason == "clone-source"
    assert world.claim("shop/copy").usage.reason == "unreferenced"


def test_what_nobody_uses_is_told_with_the_size_that_it_was_given() -> None:
    """Orphaned and dormant apart; a claim without a volume takes nothing from anybody."""
    world = World(
        stateful_set("web", 0),
        claim("shop/data-web-0", status={"capacity": {"storage": "2Gi"}}),
        claim("shop/left", status={"capacity": {"storage": "1Gi"}}),
        claim("shop/asked", spec={"volumeName": ""}, status={"phase": "Pending", "capacity": None}),
    )
    assert world.rows("pvc_unused_bytes") == [
        'pvc_unused_bytes{namespace="shop",persistentvolumeclaim="data-web-0",state="dormant"} 2147483648',
        'pvc_unused_bytes{namespace="shop",persistentvolumeclaim="left",state="orphaned"} 1073741824',
    ]


def test_without_pods_in_sight_use_is_unknown() -> None:
    """When pods are denied to us, nothing is called orphaned."""
    world = World(claim(), states={("core", "Pod"): "forbidden"})
    assert world.claim().usage.state is None
    assert world.rows("pvc_orphaned", "pvc_dormant", "pvc_unused_seconds", "pvc_unused_bytes") == []


@pytest.mark.parametrize("kind", ["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"])
def test_a_kind_that_could_refer_must_be_seen(kind: str) -> None:
    """Where a kind that could refer to the claim is denied to us, nothing is called orphaned."""
    world = World(claim(), states={("core", kind): "forbidden"})
    assert world.claim().usage.state is None


def test_unused_time_begins_when_first_seen_idle() -> None:
    """Idle time is a lower bound: it begins when we first saw the claim idle, and is kept."""
    world = World(claim())
    world.judge(NOW + HOUR)
    assert world.rows("pvc_unused_seconds") == [
        'pvc_unused_seconds{namespace="shop",persistentvolumeclaim="data"} 3600'
    ]


def test_the_unused_condition_proves_longer() -> None:
    """The API's own Unused condition proves idle time from before we looked."""
    condition = {"type": "Unused", "status": "True", "lastTransitionTime": "2026-11-11T12:00:00Z"}
    world = World(claim(status={"conditions": [condition]}))
    assert world.claim().usage.unused_since == NOW - 10 * 24 * HOUR


def remembering(ended: float, *, idle_since: float) -> Memory:
    memory = Memory([Observation("unused_since", "uid-shop-data", idle_since)])
    memory.watch_began(ended, NOW)
    return memory


def test_idle_time_survives_a_short_absence() -> None:
    """After a restart within 15 minutes idle time is carried on."""
    world = World(claim(), memory=remembering(NOW - 14 * 60, idle_since=NOW - 9 * HOUR))
    assert world.claim().usage.unused_since == NOW - 9 * HOUR


def test_idle_time_counts_anew_after_a_long_absence() -> None:
    """After a longer absence somebody may have used the claim: it counts anew."""
    world = World(claim(), memory=remembering(NOW - 16 * 60, idle_since=NOW - 9 * HOUR))
    assert world.claim().usage.unused_since == NOW


def test_the_condition_covers_a_long_absence() -> None:
    """The Unused condition tells that nobody used the claim while we were away."""
    condition = {"type": "Unused", "status": "True", "lastTransitionTime": "2026-11-21T11:00:00Z"}
    memory = remembering(NOW - 30 * 60, idle_since=NOW - 9 * HOUR)
    world = World(claim(status={"conditions": [condition]}), memory=memory)
    assert world.claim().usage.unused_since == NOW - 9 * HOUR


def test_use_ends_idle_time() -> None:
    """A claim that was used in between begins a new idle time."""
    world = World(claim())
    world.put(pod("shop/web-0", "data"))
    world.judge(NOW + HOUR)
    world.drop(pod("shop/web-0", "data"))
    world.judge(NOW + 2 * HOUR)
    assert world.claim().usage.unused_since == NOW + 2 * HOUR
