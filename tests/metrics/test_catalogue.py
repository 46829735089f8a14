"""The catalogue as a whole: names, labels and vocabularies follow the conventions, and the contract is met."""

import re
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from holdfast.metrics.catalogue import FAMILIES, RENDERED
from holdfast.metrics.family import Family
from holdfast.metrics.process import PROCESS_FAMILIES, Collectors, ProcessFamily

BY_NAME = {family.name: family for family in FAMILIES}

IDS: dict[str, Any] = {"ids": lambda family: family.name}


def test_names_are_written_once() -> None:
    assert len(BY_NAME) == len(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES, **IDS)
def test_names_and_labels_follow_the_conventions(family: Family | ProcessFamily) -> None:
    """Prefix, snake case, units, and no label that a scrape or a user's own labels would clash with."""
    assert re.fullmatch(r"holdfast_[a-z][a-z0-9_]*", family.name)
    assert family.name.endswith("_total") == (family.type == "counter")
    assert family.help.endswith(".")
    assert len(set(family.labels)) == len(family.labels)
    clashes = {
        "job",
        "instance",
        "pod",
        "service",
        "endpoint",
        "container",
        "cluster",
        "owner",
        "region",
        "zone",
        "type",
    }
    assert not clashes & set(family.labels)
    assert set(family.vocabulary) <= set(family.labels)


@pytest.mark.parametrize("family", FAMILIES, **IDS)
def test_clocks_are_folded_by_the_least(family: Family | ProcessFamily) -> None:
    """Of replicas that saw a thing at different times the newest age is the truest; everything else folds by max."""
    assert family.aggregation == ("min" if family.clock else "max")


CONTRACT = """
pvc_info: namespace persistentvolumeclaim persistentvolume storageclass csi_driver volumemode access_modes reclaim_policy workload_kind workload tier urgency claim_owner
pv_info: namespace persistentvolume storageclass csi_driver reclaim_policy claim_namespace name
pvc_muted: namespace persistentvolumeclaim area
pvc_requested_bytes: namespace persistentvolumeclaim
pvc_capacity_bytes: namespace persistentvolumeclaim
pvc_protection_state: namespace persistentvolumeclaim state
pvc_protection_reason: namespace persistentvolumeclaim reason
pvc_unsafe_seconds: namespace persistentvolumeclaim state origin
protection_claims: namespace tier state
pvc_schedule_info: namespace persistentvolumeclaim source schedule_namespace schedule target
pvc_backup_age_seconds: namespace persistentvolumeclaim
pvc_backup_timestamp_seconds: namespace persistentvolumeclaim source placement consistency
pvc_recovery_points: namespace persistentvolumeclaim source
pvc_backup_size_bytes: namespace persistentvolumeclaim source
pvc_backup_previous_size_bytes: namespace persistentvolumeclaim source
pvc_backup_shrunk_ratio: namespace persistentvolumeclaim source
pvc_backup_empty: namespace persistentvolumeclaim source
pvc_exempt_until_timestamp_seconds: namespace persistentvolumeclaim
pvc_rpo_seconds: namespace persistentvolumeclaim
pvc_rto_seconds: namespace persistentvolumeclaim
pvc_restore_drill_interval_seconds: namespace persistentvolumeclaim
pvc_objective_info: namespace persistentvolumeclaim origin
pvc_time_to_full_objective_seconds: namespace persistentvolumeclaim
pvc_unused_objective_seconds: namespace persistentvolumeclaim
pvc_backup_inferred: namespace persistentvolumeclaim source
pvc_retention_missing: namespace persistentvolumeclaim window
pvc_restore_drill_unmet_seconds: namespace persistentvolumeclaim state
backup_schedule_info: source namespace schedule cron target
backup_schedule_paused: source namespace schedule
backup_schedule_last_success_timestamp_seconds: source namespace schedule
backup_schedule_last_attempt_timestamp_seconds: source namespace schedule
backup_schedule_last_duration_seconds: source namespace schedule
backup_schedule_next_run_timestamp_seconds: source namespace schedule
backup_schedule_last_result: source namespace schedule result
backup_schedule_last_due_timestamp_seconds: source namespace schedule
backup_schedule_missed_runs: source namespace schedule
backup_running_seconds: source namespace schedule
backup_target_available: source namespace target
backup_target_checked_timestamp_seconds: source namespace target
pvc_not_expandable: namespace persistentvolumeclaim reason
quota_hard_bytes: namespace resourcequota resource storageclass
quota_used_bytes: namespace resourcequota resource storageclass
quota_hard_claims: namespace resourcequota storageclass
quota_used_claims: namespace resourcequota storageclass
pool_available_bytes: namespace storageclass topology
pool_maximum_volume_bytes: namespace storageclass topology
class_expandable: namespace storageclass
class_claims: namespace storageclass
class_requested_bytes: namespace storageclass
class_capacity_bytes: namespace storageclass
class_largest_claim_bytes: namespace storageclass
class_used_bytes: namespace storageclass
class_measured_bytes: namespace storageclass
pvc_used_bytes: namespace persistentvolumeclaim
pvc_inodes_used: namespace persistentvolumeclaim
pvc_inodes: namespace persistentvolumeclaim
pvc_used_ratio: namespace persistentvolumeclaim resource
pvc_usage_age_seconds: namespace persistentvolumeclaim
pvc_filesystem_bytes: namespace persistentvolumeclaim
pvc_available_bytes: namespace persistentvolumeclaim
pvc_usage_unmeasured: namespace persistentvolumeclaim reason
pvc_backend_info: namespace persistentvolumeclaim backend
backend_used_bytes: backend
backend_capacity_bytes: backend
backend_used_ratio: backend resource
backend_time_to_full_seconds: backend
backend_time_to_full_early_seconds: backend
pvc_time_to_full_seconds: namespace persistentvolumeclaim resource
pvc_time_to_full_early_seconds: namespace persistentvolumeclaim resource
pvc_time_to_full_late_seconds: namespace persistentvolumeclaim resource
pvc_full_chance_ratio: namespace persistentvolumeclaim resource
pvc_forecast_unknown: namespace persistentvolumeclaim resource reason
pvc_growth_bytes_per_second: namespace persistentvolumeclaim
usage_coverage_claims: csi_driver state
kubelets: state
quota_time_to_full_seconds: namespace resourcequota resource storageclass
pool_time_to_full_seconds: namespace storageclass topology
pool_time_to_full_early_seconds: namespace storageclass topology
pvc_orphaned: namespace persistentvolumeclaim reason
pvc_dormant: namespace persistentvolumeclaim reason
pvc_unused_seconds: namespace persistentvolumeclaim
pvc_unused_bytes: namespace persistentvolumeclaim state
pv_released_seconds: namespace persistentvolume storageclass
pv_orphaned: namespace persistentvolume storageclass reason
volumesnapshot_unready_seconds: namespace volumesnapshot
volumesnapshot_orphaned: namespace volumesnapshot reason
volumesnapshotcontent_orphaned: namespace volumesnapshotcontent reason
volumeattachment_dangling: namespace volumeattachment persistentvolume node reason
pvc_phase: namespace persistentvolumeclaim phase
pv_phase: namespace persistentvolume storageclass phase
pvc_created_timestamp_seconds: namespace persistentvolumeclaim
pvc_pending_seconds: namespace persistentvolumeclaim reason
pvc_terminating_seconds: namespace persistentvolumeclaim reason
pvc_resize_pending_seconds: namespace persistentvolumeclaim stage
volume_attach_pending_seconds: namespace persistentvolume node csi_driver claim_namespace name
volume_provision_duration_seconds: storageclass
volume_attach_duration_seconds: csi_driver
volume_reattach_duration_seconds: csi_driver
pvc_monthly_cost: namespace persistentvolumeclaim currency
pv_monthly_cost: namespace persistentvolume currency
volumesnapshot_monthly_cost: namespace volumesnapshot currency
volumesnapshotcontent_monthly_cost: namespace volumesnapshotcontent currency
kind_monthly_cost: kind currency
unpriced_objects: kind reason
prices_age_seconds: currency
waste_objects: namespace reason
waste_monthly_cost: namespace reason currency
ephemeral_used_bytes: namespace workload_kind workload
ephemeral_measured_pods: namespace workload_kind workload
ephemeral_limit_used_ratio: namespace workload_kind workload kind name
node_filesystem_capacity_bytes: namespace node filesystem
node_filesystem_available_bytes: namespace node filesystem
node_filesystem_used_bytes: namespace node filesystem
node_filesystem_inodes: namespace node filesystem
node_filesystem_inodes_used: namespace node filesystem
node_filesystem_age_seconds: namespace node
finding: check kind namespace name
check_info: check severity judged
checklist_state: namespace item state
source_up: source kind
source_last_success_timestamp_seconds: source kind
source_objects: source kind
source_state: source kind state
source_errors_total: source kind reason
assessment_last_success_timestamp_seconds:
history_last_write_timestamp_seconds:
history_persistent:
config_info: hash
build_info: version revision python_version
metrics_generation:
"""


@pytest.mark.parametrize("line", CONTRACT.strip().splitlines(), ids=lambda line: line.split(":")[0])
def test_public_names_and_labels_stand(line: str) -> None:
    """Other programs read these; a change here breaks their users."""
    name, _, labels = line.partition(":")
    assert BY_NAME[f"holdfast_{name}"].labels == tuple(labels.split())


def test_every_process_family_has_its_collector() -> None:
    """A family that is declared and never kept would be a promise that nobody keeps."""
    registry = CollectorRegistry()
    collectors = Collectors(registry)
    assert b"holdfast_history_last_write" not in generate_latest(registry), "never is not zero"
    collectors.assessed.set(1.0)
    collectors.written.set(1.0)
    kept = generate_latest(registry).decode()
    for family in PROCESS_FAMILIES:
        assert f"# HELP {family.name} {family.help}\n" in kept
        assert f"# TYPE {family.name} {family.type}\n" in kept


def test_rendered_families_are_gauges() -> None:
    assert {family.type for family in RENDERED} == {"gauge"}
