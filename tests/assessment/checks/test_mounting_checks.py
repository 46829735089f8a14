"""The check on what only one node can mount: records in, what is said of each workload out."""

from typing import Any

import msgspec
import pytest

from holdfast.model.facts import Workload
from holdfast.model.identity import Owner
from holdfast.model.selector import Requirement, Selector
from tests.assessment.checks.survey_cases import claim, in_zones, look, node, on_nodes, volume, workload

DEPLOYED = "Deployment shop/web"
NODES = (node("node-1", "a"), node("node-2", "b"))
SHARED = (
    "nothing keeps its pods on one node with those of {}, which use what only one node can mount too: data"
)


def user(kind: Any, name: str = "web", **fields: Any) -> Workload:
    """A workload whose template names the claim, and whose pods bear its name."""
    return workload(kind, f"shop/{name}", **{"claims": ("data",), "pod_labels": {"app": name}, **fields})


def like(name: str) -> tuple[Selector, ...]:
    """To run beside the pods of that workload."""
    return (Selector((Requirement("app", "In", (name,)),)),)


@pytest.mark.parametrize(
    ("fields", "modes", "found"),
    [
        ({"replicas": 1, "surges": True}, ("ReadWriteOnce",), True),
        ({"replicas": 1, "surges": True}, ("ReadWriteOncePod",), True),
        ({"replicas": 2}, ("ReadWriteOnce",), True),
        ({"replicas": None, "surges": True}, ("ReadWriteOnce",), True),
        ({"replicas": 1}, ("ReadWriteOnce",), False),
        ({"replicas": 0, "surges": True}, ("ReadWriteOnce",), False),
        ({"replicas": 3, "surges": True}, ("ReadWriteMany",), False),
        ({"replicas": 3}, ("ReadWriteMany", "ReadWriteOnce"), False),
        ({"replicas": 3}, ("ReadOnlyMany", "ReadWriteOnce"), False),
        ({"replicas": 3}, (), None),
        ({"replicas": 3}, None, None),
        ({"replicas": 1}, None, False),
    ],
)
def test_deployment_rwo__needed_on_two_nodes(fields: Any, modes: Any, found: bool | None) -> None:
    """Several replicas, or a rolling update that starts the new pod first, and a claim that one node can mount."""
    claims = [] if modes is None else [claim(access_modes=modes)]
    why = look("deployment-rwo", workload("Deployment", claims=("data",), **fields), claims)[DEPLOYED]
    assert (None if why is None else bool(why)) is found


def test_deployment_rwo__says_which_of_the_two_it_is() -> None:
    """The reason tells replicas from a surge, and names the claims."""
    surging = workload("Deployment", claims=("data", "shared"), surges=True)
    claims = [claim(), claim("shop/shared", access_modes=("ReadWriteMany",))]
    assert look("deployment-rwo", surging, claims) == {
        DEPLOYED: "a rolling update starts the new pod while the old one holds what only one node can mount: data"
    }
    assert look("deployment-rwo", msgspec.structs.replace(surging, replicas=3), claims) == {
        DEPLOYED: "3 replicas need what only one node can mount: data"
    }


@pytest.mark.parametrize(
    ("kind", "fields", "why"),
    [
        ("StatefulSet", {"replicas": 3}, "3 replicas need what only one node can mount: data"),
        ("StatefulSet", {"replicas": 1}, ""),
        ("ReplicaSet", {"replicas": 2}, "2 replicas need what only one node can mount: data"),
        ("DaemonSet", {"replicas": None}, "a pod on each node needs what only one node can mount: data"),
        ("Job", {"parallel": 4}, "4 pods at a time need what only one node can mount: data"),
        ("CronJob", {"parallel": 2}, "2 pods at a time need what only one node can mount: data"),
        ("CronJob", {"parallel": 2, "suspended": True}, ""),
        ("Job", {"parallel": 2, "finished": True}, ""),
        ("Job", {}, ""),
    ],
)
def test_deployment_rwo__every_kind_of_workload(kind: Any, fields: dict[str, Any], why: str) -> None:
    """One that wants several pods at a time. A StatefulSet starts the new pod when the old one is gone."""
    assert look("deployment-rwo", user(kind, **fields), claim()) == {f"{kind} shop/web": why}


def test_deployment_rwo__a_workload_that_names_no_claim_is_not_looked_at() -> None:
    """The claims that a StatefulSet makes are one for each pod."""
    settled = workload(claim_templates=("data",), replicas=3), claim("shop/data-web-0")
    assert look("deployment-rwo", *settled, workload("Deployment", replicas=3, surges=True)) == {}


@pytest.mark.parametrize("kind", ["ReplicaSet", "Job"])
def test_deployment_rwo__what_something_else_controls_is_left_to_that(kind: Any) -> None:
    """A Deployment speaks for its ReplicaSets, a CronJob for its Jobs; operators choose where their movers run."""
    owner = Owner("volsync.backube/v1alpha1", "ReplicationSource", "data", "uid")
    mover = user(kind, "mover", replicas=2, parallel=2, owner=owner)
    assert look("deployment-rwo", mover, user("Deployment"), claim()) == {DEPLOYED: ""}


def test_deployment_rwo__pods_of_several_workloads_on_one_claim() -> None:
    """It stands on each of them: on either it can be mended."""
    told = look("deployment-rwo", user("Deployment"), user("CronJob", "dump"), claim(), NODES)
    assert told == {
        DEPLOYED: SHARED.format("CronJob dump"),
        "CronJob shop/dump": SHARED.format(DEPLOYED.replace("shop/", "")),
    }


@pytest.mark.parametrize(
    "other",
    [
        {"replicas": 0},
        {"claims": ("log",)},
        {"namespace": "other"},
    ],
)
def test_deployment_rwo__who_needs_another_claim_or_none_shares_nothing(other: dict[str, Any]) -> None:
    second = msgspec.structs.replace(user("Deployment", "second"), **other)
    told = look("deployment-rwo", user("Deployment"), second, claim(), claim("shop/log"), claim("other/data"))
    assert set(told.values()) == {""}


def test_deployment_rwo__two_jobs_may_never_run_at_once() -> None:
    """Whether they do, their schedules would have to tell; beside what runs for good they always do."""
    jobs = user("CronJob", "dump"), user("Job", "load")
    assert set(look("deployment-rwo", *jobs, claim()).values()) == {""}
    assert all(look("deployment-rwo", *jobs, user("StatefulSet"), claim()).values())


def test_deployment_rwo__a_claim_that_a_statefulset_makes_is_its_pods_own() -> None:
    """Whoever else names it shares it with one pod, as long as that pod is wanted."""
    dump = user("CronJob", "dump", claims=("data-web-1",))
    made = claim("shop/data-web-1")
    for replicas, shared in ((2, True), (1, False)):
        web = workload(claim_templates=("data",), replicas=replicas)
        told = look("deployment-rwo", web, dump, made, NODES)
        assert bool(told["CronJob shop/dump"]) is shared
        assert bool(told.get("StatefulSet shop/web")) is shared


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"node_terms": on_nodes("node-1")}, False),
        ({"node_terms": on_nodes("node-1", "node-2")}, True),
        ({"node_terms": in_zones("a")}, False),
        ({"node_terms": on_nodes("gone")}, False),
        ({"beside": like("web")}, False),
        ({"beside": like("other")}, True),
        ({}, True),
    ],
)
def test_deployment_rwo__pods_that_are_kept_on_one_node(fields: dict[str, Any], found: bool) -> None:
    """By the node affinity of their template, or beside each other."""
    for several in ({"replicas": 2}, {"surges": True}):
        told = look("deployment-rwo", user("Deployment", **several, **fields), claim(), volume(), NODES)
        assert bool(told[DEPLOYED]) is found


@pytest.mark.parametrize(
    ("web", "dump", "found"),
    [
        ({}, {"beside": like("web")}, False),
        ({"beside": like("dump")}, {}, False),
        ({"replicas": 2}, {"beside": like("web")}, True),
        ({"replicas": 2, "beside": like("web")}, {"beside": like("web")}, False),
        ({"node_terms": on_nodes("node-1")}, {"node_terms": on_nodes("node-1")}, False),
        ({"node_terms": on_nodes("node-1")}, {"node_terms": on_nodes("node-2")}, True),
        ({"node_terms": on_nodes("node-1")}, {}, True),
    ],
)
def test_deployment_rwo__workloads_that_are_kept_on_one_node(web: Any, dump: Any, found: bool) -> None:
    """All beside one of them that is one pod, or all on the same node."""
    told = look("deployment-rwo", user("Deployment", **web), user("CronJob", "dump", **dump), claim(), NODES)
    assert bool(told["CronJob shop/dump"]) is found


@pytest.mark.parametrize(
    ("terms", "unseen", "found"),
    [
        (on_nodes("node-1"), (), False),
        (in_zones("a", "b"), (), True),
        ((), (), True),
        (on_nodes("node-1"), ("Node",), False),
        (on_nodes("node-1", "node-2"), ("Node",), True),
        (in_zones("a"), ("Node",), True),
        ((), ("Node",), True),
    ],
)
def test_deployment_rwo__a_volume_that_one_node_can_use_keeps_all_there(
    terms: Any, unseen: Any, found: Any
) -> None:
    """A local disk. Where nodes cannot be seen, one that is named counts."""
    facts = user("Deployment", surges=True), user("CronJob", "dump"), claim(), volume(node_terms=terms), NODES
    for why in look("deployment-rwo", *facts, unseen=unseen).values():
        assert (None if why is None else bool(why)) is found


def test_deployment_rwo__a_volume_that_cannot_be_seen_spares_nobody() -> None:
    """It may lie on one node. But most do not, and the check says that it is judged in part."""
    told = look(
        "deployment-rwo", user("Deployment", surges=True), claim(), NODES, unseen=["PersistentVolume"]
    )
    assert told[DEPLOYED]


def test_deployment_rwo__what_one_pod_alone_can_mount_is_needed_twice_on_one_node_too() -> None:
    alone = claim(access_modes=("ReadWriteOncePod",)), volume(node_terms=on_nodes("node-1"))
    assert look("deployment-rwo", user("Deployment", surges=True, beside=like("web")), *alone, NODES)[
        DEPLOYED
    ]


def test_deployment_rwo__a_cluster_of_one_node_has_no_other() -> None:
    assert look("deployment-rwo", user("Deployment", surges=True), claim(), NODES[:1]) == {DEPLOYED: ""}
