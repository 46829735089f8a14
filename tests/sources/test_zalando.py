"""The zalando source: CronJobs and Jobs of logical backups in, copies and plans out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.zalando import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

OBJECTS = all_of(SOURCE)
FOUND = {(obj["kind"], obj["metadata"]["name"]): obj for obj in OBJECTS}
NAME = "logical-backup-acid-orders"
CRON_JOB, JOB = FOUND["CronJob", NAME], FOUND["Job", f"{NAME}-29389110"]
LABELS = {"application": "spilo", "cluster-name": "acid-orders", "team": "acid"}
CLAIM = claim(LABELS, "pgdata-acid-orders-0")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/pgdata-acid-orders-0", metadata={"labels": LABELS}), *objects)


def test_the_objects_that_hold_keys_are_never_asked_for() -> None:
    assert {feed.resource.group for feed in SOURCE.feeds} == {"batch"}


@pytest.mark.tells("zalando", "age", "schedule", "result")
def test_logical_backup() -> None:
    """A Job that ended well is an offsite copy as of its start, of all claims of the cluster that its label names."""
    shop = world(CRON_JOB, JOB)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite", consistency="application") == at(
        "00:30:01"
    )
    assert number(shop, "pvc_recovery_points") == 1
    assert number(shop, "backup_schedule_last_result", schedule=NAME, result="success") == 1
    family = "backup_schedule_next_run_timestamp_seconds"
    assert number(shop, family, schedule=NAME) == at("2026-11-22T00:30:00Z")


def test_success_that_only_the_cron_job_remembers() -> None:
    """Jobs are removed a day after they ended, by default."""
    shop = world(CRON_JOB)
    assert number(shop, "pvc_backup_timestamp_seconds") == at("00:30:00")
    assert number(shop, "backup_schedule_last_success_timestamp_seconds") == at("00:30:00")
    assert number(shop, "backup_schedule_last_duration_seconds") is None


def test_failure_after_a_success() -> None:
    shop = world(CRON_JOB, JOB, FOUND["Job", f"{NAME}-failed"])
    assert number(shop, "backup_schedule_last_result", result="failure") == 1
    assert number(shop, "pvc_backup_timestamp_seconds") == at("00:30:01")


def test_running_job() -> None:
    shop = world(CRON_JOB, JOB, FOUND["Job", f"{NAME}-running"])
    assert number(shop, "backup_running_seconds") == 3600
    assert number(shop, "backup_schedule_last_result", result="success") == 1


def test_suspended_cron_job() -> None:
    suspended = laid(CRON_JOB, spec={"suspend": True})
    assert [cover.gap for cover in covered(SOURCE, CLAIM, suspended).covers] == ["paused"]


def test_a_label_of_another_name() -> None:
    """The operator can be told to call it otherwise: there is a schedule, and nobody knows of whose claims."""
    stock = FOUND["CronJob", "logical-backup-acid-stock"]
    assert number(world(stock), "backup_schedule_paused", schedule="logical-backup-acid-stock") == 1
    named = claim({"application": "spilo", "cluster": "acid-stock"}, "pgdata-acid-stock-0")
    assert covered(SOURCE, named, stock).covers == ()


def test_cron_jobs_of_others() -> None:
    """Neither the name nor the cluster's label makes one of the operator's."""
    assert read(SOURCE, FOUND["CronJob", "logical-backup-of-mine"]) == ()


@pytest.mark.parametrize("name", ["data-orders-0", "pgdata-acid-stock-0", "exports"])
def test_claims_of_others(name: str) -> None:
    """The label alone is not enough: the claim must bear the name that the operator gives."""
    coverage = covered(SOURCE, claim(LABELS, name), CRON_JOB, JOB)
    assert (coverage.copies, coverage.covers) == ((), ())


def test_nothing_that_is_not_for_us() -> None:
    for obj in OBJECTS:
        assert b"not-for-us" not in msgspec.json.encode(read(SOURCE, obj))


def test_null_anywhere() -> None:
    for where in places(OBJECTS):
        if where[1] not in NEEDED:
            survives(SOURCE, CLAIM, put(where, None))


@settings(deadline=None)  # a busy machine is no failure
@given(st.sampled_from(places(OBJECTS)), GARBAGE)
def test_garbage_is_read_or_refused(where: Any, garbage: Any) -> None:
    survives(SOURCE, CLAIM, put(where, garbage))
