"""What a kubelet's summary tells: the answer's body in, the node's disks and its pods out."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.model.ephemeral import NodeDisk, NodeSummary, PodScratch
from holdfast.usage.summary import SummaryError, read_summary
from tests.real.kubelet import filesystem, pod_stats, summary
from tests.sources.damage import GARBAGE, places, put
from tests.world import NOW

GIB = 2.0**30
TOLD = NOW - 20  # as the stand-in's kubelet has it
WEB = pod_stats(
    "shop/web-0", volumes={"cache": 3 * GIB}, containers={"main": (2 * GIB, GIB), "proxy": (0, 7)}
)


def read(body: bytes) -> NodeSummary:
    return read_summary(body, "node-1", NOW)


def only(told: NodeSummary) -> PodScratch:
    (scratch,) = told.pods.values()
    return scratch


def disks(**told: Any) -> dict[str, NodeDisk]:
    return {disk.filesystem: disk for disk in read(summary("node-1", **told)).disks}


def test_a_pod_is_told_by_its_uid_with_all_that_it_fills() -> None:
    assert read(summary("node-1", WEB)).pods == {
        "pod-shop-web-0": PodScratch(
            namespace="shop",
            pod="web-0",
            time=TOLD,
            used=6 * GIB + 7,
            volumes=(("cache", 3 * GIB),),
            containers=(("main", 2 * GIB, GIB), ("proxy", 0.0, 7.0)),
        )
    }


def test_claims_and_tokens_are_no_scratch() -> None:
    assert only(read(summary("node-1", pod_stats()))).volumes == ()


def test_the_nodes_disk_is_told_with_its_inodes() -> None:
    assert disks()["nodefs"] == NodeDisk(
        filesystem="nodefs",
        time=TOLD,
        used=40 * GIB,
        capacity=100 * GIB,
        available=60 * GIB,
        inodes_used=553_600.0,
        inodes=6_553_600.0,
    )


def test_of_the_images_disk_the_space_is_theirs_and_the_inodes_are_everyones() -> None:
    """Where pods fail for want of inodes, it does not matter who took them."""
    images = disks()["imagefs"]
    assert (images.used, images.inodes_used) == (9 * GIB, 553_600.0)


def test_layers_are_a_disk_of_their_own_only_where_they_lie_apart_from_the_images() -> None:
    assert list(disks()) == ["nodefs", "imagefs"]
    assert list(disks(layers=filesystem(GIB, capacityBytes=50 * 2**30))) == [
        "nodefs",
        "imagefs",
        "containerfs",
    ]


def test_layers_on_a_disk_of_the_images_do_not_count_against_a_container() -> None:
    assert read(summary("node-1")).layers_count
    apart = filesystem(GIB, capacityBytes=50 * 2**30)
    assert not read(summary("node-1", images=apart)).layers_count


def test_disks_of_one_size_are_two_where_their_free_space_is_not_alike() -> None:
    other = filesystem(GIB, availableBytes=90 * 2**30)
    assert not read(summary("node-1", images=other)).layers_count


def test_disks_that_cannot_be_told_apart_are_taken_for_one() -> None:
    """A limit that is held against too much warns early; against too little, it never warns."""
    assert read(summary("node-1", images={})).layers_count
    nothing = filesystem(GIB, availableBytes=None)
    assert read(summary("node-1", images=nothing)).layers_count


def test_a_disk_of_no_size_tells_nothing() -> None:
    empty = filesystem(0, capacityBytes=0, availableBytes=0, inodes=0, inodesFree=0, inodesUsed=0)
    assert "nodefs" not in disks(disk=empty)


@pytest.mark.parametrize("odd", [-1, 2**64 - 1, 101 * 2**30])
def test_space_that_cannot_be_is_unknown(odd: int) -> None:
    """Less than nothing without a sign, and more than there is."""
    node = disks(disk=filesystem(odd, availableBytes=odd))["nodefs"]
    assert (node.used, node.available, node.capacity) == (None, None, 100 * GIB)


def test_without_a_time_a_figure_is_as_of_now() -> None:
    assert disks(disk=filesystem(1, time="") | {"time": None})["nodefs"].time == NOW


@pytest.mark.parametrize("time", ["2026-11-21T12:01:01Z", "yesterday", "2026-11-21T12:00:00", '"', "x" * 200])
def test_a_time_to_come_or_none_takes_its_figures_with_it(time: str) -> None:
    """It cannot be known how old they are."""
    body = summary("node-1", pod_stats(time=time), disk=filesystem(1, time=time), images=filesystem(1))
    assert [disk.filesystem for disk in read(body).disks] == ["imagefs"]
    assert read(body).pods == {}


def test_a_clock_a_little_ahead_is_now() -> None:
    assert disks(disk=filesystem(1, time="2026-11-21T12:00:50Z"))["nodefs"].time == NOW


def test_of_two_pods_with_one_uid_the_newer_counts() -> None:
    old = pod_stats(used=1.0, time="2026-11-21T11:00:00Z")
    new = pod_stats(used=2.0)
    for pods in ((old, new), (new, old)):
        assert only(read(summary("node-1", *pods))).used == 2.0


def test_what_is_not_told_is_unknown_and_not_nothing() -> None:
    pod = {"podRef": WEB["podRef"], "containers": [{"name": "main"}], "volume": [{"name": "cache"}]}
    scratch = only(read(summary("node-1", pod)))
    assert (scratch.used, scratch.volumes) == (None, ())
    assert scratch.container_used("main", layers=True) is None


def test_a_node_without_pods_tells_of_none() -> None:
    assert read(summary("node-1")).pods == {}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"node": null}',
        b'{"node": {"nodeName": ""}}',
        b'{"node": ',
        b"\xff",
        b"[" * 9999,
    ],
)
def test_what_is_no_summary_is_refused(body: bytes) -> None:
    with pytest.raises(SummaryError, match="does not answer as a kubelet"):
        read(body)


@pytest.mark.parametrize(
    "odd",
    [
        "7",
        "[]",
        '{"podRef": 7}',
        '{"podRef": {"name": "odd", "namespace": "shop", "uid": ["u"]}}',
        '{"containers": [{"name": "main", "rootfs": {"usedBytes": "much"}}]}',
        '{"volume": {"name": "cache"}}',
        '{"ephemeral-storage": {"usedBytes": 1e999}}',
    ],
)
def test_a_pod_that_cannot_be_decoded_silences_no_other(odd: str) -> None:
    """Neither those before and behind it nor the node's disks."""
    whole = summary("node-1", WEB, pod_stats("shop/db-0"))
    first, second = (json.dumps(pod) for pod in json.loads(whole)["pods"])
    head = {key: value for key, value in json.loads(whole).items() if key != "pods"}
    body = f'{json.dumps(head)[:-1]}, "pods": [{first}, {odd}, {second}]}}'.encode()
    assert read(body) == msgspec.structs.replace(read(whole), damaged=1)


def test_a_pod_that_is_no_text_silences_no_other() -> None:
    whole = summary("node-1", WEB, pod_stats("shop/db-0"))
    told = read(whole.replace(b'"db-0"', b'"\xff"'))
    assert ([scratch.pod for scratch in told.pods.values()], told.damaged) == (["web-0"], 1)


def test_another_node_does_not_speak_for_this_one() -> None:
    with pytest.raises(SummaryError, match="another node"):
        read(summary("node-2", WEB))


BODY = json.loads(summary("node-1", WEB, layers=filesystem(GIB, capacityBytes=50 * 2**30)))


def test_a_null_anywhere_loses_only_what_stood_there() -> None:
    for place in places([BODY]):
        if place[1] not in (("node",), ("node", "nodeName")):
            assert read(msgspec.json.encode(put(place, None))).node == "node-1"


@given(st.sampled_from(places([BODY])), GARBAGE)
def test_garbage_is_read_or_refused(place: Any, garbage: Any) -> None:
    try:
        told = read(msgspec.json.encode(put(place, garbage)))
    except SummaryError:
        return
    for disk in told.disks:
        parts = (disk.used, disk.available)
        assert all(part is None or 0 <= part <= (disk.capacity or 0) for part in parts)
        assert disk.time <= NOW
    for scratch in told.pods.values():
        assert scratch.time <= NOW
        assert scratch.used is None or scratch.used >= 0


@given(st.binary(max_size=60))
def test_any_bytes_are_refused(body: bytes) -> None:
    with pytest.raises(SummaryError):
        read(body)
