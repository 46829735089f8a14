"""The cluster's own kinds: claims, volumes, and what uses them. Holds no copies, so it protects nothing."""

from collections.abc import Callable
from typing import Any

from holdfast.model.facts import Fact
from holdfast.model.feed import Feed, Resource
from holdfast.sources.contract import Source
from holdfast.sources.core.capacity import CapacityObject, QuotaObject, read_capacity, read_quota
from holdfast.sources.core.claims import ClaimObject, read_claim
from holdfast.sources.core.classes import StorageClassObject, read_storage_class
from holdfast.sources.core.pods import PodObject, read_pod
from holdfast.sources.core.setup import (
    BudgetObject,
    CsiNodeObject,
    DriverObject,
    read_budget,
    read_csi_node,
    read_driver,
)
from holdfast.sources.core.surroundings import NamespaceObject, NodeObject, read_namespace, read_node
from holdfast.sources.core.volumes import AttachmentObject, VolumeObject, read_attachment, read_volume
from holdfast.sources.core.workloads import (
    CronJobObject,
    DaemonSetObject,
    DeploymentObject,
    JobObject,
    ReplicaSetObject,
    StatefulSetObject,
    read_cron_job,
    read_daemon_set,
    read_deployment,
    read_job,
    read_replica_set,
    read_stateful_set,
)

NAME = "core"


def _feed(
    resource: Resource, shape: type[Any], read: Callable[[Any], tuple[Fact, ...]], *, copies: bool = True
) -> Feed:
    return Feed(source=NAME, resource=resource, shape=shape, read=read, copies=copies)


def _resource(group: str, plural: str, kind: str, *, namespaced: bool = True) -> Resource:
    return Resource(group=group, versions=("v1",), plural=plural, kind=kind, namespaced=namespaced)


_VOLUME = _resource("", "persistentvolumes", "PersistentVolume", namespaced=False)
_NAMESPACE = _resource("", "namespaces", "Namespace", namespaced=False)
_NODE = _resource("", "nodes", "Node", namespaced=False)
_STORAGE_CLASS = _resource("storage.k8s.io", "storageclasses", "StorageClass", namespaced=False)
_CAPACITY = Resource(
    group="storage.k8s.io",
    versions=("v1", "v1beta1"),  # v1 since Kubernetes 1.24
    plural="csistoragecapacities",
    kind="CSIStorageCapacity",
)
_ATTACHMENT = _resource("storage.k8s.io", "volumeattachments", "VolumeAttachment", namespaced=False)
_BUDGET = _resource("policy", "poddisruptionbudgets", "PodDisruptionBudget")  # v1 since Kubernetes 1.21
_CSI_NODE = _resource("storage.k8s.io", "csinodes", "CSINode", namespaced=False)
_DRIVER = _resource("storage.k8s.io", "csidrivers", "CSIDriver", namespaced=False)

SOURCE = Source(
    name=NAME,
    feeds=(
        _feed(_resource("", "persistentvolumeclaims", "PersistentVolumeClaim"), ClaimObject, read_claim),
        _feed(_VOLUME, VolumeObject, read_volume),
        _feed(_STORAGE_CLASS, StorageClassObject, read_storage_class),
        _feed(_ATTACHMENT, AttachmentObject, read_attachment),
        _feed(_resource("", "resourcequotas", "ResourceQuota"), QuotaObject, read_quota),
        _feed(_CAPACITY, CapacityObject, read_capacity),
        _feed(_NAMESPACE, NamespaceObject, read_namespace),
        _feed(_NODE, NodeObject, read_node),
        _feed(_resource("", "pods", "Pod"), PodObject, read_pod),
        _feed(_resource("apps", "statefulsets", "StatefulSet"), StatefulSetObject, read_stateful_set),
        _feed(_resource("apps", "deployments", "Deployment"), DeploymentObject, read_deployment),
        _feed(_resource("apps", "replicasets", "ReplicaSet"), ReplicaSetObject, read_replica_set),
        _feed(_resource("apps", "daemonsets", "DaemonSet"), DaemonSetObject, read_daemon_set),
        _feed(_resource("batch", "jobs", "Job"), JobObject, read_job),
        _feed(_resource("batch", "cronjobs", "CronJob"), CronJobObject, read_cron_job),
        _feed(_BUDGET, BudgetObject, read_budget, copies=False),
        _feed(_CSI_NODE, CsiNodeObject, read_csi_node, copies=False),
        _feed(_DRIVER, DriverObject, read_driver, copies=False),
    ),
)
