"""Restore drills, from the objects of a tool to the state: which one is in force, and what it proves."""

from typing import Any

import pytest

from holdfast.history.memory import Memory
from holdfast.model.observation import Observation
from holdfast.model.policy import ObjectiveSpec, Policy
from tests.world import NOW, World, claim, labelled, laid_over

ASKED = Policy(defaults=ObjectiveSpec(rpo=26 * 3600.0, restore_drill_every=30 * 86400.0, rto=1800.0))
FAMILIES = (
    "pvc_restore_drill_age_seconds",
    "pvc_restore_drill_duration_seconds",
    "pvc_restore_drill_point_age_seconds",
)


def backup(day: int) -> list[dict[str, Any]]:
    """A nightly backup of shop/data, file by file, on this day of November."""
    name, start = f"nightly-{day:02}", f"2026-11-{day:02}T02:00:00Z"
    run = {
        "apiVersion": "velero.io/v1",
        "kind": "Backup",
        "metadata": {"namespace": "velero", "name": name, "uid": name, "creationTimestamp": start},
        "spec": {"includedNamespaces": ["shop"]},
        "status": {
            "phase": "Completed",
            "startTimestamp": start,
            "completionTimestamp": f"2026-11-{day:02}T02:10:00Z",
        },
    }
    volume = {
        "apiVersion": "velero.io/v1",
        "kind": "PodVolumeBackup",
        "metadata": {
            "namespace": "velero",
            "name": f"{name}-data",
            "labels": {
                "velero.io/backup-name": name,
                "velero.io/backup-uid": name,
                "velero.io/pvc-uid": "uid-shop-data",
            },
            "annotations": {"velero.io/pvc-name": "data"},
            "creationTimestamp": start,
        },
        "spec": {"pod": {"namespace": "shop", "name": "web-0"}, "volume": "content"},
        "status": {"phase": "Completed", "startTimestamp": start, "progress": {"totalBytes": 100}},
    }
    return [run, volume]


def restore(name: str, of: str, day: int, *, minutes: int = 10, **fields: Any) -> list[dict[str, Any]]:
    """A restore of that backup into shop-drill, at noon of this day, with the claim's volume in it."""
    made = {
        "apiVersion": "velero.io/v1",
        "kind": "Restore",
        "metadata": {
            "namespace": "velero",
            "name": name,
            "creationTimestamp": f"2026-11-{day:02}T11:00:00Z",
        },
        "spec": {"backupName": of, "namespaceMapping": {"shop": "shop-drill"}},
        "status": {
            "phase": "Completed",
            "startTimestamp": f"2026-11-{day:02}T11:00:00Z",
            "completionTimestamp": f"2026-11-{day:02}T11:{minutes:02}:00Z",
        },
    }
    volume = {
        "apiVersion": "velero.io/v1",
        "kind": "PodVolumeRestore",
        "metadata": {
            "namespace": "velero",
            "name": f"{name}-data",
            "labels": {"velero.io/restore-name": name},
        },
        "spec": {
            "pod": {"namespace": "shop-drill", "name": "web-0"},
            "sourceNamespace": "shop",
            "volume": "content",
        },
        "status": {"phase": "Completed"},
    }
    return [laid_over(made, fields), volume]


def state(world: World) -> str:
    (row,) = world.rows("pvc_restore_drill_state")
    return labelled([row], "state")[0]


def test_a_restore_with_the_volume_in_it_is_a_drill_of_the_claim_that_was_backed_up() -> None:
    """It ended at 11:10 on the 20th, took ten minutes, and its data was of 02:00 that day."""
    world = World(claim(), *backup(20), *restore("drill", "nightly-20", 20), policy=ASKED)
    assert world.rows(*FAMILIES) == [
        'pvc_restore_drill_age_seconds{namespace="shop",persistentvolumeclaim="data",source="velero"} 89400',
        'pvc_restore_drill_duration_seconds{namespace="shop",persistentvolumeclaim="data",source="velero"} 600',
        'pvc_restore_drill_point_age_seconds{namespace="shop",persistentvolumeclaim="data",source="velero"} 33000',
    ]
    assert state(world) == "passed"


def test_a_restore_without_the_volume_proves_nothing() -> None:
    """``restorePVs: false`` leaves a Completed Restore without any PodVolumeRestore."""
    world = World(claim(), *backup(20), restore("drill", "nightly-20", 20)[0], policy=ASKED)
    assert (world.rows(*FAMILIES), state(world)) == ([], "unknown")


def test_a_restored_snapshot_is_known_by_the_claim_that_was_made() -> None:
    run = backup(20)
    made = claim(
        "shop-drill/data",
        metadata={"labels": {"velero.io/restore-name": "drill"}},
        spec={
            "dataSource": {
                "apiGroup": "snapshot.storage.k8s.io",
                "kind": "VolumeSnapshot",
                "name": "velero-x",
            }
        },
    )
    world = World(claim(), *run, restore("drill", "nightly-20", 20)[0], policy=ASKED)
    world.put(made)
    world.judge()
    assert 'state="passed"' in "".join(world.rows("pvc_restore_drill_state"))


@pytest.mark.parametrize("phase", ["Failed", "PartiallyFailed"])
def test_a_drill_that_failed_after_a_good_one_is_failed(phase: str) -> None:
    good, bad = (
        restore("first", "nightly-20", 20),
        restore("second", "nightly-20", 21, status={"phase": phase}),
    )
    world = World(claim(), *backup(20), *good, *bad, policy=ASKED)
    assert state(world) == "failed"
    assert len(world.rows("pvc_restore_drill_age_seconds")) == 1, "the good one stays in force"


def unmet(world: World, now: float | None = None) -> list[str]:
    """For how long what is asked of the claim's drills has not been met, as it is published at that instant."""
    world.judge(now)
    labels = 'pvc_restore_drill_unmet_seconds{namespace="shop",persistentvolumeclaim="data",'
    return [row.removeprefix(labels) for row in world.rows("pvc_restore_drill_unmet_seconds")]


DAY = 86400.0
PROVEN = NOW - 89400  # the end of the drill of the 20th
MADE = NOW - 20.5 * DAY  # when the claim was made


def test_nothing_is_unmet_by_a_drill_that_passed_until_the_interval_is_over() -> None:
    world = World(claim(), *backup(20), *restore("drill", "nightly-20", 20), policy=ASKED)
    assert unmet(world) == []
    assert unmet(world, PROVEN + 30 * DAY) == []
    assert unmet(world, PROVEN + 31 * DAY) == [f'state="overdue"}} {int(31 * DAY)}']


def test_a_claim_without_a_drill_has_been_unproven_since_it_was_made_once_one_was_due() -> None:
    world = World(claim(), *backup(20), policy=ASKED)
    assert unmet(world) == []
    assert unmet(world, MADE + 31 * DAY) == [f'state="never"}} {int(31 * DAY)}']


def test_a_drill_that_failed_leaves_what_the_good_one_before_it_proved() -> None:
    good = restore("first", "nightly-20", 20)
    bad = restore("second", "nightly-20", 21, status={"phase": "Failed"})
    assert unmet(World(claim(), *backup(20), *good, *bad, policy=ASKED)) == ['state="failed"} 89400']


def test_where_no_drill_ever_succeeded_a_failed_one_proves_nothing() -> None:
    bad = restore("only", "nightly-20", 21, status={"phase": "Failed"})
    assert unmet(World(claim(), *backup(20), *bad, policy=ASKED)) == [f'state="failed"}} {int(20.5 * DAY)}']


def test_a_slow_drill_counts_from_its_end() -> None:
    slow = restore("drill", "nightly-20", 20, minutes=50)
    assert unmet(World(claim(), *backup(20), *slow, policy=ASKED)) == ['state="slow"} 87000']


def test_an_exempt_claim_owes_no_drill() -> None:
    exempt = claim(metadata={"annotations": {"holdfast.dev/exempt": "rebuilt nightly"}})
    world = World(exempt, *backup(20), policy=ASKED)
    assert unmet(world, MADE + 31 * DAY) == []


def test_the_drill_in_force_is_the_earliest_success_of_the_newest_point() -> None:
    """Restoring an older point later, or the same point again, proves nothing new."""
    drills = (("of-19", "nightly-19", 18 + 1), ("of-20", "nightly-20", 20), ("again", "nightly-20", 21))
    objects = [o for name, of, day in drills for o in restore(name, of, day)]
    older = restore("older", "nightly-19", 21, minutes=20)
    world = World(claim(), *backup(19), *backup(20), *objects, *older, policy=ASKED)
    assert world.claim().proof.ended == NOW - 89400


def test_a_point_after_the_restore_is_none() -> None:
    """Who asks a database for the state of next year gets the newest; it would stand in force for ever."""
    annotated = claim(metadata={"labels": {"cnpg.io/cluster": "orders"}})
    cluster = {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": {"namespace": "shop", "name": "orders", "creationTimestamp": "2026-11-01T00:00:00Z"},
    }
    base = laid_over(cluster, {"kind": "Backup", "metadata": {"name": "base"}})
    base |= {"spec": {"cluster": {"name": "orders"}}, "status": {"phase": "completed"}}
    filled = laid_over(
        cluster, {"metadata": {"name": "scratch", "creationTimestamp": "2026-11-20T10:00:00Z"}}
    )
    filled["spec"] = {
        "bootstrap": {
            "recovery": {"backup": {"name": "base"}, "recoveryTarget": {"targetTime": "2027-01-01T00:00:00Z"}}
        }
    }
    ready = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-20T10:05:00Z"}
    filled["status"] = {"conditions": [ready]}
    world = World(annotated, cluster, base, filled, policy=ASKED)
    assert state(world) == "passed"
    assert world.rows("pvc_restore_drill_point_age_seconds") == []


def test_any_order_of_arrival_gives_the_same_drill() -> None:
    objects = [*backup(19), *backup(20), *restore("b", "nightly-20", 20), *restore("a", "nightly-19", 21)]
    forward, backward = World(claim(), *objects, policy=ASKED), World(*objects[::-1], claim(), policy=ASKED)
    assert forward.text() == backward.text()


def test_a_drill_that_began_before_the_claim_was_made_is_of_an_earlier_one() -> None:
    young = claim(metadata={"creationTimestamp": "2026-11-20T11:05:00Z"})
    assert World(young, *backup(20), *restore("drill", "nightly-20", 20), policy=ASKED).rows(*FAMILIES) == []


def test_an_end_before_the_start_tells_no_duration_and_meets_no_rto() -> None:
    odd = restore("drill", "nightly-20", 20, status={"startTimestamp": "2026-11-20T12:00:00Z"})
    world = World(claim(), *backup(20), *odd, policy=ASKED)
    assert world.rows("pvc_restore_drill_duration_seconds") == []
    assert state(world) == "unknown"


def test_a_restore_that_ended_before_its_backup_was_made_is_none() -> None:
    assert (
        World(claim(), *backup(21), *restore("drill", "nightly-21", 20), policy=ASKED).rows(*FAMILIES) == []
    )


def test_a_claim_filled_from_another_namespace_inherits_nothing_of_its_own_name() -> None:
    """Production is copied to staging once a week: what staging had under that name before was other data."""
    refresh = restore("refresh", "of-production", 20)[0]
    refresh["spec"] = {
        "backupName": "of-production",
        "includedNamespaces": ["prod"],
        "namespaceMapping": {"prod": "shop"},
    }
    made = {
        "creationTimestamp": "2026-11-20T11:02:00Z",
        "uid": "new",
        "labels": {"velero.io/restore-name": "refresh"},
    }
    world = World(claim(metadata=made), *backup(20), refresh, policy=ASKED)
    assert (world.claim().protection.state, world.rows(*FAMILIES)) == ("unprotected", [])
    in_place = restore("refresh", "nightly-20", 20)[0]
    in_place["spec"] = {"backupName": "nightly-20"}
    assert World(claim(metadata=made), *backup(20), in_place).claim().protection.captured is not None


def test_a_drill_beyond_the_rto_is_slow() -> None:
    slow = restore("drill", "nightly-20", 20, minutes=45)
    assert state(World(claim(), *backup(20), *slow, policy=ASKED)) == "slow"


def test_a_drill_older_than_the_interval_is_overdue_just_after() -> None:
    """It ended on the 20th at 11:10; thirty days later it is as old as it may be."""
    world = World(claim(), *backup(20), *restore("drill", "nightly-20", 20), policy=ASKED)
    end = world.claim().proof.ended
    assert end is not None
    world.judge(end + 30 * 86400)
    assert state(world) == "passed"
    world.judge(end + 30 * 86400 + 1)
    assert state(world) == "overdue"


def test_never_begins_one_interval_after_the_claim_was_made() -> None:
    """The claim is of 1 November, and a month has not passed."""
    world = World(claim(), *backup(20), policy=ASKED)
    assert state(world) == "unknown"
    world.judge(NOW + 10 * 86400)
    assert state(world) == "never"


def test_what_cannot_be_seen_is_not_called_never() -> None:
    world = World(claim(), states={("velero", "Restore"): "forbidden"}, policy=ASKED, now=NOW + 30 * 86400)
    assert state(world) == "unknown"


def test_a_denied_restore_says_nothing_of_copies() -> None:
    """No copy is known by Restores: without them the claim is judged by its copies as before."""
    world = World(claim(), *backup(21), states={("velero", "Restore"): "forbidden"}, now=NOW)
    assert world.claim().protection.state == "protected"
    empty = World(claim(), states={("velero", "Restore"): "forbidden"})
    assert empty.claim().protection.state == "unprotected"


def test_no_state_where_nothing_is_asked_and_none_of_an_exempt_claim() -> None:
    asked_nothing = World(claim(), *backup(20), *restore("drill", "nightly-20", 20))
    assert asked_nothing.rows("pvc_restore_drill_state") == []
    assert len(asked_nothing.rows("pvc_restore_drill_age_seconds")) == 1
    exempt = claim(metadata={"annotations": {"holdfast.dev/exempt": "scratch"}})
    assert World(exempt, *backup(20), policy=ASKED).rows("pvc_restore_drill_state") == []


def test_a_drill_outlives_its_objects_and_the_process() -> None:
    """Velero deletes a Restore with its Backup; what was seen of it is remembered, and by a new process too."""
    notes: list[Observation] = []
    world = World(policy=ASKED)
    world.engine.remember = notes.append
    objects = [*backup(20), *restore("drill", "nightly-20", 20)]
    world.put(claim(), *objects)
    world.judge()
    shown = world.rows(*FAMILIES, "pvc_restore_drill_state")
    for each in objects:
        world.drop(each)
    world.judge()
    assert world.rows(*FAMILIES, "pvc_restore_drill_state") == shown
    assert (
        World(claim(), memory=Memory(notes), policy=ASKED).rows(*FAMILIES, "pvc_restore_drill_state") == shown
    )


def test_a_remembered_drill_is_not_that_of_a_later_claim_of_the_name() -> None:
    """Unless the later one was made by a restore, and so carries on the one that it replaces."""
    notes: list[Observation] = []
    world = World(policy=ASKED)
    world.engine.remember = notes.append
    world.put(claim(), *backup(20), *restore("drill", "nightly-20", 20))
    world.judge()
    anew = {"uid": "another", "creationTimestamp": "2026-11-20T20:00:00Z"}
    stranger = World(claim(metadata=anew), memory=Memory(notes), policy=ASKED)
    assert stranger.rows(*FAMILIES) == []
    heir = claim(metadata={**anew, "labels": {"velero.io/restore-name": "real"}})
    assert len(World(heir, memory=Memory(notes), policy=ASKED).rows(*FAMILIES)) == 3


def test_a_drill_that_ends_in_the_future_is_none_until_then() -> None:
    world = World(claim(), *backup(20), *restore("drill", "nightly-20", 22), policy=ASKED)
    assert world.rows(*FAMILIES) == []
    world.judge(NOW + 2 * 86400)
    assert len(world.rows(*FAMILIES)) == 3


DRILL_JOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {namespace: shop, name: prove, uid: prove, creationTimestamp: "2026-11-01T00:00:00Z",
           annotations: {holdfast.dev/drills: "data, statefulset/db"}}
spec: {schedule: "0 5 * * 0"}
status: {lastScheduleTime: "2026-11-15T05:00:00Z", lastSuccessfulTime: "2026-11-15T05:20:00Z"}
"""


def test_a_cronjob_that_restores_is_a_drill_and_no_backup() -> None:
    """What it restores is not told: no point age. It took from its planned start to its end."""
    world = World(claim(), DRILL_JOB, policy=ASKED)
    assert world.rows(*FAMILIES) == [
        'pvc_restore_drill_age_seconds{namespace="shop",persistentvolumeclaim="data",source="cronjob"} 542400',
        'pvc_restore_drill_duration_seconds{namespace="shop",persistentvolumeclaim="data",source="cronjob"} 1200',
    ]
    assert world.rows("backup_schedule_info", "pvc_recovery_points") == []
    assert world.claim().protection.state == "unprotected"


def test_a_job_of_that_cronjob_that_fails_is_a_failed_drill_at_once() -> None:
    job = """
apiVersion: batch/v1
kind: Job
metadata: {namespace: shop, name: prove-2, uid: prove-2, creationTimestamp: "2026-11-21T05:00:00Z",
           ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: prove, uid: prove, controller: true}]}
status: {startTime: "2026-11-21T05:00:00Z",
         conditions: [{type: Failed, status: "True", lastTransitionTime: "2026-11-21T05:03:00Z"}]}
"""
    world = World(claim(), DRILL_JOB, policy=ASKED)
    assert state(world) == "passed"
    world.put(job)
    world.judge()
    assert state(world) == "failed"


def test_a_single_job_counts_by_its_own_annotation() -> None:
    job = """
apiVersion: batch/v1
kind: Job
metadata: {namespace: shop, name: once, uid: once, creationTimestamp: "2026-11-20T12:00:00Z",
           annotations: {holdfast.dev/drills: data}}
status: {startTime: "2026-11-20T12:00:00Z", completionTime: "2026-11-20T12:05:00Z",
         conditions: [{type: Complete, status: "True"}]}
"""
    world = World(claim(), job, policy=ASKED)
    assert world.claim().proof.duration == 300
    assert state(world) == "passed"
