"""The percona-postgresql source: objects of the operator in, copies, plans and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.percona.operator import read_spaced_time
from holdfast.sources.percona_postgresql import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, RESTORES = fixture(SOURCE, "backups"), fixture(SOURCE, "restores")
CLUSTER = fixture(SOURCE, "cluster")["orders"]
NIGHTLY = BACKUPS["orders-repo1-incr-x7k2p"]
SNAPSHOT = BACKUPS["orders-snapshot-c3d4e"]
LABELS = {
    "postgres-operator.crunchydata.com/cluster": "orders",
    "postgres-operator.crunchydata.com/role": "pgdata",
}
CLAIM = claim(LABELS, "orders-instance1-abcd-pgdata")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/orders-instance1-abcd-pgdata", metadata={"labels": LABELS}), *objects)


@pytest.mark.tells("percona-postgresql", "age")
def test_backup_and_its_log() -> None:
    """A backup is a copy as of its creation; the write-ahead log over it reaches further, in PostgreSQL's spelling."""
    copies = covered(SOURCE, CLAIM, NIGHTLY).copies
    assert [copy.captured for copy in copies] == [at("02:00:00"), at("11:57:30") + 0.25]
    assert (
        number(world(CLUSTER, NIGHTLY), "pvc_backup_timestamp_seconds", placement="offsite")
        == copies[1].captured
    )
    assert number(world(CLUSTER, NIGHTLY), "pvc_recovery_points") == 1


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-21 12:00:00.000000+0000", "12:00:00"),
        ("2026-11-21 14:00:00.000000+0200", "12:00:00"),
        ("2026-11-21 06:30:00-05:30", "12:00:00"),
        ("2026-11-21 14:00:00+02", "12:00:00"),
        ("2026-11-21 12:00:00+00", "12:00:00"),
        ("2026-11-21 12:00:00", "12:00:00"),
        ("2026-11-21T12:00:00Z", "12:00:00"),
    ],
)
def test_time_with_a_space(text: str, time: str) -> None:
    """Times are read as PostgreSQL prints them and as the API does."""
    assert read_spaced_time(text) == at(time)


@given(st.text())
def test_text_that_is_no_time(text: str) -> None:
    """Any other text is unknown and never raises."""
    assert read_spaced_time(text) is None


@pytest.mark.tells("percona-postgresql", "schedule", "result")
def test_schedules() -> None:
    """Each repository and type has a schedule, and knows its backups by the name that the operator makes of both."""
    shop = world(CLUSTER, *BACKUPS.values())
    family = "backup_schedule_last_success_timestamp_seconds"
    assert {
        name: number(shop, family, schedule=f"orders/{name}")
        for name in ("repo1-full", "repo1-incr", "repo2-full", "snapshot")
    } == {
        "repo1-full": None,
        "repo1-incr": at("02:00:00"),
        "repo2-full": at("04:00:00"),
        "snapshot": at("06:00:00"),
    }
    assert number(shop, "backup_schedule_last_result", schedule="orders/repo1-incr", result="success") == 1


def test_schedules_that_are_off() -> None:
    """With backups off, or the cluster shut down, nothing new is made."""
    for spec in ({"backups": {"enabled": False}}, {"pause": True}):
        assert {cover.gap for cover in covered(SOURCE, CLAIM, laid(CLUSTER, spec=spec)).covers} == {"paused"}


@pytest.mark.parametrize("name", ["orders-repo2-full-b2c3d", "orders-snapshot-c3d4e"])
def test_copy_on_the_same_storage(name: str) -> None:
    """A repository on a volume and a volume snapshot are local copies."""
    assert [copy.placement for copy in covered(SOURCE, CLAIM, BACKUPS[name]).copies] == ["local"]


def test_object_made_after_its_run() -> None:
    """The operator makes one of a job that it has not seen before: the copy is no younger than the end of the job."""
    late = laid(NIGHTLY, metadata={"creationTimestamp": "2026-11-21T11:00:00Z"})
    assert min(copy.captured for copy in covered(SOURCE, CLAIM, late).copies) == at("02:04:00")


def test_failed_backup() -> None:
    """A failed backup is a miss; made by hand, it is of no schedule."""
    coverage = covered(SOURCE, CLAIM, BACKUPS["by-hand"])
    assert coverage.copies == ()
    assert [(miss.cause, miss.schedule) for miss in coverage.misses] == [("failed", None)]


@pytest.mark.parametrize("name", ["running", "of-a-later-operator", "not-looked-at-yet"])
def test_no_copy(name: str) -> None:
    """A backup that is not done, or in a state that we do not know, is no copy and no failure."""
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


@pytest.mark.parametrize(
    ("role", "copies"), [("pgdata", 2), ("pgwal", 2), ("tablespace", 2), ("pgadmin", 0), ("", 0)]
)
def test_claims_of_a_cluster(role: str, copies: int) -> None:
    """Data, log and tablespaces are backed up; a repository's claim and pgAdmin's are not."""
    labels = {**LABELS, "postgres-operator.crunchydata.com/role": role}
    assert len(covered(SOURCE, claim(labels), CLUSTER, NIGHTLY).copies) == copies


@pytest.mark.tells("percona-postgresql", "drill")
def test_restores() -> None:
    """A restore goes back to its own cluster. Its point is what it asked for, else that of a named backup."""
    coverage = covered(SOURCE, CLAIM, SNAPSHOT, *RESTORES.values())
    told = {drill.evidence.name: (drill.success, drill.ended, drill.point) for drill in coverage.drills}
    assert told == {
        "proof": (True, at("08:20:00"), at("07:30:00")),
        "from-a-snapshot": (True, at("09:05:00"), at("06:00:00")),
        "failed": (False, at("10:00:00"), None),
    }


@pytest.mark.parametrize("option", ["--db-include=web", "--db-exclude=web", "--delta --db-include=web"])
def test_a_restore_of_some_databases_is_no_drill(option: str) -> None:
    part = laid(RESTORES["proof"], spec={"options": ["--type=immediate", option]})
    assert covered(SOURCE, CLAIM, CLUSTER, NIGHTLY, part).drills == ()


@pytest.mark.parametrize(
    ("options", "point"),
    [
        (["--type=time", '--target="2026-11-20 10:00:00+00"'], "2026-11-20T10:00:00Z"),
        (["--type=time", "--target='2026-11-20 10:00:00.5+0200'"], "2026-11-20T08:00:00.5Z"),
        (["--delta", '--type=time --target="2026-11-20 10:00:00-05:30"'], "2026-11-20T15:30:00Z"),
        (
            ["--type=time", "--target=2026-11-20 10:00:00+00", "--target-action=promote"],
            "2026-11-20T10:00:00Z",
        ),
        (["--type=time", '--target="2026-11-20 10:00:00"'], None),
        (["--type=time", '--target="yesterday"'], None),
        (["--type=time", '--target="2026-11-20 10:00:00+00"', '--target="2026-11-19 10:00:00+00"'], None),
        (['--target="2026-11-20 10:00:00+00"'], None),
        (["--type=time"], None),
        (["--type=lsn", "--target=0/3000060"], None),
        ([None, 3, {}], None),
        (None, None),
    ],
)
def test_the_point_that_a_restore_was_asked_for(options: Any, point: str | None) -> None:
    """By ``--type=time`` and a target with an offset; whatever else stands there, the point is not known."""
    (drill,) = covered(SOURCE, CLAIM, CLUSTER, laid(RESTORES["proof"], spec={"options": options})).drills
    assert drill.point == (at(point) if point else None)


@given(st.lists(st.text()))
def test_any_options_of_a_restore(options: list[str]) -> None:
    survives(SOURCE, CLAIM, laid(RESTORES["proof"], spec={"options": options}))


def test_other_options_of_a_restore_leave_no_trace() -> None:
    keyed = laid(RESTORES["proof"], spec={"options": ["--repo1-s3-key=not-for-us", "--type=time"]})
    assert b"not-for-us" not in msgspec.json.encode(read(SOURCE, keyed))


def test_what_is_not_read_is_not_decoded() -> None:
    """Errors and the free settings of pgBackRest are not decoded."""
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
