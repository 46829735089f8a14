"""Velero: from Schedules and single Backups to what their runs left behind, as of now.

Hints on a Schedule or Backup, beside those of ``runs``: ``method`` (``file``, ``move`` or ``csi``) and
``copies``: the size of each claim's data by ``namespace/claim``, or ``{size, fails, shrunk}`` where the newest so
many runs failed for it, or found next to nothing to copy. ``counts`` is how many snapshots a run counts if not one a claim, ``hooks`` how many
hooks it ran, ``deleted: true`` says that the Schedule is gone and only its backups are left.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from holdfast.demo.cluster import Cluster, Object, created, fill, name_of, namespace_of, owned_by, uid
from holdfast.demo.instants import duration, rfc3339, stamp
from holdfast.demo.names import chance, drawn, uid_of
from holdfast.demo.runs import Run, runs_of

_GIB = 1024**3
_WAITING = {"move": "WaitingForPluginOperations"}  # in what phase a run is going; InProgress otherwise
_EMPTY = 4096  # bytes: what an empty directory comes to
_GROWTH = 0.004  # of the data, from run to run
_VERSION = {"formatVersion": "1.1.0", "version": 1}


class _Made(NamedTuple):
    """One claim's part of a run. ``ended`` is None while it is going."""

    claim: Object
    claim_uid: str
    failed: bool
    started: float
    ended: float | None
    size: int


def run_backups(cluster: Cluster) -> None:
    for backup in cluster.all("Backup.velero.io"):  # those that somebody asked for
        hints = cluster.hints(backup)
        due, takes = created(backup), duration(hints["takes"])
        _make(cluster, backup, hints, Run(due, 0, "Completed", due + takes, takes))
    for schedule in cluster.all("Schedule.velero.io"):
        _run_schedule(cluster, schedule)


def _run_schedule(cluster: Cluster, schedule: Object) -> None:
    template, hints = schedule["spec"]["template"], cluster.hints(schedule)
    keeps = {"keeps": template["ttl"]} if "ttl" in template else {}
    cron = schedule["spec"]["schedule"]
    last = None
    for run in runs_of(cron, created(schedule), {**keeps, **hints}, cluster.clock, good="Completed"):
        last = last or rfc3339(run.due)
        _make(cluster, _backup(cluster, schedule, run), hints, run)
    if hints.get("deleted"):
        cluster.remove(schedule)
    else:
        fill(schedule, {"status": {"phase": "Enabled", **({"lastBackup": last} if last else {})}})


def _backup(cluster: Cluster, schedule: Object, run: Run) -> Object:
    template = schedule["spec"]["template"]
    backup = {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {
            "name": f"{name_of(schedule)}-{stamp(run.due)}",
            "namespace": namespace_of(schedule),
            "creationTimestamp": rfc3339(run.due),
            "labels": {
                "velero.io/schedule-name": name_of(schedule),
                "velero.io/storage-location": template["storageLocation"],
            },
        },
        "spec": dict(template),
    }
    return cluster.add(backup)


def _make(cluster: Cluster, backup: Object, hints: Mapping[str, Any], run: Run) -> None:
    """The Backup's status, and the objects of its volumes."""
    status = backup.setdefault("status", {})
    status |= _VERSION | {"expiration": rfc3339(run.due + duration(backup["spec"]["ttl"]))}
    if run.outcome == "FailedValidation":
        location = backup["spec"]["storageLocation"]
        why = f"backup can't be created because BackupStorageLocation {location} is unavailable"
        status |= {"phase": "FailedValidation", "validationErrors": [why]}
        return
    made = list(_parts(cluster, hints, run)) if run.outcome != "Failed" else []
    status["startTimestamp"] = rfc3339(run.due)
    items = 40 + 12 * len(made)
    status["progress"] = {"totalItems": items, "itemsBackedUp": items if run.ended else items // 2}
    if run.ended is None:
        status["phase"] = _WAITING.get(hints["method"], "InProgress")
    else:
        failed = run.outcome == "Completed" and any(part.failed for part in made)
        status["phase"] = "PartiallyFailed" if failed else run.outcome
        status["completionTimestamp"] = rfc3339(run.ended)
        status |= {"errors": 1} if status["phase"] != "Completed" else {}
        status["hookStatus"] = {"hooksAttempted": hints["hooks"]} if "hooks" in hints else {}
    _leave(cluster, backup, hints, made)


def _parts(cluster: Cluster, hints: Mapping[str, Any], run: Run) -> Iterator[_Made]:
    """Those begun by now of the claims that stood at the time, one after the other."""
    copies = hints["copies"]
    for place, (named, written) in enumerate(copies.items()):
        namespace, _, name = named.partition("/")
        claim = cluster.get("PersistentVolumeClaim", namespace, name)
        if claim is None:
            raise ValueError(f"a backup copies {named}, which no story has")
        told = written if isinstance(written, dict) else {"size": written}
        earlier = created(claim) > run.due
        started = run.due + 2 + place * run.takes * 0.9 / len(copies)
        if (earlier and not cluster.hints(claim).get("earlier")) or started > cluster.clock.now:
            continue
        ended = started + run.takes * 0.8 / len(copies)
        shrunk = run.ended is not None and run.place < told.get("shrunk", 0)
        yield _Made(
            claim=claim,
            claim_uid=uid_of("PersistentVolumeClaim", namespace, name, earlier=earlier),
            failed=run.number > -told.get("fails", 0),
            started=started,
            ended=ended if ended <= cluster.clock.now else None,
            size=_EMPTY if shrunk else _size(told["size"], named, run.number),
        )


def _size(told: str, named: str, number: int) -> int:
    """Data grows from run to run, by a little that differs."""
    grown = 1 + _GROWTH * (number + chance(named, str(number)))
    return int(float(told.removesuffix("Gi")) * _GIB * grown)


def _leave(cluster: Cluster, backup: Object, hints: Mapping[str, Any], made: list[_Made]) -> None:
    """File backups and moved data leave an object a claim, snapshots only two counters."""
    if hints["method"] == "csi":
        count = hints.get("counts", len(made))
        if count and "completionTimestamp" in backup["status"]:
            backup["status"] |= {"csiVolumeSnapshotsAttempted": count, "csiVolumeSnapshotsCompleted": count}
        return
    for part in made:
        files = hints["method"] == "file"
        cluster.add(_volume_backup(cluster, backup, part) if files else _upload(backup, part))
    if hints["method"] == "move" and made:
        done = sum(part.ended is not None for part in made)
        moved = {"backupItemOperationsAttempted": len(made), "backupItemOperationsCompleted": done}
        backup["status"] |= {count: number for count, number in moved.items() if number}


def _volume_backup(cluster: Cluster, backup: Object, part: _Made) -> Object:
    pod = _pod_of(cluster, part.claim)
    obj = _part("PodVolumeBackup", "v1", backup, part)
    obj["metadata"]["annotations"] = {"velero.io/pvc-name": name_of(part.claim)}
    obj["spec"] = {
        "backupStorageLocation": backup["spec"]["storageLocation"],
        "node": pod["spec"]["nodeName"],
        "pod": {"kind": "Pod", "name": name_of(pod), "namespace": namespace_of(pod), "uid": uid(pod)},
        "repoIdentifier": "",
        "uploaderType": "kopia",
        "volume": next(v["name"] for v in pod["spec"]["volumes"] if _names(v, part.claim)),
    }
    return obj


def _upload(backup: Object, part: _Made) -> Object:
    obj = _part("DataUpload", "v2alpha1", backup, part)
    obj["spec"] = {
        "backupStorageLocation": backup["spec"]["storageLocation"],
        "csiSnapshot": {
            "snapshotClass": "rbd-snapshots",
            "storageClass": part.claim["spec"]["storageClassName"],
            "volumeSnapshot": f"velero-{name_of(part.claim)}-{drawn(5, uid(part.claim), name_of(backup))}",
        },
        "operationTimeout": "10m0s",
        "snapshotType": "CSI",
        "sourceNamespace": namespace_of(part.claim),
        "sourcePVC": name_of(part.claim),
    }
    return obj


def _part(kind: str, version: str, backup: Object, part: _Made) -> Object:
    status: Object = {"phase": "InProgress", "startTimestamp": rfc3339(part.started)}
    if part.ended is not None:
        status |= {
            "phase": "Failed" if part.failed else "Completed",
            "completionTimestamp": rfc3339(part.ended),
            "progress": {"totalBytes": part.size, "bytesDone": part.size // (2 if part.failed else 1)},
        }
    return {
        "apiVersion": f"velero.io/{version}",
        "kind": kind,
        "metadata": {
            "name": f"{name_of(backup)}-{drawn(5, name_of(backup), uid(part.claim))}",
            "namespace": namespace_of(backup),
            "creationTimestamp": rfc3339(part.started),
            "labels": {
                "velero.io/backup-name": name_of(backup),
                "velero.io/backup-uid": uid(backup),
                "velero.io/pvc-uid": part.claim_uid,
            },
            "ownerReferences": owned_by(backup),
        },
        "status": status,
    }


def _pod_of(cluster: Cluster, claim: Object) -> Object:
    for pod in cluster.all("Pod"):
        mounts = any(_names(volume, claim) for volume in pod["spec"].get("volumes", []))
        if mounts and namespace_of(pod) == namespace_of(claim) and "nodeName" in pod["spec"]:
            return pod
    raise ValueError(f"a file backup copies {name_of(claim)}, which no pod mounts")


def _names(volume: Mapping[str, Any], claim: Object) -> bool:
    return bool(volume.get("persistentVolumeClaim", {}).get("claimName") == name_of(claim))
