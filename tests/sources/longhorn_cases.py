"""The shop's claim ``data`` on a Longhorn volume, by way of a PersistentVolume of yet another name."""

from typing import Any

from holdfast.sources.longhorn import SOURCE
from tests.sources.operator_cases import fixture
from tests.world import World, claim

VOLUMES, ENGINES = fixture(SOURCE, "volumes"), fixture(SOURCE, "engines")
BACKUPS, TARGETS, JOBS = fixture(SOURCE, "backups"), fixture(SOURCE, "targets"), fixture(SOURCE, "jobs")
BACKUP_VOLUME = fixture(SOURCE, "backupvolumes")["pvc-far-3f2a1c"]
SYSTEM_BACKUPS = fixture(SOURCE, "systembackups")
OLDER = fixture(SOURCE, "v1beta1")["backup-of-an-older-longhorn"]

VOLUME, NIGHTLY, TARGET, JOB = (
    VOLUMES["pvc-11111111"],
    BACKUPS["backup-aaaa"],
    TARGETS["default"],
    JOBS["nightly"],
)
CLAIM = claim("shop/data", spec={"volumeName": "pv-shop-data"})
PV: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "pv-shop-data", "uid": "pv-1", "creationTimestamp": "2026-11-01T00:00:00Z"},
    "spec": {
        "capacity": {"storage": "10Gi"},
        "claimRef": {"namespace": "shop", "name": "data", "uid": "uid-shop-data"},
        "csi": {"driver": "driver.longhorn.io", "volumeHandle": "pvc-11111111"},
        "storageClassName": "longhorn",
    },
    "status": {"phase": "Bound"},
}


def shop(*objects: dict[str, Any]) -> World:
    """The claim, its two volumes and its target, and these objects."""
    return World(CLAIM, PV, VOLUME, TARGET, *objects)
