"""Velero's objects in; schedules and targets out, and what each change touches."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.identity import Touch
from holdfast.model.observation import Observation
from holdfast.model.protection import Schedule, Target
from holdfast.sources.velero import SOURCE
from holdfast.sources.velero.coverage import cover, scopes
from holdfast.sources.velero.plans import schedule, target
from tests.sources.damage import GARBAGE, NEEDED, Place, places, put
from tests.sources.facts import NoRolls, read
from tests.sources.velero_cases import (
    CLAIM,
    FIXTURES,
    NIGHTLY,
    OFFSITE,
    RUN,
    SHOP,
    at,
    but,
    covered,
    in_cluster,
    situation,
)

PLAN = Schedule(
    key=NIGHTLY, uid="schedule-1", created=at("2026-01-01T00:00:00Z"), cron="0 2 * * *", target="offsite"
)
STARTED = at("02:00:01")


def planned(*objects: dict[str, Any]) -> Schedule:
    found = schedule(NIGHTLY, in_cluster(*situation("schedule"), *objects))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("completed-with-pvb", {"last_success": STARTED, "last_duration": 599.0, "last_result": "success"}),
        ("partial", {"last_duration": 599.0, "last_result": "partial"}),
        ("failed", {"last_result": "failure"}),
        ("failed-validation", {"last_attempt": at("02:00:00"), "last_result": "failure"}),
        ("in-progress", {"running_since": STARTED}),
        ("queued", {"last_attempt": at("02:00:00"), "running_since": at("02:00:00")}),
        ("deleting", {}),
    ],
)
@pytest.mark.tells("velero", "schedule", "result")
def test_one_run(name: str, fields: dict[str, Any]) -> None:
    """A schedule's last success is the start of a Completed run; what has not ended leaves the result as it was."""
    assert planned(*situation(name)) == but(PLAN, **({"last_attempt": STARTED} | fields))


def test_no_run() -> None:
    """A schedule that has not come round yet has neither success nor result."""
    assert planned() == PLAN


def run(name: str, day: int, phase: str, **status: str) -> dict[str, Any]:
    """A run of the given day of October, at two o'clock, ten minutes long."""
    times = {"startTimestamp": f"2026-10-{day}T02:00:00Z", "completionTimestamp": f"2026-10-{day}T02:10:00Z"}
    metadata = {"name": name, "uid": name, "creationTimestamp": f"2026-10-{day}T02:00:00Z"}
    return situation("csi", metadata=metadata, status={"phase": phase, **times, **status})[0]


def test_several_runs() -> None:
    """Success, attempt, result and duration are each told by the newest run that can tell."""
    runs = (
        run("a", 20, "Completed"),
        run("b", 21, "PartiallyFailed", completionTimestamp="2026-10-21T02:20:00Z"),
        run("c", 22, "Failed", completionTimestamp="2026-10-22T09:00:00Z"),
        run("d", 23, "InProgress"),
        run("e", 24, "New"),
    )
    assert planned(*runs) == but(
        PLAN,
        last_success=at("2026-10-20T02:00:00Z"),
        last_attempt=at("2026-10-24T02:00:00Z"),
        last_duration=1200.0,
        last_result="failure",
        running_since=at("2026-10-23T02:00:00Z"),
    )


def test_run_of_another_cluster() -> None:
    """Another cluster's schedule of the same name writes to the same bucket: its success is not ours."""
    assert planned(*situation("synced-from-another-cluster")) == PLAN


def test_schedule_gone() -> None:
    """Backups that outlive their schedule do not bring it back."""
    assert schedule(NIGHTLY, in_cluster(*situation("completed-with-pvb"))) is None


@pytest.mark.parametrize(
    ("written", "cron", "timezone"),
    [
        ("0 2 * * *", "0 2 * * *", ""),
        ("  0  2 ? * MON-FRI ", "0 2 * * MON-FRI", ""),
        ("@daily", "@daily", ""),
        ("@every 6h", "@every 6h", ""),
        ("TZ=Europe/Rome 0 2 * * *", "0 2 * * *", "Europe/Rome"),
        ("CRON_TZ=UTC 0 2 * * *", "0 2 * * *", ""),
        ("CRON_TZ=Asia/Tokyo @daily", "@daily", "Asia/Tokyo"),
    ],
)
def test_cron(written: str, cron: str, timezone: str) -> None:
    """A zone in front of the plan is taken from it; the rest stays as written."""
    found = schedule(NIGHTLY, in_cluster(*situation("schedule", spec={"schedule": written})))
    assert found is not None
    assert (found.cron, found.timezone, found.valid) == (cron, timezone, True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "0 2 * *",
        "0 0 2 * * *",
        "0 25 * * *",
        "0 2 L * *",
        "0 2 * * 5#1",
        "0 0 31 2 *",
        "@often",
        "@every day",
        "TZ=Europe/Rome",
        "TZ=Nowhere/Town 0 2 * * *",
        "TZ=../etc 0 2 * * *",
    ],
)
def test_bad_cron(written: str) -> None:
    """A plan that Velero cannot read makes no runs, even before Velero has said so."""
    found = schedule(NIGHTLY, in_cluster(*situation("schedule", spec={"schedule": written})))
    assert found is not None
    assert not found.valid


def test_interval() -> None:
    """An interval counts from the newest of the last run, a skipped one, and the schedule's creation."""
    skipped = {"lastSkipped": "2026-11-01T05:00:00Z"}
    plan = situation("schedule", spec={"schedule": "@every 6h"}, status=skipped)
    found = schedule(NIGHTLY, in_cluster(*plan))
    assert found is not None
    assert found.anchor == at("05:00:00")


def test_paused() -> None:
    """A paused schedule says so, and keeps its plan."""
    assert schedule(NIGHTLY, in_cluster(*situation("paused"))) == but(PLAN, paused=True)


@pytest.mark.parametrize(("phase", "available"), [("Available", True), ("Unavailable", False), (None, None)])
def test_target(phase: str | None, available: bool | None) -> None:
    """A location is available, unavailable, or not looked at yet: three different things."""
    cluster = in_cluster(*situation("location", status={"phase": phase}))
    assert target(OFFSITE, cluster) == Target(key=OFFSITE, available=available, checked=at("11:59:30"))


def test_target_gone() -> None:
    assert target(OFFSITE, in_cluster()) is None


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[Touch]:
    """What must be judged again when one object takes the place of the other."""
    old, new = read(SOURCE, before), read(SOURCE, after)
    moved = [record for record in (*old, *new) if record not in old or record not in new]
    return {touch for record in moved for touch in record.touches()}


TOUCH_PLAN = Touch("subject", ("schedule", *NIGHTLY))
TOUCH_SHOP = Touch("namespace", ("shop",))
TOUCH_CLAIM = Touch("subject", ("claim", "shop", "data"))


def test_progress_is_no_change() -> None:
    """Counters of progress move every second and change nothing."""
    for name, place in (("in-progress", 0), ("in-progress", 1), ("move-data", 1)):
        obj = situation(name)[place]
        moved = situation(name)[place]
        moved["status"]["phase"] = obj["status"]["phase"] = "InProgress"
        moved["status"]["progress"] = {"totalBytes": 9, "bytesDone": 9, "totalItems": 9}
        assert changed(obj, moved) == set()


def test_location_is_looked_at_every_minute() -> None:
    """A new check of a location is shown, and judges no claim; a location that is lost judges all."""
    (location,) = situation("location")
    (checked,) = situation("location", status={"lastValidationTime": "2026-11-01T12:00:30Z"})
    (lost,) = situation("location", status={"phase": "Unavailable"})
    assert changed(location, checked) == {Touch("subject", ("target", *OFFSITE))}
    assert changed(location, lost) == {
        Touch("subject", ("target", *OFFSITE)),
        Touch("source", ("velero",)),
        Touch("all"),
    }


def test_only_the_end_of_a_run_touches_claims() -> None:
    """While a run goes on only its schedule shows it; its end judges the claims that it can reach."""
    (queued,) = situation("queued")
    running, _ = situation("in-progress")
    finalizing = situation("in-progress", status={"phase": "Finalizing"})[0]
    done, _ = situation("completed-with-pvb")
    assert changed(queued, running) == {TOUCH_PLAN}
    assert changed(running, finalizing) == set()
    assert changed(finalizing, done) == {TOUCH_PLAN, TOUCH_SHOP}
    assert changed(done, situation("deleting")[0]) == {TOUCH_PLAN, TOUCH_SHOP}


def test_reach() -> None:
    """A run of all namespaces, or of a pattern, may bear on any claim."""
    for names in (None, [], ["*"], ["sh*"], ["other", "s[h]op"]):
        (run_of_all,) = situation("csi", spec={"includedNamespaces": names})
        assert Touch("all") in {touch for record in read(SOURCE, run_of_all) for touch in record.touches()}


def test_volume_records_touch_their_claim() -> None:
    for name in ("completed-with-pvb", "move-data"):
        (record,) = read(SOURCE, situation(name)[1])
        assert record.touches() == (TOUCH_CLAIM,)


def test_next_run_moves_the_clock_alone() -> None:
    """A schedule's own note of its last run judges no claim."""
    (plan,) = situation("schedule")
    (moved,) = situation("schedule", status={"lastBackup": "2026-11-02T02:00:00Z"})
    assert changed(plan, moved) == {TOUCH_PLAN}


OBJECTS = [obj for path in sorted(FIXTURES.glob("*.yaml")) for obj in situation(path.stem)]
SEEN = (Observation("snapshot_seen", "claim-1", at("02:00:30"), f"velero/{RUN}"),)


def mixture() -> list[dict[str, Any]]:
    """Several runs at once, some of one name in two namespaces, some copied, seen, failed or missed."""
    objects = (
        situation("schedule") + situation("location") + situation("completed-with-pvb") + situation("paused")
    )
    objects[-1]["metadata"]["name"] = "hourly"
    for number, phase in enumerate(["Completed", "PartiallyFailed", "Failed", "InProgress", "Deleting"]):
        objects.append(run(f"nightly-{number}", 10 + number, phase))
    for obj in situation("partial") + situation("move-data"):
        obj["metadata"]["namespace"] = "backup"
        objects.append(obj)
    return objects


MIXTURE = mixture()


@given(st.permutations(range(len(MIXTURE))))
def test_order_of_arrival(order: list[int]) -> None:
    """What is said of claim, schedule and target does not depend on the order in which objects arrived."""
    one = in_cluster(*MIXTURE, remembered=SEEN)
    two = in_cluster(*(MIXTURE[place] for place in order), remembered=SEEN)
    assert cover(CLAIM, two, NoRolls()) == cover(CLAIM, one, NoRolls())
    assert scopes(CLAIM, two) == scopes(CLAIM, one)
    assert schedule(NIGHTLY, two) == schedule(NIGHTLY, one)
    assert target(OFFSITE, two) == target(OFFSITE, one)


@pytest.mark.parametrize("feed", SOURCE.feeds, ids=lambda feed: feed.kind)
def test_bare_object(feed: Any) -> None:
    """An object of nothing but a name survives, and so does one whose every field is null."""
    nulls = {field: None for field in feed.shape.__struct_encode_fields__ if field != "metadata"}
    for obj in ({"metadata": {"name": "x"}}, {**nulls, "metadata": {"name": "x", "labels": None}}):
        for record in read(SOURCE, {"kind": feed.kind, **obj}):
            assert record.touches()


def test_what_is_not_read_is_not_decoded() -> None:
    """Certificates, commands and repository addresses are not decoded."""
    secret = [obj for obj in OBJECTS if b"not-for-us" in msgspec.json.encode(obj)]
    assert {obj["kind"] for obj in secret} == {"Backup", "PodVolumeBackup"}
    shapes = {feed.kind: feed.shape for feed in SOURCE.feeds}
    for obj in secret:
        assert "not-for-us" not in repr(
            msgspec.json.decode(msgspec.json.encode(obj), type=shapes[obj["kind"]])
        )


PLACES = places(OBJECTS)


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            covered(put((obj, path), None), facts=SHOP)


@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Place, garbage: Any) -> None:
    """Whatever stands in one place of an object, either it is refused when decoded or it can be read and judged."""
    try:
        cluster = in_cluster(put(place, garbage))
    except msgspec.ValidationError:
        return
    cover(CLAIM, cluster, NoRolls())
    scopes(CLAIM, cluster)
    schedule(NIGHTLY, cluster)
    target(OFFSITE, cluster)
