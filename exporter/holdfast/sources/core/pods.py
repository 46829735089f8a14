"""Pods and the volumes of a pod's spec. Of a pod that names no claim, only what it may fill of its node is kept."""

import msgspec

from holdfast.model.ephemeral import ScratchPod
from holdfast.model.facts import Annotations, Fact, Mount, Pod
from holdfast.model.identity import ObjectKey, ObjectRef
from holdfast.model.selector import Labels
from holdfast.model.setup import Annotated
from holdfast.sources.core.claim_templates import ClaimTemplate, template_classes
from holdfast.sources.core.host_paths import HostPathSource, read_host_paths
from holdfast.sources.core.placing import Placing
from holdfast.sources.core.scratch import Amounts, Container, EmptyDirSource, read_controller, read_limits
from holdfast.sources.shapes import Annotation, Metadata, Shape, given, shared, text


class ClaimVolume(Shape):
    claim_name: str | None = None
    read_only: bool | None = None


class EphemeralSource(Shape):
    volume_claim_template: ClaimTemplate | None = None


class PodVolume(Shape):
    """One volume of a pod; the many kinds that hold no claim decode to a bare name."""

    name: str | None = None
    persistent_volume_claim: ClaimVolume | None = None
    ephemeral: EphemeralSource | None = None
    empty_dir: EmptyDirSource | None = None
    host_path: HostPathSource | None = None


class PodSpec(Shape):
    node_name: str | None = None
    volumes: list[PodVolume | None] | None = None


class FullPodSpec(PodSpec):
    """That of a pod. Templates are not read so far: what is admitted may be given other limits."""

    containers: list[Container | None] | None = None
    init_containers: list[Container | None] | None = None
    overhead: Amounts | None = None


class PodStatus(Shape):
    phase: str | None = None


class PodAnnotations(Shape):
    velero_volumes: Annotation = msgspec.field(default=None, name="backup.velero.io/backup-volumes")
    velero_volumes_excluded: Annotation = msgspec.field(
        default=None, name="backup.velero.io/backup-volumes-excludes"
    )
    velero_hook: Annotation = msgspec.field(default=None, name="pre.hook.backup.velero.io/command")
    mirror: Annotation = msgspec.field(default=None, name="kubernetes.io/config.mirror")
    ignore: Annotation = msgspec.field(default=None, name="holdfast.dev/ignore")


class PodMetadata(Metadata):
    annotations: PodAnnotations | None = None


class PodObject(Shape):
    metadata: PodMetadata
    spec: FullPodSpec | None = None
    status: PodStatus | None = None


class TemplateMetadata(Shape):
    labels: dict[str, str | None] | None = None


class TemplateSpec(Placing):
    """That of a template, which says where its pods may run: a pod has its node."""

    volumes: list[PodVolume | None] | None = None


class PodTemplate(Shape):
    """What a workload makes its pods from."""

    metadata: TemplateMetadata | None = None
    spec: TemplateSpec | None = None


def template_labels(template: PodTemplate | None) -> Labels:
    labels = template.metadata.labels if template and template.metadata else None
    return {shared(name): shared(value) for name, value in (labels or {}).items()}


def template_claims(template: PodTemplate | None) -> tuple[str, ...]:
    """The claims that every pod of the template names, sorted. An ephemeral volume has one for each pod."""
    spec = template.spec if template else None
    if spec is None or not spec.volumes:
        return ()
    claims = (volume.persistent_volume_claim for volume in given(spec.volumes))
    return tuple(sorted({shared(claim.claim_name) for claim in given(claims) if claim.claim_name}))


def ephemeral_classes(template: PodTemplate | None) -> frozenset[str]:
    """The classes of the claims that every pod of the template gets for itself."""
    volumes = template.spec.volumes if template and template.spec else None
    sources = [volume.ephemeral for volume in given(volumes) if volume.ephemeral]
    return template_classes([source.volume_claim_template or ClaimTemplate() for source in sources])


def read_pod(pod: PodObject) -> tuple[Fact, ...]:
    mounts = _mounts(pod)
    scratch = _scratch(pod)
    others = (scratch, *_ignoring(pod, scratch))
    if not mounts:
        return others
    metadata, spec, status = pod.metadata, pod.spec or PodSpec(), pod.status or PodStatus()
    annotations = metadata.annotations or PodAnnotations()
    return (
        Pod(
            namespace=metadata.namespace,
            name=shared(metadata.name),
            uid=metadata.uid,
            created=metadata.created,
            phase=shared(status.phase),
            node=shared(spec.node_name),
            mounts=mounts,
            labels=metadata.labels,
            owner=metadata.owner,
            deleting_since=metadata.deleting_since,
            velero_volumes=_volume_names(annotations.velero_volumes),
            velero_volumes_excluded=_volume_names(annotations.velero_volumes_excluded),
            velero_excluded=metadata.label("velero.io/exclude-from-backup") == "true",
            velero_hooks=bool(text(annotations.velero_hook)),
        ),
        *others,
    )


def _ignoring(pod: PodObject, scratch: ScratchPod) -> tuple[Annotated, ...]:
    """What a pod that nothing controls says for itself; for all others their controller speaks."""
    metadata = pod.metadata
    ignore = metadata.annotations.ignore if metadata.annotations else None
    alone = scratch.controller.key == (metadata.namespace, "Pod", metadata.name)
    if not alone or not isinstance(ignore, str):
        return ()
    on = ObjectRef("Pod", metadata.namespace, metadata.name)
    return (Annotated(on=on, annotations=Annotations(ignore=ignore)),)


def _scratch(pod: PodObject) -> ScratchPod:
    """The kubelet knows a static pod by the uid that its mirror carries in an annotation."""
    metadata, spec, status = pod.metadata, pod.spec or FullPodSpec(), pod.status or PodStatus()
    mirrored = text(metadata.annotations.mirror) if metadata.annotations else ""
    return ScratchPod(
        place=ObjectKey(metadata.namespace, metadata.name),
        uid=mirrored or metadata.uid,
        node=shared(spec.node_name),
        finished=status.phase in ("Succeeded", "Failed"),
        controller=read_controller(metadata),
        limits=read_limits(_empty_dirs(spec), spec.containers, spec.init_containers, spec.overhead),
        host_paths=read_host_paths(_host_paths(spec), spec.containers, spec.init_containers),
    )


def _empty_dirs(spec: PodSpec) -> list[tuple[str, EmptyDirSource]]:
    named = ((volume.name, volume.empty_dir) for volume in given(spec.volumes))
    return [(name, empty_dir) for name, empty_dir in named if name and empty_dir is not None]


def _host_paths(spec: PodSpec) -> list[tuple[str, HostPathSource]]:
    named = ((volume.name, volume.host_path) for volume in given(spec.volumes))
    return [(name, host_path) for name, host_path in named if name and host_path is not None]


def _mounts(pod: PodObject) -> tuple[Mount, ...]:
    spec = pod.spec
    if spec is None or not spec.volumes:
        return ()
    just_read = _just_read(spec)
    mounts = (_mount(pod.metadata.name, volume, just_read) for volume in given(spec.volumes))
    return tuple([mount for mount in mounts if mount])


def _just_read(spec: FullPodSpec) -> frozenset[str | None]:
    """The volumes that some container mounts, and none to write."""
    containers = (*given(spec.containers), *given(spec.init_containers))
    mounts = [mount for container in containers for mount in given(container.volume_mounts)]
    written = {mount.name for mount in mounts if not mount.read_only}
    return frozenset({mount.name for mount in mounts if mount.read_only} - written)


def _mount(pod: str, volume: PodVolume, just_read: frozenset[str | None]) -> Mount | None:
    """The claim of a generic ephemeral volume is named by its pod and volume.

    https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming
    """
    if claim := volume.persistent_volume_claim:
        read_only = bool(claim.read_only) or volume.name in just_read
        name = shared(claim.claim_name)
        return Mount(volume=shared(volume.name), claim=name, read_only=read_only) if name else None
    if volume.ephemeral and volume.name:
        return Mount(volume=shared(volume.name), claim=shared(f"{pod}-{volume.name}"), ephemeral=True)
    return None


def _volume_names(annotation: Annotation) -> tuple[str, ...]:
    """Split as Velero splits: a blank beside a comma belongs to the name, and so matches no volume."""
    return tuple(shared(name) for name in text(annotation).split(",") if name)
