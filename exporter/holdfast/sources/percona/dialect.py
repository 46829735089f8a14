"""Where the operators differ: their kinds, their words for states, how their plans and their claims are found."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec

from holdfast.model.identity import ScheduleKey
from holdfast.model.protection import Placement
from holdfast.sources.percona.shapes import BackupObject, ClusterSpec, Remote
from holdfast.sources.runs.records import Outcome
from holdfast.sources.shapes import given

PART_OF: Final = "app.kubernetes.io/part-of"
COMPONENT: Final = "app.kubernetes.io/component"
INSTANCE: Final = "app.kubernetes.io/instance"

_MARKED: Final = re.compile(r"[0-9a-f]{5}-(.+)")

OFFSITE: Final = frozenset({"s3", "minio", "gcs", "azure"})

STATES: Final[Mapping[str, Outcome]] = {
    "": "running",
    "Suspended": "running",
    "Starting": "running",
    "Running": "running",
    "Succeeded": "success",
    "Failed": "failure",
}


class Planned(NamedTuple):
    """One cron of a cluster object. ``stored`` is False where it names a storage that the object does not define."""

    name: str
    cron: str
    placement: Placement
    target: str = ""
    enabled: bool = True
    stored: bool = True


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """One operator.

    ``label`` is the label of a claim that names its cluster. ``data`` tells which labels a claim must bear, and the
    values they may have, to hold the data that is backed up: a proxy's or an orchestrator's claim does not.

    ``task`` is the name, within its cluster, of the plan that made a backup; empty where none did.
    """

    name: str
    group: str
    versions: tuple[str, ...]
    cluster: tuple[str, str]  # kind and plural, as below
    backup: tuple[str, str]
    restore: tuple[str, str]
    label: str
    data: Mapping[str, frozenset[str]]
    backup_states: Mapping[str, Outcome]
    restore_states: Mapping[str, Outcome]
    plans: Callable[[ClusterSpec], Iterable[Planned]]
    task: Callable[[BackupObject], str]

    def kind(self, names: tuple[str, str]) -> str:
        return f"{names[0]}.{self.group}"

    def schedule_key(self, namespace: str, cluster: str, task: str) -> ScheduleKey:
        return ScheduleKey(self.name, namespace, f"{cluster}/{task}")


def is_remote(stored: Remote | None) -> bool:
    """It lies in an object store; what is told otherwise or not at all lies on a volume of the cluster."""
    return stored is not None and any(
        each is not None for each in (stored.s3, stored.minio, stored.gcs, stored.azure)
    )


def planned_tasks(spec: ClusterSpec) -> Iterator[Planned]:
    """``spec.backup.tasks`` or ``spec.backup.schedule``, whichever the operator has."""
    backup = spec.backup
    if backup is None:
        return
    storages = backup.storages or {}
    for task in (*given(backup.tasks), *given(backup.schedule)):
        storage = storages.get(task.storage_name or "")
        if task.name and task.schedule:
            yield Planned(
                name=task.name,
                cron=task.schedule,
                placement="offsite" if storage and storage.type in OFFSITE else "local",
                target=task.storage_name or "",
                enabled=task.enabled is not False and backup.enabled is not False,
                stored=storage is not None,
            )


def ancestor(backup: BackupObject) -> str:
    """The label by which scheduled backups name their task; older versions wrote it without a prefix."""
    metadata = backup.metadata
    return metadata.label("percona.com/backup-ancestor") or metadata.label("ancestor")


def marked_ancestor(backup: BackupObject) -> str:
    """As some operators write it: behind five digits of a hash of the cluster's name."""
    name = ancestor(backup)
    found = _MARKED.fullmatch(name)
    return found[1] if found else name
