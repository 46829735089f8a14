"""The kubestash source: configurations, sessions, snapshots and restores in; copies, plans, places and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ObjectRef, TargetKey
from holdfast.model.protection import Drill
from holdfast.sources.kubestash import SOURCE
from holdfast.sources.kubestash.records import NAME
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World, pod
from tests.world import claim as claim_object

CONFIGURATIONS, SESSIONS, SNAPSHOTS = (
    fixture(SOURCE, name) for name in ("configurations", "sessions", "snapshots")
)
RESTORES, VERIFICATIONS = fixture(SOURCE, "restores"), fixture(SOURCE, "verifications")
REPOSITORY, STORAGE = fixture(SOURCE, "repositories")["data-repo"], fixture(SOURCE, "storages")["s3"]
DATA, SHOT = CONFIGURATIONS["data"], SNAPSHOTS["data-repo-data-nightly-1795226400"]
CLAIM = claim({}, "data")
KUBEDB = {"app.kubernetes.io/instance": "orders", "app.kubernetes.io/managed-by": "kubedb.com"}


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/data"), *objects)


def restated(obj: dict[str, Any], phase: str | None) -> dict[str, Any]:
    return laid(obj, status={"phase": phase})


@pytest.mark.tells("kubestash", "age", "size")
def test_snapshot() -> None:
    """A snapshot that succeeded is a copy as of the start of its first part, of the size that restic tells."""
    shop = world(DATA, SHOT, REPOSITORY, STORAGE)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:06")
    assert number(shop, "pvc_backup_size_bytes") == 1.5 * 2**20
    assert number(shop, "pvc_protection_state", state="protected") == 1


@pytest.mark.tells("kubestash", "schedule", "result")
def test_session() -> None:
    """Each session of a configuration is a schedule; a BackupSession is its run, from its creation on."""
    shop = world(DATA, SESSIONS["data-nightly-1795226400"], SESSIONS["data-nightly-1795140000"])
    where = {"schedule": "data/nightly"}
    assert number(shop, "backup_schedule_last_success_timestamp_seconds", **where) == at("02:00:00")
    assert number(shop, "backup_schedule_last_duration_seconds", **where) == 600
    assert number(shop, "backup_schedule_last_result", **where, result="success") == 1
    assert number(shop, "backup_schedule_missed_runs", **where) == 0


def test_covers() -> None:
    """Sessions that are suspended make nothing now, an invalid configuration never does, definitions are no data."""
    covers = covered(SOURCE, CLAIM, DATA, CONFIGURATIONS["refused"]).covers
    assert {cover.schedule.name: (cover.gap, cover.placement, cover.target) for cover in covers} == {
        "data/nightly": ("", "offsite", "s3"),
        "data/snapshots": ("paused", "local", "s3"),
        "refused/nightly": ("invalid", "offsite", ""),
    }


def test_volume_snapshot() -> None:
    """A snapshot where the volume lies is local and in no storage; its schedule stands in the name of its session."""
    (copy,) = covered(SOURCE, CLAIM, SNAPSHOTS["data-snapshots-data-snapshots-1795258800"]).copies
    assert (copy.placement, copy.target, copy.schedule and copy.schedule.name) == (
        "local",
        None,
        "data/snapshots",
    )


def test_storage_in_the_cluster() -> None:
    """A storage that is some volume of the cluster holds local copies."""
    (copy,) = covered(
        SOURCE, CLAIM, SHOT, REPOSITORY, laid(STORAGE, spec={"storage": {"provider": "local"}})
    ).copies
    assert (copy.placement, copy.target) == ("local", TargetKey(NAME, "backups", "s3"))
    near = laid(STORAGE, spec={"storage": {"provider": "local"}})
    assert {cover.placement for cover in covered(SOURCE, CLAIM, DATA, near).covers} == {"local"}


def test_failed_snapshot() -> None:
    coverage = covered(SOURCE, CLAIM, SNAPSHOTS["failed"])
    (miss,) = coverage.misses
    assert (coverage.copies, miss.cause, miss.schedule and miss.schedule.name) == (
        (),
        "failed",
        "data/nightly",
    )


def test_damaged_snapshot() -> None:
    """What did not pass the check of its integrity cannot be restored. A run made by hand is of no schedule."""
    (copy,) = covered(SOURCE, CLAIM, SNAPSHOTS["damaged"]).copies
    assert (copy.ready, copy.schedule) == (False, None)


@pytest.mark.parametrize("name", ["definitions-alone", "running", "without-status"])
def test_no_copy(name: str) -> None:
    coverage = covered(SOURCE, CLAIM, SNAPSHOTS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_snapshot_being_deleted() -> None:
    going = laid(SHOT, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, going).copies == ()


@pytest.mark.parametrize(
    "obj", [SHOT, SESSIONS["running"], RESTORES["proof"]], ids=lambda obj: str(obj["kind"])
)
def test_phase_that_we_do_not_know(obj: dict[str, Any]) -> None:
    """It is told as such, and is neither success nor failure."""
    record = read(SOURCE, restated(obj, "Verifying"))[0]
    assert (record.outcome, record.strange_word()) == ("unknown", "Verifying")  # type: ignore[attr-defined] # a Run


@pytest.mark.parametrize(
    ("name", "outcome"), [("skipped", "unknown"), ("running", "running"), ("without-status", "unknown")]
)
def test_neither_success_nor_failure(name: str, outcome: str) -> None:
    (run,) = read(SOURCE, SESSIONS[name])
    assert (run.outcome, run.strange_word()) == (outcome, "")  # type: ignore[attr-defined] # a Run


@pytest.mark.tells("kubestash", "target")
@pytest.mark.parametrize(
    ("phase", "available", "state"), [("Ready", 1, "protected"), ("NotReady", 0, "unknown")]
)
def test_storage(phase: str, available: float, state: str) -> None:
    """What lies in a storage that is not ready cannot be restored now."""
    shop = world(DATA, SHOT, REPOSITORY, restated(STORAGE, phase))
    assert number(shop, "backup_target_available", target="s3") == available
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_storage_that_fails_later() -> None:
    """It serves claims of any namespace, and they are judged again."""
    shop = world(DATA, SHOT, REPOSITORY, STORAGE)
    shop.put(restated(STORAGE, "NotReady"))
    shop.judge()
    assert number(shop, "pvc_protection_state", state="unknown") == 1


STATEFUL = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {
        "namespace": "shop",
        "name": "web",
        "uid": "web",
        "creationTimestamp": "2026-11-01T00:00:00Z",
    },
    "spec": {
        "replicas": 2,
        "volumeClaimTemplates": [{"metadata": {"name": "content"}}, {"metadata": {"name": "scratch"}}],
    },
}


@pytest.mark.parametrize(
    ("name", "state"),
    [
        pytest.param("content-web-1", "protected", id="saved"),
        pytest.param("scratch-web-1", "unprotected", id="a volume that is not saved"),
        pytest.param("content-web-2", "never", id="a pod that did not run"),
        pytest.param("content-other-1", "unprotected", id="another workload's"),
    ],
)
def test_volumes_of_a_stateful_set(name: str, state: str) -> None:
    """Of a workload the volumes that its configuration mounts are saved, and of these the pods that ran."""
    objects = (STATEFUL, CONFIGURATIONS["web"], SNAPSHOTS["web-two-pods"])
    shop = World(claim_object(f"shop/{name}"), *objects)
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_two_sessions_of_one_workload() -> None:
    """Each saves the volumes that it mounts: what one has saved is no copy of the other's."""
    web = CONFIGURATIONS["web"]
    (saving,) = web["spec"]["sessions"]
    (task,) = saving["addon"]["tasks"]
    mounts = {"volumeMounts": [{"name": "scratch", "mountPath": "/source/scratch"}]}
    other = laid(saving, name="other", addon={"tasks": [laid(task, targetVolumes=mounts)]})
    both = laid(web, spec={"sessions": [saving, other]})
    shop = World(claim_object("shop/scratch-web-1"), STATEFUL, both, SNAPSHOTS["web-two-pods"])
    assert number(shop, "pvc_protection_state", state="never") == 1


def test_a_restore_in_another_namespace_than_its_target() -> None:
    """The repository calls out to the claims that it holds."""
    far = laid(REPOSITORY, metadata={"namespace": "backups"})
    shop = world(far)
    shop.put(laid(RESTORES["proof"], metadata={"namespace": "backups"}))
    shop.judge()
    assert len(shop.rows("pvc_restore_drill_age_seconds")) == 1


def test_volume_of_a_deployment() -> None:
    """Its claim is known by the pod that mounts it, through the ReplicaSet."""
    target = {"apiGroup": "apps", "kind": "Deployment", "name": "web", "namespace": "shop"}
    owner = {"apiVersion": "apps/v1", "controller": True, "uid": "u"}
    mounted = {"name": "content", "persistentVolumeClaim": {"claimName": "content"}}
    replicas = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "namespace": "shop",
            "name": "web-1",
            "ownerReferences": [{**owner, "kind": "Deployment", "name": "web"}],
        },
        "spec": {"template": {"spec": {"volumes": [mounted]}}},
    }
    runs = pod(
        "shop/web-1-x",
        "content",
        metadata={"ownerReferences": [{**owner, "kind": "ReplicaSet", "name": "web-1"}]},
    )
    shop = World(
        claim_object("shop/content"),
        replicas,
        runs,
        laid(CONFIGURATIONS["web"], spec={"target": target}),
        laid(SNAPSHOTS["web-two-pods"], spec={"appRef": target}),
    )
    assert number(shop, "pvc_protection_state", state="protected") == 1


@pytest.mark.parametrize(
    ("labels", "state"),
    [
        pytest.param(KUBEDB, "protected", id="of the database"),
        pytest.param({**KUBEDB, "app.kubernetes.io/instance": "carts"}, "unprotected", id="of another"),
        pytest.param({"app.kubernetes.io/instance": "orders"}, "unprotected", id="of a release of its name"),
    ],
)
def test_claims_of_a_database(labels: dict[str, str], state: str) -> None:
    """They bear the labels of KubeDB, and are saved by the database's own tool."""
    shop = World(
        claim_object("shop/data-orders-0", metadata={"labels": labels}),
        CONFIGURATIONS["orders"],
        SNAPSHOTS["orders"],
    )
    assert number(shop, "pvc_protection_state", state=state) == 1


def test_consistency() -> None:
    (copy,) = covered(SOURCE, claim(KUBEDB), SNAPSHOTS["orders"]).copies
    assert copy.consistency == "application"


@pytest.mark.tells("kubestash", "drill")
def test_restore() -> None:
    """A restore proves the claim whose snapshots its repository holds, as of the snapshot."""
    (drill,) = covered(SOURCE, CLAIM, SHOT, REPOSITORY, RESTORES["proof"]).drills
    assert drill == Drill(
        source=NAME,
        claim=CLAIM.ref,
        success=True,
        started=at("08:00:00"),
        ended=at("08:20:00"),
        point=at("02:00:06"),
        evidence=ObjectRef("RestoreSession.core.kubestash.com", "shop", "proof"),
    )


@pytest.mark.parametrize(
    ("name", "success", "point"), [("newest", False, None), ("to-an-instant", True, at("07:30:00"))]
)
def test_restored_point(name: str, success: bool, point: float | None) -> None:
    """Which snapshot was the newest is not told; an instant is."""
    (drill,) = covered(SOURCE, CLAIM, SHOT, REPOSITORY, RESTORES[name]).drills
    assert (drill.success, drill.point) == (success, point)


def test_restore_of_one_component() -> None:
    assert covered(SOURCE, CLAIM, SHOT, REPOSITORY, RESTORES["one-component"]).drills == ()


@pytest.mark.parametrize(
    ("tasks", "drills"),
    [
        pytest.param([{"name": "logical-backup-restore"}], 1, id="data"),
        pytest.param([{"name": "logical-backup-restore"}, {"name": "manifest-restore"}], 1, id="both"),
        pytest.param([{"name": "manifest-restore"}], 0, id="definitions alone"),
        pytest.param([], 0, id="nothing"),
        pytest.param([{"name": "logical-backup-restore", "params": {"enableCache": "true"}}], 1, id="all"),
        *(
            pytest.param([{"name": "logical-backup-restore", "params": {choice: "/x"}}], 0, id=choice)
            for choice in ("include", "exclude", "paths")
        ),
    ],
)
def test_what_a_restore_brings(tasks: list[dict[str, Any]], drills: int) -> None:
    """Definitions and chosen files prove nothing of the volume."""
    restore = laid(RESTORES["proof"], spec={"addon": {"name": "pvc-addon", "tasks": tasks}})
    assert len(covered(SOURCE, CLAIM, SHOT, REPOSITORY, restore).drills) == drills


def test_restore_from_another_repository() -> None:
    other = laid(REPOSITORY, spec={"appRef": {"name": "another"}})
    assert covered(SOURCE, CLAIM, other, RESTORES["proof"]).drills == ()


@pytest.mark.tells("kubestash", "drill")
def test_verification() -> None:
    """A verification restores the snapshot to a place of its own; one that was skipped restored nothing."""
    (drill,) = covered(SOURCE, CLAIM, SHOT, REPOSITORY, *VERIFICATIONS.values()).drills
    assert (drill.evidence.name, drill.success, drill.point, drill.ended) == (
        "verified",
        True,
        at("02:00:06"),
        at("04:05:00"),
    )


def test_what_is_not_read_is_not_decoded() -> None:
    """Errors, paths in the store and names of secrets are not decoded."""
    for obj in all_of(SOURCE):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        assert "not-for-us" not in repr(msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape))


PLACES = places(all_of(SOURCE))


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            read(SOURCE, put((obj, path), None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Any, garbage: Any) -> None:
    """Whatever stands in one place of an object, it is refused when decoded or can be read and judged."""
    survives(SOURCE, CLAIM, put(place, garbage))
