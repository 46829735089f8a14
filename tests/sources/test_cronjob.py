"""CronJobs and Jobs in; copies, covers and schedules out."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.facts import NO_ANNOTATIONS, Claim, Fact, Mount, Pod, Workload
from holdfast.model.identity import ClaimRef, ObjectRef, Owner, ScheduleKey, Touch
from holdfast.model.protection import Copy, Cover, Coverage, Miss, Schedule
from holdfast.sources.cronjob import SOURCE
from holdfast.sources.cronjob.coverage import cover, schedule
from holdfast.sources.values import parse_time
from tests.sources.damage import GARBAGE, NEEDED, Place, places, put
from tests.sources.facts import NoRolls, TableFacts, documents, read

FIXTURES = Path(__file__).parent / "fixtures" / "cronjob"
KEY = ScheduleKey("cronjob", "shop", "dump")


def at(text: str) -> float:
    seconds = parse_time(text)
    assert seconds is not None
    return seconds


def claim_named(namespace: str, name: str, owner: Owner | None = None) -> Claim:
    return Claim(
        ref=ClaimRef(namespace, name),
        uid="claim-1",
        created=at("2026-10-01T00:00:00Z"),
        labels={},
        annotations=NO_ANNOTATIONS,
        storage_class="fast",
        volume="pvc-1",
        volume_mode="Filesystem",
        access_modes=("ReadWriteOnce",),
        requested=None,
        capacity=None,
        phase="Bound",
        owner=owner,
    )


CLAIM = claim_named("shop", "data")


def situation(name: str, **changes: Any) -> list[dict[str, Any]]:
    """The objects of a fixture; what is given is laid over ``spec``, ``status`` or ``annotations`` of the first."""
    objects = copy.deepcopy(documents(FIXTURES / f"{name}.yaml"))
    for part, fields in changes.items():
        place = objects[0]["metadata"] if part == "annotations" else objects[0]
        place.setdefault(part, {}).update(fields)
    return objects


def in_cluster(*objects: dict[str, Any], facts: tuple[Fact, ...] = ()) -> TableFacts:
    cluster = TableFacts(facts)
    for obj in objects:
        cluster.put(SOURCE, obj)
    return cluster


def covered(*objects: dict[str, Any], claim: Claim = CLAIM, facts: tuple[Fact, ...] = ()) -> Coverage:
    return cover(claim, in_cluster(*objects, facts=facts), NoRolls())


def planned(*objects: dict[str, Any]) -> Schedule:
    found = schedule(KEY, in_cluster(*objects))
    assert found is not None
    return found


COPY = Copy(
    source="cronjob",
    claim=CLAIM.ref,
    captured=at("2026-11-01T00:30:02Z"),
    placement="offsite",
    consistency="application",
    evidence=ObjectRef("Job", "shop", "dump-29700030"),
    schedule=KEY,
)
EARLIER = msgspec.structs.replace(
    COPY, captured=at("2026-10-31T00:30:01Z"), evidence=ObjectRef("Job", "shop", "dump-29698590")
)
REMEMBERED = msgspec.structs.replace(
    COPY, captured=at("2026-11-01T00:30:00Z"), evidence=ObjectRef("CronJob", "shop", "dump")
)
COVER = Cover(schedule=KEY, target="", placement="offsite", consistency="application")


@pytest.mark.tells("cronjob", "age")
def test_surviving_jobs() -> None:
    """Every successful Job that is left is a recovery point, as of its start."""
    assert covered(*situation("dump")) == Coverage(source="cronjob", copies=(EARLIER, COPY), covers=(COVER,))


def test_jobs_removed() -> None:
    """Without its Jobs a CronJob still tells when the last success ended: it began at the planned start before."""
    assert covered(*situation("dump")[:1]).copies == (REMEMBERED,)
    assert covered(*situation("dump")[::2]).copies == (EARLIER, REMEMBERED)


@pytest.mark.parametrize(
    ("spec", "start"),
    [
        ({"schedule": "30 1 * * *", "timeZone": "Europe/Rome"}, "2026-11-01T00:30:00Z"),
        ({"schedule": "30 0 * * *", "timeZone": None}, "2026-11-01T00:30:00Z"),
        ({"schedule": "TZ=Europe/Rome 30 1 * * *", "timeZone": None}, "2026-11-01T00:30:00Z"),
        ({"schedule": "@hourly"}, "2026-11-01T01:00:00Z"),
        ({"schedule": "10 1 * * *", "timeZone": "UTC"}, "2026-10-31T01:10:00Z"),
        ({"schedule": "TZ=Asia/Tokyo 30 1 * * *"}, "2026-11-01T00:30:00Z"),  # the field beats it
        (
            {"schedule": "0 0 */2 * 1", "timeZone": None},
            "2026-11-01T00:00:00Z",
        ),  # every other day, or a Monday
        ({"schedule": "0 0 15 * */3", "timeZone": None}, "2026-11-01T00:00:00Z"),  # a Sunday
        ({"schedule": "@every 1h"}, "2026-11-01T01:10:00Z"),
        ({"schedule": "no plan"}, "2026-11-01T01:10:00Z"),
        ({"schedule": "@hourly", "timeZone": "Nowhere/Town"}, "2026-11-01T01:10:00Z"),
    ],
)
def test_planned_start(spec: dict[str, Any], start: str) -> None:
    """The planned start is that of the CronJob's own cron in its own zone; without a plan, the end has to do."""
    (run, *_) = situation("dump", spec=spec, status={"lastScheduleTime": None})
    assert [found.captured for found in covered(run).copies] == [at(start)]


def test_a_run_that_took_longer_than_the_plan_is_apart() -> None:
    """The run that succeeded cannot have been planned after the newest that was made: it ran for hours."""
    (run, *_) = situation(
        "dump",
        spec={"schedule": "*/10 * * * *", "timeZone": None},
        status={"lastScheduleTime": "2026-10-31T21:00:00Z"},
    )
    assert [found.captured for found in covered(run).copies] == [at("2026-10-31T21:00:00Z")]


def test_no_success() -> None:
    """A CronJob that never succeeded covers its claims and has no copy of them."""
    (never, *_) = situation("dump", status={"lastSuccessfulTime": None})
    assert covered(never) == Coverage(source="cronjob", covers=(COVER,))


def test_failed_job() -> None:
    """A failed Job is a run that should have copied the claim; one that goes on is neither."""
    jobs = situation("failed-job") + situation("running-job")
    miss = Miss(
        schedule=KEY,
        time=at("2026-11-02T00:30:02Z"),
        cause="failed",
        evidence=ObjectRef("Job", "shop", "dump-29701470"),
    )
    found = covered(*situation("dump"), *jobs)
    assert found == Coverage(source="cronjob", copies=(EARLIER, COPY), covers=(COVER,), misses=(miss,))


def test_failure_before_the_claim() -> None:
    """A Job that failed before the claim was made did not miss it."""
    young = msgspec.structs.replace(CLAIM, created=at("2026-11-02T00:45:00Z"))
    assert covered(*situation("dump"), *situation("failed-job"), claim=young).misses == ()


def test_jobs_of_an_earlier_cronjob() -> None:
    """Jobs of a CronJob that was deleted, and made again under its name, are none of its runs."""
    objects = situation("dump", status={"lastSuccessfulTime": None})
    objects[0]["metadata"]["uid"] = "cronjob-2"
    assert covered(*objects).copies == ()


def test_annotation_counts() -> None:
    """Nothing is protected by a CronJob that does not say so, nor by a Job of none."""
    assert covered(*situation("unannotated"), *situation("dump")[1:], *situation("stray-job")) == Coverage(
        source="cronjob"
    )
    assert read(SOURCE, situation("stray-job")[0]) == ()


@pytest.mark.parametrize(
    ("annotations", "placement", "consistency"),
    [
        ({"holdfast.dev/placement": None, "holdfast.dev/consistency": None}, "local", "unknown"),
        ({"holdfast.dev/placement": "on the moon", "holdfast.dev/consistency": "yes"}, "local", "unknown"),
        ({"holdfast.dev/placement": " Offsite ", "holdfast.dev/consistency": "crash"}, "offsite", "crash"),
        ({"holdfast.dev/placement": "local", "holdfast.dev/consistency": "unknown"}, "local", "unknown"),
    ],
)
def test_placement(annotations: dict[str, Any], placement: str, consistency: str) -> None:
    """Where a dump goes cannot be seen: it is local and unknown unless annotations that parse say more."""
    found = covered(*situation("dump", annotations=annotations))
    assert {(copied.placement, copied.consistency) for copied in found.copies} == {(placement, consistency)}
    assert [(plan.placement, plan.consistency) for plan in found.covers] == [(placement, consistency)]


STATEFUL_SET = Workload(
    kind="StatefulSet",
    namespace="shop",
    name="db",
    uid="sts-1",
    created=0.0,
    annotations=NO_ANNOTATIONS,
    claim_templates=("data", "wal"),
    owner=Owner("acid.zalan.do/v1", "postgresql", "orders", "pg-1"),
)
POD = Pod(
    namespace="shop",
    name="db-0",
    uid="pod-1",
    created=0.0,
    phase="Running",
    node="worker-1",
    mounts=(Mount(volume="data", claim="plain"),),
    labels={},
    owner=Owner("apps/v1", "StatefulSet", "db", "sts-1"),
)
CLUSTER = Owner("postgresql.cnpg.io/v1", "Cluster", "orders", "cnpg-1")


@pytest.mark.parametrize(
    ("protects", "claim", "protected"),
    [
        ("data", claim_named("shop", "data"), True),
        ("data", claim_named("shop", "data-1"), False),
        ("data", claim_named("other", "data"), False),
        ("dat*", claim_named("shop", "data-1"), True),
        ("*", claim_named("shop", "anything"), True),
        ("*", claim_named("other", "anything"), False),
        ("other/data", claim_named("other", "data"), True),
        ("other/da*", claim_named("other", "data"), True),
        ("other/da*", claim_named("shop", "data"), False),
        ("da*, other/x*", claim_named("other", "data"), False),
        ("statefulset/db", claim_named("shop", "data-db-0"), True),
        ("StatefulSet/db", claim_named("shop", "wal-db-12"), True),
        ("statefulset/db", claim_named("shop", "tmp-db-0"), False),
        ("statefulset/db", claim_named("shop", "data-db-x"), False),
        ("statefulset/db", claim_named("other", "data-db-0"), False),
        ("statefulset/gone", claim_named("shop", "data-gone-0"), False),
        ("cluster.postgresql.cnpg.io/orders", claim_named("shop", "orders-1", CLUSTER), True),
        ("CLUSTER.postgresql.cnpg.io/orders", claim_named("shop", "orders-1", CLUSTER), True),
        ("cluster.postgresql.cnpg.io/other", claim_named("shop", "orders-1", CLUSTER), False),
        ("cluster.other.io/orders", claim_named("shop", "orders-1", CLUSTER), False),
        ("cluster.postgresql.cnpg.io/orders", claim_named("other", "orders-1", CLUSTER), False),
        ("postgresql.acid.zalan.do/orders", claim_named("shop", "data-db-0"), True),
        ("postgresql.acid.zalan.do/orders", claim_named("shop", "plain"), True),
        ("postgresql.acid.zalan.do/orders", claim_named("shop", "unmounted"), False),
        ("not//an/item, data", claim_named("shop", "data"), True),
        ("not//an/item", claim_named("shop", "data"), False),
        ("", claim_named("shop", "data"), False),
    ],
)
def test_protects(protects: str, claim: Claim, protected: bool) -> None:
    """A claim is tied by name, prefix, StatefulSet or owner; the good items of a partly bad list count."""
    (run, *_) = situation("dump", annotations={"holdfast.dev/protects": protects})
    found = covered(run, claim=claim, facts=(claim, STATEFUL_SET, POD))
    assert found.covers == ((COVER,) if protected else ())
    assert [c.claim for c in found.copies] == ([claim.ref] if protected else [])


@pytest.mark.parametrize(
    ("spec", "gap"), [({"suspend": True}, "paused"), ({"schedule": "61 * * * *", "suspend": True}, "invalid")]
)
def test_gaps(spec: dict[str, Any], gap: str) -> None:
    """A CronJob that makes no runs now says why, and keeps its copies."""
    found = covered(*situation("dump", spec=spec))
    assert [c.gap for c in found.covers] == [gap]
    assert found.copies == (EARLIER, COPY)


PLAN = Schedule(
    key=KEY,
    uid="cronjob-1",
    created=at("2026-01-01T00:00:00Z"),
    cron="30 1 * * *",
    timezone="Europe/Rome",
    last_success=at("2026-11-01T00:30:02Z"),
    last_attempt=at("2026-11-01T00:30:02Z"),
    last_duration=2398.0,
    last_result="success",
)


@pytest.mark.tells("cronjob", "schedule", "result")
def test_schedule() -> None:
    """A schedule's last success is the start of the Job, its last attempt that of any Job."""
    assert planned(*situation("dump")) == PLAN


def test_schedule_without_jobs() -> None:
    """Without Jobs the CronJob's own memory has to do, and nobody knows how long the run took."""
    assert planned(*situation("dump")[:1]) == msgspec.structs.replace(
        PLAN,
        last_success=at("2026-11-01T00:30:00Z"),
        last_attempt=at("2026-11-01T00:30:00Z"),
        last_duration=None,
    )


def test_schedule_after_a_failure() -> None:
    """A failed Job is the newest result, and leaves the last success as it was."""
    assert planned(*situation("dump"), *situation("failed-job")) == msgspec.structs.replace(
        PLAN, last_attempt=at("2026-11-02T00:30:02Z"), last_duration=1798.0, last_result="failure"
    )


def test_schedule_while_running() -> None:
    """A Job that goes on is an attempt, and leaves the result as it was."""
    assert planned(*situation("dump"), *situation("running-job")) == msgspec.structs.replace(
        PLAN, last_attempt=at("2026-11-02T00:30:02Z"), running_since=at("2026-11-02T00:30:02Z")
    )


def test_success_newer_than_any_job() -> None:
    """A success that only the CronJob remembers is newer than a failure that still has its Job."""
    objects = situation(
        "dump",
        status={
            "lastSuccessfulTime": "2026-11-03T01:10:00Z",
            "lastScheduleTime": "2026-11-03T00:30:00Z",
        },
    )[:1] + situation("failed-job")
    found = planned(*objects)
    assert (found.last_result, found.last_success) == ("success", at("2026-11-03T00:30:00Z"))


def test_schedule_never_run() -> None:
    """A CronJob that has not come round yet has neither success nor result."""
    (new, *_) = situation("dump", status={"lastSuccessfulTime": None, "lastScheduleTime": None})
    found = planned(new)
    assert (found.last_success, found.last_attempt, found.last_result) == (None, None, "none")


def test_not_annotated_is_no_schedule() -> None:
    assert schedule(KEY, in_cluster(*situation("unannotated"), *situation("failed-job"))) is None


def touched(*objects: dict[str, Any]) -> set[Touch]:
    return {touch for obj in objects for record in read(SOURCE, obj) for touch in record.touches()}


TOUCH_PLAN = Touch("subject", ("schedule", *KEY))


def test_touches() -> None:
    """A CronJob touches what it protects; a Job its schedule, and once it ended the claims around it."""
    listed = {"holdfast.dev/protects": "data, other/db*, statefulset/db"}
    assert touched(situation("dump", annotations=listed)[0]) == {
        TOUCH_PLAN,
        Touch("subject", ("claim", "shop", "data")),
        Touch("namespace", ("other",)),
        Touch("namespace", ("shop",)),
    }
    assert touched(*situation("running-job")) == {TOUCH_PLAN}
    assert touched(*situation("failed-job")) == {TOUCH_PLAN, Touch("scheduled", ("cronjob", "shop", "dump"))}


OBJECTS = [obj for path in sorted(FIXTURES.glob("*.yaml")) for obj in documents(path)]
MIXTURE = [obj for obj in OBJECTS if obj not in documents(FIXTURES / "unannotated.yaml")]


@given(st.permutations(range(len(MIXTURE))))
def test_order_of_arrival(order: list[int]) -> None:
    """What is said of claim and schedule does not depend on the order in which objects arrived."""
    objects = [MIXTURE[place] for place in order]
    assert covered(*objects) == covered(*MIXTURE)
    assert planned(*objects) == planned(*MIXTURE)


@pytest.mark.parametrize("feed", SOURCE.feeds, ids=lambda feed: feed.kind)
def test_bare_object(feed: Any) -> None:
    """An object of nothing but a name and an owner or annotation survives, as does one whose every field is null."""
    owners = [{"apiVersion": "batch/v1", "kind": "CronJob", "name": "dump", "controller": True}]
    metadata = {"name": "x", "ownerReferences": owners, "annotations": {"holdfast.dev/protects": None}}
    nulls = dict.fromkeys(feed.shape.__struct_encode_fields__)
    read(SOURCE, {**nulls, "kind": feed.kind, "metadata": metadata})
    read(SOURCE, {"kind": feed.kind, "metadata": {"name": "x"}})


def test_what_is_not_read_is_not_decoded() -> None:
    """Env and args of the Jobs to be are not decoded."""
    body = msgspec.json.encode(situation("dump")[0])
    assert b"not-for-us" in body
    assert "not-for-us" not in repr(msgspec.json.decode(body, type=SOURCE.feeds[0].shape))


PLACES = places(OBJECTS)


def test_null_anywhere() -> None:
    """A null in any place of an object loses at most what stood in that place."""
    for obj, path in PLACES:
        if path not in NEEDED:
            covered(put((obj, path), None))


@given(st.sampled_from(PLACES), GARBAGE)
def test_garbage_is_read_or_refused(place: Place, garbage: Any) -> None:
    """Whatever stands in one place of an object, either it is refused when decoded or it can be read and judged."""
    try:
        cluster = in_cluster(put(place, garbage), *situation("dump")[1:])
    except msgspec.ValidationError:
        return
    cover(CLAIM, cluster, NoRolls())
    schedule(KEY, cluster)
