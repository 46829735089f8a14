"""Copies of every claim of the fleet, all of them in the one region of the nodes, so that a survey finds something on each.

Velero writes them: one place, one schedule, one run, and what the run left of each claim.
"""

from collections.abc import Iterator
from typing import Final

from bench.scale.fleet import Body, Fleet, Made

REGION: Final = {"topology.kubernetes.io/region": "north"}
_API: Final = "/apis/velero.io/v1/namespaces/velero/"
_RUN: Final = "nightly-1"
_SPEC: Final[Body] = {
    "includedNamespaces": ["*"],
    "storageLocation": "s3",
    "defaultVolumesToFsBackup": True,
    "snapshotVolumes": False,
}


def copies(fleet: Fleet, ended: str) -> Iterator[Made]:
    """``ended``: when the run did, as the API writes times."""
    ran = {"phase": "Completed", "startTimestamp": ended, "completionTimestamp": ended}
    place = {"default": True, "config": {"region": REGION["topology.kubernetes.io/region"]}}
    yield _made("BackupStorageLocation", "s3", place, {"phase": "Available", "lastValidationTime": ended})
    schedule = {"schedule": "0 3 * * *", "template": _SPEC}
    yield _made("Schedule", "nightly", schedule, {"phase": "Enabled", "lastBackup": ended})
    yield _made("Backup", _RUN, _SPEC, ran, {"labels": {"velero.io/schedule-name": "nightly"}})
    for plan in fleet.plans:
        metadata = {
            "labels": {"velero.io/backup-name": _RUN, "velero.io/backup-uid": f"{_RUN}-uid-velero"},
            "annotations": {"velero.io/pvc-name": plan.name},
        }
        spec = {"pod": {"namespace": plan.namespace}}
        yield _made("PodVolumeBackup", f"{_RUN}-{plan.number}", spec, ran, metadata)


def _made(kind: str, name: str, spec: Body, status: Body, metadata: Body | None = None) -> Made:
    named = {"name": name, "namespace": "velero", **(metadata or {})}
    body = {"apiVersion": "velero.io/v1", "kind": kind, "metadata": named, "spec": spec}
    return Made(collection=f"{_API}{kind.lower()}s", body=body, status=status)
