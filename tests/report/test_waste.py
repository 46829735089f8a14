"""What a person is told of waste: objects in; rows, cautions, commands and sums out. Nothing is run."""

from typing import Any

import pytest

from holdfast.app.account.document_cost import monthly_cost
from holdfast.app.account.explain import _case
from holdfast.app.account.explain_cost import explain_cost
from holdfast.app.account.waste import find_waste, sums
from holdfast.http.views import WasteRow
from holdfast.model.cost import COSTED, GIB, Price, Prices
from holdfast.model.facts import Claim
from holdfast.model.identity import CLAIM_COST
from holdfast.model.policy import Policy
from tests.assessment.test_cost import EUR, content, home, snapshot, volume, world
from tests.assessment.test_waste import annotated, looked_at, stateful_set, used
from tests.world import NOW, World, claim, laid_over, pod, policy

RETAIN: dict[str, Any] = {"persistentVolumeReclaimPolicy": "Retain"}


IDLE: dict[str, Any] = {
    "conditions": [{"type": "Unused", "status": "True", "lastTransitionTime": "2026-11-02T00:00:00Z"}]
}


def idle(name: str = "shop/data", **fields: Any) -> dict[str, Any]:
    """A claim that is known to be idle for long."""
    return laid_over(claim(name, **fields), {"status": IDLE})


def rows(judged: World) -> list[WasteRow]:
    return [found.row for found in find_waste(judged.engine)]


def row(judged: World) -> WasteRow:
    (only,) = rows(judged)
    return only


def test_an_orphan_is_deleted_after_a_look_and_a_backup() -> None:
    """What its policy keeps is named as well: the volume, and the disk behind it."""
    found = row(world(home(), idle(), volume(spec=RETAIN)))
    assert (found.kind, found.namespace, found.name, found.reason) == (
        "PersistentVolumeClaim",
        "shop",
        "data",
        "orphaned",
    )
    assert found.why == "no pod and no workload names the claim"
    assert (
        found.caution == "no copy of it could be restored, so that its only copy would go: back it up first"
    )
    assert found.commands == (
        "holdfast explain pvc shop/data",
        "# back it up first: nothing else is known to hold its data",
        "kubectl -n shop delete pvc data",
        "kubectl delete pv pv-shop-data",
        "# then delete the disk behind it, which stays: h-shop-data (disk.example)",
    )
    assert found.monthly_cost is not None
    assert (found.monthly_cost.amount, found.monthly_cost.currency) == (1.0, "EUR")


def test_a_claim_with_copies_on_its_own_storage_is_told_so_and_its_volume_goes_with_it() -> None:
    found = row(world(home(), idle(), volume(), snapshot(), content()))
    assert found.caution == "all copies of it lie on the same storage: see that they outlive it"
    assert found.commands == ("holdfast explain pvc shop/data", "kubectl -n shop delete pvc data")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"metadata": annotated(exempt="rebuilt at will")},
            "it is exempt, so that nobody keeps a copy of it",
        ),
        (
            {
                "metadata": {
                    "ownerReferences": [
                        {
                            "apiVersion": "db.example/v1",
                            "kind": "Cluster",
                            "name": "pg",
                            "uid": "u",
                            "controller": True,
                        }
                    ]
                }
            },
            "an operator's object owns it",
        ),
    ],
    ids=["exempt", "an operator's"],
)
def test_where_a_person_must_ask_first_no_command_deletes_anything(
    fields: dict[str, Any], words: str, tmp_path: Any
) -> None:
    text = "tiers: [{name: dev, match: {}, unusedFor: 1h}]\nprices: {currency: EUR, default: 0.1}"
    judged = World(claim(**fields), volume(), policy=policy(text, tmp_path))
    judged.judge(NOW + 3600)
    found = row(judged)
    assert words in found.caution
    assert found.commands == ("holdfast explain pvc shop/data",)


def test_what_may_come_back_to_a_dormant_claim_is_said() -> None:
    judged = world(claim("shop/data-db-0"), volume("shop/data-db-0"), stateful_set(0))
    judged.judge(NOW + 31 * 86400)
    assert "what may come back to it would miss it: ask its owner" in row(judged).caution


def test_space_that_was_never_used_is_an_estimate_without_a_deletion() -> None:
    found = row(looked_at(used(0.2)))
    assert found.estimate
    assert found.size_bytes == 8 * GIB
    assert found.commands == ("holdfast explain pvc shop/data",)


def test_a_released_volume_may_hold_data_and_its_disk_stays() -> None:
    found = row(world(volume(spec=RETAIN, status={"phase": "Released"})))
    assert found.caution == (
        "it holds data of shop/data, and no snapshot of that stands: ask whose it was, and back it up first"
    )
    assert found.commands == (
        "kubectl describe pv pv-shop-data",
        "kubectl delete pv pv-shop-data",
        "# then delete the disk behind it, which stays: h-shop-data (disk.example)",
    )
    assert found.owner == "shop"


def test_a_volume_and_a_snapshot_of_one_lost_claim_warn_of_each_other() -> None:
    judged = world(home(), volume(spec=RETAIN, status={"phase": "Released"}), snapshot(), content())
    cautions = {found.kind: found.caution for found in rows(judged)}
    assert "the snapshot shop/snap, and one of them must stay" in cautions["PersistentVolume"]
    assert "it may be the last copy of shop/data" in cautions["VolumeSnapshot"]


def test_what_a_content_keeps_on_the_storage_is_named() -> None:
    found = row(world(home(), content(spec={"deletionPolicy": "Retain"})))
    assert (
        found.commands[-1]
        == "# then delete the snapshot behind it, which stays on the storage of disk.example"
    )


MISNAMED = ["--all", "-A", "x; rm -rf /", "Upper", "a\n", "a..b", "a/b", "a" * 254]


NO_NAME = "not all of its names are such as Kubernetes takes"


def space(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def misnamed(name: str, *, namespace: str = "shop") -> list[list[dict[str, Any]]]:
    """An orphan, a released volume, a snapshot and a content, each alone in a dump that may hold anything."""
    home = space(namespace)
    renamed: dict[str, Any] = {"metadata": {"name": name}}
    placed: dict[str, Any] = {"metadata": {"name": name, "namespace": namespace}}
    pointing: dict[str, Any] = {"spec": {"claimRef": {"namespace": namespace, "name": name}}}
    naming: dict[str, Any] = {"spec": {"volumeSnapshotRef": {"namespace": namespace, "name": name}}}
    return [
        [home, laid_over(claim(), placed), laid_over(volume(), pointing)],
        [home, laid_over(volume(spec=RETAIN, status={"phase": "Released"}), renamed)],
        [home, laid_over(snapshot(), placed), laid_over(content(), naming)],
        [home, laid_over(content(), renamed)],
    ]


@pytest.mark.parametrize("name", MISNAMED)
def test_a_name_that_kubernetes_does_not_take_stands_in_no_command(name: str) -> None:
    """``kubectl delete pv --all`` deletes all of them, and no quotation marks change that."""
    told = [row(world(*made)) for made in misnamed(name)]
    assert {each.kind for each in told} == set(COSTED.values())
    assert [each.commands for each in told] == [()] * 4
    assert all(NO_NAME in each.caution for each in told)


def test_neither_does_such_a_namespace_nor_the_volume_and_content_that_go_with_it() -> None:
    odd = "--all-namespaces"
    bound = laid_over(idle(), {"spec": {"volumeName": odd}})
    kept = laid_over(volume(spec=RETAIN), {"metadata": {"name": odd}})
    cut = laid_over(snapshot(), {"status": {"boundVolumeSnapshotContentName": odd}})
    behind = laid_over(content(spec={"deletionPolicy": "Retain"}), {"metadata": {"name": odd}})
    placed = misnamed("data", namespace=odd)
    for made in ([space("shop"), bound, kept], [space("shop"), cut, behind], placed[0], placed[2]):
        (found,) = rows(world(*made))
        assert found.commands == ()
        assert NO_NAME in found.caution


@pytest.mark.parametrize("name", ["a", "pv-1.example", "1", "a" * 253])
def test_any_name_that_kubernetes_takes_does(name: str) -> None:
    for made in misnamed(name):
        assert any(name in command for command in row(world(*made)).commands)


def test_what_an_object_says_of_its_disk_runs_in_no_shell() -> None:
    """Some shells run a pasted line that begins with #."""
    csi = {"driver": "d", "volumeHandle": "a\n$(rm -rf /)"}
    found = row(world(space("shop"), volume(spec=RETAIN | {"csi": csi}, status={"phase": "Released"})))
    assert found.commands[2] == "# then delete the disk behind it, which stays: 'a?$(rm -rf /)' (d)"


def test_the_dearest_comes_first_and_what_has_no_price_last() -> None:
    prices = Prices(currency="EUR", volumes=(Price(per_gib=0.1, storage_class="fast"),))
    slow = {"storageClassName": "slow"}
    judged = world(
        claim("shop/a"),
        volume("shop/a"),
        claim("shop/b"),
        volume("shop/b", size="50Gi"),
        claim("shop/c", spec=slow),
        volume("shop/c", size="90Gi", spec=slow),
        prices=prices,
    )
    assert [found.name for found in rows(judged)] == ["b", "a", "c"]


def test_sums_go_by_the_namespace_and_by_the_owner_where_one_is_named() -> None:
    judged = world(
        claim("shop/a", metadata=annotated(owner="payments")),
        volume("shop/a"),
        claim("shop/b"),
        volume("shop/b"),
        volume("dev/c", spec=RETAIN, status={"phase": "Released"}),
    )
    found = find_waste(judged.engine)

    def told(name_of: Any) -> dict[str, tuple[int, float]]:
        return {
            each.name: (each.objects, each.monthly_cost.amount if each.monthly_cost else -1)
            for each in sums(found, name_of, "EUR")
        }

    assert told(lambda each: each.row.namespace) == {"shop": (2, 2.0), "": (1, 1.0)}
    assert told(lambda each: each.row.owner) == {"payments": (1, 1.0), "shop": (1, 1.0), "dev": (1, 1.0)}


def test_a_sum_of_what_has_no_price_is_not_zero() -> None:
    found = find_waste(world(claim(), volume(), prices=Prices(currency="EUR")).engine)
    (only,) = sums(found, lambda each: each.row.namespace, "EUR")
    assert only.monthly_cost is None


# ---- of one claim


def figures(judged: World) -> dict[str, tuple[Any, str]]:
    held = judged.engine.facts.get(Claim, "shop", "data")
    assert held is not None
    case = _case(judged.engine, held, judged.now)
    return {each.figure: (each.value, each.rule) for each in explain_cost(case, judged.engine.judging.costs)}


def test_the_cost_of_a_claim_is_explained_by_its_price_and_size() -> None:
    prices = Prices(currency="EUR", volumes=(Price(per_gib=0.25, storage_class="fast", region=None),))
    told = figures(world(claim(), volume(size="16Gi"), pod("shop/web", "data"), prices=prices))
    assert told == {
        "monthlyCost.amount": (
            4.0,
            "16 GiB at 0.25 EUR per GiB and month: the most specific price that fits, of storageClass 'fast'",
        )
    }


def test_waste_is_explained_beside_it_and_what_is_not_known_says_why() -> None:
    assert figures(world(claim(), volume()))["waste.monthlyCost.amount"] == (
        1.0,
        "orphaned: nothing runs on the claim, and nothing may come back to it",
    )
    assert figures(world(claim(), volume(), pod("shop/web", "data"), prices=Prices(currency="EUR"))) == {
        "monthlyCost.amount": (None, "no price fits it")
    }
    assert figures(World(claim(), volume(), policy=Policy())) == {}


def test_the_report_tells_an_amount_or_why_there_is_none() -> None:
    key = ("shop", "data")
    part, reason = monthly_cost(CLAIM_COST, key, world(claim(), volume()).engine)
    assert part is not None
    assert (part.amount, part.currency, reason) == (1.0, "EUR", "")
    assert monthly_cost(CLAIM_COST, key, world(claim(), prices=EUR).engine) == (None, "it has no volume")
    assert monthly_cost(CLAIM_COST, key, World(claim(), volume()).engine) == (
        None,
        "no prices are configured",
    )
