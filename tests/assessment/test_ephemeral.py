"""Ephemeral storage: pods and what their kubelets tell in, exposition text out."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holdfast.usage.summary import read_summary
from tests.assessment.ephemeral_cases import job, member, node
from tests.real.kubelet import Stats, filesystem, pod_stats, summary
from tests.world import NOW, World, pod

GIB = 2**30
MINUTE = 60.0


def tell(world: World, *pods: Stats, name: str = "node-1", **disks: Any) -> World:
    world.engine.summarised(read_summary(summary(name, *pods, **disks), name, world.now))
    world.judge()
    return world


def told(*objects: dict[str, Any], pods: list[Stats], **disks: Any) -> World:
    return tell(World(node(), *objects), *pods, **disks)


def at(minutes: float) -> str:
    return f"2026-11-21T{12 + int(minutes) // 60:02}:{int(minutes) % 60:02}:00Z"


FILLED = pod_stats("shop/web-0", containers={"main": (2 * GIB, GIB)})


def test_what_the_pods_of_a_controller_fill_is_one_sum() -> None:
    world = told(member("shop/web-0"), member("shop/web-1"), pods=[FILLED, pod_stats("shop/web-1", used=5)])
    assert world.rows("ephemeral_used_bytes", "ephemeral_measured_pods") == [
        f'ephemeral_used_bytes{{namespace="shop",workload_kind="StatefulSet",workload="web"}} {3 * GIB + 5}',
        'ephemeral_measured_pods{namespace="shop",workload_kind="StatefulSet",workload="web"} 2',
    ]


def test_a_pod_that_nobody_measures_is_not_taken_for_empty() -> None:
    """The sum says how many pods it is of; the other's node has not answered."""
    other = member("shop/web-1", spec={"nodeName": "node-2"})
    world = told(member("shop/web-0"), other, pods=[FILLED])
    assert [
        row.rpartition(" ")[2] for row in world.rows("ephemeral_used_bytes", "ephemeral_measured_pods")
    ] == [
        str(3 * GIB),
        "1",
    ]


def test_without_any_figure_there_is_no_sum() -> None:
    unknown = {"podRef": FILLED["podRef"]}
    for world in (
        World(member("shop/web-0")),
        told(member("shop/web-0"), pods=[]),
        told(member("shop/web-0"), pods=[unknown]),
    ):
        assert (
            world.rows("ephemeral_used_bytes", "ephemeral_measured_pods", "ephemeral_limit_used_ratio") == []
        )


@pytest.mark.parametrize(("used", "told_of"), [(199, False), (200, True)])
def test_a_limit_of_which_less_than_a_tenth_is_used_is_not_told(used: int, told_of: bool) -> None:
    limited = {"name": "main", "resources": {"limits": {"ephemeral-storage": "2000"}}}
    world = told(
        member("shop/web-0", spec={"containers": [limited]}),
        pods=[pod_stats("shop/web-0", containers={"main": (0, used)})],
    )
    assert bool(ratios(world)) is told_of


def test_a_finished_pod_fills_nothing_that_counts() -> None:
    assert told(member("shop/web-0", phase="Succeeded"), pods=[FILLED]).rows("ephemeral_used_bytes") == []


def test_a_pod_made_anew_does_not_inherit_what_the_one_before_it_filled() -> None:
    before = pod_stats("shop/web-0", used=9, uid="another")
    assert told(member("shop/web-0"), pods=[before]).rows("ephemeral_used_bytes") == []


def ratios(world: World) -> dict[tuple[str, str], float]:
    found = {}
    for row in world.rows("ephemeral_limit_used_ratio"):
        labels = row.split('"')
        found[labels[7], labels[9]] = float(row.rpartition(" ")[2])
    return found


def test_the_nearest_limit_is_that_of_the_fullest_pod() -> None:
    world = told(
        member("shop/web-0"),
        member("shop/web-1"),
        pods=[FILLED, pod_stats("shop/web-1", containers={"main": (0, GIB)})],
    )
    assert world.rows("ephemeral_limit_used_ratio") == [
        'ephemeral_limit_used_ratio{namespace="shop",workload_kind="StatefulSet",workload="web",kind="container",name="main"} 0.75',
        'ephemeral_limit_used_ratio{namespace="shop",workload_kind="StatefulSet",workload="web",kind="pod",name=""} 0.75',
    ]


def test_an_empty_dir_counts_against_its_own_limit_and_the_pods() -> None:
    cache = {"name": "cache", "emptyDir": {"sizeLimit": "2Gi"}}
    filled = pod_stats("shop/web-0", volumes={"cache": 1.5 * GIB}, containers={"main": (0, GIB / 2)})
    assert ratios(told(member("shop/web-0", spec={"volumes": [cache]}), pods=[filled])) == {
        ("emptydir", "cache"): 0.75,
        ("container", "main"): 0.125,
        ("pod", ""): 0.5,
    }


def test_above_its_limit_a_pod_awaits_eviction() -> None:
    filled = pod_stats("shop/web-0", containers={"main": (4 * GIB, GIB)})
    assert ratios(told(member("shop/web-0"), pods=[filled])) == {
        ("container", "main"): 1.25,
        ("pod", ""): 1.25,
    }


def test_an_empty_dir_in_memory_has_a_limit_too() -> None:
    cache = {"name": "cache", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}
    filled = pod_stats("shop/web-0", volumes={"cache": GIB / 4}, used=0)
    world = told(member("shop/web-0", spec={"volumes": [cache]}), pods=[filled])
    assert ratios(world)["emptydir", "cache"] == 0.25


def test_where_layers_lie_on_a_disk_of_the_images_only_logs_count_against_a_container() -> None:
    """So does the kubelet reckon; against the pod's limit everything counts."""
    images = filesystem(GIB, capacityBytes=50 * GIB)
    world = told(member("shop/web-0"), pods=[FILLED], images=images)
    assert ratios(world) == {("container", "main"): 0.25, ("pod", ""): 0.75}


def test_where_no_limit_is_set_there_is_no_ratio() -> None:
    bare = member("shop/web-0", spec={"containers": [{"name": "main"}]})
    world = told(bare, pods=[FILLED])
    assert len(world.rows("ephemeral_used_bytes")) == 1
    assert world.rows("ephemeral_limit_used_ratio") == []


def test_a_figure_of_fifteen_minutes_is_none() -> None:
    world = told(member("shop/web-0"), pods=[FILLED])
    figures = ("ephemeral_used_bytes", "ephemeral_limit_used_ratio", "node_filesystem_used_bytes")
    world.judge(NOW + 14 * MINUTE)
    assert len(world.rows(*figures)) == 5
    world.judge(NOW + 15 * MINUTE)
    assert world.rows(*figures) == []


def test_the_sum_is_of_those_pods_whose_figures_are_fresh() -> None:
    old = pod_stats("shop/web-1", used=5, time="2026-11-21T11:50:00Z")
    world = told(member("shop/web-0"), member("shop/web-1"), pods=[FILLED, old])
    world.judge(NOW + 6 * MINUTE)
    assert [
        row.rpartition(" ")[2] for row in world.rows("ephemeral_used_bytes", "ephemeral_measured_pods")
    ] == [
        str(3 * GIB),
        "1",
    ]


def test_the_age_of_a_nodes_figures_outlives_them() -> None:
    world = told(pods=[])
    world.judge(NOW + 60 * MINUTE)
    assert world.rows("node_filesystem_age_seconds") == [
        'node_filesystem_age_seconds{namespace="",node="node-1"} 3620'
    ]


def test_a_node_that_answers_again_is_heard() -> None:
    world = told(member("shop/web-0"), pods=[FILLED])
    world.judge(NOW + 60 * MINUTE)
    later = pod_stats("shop/web-0", used=7, time=at(60))
    tell(world, later, disk=filesystem(1, time=at(60)))
    assert [row.rpartition(" ")[2] for row in world.rows("ephemeral_used_bytes")] == ["7"]


def test_the_disks_of_a_node_are_told_one_by_one() -> None:
    images = filesystem(9 * GIB, capacityBytes=50 * GIB, availableBytes=20 * GIB, inodesFree=None)
    world = told(pods=[], images=images)
    labels = 'namespace="",node="node-1",filesystem'
    assert world.rows(
        *(
            f"node_filesystem_{figure}"
            for figure in ("capacity_bytes", "available_bytes", "used_bytes", "inodes", "inodes_used")
        )
    ) == [
        f'node_filesystem_capacity_bytes{{{labels}="nodefs"}} {100 * GIB}',
        f'node_filesystem_capacity_bytes{{{labels}="imagefs"}} {50 * GIB}',
        f'node_filesystem_available_bytes{{{labels}="nodefs"}} {60 * GIB}',
        f'node_filesystem_available_bytes{{{labels}="imagefs"}} {20 * GIB}',
        f'node_filesystem_used_bytes{{{labels}="nodefs"}} {40 * GIB}',
        f'node_filesystem_used_bytes{{{labels}="imagefs"}} {9 * GIB}',
        f'node_filesystem_inodes{{{labels}="nodefs"}} 6553600',
        f'node_filesystem_inodes{{{labels}="imagefs"}} 6553600',
        f'node_filesystem_inodes_used{{{labels}="nodefs"}} 553600',
        f'node_filesystem_inodes_used{{{labels}="imagefs"}} 553600',
    ]


def test_a_node_that_is_gone_takes_its_figures_along() -> None:
    world = told(member("shop/web-0"), pods=[FILLED])
    world.drop(node())
    world.judge()
    assert world.rows("node_filesystem_capacity_bytes", "node_filesystem_age_seconds") == []
    world.engine.keep_summaries([])
    world.judge()
    assert world.rows("ephemeral_used_bytes") == []


def test_a_node_that_stays_keeps_its_figures() -> None:
    world = told(member("shop/web-0"), pods=[FILLED])
    world.engine.keep_summaries(["node-1"])
    world.judge()
    assert len(world.rows("ephemeral_used_bytes", "node_filesystem_age_seconds")) == 2


def test_the_pods_of_a_cron_jobs_jobs_are_the_cron_jobs() -> None:
    run = member("shop/dump-1-x", "Job", "dump-1")
    world = told(job("dump-1", "dump"), run, pods=[pod_stats("shop/dump-1-x", used=3)])
    assert world.rows("ephemeral_used_bytes") == [
        'ephemeral_used_bytes{namespace="shop",workload_kind="CronJob",workload="dump"} 3'
    ]


def test_the_order_in_which_things_become_known_does_not_matter() -> None:
    things: list[Any] = [job("dump-1", "dump"), member("shop/dump-1-x", "Job", "dump-1"), node(), "summary"]
    texts = set()
    for order in permutations(things):
        world = World()
        for thing in order:
            if thing == "summary":
                tell(world, pod_stats("shop/dump-1-x", used=3))
            else:
                world.put(thing)
                world.judge()
        texts.add(world.text())
    assert len(texts) == 1


FORMS: list[list[dict[str, Any]]] = [
    [node("node-1")],
    [node("node-2")],
    [job("dump-1", "dump"), job("dump-1", "other")],
    [member("shop/dump-1-x", "Job", "dump-1"), member("shop/dump-1-x", "Job", "dump-1", phase="Succeeded")],
    [
        member("shop/web-0"),
        member("shop/web-0", spec={"nodeName": "node-2", "containers": [{"name": "main"}]}),
    ],
    [pod("shop/dump", spec={"volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Gi"}}]})],
]
PODS = ("shop/web-0", "shop/dump-1-x", "shop/dump")
TOLD = st.tuples(
    st.sampled_from(["node-1", "node-2"]),
    st.dictionaries(st.sampled_from(PODS), st.integers(0, 9), max_size=3),
    st.sampled_from([at(0), "2026-11-21T11:50:00Z", "2026-11-21T11:40:00Z"]),
)
STEPS = st.one_of(
    st.tuples(st.just("put"), st.sampled_from([form for forms in FORMS for form in forms])),
    st.tuples(st.just("drop"), st.sampled_from([forms[0] for forms in FORMS])),
    st.tuples(st.just("tell"), TOLD),
    st.tuples(st.just("judge"), st.sampled_from([-5.0, 0.0])),
)


def take(world: World, what: str, of: Any) -> None:
    if what == "put":
        world.put(of)
    elif what == "drop":
        world.drop(of)
    elif what == "judge":
        world.judge(NOW + of * MINUTE)
    else:
        name, used, time = of
        pods = [pod_stats(name, volumes={"tmp": amount}, time=time) for name, amount in used.items()]
        body = summary(name, *pods, disk=filesystem(1, time=time))
        world.engine.summarised(read_summary(body, name, NOW))


@settings(deadline=None, max_examples=150)
@given(st.lists(STEPS, max_size=25))
def test_what_stands_decides_the_text(steps: list[tuple[str, Any]]) -> None:
    """Whatever was there before, and whenever it was judged."""
    world, standing = World(), dict[Any, tuple[str, Any]]()
    first = [("put", forms[0]) for forms in FORMS]
    filled = ("tell", ("node-1", dict.fromkeys(PODS, 5), at(0)))
    for what, of in [*first, filled, ("judge", 0.0), *steps]:
        take(world, what, of)
        if what == "tell":
            standing["told", of[0]] = (what, of)
        elif what != "judge":
            place = of["kind"], of["metadata"].get("namespace", ""), of["metadata"]["name"]
            standing.pop(place, None)
            if what == "put":
                standing[place] = (what, of)
    world.judge(NOW)
    sole = World()
    for what, of in standing.values():
        take(sole, what, of)
    sole.judge(NOW)
    assert world.text() == sole.text()


def test_a_controller_without_pods_is_not_told_of() -> None:
    world = told(member("shop/web-0"), pods=[FILLED])
    world.drop(member("shop/web-0"))
    world.judge()
    assert world.rows("ephemeral_used_bytes") == []
