"""Whether draining a node may take down too many pods with data: records in, what is said of each controller out."""

from typing import Any

import pytest

from holdfast.model.identity import Owner
from holdfast.model.selector import Requirement, Selector
from holdfast.model.setup import DisruptionBudget, PodCount
from tests.assessment.checks.survey_cases import look, pod, workload

WEB, DEPLOYED = "StatefulSet shop/web", "Deployment shop/web"
AGENT = ("DaemonSet", "agent")
APP = {"app": "web"}


def budget(
    namespace: str = "shop",
    name: str = "web",
    least: PodCount | None = None,
    most: PodCount | None = None,
    **labels: str,
) -> DisruptionBudget:
    chosen = tuple(Requirement(key, "In", (value,)) for key, value in labels.items())
    return DisruptionBudget(
        namespace=namespace, name=name, selector=Selector(chosen), min_available=least, max_unavailable=most
    )


NOBODYS = DisruptionBudget(namespace="shop", name="none", selector=None)
UNSAFE = "3 replicas with data, and no PodDisruptionBudget selects them all"


@pytest.mark.parametrize(
    ("fields", "budgets", "why"),
    [
        ({}, [], UNSAFE),
        ({}, [budget(app="web")], ""),
        ({}, [budget()], ""),
        ({}, [budget(app="shop")], UNSAFE),
        ({}, [budget("other", app="web")], UNSAFE),
        ({}, [NOBODYS], UNSAFE),
        ({"replicas": 2}, [], UNSAFE.replace("3", "2")),
        ({"replicas": 1}, [], ""),
        ({"replicas": 0}, [], ""),
        ({"replicas": None}, [], ""),
        ({"claim_templates": (), "claims": ("shared",)}, [], UNSAFE),
        ({"claim_templates": ()}, [], None),
    ],
)
def test_drain_unsafe__a_replicated_workload_with_data_without_a_budget(
    fields: dict[str, Any], budgets: list[DisruptionBudget], why: str | None
) -> None:
    """By the replicas that are wanted and the labels of the pod template."""
    web = workload(**{"claim_templates": ("data",), "replicas": 3, "pod_labels": APP, **fields})
    assert look("drain-unsafe", web, budgets) == ({} if why is None else {WEB: why})


def test_drain_unsafe__of_deployments_daemon_sets_and_jobs() -> None:
    """A drain leaves the pods of a DaemonSet where they are, and pods of Jobs are no replicas."""
    told = look(
        "drain-unsafe",
        workload("Deployment", claims=("shared",), replicas=3),
        workload("DaemonSet", "shop/agent", claims=("shared",), replicas=None),
        pod("shop/agent-1", "shared", of=AGENT),
        pod("shop/agent-2", "shared", of=AGENT),
        pod("shop/once-1", "shared", of=("Job", "once", "batch")),
        pod("shop/once-2", "shared", of=("Job", "once", "batch")),
    )
    assert told == {DEPLOYED: UNSAFE}


OPERATOR = ("Cluster", "main", "postgresql.cnpg.io")
MAIN = "Cluster.postgresql.cnpg.io shop/main"


@pytest.mark.parametrize(
    ("budgets", "pods", "why"),
    [
        ([], 2, "2 pods with data, and no PodDisruptionBudget selects them all"),
        ([], 1, ""),
        ([budget(role="primary")], 2, "2 pods with data, and no PodDisruptionBudget selects them all"),
        ([budget(role="primary"), budget(name="rest", role="replica")], 2, ""),
    ],
)
def test_drain_unsafe__an_operators_pods(budgets: list[DisruptionBudget], pods: int, why: str) -> None:
    """Operators have one budget for the primary and one for the others: each pod must be selected by some."""
    roles = ("primary", "replica")
    members = [pod(f"shop/main-{n}", f"d-{n}", of=OPERATOR, labels={"role": roles[n]}) for n in range(pods)]
    assert look("drain-unsafe", *members, budgets) == {MAIN: why}


def test_drain_unsafe__system_namespaces_are_spared() -> None:
    """Whoever runs the cluster drains it."""
    system = workload(name="kube-system/web", claim_templates=("data",), replicas=3)
    members = [pod(f"kube-system/main-{n}", f"d-{n}", of=OPERATOR) for n in range(2)]
    assert look("drain-unsafe", system, *members) == {}


def test_drain_unsafe__cannot_be_judged_where_the_topmost_controller_is_hidden() -> None:
    """What replicas of a ReplicaSet lack may be looked for on what controls it."""
    members = [pod(f"shop/main-{n}", f"d-{n}", of=("ReplicaSet", "main-1")) for n in range(2)]
    assert look("drain-unsafe", *members, unseen=["ReplicaSet"]) == {"ReplicaSet shop/main-1": None}
    assert look("drain-unsafe", *members)["ReplicaSet shop/main-1"]


def percent(number: int) -> PodCount:
    return PodCount(number, percent=True)


@pytest.mark.parametrize(
    ("amounts", "safe"),
    [
        ({"most": PodCount(1)}, True),
        ({"most": PodCount(2)}, True),
        ({"most": PodCount(3)}, False),
        ({"most": percent(50)}, True),
        ({"most": percent(70)}, False),
        ({"most": percent(100)}, False),
        ({"least": PodCount(0)}, False),
        ({"least": percent(0)}, False),
        ({"least": PodCount(1)}, True),
        ({"least": percent(1)}, True),
        ({}, True),
    ],
)
def test_drain_unsafe__a_budget_that_lets_all_go_is_none(amounts: dict[str, Any], safe: bool) -> None:
    """Of three replicas; shares round up, so that 70 percent are all of them."""
    web = workload(claim_templates=("data",), replicas=3, pod_labels=APP)
    why = f"{UNSAFE} but such as let all of them go at once: web"
    assert look("drain-unsafe", web, budget(app="web", **amounts)) == {WEB: "" if safe else why}
    both = [budget(app="web", **amounts), budget(name="other", least=PodCount(1), app="web")]
    assert look("drain-unsafe", web, both) == {WEB: ""}


def test_drain_unsafe__a_replica_set_that_nothing_controls() -> None:
    """It is looked at as a Deployment is; one of a Deployment is not."""
    owner = Owner("apps/v1", "Deployment", "web", "uid")
    alone = workload("ReplicaSet", claims=("shared",), replicas=3)
    held = workload("ReplicaSet", "shop/web-1", claims=("shared",), replicas=3, owner=owner)
    assert look("drain-unsafe", alone, held) == {"ReplicaSet shop/web": UNSAFE}
