"""PersistentVolumes, their classes, and their attachments to nodes."""

import posixpath

import msgspec

from holdfast.model.facts import Attachment, Fact, StorageClass, Volume
from holdfast.model.identity import ClaimRef
from holdfast.sources.core.claims import CLASS_ANNOTATION, Amounts
from holdfast.sources.shapes import Annotation, Metadata, Present, Shape, given, shared, text
from holdfast.sources.values import parse_quantity, parse_time


class ClassAnnotation(Shape):
    storage_class: Annotation = msgspec.field(default=None, name=CLASS_ANNOTATION)


class VolumeMetadata(Metadata):
    annotations: ClassAnnotation | None = None


class ClaimReference(Shape):
    namespace: str | None = None
    name: str | None = None
    uid: str | None = None


class CsiShare(Shape):
    """The attributes of a CSI volume by which NFS drivers say what they mount; all others stay unread."""

    server: str | None = None
    share: str | None = None


class Csi(Shape):
    driver: str | None = None
    volume_handle: str | None = None
    volume_attributes: CsiShare | None = None


class Nfs(Shape):
    server: str | None = None
    path: str | None = None


class HostPath(Shape):
    path: str | None = None


class Requirement(Shape):
    key: str | None = None
    operator: str | None = None
    values: list[str | None] | None = None


class Term(Shape):
    match_expressions: list[Requirement | None] | None = None


class Terms(Shape):
    node_selector_terms: list[Term | None] | None = None


class Affinity(Shape):
    required: Terms | None = None


class Backings(Shape):
    """The members of a volume's spec of which exactly one is there, and says what the volume is made of."""

    csi: Csi | None = None
    nfs: Nfs | None = None
    host_path: HostPath | None = None
    local: HostPath | None = None
    aws_elastic_block_store: Present | None = None
    azure_disk: Present | None = None
    azure_file: Present | None = None
    cephfs: Present | None = None
    cinder: Present | None = None
    fc: Present | None = None
    flex_volume: Present | None = None
    flocker: Present | None = None
    gce_persistent_disk: Present | None = None
    glusterfs: Present | None = None
    iscsi: Present | None = None
    photon_persistent_disk: Present | None = None
    portworx_volume: Present | None = None
    quobyte: Present | None = None
    rbd: Present | None = None
    scale_io: Present | None = msgspec.field(default=None, name="scaleIO")
    storageos: Present | None = None
    vsphere_volume: Present | None = None


class VolumeSpec(Backings):
    capacity: Amounts | None = None
    claim_ref: ClaimReference | None = None
    node_affinity: Affinity | None = None
    persistent_volume_reclaim_policy: str | None = None
    storage_class_name: str | None = None


class VolumeStatus(Shape):
    phase: str | None = None
    last_phase_transition_time: str | None = None


class VolumeObject(Shape):
    metadata: VolumeMetadata
    spec: VolumeSpec | None = None
    status: VolumeStatus | None = None


_NODE_LABELS = ("kubernetes.io/hostname", "metadata.name")
_BACKINGS = tuple(zip(Backings.__struct_fields__, Backings.__struct_encode_fields__, strict=True))


def read_volume(volume: VolumeObject) -> tuple[Fact, ...]:
    metadata, spec, status = volume.metadata, volume.spec or VolumeSpec(), volume.status or VolumeStatus()
    csi, claim = spec.csi or Csi(), spec.claim_ref or ClaimReference()
    deprecated = metadata.annotations.storage_class if metadata.annotations else None
    return (
        Volume(
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            phase=shared(status.phase),
            phase_since=parse_time(status.last_phase_transition_time),
            reclaim_policy=shared(spec.persistent_volume_reclaim_policy) or "Retain",
            storage_class=shared(spec.storage_class_name if deprecated is None else text(deprecated)),
            capacity=parse_quantity(spec.capacity.storage) if spec.capacity else None,
            backing=next((kind for field, kind in _BACKINGS if getattr(spec, field) is not None), ""),
            csi_driver=shared(csi.driver),
            csi_handle=csi.volume_handle or "",
            claim=ClaimRef(shared(claim.namespace), shared(claim.name)) if claim.name else None,
            claim_uid=claim.uid or "",
            place=shared(_place(spec)),
            deleting_since=metadata.deleting_since,
        ),
    )


def _place(spec: VolumeSpec) -> str:
    attributes = spec.csi.volume_attributes if spec.csi else None
    nfs = spec.nfs or (Nfs(server=attributes.server, path=attributes.share) if attributes else Nfs())
    if nfs.server and nfs.path:
        return f"nfs:{nfs.server.lower().rstrip('.')}:{_plain(nfs.path)}"
    disk = spec.local or spec.host_path
    node = _only_node(spec)
    return f"node:{node}:{_plain(disk.path)}" if disk and disk.path and node else ""


def _plain(path: str) -> str:
    return posixpath.normpath(f"/{path.lstrip('/')}")


def _only_node(spec: VolumeSpec) -> str:
    """The node on which alone the volume is; empty where there are several, or none is told."""
    required = spec.node_affinity.required if spec.node_affinity else None
    terms = given(required.node_selector_terms if required else None)
    names = {
        name
        for term in terms
        for requirement in given(term.match_expressions)
        if requirement.key in _NODE_LABELS and requirement.operator == "In"
        for name in given(requirement.values)
    }
    return names.pop() if len(names) == 1 else ""


class DefaultAnnotations(Shape):
    current: Annotation = msgspec.field(default=None, name="storageclass.kubernetes.io/is-default-class")
    beta: Annotation = msgspec.field(default=None, name="storageclass.beta.kubernetes.io/is-default-class")


class ClassMetadata(Metadata):
    annotations: DefaultAnnotations | None = None


class StorageClassObject(Shape):
    """A StorageClass has no spec. ``parameters`` may name secrets and stay unread."""

    metadata: ClassMetadata
    provisioner: str | None = None
    reclaim_policy: str | None = None
    volume_binding_mode: str | None = None
    allow_volume_expansion: bool | None = None


def read_storage_class(storage_class: StorageClassObject) -> tuple[Fact, ...]:
    annotations = storage_class.metadata.annotations or DefaultAnnotations()
    return (
        StorageClass(
            name=shared(storage_class.metadata.name),
            provisioner=shared(storage_class.provisioner),
            binding_mode=shared(storage_class.volume_binding_mode) or "Immediate",
            reclaim_policy=shared(storage_class.reclaim_policy) or "Delete",
            allows_expansion=bool(storage_class.allow_volume_expansion),
            is_default="true" in (annotations.current, annotations.beta),
        ),
    )


class AttachmentSource(Shape):
    persistent_volume_name: str | None = None


class AttachmentSpec(Shape):
    attacher: str | None = None
    node_name: str | None = None
    source: AttachmentSource | None = None


class AttachmentStatus(Shape):
    """``attachmentMetadata`` may hold what nobody should read."""

    attached: bool | None = None
    attach_error: Present | None = None
    detach_error: Present | None = None


class AttachmentObject(Shape):
    metadata: Metadata
    spec: AttachmentSpec | None = None
    status: AttachmentStatus | None = None


def read_attachment(attachment: AttachmentObject) -> tuple[Fact, ...]:
    metadata, spec = attachment.metadata, attachment.spec or AttachmentSpec()
    status, source = attachment.status or AttachmentStatus(), spec.source or AttachmentSource()
    return (
        Attachment(
            name=metadata.name,
            uid=metadata.uid,
            created=metadata.created,
            driver=shared(spec.attacher),
            node=shared(spec.node_name),
            volume=shared(source.persistent_volume_name),
            attached=bool(status.attached),
            attach_error=status.attach_error is not None,
            detach_error=status.detach_error is not None,
            deleting_since=metadata.deleting_since,
        ),
    )
