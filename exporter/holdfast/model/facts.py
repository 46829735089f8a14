"""What the cluster's own objects say: claims, volumes, pods, workloads and snapshots. Facts only, no judgement.

Every record knows what it touches, so that a change judges again only what rests on it.
"""

from collections.abc import Collection, Sequence
from typing import Literal, Protocol, TypeVar

import msgspec

from holdfast.model.identity import (
    ANNOTATED,
    ATTACHMENT,
    BACKEND,
    DISK,
    TOUCH_CLASS,
    TOUCH_NAMESPACE,
    TOUCH_SCHEDULED,
    VOLUME,
    ClaimRef,
    ObjectRef,
    Owner,
    Touch,
    touch,
    touch_claim,
)
from holdfast.model.observation import Observation, ObservationKind
from holdfast.model.selector import Labels, NodeTerm, Selector


class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of every record that a source reads from an object. Equal records are no change."""

    @property
    def key(self) -> tuple[str, ...]:
        """Identity among the records of this type."""
        raise NotImplementedError

    def links(self) -> tuple[tuple[str, ...], ...]:
        """Other names under which it is looked up, each ``(what, *key)``; see ``Facts.linked``."""
        return ()

    def touches(self) -> tuple[Touch, ...]:
        """What must be judged again when this record appears, changes or goes."""
        raise NotImplementedError

    def strange_word(self) -> str:
        """The word for its object's state that is not known to us; empty where all are known."""
        return ""


class Annotations(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The ``holdfast.dev/`` annotations of one object, as written; None where absent.

    Values are kept as text: reading them is judgement, and a bad one is a finding on the object that carries it.
    """

    tier: str | None = None
    rpo: str | None = None
    rto: str | None = None
    replication_lag: str | None = None
    restore_drill_every: str | None = None
    owner: str | None = None
    urgency: str | None = None
    mute: str | None = None
    exempt: str | None = None
    ignore: str | None = None
    protects: str | None = None
    drills: str | None = None
    placement: str | None = None
    consistency: str | None = None
    unknown: tuple[str, ...] = ()  # names under holdfast.dev/ that do not exist


NO_ANNOTATIONS = Annotations()


class DataSource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """``spec.dataSourceRef`` (or ``dataSource``) of a claim: what it was filled from."""

    group: str
    kind: str
    namespace: str
    name: str


class Condition(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    type: str
    status: str
    reason: str = ""
    since: float | None = None


class Claim(Fact, frozen=True, kw_only=True, gc=False):
    """A PersistentVolumeClaim."""

    ref: ClaimRef
    uid: str
    created: float
    labels: Labels
    annotations: Annotations
    storage_class: str  # "" where none is named
    static: bool = False  # the class is named, and empty: a volume made by hand is asked for
    volume: str  # "" until bound
    volume_mode: str
    access_modes: tuple[str, ...]
    requested: int | None
    capacity: int | None
    phase: str
    deleting_since: float | None = None
    finalizers: tuple[str, ...] = ()
    owner: Owner | None = None
    data_source: DataSource | None = None
    conditions: tuple[Condition, ...] = ()
    resize_status: str = ""  # status.allocatedResourceStatuses.storage
    selected_node: str = ""  # annotation volume.kubernetes.io/selected-node: a consumer has been scheduled
    velero_restore: str = ""  # label velero.io/restore-name
    k8up: Literal["", "true", "false"] = ""  # annotation k8up.io/backup
    velero_excluded: bool = (
        False  # label velero.io/exclude-from-backup or annotation velero.io/skip-from-backup
    )
    attributes_wanted: str = ""  # spec.volumeAttributesClassName
    attributes_current: str | None = (
        None  # status.currentVolumeAttributesClassName; None where it does not tell
    )
    attributes_change: str = ""  # status.modifyVolumeStatus.status

    @property
    def key(self) -> tuple[str, ...]:
        return self.ref

    def links(self) -> tuple[tuple[str, ...], ...]:
        links: list[tuple[str, ...]] = [("namespace", self.ref.namespace), ("class", self.storage_class)]
        if self.volume:
            links.append(("volume", self.volume))
        if self.data_source and self.data_source.kind == "PersistentVolumeClaim":
            links.append(("cloned-from", self.data_source.namespace, self.data_source.name))
        if self.data_source and self.data_source.kind == "VolumeSnapshot":
            links.append(("restored-from", self.data_source.namespace, self.data_source.name))
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        touched = [touch_claim(self.ref)]
        if self.volume:
            touched.append(touch(VOLUME, self.volume))
        if self.data_source and self.data_source.kind == "PersistentVolumeClaim":
            touched.append(touch_claim(ClaimRef(self.data_source.namespace, self.data_source.name)))
        if self.velero_restore:  # it may prove the restore of the claim which it stands for
            touched.append(Touch(TOUCH_SCHEDULED, ("velero", "", f"restore/{self.velero_restore}")))
        return tuple(touched)


class Volume(Fact, frozen=True, kw_only=True, gc=False):
    """A PersistentVolume. ``backing`` is the kind of its source: csi, nfs, hostPath, local, or the in-tree name.

    ``place`` names the space that it is a part of, where the object tells: ``nfs:SERVER:/EXPORT`` or ``node:NODE:/PATH``.
    """

    name: str
    uid: str
    created: float
    phase: str
    phase_since: float | None
    reclaim_policy: str
    storage_class: str
    capacity: int | None
    backing: str
    csi_driver: str = ""
    csi_handle: str = ""
    claim: ClaimRef | None = None
    claim_uid: str = ""
    place: str = ""
    deleting_since: float | None = None
    node_terms: tuple[NodeTerm, ...] = ()  # a node must meet one of them; without any all nodes will do
    region: str = (
        ""  # that of the node affinity, or else of the volume's own label; empty where neither tells
    )
    zone: str = ""  # likewise; empty also where it names several

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def disks(self) -> tuple[tuple[str, ...], ...]:
        """What its data lies on, by the names that another volume may have for the same.

        The NFS driver writes ``SERVER#EXPORT#DIRECTORY`` into the handle of a volume that it made: a directory of its own.
        https://github.com/kubernetes-csi/csi-driver-nfs/blob/master/pkg/nfs/controllerserver.go
        """
        disks: list[tuple[str, ...]] = []
        if self.csi_driver and self.csi_handle:
            disks.append(("handle", self.csi_driver, self.csi_handle))
        if self.place and self.csi_handle.count("#") < 2:
            disks.append(("place", self.place))
        return tuple(disks)

    def links(self) -> tuple[tuple[str, ...], ...]:
        links: list[tuple[str, ...]] = []
        if self.claim:
            links += [("claim", *self.claim), ("home", self.claim.namespace)]
        if self.place:
            links.append(("place", self.place))
        links += [("disk", *disk) for disk in self.disks]
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        touched = [touch(VOLUME, self.name)]
        if self.claim:
            touched.append(touch_claim(self.claim))
        if self.place:
            touched.append(touch(BACKEND, self.place))
        touched += [touch(DISK, *disk) for disk in self.disks]
        return tuple(touched)


class StorageClass(Fact, frozen=True, kw_only=True, gc=False):
    name: str
    provisioner: str
    binding_mode: str
    reclaim_policy: str
    allows_expansion: bool
    is_default: bool
    encryption: str | None = (
        None  # the value of the driver's own parameter for it; None where it has none, or none is set
    )
    topologies: tuple[str, ...] = ()  # allowedTopologies, each ``key=value|value``, sorted
    parameters_hash: str = (
        ""  # of all parameters together: equal ones mean the same; nothing of them can be read from it
    )

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def touches(self) -> tuple[Touch, ...]:
        without = ("",)  # claims that name none look for the default
        return (Touch(TOUCH_CLASS, (self.name,)), Touch(TOUCH_CLASS, without))


class Mount(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pod's volume that is a claim. ``ephemeral``: a generic ephemeral volume, whose claim lives with the pod.

    ``read_only``: the pod just reads it, by the volume or by all mounts of its containers.
    """

    volume: str
    claim: str
    ephemeral: bool = False
    read_only: bool = False


class Pod(Fact, frozen=True, kw_only=True, gc=False):
    """A pod that names at least one claim; the others are of no interest and are not kept."""

    namespace: str
    name: str
    uid: str
    created: float
    phase: str
    node: str
    mounts: tuple[Mount, ...]
    labels: Labels
    owner: Owner | None = None
    deleting_since: float | None = None
    velero_volumes: tuple[str, ...] = ()  # annotation backup.velero.io/backup-volumes
    velero_volumes_excluded: tuple[str, ...] = ()  # annotation backup.velero.io/backup-volumes-excludes
    velero_excluded: bool = False  # label velero.io/exclude-from-backup
    velero_hooks: bool = False  # annotation pre.hook.backup.velero.io/command

    @property
    def finished(self) -> bool:
        return self.phase in ("Succeeded", "Failed")

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef("Pod", self.namespace, self.name)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return tuple(("claim", self.namespace, mount.claim) for mount in self.mounts)

    def touches(self) -> tuple[Touch, ...]:
        return tuple(touch_claim(ClaimRef(self.namespace, mount.claim)) for mount in self.mounts)


class Workload(Fact, frozen=True, kw_only=True, gc=False):
    """A controller of pods: StatefulSet, Deployment, ReplicaSet, DaemonSet, Job or CronJob.

    ``claims`` are those its pod template names, ``claim_templates`` the names of a StatefulSet's own templates. Its pods run
    on nodes that meet one of ``node_terms`` (without any on all), and only where pods of its namespace run that each
    selector of ``beside`` selects.
    """

    kind: Literal["StatefulSet", "Deployment", "ReplicaSet", "DaemonSet", "Job", "CronJob"]
    namespace: str
    name: str
    uid: str
    created: float
    annotations: Annotations
    labels: Labels = {}
    claims: tuple[str, ...] = ()
    claim_templates: tuple[str, ...] = ()
    replicas: int | None = None  # wanted; None where the kind has none
    first_ordinal: int = 0
    suspended: bool = False
    finished: bool = False  # a Job that ended, in success or failure
    owner: Owner | None = None
    deletes_claims: tuple[str, ...] = ()  # of a StatefulSet: "whenDeleted", "whenScaled" where that is Delete
    surges: bool = False  # of a Deployment: its rolling update starts a new pod before the old one is gone
    pod_labels: Labels = {}  # those of its pod template
    template_classes: tuple[str, ...] = ()  # of its claim templates and ephemeral volumes; "" for the default
    parallel: int = 1  # pods of one run of a Job at a time
    node_terms: tuple[NodeTerm, ...] = ()
    beside: tuple[Selector, ...] = ()

    @property
    def ref(self) -> ObjectRef:
        return ObjectRef(self.kind, self.namespace, self.name)

    @property
    def key(self) -> tuple[str, ...]:
        return (self.kind, self.namespace, self.name)

    def links(self) -> tuple[tuple[str, ...], ...]:
        links: list[tuple[str, ...]] = [("claim", self.namespace, claim) for claim in self.claims]
        if self.claim_templates:
            links.append(("claim-templates", self.namespace))
        return tuple(links)

    def touches(self) -> tuple[Touch, ...]:
        touched = [touch_claim(ClaimRef(self.namespace, claim)) for claim in self.claims]
        if (
            self.claim_templates or self.annotations != NO_ANNOTATIONS
        ):  # pods of an old template still answer to it
            touched.append(Touch(TOUCH_NAMESPACE, (self.namespace,)))
        touched.append(touch(ANNOTATED, self.kind, self.namespace, self.name))
        return tuple(touched)


class Attachment(Fact, frozen=True, kw_only=True, gc=False):
    """A VolumeAttachment: one volume on its way to, on, or on its way from one node."""

    name: str
    uid: str
    created: float
    driver: str
    node: str
    volume: str
    attached: bool
    attach_error: bool = False
    detach_error: bool = False
    deleting_since: float | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.name,)

    def links(self) -> tuple[tuple[str, ...], ...]:
        return (("volume", self.volume), ("node", self.node))

    def touches(self) -> tuple[Touch, ...]:
        return (touch(ATTACHMENT, self.name), touch(VOLUME, self.volume))


_F = TypeVar("_F", bound=Fact)


class Facts(Protocol):
    """Read access to all current records, by type. What sources and the assessment are handed."""

    def get(self, kind: type[_F], *key: str) -> _F | None:
        """The record of that key, None where there is none."""

    def all(self, kind: type[_F]) -> Collection[_F]:
        """Every record of the type, in no particular order."""

    def linked(self, kind: type[_F], *link: str) -> Sequence[_F]:
        """The records that carry this link (``("claim", namespace, name)`` …), ordered by key."""

    def sees(self, kind: type[_F]) -> bool:
        """Whether a record of this type that is not here is known not to be there."""

    def remembered(self, kind: ObservationKind, uid: str) -> Sequence[Observation]:
        """What the local store knows of this subject, oldest first."""
