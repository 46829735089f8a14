"""The k8up source: K8up's objects in, copies, plans, drills and repositories out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ObjectRef
from holdfast.model.protection import Drill
from holdfast.sources.k8up import SOURCE
from holdfast.sources.k8up.records import NAME
from holdfast.sources.runs.records import Plan
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

SCHEDULES, BACKUPS = fixture(SOURCE, "schedules"), fixture(SOURCE, "backups")
SNAPSHOTS, RESTORES, CHECKS = (fixture(SOURCE, name) for name in ("snapshots", "restores", "checks"))
NIGHTLY, GOOD = SCHEDULES["nightly"], BACKUPS["nightly-backup-a1b2c"]
SHOT, OTHERS = SNAPSHOTS["0123abcd"], SNAPSHOTS["4567cdef"]
CLAIM = claim({"app": "web"}, "data")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/data", metadata={"labels": {"app": "web"}}), *objects)


@pytest.mark.tells("k8up", "age")
def test_snapshot_of_a_claim() -> None:
    """A snapshot below the claim's path is a copy in the repository, as of the snapshot's own time."""
    shop = world(NIGHTLY, GOOD, SHOT)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:30")
    assert number(shop, "pvc_protection_state", state="protected") == 1


@pytest.mark.tells("k8up", "schedule", "result")
def test_schedule() -> None:
    """A Backup is a run of the Schedule that owns it, from its creation to the transition of Completed."""
    shop = world(NIGHTLY, GOOD, SHOT, BACKUPS["nightly-backup-d3e4f"])
    where = {"source": "k8up", "schedule": "nightly"}
    assert number(shop, "backup_schedule_last_success_timestamp_seconds", **where) == at("02:00:00")
    assert number(shop, "backup_schedule_last_duration_seconds", **where) == 600
    assert number(shop, "backup_schedule_last_result", **where, result="success") == 1
    assert number(shop, "backup_schedule_missed_runs", **where) == 0


@pytest.mark.parametrize("name", ["nightly-backup-d3e4f", "no-pre-backup-pod"])
def test_completed_is_no_success(name: str) -> None:
    """Completed is true after a failure too, and a pod that could not be made before it fails the run."""
    shop = world(NIGHTLY, BACKUPS[name])
    assert number(shop, "backup_schedule_last_result", schedule="nightly", result="failure") == 1
    assert number(shop, "pvc_protection_reason", reason="run-failed") == 1


def test_success_without_a_snapshot() -> None:
    """A Backup names no claim, and proves none. Where it left snapshots of others, it did not take this one."""
    silent, telling = covered(SOURCE, CLAIM, NIGHTLY, GOOD), covered(SOURCE, CLAIM, NIGHTLY, GOOD, OTHERS)
    assert silent.copies == telling.copies == ()
    assert [miss.cause for miss in silent.misses] == ["unproven"]
    assert [miss.cause for miss in telling.misses] == ["not-captured"]


def test_snapshot_that_a_failed_run_left() -> None:
    """The claim was saved before the run failed: it has its copy, and missed nothing."""
    failed = laid(GOOD, status=BACKUPS["nightly-backup-d3e4f"]["status"])
    late = laid(failed, metadata={"creationTimestamp": "2026-11-20T02:00:00Z"})
    taken = laid(SHOT, spec={"date": "2026-11-20T02:01:00Z"})
    coverage = covered(SOURCE, CLAIM, NIGHTLY, late, taken)
    assert [copy.captured for copy in coverage.copies] == [at("2026-11-20T02:01:00Z")]
    assert coverage.misses == ()


def test_dump_of_a_command() -> None:
    """What a command wrote has a path of its own, and is of no claim."""
    assert covered(SOURCE, CLAIM, SNAPSHOTS["89ab0123"]).copies == ()
    assert covered(SOURCE, CLAIM, OTHERS).copies == ()


def test_repository_in_a_folder() -> None:
    """A repository that is a path lies on some volume of the cluster: its copies are local."""
    (copy,) = covered(SOURCE, CLAIM, SNAPSHOTS["on-a-volume"]).copies
    assert copy.placement == "local"


def test_snapshot_being_deleted() -> None:
    going = laid(SHOT, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, going).copies == ()


@pytest.mark.parametrize(
    ("status", "cron"),
    [(SCHEDULES["drawn"]["status"], "37 3 * * *"), (None, "@daily")],
    ids=["drawn", "not yet drawn"],
)
def test_random_schedule(status: Any, cron: str) -> None:
    """The operator draws the time of ``@daily-random`` and says so in its status."""
    plan = next(
        record for record in read(SOURCE, laid(SCHEDULES["drawn"], status=status)) if isinstance(record, Plan)
    )
    assert (plan.cron, plan.valid) == (cron, True)


def test_schedules_that_make_nothing() -> None:
    """One that the operator refused is no plan that works, and one without backups is none."""
    (cover,) = covered(SOURCE, CLAIM, SCHEDULES["refused"], SCHEDULES["only-prunes"]).covers
    assert (cover.schedule.name, cover.gap, cover.placement) == ("refused", "invalid", "local")


@pytest.mark.parametrize(
    ("of", "schedules"),
    [
        pytest.param(CLAIM, ["drawn", "nightly"], id="selected"),
        pytest.param(claim({"app": "db"}, "data"), ["nightly"], id="not selected"),
        pytest.param(
            msgspec.structs.replace(CLAIM, access_modes=("ReadWriteMany",)), ["drawn", "nightly"], id="shared"
        ),
        pytest.param(msgspec.structs.replace(CLAIM, access_modes=("ReadWriteOncePod",)), [], id="one pod's"),
    ],
)
def test_what_a_schedule_saves(of: Any, schedules: list[str]) -> None:
    """All claims of its namespace that any of its selectors selects; other access modes only if annotated."""
    covers = covered(SOURCE, of, NIGHTLY, SCHEDULES["drawn"]).covers
    assert sorted(cover.schedule.name for cover in covers) == schedules


@pytest.mark.parametrize(
    ("annotation", "modes", "covered_by"),
    [
        ("false", ["ReadWriteOnce"], 0),
        ("true", ["ReadWriteOncePod"], 1),
        (None, ["ReadWriteOncePod"], 0),
        ("perhaps", ["ReadWriteOnce"], 1),
    ],
)
def test_a_claims_own_word(annotation: str | None, modes: list[str], covered_by: int) -> None:
    """``k8up.io/backup`` on the claim goes before its access modes; what is neither true nor false says nothing."""
    metadata = {"labels": {"app": "web"}, "annotations": {"k8up.io/backup": annotation}} if annotation else {}
    told = claim_object("shop/data", metadata=metadata, spec={"accessModes": modes})
    assert len(World(told, NIGHTLY).rows("pvc_schedule_info")) == covered_by


def test_schedule_of_another_namespace() -> None:
    elsewhere = laid(NIGHTLY, metadata={"namespace": "other"})
    assert covered(SOURCE, CLAIM, elsewhere).covers == ()


@pytest.mark.tells("k8up", "target")
def test_checks() -> None:
    """The newest check says whether a schedule's repository is sound; one made by hand does not say of which."""
    shop = world(NIGHTLY, *CHECKS.values())
    assert number(shop, "backup_target_available", target="nightly") == 0
    assert number(shop, "backup_target_checked_timestamp_seconds", target="nightly") == at("04:30:00")
    shop = world(NIGHTLY, CHECKS["nightly-check-sound"])
    assert number(shop, "backup_target_available", target="nightly") == 1


@pytest.mark.tells("k8up", "drill")
def test_restore_of_a_snapshot() -> None:
    """A restore proves the claim whose snapshot it names, at the snapshot's time."""
    (drill,) = covered(SOURCE, CLAIM, SHOT, RESTORES["proof"]).drills
    assert drill == Drill(
        source=NAME,
        claim=CLAIM.ref,
        success=True,
        started=at("08:00:00"),
        ended=at("08:20:00"),
        point=at("02:00:30"),
        evidence=ObjectRef("Restore.k8up.io", "shop", "proof"),
    )


def test_restore_of_a_path() -> None:
    """Without a snapshot's id the newest of the path is restored: which one is not told."""
    (drill,) = covered(SOURCE, CLAIM, SHOT, RESTORES["newest-of-a-path"]).drills
    assert (drill.success, drill.point) == (False, None)


@pytest.mark.parametrize("name", ["one-file", "to-a-bucket", "of-whatever-is-newest"])
def test_no_drill(name: str) -> None:
    """Some files, no volume, or of nobody knows which claim: nothing is proven."""
    assert covered(SOURCE, CLAIM, SHOT, RESTORES[name]).drills == ()


@pytest.mark.parametrize(
    ("name", "outcome", "strange"),
    [
        ("running", "running", ""),
        ("of-a-later-operator", "unknown", "Abandoned"),
        ("not-looked-at-yet", "unknown", ""),
    ],
)
def test_neither_success_nor_failure(name: str, outcome: str, strange: str) -> None:
    """A reason that we do not know is told as such; nothing said yet is nothing known."""
    (run,) = read(SOURCE, BACKUPS[name])
    assert (run.outcome, run.strange_word()) == (outcome, strange)  # type: ignore[attr-defined] # a Run
    assert covered(SOURCE, CLAIM, NIGHTLY, BACKUPS[name]).misses == ()


def test_what_is_not_read_is_not_decoded() -> None:
    """Messages, addresses of repositories and names of secrets are not decoded."""
    for obj in all_of(SOURCE):
        feed = next(feed for feed in SOURCE.feeds if feed.kind == obj["kind"])
        decoded = msgspec.json.decode(msgspec.json.encode(obj), type=feed.shape)
        assert "not-for-us" not in repr(decoded)
        assert "not-for-us" not in repr(feed.read(decoded))


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
