"""Objects of database operators come in any order, and go: what is said of claims rests on those that are there."""

from typing import Any

import pytest

from holdfast.sources import cnpg, crunchy_pgo, mariadb, mysql_operator, zalando
from holdfast.sources.contract import Source
from tests.sources.operator_cases import all_of
from tests.world import World
from tests.world import claim as claim_object

DRILLED = {"holdfast.dev/restore-drill-every": "30d"}


def claims(prefix: str, label: str, *clusters: str, **labels: str) -> list[dict[str, Any]]:
    return [
        claim_object(
            f"shop/{prefix}{cluster}-0",
            metadata={"labels": {label: cluster, **labels}, "annotations": DRILLED},
        )
        for cluster in clusters
    ]


def stateful_set() -> dict[str, Any]:
    owner = {"apiVersion": "k8s.mariadb.com/v1alpha1", "kind": "MariaDB", "name": "orders"}
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
            "namespace": "shop",
            "name": "orders",
            "ownerReferences": [{**owner, "uid": "1", "controller": True}],
        },
        "spec": {"volumeClaimTemplates": [{"metadata": {"name": "storage"}}]},
    }


CASES: dict[str, tuple[Source, list[dict[str, Any]]]] = {
    "cnpg": (cnpg.SOURCE, claims("", "cnpg.io/cluster", "orders", "ledger", "scratch")),
    "crunchy-pgo": (crunchy_pgo.SOURCE, claims("", "postgres-operator.crunchydata.com/cluster", "hippo")),
    "zalando": (zalando.SOURCE, claims("pgdata-", "cluster-name", "acid-orders")),
    "mariadb": (mariadb.SOURCE, [*claims("storage-", "x", "orders"), stateful_set()]),
    "mysql-operator": (mysql_operator.SOURCE, claims("datadir-", "mysql.oracle.com/cluster", "orders")),
}


def once(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last of each kind and name, as a cluster can hold them."""
    key = ("kind", "apiVersion")
    return list(
        {
            (*(o[k] for k in key), o["metadata"]["namespace"], o["metadata"]["name"]): o for o in objects
        }.values()
    )


def everything(case: str) -> list[dict[str, Any]]:
    source, of = CASES[case]
    return once([*of, *all_of(source)])


@pytest.mark.parametrize("case", CASES)
def test_whatever_comes_last(case: str) -> None:
    """It touches all claims that it bears on, wherever they are: the rows are those of a cluster that held it before."""
    objects = everything(case)
    whole = World(*objects).text()
    for last in objects:
        world = World(*(obj for obj in objects if obj is not last))
        world.put(last)
        world.judge()
        assert world.text() == whole, last["metadata"]["name"]


@pytest.mark.parametrize("case", CASES)
def test_whatever_goes(case: str) -> None:
    """It leaves nothing behind but what is remembered."""
    objects = everything(case)
    for gone in objects:
        left = [obj for obj in objects if obj is not gone]
        world = World(*objects)
        world.drop(gone)
        world.judge()
        assert unremembered(world) == unremembered(World(*left)), gone["metadata"]["name"]


def unremembered(world: World) -> list[str]:
    """All rows but those that memory keeps."""
    kept = ("drill", "last_success", "missed_runs")
    return [row for row in world.text().splitlines() if not any(word in row for word in kept)]
