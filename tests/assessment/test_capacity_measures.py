"""Quotas and pools as quantities that can be kept and forecast, and judged the same in whatever order objects come."""

from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.assessment.capacity import measure_pool, measure_quota, most_seen
from holdfast.model.capacity import Limit, Measure, PoolJudgement, QuotaJudgement, QuotaResource
from tests.world import World, claim

FAST = "fast.storageclass.storage.k8s.io/requests.storage"


def quota_of(*limits: Limit) -> QuotaJudgement:
    return QuotaJudgement(namespace="shop", name="team", limits=limits, scoped=False)


def storage(hard: int | None, used: int | None, resource: QuotaResource = "requests.storage") -> Limit:
    return Limit(resource=resource, hard=hard, used=used)


def pool_of(available: int | None) -> PoolJudgement:
    return PoolJudgement(storage_class="fast", topology="rack=7,zone=a", available=available, maximum=None)


def test_a_quota_is_measured_by_limit() -> None:
    """The key names namespace, quota, class and resource; no part of it can hold a slash."""
    by_class = Limit(resource="requests.storage", storage_class="fast", hard=10, used=2)
    assert measure_quota(quota_of(storage(100, 60), by_class)) == (
        Measure("quota/shop/team//requests.storage", 60.0, 100.0),
        Measure("quota/shop/team/fast/requests.storage", 2.0, 10.0),
    )


@pytest.mark.parametrize(
    "limit",
    [storage(None, 5), storage(100, None), storage(0, 0), storage(10, 5, "persistentvolumeclaims")],
    ids=["no limit", "no use", "a limit of nothing", "a number of claims"],
)
def test_what_cannot_fill_is_not_measured(limit: Limit) -> None:
    assert measure_quota(quota_of(limit)) == ()


def test_a_quota_lowered_below_its_use_is_full() -> None:
    (measure,) = measure_quota(quota_of(storage(10, 30)))
    assert measure.used == measure.capacity == 10.0


def test_a_pool_is_as_large_as_the_most_that_was_lately_free() -> None:
    """Or is free now; a size that is about right stays, so that it does not follow every look."""
    told = [
        measure_pool(pool_of(available), seen, last)
        for available, seen, last in ((80, 0.0, None), (60, 80.0, 81.0), (90, 80.0, 80.0), (5, 60.0, 90.0))
    ]
    assert [(each.used, each.capacity) for each in told if each] == [
        (1.0, 80.0),
        (21.0, 81.0),
        (1.0, 90.0),
        (55.0, 60.0),
    ]
    assert {each.key for each in told if each} == {"pool/fast/rack=7,zone=a"}


@pytest.mark.parametrize("available", [None, 0], ids=["untold", "never seen free"])
def test_a_pool_of_unknown_size_is_not_measured(available: int | None) -> None:
    assert measure_pool(pool_of(available), 0.0, None) is None


def test_what_was_seen_once_is_no_size() -> None:
    """Rows of what was free, NaN in front: the second most counts."""
    free = np.array([[np.nan, 5.0, 100.0, 7.0], [np.nan, np.nan, np.nan, 9.0]])
    assert most_seen(free).tolist() == [7.0, 0.0]


SIZES = st.none() | st.integers(0, 2**63 - 1)
ROOM = st.floats(0, 2.0**64)


@given(SIZES, SIZES, ROOM, st.none() | ROOM)
def test_measures_are_readings_that_a_forecaster_takes(
    one: int | None, other: int | None, seen: float, before: float | None
) -> None:
    """Some use, not more than there is room for: a use of zero would read as a file system that was not there."""
    pool = measure_pool(pool_of(one), seen, before)
    for measure in [*measure_quota(quota_of(storage(one, other))), pool]:
        if measure is not None:
            assert 0 < measure.used <= measure.capacity


def documents() -> list[list[dict[str, Any]]]:
    """Each object in the forms that it may have."""

    def quota(used: str, **spec: Any) -> dict[str, Any]:
        key = {"requests.storage": "30Gi", FAST: "25Gi"}
        return {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"namespace": "shop", "name": "team"},
            "spec": spec,
            "status": {"hard": key, "used": dict.fromkeys(key, used)},
        }

    def pool(name: str, free: str | None, largest: str | None, of: str = "fast") -> dict[str, Any]:
        return {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "CSIStorageCapacity",
            "metadata": {"namespace": "storage-system", "name": name},
            "storageClassName": of,
            "nodeTopology": {},
            "capacity": free,
            "maximumVolumeSize": largest,
        }

    def storage_class(name: str, expands: bool) -> dict[str, Any]:
        return {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "allowVolumeExpansion": expands,
        }

    def asked(name: str) -> list[dict[str, Any]]:
        larger = {"resources": {"requests": {"storage": "25Gi"}}}
        return [
            claim(name),
            claim(name, spec=larger),
            claim(name, spec={"storageClassName": "slow"}),
            claim(name, status={"phase": "Pending", "capacity": None}),
        ]

    return [
        asked("shop/a"),
        asked("shop/b"),
        asked("other/a"),
        [storage_class("fast", expands=True), storage_class("fast", expands=False)],
        [storage_class("slow", expands=True), storage_class("slow", expands=False)],
        [quota("1Gi"), quota("24Gi"), quota("24Gi", scopes=["Terminating"])],
        [pool("one", "1Ti", "10Gi"), pool("one", "1Ti", "1Ti"), pool("one", None, None, "slow")],
        [pool("two", "2Ti", "20Gi"), pool("two", "2Ti", "20Gi", "slow")],
    ]


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32))
def test_what_stands_decides_the_text(seed: int) -> None:
    """Objects come in other forms first, go and come back, and are judged in between."""
    chance, objects = Random(seed), documents()
    world, last = World(), []
    for _ in range(3):
        chance.shuffle(objects)
        for forms in objects:
            form = chance.choice(forms)
            world.put(form)
            if chance.random() < 0.3:
                world.drop(form)
            if chance.random() < 0.3:
                world.judge()
    for forms in objects:
        form = chance.choice(forms)
        if chance.random() < 0.7:
            world.put(form)
            last.append(form)
        else:
            world.drop(form)
    world.judge()
    assert world.text() == World(*last).text()
