"""The percona-mysql source: objects of the operator in, copies, plans and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.percona_mysql import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, laid, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, RESTORES = fixture(SOURCE, "backups"), fixture(SOURCE, "restores")
CLUSTER = fixture(SOURCE, "cluster")["orders"]
NIGHTLY = BACKUPS["cron-orders-bucket-20261121020000-x7k2p"]
OLD = fixture(SOURCE, "v1alpha1")["by-an-older-operator"]
LABELS = {
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/part-of": "percona-server",
    "app.kubernetes.io/component": "database",
}
CLAIM = claim(LABELS, "datadir-orders-mysql-0")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/datadir-orders-mysql-0", metadata={"labels": LABELS}), *objects)


@pytest.mark.tells("percona-mysql", "age", "schedule", "result")
def test_backup_of_a_schedule() -> None:
    """A backup is an offsite copy as of its creation, and a success of the schedule that its label names."""
    shop = world(CLUSTER, NIGHTLY)
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("02:00:00")
    family = "backup_schedule_last_success_timestamp_seconds"
    assert number(shop, family, schedule="orders/nightly") == at("02:00:00")
    assert number(shop, "backup_schedule_last_result", schedule="orders/nightly", result="success") == 1


def test_backup_by_an_older_operator() -> None:
    """v1alpha1 tells the same; its claims name their component in another word."""
    older = claim({**LABELS, "app.kubernetes.io/component": "mysql"})
    (copy,) = covered(SOURCE, older, OLD).copies
    assert (copy.captured, copy.placement) == (at("2026-11-19T09:00:00Z"), "offsite")


def test_schedules_that_are_off() -> None:
    """With backups off in the cluster its schedules are paused; one without a cron is none."""
    off = laid(CLUSTER, spec={"backup": {"enabled": False}})
    assert [cover.gap for cover in covered(SOURCE, CLAIM, off).covers] == ["paused"]
    stopped = laid(CLUSTER, spec={"backup": {"schedule": [{"name": "nightly", "schedule": ""}]}})
    assert covered(SOURCE, CLAIM, stopped).covers == ()


def test_backup_that_could_not_start() -> None:
    """``Error`` is a failure as well."""
    coverage = covered(SOURCE, CLAIM, BACKUPS["could-not-start"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])


@pytest.mark.parametrize("name", ["running", "of-a-later-operator", "not-looked-at-yet"])
def test_no_copy(name: str) -> None:
    """A backup that is not done, or in a state that we do not know, is no copy and no failure."""
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_claim_of_the_orchestrator() -> None:
    """The orchestrator's claim belongs to the same cluster, and no backup holds what is on it."""
    other = claim({**LABELS, "app.kubernetes.io/component": "orchestrator"}, "datadir-orders-orc-0")
    coverage = covered(SOURCE, other, CLUSTER, NIGHTLY)
    assert (coverage.copies, coverage.covers) == ((), ())


@pytest.mark.tells("percona-mysql", "drill")
def test_restores() -> None:
    """A restore proves the claims of the backup's cluster, or that it failed."""
    coverage = covered(SOURCE, CLAIM, NIGHTLY, *RESTORES.values())
    assert [(drill.success, drill.ended) for drill in coverage.drills] == [
        (False, at("09:00:00")),
        (True, at("08:20:00")),
    ]


def test_what_is_not_read_is_not_decoded() -> None:
    """Errors, messages and names of credentials are not decoded."""
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
