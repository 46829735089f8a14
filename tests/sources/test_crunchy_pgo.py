"""The crunchy-pgo source: PostgresClusters and what they make in, copies, plans, repositories and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.crunchy_pgo import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import NOW, World
from tests.world import claim as claim_object

CLUSTERS, JOBS = fixture(SOURCE, "clusters"), fixture(SOURCE, "jobs")
HIPPO, CRON_JOB, JOB = CLUSTERS["hippo"], JOBS["hippo-repo2-incr"], JOBS["hippo-repo2-incr-29389140"]
PREFIX = "postgres-operator.crunchydata.com"


def labels(cluster: str = "hippo", data: str = "postgres", role: str = "pgdata") -> dict[str, str]:
    return {f"{PREFIX}/cluster": cluster, f"{PREFIX}/data": data, f"{PREFIX}/role": role}


CLAIM = claim(labels(), "hippo-instance1-abcd-pgdata")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/hippo-pgdata", metadata={"labels": labels()}), *objects)


@pytest.mark.tells("crunchy-pgo", "age", "schedule", "result", "target")
def test_scheduled_backup() -> None:
    """A Job of a schedule is a copy as of its start, in the repository that its label names."""
    shop = world(HIPPO, CRON_JOB, JOB)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("03:00:02")
    assert number(shop, "pvc_recovery_points") == 1
    assert number(shop, "pvc_schedule_info", schedule="hippo/repo2-incr", target="hippo/repo2") == 1
    assert number(shop, "backup_schedule_last_result", schedule="hippo/repo2-incr", result="success") == 1
    assert number(shop, "backup_schedule_last_duration_seconds", schedule="hippo/repo2-incr") == 238
    family = "backup_schedule_next_run_timestamp_seconds"
    assert number(shop, family, schedule="hippo/repo2-incr") == at("2026-11-22T03:00:00Z")


def test_success_that_the_cron_job_remembers() -> None:
    """The Job is gone: its data is as old as the planned start before the end."""
    (copy,) = covered(SOURCE, CLAIM, HIPPO, CRON_JOB).copies
    assert (copy.captured, copy.placement, copy.target) == (
        at("03:00:00"),
        "offsite",
        ("crunchy-pgo", "shop", "hippo/repo2"),
    )


def test_first_backup_of_a_cluster() -> None:
    """It has no schedule, and lies in the first repository: a volume in the cluster."""
    (copy,) = covered(SOURCE, CLAIM, HIPPO, JOBS["hippo-backup-x7k2"]).copies
    assert (copy.placement, copy.schedule) == ("local", None)


def test_failed_job() -> None:
    coverage = covered(SOURCE, CLAIM, HIPPO, JOBS["hippo-repo2-incr-failed"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])


@pytest.mark.parametrize("name", ["hippo-by-hand", "hippo-pgbackrest-restore"])
def test_no_copy(name: str) -> None:
    """A backup that is under way, and a restore."""
    coverage = covered(SOURCE, CLAIM, HIPPO, JOBS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_every_schedule_of_every_repository() -> None:
    covers = covered(SOURCE, CLAIM, HIPPO).covers
    assert [(cover.schedule.name, cover.placement, cover.gap) for cover in covers] == [
        ("hippo/repo1-diff", "local", ""),
        ("hippo/repo1-full", "local", ""),
        ("hippo/repo2-incr", "offsite", ""),
    ]


@pytest.mark.parametrize("rest", [{"shutdown": True}, {"standby": {"enabled": True}}])
def test_a_cluster_at_rest_makes_no_backups(rest: dict[str, Any]) -> None:
    covers = covered(SOURCE, CLAIM, laid(HIPPO, spec=rest)).covers
    assert {cover.gap for cover in covers} == {"paused"}


def test_a_plan_that_cannot_be_read() -> None:
    """``every night`` is no cron; the older version of the API tells the same."""
    (cover,) = covered(SOURCE, claim(labels("resting")), CLUSTERS["resting"]).covers
    assert (cover.gap, cover.placement) == ("invalid", "offsite")


def test_a_repository_that_was_taken_away() -> None:
    """What lies there cannot be restored by way of the cluster."""
    shop = world(HIPPO, JOB)
    assert shop.claim("shop/hippo-pgdata").protection.state == "protected"
    (repo1, _) = HIPPO["spec"]["backups"]["pgbackrest"]["repos"]
    without = laid(HIPPO, spec={"backups": {"pgbackrest": {"repos": [repo1]}}})
    shop.put(without)
    shop.judge()
    assert shop.claim("shop/hippo-pgdata").protection.state != "protected"


@pytest.mark.parametrize(
    "other",
    [labels(data="pgbackrest", role=""), labels(data="pgadmin", role="pgadmin"), labels(role="snapshot")],
)
def test_volumes_that_are_not_of_the_database(other: dict[str, str]) -> None:
    """A repository, pgAdmin's volume and the one that snapshots are cut from bear the cluster's label too."""
    coverage = covered(SOURCE, claim(other), HIPPO, JOB)
    assert (coverage.copies, coverage.covers) == ((), ())


@pytest.mark.parametrize("role", ["pgdata", "pgwal", "tablespace"])
def test_volumes_of_the_database(role: str) -> None:
    assert len(covered(SOURCE, claim(labels(role=role)), HIPPO, JOB).copies) == 1


@pytest.mark.tells("crunchy-pgo", "drill")
def test_clone() -> None:
    """A new cluster that was filled from the backups of another proves their restore."""
    drilled = claim_object(
        "shop/hippo-pgdata",
        metadata={"labels": labels(), "annotations": {"holdfast.dev/restore-drill-every": "30d"}},
    )
    shop = World(drilled, HIPPO, CLUSTERS["clone"])
    assert number(shop, "pvc_restore_drill_age_seconds", source="crunchy-pgo") == NOW - at("09:11:00")
    assert number(shop, "pvc_restore_drill_duration_seconds") == 600
    clone = claim(labels("clone"))
    assert covered(SOURCE, clone, CLUSTERS["clone"]).drills == ()


def test_restore_in_place() -> None:
    (drill,) = covered(SOURCE, claim(labels("turned-back")), CLUSTERS["turned-back"]).drills
    assert (drill.success, drill.ended) == (True, at("09:11:00"))


@pytest.mark.parametrize(
    "change", [{"finished": False}, {"succeeded": None}, {"succeeded": 0}, {"completionTime": None}]
)
def test_a_restore_that_did_not_succeed(change: dict[str, Any]) -> None:
    """That it finished does not say so."""
    clone = laid(CLUSTERS["clone"], status={"pgbackrest": {"restore": change}})
    assert [drill for drill in covered(SOURCE, CLAIM, HIPPO, clone).drills if drill.success] == []


def test_a_cluster_made_again_from_its_own_backups_inherits() -> None:
    """The operator finds the repository of the cluster that bore this name before."""
    source = {"postgresCluster": {"clusterName": "hippo", "repoName": "repo2"}}
    again = laid(HIPPO, metadata={"creationTimestamp": "2026-11-21T06:00:00Z"})
    young = msgspec.structs.replace(CLAIM, created=at("06:01:00"))
    (stranger,) = covered(SOURCE, young, again, JOB).copies
    (heir,) = covered(SOURCE, young, laid(again, spec={"dataSource": source}), JOB).copies
    assert (stranger.claim_uid, heir.claim_uid) == ("", CLAIM.uid)


def test_nothing_that_is_not_for_us() -> None:
    for obj in OBJECTS:
        assert b"not-for-us" not in msgspec.json.encode(read(SOURCE, obj))


OBJECTS = all_of(SOURCE)


def test_null_anywhere() -> None:
    for where in places(OBJECTS):
        if where[1] not in NEEDED:
            survives(SOURCE, CLAIM, put(where, None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(places(OBJECTS)), GARBAGE)
def test_garbage_is_read_or_refused(where: Any, garbage: Any) -> None:
    survives(SOURCE, CLAIM, put(where, garbage))
