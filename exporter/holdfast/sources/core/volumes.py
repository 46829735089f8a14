"""PersistentVolumes and their attachments to nodes."""

import posixpath

import msgspec

from holdfast.model.facts import Attachment, Fact, Volume
from holdfast.model.identity import ClaimRef
from holdfast.sources.annotated import read_annotated
from holdfast.sources.core.claims import CLASS_ANNOTATION, Amounts
from holdfast.sources.core.topology import Affinity, only_node, read_terms, region_of, zone_of
from holdfast.sources.shapes import AnnotatedMetadata, Metadata, Present, Shape, shared
from holdfast.sources.values import parse_quantity, parse_time


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
    metadata: AnnotatedMetadata
    spec: VolumeSpec | None = None
    status: VolumeStatus | None = None


_BACKINGS = tuple(zip(Backings.__struct_fields__, Backings.__struct_encode_fields__, strict=True))


def read_volume(volume: VolumeObject) -> tuple[Fact, ...]:
    metadata, spec, status = volume.metadata, volume.spec or VolumeSpec(), volume.status or VolumeStatus()
    csi, claim = spec.csi or Csi(), spec.claim_ref or ClaimReference()
    deprecated = metadata.annotation(CLASS_ANNOTATION)
    terms = read_terms(spec.node_affinity)
    return (
        Volume(
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            phase=shared(status.phase),
            phase_since=parse_time(status.last_phase_transition_time),
            reclaim_policy=shared(spec.persistent_volume_reclaim_policy) or "Retain",
            storage_class=shared(spec.storage_class_name if deprecated is None else deprecated),
            capacity=parse_quantity(spec.capacity.storage) if spec.capacity else None,
            backing=next((kind for field, kind in _BACKINGS if getattr(spec, field) is not None), ""),
            csi_driver=shared(csi.driver),
            csi_handle=csi.volume_handle or "",
            claim=ClaimRef(shared(claim.namespace), shared(claim.name)) if claim.name else None,
            claim_uid=claim.uid or "",
            place=shared(_place(spec, only_node(terms))),
            deleting_since=metadata.deleting_since,
            node_terms=terms,
            region=region_of(terms, metadata.api_labels),
            zone=zone_of(terms, metadata.api_labels),
        ),
        *read_annotated("PersistentVolume", metadata),
    )


def _place(spec: VolumeSpec, node: str) -> str:
    attributes = spec.csi.volume_attributes if spec.csi else None
    nfs = spec.nfs or (Nfs(server=attributes.server, path=attributes.share) if attributes else Nfs())
    if nfs.server and nfs.path:
        return f"nfs:{nfs.server.lower().rstrip('.')}:{_plain(nfs.path)}"
    disk = spec.local or spec.host_path
    return f"node:{node}:{_plain(disk.path)}" if disk and disk.path and node else ""


def _plain(path: str) -> str:
    return posixpath.normpath(f"/{path.lstrip('/')}")


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
