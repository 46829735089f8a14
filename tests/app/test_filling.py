"""How claims fill: objects and samples in, exposition world out."""

from collections.abc import Iterable, Mapping
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from holdfast.app.sharers import find_sharers
from holdfast.assessment.sharing import Candidate, Scope, shared_spaces
from holdfast.model.identity import ClaimRef
from holdfast.model.usage import UsageSample
from tests.world import NOW, World, claim, labelled, laid_over, pod

HOUR, DAY, GI = 3600.0, 86400.0, 2.0**30
C = 'namespace="shop",persistentvolumeclaim="data"'


def sample(
    name: str = "shop/data", *, time: float = NOW - 30, used: float = 4 * GI, **fields: Any
) -> UsageSample:
    namespace, _, name = name.partition("/")
    given: Mapping[str, Any] = {"capacity": 10 * GI, "available": 10 * GI - used, **fields}
    return UsageSample(claim=ClaimRef(namespace, name), time=time, used=used, origin="node-1", **given)


def growing(
    name: str = "shop/data", *, days: float = 7, per_day: float = GI / 2, upto: float = 9 * GI
) -> list[UsageSample]:
    """One sample an hour until now, on a straight line."""
    hours = range(int(days * 24), -1, -1)
    return [sample(name, time=NOW - 30 - hour * HOUR, used=upto - per_day * hour / 24) for hour in hours]


def served(world: World, samples: Iterable[UsageSample] = ()) -> World:
    """The world with these samples taken in, and all forecasts made."""
    world.engine.take_usage(samples, world.now)
    while world.engine.foretell(world.now):
        pass
    world.engine.take_rooms(world.now)
    find_sharers(world.engine, world.now)
    world.judge()
    return world


def rows(world: World, family: str) -> list[str]:
    """The rows of one family, without the family's name."""
    return [row.removeprefix(family) for row in world.rows(family)]


def value(world: World, family: str) -> float:
    (row,) = rows(world, family)
    return float(row.rpartition(" ")[2])


def volume(name: str = "shop/data", **fields: Any) -> dict[str, Any]:
    namespace, _, short = name.partition("/")
    made: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {
            "name": f"pv-{namespace}-{short}",
            "uid": f"pv-{short}",
            "creationTimestamp": "2026-11-01T00:00:00Z",
        },
        "spec": {
            "capacity": {"storage": "10Gi"},
            "claimRef": {"namespace": namespace, "name": short, "uid": f"uid-{namespace}-{short}"},
            "csi": {"driver": "csi.example.com", "volumeHandle": short},
            "storageClassName": "fast",
        },
        "status": {"phase": "Bound"},
    }
    return laid_over(made, fields)


def mounted(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """Claims with a running pod on each."""
    made: list[dict[str, Any]] = []
    for name in names or ("shop/data",):
        namespace, _, short = name.partition("/")
        made += [claim(name, **fields), volume(name), pod(f"{namespace}/{short}-pod", short)]
    return made


def asking(world: World, **fields: Any) -> World:
    """With these asked, or answering."""
    for name, given in fields.items():
        setattr(world.engine.gauges.asked, name, given)
    world.engine.reconsider_unmeasured()
    return world


def test_a_sample_is_published_with_its_age() -> None:
    world = served(World(*mounted()), [sample(inodes=1000.0, inodes_used=10.0)])
    assert rows(world, "pvc_used_bytes") == [f"{{{C}}} {int(4 * GI)}"]
    assert rows(world, "pvc_filesystem_bytes") == [f"{{{C}}} {int(10 * GI)}"]
    assert rows(world, "pvc_available_bytes") == [f"{{{C}}} {int(6 * GI)}"]
    assert rows(world, "pvc_inodes_used") == [f"{{{C}}} 10"]
    assert rows(world, "pvc_inodes") == [f"{{{C}}} 1000"]
    assert rows(world, "pvc_usage_age_seconds") == [f"{{{C}}} 30"]


@pytest.mark.parametrize(
    ("told", "ratio"),
    [
        ({"used": 4.0, "capacity": 10.0}, 0.4),
        ({"used": 945.0, "available": 5.0, "capacity": 1000.0}, 945 / 950),  # root keeps back a twentieth
        ({"used": 100.0, "available": 300.0, "capacity": 1000.0}, 0.7),  # others fill it as well
        ({"used": 600.0, "available": 500.0, "capacity": 1000.0}, 0.6),  # what is free counts twice
        ({"used": 11.0, "capacity": 10.0}, 1.0),
    ],
)
def test_how_full_a_claim_is_is_a_share_of_what_it_offers(told: dict[str, Any], ratio: float) -> None:
    measured = UsageSample(claim=ClaimRef("shop", "data"), time=NOW, **told)
    (row,) = rows(served(World(*mounted()), [measured]), "pvc_used_ratio")
    head, _, value = row.rpartition(" ")
    assert (head, float(value)) == (f'{{{C},resource="bytes"}}', ratio)


def test_how_full_it_is_of_inodes_stands_beside_it() -> None:
    world = served(World(*mounted()), [sample(inodes=1000.0, inodes_used=100.0)])
    assert rows(world, "pvc_used_ratio") == [
        f'{{{C},resource="bytes"}} 0.4',
        f'{{{C},resource="inodes"}} 0.1',
    ]


def test_inodes_of_which_next_to_none_are_used_are_only_counted() -> None:
    flat = [replace(one, inodes=1000.0, inodes_used=99.0) for one in growing(upto=5 * GI)]
    world = served(World(*mounted()), flat)
    for family in ("pvc_used_ratio", "pvc_time_to_full_seconds", "pvc_time_to_full_early_seconds"):
        assert [row for row in rows(world, family) if "inodes" in row] == [], family
    assert rows(world, "pvc_inodes_used") == [f"{{{C}}} 99"]


def test_inodes_that_run_out_are_foretold_however_few_are_used_yet() -> None:
    filling = [
        sample(time=one.time, used=GI, inodes=1e6, inodes_used=max(90_000 - 2_000 * ago, 10))
        for ago, one in enumerate(reversed(growing(days=3)))
    ]
    world = served(World(*mounted()), reversed(filling))
    (ratio,) = (row for row in rows(world, "pvc_used_ratio") if "inodes" in row)
    assert ratio == f'{{{C},resource="inodes"}} 0.09'
    (left,) = (row for row in rows(world, "pvc_time_to_full_seconds") if "inodes" in row)
    assert float(left.rpartition(" ")[2]) < 60 * DAY


def test_a_claim_that_grows_is_full_some_day() -> None:
    world = served(World(*mounted()), growing())
    (left,) = rows(world, "pvc_time_to_full_seconds")
    head, _, value = left.rpartition(" ")
    assert head == f'{{{C},resource="bytes"}}'
    assert float(value) / DAY == pytest.approx(1.8, abs=0.3)  # 0.9 GiB of 0.5 a day
    early, late = (
        float(rows(world, f"pvc_time_to_full_{bound}_seconds")[0].rpartition(" ")[2])
        for bound in ("early", "late")
    )
    assert early <= float(value) <= late
    (growth,) = rows(world, "pvc_growth_bytes_per_second")
    assert float(growth.rpartition(" ")[2]) * DAY == pytest.approx(GI / 2, rel=0.02)


def test_time_to_full_counts_down_between_two_forecasts() -> None:
    world = World(*mounted())
    before = value(served(world, growing()), "pvc_time_to_full_seconds")
    world.now += 100
    assert before - value(world, "pvc_time_to_full_seconds") == pytest.approx(100, abs=0.01)


def test_what_does_not_grow_is_never_full() -> None:
    world = served(World(*mounted()), growing(per_day=0.0, upto=5 * GI))
    assert rows(world, "pvc_time_to_full_seconds") == [f'{{{C},resource="bytes"}} +Inf']
    assert rows(world, "pvc_time_to_full_late_seconds") == []


def test_what_is_full_is_full_now() -> None:
    world = served(World(*mounted()), growing(upto=9.95 * GI, per_day=GI / 100))
    assert rows(world, "pvc_time_to_full_seconds") == [f'{{{C},resource="bytes"}} 0']


def test_one_sample_is_no_forecast_and_says_so() -> None:
    world = served(World(*mounted()), [sample()])
    assert rows(world, "pvc_time_to_full_seconds") == []
    assert rows(world, "pvc_forecast_unknown") == [f'{{{C},resource="bytes",reason="short-history"}} 1']


def test_inodes_fill_as_bytes_do() -> None:
    samples = [
        sample(time=one.time, used=GI, inodes=1000.0, inodes_used=900 - hour)
        for hour, one in enumerate(reversed(growing()))
    ]
    world = served(World(*mounted()), samples)
    left = {row.rpartition(" ")[0]: row.rpartition(" ")[2] for row in rows(world, "pvc_time_to_full_seconds")}
    assert left[f'{{{C},resource="bytes"}}'] == "+Inf"
    assert float(left[f'{{{C},resource="inodes"}}']) / HOUR == pytest.approx(90, rel=0.2)


def test_a_forecast_stands_for_a_day_after_the_newest_sample() -> None:
    world = World(*mounted())
    served(world, growing())
    last = NOW - 30
    world.judge(last + DAY - 1)
    assert rows(world, "pvc_time_to_full_seconds")
    world.judge(last + DAY)
    assert rows(world, "pvc_time_to_full_seconds") == []
    assert rows(world, "pvc_forecast_unknown") == [f'{{{C},resource="bytes",reason="stale"}} 1']
    assert rows(world, "pvc_used_bytes"), "what was known stays, with its age"


def resized(condition: str, since: str, *, in_use: bool = True) -> World:
    """A claim that fills, and was asked to grow at that time of day."""
    waiting = {"type": condition, "status": "True", "lastTransitionTime": f"2026-11-21T{since}Z"}
    objects = mounted(status={"conditions": [waiting]})
    return served(World(*(each for each in objects if in_use or each["kind"] != "Pod")), growing())


def test_for_an_hour_after_the_claim_has_grown_its_file_system_is_expected_to() -> None:
    """Then it is as large as it stays until its pod is started anew, and fills as it is."""
    world = resized("FileSystemResizePending", "11:30:00")
    assert rows(world, "pvc_time_to_full_seconds") == []
    assert rows(world, "pvc_forecast_unknown") == [f'{{{C},resource="bytes",reason="resize-pending"}} 1']
    world.judge(NOW + HOUR / 2 - 1)
    assert rows(world, "pvc_time_to_full_seconds") == []
    world.judge(NOW + HOUR / 2)
    assert rows(world, "pvc_forecast_unknown") == []
    assert rows(world, "pvc_time_to_full_seconds")


def test_a_claim_that_nothing_runs_on_grows_with_its_next_mount() -> None:
    world = resized("FileSystemResizePending", "02:00:00", in_use=False)
    assert rows(world, "pvc_forecast_unknown") == [f'{{{C},resource="bytes",reason="resize-pending"}} 1']
    world.put(*mounted()[2:])
    world.judge()
    assert rows(world, "pvc_time_to_full_seconds")


def test_a_claim_whose_resize_failed_fills_as_it_is() -> None:
    assert rows(resized("NodeResizeError", "11:30:00"), "pvc_time_to_full_seconds")


def coverage(world: World) -> dict[str, int]:
    found = (row.rpartition(" ") for row in rows(world, "usage_coverage_claims"))
    return {head.partition('state="')[2].rstrip('"}'): int(value) for head, _, value in found}


def test_a_sample_counts_as_measured_for_a_quarter_of_an_hour() -> None:
    world = World(*mounted())
    assert coverage(served(world, [sample(time=NOW)])) == {"measured": 1, "stale": 0, "unmeasured": 0}
    world.judge(NOW + 899)
    assert coverage(world)["measured"] == 1
    world.judge(NOW + 900)
    assert coverage(world) == {"measured": 0, "stale": 1, "unmeasured": 0}


REASONS = {
    "not-asked": {},
    "not-scraped": {"queries": True},
    "node-silent": {"kubelets": True, "answering": {"node-2"}},
    "driver-silent": {"kubelets": True, "answering": {"node-1"}},
}


@pytest.mark.parametrize(("reason", "fields"), REASONS.items(), ids=REASONS)
def test_a_mounted_claim_that_nobody_measures_says_why(reason: str, fields: dict[str, Any]) -> None:
    world = served(asking(World(*mounted()), **fields))
    assert rows(world, "pvc_usage_unmeasured") == [f'{{{C},reason="{reason}"}} 1']
    assert coverage(world) == {"measured": 0, "stale": 0, "unmeasured": 1}


def test_a_pod_that_began_a_moment_ago_is_no_silent_driver() -> None:
    objects = [
        claim(),
        volume(),
        pod("shop/web-0", "data", metadata={"creationTimestamp": "2026-11-21T11:59:00Z"}),
    ]
    world = asking(World(*objects), kubelets=True, answering={"node-1"})
    assert rows(served(world), "pvc_usage_unmeasured") == [f'{{{C},reason="just-started"}} 1']
    world.judge(NOW + 180)  # three minutes, and a round of a minute, after its creation
    assert rows(world, "pvc_usage_unmeasured") == [f'{{{C},reason="driver-silent"}} 1']


def test_before_everybody_was_asked_nothing_is_said() -> None:
    world = served(asking(World(*mounted()), kubelets=True, looked=False))
    assert rows(world, "pvc_usage_unmeasured") == []
    assert coverage(world) == {}


def test_a_block_device_is_named_and_does_not_count() -> None:
    world = served(World(*mounted(spec={"volumeMode": "Block"})))
    assert rows(world, "pvc_usage_unmeasured") == [f'{{{C},reason="block-mode"}} 1']
    assert coverage(world) == {}


@pytest.mark.parametrize(
    "objects", [[claim(), volume()], [claim(), volume(), pod("shop/web-0", "data", phase="Pending")]]
)
def test_what_is_not_mounted_is_not_missed(objects: list[dict[str, Any]]) -> None:
    world = served(World(*objects))
    assert rows(world, "pvc_usage_unmeasured") == []
    assert coverage(world) == {}


def test_when_the_node_answers_the_reason_changes() -> None:
    world = asking(World(*mounted()), kubelets=True)
    assert rows(served(world), "pvc_usage_unmeasured") == [f'{{{C},reason="node-silent"}} 1']
    asking(world, answering={"node-1"}).judge()
    assert rows(world, "pvc_usage_unmeasured") == [f'{{{C},reason="driver-silent"}} 1']


def test_a_sample_older_than_the_live_claim_is_not_its_own() -> None:
    objects = mounted(metadata={"creationTimestamp": "2026-11-21T11:00:00Z"})
    world = served(World(*objects), [sample(time=NOW - 3601)])
    assert rows(world, "pvc_used_bytes") == []


def test_a_claim_made_anew_begins_anew() -> None:
    world = World(*mounted())
    served(world, growing())
    world.put(claim(metadata={"uid": "another", "creationTimestamp": "2026-11-21T11:59:59Z"}))
    world.judge()
    assert rows(world, "pvc_used_bytes") == []


def test_a_retired_claim_is_forgotten() -> None:
    world = World(*mounted())
    served(world, growing())
    assert len(world.engine.gauges.history) == 1
    world.drop(claim())
    assert rows(served(world), "pvc_used_bytes") == []
    assert len(world.engine.gauges.history) == 0


def nfs(name: str, path: str = "/export", server: str = "10.0.0.9") -> dict[str, Any]:
    made = volume(name)
    made["spec"].pop("csi", None)
    made["spec"]["nfs"] = {"server": server, "path": path}
    return made


def test_claims_on_one_export_share_it_and_it_is_shown_once() -> None:
    objects = [*mounted("shop/a", "shop/b"), nfs("shop/a"), nfs("shop/b")]
    world = served(World(*objects), [*growing("shop/a"), *growing("shop/b")])
    backend = 'backend="nfs:10.0.0.9:/export"'
    assert [row.partition(",backend")[2] for row in rows(world, "pvc_backend_info")] == [
        f"{backend.removeprefix('backend')}}} 1"
    ] * 2
    assert rows(world, "pvc_used_bytes") == rows(world, "pvc_used_ratio") == []
    assert rows(world, "pvc_time_to_full_seconds") == []
    assert rows(world, "backend_used_bytes") == [f"{{{backend}}} {int(9 * GI)}"]
    assert rows(world, "backend_capacity_bytes") == [f"{{{backend}}} {int(10 * GI)}"]
    assert len(rows(world, "backend_time_to_full_seconds")) == 1
    assert coverage(world) == {"measured": 2, "stale": 0, "unmeasured": 0}


def test_who_is_left_alone_on_an_export_has_its_use_again() -> None:
    world = World(*mounted("shop/a", "shop/b"), nfs("shop/a"), nfs("shop/b"))
    served(world, [sample("shop/a"), sample("shop/b")])
    world.drop(claim("shop/b"))
    world.judge()
    assert len(rows(world, "pvc_used_bytes")) == 1
    assert rows(world, "backend_used_bytes") == []


def test_folders_of_one_server_with_the_same_size_and_free_space_are_one_space() -> None:
    objects = [*mounted("shop/a", "shop/b"), nfs("shop/a", "/export/a"), nfs("shop/b", "/export/b")]
    world = served(World(*objects), [sample("shop/a"), sample("shop/b")])
    assert rows(world, "backend_used_bytes") == [f'{{backend="nfs:10.0.0.9:/export"}} {int(4 * GI)}']


MANY = {"spec": {"accessModes": ["ReadWriteMany"]}}


def test_a_driver_that_can_share_shows_by_moving_alike_that_it_does() -> None:
    world = served(World(*mounted("shop/a", "shop/b", **MANY)), [*growing("shop/a"), *growing("shop/b")])
    assert rows(world, "backend_used_bytes") == [f'{{backend="driver:csi.example.com:fast"}} {int(9 * GI)}']


def test_fresh_replicas_on_disks_of_their_own_are_not_one_space() -> None:
    still = [
        sample(name, time=NOW - 30 - hour * HOUR, used=GI)
        for name in ("shop/a", "shop/b")
        for hour in range(48)
    ]
    world = served(World(*mounted("shop/a", "shop/b", **MANY)), still)
    assert rows(world, "pvc_backend_info") == []
    assert len(rows(world, "pvc_used_bytes")) == 2


def test_replicas_that_grow_alike_on_devices_are_not_one_space() -> None:
    world = served(World(*mounted("shop/a", "shop/b")), [*growing("shop/a"), *growing("shop/b")])
    assert rows(world, "pvc_backend_info") == []


def room(used: str) -> dict[str, Any]:
    storage = {"requests.storage": "100Gi"}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"namespace": "shop", "name": "team", "uid": "quota-team"},
        "spec": {"hard": storage},
        "status": {"hard": storage, "used": {"requests.storage": used}},
    }


def space(free: float) -> dict[str, Any]:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "CSIStorageCapacity",
        "metadata": {"namespace": "storage", "name": "pool-1", "uid": "pool-1"},
        "storageClassName": "fast",
        "nodeTopology": {"matchLabels": {"zone": "a"}},
        "capacity": f"{int(free)}Gi",
    }


def test_quotas_and_pools_have_their_days_too() -> None:
    """Each hour a gibibyte more is asked for, and one less is free."""
    world = World(now=NOW - 72 * HOUR)
    for hour in range(73):
        world.put(room(f"{20 + hour}Gi"), space(200 - hour))
        world.judge(NOW - (72 - hour) * HOUR)
        served(world)
    quota, pool = value(world, "quota_time_to_full_seconds"), value(world, "pool_time_to_full_seconds")
    assert quota / HOUR == pytest.approx(7, abs=4)  # of 100 GiB 92 are asked for
    assert pool / HOUR == pytest.approx(126, rel=0.4)
    assert value(world, "pool_time_to_full_early_seconds") <= pool
    assert len(world.engine.gauges.history) == 2


def test_a_quota_that_is_gone_is_forgotten() -> None:
    world = served(World(room("20Gi")))
    world.drop(room("20Gi"))
    world.judge()
    served(world)
    assert len(world.engine.gauges.history) == 0


def test_a_folder_below_another_on_one_server_is_still_shown() -> None:
    """Both are one space by what was seen of them; the name of one is that of the other's place."""
    objects = [*mounted("shop/a", "shop/b"), nfs("shop/a", "/export"), nfs("shop/b", "/export/b")]
    world = served(World(*objects), [sample("shop/a"), sample("shop/b")])
    assert len(rows(world, "pvc_backend_info")) == 2
    assert rows(world, "backend_used_bytes") == [f'{{backend="nfs:10.0.0.9:/export"}} {int(4 * GI)}']


def test_who_joins_a_space_lately_takes_no_forecast_away() -> None:
    world = World(*mounted("shop/a", "shop/b"), nfs("shop/a"), nfs("shop/b"))
    served(world, [*growing("shop/a"), sample("shop/b", time=NOW - 1, used=9 * GI)])
    assert value(world, "backend_time_to_full_seconds") / DAY == pytest.approx(1.8, abs=0.4)


def test_spellings_of_one_server_and_export_are_one_space() -> None:
    objects = [
        *mounted("shop/a", "shop/b"),
        nfs("shop/a", server="filer.lan"),
        nfs("shop/b", "/export/", "FILER.lan."),
    ]
    world = served(World(*objects), [sample("shop/a"), sample("shop/b", used=3 * GI)])
    assert labelled(world.rows("pvc_backend_info"), "backend") == ["nfs:filer.lan:/export"] * 2


def test_paths_with_colons_do_no_harm() -> None:
    objects = [*mounted("shop/a", "shop/b"), nfs("shop/a", "/x:/abs"), nfs("shop/b", "/x:y")]
    served(World(*objects), [sample("shop/a"), sample("shop/b")])


def test_free_space_that_others_take_fills_the_claim() -> None:
    """Its own use stands still; what is free goes down to nothing."""
    shrinking = [
        sample(time=NOW - 30 - hour * HOUR, used=GI / 2, available=max(0.02 * GI, 0.02 * GI + hour * GI / 48))
        for hour in range(14 * 24, -1, -1)
    ]
    world = served(World(*mounted()), shrinking)
    assert value(world, "pvc_time_to_full_seconds") / HOUR < 24
    world.engine.take_usage([sample(time=NOW, used=GI / 2, available=0.0)], NOW)
    world.engine.remind()
    assert value(served(world), "pvc_time_to_full_seconds") == 0


def test_a_driver_that_never_told_of_free_space_is_not_full() -> None:
    world = served(World(*mounted()), [sample(time=one.time, available=0.0, used=GI) for one in growing()])
    assert rows(world, "pvc_available_bytes") == []
    assert rows(world, "pvc_time_to_full_seconds") == [f'{{{C},resource="bytes"}} +Inf']


@pytest.mark.parametrize(
    ("other", "taken"),
    [
        ({}, 1),
        ({"csi": {"driver": "other.example.com", "volumeHandle": "data"}}, 0.8),
        ({"storageClassName": "slow"}, 0.8),
    ],
    ids=["of its driver and class", "of another driver", "of another class"],
)
def test_nothing_free_is_believed_where_another_claim_is_told_of_free_space(
    other: dict[str, Any], taken: float
) -> None:
    """A file system of which root keeps a fifth back, full before anybody looked."""
    full = sample("shop/full", used=8 * GI, available=0.0)
    objects = [*mounted("shop/full", "shop/data"), volume("shop/full"), volume("shop/data", spec=other)]
    for order in permutations([full, sample("shop/data")]):
        row = f'pvc_used_ratio{{namespace="shop",persistentvolumeclaim="full",resource="bytes"}} {taken}'
        assert row in served(World(*objects), order).rows("pvc_used_ratio")


def test_use_beyond_the_size_is_full_for_as_long_as_it_lasts() -> None:
    beyond = [sample(time=one.time, used=12 * GI, available=0.0) for one in growing()]
    assert value(served(World(*mounted()), beyond), "pvc_time_to_full_seconds") == 0


def test_inodes_of_a_shared_space_are_told() -> None:
    world = World(*mounted("shop/a", "shop/b"), nfs("shop/a"), nfs("shop/b"))
    full = {"inodes": 1000.0, "inodes_used": 1000.0}
    served(world, [sample("shop/a", **full), sample("shop/b", **full)])
    assert len(rows(world, "pvc_inodes_used")) == 2


def test_thousands_that_may_share_are_looked_at_in_passing() -> None:
    """As many comparisons as claims, and not as many as pairs: this would take minutes."""
    hours = np.tile(np.arange(48.0), (5000, 1))
    used = GI * (1 + np.arange(5000)[:, None] / 1e7) + hours * GI / 100 * (1 + np.arange(5000)[:, None] % 97)
    used[:, -1] = GI
    candidates = [Candidate(f"uid-{number:05}", Scope("driver:nfs:shared")) for number in range(5000)]
    assert shared_spaces(candidates, hours, used, np.full_like(used, 100 * GI))


@pytest.mark.parametrize("resource", ["bytes", "inodes"])
def test_one_sample_is_enough_to_be_full(resource: str) -> None:
    full: dict[str, Any] = (
        {"used": 9.95 * GI} if resource == "bytes" else {"inodes": 1000.0, "inodes_used": 995.0}
    )
    world = served(World(*mounted()), [sample(**full)])
    assert rows(world, "pvc_time_to_full_seconds") == [f'{{{C},resource="{resource}"}} 0']
    assert f'{{{C},resource="{resource}"}} 1' in rows(world, "pvc_full_chance_ratio")


def test_a_chance_that_is_next_to_none_is_not_told() -> None:
    idle = growing(per_day=0.0, upto=2 * GI)
    world = served(World(*mounted()), idle)
    assert rows(world, "pvc_time_to_full_seconds") == [f'{{{C},resource="bytes"}} +Inf']
    assert rows(world, "pvc_full_chance_ratio") == []


def test_a_shared_space_is_full_by_one_sample() -> None:
    world = World(*mounted("shop/a", "shop/b"), nfs("shop/a"), nfs("shop/b"))
    served(world, [sample("shop/a", used=9.95 * GI), sample("shop/b", used=9.95 * GI)])
    assert value(world, "backend_time_to_full_seconds") == 0
