"""Snapshots cut by the real controllers through a driver of our own: what the driver holds, and what the exporter says of it."""

import time
from collections.abc import Iterator

import pytest

from tests.real.apiserver import ApiServer
from tests.real.csi import SNAPSHOTS, CsiSnapshots
from tests.real.exporter import Exporter
from tests.real.process import wait_for
from tests.real.web import JsonObject

pytestmark = [pytest.mark.real_long, pytest.mark.timeout(300)]

TIMESTAMP = "holdfast_pvc_backup_timestamp_seconds"
POINTS = "holdfast_pvc_recovery_points"
UNREADY = "holdfast_volumesnapshot_unready_seconds"
OWN = 'source="csi-snapshot"'


@pytest.fixture(scope="module")
def csi(living_cluster: ApiServer) -> Iterator[CsiSnapshots]:
    with CsiSnapshots(living_cluster) as running:
        yield running


@pytest.fixture(scope="module")
def exporter(
    living_cluster: ApiServer, csi: CsiSnapshots, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporter]:
    assert csi.driver.socket.exists()
    with Exporter(living_cluster.kubeconfig(tmp_path_factory.mktemp("k") / "config")) as running:
        yield running


@pytest.fixture
def shop(living_cluster: ApiServer, request: pytest.FixtureRequest) -> str:
    """A namespace that is named after the test."""
    return living_cluster.namespace(request.node.name.removeprefix("test_").replace("_", "-")[:40].strip("-"))


def claim_in(namespace: str, name: str = "orders") -> str:
    """The labels by which rows of a claim are found."""
    return f'namespace="{namespace}",persistentvolumeclaim="{name}"'


def value(row: str) -> float:
    return float(row.rpartition(" ")[2])


def told(exporter: Exporter, namespace: str, name: str = "orders") -> list[float]:
    """The times of the newest copies that the exporter tells of a claim, of plain snapshots."""
    return [value(row) for row in exporter.rows(TIMESTAMP, claim_in(namespace, name), OWN)]


def points(exporter: Exporter, namespace: str, name: str = "orders") -> list[float]:
    return [value(row) for row in exporter.rows(POINTS, claim_in(namespace, name), OWN)]


def wait_for_points(exporter: Exporter, namespace: str, number: int, name: str = "orders") -> None:
    wait_for(
        f"{number} recovery points of {namespace}/{name}",
        lambda: points(exporter, namespace, name),
        lambda seen: seen == [number],
    )


def ready(api: ApiServer, namespace: str, name: str) -> JsonObject:
    """The snapshot, once the controllers call it ready."""
    return wait_for(
        f"snapshot {namespace}/{name} ready",
        lambda: api.get(SNAPSHOTS, "VolumeSnapshot", name, namespace),
        lambda snapshot: snapshot.get("status", {}).get("readyToUse") is True,
    )


def test_a_snapshot_is_a_copy(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """Within seconds the claim has a local, crash-consistent copy as of the instant that the driver cut; its size is unknown."""
    volume = csi.claim(shop, "orders")
    csi.snapshot(shop, "first", "orders")
    rows = exporter.wait_for_row(TIMESTAMP, claim_in(shop), OWN, timeout=10)
    assert 'placement="local"' in rows[0]
    assert 'consistency="crash"' in rows[0]
    assert told(exporter, shop) == csi.cut_at(volume)
    wait_for_points(exporter, shop, 1)
    assert not exporter.rows(UNREADY, f'namespace="{shop}"')
    assert not exporter.rows("holdfast_pvc_backup_size_bytes", claim_in(shop))


def test_a_driver_that_refuses(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """A snapshot that cannot be cut is unready, and no copy; when the driver comes round, it is one."""
    volume = csi.claim(shop, "orders")
    csi.driver.refuses.add(volume)
    csi.snapshot(shop, "first", "orders")
    exporter.wait_for_row(UNREADY, f'namespace="{shop}",volumesnapshot="first"')
    assert told(exporter, shop) == []
    assert csi.driver.held(volume) == []
    csi.driver.refuses.clear()
    wait_for_points(exporter, shop, 1)
    assert told(exporter, shop) == csi.cut_at(volume)
    exporter.wait_until_gone(UNREADY, f'namespace="{shop}"')


def test_a_driver_that_hangs(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """A call that never returns is as little a copy as one that fails."""
    volume = csi.claim(shop, "orders")
    csi.driver.hangs.add(volume)
    csi.snapshot(shop, "first", "orders")
    exporter.wait_for_row(UNREADY, f'namespace="{shop}",volumesnapshot="first"')
    time.sleep(3)  # longer than csi-snapshotter waits for an answer
    assert told(exporter, shop) == []
    csi.driver.hangs.clear()
    wait_for_points(exporter, shop, 1)


def test_a_snapshot_that_uploads(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """A snapshot that is cut and on its way has its time at once, and is no recovery point before it is ready."""
    volume = csi.claim(shop, "orders")
    csi.driver.uploads.add(volume)
    csi.snapshot(shop, "first", "orders")
    exporter.wait_for_row(TIMESTAMP, claim_in(shop), OWN)
    assert told(exporter, shop) == csi.cut_at(volume)
    assert points(exporter, shop) == [0]
    assert exporter.rows(UNREADY, f'namespace="{shop}",volumesnapshot="first"')
    assert exporter.rows("holdfast_pvc_protection_reason", claim_in(shop), 'reason="copy-not-ready"')
    csi.driver.uploads.clear()
    wait_for_points(exporter, shop, 1)
    exporter.wait_until_gone(UNREADY, f'namespace="{shop}"')


def test_a_driver_without_a_clock(
    living_cluster: ApiServer, exporter: Exporter, csi: CsiSnapshots, shop: str
) -> None:
    """The controllers write 1970 where the driver tells no time: the copy is as old as the wish for it."""
    volume = csi.claim(shop, "orders")
    csi.driver.timeless.add(volume)
    asked = time.time()
    csi.snapshot(shop, "first", "orders")
    assert ready(living_cluster, shop, "first")["status"]["creationTime"] == "1970-01-01T00:00:00Z"
    wait_for_points(exporter, shop, 1)
    (captured,) = told(exporter, shop)
    assert asked - 2 <= captured <= time.time()


def test_a_deletion_that_is_stuck(
    living_cluster: ApiServer, exporter: Exporter, csi: CsiSnapshots, shop: str
) -> None:
    """While the driver cannot delete, the snapshot is still there and nobody should count on it; then it is gone."""
    volume = csi.claim(shop, "orders")
    snapshot = csi.snapshot(shop, "first", "orders")
    wait_for_points(exporter, shop, 1)
    csi.driver.keeps.add(volume)
    living_cluster.delete(snapshot)
    wait_for_points(exporter, shop, 0)
    assert told(exporter, shop) == csi.cut_at(volume)
    csi.driver.keeps.clear()
    exporter.wait_until_gone(TIMESTAMP, claim_in(shop))
    assert csi.driver.held(volume) == []


def test_a_content_that_is_lost(
    living_cluster: ApiServer, exporter: Exporter, csi: CsiSnapshots, shop: str
) -> None:
    """A snapshot without its content cannot be restored, though the driver has the data; the controller makes it anew."""
    volume = csi.claim(shop, "orders")
    csi.snapshot(shop, "first", "orders")
    wait_for_points(exporter, shop, 1)
    content = ready(living_cluster, shop, "first")["status"]["boundVolumeSnapshotContentName"]
    found = living_cluster.get(SNAPSHOTS, "VolumeSnapshotContent", content)
    with csi.asleep("snapshot-controller"):
        living_cluster.delete(found, force=True)
        wait_for_points(exporter, shop, 0)
        exporter.wait_for_row(
            "holdfast_volumesnapshot_orphaned", f'namespace="{shop}"', 'reason="content-gone"'
        )
    wait_for_points(exporter, shop, 1)
    assert told(exporter, shop) == csi.cut_at(volume)


def test_a_snapshot_of_an_earlier_claims_volume(
    living_cluster: ApiServer, exporter: Exporter, csi: CsiSnapshots, shop: str
) -> None:
    """A claim that is made anew while its forerunner is still being cut does not get the forerunner's copy."""
    earlier = csi.claim(shop, "orders")
    csi.driver.hangs.add(earlier)
    csi.snapshot(shop, "first", "orders")
    content = (
        f"snapcontent-{living_cluster.get(SNAPSHOTS, 'VolumeSnapshot', 'first', shop)['metadata']['uid']}"
    )
    wait_for(
        f"{content} made",
        lambda: [one["metadata"]["name"] for one in living_cluster.list(SNAPSHOTS, "VolumeSnapshotContent")],
        lambda names: content in names,
    )
    claim = living_cluster.get("v1", "PersistentVolumeClaim", "orders", shop)
    living_cluster.delete(claim, force=True)
    later = csi.claim(shop, "orders", volume=f"{earlier}-anew")
    time.sleep(1.1)  # times are whole seconds: the snapshot must be younger than the claim
    csi.driver.hangs.clear()
    ready(living_cluster, shop, "first")
    exporter.wait_until_gone(UNREADY, f'namespace="{shop}"')
    assert len(csi.driver.held(earlier)) == 1
    assert told(exporter, shop) == []
    csi.snapshot(shop, "second", "orders")
    wait_for_points(exporter, shop, 1)
    assert told(exporter, shop) == csi.cut_at(later)


def test_a_claim_that_is_restored_from_its_snapshot(
    living_cluster: ApiServer, exporter: Exporter, csi: CsiSnapshots, shop: str
) -> None:
    """A claim that is made anew from a snapshot of its own name keeps that copy, on whatever volume it now is; another does not."""
    lost = {name: csi.claim(shop, name) for name in ("orders", "stock")}
    for name in lost:
        csi.snapshot(shop, f"of-{name}", name)
        wait_for_points(exporter, shop, 1, name)
    time.sleep(1.1)  # times are whole seconds: the new claims must be younger than the snapshots
    for name in lost:
        living_cluster.delete(living_cluster.get("v1", "PersistentVolumeClaim", name, shop), force=True)
        exporter.wait_until_gone(TIMESTAMP, claim_in(shop, name))
    csi.claim(shop, "orders", volume=f"{lost['orders']}-anew", snapshot="of-orders")
    csi.claim(shop, "stock", volume=f"{lost['stock']}-anew")
    wait_for_points(exporter, shop, 1, "orders")
    assert told(exporter, shop, "orders") == csi.cut_at(lost["orders"])
    exporter.wait_for_row("holdfast_pvc_protection_state", claim_in(shop, "stock"), 'state="unprotected"')
    assert told(exporter, shop, "stock") == []


def test_a_group_of_three_claims(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """Each claim has its copy, all of one instant; over one instant or not, it is as after a crash."""
    names = ["orders", "stock", "ledger"]
    volumes = [csi.claim(shop, name, {"app": "shop"}) for name in names]
    csi.claim(shop, "cache")
    csi.group(shop, "nightly", {"app": "shop"})
    for name, volume in zip(names, volumes, strict=True):
        rows = exporter.wait_for_row(TIMESTAMP, claim_in(shop, name), OWN)
        assert 'consistency="crash"' in rows[0]
        assert told(exporter, shop, name) == csi.cut_at(volume)
        wait_for_points(exporter, shop, 1, name)
    assert len({cut.captured for volume in volumes for cut in csi.driver.held(volume)}) == 1
    assert len(csi.members(shop, "nightly")) == 3
    assert told(exporter, shop, "cache") == []


def test_a_group_that_cannot_be_cut(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """One volume that the driver refuses is no copy for any claim of the group, and each of them says that a run failed."""
    names = ["orders", "stock"]
    volumes = [csi.claim(shop, name, {"app": "shop"}) for name in names]
    csi.claim(shop, "cache")
    csi.driver.refuses.add(volumes[1])
    time.sleep(1.1)  # times are whole seconds: the claims must be older than the group
    csi.group(shop, "nightly", {"app": "shop"})
    for name in names:
        exporter.wait_for_row("holdfast_pvc_protection_reason", claim_in(shop, name), 'reason="run-failed"')
        assert told(exporter, shop, name) == []
    assert csi.members(shop, "nightly") == []
    assert not exporter.rows("holdfast_pvc_protection_reason", claim_in(shop, "cache"), 'reason="run-failed"')
    csi.driver.refuses.clear()
    for name in names:
        wait_for_points(exporter, shop, 1, name)
        assert not exporter.rows(
            "holdfast_pvc_protection_reason", claim_in(shop, name), 'reason="run-failed"'
        )


def test_a_group_with_a_member_that_uploads(exporter: Exporter, csi: CsiSnapshots, shop: str) -> None:
    """The set is not ready, and its ready member is a recovery point all the same; the other follows."""
    names = ["orders", "stock"]
    volumes = [csi.claim(shop, name, {"app": "shop"}) for name in names]
    csi.driver.uploads.add(volumes[1])
    csi.group(shop, "nightly", {"app": "shop"})
    wait_for_points(exporter, shop, 1, "orders")
    wait_for_points(exporter, shop, 0, "stock")
    assert told(exporter, shop, "stock") == csi.cut_at(volumes[1])
    csi.driver.uploads.clear()
    wait_for_points(exporter, shop, 1, "stock")
