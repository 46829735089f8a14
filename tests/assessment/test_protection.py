"""Protection: the decision table, its reasons, and the figures beside it. CronJob dumps and snapshots serve as copies."""

from pathlib import Path
from typing import Any

import pytest

from holdfast.model.feed import FeedState
from tests.world import NOW, World, claim, labelled, laid_over, policy

HOUR, DAY = 3600.0, 86400.0


def snapshot(name: str, taken: str, *, ready: bool = True, of: str = "data") -> dict[str, Any]:
    return {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {"namespace": "shop", "name": name, "uid": name, "creationTimestamp": taken},
        "spec": {"source": {"persistentVolumeClaimName": of}},
        "status": {"readyToUse": ready, "creationTime": taken},
    }


def dump(name: str = "dump", succeeded: str | None = None, **fields: Any) -> dict[str, Any]:
    """A CronJob that dumps the claim at 02:00, made on 1 November."""
    made: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {
            "namespace": "shop",
            "name": name,
            "uid": name,
            "creationTimestamp": "2026-11-01T00:00:00Z",
            "annotations": {"holdfast.dev/protects": "data"},
        },
        "spec": {"schedule": "0 2 * * *"},
    }
    if succeeded:
        made["status"] = {"lastSuccessfulTime": succeeded}
    return laid_over(made, fields)


def state(world: World) -> tuple[str, tuple[str, ...]]:
    protection = world.claim().protection
    return protection.state, protection.reasons


TODAY = "2026-11-21T02:04:10Z"  # the end of a run that was planned for 02:00


def test_a_claim_that_nothing_covers_is_unprotected() -> None:
    assert state(World(claim())) == ("unprotected", ("no-schedule",))


def test_a_copy_within_the_objective_protects() -> None:
    """The age is that of the data, which is the planned start where the object tells only the end."""
    world = World(claim(), dump(succeeded=TODAY))
    assert state(world) == ("protected", ())
    assert world.rows("pvc_backup_age_seconds", "pvc_backup_timestamp_seconds", "pvc_recovery_points") == [
        'pvc_backup_age_seconds{namespace="shop",persistentvolumeclaim="data"} 36000',
        (
            'pvc_backup_timestamp_seconds{namespace="shop",persistentvolumeclaim="data",'
            f'source="cronjob",placement="local",consistency="unknown"}} {int(NOW - 10 * HOUR)}'
        ),
        'pvc_recovery_points{namespace="shop",persistentvolumeclaim="data",source="cronjob"} 1',
    ]


def test_a_copy_exactly_as_old_as_the_objective_still_protects_and_a_moment_later_is_late() -> None:
    """Time alone makes a claim late: no event announces it."""
    world = World(claim(), dump(succeeded=TODAY))
    taken = NOW - 10 * HOUR
    world.judge(taken + 26 * HOUR)
    assert state(world)[0] == "protected"
    world.judge(taken + 26 * HOUR + 0.002)
    assert state(world) == ("late", ("overdue",))


def test_never_means_that_something_which_runs_would_make_a_copy() -> None:
    assert state(World(claim(), dump())) == ("never", ("first-run-pending",))


def test_a_suspended_schedule_does_not_run() -> None:
    """A claim whose only schedule is paused, without a copy, is unprotected and says why."""
    assert state(World(claim(), dump(spec={"suspend": True}))) == ("unprotected", ("schedule-paused",))


def test_a_protected_claim_says_when_no_new_copy_will_come() -> None:
    world = World(claim(), dump(succeeded=TODAY, spec={"suspend": True}))
    assert state(world) == ("protected", ("schedule-paused",))


def test_the_copies_of_an_earlier_claim_do_not_count() -> None:
    """A new claim of an old name has no copy until one of its own is made."""
    young = claim(metadata={"creationTimestamp": "2026-11-21T06:00:00Z"})
    assert state(World(young, dump(succeeded=TODAY))) == ("never", ("first-run-pending",))


def test_a_restored_claim_carries_on_the_one_it_replaces() -> None:
    """A claim made by a Velero restore inherits the copies of the claim that it replaces."""
    labels = {"velero.io/restore-name": "after-the-fire"}
    restored = claim(metadata={"creationTimestamp": "2026-11-21T06:00:00Z", "labels": labels})
    assert state(World(restored, dump(succeeded=TODAY))) == ("protected", ())


def test_a_claim_filled_from_a_snapshot_of_another_inherits_nothing() -> None:
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "golden"}
    seeded = claim(metadata={"creationTimestamp": "2026-11-21T06:00:00Z"}, spec={"dataSource": source})
    world = World(seeded, dump(succeeded=TODAY), snapshot("golden", "2026-11-20T00:00:00Z", of="image"))
    assert state(world)[0] == "never"


@pytest.mark.parametrize(
    ("demand", "missing"),
    [("offsite: required", "offsite-missing"), ("consistency: application", "application-missing")],
)
def test_a_demand_that_copies_do_not_meet(tmp_path: Path, demand: str, missing: str) -> None:
    """A snapshot on the same storage does not count where the objective asks for more; the reason says what failed."""
    strict = policy(f"defaults: {{rpo: 26h, {demand}}}", tmp_path)
    world = World(claim(), snapshot("s", "2026-11-21T02:00:00Z"), policy=strict)
    assert state(world) == ("unprotected", tuple(sorted(("no-schedule", missing))))
    assert world.rows("pvc_backup_age_seconds") == []
    assert labelled(world.rows("pvc_backup_timestamp_seconds"), "placement") == ["local"]


def test_a_demand_is_met_by_a_copy_that_says_so(tmp_path: Path) -> None:
    strict = policy("defaults: {rpo: 26h, offsite: required, consistency: application}", tmp_path)
    annotations = {"holdfast.dev/placement": "offsite", "holdfast.dev/consistency": "application"}
    world = World(claim(), dump(succeeded=TODAY, metadata={"annotations": annotations}), policy=strict)
    assert state(world) == ("protected", ())


def test_a_schedule_that_cannot_meet_the_demand_is_no_promise(tmp_path: Path) -> None:
    """Never is promised only by a schedule whose copies would count."""
    strict = policy("defaults: {rpo: 26h, offsite: required}", tmp_path)
    assert state(World(claim(), dump(), policy=strict))[0] == "unprotected"


def test_a_snapshot_that_is_not_ready_is_no_recovery_point() -> None:
    """The older copy that can be restored gives the age."""
    ready, unready = snapshot("a", "2026-11-21T01:00:00Z"), snapshot("b", "2026-11-21T11:00:00Z", ready=False)
    world = World(claim(), ready, unready)
    assert state(world)[0] == "protected"
    assert world.rows("pvc_backup_age_seconds")[0].endswith(" 39600")
    assert world.rows("pvc_recovery_points")[0].endswith(" 1")


def test_the_newest_copy_of_all_sources_gives_the_age() -> None:
    """One clock a claim, whichever tool made the copy."""
    world = World(claim(), dump(succeeded=TODAY), snapshot("a", "2026-11-21T09:00:00Z"))
    assert world.rows("pvc_backup_age_seconds")[0].endswith(" 10800")
    assert labelled(world.rows("pvc_backup_timestamp_seconds"), "source") == ["cronjob", "csi-snapshot"]


@pytest.mark.parametrize("feed_state", ["forbidden", "failing"])
def test_a_blind_source_makes_unknown_what_no_copy_protects(feed_state: FeedState) -> None:
    """Cannot see must never read as nothing there."""
    world = World(claim(), states={("velero", "Backup"): feed_state})
    assert state(world) == ("unknown", ("no-schedule", "source-blind"))


def test_a_blind_source_does_not_undo_a_copy_within_the_objective() -> None:
    world = World(claim(), dump(succeeded=TODAY), states={("velero", "Backup"): "forbidden"})
    assert state(world)[0] == "protected"


def test_an_absent_source_is_not_blind() -> None:
    """Where the tool is not installed there can be no copy of its making."""
    assert state(World(claim(), states={("velero", "Backup"): "not_installed"}))[0] == "unprotected"


def test_lost_contact_becomes_blindness_after_ten_minutes() -> None:
    """A source that loses contact keeps its facts, and vouches for them for ten minutes."""
    world = World(claim())
    backups = next(feed for feed in World.feeds() if feed.id == ("velero", "Backup"))
    world.engine.state(backups, "failing", "connection refused", NOW)
    world.judge(NOW + 599)
    assert state(world)[0] == "unprotected"
    world.judge(NOW + 600)
    assert state(world) == ("unknown", ("no-schedule", "source-blind"))
    world.engine.state(backups, "up", "", NOW + 700)
    world.judge(NOW + 700)
    assert state(world)[0] == "unprotected"


def test_one_object_that_cannot_be_decoded_blinds_its_source() -> None:
    """The object might have been the newest copy; once it can be read, or is gone, the source sees again."""
    world = World(claim())
    feed = next(feed for feed in World.feeds() if feed.id == ("csi-snapshot", "VolumeSnapshot"))
    from holdfast.model.identity import ObjectKey

    world.engine.undecodable(feed, ObjectKey("shop", "odd"))
    world.judge()
    assert state(world)[0] == "unknown"
    world.engine.drop(feed, ObjectKey("shop", "odd"))
    world.judge()
    assert state(world)[0] == "unprotected"


def test_counts_by_namespace_and_tier_include_zeros() -> None:
    world = World(claim(), claim("shop/more"), dump(succeeded=TODAY))
    assert world.rows("protection_claims") == [
        f'protection_claims{{namespace="shop",tier="",state="{name}"}} {count}'
        for name, count in [
            ("protected", 1),
            ("late", 0),
            ("never", 0),
            ("unprotected", 1),
            ("unknown", 0),
            ("exempt", 0),
        ]
    ]


def test_a_generic_ephemeral_claim_is_exempt() -> None:
    """A claim that lives and dies with its pod needs no copy."""
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "web-0", "uid": "p", "controller": True}
    world = World(claim("shop/web-0-scratch", metadata={"ownerReferences": [owner]}))
    assert world.claim("shop/web-0-scratch").protection.state == "exempt"
    assert world.rows("pvc_rpo_seconds", "pvc_objective_info") == []


def test_a_statefulsets_claim_owned_by_its_pod_is_not_ephemeral() -> None:
    """With whenScaled: Delete a StatefulSet's claim is owned by a pod, and still holds data."""
    owner = {"apiVersion": "v1", "kind": "Pod", "name": "db-0", "uid": "p", "controller": True}
    world = World(claim("shop/data-db-0", metadata={"ownerReferences": [owner]}))
    assert world.claim("shop/data-db-0").protection.state == "unprotected"


def test_retention_counts_days_weeks_and_months(tmp_path: Path) -> None:
    """Restore points short of the objective: three of the wanted seven days are there."""
    keeping = policy("defaults: {rpo: 26h, retention: {daily: 7, weekly: 1}}", tmp_path)
    days = [snapshot(f"s{day}", f"2026-11-{day}T02:00:00Z") for day in (19, 20, 21)]
    world = World(claim(), *days, policy=keeping)
    assert world.rows("pvc_retention_missing") == [
        'pvc_retention_missing{namespace="shop",persistentvolumeclaim="data",window="daily"} 4',
        'pvc_retention_missing{namespace="shop",persistentvolumeclaim="data",window="weekly"} 0',
    ]


def test_the_schedules_of_a_claim_are_named() -> None:
    world = World(claim(), dump())
    assert world.rows("pvc_schedule_info") == [
        (
            'pvc_schedule_info{namespace="shop",persistentvolumeclaim="data",source="cronjob",'
            'schedule_namespace="shop",schedule="dump",target=""} 1'
        )
    ]


def test_a_future_copy_is_no_copy_yet() -> None:
    """A clock that runs ahead somewhere cannot make a claim safe."""
    world = World(claim(), snapshot("a", "2026-11-21T13:00:00Z"))
    assert state(world)[0] == "unprotected"
    world.judge(NOW + HOUR)
    assert state(world)[0] == "protected"


def namespace(**labels: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}}


GOLD = "tiers: [{name: gold, match: {namespaceLabels: {tier: gold}}, rpo: 1h}]"


def test_a_namespace_that_cannot_be_seen_may_ask_for_more(tmp_path: Path) -> None:
    """Where a tier goes by namespace labels and the namespace is denied, nobody can say that the copy is young enough."""
    gold, copies = policy(GOLD, tmp_path), (claim(), dump(succeeded=TODAY))
    assert state(World(*copies, namespace(tier="gold"), policy=gold))[0] == "late"
    assert state(World(*copies, namespace(), policy=gold))[0] == "protected"
    denied = World(*copies, policy=gold, states={("core", "Namespace"): "forbidden"})
    assert state(denied) == ("unknown", ("objective-unknown",))
    assert state(World(*copies, policy=gold)) == ("unknown", ("objective-unknown",))


def test_a_dump_without_namespaces_is_enough_where_no_tier_needs_them() -> None:
    world = World(claim(), dump(succeeded=TODAY), states={("core", "Namespace"): "out_of_scope"})
    assert state(world)[0] == "protected"


def test_workloads_that_cannot_be_seen_may_ask_for_more() -> None:
    world = World(claim(), dump(succeeded=TODAY), states={("core", "Deployment"): "forbidden"})
    assert state(world) == ("unknown", ("objective-unknown",))


def test_a_restored_claim_does_not_inherit_what_another_cluster_copied_since() -> None:
    """Two clusters share a bucket since the fire: the other one's newer copy is of other data."""
    labels = {"velero.io/restore-name": "after-the-fire"}
    restored = claim(metadata={"creationTimestamp": "2026-11-10T06:00:00Z", "labels": labels})
    stranger = {
        "apiVersion": "velero.io/v1",
        "kind": "PodVolumeBackup",
        "metadata": {
            "namespace": "velero",
            "name": "b-1",
            "uid": "pvb",
            "labels": {
                "velero.io/backup-name": "b",
                "velero.io/backup-uid": "b",
                "velero.io/pvc-uid": "of-the-other-cluster",
            },
            "annotations": {"velero.io/pvc-name": "data"},
        },
        "spec": {"pod": {"namespace": "shop", "name": "p"}, "volume": "v", "backupStorageLocation": "s3"},
        "status": {
            "phase": "Completed",
            "startTimestamp": "2026-11-21T02:00:10Z",
            "progress": {"totalBytes": 5},
        },
    }
    backup = {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {
            "namespace": "velero",
            "name": "b",
            "uid": "b",
            "creationTimestamp": "2026-11-21T03:00:00Z",
        },
        "spec": {"storageLocation": "s3", "includedNamespaces": ["shop"]},
        "status": {
            "phase": "Completed",
            "startTimestamp": "2026-11-21T02:00:00Z",
            "completionTimestamp": "2026-11-21T02:10:00Z",
        },
    }
    location = {
        "apiVersion": "velero.io/v1",
        "kind": "BackupStorageLocation",
        "metadata": {"namespace": "velero", "name": "s3"},
        "status": {"phase": "Available"},
    }
    assert state(World(restored, stranger, backup, location))[0] == "unprotected"


def test_a_target_that_is_deleted_takes_its_copies_with_it() -> None:
    """Also when the location was looked at in between, which changes one of its two records."""
    location = {
        "apiVersion": "velero.io/v1",
        "kind": "BackupStorageLocation",
        "metadata": {"namespace": "velero", "name": "s3"},
        "status": {"phase": "Available", "lastValidationTime": "2026-11-21T11:58:00Z"},
    }
    world = World(claim(), location)
    world.put(laid_over(location, {"status": {"lastValidationTime": "2026-11-21T11:59:00Z"}}))
    world.judge()
    world.drop(location)
    world.judge()
    assert world.rows("backup_target_available", "backup_target_checked_timestamp_seconds") == []


def test_the_snapshot_a_claim_was_restored_from_is_no_orphan() -> None:
    source = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "last"}
    rebuilt = claim(metadata={"creationTimestamp": "2026-11-21T06:00:00Z"}, spec={"dataSource": source})
    world = World(rebuilt, snapshot("last", "2026-11-21T02:00:00Z"))
    assert state(world)[0] == "protected"
    assert world.rows("volumesnapshot_orphaned") == []
