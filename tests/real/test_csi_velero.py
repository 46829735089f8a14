"""A real Velero that cuts CSI snapshots through the real controllers: run by run, what it says, what the driver holds, what we say."""

import time
from collections.abc import Iterator

import pytest

from tests.real.apiserver import ApiServer
from tests.real.csi import SNAPSHOTS, CsiSnapshots
from tests.real.exporter import Exporter
from tests.real.process import wait_for
from tests.real.velero import Velero
from tests.real.web import JsonObject

pytestmark = [pytest.mark.real_long, pytest.mark.timeout(600)]

TIMESTAMP = "holdfast_pvc_backup_timestamp_seconds"
CLAIMS = ("orders", "stock")


@pytest.fixture(scope="module")
def csi(living_cluster: ApiServer) -> Iterator[CsiSnapshots]:
    with CsiSnapshots(living_cluster) as running:
        yield running


@pytest.fixture(scope="module")
def velero(living_cluster: ApiServer, csi: CsiSnapshots) -> Iterator[Velero]:
    """A Velero that takes CSI snapshots: it finds the class of the driver by the label that it asks for."""
    assert csi.driver.socket.exists()
    with Velero(living_cluster, flags=["--features=EnableCSI"]) as server:
        yield server


@pytest.fixture(scope="module")
def exporter(
    living_cluster: ApiServer, velero: Velero, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporter]:
    assert velero.store.url
    with Exporter(living_cluster.kubeconfig(tmp_path_factory.mktemp("k") / "config")) as running:
        yield running


@pytest.fixture(scope="module")
def shop(living_cluster: ApiServer, csi: CsiSnapshots, exporter: Exporter) -> str:
    """A namespace with two claims of the driver, a second old: times are whole seconds, and claims are older than runs."""
    living_cluster.namespace("shop")
    for name in CLAIMS:
        csi.claim("shop", name)
    exporter.wait_for_row("holdfast_pvc_phase", 'phase="Bound"', '"stock"')
    time.sleep(1.1)
    return "shop"


def claim_in(namespace: str, name: str) -> str:
    return f'namespace="{namespace}",persistentvolumeclaim="{name}"'


def value(row: str) -> float:
    return float(row.rpartition(" ")[2])


def told(exporter: Exporter, namespace: str, name: str) -> list[float]:
    """The times of the newest copies that the exporter tells of a claim, of Velero's making."""
    return [value(row) for row in exporter.rows(TIMESTAMP, claim_in(namespace, name), 'source="velero"')]


def newest(csi: CsiSnapshots, namespace: str, name: str) -> list[int]:
    """When the driver cut the newest snapshot of a claim's volume that it holds."""
    return csi.cut_at(f"vol-{namespace}-{name}")[-1:]


def agrees(exporter: Exporter, csi: CsiSnapshots, namespace: str) -> None:
    """Returns once the exporter tells, of every claim, the very instant at which the driver cut last."""
    held = [newest(csi, namespace, name) for name in CLAIMS]
    wait_for(
        f"the newest cuts of {', '.join(CLAIMS)}: {held}",
        lambda: [told(exporter, namespace, name) for name in CLAIMS],
        lambda seen: seen == held,
    )


def cut_by_velero(api: ApiServer, namespace: str) -> list[JsonObject]:
    snapshots = api.list(SNAPSHOTS, "VolumeSnapshot", namespace)
    return [one for one in snapshots if "velero.io/backup-name" in one["metadata"].get("labels", {})]


def test_a_run_is_seen_and_remembered(
    living_cluster: ApiServer, exporter: Exporter, csi: CsiSnapshots, velero: Velero, shop: str
) -> None:
    """While Velero runs its snapshot is seen and counts for nobody; after it the objects are gone and each claim has a copy."""
    csi.driver.uploads.add("vol-shop-orders")
    velero.backup("first", [shop])
    exporter.wait_for_row("holdfast_volumesnapshot_unready_seconds", 'volumesnapshot="velero-orders-')
    assert told(exporter, shop, "orders") == []
    csi.driver.uploads.clear()
    backup = velero.wait_for_phase("Backup", "first", "Completed")
    assert backup["status"]["csiVolumeSnapshotsCompleted"] == len(CLAIMS)
    agrees(exporter, csi, shop)
    assert cut_by_velero(living_cluster, shop) == []
    for name in CLAIMS:
        (row,) = exporter.rows(TIMESTAMP, claim_in(shop, name))
        assert 'source="velero",placement="local"' in row
        assert not exporter.rows("holdfast_pvc_backup_inferred", claim_in(shop, name))


def test_run_by_run_the_driver_is_right(
    exporter: Exporter, csi: CsiSnapshots, velero: Velero, shop: str
) -> None:
    """After every run that ended well the newest copy of each claim is the newest that the driver holds."""
    for number in range(3):
        before = len(csi.driver.held("vol-shop-orders"))
        velero.backup(f"again-{number}", [shop])
        velero.wait_for_phase("Backup", f"again-{number}", "Completed")
        assert len(csi.driver.held("vol-shop-orders")) == before + 1
        agrees(exporter, csi, shop)


def test_a_run_whose_driver_refuses_one_volume(
    exporter: Exporter, csi: CsiSnapshots, velero: Velero, shop: str
) -> None:
    """The claim whose volume was refused keeps the copy that it had; the other has a new one, from a run that failed in part."""
    had = newest(csi, shop, "orders")
    csi.driver.refuses.add("vol-shop-orders")
    velero.backup("partly", [shop], csiSnapshotTimeout="12s")
    velero.wait_for_phase("Backup", "partly", "PartiallyFailed")
    csi.driver.refuses.clear()
    assert newest(csi, shop, "orders") == had
    assert newest(csi, shop, "stock") > had
    agrees(exporter, csi, shop)


def test_a_run_that_discards_what_it_cut(
    exporter: Exporter, csi: CsiSnapshots, velero: Velero, shop: str
) -> None:
    """Velero deletes a snapshot that it waited for too long, though it was seen ready: the claims keep what they had."""
    had = [newest(csi, shop, name) for name in CLAIMS]
    csi.driver.uploads.update(f"vol-shop-{name}" for name in CLAIMS)
    velero.backup("hasty", [shop], csiSnapshotTimeout="4s")
    for _ in CLAIMS:  # one volume after the other, in an order of Velero's own
        row, *_ = exporter.wait_for_row("holdfast_volumesnapshot_unready_seconds", 'volumesnapshot="velero-')
        name = next(name for name in CLAIMS if f"velero-{name}-" in row)
        time.sleep(1.0)  # Velero has looked once; it looks again after 5 s, and that is too late
        csi.driver.uploads.discard(f"vol-shop-{name}")
        exporter.wait_until_gone("holdfast_volumesnapshot_unready_seconds", f"velero-{name}-")
    backup = velero.wait_for_phase("Backup", "hasty", "PartiallyFailed")
    assert "csiVolumeSnapshotsCompleted" not in backup["status"]
    assert [newest(csi, shop, name) for name in CLAIMS] == had
    agrees(exporter, csi, shop)


def test_a_schedule(exporter: Exporter, csi: CsiSnapshots, velero: Velero, shop: str) -> None:
    """A schedule that runs: its last success begins before the driver cut, and each claim's copy is what was cut."""
    velero.schedule("each-minute", "* * * * *", [shop])
    row = exporter.wait_for_row(
        "holdfast_backup_schedule_last_success_timestamp_seconds", 'schedule="each-minute"', timeout=200
    )
    assert value(row[0]) <= newest(csi, shop, "orders")[0]
    agrees(exporter, csi, shop)


def test_an_exporter_that_did_not_watch(
    living_cluster: ApiServer,
    exporter: Exporter,
    csi: CsiSnapshots,
    velero: Velero,
    shop: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Whoever did not see the snapshots has the runs' counters: the copy is inferred, and not newer than what was cut."""
    assert told(exporter, shop, "orders") == newest(csi, shop, "orders")
    schedule = {"apiVersion": "velero.io/v1", "kind": "Schedule"}
    living_cluster.patch(
        schedule | {"metadata": {"namespace": "velero", "name": "each-minute"}}, {"spec": {"paused": True}}
    )
    velero.backup("unwatched", [shop])
    velero.wait_for_phase("Backup", "unwatched", "Completed")
    kubeconfig = living_cluster.kubeconfig(tmp_path_factory.mktemp("k") / "config")
    with Exporter(kubeconfig) as late:
        for name in CLAIMS:
            late.wait_for_row("holdfast_pvc_backup_inferred", claim_in(shop, name), 'source="velero"')
            (inferred,) = told(late, shop, name)
            (cut,) = newest(csi, shop, name)
            assert cut - 60 < inferred <= cut
