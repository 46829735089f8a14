"""The stork source: application backups, policies, restores and migrations in; copies, plans, drills, lag out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.model.identity import ObjectRef
from holdfast.model.plan import read_plan
from holdfast.model.protection import Drill
from holdfast.model.replication import Replication
from holdfast.sources.stork import SOURCE, replication
from holdfast.sources.stork.policies import read_rhythms
from holdfast.sources.stork.records import NAME, replication_of
from holdfast.sources.stork.shapes import Daily, Interval, Monthly, PolicyItem, Weekly
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import TableFacts, read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, SCHEDULES, POLICIES = (fixture(SOURCE, name) for name in ("backups", "schedules", "policies"))
RESTORES, MIGRATIONS = fixture(SOURCE, "restores"), fixture(SOURCE, "migrations")
GOOD, NIGHTLY, POLICY = BACKUPS["nightly-daily-2026-11-21-020000"], SCHEDULES["nightly"], POLICIES["nightly"]
CLAIM = claim({"app": "web"}, "data")
CACHE = claim({}, "cache")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/data", metadata={"uid": "uid-data"}), *objects)


@pytest.mark.tells("stork", "age", "size")
def test_successful_backup() -> None:
    """Each volume of a backup is a copy as of the trigger, of the size that the volume tells."""
    shop = world(GOOD)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:10")
    assert number(shop, "pvc_backup_size_bytes") == 2**20
    assert number(shop, "pvc_protection_state", state="protected") == 1


def test_driver() -> None:
    """What a driver takes to the object store is offsite; a snapshot where the volume lies is local."""
    (copy,) = covered(SOURCE, CACHE, GOOD).copies
    assert (copy.placement, copy.size, copy.claim_uid) == ("local", 2**21, "uid-cache")


def test_earlier_claim_of_the_name() -> None:
    """The backup tells the uid of the claim: a new one of that name has no copy by it."""
    shop = World(claim_object("shop/data", metadata={"uid": "another"}), GOOD)
    assert number(shop, "pvc_protection_state", state="unprotected") == 1


def test_part_of_a_backup() -> None:
    """A volume that was saved counts, whatever failed beside it; the one that failed was missed."""
    (copy,) = covered(SOURCE, CLAIM, BACKUPS["partial"]).copies
    assert (copy.placement, copy.size) == ("offsite", None)
    missed = covered(SOURCE, CACHE, BACKUPS["partial"])
    assert (missed.copies, [miss.cause for miss in missed.misses]) == ((), ["not-captured"])


def test_failed_backup() -> None:
    coverage = covered(SOURCE, CLAIM, BACKUPS["failed"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])


@pytest.mark.parametrize(
    ("name", "outcome", "strange"),
    [
        ("running", "running", ""),
        ("just-made", "running", ""),
        ("without-status", "running", ""),
        ("of-a-later-release", "unknown", "Verifying"),
    ],
)
def test_neither_success_nor_failure(name: str, outcome: str, strange: str) -> None:
    """What goes on, or is in a state that we do not know, is no copy and no failure."""
    run = read(SOURCE, BACKUPS[name])[0]
    assert (run.outcome, run.strange_word()) == (outcome, strange)  # type: ignore[attr-defined] # a Run
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_backup_being_deleted() -> None:
    going = laid(GOOD, metadata={"deletionTimestamp": "2026-11-21T11:00:00Z"})
    assert covered(SOURCE, CLAIM, going).copies == ()


@pytest.mark.tells("stork", "schedule", "result")
def test_schedule_of_two_plans() -> None:
    """Each plan of the policy is a schedule; the object remembers its runs, though their backups are gone."""
    shop = world(NIGHTLY, POLICY)
    daily, interval = {"schedule": "nightly/daily"}, {"schedule": "nightly/interval"}
    assert number(shop, "backup_schedule_last_success_timestamp_seconds", **daily) == at("02:00:05")
    assert number(shop, "backup_schedule_last_duration_seconds", **daily) == 600
    assert number(shop, "backup_schedule_last_result", **daily, result="success") == 1
    assert number(shop, "backup_schedule_missed_runs", **daily) == 0
    assert number(shop, "backup_schedule_last_result", **interval, result="partial") == 1
    assert number(shop, "backup_schedule_next_run_timestamp_seconds", **interval) == at("14:59:00")


def test_covers() -> None:
    """A schedule covers the namespaces that its template names, and of these the labels that it selects."""
    objects = (NIGHTLY, SCHEDULES["suspended"], POLICY)
    plans = {cover.schedule.name: cover.gap for cover in covered(SOURCE, CLAIM, *objects).covers}
    assert plans == {
        "nightly/interval": "", "nightly/daily": "", "suspended/interval": "paused", "suspended/daily": "paused"
    }  # fmt: skip  # one pair beside the other
    assert len(covered(SOURCE, CACHE, *objects).covers) == 2
    elsewhere = msgspec.structs.replace(CLAIM, ref=CLAIM.ref._replace(namespace="other"))
    assert covered(SOURCE, elsewhere, *objects).covers == ()


def test_policy_that_is_not_there() -> None:
    """Without its policy a schedule has no plan that could make a copy."""
    shop = world(NIGHTLY)
    assert shop.rows("backup_schedule_info") == []
    assert covered(SOURCE, CLAIM, NIGHTLY).covers == ()


def test_policy_of_the_namespace_comes_first() -> None:
    own = laid(POLICIES["own"], metadata={"name": "nightly"})
    covers = covered(SOURCE, CLAIM, NIGHTLY, POLICY, own).covers
    assert [cover.schedule.name for cover in covers] == ["nightly/weekly", "nightly/monthly"]


@pytest.mark.parametrize(
    ("policy", "cron"),
    [
        (PolicyItem(interval=Interval(interval_minutes=90)), "@every 90m"),
        (PolicyItem(daily=Daily(time="12:04AM")), "4 0 * * *"),
        (PolicyItem(daily=Daily(time="12:04pm")), "4 12 * * *"),
        (PolicyItem(daily=Daily(time="9:30PM")), "30 21 * * *"),
        (PolicyItem(weekly=Weekly(day="Thurs", time="01:00AM")), "0 1 * * 4"),
        (PolicyItem(weekly=Weekly(day="sunday", time="01:00AM")), "0 1 * * 0"),
        (PolicyItem(monthly=Monthly(date=31, time="01:00AM")), "0 1 31 * *"),
        (PolicyItem(interval=Interval(interval_minutes=0)), ""),
        (PolicyItem(interval=Interval()), ""),
        (PolicyItem(daily=Daily(time="21:30")), ""),
        (PolicyItem(daily=Daily(time="13:00PM")), ""),
        (PolicyItem(daily=Daily()), ""),
        (PolicyItem(weekly=Weekly(day="SUNDAY", time="01:00AM")), ""),
        (PolicyItem(weekly=Weekly(time="01:00AM")), ""),
        (PolicyItem(monthly=Monthly(date=32, time="01:00AM")), ""),
        (PolicyItem(monthly=Monthly(time="01:00AM")), ""),
    ],
)
def test_policies_as_crons(policy: PolicyItem, cron: str) -> None:
    """Intervals, and times of day in the kitchen's spelling; what Stork would refuse is no plan."""
    assert [rhythm.cron for rhythm in read_rhythms(policy)] == [cron]


@given(st.integers(1, 12), st.integers(0, 59), st.sampled_from(["AM", "PM", "am", "pm"]), st.integers(1, 31))
def test_every_time_of_the_kitchen_is_a_plan(hour: int, minute: int, half: str, date: int) -> None:
    """Whatever Stork takes for a time makes a cron that comes round."""
    time = f"{hour:02d}:{minute:02d}{half}"
    policy = PolicyItem(daily=Daily(time=time), monthly=Monthly(date=date, time=time))
    for rhythm in read_rhythms(policy):
        run = read_plan(rhythm.cron).after(at("12:00:00"))
        assert run is not None
        assert (run // 60 % 60, run // 3600 % 24) == (minute, hour % 12 + (12 if half.upper() == "PM" else 0))


def test_policy_without_sense() -> None:
    """A policy that cannot be read makes its schedule an invalid one."""
    (cover,) = covered(
        SOURCE, CLAIM, NIGHTLY, laid(POLICY, policy={"interval": None, "daily": {"time": "noon"}})
    ).covers
    assert cover.gap == "invalid"


@pytest.mark.tells("stork", "drill")
def test_restore() -> None:
    """A restore proves the claims whose volumes it brought back, as of the backup; not those that it left alone."""
    (drill,) = covered(SOURCE, CLAIM, GOOD, RESTORES["proof"]).drills
    assert drill == Drill(
        source=NAME,
        claim=CLAIM.ref,
        success=True,
        started=at("08:00:00"),
        ended=at("08:20:00"),
        point=at("02:00:10"),
        evidence=ObjectRef("ApplicationRestore.stork.libopenstorage.org", "shop", "proof"),
    )
    assert covered(SOURCE, CACHE, GOOD, RESTORES["proof"]).drills == ()


def test_failed_restore() -> None:
    (drill,) = covered(SOURCE, CLAIM, RESTORES["failed"]).drills
    assert (drill.success, drill.point) == (False, None)


def test_restore_in_part() -> None:
    """Where a volume failed, its claim's drill did; where only definitions failed, the volumes are back."""
    proof = RESTORES["proof"]
    volume = {"persistentVolumeClaim": "cache", "sourceNamespace": "shop", "status": "Failed"}
    broken = laid(
        proof, status={"status": "PartialSuccess", "volumes": [*proof["status"]["volumes"][:1], volume]}
    )
    assert [drill.success for drill in covered(SOURCE, CACHE, broken).drills] == [False]
    assert covered(SOURCE, CLAIM, broken).drills == ()
    whole = laid(proof, status={"status": "PartialSuccess"})
    assert [drill.success for drill in covered(SOURCE, CLAIM, whole).drills] == [True]


@pytest.mark.parametrize("volumes", [[], None])
def test_restore_that_failed_before_any_volume(volumes: list[Any] | None) -> None:
    """It failed for all claims that its backup holds."""
    status = {"status": "Failed", "volumes": volumes}
    early = laid(RESTORES["proof"], status=status)
    for each in (CLAIM, CACHE):
        assert [drill.success for drill in covered(SOURCE, each, GOOD, early).drills] == [False]
    assert covered(SOURCE, CLAIM, BACKUPS["partial"], early).drills == ()
    chosen = laid(early, spec={"includeResources": [{"kind": "ConfigMap", "name": "settings"}]})
    assert covered(SOURCE, CLAIM, GOOD, chosen).drills == ()


@pytest.mark.parametrize("name", ["definitions-alone", "retained"])
def test_no_drill(name: str) -> None:
    """A restore that brought no volume back proves nothing of volumes."""
    assert covered(SOURCE, CLAIM, GOOD, RESTORES[name]).drills == ()


def migrating(*objects: dict[str, Any], name: str = "to-the-other-site") -> Replication | None:
    facts = TableFacts()
    for obj in objects:
        facts.put(SOURCE, obj)
    return replication(replication_of("shop", name), facts)


@pytest.mark.tells("stork", "replication")
def test_what_is_published_of_migrations() -> None:
    """The lag grows from the last successful migration on, whatever the last one came to; one by hand has a state."""
    shop = world(POLICY, *MIGRATIONS.values())
    assert number(shop, "replication_lag_seconds", replication="to-the-other-site") == 6 * 3600
    assert number(shop, "replication_state", replication="to-the-other-site", state="broken") == 1
    assert number(shop, "replication_state", replication="Migration/once", state="healthy") == 1
    assert not [
        row for row in shop.rows("replication_state") if "definitions-alone" in row or "of-a-schedule" in row
    ]


def test_migrations() -> None:
    """The other side holds what was there when the last successful migration was made; the last one failed."""
    told = migrating(MIGRATIONS["to-the-other-site"], POLICY)
    assert told is not None
    assert (told.health, told.point, told.last_sync, told.last_sync_duration) == (
        "broken",
        at("06:00:00"),
        at("06:05:00"),
        300.0,
    )
    assert (told.interval, told.cron, told.judged) == (10800.0, "", True)


def test_suspended_migrations() -> None:
    told = migrating(laid(MIGRATIONS["to-the-other-site"], spec={"suspend": True}), POLICY)
    assert told is not None
    assert told.health == "paused"


def test_migrations_that_never_ran() -> None:
    """Neither point nor health are known; the plan of its policy is."""
    told = migrating(
        laid(MIGRATIONS["to-the-other-site"], status=None, spec={"schedulePolicyName": "own"}),
        POLICIES["own"],
    )
    assert told is not None
    assert (told.health, told.point, told.cron, told.interval) == ("unknown", None, "30 22 * * 0", None)


def test_migration_of_definitions_alone() -> None:
    """Without volumes no data is replicated."""
    assert migrating(MIGRATIONS["definitions-alone"], POLICY, name="definitions-alone") is None


def test_migration_by_hand() -> None:
    """It happened once and is never late; those of a schedule are told by the schedule."""
    (once,) = read(SOURCE, MIGRATIONS["once"])
    assert isinstance(once, Replication)
    assert (once.judged, once.health, once.point) == (False, "healthy", at("2026-11-10T06:00:00Z"))
    (half,) = read(SOURCE, MIGRATIONS["half"])
    assert isinstance(half, Replication)
    assert (half.health, half.point) == ("degraded", None)
    assert read(SOURCE, MIGRATIONS["of-a-schedule"]) == ()


def test_backup_locations_are_never_listed() -> None:
    """They hold keys in the clear."""
    assert "BackupLocation" not in {feed.kind for feed in SOURCE.feeds}


def test_what_is_not_read_is_not_decoded() -> None:
    """Reasons, locations and identities of backups are not decoded."""
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
