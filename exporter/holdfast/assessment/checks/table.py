"""Which check is judged by which survey."""

from collections.abc import Iterator, Mapping

from holdfast.assessment.checks import (
    classes,
    locations,
    mounting,
    namespaces,
    snapshots,
    volumes,
    workloads,
)
from holdfast.assessment.checks.contract import Found, Scene, Survey
from holdfast.assessment.checks.naming import shortened


def _readable(survey: Survey) -> Survey:
    """No reason is longer than a person reads, whatever names objects have."""

    def bounded(scene: Scene) -> Iterator[Found]:
        for found in survey(scene):
            on, why = found
            yield (on, shortened(why)) if why else found

    return bounded


SURVEYS: Mapping[str, Survey] = {
    check: _readable(survey)
    for check, survey in {
        "reclaim-delete": volumes.unclaimed_reclaim_delete,
        "statefulset-retention-delete": workloads.statefulset_retention_delete,
        "deployment-rwo": mounting.deployment_rwo,
        "pod-bare-data": workloads.pod_bare_data,
        "hostpath-data": workloads.hostpath_data,
        "no-expansion": classes.no_expansion,
        "in-tree-provisioner": classes.in_tree_provisioner,
        "immediate-binding": classes.immediate_binding,
        "no-default-class": classes.no_default_class,
        "too-many-classes": classes.too_many_classes,
        "many-default-classes": classes.many_default_classes,
        "duplicate-classes": classes.duplicate_classes,
        "unused-class": classes.unused_class,
        "one-zone": workloads.one_zone,
        "stranded-volume": volumes.stranded_volume,
        "driver-missing": volumes.driver_missing,
        "attach-limit": volumes.attach_limit,
        "unencrypted": classes.unencrypted,
        "one-location": locations.one_location,
        "snapshot-class-delete": snapshots.snapshot_class_delete,
        "no-snapshot-class": snapshots.no_snapshot_class,
        "no-storage-quota": namespaces.no_storage_quota,
        "drain-unsafe": workloads.drain_unsafe,
    }.items()
}
"""By id. Checks that are judged with their claim are in ``claims``."""
