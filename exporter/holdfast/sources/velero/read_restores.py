"""From what Velero restores, and from the places that it keeps, to records."""

from typing import Literal

from holdfast.model.facts import Fact
from holdfast.model.identity import TargetKey
from holdfast.sources.shapes import Metadata, given, shared
from holdfast.sources.values import parse_time
from holdfast.sources.velero.read import AVAILABLE, WHOLE
from holdfast.sources.velero.records import (
    NAME,
    LocationCheck,
    Place,
    Restore,
    VolumeRestore,
    valid_label,
)
from holdfast.sources.velero.scope import takes_claims
from holdfast.sources.velero.shapes import (
    DataDownloadObject,
    DataDownloadSpec,
    PhaseStatus,
    PodReference,
    PodVolumeRestoreObject,
    PodVolumeRestoreSpec,
    RepositoryObject,
    RepositoryStatus,
    RestoreObject,
    RestoreSpec,
    RestoreStatus,
    SnapshotLocationObject,
    TargetVolume,
)

_RESTORED = {"Completed": True, "PartiallyFailed": False, "Failed": False}
_REPOSITORY = {"Ready": True, "NotReady": False}


def read_restore(restore: RestoreObject) -> tuple[Fact, ...]:
    """Nothing before the end. One that was refused has no times and restored nothing."""
    metadata, spec, status = (
        restore.metadata,
        restore.spec or RestoreSpec(),
        restore.status or RestoreStatus(),
    )
    ended = parse_time(status.completion_timestamp)
    if status.phase not in _RESTORED or ended is None or metadata.deleting_since is not None:
        return ()
    named = tuple(sorted({shared(name) for name in given(spec.included_namespaces)}))
    return (
        Restore(
            namespace=metadata.namespace,
            name=metadata.name,
            label=valid_label(metadata.name),
            backup=shared(spec.backup_name),
            success=_RESTORED[status.phase],
            started=parse_time(status.start_timestamp),
            ended=ended,
            mapping=tuple(
                sorted((shared(a), shared(b)) for a, b in (spec.namespace_mapping or {}).items() if b)
            ),
            namespaces=() if any(set(name) & set("*?[{") for name in named) else named,
            narrow=_narrow(spec),
        ),
    )


def _narrow(spec: RestoreSpec) -> bool:
    if spec.restore_p_vs is False or not takes_claims(spec.included_resources, spec.excluded_resources):
        return True
    selected = spec.label_selector is not None or any(given(spec.or_label_selectors))
    return selected or any(given(spec.excluded_namespaces))


def read_pod_volume_restore(restore: PodVolumeRestoreObject) -> tuple[Fact, ...]:
    spec = restore.spec or PodVolumeRestoreSpec()
    pod = spec.pod or PodReference()
    origin = spec.source_namespace or pod.namespace
    return _volume_restore(
        "PodVolumeRestore", restore.metadata, restore.status, origin, ("", pod.name, spec.volume)
    )


def read_data_download(download: DataDownloadObject) -> tuple[Fact, ...]:
    spec = download.spec or DataDownloadSpec()
    target = spec.target_volume or TargetVolume()
    origin = spec.source_namespace or target.namespace
    return _volume_restore("DataDownload", download.metadata, download.status, origin, (target.pvc, "", ""))


def _volume_restore(
    kind: Literal["PodVolumeRestore", "DataDownload"],
    metadata: Metadata,
    status: PhaseStatus | None,
    origin: str | None,
    names: tuple[str | None, str | None, str | None],
) -> tuple[Fact, ...]:
    whole = WHOLE.get((status or PhaseStatus()).phase or "")
    restore = metadata.label("velero.io/restore-name")
    if whole is None or not origin or not restore:
        return ()
    claim, pod, volume = map(shared, names)
    return (
        VolumeRestore(
            kind=kind,
            namespace=metadata.namespace,
            name=metadata.name,
            restore=shared(restore),
            origin=shared(origin),
            claim=claim,
            pod=pod,
            volume=volume,
            whole=whole,
        ),
    )


def read_snapshot_location(location: SnapshotLocationObject) -> tuple[Fact, ...]:
    """Velero itself never writes its phase, so that mostly nothing is known of it."""
    phase = (location.status or PhaseStatus()).phase or ""
    return (_place(f"snapshots/{location.metadata.name}", location.metadata, AVAILABLE.get(phase)),)


def read_repository(repository: RepositoryObject) -> tuple[Fact, ...]:
    """Where file backups and moved data lie; its check is the newest maintenance that succeeded."""
    metadata, status = repository.metadata, repository.status or RepositoryStatus()
    place = _place(f"repository/{metadata.name}", metadata, _REPOSITORY.get(status.phase or ""))
    checked = parse_time(status.last_maintenance_time)
    return (place,) if checked is None else (place, LocationCheck(target=place.target, checked=checked))


def _place(name: str, metadata: Metadata, available: bool | None) -> Place:
    return Place(target=TargetKey(NAME, metadata.namespace, shared(name)), available=available)
