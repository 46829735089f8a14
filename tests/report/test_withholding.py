"""No command destroys data in use: objects in; a row without a command and the reason, or no row, out."""

from typing import Any

import pytest

from holdfast.http.views import WasteRow
from tests.assessment.test_cost import content, home, snapshot, volume, world
from tests.assessment.test_waste import annotated, stateful_set
from tests.report.test_waste import RETAIN, idle, row, rows
from tests.world import NOW, World, claim, laid_over, pod

RELEASED: dict[str, Any] = {"phase": "Released"}
SAME = {"csi": {"driver": "disk.example", "volumeHandle": "one"}}
NFS = {"csi": None, "nfs": {"server": "nas", "path": "/export"}}
CUT = {"snapshotHandle": "one"}


def named(judged: World) -> dict[str, WasteRow]:
    return {found.name: found for found in rows(judged)}


def deletes(found: WasteRow) -> bool:
    return any("delete" in command for command in found.commands)


def pending(name: str, **spec: Any) -> dict[str, Any]:
    made = claim(name, spec={"volumeName": None, **spec}, status={"phase": "Pending", "capacity": None})
    return laid_over(made, {"metadata": {"uid": name}})


def from_snapshot(name: str) -> dict[str, Any]:
    return {"dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": name}}


def attachment(attached: bool) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "VolumeAttachment",
        "metadata": {"name": "va"},
        "spec": {"nodeName": "node-7", "source": {"persistentVolumeName": "pv-shop-data"}},
        "status": {"attached": attached},
    }


# ---- another name for the same disk


@pytest.mark.parametrize("same", [SAME, NFS], ids=["handle", "export"])
def test_a_volume_whose_disk_another_uses_is_left_alone_and_saves_nothing(same: dict[str, Any]) -> None:
    old = volume("shop/old", spec=same | RETAIN, status=RELEASED)
    found = row(world(home(), old, claim(), volume(spec=same), pod("shop/web", "data")))
    assert found.commands == ("kubectl describe pv pv-shop-old",)
    assert "PersistentVolume pv-shop-data is of the same disk" in found.caution
    assert found.size_bytes == 0


def test_of_two_lost_volumes_of_one_disk_the_money_is_counted_once() -> None:
    lost = [volume(f"shop/{name}", spec=SAME | RETAIN, status=RELEASED) for name in ("a", "b")]
    judged = world(home(), *lost)
    assert judged.rows("waste_monthly_cost")[0].endswith(" 1")
    assert not any(deletes(found) for found in rows(judged))


def test_directories_that_the_nfs_driver_made_are_no_common_disk() -> None:
    def made(name: str) -> dict[str, Any]:
        share = {"server": "nas", "share": "/export"}
        csi = {"driver": "nfs.csi.k8s.io", "volumeHandle": f"nas#export#{name}", "volumeAttributes": share}
        return volume(name, spec={"csi": csi}, status=RELEASED)

    assert all(deletes(found) for found in rows(world(home(), made("shop/a"), made("shop/b"))))


def test_a_claim_whose_disk_has_another_name_is_left_alone() -> None:
    found = row(
        world(
            home(),
            idle("shop/old"),
            volume("shop/old", spec=SAME),
            claim(),
            volume(spec=SAME),
            pod("shop/web", "data"),
        )
    )
    assert (found.commands, found.size_bytes) == (("holdfast explain pvc shop/old",), 0)


def test_a_content_or_snapshot_whose_cut_another_stands_for_is_left_alone() -> None:
    kept = [
        claim(),
        volume(),
        pod("shop/web", "data"),
        snapshot("shop/kept"),
        content("shop/kept", status=CUT),
    ]
    lone = row(world(home(), *kept, content("shop/gone", status=CUT)))
    assert "VolumeSnapshotContent content-kept stands for the same snapshot" in lone.caution
    assert (deletes(lone), lone.size_bytes) == (False, 0)
    lost = [snapshot("shop/gone", of="lost"), content("shop/gone", status=CUT)]
    assert not deletes(row(world(home(), *kept, *lost)))


# ---- what was not looked at


@pytest.mark.parametrize("made", [[volume()], [content()], [snapshot(), content()]])
def test_of_a_namespace_that_was_not_seen_nothing_is_known_to_be_gone(made: list[dict[str, Any]]) -> None:
    judged = world(*made)
    assert rows(judged) == []
    judged.put(home())
    judged.judge()
    assert len(rows(judged)) == 1
    judged.drop(home())
    judged.judge()
    assert rows(judged) == []


def test_a_volume_that_is_still_bound_is_not_deleted() -> None:
    found = row(world(home(), volume()))
    assert not deletes(found)
    assert "its claim may only not have been looked at" in found.caution


@pytest.mark.parametrize(
    ("made", "words"),
    [
        ([idle()], "its namespace cannot be seen"),
        ([home(), idle(metadata=annotated(exempts="x"))], "an annotation of it cannot be read"),
        ([home(metadata=annotated(mute="hygeine")), idle()], "an annotation of its namespace cannot be read"),
    ],
)
def test_what_may_exempt_a_claim_and_cannot_be_read_keeps_it(made: list[dict[str, Any]], words: str) -> None:
    found = row(world(*made, volume()))
    assert not deletes(found)
    assert words in found.caution


def test_a_claim_that_a_kind_out_of_sight_may_use_is_left_alone() -> None:
    judged = world(home(), idle(), volume(), states={("core", "CronJob"): "disabled"})
    assert not deletes(row(judged))
    assert "CronJob cannot be seen, and may use it" in row(judged).caution


# ---- what is wanted, or held


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("made", [[idle(), volume()], [volume(status=RELEASED)]], ids=["claim", "volume"])
def test_what_is_attached_is_left_alone(made: list[dict[str, Any]], attached: bool) -> None:
    found = row(world(home(), *made, attachment(attached)))
    assert not deletes(found)
    assert "attached to node-7" in found.caution


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (
            [snapshot(), content(), pending("shop/new", **from_snapshot("snap"))],
            "claim shop/new is to be restored from it",
        ),
        (
            [content(), pending("shop/new", **from_snapshot("snap"))],
            "claim shop/new is to be restored from it",
        ),
        (
            [volume(status=RELEASED), pending("shop/new", volumeName="pv-shop-data")],
            "claim shop/new names it",
        ),
    ],
    ids=["snapshot", "content", "volume"],
)
def test_what_a_waiting_claim_wants_is_left_alone(made: list[dict[str, Any]], words: str) -> None:
    found = row(world(home(), *made))
    assert not deletes(found)
    assert words in found.caution


def test_a_claim_that_a_waiting_one_is_cloned_from_is_left_alone() -> None:
    source = {"dataSource": {"kind": "PersistentVolumeClaim", "name": "data"}}
    judged = world(home(), idle(), volume(), pending("shop/new", **source))
    judged.judge(NOW + 31 * 86400)
    found = named(judged)["data"]
    assert not deletes(found)
    assert "claim shop/new is to be cloned from it" in found.caution


def test_what_a_cronjob_runs_on_is_no_waste_between_its_runs() -> None:
    template = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]}
    job = {"template": {"spec": {"template": {"spec": template}}}}
    cron = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"namespace": "shop", "name": "yearly"},
        "spec": {"schedule": "0 0 1 1 *", "jobTemplate": job["template"]},
    }
    judged = world(home(), idle(), volume(), cron)
    judged.judge(NOW + 60 * 86400)
    assert rows(judged) == []
    judged.put(laid_over(cron, {"spec": {"suspend": True}}))
    judged.judge()
    assert row(judged).reason == "dormant"


@pytest.mark.parametrize("controller", [True, False])
def test_a_snapshot_that_something_owns_is_removed_there(controller: bool) -> None:
    owner = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Backup",
        "name": "pg-1",
        "controller": controller,
    }
    owned = snapshot(metadata={"ownerReferences": [owner]})
    found = row(world(home(), owned, content()))
    assert not deletes(found)
    assert "Backup pg-1 owns it" in found.caution


def test_what_is_not_known_to_be_idle_for_a_day_is_not_deleted_yet() -> None:
    judged = world(home(), claim(), volume())
    assert not deletes(row(judged))
    assert "its idle time is not known for a day yet" in row(judged).caution
    assert deletes(row(world(home(), idle(), volume())))


def test_a_claim_that_a_running_workload_names_is_left_alone() -> None:
    judged = world(home(), idle("shop/data-db-0"), volume("shop/data-db-0"), stateful_set(1))
    judged.judge(NOW + 31 * 86400)
    assert not deletes(row(judged))


# ---- what to be careful about


@pytest.mark.parametrize(
    ("metadata", "words"),
    [
        ({"finalizers": ["kubernetes.io/pvc-protection", "x.example/keep"]}, "the finalizer x.example/keep"),
        (annotated(rpo="4h"), "somebody asked for copies of it every 4h"),
    ],
)
def test_who_counts_on_a_claim_is_named(metadata: dict[str, Any], words: str) -> None:
    found = row(world(home(), idle(metadata=metadata), volume()))
    assert words in found.caution
    assert deletes(found)
