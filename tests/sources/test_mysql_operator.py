"""The mysql-operator source: Oracle's objects in, copies and plans out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.mysql_operator import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, CLUSTER = fixture(SOURCE, "backups"), fixture(SOURCE, "clusters")["orders"]
NIGHTLY = BACKUPS["orders-nightly261121020000"]
LABELS = {"mysql.oracle.com/cluster": "orders", "component": "mysqld"}
CLAIM = claim(LABELS, "datadir-orders-0")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/datadir-orders-0", metadata={"labels": LABELS}), *objects)


@pytest.mark.tells("mysql-operator", "age", "schedule", "result")
def test_backup_of_a_schedule() -> None:
    """A completed backup is a copy as of its start; its name tells of which schedule."""
    shop = world(CLUSTER, NIGHTLY)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite", consistency="application") == at(
        "02:00:20"
    )
    assert number(shop, "backup_schedule_last_result", schedule="orders/nightly", result="success") == 1
    assert number(shop, "backup_schedule_last_duration_seconds", schedule="orders/nightly") == 600
    family = "backup_schedule_next_run_timestamp_seconds"
    assert number(shop, family, schedule="orders/nightly") == at("2026-11-22T02:00:00Z")


@pytest.mark.tells("mysql-operator", "size")
def test_size_of_a_dump() -> None:
    """It is told of dumps to a volume, in units of 1024, to a few digits. The volume is near."""
    (copy,) = covered(SOURCE, CLAIM, CLUSTER, BACKUPS["by-hand"]).copies
    assert (copy.size, copy.placement, copy.schedule) == (3 * 2**29, "local", None)
    assert number(world(CLUSTER, BACKUPS["by-hand"]), "pvc_backup_size_bytes") == 3 * 2**29


def test_plans() -> None:
    covers = covered(SOURCE, CLAIM, CLUSTER).covers
    assert [(cover.schedule.name, cover.placement, cover.gap) for cover in covers] == [
        ("orders/hourly", "local", ""),
        ("orders/nightly", "offsite", ""),
        ("orders/no-cron", "offsite", "invalid"),
        ("orders/no-profile", "local", "invalid"),
        ("orders/stopped", "offsite", "paused"),
    ]


@pytest.mark.parametrize(
    "options",
    [{"includeSchemas": ["web"]}, {"excludeTables": ["web.orders"]}, {"ddlOnly": True}, {"dryRun": True}],
)
@pytest.mark.parametrize("by_name", [True, False])
def test_a_dump_that_leaves_data_out_is_no_copy(options: dict[str, Any], by_name: bool) -> None:
    """Whether its profile stands in the cluster or in the backup itself."""
    profile = {"name": "bucket", "dumpInstance": {"dumpOptions": options, "storage": {"s3": {}}}}
    cluster, backup = laid(CLUSTER, spec={"backupProfiles": [profile]}), NIGHTLY
    if not by_name:
        cluster, backup = CLUSTER, laid(NIGHTLY, spec={"backupProfileName": None, "backupProfile": profile})
    coverage = covered(SOURCE, CLAIM, cluster, backup)
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["not-captured"])
    if by_name:
        assert "orders/nightly" not in [cover.schedule.name for cover in coverage.covers]


@pytest.mark.parametrize(
    ("cluster", "named"),
    [
        (None, "bucket"),
        (laid(CLUSTER, spec={"backupProfiles": None}), "bucket"),
        (CLUSTER, "gone"),
        (CLUSTER, None),
    ],
)
def test_a_dump_by_a_profile_that_nobody_can_see_is_unproven(cluster: Any, named: str | None) -> None:
    """Its cluster is gone, or its profile is, or none is named: what it left out cannot be told."""
    backup = laid(NIGHTLY, spec={"backupProfileName": named})
    objects = [obj for obj in (cluster, backup) if obj]
    coverage = covered(SOURCE, CLAIM, *objects)
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["unproven"])
    assert world(*objects).claim("shop/datadir-orders-0").protection.state != "protected"


def test_a_dump_by_a_profile_of_its_own_needs_no_cluster() -> None:
    backup = laid(NIGHTLY, spec={"backupProfileName": None, "backupProfile": {"dumpInstance": {}}})
    assert len(covered(SOURCE, CLAIM, backup).copies) == 1


def test_dump_options_of_speed_leave_nothing_out() -> None:
    profile = {"name": "bucket", "dumpInstance": {"dumpOptions": {"threads": 4, "ddlOnly": False}}}
    assert len(covered(SOURCE, CLAIM, laid(CLUSTER, spec={"backupProfiles": [profile]}), NIGHTLY).copies) == 1


def test_failed_backup() -> None:
    coverage = covered(SOURCE, CLAIM, BACKUPS["orders-nightly261120020000"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])
    assert coverage.misses[0].schedule == ("mysql-operator", "shop", "orders/nightly")


@pytest.mark.parametrize("name", ["running", "of-a-later-operator", "not-looked-at-yet", "being-deleted"])
def test_no_copy(name: str) -> None:
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_unknown_state() -> None:
    run, _ = read(SOURCE, BACKUPS["of-a-later-operator"])
    assert run.strange_word() == "Verifying"


@pytest.mark.parametrize(
    ("cluster", "backup", "schedule"),
    [
        ("orders", "orders-nightly261121020000", "orders/nightly"),
        ("orders", "orders-at-4261121020000", "orders/at-4"),
        ("orders", "orders-261121020000", None),
        ("orders", "orders-nightly", None),
        ("stock", "orders-nightly261121020000", None),
        ("o.d+rs", "orders-nightly261121020000", None),
    ],
)
def test_schedule_by_the_name_of_a_backup(cluster: str, backup: str, schedule: str | None) -> None:
    run, _ = read(SOURCE, laid(NIGHTLY, metadata={"name": backup}, spec={"clusterName": cluster}))
    key = getattr(run, "schedule", None)
    assert (key.name if key else None) == schedule


def test_a_backup_of_an_earlier_cluster_of_that_name_does_not_count() -> None:
    young = laid(CLUSTER, metadata={"creationTimestamp": "2026-11-21T06:00:00Z"})
    (copy,) = covered(SOURCE, msgspec.structs.replace(CLAIM, created=at("06:01:00")), young, NIGHTLY).copies
    assert copy.claim_uid == ""


def test_the_claim_of_a_new_replica_has_the_backups_of_its_cluster() -> None:
    young = msgspec.structs.replace(CLAIM, created=at("06:01:00"))
    (copy,) = covered(SOURCE, young, CLUSTER, NIGHTLY).copies
    assert copy.claim_uid == CLAIM.uid


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
