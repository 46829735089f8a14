"""The percona-xtradb source: objects of the operator in, copies, plans and drills out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.sources.percona_xtradb import SOURCE
from tests.sources.damage import GARBAGE, NEEDED, places, put
from tests.sources.facts import read
from tests.sources.operator_cases import all_of, at, claim, covered, fixture, number, survives
from tests.world import World
from tests.world import claim as claim_object

BACKUPS, RESTORES = fixture(SOURCE, "backups"), fixture(SOURCE, "restores")
CLUSTER = fixture(SOURCE, "cluster")["orders"]
NIGHTLY = BACKUPS["cron-orders-bucket-202611212000-372f8"]
DAY_BEFORE = BACKUPS["cron-orders-bucket-202611202000-b1c2d"]
LABELS = {
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/part-of": "percona-xtradb-cluster",
    "app.kubernetes.io/component": "pxc",
}
CLAIM = claim(LABELS, "datadir-orders-pxc-0")


def world(*objects: dict[str, Any]) -> World:
    return World(claim_object("shop/datadir-orders-pxc-0", metadata={"labels": LABELS}), *objects)


@pytest.mark.tells("percona-xtradb", "age")
def test_backup_and_its_logs() -> None:
    """A backup is a copy as of its creation; the binary logs over it reach further, and are no point of their own."""
    shop = world(CLUSTER, NIGHTLY)
    assert [copy.captured for copy in covered(SOURCE, CLAIM, NIGHTLY).copies] == [
        at("02:00:00"),
        at("11:58:00"),
    ]
    assert number(shop, "pvc_backup_timestamp_seconds", placement="offsite") == at("11:58:00")
    assert number(shop, "pvc_recovery_points") == 1


def test_gap_in_the_logs() -> None:
    """Where the operator found logs missing, only the backup itself counts."""
    assert [copy.captured for copy in covered(SOURCE, CLAIM, DAY_BEFORE).copies] == [
        at("2026-11-20T02:00:00Z")
    ]


@pytest.mark.tells("percona-xtradb", "schedule", "result")
def test_schedule() -> None:
    """A schedule knows its backups by a label, behind digits that stand for the cluster, in older versions too."""
    shop = world(CLUSTER, NIGHTLY, DAY_BEFORE)
    family = "backup_schedule_last_success_timestamp_seconds"
    assert number(shop, family, schedule="orders/nightly") == at("02:00:00")
    assert number(shop, family, schedule="orders/weekly") is None
    assert number(shop, "backup_schedule_last_result", schedule="orders/nightly", result="success") == 1
    assert (
        covered(SOURCE, CLAIM, DAY_BEFORE).copies[0].schedule
        == covered(SOURCE, CLAIM, NIGHTLY).copies[0].schedule
    )


def test_backup_on_a_volume() -> None:
    """A backup on a claim of its own lies on the cluster's storage: the copy is local."""
    (shelf,) = covered(SOURCE, CLAIM, BACKUPS["on-the-shelf"]).copies
    assert shelf.placement == "local"


def test_failed_backup() -> None:
    """A failed backup is a miss of the claims of its cluster."""
    coverage = covered(SOURCE, CLAIM, BACKUPS["failed"])
    assert (coverage.copies, [miss.cause for miss in coverage.misses]) == ((), ["failed"])


@pytest.mark.parametrize("name", ["waiting", "of-a-later-operator", "not-looked-at-yet"])
def test_no_copy(name: str) -> None:
    """A backup that waits, or is in a state that we do not know, is no copy and no failure."""
    coverage = covered(SOURCE, CLAIM, BACKUPS[name])
    assert (coverage.copies, coverage.misses) == ((), ())


def test_unknown_state() -> None:
    """A state that we do not know is told as such; waiting is known."""
    assert [read(SOURCE, BACKUPS[name])[0].strange_word() for name in ("of-a-later-operator", "waiting")] == [
        "Verifying",
        "",
    ]


def test_claim_of_the_proxy() -> None:
    """The proxy's claim belongs to the same cluster, and no backup holds what is on it."""
    proxy = claim({**LABELS, "app.kubernetes.io/component": "proxysql"}, "proxydata-orders-proxysql-0")
    coverage = covered(SOURCE, proxy, CLUSTER, NIGHTLY)
    assert (coverage.copies, coverage.covers) == ((), ())


@pytest.mark.tells("percona-xtradb", "drill")
def test_restores() -> None:
    """A restore proves the claims of the backup's cluster; one at work, under a name with spaces, proves nothing yet."""
    coverage = covered(SOURCE, CLAIM, NIGHTLY, *RESTORES.values())
    assert [(drill.success, drill.started, drill.ended, drill.point) for drill in coverage.drills] == [
        (False, None, at("09:00:00"), at("02:00:00")),
        (True, at("08:00:00"), at("08:20:00"), at("02:00:00")),
    ]
    assert read(SOURCE, RESTORES["at-work"])[0].strange_word() == ""


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
