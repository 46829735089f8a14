"""Retention: recovery points against the objective, and expiry that leaves a gap before the next run."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.assessment.retention import wanted_points
from holdfast.model.objective import Objective
from holdfast.model.policy import ObjectiveSpec, Policy, Retention
from tests.world import NOW, World, claim

DAILY = "0 2 * * *"


def keeping(**kept: int) -> Policy:
    return Policy(
        defaults=ObjectiveSpec(rpo=26 * 3600.0, retention=Retention(**kept)), builtin_defaults=False
    )


def schedule(cron: str = DAILY) -> dict[str, Any]:
    return {
        "apiVersion": "velero.io/v1",
        "kind": "Schedule",
        "metadata": {
            "namespace": "velero",
            "name": "nightly",
            "uid": "plan",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "schedule": cron,
            "template": {"includedNamespaces": ["shop"], "defaultVolumesToFsBackup": True},
        },
        "status": {"phase": "Enabled"},
    }


def copies(count: int, *, ttl_days: float, step_days: float = 1.0) -> list[dict[str, Any]]:
    """File backups of shop/data, the newest of today at 02:00, each kept for so many days."""
    objects: list[dict[str, Any]] = []
    for number in range(count):
        time = datetime(2026, 11, 21, 2, tzinfo=UTC) - timedelta(days=number * step_days)
        start, name = time.strftime("%Y-%m-%dT%H:%M:%SZ"), f"nightly-{number:03}"
        end = (time + timedelta(days=ttl_days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        labels = {
            "velero.io/backup-name": name,
            "velero.io/backup-uid": name,
            "velero.io/pvc-uid": "uid-shop-data",
        }
        objects += [
            {
                "apiVersion": "velero.io/v1",
                "kind": "Backup",
                "metadata": {
                    "namespace": "velero",
                    "name": name,
                    "uid": name,
                    "labels": {"velero.io/schedule-name": "nightly"},
                    "creationTimestamp": start,
                },
                "spec": {"includedNamespaces": ["shop"]},
                "status": {
                    "phase": "Completed",
                    "startTimestamp": start,
                    "completionTimestamp": start,
                    "expiration": end,
                },
            },
            {
                "apiVersion": "velero.io/v1",
                "kind": "PodVolumeBackup",
                "metadata": {
                    "namespace": "velero",
                    "name": name,
                    "labels": labels,
                    "annotations": {"velero.io/pvc-name": "data"},
                },
                "spec": {"pod": {"namespace": "shop", "name": "web-0"}},
                "status": {"phase": "Completed", "startTimestamp": start},
            },
        ]
    return objects


OLD = claim(metadata={"creationTimestamp": "2025-01-01T00:00:00Z"})


CHECKS = ("retention-too-short", "retention-too-long", "expiry-before-next-run")


def found(world: World) -> dict[str, str]:
    """Of how long copies are kept."""
    return {each.check: each.why for each in world.claim().findings if each.check in CHECKS}


def test_missing_points_are_counted_by_window() -> None:
    """Three days of copies: four of seven days are missing, and none of one week."""
    world = World(OLD, *copies(3, ttl_days=30), policy=keeping(daily=7, weekly=1))
    assert world.rows("pvc_retention_missing") == [
        'pvc_retention_missing{namespace="shop",persistentvolumeclaim="data",window="daily"} 4',
        'pvc_retention_missing{namespace="shop",persistentvolumeclaim="data",window="weekly"} 0',
    ]


@pytest.mark.parametrize(
    ("born", "now", "wanted"),
    [
        ("2026-11-16T23:59", "2026-11-17T00:01", (0, 0, 0)),
        ("2026-11-16T23:59", "2026-11-18T00:00", (1, 0, 0)),  # all of the 17th
        ("2026-11-16T00:01", "2026-11-29T23:59", (12, 0, 0)),  # from a Monday to the Sunday after the next
        ("2026-11-16T00:01", "2026-11-30T00:00", (13, 1, 0)),
        ("2026-10-31T12:00", "2026-12-01T00:00", (30, 4, 1)),
        ("2025-12-31T12:00", "2026-02-01T00:00", (30, 3, 1)),
        ("2020-01-01T00:00", "2026-11-21T12:00", (30, 8, 12)),  # all that is asked for
        ("2026-11-22T00:00", "2026-11-21T00:00", (0, 0, 0)),  # from the future
    ],
)
def test_no_more_points_are_wanted_than_whole_windows_lie_between(
    born: str, now: str, wanted: tuple[int, int, int]
) -> None:
    """They change at midnight of UTC only, when every claim with a retention objective is judged again."""
    since, until = (datetime.fromisoformat(f"{text}+00:00").timestamp() for text in (born, now))
    objective = Objective(daily=30, weekly=8, monthly=12)
    told = wanted_points(objective, since, until)
    assert told == tuple(zip(("daily", "weekly", "monthly"), wanted, strict=True))


@pytest.mark.parametrize(("days", "missing"), [(4, 0), (5, 1), (8, 4), (400, 4)])
def test_points_that_a_young_claim_cannot_have_are_not_missing(days: int, missing: int) -> None:
    born = datetime.fromtimestamp(NOW - days * 86400, UTC).isoformat().replace("+00:00", "Z")
    young = claim(metadata={"creationTimestamp": born})
    world = World(young, *copies(3, ttl_days=30), policy=keeping(daily=7))
    assert world.rows("pvc_retention_missing") == [
        f'pvc_retention_missing{{namespace="shop",persistentvolumeclaim="data",window="daily"}} {missing}'
    ]


def test_two_days_of_expiry_cannot_keep_seven_daily_points() -> None:
    world = World(OLD, schedule(), *copies(2, ttl_days=2), policy=keeping(daily=7))
    assert found(world)["retention-too-short"] == (
        "7 daily points are asked for, and copies are kept for 2.0 days at the most"
    )


def test_a_weekly_run_cannot_keep_daily_points_however_long_they_last() -> None:
    world = World(OLD, schedule("0 2 * * 6"), *copies(9, ttl_days=99, step_days=7), policy=keeping(daily=7))
    assert "retention-too-short" in found(world)


def test_seven_days_of_expiry_keep_seven_daily_points() -> None:
    assert found(World(OLD, schedule(), *copies(7, ttl_days=7), policy=keeping(daily=7))) == {}


def test_many_times_the_points_asked_for_are_a_finding() -> None:
    world = World(OLD, schedule(), *copies(21, ttl_days=99), policy=keeping(daily=2))
    assert found(world)["retention-too-long"] == "21 recovery points are kept, and 2 are asked for"
    assert found(World(OLD, schedule(), *copies(20, ttl_days=99), policy=keeping(daily=2))) == {}


def test_a_limit_of_ones_own() -> None:
    policy = Policy(
        defaults=ObjectiveSpec(retention=Retention(daily=2)), check_limits={"retention-too-long": 3}
    )
    assert "retention-too-long" in found(World(OLD, schedule(), *copies(7, ttl_days=99), policy=policy))


def test_the_last_copy_expires_before_the_next_run() -> None:
    """Weekly runs that are kept for a day; the newest is of 02:00 today and ends at 02:00 tomorrow."""
    world = World(OLD, schedule("0 2 * * 6"), *copies(1, ttl_days=1))
    assert found(world)["expiry-before-next-run"] == "the last copy expires 6 days before the next run is due"
    assert [row for row in world.rows("finding") if "expiry" in row] == [
        'finding{check="expiry-before-next-run",kind="PersistentVolumeClaim",namespace="shop",name="data"} 1'
    ]


def test_no_gap_where_the_next_run_comes_first_or_a_copy_never_expires() -> None:
    assert found(World(OLD, schedule(), *copies(1, ttl_days=2))) == {}
    assert found(World(OLD, schedule("0 2 * * 6"))) == {}, "without a copy there is nothing to expire"


def test_the_gap_is_found_when_the_clock_brings_it() -> None:
    """A run of six days ago that lasts eight: it outlives tomorrow's run; if that one fails, it ends before the next."""
    world = World(OLD, schedule("0 2 * * 0"), *copies(1, ttl_days=2))
    assert found(world) == {}, "tomorrow, Sunday, comes a run"
    world.judge(world.now + 86400)
    assert "expiry-before-next-run" in found(world)


def test_the_run_on_its_way_is_the_next_one() -> None:
    """Kept for 26 hours: while tomorrow's run is at work, the copy of today will outlive it."""
    world = World(OLD, schedule(), *copies(1, ttl_days=26 / 24))
    running = copies(1, ttl_days=99)[0]
    running["metadata"] |= {"name": "now", "uid": "now", "creationTimestamp": "2026-11-22T02:00:00Z"}
    running["status"] = {"phase": "InProgress", "startTimestamp": "2026-11-22T02:00:00Z"}
    tomorrow = world.now + 15 * 3600
    world.judge(tomorrow)
    assert "expiry-before-next-run" in found(world), "at 03:00, and no run has begun"
    world.put(running)
    world.judge(tomorrow)
    assert found(world) == {}


@pytest.mark.parametrize(
    ("cron", "kept"),
    [("0 2 * * *", {"daily": 7}), ("0 2 * * 0", {"weekly": 4}), ("30 2 1 * *", {"monthly": 3})],
)
def test_summer_time_makes_no_plan_less_frequent(cron: str, kept: dict[str, int]) -> None:
    """The run of a skipped hour leaves a gap of two days or weeks, once a year."""
    world = World(
        OLD, schedule(f"CRON_TZ=Europe/Berlin {cron}"), *copies(1, ttl_days=99), policy=keeping(**kept)
    )
    assert "retention-too-short" not in found(world)


def test_nothing_is_found_while_a_source_is_blind_or_the_claim_is_exempt() -> None:
    objects = [schedule("0 2 * * 6"), *copies(1, ttl_days=1)]
    exempt = claim(metadata={"annotations": {"holdfast.dev/exempt": "scratch"}})
    assert found(World(exempt, *objects)) == {}
    assert found(World(OLD, *objects, states={("k", "k"): "up", ("velero", "Backup"): "forbidden"})) == {}


def test_a_check_that_is_off_finds_nothing() -> None:
    policy = Policy(checks_off=frozenset({"expiry-before-next-run"}))
    assert found(World(OLD, schedule("0 2 * * 6"), *copies(1, ttl_days=1), policy=policy)) == {}
