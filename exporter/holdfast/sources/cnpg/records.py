"""Names of CloudNativePG's things, and what its records say beyond runs, plans and places. Facts only."""

import hashlib
from typing import Final, Literal, NamedTuple

from holdfast.model.facts import Fact
from holdfast.model.identity import (
    SCHEDULE,
    TOUCH_ALL,
    TOUCH_NAMESPACE,
    TOUCH_SOURCE,
    ObjectRef,
    TargetKey,
    Touch,
    touch,
)
from holdfast.model.protection import Placement
from holdfast.sources.runs.records import Saved, labelled
from holdfast.sources.runs.tool import Tool
from holdfast.sources.shapes import shared

NAME: Final = "cnpg"
GROUP: Final = "postgresql.cnpg.io"
STORE_GROUP: Final = "barmancloud.cnpg.io"
CLUSTER: Final = f"Cluster.{GROUP}"
BACKUP: Final = f"Backup.{GROUP}"
PLAN: Final = f"ScheduledBackup.{GROUP}"
LABEL: Final = "cnpg.io/cluster"  # on every claim of a cluster: data, logs and tablespaces
BARMAN_PLUGIN: Final = "barman-cloud.cloudnative-pg.io"
PLACEMENTS: Final[dict[str, Placement]] = {"barmanObjectStore": "offsite", "volumeSnapshot": "local"}

TOOL: Final = Tool(name=NAME, labels=(LABEL,))


def claims_of(namespace: str, cluster: str) -> Saved:
    return labelled(namespace, LABEL, shared(cluster))


def store_key(namespace: str, store: str) -> TargetKey:
    return TargetKey(NAME, namespace, shared(store))


def place_of(endpoint: str | None, path: str | None) -> str:
    """A name for a place in an object store, by which two objects that name it are told to mean the same."""
    text = "\0".join((endpoint or "", (path or "").rstrip("/")))
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:32]


class Archive(NamedTuple):
    """Where backups and logs of one server lie: in an ObjectStore of the same namespace, or in a place of its own."""

    store: str
    place: str
    server: str


class Cluster(Fact, frozen=True, kw_only=True, gc=False):
    """A PostgreSQL cluster, beyond its being a database.

    ``remembered`` is when its last in-core backup to an object store ended.
    ``log`` tells whether its logs are archived: ``running``, ``broken`` since ``log_broke``, or empty where that is not
    told. ``archiver`` is the ObjectStore's archive where the plugin does that. ``from_backup`` names the Backup it was
    recovered from, if it was one.
    """

    ref: ObjectRef
    created: float
    uid: str = ""
    archives: tuple[Archive, ...] = ()
    remembered: float | None = None
    log: Literal["", "running", "broken"] = ""
    log_broke: float | None = None
    archiver: Archive | None = None
    from_backup: str = ""
    carries_on: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        return (self.ref.namespace, self.ref.name)

    def touches(self) -> tuple[Touch, ...]:
        """Its schedules too: where it archives to is where they go."""
        return (Touch(TOUCH_NAMESPACE, (self.ref.namespace,)), Touch(TOUCH_SOURCE, (NAME,)))


class Recovery(Fact, frozen=True, kw_only=True, gc=False):
    """A cluster that was filled by a restore: from a Backup, from volume snapshots, or from an archive.

    Whose archive that is may be told in any namespace.
    """

    ref: ObjectRef
    success: bool
    started: float | None
    ended: float | None
    point: float | None = None
    backup: str = ""
    snapshot: str = ""
    archive: Archive | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.ref.namespace, self.ref.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        namespace, archive = self.ref.namespace, self.archive
        if self.backup:
            return (("from-backup", namespace, self.backup),)
        if self.snapshot:
            return (("from-snapshot", namespace, self.snapshot),)
        if archive is None:
            return ()
        if archive.store:
            return (("from-store", namespace, archive.store, archive.server),)
        return (("from-place", archive.place, archive.server),)

    def touches(self) -> tuple[Touch, ...]:
        if self.archive is not None:
            return (Touch(TOUCH_ALL),)
        return (Touch(TOUCH_NAMESPACE, (self.ref.namespace,)),)


class Method(Fact, frozen=True, kw_only=True, gc=False):
    """How a Backup was made, or is to be made by a ScheduledBackup: by the plugin, or by these snapshots."""

    ref: ObjectRef
    cluster: str
    plugin: bool
    snapshots: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("method", self.ref.namespace, self.cluster),)

    def touches(self) -> tuple[Touch, ...]:
        wide = Touch(TOUCH_NAMESPACE, (self.ref.namespace,))
        if self.ref.kind == PLAN:
            return (wide, touch(SCHEDULE, NAME, self.ref.namespace, self.ref.name))
        return (wide,)


class Store(Fact, frozen=True, kw_only=True, gc=False):
    """An ObjectStore, and the place in the world that it names."""

    target: TargetKey
    place: str

    @property
    def key(self) -> tuple[str, ...]:
        return (self.target.namespace, self.target.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("place", self.place),)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.target.namespace,)),)


class Window(Fact, frozen=True, kw_only=True, gc=False):
    """What an ObjectStore knows of one server: when its newest backup ended, None where it holds none."""

    target: TargetKey
    server: str
    ended: float | None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.target.namespace, self.target.name, self.server)

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(f"ObjectStore.{STORE_GROUP}", self.target.namespace, self.target.name)

    def touches(self) -> tuple[Touch, ...]:
        return (Touch(TOUCH_NAMESPACE, (self.target.namespace,)),)
