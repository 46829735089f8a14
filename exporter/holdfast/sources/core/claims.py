"""PersistentVolumeClaims. What the object says of one claim; who uses it and what protects it is not here."""

from typing import Final, Literal

from holdfast.model.facts import Claim, Condition, DataSource, Fact
from holdfast.model.identity import ClaimRef
from holdfast.sources.shapes import AnnotatedMetadata, Shape, given, shared
from holdfast.sources.values import parse_quantity, parse_time

CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"  # deprecated, and still beats the field


class Amounts(Shape):
    """A resource list, of which only storage is read."""

    storage: int | float | str | None = None


class Resources(Shape):
    requests: Amounts | None = None


class Source(Shape):
    api_group: str | None = None
    kind: str | None = None
    namespace: str | None = None
    name: str | None = None


class ClaimSpec(Shape):
    access_modes: list[str | None] | None = None
    storage_class_name: str | None = None
    volume_name: str | None = None
    volume_mode: str | None = None
    volume_attributes_class_name: str | None = None
    resources: Resources | None = None
    data_source: Source | None = None
    data_source_ref: Source | None = None


class ClaimCondition(Shape):
    type: str | None = None
    status: str | None = None
    reason: str | None = None
    last_transition_time: str | None = None


class ResizeStatuses(Shape):
    storage: str | None = None


class ModifyStatus(Shape):
    status: str | None = None


class ClaimStatus(Shape):
    phase: str | None = None
    capacity: Amounts | None = None
    conditions: list[ClaimCondition | None] | None = None
    allocated_resource_statuses: ResizeStatuses | None = None
    resize_status: str | None = None  # before Kubernetes 1.28
    current_volume_attributes_class_name: str | None = None
    modify_volume_status: ModifyStatus | None = None


class ClaimObject(Shape):
    metadata: AnnotatedMetadata
    spec: ClaimSpec | None = None
    status: ClaimStatus | None = None


# What Kubernetes before 1.31 called the states of a resize, and before 1.28 in another field.
_RESIZE_STATUS_SINCE_RENAMED = {
    "ControllerResizeFailed": "ControllerResizeInfeasible",
    "NodeResizeFailed": "NodeResizeInfeasible",
    "ControllerExpansionInProgress": "ControllerResizeInProgress",
    "ControllerExpansionFailed": "ControllerResizeInfeasible",
    "NodeExpansionPending": "NodeResizePending",
    "NodeExpansionInProgress": "NodeResizeInProgress",
    "NodeExpansionFailed": "NodeResizeInfeasible",
}


def read_claim(claim: ClaimObject) -> tuple[Fact, ...]:
    metadata, spec, status = claim.metadata, claim.spec or ClaimSpec(), claim.status or ClaimStatus()
    resources = spec.resources or Resources()
    return (
        Claim(
            ref=ClaimRef(metadata.namespace, shared(metadata.name)),
            uid=metadata.uid,
            created=metadata.created,
            labels=metadata.labels,
            annotations=metadata.annotations,
            storage_class=shared(_storage_class_text(metadata, spec)),
            static=_storage_class_text(metadata, spec) == "",
            volume=shared(spec.volume_name),
            volume_mode=shared(spec.volume_mode) or "Filesystem",
            access_modes=tuple(sorted(shared(mode) for mode in given(spec.access_modes))),
            requested=_storage(resources.requests),
            capacity=_storage(status.capacity),
            phase=shared(status.phase),
            deleting_since=metadata.deleting_since,
            finalizers=metadata.finalizers,
            owner=metadata.owner,
            data_source=_data_source(metadata.namespace, spec),
            conditions=tuple(_condition(condition) for condition in given(status.conditions)),
            resize_status=_resize_status(status),
            selected_node=shared(metadata.annotation("volume.kubernetes.io/selected-node")),
            velero_restore=shared(metadata.label("velero.io/restore-name")),
            k8up=_K8UP.get(metadata.annotation("k8up.io/backup") or "", ""),
            velero_excluded=_velero_excluded(metadata),
            attributes_wanted=shared(spec.volume_attributes_class_name),
            attributes_current=shared(status.current_volume_attributes_class_name) or None,
            attributes_change=shared((status.modify_volume_status or ModifyStatus()).status),
        ),
    )


def _storage(amounts: Amounts | None) -> int | None:
    """None for a negative amount, which no server accepts."""
    amount = parse_quantity(amounts.storage) if amounts else None
    return amount if amount is None or amount >= 0 else None


def _storage_class_text(metadata: AnnotatedMetadata, spec: ClaimSpec) -> str | None:
    """None asks for the default class, the empty text for a volume made by hand."""
    deprecated = metadata.annotation(CLASS_ANNOTATION)
    return spec.storage_class_name if deprecated is None else deprecated


def _data_source(namespace: str, spec: ClaimSpec) -> DataSource | None:
    """Of two that name the same object, ``dataSourceRef`` is the one that may name another namespace."""
    for source in given((spec.data_source_ref, spec.data_source)):
        if source.kind and source.name:
            return DataSource(
                group=shared(source.api_group),
                kind=shared(source.kind),
                namespace=shared(source.namespace) or namespace,
                name=shared(source.name),
            )
    return None


def _condition(condition: ClaimCondition) -> Condition:
    return Condition(
        type=shared(condition.type),
        status=shared(condition.status),
        reason=shared(condition.reason),
        since=parse_time(condition.last_transition_time),
    )


def _resize_status(status: ClaimStatus) -> str:
    statuses = status.allocated_resource_statuses or ResizeStatuses()
    found = shared(statuses.storage or status.resize_status)
    return _RESIZE_STATUS_SINCE_RENAMED.get(found, found)


_K8UP: Final[dict[str, Literal["", "true", "false"]]] = {"true": "true", "false": "false"}


def _velero_excluded(metadata: AnnotatedMetadata) -> bool:
    """The annotation excludes by standing there, whatever its value; the label by ``true``."""
    return metadata.label("velero.io/exclude-from-backup") == "true" or "velero.io/skip-from-backup" in (
        metadata.api_annotations or ()
    )
