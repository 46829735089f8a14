"""A real Velero with a real S3 store: what it calls Completed, and what the exporter says of it."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.real.apiserver import ApiServer
from tests.real.exporter import Exporter
from tests.real.velero import Velero

pytestmark = [pytest.mark.real_long, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def exporter(
    living_cluster: ApiServer, velero: Velero, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporter]:
    with Exporter(living_cluster.kubeconfig(tmp_path_factory.mktemp("k") / "config")) as running:
        yield running


@pytest.fixture(scope="module")
def shop(living_cluster: ApiServer) -> str:
    """A namespace with one bound claim whose class cannot cut snapshots."""
    living_cluster.namespace("shop")
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "pv-orders"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Gi"},
            "storageClassName": "manual",
            "hostPath": {"path": "/data"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": "shop",
                "name": "orders",
            },
        },
    }
    claim: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"namespace": "shop", "name": "orders"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "manual",
            "volumeName": "pv-orders",
        },
    }
    living_cluster.create(volume)
    living_cluster.create(claim)
    return "shop"


def test_a_completed_backup_without_the_volume_protects_nothing(
    exporter: Exporter, velero: Velero, shop: str
) -> None:
    """Velero says Completed; no volume is in it; the claim is not protected, and the reason says so."""
    exporter.wait_for_row("holdfast_pvc_phase", 'phase="Bound"', '"orders"')
    time.sleep(1.1)  # times are whole seconds: the claim must be older than the run
    velero.backup("whole-shop", [shop])
    velero.wait_for_phase("Backup", "whole-shop", "Completed")
    exporter.wait_for_row("holdfast_pvc_protection_reason", '"orders"', 'reason="not-captured"')
    assert exporter.rows("holdfast_pvc_protection_state", '"orders"', 'state="unprotected"')
    assert not exporter.rows("holdfast_pvc_backup_age_seconds", '"orders"')


def test_a_schedule_that_velero_runs(exporter: Exporter, velero: Velero, shop: str) -> None:
    """A schedule each minute: its cron, its next run, and the success of its run, from Velero's own objects."""
    velero.schedule("each-minute", "* * * * *", [shop])
    exporter.wait_for_row("holdfast_backup_schedule_info", 'schedule="each-minute"', 'cron="* * * * *"')
    exporter.wait_for_row(
        "holdfast_backup_schedule_last_result", 'schedule="each-minute"', 'result="success"', timeout=200
    )
    assert exporter.rows("holdfast_backup_schedule_last_success_timestamp_seconds", 'schedule="each-minute"')
    assert exporter.rows("holdfast_backup_schedule_next_run_timestamp_seconds", 'schedule="each-minute"')


def test_an_invalid_schedule(exporter: Exporter, velero: Velero, shop: str) -> None:
    """A cron that Velero refuses makes no promise."""
    velero.schedule("broken", "whenever", [shop])
    velero.wait_for_phase("Schedule", "broken", "FailedValidation")
    exporter.wait_for_row("holdfast_backup_schedule_info", 'schedule="broken"')
    assert not exporter.rows("holdfast_backup_schedule_next_run_timestamp_seconds", 'schedule="broken"')


def test_a_restore_of_the_backup_changes_no_claim(exporter: Exporter, velero: Velero, shop: str) -> None:
    """A restore into another namespace makes a claim of its own, which inherits no copy."""
    velero.restore("drill", "whole-shop", namespaceMapping={shop: "shop-drill"})
    velero.wait_for_phase("Restore", "drill", "Completed", "PartiallyFailed")
    exporter.wait_for_row("holdfast_pvc_info", 'namespace="shop-drill"')
    assert not exporter.rows("holdfast_pvc_backup_age_seconds", 'namespace="shop-drill"')


def test_a_lost_store_is_an_unavailable_target_and_a_failed_run(
    exporter: Exporter, velero: Velero, shop: str
) -> None:
    """When the S3 store is gone the location turns unavailable, and runs fail. Last, because nothing works after it."""
    exporter.wait_for_row("holdfast_backup_target_available", 'source="velero"')
    velero.lose_store()
    velero.backup("after-the-loss", [shop])
    velero.wait_for_phase(
        "Backup", "after-the-loss", "FailedValidation", "Failed", "PartiallyFailed", timeout=240
    )
    exporter.wait_for_row("holdfast_backup_target_available", 'source="velero"', "} 0", timeout=240)
    exporter.wait_for_row(
        "holdfast_backup_schedule_last_result", 'schedule="each-minute"', 'result="failure"', timeout=240
    )
