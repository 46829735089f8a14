"""Pods and the volumes of a pod's spec. Of a pod that names no claim, only what it may fill of its node is kept."""

import msgspec

from holdfast.model.ephemeral import ScratchPod
from holdfast.model.facts import Fact, Mount, Pod
from holdfast.model.identity import ObjectKey
from holdfast.sources.core.scratch import Amounts, Container, EmptyDirSource, read_controller, read_limits
from holdfast.sources.shapes import Annotation, Metadata, Present, Shape, given, shared, text


class ClaimVolume(Shape):
    claim_name: str | None = None


class PodVolume(Shape):
    """One volume of a pod; the many kinds that hold no claim decode to a bare name."""

    name: str | None = None
    persistent_volume_claim: ClaimVolume | None = None
    ephemeral: Present | None = None
    empty_dir: EmptyDirSource | None = None


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


class PodMetadata(Metadata):
    annotations: PodAnnotations | None = None


class PodObject(Shape):
    metadata: PodMetadata
    spec: FullPodSpec | None = None
    status: PodStatus | None = None


class PodTemplate(Shape):
    """What a workload makes its pods from."""

    spec: PodSpec | None = None


def template_claims(template: PodTemplate | None) -> tuple[str, ...]:
    """The claims that every pod of the template names, sorted. An ephemeral volume has one for each pod."""
    spec = template.spec if template else None
    if spec is None or not spec.volumes:
        return ()
    claims = (volume.persistent_volume_claim for volume in given(spec.volumes))
    return tuple(sorted({shared(claim.claim_name) for claim in given(claims) if claim.claim_name}))


def read_pod(pod: PodObject) -> tuple[Fact, ...]:
    mounts = _mounts(pod)
    scratch = _scratch(pod)
    if not mounts:
        return (scratch,)
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
        scratch,
    )


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
    )


def _empty_dirs(spec: PodSpec) -> list[tuple[str, EmptyDirSource]]:
    named = ((volume.name, volume.empty_dir) for volume in given(spec.volumes))
    return [(name, empty_dir) for name, empty_dir in named if name and empty_dir is not None]


def _mounts(pod: PodObject) -> tuple[Mount, ...]:
    volumes = pod.spec.volumes if pod.spec else None
    if not volumes:
        return ()
    return tuple(mount for volume in given(volumes) if (mount := _mount(pod.metadata.name, volume)))


def _mount(pod: str, volume: PodVolume) -> Mount | None:
    """The claim of a generic ephemeral volume is named by its pod and volume.

    https://kubernetes.io/docs/concepts/storage/ephemeral-volumes/#persistentvolumeclaim-naming
    """
    if claim := volume.persistent_volume_claim:
        return Mount(volume=shared(volume.name), claim=shared(claim.claim_name)) if claim.claim_name else None
    if volume.ephemeral and volume.name:
        return Mount(volume=shared(volume.name), claim=shared(f"{pod}-{volume.name}"), ephemeral=True)
    return None


def _volume_names(annotation: Annotation) -> tuple[str, ...]:
    """Split as Velero splits: a blank beside a comma belongs to the name, and so matches no volume."""
    return tuple(shared(name) for name in text(annotation).split(",") if name)
