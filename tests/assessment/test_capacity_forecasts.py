"""Forecasts of quotas and pools: which stand, and which would be of figures that are told no more. Looks in, rows out."""

from collections.abc import Collection
from typing import Any

import pytest

from holdfast.app.capacities import Capacities
from holdfast.model.capacity import PoolJudgement, QuotaJudgement
from holdfast.model.identity import POOL, QUOTA, Subject
from holdfast.model.judgement import Judgement
from tests.assessment.test_capacity import pool, quota
from tests.world import NOW, World

HOUR, DAY = 3600.0, 86400.0
TOTAL = "requests.storage"
KINDS = ("ResourceQuota", "CSIStorageCapacity")
FAMILIES = ("quota_time_to_full_seconds", "pool_time_to_full_seconds")


def look(world: World, now: float, *objects: dict[str, Any], dark: Collection[str] = ()) -> None:
    """Objects come, what they tell is measured, and what is due is foretold."""
    world.put(*objects)
    world.judge(now)
    engine = world.engine
    rooms = [(subject_of(each), each) for noun in (QUOTA, POOL) for each in engine.judgements(noun)]
    capacities: Capacities = engine.judging.capacities
    kept = capacities.measure(rooms, now, dark)
    engine.gauges.forget(kept)
    while engine.foretell(now):
        pass
    world.judge(now)


def subject_of(judgement: Judgement) -> Subject:
    if isinstance(judgement, QuotaJudgement):
        return Subject(QUOTA, (judgement.namespace, judgement.name))
    assert isinstance(judgement, PoolJudgement)
    return Subject(POOL, (judgement.storage_class, judgement.topology))


def pooled(free: float) -> dict[str, Any]:
    return pool(available=f"{round(free * 1024)}Mi")


def filling(hours: int = 72) -> World:
    """A quota and a pool of 100 GiB, of which one goes an hour."""
    world = World(now=NOW)
    for hour in range(hours + 1):
        asked = quota({TOTAL: "100Gi"}, {TOTAL: f"{10 + hour}Gi"})
        look(world, NOW + hour * HOUR, pooled(100 - hour), asked)
    return world


def left(world: World) -> list[float]:
    return [float(row.rpartition(" ")[2]) for row in world.rows(*FAMILIES)]


def test_both_fill() -> None:
    for seconds in left(filling()):
        assert seconds / HOUR == pytest.approx(22, abs=12)


def test_a_wrong_reading_is_not_the_size_of_a_pool() -> None:
    """Once 100 TiB were told of; ever since it is 500 GiB, of which nothing goes."""
    world = World(now=NOW)
    look(world, NOW, pooled(100 * 1024))
    for hour in range(1, 72):
        look(world, NOW + hour * HOUR, pooled(500))
    assert left(world) == [float("inf")]


def test_a_hundredth_of_a_large_pool_may_be_plenty() -> None:
    """100 TiB were free for hours, then 500 GiB for days: it is not full, and does not fill."""
    world = World(now=NOW)
    for hour in range(80):
        look(world, NOW + hour * HOUR, pooled(100 * 1024 if hour < 6 else 500))
    assert left(world) == [float("inf")]


def test_a_hundredth_that_shrinks_is_not_plenty() -> None:
    world = World(now=NOW)
    for hour in range(80):
        look(world, NOW + hour * HOUR, pooled(100 * 1024 if hour < 6 else 500 - 3 * hour))
    assert left(world) == [0.0]


def test_a_pool_that_shrinks_for_longer_than_is_kept_still_fills() -> None:
    """Its size follows the space that it had, and what is kept of it is told in that size."""
    world = World(now=NOW)
    for step in range(20 * 8):
        look(world, NOW + step * 3 * HOUR, pooled(300 - step * 1.75))
    (seconds,) = left(world)
    assert seconds < 4 * DAY


def test_a_forecast_ends_with_the_figures_that_it_was_made_of() -> None:
    world = filling()
    untold = [pool(available=None), quota({TOTAL: "0"}, {TOTAL: "82Gi"})]
    world.put(*untold)
    world.judge(NOW + 72 * HOUR + 60)
    assert left(world) == []


def test_what_is_told_no_more_is_not_measured() -> None:
    """The objects stand as they were: no reading, so that nothing seems to stop filling. After a day nothing is foretold."""
    world = filling()
    told = left(world)
    for hour in range(73, 90):
        look(world, NOW + hour * HOUR, dark=KINDS)
    assert left(world) == [pytest.approx(seconds - 17 * HOUR) for seconds in told]
    world.judge(NOW + 96 * HOUR)
    assert left(world) == []


def pool_judged(world: World) -> PoolJudgement:
    (judged,) = (each for each in world.engine.judgements(POOL) if isinstance(each, PoolJudgement))
    return judged


def test_less_is_free_of_a_pool_for_a_week_after_it_filled() -> None:
    world = filling(hours=98)
    assert pool_judged(world).shrank
    for hour in range(99, 98 + 150, 6):
        look(world, NOW + hour * HOUR, pooled(0))
    assert left(world)[-1] == 0
    assert pool_judged(world).shrank
    look(world, NOW + (98 + 170) * HOUR, pooled(0))
    assert not pool_judged(world).shrank


def test_a_zone_that_never_had_space_did_not_shrink() -> None:
    world = World(now=NOW)
    for hour in range(72):
        look(world, NOW + hour * HOUR, pooled(0))
    assert not pool_judged(world).shrank


def test_a_pool_without_space_is_full() -> None:
    """However short it is known; and it says so of the earliest instant as well."""
    world = World(pool(available="0"))
    families = ("pool_time_to_full_seconds", "pool_time_to_full_early_seconds")
    assert [row.rpartition(" ")[2] for row in world.rows(*families)] == ["0", "0"]
