"""What the example's kubelets tell: plausible at any time, the same every time, and the same again out of files."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.app.compose import read_settings
from holdfast.app.look import Look, Origin, look
from holdfast.demo import Example, demo_config, write_demo
from holdfast.demo.courses import course
from holdfast.model.facts import Claim, Pod
from holdfast.model.filling import FillingJudgement
from holdfast.model.usage import UsageSample, is_own
from holdfast.usage.text import read_samples
from tests.demo.living import lived, settled
from tests.demo.stories import (
    CONFINED,
    FILLING,
    ROOMS,
    SEEN_FROM,
    SHARED,
    STALE,
    STILL,
    UNFORETOLD,
    UNMEASURED,
    UNSEEN,
    UNSEEN_FROM,
)
from tests.demo.test_demo_verdicts import NOWS, at, judged, samples, unseen
from tests.world import World

HOUR, DAY = 3600.0, 86400.0
NOW = at(NOWS["weekend"])


@cache
def told(now: float = NOW) -> tuple[UsageSample, ...]:
    return tuple(Example(now).usage())


def by_time(found: Any) -> list[UsageSample]:
    return sorted(found, key=lambda sample: (sample.claim, sample.time))


def fillings(world: World) -> dict[str, FillingJudgement]:
    found: list[Any] = world.engine.judgements("filling")
    return {str(filling.ref): filling for filling in found}


def days(instant: float | None, world: World) -> float:
    assert instant is not None
    return (instant - world.now) / DAY


def claim_of(row: dict[str, str]) -> str:
    return f"{row['namespace']}/{row['persistentvolumeclaim']}"


@pytest.mark.parametrize("now", NOWS.values(), ids=NOWS.keys())
class TestAtAnyTime:
    def test_every_mounted_claim_is_measured_or_says_why_not(self, now: str) -> None:
        world = judged(now)
        facts = world.engine.facts
        mounted = {
            str(claim.ref)
            for claim in facts.all(Claim)
            if any(pod.phase == "Running" for pod in facts.linked(Pod, "claim", *claim.ref))
        }
        states = {name: filling.state for name, filling in fillings(world).items() if name in mounted}
        unmeasured = {name for name, state in states.items() if state != "measured"}
        assert unmeasured == {*UNMEASURED, *STALE}
        assert {name for name in states if states[name] == "stale"} == STALE

    def test_what_is_not_measured_says_why(self, now: str) -> None:
        rows = samples(judged(now), "holdfast_pvc_usage_unmeasured")
        assert {claim_of(row): row["reason"] for row in rows} == UNMEASURED

    def test_who_shares_a_space_names_it(self, now: str) -> None:
        rows = samples(judged(now), "holdfast_pvc_backend_info")
        assert {claim_of(row): row["backend"] for row in rows} == SHARED

    def test_what_cannot_be_foretold_says_why(self, now: str) -> None:
        rows = samples(judged(now), "holdfast_pvc_forecast_unknown")
        found = {claim_of(row): row["reason"] for row in rows if row["resource"] == "bytes"}
        assert found == UNFORETOLD

    def test_what_fills_is_full_when_its_story_says(self, now: str) -> None:
        world = judged(now)
        for name, (resource, earliest, latest) in FILLING.items():
            prospect = getattr(fillings(world)[name], resource)
            assert earliest <= days(prospect.central, world) <= latest, name
            assert prospect.early is not None
            assert prospect.early <= prospect.central, name

    def test_what_stands_still_is_not_called_filling(self, now: str) -> None:
        found = fillings(judged(now))
        for name, share in STILL.items():
            sample, prospect = found[name].sample, found[name].bytes
            assert sample is not None
            assert sample.used is not None
            assert sample.capacity is not None
            assert abs(100 * sample.used / sample.capacity - share) < 0.1, name
            assert prospect is not None
            assert prospect.central == float("inf"), name

    def test_what_cannot_grow_says_why(self, now: str) -> None:
        rows = samples(judged(now), "holdfast_pvc_not_expandable")
        assert {claim_of(row): row["reason"] for row in rows} == CONFINED

    def test_quotas_and_pools_are_used_up_as_told(self, now: str) -> None:
        rows = judged(now).rows("quota_time_to_full_seconds", "pool_time_to_full_seconds")
        found = {room(row): not row.endswith(" +Inf") for row in rows}
        assert found == ROOMS


def room(row: str) -> str:
    """``NAMESPACE/NAME RESOURCE CLASS`` of a quota, ``CLASS TOPOLOGY`` of a pool."""
    values = row.split('"')[1::2]
    if row.startswith("quota"):
        namespace, name, *rest = values
        return " ".join([f"{namespace}/{name}", *rest]).strip()
    return " ".join(values[1:]).strip()


def test_a_line_of_the_table_is_of_a_claim_that_is_there() -> None:
    """A claim that was renamed would lose its usage without a word."""
    claims = {str(claim.ref) for claim in lived(NOW).engine.facts.all(Claim)}
    assert {str(sample.claim) for sample in told()} <= claims
    assert {str(sample.claim) for sample in told()}.isdisjoint(UNMEASURED)


def test_usage_goes_back_two_weeks_hour_by_hour() -> None:
    times = sorted(sample.time for sample in told() if str(sample.claim) == "shop/orders-db-0")
    assert len(times) == 14 * 24
    assert {round(later - sooner) for sooner, later in pairwise(times)} == {3600}
    assert NOW - 60 < times[-1] <= NOW


def test_a_sample_is_of_its_claim_and_not_of_the_future() -> None:
    created = {claim.ref: claim.created for claim in lived(NOW).engine.facts.all(Claim)}
    assert all(is_own(sample, created[sample.claim], NOW) and sample.time <= NOW for sample in told())


def test_nothing_is_fuller_than_full() -> None:
    for sample in told():
        assert sample.used is not None
        if sample.capacity is not None:
            assert 0 < sample.used <= sample.capacity


def test_the_same_instant_gives_the_same_usage() -> None:
    assert tuple(Example(NOW).usage()) == told()


def test_in_a_cluster_that_lives_the_past_stays_as_it_was() -> None:
    """Two hours on, what was measured before is what a look back finds."""
    later = {(s.claim, s.time): s for s in Example(NOW + 2 * HOUR, told=NOW).usage()}
    shared = [sample for sample in told() if (sample.claim, sample.time) in later]
    assert len(shared) > 19_000
    assert all(later[sample.claim, sample.time] == sample for sample in shared)


def test_a_pod_that_began_a_moment_ago_is_measured_soon() -> None:
    name = "staging/feature-1440-db"
    soon = Example(NOW + 180, told=NOW).usage(past=False)
    assert name not in {str(sample.claim) for sample in told()}
    assert name in {str(sample.claim) for sample in soon}


def test_one_pod_is_near_its_eviction_and_none_is_beyond() -> None:
    rows = lived(NOW).rows("ephemeral_limit_used_ratio")
    ratios = {tuple(row.split('"')[1::2]): float(row.rpartition(" ")[2]) for row in rows}
    assert {key for key, ratio in ratios.items() if ratio > 0.8} == {
        ("analytics", "Pod", "trainer", "emptydir", "batches")
    }
    assert max(ratios.values()) < 1


def test_a_node_whose_images_have_a_disk_of_their_own_tells_of_each() -> None:
    rows = samples(lived(NOW), "holdfast_node_filesystem_available_bytes")
    disks = {(row["node"], row["filesystem"]) for row in rows}
    assert {filesystem for node, filesystem in disks if node == "worker-5"} == {
        "nodefs",
        "imagefs",
        "containerfs",
    }
    assert {node for node, _ in disks} == {"worker-1", "worker-2", "worker-3", "worker-5"}


@settings(deadline=None)
@given(
    used=st.floats(0, 100),
    daily=st.floats(-50, 50),
    swing=st.floats(0, 50),
    past=st.floats(-14 * DAY, 90 * DAY),
)
def test_a_course_is_a_share_whatever_its_line_says(
    used: float, daily: float, swing: float, past: float
) -> None:
    line = {"used": used, "daily": daily, "swing": swing, "every": "7d", "gone": "3d"}
    assert 0 < course("a", line).at(NOW + past, NOW) <= 1


def test_a_course_is_now_where_its_line_says() -> None:
    lines: list[dict[str, Any]] = [
        {"used": 40, "daily": 3},
        {"used": 40, "swing": 20, "every": "7d", "gone": "3d"},
        {"used": 40, "rise": {"since": "9h", "daily": 40}},
        {"used": 40, "drop": {"ago": "20h", "by": 50}},
    ]
    for line in lines:
        assert course("a", line).at(NOW, NOW) == pytest.approx(0.4, abs=0.001), line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("written")
    write_demo(written, NOW)
    return written


def test_written_usage_is_read_again_as_it_was(folder: Path) -> None:
    read = read_samples([folder / "usage.om"], NOW)
    assert read.damage == ()
    assert by_time(read.samples) == by_time(told())


async def looked(folder: Path) -> Look:
    return await look(read_settings([demo_config()]), Origin(folder=folder), NOW)


async def test_a_written_cluster_is_judged_as_the_same_objects_and_samples(folder: Path) -> None:
    """Byte for byte: what `report` prints is what an exporter would serve that was told the same."""
    world = World(*Example(NOW).objects(), now=NOW, policy=read_settings([demo_config()]).policy())
    world.engine.gauges.asked.queries = True
    world.engine.take_usage(told(), NOW)
    world.engine.reconsider_unmeasured()
    read = await looked(folder)
    assert read.errors == ()
    assert b"".join(read.engine.text(NOW)).decode() == settled(world).text()


async def test_a_written_cluster_shows_all_but_what_files_cannot_tell(folder: Path) -> None:
    read = await looked(folder)
    world = World(now=NOW)
    world.engine = read.engine
    assert set(unseen(world)) == {*UNSEEN, *UNSEEN_FROM} - SEEN_FROM
